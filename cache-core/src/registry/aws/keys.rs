//! Keys of AWS, and the places that they come from.

use std::fmt;
use std::sync::Arc;

use http::{HeaderValue, Method};
use serde::Deserialize;
use tokio::sync::Mutex;

use super::{profile, sts};
use crate::error::{Error, Result};
use crate::http::{Network, Request, host_name, is_loopback, is_secure, secret_header};
use crate::model::{Secret, Timestamp};
use crate::registry::answer;
use crate::registry::vendor::{Variables, json, near_by, secret_file};

/// Keys are asked for again this long before they end.
const MARGIN: i64 = 300;
const METADATA: &str = "http://169.254.169.254";
/// Where containers of ECS are given their keys.
const CONTAINER: &str = "http://169.254.170.2";

/// An access key.
#[derive(Clone)]
pub(super) struct Keys {
    pub(super) id: String,
    pub(super) secret: Secret,
    pub(super) session: Option<Secret>,
    /// When they end; `None` for never.
    pub(super) expires: Option<Timestamp>,
}

impl fmt::Debug for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Keys").field("id", &self.id).field("expires", &self.expires).finish_non_exhaustive()
    }
}

/// Who we are to AWS.
///
/// [`of_this_machine`](AwsCredentials::of_this_machine) looks where the AWS tools look, in their order: the variables
/// `AWS_ACCESS_KEY_ID` and `AWS_SECRET_ACCESS_KEY`; a web identity (`AWS_WEB_IDENTITY_TOKEN_FILE`, `AWS_ROLE_ARN`); the profile
/// (`AWS_PROFILE`) in the shared files, with roles to be assumed, a program to be asked (`credential_process`), or the login that
/// `aws sso login` left; the container's address; the metadata of the machine.
#[derive(Debug, Clone)]
pub struct AwsCredentials(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    source: Source,
    known: Mutex<Option<Keys>>,
}

#[derive(Debug)]
enum Source {
    Given(Keys),
    Machine { variables: Variables, profile: Option<String>, network: Network },
}

impl AwsCredentials {
    /// As the environment, the shared files and the machine say.
    pub fn of_this_machine() -> Self {
        AwsCredentials::from(Variables::Process, None, Network::default())
    }

    /// This profile of the shared files, and nothing else.
    pub fn profile(name: impl Into<String>) -> Self {
        AwsCredentials::from(Variables::Process, Some(name.into()), Network::default())
    }

    /// These keys.
    pub fn keys(id: impl Into<String>, secret: Secret, session: Option<Secret>) -> Self {
        AwsCredentials::of(Source::Given(Keys { id: id.into(), secret, session, expires: None }))
    }

    pub(crate) fn from(variables: Variables, profile: Option<String>, network: Network) -> Self {
        AwsCredentials::of(Source::Machine { variables, profile, network })
    }

    fn of(source: Source) -> Self {
        AwsCredentials(Arc::new(Inner { source, known: Mutex::default() }))
    }

    /// Keys that last for a while yet. `region` is where roles are assumed.
    pub(super) async fn get(&self, region: &str, now: Timestamp) -> Result<Keys> {
        let mut known = self.0.known.lock().await;
        let lasts = |keys: &&Keys| keys.expires.is_none_or(|end| end.unix() - MARGIN > now.unix());
        if let Some(keys) = known.as_ref().filter(lasts) {
            return Ok(keys.clone());
        }
        let keys = match &self.0.source {
            Source::Given(keys) => keys.clone(),
            Source::Machine { variables, profile, network } => {
                Search { variables, network, region, now }.keys(profile.as_deref()).await?
            }
        };
        *known = Some(keys.clone());
        Ok(keys)
    }
}

/// A look through the places where keys are kept.
pub(super) struct Search<'a> {
    pub(super) variables: &'a Variables,
    pub(super) network: &'a Network,
    pub(super) region: &'a str,
    pub(super) now: Timestamp,
}

impl Search<'_> {
    async fn keys(&self, named: Option<&str>) -> Result<Keys> {
        if named.is_none() {
            if let Some(keys) = self.environment()? {
                return Ok(keys);
            }
            if let Some(keys) = self.web_identity().await? {
                return Ok(keys);
            }
        }
        if let Some(keys) = profile::keys(self, named).await? {
            return Ok(keys);
        }
        if named.is_none() {
            if let Some(keys) = self.container().await? {
                return Ok(keys);
            }
            if let Some(keys) = self.machine().await? {
                return Ok(keys);
            }
        }
        Err(Error::unauthenticated("no credentials of AWS were found")
            .hint("set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE, or give the machine a role"))
    }

    pub(super) fn environment(&self) -> Result<Option<Keys>> {
        let (id, secret) = (self.variables.text("AWS_ACCESS_KEY_ID"), self.variables.secret("AWS_SECRET_ACCESS_KEY"));
        let session = self.variables.secret("AWS_SESSION_TOKEN");
        match (id, secret) {
            (Some(id), Some(secret)) => Ok(Some(Keys { id, secret, session, expires: None })),
            (None, None) => Ok(None),
            _ => Err(Error::invalid("one of AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY is not set")),
        }
    }

    async fn web_identity(&self) -> Result<Option<Keys>> {
        let (file, role) = (self.variables.text("AWS_WEB_IDENTITY_TOKEN_FILE"), self.variables.text("AWS_ROLE_ARN"));
        match (file, role) {
            (Some(file), Some(role)) => {
                let session = self.variables.text("AWS_ROLE_SESSION_NAME");
                let token = secret_file(file.as_ref())?;
                sts::assume_with_web_identity(self, &role, session.as_deref(), &token).await.map(Some)
            }
            _ => Ok(None),
        }
    }

    /// The keys of a container, from the address that its environment names.
    pub(super) async fn container(&self) -> Result<Option<Keys>> {
        let relative = self.variables.text("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI");
        let full = self.variables.text("AWS_CONTAINER_CREDENTIALS_FULL_URI");
        let Some(url) = relative.map(|path| format!("{CONTAINER}{path}")).or(full) else { return Ok(None) };
        let bad = || Error::invalid("the address of the container's credentials is none that is trusted");
        let url: http::Uri = url.parse().map_err(|_| bad())?;
        // Whoever may set a variable must not get the token of the container sent anywhere.
        let host = host_name(&url);
        let near = is_loopback(&host) || matches!(&host[..], "169.254.170.2" | "169.254.170.23" | "fd00:ec2::23");
        if !is_secure(&url) && !near {
            return Err(bad().context("host", host));
        }
        let mut request = Request::new(Method::GET, url);
        let token = match self.variables.text("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE") {
            Some(file) => Some(secret_file(file.as_ref())?),
            None => self.variables.secret("AWS_CONTAINER_AUTHORIZATION_TOKEN"),
        };
        if let Some(token) = token {
            request.headers.insert("authorization", sensitive(&token)?);
        }
        let answer = near_by().send(&request).await?;
        if !answer.status().is_success() {
            return Err(answer::refusal(answer, "the container is given no credentials").await);
        }
        Ok(Some(json::<Given>(answer).await?.into()))
    }

    /// The keys of the role that the machine has (instance metadata, version 2).
    pub(super) async fn machine(&self) -> Result<Option<Keys>> {
        if self.variables.text("AWS_EC2_METADATA_DISABLED").is_some_and(|word| word.eq_ignore_ascii_case("true")) {
            return Ok(None);
        }
        let base = self.variables.text("AWS_EC2_METADATA_SERVICE_ENDPOINT").unwrap_or_else(|| METADATA.to_owned());
        let http = near_by();
        let request = |method, path: &str| {
            let url = format!("{}{path}", base.trim_end_matches('/')).parse();
            let url = url.map_err(|_| Error::invalid("AWS_EC2_METADATA_SERVICE_ENDPOINT is no address"))?;
            Ok::<_, Error>(Request::new(method, url))
        };
        let mut ask = request(Method::PUT, "/latest/api/token")?;
        ask.headers.insert("x-aws-ec2-metadata-token-ttl-seconds", HeaderValue::from_static("300"));
        // Where there is no such address this is no machine of AWS.
        let Ok(answer) = http.send(&ask).await else { return Ok(None) };
        if !answer.status().is_success() {
            return Ok(None);
        }
        let token = answer.bytes(4096).await?;
        let token = Secret::new(String::from_utf8_lossy(&token).into_owned());
        let folder = "/latest/meta-data/iam/security-credentials/";
        let mut ask = request(Method::GET, folder)?;
        ask.headers.insert("x-aws-ec2-metadata-token", sensitive(&token)?);
        let answer = http.send(&ask).await?;
        if answer.status() == http::StatusCode::NOT_FOUND {
            return Ok(None);
        }
        let roles = answer.bytes(4096).await?;
        let roles = String::from_utf8_lossy(&roles).into_owned();
        let Some(role) = roles.lines().map(str::trim).find(|role| !role.is_empty()) else { return Ok(None) };
        let mut ask = request(Method::GET, &format!("{folder}{}", crate::http::encode(role)))?;
        ask.headers.insert("x-aws-ec2-metadata-token", sensitive(&token)?);
        let answer = http.send(&ask).await?;
        if !answer.status().is_success() {
            return Err(answer::refusal(answer, "the machine's role gives no credentials").await);
        }
        Ok(Some(json::<Given>(answer).await?.into()))
    }
}

pub(super) fn sensitive(secret: &Secret) -> Result<HeaderValue> {
    secret_header(secret.reveal())
        .map_err(|_| Error::unauthenticated("the token has characters that no header may have"))
}

/// Keys as the metadata of containers and machines, and programs, have them.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Given {
    access_key_id: String,
    secret_access_key: Secret,
    #[serde(alias = "SessionToken")]
    token: Option<Secret>,
    expiration: Option<Timestamp>,
}

impl From<Given> for Keys {
    fn from(given: Given) -> Self {
        let Given { access_key_id, secret_access_key, token, expiration } = given;
        Keys { id: access_key_id, secret: secret_access_key, session: token, expires: expiration }
    }
}
