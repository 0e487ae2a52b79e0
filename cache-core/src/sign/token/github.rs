//! Tokens of GitHub Actions: an address and a token of its own are in the environment of a job with the permission
//! `id-token: write`, and the address gives identity tokens.

use ::http::Method;
use async_trait::async_trait;
use serde::Deserialize;

use super::TokenSource;
use crate::error::Result;
use crate::http::{self, Http, Network, Patience, Request};
use crate::model::Secret;
use crate::sign::services::Place;
use crate::sign::source;

const URL: &str = "ACTIONS_ID_TOKEN_REQUEST_URL";
const TOKEN: &str = "ACTIONS_ID_TOKEN_REQUEST_TOKEN";
/// No answer is larger.
const MAX_ANSWER: u64 = 128 << 10;

/// The token of a job of GitHub Actions.
#[derive(Debug)]
pub struct GitHubActionsToken {
    place: Place,
    token: Secret,
    http: Http,
}

#[derive(Deserialize)]
struct Answer {
    value: Secret,
}

impl GitHubActionsToken {
    /// As the environment of this process says.
    ///
    /// # Errors
    /// `NotFound` where it says nothing, as in a job without the permission; as [`at`](GitHubActionsToken::at).
    pub fn of_this_job() -> Result<Self> {
        let (url, token) = (source::variable(URL)?, source::variable(TOKEN)?);
        GitHubActionsToken::at(url.reveal(), token)
    }

    /// From this address, with this token.
    ///
    /// # Errors
    /// `Invalid` where it is no address, or would be asked without encryption on another machine.
    pub fn at(url: &str, token: Secret) -> Result<Self> {
        let place = Place::for_secrets("the provider of identity tokens", url)?;
        Ok(GitHubActionsToken { place, token, http: Http::new(Patience::default()) })
    }

    /// The same over this network.
    #[must_use]
    pub fn over(self, network: Network) -> Self {
        GitHubActionsToken { http: Http::over(network, None, Patience::default()), ..self }
    }
}

#[async_trait]
impl TokenSource for GitHubActionsToken {
    async fn token(&self, audience: &str) -> Result<Secret> {
        let url = http::with_query(self.place.url(), &format!("audience={}", http::encode(audience)))?;
        let mut request = Request::new(Method::GET, url);
        self.place.authorize(&mut request, &self.token)?;
        let answer = self.place.ask(&self.http, &request, MAX_ANSWER, Some(&self.token)).await?;
        // The error of the parser would quote the token.
        let answer: Answer = serde_json::from_slice(&answer).map_err(|_| self.place.malformed())?;
        Ok(answer.value)
    }
}
