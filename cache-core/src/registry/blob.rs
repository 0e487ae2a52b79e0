//! Blobs on their way: streams that verify themselves.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use futures_util::{Stream, StreamExt};

use super::Registry;
use super::hashing::Hashing;
use crate::error::{Error, Result};
use crate::model::Descriptor;
use crate::plan::BlobCopy;

type Inner = Pin<Box<dyn Stream<Item = Result<Bytes>> + Send>>;

/// The bytes of a blob, hashed and counted on the way.
///
/// The end is the verdict: the last item is an error of kind `Untrusted` where the bytes are too few, too many or not those
/// of the digest. A consumer commits only after the stream ended without an error.
pub struct BlobStream {
    blob: Descriptor,
    /// None when all is said.
    hashing: Option<Hashing>,
    seen: u64,
    inner: Inner,
    ended: bool,
}

impl BlobStream {
    /// Wraps a stream of bytes that claims to be `blob`.
    pub fn verifying(blob: &Descriptor, bytes: impl Stream<Item = Result<Bytes>> + Send + 'static) -> Self {
        BlobStream {
            hashing: Some(Hashing::new(blob.digest.algorithm(), blob.size)),
            blob: blob.clone(),
            seen: 0,
            inner: Box::pin(bytes),
            ended: false,
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

    /// The next piece; at the end of the stream, the verdict.
    fn poll_piece(&mut self, cx: &mut Context<'_>) -> Poll<Result<Option<Bytes>>> {
        let Some(hashing) = &mut self.hashing else { return Poll::Ready(Ok(None)) };
        if !self.ended {
            ready!(hashing.poll_ready(cx))?;
            if let Some(piece) = ready!(self.inner.as_mut().poll_next(cx)).transpose()? {
                self.seen += piece.len() as u64;
                if self.seen > self.blob.size {
                    let what = format!("the blob is longer than its {} bytes", self.blob.size);
                    return Poll::Ready(Err(Error::untrusted(what)));
                }
                hashing.update(&piece);
                return Poll::Ready(Ok(Some(piece)));
            }
            self.ended = true;
        }
        if self.seen != self.blob.size {
            let what = format!("the blob ended after {} of {} bytes", self.seen, self.blob.size);
            return Poll::Ready(Err(Error::untrusted(what)));
        }
        let received = ready!(hashing.poll_finish(cx))?;
        if received != self.blob.digest {
            let error = Error::untrusted("the blob's bytes do not match its digest").context("received", received);
            return Poll::Ready(Err(error));
        }
        Poll::Ready(Ok(None))
    }
}

impl Stream for BlobStream {
    type Item = Result<Bytes>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = &mut *self;
        let item = ready!(this.poll_piece(cx)).map_err(|error| error.context("blob", &this.blob.digest)).transpose();
        if !matches!(item, Some(Ok(_))) {
            this.hashing = None;
        }
        Poll::Ready(item)
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

    /// Three MiB and a bit, in pieces of 100,000 bytes.
    fn large() -> (Descriptor, Vec<Bytes>) {
        let whole: Vec<u8> = (0..3 * 1024 * 1024 + 7_usize).map(|at| (at % 251) as u8).collect();
        (Descriptor::of("x", &whole), whole.chunks(100_000).map(Bytes::copy_from_slice).collect())
    }

    fn stream(blob: &Descriptor, pieces: &[Bytes]) -> BlobStream {
        BlobStream::verifying(blob, futures_util::stream::iter(pieces.to_vec()).map(Ok))
    }

    #[tokio::test]
    async fn a_large_blob_hashed_apart_is_checked_as_strictly() {
        let (blob, pieces) = large();
        assert_eq!(stream(&blob, &pieces).into_bytes(blob.size).await.unwrap(), pieces.concat());
        for at in [0, pieces.len() / 2, pieces.len() - 1] {
            let mut flipped = pieces.clone();
            flipped[at] = flipped[at].iter().map(|byte| byte ^ 1).collect();
            let mut fewer = pieces.clone();
            fewer.remove(at);
            let mut more = pieces.clone();
            more.insert(at, pieces[at].clone());
            for wrong in [flipped, fewer, more] {
                let mut stream = stream(&blob, &wrong);
                let mut last = None;
                while let Some(item) = stream.next().await {
                    last = Some(item);
                }
                assert_eq!(last.unwrap().unwrap_err().kind(), ErrorKind::Untrusted);
                assert!(stream.next().await.is_none());
            }
        }
    }

    #[test]
    fn many_large_blobs_share_one_thread() {
        let runtime = tokio::runtime::Builder::new_current_thread().max_blocking_threads(1).build().unwrap();
        runtime.block_on(async {
            let (blob, pieces) = large();
            let mut streams: Vec<_> = (0..5).map(|_| stream(&blob, &pieces)).collect();
            // In turns, so that each is kept waiting by all the others.
            for _ in &pieces {
                for stream in &mut streams {
                    stream.next().await.unwrap().unwrap();
                }
            }
            for stream in &mut streams {
                assert!(stream.next().await.is_none());
            }
        });
    }

    #[test]
    fn a_large_blob_is_read_where_there_is_no_runtime() {
        let (blob, pieces) = large();
        let whole = futures_util::FutureExt::now_or_never(stream(&blob, &pieces).into_bytes(blob.size));
        assert_eq!(whole.unwrap().unwrap().len() as u64, blob.size);
    }

    #[tokio::test]
    async fn a_blob_over_the_limit_is_not_read() {
        let blob = Descriptor::of("x", b"abc");
        let error = BlobStream::of_bytes(&blob, Bytes::from_static(b"abc")).into_bytes(2).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Invalid);
    }
}
