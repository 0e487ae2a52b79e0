//! Credentials: who we are to a registry.

mod docker;
mod helper;
mod login;

use async_trait::async_trait;

pub use docker::DockerCredentials;
pub use login::write_docker_login;

use crate::error::Result;
use crate::model::Secret;

/// What is shown to a registry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Credential {
    /// Nothing.
    Anonymous,
    /// A user with a password or an access token.
    Password {
        /// The user's name.
        user: String,
        /// The password.
        password: Secret,
    },
    /// An OAuth 2 refresh token ("identity token"), to be exchanged at the registry's token endpoint.
    IdentityToken(Secret),
    /// A bearer token for the registry itself, used as it is.
    Bearer(Secret),
}

/// Finds the credential for a registry.
#[async_trait]
pub trait Credentials: std::fmt::Debug + Send + Sync + 'static {
    /// The credential for the repository `path` at `host` (`name` or `name:port`).
    ///
    /// # Errors
    /// Where a store of credentials exists and fails. "There is none" is [`Credential::Anonymous`].
    async fn get(&self, host: &str, path: &str) -> Result<Credential>;
}

/// A fixed credential is its own source, for every registry that asks: use it for one registry only.
#[async_trait]
impl Credentials for Credential {
    async fn get(&self, _: &str, _: &str) -> Result<Credential> {
        Ok(self.clone())
    }
}
