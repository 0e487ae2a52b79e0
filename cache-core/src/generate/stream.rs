//! A blob on its way from a registry, read by a thread that unpacks it.

use std::io::{Error, Read};

use bytes::{Buf, Bytes};
use futures_util::StreamExt;
use tokio::sync::mpsc::{Receiver, channel};

use super::progress::{Progress, Watch};
use crate::error::Result;
use crate::registry::BlobStream;

/// How many chunks may wait: enough to keep both sides busy, little to hold.
const WAITING: usize = 2;

/// The bytes of a blob as they come. The end is the end only where the digest was right: else reading fails.
pub(super) struct BlobReader {
    chunks: Receiver<Result<Bytes>>,
    current: Bytes,
}

impl BlobReader {
    /// Fetches and verifies in a task of its own, for as long as somebody reads.
    pub(super) fn start(mut blob: BlobStream, watch: Option<Watch>) -> BlobReader {
        let (sender, chunks) = channel(WAITING);
        tokio::spawn(async move {
            let digest = blob.descriptor().digest.clone();
            while let Some(chunk) = blob.next().await {
                if let (Some(watch), Ok(chunk)) = (&watch, &chunk) {
                    watch.tell(&Progress::Bytes { digest: digest.clone(), read: chunk.len() as u64 });
                }
                if sender.send(chunk).await.is_err() {
                    return;
                }
            }
        });
        BlobReader { chunks, current: Bytes::new() }
    }
}

impl Read for BlobReader {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        while self.current.is_empty() {
            match self.chunks.blocking_recv() {
                Some(chunk) => self.current = chunk.map_err(Error::other)?,
                None => return Ok(0),
            }
        }
        let read = buffer.len().min(self.current.len());
        self.current.copy_to_slice(buffer.get_mut(..read).unwrap_or_default());
        Ok(read)
    }
}
