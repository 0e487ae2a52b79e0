//! What is known of one repository, as it was read: the material of a [`RepositoryGraph`](super::RepositoryGraph).

use crate::model::{Digest, Manifest, ManifestBody, Repository, Tag, Timestamp};
use crate::registry::Untagging;

/// All that a repository holds.
#[derive(Debug, Clone)]
pub struct Facts {
    /// The repository.
    pub repository: Repository,
    /// Its manifests, each once, in any order.
    pub manifests: Vec<ManifestFacts>,
    /// Its tags, in any order.
    pub tags: Vec<TagFacts>,
    /// Whether the registry lists untagged manifests. Otherwise only those are known that something names.
    pub lists_untagged: bool,
    /// What it does when a tag is deleted.
    pub untagging: Untagging,
    /// Tags that are listed and name nothing.
    pub dangling: Vec<Tag>,
    /// Tags whose manifest this crate cannot read, such as Docker's schema 1: they are kept.
    pub unreadable: Vec<Tag>,
}

impl Facts {
    /// An empty repository.
    pub fn new(repository: Repository) -> Self {
        Facts {
            repository,
            manifests: Vec::new(),
            tags: Vec::new(),
            lists_untagged: false,
            untagging: Untagging::Unknown,
            dangling: Vec::new(),
            unreadable: Vec::new(),
        }
    }
}

/// A tag and what it names.
#[derive(Debug, Clone)]
pub struct TagFacts {
    /// The tag.
    pub tag: Tag,
    /// What it names.
    pub digest: Digest,
    /// When it was set last, where the registry knows.
    pub tagged: Option<Timestamp>,
    /// Whether the registry refuses to delete or move it.
    pub locked: bool,
}

/// One manifest.
#[derive(Debug, Clone)]
pub struct ManifestFacts {
    /// Its digest.
    pub digest: Digest,
    /// Its size in bytes.
    pub size: u64,
    /// Whether it is an index.
    pub is_index: bool,
    /// What kind of artifact it is; `None` for images.
    pub artifact_type: Option<String>,
    /// What it lists.
    pub children: Vec<Digest>,
    /// What it is about.
    pub subject: Option<Digest>,
    /// Its configuration, where it has one, and its layers, with their sizes.
    pub blobs: Vec<(Digest, u64)>,
    /// When it was pushed, where the registry knows.
    pub pushed: Option<Timestamp>,
    /// When it was pulled, where the registry knows.
    pub pulled: Option<Timestamp>,
    /// What its configuration says of when it was built.
    pub created: Option<Timestamp>,
    /// Where it is the record of a promotion of its subject: when that was.
    pub promotion: Option<Timestamp>,
    /// Where it is such a record: what the tag named before, and when that was replaced.
    pub replaced: Option<(Digest, Timestamp)>,
    /// Whether the registry refuses to delete it.
    pub locked: bool,
    /// Whether it cannot be read by this crate, such as Docker's schema 1: it is kept.
    pub is_opaque: bool,
}

impl ManifestFacts {
    /// What a manifest says itself. Of the records that a promotion attaches, `record` is the type of their predicate.
    pub fn of(manifest: &Manifest, record: &str) -> Self {
        let annotation = |name: &str| manifest.annotations().get(name).map(String::as_str);
        let is_record = manifest.subject().is_some() && annotation("dev.sigstore.bundle.predicateType") == Some(record);
        let at = || Timestamp::parse(annotation("org.opencontainers.image.created")?).ok();
        ManifestFacts {
            size: manifest.bytes().len() as u64,
            is_index: matches!(manifest.value(), ManifestBody::Index(_)),
            artifact_type: manifest.artifact_type().map(str::to_owned),
            children: manifest.children().iter().map(|child| child.digest.clone()).collect(),
            subject: manifest.subject().map(|subject| subject.digest.clone()),
            // Foreign layers are kept elsewhere.
            blobs: manifest
                .blobs()
                .into_iter()
                .filter(|b| !b.is_foreign())
                .map(|b| (b.digest.clone(), b.size))
                .collect(),
            promotion: is_record.then(at).flatten(),
            ..ManifestFacts::opaque(manifest.digest().clone(), false)
        }
    }

    /// A manifest of which nothing is known but that it is there.
    pub fn opaque(digest: Digest, is_opaque: bool) -> Self {
        ManifestFacts {
            digest,
            size: 0,
            is_index: false,
            artifact_type: None,
            children: Vec::new(),
            subject: None,
            blobs: Vec::new(),
            pushed: None,
            pulled: None,
            created: None,
            promotion: None,
            replaced: None,
            locked: false,
            is_opaque,
        }
    }
}
