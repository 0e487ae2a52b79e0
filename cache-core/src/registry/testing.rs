//! For tests: a registry that answers with other blobs, and one that is far away.

use std::fmt;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use tokio::sync::oneshot;

use super::{BlobStream, Moved, Registry, RegistryWriter};
use crate::approve::Permit;
use crate::error::Result;
use crate::model::{Descriptor, Manifest, Pinned, Reference, Repository, Tag};
use crate::plan::{BlobCopy, Delete, PutManifest, SetTag};

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

/// Registries far away: whatever is asked of them is answered at once, when nobody has anything else to ask.
#[derive(Debug, Clone, Default)]
pub(crate) struct Distance(Arc<Mutex<Vec<oneshot::Sender<()>>>>);

impl Distance {
    async fn answer(&self) {
        let (answer, answered) = oneshot::channel();
        self.0.lock().unwrap().push(answer);
        answered.await.unwrap();
    }

    /// Does the work, and says how many questions had to follow one another.
    pub(crate) async fn questions<T>(&self, work: impl Future<Output = T>) -> (T, usize) {
        /// So often nobody has anything else to ask.
        const QUIET: usize = 100;
        tokio::pin!(work);
        let (mut questions, mut quiet) = (0, 0);
        loop {
            tokio::select! {
                biased;
                done = &mut work => return (done, questions),
                () = tokio::task::yield_now() => quiet += 1,
            }
            if quiet > QUIET {
                quiet = 0;
                let asked = std::mem::take(&mut *self.0.lock().unwrap());
                questions += usize::from(!asked.is_empty());
                asked.into_iter().for_each(|answer| answer.send(()).unwrap());
            }
        }
    }
}

/// A registry at that distance.
#[derive(Debug)]
pub(crate) struct Far<R>(pub(crate) Distance, pub(crate) R);

#[async_trait]
impl<R: Registry> Registry for Far<R> {
    async fn resolve(&self, reference: &Reference) -> Result<Descriptor> {
        self.0.answer().await;
        self.1.resolve(reference).await
    }

    async fn manifest(&self, image: &Pinned) -> Result<Manifest> {
        self.0.answer().await;
        self.1.manifest(image).await
    }

    async fn blob(&self, repository: &Repository, blob: &Descriptor) -> Result<BlobStream> {
        self.0.answer().await;
        self.1.blob(repository, blob).await
    }

    async fn tags(&self, repository: &Repository) -> Result<Vec<Tag>> {
        self.0.answer().await;
        self.1.tags(repository).await
    }

    async fn referrers(&self, subject: &Pinned) -> Result<Vec<Descriptor>> {
        self.0.answer().await;
        self.1.referrers(subject).await
    }
}

#[async_trait]
impl<R: RegistryWriter> RegistryWriter for Far<R> {
    async fn put_blob(&self, op: Permit<'_, BlobCopy>, from: &dyn Registry) -> Result<Moved> {
        self.0.answer().await;
        self.1.put_blob(op, from).await
    }

    async fn put_manifest(&self, op: Permit<'_, PutManifest>) -> Result<Moved> {
        self.0.answer().await;
        self.1.put_manifest(op).await
    }

    async fn set_tag(&self, op: Permit<'_, SetTag>) -> Result<Moved> {
        self.0.answer().await;
        self.1.set_tag(op).await
    }

    async fn delete(&self, op: Permit<'_, Delete>) -> Result<()> {
        self.0.answer().await;
        self.1.delete(op).await
    }

    fn as_registry(&self) -> &dyn Registry {
        self
    }
}
