//! The services that confirm signatures, as text.

use std::sync::Arc;

use serde::Deserialize;

use super::Backing;
use super::network::{NetworkConfig, network};
use super::text::text_or_file;
use super::trust::read_root;
use crate::error::{Error, Result};
use crate::sign::{Selector, Service, Services, SigningConfig, TrustConfig, TrustedRoot, Window};

/// The services: a signing configuration, a trust configuration that holds one, or their addresses, all of which are used.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ServicesConfig {
    /// A signing configuration of Sigstore: its JSON, or the path of a file with it.
    #[serde(default)]
    pub signing_config: Option<String>,
    /// A trust configuration of Sigstore with a signing configuration and a trusted root: its JSON, or the path of a file.
    #[serde(default)]
    pub trust_config: Option<String>,
    /// The certificate authority.
    #[serde(default)]
    pub fulcio: Option<String>,
    /// The transparency logs.
    #[serde(default)]
    pub rekor: Vec<LogConfig>,
    /// The timestamp authorities, each by its whole address.
    #[serde(default)]
    pub tsa: Vec<String>,
    /// The trusted root that their answers are checked against: its JSON, or the path of a file with it. Without it, that of
    /// the trust configuration, or of what the signer belongs to.
    #[serde(default)]
    pub trusted_root: Option<String>,
    /// `false` for a certificate authority of one's own that enters its certificates in no certificate log.
    #[serde(default)]
    pub certificate_log: Option<bool>,
    /// How they are reached; without it, as what the signer belongs to.
    #[serde(default)]
    pub network: Option<NetworkConfig>,
}

/// A transparency log.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct LogConfig {
    /// Where it is.
    pub url: String,
    /// Which version of Rekor's interface it speaks: 1 or 2.
    pub version: u32,
}

impl ServicesConfig {
    /// The services.
    ///
    /// # Errors
    /// `Invalid` where they are described in no way or in several, or there is no trusted root; what the documents' readers say.
    pub(super) fn services(&self, backing: &Backing) -> Result<Services> {
        let (config, own_root) = self.config()?;
        let root = match &self.trusted_root {
            Some(text) => Some(read_root(text)?),
            None => own_root.or_else(|| backing.root.clone()),
        };
        let root = root.ok_or_else(|| {
            Error::invalid("the answers of services are checked against a trusted root, and there is none")
                .hint("set trustedRoot, or use a trust configuration")
        })?;
        let network = match &self.network {
            Some(stated) => network(Some(stated))?,
            None => backing.network.clone(),
        };
        let services = Services::new(config, root).over(network);
        Ok(if self.certificate_log == Some(false) { services.without_certificate_log() } else { services })
    }

    fn config(&self) -> Result<(SigningConfig, Option<Arc<TrustedRoot>>)> {
        let addresses = self.fulcio.is_some() || !self.rekor.is_empty() || !self.tsa.is_empty();
        match (&self.signing_config, &self.trust_config, addresses) {
            (Some(text), None, false) => {
                let config = text_or_file("signing configuration", text, |json| SigningConfig::parse(json.as_bytes()))?;
                Ok((config, None))
            }
            (None, Some(text), false) => {
                let both = text_or_file("trust configuration", text, |json| TrustConfig::parse(json.as_bytes()))?;
                let config = both.signing_config.ok_or_else(|| {
                    Error::invalid("the trust configuration has no signing configuration")
                        .hint("name the services by their addresses, or use another one")
                })?;
                Ok((config, Some(Arc::new(both.trusted_root))))
            }
            (None, None, true) => Ok((self.at_addresses(), None)),
            _ => Err(Error::invalid(
                "services are one of a \"signingConfig\", a \"trustConfig\", and addresses (\"fulcio\", \"rekor\", \"tsa\")",
            )),
        }
    }

    /// Each service is somebody else's, so that all of them are used.
    fn at_addresses(&self) -> SigningConfig {
        let service = |(number, (url, version)): (usize, (&String, u32))| Service {
            url: url.clone(),
            major_api_version: version,
            valid: Window::default(),
            operator: number.to_string(),
        };
        let first = |url| (url, 1);
        SigningConfig {
            authorities: self.fulcio.iter().map(first).enumerate().map(service).collect(),
            identity_providers: Vec::new(),
            logs: self.rekor.iter().map(|log| (&log.url, log.version)).enumerate().map(service).collect(),
            timestamp_authorities: self.tsa.iter().map(first).enumerate().map(service).collect(),
            log_selector: Selector::All,
            timestamp_selector: Selector::All,
        }
    }
}
