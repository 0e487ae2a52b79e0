//! Reading a kubeconfig.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::de::IgnoredAny;
use serde::{Deserialize, Deserializer};
use zeroize::Zeroizing;

use super::{Client, KubeLogin, MAX_FILE, secret};
use crate::error::{Error, Result};
use crate::files::{folder_of, read_limited, read_text};
use crate::model::Secret;

/// What a kubeconfig says of its current context, or of the one named. The paths in it are relative to its folder. A user with
/// neither a token nor a certificate is nobody in particular, which some clusters are content with. `otherwise` is what can be
/// done instead where the user cannot be used.
///
/// # Errors
/// `Invalid` where it is none or its context is not whole; `Unsupported` where the user has to ask a program, has a password or
/// acts as another, and where anybody is to be trusted. No message holds text of the file but names.
pub(crate) fn of_kubeconfig(path: &Path, context: Option<&str>, otherwise: &str) -> Result<KubeLogin> {
    let about = |error: Error| error.context("kubeconfig", path.display());
    // What a parser says may have a secret in it.
    let parse = |text: &str| serde_saphyr::from_str::<File>(text).map_err(|_| Error::invalid("this is no kubeconfig"));
    let file = read_text(path, MAX_FILE, parse)?.map_err(about)?;
    file.login(folder_of(path), context, otherwise).map_err(about)
}

/// An entry may say nothing, as long as it is not used; what any of them says is of its type.
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
    value: Option<T>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Context {
    cluster: String,
    user: String,
    #[serde(deserialize_with = "stated")]
    namespace: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "kebab-case")]
struct Cluster {
    #[serde(deserialize_with = "stated")]
    server: Option<String>,
    #[serde(deserialize_with = "stated")]
    certificate_authority: Option<PathBuf>,
    #[serde(deserialize_with = "stated")]
    certificate_authority_data: Option<String>,
    insecure_skip_tls_verify: bool,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "kebab-case")]
struct User {
    #[serde(deserialize_with = "stated")]
    token: Option<Secret>,
    #[serde(rename = "tokenFile", deserialize_with = "stated")]
    token_file: Option<PathBuf>,
    #[serde(deserialize_with = "stated")]
    client_certificate: Option<PathBuf>,
    #[serde(deserialize_with = "stated")]
    client_certificate_data: Option<String>,
    #[serde(deserialize_with = "stated")]
    client_key: Option<PathBuf>,
    #[serde(deserialize_with = "stated")]
    client_key_data: Option<Secret>,
    exec: Option<IgnoredAny>,
    auth_provider: Option<IgnoredAny>,
    #[serde(deserialize_with = "stated")]
    username: Option<Secret>,
    #[serde(deserialize_with = "stated")]
    password: Option<Secret>,
    #[serde(rename = "as", deserialize_with = "stated")]
    acts_as: Option<String>,
    #[serde(deserialize_with = "stated")]
    as_uid: Option<String>,
    #[serde(deserialize_with = "stated")]
    as_groups: Option<Vec<String>>,
    #[serde(deserialize_with = "stated")]
    as_user_extra: Option<BTreeMap<String, IgnoredAny>>,
}

/// What is empty is not stated, as for `kubectl`: it hides nothing that stands beside it.
fn stated<'de, D, T>(deserializer: D) -> Result<Option<T>, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de> + Default + PartialEq,
{
    let value = Option::<T>::deserialize(deserializer)?;
    Ok(value.filter(|value| *value != T::default()))
}

impl File {
    fn login(self, folder: &Path, context: Option<&str>, otherwise: &str) -> Result<KubeLogin> {
        let context = find(self.contexts, "context", context.unwrap_or(&self.current))?;
        let cluster = find(self.clusters, "cluster", &context.cluster)?;
        let user = find(self.users, "user", &context.user)?;
        if cluster.insecure_skip_tls_verify {
            return Err(Error::unsupported("connections that trust anybody are not made")
                .context("cluster", &context.cluster)
                .hint("name the authority of the cluster (certificate-authority)"));
        }
        let server = cluster.server.ok_or_else(|| {
            Error::invalid("the cluster of the kubeconfig has no server").context("cluster", &context.cluster)
        })?;
        let authority = content(folder, cluster.certificate_authority_data, cluster.certificate_authority)?;
        let unusable = |why: &str| {
            Error::unsupported(why)
                .hint(format!("name a user with a token or a certificate, such as a service account, or {otherwise}"))
        };
        let (token, client) = user.identity(folder, unusable).map_err(|e| e.context("user", &context.user))?;
        Ok(KubeLogin { server, token, authority, client, namespace: context.namespace })
    }
}

impl User {
    /// The token, and the certificate with its key.
    fn identity(self, folder: &Path, unusable: impl Fn(&str) -> Error) -> Result<(Option<Secret>, Option<Client>)> {
        if self.acts_as.is_some() || self.as_uid.is_some() || self.as_groups.is_some() || self.as_user_extra.is_some() {
            // Who may act as another has more rights than are meant here.
            return Err(unusable("the user of the kubeconfig acts as another (as), which is not done"));
        }
        let asks = self.exec.is_some() || self.auth_provider.is_some();
        let asks = asks || self.username.is_some() || self.password.is_some();
        let token = match (self.token, self.token_file.map(|file| secret(&folder.join(file)))) {
            // As client-go has it: the file is the newer one, and the text is there for when it cannot be read.
            (Some(token), Some(file)) => Some(file.unwrap_or(token)),
            (token, file) => file.transpose()?.or(token),
        };
        let certificate = content(folder, self.client_certificate_data, self.client_certificate)?;
        let half = |what: &str| Err(Error::invalid(format!("the user of the kubeconfig has a client {what}")));
        let client = match (certificate, key(folder, self.client_key_data, self.client_key)?) {
            (Some(certificate), Some(key)) => Some((certificate, key)),
            (Some(_), None) => return half("certificate without its key"),
            (None, Some(_)) => return half("key without its certificate"),
            (None, None) => None,
        };
        // What is there already is used, as kubectl does.
        if asks && token.is_none() && client.is_none() {
            return Err(unusable("the user of the kubeconfig has no token and no certificate of its own"));
        }
        Ok((token, client))
    }
}

fn find<T: Default>(all: Vec<Named<T>>, what: &str, name: &str) -> Result<T> {
    let found = all.into_iter().find(|entry| entry.name == name).map(|entry| entry.value.unwrap_or_default());
    found.ok_or_else(|| Error::invalid(format!("the kubeconfig has no such {what}")).context("name", name))
}

/// Data in base64 counts before a file.
fn content(folder: &Path, data: Option<String>, file: Option<PathBuf>) -> Result<Option<Vec<u8>>> {
    match (data, file) {
        (Some(data), _) => {
            STANDARD.decode(data.trim()).map(Some).map_err(|_| Error::invalid("a certificate is not base64"))
        }
        (None, Some(file)) => read_limited(&folder.join(file), MAX_FILE).map(Some),
        (None, None) => Ok(None),
    }
}

/// The same for a key.
fn key(folder: &Path, data: Option<Secret>, file: Option<PathBuf>) -> Result<Option<Secret>> {
    match (data, file) {
        (Some(data), _) => {
            let bytes = STANDARD.decode(data.reveal().trim()).map(Zeroizing::new);
            let bytes = bytes.map_err(|_| Error::invalid("the key of the user is not base64"))?;
            let text = std::str::from_utf8(&bytes).map_err(|_| Error::invalid("the key of the user is no PEM"))?;
            Ok(Some(Secret::new(text)))
        }
        (None, Some(file)) => secret(&folder.join(file)).map(Some),
        (None, None) => Ok(None),
    }
}
