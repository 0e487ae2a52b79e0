//! The login that ECR gives for its registry: twelve hours long.

use std::sync::Arc;

use async_trait::async_trait;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use serde_json::json;
use tokio::sync::Mutex;

use super::api::{self, Api};
use crate::error::{Error, Result};
use crate::model::{Secret, Timestamp};
use crate::registry::credentials::{Credential, Credentials};

/// A login is asked for again this long before it ends: what begins with it must also end with it.
const MARGIN: i64 = 30 * 60;

/// Gives the login for one registry of ECR, and asks for a new one in time.
#[derive(Debug)]
pub struct EcrLogin {
    api: Arc<Api>,
    known: Mutex<Option<(Credential, Timestamp)>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Answer {
    #[serde(default)]
    authorization_data: Vec<Data>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Data {
    authorization_token: Secret,
    #[serde(default, deserialize_with = "api::time")]
    expires_at: Option<Timestamp>,
}

impl EcrLogin {
    pub(super) fn of(api: Arc<Api>) -> Self {
        EcrLogin { api, known: Mutex::default() }
    }

    async fn ask(&self) -> Result<(Credential, Timestamp)> {
        let answer: Answer = self.api.call("GetAuthorizationToken", json!({})).await?;
        let bad = || Error::unavailable("ECR's login is none");
        let data = answer.authorization_data.into_iter().next().ok_or_else(bad)?;
        let text = STANDARD.decode(data.authorization_token.reveal()).map_err(|_| bad())?;
        let text = Secret::new(String::from_utf8(text).map_err(|_| bad())?);
        let (user, password) = text.reveal().split_once(':').ok_or_else(bad)?;
        let credential = Credential::Password { user: user.to_owned(), password: Secret::new(password) };
        // A login that does not say when it ends is used once.
        Ok((credential, data.expires_at.unwrap_or_else(Timestamp::now)))
    }
}

#[async_trait]
impl Credentials for EcrLogin {
    async fn get(&self, host: &str, _: &str) -> Result<Credential> {
        if host != self.api.host().name() {
            return Ok(Credential::Anonymous);
        }
        let mut known = self.known.lock().await;
        if let Some((credential, end)) = known.as_ref()
            && end.unix() - MARGIN > Timestamp::now().unix()
        {
            return Ok(credential.clone());
        }
        let (credential, end) = self.ask().await?;
        *known = Some((credential.clone(), end));
        Ok(credential)
    }
}
