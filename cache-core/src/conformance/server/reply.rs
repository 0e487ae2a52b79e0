//! Answers.

use std::fmt::Display;

use bytes::Bytes;
use http::{HeaderName, HeaderValue, Response, StatusCode, header};
use serde_json::Value;

use super::body::Outbound;
use super::refusal::Refusal;
use crate::model::Digest;

pub(super) const CONTENT_DIGEST: HeaderName = HeaderName::from_static("docker-content-digest");
pub(super) const SUBJECT: HeaderName = HeaderName::from_static("oci-subject");
pub(super) const TAG: HeaderName = HeaderName::from_static("oci-tag");
pub(super) const FILTERS: HeaderName = HeaderName::from_static("oci-filters-applied");
pub(super) const CHUNK_MIN: HeaderName = HeaderName::from_static("oci-chunk-min-length");
pub(super) const UPLOAD_ID: HeaderName = HeaderName::from_static("docker-upload-uuid");

/// An answer that is being put together.
pub(super) struct Reply(Response<Outbound>);

impl Reply {
    pub(super) fn new(status: StatusCode) -> Self {
        let mut response = Response::new(Outbound::default());
        *response.status_mut() = status;
        Reply(response)
    }

    pub(super) fn ok(content_type: &str, body: impl Into<Bytes>) -> Self {
        Reply::new(StatusCode::OK).header(header::CONTENT_TYPE, content_type).body(body)
    }

    pub(super) fn json(value: &Value) -> Self {
        Reply::ok("application/json", value.to_string())
    }

    pub(super) fn status(mut self, status: StatusCode) -> Self {
        *self.0.status_mut() = status;
        self
    }

    pub(super) fn body(mut self, body: impl Into<Bytes>) -> Self {
        *self.0.body_mut() = Outbound::new(body);
        self
    }

    /// Adds a header; a value that no header can have is left out.
    pub(super) fn header(mut self, name: HeaderName, value: impl Display) -> Self {
        if let Ok(value) = HeaderValue::try_from(value.to_string()) {
            self.0.headers_mut().append(name, value);
        }
        self
    }

    pub(super) fn digest(self, digest: &Digest) -> Self {
        self.header(CONTENT_DIGEST, digest)
    }

    pub(super) fn location(self, location: impl Display) -> Self {
        self.header(header::LOCATION, location)
    }

    pub(super) fn into_response(self) -> Response<Outbound> {
        self.0
    }
}

impl From<Refusal> for Reply {
    fn from(refusal: Refusal) -> Self {
        let body = refusal.body();
        let reply = Reply::ok("application/json", body).status(refusal.status);
        refusal.headers.into_iter().fold(reply, |reply, (name, value)| reply.header(name, value))
    }
}
