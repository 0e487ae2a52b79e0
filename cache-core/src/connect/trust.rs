//! Whom to trust, as text.

use std::sync::Arc;

use serde::Deserialize;

use super::KeyConfig;
use super::text::text_or_file;
use crate::error::{Error, Result};
use crate::sign::{KeyDemands, SignersConfig, Trust, Trusted, TrustedRoot};

/// A public key that is trusted: the text itself, or where it is.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct TrustedKeyConfig {
    /// What records and verdicts call it.
    pub name: String,
    /// The PEM.
    #[serde(default)]
    pub pem: Option<String>,
    /// Where the PEM is: the path of a file, or `env://NAME` for a variable of the environment.
    #[serde(default)]
    pub path: Option<String>,
    /// What has to come with its signatures.
    #[serde(default)]
    pub demands: KeyDemands,
}

impl TrustedKeyConfig {
    fn key(&self) -> KeyConfig {
        let pem = self.pem.clone().map(Into::into);
        KeyConfig { name: self.name.clone(), pem, path: self.path.clone(), ..KeyConfig::default() }
    }
}

/// The keys and the keyless signers who are trusted.
pub(super) fn trusted<'a>(
    keys: &[TrustedKeyConfig],
    signers: impl IntoIterator<Item = &'a SignersConfig>,
    root: Option<&Arc<TrustedRoot>>,
) -> Result<Vec<Trusted>> {
    let mut trusted = Vec::new();
    for key in keys {
        trusted.push(key.demands.trusted(key.key().public()?, root)?);
    }
    for signers in signers {
        let root = root.ok_or_else(|| {
            Error::invalid("keyless signers need a trusted root")
                .context("signers", &signers.name)
                .hint("set trustedRoot")
        })?;
        trusted.push(signers.trusted(root)?);
    }
    Ok(trusted)
}

/// The same, where the root is given as text.
pub(super) fn trusted_under(
    keys: &[TrustedKeyConfig],
    signers: &[SignersConfig],
    root: Option<&str>,
) -> Result<Vec<Trusted>> {
    let root = root.map(read_root).transpose()?;
    trusted(keys, signers, root.as_ref())
}

/// The trust in them.
///
/// # Errors
/// `Invalid` where nobody is trusted.
pub(super) fn trust_in(keys: &[TrustedKeyConfig], signers: &[SignersConfig], root: Option<&str>) -> Result<Trust> {
    let trusted = trusted_under(keys, signers, root)?;
    if trusted.is_empty() {
        return Err(Error::invalid("nobody is trusted").hint("set trustedKeys or trustedSigners"));
    }
    Ok(Trust::in_all(trusted))
}

/// Reads a trusted root.
pub(super) fn read_root(text: &str) -> Result<Arc<TrustedRoot>> {
    text_or_file("trusted root", text, |json| TrustedRoot::parse(json.as_bytes())).map(Arc::new)
}
