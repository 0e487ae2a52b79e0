//! Public keys, and checking a signature with one.

use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_ASN1, ECDSA_P256_SHA256_FIXED, ECDSA_P384_SHA384_ASN1, ECDSA_P384_SHA384_FIXED,
    ECDSA_P521_SHA512_ASN1, ECDSA_P521_SHA512_FIXED, ED25519, ParsedPublicKey, RSA_PKCS1_2048_8192_SHA256,
    UnparsedPublicKey, VerificationAlgorithm,
};

use crate::error::{Error, Result};
use crate::model::{Digest, Identity};

/// What precedes the point in the SubjectPublicKeyInfo of every P-256 key (RFC 5480), the uncompressed form's first byte
/// included. A key in another encoding would have another fingerprint, so none is read.
const P256_PREFIX: [u8; 27] = [
    0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce,
    0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00, 0x04,
];
const P384_PREFIX: [u8; 24] = [
    0x30, 0x76, 0x30, 0x10, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x05, 0x2b, 0x81, 0x04, 0x00,
    0x22, 0x03, 0x62, 0x00, 0x04,
];
const P521_PREFIX: [u8; 26] = [
    0x30, 0x81, 0x9b, 0x30, 0x10, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x05, 0x2b, 0x81, 0x04,
    0x00, 0x23, 0x03, 0x81, 0x86, 0x00, 0x04,
];
const ED25519_PREFIX: [u8; 12] = [0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00];
/// `rsaEncryption` with its NULL; it follows four bytes with the length of the whole.
const RSA_ALGORITHM: [u8; 15] =
    [0x30, 0x0d, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01, 0x05, 0x00];

/// The public half of a key, with a name for people.
///
/// Signatures by ECDSA keys on P-256, P-384 and P-521 (with SHA-256, SHA-384 and SHA-512), by RSA keys of 2048 to 8192 bits
/// (PKCS #1 v1.5 with SHA-256) and by Ed25519 keys can be checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicKey {
    name: String,
    scheme: Scheme,
    /// DER, SubjectPublicKeyInfo.
    spki: Vec<u8>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Scheme {
    P256,
    P384,
    P521,
    Rsa,
    Ed25519,
}

impl Scheme {
    fn of(spki: &[u8]) -> Option<Self> {
        let exact = |prefix: &[u8], rest: usize| spki.starts_with(prefix) && spki.len() == prefix.len() + rest;
        match spki {
            _ if exact(&P256_PREFIX, 64) => Some(Scheme::P256),
            _ if exact(&P384_PREFIX, 96) => Some(Scheme::P384),
            _ if exact(&P521_PREFIX, 132) => Some(Scheme::P521),
            _ if exact(&ED25519_PREFIX, 32) => Some(Scheme::Ed25519),
            [0x30, 0x82, _, _, rest @ ..] if rest.starts_with(&RSA_ALGORITHM) => Some(Scheme::Rsa),
            _ => None,
        }
    }

    /// The forms in which a signature may come. ECDSA signatures are ASN.1 where Sigstore made them; other writers of DSSE
    /// put down the two numbers as they are.
    fn algorithms(self) -> &'static [&'static dyn VerificationAlgorithm] {
        match self {
            Scheme::P256 => &[&ECDSA_P256_SHA256_ASN1, &ECDSA_P256_SHA256_FIXED],
            Scheme::P384 => &[&ECDSA_P384_SHA384_ASN1, &ECDSA_P384_SHA384_FIXED],
            Scheme::P521 => &[&ECDSA_P521_SHA512_ASN1, &ECDSA_P521_SHA512_FIXED],
            Scheme::Rsa => &[&RSA_PKCS1_2048_8192_SHA256],
            Scheme::Ed25519 => &[&ED25519],
        }
    }
}

impl PublicKey {
    /// Reads a key from PEM (`PUBLIC KEY`), as in `cosign.pub`. The name is what records and verdicts call it.
    ///
    /// # Errors
    /// `Invalid` where it is no PEM of a public key; `Unsupported` where signatures by such a key cannot be checked.
    pub fn from_pem(name: impl Into<String>, pem: &str) -> Result<Self> {
        let block = pem::parse(pem).map_err(|e| Error::invalid("not a public key in PEM").caused_by(e))?;
        if block.tag() != "PUBLIC KEY" {
            return Err(Error::invalid(format!("the PEM block is {:?}, not \"PUBLIC KEY\"", block.tag())));
        }
        PublicKey::from_spki(name, block.into_contents())
    }

    /// The key with this point of P-256, uncompressed.
    pub(super) fn from_p256_point(name: impl Into<String>, point: &[u8]) -> Result<Self> {
        let mut spki = P256_PREFIX[..P256_PREFIX.len() - 1].to_vec();
        spki.extend_from_slice(point);
        PublicKey::from_spki(name, spki)
    }

    fn from_spki(name: impl Into<String>, spki: Vec<u8>) -> Result<Self> {
        let scheme = Scheme::of(&spki).ok_or_else(|| {
            Error::unsupported("the public key is of an unknown kind")
                .hint("known are P-256, P-384, P-521, RSA, Ed25519")
        })?;
        for algorithm in scheme.algorithms() {
            ParsedPublicKey::new(*algorithm, &spki)
                .map_err(|_| Error::invalid("the public key is malformed, or an RSA key below 2048 bits"))?;
        }
        Ok(PublicKey { name: name.into(), scheme, spki })
    }

    /// The name that the user gave it.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The key as PEM.
    pub fn to_pem(&self) -> String {
        to_pem("PUBLIC KEY", &self.spki)
    }

    /// The digest of the key in DER: its identity.
    pub fn fingerprint(&self) -> Digest {
        Digest::of(&self.spki)
    }

    /// The identity that a signature by this key proves.
    pub fn identity(&self) -> Identity {
        Identity::Key { fingerprint: self.fingerprint(), name: self.name.clone() }
    }

    /// Checks a signature over `message`.
    pub(crate) fn verify(&self, message: &[u8], signature: &[u8]) -> Result<()> {
        let good = |algorithm: &&'static dyn VerificationAlgorithm| {
            UnparsedPublicKey::new(*algorithm, &self.spki).verify(message, signature).is_ok()
        };
        if self.scheme.algorithms().iter().any(good) {
            return Ok(());
        }
        Err(Error::untrusted("the signature is not by this key").context("key", &self.name))
    }
}

pub(super) fn to_pem(tag: &str, der: &[u8]) -> String {
    let config = pem::EncodeConfig::new().set_line_ending(pem::LineEnding::LF);
    pem::encode_config(&pem::Pem::new(tag, der), config)
}

#[cfg(test)]
mod tests {
    use aws_lc_rs::encoding::AsDer;
    use aws_lc_rs::rand::SystemRandom;
    use aws_lc_rs::signature as aws;
    use aws_lc_rs::signature::KeyPair;

    use super::*;

    fn accepts(spki: &[u8], signature: &[u8]) {
        let key = PublicKey::from_pem("k", &to_pem("PUBLIC KEY", spki)).unwrap();
        key.verify(b"message", signature).unwrap();
        assert!(key.verify(b"other", signature).is_err());
        let mut changed = signature.to_vec();
        *changed.last_mut().unwrap() ^= 1;
        assert!(key.verify(b"message", &changed).is_err());
        assert!(key.verify(b"message", b"").is_err());
    }

    #[test]
    fn each_curve_verifies_in_both_forms() {
        let algorithms = [
            &aws::ECDSA_P256_SHA256_ASN1_SIGNING,
            &aws::ECDSA_P256_SHA256_FIXED_SIGNING,
            &aws::ECDSA_P384_SHA384_ASN1_SIGNING,
            &aws::ECDSA_P384_SHA384_FIXED_SIGNING,
            &aws::ECDSA_P521_SHA512_ASN1_SIGNING,
            &aws::ECDSA_P521_SHA512_FIXED_SIGNING,
        ];
        for algorithm in algorithms {
            let pair = aws::EcdsaKeyPair::generate(algorithm).unwrap();
            let signature = pair.sign(&SystemRandom::new(), b"message").unwrap();
            accepts(pair.public_key().as_der().unwrap().as_ref(), signature.as_ref());
        }
    }

    #[test]
    fn rsa_and_ed25519_verify() {
        let pair = aws::RsaKeyPair::generate(aws_lc_rs::rsa::KeySize::Rsa2048).unwrap();
        let mut signature = vec![0; pair.public_modulus_len()];
        pair.sign(&aws::RSA_PKCS1_SHA256, &SystemRandom::new(), b"message", &mut signature).unwrap();
        accepts(pair.public_key().as_der().unwrap().as_ref(), &signature);
        let pair = aws::Ed25519KeyPair::generate().unwrap();
        accepts(pair.public_key().as_der().unwrap().as_ref(), pair.sign(b"message").as_ref());
    }

    #[test]
    fn malformed_keys_are_refused() {
        let mut off_curve = P256_PREFIX.to_vec();
        off_curve.extend_from_slice(&[1; 64]);
        let mut rsa = vec![0x30, 0x82, 0x01, 0x22];
        rsa.extend_from_slice(&RSA_ALGORITHM);
        for spki in [&off_curve[..], &off_curve[..90], &rsa, &[]] {
            assert!(PublicKey::from_spki("k", spki.to_vec()).is_err());
        }
    }
}
