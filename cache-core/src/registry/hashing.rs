//! Hashing beside receiving: a stream's next pieces arrive while those before them are hashed in another thread.
//!
//! One thread that does both gives 1 / (1 / hashing + 1 / receiving): of the two, hashing alone is what a fast network waits for.

use std::mem;
use std::sync::LazyLock;
use std::task::{Context, Poll, ready};
use std::thread::available_parallelism;

use bytes::Bytes;
use futures_util::FutureExt;
use tokio::runtime::Handle;
use tokio::task::{JoinHandle, spawn_blocking};

use crate::blocking::joined;
use crate::error::Result;
use crate::model::Digest;
use crate::model::digest::{Algorithm, Hasher};

/// A thread takes no less than this at once: 0.2 ms of work, against a few microseconds to wake it.
const BATCH: usize = 256 * 1024;
/// The pieces that wait for the thread hold no more than this, and one piece.
const WAITING: usize = 1024 * 1024;
/// Blobs below are hashed where they are received.
const LARGE: u64 = 1024 * 1024;

static OTHER_CORES: LazyLock<bool> = LazyLock::new(|| available_parallelism().is_ok_and(|cores| cores.get() > 1));

/// The digest of a stream in the making.
pub(super) struct Hashing {
    hasher: At,
    apart: bool,
    waiting: Vec<Bytes>,
    waiting_bytes: usize,
}

/// Where the hasher is.
enum At {
    Here(Hasher),
    /// With one batch, in a thread that gives it back: it waits for nothing, so that few threads suffice for many streams.
    Apart(JoinHandle<Result<Hasher>>),
    Lost,
}

impl Hashing {
    pub(super) fn new(algorithm: Algorithm, size: u64) -> Self {
        let apart = size >= LARGE && *OTHER_CORES && Handle::try_current().is_ok();
        Hashing { hasher: At::Here(Hasher::new(algorithm)), apart, waiting: Vec::new(), waiting_bytes: 0 }
    }

    /// Whether there is room for one more piece.
    pub(super) fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<()>> {
        if self.waiting_bytes < BATCH {
            return Poll::Ready(Ok(()));
        }
        match self.poll_back(cx) {
            Poll::Ready(Ok(hasher)) => {
                self.waiting_bytes = 0;
                let pieces = mem::take(&mut self.waiting);
                self.hasher = At::Apart(spawn_blocking(move || Ok(hashed(hasher, &pieces))));
                Poll::Ready(Ok(()))
            }
            Poll::Pending if self.waiting_bytes < WAITING => Poll::Ready(Ok(())),
            other => other.map_ok(drop),
        }
    }

    pub(super) fn update(&mut self, piece: &Bytes) {
        match &mut self.hasher {
            At::Here(hasher) if !self.apart => hasher.update(piece),
            _ => {
                self.waiting_bytes += piece.len();
                self.waiting.push(piece.clone());
            }
        }
    }

    /// The digest of all pieces.
    pub(super) fn poll_finish(&mut self, cx: &mut Context<'_>) -> Poll<Result<Digest>> {
        let hasher = ready!(self.poll_back(cx))?;
        Poll::Ready(Ok(hashed(hasher, &mem::take(&mut self.waiting)).finish()))
    }

    fn poll_back(&mut self, cx: &mut Context<'_>) -> Poll<Result<Hasher>> {
        if let At::Apart(work) = &mut self.hasher {
            let result = joined(ready!(work.poll_unpin(cx)));
            self.hasher = At::Lost;
            return Poll::Ready(result);
        }
        match mem::replace(&mut self.hasher, At::Lost) {
            At::Here(hasher) => Poll::Ready(Ok(hasher)),
            _ => Poll::Ready(Err(crate::Error::unexpected("the stream is polled after its end"))),
        }
    }
}

fn hashed(mut hasher: Hasher, pieces: &[Bytes]) -> Hasher {
    pieces.iter().for_each(|piece| hasher.update(piece));
    hasher
}
