//! Harbor: projects, artifacts with what belongs to them, scans, quotas, policies and robots (its interface, version 2.0).
//!
//! Images go by the OCI protocol as everywhere. Harbor's own copy takes the tags and all accessories of an image along, whether or
//! not a plan names them, so it is used only where there are none.

mod administration;
mod api;
mod images;
mod listing;
mod projects;
mod records;
mod robots;
#[cfg(test)]
#[cfg(feature = "conformance")]
mod tests;

use std::sync::Arc;

pub use images::{Accessory, Artifact, ArtifactTag, ScanSummary};
pub use projects::{Project, ProjectRepository, Quota};
pub use robots::Robot;

use super::credentials::Credentials;
use super::vendor::{Api, Vendor, VendorRegistry};
use super::{Abilities, OciOptions, OciRegistry, Untagging};
use crate::error::Result;

/// A Harbor.
pub type HarborRegistry = VendorRegistry<Harbor>;

/// The side of a registry that is Harbor's.
#[derive(Debug, Clone)]
pub struct Harbor(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    host: String,
    api: Api,
    credentials: Arc<dyn Credentials>,
}

/// How to speak to a Harbor.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct HarborOptions {
    /// The registry; its credentials are a user's or a robot's, and are those of the interface too.
    pub oci: OciOptions,
    /// Where the interface is, where not below the registry's own address: `https://host/api/v2.0`.
    pub api: Option<String>,
}

impl HarborRegistry {
    /// The Harbor at `host` (`name` or `name:port`). Nothing is sent yet.
    ///
    /// # Errors
    /// `Invalid` where `host` is no host, or the address of the interface is none.
    pub fn harbor(host: &str, options: HarborOptions) -> Result<Self> {
        let HarborOptions { oci, api } = options;
        let (credentials, network, patience) =
            (Arc::clone(&oci.credentials), oci.network.clone(), oci.patience.clone());
        let oci = OciRegistry::new(host, oci)?;
        let api = api.unwrap_or_else(|| format!("{}api/v2.0", oci.base()));
        let api = Api::new(&api, network, patience)?;
        Ok(VendorRegistry { oci, vendor: Harbor(Arc::new(Inner { host: host.to_owned(), api, credentials })) })
    }
}

impl Vendor for Harbor {
    fn abilities(registry: &HarborRegistry) -> Abilities<'_> {
        Abilities {
            catalog: Some(registry),
            listing: Some(registry),
            untagging: Untagging::Alone,
            tags_of: Some(registry),
            deletion: Some(registry),
            room: Some(registry),
            server_copy: Some(registry),
            findings: Some(registry),
            administration: Some(registry),
            records: Some(registry),
            ..registry.oci.abilities_of_protocol()
        }
    }
}
