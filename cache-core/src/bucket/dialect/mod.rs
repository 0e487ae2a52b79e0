//! How the stores of the vendors are spoken to.

#[cfg(feature = "azblob")]
mod azblob;
#[cfg(feature = "gcs")]
mod gcs;
#[cfg(feature = "s3")]
mod s3;

use std::fmt;

use async_trait::async_trait;
#[cfg(feature = "azblob")]
pub(super) use azblob::AzBlob;
#[cfg(all(test, feature = "azblob"))]
pub(super) use azblob::sign as sign_azblob;
#[cfg(feature = "gcs")]
pub(super) use gcs::Gcs;
use http::header::ETAG;
use http::{HeaderMap, Method, StatusCode, Uri};
#[cfg(feature = "s3")]
pub(super) use s3::S3;

use crate::error::{Error, ErrorKind, Result};
use crate::http::Request;

/// What is different between the stores. Objects are named by a key below the folder of the ledger.
#[async_trait]
pub(super) trait Dialect: fmt::Debug + Send + Sync + 'static {
    /// The request that reads an object. Its answer has the object, the date on which it was written, and the date of today.
    fn read(&self, key: &str) -> Result<Request>;

    /// The request that writes an object where the condition holds; what is written is put in by who asks.
    fn write(&self, key: &str, when: Condition<'_>) -> Result<Request>;

    /// Says in a request who we are. Nothing may be added to it afterwards.
    async fn sign(&self, request: &mut Request) -> Result<()>;

    /// Which version was read.
    fn version(&self, headers: &HeaderMap) -> Option<String> {
        text(headers, ETAG.as_str())
    }

    /// A version that no object has.
    fn no_version(&self) -> &'static str {
        "\"0\""
    }

    /// Which version was written.
    fn written(&self, headers: &HeaderMap, _body: &[u8]) -> Option<String> {
        self.version(headers)
    }

    /// What the store means by an answer that says no, with the code that it gives, or without any.
    fn meaning(&self, status: StatusCode, code: &str) -> Meaning;
}

/// What must be so for an object to be written.
#[derive(Clone, Copy, Debug)]
pub(super) enum Condition<'a> {
    /// There is none.
    Absent,
    /// It is this version.
    Is(&'a str),
}

/// What a refusal means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Meaning {
    /// There is no such object.
    Absent,
    /// The condition does not hold, so nothing was written.
    Unmet,
    /// Somebody else writes at this very instant, and nothing was written: whether the condition holds has to be asked again.
    Busy,
    /// Something else is wrong.
    Wrong(ErrorKind),
}

/// A request to an object. Keys and folders have no characters that would have to be encoded.
fn request(method: Method, url: String) -> Result<Request> {
    let url: Uri = url.parse().map_err(|e: http::uri::InvalidUri| {
        Error::invalid("this is no address of an object").context("address", &url).caused_by(e)
    })?;
    Ok(Request::new(method, url))
}

/// The condition as HTTP has it (RFC 9110, 13.1).
#[cfg(any(feature = "s3", feature = "azblob"))]
fn on_condition(mut request: Request, when: Condition<'_>) -> Result<Request> {
    use http::header::{IF_MATCH, IF_NONE_MATCH};
    let (name, value) = match when {
        Condition::Absent => (IF_NONE_MATCH, "*"),
        Condition::Is(version) => (IF_MATCH, version),
    };
    let value = http::HeaderValue::try_from(value).map_err(|_| Error::unexpected("a version is no header"))?;
    request.headers.insert(name, value);
    Ok(request)
}

fn text(headers: &HeaderMap, name: &str) -> Option<String> {
    headers.get(name)?.to_str().ok().map(str::to_owned)
}
