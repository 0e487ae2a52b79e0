//! S3, and the stores that speak its language (Amazon, "PutObject", "GetObject", "Conditional requests").

use async_trait::async_trait;
use http::{HeaderName, HeaderValue, Method, StatusCode};

use super::{Condition, Dialect, Meaning, on_condition, request};
use crate::bucket::url::{Address, plain};
use crate::error::{Error, ErrorKind, Result};
use crate::http::{Network, Request, kind};
use crate::model::Digest;
use crate::registry::{AwsCredentials, Variables};

#[derive(Debug)]
pub(in crate::bucket) struct S3 {
    /// The address of the folder, without a slash at its end.
    folder: String,
    region: String,
    credentials: AwsCredentials,
}

impl S3 {
    /// `s3://BUCKET/PREFIX?region=…&endpoint=…&profile=…`.
    pub(in crate::bucket) fn at(address: &Address<'_>, variables: &Variables, network: &Network) -> Result<Self> {
        let endpoint = address.endpoint()?;
        let environment = || ["AWS_REGION", "AWS_DEFAULT_REGION"].iter().find_map(|name| variables.text(name));
        let usual = || endpoint.as_ref().map(|_| "us-east-1".to_owned());
        let region = address.option("region").map(str::to_owned).or_else(environment).or_else(usual);
        let region = region.filter(|region| plain(region));
        let region = region.ok_or_else(|| address.wrong("it has no region, and AWS_REGION is not set"))?;
        let endpoint = endpoint.unwrap_or_else(|| {
            let china = if region.starts_with("cn-") { ".cn" } else { "" };
            format!("https://s3.{region}.amazonaws.com{china}")
        });
        let profile = address.option("profile").map(str::to_owned);
        let credentials = AwsCredentials::from(variables.clone(), profile, network.clone());
        Ok(S3 { folder: format!("{endpoint}/{}", address.path), region, credentials })
    }
}

#[async_trait]
impl Dialect for S3 {
    fn read(&self, key: &str) -> Result<Request> {
        request(Method::GET, format!("{}/{key}", self.folder))
    }

    fn write(&self, key: &str, when: Condition<'_>) -> Result<Request> {
        on_condition(request(Method::PUT, format!("{}/{key}", self.folder))?, when)
    }

    async fn sign(&self, request: &mut Request) -> Result<()> {
        let hash = HeaderValue::try_from(Digest::of(&request.body).hex());
        let hash = hash.map_err(|_| Error::unexpected("a digest is no header"))?;
        request.headers.insert(HeaderName::from_static("x-amz-content-sha256"), hash);
        self.credentials.sign(request, &self.region, "s3").await
    }

    fn meaning(&self, status: StatusCode, code: &str) -> Meaning {
        match (status.as_u16(), code) {
            (404, "NoSuchKey" | "") => Meaning::Absent,
            (412, _) => Meaning::Unmet,
            (409, _) => Meaning::Busy,
            (_, "NoSuchBucket" | "PermanentRedirect" | "AuthorizationHeaderMalformed") => {
                Meaning::Wrong(ErrorKind::Invalid)
            }
            (_, "NotImplemented") => Meaning::Wrong(ErrorKind::Unsupported),
            (
                _,
                "SignatureDoesNotMatch"
                | "InvalidAccessKeyId"
                | "InvalidToken"
                | "ExpiredToken"
                | "RequestTimeTooSkewed",
            ) => Meaning::Wrong(ErrorKind::Unauthenticated),
            (_, "SlowDown") => Meaning::Wrong(ErrorKind::RateLimited),
            _ => Meaning::Wrong(kind(status)),
        }
    }
}
