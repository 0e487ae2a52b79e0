//! Google Cloud Storage: objects are written by its JSON interface and read by its XML interface, whose answers have the dates and
//! the version as headers (Google, "Objects: insert", "GET Object", "Request preconditions").

use async_trait::async_trait;
use http::header::AUTHORIZATION;
use http::{HeaderMap, Method, StatusCode};
use serde::Deserialize;
use serde_json::Value;

use super::{Condition, Dialect, Meaning, request, text};
use crate::bucket::url::Address;
use crate::error::{ErrorKind, Result};
use crate::http::{Network, Request, encode, kind};
use crate::registry::{GoogleCredentials, Variables, bearer, expect_secure};

const SERVICE: &str = "https://storage.googleapis.com";

#[derive(Debug)]
pub(in crate::bucket) struct Gcs {
    service: String,
    bucket: String,
    /// With a slash at its end, where there is any.
    prefix: String,
    /// `None` at an emulator, which asks nobody who he is.
    credentials: Option<GoogleCredentials>,
}

impl Gcs {
    /// `gs://BUCKET/PREFIX?endpoint=…`.
    pub(in crate::bucket) fn at(address: &Address<'_>, variables: &Variables, network: &Network) -> Result<Self> {
        let emulator = variables.text("STORAGE_EMULATOR_HOST").map(|host| match host.contains("://") {
            true => host.trim_end_matches('/').to_owned(),
            false => format!("http://{host}"),
        });
        let credentials = || GoogleCredentials::from(variables.clone(), network.clone());
        let (service, credentials) = match (address.endpoint()?, emulator) {
            (Some(endpoint), _) => (endpoint, Some(credentials())),
            (None, Some(emulator)) => (emulator, None),
            (None, None) => (SERVICE.to_owned(), Some(credentials())),
        };
        let (bucket, prefix) = address.path.split_once('/').unwrap_or((address.path, ""));
        let prefix = if prefix.is_empty() { String::new() } else { format!("{prefix}/") };
        Ok(Gcs { service, bucket: bucket.to_owned(), prefix, credentials })
    }
}

#[async_trait]
impl Dialect for Gcs {
    fn read(&self, key: &str) -> Result<Request> {
        request(Method::GET, format!("{}/{}/{}{key}", self.service, self.bucket, self.prefix))
    }

    fn write(&self, key: &str, when: Condition<'_>) -> Result<Request> {
        let Gcs { service, bucket, prefix, .. } = self;
        // There is no object of the generation 0.
        let generation = match when {
            Condition::Absent => "0",
            Condition::Is(version) => version,
        };
        let name = encode(&format!("{prefix}{key}"));
        let query = format!("uploadType=media&name={name}&ifGenerationMatch={}", encode(generation));
        request(Method::POST, format!("{service}/upload/storage/v1/b/{bucket}/o?{query}"))
    }

    async fn sign(&self, request: &mut Request) -> Result<()> {
        if let Some(credentials) = &self.credentials {
            expect_secure(&request.url)?;
            request.headers.insert(AUTHORIZATION, bearer(&credentials.token().await?)?);
        }
        Ok(())
    }

    fn version(&self, headers: &HeaderMap) -> Option<String> {
        text(headers, "x-goog-generation")
    }

    fn no_version(&self) -> &'static str {
        "1"
    }

    fn written(&self, _: &HeaderMap, body: &[u8]) -> Option<String> {
        #[derive(Deserialize)]
        struct Written {
            generation: Value,
        }
        match serde_json::from_slice::<Written>(body).ok()?.generation {
            Value::String(generation) => Some(generation),
            Value::Number(generation) => Some(generation.to_string()),
            _ => None,
        }
    }

    fn meaning(&self, status: StatusCode, code: &str) -> Meaning {
        match (status.as_u16(), code) {
            (404, "NoSuchKey" | "") => Meaning::Absent,
            (412, _) => Meaning::Unmet,
            (409, _) => Meaning::Busy,
            // It is said of a bucket to whoever writes.
            (404, _) => Meaning::Wrong(ErrorKind::Invalid),
            (403, "rateLimitExceeded" | "userRateLimitExceeded") => Meaning::Wrong(ErrorKind::RateLimited),
            _ => Meaning::Wrong(kind(status)),
        }
    }
}
