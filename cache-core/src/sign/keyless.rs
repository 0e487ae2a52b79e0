//! Signing without a key of one's own: a provider says who signs, an authority certifies a key for a few minutes.

use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;

use super::bundle::Bundle;
use super::verify;
use super::{
    IdentityRule, IdentityToken, KeySigner, SIGSTORE_AUDIENCE, Services, Sign, Signer, TokenSource, Trust, Trusted,
};
use crate::approve::Permit;
use crate::error::Result;
use crate::model::{Identity, Timestamp};

/// A keyless signer. For each signature there is a new key, which lives as long as it takes to sign once.
///
/// Who signs is said beforehand, since that is what people approve; a token or a certificate for anybody else signs nothing.
/// What comes back verifies with the trusted root of the services and this identity, or does not come back.
#[derive(Debug)]
pub struct KeylessSigner {
    subject: String,
    issuer: String,
    tokens: Arc<dyn TokenSource>,
    services: Services,
}

impl KeylessSigner {
    /// The signer with this name in certificates (the address of a person, the URI of a workflow), authenticated by this
    /// issuer.
    pub fn new(
        subject: impl Into<String>,
        issuer: impl Into<String>,
        tokens: Arc<dyn TokenSource>,
        services: Services,
    ) -> Self {
        KeylessSigner { subject: subject.into(), issuer: issuer.into(), tokens, services }
    }

    /// The signer that the token is for, where that is known beforehand: see [`IdentityToken::identity`].
    ///
    /// # Errors
    /// What the source says; as [`IdentityToken::read`] and [`IdentityToken::identity`].
    pub async fn of_token(tokens: Arc<dyn TokenSource>, services: Services) -> Result<Self> {
        let token = tokens.token(SIGSTORE_AUDIENCE).await?;
        let token = IdentityToken::read(token, SIGSTORE_AUDIENCE, Timestamp::now())?;
        let subject = match token.identity()? {
            Identity::Certificate { subject, .. } => subject,
            Identity::Key { name, .. } => name,
        };
        Ok(KeylessSigner::new(subject, token.issuer().to_owned(), tokens, services))
    }

    fn trusted(&self, demands: verify::Demands) -> Trusted {
        let rule = IdentityRule::exact(&self.subject, &self.issuer);
        let root = self.services.root();
        Trusted::identities("the signer itself", vec![rule], root.clone()).demanding(demands, root.clone())
    }
}

#[async_trait]
impl Signer for KeylessSigner {
    fn identity(&self) -> Identity {
        Identity::Certificate {
            subject: self.subject.clone(),
            issuer: Some(self.issuer.clone()),
            claims: BTreeMap::new(),
        }
    }

    fn recognised(&self) -> Option<Trusted> {
        Some(self.trusted(self.services.usual_demands()))
    }

    async fn sign(&self, op: Permit<'_, Sign>) -> Result<Bundle> {
        let identity = self.identity();
        op.expect_signer(&identity)?;
        let now = Timestamp::now();
        let chosen = self.services.choose(now)?;
        let authority = self.services.authority(&chosen)?;
        let token = self.tokens.token(SIGSTORE_AUDIENCE).await?;
        let token = IdentityToken::read(token, SIGSTORE_AUDIENCE, now)?;
        let key = KeySigner::generate("ephemeral")?;
        let certificate = self.services.certificate(&authority, &token, &key, &identity, now).await?;
        let message = op.message();
        let bundle = Bundle::by_certificate(op.content(key.sign_bytes(&message)?), certificate.clone());
        let bundle =
            self.services.confirm(&chosen, bundle, &message, verify::Signer::Certificate(&certificate)).await?;
        Trust::in_all(vec![self.trusted(self.services.demands(&chosen))]).accepts(&bundle, &message)?;
        Ok(bundle)
    }
}

#[cfg(test)]
mod tests;
