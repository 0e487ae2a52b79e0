//! A source that does not hold what it promises.

use async_trait::async_trait;
use bytes::Bytes;

use crate::error::{Error, Result};
use crate::model::{Descriptor, Manifest, Pinned, Reference, Repository, Tag};
use crate::registry::{BlobStream, Registry};

/// Answers every request for a blob with these bytes.
#[derive(Debug)]
pub(super) struct Liar {
    pub(super) bytes: Bytes,
    /// Whether it admits that it is another blob.
    pub(super) is_open: bool,
}

#[async_trait]
impl Registry for Liar {
    async fn resolve(&self, _: &Reference) -> Result<Descriptor> {
        Err(nothing())
    }

    async fn manifest(&self, _: &Pinned) -> Result<Manifest> {
        Err(nothing())
    }

    async fn blob(&self, _: &Repository, blob: &Descriptor) -> Result<BlobStream> {
        let is = if self.is_open { Descriptor::of(&*blob.media_type, &self.bytes) } else { blob.clone() };
        Ok(BlobStream::of_bytes(&is, self.bytes.clone()))
    }

    async fn tags(&self, _: &Repository) -> Result<Vec<Tag>> {
        Err(nothing())
    }

    async fn referrers(&self, _: &Pinned) -> Result<Vec<Descriptor>> {
        Ok(Vec::new())
    }
}

fn nothing() -> Error {
    Error::not_found("this source has blobs only")
}
