//! Tokens of the clouds' directories (RFC 6749, "Issuing an Access Token").

use std::time::Duration;

use http::header::CONTENT_TYPE;
use http::{HeaderValue, Method};
use serde::{Deserialize, Deserializer};
use serde_json::Value;

use super::api::{expect_secure, json};
use crate::error::{Error, ErrorKind, Result};
use crate::http::{Http, Network, Patience, Proxy, Request, encode, secret_header};
use crate::model::{Secret, Timestamp};
use crate::registry::answer;

/// A token is asked for again this long before it ends.
const MARGIN: i64 = 300;

/// A token, and when it ends. One that does not say when is used once.
#[derive(Debug)]
pub(in crate::registry) struct Token {
    pub(in crate::registry) secret: Secret,
    pub(in crate::registry) end: Option<Timestamp>,
}

impl Token {
    /// Whether it lasts for a while yet.
    pub(in crate::registry) fn lasts(&self, now: Timestamp) -> bool {
        self.end.is_some_and(|end| end.unix() - MARGIN > now.unix())
    }
}

impl<'de> Deserialize<'de> for Token {
    /// Lifetimes are numbers or texts, from now or since 1970.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        struct Given {
            access_token: Secret,
            #[serde(default)]
            expires_in: Value,
            #[serde(default)]
            expires_on: Value,
        }
        let Given { access_token, expires_in, expires_on } = Given::deserialize(deserializer)?;
        let number = |value: &Value| value.as_i64().or_else(|| value.as_str()?.parse().ok());
        let end = number(&expires_on).or_else(|| Timestamp::now().unix().checked_add(number(&expires_in)?));
        Ok(Token { secret: access_token, end: end.and_then(|end| Timestamp::from_unix(end).ok()) })
    }
}

/// Asks a directory for a token with a form. That it refuses is `Unauthenticated`.
pub(in crate::registry) async fn grant(
    network: &Network,
    url: &str,
    form: &[(&str, &str)],
    refusal: &str,
) -> Result<Token> {
    let url = url.parse().map_err(|_| Error::invalid("tokens are to be had at an address that is none"))?;
    expect_secure(&url)?;
    let mut request = Request::new(Method::POST, url);
    request.headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/x-www-form-urlencoded"));
    let fields = form.iter().map(|(name, value)| format!("{name}={}", encode(value)));
    request.body = fields.collect::<Vec<_>>().join("&").into();
    let answer = Http::over(network.clone(), None, Patience::default()).send(&request).await?;
    if answer.status().is_success() {
        return json(answer).await;
    }
    let (refused, clock) = (answer.status().is_client_error(), answer.clock_hint());
    let error = answer::refusal(answer, refusal).await;
    let error = if refused { error.of_kind(ErrorKind::Unauthenticated) } else { error };
    Err(clock.into_iter().fold(error, Error::hint))
}

/// The header `Authorization` of whoever has this token.
pub(crate) fn bearer(token: &Secret) -> Result<HeaderValue> {
    secret_header(&format!("Bearer {}", token.reveal()))
        .map_err(|_| Error::unauthenticated("the token has characters that no header may have"))
}

/// Asks the metadata of the machine for a token. That nobody answers there, or says no, is what `none` makes of it.
pub(in crate::registry) async fn of_metadata(
    request: &Request,
    refusal: &str,
    none: impl Fn(Error) -> Error,
) -> Result<Token> {
    let answer = near_by().send(request).await.map_err(&none)?;
    if answer.status().is_success() {
        return json(answer).await;
    }
    Err(none(answer::refusal(answer, refusal).await))
}

/// A client for addresses that are on this machine or next to it: without a proxy, and soon at its end.
pub(in crate::registry) fn near_by() -> Http {
    let second = Duration::from_secs(1);
    let patience =
        Patience { attempts: 2, first_pause: second / 10, connect: second, answer: second * 10, ..Patience::default() };
    Http::over(Network::default().proxy(Proxy::Direct), None, patience)
}
