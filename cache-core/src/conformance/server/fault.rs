//! Misbehaviour on demand: what goes wrong, where, and how often.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use super::lock;
use super::route::Endpoint;
use crate::model::Digest;

/// One way of going wrong.
#[non_exhaustive]
#[derive(Debug, Clone)]
pub enum Effect {
    /// This answer instead of any other, before anything is checked.
    Respond {
        /// The status code.
        status: u16,
        /// Headers, such as `("Retry-After", "0.0007")`.
        headers: Vec<(String, String)>,
        /// The body; `None` gives an error body of the specification that fits the status.
        body: Option<String>,
    },
    /// No answer: the connection ends before the request is looked at.
    Drop,
    /// No answer, though the request was carried out: the connection ends when all is done.
    DropAnswer,
    /// The connection ends after so many bytes of the answer's body; `Content-Length` promises all of them.
    Truncate {
        /// The bytes that still arrive.
        after: u64,
    },
    /// The connection ends after so many bytes of the request's body were taken in; they count for the upload.
    DropUpload {
        /// The bytes that are taken in.
        after: u64,
    },
    /// One bit of one byte of the answer's body is flipped.
    CorruptByte {
        /// The offset of the byte in the body.
        at: usize,
    },
    /// The answer's body has one byte more, and `Content-Length` says so.
    ExtraByte,
    /// The answer comes without `Content-Length`, in chunked encoding.
    OmitLength,
    /// What is stored has one bit of one byte flipped, under the digest of the right bytes.
    CorruptStored {
        /// The offset of the byte.
        at: usize,
    },
    /// The answer waits.
    Delay(Duration),
    /// Every token becomes worthless before this request is checked.
    ExpireTokens,
    /// Every upload that was started is forgotten before this request is looked at.
    ForgetUploads,
    /// `Range` in the answers of an upload stays where the first chunk ended.
    FreezeRange,
    /// `Range` in the answers of an upload is that of the last chunk alone.
    RangeOfChunk,
    /// `Docker-Content-Digest` is missing.
    OmitDigest,
    /// `Docker-Content-Digest` says this instead.
    FalsifyDigest(String),
    /// The mount is answered with the start of an ordinary upload.
    RefuseMount,
    /// `Range` in a download is not obeyed.
    IgnoreRange,
    /// After this request was served and before it is answered, a tag moves.
    MoveTag {
        /// The repository of the tag.
        repository: String,
        /// The tag.
        tag: String,
        /// Where it points from then on; `None` removes it.
        to: Option<Digest>,
    },
}

impl Effect {
    /// An answer with this status and the error body that goes with it.
    pub fn status(status: u16) -> Self {
        Effect::Respond { status, headers: Vec::new(), body: None }
    }

    /// 429 with this text in `Retry-After`.
    pub fn retry_after(text: impl Into<String>) -> Self {
        Effect::Respond { status: 429, headers: vec![("Retry-After".to_owned(), text.into())], body: None }
    }

    /// An answer with this status and body.
    pub fn answer(status: u16, body: impl Into<String>) -> Self {
        Effect::Respond { status, headers: Vec::new(), body: Some(body.into()) }
    }

    fn phase(&self) -> Phase {
        match self {
            Effect::Respond { .. } | Effect::Drop | Effect::Delay(_) | Effect::ExpireTokens | Effect::ForgetUploads => {
                Phase::Arrival
            }
            _ => Phase::Admitted,
        }
    }
}

/// When a request is held against the faults.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Phase {
    /// As it comes in, with or without credentials.
    Arrival,
    /// Once it may do what it asks: a request that is only sent to the token endpoint uses up no fault.
    Admitted,
}

/// An [`Effect`] with the requests that it happens to.
///
/// Without further words it happens to the next request, once. Effects on the content of an answer, and on what is
/// stored, only see requests that passed authorization; the others see every request.
#[derive(Debug, Clone)]
pub struct Fault {
    effect: Effect,
    method: Option<String>,
    endpoint: Option<Endpoint>,
    path: Option<String>,
    skip: usize,
    times: Option<usize>,
}

impl Fault {
    /// Happens to the next request, once.
    pub fn new(effect: Effect) -> Self {
        Fault { effect, method: None, endpoint: None, path: None, skip: 0, times: Some(1) }
    }

    /// Only to requests of this method.
    #[must_use]
    pub fn method(mut self, method: impl Into<String>) -> Self {
        self.method = Some(method.into());
        self
    }

    /// Only to requests of this kind.
    #[must_use]
    pub fn on(mut self, endpoint: Endpoint) -> Self {
        self.endpoint = Some(endpoint);
        self
    }

    /// Only to requests with this in their path or query.
    #[must_use]
    pub fn path(mut self, part: impl Into<String>) -> Self {
        self.path = Some(part.into());
        self
    }

    /// From the `n`-th such request on, counted from 1.
    #[must_use]
    pub fn nth(mut self, n: usize) -> Self {
        self.skip = n.saturating_sub(1);
        self
    }

    /// So many times.
    #[must_use]
    pub fn times(mut self, times: usize) -> Self {
        self.times = Some(times);
        self
    }

    /// Every time.
    #[must_use]
    pub fn always(mut self) -> Self {
        self.times = None;
        self
    }

    fn matches(&self, phase: Phase, method: &str, endpoint: Endpoint, path: &str) -> bool {
        self.effect.phase() == phase
            && self.times != Some(0)
            && self.method.as_deref().is_none_or(|m| m == method)
            && self.endpoint.is_none_or(|e| e == endpoint)
            && self.path.as_deref().is_none_or(|part| path.contains(part))
    }

    /// Counts a matching request, and says whether it is one of those that the fault happens to.
    fn strikes(&mut self) -> bool {
        if self.skip > 0 {
            self.skip -= 1;
            return false;
        }
        self.times = self.times.map(|times| times - 1);
        true
    }
}

/// The faults of one server. Several may happen to one request.
#[derive(Debug, Clone, Default)]
pub struct Faults(Arc<Mutex<Vec<Fault>>>);

impl Faults {
    /// Adds a fault.
    pub fn push(&self, fault: Fault) {
        lock(&self.0).push(fault);
    }

    /// Removes all faults.
    pub fn clear(&self) {
        lock(&self.0).clear();
    }

    /// How many faults have still to happen; one that happens always counts for ever.
    pub fn pending(&self) -> usize {
        lock(&self.0).iter().filter(|fault| fault.times != Some(0)).count()
    }

    pub(super) fn strike(&self, phase: Phase, method: &str, endpoint: Endpoint, path: &str) -> Vec<Effect> {
        lock(&self.0)
            .iter_mut()
            .filter(|fault| fault.matches(phase, method, endpoint, path))
            .filter_map(|fault| fault.strikes().then(|| fault.effect.clone()))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hits(faults: &Faults, method: &str, path: &str) -> usize {
        faults.strike(Phase::Arrival, method, Endpoint::Blob, path).len()
    }

    #[test]
    fn a_fault_counts_only_the_requests_that_it_is_for() {
        let faults = Faults::default();
        faults.push(Fault::new(Effect::status(500)).method("GET").on(Endpoint::Blob).path("x").nth(2).times(2));
        assert_eq!([hits(&faults, "GET", "/x"), hits(&faults, "PUT", "/x"), hits(&faults, "GET", "/y")], [0, 0, 0]);
        assert_eq!([1, 2, 3].map(|_| hits(&faults, "GET", "/x")), [1, 1, 0]);
        assert_eq!(faults.pending(), 0);
    }

    #[test]
    fn a_fault_without_end_goes_on() {
        let faults = Faults::default();
        faults.push(Fault::new(Effect::Drop).always());
        assert_eq!([1, 2, 3].map(|_| hits(&faults, "GET", "/")), [1, 1, 1]);
        assert_eq!(faults.pending(), 1);
        faults.clear();
        assert_eq!(hits(&faults, "GET", "/"), 0);
    }
}
