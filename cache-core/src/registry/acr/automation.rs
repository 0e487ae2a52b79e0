//! What an Azure Container Registry does by itself.
//!
//! - A webhook: `{"serviceUri": "https://…", "actions": ["push"], "scope": "team/app:*", "status": "enabled"}`. Headers of its own are
//!   not set from here, since they are secrets and a plan is shown to people.
//! - A task that purges: `{"purge": {"filters": ["team/app:dev-.*"], "ago": "30d", "keep": 3, "untagged": true}, "schedule": "0 1 * * *"}`,
//!   in the words of `acr purge`; the schedule is UTC.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::{Method, Uri};
use serde::Deserialize;
use serde_json::{Value, json};

use super::management::Management;
use crate::error::{Absent, Error, Result};
use crate::http::Request;
use crate::plan::Automation;
use crate::registry::Standing;
use crate::registry::vendor::{json as read, with_json};

const EVENTS: [&str; 5] = ["push", "delete", "quarantine", "chart_push", "chart_delete"];
const ENABLED: &str = "enabled";
/// How long a purge may take, in seconds.
const TIMEOUT: u32 = 3600;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Webhook {
    service_uri: String,
    actions: Vec<String>,
    #[serde(default)]
    scope: String,
    #[serde(default)]
    status: Option<Status>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct PurgeTask {
    purge: Purge,
    schedule: String,
    #[serde(default)]
    status: Option<Status>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Purge {
    filters: Vec<String>,
    ago: String,
    #[serde(default)]
    keep: Option<u32>,
    #[serde(default)]
    untagged: bool,
    #[serde(default)]
    dry_run: bool,
}

#[derive(Deserialize, Clone, Copy)]
#[serde(rename_all = "lowercase")]
enum Status {
    Enabled,
    Disabled,
}

impl Status {
    fn word(status: Option<Status>) -> &'static str {
        match status {
            None | Some(Status::Enabled) => ENABLED,
            Some(Status::Disabled) => "disabled",
        }
    }
}

impl Management {
    /// How such a thing stands, and what it should be, both in the same words.
    pub(super) async fn automation(&self, kind: Automation, name: &str, to: Option<&Value>) -> Result<Standing> {
        let wanted = to.map(|to| wanted(kind, name, to)).transpose()?;
        named_well(name)?;
        let now = match kind {
            Automation::Webhook => self.webhook(name).await?,
            Automation::Task => self.task(name).await?,
        };
        let mut standing = Standing::of(now, wanted.as_ref());
        if let (Automation::Task, Some(Value::String(steps))) = (kind, wanted.as_ref().and_then(|w| w.get("steps"))) {
            let command = steps.lines().find_map(|line| line.trim().strip_prefix("- cmd: ")).unwrap_or_default();
            standing.effects.push(format!("each run deletes and asks nobody: {command}"));
        }
        Ok(standing)
    }

    pub(super) async fn set_automation(&self, kind: Automation, name: &str, to: Option<&Value>) -> Result<()> {
        named_well(name)?;
        let Some(to) = to else {
            let answer = self.call(self.place(kind, Method::DELETE, name)?, "the registry does not remove it").await?;
            return self.end_of(answer).await.map(drop);
        };
        let wanted = wanted(kind, name, to)?;
        let properties = match kind {
            Automation::Webhook => wanted,
            Automation::Task => json!({
                "status": capital(&wanted["status"]),
                "platform": {"os": "Linux", "architecture": "amd64"},
                "agentConfiguration": {"cpu": 2},
                "timeout": TIMEOUT,
                "step": {
                    "type": "EncodedTask",
                    "encodedTaskContent": STANDARD.encode(wanted["steps"].as_str().unwrap_or_default()),
                },
                "trigger": {
                    "timerTriggers": [{"name": "schedule", "schedule": wanted["schedules"][0], "status": "Enabled"}],
                },
            }),
        };
        let body = json!({"location": self.region().await?, "properties": properties});
        let request = with_json(self.place(kind, Method::PUT, name)?, &body)?;
        let answer = self.call(request, "the registry does not set it").await.map_err(|e| e.context("name", name))?;
        self.end_of(answer).await.map(drop)
    }

    fn place(&self, kind: Automation, method: Method, name: &str) -> Result<Request> {
        match kind {
            Automation::Webhook => self.request(method, &format!("/webhooks/{name}")),
            Automation::Task => self.task_request(method, &format!("/tasks/{name}")),
        }
    }

    async fn webhook(&self, name: &str) -> Result<Option<Value>> {
        let asked = self.call(self.request(Method::GET, &format!("/webhooks/{name}"))?, "the webhook cannot be read");
        let Some(answer) = asked.await.absent_is_none()? else { return Ok(None) };
        let found: Value = read(answer).await?;
        let request = self.request(Method::POST, &format!("/webhooks/{name}/getCallbackConfig"))?;
        let answer = self.call(with_json(request, &json!({}))?, "the webhook's address cannot be read").await?;
        let called: Value = read(answer).await?;
        let of = |field: &str| &found["properties"][field];
        let mut now = json!({
            "serviceUri": called["serviceUri"], "actions": sorted(of("actions")),
            "scope": of("scope").as_str().unwrap_or_default(), "status": of("status").as_str().unwrap_or(ENABLED),
        });
        // Others may have set headers, which a change would drop. Their names are no secrets.
        if let Some(headers) = called["customHeaders"].as_object().filter(|headers| !headers.is_empty()) {
            now["customHeaders"] = headers.keys().map(String::as_str).collect();
        }
        Ok(Some(now))
    }

    async fn task(&self, name: &str) -> Result<Option<Value>> {
        let asked = self.call(self.task_request(Method::GET, &format!("/tasks/{name}"))?, "the task cannot be read");
        let Some(answer) = asked.await.absent_is_none()? else { return Ok(None) };
        let found: Value = read(answer).await?;
        let properties = &found["properties"];
        let encoded = properties["step"]["encodedTaskContent"].as_str();
        let decoded = encoded.and_then(|text| String::from_utf8(STANDARD.decode(text).ok()?).ok());
        let timers = properties["trigger"]["timerTriggers"].as_array().into_iter().flatten();
        let enabled =
            timers.filter(|timer| !timer["status"].as_str().is_some_and(|s| s.eq_ignore_ascii_case("disabled")));
        Ok(Some(json!({
            // A task of another kind is shown as it is.
            "steps": decoded.map_or_else(|| properties["step"].clone(), Value::String),
            "schedules": enabled.map(|timer| timer["schedule"].clone()).collect::<Vec<_>>(),
            "status": properties["status"].as_str().unwrap_or(ENABLED).to_ascii_lowercase(),
        })))
    }
}

/// Azure's own rule, which leaves nothing that an address would read in another way.
fn named_well(name: &str) -> Result<()> {
    let well = (5..=50).contains(&name.len()) && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_".contains(&b));
    if well { Ok(()) } else { Err(Error::invalid("a name has 5 to 50 letters, digits, - and _").context("name", name)) }
}

fn wanted(kind: Automation, name: &str, to: &Value) -> Result<Value> {
    let parsed = match kind {
        Automation::Webhook => Webhook::deserialize(to).map_err(|e| e.to_string()).and_then(Webhook::wanted),
        Automation::Task => PurgeTask::deserialize(to).map_err(|e| e.to_string()).and_then(PurgeTask::wanted),
    };
    parsed.map_err(|why| Error::invalid(format!("{kind} is not as it should be: {why}")).context("name", name))
}

impl Webhook {
    fn wanted(self) -> Result<Value, String> {
        let uri: Uri = self.service_uri.parse().map_err(|_| "serviceUri is no address")?;
        let is_plain = matches!(uri.scheme_str(), Some("https" | "http"));
        if !is_plain || uri.authority().is_none_or(|authority| authority.as_str().contains('@')) {
            return Err("serviceUri is https://… without a login".to_owned());
        }
        if self.actions.is_empty() || !self.actions.iter().all(|action| EVENTS.contains(&action.as_str())) {
            return Err(format!("actions are of {}", EVENTS.join(", ")));
        }
        let actions = sorted(&json!(self.actions));
        Ok(json!({
            "serviceUri": self.service_uri, "actions": actions, "scope": self.scope, "status": Status::word(self.status),
        }))
    }
}

impl PurgeTask {
    fn wanted(self) -> Result<Value, String> {
        let fields = self.schedule.split(' ').collect::<Vec<_>>();
        let is_field =
            |field: &&str| !field.is_empty() && field.bytes().all(|b| b.is_ascii_digit() || b"*/,-".contains(&b));
        if fields.len() != 5 || !fields.iter().all(is_field) {
            return Err("the schedule is five fields of cron, such as \"0 1 * * *\"".to_owned());
        }
        let steps = format!(
            "version: v1.1.0\nsteps:\n  - cmd: {}\n    disableWorkingDirectoryOverride: true\n    timeout: {TIMEOUT}\n",
            json!(self.purge.command()?)
        );
        Ok(json!({"steps": steps, "schedules": [self.schedule], "status": Status::word(self.status)}))
    }
}

impl Purge {
    /// The command line of the task. What would need quoting, or is a template of Azure's, is refused.
    fn command(&self) -> Result<String, String> {
        let is_plain = |filter: &String| {
            let odd = |c: char| c.is_whitespace() || c.is_control() || matches!(c, '\'' | '"' | '`');
            filter.contains(':') && !filter.starts_with('-') && !filter.contains(odd) && !filter.contains("{{")
        };
        if self.filters.is_empty() || !self.filters.iter().all(is_plain) {
            return Err("filters are of the form repository:expression, without spaces and quotes".to_owned());
        }
        let is_age = |age: &str| {
            age.starts_with(|c: char| c.is_ascii_digit())
                && age.bytes().all(|b| b.is_ascii_digit() || b"dhms".contains(&b))
        };
        if !is_age(&self.ago) {
            return Err("ago is a time, such as 30d or 12h".to_owned());
        }
        let mut words = vec!["acr purge".to_owned()];
        words.extend(self.filters.iter().map(|filter| format!("--filter '{filter}'")));
        words.push(format!("--ago {}", self.ago));
        words.extend(self.keep.map(|keep| format!("--keep {keep}")));
        words.extend(self.untagged.then(|| "--untagged".to_owned()));
        words.extend(self.dry_run.then(|| "--dry-run".to_owned()));
        Ok(words.join(" "))
    }
}

fn sorted(list: &Value) -> Value {
    let mut words: Vec<&str> = list.as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    words.sort_unstable();
    words.dedup();
    json!(words)
}

fn capital(status: &Value) -> &'static str {
    if status == ENABLED { "Enabled" } else { "Disabled" }
}
