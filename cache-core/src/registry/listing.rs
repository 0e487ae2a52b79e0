//! What a registry's own interface tells beyond the OCI protocol, which lists neither untagged manifests nor times.

use async_trait::async_trait;

use crate::error::Result;
use crate::model::{Digest, Repository, Tag, Timestamp};

/// Lists everything that a repository holds.
#[async_trait]
pub trait Listing: Send + Sync {
    /// Every manifest of a repository, tagged or not, each once; complete, or an error.
    ///
    /// # Errors
    /// `NotFound` where there is no such repository.
    async fn manifests(&self, repository: &Repository) -> Result<Vec<Listed>>;
}

/// A manifest as a registry's own interface lists it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// The manifest.
    pub digest: Digest,
    /// The tags that name it.
    pub tags: Vec<ListedTag>,
    /// When it was pushed last, where the registry knows.
    pub pushed: Option<Timestamp>,
    /// When it was pulled last, where the registry knows.
    pub pulled: Option<Timestamp>,
    /// Whether the registry refuses to delete it.
    pub locked: bool,
}

/// A tag of a [`Listed`] manifest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedTag {
    /// The tag.
    pub tag: Tag,
    /// When it was set last, where the registry knows.
    pub tagged: Option<Timestamp>,
    /// Whether the registry refuses to delete or move it.
    pub locked: bool,
}

/// What a registry does when it is asked to delete a tag.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Untagging {
    /// Nobody knows until it is tried.
    #[default]
    Unknown,
    /// It deletes the tag, and the manifest stays.
    Alone,
    /// It deletes the tag, but for the last of a manifest: that it refuses, or the manifest goes with it.
    AloneButLast,
    /// It refuses.
    Never,
    /// It deletes the manifest, and with it every other tag.
    WithManifest,
}

impl Untagging {
    /// Whether a tag can be deleted while another tag of its manifest stays.
    pub(crate) fn untags(self) -> bool {
        !matches!(self, Untagging::Never | Untagging::WithManifest)
    }

    /// Whether every tag of a manifest can be deleted before the manifest itself.
    pub(crate) fn untags_all(self) -> bool {
        matches!(self, Untagging::Alone | Untagging::Unknown)
    }
}
