//! A signer that is somewhere else.

use async_trait::async_trait;

use super::bundle::Bundle;
use super::{PublicKey, Sign, Signer};
use crate::approve::Permit;
use crate::error::{Error, Result};
use crate::model::Identity;

/// A signer that is known by its public key or its name alone, so that plans can name it. It signs nothing: whoever executes the
/// plan has the signer itself, and whoever plans needs no secret.
#[derive(Debug, Clone)]
pub struct AbsentSigner {
    identity: Identity,
    key: Option<PublicKey>,
}

impl AbsentSigner {
    /// The signer with this key. What it signed before is recognised by it.
    pub fn of_key(key: PublicKey) -> Self {
        AbsentSigner { identity: key.identity(), key: Some(key) }
    }

    /// The signer who is called so: by the fingerprint of a key, or as a certificate names it. What it signed before is recognised
    /// only where it is trusted.
    pub fn of(identity: Identity) -> Self {
        AbsentSigner { identity, key: None }
    }
}

#[async_trait]
impl Signer for AbsentSigner {
    fn identity(&self) -> Identity {
        self.identity.clone()
    }

    fn key(&self) -> Option<&PublicKey> {
        self.key.as_ref()
    }

    fn can_sign(&self) -> bool {
        false
    }

    async fn sign(&self, op: Permit<'_, Sign>) -> Result<Bundle> {
        op.expect_signer(&self.identity)?;
        Err(Error::unsupported("the signer is known here by name only, so nothing can be signed")
            .context("signer", &self.identity)
            .hint("a plan is made like this; it is executed where the private key or the login is"))
    }
}

#[cfg(test)]
mod tests {
    use super::super::KeySigner;
    use super::*;
    use crate::error::ErrorKind;

    #[tokio::test]
    async fn it_is_the_signer_by_name_and_signs_nothing() {
        let signer = KeySigner::generate("release").unwrap();
        let by_key = AbsentSigner::of_key(signer.public_key().clone());
        let by_name = AbsentSigner::of(signer.identity());
        assert_eq!((by_key.identity(), by_name.identity()), (signer.identity(), signer.identity()));
        assert!(by_key.recognised().is_some() && by_name.recognised().is_none());
        let sign = |signer| Sign { signer, payload_type: None, payload: "x".into() };
        for absent in [by_key, by_name] {
            let op = crate::approve::testing_permit(sign(signer.identity()));
            assert_eq!(absent.sign(op).await.unwrap_err().kind(), ErrorKind::Unsupported);
            let other = crate::approve::testing_permit(sign(KeySigner::generate("other").unwrap().identity()));
            assert_eq!(absent.sign(other).await.unwrap_err().kind(), ErrorKind::Unapproved);
        }
    }
}
