//! Blobs on their way: streams that verify themselves.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use futures_util::{Stream, StreamExt};

use super::Registry;
use crate::error::{Error, Result};
use crate::model::Descriptor;
use crate::model::digest::Hasher;
use crate::plan::BlobCopy;

type Inner = Pin<Box<dyn Stream<Item = Result<Bytes>> + Send>>;

/// The bytes of a blob, hashed and counted on the way.
///
/// The end is the verdict: the last item is an error of kind `Untrusted` where the bytes are too few, too many or not those
/// of the digest. A consumer commits only after the stream ended without an error.
pub struct BlobStream {
    blob: Descriptor,
    hasher: Option<Hasher>,
    seen: u64,
    inner: Inner,
}

impl BlobStream {
    /// Wraps a stream of bytes that claims to be `blob`.
    pub fn verifying(blob: &Descriptor, bytes: impl Stream<Item = Result<Bytes>> + Send + 'static) -> Self {
        BlobStream {
            hasher: Some(Hasher::new(blob.digest.algorithm())),
            blob: blob.clone(),
            seen: 0,
            inner: Box::pin(bytes),
        }
    }

    /// A blob that is in memory already.
    pub fn of_bytes(blob: &Descriptor, bytes: Bytes) -> Self {
        BlobStream::verifying(blob, futures_util::stream::iter([Ok(bytes)]))
    }

    /// The same, while `watch` is told after each piece how many bytes came so far.
    pub(crate) fn watched(self, mut watch: impl FnMut(u64) + Send + 'static) -> Self {
        let mut seen = self.seen;
        let inner = self.inner.inspect(move |piece| {
            seen += piece.as_ref().map_or(0, |piece| piece.len() as u64);
            watch(seen);
        });
        BlobStream { inner: Box::pin(inner), ..self }
    }

    /// How many bytes it will give, by its descriptor.
    pub fn size(&self) -> u64 {
        self.blob.size
    }

    /// What it claims to be, and is checked against.
    pub fn descriptor(&self) -> &Descriptor {
        &self.blob
    }

    /// Reads it whole, for small documents.
    ///
    /// # Errors
    /// `Invalid` where the descriptor says that it is larger than `limit`; whatever the stream says.
    pub async fn into_bytes(mut self, limit: u64) -> Result<Bytes> {
        if self.blob.size > limit {
            return Err(Error::invalid(format!("the blob has {} bytes; at most {limit} are read", self.blob.size))
                .context("blob", &self.blob.digest));
        }
        let first = match self.next().await {
            Some(first) => first?,
            None => return Ok(Bytes::new()),
        };
        let Some(second) = self.next().await else { return Ok(first) };
        let mut whole = bytes::BytesMut::with_capacity(usize::try_from(self.blob.size).unwrap_or(0));
        whole.extend_from_slice(&first);
        whole.extend_from_slice(&second?);
        while let Some(chunk) = self.next().await {
            whole.extend_from_slice(&chunk?);
        }
        Ok(whole.freeze())
    }

    fn finish(&mut self) -> Option<Result<Bytes>> {
        let hasher = self.hasher.take()?;
        let wrong = |what: String| Error::untrusted(what).context("blob", &self.blob.digest);
        if self.seen != self.blob.size {
            return Some(Err(wrong(format!("the blob ended after {} of {} bytes", self.seen, self.blob.size))));
        }
        let actual = hasher.finish();
        if actual != self.blob.digest {
            return Some(Err(wrong("the blob's bytes do not match its digest".into()).context("received", actual)));
        }
        None
    }
}

impl Stream for BlobStream {
    type Item = Result<Bytes>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = &mut *self;
        let Some(hasher) = &mut this.hasher else { return Poll::Ready(None) };
        match this.inner.as_mut().poll_next(cx) {
            Poll::Pending => Poll::Pending,
            Poll::Ready(Some(Ok(chunk))) => {
                this.seen += chunk.len() as u64;
                if this.seen > this.blob.size {
                    this.hasher = None;
                    let error = Error::untrusted(format!("the blob is longer than its {} bytes", this.blob.size));
                    return Poll::Ready(Some(Err(error.context("blob", &this.blob.digest))));
                }
                hasher.update(&chunk);
                Poll::Ready(Some(Ok(chunk)))
            }
            Poll::Ready(Some(Err(error))) => {
                this.hasher = None;
                Poll::Ready(Some(Err(error.context("blob", &this.blob.digest))))
            }
            Poll::Ready(None) => Poll::Ready(this.finish()),
        }
    }
}

impl fmt::Debug for BlobStream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BlobStream").field("blob", &self.blob.digest).field("seen", &self.seen).finish()
    }
}

/// Opens, at its source, the blob that is to be copied. A source that answers with some other blob is refused here, so that
/// the stream's own check is the check of the permit.
pub(crate) async fn open_source(from: &dyn Registry, op: &BlobCopy) -> Result<BlobStream> {
    let stream = from.blob(&op.from, &op.blob).await?;
    if stream.blob.digest == op.blob.digest && stream.blob.size == op.blob.size {
        return Ok(stream);
    }
    Err(Error::untrusted("the source answered with another blob")
        .context("asked", &op.blob.digest)
        .context("answered", &stream.blob.digest))
}

/// How content got to where it was wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Moved {
    /// It was there.
    AlreadyThere,
    /// The registry linked it from another of its repositories; no bytes moved.
    Mounted,
    /// It was sent: so many bytes.
    Sent(u64),
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::ErrorKind;

    async fn read(claimed: &[u8], sent: &[&'static [u8]]) -> Result<Bytes> {
        let blob = Descriptor::of("x", claimed);
        let chunks: Vec<Result<Bytes>> = sent.iter().map(|c| Ok(Bytes::from_static(c))).collect();
        BlobStream::verifying(&blob, futures_util::stream::iter(chunks)).into_bytes(1 << 20).await
    }

    #[tokio::test]
    async fn the_right_bytes_pass_in_any_number_of_pieces() {
        assert_eq!(read(b"abc", &[b"abc"]).await.unwrap(), "abc");
        assert_eq!(read(b"abc", &[b"a", b"", b"bc"]).await.unwrap(), "abc");
        assert_eq!(read(b"", &[]).await.unwrap(), "");
    }

    #[tokio::test]
    async fn d05_truncated_flipped_and_overlong_blobs_are_untrusted() {
        for sent in [&[&b"ab"[..]][..], &[b"abd"], &[b"abc", b"d"], &[], &[b"abcd"]] {
            assert_eq!(read(b"abc", sent).await.unwrap_err().kind(), ErrorKind::Untrusted, "{sent:?}");
        }
    }

    #[tokio::test]
    async fn a_blob_over_the_limit_is_not_read() {
        let blob = Descriptor::of("x", b"abc");
        let error = BlobStream::of_bytes(&blob, Bytes::from_static(b"abc")).into_bytes(2).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Invalid);
    }
}
