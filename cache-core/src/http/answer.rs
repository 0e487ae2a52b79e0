//! What a server answered, and its body, bounded in size and in patience.

use std::time::Duration;

use ::http::header::{AsHeaderName, LOCATION};
use ::http::{HeaderMap, Response, StatusCode, Uri};
use bytes::{Bytes, BytesMut};
use http_body_util::BodyExt;
use hyper::body::Incoming;

use super::transcript::Place;
use super::{is_secure, resolve, shown};
use crate::error::{Error, ErrorKind, Result};

/// Clocks are this far apart, in seconds, where that is worth a word: signatures last for 5 to 15 minutes.
#[cfg(feature = "vendor")]
const WRONG_CLOCK: i64 = 240;

/// An answer whose body was not read yet.
#[derive(Debug)]
pub(crate) struct Answer {
    head: ::http::response::Parts,
    body: Incoming,
    url: Uri,
    idle: Duration,
    /// Where it is written down.
    place: Option<Place>,
}

impl Answer {
    pub(super) fn new(response: Response<Incoming>, url: Uri, idle: Duration, place: Option<Place>) -> Self {
        let (head, body) = response.into_parts();
        Answer { head, body, url, idle, place }
    }

    pub(crate) fn status(&self) -> StatusCode {
        self.head.status
    }

    pub(crate) fn headers(&self) -> &HeaderMap {
        &self.head.headers
    }

    /// A header that is text.
    pub(crate) fn header(&self, name: impl AsHeaderName) -> Option<&str> {
        self.head.headers.get(name)?.to_str().ok()
    }

    /// A date, in seconds since 1970 (RFC 9110, 5.6.7).
    #[cfg(feature = "vendor")]
    pub(crate) fn date(&self, name: impl AsHeaderName) -> Option<i64> {
        let time = jiff::fmt::rfc2822::DateTimeParser::new().parse_timestamp(self.header(name)?);
        time.ok().map(jiff::Timestamp::as_second)
    }

    /// What to do where a refusal may come of the clock of this machine, which is minutes away from the server's.
    #[cfg(feature = "vendor")]
    pub(crate) fn clock_hint(&self) -> Option<String> {
        let ahead = jiff::Timestamp::now().as_second() - self.date(::http::header::DATE)?;
        let word = if ahead > 0 { "ahead of" } else { "behind" };
        (ahead.abs() >= WRONG_CLOCK)
            .then(|| format!("set this machine's clock: it is {} s {word} the server's", ahead.abs()))
    }

    /// Where a redirect leads, if it is one. It may not leave encryption.
    pub(crate) fn redirect(&self) -> Result<Option<Uri>> {
        let moved = matches!(self.head.status.as_u16(), 301 | 302 | 303 | 307 | 308);
        let Some(location) = self.header(LOCATION).filter(|_| moved) else { return Ok(None) };
        let url = resolve(&self.url, location)?;
        if is_secure(&self.url) && !is_secure(&url) {
            return Err(Error::untrusted("the server redirects to an address that is not encrypted")
                .context("from", shown(&self.url))
                .context("to", shown(&url)));
        }
        Ok(Some(url))
    }

    /// Where the answer came from, after redirects.
    pub(crate) fn url(&self) -> &Uri {
        &self.url
    }

    /// The whole body, of at most `limit` bytes.
    pub(crate) async fn bytes(self, limit: u64) -> Result<Bytes> {
        let bytes = read(self.body, limit, self.idle).await.map_err(|e| e.context("url", shown(&self.url)))?;
        if let Some(place) = &self.place {
            place.body(&self.head.headers, &bytes);
        }
        Ok(bytes)
    }

    /// The body as a stream.
    pub(crate) fn into_body(self) -> Incoming {
        self.body
    }
}

/// What an answer that is no success means.
pub(crate) fn kind(status: StatusCode) -> ErrorKind {
    match status.as_u16() {
        401 => ErrorKind::Unauthenticated,
        403 => ErrorKind::Denied,
        404 | 410 => ErrorKind::NotFound,
        405 | 501 => ErrorKind::Unsupported,
        409 | 412 => ErrorKind::Conflict,
        429 => ErrorKind::RateLimited,
        408 | 500.. => ErrorKind::Unavailable,
        _ => ErrorKind::Unexpected,
    }
}

/// The next piece of a body; `None` at its end.
pub(crate) async fn chunk(body: &mut Incoming, idle: Duration) -> Result<Option<Bytes>> {
    loop {
        let frame = tokio::time::timeout(idle, body.frame()).await;
        let frame = frame.map_err(|_| Error::unavailable(format!("nothing came for {} seconds", idle.as_secs())))?;
        match frame {
            None => return Ok(None),
            Some(Err(e)) => return Err(Error::unavailable("the connection broke while the answer came").caused_by(e)),
            Some(Ok(frame)) => {
                if let Ok(data) = frame.into_data() {
                    return Ok(Some(data));
                }
            }
        }
    }
}

/// A whole body of at most `limit` bytes.
async fn read(mut body: Incoming, limit: u64, idle: Duration) -> Result<Bytes> {
    let mut whole = BytesMut::new();
    while let Some(data) = chunk(&mut body, idle).await? {
        if (whole.len() + data.len()) as u64 > limit {
            return Err(Error::invalid(format!("the answer is longer than the {limit} bytes that are read")));
        }
        whole.extend_from_slice(&data);
    }
    Ok(whole.freeze())
}
