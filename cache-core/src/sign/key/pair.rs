//! A private key of any kind, and what is done with it.

use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der, PublicKeyX509Der};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{KeyPair as RsaKeyPair, KeySize};
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_ASN1_SIGNING, ECDSA_P384_SHA384_ASN1_SIGNING, ECDSA_P521_SHA512_ASN1_SIGNING, EcdsaKeyPair,
    EcdsaSigningAlgorithm, Ed25519KeyPair, KeyPair as _, RSA_PKCS1_SHA256,
};
use ed25519_dalek::{Signer as _, SigningKey};
use sha2::Digest as _;
use zeroize::Zeroizing;

use super::KeyKind;
use crate::error::{Error, Result};
use crate::sign::scheme::ED25519_PREFIX;

const CURVES: [&EcdsaSigningAlgorithm; 3] =
    [&ECDSA_P256_SHA256_ASN1_SIGNING, &ECDSA_P384_SHA384_ASN1_SIGNING, &ECDSA_P521_SHA512_ASN1_SIGNING];
/// The sizes of RSA keys in bytes that sign. Larger ones are verified, and too slow to sign with.
const RSA_BYTES: std::ops::RangeInclusive<usize> = 256..=512;
/// What precedes the seed in the PKCS #8 document of an Ed25519 key (RFC 8410).
const ED25519_PKCS8: [u8; 16] =
    [0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20];

/// A private key. Each kind clears its memory when it is dropped.
pub(super) enum Pair {
    Ecdsa(EcdsaKeyPair),
    Rsa(RsaKeyPair),
    Ed25519(SigningKey),
}

impl Pair {
    pub(super) fn generate(kind: KeyKind) -> Result<Self> {
        let failed = |_| Error::unexpected("no key could be made");
        let curve = |curve| EcdsaKeyPair::generate(curve).map(Pair::Ecdsa).map_err(failed);
        let rsa = |size| RsaKeyPair::generate(size).map(Pair::Rsa).map_err(failed);
        match kind {
            KeyKind::P256 => curve(&ECDSA_P256_SHA256_ASN1_SIGNING),
            KeyKind::P384 => curve(&ECDSA_P384_SHA384_ASN1_SIGNING),
            KeyKind::P521 => curve(&ECDSA_P521_SHA512_ASN1_SIGNING),
            KeyKind::Rsa2048 => rsa(KeySize::Rsa2048),
            KeyKind::Rsa3072 => rsa(KeySize::Rsa3072),
            KeyKind::Rsa4096 => rsa(KeySize::Rsa4096),
            KeyKind::Ed25519 => {
                let mut seed = Zeroizing::new([0; 32]);
                getrandom::fill(&mut *seed).map_err(|e| Error::unexpected("no random numbers").caused_by(e))?;
                Ok(Pair::Ed25519(SigningKey::from_bytes(&seed)))
            }
        }
    }

    /// Reads PKCS #8 (RFC 5208), of whatever kind. What is wrong with a private key is not said in a parser's words.
    pub(super) fn from_pkcs8(der: &[u8]) -> Result<Self> {
        if let Some(pair) = CURVES.into_iter().find_map(|curve| EcdsaKeyPair::from_pkcs8(curve, der).ok()) {
            return Ok(Pair::Ecdsa(pair));
        }
        if let Ok(pair) = RsaKeyPair::from_pkcs8(der) {
            return sized(pair);
        }
        ed25519(der).map(Pair::Ed25519).ok_or_else(|| {
            Error::unsupported("the private key is of an unknown kind, or not in PKCS #8")
                .hint("known are P-256, P-384, P-521, RSA of 2048 to 4096 bits, Ed25519")
        })
    }

    /// Reads an elliptic curve key as it stands alone (SEC 1, RFC 5915).
    pub(super) fn from_sec1(der: &[u8]) -> Result<Self> {
        let found = CURVES.into_iter().find_map(|curve| EcdsaKeyPair::from_private_key_der(curve, der).ok());
        found.map(Pair::Ecdsa).ok_or_else(|| {
            Error::unsupported("the private key is on no known curve").hint("known are P-256, P-384, P-521")
        })
    }

    /// Reads an RSA key as it stands alone (PKCS #1, RFC 8017).
    pub(super) fn from_pkcs1(der: &[u8]) -> Result<Self> {
        sized(RsaKeyPair::from_der(der).map_err(|_| Error::invalid("the RSA key does not parse"))?)
    }

    /// The private key in PKCS #8.
    pub(super) fn to_pkcs8(&self) -> Result<Zeroizing<Vec<u8>>> {
        let failed = |_| Error::unexpected("the key cannot be written");
        match self {
            Pair::Ecdsa(pair) => Ok(Zeroizing::new(pair.to_pkcs8v1().map_err(failed)?.as_ref().to_vec())),
            Pair::Rsa(pair) => {
                let der: Pkcs8V1Der<'_> = pair.as_der().map_err(failed)?;
                Ok(Zeroizing::new(der.as_ref().to_vec()))
            }
            Pair::Ed25519(key) => {
                let mut der = Zeroizing::new(Vec::with_capacity(ED25519_PKCS8.len() + 32));
                der.extend_from_slice(&ED25519_PKCS8);
                der.extend_from_slice(key.as_bytes());
                Ok(der)
            }
        }
    }

    /// The public half, SubjectPublicKeyInfo in DER.
    pub(super) fn spki(&self) -> Result<Vec<u8>> {
        let failed = |_| Error::unexpected("the public key cannot be written");
        let der: PublicKeyX509Der<'_> = match self {
            Pair::Ecdsa(pair) => pair.public_key().as_der().map_err(failed)?,
            Pair::Rsa(pair) => pair.public_key().as_der().map_err(failed)?,
            Pair::Ed25519(key) => return Ok([&ED25519_PREFIX[..], key.verifying_key().as_bytes()].concat()),
        };
        Ok(der.as_ref().to_vec())
    }

    /// Signs a message, over the hash that belongs to the kind of the key; an Ed25519 key signs the message itself, or its
    /// SHA-512 where that is wanted (Ed25519ph).
    pub(super) fn sign(&self, message: &[u8], prehashed: bool) -> Result<Vec<u8>> {
        let failed = || Error::unexpected("signing failed");
        match self {
            Pair::Ecdsa(pair) => {
                let signature = pair.sign(&SystemRandom::new(), message).map_err(|_| failed())?;
                Ok(signature.as_ref().to_vec())
            }
            Pair::Rsa(pair) => {
                let mut signature = vec![0; pair.public_modulus_len()];
                let signed = pair.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), message, &mut signature);
                signed.map(|()| signature).map_err(|_| failed())
            }
            Pair::Ed25519(key) if prehashed => {
                let signature = key.sign_prehashed(sha2::Sha512::new_with_prefix(message), None);
                Ok(signature.map_err(|_| failed())?.to_bytes().to_vec())
            }
            Pair::Ed25519(key) => Ok(key.sign(message).to_bytes().to_vec()),
        }
    }
}

/// Where the seed is in the document is the same in both its versions. That it is this key's, the public half shows.
fn ed25519(der: &[u8]) -> Option<SigningKey> {
    let pair = Ed25519KeyPair::from_pkcs8_maybe_unchecked(der).ok()?;
    let start = ED25519_PKCS8.len();
    let key = SigningKey::from_bytes(der.get(start..start + 32)?.try_into().ok()?);
    (key.verifying_key().as_bytes()[..] == *pair.public_key().as_ref()).then_some(key)
}

fn sized(pair: RsaKeyPair) -> Result<Pair> {
    if RSA_BYTES.contains(&pair.public_modulus_len()) {
        return Ok(Pair::Rsa(pair));
    }
    Err(Error::unsupported("RSA keys sign from 2048 to 4096 bits")
        .context("bits", pair.public_modulus_len().saturating_mul(8)))
}
