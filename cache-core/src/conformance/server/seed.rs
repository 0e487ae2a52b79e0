//! Filling and reading the registry without HTTP.

use bytes::Bytes;
use serde_json::Value;

use super::manifest::Facts;
use super::route::Reference;
use super::store::Stored;
use super::{Server, lock};
use crate::model::Digest;

/// Direct access to what is stored. Nothing here is checked: a test may store what no push could.
impl Server {
    /// Makes an empty repository.
    pub fn create_repository(&self, repository: &str) {
        lock(&self.state.store).make(repository);
    }

    /// Stores a blob and returns its SHA-256 digest.
    pub fn put_blob(&self, repository: &str, bytes: impl Into<Bytes>) -> Digest {
        let bytes = bytes.into();
        let digest = Digest::of(&bytes);
        self.put_blob_as(repository, &digest, bytes);
        digest
    }

    /// Stores a blob under this digest, be it true or not.
    pub fn put_blob_as(&self, repository: &str, digest: &Digest, bytes: impl Into<Bytes>) {
        lock(&self.state.store).make(repository).blobs.insert(digest.clone(), bytes.into());
    }

    /// Stores a manifest, tags it where a tag is given, and returns its SHA-256 digest.
    pub fn put_manifest(
        &self,
        repository: &str,
        tag: Option<&str>,
        bytes: impl Into<Bytes>,
        media_type: &str,
    ) -> Digest {
        let bytes = bytes.into();
        let digest = Digest::of(&bytes);
        self.put_manifest_as(repository, &digest, bytes, media_type);
        if let Some(tag) = tag {
            self.tag(repository, tag, &digest);
        }
        digest
    }

    /// Stores a manifest under this digest, be it true or not.
    pub fn put_manifest_as(&self, repository: &str, digest: &Digest, bytes: impl Into<Bytes>, media_type: &str) {
        let bytes = bytes.into();
        let document: Value = serde_json::from_slice(&bytes).unwrap_or_default();
        let manifest = Stored { bytes, media_type: media_type.to_owned(), facts: Facts::of(&document) };
        lock(&self.state.store).make(repository).manifests.insert(digest.clone(), manifest);
    }

    /// Sets a tag, whatever it pointed at before.
    pub fn tag(&self, repository: &str, tag: &str, digest: &Digest) {
        lock(&self.state.store).move_tag(repository, tag, Some(digest.clone()));
    }

    /// Removes a tag; returns whether it was there.
    pub fn untag(&self, repository: &str, tag: &str) -> bool {
        lock(&self.state.store).make(repository).tags.remove(tag).is_some()
    }

    /// Removes a blob; returns whether it was there.
    pub fn remove_blob(&self, repository: &str, digest: &Digest) -> bool {
        lock(&self.state.store).make(repository).blobs.remove(digest).is_some()
    }

    /// Removes a manifest and leaves its tags dangling; returns whether it was there.
    pub fn remove_manifest(&self, repository: &str, digest: &Digest) -> bool {
        lock(&self.state.store).make(repository).manifests.remove(digest).is_some()
    }

    /// The names of all repositories, sorted.
    pub fn repositories(&self) -> Vec<String> {
        lock(&self.state.store).names().map(str::to_owned).collect()
    }

    /// The tags of a repository with the digests that they point at, sorted by tag.
    pub fn tags(&self, repository: &str) -> Vec<(String, Digest)> {
        let store = lock(&self.state.store);
        let tags = store.find(repository).into_iter().flat_map(|repository| &repository.tags);
        tags.map(|(tag, digest)| (tag.clone(), digest.clone())).collect()
    }

    /// The bytes stored for a blob.
    pub fn blob_bytes(&self, repository: &str, digest: &Digest) -> Option<Bytes> {
        lock(&self.state.store).find(repository)?.blobs.get(digest).cloned()
    }

    /// The digests of all blobs of a repository, sorted.
    pub fn blobs(&self, repository: &str) -> Vec<Digest> {
        let store = lock(&self.state.store);
        store.find(repository).into_iter().flat_map(|repository| repository.blobs.keys().cloned()).collect()
    }

    /// The digests of all manifests of a repository, sorted.
    pub fn manifests(&self, repository: &str) -> Vec<Digest> {
        let store = lock(&self.state.store);
        store.find(repository).into_iter().flat_map(|repository| repository.manifests.keys().cloned()).collect()
    }

    /// The bytes stored for a manifest; `reference` is a tag or a digest.
    pub fn manifest_bytes(&self, repository: &str, reference: &str) -> Option<Bytes> {
        self.stored(repository, reference).map(|manifest| manifest.bytes)
    }

    /// The media type with which a manifest was stored; `reference` is a tag or a digest.
    pub fn manifest_media_type(&self, repository: &str, reference: &str) -> Option<String> {
        self.stored(repository, reference).map(|manifest| manifest.media_type)
    }

    fn stored(&self, repository: &str, reference: &str) -> Option<Stored> {
        let store = lock(&self.state.store);
        let repository = store.find(repository)?;
        let reference =
            Digest::parse(reference).map_or_else(|_| Reference::Tag(reference.to_owned()), Reference::Digest);
        let digest = match &reference {
            Reference::Tag(tag) => repository.resolve(tag)?,
            Reference::Digest(digest) => digest,
        };
        repository.manifests.get(digest).cloned()
    }
}
