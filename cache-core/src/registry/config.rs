//! The configuration of an image.

use bytes::Bytes;
use serde::de::DeserializeOwned;

use super::Registry;
use crate::error::{Error, Result};
use crate::model::manifest::MAX_CONFIG;
use crate::model::{ImageManifest, Repository};

/// The configuration that a manifest names.
///
/// # Errors
/// `Invalid` where it is larger than 8 MiB; what the registry says.
pub async fn config_of(registry: &dyn Registry, repository: &Repository, image: &ImageManifest) -> Result<Bytes> {
    if image.config.size > MAX_CONFIG {
        let message = format!("a configuration of {} bytes; {MAX_CONFIG} are allowed", image.config.size);
        return Err(Error::invalid(message).context("digest", &image.config.digest));
    }
    registry.blob(repository, &image.config).await?.into_bytes(MAX_CONFIG).await
}

/// What is looked at of a configuration (OCI image specification, `config.md`).
///
/// # Errors
/// `Invalid` where it is none.
pub(super) fn read<T: DeserializeOwned>(config: &[u8]) -> Result<T> {
    // What is read by names may be read by places too, which nobody writes on purpose.
    if !config.trim_ascii_start().starts_with(b"{") {
        return Err(Error::invalid("the configuration is none of an image: no object"));
    }
    let invalid = |e: serde_json::Error| Error::invalid(format!("the configuration is none of an image: {e}"));
    serde_json::from_slice(config).map_err(invalid)
}
