//! AWS's Elastic Container Registry: repositories, images, scans and policies by its interface (version 2015-09-21), and the login
//! that it gives for twelve hours.
//!
//! Images go by the OCI protocol as everywhere. Deleting goes by the interface, since the protocol's way is not to be had.

mod administration;
mod api;
mod host;
mod images;
mod lifecycle;
mod login;
mod records;
mod repositories;
#[cfg(test)]
#[cfg(feature = "conformance")]
mod tests;

use std::sync::Arc;

pub use host::EcrHost;
pub use images::{EcrImage, EcrScan};
pub use lifecycle::{LifecyclePreview, PreviewedImage};
pub use login::EcrLogin;
pub use repositories::EcrRepository;

use self::api::Api;
use super::aws::AwsCredentials;
use super::vendor::{OrElse, Vendor, VendorRegistry};
use super::{Abilities, OciOptions, OciRegistry, Untagging};
use crate::error::Result;

/// A registry of ECR: one account in one region.
pub type EcrRegistry = VendorRegistry<Ecr>;

/// The side of a registry that is ECR's.
#[derive(Debug, Clone)]
pub struct Ecr(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    host: EcrHost,
    api: Arc<Api>,
    /// Whether a push makes the repository that it needs.
    create_on_push: bool,
}

/// How to speak to ECR.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct EcrOptions {
    /// The registry. Where it has no credentials, the login is asked of the interface.
    pub oci: OciOptions,
    /// Who we are to AWS.
    pub credentials: AwsCredentials,
    /// Where the interface is, where not at AWS's usual address for the region.
    pub endpoint: Option<String>,
    /// The account and the region, where the host does not say them.
    pub registry: Option<(String, String)>,
    /// Whether a push makes the repository that it needs, by a creation template of the registry.
    pub create_on_push: bool,
}

impl Default for EcrOptions {
    fn default() -> Self {
        EcrOptions {
            oci: OciOptions::default(),
            credentials: AwsCredentials::of_this_machine(),
            endpoint: None,
            registry: None,
            create_on_push: false,
        }
    }
}

impl EcrRegistry {
    /// The registry at `host`, such as `123456789012.dkr.ecr.eu-west-1.amazonaws.com`. Nothing is sent yet.
    ///
    /// # Errors
    /// `Invalid` where `host` is none of ECR and the options do not say the account and the region.
    pub fn ecr(host: &str, options: EcrOptions) -> Result<Self> {
        let EcrOptions { oci, credentials, endpoint, registry, create_on_push } = options;
        let host = match registry {
            Some((account, region)) => EcrHost::at(host, &account, &region),
            None => EcrHost::parse(host)?,
        };
        let api = Api::new(&host, endpoint.as_deref(), credentials, oci.network.clone(), oci.patience.clone())?;
        let api = Arc::new(api);
        let login = Arc::new(EcrLogin::of(Arc::clone(&api)));
        let credentials = Arc::new(OrElse { given: Arc::clone(&oci.credentials), otherwise: login });
        let oci = OciRegistry::new(host.name(), OciOptions { credentials, ..oci })?;
        Ok(VendorRegistry { oci, vendor: Ecr(Arc::new(Inner { host, api, create_on_push })) })
    }
}

impl Vendor for Ecr {
    fn abilities(registry: &EcrRegistry) -> Abilities<'_> {
        Abilities {
            catalog: Some(registry),
            listing: Some(registry),
            untagging: Untagging::AloneButLast,
            tags_of: Some(registry),
            deletion: Some(registry),
            room: Some(registry),
            findings: Some(registry),
            administration: Some(registry),
            records: Some(registry),
            ..registry.oci.abilities_of_protocol()
        }
    }
}
