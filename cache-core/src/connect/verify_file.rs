//! A file and the bundle that signs it, as text, and what came of it, as plain data.

use std::path::PathBuf;

use serde::Deserialize;
use serde_json::{Value, json};

use super::trust::{TrustedKeyConfig, parsed, trust_in};
use crate::error::{Error, Result};
use crate::model::Digest;
use crate::sign::{Bundle, SignersConfig};

/// A file, the bundle that signs it, and whose signatures count.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct VerifyFileConfig {
    /// The path of the file. It is read whole.
    #[serde(default)]
    pub file: Option<PathBuf>,
    /// In the place of the file its SHA-256, for keys and signers who sign that.
    #[serde(default)]
    pub digest: Option<Digest>,
    /// The bundle, as `cosign sign-blob --bundle` writes it: its JSON, or the path of a file with it.
    pub bundle: String,
    /// The public keys whose signatures count.
    #[serde(default)]
    pub trusted_keys: Vec<TrustedKeyConfig>,
    /// The keyless signers whose signatures count.
    #[serde(default)]
    pub trusted_signers: Vec<SignersConfig>,
    /// The trusted root: its JSON, or the path of a file with it.
    #[serde(default)]
    pub trusted_root: Option<String>,
}

impl VerifyFileConfig {
    /// Verifies that a trusted signer signed the file, and says its `digest`, who signed it (`by`), as whose signature that
    /// counts (`accepted`) and since when it is proven to exist (`provenAt`, null where nobody asks for a proof). Needs no
    /// network.
    ///
    /// # Errors
    /// As [`Trust::verify_file`] and [`Trust::verify_file_digest`]; `Invalid` where nobody is trusted, or not either a file or
    /// a digest is given.
    ///
    /// [`Trust::verify_file`]: crate::sign::Trust::verify_file
    /// [`Trust::verify_file_digest`]: crate::sign::Trust::verify_file_digest
    pub fn verify(&self) -> Result<Value> {
        let trust = trust_in(&self.trusted_keys, &self.trusted_signers, self.trusted_root.as_deref())?;
        let bundle = parsed("bundle", &self.bundle, Bundle::parse)?;
        let verified = match (&self.file, &self.digest) {
            (Some(file), None) => {
                let bytes = std::fs::read(file).map_err(|e| Error::io(file, e))?;
                trust.verify_file(&bundle, &bytes).map_err(|e| e.context("file", file.display()))?
            }
            (None, Some(digest)) => trust.verify_file_digest(&bundle, digest)?,
            _ => return Err(Error::invalid("what is verified is either \"file\" or \"digest\"")),
        };
        Ok(json!({
            "digest": verified.value(),
            "by": verified.by(),
            "accepted": verified.accepted(),
            "provenAt": verified.proven_at(),
        }))
    }
}
