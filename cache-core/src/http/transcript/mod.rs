//! What went over the wire, for people to look at and to send to others: without anything that lets somebody in.
//!
//! Two things are done about secrets. Of texts only those are kept that are known to be of a harmless kind, by the name of their
//! header, parameter or field and by their look; of all others the length is. And whatever was sent or given as a secret is
//! taken out wherever else it stands, since a server may repeat it anywhere.

mod secrets;
mod shown;
#[cfg(test)]
mod tests;

use std::sync::{Arc, Mutex, PoisonError};

use ::http::{HeaderMap, StatusCode, Uri};
use serde_json::{Value, json};

use self::secrets::Secrets;
use self::shown::{address, headers};
use super::Request;

/// More exchanges are counted and not kept.
const MAX_EXCHANGES: usize = 100_000;
/// The ends of addresses and the names of operations whose answers are secrets, whatever is in them.
const LOGINS: &[&str] = &[
    "token",
    "exchange",
    "credentials",
    "password",
    "login",
    "secret",
    "sasurl",
    "uploadurl",
    "callbackconfig",
    "robots",
];

/// What was asked and answered, from the first request on. A clone is the same transcript.
#[derive(Debug, Clone, Default)]
pub struct Transcript(Arc<Mutex<Kept>>);

#[derive(Debug, Default)]
struct Kept {
    exchanges: Vec<Exchange>,
    secrets: Secrets,
    left_out: usize,
}

#[derive(Debug)]
struct Exchange {
    request: Value,
    answer: Value,
    /// Whether the answer gives a login.
    is_login: bool,
}

/// The place of an answer in a transcript.
#[derive(Debug)]
pub(super) struct Place {
    transcript: Transcript,
    index: usize,
}

impl Transcript {
    /// An empty one.
    pub fn new() -> Self {
        Transcript::default()
    }

    /// One line of JSON for each request with its answer, in the order in which they were sent.
    pub fn to_json_lines(&self) -> String {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (mut text, secrets) = (String::new(), kept.secrets.finder());
        for exchange in &kept.exchanges {
            let (request, answer) = (secrets.taken_out(&exchange.request), secrets.taken_out(&exchange.answer));
            text.push_str(&json!({"request": request, "answer": answer}).to_string());
            text.push('\n');
        }
        if kept.left_out > 0 {
            text.push_str(&json!({"left out": kept.left_out}).to_string());
            text.push('\n');
        }
        text
    }

    pub(super) fn request(&self, request: &Request) -> Option<Place> {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.secrets.of_headers(&request.headers);
        if kept.exchanges.len() >= MAX_EXCHANGES {
            kept.left_out += 1;
            return None;
        }
        let target = request.headers.get("x-amz-target").and_then(|value| value.to_str().ok()).unwrap_or_default();
        let end = request.url.path().rsplit('/').next().unwrap_or_default();
        let place = format!("{end}{target}").to_ascii_lowercase();
        let is_login =
            super::host_name(&request.url).starts_with("sts.") || LOGINS.iter().any(|word| place.contains(word));
        let url = address(&request.url, &mut kept.secrets);
        let body = kept.secrets.body(&request.headers, &request.body, is_login);
        let headers = headers(&request.headers, &request.url);
        let request = json!({"method": request.method.as_str(), "url": url, "headers": headers, "body": body});
        kept.exchanges.push(Exchange { request, answer: Value::Null, is_login });
        Some(Place { transcript: self.clone(), index: kept.exchanges.len() - 1 })
    }
}

impl Place {
    pub(super) fn answer(&self, status: StatusCode, received: &HeaderMap, url: &Uri) {
        let mut kept = self.transcript.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.secrets.of_headers(received);
        if let Some(exchange) = kept.exchanges.get_mut(self.index) {
            exchange.answer = json!({"status": status.as_u16(), "headers": headers(received, url)});
        }
    }

    pub(super) fn body(&self, received: &HeaderMap, body: &[u8]) {
        let mut kept = self.transcript.0.lock().unwrap_or_else(PoisonError::into_inner);
        let kept = &mut *kept;
        if let Some(exchange) = kept.exchanges.get_mut(self.index) {
            exchange.answer["body"] = kept.secrets.body(received, body, exchange.is_login);
        }
    }
}
