//! OpenShift: image streams beside its internal registry (`image.openshift.io/v1`).
//!
//! A repository is a namespace and an image stream. Images go by the OCI protocol as everywhere; a tag of a stream may also follow an
//! image elsewhere, and tagging across namespaces moves no bytes.

mod administration;
mod api;
mod images;
mod login;
mod records;
mod streams;
#[cfg(test)]
#[cfg(feature = "conformance")]
mod tests;

use std::sync::Arc;

pub use streams::{StreamHistory, StreamImport, StreamItem, StreamTag};

pub use crate::kube::KubeLogin;

use super::credentials::{Credential, Credentials};
use super::vendor::{Api, OrElse, Vendor, VendorRegistry};
use super::{Abilities, OciOptions, OciRegistry};
use crate::error::{Error, ErrorKind, Result};
use crate::http::Network;
use crate::model::Secret;

/// The internal registry of an OpenShift cluster.
pub type OpenShiftRegistry = VendorRegistry<OpenShift>;

/// The side of a registry that is the cluster's.
#[derive(Debug, Clone)]
pub struct OpenShift(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    host: String,
    api: Api,
    token: Option<Secret>,
}

/// How to speak to a cluster and its registry.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct OpenShiftOptions {
    /// The registry, by its route. Where it has no credentials, the cluster's token is its password.
    pub oci: OciOptions,
    /// Who we are to the cluster, and where it is.
    pub login: KubeLogin,
}

impl OpenShiftRegistry {
    /// The registry at `host`, such as `default-route-openshift-image-registry.apps.example.com`. Nothing is sent yet.
    ///
    /// # Errors
    /// `Invalid` where `host` is no host, or the cluster's address is none.
    pub fn openshift(host: &str, options: OpenShiftOptions) -> Result<Self> {
        let OpenShiftOptions { mut oci, login } = options;
        let network = Network { tls: login.tls(oci.network.tls.clone())?, ..oci.network.clone() };
        let api = Api::new(&login.server, network, oci.patience.clone())?;
        if let Some(token) = &login.token {
            let login = Arc::new(TokenLogin { host: host.to_owned(), token: token.clone() });
            oci.credentials = Arc::new(OrElse { given: oci.credentials, otherwise: login });
        }
        let oci = OciRegistry::new(host, oci)?;
        let vendor = OpenShift(Arc::new(Inner { host: host.to_owned(), api, token: login.token }));
        Ok(VendorRegistry { oci, vendor })
    }
}

/// The cluster's token, for its own registry. The user's name is not looked at.
#[derive(Debug)]
struct TokenLogin {
    host: String,
    token: Secret,
}

#[async_trait::async_trait]
impl Credentials for TokenLogin {
    async fn get(&self, host: &str, _: &str) -> Result<Credential> {
        match host == self.host {
            true => Ok(Credential::Password { user: "cache".to_owned(), password: self.token.clone() }),
            false => Ok(Credential::Anonymous),
        }
    }
}

impl Vendor for OpenShift {
    fn abilities(registry: &OpenShiftRegistry) -> Abilities<'_> {
        Abilities {
            catalog: Some(registry),
            tags_of: Some(registry),
            deletion: Some(registry),
            room: Some(registry),
            administration: Some(registry),
            records: Some(registry),
            ..registry.oci.abilities_of_protocol()
        }
    }

    fn explain(&self, error: Error) -> Error {
        match error.kind() {
            ErrorKind::Denied | ErrorKind::Unauthenticated => error.hint(
                "the account needs the role system:image-builder in the namespace, the first part of the repository's name",
            ),
            ErrorKind::Unavailable => error.hint(
                "the registry fails on some images of several platforms; let the cluster fetch the image (action import)",
            ),
            _ => error,
        }
    }
}
