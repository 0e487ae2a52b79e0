//! Proxies and certificates, as text.

use std::fmt;
use std::path::PathBuf;

use serde::Deserialize;

use super::text::read_text;
use crate::error::{Error, Result};
use crate::model::Secret;
use crate::registry::{Network, Proxy, ProxyAddress, Tls};

/// How connections are made. Without a word: through the proxies of the environment, trusting whom the machine trusts.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NetworkConfig {
    /// `environment`, `none`, or the address of a proxy: `http://host:port`, with `user:password@` where it asks for a login.
    #[serde(default)]
    pub proxy: Option<Secret>,
    /// The authorities that are trusted beside the machine's.
    #[serde(default)]
    pub authorities: Vec<PemConfig>,
    /// What the registries are shown that ask for a certificate.
    #[serde(default)]
    pub client_certificate: Option<ClientCertificateConfig>,
}

/// Something in PEM: the text itself, or the path of a file with it.
#[derive(Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PemConfig {
    /// The text.
    #[serde(default)]
    pub pem: Option<Secret>,
    /// Where it is.
    #[serde(default)]
    pub path: Option<PathBuf>,
}

/// A certificate, with those that lead to its authority, and its private key.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ClientCertificateConfig {
    /// The certificate.
    pub certificate: PemConfig,
    /// The private key.
    pub key: PemConfig,
}

/// The network that a configuration describes, if any.
pub(super) fn network(config: Option<&NetworkConfig>) -> Result<Network> {
    config.map_or_else(|| NetworkConfig::default().network(), NetworkConfig::network)
}

impl NetworkConfig {
    /// The network that this describes.
    ///
    /// # Errors
    /// `Invalid` where a proxy, a certificate or a key cannot be read; what the file system says.
    pub fn network(&self) -> Result<Network> {
        let proxy = match self.proxy.as_ref().map(Secret::reveal) {
            None | Some("environment") => Proxy::Environment,
            Some("none") => Proxy::Direct,
            Some(address) => Proxy::At(ProxyAddress::parse(address)?),
        };
        let mut tls = Tls::default();
        for authority in &self.authorities {
            tls = tls.trust_pem(authority.text()?.reveal().as_bytes()).map_err(|e| authority.in_error(e))?;
        }
        if let Some(ClientCertificateConfig { certificate, key }) = &self.client_certificate {
            let (chain, key) = (certificate.text()?, key.text()?);
            tls = tls.identify_pem(chain.reveal().as_bytes(), &key).map_err(|e| certificate.in_error(e))?;
        }
        Ok(Network::default().proxy(proxy).tls(tls))
    }
}

impl PemConfig {
    fn text(&self) -> Result<Secret> {
        match (&self.pem, &self.path) {
            (Some(pem), None) => Ok(pem.clone()),
            (None, Some(path)) => read_text(path).map(Secret::new),
            _ => Err(Error::invalid("a certificate or key has either \"pem\" or \"path\"")),
        }
    }

    fn in_error(&self, error: Error) -> Error {
        match &self.path {
            Some(path) => error.context("certificate", path.display()),
            None => error,
        }
    }
}

impl fmt::Debug for PemConfig {
    // The text may be a private key.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PemConfig").field("path", &self.path).finish_non_exhaustive()
    }
}
