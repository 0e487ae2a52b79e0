//! Identity tokens (OpenID Connect): who a keyless signer is, on the word of a provider.

mod github;
mod jwt;
mod local;

use std::sync::Arc;

use async_trait::async_trait;
pub use github::GitHubActionsToken;
pub use jwt::IdentityToken;
use local::GITLAB;
pub use local::{CallbackToken, EnvironmentToken, FileToken, GivenToken};

use crate::error::{Error, Result};
use crate::http::Network;
use crate::model::Secret;

/// For whom tokens are made that Sigstore's certificate authorities take.
pub const SIGSTORE_AUDIENCE: &str = "sigstore";

/// Where identity tokens come from. It is asked for each signature, since tokens live for minutes.
#[async_trait]
pub trait TokenSource: std::fmt::Debug + Send + Sync + 'static {
    /// A token (a JSON Web Token in its compact form) for this audience. Whether it is one, is looked at by who asks.
    ///
    /// # Errors
    /// What the source says; never with the token in it.
    async fn token(&self, audience: &str) -> Result<Secret>;
}

/// The token of the job that this process runs in: of GitHub Actions, which is asked over this network, or of GitLab.
///
/// # Errors
/// `NotFound` where it is neither, with what each of them needs.
pub fn ambient_token(network: Network) -> Result<Arc<dyn TokenSource>> {
    if let Ok(github) = GitHubActionsToken::of_this_job() {
        return Ok(Arc::new(github.over(network)));
    }
    match std::env::var_os(GITLAB) {
        Some(token) if !token.is_empty() => Ok(Arc::new(EnvironmentToken::of_gitlab())),
        _ => Err(Error::not_found("no identity token is offered to this process").hint(
            "give a job of GitHub Actions the permission `id-token: write`, or a job of GitLab an `id_tokens` named \
             SIGSTORE_ID_TOKEN with the audience sigstore",
        )),
    }
}

#[cfg(test)]
mod tests;
