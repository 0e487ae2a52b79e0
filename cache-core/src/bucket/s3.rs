//! The few words of S3's language that a ledger needs (Amazon, "PutObject", "GetObject", "Conditional requests").

use std::fmt;
use std::time::Duration;

use bytes::Bytes;
use http::header::{DATE, ETAG, IF_MATCH, IF_NONE_MATCH, LAST_MODIFIED};
use http::{HeaderName, HeaderValue, Method, StatusCode, Uri};

use crate::error::{Error, ErrorKind, Result};
use crate::http::{Answer, Http, Request, kind, shown};
use crate::model::Digest;
use crate::registry::AwsCredentials;

/// Nothing that a ledger writes is larger.
const MAX_OBJECT: u64 = 64 << 20;
const MAX_REFUSAL: u64 = 64 << 10;

/// A folder of a bucket.
#[derive(Debug)]
pub(super) struct Bucket {
    /// The address of the folder, without a slash at its end.
    pub(super) folder: String,
    pub(super) region: String,
    pub(super) credentials: AwsCredentials,
    pub(super) http: Http,
}

/// An object, and what the store says of it.
pub(super) struct Object {
    pub(super) body: Bytes,
    pub(super) version: String,
    /// How long ago it was written, by the store's clock.
    pub(super) age: Duration,
}

/// What must be so for an object to be written.
#[derive(Clone, Copy)]
pub(super) enum Condition<'a> {
    /// There is none.
    Absent,
    /// It is this version.
    Is(&'a str),
}

impl fmt::Display for Bucket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.folder)
    }
}

impl Bucket {
    /// The object; `None` where there is none.
    pub(super) async fn get(&self, key: &str) -> Result<Option<Object>> {
        let answer = self.ask(self.request(Method::GET, key)?).await?;
        match answer.status() {
            StatusCode::OK => {}
            StatusCode::NOT_FOUND => {
                return match refusal(answer).await {
                    error if error.is_not_found() => Ok(None),
                    error => Err(error),
                };
            }
            _ => return Err(refusal(answer).await),
        }
        let (written, now) = (time(&answer, LAST_MODIFIED)?, time(&answer, DATE)?);
        let age = Duration::from_secs(u64::try_from(now - written).unwrap_or(0));
        let version = version(&answer)?;
        Ok(Some(Object { version, age, body: answer.bytes(MAX_OBJECT).await? }))
    }

    /// Writes an object, and says which version it is now; `None` where the condition does not hold.
    pub(super) async fn put(&self, key: &str, body: impl Into<Bytes>, when: Condition<'_>) -> Result<Option<String>> {
        let mut request = self.request(Method::PUT, key)?;
        request.body = body.into();
        let (name, value) = match when {
            Condition::Absent => (IF_NONE_MATCH, "*"),
            Condition::Is(version) => (IF_MATCH, version),
        };
        let value = HeaderValue::try_from(value).map_err(|_| Error::unexpected("a version is no header"))?;
        request.headers.insert(name, value);
        let answer = self.ask(request).await?;
        match answer.status() {
            StatusCode::OK | StatusCode::CREATED | StatusCode::NO_CONTENT => version(&answer).map(Some),
            // 409 is said to those who write at the same instant as somebody else.
            StatusCode::PRECONDITION_FAILED | StatusCode::CONFLICT => Ok(None),
            StatusCode::NOT_FOUND => match refusal(answer).await {
                error if error.is_not_found() => Ok(None),
                error => Err(error),
            },
            _ => Err(refusal(answer).await),
        }
    }

    fn request(&self, method: Method, key: &str) -> Result<Request> {
        let url = format!("{}/{key}", self.folder);
        let url: Uri = url.parse().map_err(|e: http::uri::InvalidUri| {
            Error::invalid("this is no address of an object").context("address", url).caused_by(e)
        })?;
        Ok(Request::new(method, url))
    }

    async fn ask(&self, mut request: Request) -> Result<Answer> {
        let hash = Digest::of(&request.body);
        let hash = HeaderValue::try_from(hash.hex()).map_err(|_| Error::unexpected("a digest is no header"))?;
        request.headers.insert(HeaderName::from_static("x-amz-content-sha256"), hash);
        self.credentials.sign(&mut request, &self.region, "s3").await?;
        self.http.send(&request).await
    }
}

fn version(answer: &Answer) -> Result<String> {
    let version = answer.header(ETAG).map(str::to_owned);
    version.ok_or_else(|| silent(answer, "which version of an object it has"))
}

/// A date of the answer, in seconds since 1970.
fn time(answer: &Answer, name: HeaderName) -> Result<i64> {
    let text = answer.header(name).ok_or_else(|| silent(answer, "when an object was written"))?;
    let time = jiff::fmt::rfc2822::DateTimeParser::new().parse_timestamp(text);
    time.map(jiff::Timestamp::as_second).map_err(|_| silent(answer, "when an object was written"))
}

fn silent(answer: &Answer, what: &str) -> Error {
    Error::unsupported(format!("the store does not say {what}")).context("url", shown(answer.url()))
}

/// What the store says, with the name that it gives it. `NotFound` is an object that is not there, and never its bucket.
async fn refusal(answer: Answer) -> Error {
    let (status, url) = (answer.status(), shown(answer.url()));
    let body = answer.bytes(MAX_REFUSAL).await.unwrap_or_default();
    let text = String::from_utf8_lossy(&body);
    let said = |name: &str| {
        let (_, rest) = text.split_once(&format!("<{name}>"))?;
        rest.split_once('<').map(|(said, _)| crate::visible::short(said, 200).into_owned())
    };
    let code = said("Code").unwrap_or_default();
    let kind = match code.as_str() {
        "NoSuchKey" => ErrorKind::NotFound,
        "NoSuchBucket" => ErrorKind::Invalid,
        "NotImplemented" => ErrorKind::Unsupported,
        "SignatureDoesNotMatch" | "InvalidAccessKeyId" | "ExpiredToken" => ErrorKind::Unauthenticated,
        "SlowDown" => ErrorKind::RateLimited,
        "PermanentRedirect" | "AuthorizationHeaderMalformed" => ErrorKind::Invalid,
        _ => kind(status),
    };
    let error =
        Error::new(kind, "the store of the ledger refuses").context("url", url).context("status", status.as_u16());
    let error = if code.is_empty() { error } else { error.context("code", code) };
    said("Message").into_iter().fold(error, |error, said| error.context("store says", said))
}
