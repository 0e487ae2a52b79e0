//! What can be changed at Harbor.
//!
//! - `StartScan` of an image.
//! - `SetPolicy` of a project: `Retention` (the fields of Harbor's `RetentionPolicy` without ids and scope), `Immutability` (a list
//!   of its `ImmutableRule`s), `Scanning` (`{"auto_scan": true}`), `Quota` (`{"storage": BYTES}`, -1 for no limit).
//! - `CreateAccount` and `DeleteAccount` of a project: robots; grants are a list of `{"resource", "action"}`.

use async_trait::async_trait;
use http::Method;
use serde_json::{Value, json};

use super::{Harbor, HarborRegistry, Project};
use crate::approve::Permit;
use crate::error::{Error, Result};
use crate::http::encode;
use crate::model::Pinned;
use crate::plan::{Action, Administer, Policy, Scope};
use crate::registry::vendor::{pruned, unsupported, with_json, without};
use crate::registry::{Administration, Issued, Standing};

#[async_trait]
impl Administration for HarborRegistry {
    async fn standing(&self, action: &Action) -> Result<Standing> {
        let harbor = &self.vendor;
        match action {
            Action::StartScan { image } => harbor.scan_standing(image).await,
            Action::SetPolicy { policy, scope, to } => {
                let project = harbor.project(harbor.project_of(scope)?).await?;
                let wanted = to.as_ref().map(|to| comparable(*policy, to)).transpose()?;
                Ok(Standing::of(harbor.policy(*policy, &project, action).await?, wanted.as_ref()))
            }
            Action::CreateAccount { scope, name, grants, .. } => {
                harbor.robot_standing(harbor.project_of(scope)?, name, Some(grants)).await
            }
            Action::DeleteAccount { scope, name } => harbor.robot_standing(harbor.project_of(scope)?, name, None).await,
            other => Err(unsupported("Harbor", other)),
        }
    }

    async fn administer(&self, op: Permit<'_, Administer>) -> Result<Option<Issued>> {
        let harbor = &self.vendor;
        match &op.action {
            Action::StartScan { image } => harbor.start_scan(image).await.map(|()| None),
            Action::SetPolicy { policy, scope, to } => {
                let project = harbor.project(harbor.project_of(scope)?).await?;
                match policy {
                    Policy::Retention => harbor.set_retention(&project, to.as_ref()).await?,
                    Policy::Immutability => harbor.set_immutability(&project, to.as_ref()).await?,
                    Policy::Scanning => harbor.set_scanning(&project, to.as_ref()).await?,
                    Policy::Quota => harbor.set_quota(&project, to.as_ref()).await?,
                    _ => return Err(unsupported("Harbor", &op.action)),
                }
                Ok(None)
            }
            Action::CreateAccount { scope, name, grants, days } => {
                harbor.create_robot(harbor.project_of(scope)?, name, grants, *days).await.map(Some)
            }
            Action::DeleteAccount { scope, name } => {
                harbor.delete_robot(harbor.project_of(scope)?, name).await.map(|()| None)
            }
            other => Err(unsupported("Harbor", other)),
        }
    }
}

impl Harbor {
    fn project_of<'a>(&self, scope: &'a Scope) -> Result<&'a str> {
        match scope {
            Scope::Project { registry, name } if *registry == self.0.host => Ok(name),
            _ => Err(Error::invalid("at Harbor this is set for a project")
                .context("scope", scope)
                .context("registry", &self.0.host)),
        }
    }

    async fn scan_standing(&self, image: &Pinned) -> Result<Standing> {
        let artifact = self.artifact(image).await?;
        let scan = artifact.scan_overview.into_values().next();
        let under_way = scan.as_ref().is_some_and(super::ScanSummary::is_under_way);
        let now =
            scan.map(|scan| json!({"report": scan.report_id, "status": scan.scan_status, "ended": scan.end_time}));
        Ok(Standing { now, settled: under_way, effects: Vec::new() })
    }

    async fn start_scan(&self, image: &Pinned) -> Result<()> {
        let request = self.request(Method::POST, &format!("{}/scan", self.path_of(image)?))?;
        let request = with_json(request, &json!({"scan_type": "vulnerability"}))?;
        self.call(request, "the scan does not start").await.map(drop).map_err(|e| e.context("image", image))
    }

    /// A policy as it is compared and shown.
    async fn policy(&self, policy: Policy, project: &Project, action: &Action) -> Result<Option<Value>> {
        let now = match policy {
            Policy::Retention => match self.retention_id(project)? {
                Some(id) => Some(self.read::<Value>(&format!("/retentions/{id}"), "the policy cannot be read").await?),
                None => None,
            },
            Policy::Immutability => {
                let rules = self.immutability(project).await?;
                (!rules.is_empty()).then_some(Value::Array(rules))
            }
            Policy::Scanning => Some(json!({"auto_scan": project.setting("auto_scan") == Some("true")})),
            Policy::Quota => {
                let quota = self.quota(&project.name).await?;
                quota.map(|quota| json!({"storage": quota.limit.map_or(json!(-1), |limit| json!(limit))}))
            }
            _ => return Err(unsupported("Harbor", action)),
        };
        now.as_ref().map(|now| comparable(policy, now)).transpose()
    }

    fn retention_id(&self, project: &Project) -> Result<Option<i64>> {
        let id = project.setting("retention_id").map(|id| {
            id.parse().map_err(|_| Error::unavailable("the number of the policy is none").context("number", id))
        });
        id.transpose()
    }

    async fn set_retention(&self, project: &Project, to: Option<&Value>) -> Result<()> {
        let scope = json!({"level": "project", "ref": project.id});
        let (method, path, body) = match (self.retention_id(project)?, to) {
            (None, None) => return Ok(()),
            (Some(id), None) => (Method::DELETE, format!("/retentions/{id}"), None),
            (Some(id), Some(to)) => (Method::PUT, format!("/retentions/{id}"), Some((Some(id), to))),
            (None, Some(to)) => (Method::POST, "/retentions".to_owned(), Some((None, to))),
        };
        let mut request = self.request(method, &path)?;
        if let Some((id, to)) = body {
            let mut policy = to.clone();
            if let Value::Object(fields) = &mut policy {
                fields.insert("scope".to_owned(), scope);
                fields.extend(id.map(|id| ("id".to_owned(), json!(id))));
                fields.entry("algorithm").or_insert_with(|| json!("or"));
                fields.entry("trigger").or_insert_with(|| json!({"kind": "Schedule", "settings": {"cron": ""}}));
            }
            request = with_json(request, &policy)?;
        }
        let set = self.call(request, "the retention policy is not set").await;
        set.map(drop).map_err(|e| e.context("project", &project.name))
    }

    async fn immutability(&self, project: &Project) -> Result<Vec<Value>> {
        let path = format!("/projects/{}/immutabletagrules", project.id);
        self.list(&path, &[], "the rules cannot be read").await.map_err(|e| e.context("project", &project.name))
    }

    /// What is not there is added before what is too much is removed: no tag is without its rule in between.
    async fn set_immutability(&self, project: &Project, to: Option<&Value>) -> Result<()> {
        let path = format!("/projects/{}/immutabletagrules", project.id);
        let wanted = to.and_then(Value::as_array).cloned().unwrap_or_default();
        let there = self.immutability(project).await?;
        for rule in wanted.iter().filter(|rule| !there.iter().any(|there| rule_alone(there) == rule_alone(rule))) {
            let request = with_json(self.request(Method::POST, &path)?, rule)?;
            self.call(request, "the rule is not added").await.map_err(|e| e.context("project", &project.name))?;
        }
        for rule in there.iter().filter(|there| !wanted.iter().any(|rule| rule_alone(there) == rule_alone(rule))) {
            let id =
                rule.get("id").and_then(Value::as_i64).ok_or_else(|| Error::unavailable("a rule has no number"))?;
            let request = self.request(Method::DELETE, &format!("{path}/{id}"))?;
            self.call(request, "the rule is not removed").await.map_err(|e| e.context("project", &project.name))?;
        }
        Ok(())
    }

    async fn set_scanning(&self, project: &Project, to: Option<&Value>) -> Result<()> {
        let wanted = to.and_then(|to| to.get("auto_scan")).and_then(Value::as_bool).unwrap_or(false);
        let path = format!("/projects/{}/metadatas/auto_scan", encode(&project.name));
        // A setting that was never made has to be added first.
        let (method, path) = match project.setting("auto_scan") {
            Some(_) => (Method::PUT, path),
            None => (Method::POST, format!("/projects/{}/metadatas/", encode(&project.name))),
        };
        let mut request = with_json(self.request(method, &path)?, &json!({"auto_scan": wanted.to_string()}))?;
        request.headers.insert("x-is-resource-name", http::HeaderValue::from_static("true"));
        let set = self.call(request, "the scanning is not set").await;
        set.map(drop).map_err(|e| e.context("project", &project.name))
    }

    async fn set_quota(&self, project: &Project, to: Option<&Value>) -> Result<()> {
        let quota = self.quota(&project.name).await?;
        let quota = quota.ok_or_else(|| Error::unsupported("no quota is kept for the project"))?;
        let storage = to.and_then(|to| to.get("storage")).cloned().unwrap_or(json!(-1));
        let request = self.request(Method::PUT, &format!("/quotas/{}", quota.id))?;
        let request = with_json(request, &json!({"hard": {"storage": storage}}))?;
        let set = self.call(request, "the quota is not set").await;
        set.map(drop).map_err(|e| e.context("project", &project.name))
    }
}

/// A policy without what Harbor adds to it, in one form for both what is there and what is wanted.
fn comparable(policy: Policy, value: &Value) -> Result<Value> {
    let invalid = |what: &str| Err(Error::invalid(format!("{policy} of a project is {what}")));
    match policy {
        Policy::Retention => {
            let Some(rules) = value.get("rules").and_then(Value::as_array) else {
                return invalid("an object with \"rules\"");
            };
            let cron = value.pointer("/trigger/settings/cron").and_then(Value::as_str).unwrap_or_default();
            Ok(json!({
                "algorithm": value.get("algorithm").and_then(Value::as_str).unwrap_or("or"),
                "rules": rules.iter().map(rule_alone).collect::<Vec<_>>(),
                "trigger": {"kind": "Schedule", "settings": {"cron": cron}},
            }))
        }
        Policy::Immutability => {
            let Some(rules) = value.as_array() else { return invalid("a list of rules") };
            let mut rules: Vec<Value> = rules.iter().map(rule_alone).collect();
            rules.sort_by_key(Value::to_string);
            Ok(Value::Array(rules))
        }
        Policy::Scanning => match value.get("auto_scan").and_then(Value::as_bool) {
            Some(wanted) => Ok(json!({"auto_scan": wanted})),
            None => invalid("{\"auto_scan\": true} or false"),
        },
        Policy::Quota => match value.get("storage").and_then(Value::as_i64) {
            Some(bytes) => Ok(json!({"storage": bytes})),
            None => invalid("{\"storage\": BYTES}"),
        },
        other => Err(Error::unsupported(format!("Harbor has no such thing as {other}"))),
    }
}

/// A rule without its number and its place, which Harbor gives.
fn rule_alone(rule: &Value) -> Value {
    pruned(&without(rule, &["id", "priority"]))
}
