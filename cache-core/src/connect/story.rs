//! Whose story is to be told, as text.

use serde::Deserialize;

use super::network::{NetworkConfig, network};
use super::trust::{TrustedKeyConfig, trusted_under};
use super::{RegistryConfig, open_source_of};
use crate::error::Result;
use crate::model::{Reference, Timestamp};
use crate::sign::{SignersConfig, Trust};
use crate::story::{Deployment, Story};

/// An image, whose word about it counts, and where it runs.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct StoryConfig {
    /// The image, by tag or digest.
    pub image: Reference,
    /// The public keys whose signatures count; what nobody who is trusted signed is told as a claim, or as a problem.
    #[serde(default)]
    pub trusted_keys: Vec<TrustedKeyConfig>,
    /// The keyless signers whose signatures count.
    #[serde(default)]
    pub trusted_signers: Vec<SignersConfig>,
    /// The trusted root: its JSON, or the path of a file with it.
    #[serde(default)]
    pub trusted_root: Option<String>,
    /// Where images run, by an inventory of the caller's.
    #[serde(default)]
    pub deployments: Vec<Deployment>,
    /// The registries that are more than the OCI protocol, or have a login of their own.
    #[serde(default)]
    pub registries: Vec<RegistryConfig>,
    /// How the image is reached over a network; without it, as the machine and its environment say.
    #[serde(default)]
    pub network: Option<NetworkConfig>,
}

impl StoryConfig {
    /// Gathers the story. See [`Story::of`].
    ///
    /// # Errors
    /// As there; `Invalid` where a key or the root cannot be read.
    pub async fn tell(&self) -> Result<Story> {
        let trusted = trusted_under(&self.trusted_keys, &self.trusted_signers, self.trusted_root.as_deref())?;
        let trust = Trust::in_all(trusted);
        let network = network(self.network.as_ref())?;
        let registry = open_source_of(&self.image.repository, &self.registries, network)?;
        Story::of(&*registry, &self.image, &trust, &self.deployments, Timestamp::now()).await
    }
}
