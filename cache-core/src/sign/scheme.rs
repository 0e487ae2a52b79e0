//! The kinds of keys, and the algorithms that belong to each.

use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_ASN1, ECDSA_P256_SHA256_FIXED, ECDSA_P256_SHA384_ASN1, ECDSA_P256_SHA512_ASN1,
    ECDSA_P384_SHA256_ASN1, ECDSA_P384_SHA384_ASN1, ECDSA_P384_SHA384_FIXED, ECDSA_P384_SHA512_ASN1,
    ECDSA_P521_SHA256_ASN1, ECDSA_P521_SHA384_ASN1, ECDSA_P521_SHA512_ASN1, ECDSA_P521_SHA512_FIXED, ED25519,
    RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_2048_8192_SHA384, RSA_PKCS1_2048_8192_SHA512, VerificationAlgorithm,
};
use sha2::{Digest as _, Sha256, Sha384, Sha512};

/// What precedes the point in the SubjectPublicKeyInfo of every P-256 key (RFC 5480), the uncompressed form's first byte
/// included. A key in another encoding would have another fingerprint, so none is read.
pub(super) const P256_PREFIX: [u8; 27] = [
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
pub(super) const ED25519_PREFIX: [u8; 12] = [0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00];
/// `rsaEncryption` with its NULL; it follows four bytes with the length of the whole.
pub(super) const RSA_ALGORITHM: [u8; 15] =
    [0x30, 0x0d, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01, 0x05, 0x00];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Scheme {
    P256,
    P384,
    P521,
    Rsa,
    Ed25519,
}

impl Scheme {
    pub(super) fn of(spki: &[u8]) -> Option<Self> {
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

    /// The forms in which a signature of this shape may come. ECDSA signatures are ASN.1 where Sigstore made them; other
    /// writers of DSSE put down the two numbers as they are. Older versions of cosign used SHA-256 with each curve.
    pub(super) fn algorithms(self, signature: &[u8]) -> &'static [&'static dyn VerificationAlgorithm] {
        let asn1 = signature.first() == Some(&0x30);
        match (self, signature.len()) {
            (Scheme::P256, 64) if asn1 => &[&ECDSA_P256_SHA256_ASN1, &ECDSA_P256_SHA256_FIXED],
            (Scheme::P384, 96) if asn1 => &[&ECDSA_P384_SHA384_ASN1, &ECDSA_P384_SHA384_FIXED, &ECDSA_P384_SHA256_ASN1],
            (Scheme::P521, 132) if asn1 => {
                &[&ECDSA_P521_SHA512_ASN1, &ECDSA_P521_SHA512_FIXED, &ECDSA_P521_SHA256_ASN1]
            }
            (Scheme::P256, 64) => &[&ECDSA_P256_SHA256_FIXED],
            (Scheme::P384, 96) => &[&ECDSA_P384_SHA384_FIXED],
            (Scheme::P521, 132) => &[&ECDSA_P521_SHA512_FIXED],
            (Scheme::P256, _) => &[&ECDSA_P256_SHA256_ASN1],
            (Scheme::P384, _) => &[&ECDSA_P384_SHA384_ASN1, &ECDSA_P384_SHA256_ASN1],
            (Scheme::P521, _) => &[&ECDSA_P521_SHA512_ASN1, &ECDSA_P521_SHA256_ASN1],
            (Scheme::Rsa, _) => &[&RSA_PKCS1_2048_8192_SHA256],
            (Scheme::Ed25519, _) => &[&ED25519],
        }
    }

    /// The algorithm with this hash, for signatures whose format says which hash it is.
    pub(super) fn with(self, hash: Hash) -> &'static dyn VerificationAlgorithm {
        match (self, hash) {
            (Scheme::P256, Hash::Sha256) => &ECDSA_P256_SHA256_ASN1,
            (Scheme::P256, Hash::Sha384) => &ECDSA_P256_SHA384_ASN1,
            (Scheme::P256, Hash::Sha512) => &ECDSA_P256_SHA512_ASN1,
            (Scheme::P384, Hash::Sha256) => &ECDSA_P384_SHA256_ASN1,
            (Scheme::P384, Hash::Sha384) => &ECDSA_P384_SHA384_ASN1,
            (Scheme::P384, Hash::Sha512) => &ECDSA_P384_SHA512_ASN1,
            (Scheme::P521, Hash::Sha256) => &ECDSA_P521_SHA256_ASN1,
            (Scheme::P521, Hash::Sha384) => &ECDSA_P521_SHA384_ASN1,
            (Scheme::P521, Hash::Sha512) => &ECDSA_P521_SHA512_ASN1,
            (Scheme::Rsa, Hash::Sha256) => &RSA_PKCS1_2048_8192_SHA256,
            (Scheme::Rsa, Hash::Sha384) => &RSA_PKCS1_2048_8192_SHA384,
            (Scheme::Rsa, Hash::Sha512) => &RSA_PKCS1_2048_8192_SHA512,
            (Scheme::Ed25519, _) => &ED25519,
        }
    }

    /// The hash that signatures by such a key are over; of Ed25519 the one of its prehashed variant.
    pub(super) fn natural_hash(self) -> Hash {
        match self {
            Scheme::P256 | Scheme::Rsa => Hash::Sha256,
            Scheme::P384 => Hash::Sha384,
            Scheme::P521 | Scheme::Ed25519 => Hash::Sha512,
        }
    }

    /// What Sigstore calls the key and how it signs hashes (`PublicKeyDetails` of `sigstore_common.proto`).
    pub(super) fn details(self, spki: &[u8]) -> Option<&'static str> {
        Some(match (self, spki.len()) {
            (Scheme::P256, _) => "PKIX_ECDSA_P256_SHA_256",
            (Scheme::P384, _) => "PKIX_ECDSA_P384_SHA_384",
            (Scheme::P521, _) => "PKIX_ECDSA_P521_SHA_512",
            (Scheme::Ed25519, _) => "PKIX_ED25519_PH",
            // A key of so many bits with the usual exponent.
            (Scheme::Rsa, 294) => "PKIX_RSA_PKCS1V15_2048_SHA256",
            (Scheme::Rsa, 422) => "PKIX_RSA_PKCS1V15_3072_SHA256",
            (Scheme::Rsa, 550) => "PKIX_RSA_PKCS1V15_4096_SHA256",
            (Scheme::Rsa, _) => return None,
        })
    }
}

/// A hash that signatures are over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Hash {
    Sha256,
    Sha384,
    Sha512,
}

impl Hash {
    /// The hash of a message.
    pub(super) fn of(self, message: &[u8]) -> Vec<u8> {
        match self {
            Hash::Sha256 => Sha256::digest(message).to_vec(),
            Hash::Sha384 => Sha384::digest(message).to_vec(),
            Hash::Sha512 => Sha512::digest(message).to_vec(),
        }
    }

    /// The one that Sigstore calls so (`HashAlgorithm` of `sigstore_common.proto`).
    pub(super) fn named(name: &str) -> Option<Self> {
        Some(match name {
            "SHA2_256" => Hash::Sha256,
            "SHA2_384" => Hash::Sha384,
            "SHA2_512" => Hash::Sha512,
            _ => return None,
        })
    }

    /// Its usual name.
    pub(super) fn name(self) -> &'static str {
        match self {
            Hash::Sha256 => "sha256",
            Hash::Sha384 => "sha384",
            Hash::Sha512 => "sha512",
        }
    }
}
