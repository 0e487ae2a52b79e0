//! The wire: the only place that opens connections.
//!
//! Small requests are repeated where that is safe; streams are not, because only their sender knows where to go on. Nothing
//! here follows a redirect or adds credentials: [`registry::oci`](crate::registry) decides that.

mod answer;
mod retry;
mod url;

use std::sync::{Mutex, OnceLock, PoisonError};
use std::time::Duration;

use ::http::{HeaderMap, Method, Uri};
use bytes::Bytes;
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt, Full};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use tokio::time::Instant;

pub(crate) use answer::{Answer, chunk};
pub use retry::Patience;
pub(crate) use url::{encode, host_name, is_loopback, is_secure, resolve, same_origin, shown, with_query};

use crate::error::{Error, Result};

pub(crate) type Body = UnsyncBoxBody<Bytes, Error>;

/// Layers come in pieces of up to this size; smaller buffers cost system calls, larger ones memory.
const READ_BUFFER: usize = 1 << 20;

/// A request whose body is small enough to be sent again.
#[derive(Debug, Clone)]
pub(crate) struct Request {
    pub(crate) method: Method,
    pub(crate) url: Uri,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Request {
    pub(crate) fn new(method: Method, url: Uri) -> Self {
        Request { method, url, headers: HeaderMap::new(), body: Bytes::new() }
    }
}

/// Connections to any number of hosts, with one idea of how long to wait.
#[derive(Debug)]
pub(crate) struct Http {
    plain: Client<HttpConnector, Body>,
    /// Made when first needed: it reads the certificates of the machine.
    tls: OnceLock<Client<HttpsConnector<HttpConnector>, Body>>,
    patience: Patience,
    /// Nothing is sent before this instant, because the server said so.
    not_before: Mutex<Option<Instant>>,
}

impl Http {
    pub(crate) fn new(patience: Patience) -> Self {
        let plain = pool().build(connector(&patience, true));
        Http { plain, tls: OnceLock::new(), patience, not_before: Mutex::new(None) }
    }

    pub(crate) fn patience(&self) -> &Patience {
        &self.patience
    }

    /// Sends a request and repeats it while the server or the network fails in ways that pass.
    ///
    /// An answer of any status is `Ok`, save 429, which is `RateLimited` once patience is at its end.
    pub(crate) async fn send(&self, request: &Request) -> Result<Answer> {
        let mut attempt = 0;
        loop {
            attempt += 1;
            let outcome = self.once(request, Full::new(request.body.clone()).map_err(|e| match e {}).boxed_unsync());
            let timed = tokio::time::timeout(self.patience.answer, outcome).await;
            let outcome = timed.unwrap_or_else(|_| {
                Err(Error::unavailable("the server did not answer in time").context("url", shown(&request.url)))
            });
            let pause = match &outcome {
                Ok(answer) if !retry::passes(answer.status()) => return outcome,
                Ok(answer) => self.patience.pause(attempt, answer.headers()),
                Err(_) => self.patience.pause(attempt, &HeaderMap::new()),
            };
            let Some(pause) = pause else { return outcome.and_then(retry::end_of_patience) };
            tracing::debug!(method = %request.method, url = %shown(&request.url), attempt, ?pause, "tried again");
            self.wait_at_least(pause);
        }
    }

    /// Sends a request once, with a body that cannot be repeated.
    pub(crate) async fn once(&self, request: &Request, body: Body) -> Result<Answer> {
        self.wait_for_turn().await;
        let mut built = ::http::Request::new(body);
        *built.method_mut() = request.method.clone();
        *built.uri_mut() = request.url.clone();
        *built.headers_mut() = request.headers.clone();
        let agent = ::http::HeaderValue::from_static(concat!("cache/", env!("CARGO_PKG_VERSION")));
        built.headers_mut().insert(::http::header::USER_AGENT, agent);
        let sent =
            if is_secure(&request.url) { self.tls()?.request(built).await } else { self.plain.request(built).await };
        let answer = sent.map_err(|e| broken(&request.url, e))?;
        tracing::debug!(method = %request.method, url = %shown(&request.url), status = answer.status().as_u16(), "asked");
        Ok(Answer::new(answer, request.url.clone(), self.patience.idle))
    }

    fn tls(&self) -> Result<&Client<HttpsConnector<HttpConnector>, Body>> {
        if let Some(client) = self.tls.get() {
            return Ok(client);
        }
        let trusting = HttpsConnectorBuilder::new()
            .with_provider_and_native_roots(rustls_provider())
            .map_err(|e| Error::unexpected("the certificates of this machine cannot be read").caused_by(e))?;
        let https = trusting.https_only().enable_http1().wrap_connector(connector(&self.patience, false));
        Ok(self.tls.get_or_init(|| pool().build(https)))
    }

    /// Makes every later request wait, whoever sends it: one client that is throttled must not send the next at once.
    pub(crate) fn wait_at_least(&self, pause: Duration) {
        let until = Instant::now() + pause;
        let mut not_before = self.not_before.lock().unwrap_or_else(PoisonError::into_inner);
        *not_before = Some(not_before.map_or(until, |earlier| earlier.max(until)));
    }

    async fn wait_for_turn(&self) {
        let until = *self.not_before.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(until) = until {
            tokio::time::sleep_until(until).await;
        }
    }
}

fn pool() -> hyper_util::client::legacy::Builder {
    let mut pool = Client::builder(TokioExecutor::new());
    pool.pool_timer(TokioTimer::new())
        .pool_idle_timeout(Duration::from_secs(30))
        .http1_max_buf_size(READ_BUFFER)
        .http1_read_buf_exact_size(READ_BUFFER);
    pool
}

fn connector(patience: &Patience, enforce_http: bool) -> HttpConnector {
    let mut connector = HttpConnector::new();
    connector.set_connect_timeout(Some(patience.connect));
    connector.set_nodelay(true);
    connector.enforce_http(enforce_http);
    connector
}

fn rustls_provider() -> std::sync::Arc<rustls::crypto::CryptoProvider> {
    std::sync::Arc::new(rustls::crypto::aws_lc_rs::default_provider())
}

fn broken(url: &Uri, error: hyper_util::client::legacy::Error) -> Error {
    let what = if error.is_connect() { "cannot connect to the server" } else { "the connection broke" };
    Error::unavailable(what).context("url", shown(url)).caused_by(error)
}
