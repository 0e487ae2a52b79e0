//! A signature by a key that services confirm: logs that it exists, timestamps when.

use std::sync::Arc;

use async_trait::async_trait;

use super::bundle::Bundle;
use super::verify::{self, Demands};
use super::{PublicKey, Services, Sign, Signer, Trust, Trusted};
use crate::approve::Permit;
use crate::error::{Error, Result};
use crate::model::{Identity, Timestamp};

/// A signer with a key, whose signatures are entered in transparency logs and confirmed by timestamp authorities, as a signing
/// configuration says. The key may be anywhere: the other signer makes the signature.
#[derive(Debug)]
pub struct LoggedSigner {
    signer: Arc<dyn Signer>,
    key: PublicKey,
    services: Services,
}

impl LoggedSigner {
    /// This signer, with these services.
    ///
    /// # Errors
    /// `Unsupported` where the signer does not say which key it signs with.
    pub fn new(signer: Arc<dyn Signer>, services: Services) -> Result<Self> {
        let key = signer.key().cloned();
        let key = key.ok_or_else(|| Error::unsupported("the signer does not say which key it signs with"))?;
        Ok(LoggedSigner { signer, key, services })
    }
}

#[async_trait]
impl Signer for LoggedSigner {
    fn identity(&self) -> Identity {
        self.signer.identity()
    }

    fn key(&self) -> Option<&PublicKey> {
        Some(&self.key)
    }

    async fn sign(&self, op: Permit<'_, Sign>) -> Result<Bundle> {
        op.expect_signer(&self.identity())?;
        let asked = Sign::clone(&op);
        let message = asked.message();
        let chosen = self.services.choose(Timestamp::now())?;
        let bundle = self.signer.sign(op).await?;
        asked.expect_content(&bundle)?;
        // Before anybody else hears of it.
        Trust::in_keys(vec![self.key.clone()]).accepts(&bundle, &message)?;
        let bundle = self.services.confirm(&chosen, bundle, &message, verify::Signer::Key(&self.key)).await?;
        let demands = Demands { certificate_log: false, ..self.services.demands(&chosen) };
        let trusted = Trusted::key(self.key.clone()).demanding(demands, self.services.root().clone());
        Trust::in_all(vec![trusted]).accepts(&bundle, &message)?;
        Ok(bundle)
    }
}

#[cfg(test)]
mod tests;
