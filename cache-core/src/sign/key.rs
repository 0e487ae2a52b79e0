//! Signing with a P-256 key, as cosign does (ECDSA over SHA-256, signature in ASN.1).

use std::fmt;

use async_trait::async_trait;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, KeyPair};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use zeroize::Zeroizing;

use super::bundle::Bundle;
use super::dsse::{Envelope, pre_authentication_encoding};
use super::encrypted::{decrypt, is_encrypted};
use super::public_key::PublicKey;
use super::{Sign, Signer};
use crate::approve::Permit;
use crate::error::{Error, Result};
use crate::model::{Identity, Secret};

/// A signer with a P-256 key in memory. The key is never shown.
pub struct KeySigner {
    pair: EcdsaKeyPair,
    public: PublicKey,
}

impl KeySigner {
    /// A new key.
    ///
    /// # Errors
    /// `Unexpected` where the system gives no random numbers.
    pub fn generate(name: impl Into<String>) -> Result<Self> {
        let failed = |_| Error::unexpected("no key could be made");
        let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_ASN1_SIGNING).map_err(failed)?;
        KeySigner::from_pair(name, pair)
    }

    /// Reads a key from PEM (`PRIVATE KEY`: PKCS#8, not encrypted).
    ///
    /// # Errors
    /// `Invalid` where it is no such PEM; `Unsupported` for encrypted keys and other curves.
    pub fn from_pem(name: impl Into<String>, pem: &str) -> Result<Self> {
        let block = pem::parse(pem).map_err(|_| Error::invalid("not a private key in PEM"))?;
        if block.tag() != "PRIVATE KEY" {
            let error = Error::unsupported(format!("a {:?} cannot be read", block.tag()));
            return Err(error.hint(match is_encrypted(block.tag()) {
                true => "the key is encrypted: read it with its password",
                false => "use an unencrypted PKCS#8 key, \"PRIVATE KEY\", or one of cosign's",
            }));
        }
        KeySigner::from_pkcs8(name, &Zeroizing::new(block.into_contents()))
    }

    /// Reads an encrypted key as cosign writes it (`cosign.key`).
    ///
    /// # Errors
    /// As [`decrypt_cosign_key`](super::decrypt_cosign_key), and `Unsupported` for other curves.
    pub fn from_encrypted_pem(name: impl Into<String>, pem: &str, password: &Secret) -> Result<Self> {
        KeySigner::from_pkcs8(name, &decrypt(pem, password)?)
    }

    fn from_pkcs8(name: impl Into<String>, der: &[u8]) -> Result<Self> {
        let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, der)
            .map_err(|_| Error::unsupported("the private key is not a P-256 key in PKCS#8"))?;
        KeySigner::from_pair(name, pair)
    }

    fn from_pair(name: impl Into<String>, pair: EcdsaKeyPair) -> Result<Self> {
        let public = PublicKey::from_p256_point(name, pair.public_key().as_ref())?;
        Ok(KeySigner { pair, public })
    }

    /// The public half.
    pub fn public_key(&self) -> &PublicKey {
        &self.public
    }

    /// The private key as PEM (PKCS#8, not encrypted), wiped from memory when dropped.
    ///
    /// # Errors
    /// `Unexpected` where the key cannot be written.
    pub fn to_pem(&self) -> Result<Zeroizing<String>> {
        let der = self.pair.to_pkcs8v1().map_err(|_| Error::unexpected("the key cannot be written"))?;
        Ok(private_pem(der.as_ref()))
    }

    pub(super) fn sign_bytes(&self, message: &[u8]) -> Result<Vec<u8>> {
        let signature = self.pair.sign(&SystemRandom::new(), message);
        Ok(signature.map_err(|_| Error::unexpected("signing failed"))?.as_ref().to_vec())
    }
}

#[async_trait]
impl Signer for KeySigner {
    fn identity(&self) -> Identity {
        self.public.identity()
    }

    async fn sign(&self, op: Permit<'_, Sign>) -> Result<Bundle> {
        if op.signer != self.identity() {
            return Err(Error::unapproved("the plan names another signer").context("planned", &op.signer));
        }
        let signature = self.sign_bytes(&pre_authentication_encoding(&op.payload_type, &op.payload))?;
        let envelope = Envelope::new(op.payload_type.clone(), op.payload.to_vec(), signature);
        Ok(Bundle::by_key(envelope, &self.public))
    }
}

impl fmt::Debug for KeySigner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeySigner").field("public", &self.public.name()).finish_non_exhaustive()
    }
}

/// A PKCS#8 document as PEM, with no copy of it left behind: what grows would be moved, so nothing grows.
pub(super) fn private_pem(der: &[u8]) -> Zeroizing<String> {
    let body = Zeroizing::new(STANDARD.encode(der));
    let mut pem = Zeroizing::new(String::with_capacity(body.len() + body.len() / 64 + 64));
    pem.push_str("-----BEGIN PRIVATE KEY-----\n");
    for (at, character) in body.chars().enumerate() {
        if at > 0 && at % 64 == 0 {
            pem.push('\n');
        }
        pem.push(character);
    }
    pem.push_str("\n-----END PRIVATE KEY-----\n");
    pem
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_survives_its_pem_and_verifies_what_it_signs() {
        let signer = KeySigner::generate("k").unwrap();
        let again = KeySigner::from_pem("k", &signer.to_pem().unwrap()).unwrap();
        let public = PublicKey::from_pem("k", &signer.public_key().to_pem()).unwrap();
        assert_eq!(&public, again.public_key());
        let signature = again.sign_bytes(b"message").unwrap();
        assert!(public.verify(b"message", &signature).is_ok());
        assert!(public.verify(b"other", &signature).is_err());
        assert!(KeySigner::generate("k").unwrap().public_key().verify(b"message", &signature).is_err());
    }

    #[test]
    fn debug_never_shows_the_private_key() {
        let signer = KeySigner::generate("k").unwrap();
        let pem = signer.to_pem().unwrap();
        let line = pem.lines().nth(1).unwrap();
        assert!(!format!("{signer:?}").contains(line));
    }

    #[test]
    fn other_keys_are_refused_without_showing_them() {
        let private = KeySigner::generate("k").unwrap().to_pem().unwrap();
        assert!(PublicKey::from_pem("k", &private).is_err());
        for text in ["", "x", "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n"] {
            assert!(PublicKey::from_pem("k", text).is_err());
            assert!(KeySigner::from_pem("k", text).is_err());
        }
    }
}
