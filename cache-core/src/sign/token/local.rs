//! Tokens that are here already: in a file, in a variable, in the hands of the host application.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use async_trait::async_trait;
use futures_util::future::BoxFuture;

use super::TokenSource;
use crate::error::Result;
use crate::model::Secret;
use crate::sign::source;

/// The variable in which a job of GitLab has a token for Sigstore (`id_tokens` in its configuration).
pub(super) const GITLAB: &str = "SIGSTORE_ID_TOKEN";

/// A file that somebody keeps fresh, such as a projected token of Kubernetes. It is read again each time.
#[derive(Debug, Clone)]
pub struct FileToken(PathBuf);

impl FileToken {
    /// In this file.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        FileToken(path.into())
    }
}

#[async_trait]
impl TokenSource for FileToken {
    async fn token(&self, _: &str) -> Result<Secret> {
        source::file(&self.0)
    }
}

/// A variable of the environment.
#[derive(Debug, Clone)]
pub struct EnvironmentToken(String);

impl EnvironmentToken {
    /// In this variable.
    pub fn new(variable: impl Into<String>) -> Self {
        EnvironmentToken(variable.into())
    }

    /// In the variable of a job of GitLab that has an `id_tokens` of this name.
    pub fn of_gitlab() -> Self {
        EnvironmentToken::new(GITLAB)
    }
}

#[async_trait]
impl TokenSource for EnvironmentToken {
    async fn token(&self, _: &str) -> Result<Secret> {
        source::variable(&self.0)
    }
}

/// This token.
#[derive(Debug, Clone)]
pub struct GivenToken(Secret);

impl GivenToken {
    /// This one.
    pub fn new(token: Secret) -> Self {
        GivenToken(token)
    }
}

#[async_trait]
impl TokenSource for GivenToken {
    async fn token(&self, _: &str) -> Result<Secret> {
        Ok(self.0.clone())
    }
}

type Ask = dyn Fn(String) -> BoxFuture<'static, Result<Secret>> + Send + Sync;

/// The host application, which gets a token its own way, such as from a browser.
#[derive(Clone)]
pub struct CallbackToken(Arc<Ask>);

impl CallbackToken {
    /// What this function gives, which is told the audience.
    pub fn new<F>(ask: impl Fn(String) -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = Result<Secret>> + Send + 'static,
    {
        CallbackToken(Arc::new(move |audience| Box::pin(ask(audience))))
    }
}

#[async_trait]
impl TokenSource for CallbackToken {
    async fn token(&self, audience: &str) -> Result<Secret> {
        (self.0)(audience.to_owned()).await
    }
}

impl fmt::Debug for CallbackToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CallbackToken")
    }
}
