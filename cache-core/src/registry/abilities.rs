//! What registries can do beyond reading and writing images.

use std::fmt;

use async_trait::async_trait;
use bytes::Bytes;
use serde_json::Value;

use super::credentials::Credential;
use super::{Listing, Records, Untagging};
use crate::approve::Permit;
use crate::error::Result;
use crate::model::{Pinned, Repository, Secret, Tag};
use crate::plan::{Action, Administer, CopyManifest, Delete, DeleteTarget};

/// What a registry can do beyond [`Registry`](super::Registry): each ability is its own small trait, so that the flag and the
/// code cannot disagree.
#[non_exhaustive]
#[derive(Default, Clone, Copy)]
pub struct Abilities<'a> {
    /// Lists its repositories.
    pub catalog: Option<&'a dyn Catalog>,
    /// Lists the tags of a repository where that is cheap. Offered where a question costs a request.
    pub tags_within: Option<&'a dyn TagsWithin>,
    /// Lists everything that a repository holds, with times.
    pub listing: Option<&'a dyn Listing>,
    /// Says which tags name a manifest.
    pub tags_of: Option<&'a dyn TagsOf>,
    /// What it does when a tag is deleted.
    pub untagging: Untagging,
    /// Deletes by an interface of its own, where the protocol's way does something else, or nothing.
    pub deletion: Option<&'a dyn Deletion>,
    /// Says before something is written whether there is a place for it.
    pub room: Option<&'a dyn Room>,
    /// Copies images itself, without their bytes passing through here.
    pub server_copy: Option<&'a dyn ServerCopy>,
    /// Has a scanner of its own.
    pub findings: Option<&'a dyn Findings>,
    /// Has a login that can be handed on.
    pub login: Option<&'a dyn Login>,
    /// Is administered.
    pub administration: Option<&'a dyn Administration>,
    /// Answers questions in its own words.
    pub records: Option<&'a dyn Records>,
}

impl fmt::Debug for Abilities<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Abilities")
            .field("catalog", &self.catalog.is_some())
            .field("tags_within", &self.tags_within.is_some())
            .field("listing", &self.listing.is_some())
            .field("tags_of", &self.tags_of.is_some())
            .field("untagging", &self.untagging)
            .field("deletion", &self.deletion.is_some())
            .field("room", &self.room.is_some())
            .field("server_copy", &self.server_copy.is_some())
            .field("findings", &self.findings.is_some())
            .field("login", &self.login.is_some())
            .field("administration", &self.administration.is_some())
            .field("records", &self.records.is_some())
            .finish()
    }
}

/// Lists the repositories of a registry.
#[async_trait]
pub trait Catalog: Send + Sync {
    /// Every repository that the credentials may see, sorted.
    async fn repositories(&self) -> Result<Vec<Repository>>;
}

/// Is shown a login.
#[async_trait]
pub trait Login: Send + Sync {
    /// The login that the registry is shown now; those that last for hours are asked for where they are about to end.
    ///
    /// # Errors
    /// What the source of the credentials says.
    async fn login(&self) -> Result<Credential>;
}

/// Lists tags where there are few.
#[async_trait]
pub trait TagsWithin: Send + Sync {
    /// Every tag of a repository, sorted; `None` where listing them takes more than so many requests.
    async fn tags_within(&self, repository: &Repository, requests: usize) -> Result<Option<Vec<Tag>>>;
}

/// Says which tags name a manifest, without asking for each tag.
#[async_trait]
pub trait TagsOf: Send + Sync {
    /// The tags that name this manifest, sorted.
    ///
    /// # Errors
    /// `NotFound` where there is no such manifest.
    async fn tags_of(&self, image: &Pinned) -> Result<Vec<Tag>>;
}

/// Deletes where the protocol's own way does something else, or nothing.
#[async_trait]
pub trait Deletion: Send + Sync {
    /// Whether this is the way to delete such a thing.
    fn takes(&self, target: &DeleteTarget) -> bool;

    /// Deletes what the permit says; the caller has looked that it is as expected. Where a tag cannot be deleted and leave the
    /// manifest: `Unsupported`, and nothing is changed.
    async fn remove(&self, op: Permit<'_, Delete>) -> Result<()>;

    /// Whether it deletes many at once for the price of one.
    fn batches(&self) -> bool {
        false
    }

    /// Deletes several, with few requests where the registry has such a one; what became of each, in their order.
    async fn remove_all(&self, ops: Vec<Permit<'_, Delete>>) -> Vec<Result<()>> {
        let mut outcomes = Vec::with_capacity(ops.len());
        for op in ops {
            outcomes.push(self.remove(op).await);
        }
        outcomes
    }
}

/// Knows whether there is a place for images before they are sent.
#[async_trait]
pub trait Room: Send + Sync {
    /// How many bytes may still be stored in this repository; `None` where there is no limit.
    ///
    /// # Errors
    /// `NotFound` where there is no such repository, or project, and pushing makes none.
    async fn room(&self, repository: &Repository) -> Result<Option<u64>>;
}

/// Copies images between two places, both of which it can reach.
#[async_trait]
pub trait ServerCopy: Send + Sync {
    /// Whether it can do this copy, and would do nothing else with it. Where not, the bytes go the usual way.
    async fn can_copy(&self, op: &CopyManifest) -> Result<bool>;

    /// Copies the manifest of the permit with its blobs. Whoever calls reads it back.
    async fn server_copy(&self, op: Permit<'_, CopyManifest>) -> Result<()>;
}

/// What the registry's own scanner found.
#[async_trait]
pub trait Findings: Send + Sync {
    /// The findings about one image, in the vendor's own form.
    ///
    /// # Errors
    /// `NotFound` where it was not scanned; `Unavailable` while it is being scanned; `Unsupported` where the scanner does not
    /// take such an image or failed. An empty document is given only where a scan ended and found nothing.
    async fn findings(&self, image: &Pinned) -> Result<FindingsDocument>;
}

/// A document of findings as a registry gave it; where it came in pages, they are one document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FindingsDocument {
    /// Whose form it has: `harbor`, `ecr`, `acr`, `artifactory`.
    pub system: &'static str,
    /// The document, JSON.
    pub bytes: Bytes,
}

/// Changes what a registry keeps beside images.
#[async_trait]
pub trait Administration: Send + Sync {
    /// How that stands which the action is about. Reads only.
    ///
    /// # Errors
    /// `Unsupported` where this registry has no such thing; `Invalid` where the action is not one that it would take.
    async fn standing(&self, action: &Action) -> Result<Standing>;

    /// Makes the change. Whoever calls has compared what is there with what is expected, and looks again afterwards.
    async fn administer(&self, op: Permit<'_, Administer>) -> Result<Option<Issued>>;
}

/// How something stands.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Standing {
    /// What is there now; `None` where there is nothing.
    pub now: Option<Value>,
    /// Whether it is as the action would make it.
    pub settled: bool,
    /// What the registry says will come of the action, in words.
    pub effects: Vec<String>,
}

impl Standing {
    /// This is there, and that is wanted.
    pub fn of(now: Option<Value>, wanted: Option<&Value>) -> Self {
        Standing { settled: now.as_ref() == wanted, now, effects: Vec::new() }
    }
}

/// What a registry gives once: the name and the secret of an account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Issued {
    /// The full name of the account.
    pub name: String,
    secret: Secret,
}

impl Issued {
    /// An account and its secret.
    pub fn new(name: impl Into<String>, secret: Secret) -> Self {
        Issued { name: name.into(), secret }
    }

    /// The secret, in the clear. The registry does not show it a second time.
    pub fn reveal(&self) -> &str {
        self.secret.reveal()
    }
}
