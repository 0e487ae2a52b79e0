//! A vendor's interface: JSON over HTTP.

use http::header::CONTENT_TYPE;
use http::{HeaderValue, Method, Uri};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::super::answer;
use crate::error::{Error, Result};
use crate::http::{
    Answer, Http, Network, Patience, Request, encode, host_name, is_loopback, is_secure, resolve, shown,
};

/// The largest answer that is read.
const MAX_ANSWER: u64 = 64 << 20;

/// The interface below one address.
#[derive(Debug)]
pub(in crate::registry) struct Api {
    http: Http,
    base: Uri,
}

impl Api {
    /// The interface at `base`, such as `https://host/api/v2.0`.
    pub(in crate::registry) fn new(base: &str, network: Network, patience: Patience) -> Result<Self> {
        let base: Uri = base.trim_end_matches('/').parse().map_err(|e: http::uri::InvalidUri| {
            Error::invalid("this is no address of an interface").context("address", base).caused_by(e)
        })?;
        if !matches!(base.scheme_str(), Some("http" | "https")) || base.host().is_none() {
            return Err(Error::invalid("the address of an interface is http:// or https://").context("address", base));
        }
        Ok(Api { http: Http::over(network, Some(base.clone()), patience), base })
    }

    pub(in crate::registry) fn base(&self) -> &Uri {
        &self.base
    }

    pub(in crate::registry) fn patience(&self) -> &Patience {
        self.http.patience()
    }

    /// A request to a path below the address; what stands in it is encoded already.
    pub(in crate::registry) fn request(&self, method: Method, path_and_query: &str) -> Result<Request> {
        let base = self.base.path().trim_end_matches('/');
        Ok(Request::new(method, resolve(&self.base, &format!("{base}{path_and_query}"))?))
    }

    /// Sends a request; an answer that says no is an error of the kind that its status says. No redirect is followed.
    pub(in crate::registry) async fn send(&self, request: &Request, what: &str) -> Result<Answer> {
        accepted(self.http.send(request).await?, what).await
    }

    /// The tries of a request that is not repeated unseen.
    #[cfg(any(feature = "artifactory", feature = "openshift"))]
    pub(in crate::registry) fn tries(&self) -> crate::http::Tries<'_> {
        crate::http::Tries::new(&self.http)
    }
}

/// The answer; one that says no is an error of the kind that its status says.
pub(in crate::registry) async fn accepted(answer: Answer, what: &str) -> Result<Answer> {
    if answer.status().is_success() {
        return Ok(answer);
    }
    Err(answer::refusal(answer, what).await)
}

/// Refuses to send a secret in the clear to another machine.
pub(crate) fn expect_secure(url: &Uri) -> Result<()> {
    if is_secure(url) || is_loopback(&host_name(url)) {
        return Ok(());
    }
    Err(Error::untrusted("credentials are not sent without encryption").context("url", shown(url)))
}

/// Gives the request a body of JSON.
pub(in crate::registry) fn with_json(mut request: Request, body: &impl Serialize) -> Result<Request> {
    let body = serde_json::to_vec(body).map_err(|e| Error::unexpected("cannot be written as JSON").caused_by(e))?;
    request.headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    request.body = body.into();
    Ok(request)
}

/// Reads an answer of JSON.
pub(in crate::registry) async fn json<T: DeserializeOwned>(answer: Answer) -> Result<T> {
    let url = answer.url().clone();
    let bytes = answer.bytes(MAX_ANSWER).await?;
    parse(&bytes).map_err(|e| e.context("url", shown(&url)))
}

/// Reads JSON that a server wrote.
pub(in crate::registry) fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T> {
    serde_json::from_slice(bytes)
        .map_err(|e| Error::unavailable("the answer is not the JSON that it should be").caused_by(e))
}

/// `?a=b&c=d`, encoded; nothing where there is nothing.
pub(in crate::registry) fn query(parameters: &[(&str, &str)]) -> String {
    let pairs = parameters.iter().map(|(name, value)| format!("{name}={}", encode(value)));
    match pairs.collect::<Vec<_>>().join("&") {
        text if text.is_empty() => text,
        text => format!("?{text}"),
    }
}
