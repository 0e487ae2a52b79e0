//! For tests: a registry that answers with other blobs.

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;

use super::{BlobStream, Registry};
use crate::error::Result;
use crate::model::{Descriptor, Manifest, Pinned, Reference, Repository, Tag};

type Blob = Box<dyn Fn(&Descriptor) -> Option<BlobStream> + Send + Sync>;

/// Another registry, but for the blobs that `blob` answers itself.
pub(crate) struct OtherBlobs {
    registry: Arc<dyn Registry>,
    blob: Blob,
}

impl OtherBlobs {
    pub(crate) fn of(
        registry: Arc<dyn Registry>,
        blob: impl Fn(&Descriptor) -> Option<BlobStream> + Send + Sync + 'static,
    ) -> Self {
        OtherBlobs { registry, blob: Box::new(blob) }
    }
}

impl fmt::Debug for OtherBlobs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OtherBlobs").field("registry", &self.registry).finish_non_exhaustive()
    }
}

#[async_trait]
impl Registry for OtherBlobs {
    async fn resolve(&self, reference: &Reference) -> Result<Descriptor> {
        self.registry.resolve(reference).await
    }

    async fn manifest(&self, image: &Pinned) -> Result<Manifest> {
        self.registry.manifest(image).await
    }

    async fn blob(&self, repository: &Repository, blob: &Descriptor) -> Result<BlobStream> {
        match (self.blob)(blob) {
            Some(stream) => Ok(stream),
            None => self.registry.blob(repository, blob).await,
        }
    }

    async fn tags(&self, repository: &Repository) -> Result<Vec<Tag>> {
        self.registry.tags(repository).await
    }

    async fn referrers(&self, subject: &Pinned) -> Result<Vec<Descriptor>> {
        self.registry.referrers(subject).await
    }
}
