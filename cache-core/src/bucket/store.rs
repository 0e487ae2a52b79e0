//! A folder of a bucket: objects that are read, and written where a condition holds.

use std::fmt;
use std::time::Duration;

use bytes::Bytes;
use http::header::{DATE, LAST_MODIFIED};
use http::{HeaderMap, StatusCode, Uri};
use serde::Deserialize;

use super::dialect::{Condition, Dialect, Meaning};
use crate::error::{Error, ErrorKind, Result};
use crate::http::{Answer, Http, Request, shown};
use crate::visible;

/// Nothing that a ledger writes is larger.
const MAX_OBJECT: u64 = 64 << 20;
/// What is said beside objects is smaller.
const MAX_WORDS: u64 = 64 << 10;

#[derive(Debug)]
pub(super) struct Bucket {
    /// The address of the ledger, without its options.
    pub(super) name: String,
    pub(super) dialect: Box<dyn Dialect>,
    pub(super) http: Http,
}

/// An object, and what the store says of it.
pub(super) struct Object {
    pub(super) body: Bytes,
    pub(super) version: String,
    /// How long ago it was written, by the store's clock.
    pub(super) age: Duration,
}

impl fmt::Display for Bucket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)
    }
}

impl Bucket {
    /// The object; `None` where there is none.
    pub(super) async fn get(&self, key: &str) -> Result<Option<Object>> {
        let answer = self.ask(self.dialect.read(key)?).await?;
        if answer.status() != StatusCode::OK {
            return match self.refusal(answer).await {
                (Meaning::Absent, _) => Ok(None),
                (_, error) => Err(error),
            };
        }
        let version = self.dialect.version(answer.headers());
        let version = version.ok_or_else(|| silent(answer.url(), "which version of an object it has"))?;
        let dates = answer.date(LAST_MODIFIED).zip(answer.date(DATE));
        let (written, now) = dates.ok_or_else(|| silent(answer.url(), "when an object was written"))?;
        let age = Duration::from_secs(u64::try_from(now - written).unwrap_or(0));
        Ok(Some(Object { version, age, body: answer.bytes(MAX_OBJECT).await? }))
    }

    /// Writes an object, and says which version it is now; `None` where the condition does not hold. That may be because an
    /// earlier try came through whose answer was lost: who asks has to look at what is there.
    pub(super) async fn put(&self, key: &str, body: impl Into<Bytes>, when: Condition<'_>) -> Result<Option<String>> {
        let body = body.into();
        let mut attempt = 0;
        loop {
            attempt += 1;
            let mut request = self.dialect.write(key, when)?;
            request.body = body.clone();
            let answer = self.ask(request).await?;
            let again = if answer.status().is_success() {
                let (headers, url) = (answer.headers().clone(), answer.url().clone());
                match answer.bytes(MAX_WORDS).await {
                    Ok(words) => {
                        let version = self.dialect.written(&headers, &words);
                        return version.map(Some).ok_or_else(|| silent(&url, "which version of an object it has"));
                    }
                    Err(error) => error,
                }
            } else {
                match (self.refusal(answer).await, when) {
                    ((Meaning::Unmet, _), _) | ((Meaning::Absent, _), Condition::Is(_)) => return Ok(None),
                    ((Meaning::Busy, error), _) => error,
                    ((_, error), _) => return Err(error),
                }
            };
            match self.http.patience().pause(attempt, &HeaderMap::new()) {
                Some(pause) => tokio::time::sleep(pause).await,
                None => return Err(again),
            }
        }
    }

    async fn ask(&self, mut request: Request) -> Result<Answer> {
        self.dialect.sign(&mut request).await?;
        self.http.send(&request).await
    }

    /// What an answer that says no means, with the words of the store.
    async fn refusal(&self, answer: Answer) -> (Meaning, Error) {
        let (status, url, clock) = (answer.status(), answer.url().clone(), answer.clock_hint());
        let words = match answer.bytes(MAX_WORDS).await {
            Ok(body) => Words::of(&body),
            // What it meant is not known then.
            Err(error) => return (Meaning::Wrong(error.kind()), error),
        };
        let meaning = self.dialect.meaning(status, &words.code);
        let kind = match meaning {
            Meaning::Absent => ErrorKind::NotFound,
            Meaning::Unmet => ErrorKind::Conflict,
            Meaning::Busy => ErrorKind::Unavailable,
            Meaning::Wrong(kind) => kind,
        };
        let mut error = Error::new(kind, "the store of the ledger refuses")
            .context("url", shown(&url))
            .context("status", status.as_u16());
        for (name, said) in [("code", &words.code), ("store says", &words.message)] {
            if !said.is_empty() {
                error = error.context(name, visible::line(&visible::short(said, 200)));
            }
        }
        let is_login = matches!(kind, ErrorKind::Unauthenticated | ErrorKind::Denied);
        (meaning, clock.into_iter().filter(|_| is_login).fold(error, Error::hint))
    }
}

fn silent(url: &Uri, what: &str) -> Error {
    Error::unsupported(format!("the store does not say {what}")).context("url", shown(url))
}

/// The words of a refusal: in XML as all have them, or in the JSON of Google's.
#[derive(Default)]
struct Words {
    code: String,
    message: String,
}

impl Words {
    fn of(body: &[u8]) -> Words {
        #[derive(Deserialize)]
        struct Json {
            error: Inner,
        }
        #[derive(Deserialize)]
        struct Inner {
            #[serde(default)]
            message: String,
            #[serde(default)]
            errors: Vec<Reason>,
        }
        #[derive(Deserialize)]
        struct Reason {
            #[serde(default)]
            reason: String,
        }
        if let Ok(Json { error }) = serde_json::from_slice(body) {
            let code = error.errors.into_iter().next().map(|first| first.reason).unwrap_or_default();
            return Words { code, message: error.message };
        }
        let text = String::from_utf8_lossy(body);
        let said = |name: &str| {
            let (_, rest) = text.split_once(&format!("<{name}>"))?;
            rest.split_once('<').map(|(said, _)| said.to_owned())
        };
        Words { code: said("Code").unwrap_or_default(), message: said("Message").unwrap_or_default() }
    }
}
