//! How a cluster is reached: by a kubeconfig, or from within.

use std::fmt;
use std::path::Path;

use crate::error::{Error, Result};
use crate::http::{is_loopback, is_secure};
use crate::kube::{KubeLogin, SERVICE_ACCOUNT, of_kubeconfig, of_pod};
use crate::model::Secret;
use crate::registry::{Network, Tls};

/// The API server of a cluster, and who we are to it.
#[derive(Clone)]
pub struct ClusterConfig {
    pub(super) server: http::Uri,
    pub(super) token: Option<Secret>,
    pub(super) network: Network,
}

impl ClusterConfig {
    /// The server at this address, with a bearer token or the certificate of the network.
    ///
    /// # Errors
    /// `Invalid` where it is no address, or would send a token without encryption to another machine.
    pub fn new(server: &str, token: Option<Secret>, network: Network) -> Result<Self> {
        let server: http::Uri =
            server.parse().map_err(|e: http::uri::InvalidUri| Error::invalid("this is no API server").caused_by(e))?;
        let host = server.host().ok_or_else(|| Error::invalid("the address of the API server has no host"))?;
        if !is_secure(&server) && !is_loopback(host) {
            return Err(Error::invalid("the API server is not encrypted").context("host", host));
        }
        Ok(ClusterConfig { server, token, network })
    }

    /// What a kubeconfig says: of its current context, or of the one named.
    ///
    /// # Errors
    /// `Invalid` where it is none or names what is not in it; `Unsupported` where the user has to ask a program, has a password or
    /// acts as another, and where certificates are not to be checked.
    pub fn of_kubeconfig(path: &Path, context: Option<&str>) -> Result<Self> {
        let login = of_kubeconfig(path, context, "take the inventory with kubectl get -o json")?;
        ClusterConfig::of(login).map_err(|e| e.context("kubeconfig", path.display()))
    }

    /// From within a pod, as its service account.
    ///
    /// # Errors
    /// `NotFound` where this is no pod.
    pub fn in_cluster() -> Result<Self> {
        ClusterConfig::of(of_pod(|name| std::env::var(name).ok(), Path::new(SERVICE_ACCOUNT))?)
    }

    fn of(login: KubeLogin) -> Result<Self> {
        let tls = login.tls(Tls::default())?;
        ClusterConfig::new(&login.server, login.token, Network::default().tls(tls))
    }
}

impl fmt::Debug for ClusterConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClusterConfig").field("server", &self.server.host()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CONFIG: &str = "
current-context: a
contexts:
- {name: a, context: {cluster: c, user: u}}
- {name: nobody, context: {cluster: c, user: n}}
- {name: program, context: {cluster: c, user: p}}
- {name: damaged, context: {cluster: d, user: u}}
clusters:
- {name: c, cluster: {server: 'https://api.example:6443'}}
- {name: d, cluster: {server: 'https://api.example:6443', certificate-authority-data: cGVt}}
users:
- {name: u, user: {token: s3cret}}
- {name: n, user: {}}
- {name: p, user: {exec: {command: get-token}}}
";

    /// How the file is read is tested with its reader.
    #[test]
    fn a_login_leads_to_the_server_over_a_network_that_trusts_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("config");
        let read = |text: &str, context| {
            std::fs::write(&path, text).unwrap();
            ClusterConfig::of_kubeconfig(&path, context)
        };
        let config = read(CONFIG, None).unwrap();
        assert_eq!(config.server.host(), Some("api.example"));
        assert_eq!(config.token.as_ref().map(Secret::reveal), Some("s3cret"));
        assert!(!format!("{config:?}").contains("s3cret"));
        // A cluster may let anybody list: behind `kubectl proxy` it does.
        assert_eq!(read(CONFIG, Some("nobody")).unwrap().token, None);
        let program = read(CONFIG, Some("program")).unwrap_err();
        assert!(program.hint_text().unwrap().ends_with("kubectl get -o json"), "{program:?}");
        let damaged = read(CONFIG, Some("damaged")).unwrap_err();
        assert!(damaged.to_string().contains("kubeconfig"), "{damaged}");
        let plain = read(&CONFIG.replace("https://", "http://"), None).unwrap_err();
        assert!(plain.to_string().contains("not encrypted"), "{plain}");
    }
}
