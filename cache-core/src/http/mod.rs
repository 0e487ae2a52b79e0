//! The wire: the only place that opens connections.
//!
//! Small requests are repeated where that is safe; streams are not, because only their sender knows where to go on, and
//! changes of what others change too are not unseen ([`Tries`]). Nothing here follows a redirect or adds credentials:
//! [`registry::oci`](crate::registry) decides that.

mod answer;
mod proxy;
mod retry;
mod route;
#[cfg(any(test, feature = "conformance"))]
#[allow(clippy::unwrap_used, reason = "it serves tests")]
#[cfg_attr(not(test), allow(dead_code, unused_imports, reason = "tests use all of it"))]
pub(crate) mod testing;
mod tls;
mod transcript;
mod tries;
mod url;

use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use ::http::header::InvalidHeaderValue;
use ::http::{HeaderMap, HeaderValue, Method, StatusCode, Uri};
use bytes::Bytes;
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt, Full};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use tokio::time::Instant;

pub(crate) use answer::{Answer, chunk, kind};
pub use proxy::{Proxy, ProxyAddress};
pub use retry::Patience;
#[cfg(feature = "acr")]
pub(crate) use retry::retry_after;
pub use tls::Tls;
pub use transcript::Transcript;
pub(crate) use tries::Tries;
#[cfg(feature = "aws")]
pub(crate) use url::with_port;
pub(crate) use url::{decode, encode, host_name, is_loopback, is_secure, resolve, same_origin, shown, with_query};

use self::proxy::Proxies;
use self::route::Route;
use crate::error::{Error, ErrorKind, Result};

pub(crate) type Body = UnsyncBoxBody<Bytes, Error>;

/// Layers come in pieces of up to this size: smaller ones cost system calls, larger ones leave the processor's cache between
/// the hash and the next connection.
const READ_BUFFER: usize = 512 << 10;

/// A request whose body is small enough to be sent again.
#[derive(Debug, Clone)]
pub(crate) struct Request {
    pub(crate) method: Method,
    pub(crate) url: Uri,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

/// A header that is in no log.
pub(crate) fn secret_header(text: &str) -> std::result::Result<HeaderValue, InvalidHeaderValue> {
    let mut value = HeaderValue::from_str(text)?;
    value.set_sensitive(true);
    Ok(value)
}

impl Request {
    pub(crate) fn new(method: Method, url: Uri) -> Self {
        Request { method, url, headers: HeaderMap::new(), body: Bytes::new() }
    }
}

/// How connections are made.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct Network {
    /// Which way they take.
    pub proxy: Proxy,
    /// Whom they trust, where they are encrypted.
    pub tls: Tls,
    /// Where what went over them is written down.
    pub transcript: Option<Transcript>,
}

impl Network {
    /// Through this proxy.
    #[must_use]
    pub fn proxy(mut self, proxy: Proxy) -> Self {
        self.proxy = proxy;
        self
    }

    /// Written down in this transcript, without secrets.
    #[must_use]
    pub fn transcript(mut self, transcript: Transcript) -> Self {
        self.transcript = Some(transcript);
        self
    }

    /// With these certificates.
    #[must_use]
    pub fn tls(mut self, tls: Tls) -> Self {
        self.tls = tls;
        self
    }
}

/// Connections to any number of hosts, with one idea of how long to wait.
#[derive(Debug)]
pub(crate) struct Http {
    plain: Client<Route, Body>,
    /// Made when first needed: they read the certificates of the machine.
    tls: OnceLock<Encrypted>,
    /// The same with a certificate of ours.
    identified: OnceLock<Encrypted>,
    certificates: Tls,
    /// The origin that is shown our certificate.
    home: Option<Uri>,
    route: Route,
    proxies: Arc<Proxies>,
    patience: Patience,
    transcript: Option<Transcript>,
    /// Nothing is sent before this instant, because the server said so.
    not_before: Mutex<Option<Instant>>,
}

type Encrypted = Client<HttpsConnector<Route>, Body>;

impl Http {
    /// As the environment says.
    pub(crate) fn new(patience: Patience) -> Self {
        Http::over(Network::default(), None, patience)
    }

    /// Over this network; `home` is shown our certificate.
    pub(crate) fn over(network: Network, home: Option<Uri>, patience: Patience) -> Self {
        let proxies = Arc::new(Proxies::of(&network.proxy));
        let route = Route::new(Arc::clone(&proxies), &patience);
        Http {
            plain: pool().build(route.clone()),
            tls: OnceLock::new(),
            identified: OnceLock::new(),
            certificates: network.tls,
            home,
            route,
            proxies,
            patience,
            transcript: network.transcript,
            not_before: Mutex::new(None),
        }
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
            self.wait_for_turn().await;
            let outcome = self.attempt(request).await;
            match self.outlook(request, attempt, &outcome) {
                Outlook::Stands => return outcome,
                Outlook::Over => return outcome.and_then(retry::end_of_patience),
                Outlook::Passes => {}
            }
        }
    }

    /// One try, which begins at once: what is waited for before it is no time that the server took.
    async fn attempt(&self, request: &Request) -> Result<Answer> {
        let body = Full::new(request.body.clone()).map_err(|e| match e {}).boxed_unsync();
        let timed = tokio::time::timeout(self.patience.answer, self.once(request, body)).await;
        timed.unwrap_or_else(|_| {
            Err(Error::unavailable("the server did not answer in time").context("url", shown(&request.url)))
        })
    }

    /// What a try came to. Where another may help, every later request waits until it is time for it.
    fn outlook(&self, request: &Request, attempt: u32, outcome: &Result<Answer>) -> Outlook {
        let pause = match outcome {
            Ok(answer) if !retry::passes(answer.status()) => return Outlook::Stands,
            Err(error) if error.kind() != ErrorKind::Unavailable => return Outlook::Stands,
            Ok(answer) => self.patience.pause(attempt, answer.headers()),
            Err(_) => self.patience.pause(attempt, &HeaderMap::new()),
        };
        let Some(pause) = pause else { return Outlook::Over };
        tracing::debug!(method = %request.method, url = %shown(&request.url), attempt, ?pause, "tried again");
        self.wait_at_least(pause);
        Outlook::Passes
    }

    /// Sends a request once, at once, with a body that cannot be repeated.
    pub(crate) async fn once(&self, request: &Request, body: Body) -> Result<Answer> {
        let mut built = ::http::Request::new(body);
        *built.method_mut() = request.method.clone();
        *built.uri_mut() = request.url.clone();
        *built.headers_mut() = request.headers.clone();
        let agent = ::http::HeaderValue::from_static(concat!("cache/", env!("CARGO_PKG_VERSION")));
        built.headers_mut().insert(::http::header::USER_AGENT, agent);
        let place = self.transcript.as_ref().and_then(|transcript| transcript.request(request));
        let sent = if is_secure(&request.url) {
            self.encrypted(&request.url)?.request(built).await
        } else {
            let login = self.proxies.to(&request.url)?.and_then(|proxy| proxy.login()).cloned();
            built.headers_mut().extend(login.map(|login| (::http::header::PROXY_AUTHORIZATION, login)));
            self.plain.request(built).await
        };
        let answer = sent.map_err(|e| broken(&request.url, e))?;
        tracing::debug!(method = %request.method, url = %shown(&request.url), status = answer.status().as_u16(), "asked");
        if answer.status() == StatusCode::PROXY_AUTHENTICATION_REQUIRED {
            return Err(route::login_wanted().context("url", shown(&request.url)));
        }
        if let Some(place) = &place {
            place.answer(answer.status(), answer.headers(), &request.url);
        }
        Ok(Answer::new(answer, request.url.clone(), self.patience.idle, place))
    }

    fn encrypted(&self, url: &Uri) -> Result<&Encrypted> {
        let at_home = self.home.as_ref().is_some_and(|home| same_origin(home, url));
        let identify = at_home && self.certificates.identifies();
        let client = if identify { &self.identified } else { &self.tls };
        if let Some(client) = client.get() {
            return Ok(client);
        }
        let trusting = HttpsConnectorBuilder::new().with_tls_config(self.certificates.config(identify)?);
        let https = trusting.https_only().enable_http1().wrap_connector(self.route.clone());
        Ok(client.get_or_init(|| pool().build(https)))
    }

    /// Makes every later request wait, whoever sends it: one client that is throttled must not send the next at once.
    pub(crate) fn wait_at_least(&self, pause: Duration) {
        let until = Instant::now() + pause;
        let mut not_before = self.not_before.lock().unwrap_or_else(PoisonError::into_inner);
        *not_before = Some(not_before.map_or(until, |earlier| earlier.max(until)));
    }

    /// Waits until a request may be sent.
    pub(crate) async fn wait_for_turn(&self) {
        let until = *self.not_before.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(until) = until {
            tokio::time::sleep_until(until).await;
        }
    }
}

/// What a try came to.
enum Outlook {
    /// Its outcome, which stands.
    Stands,
    /// A failure that may pass.
    Passes,
    /// A failure that may pass, after the last try.
    Over,
}

fn pool() -> hyper_util::client::legacy::Builder {
    let mut pool = Client::builder(TokioExecutor::new());
    pool.pool_timer(TokioTimer::new())
        .pool_idle_timeout(Duration::from_secs(30))
        .http1_max_buf_size(READ_BUFFER)
        .http1_read_buf_exact_size(READ_BUFFER);
    pool
}

fn broken(url: &Uri, error: hyper_util::client::legacy::Error) -> Error {
    let told = match of_ours(&error) {
        Some(known) => known,
        None if error.is_connect() => Error::unavailable("cannot connect to the server"),
        None => Error::unavailable("the connection broke"),
    };
    told.context("url", shown(url)).caused_by(error)
}

/// What our own code said behind the client's error, such as what a proxy answered.
fn of_ours(error: &(dyn std::error::Error + 'static)) -> Option<Error> {
    let mut causes = std::iter::successors(error.source(), |error| (*error).source());
    let known = causes.find_map(|error| error.downcast_ref::<Error>())?;
    let again = Error::new(known.kind(), known.message());
    let again = known.contexts().iter().fold(again, |error, (key, value)| error.context(key, value));
    Some(match known.hint_text() {
        Some(hint) => again.hint(hint),
        None => again,
    })
}
