//! A request that is refused, as the error body of the specification.

use std::fmt::Display;

use http::{HeaderName, StatusCode};
use serde_json::{Value, json};

/// The error codes of the specification.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Code {
    BlobUnknown,
    BlobUploadInvalid,
    BlobUploadUnknown,
    DigestInvalid,
    ManifestBlobUnknown,
    ManifestInvalid,
    ManifestUnknown,
    NameInvalid,
    NameUnknown,
    SizeInvalid,
    Unauthorized,
    Denied,
    Unsupported,
    TooManyRequests,
}

impl Code {
    fn name(self) -> &'static str {
        match self {
            Code::BlobUnknown => "BLOB_UNKNOWN",
            Code::BlobUploadInvalid => "BLOB_UPLOAD_INVALID",
            Code::BlobUploadUnknown => "BLOB_UPLOAD_UNKNOWN",
            Code::DigestInvalid => "DIGEST_INVALID",
            Code::ManifestBlobUnknown => "MANIFEST_BLOB_UNKNOWN",
            Code::ManifestInvalid => "MANIFEST_INVALID",
            Code::ManifestUnknown => "MANIFEST_UNKNOWN",
            Code::NameInvalid => "NAME_INVALID",
            Code::NameUnknown => "NAME_UNKNOWN",
            Code::SizeInvalid => "SIZE_INVALID",
            Code::Unauthorized => "UNAUTHORIZED",
            Code::Denied => "DENIED",
            Code::Unsupported => "UNSUPPORTED",
            Code::TooManyRequests => "TOOMANYREQUESTS",
        }
    }

    fn status(self) -> StatusCode {
        match self {
            Code::BlobUnknown | Code::BlobUploadUnknown | Code::ManifestUnknown | Code::NameUnknown => {
                StatusCode::NOT_FOUND
            }
            Code::Unauthorized => StatusCode::UNAUTHORIZED,
            Code::Denied => StatusCode::FORBIDDEN,
            Code::Unsupported => StatusCode::METHOD_NOT_ALLOWED,
            Code::TooManyRequests => StatusCode::TOO_MANY_REQUESTS,
            _ => StatusCode::BAD_REQUEST,
        }
    }

    /// The code that goes best with a status that a test asked for.
    pub(super) fn for_status(status: StatusCode) -> Code {
        match status.as_u16() {
            401 => Code::Unauthorized,
            403 => Code::Denied,
            404 => Code::NameUnknown,
            429 => Code::TooManyRequests,
            _ => Code::Unsupported,
        }
    }
}

/// A refusal: a status and at least one error.
#[derive(Debug)]
pub(super) struct Refusal {
    pub(super) status: StatusCode,
    pub(super) headers: Vec<(HeaderName, String)>,
    errors: Vec<Value>,
}

impl Refusal {
    pub(super) fn new(code: Code, message: impl Display) -> Self {
        Refusal { status: code.status(), headers: Vec::new(), errors: Vec::new() }.and(code, message, Value::Null)
    }

    /// One more error of the same request.
    pub(super) fn and(mut self, code: Code, message: impl Display, detail: Value) -> Self {
        let mut error = json!({ "code": code.name(), "message": message.to_string() });
        if !detail.is_null() {
            error["detail"] = detail;
        }
        self.errors.push(error);
        self
    }

    /// One `code` error for each thing that is wrong; `None` when nothing is.
    pub(super) fn for_each(code: Code, message: &str, wrong: impl IntoIterator<Item = Value>) -> Option<Self> {
        let empty = Refusal { status: code.status(), headers: Vec::new(), errors: Vec::new() };
        let refusal = wrong.into_iter().fold(empty, |refusal, detail| refusal.and(code, message, detail));
        (!refusal.errors.is_empty()).then_some(refusal)
    }

    pub(super) fn status(mut self, status: StatusCode) -> Self {
        self.status = status;
        self
    }

    pub(super) fn header(mut self, name: HeaderName, value: impl Display) -> Self {
        self.headers.push((name, value.to_string()));
        self
    }

    pub(super) fn body(&self) -> String {
        json!({ "errors": self.errors }).to_string()
    }
}

/// Why a request gets no ordinary answer.
#[derive(Debug)]
pub(super) enum Halt {
    Refuse(Box<Refusal>),
    /// The connection is to end, with no answer at all.
    Drop,
}

impl From<Refusal> for Halt {
    fn from(refusal: Refusal) -> Self {
        Halt::Refuse(Box::new(refusal))
    }
}
