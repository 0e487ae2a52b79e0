//! Bytes beside their parsed form.

use std::ops::Deref;

use bytes::Bytes;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::digest::Digest;
use crate::error::{Error, Result};

/// A document as it was received or written once, with its digest and its parsed value.
///
/// The digest is always the one of the bytes; nothing is ever serialised a second time, because another serialiser gives
/// other bytes and so another digest.
#[derive(Debug, Clone)]
pub struct Raw<T> {
    bytes: Bytes,
    digest: Digest,
    value: T,
}

impl<T> Raw<T> {
    /// Puts bytes and their value together; private to the crate, so that the two always agree.
    pub(crate) fn from_parts(bytes: Bytes, digest: Digest, value: T) -> Self {
        Raw { bytes, digest, value }
    }

    /// The bytes as they were.
    pub fn bytes(&self) -> &Bytes {
        &self.bytes
    }

    /// The digest of the bytes.
    pub fn digest(&self) -> &Digest {
        &self.digest
    }

    /// The parsed value; also reached by `*raw`.
    pub fn value(&self) -> &T {
        &self.value
    }
}

impl<T: Serialize> Raw<T> {
    /// Writes `value` once, as canonical JSON (RFC 8785).
    ///
    /// # Errors
    /// `Unexpected` where the value has no JSON form, such as a map whose keys are not text.
    pub fn canonical(value: T) -> Result<Self> {
        let bytes = serde_json_canonicalizer::to_vec(&value)
            .map_err(|e| Error::unexpected("cannot be written as canonical JSON").caused_by(e))?;
        Ok(Raw { digest: Digest::of(&bytes), bytes: bytes.into(), value })
    }
}

impl<T: Serialize + DeserializeOwned> Raw<T> {
    /// Reads a canonical document: the bytes must be exactly what [`Raw::canonical`] writes for the value that they hold,
    /// so that what is shown of the value is the whole of what was signed.
    ///
    /// # Errors
    /// `Invalid` where it is not JSON, not of this shape, or not canonical (unknown fields included).
    pub fn from_canonical(bytes: impl Into<Bytes>) -> Result<Self> {
        let bytes = bytes.into();
        let value: T = serde_json::from_slice(&bytes)
            .map_err(|e| Error::invalid(format!("not a document of this kind: {e}")).caused_by(e))?;
        let written = Raw::canonical(value)?;
        if written.bytes != bytes {
            return Err(Error::invalid("the document is not in canonical form")
                .hint("it may have been edited or re-formatted; use the file as Cache wrote it"));
        }
        Ok(written)
    }
}

impl<T> Deref for Raw<T> {
    type Target = T;
    fn deref(&self) -> &T {
        &self.value
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::Deserialize;

    #[derive(Debug, Serialize, Deserialize)]
    struct Doc {
        b: u32,
        a: String,
    }

    #[test]
    fn canonical_sorts_keys_and_digests_the_bytes() {
        let raw = Raw::canonical(Doc { b: 1, a: "é\n".into() }).unwrap();
        assert_eq!(&raw.bytes()[..], "{\"a\":\"é\\n\",\"b\":1}".as_bytes());
        assert_eq!(raw.digest(), &Digest::of(raw.bytes()));
        assert_eq!(raw.b, 1);
    }

    #[test]
    fn an_edited_document_is_refused() {
        assert!(Raw::<Doc>::from_canonical(&b"{\"a\":\"x\",\"b\":1}"[..]).is_ok());
        for text in ["{\"b\":1,\"a\":\"x\"}", "{\"a\":\"x\",\"b\":1,\"c\":2}", "{\"a\":\"x\",\"b\":1} ", "{", "[]", ""]
        {
            assert!(Raw::<Doc>::from_canonical(text.to_owned()).is_err(), "{text}");
        }
    }
}
