//! Builds by the registry, as `az acr build` asks for them: the source is sent to a place that Azure names, a run is scheduled, and
//! waited for.
//!
//! The settings are `{"dockerfile": "Dockerfile", "platform": "linux/amd64", "arguments": {"NAME": "value"}, "noCache": false,
//! "timeoutSeconds": 3600}`, all optional. Arguments are shown in the plan: they are no place for a secret.

use std::collections::BTreeMap;
use std::time::Duration;

use http::{HeaderValue, Method};
use serde::Deserialize;
use serde_json::{Value, json};

use super::AcrRegistry;
use super::management::Management;
use crate::blocking::blocking;
use crate::error::{Error, Result};
use crate::http::Request;
use crate::model::{Digest, Reference};
use crate::plan::BuildSource;
use crate::registry::vendor::{expect_secure, json as read, with_json};
use crate::registry::{Registry, Standing};

/// Of a log more is not read.
const MAX_LOG: u64 = 64 << 20;
/// A run that waits for its turn this long, beside its own time, is given up.
const QUEUE: u64 = 1800;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
struct Settings {
    dockerfile: String,
    platform: String,
    arguments: BTreeMap<String, String>,
    no_cache: bool,
    timeout_seconds: u64,
}

impl Default for Settings {
    fn default() -> Self {
        Settings {
            dockerfile: "Dockerfile".to_owned(),
            platform: "linux/amd64".to_owned(),
            arguments: BTreeMap::new(),
            no_cache: false,
            timeout_seconds: 3600,
        }
    }
}

impl Settings {
    fn read(settings: &Value) -> Result<Self> {
        let settings = if settings.is_null() { Ok(Settings::default()) } else { Settings::deserialize(settings) };
        let bad = |why: String| Error::invalid(format!("the settings of the build are not as they should be: {why}"));
        let settings = settings.map_err(|e| bad(e.to_string()))?;
        if !(300..=28_800).contains(&settings.timeout_seconds) {
            return Err(bad("timeoutSeconds is 300 to 28800".to_owned()));
        }
        match settings.platform.split('/').collect::<Vec<_>>()[..] {
            ["linux" | "windows", _] | ["linux" | "windows", _, _] => Ok(settings),
            _ => Err(bad("platform is os/architecture".to_owned())),
        }
    }

    fn request(&self, to: &str, source: &str) -> Value {
        let parts: Vec<&str> = self.platform.split('/').collect();
        let mut platform = json!({"os": parts.first(), "architecture": parts.get(1)});
        if let Some(variant) = parts.get(2) {
            platform["variant"] = json!(variant);
        }
        let argument = |(name, value): (&String, &String)| json!({"name": name, "value": value, "isSecret": false});
        json!({
            "type": "DockerBuildRequest",
            "imageNames": [to],
            "isPushEnabled": true,
            "noCache": self.no_cache,
            "dockerFilePath": self.dockerfile,
            "platform": platform,
            "arguments": self.arguments.iter().map(argument).collect::<Vec<_>>(),
            "timeout": self.timeout_seconds,
            "sourceLocation": source,
        })
    }
}

/// A run of a build.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Run {
    run_id: String,
    #[serde(default)]
    status: String,
    #[serde(default)]
    run_error_message: Option<String>,
    #[serde(default, deserialize_with = "crate::model::null_is_empty")]
    output_images: Vec<Output>,
}

#[derive(Deserialize)]
struct Output {
    repository: String,
    tag: Option<String>,
    digest: Digest,
}

#[derive(Deserialize)]
struct Described {
    properties: Run,
}

impl AcrRegistry {
    /// What a run of a task or a build has printed so far.
    ///
    /// # Errors
    /// `Unsupported` where the management is not set up; `NotFound` where there is no such run.
    pub async fn acr_run_log(&self, run: &str) -> Result<String> {
        let management = self.vendor.management()?;
        let path = format!("/runs/{}/listLogSasUrl", crate::http::encode(run));
        let request = with_json(management.task_request(Method::POST, &path)?, &json!({}))?;
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Link {
            log_link: String,
        }
        let link: Link = read(management.call(request, "the log of the run cannot be read").await?).await?;
        let request = elsewhere(Method::GET, &link.log_link)?;
        let answer = management.api().send(&request, "the log of the run cannot be read").await?;
        Ok(String::from_utf8_lossy(&answer.bytes(MAX_LOG).await?).into_owned())
    }

    pub(super) async fn build_standing(&self, to: &Reference, settings: &Value) -> Result<Standing> {
        Settings::read(settings)?;
        self.oci.path(&to.repository)?;
        Ok(Standing { now: self.new_tag(to).await?, settled: false, effects: Vec::new() })
    }

    pub(super) async fn build(&self, source: &BuildSource, to: &Reference, settings: &Value) -> Result<()> {
        let settings = Settings::read(settings)?;
        let (path, Some(tag)) = (self.oci.path(&to.repository)?, &to.tag) else {
            return Err(Error::invalid("a build is named by a tag").context("to", to));
        };
        let management = self.vendor.management()?;
        let place = management.send_source(source).await?;
        let body = settings.request(&format!("{path}:{tag}"), &place);
        let run = management.run(&body, settings.timeout_seconds).await?;
        let made =
            run.output_images.iter().find(|made| made.repository == path && made.tag.as_deref() == Some(tag.as_str()));
        let about = |error: Error| error.context("run", &run.run_id).context("to", to);
        let made = made.ok_or_else(|| about(Error::unexpected("the build ended well and says of no such image")))?;
        let named = self.oci.resolve(to).await.map_err(about)?.digest;
        if named != made.digest {
            return Err(about(Error::conflict("the tag names another image than the one that was built"))
                .context("built", &made.digest)
                .context("names", named));
        }
        Ok(())
    }
}

impl Management {
    /// Sends the archive where Azure wants it, and gives what it is called there.
    async fn send_source(&self, source: &BuildSource) -> Result<String> {
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Place {
            upload_url: String,
            relative_path: String,
        }
        let source = source.clone();
        let bytes = blocking(move || source.bytes()).await?;
        let request = with_json(self.task_request(Method::POST, "/listBuildSourceUploadUrl")?, &json!({}))?;
        let place: Place = read(self.call(request, "Azure names no place for the source").await?).await?;
        let mut request = elsewhere(Method::PUT, &place.upload_url)?;
        request.headers.insert("x-ms-blob-type", HeaderValue::from_static("BlockBlob"));
        request.body = bytes.into();
        self.api().send(&request, "the source is not taken").await?;
        Ok(place.relative_path)
    }

    /// Schedules a run and waits for its end.
    async fn run(&self, body: &Value, timeout: u64) -> Result<Run> {
        let request = with_json(self.task_request(Method::POST, "/scheduleRun")?, body)?;
        let answer = self.call(request, "the registry does not build").await?;
        let unreadable = |e| Error::unavailable("Azure's answer describes no run").caused_by(e);
        let scheduled: Described = serde_json::from_value(self.end_of(answer).await?).map_err(unreadable)?;
        let mut run = scheduled.properties;
        let path = format!("/runs/{}", crate::http::encode(&run.run_id));
        let (began, longest) = (tokio::time::Instant::now(), Duration::from_secs(timeout + QUEUE));
        loop {
            let about = |error: Error| {
                let why = run.run_error_message.clone().into_iter().fold(error, |e, why| e.context("Azure says", why));
                why.context("run", &run.run_id).context("status", &run.status)
            };
            match run.status.as_str() {
                "Succeeded" => return Ok(run),
                "Failed" | "Canceled" | "Error" | "Timeout" => {
                    return Err(about(Error::unexpected("the build did not end well")).hint("read the log of the run"));
                }
                _ if began.elapsed() > longest => {
                    return Err(about(Error::unavailable("the build does not come to an end")));
                }
                _ => tokio::time::sleep(self.api().patience().first_pause * 2).await,
            }
            let answer = self.call(self.task_request(Method::GET, &path)?, "the run cannot be read").await?;
            run = read::<Described>(answer).await?.properties;
        }
    }
}

/// A request to a storage that Azure names with a signature in its query; our token is not for it.
fn elsewhere(method: Method, url: &str) -> Result<Request> {
    let url = url.parse().map_err(|_| Error::unavailable("Azure names a place that is no address"))?;
    expect_secure(&url)?;
    Ok(Request::new(method, url))
}
