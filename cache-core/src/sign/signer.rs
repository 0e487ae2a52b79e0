//! What signing is: the operation, and the trait of those who do it.

use std::borrow::Cow;

use async_trait::async_trait;
use bytes::Bytes;

use super::bundle::{Bundle, Content, Message};
use super::dsse::{Envelope, pre_authentication_encoding};
use super::public_key::PublicKey;
use super::trusted::Trusted;
use crate::approve::Permit;
use crate::error::{Error, Result};
use crate::model::{Digest, Identity};

/// What is to be signed; what a permit to sign is about.
#[derive(Debug, Clone)]
pub struct Sign {
    /// Who is to sign.
    pub signer: Identity,
    /// The type of the payload in a DSSE envelope. Without one the payload is signed as it is, as cosign's older format has it.
    pub payload_type: Option<String>,
    /// The content to sign.
    pub payload: Bytes,
}

/// Something that signs: a key in a file, a key management service, a keyless identity.
///
/// Signing is a change like any other (a keyless signature ends up in a public log for ever), so it takes a permit. An
/// adapter refuses what [`Sign::expect_signer`] refuses, signs exactly [`Sign::message`], and has [`Sign::bundle_by_key`]
/// make the bundle, which checks the signature before anybody else sees it.
#[async_trait]
pub trait Signer: std::fmt::Debug + Send + Sync + 'static {
    /// Who signs; shown in the plan before anything is signed.
    fn identity(&self) -> Identity;

    /// The public key that it signs with, where that is one and the same each time.
    fn key(&self) -> Option<&PublicKey> {
        None
    }

    /// As whose signatures its own are recognised, so that nothing is signed a second time: those of its key. This trusts
    /// nobody: what a signature is worth to gates is for [`Trust`](super::Trust) to say. Where there is none, the signer's own
    /// statements are recognised only where it is trusted anyway.
    fn recognised(&self) -> Option<Trusted> {
        self.key().cloned().map(Trusted::key)
    }

    /// Whether it can sign here; one that is known by name alone cannot.
    fn can_sign(&self) -> bool {
        true
    }

    /// Signs.
    async fn sign(&self, op: Permit<'_, Sign>) -> Result<Bundle>;
}

impl Sign {
    /// The bytes that the signature is over: of an envelope its pre-authentication encoding.
    pub fn message(&self) -> Cow<'_, [u8]> {
        match &self.payload_type {
            Some(payload_type) => Cow::Owned(pre_authentication_encoding(payload_type, &self.payload)),
            None => Cow::Borrowed(&self.payload),
        }
    }

    /// Refuses to sign for somebody else.
    ///
    /// # Errors
    /// `Unapproved` where the plan names another signer.
    pub fn expect_signer(&self, identity: &Identity) -> Result<()> {
        if self.signer.is_same_signer(identity) {
            return Ok(());
        }
        Err(Error::unapproved("the plan names another signer").context("planned", &self.signer))
    }

    /// The bundle with a signature that was made with a key.
    ///
    /// # Errors
    /// `Untrusted` where this key did not make the signature over [`message`](Sign::message).
    pub fn bundle_by_key(&self, key: &PublicKey, signature: Vec<u8>) -> Result<Bundle> {
        let made = || Error::untrusted("the signature that was made is not by the signer's key");
        key.verify(&self.message(), &signature).map_err(|e| made().context("key", key.name()).caused_by(e))?;
        Ok(Bundle::by_key(self.content(signature), key))
    }

    /// The content of a bundle with this signature.
    pub(super) fn content(&self, signature: Vec<u8>) -> Content {
        match &self.payload_type {
            Some(payload_type) => {
                Content::Envelope(Envelope::new(payload_type.clone(), self.payload.to_vec(), signature))
            }
            None => {
                let digest = Digest::of(&self.payload).to_bytes();
                Content::Message(Message { digest: Some(("SHA2_256".to_owned(), digest)), signature })
            }
        }
    }

    /// Checks that a bundle is of this very operation. Its signature is not looked at.
    pub(super) fn expect_content(&self, bundle: &Bundle) -> Result<()> {
        let same = match (bundle.envelope(), &self.payload_type) {
            (Some(envelope), Some(kind)) => envelope.payload_type() == kind && envelope.payload() == &self.payload[..],
            (None, None) => true,
            _ => false,
        };
        if same { Ok(()) } else { Err(Error::untrusted("the signer signed something else than it was given")) }
    }
}
