//! Whom we believe: the only maker of [`Verified`].

use serde::Deserialize;
use sha2::Digest as _;

use super::bundle::Bundle;
use super::dsse::{self, Envelope};
use super::public_key::PublicKey;
use super::statement::{IN_TOTO_PAYLOAD, Statement};
use crate::error::{Error, Result};
use crate::model::{Digest, Identity};

/// Content whose signature verified, and who signed it.
#[derive(Debug, Clone)]
pub struct Verified<T> {
    value: T,
    by: Identity,
}

impl<T> Verified<T> {
    /// The content.
    pub fn value(&self) -> &T {
        &self.value
    }

    /// Who signed it.
    pub fn by(&self) -> &Identity {
        &self.by
    }

    /// A part of the content, which the signature covers as well.
    pub fn map<U>(self, part: impl FnOnce(T) -> U) -> Verified<U> {
        Verified { value: part(self.value), by: self.by }
    }
}

/// The keys whose signatures count. Verification needs nothing else, and no network.
#[derive(Debug, Clone, Default)]
pub struct Trust {
    keys: Vec<PublicKey>,
}

impl Trust {
    /// Trust in these keys.
    pub fn in_keys(keys: Vec<PublicKey>) -> Self {
        Trust { keys }
    }

    /// The keys.
    pub fn keys(&self) -> &[PublicKey] {
        &self.keys
    }

    /// Verifies a bundle about `subject`.
    ///
    /// # Errors
    /// `Untrusted` where no trusted key made the signature, or the statement is about something else; `Unsupported` where
    /// the bundle holds no envelope or was signed with a certificate.
    pub fn verify_bundle(&self, bundle: &Bundle, subject: &Digest) -> Result<Verified<Statement>> {
        if !bundle.is_by_key() {
            return Err(keyless());
        }
        let envelope =
            bundle.envelope().ok_or_else(|| Error::unsupported("the bundle signs a file, not a statement"))?;
        self.verify_envelope(envelope, subject)
    }

    /// Verifies a bundle that signs a file, as `cosign sign-blob` makes it.
    ///
    /// # Errors
    /// `Untrusted` where no trusted key made the signature, or the bundle names another digest than the file's;
    /// `Unsupported` where the bundle holds an envelope or was signed with a certificate.
    pub fn verify_file(&self, bundle: &Bundle, file: &[u8]) -> Result<Verified<Digest>> {
        if !bundle.is_by_key() {
            return Err(keyless());
        }
        let message = bundle.message().ok_or_else(|| Error::unsupported("the bundle signs a statement, not a file"))?;
        if message.digest.as_ref().is_some_and(|(algorithm, digest)| !is_digest_of(algorithm, digest, file)) {
            return Err(Error::untrusted("the bundle names another digest than the file's"));
        }
        let key = self.keys.iter().find(|key| key.verify(file, &message.signature).is_ok());
        let key = key.ok_or_else(|| self.nobody())?;
        Ok(Verified { value: Digest::of(file), by: key.identity() })
    }

    /// Verifies an envelope with a statement about `subject`.
    ///
    /// # Errors
    /// `Untrusted` where no trusted key made the signature, or the statement is about something else.
    pub fn verify_envelope(&self, envelope: &Envelope, subject: &Digest) -> Result<Verified<Statement>> {
        let key = self.keys.iter().find(|key| envelope.verify(key).is_ok()).ok_or_else(|| self.nobody())?;
        if envelope.payload_type() != IN_TOTO_PAYLOAD {
            return Err(Error::untrusted(format!(
                "the signed payload is {:?}, not a statement",
                envelope.payload_type()
            )));
        }
        let statement = Statement::parse(envelope.payload().to_vec())?;
        if !statement.is_about(subject) {
            return Err(Error::untrusted("the signed statement is about another image").context("image", subject));
        }
        Ok(Verified { value: statement, by: key.identity() })
    }

    /// Verifies a signature in cosign's older format ("simple signing") of the image `subject`.
    ///
    /// # Errors
    /// `Untrusted` where no trusted key made the signature, or the payload names another image.
    pub fn verify_simple_signing(&self, payload: &[u8], signature: &str, subject: &Digest) -> Result<Verified<Digest>> {
        let signature = dsse::decode(signature)?;
        let key = self.keys.iter().find(|key| key.verify(payload, &signature).is_ok()).ok_or_else(|| self.nobody())?;
        let signed: SimpleSigning = serde_json::from_slice(payload)
            .map_err(|e| Error::invalid(format!("the signed payload does not parse: {e}")).caused_by(e))?;
        if signed.critical.kind != SIMPLE_SIGNING_TYPE {
            return Err(Error::untrusted(format!("the signed payload is a {:?}", signed.critical.kind)));
        }
        if signed.critical.image.digest != *subject {
            return Err(Error::untrusted("the signature is of another image").context("image", subject));
        }
        Ok(Verified { value: subject.clone(), by: key.identity() })
    }

    fn nobody(&self) -> Error {
        let names: Vec<&str> = self.keys.iter().map(PublicKey::name).collect();
        if names.is_empty() {
            return Error::untrusted("no key is trusted").hint("name the trusted public keys in the configuration");
        }
        Error::untrusted(format!("the signature is by no trusted key ({})", names.join(", ")))
    }
}

/// What is said of every signature with a certificate, until certificates are verified.
pub(super) fn keyless() -> Error {
    Error::unsupported("signatures with a certificate (keyless) are not verified yet")
}

/// Whether the hint in a bundle is true; one by an algorithm that is not known says nothing that could be.
fn is_digest_of(algorithm: &str, digest: &[u8], file: &[u8]) -> bool {
    match algorithm {
        "SHA2_256" => sha2::Sha256::digest(file)[..] == *digest,
        "SHA2_384" => sha2::Sha384::digest(file)[..] == *digest,
        "SHA2_512" => sha2::Sha512::digest(file)[..] == *digest,
        _ => false,
    }
}

const SIMPLE_SIGNING_TYPE: &str = "cosign container image signature";

#[derive(Deserialize)]
struct SimpleSigning {
    critical: Critical,
}

#[derive(Deserialize)]
struct Critical {
    image: SignedImage,
    #[serde(rename = "type")]
    kind: String,
}

#[derive(Deserialize)]
struct SignedImage {
    #[serde(rename = "docker-manifest-digest")]
    digest: Digest,
}
