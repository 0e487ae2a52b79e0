//! The key of a service account (Google, "Using OAuth 2.0 for Server to Server Applications").

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeyPair;
use aws_lc_rs::signature::RSA_PKCS1_SHA256;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Deserialize;
use serde_json::json;
use zeroize::Zeroizing;

use super::{SCOPE, TOKENS};
use crate::error::{Error, Result};
use crate::http::Network;
use crate::model::{Secret, Timestamp};
use crate::registry::vendor::{Token, grant};

/// The longest that an assertion may last.
const LIFETIME: i64 = 3600;

/// A file of type `service_account`.
#[derive(Deserialize)]
pub(super) struct Key {
    client_email: String,
    private_key: Secret,
    private_key_id: Option<String>,
    token_uri: Option<String>,
}

impl Key {
    pub(super) async fn token(&self, network: &Network) -> Result<Token> {
        let url = self.token_uri.as_deref().unwrap_or(TOKENS);
        let assertion = self.assertion(url, Timestamp::now())?;
        let form = [("grant_type", "urn:ietf:params:oauth:grant-type:jwt-bearer"), ("assertion", assertion.reveal())];
        grant(network, url, &form, "Google gives no token for the key of the service account").await
    }

    /// A statement of who we are, signed (RFC 7515, RFC 7523).
    fn assertion(&self, audience: &str, now: Timestamp) -> Result<Secret> {
        let mut head = json!({"alg": "RS256", "typ": "JWT"});
        if let Some(id) = &self.private_key_id {
            head["kid"] = json!(id);
        }
        let claims = json!({
            "iss": self.client_email,
            "scope": SCOPE,
            "aud": audience,
            "iat": now.unix(),
            "exp": now.unix() + LIFETIME,
        });
        let part = |value: &serde_json::Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let signed = format!("{}.{}", part(&head), part(&claims));
        let signature = URL_SAFE_NO_PAD.encode(self.sign(signed.as_bytes())?);
        Ok(Secret::new(format!("{signed}.{signature}")))
    }

    fn sign(&self, message: &[u8]) -> Result<Vec<u8>> {
        let unread = || Error::invalid("the private key is no RSA key in PEM");
        let der = pem::parse(self.private_key.reveal()).map_err(|_| unread())?;
        let der = Zeroizing::new(der.into_contents());
        let pair = KeyPair::from_pkcs8(&der).map_err(|_| unread())?;
        let mut signature = vec![0; pair.public_modulus_len()];
        let signing = pair.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), message, &mut signature);
        signing.map_err(|_| Error::unexpected("signing failed"))?;
        Ok(signature)
    }
}
