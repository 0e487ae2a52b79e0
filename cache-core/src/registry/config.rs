//! The configuration of an image.

use bytes::Bytes;

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
