//! A blob upload under way.

use bytes::{Bytes, BytesMut};

use super::call::Call;
use super::refusal::{Code, Halt, Refusal};
use super::{query, range};
use crate::model::Digest;
use crate::model::digest::{Algorithm, Hasher};

/// Room is made at once for a body of a told length, up to this much; a client may tell anything.
const RESERVE: u64 = 1 << 30;

/// What an upload has taken in. Bytes count as soon as they arrive, also when the connection then breaks.
pub(super) struct Session {
    id: String,
    buffer: BytesMut,
    algorithm: Algorithm,
    hasher: Hasher,
    /// Where the first chunk ended, for [`Effect::FreezeRange`](super::Effect::FreezeRange).
    pub(super) first_end: Option<u64>,
    /// A chunk below the minimum came, so it must have been the last.
    closed_by_short_chunk: bool,
}

impl Session {
    pub(super) fn new(id: String, algorithm: Algorithm) -> Self {
        Session {
            id,
            buffer: BytesMut::new(),
            algorithm,
            hasher: Hasher::new(algorithm),
            first_end: None,
            closed_by_short_chunk: false,
        }
    }

    pub(super) fn id(&self) -> &str {
        &self.id
    }

    pub(super) fn len(&self) -> u64 {
        self.buffer.len() as u64
    }

    /// An upload to which nothing was sent yet may still change its mind about the algorithm.
    pub(super) fn expect(&mut self, algorithm: Algorithm) {
        if self.buffer.is_empty() && self.algorithm != algorithm {
            self.algorithm = algorithm;
            self.hasher = Hasher::new(algorithm);
        }
    }

    /// The query that upload locations carry: it needs encoding, which clients are to keep as it is.
    pub(super) fn state(&self) -> String {
        format!("{}+/=", self.id.split('-').next().unwrap_or_default())
    }

    /// The path and query of this upload.
    pub(super) fn path(&self, name: &str, with_state: bool) -> String {
        let path = format!("/v2/{name}/blobs/uploads/{}", self.id);
        if with_state { format!("{path}?_state={}", query::encode(&self.state())) } else { path }
    }

    /// Checks what a request says about its body before any of it is read.
    pub(super) fn check_chunk(&self, call: &Call) -> Result<(), Refusal> {
        let length = call.content_length();
        if let (Some(length), Some(most)) = (length, call.options.chunk_max)
            && length > most
        {
            let refusal = Refusal::new(Code::SizeInvalid, format!("a chunk has at most {most} bytes"));
            return Err(refusal.status(http::StatusCode::PAYLOAD_TOO_LARGE));
        }
        let Some(header) = call.header(&http::header::CONTENT_RANGE) else { return Ok(()) };
        let (first, size) = range::chunk(header)
            .ok_or_else(|| Refusal::new(Code::BlobUploadInvalid, "Content-Range of a chunk is first-last"))?;
        if first != self.len() {
            let refusal = Refusal::new(Code::BlobUploadInvalid, format!("the next byte is {}", self.len()));
            return Err(refusal.status(http::StatusCode::RANGE_NOT_SATISFIABLE));
        }
        if length.is_some_and(|length| length != size) {
            return Err(Refusal::new(Code::SizeInvalid, "Content-Range and Content-Length disagree"));
        }
        if self.closed_by_short_chunk {
            return Err(Refusal::new(Code::SizeInvalid, "a chunk before the last was below OCI-Chunk-Min-Length"));
        }
        Ok(())
    }

    /// Takes in the body of the request; returns how many bytes it had.
    pub(super) async fn take(&mut self, call: &mut Call) -> Result<u64, Halt> {
        if let Some(length) = call.content_length() {
            self.buffer.reserve(usize::try_from(length.min(RESERVE)).unwrap_or(0));
        }
        let before = self.len();
        while let Some(piece) = call.body.next().await? {
            if self.len() + piece.len() as u64 > call.options.blob_limit {
                let refusal = Refusal::new(Code::SizeInvalid, "the blob is too large");
                return Err(refusal.status(http::StatusCode::PAYLOAD_TOO_LARGE).into());
            }
            self.hasher.update(&piece);
            self.buffer.extend_from_slice(&piece);
        }
        let taken = self.len() - before;
        let ranged = call.header(&http::header::CONTENT_RANGE).and_then(range::chunk);
        if ranged.is_some_and(|(_, size)| size != taken) {
            return Err(Refusal::new(Code::SizeInvalid, "the chunk is not as long as Content-Range says").into());
        }
        if ranged.is_some() && call.options.chunk_min.is_some_and(|least| taken < least) {
            self.closed_by_short_chunk = true;
        }
        Ok(taken)
    }

    /// The blob, if its bytes are those that `digest` names.
    pub(super) fn finish(&mut self, digest: &Digest) -> Result<Bytes, Refusal> {
        let bytes = std::mem::take(&mut self.buffer).freeze();
        let hasher = std::mem::replace(&mut self.hasher, Hasher::new(self.algorithm));
        let actual =
            if self.algorithm == digest.algorithm() { hasher.finish() } else { digest.same_algorithm_of(&bytes) };
        if actual == *digest {
            Ok(bytes)
        } else {
            Err(Refusal::new(Code::DigestInvalid, format!("the bytes have the digest {actual}")))
        }
    }
}
