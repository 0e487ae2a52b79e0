//! Sigstore bundles: a signature with what is needed to verify it (`sigstore_bundle.proto`).

mod wire;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use self::wire::{Material3, Wire, WireMessage};
use super::dsse::Envelope;
use super::public_key::PublicKey;
use super::verify::{self, Certificate, Material, Signed};
use crate::error::{Error, Result};

/// The media type of a bundle, and the artifact type of the referrer that holds it.
pub const BUNDLE_V03: &str = "application/vnd.dev.sigstore.bundle.v0.3+json";
/// The predicate type of the statement that `cosign sign` writes since version 3.
pub const COSIGN_SIGN_TYPE: &str = "https://sigstore.dev/cosign/sign/v1";
/// The media types that are read, with what makes the versions differ. The type is not signed, so it may only make a check
/// stricter: what suffices is [`Demands`](super::Demands)' to say.
const READ: [(&str, Version); 4] = [
    (BUNDLE_V03, Version::V03),
    ("application/vnd.dev.sigstore.bundle+json;version=0.3", Version::V03),
    ("application/vnd.dev.sigstore.bundle+json;version=0.2", Version::V02),
    ("application/vnd.dev.sigstore.bundle+json;version=0.1", Version::V01),
];

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Version {
    /// An entry may come with nothing but the log's promise.
    V01,
    /// Each entry has an inclusion proof.
    V02,
    /// The certificate stands alone, without a chain.
    V03,
}

/// A bundle: what was signed, the signature, and how to find the key.
#[derive(Debug, Clone)]
pub struct Bundle {
    content: Content,
    signed_with: SignedWith,
    material: Material,
}

/// What a bundle signs.
#[derive(Debug, Clone)]
pub(super) enum Content {
    Envelope(Envelope),
    Message(Message),
}

/// A signature over the bytes of a file.
#[derive(Debug, Clone)]
pub(super) struct Message {
    /// The algorithm's name and the digest: a hint that is not signed.
    pub(super) digest: Option<(String, Vec<u8>)>,
    pub(super) signature: Vec<u8>,
}

#[derive(Debug, Clone)]
enum SignedWith {
    /// A key, with a hint at which.
    Key(String),
    /// A certificate, or a chain of them: see the material.
    Certificate,
}

impl Bundle {
    /// A bundle signed with a key.
    pub(super) fn by_key(content: Content, key: &PublicKey) -> Self {
        let hint = STANDARD.encode(key.fingerprint().to_bytes());
        Bundle { content, signed_with: SignedWith::Key(hint), material: Material::default() }
    }

    /// A bundle signed with the key of a certificate.
    pub(super) fn by_certificate(content: Content, certificate: Certificate) -> Self {
        let material = Material { certificates: vec![certificate], ..Material::default() };
        Bundle { content, signed_with: SignedWith::Certificate, material }
    }

    /// Reads a bundle of version 0.1, 0.2 or 0.3.
    ///
    /// # Errors
    /// `Invalid` where it is not one; `Unsupported` where it is of another version.
    pub fn parse(json: &[u8]) -> Result<Self> {
        let wire: Wire = serde_json::from_slice(json)
            .map_err(|e| Error::invalid(format!("not a sigstore bundle: {e}")).caused_by(e))?;
        let Some((_, version)) = READ.iter().find(|(known, _)| *known == wire.media_type) else {
            return Err(Error::unsupported(format!("bundles of type {:?} are not read", wire.media_type)));
        };
        let content = match (wire.dsse_envelope, wire.message_signature) {
            (Some(envelope), None) => Content::Envelope(Envelope::from_wire(envelope)?),
            (None, Some(message)) => Content::Message(message.read()?),
            _ => return Err(Error::invalid("a bundle holds either an envelope or a message signature")),
        };
        if let Content::Envelope(envelope) = &content
            && envelope.signatures().len() != 1
        {
            return Err(Error::invalid("the envelope in a bundle has exactly one signature"));
        }
        let (signed_with, material) = wire.verification_material.read(*version)?;
        Ok(Bundle { content, signed_with, material })
    }

    /// What comes with the signature.
    pub(super) fn material(&self) -> &Material {
        &self.material
    }

    /// The same, to be added to.
    pub(super) fn material_mut(&mut self) -> &mut Material {
        &mut self.material
    }

    /// The signatures: one, in every bundle that was read.
    pub(super) fn signatures(&self) -> &[Vec<u8>] {
        match &self.content {
            Content::Envelope(envelope) => envelope.signatures(),
            Content::Message(message) => std::slice::from_ref(&message.signature),
        }
    }

    /// The signature as one over this message.
    pub(super) fn signed<'a>(&'a self, message: &'a [u8]) -> Signed<'a> {
        let content = match &self.content {
            Content::Envelope(envelope) => verify::Content::Envelope { envelope, json: None },
            Content::Message(_) => verify::Content::Bytes,
        };
        let message = verify::Message::Bytes(message);
        Signed { message, content, signatures: self.signatures(), material: &self.material }
    }

    /// The envelope, where the bundle holds one.
    pub fn envelope(&self) -> Option<&Envelope> {
        match &self.content {
            Content::Envelope(envelope) => Some(envelope),
            Content::Message(_) => None,
        }
    }

    /// The signature over a file, where the bundle holds one.
    pub(super) fn message(&self) -> Option<&Message> {
        match &self.content {
            Content::Envelope(_) => None,
            Content::Message(message) => Some(message),
        }
    }

    /// Whether it was made with a key rather than a certificate.
    pub fn is_by_key(&self) -> bool {
        matches!(self.signed_with, SignedWith::Key(_))
    }

    /// The bundle as JSON, version 0.3.
    ///
    /// # Errors
    /// `Unsupported` where it was read from an older version whose content this one has no room for.
    pub fn to_json(&self) -> Result<Vec<u8>> {
        let material = Material3 { signed_with: &self.signed_with, material: &self.material }.to_wire()?;
        let wire = Wire {
            media_type: BUNDLE_V03.to_owned(),
            verification_material: material,
            dsse_envelope: self.envelope().map(Envelope::to_wire),
            message_signature: self.message().map(WireMessage::of),
        };
        serde_json::to_vec(&wire).map_err(|e| Error::unexpected("the bundle has no JSON form").caused_by(e))
    }
}

#[cfg(test)]
mod tests;
