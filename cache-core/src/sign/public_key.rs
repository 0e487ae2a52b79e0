//! Public keys, and checking a signature with one.

use aws_lc_rs::signature::{ParsedPublicKey, UnparsedPublicKey, VerificationAlgorithm};
use ed25519_dalek::{Signature, VerifyingKey};
use sha2::Digest as _;

use super::hashes::Hashes;
use super::scheme::{ED25519_PREFIX, Hash, P256_PREFIX, Scheme};
use super::source;
use crate::error::{Error, Result};
use crate::model::{Digest, Identity};

/// The public half of a key, with a name for people.
///
/// Signatures by ECDSA keys on P-256, P-384 and P-521 (with SHA-256, SHA-384 and SHA-512; the larger ones also with SHA-256, as
/// older versions of cosign made them), by RSA keys of 2048 to 8192 bits (PKCS #1 v1.5 with SHA-256) and by Ed25519 keys (of
/// the message, or of its SHA-512: Ed25519ph) can be checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicKey {
    name: String,
    scheme: Scheme,
    /// DER, SubjectPublicKeyInfo.
    spki: Vec<u8>,
    /// The hash that signatures are over, where only one counts.
    hash: Option<Hash>,
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

    /// Reads a key in PEM from where `place` says: the path of a file, or `env://NAME` for a variable of the environment.
    ///
    /// # Errors
    /// `NotFound` where there is nothing; as [`from_pem`](PublicKey::from_pem).
    pub fn load(name: impl Into<String>, place: &str) -> Result<Self> {
        PublicKey::from_pem(name, source::text(place)?.reveal()).map_err(|e| e.context("key", place))
    }

    /// The key with this point of P-256, uncompressed.
    pub(super) fn from_p256_point(name: impl Into<String>, point: &[u8]) -> Result<Self> {
        let mut spki = P256_PREFIX[..P256_PREFIX.len() - 1].to_vec();
        spki.extend_from_slice(point);
        PublicKey::from_spki(name, spki)
    }

    /// The Ed25519 key with these bytes.
    pub(super) fn from_ed25519(name: impl Into<String>, raw: &[u8]) -> Result<Self> {
        PublicKey::from_spki(name, [&ED25519_PREFIX[..], raw].concat())
    }

    /// The same where signatures are over this hash and no other: `sha256`, `sha384` or `sha512`.
    ///
    /// # Errors
    /// `Unsupported` for other hashes.
    pub fn hashing_with(mut self, hash: &str) -> Result<Self> {
        self.hash = Some(match hash {
            "sha256" => Hash::Sha256,
            "sha384" => Hash::Sha384,
            "sha512" => Hash::Sha512,
            other => return Err(Error::unsupported(format!("signatures over the hash {other:?} cannot be checked"))),
        });
        Ok(self)
    }

    /// The key with this SubjectPublicKeyInfo in DER.
    pub(super) fn from_spki(name: impl Into<String>, spki: Vec<u8>) -> Result<Self> {
        let scheme = Scheme::of(&spki).ok_or_else(|| {
            Error::unsupported("the public key is of an unknown kind")
                .hint("known are P-256, P-384, P-521, RSA, Ed25519")
        })?;
        ParsedPublicKey::new(scheme.with(Hash::Sha256), &spki)
            .map_err(|_| Error::invalid("the public key is malformed, or an RSA key below 2048 bits"))?;
        Ok(PublicKey { name: name.into(), scheme, spki, hash: None })
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

    /// The key in DER, SubjectPublicKeyInfo.
    pub(super) fn spki(&self) -> &[u8] {
        &self.spki
    }

    pub(super) fn scheme(&self) -> Scheme {
        self.scheme
    }

    /// The hash that signatures by it are over; of Ed25519 that of its prehashed variant.
    pub(super) fn hash(&self) -> Hash {
        self.hash.unwrap_or(self.scheme.natural_hash())
    }

    /// The bare key where it is an Ed25519 one.
    pub(super) fn ed25519(&self) -> Option<&[u8]> {
        self.spki.get(ED25519_PREFIX.len()..).filter(|_| self.scheme == Scheme::Ed25519)
    }

    /// Checks a signature over `message`.
    pub(crate) fn verify(&self, message: &[u8], signature: &[u8]) -> Result<()> {
        if let Some(hash) = self.hash {
            return self.verify_with(hash, message, signature);
        }
        let good = |algorithm: &&'static dyn VerificationAlgorithm| {
            UnparsedPublicKey::new(*algorithm, &self.spki).verify(message, signature).is_ok()
        };
        if self.scheme.algorithms(signature).iter().any(good) || self.verify_prehashed(message, signature).is_some() {
            return Ok(());
        }
        Err(self.stranger())
    }

    /// Checks a signature over the message with this hash, where the format says which it is.
    pub(super) fn verify_with(&self, hash: Hash, message: &[u8], signature: &[u8]) -> Result<()> {
        let key = UnparsedPublicKey::new(self.scheme.with(hash), &self.spki);
        key.verify(message, signature).map_err(|_| self.stranger())
    }

    /// Checks a signature over a message of which only hashes are known. `Unsupported` where they do not suffice: only what is
    /// checked by them is refused as somebody else's.
    pub(super) fn verify_hashed(&self, hashes: &Hashes, signature: &[u8]) -> Result<()> {
        if self.scheme == Scheme::Ed25519 {
            return self.verify_ed25519_hashed(hashes, signature);
        }
        let algorithms: &[&'static dyn VerificationAlgorithm] = match self.hash {
            Some(hash) => &[self.scheme.with(hash)],
            None => self.scheme.algorithms(signature),
        };
        let digests = hashes.digests();
        // An algorithm takes no digest but that by its own hash.
        let good = |algorithm: &&'static dyn VerificationAlgorithm| {
            let key = ParsedPublicKey::new(*algorithm, &self.spki);
            key.is_ok_and(|key| digests.iter().any(|digest| key.verify_digest_sig(digest, signature).is_ok()))
        };
        if algorithms.iter().any(good) {
            return Ok(());
        }
        if hashes.get(self.hash()).is_some() {
            return Err(self.stranger());
        }
        let message = format!("the signature may be over the {} of the file, which is not known", self.hash().name());
        Err(Error::unsupported(message).context("key", &self.name))
    }

    fn verify_ed25519_hashed(&self, hashes: &Hashes, signature: &[u8]) -> Result<()> {
        if signature.len() != Signature::BYTE_SIZE {
            return Err(self.stranger());
        }
        let sha512 = hashes.sha512().filter(|_| self.hash.is_none());
        if sha512.is_some_and(|sha512| self.verify_ed25519ph(sha512.clone(), signature).is_some()) {
            return Ok(());
        }
        let message =
            "a signature by an Ed25519 key may be over the file itself: by its hashes alone it cannot be checked";
        Err(Error::unsupported(message).context("key", &self.name))
    }

    /// Ed25519ph (RFC 8032), which cosign signs with since version 3.
    pub(super) fn verify_prehashed(&self, message: &[u8], signature: &[u8]) -> Option<()> {
        self.verify_ed25519ph(sha2::Sha512::new_with_prefix(message), signature)
    }

    fn verify_ed25519ph(&self, sha512: sha2::Sha512, signature: &[u8]) -> Option<()> {
        let key = VerifyingKey::from_bytes(self.ed25519()?.try_into().ok()?).ok()?;
        let signature = Signature::from_slice(signature).ok()?;
        key.verify_prehashed_strict(sha512, None, &signature).ok()
    }

    fn stranger(&self) -> Error {
        Error::untrusted("the signature is not by this key").context("key", &self.name)
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

    use super::super::scheme::RSA_ALGORITHM;
    use super::*;
    use crate::error::ErrorKind;

    /// The hashes of a message, all of them.
    fn hashes(message: &[u8]) -> Hashes {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), message).unwrap();
        Hashes::of_file(file.path(), &[Hash::Sha384, Hash::Sha512]).unwrap()
    }

    fn of_sha256(message: &[u8]) -> Hashes {
        Hashes::of(&Digest::of(message)).unwrap()
    }

    /// By the message and by its hashes alike; a signature by Ed25519 that is over the message itself only by that.
    fn accepts(spki: &[u8], signature: &[u8]) {
        let key = PublicKey::from_pem("k", &to_pem("PUBLIC KEY", spki)).unwrap();
        let mut changed = signature.to_vec();
        *changed.last_mut().unwrap() ^= 1;
        key.verify(b"message", signature).unwrap();
        let wrong: [(&[u8], &[u8]); 3] = [(b"other", signature), (b"message", &changed), (b"message", b"")];
        for (message, signature) in wrong {
            assert!(key.verify(message, signature).is_err());
            let error = key.verify_hashed(&hashes(message), signature).unwrap_err();
            let undecided = key.scheme == Scheme::Ed25519 && !signature.is_empty();
            assert_eq!(error.kind(), if undecided { ErrorKind::Unsupported } else { ErrorKind::Untrusted });
        }
        let by_hashes = key.verify_hashed(&hashes(b"message"), signature);
        let is_pure = key.scheme == Scheme::Ed25519 && key.verify_prehashed(b"message", signature).is_none();
        assert_eq!(by_hashes.err().map(|error| error.kind()), is_pure.then_some(ErrorKind::Unsupported));
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
    fn older_and_newer_variants_verify() {
        let pair = aws::EcdsaKeyPair::generate(&aws::ECDSA_P521_SHA256_ASN1_SIGNING).unwrap();
        let signature = pair.sign(&SystemRandom::new(), b"message").unwrap();
        accepts(pair.public_key().as_der().unwrap().as_ref(), signature.as_ref());
        let pair = ed25519_dalek::SigningKey::from_bytes(&[7; 32]);
        let signature = pair.sign_prehashed(sha2::Sha512::new_with_prefix(b"message"), None).unwrap();
        let spki = [&ED25519_PREFIX[..], pair.verifying_key().as_bytes()].concat();
        accepts(&spki, &signature.to_bytes());
    }

    #[test]
    fn a_key_that_says_its_hash_takes_no_other() {
        let pair = aws::EcdsaKeyPair::generate(&aws::ECDSA_P256_SHA256_ASN1_SIGNING).unwrap();
        let signature = pair.sign(&SystemRandom::new(), b"message").unwrap();
        let key = PublicKey::from_spki("k", pair.public_key().as_der().unwrap().as_ref().to_vec()).unwrap();
        let over = |hash| key.clone().hashing_with(hash).unwrap();
        over("sha256").verify_hashed(&of_sha256(b"message"), signature.as_ref()).unwrap();
        let error = over("sha512").verify_hashed(&hashes(b"message"), signature.as_ref()).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Untrusted, "{error}");
    }

    #[test]
    fn what_the_known_hashes_cannot_decide_is_not_refused_as_a_strangers() {
        let pair = aws::EcdsaKeyPair::generate(&aws::ECDSA_P384_SHA384_ASN1_SIGNING).unwrap();
        let signature = pair.sign(&SystemRandom::new(), b"message").unwrap();
        let key = PublicKey::from_spki("k", pair.public_key().as_der().unwrap().as_ref().to_vec()).unwrap();
        let error = key.verify_hashed(&of_sha256(b"message"), signature.as_ref()).unwrap_err();
        assert!(error.kind() == ErrorKind::Unsupported && error.message().contains("sha384"), "{error}");
        // Over the SHA-256, as older versions of cosign made them.
        let pair = aws::EcdsaKeyPair::generate(&aws::ECDSA_P521_SHA256_ASN1_SIGNING).unwrap();
        let signature = pair.sign(&SystemRandom::new(), b"message").unwrap();
        let key = PublicKey::from_spki("k", pair.public_key().as_der().unwrap().as_ref().to_vec()).unwrap();
        key.verify_hashed(&of_sha256(b"message"), signature.as_ref()).unwrap();
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
