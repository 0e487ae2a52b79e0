//! What was asked and answered, so that tests can prove it.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock};

use http::request::Parts;
use http::{HeaderName, header};

use super::lock;
use super::route::Endpoint;

/// One request, as it stood when the log was read.
#[non_exhaustive]
#[derive(Debug, Clone)]
pub struct LoggedRequest {
    /// The method, such as `PUT`.
    pub method: String,
    /// The path with its query.
    pub path: String,
    /// The kind of endpoint.
    pub endpoint: Endpoint,
    /// The scheme of the `Authorization` header, such as `Bearer`; the credentials are not kept.
    pub authorization: Option<String>,
    /// The `Accept` headers, joined.
    pub accept: Option<String>,
    /// The `Content-Type` header.
    pub content_type: Option<String>,
    /// The `Content-Range` header of an upload.
    pub content_range: Option<String>,
    /// The `Range` header of a download.
    pub range: Option<String>,
    /// The status of the answer; `None` before it, or when the connection was dropped instead.
    pub status: Option<u16>,
    /// How many bytes of the request's body were taken in.
    pub received: u64,
    /// How many bytes of the answer's body were handed to the connection.
    pub sent: u64,
}

/// The part of a log entry that changes while the request is served.
#[derive(Debug, Default)]
pub(super) struct Progress {
    pub(super) status: OnceLock<u16>,
    pub(super) received: AtomicU64,
    pub(super) sent: AtomicU64,
}

#[derive(Debug, Default)]
pub(super) struct Log(Mutex<Vec<(LoggedRequest, Arc<Progress>)>>);

impl Log {
    pub(super) fn open(&self, head: &Parts, endpoint: Endpoint) -> Arc<Progress> {
        let text = |name: HeaderName| {
            let values: Vec<_> =
                head.headers.get_all(name).iter().map(|v| String::from_utf8_lossy(v.as_bytes())).collect();
            (!values.is_empty()).then(|| values.join(", "))
        };
        let scheme = |value: String| value.split(' ').next().unwrap_or_default().to_owned();
        let request = LoggedRequest {
            method: head.method.to_string(),
            path: head.uri.path_and_query().map_or_else(|| head.uri.to_string(), ToString::to_string),
            endpoint,
            authorization: text(header::AUTHORIZATION).map(scheme),
            accept: text(header::ACCEPT),
            content_type: text(header::CONTENT_TYPE),
            content_range: text(header::CONTENT_RANGE),
            range: text(header::RANGE),
            status: None,
            received: 0,
            sent: 0,
        };
        let progress = Arc::new(Progress::default());
        lock(&self.0).push((request, Arc::clone(&progress)));
        progress
    }

    pub(super) fn read(&self) -> Vec<LoggedRequest> {
        let seen = |(request, progress): &(LoggedRequest, Arc<Progress>)| LoggedRequest {
            status: progress.status.get().copied(),
            received: progress.received.load(Ordering::Relaxed),
            sent: progress.sent.load(Ordering::Relaxed),
            ..request.clone()
        };
        lock(&self.0).iter().map(seen).collect()
    }

    pub(super) fn clear(&self) {
        lock(&self.0).clear();
    }
}
