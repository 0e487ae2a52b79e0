//! Azure's management of a registry: its settings, its admin user, imports; and Defender's findings.

use std::time::Duration;

use http::Method;
use http::header::{AUTHORIZATION, LOCATION};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::Acr;
use crate::error::{Error, Result};
use crate::http::{Answer, Network, Patience, Request, resolve, retry_after, same_origin};
use crate::model::{Digest, Pinned, Reference, Secret};
use crate::registry::Issued;
use crate::registry::azure::AzureCredentials;
use crate::registry::vendor::{Api, bearer, json as read, with_json};

const MANAGEMENT: &str = "https://management.azure.com";
/// The version that knows the policy for deleted images too.
const VERSION: &str = "2025-05-01-preview";
/// Tasks and builds have versions of their own.
const TASKS_VERSION: &str = "2019-06-01-preview";
const GRAPH_VERSION: &str = "2021-03-01";
/// The assessment of images in registries by Defender.
const ASSESSMENT: &str = "c0b7cfc6-3172-465a-b378-53c7ff2cc0d5";
/// An import takes minutes at most.
const LONGEST: Duration = Duration::from_secs(1800);
/// How long to wait before asking again, where the answer does not say, and at most.
const PAUSE: Duration = Duration::from_secs(2);
const LONGEST_PAUSE: Duration = Duration::from_secs(60);
const MAX_PAGES: usize = 10_000;

/// The settings of a registry.
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct AcrSettings {
    /// The host that it answers at.
    pub login_server: String,
    /// Whether there is a user with a password who may do everything.
    #[serde(default)]
    pub admin_user_enabled: bool,
    /// `retentionPolicy`, `softDeletePolicy` and others.
    #[serde(default)]
    pub policies: Value,
}

#[derive(Deserialize)]
struct Resource {
    #[serde(default)]
    location: String,
    properties: AcrSettings,
}

#[derive(Debug)]
pub(super) struct Management {
    api: Api,
    audience: String,
    id: String,
    azure: AzureCredentials,
}

impl Acr {
    pub(super) fn management(&self) -> Result<&Management> {
        self.0.management.as_ref().ok_or_else(|| {
            Error::unsupported("this goes by Azure's management, which is not set up")
                .context("registry", &self.0.host)
                .hint("give the credentials of Azure and the resource id of the registry")
        })
    }
}

impl super::AcrRegistry {
    /// The settings of the registry.
    ///
    /// # Errors
    /// `Unsupported` where the management is not set up; what Azure says.
    pub async fn acr_settings(&self) -> Result<AcrSettings> {
        self.vendor.management()?.settings().await
    }

    /// The admin user and the first of its passwords.
    ///
    /// # Errors
    /// `Unsupported` where the management is not set up; what Azure says, such as that there is no such user.
    pub async fn acr_admin(&self) -> Result<Issued> {
        self.vendor.management()?.admin().await
    }
}

impl Management {
    pub(super) fn new(
        address: Option<&str>,
        id: &str,
        azure: AzureCredentials,
        network: Network,
        patience: Patience,
    ) -> Result<Self> {
        let parts: Vec<&str> = id.trim_matches('/').split('/').collect();
        let good = matches!(&parts[..], ["subscriptions", _, _, _, "providers", _, "registries", _])
            && parts.iter().all(|part| !part.is_empty() && !part.contains(['?', '#', '%', ' ']));
        if !good {
            return Err(Error::invalid("this is no resource id of a registry").context("id", id).hint(
                "write /subscriptions/ID/resourceGroups/GROUP/providers/Microsoft.ContainerRegistry/registries/NAME",
            ));
        }
        let audience = address.unwrap_or(MANAGEMENT).trim_end_matches('/').to_owned();
        let api = Api::new(&audience, network, patience)?;
        Ok(Management { api, audience, id: format!("/{}", parts.join("/")), azure })
    }

    pub(super) fn api(&self) -> &Api {
        &self.api
    }

    pub(super) async fn call(&self, mut request: Request, what: &str) -> Result<Answer> {
        request.headers.insert(AUTHORIZATION, bearer(&self.azure.token(&self.audience).await?)?);
        self.api.send(&request, what).await.map_err(|e| e.context("resource", &self.id))
    }

    pub(super) fn request(&self, method: Method, below: &str) -> Result<Request> {
        self.api.request(method, &format!("{}{below}?api-version={VERSION}", self.id))
    }

    /// A request about tasks and their runs.
    pub(super) fn task_request(&self, method: Method, below: &str) -> Result<Request> {
        self.api.request(method, &format!("{}{below}?api-version={TASKS_VERSION}", self.id))
    }

    pub(super) async fn settings(&self) -> Result<AcrSettings> {
        Ok(self.resource().await?.properties)
    }

    /// The region that the registry is in, where its own parts have to be as well.
    pub(super) async fn region(&self) -> Result<String> {
        Ok(self.resource().await?.location)
    }

    async fn resource(&self) -> Result<Resource> {
        read(self.call(self.request(Method::GET, "")?, "the registry's settings cannot be read").await?).await
    }

    /// Changes these properties and no others.
    pub(super) async fn change(&self, properties: &Value) -> Result<()> {
        let request = with_json(self.request(Method::PATCH, "")?, &json!({"properties": properties}))?;
        let answer = self.call(request, "the registry's settings are not changed").await?;
        self.end_of(answer).await.map(drop)
    }

    async fn admin(&self) -> Result<Issued> {
        #[derive(Deserialize)]
        struct Listed {
            username: String,
            passwords: Vec<Password>,
        }
        #[derive(Deserialize)]
        struct Password {
            value: Secret,
        }
        let request = with_json(self.request(Method::POST, "/listCredentials")?, &json!({}))?;
        let listed: Listed = read(self.call(request, "the admin user's password is not given").await?).await?;
        let first = listed.passwords.into_iter().next();
        let first = first.ok_or_else(|| Error::not_found("the admin user has no password"))?;
        Ok(Issued::new(listed.username, first.value))
    }

    /// Lets the registry fetch an image, with a tag or without.
    pub(super) async fn import(&self, image: &Pinned, tag: Option<&Reference>, to: &str, move_tag: bool) -> Result<()> {
        let source = format!("{}@{}", image.repository.path(), image.digest);
        let (tags, untagged) = match tag.and_then(|tag| tag.tag.as_ref()) {
            Some(tag) => (vec![format!("{to}:{tag}")], Vec::new()),
            None => (Vec::new(), vec![to]),
        };
        let body = json!({
            "source": {"registryUri": image.repository.host(), "sourceImage": source},
            "targetTags": tags,
            "untaggedTargetRepositories": untagged,
            "mode": if move_tag { "Force" } else { "NoForce" },
        });
        let request = with_json(self.request(Method::POST, "/importImage")?, &body)?;
        let answer = self.call(request, "the registry does not import the image").await?;
        self.end_of(answer).await.map(drop)
    }

    /// What takes its time is asked for at the address that the answer names, until it says something else than 202: the last
    /// document.
    pub(super) async fn end_of(&self, answer: Answer) -> Result<Value> {
        let began = tokio::time::Instant::now();
        let mut answer = answer;
        while answer.status() == http::StatusCode::ACCEPTED {
            let Some(location) = answer.header(LOCATION) else { break };
            let url = resolve(self.api.base(), location)?;
            if !same_origin(&url, self.api.base()) {
                return Err(Error::untrusted("Azure sends us with our token to another place"));
            }
            let pause = retry_after(answer.headers()).unwrap_or(PAUSE).min(LONGEST_PAUSE);
            if began.elapsed() > LONGEST {
                return Err(Error::unavailable("Azure does not come to an end").context("resource", &self.id));
            }
            tokio::time::sleep(pause).await;
            answer = self.call(Request::new(Method::GET, url), "what Azure began did not end well").await?;
        }
        // Some operations end with 200 and say in the body that they failed.
        let body = answer.bytes(1 << 20).await?;
        let said: Value = serde_json::from_slice(&body).unwrap_or_default();
        match said.get("status").and_then(Value::as_str) {
            Some(status @ ("Failed" | "Canceled")) => {
                let why = said.pointer("/error/message").and_then(Value::as_str).unwrap_or("no reason");
                Err(Error::unexpected("what Azure began did not end well")
                    .context("status", status)
                    .context("Azure says", why)
                    .context("resource", &self.id))
            }
            _ => Ok(said),
        }
    }

    /// The rows of Defender's findings about an image.
    pub(super) async fn findings(&self, host: &str, repository: &str, digest: &Digest) -> Result<Vec<Value>> {
        let subscription = self.id.split('/').nth(2).unwrap_or_default();
        // None of the three can hold a quote: their grammars have none.
        let query = format!(
            "securityresources | where type == 'microsoft.security/assessments/subassessments' \
             | where id contains '/assessments/{ASSESSMENT}/' \
             | extend artifact = properties.additionalData.artifactDetails \
             | where artifact.registryHost == '{host}' and artifact.repositoryName == '{repository}' \
             and artifact.digest == '{digest}' | project id, name, properties | order by id asc"
        );
        let (mut rows, mut skip) = (Vec::new(), None::<String>);
        for _ in 0..MAX_PAGES {
            let mut body =
                json!({"subscriptions": [subscription], "query": query, "options": {"resultFormat": "objectArray"}});
            if let Some(token) = &skip {
                body["options"]["$skipToken"] = json!(token);
            }
            let path = format!("/providers/Microsoft.ResourceGraph/resources?api-version={GRAPH_VERSION}");
            let request = with_json(self.api.request(Method::POST, &path)?, &body)?;
            let mut page: Value = read(self.call(request, "Defender's findings cannot be read").await?).await?;
            let Some(Value::Array(data)) = page.get_mut("data").map(Value::take) else {
                return Err(Error::unavailable("the answer of Azure's resource graph has no rows"));
            };
            rows.extend(data);
            match page.get("$skipToken").and_then(Value::as_str) {
                Some(next) if skip.as_deref() != Some(next) => skip = Some(next.to_owned()),
                _ => return Ok(rows),
            }
        }
        Err(Error::unavailable("Defender's findings have no end").context("digest", digest))
    }
}
