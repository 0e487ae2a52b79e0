//! How a cluster is reached: by a kubeconfig, or from within.

use std::fmt;
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;

use crate::error::{Error, Result};
use crate::http::{is_loopback, is_secure};
use crate::model::Secret;
use crate::registry::{Network, Tls};

/// Where a pod finds its service account.
const SERVICE_ACCOUNT: &str = "/var/run/secrets/kubernetes.io/serviceaccount";
const MAX_KUBECONFIG: usize = 1 << 20;

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
    /// `Invalid` where it is none or names what is not in it; `Unsupported` where it asks to run a program for credentials, or
    /// not to check certificates.
    pub fn of_kubeconfig(path: &Path, context: Option<&str>) -> Result<Self> {
        let text = std::fs::read_to_string(path).map_err(|e| Error::io(path, e))?;
        let folder = path.parent().unwrap_or(Path::new("."));
        of_kubeconfig(&text, folder, context).map_err(|e| e.context("kubeconfig", path.display()))
    }

    /// From within a pod, as its service account.
    ///
    /// # Errors
    /// `NotFound` where this is no pod.
    pub fn in_cluster() -> Result<Self> {
        let variable = |name: &str| {
            std::env::var(name).map_err(|_| Error::not_found(format!("{name} is not set: this is no pod")))
        };
        let (host, port) = (variable("KUBERNETES_SERVICE_HOST")?, variable("KUBERNETES_SERVICE_PORT")?);
        let host = if host.contains(':') { format!("[{host}]") } else { host };
        let folder = Path::new(SERVICE_ACCOUNT);
        let authority = read(&folder.join("ca.crt"))?;
        let token = String::from_utf8_lossy(&read(&folder.join("token"))?).trim().to_owned();
        let network = Network::default().tls(Tls::default().trust_pem(&authority)?);
        ClusterConfig::new(&format!("https://{host}:{port}"), Some(Secret::new(token)), network)
    }
}

impl fmt::Debug for ClusterConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClusterConfig").field("server", &self.server.host()).finish_non_exhaustive()
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Kubeconfig {
    #[serde(default)]
    current_context: String,
    #[serde(default)]
    contexts: Vec<Named>,
    #[serde(default)]
    clusters: Vec<Named>,
    #[serde(default)]
    users: Vec<Named>,
}

#[derive(Deserialize)]
struct Named {
    name: String,
    #[serde(alias = "cluster", alias = "user")]
    context: Fields,
}

/// The fields of a context, a cluster or a user; each has its own.
#[derive(Deserialize, Default)]
#[serde(rename_all = "kebab-case", default)]
struct Fields {
    cluster: Option<String>,
    user: Option<String>,
    server: Option<String>,
    certificate_authority: Option<PathBuf>,
    certificate_authority_data: Option<String>,
    insecure_skip_tls_verify: bool,
    client_certificate: Option<PathBuf>,
    client_certificate_data: Option<String>,
    client_key: Option<PathBuf>,
    client_key_data: Option<Secret>,
    token: Option<Secret>,
    #[serde(rename = "tokenFile")]
    token_file: Option<PathBuf>,
    exec: Option<serde::de::IgnoredAny>,
    auth_provider: Option<serde::de::IgnoredAny>,
    username: Option<serde::de::IgnoredAny>,
}

fn of_kubeconfig(text: &str, folder: &Path, context: Option<&str>) -> Result<ClusterConfig> {
    if text.len() > MAX_KUBECONFIG {
        return Err(Error::invalid("the kubeconfig is too large"));
    }
    // What a parser says may have a secret in it.
    let config: Kubeconfig = serde_saphyr::from_str(text).map_err(|_| Error::invalid("this is no kubeconfig"))?;
    let find = |of: Vec<Named>, what: &'static str, name: Option<&str>| {
        let name = name.unwrap_or_default();
        let found = of.into_iter().find(|named| named.name == name).map(|named| named.context);
        found.ok_or_else(|| Error::invalid(format!("the kubeconfig has no {what} {name:?}")))
    };
    let context = find(config.contexts, "context", context.or(Some(&config.current_context)))?;
    let cluster = find(config.clusters, "cluster", context.cluster.as_deref())?;
    let user = find(config.users, "user", context.user.as_deref())?;
    if user.exec.is_some() || user.auth_provider.is_some() || user.username.is_some() {
        return Err(Error::unsupported("the user of the kubeconfig has no token and no certificate of its own")
            .hint("name a service account's token, or take the inventory with kubectl get -o json"));
    }
    if cluster.insecure_skip_tls_verify {
        return Err(Error::unsupported("the kubeconfig says not to check certificates").hint("name the authority"));
    }
    let bytes = |data: Option<&str>, path: Option<&PathBuf>| match (data, path) {
        (Some(data), _) => {
            STANDARD.decode(data.trim()).map(Some).map_err(|_| Error::invalid("the kubeconfig has no base64 here"))
        }
        (None, Some(path)) => read(&folder.join(path)).map(Some),
        (None, None) => Ok(None),
    };
    let mut tls = Tls::default();
    if let Some(pem) = bytes(cluster.certificate_authority_data.as_deref(), cluster.certificate_authority.as_ref())? {
        tls = tls.trust_pem(&pem)?;
    }
    let certificate = bytes(user.client_certificate_data.as_deref(), user.client_certificate.as_ref())?;
    let key = bytes(user.client_key_data.as_ref().map(Secret::reveal), user.client_key.as_ref())?;
    if let (Some(certificate), Some(key)) = (certificate, key) {
        let key = String::from_utf8(key).map_err(|_| Error::invalid("the key of the kubeconfig is no PEM"))?;
        tls = tls.identify_pem(&certificate, &Secret::new(key))?;
    }
    let token = match (user.token, user.token_file) {
        (Some(token), _) => Some(token),
        (None, Some(path)) => {
            let text = read(&folder.join(path))?;
            Some(Secret::new(String::from_utf8_lossy(&text).trim().to_owned()))
        }
        (None, None) => None,
    };
    let server = cluster.server.ok_or_else(|| Error::invalid("the cluster of the kubeconfig has no server"))?;
    ClusterConfig::new(&server, token, Network::default().tls(tls))
}

fn read(path: &Path) -> Result<Vec<u8>> {
    std::fs::read(path).map_err(|e| Error::io(path, e))
}

#[cfg(test)]
mod tests {
    use super::*;

    const CONFIG: &str = "
apiVersion: v1
kind: Config
current-context: a
contexts:
- {name: a, context: {cluster: c, user: u, namespace: x}}
- {name: b, context: {cluster: c, user: e}}
- {name: d, context: {cluster: i, user: u}}
clusters:
- {name: c, cluster: {server: 'https://api.example:6443'}}
- {name: i, cluster: {server: 'https://api.example:6443', insecure-skip-tls-verify: true}}
users:
- {name: u, user: {token: s3cret}}
- {name: e, user: {exec: {command: get-token}}}
";

    #[test]
    fn a_kubeconfig_is_read_by_context() {
        let folder = Path::new(".");
        let config = of_kubeconfig(CONFIG, folder, None).unwrap();
        assert_eq!(config.server.host(), Some("api.example"));
        assert_eq!(config.token.as_ref().map(Secret::reveal), Some("s3cret"));
        assert!(!format!("{config:?}").contains("s3cret"));
        for wrong in ["b", "d", "z"] {
            let error = of_kubeconfig(CONFIG, folder, Some(wrong)).unwrap_err();
            assert!(!format!("{error:?}").contains("s3cret"), "{error:?}");
        }
        for wrong in ["", "[]", "users: 1", "token: s3cret"] {
            assert!(of_kubeconfig(wrong, folder, None).is_err(), "{wrong}");
        }
        let plain = CONFIG.replace("https://", "http://");
        assert!(of_kubeconfig(&plain, folder, None).unwrap_err().to_string().contains("not encrypted"));
    }
}
