//! Who we are to a cluster: what `oc login` wrote, or the service account of a pod.

use std::fmt;
use std::path::{Path, PathBuf};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;

use crate::error::{Error, Result};
use crate::model::Secret;
use crate::registry::vendor::{Variables, secret_file};

const SERVICE_ACCOUNT: &str = "/var/run/secrets/kubernetes.io/serviceaccount";

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
    /// A certificate of ours and its key, in PEM.
    pub(super) client: Option<(Vec<u8>, Secret)>,
    /// The namespace that commands are about where none is said.
    pub namespace: Option<String>,
}

impl KubeLogin {
    /// This address and this token.
    pub fn token(server: impl Into<String>, token: Secret) -> Self {
        KubeLogin { server: server.into(), token: Some(token), ..KubeLogin::default() }
    }

    /// What `$KUBECONFIG`, `~/.kube/config` or the service account of this pod say, in this order; `context` in the place of the
    /// one that is current.
    ///
    /// # Errors
    /// `NotFound` where there is none of them; as [`from_kubeconfig`](Self::from_kubeconfig).
    pub fn of_this_machine(context: Option<&str>) -> Result<Self> {
        KubeLogin::of(&Variables::Process, Path::new(SERVICE_ACCOUNT), context)
    }

    pub(super) fn of(variables: &Variables, account: &Path, context: Option<&str>) -> Result<Self> {
        // Of several files the first that is there counts; they are not put together.
        let listed = variables.text("KUBECONFIG");
        let listed = listed.iter().flat_map(|list| std::env::split_paths(list)).collect::<Vec<_>>();
        let usual = variables.text("HOME").map(|home| PathBuf::from(home).join(".kube/config"));
        let files = if listed.is_empty() { usual.into_iter().collect() } else { listed };
        if let Some(path) = files.iter().find(|path| path.exists()) {
            return KubeLogin::from_kubeconfig(path, context);
        }
        let (host, port) = (variables.text("KUBERNETES_SERVICE_HOST"), variables.text("KUBERNETES_SERVICE_PORT"));
        if let (Some(host), Some(port), true) = (host, port, account.join("token").exists()) {
            let host = if host.contains(':') { format!("[{host}]") } else { host };
            let authority = std::fs::read(account.join("ca.crt")).ok();
            let namespace = std::fs::read_to_string(account.join("namespace")).ok();
            return Ok(KubeLogin {
                server: format!("https://{host}:{port}"),
                token: Some(secret_file(&account.join("token"))?),
                authority,
                client: None,
                namespace: namespace.map(|name| name.trim().to_owned()),
            });
        }
        Err(Error::not_found("there is no login to a cluster here")
            .hint("log in with oc login, or set KUBECONFIG, or run in a pod with a service account"))
    }

    /// Reads such a file.
    ///
    /// # Errors
    /// `Invalid` where it is none or its context is not whole; `Unsupported` where the user asks a program. No message holds text of
    /// the file but names.
    pub fn from_kubeconfig(path: &Path, context: Option<&str>) -> Result<Self> {
        let text = secret_file(path)?;
        let about = |error: Error| error.context("file", path.display());
        let file: File =
            serde_saphyr::from_str(text.reveal()).map_err(|_| about(Error::invalid("this is no kubeconfig")))?;
        file.login(path.parent().unwrap_or(Path::new(".")), context).map_err(about)
    }
}

#[derive(Deserialize)]
struct File {
    #[serde(default, rename = "current-context")]
    current: String,
    #[serde(default)]
    contexts: Vec<Named<Context>>,
    #[serde(default)]
    clusters: Vec<Named<Cluster>>,
    #[serde(default)]
    users: Vec<Named<User>>,
}

#[derive(Deserialize)]
struct Named<T> {
    name: String,
    #[serde(alias = "context", alias = "cluster", alias = "user")]
    value: T,
}

#[derive(Deserialize)]
struct Context {
    cluster: String,
    user: String,
    namespace: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Cluster {
    server: String,
    certificate_authority: Option<PathBuf>,
    certificate_authority_data: Option<String>,
    #[serde(default)]
    insecure_skip_tls_verify: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct User {
    token: Option<Secret>,
    #[serde(rename = "tokenFile")]
    token_file: Option<PathBuf>,
    client_certificate: Option<PathBuf>,
    client_certificate_data: Option<String>,
    client_key: Option<PathBuf>,
    client_key_data: Option<Secret>,
    exec: Option<serde::de::IgnoredAny>,
    #[serde(rename = "auth-provider")]
    auth_provider: Option<serde::de::IgnoredAny>,
}

impl File {
    fn login(self, folder: &Path, context: Option<&str>) -> Result<KubeLogin> {
        let name = context.unwrap_or(&self.current);
        let absent =
            |what: &str, name: &str| Error::invalid(format!("there is no such {what} in it")).context("name", name);
        let context = find(self.contexts, name).ok_or_else(|| absent("context", name))?;
        let cluster = find(self.clusters, &context.cluster).ok_or_else(|| absent("cluster", &context.cluster))?;
        let user = find(self.users, &context.user).ok_or_else(|| absent("user", &context.user))?;
        if cluster.insecure_skip_tls_verify {
            return Err(Error::unsupported("connections that trust anybody are not made")
                .context("cluster", &context.cluster)
                .hint("name the authority of the cluster (certificate-authority)"));
        }
        let token = match (user.token, &user.token_file) {
            (Some(token), _) => Some(token),
            (None, Some(file)) => Some(secret_file(&folder.join(file))?),
            (None, None) => None,
        };
        let authority = content(folder, cluster.certificate_authority_data, cluster.certificate_authority)?;
        let certificate = content(folder, user.client_certificate_data, user.client_certificate)?;
        let key = match (user.client_key_data, user.client_key) {
            (Some(data), _) => {
                let decoded = STANDARD.decode(data.reveal()).ok().and_then(|bytes| String::from_utf8(bytes).ok());
                Some(Secret::new(decoded.ok_or_else(|| Error::invalid("the key of the user is not base64"))?))
            }
            (None, Some(file)) => Some(secret_file(&folder.join(file))?),
            (None, None) => None,
        };
        let client = certificate.zip(key);
        if token.is_none() && client.is_none() {
            let asks = user.exec.is_some() || user.auth_provider.is_some();
            return Err(match asks {
                true => Error::unsupported("the user gets its token from a program")
                    .hint("use oc login, or a service account"),
                false => Error::unauthenticated("the user has neither a token nor a certificate"),
            }
            .context("user", context.user));
        }
        Ok(KubeLogin { server: cluster.server, token, authority, client, namespace: context.namespace })
    }
}

fn find<T>(all: Vec<Named<T>>, name: &str) -> Option<T> {
    all.into_iter().find(|entry| entry.name == name).map(|entry| entry.value)
}

/// Data in base64 counts before a file, whose path is relative to the kubeconfig's.
fn content(folder: &Path, data: Option<String>, file: Option<PathBuf>) -> Result<Option<Vec<u8>>> {
    match (data, file) {
        (Some(data), _) => {
            STANDARD.decode(data.trim()).map(Some).map_err(|_| Error::invalid("a certificate is not base64"))
        }
        (None, Some(file)) => {
            let path = folder.join(file);
            std::fs::read(&path).map(Some).map_err(|e| Error::io(&path, e))
        }
        (None, None) => Ok(None),
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
