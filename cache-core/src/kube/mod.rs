//! Where a cluster of Kubernetes is, and who we are to it: as a kubeconfig says, or as the service account of a pod.

mod account;
mod config;
#[cfg(test)]
mod tests;

use std::fmt;
use std::path::Path;

pub(crate) use account::{SERVICE_ACCOUNT, of_pod};
pub(crate) use config::of_kubeconfig;

use crate::error::{Error, Result};
use crate::files::read_text;
use crate::http::Tls;
use crate::model::Secret;

/// The largest file that is read: a kubeconfig of many clusters with their certificates has less.
const MAX_FILE: u64 = 4 << 20;

/// A certificate of ours and its key, in PEM.
type Client = (Vec<u8>, Secret);

/// A cluster's address, and who we are to it.
#[derive(Clone, Default)]
#[non_exhaustive]
pub struct KubeLogin {
    /// The address of its interface, `https://api.example.com:6443`.
    pub server: String,
    /// A bearer token.
    pub token: Option<Secret>,
    /// The authority that it is trusted by, in PEM, beside the machine's.
    pub authority: Option<Vec<u8>>,
    /// Who we are by a certificate.
    pub(crate) client: Option<Client>,
    /// The namespace that commands are about where none is said.
    pub namespace: Option<String>,
}

impl KubeLogin {
    /// Whom connections to the cluster trust, beside `tls`, and the certificate that they show.
    pub(crate) fn tls(&self, mut tls: Tls) -> Result<Tls> {
        if let Some(authority) = &self.authority {
            tls = tls.trust_pem(authority)?;
        }
        match &self.client {
            Some((certificate, key)) => tls.identify_pem(certificate, key),
            None => Ok(tls),
        }
    }
}

/// The text of a file that is a secret, without what surrounds it.
///
/// # Errors
/// What the file system says; `Invalid` where it is too large, or has no text.
fn secret(path: &Path) -> Result<Secret> {
    match read_text(path, MAX_FILE, |text| Secret::new(text.trim()))? {
        secret if secret.reveal().is_empty() => {
            Err(Error::invalid("the file is empty").context("path", path.display()))
        }
        secret => Ok(secret),
    }
}

impl fmt::Debug for KubeLogin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KubeLogin")
            .field("server", &self.server)
            .field("namespace", &self.namespace)
            .field("token", &self.token)
            .field("client", &self.client.is_some())
            .finish_non_exhaustive()
    }
}
