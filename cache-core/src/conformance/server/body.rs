//! Bodies: what comes in piece by piece, and what goes out in slices.

use std::convert::Infallible;
use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body_util::BodyExt as _;
use hyper::body::{Body, Frame, Incoming, SizeHint};

use super::connection::Flushed;
use super::log::Progress;
use super::refusal::Halt;

/// Large enough to make system calls rare, small enough that a slow reader holds up little.
const SLICE: usize = 1 << 20;
/// How much of a request's body is read for nobody, so that the client is not cut off before it reads the answer.
const DRAIN: u64 = 64 << 20;

/// The body of a request, one piece at a time.
pub(super) struct Inbound {
    body: Incoming,
    progress: Arc<Progress>,
    /// After this many bytes the connection ends.
    pub(super) cut: Option<u64>,
}

impl Inbound {
    pub(super) fn new(body: Incoming, progress: Arc<Progress>) -> Self {
        Inbound { body, progress, cut: None }
    }

    pub(super) async fn next(&mut self) -> Result<Option<Bytes>, Halt> {
        loop {
            let before = self.progress.received.load(Ordering::Relaxed);
            let room = self.cut.map(|cut| cut.saturating_sub(before));
            if room == Some(0) {
                return Err(Halt::Drop);
            }
            let frame = match self.body.frame().await {
                None => return Ok(None),
                Some(Err(_)) => return Err(Halt::Drop),
                Some(Ok(frame)) => frame,
            };
            // Trailers say nothing here.
            let Ok(mut piece) = frame.into_data() else { continue };
            if let Some(room) = room.and_then(|room| usize::try_from(room).ok()) {
                piece.truncate(room);
            }
            self.progress.received.fetch_add(piece.len() as u64, Ordering::Relaxed);
            return Ok(Some(piece));
        }
    }

    /// The whole body, or `None` when it is longer than `limit`.
    pub(super) async fn whole(&mut self, limit: usize) -> Result<Option<Bytes>, Halt> {
        let mut whole = Vec::new();
        while let Some(piece) = self.next().await? {
            if whole.len() + piece.len() > limit {
                return Ok(None);
            }
            whole.extend_from_slice(&piece);
        }
        Ok(Some(whole.into()))
    }

    /// Reads what is left, within bounds.
    pub(super) async fn drain(&mut self) -> Result<(), Halt> {
        let mut drained = 0;
        while drained < DRAIN && !self.body.is_end_stream() {
            match self.next().await? {
                Some(piece) => drained += piece.len() as u64,
                None => break,
            }
        }
        Ok(())
    }
}

/// The body of an answer.
#[derive(Default)]
pub(super) struct Outbound {
    rest: Bytes,
    progress: Option<Arc<Progress>>,
    /// Whether the length is hidden from the framing: to be chunked, or to break the promise of `Content-Length`.
    hides_length: bool,
    /// End the connection instead of the body, once all bytes before are on their way.
    cut: Option<Arc<Flushed>>,
}

impl Outbound {
    pub(super) fn new(bytes: impl Into<Bytes>) -> Self {
        Outbound { rest: bytes.into(), ..Outbound::default() }
    }

    pub(super) fn len(&self) -> usize {
        self.rest.len()
    }

    pub(super) fn bytes(&self) -> &Bytes {
        &self.rest
    }

    pub(super) fn counted(mut self, progress: Arc<Progress>) -> Self {
        self.progress = Some(progress);
        self
    }

    pub(super) fn of_unknown_length(mut self) -> Self {
        self.hides_length = true;
        self
    }

    pub(super) fn truncated(mut self, after: usize, flushed: Arc<Flushed>) -> Self {
        self.rest.truncate(after);
        self.cut = Some(flushed);
        self.hides_length = true;
        self
    }
}

/// The connection is to end in the middle of a body.
#[derive(Debug)]
pub(super) struct Cut;

impl fmt::Display for Cut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the connection is cut on purpose")
    }
}

impl std::error::Error for Cut {}

impl From<Infallible> for Cut {
    fn from(never: Infallible) -> Self {
        match never {}
    }
}

impl Body for Outbound {
    type Data = Bytes;
    type Error = Cut;

    fn poll_frame(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Cut>>> {
        if self.rest.is_empty() {
            return match &self.cut {
                None => Poll::Ready(None),
                Some(flushed) => flushed.poll(context).map(|()| Some(Err(Cut))),
            };
        }
        let length = self.rest.len().min(SLICE);
        let slice = self.rest.split_to(length);
        if let Some(progress) = &self.progress {
            progress.sent.fetch_add(slice.len() as u64, Ordering::Relaxed);
        }
        Poll::Ready(Some(Ok(Frame::data(slice))))
    }

    fn is_end_stream(&self) -> bool {
        self.rest.is_empty() && self.cut.is_none()
    }

    fn size_hint(&self) -> SizeHint {
        if self.hides_length { SizeHint::default() } else { SizeHint::with_exact(self.rest.len() as u64) }
    }
}
