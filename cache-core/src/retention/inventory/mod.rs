//! What is deployed somewhere, and must stay.
//!
//! An inventory is believed only where it says of itself that it is complete, and when it was taken. What is old, partial or
//! cannot be understood is no inventory, and without one nothing is deleted.

mod cluster;
#[cfg(test)]
mod cluster_tests;
mod config;
mod kubernetes;
#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::fmt;
use std::future::Future;
use std::path::PathBuf;
use std::time::Duration;

use async_trait::async_trait;
pub use cluster::KubernetesCluster;
pub use config::ClusterConfig;
use futures_util::future::BoxFuture;
pub use kubernetes::of_kubernetes;
use serde::{Deserialize, Serialize};

use crate::blocking::blocking;
use crate::error::{Error, Result};
use crate::files::read_limited;
use crate::model::{Digest, Reference, Repository, Tag, Timestamp};

/// The version of the document.
pub const INVENTORY_VERSION: u32 = 1;
/// How old an inventory may be where the rules do not say.
pub const MAX_INVENTORY_AGE: Duration = Duration::from_secs(24 * 60 * 60);
/// The largest file with an inventory: as much as one answer of a cluster may have.
const MAX_FILE: u64 = 256 << 20;
/// How far the clock of whoever took an inventory may be ahead of ours.
const CLOCK_SKEW: i64 = 5 * 60;

/// What is deployed in one place, such as a cluster. Its JSON Schema is `docs/schema/inventory-v1.json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Inventory {
    /// [`INVENTORY_VERSION`].
    pub version: u32,
    /// Where it is from, such as `cluster prod-eu`.
    pub source: String,
    /// When it was taken: before the first question was asked.
    pub taken: Timestamp,
    /// Whether these are all. Only `true` is believed.
    pub complete: bool,
    /// The images.
    pub images: Vec<DeployedImage>,
}

/// An image that is deployed.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct DeployedImage {
    /// Its reference, as the deployment has it: with a tag, a digest or both; with neither, `latest` is meant.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub image: Option<Reference>,
    /// The digest that runs, where it is known: of an index, of a manifest or of a configuration.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub digest: Option<Digest>,
    /// Who uses it, for people: `shop/Deployment/web`.
    #[serde(default)]
    pub used_by: String,
}

impl DeployedImage {
    /// The digests that it has.
    pub(super) fn digests(&self) -> impl Iterator<Item = &Digest> {
        self.digest.iter().chain(self.image.as_ref().and_then(|image| image.digest.as_ref()))
    }

    /// The repository that it names, and those that this is a mirror of.
    pub(super) fn repositories(&self, mirrors: &[Mirror]) -> impl Iterator<Item = Repository> {
        self.image.iter().flat_map(move |image| {
            let named = &image.repository;
            let originals = mirrors.iter().filter_map(move |mirror| mirror.original(named));
            std::iter::once(named.clone()).chain(originals)
        })
    }
}

/// Where an inventory comes from.
#[async_trait]
pub trait InventorySource: fmt::Debug + Send + Sync {
    /// What is asked, for people.
    fn name(&self) -> &str;

    /// Takes the inventory: complete, or an error.
    async fn inventory(&self) -> Result<Inventory>;
}

impl Inventory {
    /// Reads the document.
    ///
    /// # Errors
    /// `Invalid` where it is none, of another version, or has a reference that is none.
    pub fn parse(json: &[u8]) -> Result<Self> {
        let inventory: Inventory = serde_json::from_slice(json)
            .map_err(|e| Error::invalid(format!("this is no inventory: {e}")).caused_by(e))?;
        if inventory.version != INVENTORY_VERSION {
            let version = inventory.version;
            return Err(Error::unsupported(format!("inventories of version {version} are not known")));
        }
        Ok(inventory)
    }

    /// Whether it can be relied on.
    ///
    /// # Errors
    /// `Invalid` where it is incomplete, empty, too old, dated in the future, or names an image that is none.
    pub fn check(&self, max_age: Duration, now: Timestamp) -> Result<()> {
        let refuse = |why: String, hint: &str| {
            let error = Error::invalid(why).context("inventory", &self.source).context("taken", self.taken);
            Err(error.hint(hint))
        };
        if !self.complete {
            return refuse("the inventory is not complete".to_owned(), "what is not in it would be deleted");
        }
        if self.images.is_empty() {
            let hint = "where really nothing is deployed, set keep_deployed: false";
            return refuse("the inventory has no images".to_owned(), hint);
        }
        if self.taken.unix() > now.unix().saturating_add(CLOCK_SKEW) {
            return refuse("the inventory is dated in the future".to_owned(), "compare the clocks");
        }
        if now.since(self.taken) > max_age {
            let hours = max_age.as_secs() / 3600;
            return refuse(format!("the inventory is older than {hours} h"), "take a new one");
        }
        match self.images.iter().find(|image| image.image.is_none() && image.digest.is_none()) {
            Some(image) => refuse(format!("an image has neither a name nor a digest: {:?}", image.used_by), ""),
            None => Ok(()),
        }
    }
}

/// Taken before, or by the caller.
#[async_trait]
impl InventorySource for Inventory {
    fn name(&self) -> &str {
        &self.source
    }

    async fn inventory(&self) -> Result<Inventory> {
        Ok(self.clone())
    }
}

/// A file with an [`Inventory`].
#[derive(Debug, Clone)]
pub struct InventoryFile {
    path: PathBuf,
    name: String,
}

impl InventoryFile {
    /// The file at this path.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        let path = path.into();
        InventoryFile { name: path.display().to_string(), path }
    }
}

#[async_trait]
impl InventorySource for InventoryFile {
    fn name(&self) -> &str {
        &self.name
    }

    async fn inventory(&self) -> Result<Inventory> {
        let path = self.path.clone();
        let json = blocking(move || read_limited(&path, MAX_FILE)).await?;
        Inventory::parse(&json).map_err(|e| e.context("inventory", &self.name))
    }
}

/// A function that takes an inventory.
pub fn inventory_by<F, T>(name: impl Into<String>, take: F) -> impl InventorySource
where
    F: Fn() -> T + Send + Sync + 'static,
    T: Future<Output = Result<Inventory>> + Send + 'static,
{
    Taker { name: name.into(), take: Box::new(move || Box::pin(take())) }
}

struct Taker {
    name: String,
    take: Box<dyn Fn() -> BoxFuture<'static, Result<Inventory>> + Send + Sync>,
}

impl fmt::Debug for Taker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Taker").field("name", &self.name).finish_non_exhaustive()
    }
}

#[async_trait]
impl InventorySource for Taker {
    fn name(&self) -> &str {
        &self.name
    }

    async fn inventory(&self) -> Result<Inventory> {
        (self.take)().await
    }
}

/// A registry, or a part of one, whose images are copies of those of another.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Mirror {
    /// The beginning of names at the mirror, up to a slash or the end: `mirror.example/hub`.
    pub mirror: String,
    /// What stands there in the registry itself: `registry.example/team`.
    pub of: String,
}

impl Mirror {
    fn original(&self, repository: &Repository) -> Option<Repository> {
        let name = repository.to_string();
        let rest = name.strip_prefix(self.mirror.trim_end_matches('/'))?;
        let whole = rest.is_empty() || rest.starts_with('/');
        whole.then(|| Repository::parse(&format!("{}{rest}", self.of.trim_end_matches('/'))).ok()).flatten()
    }
}

/// All that is deployed, to be asked by digest and by tag.
#[derive(Debug, Clone, Default)]
pub struct Deployed {
    digests: HashMap<Digest, String>,
    tags: HashMap<Repository, HashMap<Tag, String>>,
}

impl Deployed {
    /// What these inventories have. A digest counts wherever it is; a tag in its repository, and in those that it is a mirror
    /// of.
    pub fn of<'a>(inventories: impl IntoIterator<Item = &'a Inventory>, mirrors: &[Mirror]) -> Self {
        let mut deployed = Deployed::default();
        for inventory in inventories {
            for image in &inventory.images {
                let at = || match image.used_by.as_str() {
                    "" => inventory.source.clone(),
                    user => format!("{user} ({})", inventory.source),
                };
                deployed.add(image, mirrors, at);
            }
        }
        deployed
    }

    fn add(&mut self, image: &DeployedImage, mirrors: &[Mirror], at: impl Fn() -> String) {
        for digest in image.digests() {
            self.digests.entry(digest.clone()).or_insert_with(&at);
        }
        let Some(tag) = image.image.clone().and_then(|named| named.or_latest().tag) else { return };
        for repository in image.repositories(mirrors) {
            self.tags.entry(repository).or_default().entry(tag.clone()).or_insert_with(&at);
        }
    }

    /// Where a digest is deployed.
    pub fn at(&self, digest: &Digest) -> Option<&str> {
        self.digests.get(digest).map(String::as_str)
    }

    /// Where a tag is deployed.
    pub fn tagged(&self, repository: &Repository, tag: &Tag) -> Option<&str> {
        self.tags.get(repository)?.get(tag).map(String::as_str)
    }

    /// The deployed tags of a repository.
    pub fn tags(&self, repository: &Repository) -> impl Iterator<Item = (&Tag, &str)> {
        self.tags.get(repository).into_iter().flatten().map(|(tag, at)| (tag, at.as_str()))
    }
}
