//! Calls to ECR's interface: JSON 1.1, signed.

use http::header::CONTENT_TYPE;
use http::{HeaderMap, HeaderValue, Method, Uri};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::host::EcrHost;
use crate::error::{Error, ErrorKind, Result};
use crate::http::{Http, Network, Patience, Request};
use crate::model::Timestamp;
use crate::registry::answer;
use crate::registry::aws::AwsCredentials;
use crate::registry::vendor::{entries, json as read};

const PREFIX: &str = "AmazonEC2ContainerRegistry_V20150921";
/// More entries than this are not given at once.
pub(super) const PAGE: usize = 1000;
const MAX_PAGES: usize = 10_000;

/// The interface of one registry.
#[derive(Debug)]
pub(super) struct Api {
    url: Uri,
    host: EcrHost,
    credentials: AwsCredentials,
    http: Http,
}

impl Api {
    pub(super) fn new(
        host: &EcrHost,
        endpoint: Option<&str>,
        credentials: AwsCredentials,
        network: Network,
        patience: Patience,
    ) -> Result<Self> {
        let endpoint = endpoint.unwrap_or(host.endpoint()).trim_end_matches('/');
        let url: Uri = format!("{endpoint}/").parse().map_err(|e: http::uri::InvalidUri| {
            Error::invalid("this is no address of an interface").context("address", endpoint).caused_by(e)
        })?;
        Ok(Api { url, host: host.clone(), credentials, http: Http::over(network, None, patience) })
    }

    pub(super) fn host(&self) -> &EcrHost {
        &self.host
    }

    /// Calls an operation of the registry.
    pub(super) async fn call<T: DeserializeOwned>(&self, operation: &str, mut body: Value) -> Result<T> {
        // These are about the registry of whoever asks, and take no account.
        let own = ["GetAuthorizationToken", "GetRegistryScanningConfiguration", "PutRegistryScanningConfiguration"];
        if let (Value::Object(fields), false) = (&mut body, own.contains(&operation)) {
            fields.insert("registryId".to_owned(), json!(self.host.account()));
        }
        let answer = self.patiently(operation, &body).await.map_err(|e| e.context("operation", operation))?;
        read(answer).await
    }

    /// All entries of a list, page by page.
    pub(super) async fn list<T: DeserializeOwned + Send>(
        &self,
        operation: &str,
        body: Value,
        field: &str,
    ) -> Result<Vec<T>> {
        let mut all = Vec::new();
        self.pages(operation, body, PAGE, |page| {
            all.extend(entries::<T>(page, field, &["nextToken"])?);
            Ok(())
        })
        .await?;
        Ok(all)
    }

    /// Every page of an answer.
    pub(super) async fn pages(
        &self,
        operation: &str,
        mut body: Value,
        size: usize,
        mut each: impl FnMut(Value) -> Result<()> + Send,
    ) -> Result<()> {
        body["maxResults"] = json!(size);
        for _ in 0..MAX_PAGES {
            let page: Value = self.call(operation, body.clone()).await?;
            let next = page.get("nextToken").and_then(Value::as_str).map(str::to_owned);
            each(page)?;
            match next {
                None => return Ok(()),
                Some(next) if body["nextToken"] == next => break,
                Some(next) => body["nextToken"] = json!(next),
            }
        }
        Err(Error::unavailable("the pages of ECR go round in a circle").context("operation", operation))
    }

    /// Throttling comes as 400, which only its name tells from what is wrong for good.
    async fn patiently(&self, operation: &str, body: &Value) -> Result<crate::http::Answer> {
        let mut attempt = 0;
        loop {
            attempt += 1;
            let error = match self.once(operation, body).await {
                Err(error) if error.kind() == ErrorKind::RateLimited => error,
                settled => return settled,
            };
            match self.http.patience().pause(attempt, &HeaderMap::new()) {
                Some(pause) => self.http.wait_at_least(pause),
                None => return Err(error),
            }
        }
    }

    async fn once(&self, operation: &str, body: &Value) -> Result<crate::http::Answer> {
        let mut request = Request::new(Method::POST, self.url.clone());
        let target = HeaderValue::try_from(format!("{PREFIX}.{operation}"));
        request.headers.insert("x-amz-target", target.map_err(|_| Error::unexpected("no name of an operation"))?);
        request.headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/x-amz-json-1.1"));
        request.body = body.to_string().into();
        self.credentials.sign(&mut request, self.host.region(), "ecr").await?;
        let answer = self.http.send(&request).await?;
        if answer.status().is_success() {
            return Ok(answer);
        }
        Err(named(answer::refusal(answer, "ECR refuses").await))
    }
}

/// ECR answers nearly everything with 400; the name says what it is.
fn named(error: Error) -> Error {
    let said = error.contexts().iter().find(|(key, _)| *key == "registry says").map(|(_, said)| said.clone());
    let said = said.unwrap_or_default();
    let name = said.split(' ').next().unwrap_or_default();
    let kind = match name.strip_suffix("Exception").unwrap_or(name) {
        "RepositoryNotFound"
        | "ImageNotFound"
        | "LifecyclePolicyNotFound"
        | "RepositoryPolicyNotFound"
        | "ScanNotFound"
        | "LifecyclePolicyPreviewNotFound"
        | "RegistryPolicyNotFound" => ErrorKind::NotFound,
        "AccessDenied" | "BlockedByOrganizationPolicy" | "Kms" => ErrorKind::Denied,
        "UnrecognizedClient"
        | "InvalidSignature"
        | "SignatureDoesNotMatch"
        | "ExpiredToken"
        | "RequestExpired"
        | "IncompleteSignature"
        | "MissingAuthenticationToken"
        | "InvalidClientTokenId" => ErrorKind::Unauthenticated,
        "RepositoryAlreadyExists"
        | "ImageTagAlreadyExists"
        | "ImageAlreadyExists"
        | "RepositoryNotEmpty"
        | "LifecyclePolicyPreviewInProgress" => ErrorKind::Conflict,
        "Throttling" | "TooManyRequests" | "RequestLimitExceeded" => ErrorKind::RateLimited,
        "UnsupportedImageType" | "ImageArchived" | "UnknownOperation" => ErrorKind::Unsupported,
        "InvalidParameter" | "Validation" | "InvalidTagParameter" | "TooManyTags" | "Serialization" => {
            ErrorKind::Invalid
        }
        "LimitExceeded" => ErrorKind::Conflict,
        "Server" => ErrorKind::Unavailable,
        _ => return error,
    };
    let error = error.of_kind(kind);
    match kind {
        ErrorKind::Unauthenticated => error.hint("check the credentials of AWS, and the clock of this machine"),
        _ => error,
    }
}

/// Seconds since 1970, as ECR writes times.
pub(super) fn time<'de, D: serde::Deserializer<'de>>(d: D) -> Result<Option<Timestamp>, D::Error> {
    let seconds = Option::<f64>::deserialize(d)?;
    // What is beyond the years that there are is no time.
    Ok(seconds.and_then(|seconds| Timestamp::from_unix(seconds as i64).ok()))
}
