//! Where identity tokens come from, as text.

use std::path::PathBuf;
use std::sync::Arc;

use serde::Deserialize;
use serde_json::Value;

use super::Backing;
use super::reading::part;
use crate::error::{Error, Result};
use crate::model::Secret;
use crate::sign::{EnvironmentToken, FileToken, GitHubActionsToken, GivenToken, TokenSource, ambient_token};

/// Where identity tokens come from: a word, or an object with one field. What stands in the wrong place may be a token, so no
/// error repeats a value.
#[derive(Debug, Clone, Deserialize)]
#[serde(try_from = "Value")]
#[non_exhaustive]
pub enum TokenConfig {
    /// `ambient`: the job that this process runs in, of whichever service.
    Ambient,
    /// `github-actions`: a job of GitHub Actions with the permission `id-token: write`.
    GitHubActions,
    /// `gitlab`: a job of GitLab with an `id_tokens` named `SIGSTORE_ID_TOKEN`.
    GitLab,
    /// `callback`: the application, by the function that it hands over.
    Callback,
    /// `{"file": PATH}`: a file that somebody keeps fresh.
    File(PathBuf),
    /// `{"env": NAME}`: a variable of the environment.
    Environment(String),
    /// `{"token": TEXT}`: this token.
    Given(Secret),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Place {
    file: Option<PathBuf>,
    env: Option<String>,
    token: Option<Secret>,
}

impl TryFrom<Value> for TokenConfig {
    type Error = String;

    fn try_from(value: Value) -> Result<Self, Self::Error> {
        let unknown = "identity tokens come from \"ambient\", \"github-actions\", \"gitlab\", \"callback\", {\"file\"}, \
                       {\"env\"} or {\"token\"}";
        if let Value::String(word) = &value {
            return match word.as_str() {
                "ambient" => Ok(TokenConfig::Ambient),
                "github-actions" => Ok(TokenConfig::GitHubActions),
                "gitlab" => Ok(TokenConfig::GitLab),
                "callback" => Ok(TokenConfig::Callback),
                _ => Err(unknown.to_owned()),
            };
        }
        if !value.is_object() {
            return Err(unknown.to_owned());
        }
        match part("", value)? {
            Place { file: Some(path), env: None, token: None } => Ok(TokenConfig::File(path)),
            Place { file: None, env: Some(name), token: None } => Ok(TokenConfig::Environment(name)),
            Place { file: None, env: None, token: Some(token) } => Ok(TokenConfig::Given(token)),
            _ => Err(unknown.to_owned()),
        }
    }
}

impl TokenConfig {
    /// The source of tokens.
    ///
    /// # Errors
    /// `NotFound` where this process is no such job; `Invalid` where the application was to be asked and gave no function, or
    /// gave one that nobody asks.
    pub(super) fn source(&self, backing: &Backing) -> Result<Arc<dyn TokenSource>> {
        if let (Some(_), false) = (&backing.tokens, matches!(self, TokenConfig::Callback)) {
            return Err(Error::invalid("the function that gives identity tokens is asked by nobody")
                .hint("say \"keyless\": \"callback\", or hand over no function"));
        }
        Ok(match self {
            TokenConfig::Ambient => ambient_token(backing.network.clone())?,
            TokenConfig::GitHubActions => Arc::new(GitHubActionsToken::of_this_job()?.over(backing.network.clone())),
            TokenConfig::GitLab => Arc::new(EnvironmentToken::of_gitlab()),
            TokenConfig::File(path) => Arc::new(FileToken::new(path)),
            TokenConfig::Environment(name) => Arc::new(EnvironmentToken::new(name)),
            TokenConfig::Given(token) => Arc::new(GivenToken::new(token.clone())),
            TokenConfig::Callback => backing.tokens.clone().ok_or_else(|| {
                Error::invalid("no function was handed over that gives identity tokens")
                    .hint("hand one over beside the configuration")
            })?,
        })
    }
}
