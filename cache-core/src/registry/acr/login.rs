//! The registry's login for a token of the directory: it is exchanged in a body, since it is too long for a header.

use async_trait::async_trait;
use http::header::CONTENT_TYPE;
use http::{HeaderValue, Method};
use serde::Deserialize;
use tokio::sync::Mutex;

use crate::error::{Error, Result};
use crate::http::{Network, Patience, encode, is_loopback};
use crate::model::{Secret, Timestamp};
use crate::registry::azure::AzureCredentials;
use crate::registry::credentials::{Credential, Credentials};
use crate::registry::vendor::{Api, json};

/// ACR's tokens for refreshing live for three hours.
const LIFETIME: i64 = 2 * 3600;
const AUDIENCE: &str = "https://containerregistry.azure.net";

/// Gives the login for one Azure Container Registry, and asks for a new one in time.
#[derive(Debug)]
pub struct AcrLogin {
    host: String,
    api: Api,
    azure: AzureCredentials,
    known: Mutex<Option<(Secret, Timestamp)>>,
}

impl AcrLogin {
    pub(super) fn new(
        host: &str,
        plain_http: Option<bool>,
        azure: AzureCredentials,
        network: &Network,
        patience: &Patience,
    ) -> Result<Self> {
        let scheme = if plain_http.unwrap_or_else(|| is_loopback(host)) { "http" } else { "https" };
        let api = Api::new(&format!("{scheme}://{host}"), network.clone(), patience.clone())?;
        Ok(AcrLogin { host: host.to_owned(), api, azure, known: Mutex::default() })
    }

    async fn exchange(&self) -> Result<Secret> {
        #[derive(Deserialize)]
        struct Exchanged {
            refresh_token: Secret,
        }
        let token = self.azure.token(AUDIENCE).await?;
        let mut request = self.api.request(Method::POST, "/oauth2/exchange")?;
        request.headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/x-www-form-urlencoded"));
        let (service, token) = (encode(&self.host), encode(token.reveal()));
        request.body = format!("grant_type=access_token&service={service}&access_token={token}").into();
        let answer = self.api.send(&request, "the registry gives no login for the directory's token").await;
        let about = |error: Error| error.context("registry", &self.host);
        Ok(json::<Exchanged>(answer.map_err(about)?).await.map_err(about)?.refresh_token)
    }
}

#[async_trait]
impl Credentials for AcrLogin {
    async fn get(&self, host: &str, _: &str) -> Result<Credential> {
        if host != self.host {
            return Ok(Credential::Anonymous);
        }
        let now = Timestamp::now();
        let mut known = self.known.lock().await;
        if let Some((token, _)) = known.as_ref().filter(|(_, until)| *until > now) {
            return Ok(Credential::IdentityToken(token.clone()));
        }
        let token = self.exchange().await?;
        *known = Some((token.clone(), Timestamp::from_unix(now.unix() + LIFETIME)?));
        Ok(Credential::IdentityToken(token))
    }
}
