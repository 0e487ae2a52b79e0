//! Posting JSON to an address that is itself a secret.

use ::http::{HeaderValue, Method, StatusCode, header};
use serde_json::Value;

use crate::error::{Error, Result};
use crate::http::{Http, Patience, Request, host_name, is_loopback, is_secure};
use crate::model::Secret;
use crate::visible::short;

/// The largest answer that is read.
const MAX_ANSWER: u64 = 64 << 10;

/// An address that JSON is posted to. Webhooks have their secret in the path, so no error shows more than the host.
#[derive(Debug)]
pub(super) struct Post {
    service: &'static str,
    url: Secret,
    http: Http,
}

impl Post {
    /// # Errors
    /// `Invalid` where it is no `https` URL; `http` is for the machine itself alone.
    pub(super) fn to(service: &'static str, url: Secret) -> Result<Self> {
        let parsed: ::http::Uri = url.reveal().parse().map_err(|_| wrong(service))?;
        let secure = is_secure(&parsed) || is_loopback(&host_name(&parsed));
        if parsed.host().is_none() || !secure {
            return Err(wrong(service));
        }
        Ok(Post { service, url, http: Http::new(Patience::default()) })
    }

    /// Posts a body. What the service answers is given where its status is one of success.
    pub(super) async fn json(&self, body: &Value) -> Result<(StatusCode, Vec<u8>)> {
        let url = self.url.reveal().parse().map_err(|_| wrong(self.service))?;
        let mut request = Request::new(Method::POST, url);
        request.headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        request.body = body.to_string().into();
        let host = host_name(&request.url);
        // The client's own errors show the path of the URL. What is behind them all has none.
        let hidden = |error: Error| {
            let hint = error.hint_text().unwrap_or("see whether its address is right and can be reached from here");
            let told = Error::new(error.kind(), format!("{} was not told: {}", self.service, error.message()));
            let told = told.context("host", &host).hint(hint);
            match error.causes().last().map(ToString::to_string) {
                Some(cause) => told.caused_by(cause),
                None => told,
            }
        };
        let answer = self.http.send(&request).await.map_err(hidden)?;
        let status = answer.status();
        let said = answer.bytes(MAX_ANSWER).await.map_err(hidden)?;
        if status.is_success() {
            return Ok((status, said.to_vec()));
        }
        let error = match status {
            StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN | StatusCode::NOT_FOUND | StatusCode::GONE => {
                Error::denied
            }
            status if status.is_client_error() => Error::invalid,
            _ => Error::unavailable,
        };
        let said = short(String::from_utf8_lossy(&said).trim(), 200).into_owned();
        Err(error(format!("{} refused the message", self.service))
            .context("status", status.as_u16())
            .context("said", said))
    }
}

fn wrong(service: &str) -> Error {
    Error::invalid(format!("the address of {service} is no https URL"))
}
