//! Registries: where images are kept.
//!
//! [`Registry`] reads, [`RegistryWriter`] writes under a permit; a source is an `Arc<dyn Registry>` and cannot be written by
//! type. [`OciRegistry`] speaks to a server, [`Layout`] keeps images in a folder, [`MemoryRegistry`] in this process;
//! [`OciArchive`] and [`DockerArchive`] read them from a tar file.

mod abilities;
#[cfg(feature = "acr")]
pub mod acr;
mod answer;
pub mod archive;
#[cfg(feature = "artifactory")]
pub mod artifactory;
#[cfg(feature = "aws")]
mod aws;
#[cfg(feature = "azure")]
mod azure;
mod blob;
mod checks;
mod config;
pub mod credentials;
#[cfg(feature = "ecr")]
pub mod ecr;
mod files;
#[cfg(feature = "gcs")]
mod google;
#[cfg(feature = "harbor")]
pub mod harbor;
pub mod inspect;
pub mod layout;
mod listing;
mod memory;
mod oci;
#[cfg(feature = "openshift")]
pub mod openshift;
mod platform;
mod records;
mod source;
#[cfg(test)]
pub(crate) mod testing;
#[cfg(feature = "vendor")]
mod vendor;

pub use abilities::{
    Abilities, Administration, Catalog, Deletion, Findings, FindingsDocument, Issued, Login, Room, ServerCopy,
    Standing, TagsOf, TagsWithin,
};
#[cfg(feature = "acr")]
pub use acr::{AcrOptions, AcrRegistry};
pub use archive::{DockerArchive, OciArchive};
#[cfg(feature = "artifactory")]
pub use artifactory::{ArtifactoryOptions, ArtifactoryRegistry};
use async_trait::async_trait;
#[cfg(feature = "aws")]
pub use aws::AwsCredentials;
#[cfg(feature = "azure")]
pub use azure::AzureCredentials;
pub use blob::{BlobStream, Moved};
#[cfg(feature = "ecr")]
pub use ecr::{EcrOptions, EcrRegistry};
#[cfg(feature = "gcs")]
pub(crate) use google::GoogleCredentials;
#[cfg(feature = "harbor")]
pub use harbor::{HarborOptions, HarborRegistry};
pub use layout::Layout;
pub use listing::{Listed, ListedTag, Listing, Untagging};
pub use memory::MemoryRegistry;
pub use oci::{OciOptions, OciRegistry};
#[cfg(feature = "openshift")]
pub use openshift::{OpenShiftOptions, OpenShiftRegistry};
pub use records::{Question, Records, ask};
#[cfg(feature = "bucket")]
pub(crate) use vendor::{Variables, bearer, expect_secure};

pub use crate::http::{Network, Patience, Proxy, ProxyAddress, Tls, Transcript};

use crate::approve::Permit;
use crate::error::Result;
use crate::model::{Descriptor, Manifest, Pinned, Reference, Repository, Tag};
use crate::plan::{BlobCopy, Delete, PutManifest, SetTag};

/// Reads images.
///
/// The contract, which `conformance` checks of any adapter:
/// - `NotFound` is said only where the registry itself said so. An unreachable or refusing registry is another error, never
///   "absent" and never an empty list.
/// - Nothing is returned whose bytes do not match their digest.
/// - Lists are complete, or an error.
#[async_trait]
pub trait Registry: std::fmt::Debug + Send + Sync + 'static {
    /// What the reference names now: the descriptor of a manifest, with the digest of its bytes. Where the reference has a
    /// digest, that decides and the tag is not asked.
    ///
    /// # Errors
    /// `NotFound` where there is no such tag, manifest or repository.
    async fn resolve(&self, reference: &Reference) -> Result<Descriptor>;

    /// A manifest or index.
    ///
    /// # Errors
    /// `NotFound`; `Untrusted` where the bytes do not match.
    async fn manifest(&self, image: &Pinned) -> Result<Manifest>;

    /// A blob, verified as it streams: the stream ends in `Untrusted` where length or digest are wrong.
    ///
    /// # Errors
    /// `NotFound`, before the first byte.
    async fn blob(&self, repository: &Repository, blob: &Descriptor) -> Result<BlobStream>;

    /// Every tag of a repository, sorted.
    ///
    /// # Errors
    /// `NotFound` where there is no such repository.
    async fn tags(&self, repository: &Repository) -> Result<Vec<Tag>>;

    /// The manifests whose subject is this one: by the referrers API, or by the fallback tag where the registry has none.
    /// Sorted by digest, each once. Cosign's older tags (`.sig`, `.att`, `.sbom`) are not referrers.
    async fn referrers(&self, subject: &Pinned) -> Result<Vec<Descriptor>>;

    /// What this registry can do beyond the rest.
    fn abilities(&self) -> Abilities<'_> {
        Abilities::default()
    }
}

/// Writes images. Every function takes the permit of an approved plan, and the permit is the argument.
#[async_trait]
pub trait RegistryWriter: Registry {
    /// Brings a blob over: mounts it, finds it there, or streams it from `from`. What is stored has the digest that the
    /// permit names, or nothing is stored.
    async fn put_blob(&self, op: Permit<'_, BlobCopy>, from: &dyn Registry) -> Result<Moved>;

    /// Stores a manifest under its digest, byte for byte; where it has a subject and the registry keeps no referrers list,
    /// enters it in the fallback tag, losing no other entry. Where the registry has it and its own list lacks it, it is sent
    /// again, and that it is not listed then either is an error.
    async fn put_manifest(&self, op: Permit<'_, PutManifest>) -> Result<Moved>;

    /// Points a tag at a manifest that is there. Where the tag is not as expected: `Conflict`, and nothing is changed; where
    /// it is already right: [`Moved::AlreadyThere`].
    async fn set_tag(&self, op: Permit<'_, SetTag>) -> Result<Moved>;

    /// Deletes a tag (only the tag) or a manifest with all its tags. Where the tag or manifest is not as expected:
    /// `Conflict`. `Unsupported` where the registry cannot remove a tag alone.
    async fn delete(&self, op: Permit<'_, Delete>) -> Result<()>;

    /// The same registry, for reading.
    fn as_registry(&self) -> &dyn Registry;
}
