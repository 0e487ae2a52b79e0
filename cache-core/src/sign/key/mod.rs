//! Signing with a private key of one's own, as cosign does.

mod kind;
mod pair;

use std::fmt;

use async_trait::async_trait;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
pub use kind::KeyKind;
use zeroize::Zeroizing;

use self::pair::Pair;
use super::bundle::Bundle;
use super::encrypted::{decrypt, encrypt, is_encrypted};
use super::public_key::PublicKey;
use super::{Sign, Signer, source};
use crate::approve::Permit;
use crate::error::{Error, Result};
use crate::model::{Identity, Secret};

/// A signer with a private key in memory: P-256, P-384, P-521, RSA of 2048 to 4096 bits, or Ed25519. The key is never shown.
pub struct KeySigner {
    pair: Pair,
    public: PublicKey,
    prehashed: bool,
}

impl KeySigner {
    /// A new P-256 key, as `cosign generate-key-pair` makes one.
    ///
    /// # Errors
    /// `Unexpected` where the system gives no random numbers.
    pub fn generate(name: impl Into<String>) -> Result<Self> {
        KeySigner::generate_kind(name, KeyKind::default())
    }

    /// A new key of this kind. A large RSA key takes seconds.
    ///
    /// # Errors
    /// `Unexpected` where the system gives no random numbers.
    pub fn generate_kind(name: impl Into<String>, kind: KeyKind) -> Result<Self> {
        KeySigner::from_pair(name, Pair::generate(kind)?)
    }

    /// Reads a key that is not encrypted from PEM: `PRIVATE KEY` (PKCS #8), `RSA PRIVATE KEY` (PKCS #1) or `EC PRIVATE KEY`
    /// (SEC 1).
    ///
    /// # Errors
    /// `Invalid` where it is no such PEM; `Unsupported` for encrypted keys, and for kinds and sizes that do not sign.
    pub fn from_pem(name: impl Into<String>, pem: &str) -> Result<Self> {
        let block = pem::parse(pem).map_err(|_| Error::invalid("not a private key in PEM"))?;
        let tag = block.tag().to_owned();
        let der = Zeroizing::new(block.into_contents());
        let pair = match tag.as_str() {
            "PRIVATE KEY" => Pair::from_pkcs8(&der)?,
            "RSA PRIVATE KEY" => Pair::from_pkcs1(&der)?,
            "EC PRIVATE KEY" => Pair::from_sec1(&der)?,
            _ => {
                let error = Error::unsupported(format!("a {tag:?} cannot be read"));
                return Err(error.hint(match is_encrypted(&tag) {
                    true => "the key is encrypted: read it with its password",
                    false => "use a \"PRIVATE KEY\", \"RSA PRIVATE KEY\" or \"EC PRIVATE KEY\", or one of cosign's",
                }));
            }
        };
        KeySigner::from_pair(name, pair)
    }

    /// Reads an encrypted key as cosign writes it (`cosign.key`).
    ///
    /// # Errors
    /// As [`decrypt_cosign_key`](super::decrypt_cosign_key), and `Unsupported` for kinds that do not sign.
    pub fn from_encrypted_pem(name: impl Into<String>, pem: &str, password: &Secret) -> Result<Self> {
        KeySigner::from_pair(name, Pair::from_pkcs8(&decrypt(pem, password)?)?)
    }

    /// Reads a key in PEM from where `place` says: the path of a file, or `env://NAME` for a variable of the environment. With
    /// a password it has to be an encrypted one.
    ///
    /// # Errors
    /// `NotFound` where there is nothing; as [`from_pem`](KeySigner::from_pem) and
    /// [`from_encrypted_pem`](KeySigner::from_encrypted_pem).
    pub fn load(name: impl Into<String>, place: &str, password: Option<&Secret>) -> Result<Self> {
        let text = source::text(place)?;
        let read = match password {
            Some(password) => KeySigner::from_encrypted_pem(name, text.reveal(), password),
            None => KeySigner::from_pem(name, text.reveal()),
        };
        read.map_err(|e| e.context("key", place))
    }

    fn from_pair(name: impl Into<String>, pair: Pair) -> Result<Self> {
        let public = PublicKey::from_spki(name, pair.spki()?)?;
        Ok(KeySigner { pair, public, prehashed: false })
    }

    /// The same, where an Ed25519 key signs the hash of what is signed (Ed25519ph) and not the thing itself. Transparency logs
    /// that keep hashes take no other, and cosign before version 3 verifies only the latter. Other keys sign hashes anyway.
    #[must_use]
    pub fn prehashed(self) -> Self {
        KeySigner { prehashed: true, ..self }
    }

    /// The public half.
    pub fn public_key(&self) -> &PublicKey {
        &self.public
    }

    /// The private key as PEM (PKCS #8, not encrypted), wiped from memory when dropped.
    ///
    /// # Errors
    /// `Unexpected` where the key cannot be written.
    pub fn to_pem(&self) -> Result<Zeroizing<String>> {
        Ok(private_pem(&self.pair.to_pkcs8()?))
    }

    /// The private key as PEM, encrypted with a password, which may be empty: a `cosign.key`.
    ///
    /// # Errors
    /// `Unexpected` where the key cannot be written.
    pub fn to_encrypted_pem(&self, password: &Secret) -> Result<String> {
        encrypt(&self.pair.to_pkcs8()?, password)
    }

    pub(super) fn sign_bytes(&self, message: &[u8]) -> Result<Vec<u8>> {
        self.pair.sign(message, self.prehashed)
    }
}

#[async_trait]
impl Signer for KeySigner {
    fn identity(&self) -> Identity {
        self.public.identity()
    }

    fn key(&self) -> Option<&PublicKey> {
        Some(&self.public)
    }

    async fn sign(&self, op: Permit<'_, Sign>) -> Result<Bundle> {
        op.expect_signer(&self.identity())?;
        op.bundle_by_key(&self.public, self.sign_bytes(&op.message())?)
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
mod tests;
