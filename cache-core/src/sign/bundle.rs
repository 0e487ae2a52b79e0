//! Sigstore bundles: a signature with what is needed to verify it (`sigstore_bundle.proto`).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};

use super::dsse::{self, Envelope};
use super::public_key::PublicKey;
use crate::error::{Error, Result};

/// The media type of a bundle, and the artifact type of the referrer that holds it.
pub const BUNDLE_V03: &str = "application/vnd.dev.sigstore.bundle.v0.3+json";
/// The predicate type of the statement that `cosign sign` writes since version 3.
pub const COSIGN_SIGN_TYPE: &str = "https://sigstore.dev/cosign/sign/v1";
/// The media types that are read. They differ in what a keyless bundle must hold, and in nothing that concerns a key. The
/// type is not signed, so no check is ever weakened because of it.
const READ: [&str; 4] = [
    BUNDLE_V03,
    "application/vnd.dev.sigstore.bundle+json;version=0.3",
    "application/vnd.dev.sigstore.bundle+json;version=0.2",
    "application/vnd.dev.sigstore.bundle+json;version=0.1",
];

/// A bundle: what was signed, the signature, and how to find the key.
#[derive(Debug, Clone)]
pub struct Bundle {
    content: Content,
    signed_with: SignedWith,
}

#[derive(Debug, Clone)]
enum Content {
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
    /// A certificate or a chain of them.
    Certificate,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Wire {
    media_type: String,
    verification_material: Material,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    dsse_envelope: Option<dsse::Wire>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    message_signature: Option<WireMessage>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct WireMessage {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    message_digest: Option<WireDigest>,
    signature: String,
}

#[derive(Serialize, Deserialize)]
struct WireDigest {
    algorithm: String,
    digest: String,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Material {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    public_key: Option<KeyHint>,
    #[serde(default, skip_serializing)]
    certificate: Option<serde::de::IgnoredAny>,
    #[serde(default, skip_serializing)]
    x509_certificate_chain: Option<serde::de::IgnoredAny>,
}

#[derive(Serialize, Deserialize)]
struct KeyHint {
    #[serde(default)]
    hint: String,
}

impl Bundle {
    /// A bundle signed with a key.
    pub(super) fn by_key(envelope: Envelope, key: &PublicKey) -> Self {
        let hint = STANDARD.encode(hex_to_bytes(key.fingerprint().hex()));
        Bundle { content: Content::Envelope(envelope), signed_with: SignedWith::Key(hint) }
    }

    /// Reads a bundle of version 0.1, 0.2 or 0.3.
    ///
    /// # Errors
    /// `Invalid` where it is not one; `Unsupported` where it is of another version.
    pub fn parse(json: &[u8]) -> Result<Self> {
        let wire: Wire = serde_json::from_slice(json)
            .map_err(|e| Error::invalid(format!("not a sigstore bundle: {e}")).caused_by(e))?;
        if !READ.contains(&wire.media_type.as_str()) {
            return Err(Error::unsupported(format!("bundles of type {:?} are not read", wire.media_type)));
        }
        let content = match (wire.dsse_envelope, wire.message_signature) {
            (Some(envelope), None) => Content::Envelope(Envelope::from_wire(envelope)?),
            (None, Some(message)) => Content::Message(message.read()?),
            _ => return Err(Error::invalid("a bundle holds either an envelope or a message signature")),
        };
        if let Content::Envelope(envelope) = &content
            && envelope.signature_count() != 1
        {
            return Err(Error::invalid("the envelope in a bundle has exactly one signature"));
        }
        let material = wire.verification_material;
        let by_certificate = material.certificate.is_some() || material.x509_certificate_chain.is_some();
        let signed_with = match (material.public_key, by_certificate) {
            (Some(key), false) => SignedWith::Key(key.hint),
            (None, true) => SignedWith::Certificate,
            _ => return Err(Error::invalid("a bundle names either a key or a certificate")),
        };
        Ok(Bundle { content, signed_with })
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
    /// `Unsupported` where it was read and made with a certificate, which would be lost.
    pub fn to_json(&self) -> Result<Vec<u8>> {
        let SignedWith::Key(hint) = &self.signed_with else {
            return Err(Error::unsupported("a bundle with a certificate is not written"));
        };
        let key = KeyHint { hint: hint.clone() };
        let wire = Wire {
            media_type: BUNDLE_V03.to_owned(),
            verification_material: Material { public_key: Some(key), certificate: None, x509_certificate_chain: None },
            dsse_envelope: self.envelope().map(Envelope::to_wire),
            message_signature: self.message().map(WireMessage::of),
        };
        serde_json::to_vec(&wire).map_err(|e| Error::unexpected("the bundle has no JSON form").caused_by(e))
    }
}

impl WireMessage {
    fn read(self) -> Result<Message> {
        let digest = self.message_digest.map(|d| Ok((d.algorithm, dsse::decode(&d.digest)?))).transpose()?;
        Ok(Message { digest, signature: dsse::decode(&self.signature)? })
    }

    fn of(message: &Message) -> Self {
        let digest = message.digest.as_ref();
        let digest = digest.map(|(name, d)| WireDigest { algorithm: name.clone(), digest: STANDARD.encode(d) });
        WireMessage { message_digest: digest, signature: STANDARD.encode(&message.signature) }
    }
}

fn hex_to_bytes(hex: &str) -> Vec<u8> {
    (0..hex.len() / 2).filter_map(|i| u8::from_str_radix(&hex[2 * i..2 * i + 2], 16).ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sign::KeySigner;

    #[test]
    fn a_bundle_survives_its_json() {
        let key = KeySigner::generate("k").unwrap();
        let bundle = Bundle::by_key(Envelope::new("t", *b"p", *b"s"), key.public_key());
        let again = Bundle::parse(&bundle.to_json().unwrap()).unwrap();
        assert_eq!(again.envelope(), bundle.envelope());
        assert!(again.is_by_key());
    }

    #[test]
    fn other_versions_and_shapes_are_refused() {
        let key = r#"{"publicKey":{}}"#;
        let both = r#"{"publicKey":{},"certificate":{"rawBytes":""}}"#;
        let message = r#""messageSignature":{"signature":"AA=="}"#;
        let of = |media: &str, material: &str, content: &str| {
            format!(r#"{{"mediaType":"{media}","verificationMaterial":{material},{content}}}"#)
        };
        assert!(Bundle::parse(of(BUNDLE_V03, key, message).as_bytes()).unwrap().is_by_key());
        let v4 = of("application/vnd.dev.sigstore.bundle.v0.4+json", key, message);
        let envelope = |signatures: &str| {
            format!(r#""dsseEnvelope":{{"payload":"","payloadType":"t","signatures":[{signatures}]}}"#)
        };
        let refused = [
            v4,
            of(BUNDLE_V03, key, r#""x":1"#),
            of(BUNDLE_V03, "{}", message),
            of(BUNDLE_V03, both, message),
            of(BUNDLE_V03, key, &format!(r#"{message},{}"#, envelope(r#"{"sig":"AA=="}"#))),
            of(BUNDLE_V03, key, &envelope("")),
            of(BUNDLE_V03, key, &envelope(r#"{"sig":"AA=="},{"sig":"AA=="}"#)),
            String::new(),
            "{}".to_owned(),
        ];
        for text in refused {
            assert!(Bundle::parse(text.as_bytes()).is_err(), "{text}");
        }
    }

    #[test]
    fn every_known_version_is_read_and_a_keyless_one_is_not_written_again() {
        for media in READ {
            let text = format!(
                r#"{{"mediaType":"{media}","verificationMaterial":{{"certificate":{{"rawBytes":""}}}},"messageSignature":{{"signature":"AA=="}}}}"#
            );
            let bundle = Bundle::parse(text.as_bytes()).unwrap();
            assert!(!bundle.is_by_key());
            assert!(bundle.to_json().is_err());
        }
    }
}
