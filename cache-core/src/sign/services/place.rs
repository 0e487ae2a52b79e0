//! One service: where it is, what people call it, and how it is asked.

use std::fmt;

use ::http::{StatusCode, Uri, header};
use bytes::Bytes;

use crate::error::{Error, ErrorKind, Result};
use crate::http::{Answer, Http, Request, is_loopback, is_secure, secret_header, shown};
use crate::model::Secret;

/// How much of what a service complains is shown.
const COMPLAINT: usize = 300;
/// What a service says is not shown where it repeats this much of a secret.
const REPEATED: usize = 12;

/// A service. Redirects are not followed: what is sent is for this service and no other.
#[derive(Clone)]
pub(in crate::sign) struct Place {
    what: &'static str,
    url: Uri,
}

impl Place {
    pub(in crate::sign) fn of(what: &'static str, url: &str) -> Result<Self> {
        let wrong = || Error::invalid("this is not the address of a service").context("service", what);
        let url: Uri = url.parse().map_err(|_| wrong())?;
        let known = matches!(url.scheme_str(), Some("http" | "https"));
        let plain = url.authority().is_some_and(|authority| !authority.as_str().contains('@'));
        if known && plain { Ok(Place { what, url }) } else { Err(wrong()) }
    }

    /// The same for a service that is sent secrets: over an encrypted connection, or on this machine.
    pub(in crate::sign) fn for_secrets(what: &'static str, url: &str) -> Result<Self> {
        let place = Place::of(what, url)?;
        if is_secure(&place.url) || is_loopback(place.url.host().unwrap_or_default()) {
            return Ok(place);
        }
        Err(place.about(Error::invalid("identity tokens are sent over https and no other way")))
    }

    pub(in crate::sign) fn url(&self) -> &Uri {
        &self.url
    }

    /// The address with this path below its own.
    pub(in crate::sign) fn below(&self, path: &str) -> Result<Uri> {
        let base = shown(&self.url);
        let url = format!("{}/{path}", base.trim_end_matches('/'));
        url.parse().map_err(|_| self.about(Error::invalid("this is not the address of a service")))
    }

    /// Adds a token to a request.
    pub(in crate::sign) fn authorize(&self, request: &mut Request, token: &Secret) -> Result<()> {
        let bearer = zeroize::Zeroizing::new(format!("Bearer {}", token.reveal()));
        let wrong = |_| self.about(Error::invalid("the token has characters that no token has"));
        request.headers.insert(header::AUTHORIZATION, secret_header(&bearer).map_err(wrong)?);
        Ok(())
    }

    /// Asks, and gives the body of a good answer. `secret` is what must not come back in an error.
    pub(in crate::sign) async fn ask(
        &self,
        http: &Http,
        request: &Request,
        limit: u64,
        secret: Option<&Secret>,
    ) -> Result<Bytes> {
        self.body(self.send(http, request).await?, limit, secret).await
    }

    /// Asks.
    pub(in crate::sign) async fn send(&self, http: &Http, request: &Request) -> Result<Answer> {
        http.send(request).await.map_err(|e| e.context("service", self.what))
    }

    /// The body of an answer, where it is a good one.
    pub(in crate::sign) async fn body(&self, answer: Answer, limit: u64, secret: Option<&Secret>) -> Result<Bytes> {
        let status = answer.status();
        if status.is_success() {
            return answer.bytes(limit).await.map_err(|e| e.context("service", self.what));
        }
        if status.is_redirection() {
            return Err(self.about(Error::unexpected("the service sends elsewhere, and is not followed")));
        }
        let said = answer.bytes(limit).await.map(|body| complaint(&body, secret)).unwrap_or_default();
        let kind = match status {
            StatusCode::UNAUTHORIZED => ErrorKind::Unauthenticated,
            StatusCode::FORBIDDEN => ErrorKind::Denied,
            _ if status.is_server_error() => ErrorKind::Unavailable,
            _ => ErrorKind::Unexpected,
        };
        let error = self.about(Error::new(kind, format!("the service answers {}", status.as_u16())));
        Err(if said.is_empty() { error } else { error.context("said", said) })
    }

    /// An answer that is none.
    pub(in crate::sign) fn malformed(&self) -> Error {
        self.about(Error::unexpected("the answer of the service cannot be read"))
    }

    /// The error, with the service that it is about.
    pub(in crate::sign) fn about(&self, error: Error) -> Error {
        error.context("service", self.what).context("url", shown(&self.url))
    }
}

impl fmt::Debug for Place {
    // The query of an address may hold a secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} at {}", self.what, shown(&self.url))
    }
}

/// What a service says is wrong, where it repeats nothing of the secret.
fn complaint(body: &[u8], secret: Option<&Secret>) -> String {
    let text = String::from_utf8_lossy(body);
    let said: Vec<char> = text.trim().chars().filter(|c| !c.is_control()).take(COMPLAINT).collect();
    let repeats = |secret: &str| {
        let length = REPEATED.min(secret.len()).max(1);
        said.windows(length).any(|window| secret.contains(&window.iter().collect::<String>()))
    };
    if secret.is_some_and(|secret| repeats(secret.reveal())) {
        return String::new();
    }
    said.into_iter().collect()
}
