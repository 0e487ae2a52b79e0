//! A registry in this process: the reference that the other adapters are held against.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use bytes::Bytes;
use futures_util::StreamExt;

use super::{
    Abilities, BlobStream, Catalog, Listed, ListedTag, Listing, Moved, Registry, RegistryWriter, Untagging, blob,
    checks,
};
use crate::approve::Permit;
use crate::error::Result;
use crate::model::{Descriptor, Digest, Manifest, Pinned, Reference, Repository, Tag};
use crate::plan::{BlobCopy, Delete, DeleteTarget, PutManifest, SetTag};

/// Keeps images in memory, for tests and for content that is about to be attached to an image.
///
/// A clone is another handle of the same registry. It takes repositories of any name. Blobs are shared by all of them, so
/// that a document made in this process can be the source of a copy to anywhere; manifests and tags belong to a repository.
/// It lists referrers itself, as a registry with the referrers API does.
///
/// [`insert_blob`](Self::insert_blob) and [`insert_manifest`](Self::insert_manifest) fill it without a permit: this is data
/// of the calling process, which nobody else can see or deploy from. Changes through [`RegistryWriter`] need one as
/// everywhere, since a promotion cannot tell which registry it writes to.
#[derive(Debug, Clone, Default)]
pub struct MemoryRegistry {
    state: Arc<Mutex<State>>,
}

#[derive(Debug, Default)]
struct State {
    blobs: HashMap<Digest, Bytes>,
    repositories: BTreeMap<Repository, Contents>,
}

#[derive(Debug, Default)]
struct Contents {
    manifests: BTreeMap<Digest, Manifest>,
    tags: BTreeMap<Tag, Digest>,
}

impl MemoryRegistry {
    /// An empty registry.
    pub fn new() -> Self {
        MemoryRegistry::default()
    }

    /// Adds a blob, seen in every repository, and gives its descriptor. The media type is that of plain bytes; set another
    /// one in the descriptor where the manifest wants it.
    pub fn insert_blob(&self, bytes: impl Into<Bytes>) -> Descriptor {
        let bytes = bytes.into();
        let descriptor = Descriptor::of("application/octet-stream", &bytes);
        self.state().blobs.insert(descriptor.digest.clone(), bytes);
        descriptor
    }

    /// Adds a manifest, under a tag where one is given. What it names need not be there.
    ///
    /// # Errors
    /// `Invalid` and the others of [`Manifest::parse`].
    pub fn insert_manifest(
        &self,
        repository: &Repository,
        tag: Option<Tag>,
        bytes: impl Into<Bytes>,
    ) -> Result<Descriptor> {
        let manifest = Manifest::parse(bytes, None)?;
        let descriptor = manifest.descriptor();
        let mut state = self.state();
        let contents = state.repositories.entry(repository.clone()).or_default();
        contents.manifests.insert(descriptor.digest.clone(), manifest);
        if let Some(tag) = tag {
            contents.tags.insert(tag, descriptor.digest.clone());
        }
        Ok(descriptor)
    }

    /// The bytes of a blob; `None` where there is none.
    pub(crate) fn blob_bytes(&self, digest: &Digest) -> Option<Bytes> {
        self.state().blobs.get(digest).cloned()
    }

    /// No step below leaves the state half changed, so a panic elsewhere does not spoil it.
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn contents(&self, repository: &Repository) -> Result<&Contents> {
        self.repositories.get(repository).ok_or_else(|| checks::no_repository(repository))
    }
}

#[async_trait]
impl Registry for MemoryRegistry {
    async fn resolve(&self, reference: &Reference) -> Result<Descriptor> {
        let state = self.state();
        let repository = &reference.repository;
        let contents = state.contents(repository)?;
        let digest = match (&reference.digest, &reference.tag) {
            (Some(digest), _) => digest,
            (None, Some(tag)) => contents.tags.get(tag).ok_or_else(|| checks::no_tag(repository, tag))?,
            (None, None) => return Err(checks::no_name(reference)),
        };
        let manifest = contents.manifests.get(digest).ok_or_else(|| checks::no_manifest(repository, digest))?;
        Ok(manifest.descriptor())
    }

    async fn manifest(&self, image: &Pinned) -> Result<Manifest> {
        let state = self.state();
        let found = state.contents(&image.repository)?.manifests.get(&image.digest);
        found.cloned().ok_or_else(|| checks::no_manifest(&image.repository, &image.digest))
    }

    async fn blob(&self, repository: &Repository, blob: &Descriptor) -> Result<BlobStream> {
        let bytes = self.state().blobs.get(&blob.digest).cloned();
        let bytes = bytes.ok_or_else(|| checks::no_blob(repository, &blob.digest))?;
        Ok(BlobStream::of_bytes(blob, bytes))
    }

    async fn tags(&self, repository: &Repository) -> Result<Vec<Tag>> {
        Ok(self.state().contents(repository)?.tags.keys().cloned().collect())
    }

    async fn referrers(&self, subject: &Pinned) -> Result<Vec<Descriptor>> {
        let state = self.state();
        let Some(contents) = state.repositories.get(&subject.repository) else { return Ok(Vec::new()) };
        let about = |m: &&Manifest| m.subject().is_some_and(|s| s.digest == subject.digest);
        Ok(contents.manifests.values().filter(about).map(checks::referrer).collect())
    }

    fn abilities(&self) -> Abilities<'_> {
        Abilities { catalog: Some(self), listing: Some(self), untagging: Untagging::Alone, ..Abilities::default() }
    }
}

#[async_trait]
impl Catalog for MemoryRegistry {
    async fn repositories(&self) -> Result<Vec<Repository>> {
        Ok(self.state().repositories.keys().cloned().collect())
    }
}

#[async_trait]
impl Listing for MemoryRegistry {
    async fn manifests(&self, repository: &Repository) -> Result<Vec<Listed>> {
        let state = self.state();
        let contents = state.contents(repository)?;
        let mut tags: HashMap<&Digest, Vec<ListedTag>> = HashMap::new();
        for (tag, digest) in &contents.tags {
            tags.entry(digest).or_default().push(ListedTag { tag: tag.clone(), tagged: None, locked: false });
        }
        let listed = |digest: &Digest| Listed {
            digest: digest.clone(),
            tags: tags.remove(digest).unwrap_or_default(),
            pushed: None,
            pulled: None,
            locked: false,
        };
        Ok(contents.manifests.keys().map(listed).collect())
    }
}

#[async_trait]
impl RegistryWriter for MemoryRegistry {
    async fn put_blob(&self, op: Permit<'_, BlobCopy>, from: &dyn Registry) -> Result<Moved> {
        let there = self.state().blobs.get(&op.blob.digest).is_some_and(|b| b.len() as u64 == op.blob.size);
        if there {
            return Ok(Moved::AlreadyThere);
        }
        let mut stream = blob::open_source(from, &op).await?;
        let mut bytes = Vec::new();
        while let Some(chunk) = stream.next().await {
            bytes.extend_from_slice(&chunk?);
        }
        let sent = Moved::Sent(bytes.len() as u64);
        let mut state = self.state();
        state.repositories.entry(op.to.clone()).or_default();
        state.blobs.insert(op.blob.digest.clone(), bytes.into());
        Ok(sent)
    }

    async fn put_manifest(&self, op: Permit<'_, PutManifest>) -> Result<Moved> {
        let mut state = self.state();
        let State { blobs, repositories } = &mut *state;
        let contents = repositories.entry(op.repository.clone()).or_default();
        if contents.manifests.contains_key(op.manifest.digest()) {
            return Ok(Moved::AlreadyThere);
        }
        let has_blob = |b: &Descriptor| blobs.contains_key(&b.digest);
        let has_manifest = |c: &Descriptor| contents.manifests.contains_key(&c.digest);
        checks::parts_are_there(&op.manifest, has_blob, has_manifest)?;
        contents.manifests.insert(op.manifest.digest().clone(), op.manifest.clone());
        Ok(Moved::Sent(op.manifest.bytes().len() as u64))
    }

    async fn set_tag(&self, op: Permit<'_, SetTag>) -> Result<Moved> {
        // Compared and set under one lock: of two writers with the same expectation, one gets the conflict.
        let mut state = self.state();
        let contents =
            state.repositories.get_mut(&op.repository).ok_or_else(|| checks::no_repository(&op.repository))?;
        if checks::tag_is_settled(&op, contents.tags.get(&op.tag))? {
            return Ok(Moved::AlreadyThere);
        }
        if !contents.manifests.contains_key(&op.to) {
            return Err(checks::no_manifest(&op.repository, &op.to));
        }
        contents.tags.insert(op.tag.clone(), op.to.clone());
        Ok(Moved::Sent(0))
    }

    async fn delete(&self, op: Permit<'_, Delete>) -> Result<()> {
        let mut state = self.state();
        let contents =
            state.repositories.get_mut(&op.repository).ok_or_else(|| checks::no_repository(&op.repository))?;
        match &op.target {
            DeleteTarget::Tag(tag) => {
                checks::tag_is_as_expected(&op, tag, contents.tags.get(tag))?;
                contents.tags.remove(tag);
            }
            DeleteTarget::Manifest => {
                let gone = contents.manifests.remove(&op.expected);
                gone.ok_or_else(|| checks::no_manifest(&op.repository, &op.expected))?;
                contents.tags.retain(|_, digest| *digest != op.expected);
            }
        }
        Ok(())
    }

    fn as_registry(&self) -> &dyn Registry {
        self
    }
}
