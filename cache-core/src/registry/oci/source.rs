//! A blob from elsewhere, as the bodies of the requests that store it.

use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};

use bytes::Bytes;
use futures_util::{Stream, StreamExt};
use http_body_util::BodyExt;
use hyper::body::{Frame, SizeHint};
use tokio::time::Instant;

use crate::error::{Error, Result};
use crate::http::Body;
use crate::registry::BlobStream;

/// A verified stream that requests take their bodies from, one after another.
///
/// The last piece is held back until the stream has ended well: a registry never gets the whole of a blob whose bytes are
/// not those of its digest, however little it checks itself.
#[derive(Clone)]
pub(super) struct Source(Arc<Mutex<State>>);

struct State {
    stream: BlobStream,
    /// Known to be followed by more, or to be the end of a good blob once `ended`.
    held: Option<Bytes>,
    /// What the last request left of a piece.
    rest: Bytes,
    ended: bool,
    failure: Option<Error>,
    moved_at: Instant,
}

impl Source {
    /// Starts at `offset`; what is before is read and checked, not sent.
    pub(super) async fn new(stream: BlobStream, offset: u64) -> Result<Source> {
        let mut state =
            State { stream, held: None, rest: Bytes::new(), ended: false, failure: None, moved_at: Instant::now() };
        let mut left = offset;
        while left > 0 {
            let Some(piece) = state.stream.next().await else { break };
            let piece = piece?;
            let known = usize::try_from(left).unwrap_or(usize::MAX).min(piece.len());
            left -= known as u64;
            let rest = piece.slice(known..);
            state.held = Some(rest).filter(|rest| !rest.is_empty());
        }
        Ok(Source(Arc::new(Mutex::new(state))))
    }

    /// The next `length` bytes as a body.
    pub(super) fn part(&self, length: u64) -> Body {
        Part { source: self.clone(), left: length }.boxed_unsync()
    }

    /// Why the source failed, if it did: the reason behind a request that broke.
    pub(super) fn failure(&self) -> Option<Error> {
        self.state().failure.take()
    }

    /// When the last byte was taken.
    pub(super) fn moved_at(&self) -> Instant {
        self.state().moved_at
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes>>> {
        if !self.rest.is_empty() {
            return Poll::Ready(Some(Ok(std::mem::take(&mut self.rest))));
        }
        while !self.ended {
            match Pin::new(&mut self.stream).poll_next(cx) {
                Poll::Pending => return Poll::Pending,
                Poll::Ready(Some(Ok(piece))) if piece.is_empty() => {}
                Poll::Ready(Some(Ok(piece))) => {
                    if let Some(before) = self.held.replace(piece) {
                        return Poll::Ready(Some(Ok(before)));
                    }
                }
                Poll::Ready(Some(Err(error))) => {
                    self.failure = Some(error);
                    return Poll::Ready(Some(Err(Error::unavailable("the source of the blob failed"))));
                }
                Poll::Ready(None) => self.ended = true,
            }
        }
        Poll::Ready(self.held.take().map(Ok))
    }
}

struct Part {
    source: Source,
    left: u64,
}

impl hyper::body::Body for Part {
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>>>> {
        if self.left == 0 {
            return Poll::Ready(None);
        }
        let mut state = self.source.state();
        let mut piece = match state.poll(cx) {
            Poll::Pending => return Poll::Pending,
            Poll::Ready(None) => return Poll::Ready(None),
            Poll::Ready(Some(Err(error))) => return Poll::Ready(Some(Err(error))),
            Poll::Ready(Some(Ok(piece))) => piece,
        };
        if piece.len() as u64 > self.left {
            state.rest = piece.split_off(usize::try_from(self.left).unwrap_or(piece.len()));
        }
        state.moved_at = Instant::now();
        drop(state);
        self.left -= piece.len() as u64;
        Poll::Ready(Some(Ok(Frame::data(piece))))
    }

    fn is_end_stream(&self) -> bool {
        self.left == 0
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.left)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Descriptor;

    fn stream(claimed: &[u8], pieces: &[&'static [u8]]) -> BlobStream {
        let pieces: Vec<Result<Bytes>> = pieces.iter().map(|p| Ok(Bytes::from_static(p))).collect();
        BlobStream::verifying(&Descriptor::of("x", claimed), futures_util::stream::iter(pieces))
    }

    async fn taken(body: Body) -> (Vec<u8>, bool) {
        let (mut body, mut bytes) = (body, Vec::new());
        while let Some(frame) = body.frame().await {
            match frame {
                Ok(frame) => bytes.extend_from_slice(&frame.into_data().unwrap()),
                Err(_) => return (bytes, false),
            }
        }
        (bytes, true)
    }

    #[tokio::test]
    async fn parts_are_cut_at_any_byte_and_start_at_any_offset() {
        for offset in 0..6 {
            for cut in 1..6 {
                let source = Source::new(stream(b"abcdef", &[b"ab", b"", b"cde", b"f"]), offset).await.unwrap();
                let (mut all, mut left) = (Vec::new(), 6 - offset);
                while left > 0 {
                    let (part, whole) = taken(source.part(left.min(cut))).await;
                    assert!(whole && part.len() as u64 == left.min(cut));
                    left -= part.len() as u64;
                    all.extend(part);
                }
                assert_eq!(all, b"abcdef"[usize::try_from(offset).unwrap()..]);
            }
        }
    }

    #[tokio::test]
    async fn the_end_of_a_wrong_blob_is_never_sent() {
        let source = Source::new(stream(b"abcdef", &[b"abc", b"deX"]), 0).await.unwrap();
        let (sent, whole) = taken(source.part(6)).await;
        assert!(!whole && sent == b"abc");
        assert_eq!(source.failure().unwrap().kind(), crate::ErrorKind::Untrusted);
    }
}
