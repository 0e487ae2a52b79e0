//! Artifactory: repositories and their configuration, searches, properties, copies from one of its repositories to another, and what
//! Xray found.
//!
//! Images go by the OCI protocol as everywhere, which is also asked for the truth about an image: where Artifactory keeps its files
//! says little of an index.

mod administration;
mod api;
mod images;
mod place;
mod records;
mod repositories;
#[cfg(test)]
#[cfg(feature = "conformance")]
mod tests;

use std::sync::Arc;

pub use place::RepositoryKey;
pub use repositories::{FoundItem, LocalRepository};

use super::credentials::Credentials;
use super::vendor::{Api, Vendor, VendorRegistry};
use super::{Abilities, OciOptions, OciRegistry};
use crate::error::Result;

/// An Artifactory.
pub type ArtifactoryRegistry = VendorRegistry<Artifactory>;

/// The side of a registry that is Artifactory's.
#[derive(Debug, Clone)]
pub struct Artifactory(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    host: String,
    key: RepositoryKey,
    api: Api,
    xray: Api,
    credentials: Arc<dyn Credentials>,
}

/// How to speak to an Artifactory.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct ArtifactoryOptions {
    /// The registry; its credentials are those of the interface too: a user with a password or a token, or a token alone.
    pub oci: OciOptions,
    /// How the names of images say which repository of Artifactory they are in.
    pub key: RepositoryKey,
    /// Where Artifactory is, where not at the registry's own address: `https://host`.
    pub platform: Option<String>,
}

impl ArtifactoryRegistry {
    /// The Artifactory whose images are at `host` (`name` or `name:port`). Nothing is sent yet.
    ///
    /// # Errors
    /// `Invalid` where `host` is no host, an address is none, or the repository's key is no part of the host that it should be in.
    pub fn artifactory(host: &str, options: ArtifactoryOptions) -> Result<Self> {
        let ArtifactoryOptions { oci, key, platform } = options;
        let (credentials, network, patience) =
            (Arc::clone(&oci.credentials), oci.network.clone(), oci.patience.clone());
        let platform = match platform {
            Some(platform) => platform.trim_end_matches('/').to_owned(),
            None => key.platform(host, oci.plain_http)?,
        };
        let api = Api::new(&format!("{platform}/artifactory"), network.clone(), patience.clone())?;
        let xray = Api::new(&format!("{platform}/xray/api"), network, patience)?;
        let oci = OciRegistry::new(host, oci)?;
        let vendor = Artifactory(Arc::new(Inner { host: host.to_owned(), key, api, xray, credentials }));
        Ok(VendorRegistry { oci, vendor })
    }
}

impl Vendor for Artifactory {
    fn abilities(registry: &ArtifactoryRegistry) -> Abilities<'_> {
        Abilities {
            tags_of: Some(registry),
            deletion: Some(registry),
            findings: Some(registry),
            administration: Some(registry),
            records: Some(registry),
            ..registry.oci.abilities_of_protocol()
        }
    }
}
