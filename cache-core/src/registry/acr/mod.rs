//! Azure Container Registry: tags, manifests and locks by its own interface, the registry's settings and imports by Azure's
//! management, and the login that a directory token is exchanged for.
//!
//! Images go by the OCI protocol as everywhere. What the management does needs the registry's resource id and rights of its own.

mod administration;
mod automation;
mod build;
mod data;
mod images;
mod login;
mod management;
mod records;
#[cfg(test)]
#[cfg(feature = "conformance")]
mod tests;

use std::sync::Arc;

pub use data::{AcrLocks, AcrManifest, AcrTag};
pub use login::AcrLogin;
pub use management::AcrSettings;

use self::management::Management;
use super::azure::AzureCredentials;
use super::vendor::{OrElse, Vendor, VendorRegistry};
use super::{Abilities, OciOptions, OciRegistry, Untagging};
use crate::error::Result;

/// An Azure Container Registry.
pub type AcrRegistry = VendorRegistry<Acr>;

/// The side of a registry that is Azure's.
#[derive(Debug, Clone)]
pub struct Acr(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    host: String,
    management: Option<Management>,
}

/// How to speak to an Azure Container Registry.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct AcrOptions {
    /// The registry. Its credentials are those of its admin user, of a token or of a service principal; where it has none,
    /// Azure's are exchanged for a login.
    pub oci: OciOptions,
    /// Who we are to Azure's directory; without it, what the management does cannot be done.
    pub azure: Option<AzureCredentials>,
    /// The resource id of the registry, `/subscriptions/…/registries/NAME`; without it, what the management does cannot be done.
    pub resource_id: Option<String>,
    /// Where Azure's management is, where not at `https://management.azure.com`.
    pub management: Option<String>,
}

impl AcrRegistry {
    /// The registry at `host`, such as `name.azurecr.io`. Nothing is sent yet.
    ///
    /// # Errors
    /// `Invalid` where `host` is no host, or the resource id or an address is none.
    pub fn acr(host: &str, options: AcrOptions) -> Result<Self> {
        let AcrOptions { mut oci, azure, resource_id, management } = options;
        let (network, patience) = (oci.network.clone(), oci.patience.clone());
        if let Some(azure) = &azure {
            let login = Arc::new(AcrLogin::new(host, oci.plain_http, azure.clone(), &network, &patience)?);
            oci.credentials = Arc::new(OrElse { given: oci.credentials, otherwise: login });
        }
        let management = match (azure, resource_id) {
            (Some(azure), Some(id)) => Some(Management::new(management.as_deref(), &id, azure, network, patience)?),
            _ => None,
        };
        let oci = OciRegistry::new(host, oci)?;
        Ok(VendorRegistry { oci, vendor: Acr(Arc::new(Inner { host: host.to_owned(), management })) })
    }
}

/// Whether a host is one of ACR's, in one of Azure's clouds.
pub(crate) fn is_acr(host: &str) -> bool {
    [".azurecr.io", ".azurecr.cn", ".azurecr.us"].iter().any(|suffix| {
        let name = host.strip_suffix(suffix).unwrap_or_default();
        !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
    })
}

impl Vendor for Acr {
    fn abilities(registry: &AcrRegistry) -> Abilities<'_> {
        let managed = registry.vendor.0.management.is_some();
        Abilities {
            catalog: Some(registry),
            listing: Some(registry),
            untagging: Untagging::Alone,
            tags_of: Some(registry),
            deletion: Some(registry),
            server_copy: managed.then_some(registry),
            findings: managed.then_some(registry),
            administration: Some(registry),
            records: Some(registry),
            ..registry.oci.abilities_of_protocol()
        }
    }
}
