//! Sigstore bundles: a signature with what is needed to verify it (`sigstore_bundle.proto`).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};

use super::dsse::{self, Envelope};
use super::public_key::PublicKey;
use super::verify::{Certificate, Entry, Material, WireEntry};
use crate::error::{Error, Result};
use crate::model::null_is_empty;

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

/// The most certificates of a chain that are read.
const MAX_CHAIN: usize = 10;

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
    /// A certificate, or a chain of them: see the material.
    Certificate,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Wire {
    media_type: String,
    verification_material: WireMaterial,
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
struct WireMaterial {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    public_key: Option<KeyHint>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    certificate: Option<RawBytes>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    x509_certificate_chain: Option<Chain>,
    #[serde(default, deserialize_with = "null_is_empty", skip_serializing_if = "Vec::is_empty")]
    tlog_entries: Vec<WireEntry>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    timestamp_verification_data: Option<Timestamps>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct RawBytes {
    raw_bytes: String,
}

#[derive(Serialize, Deserialize)]
struct Chain {
    #[serde(default, deserialize_with = "null_is_empty")]
    certificates: Vec<RawBytes>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Timestamps {
    #[serde(default, deserialize_with = "null_is_empty")]
    rfc3161_timestamps: Vec<Timestamp>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Timestamp {
    signed_timestamp: String,
}

#[derive(Serialize, Deserialize)]
struct KeyHint {
    #[serde(default)]
    hint: String,
}

impl Bundle {
    /// A bundle signed with a key.
    pub(super) fn by_key(envelope: Envelope, key: &PublicKey) -> Self {
        let hint = STANDARD.encode(key.fingerprint().to_bytes());
        let (content, signed_with) = (Content::Envelope(envelope), SignedWith::Key(hint));
        Bundle { content, signed_with, material: Material::default() }
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

/// What a bundle of version 0.3 holds besides the signature.
struct Material3<'a> {
    signed_with: &'a SignedWith,
    material: &'a Material,
}

impl Material3<'_> {
    fn to_wire(&self) -> Result<WireMaterial> {
        let (public_key, certificate) = match (self.signed_with, &self.material.certificates[..]) {
            (SignedWith::Key(hint), _) => (Some(KeyHint { hint: hint.clone() }), None),
            (SignedWith::Certificate, [only]) => (None, Some(RawBytes { raw_bytes: STANDARD.encode(only.der()) })),
            _ => return Err(Error::unsupported("a bundle with a chain of certificates is not written")),
        };
        if !self.material.entries.iter().all(Entry::has_proof) {
            return Err(Error::unsupported("a bundle with log entries without an inclusion proof is not written"));
        }
        let stamp = |der: &Vec<u8>| Timestamp { signed_timestamp: STANDARD.encode(der) };
        let stamps: Vec<_> = self.material.timestamps.iter().map(stamp).collect();
        Ok(WireMaterial {
            public_key,
            certificate,
            x509_certificate_chain: None,
            tlog_entries: self.material.entries.iter().map(Entry::to_wire).collect(),
            timestamp_verification_data: (!stamps.is_empty()).then_some(Timestamps { rfc3161_timestamps: stamps }),
        })
    }
}

impl WireMaterial {
    fn read(self, version: Version) -> Result<(SignedWith, Material)> {
        let der = |raw: &RawBytes| Certificate::parse(&dsse::decode(&raw.raw_bytes)?);
        let (signed_with, certificates) = match (self.public_key, self.certificate, self.x509_certificate_chain) {
            (Some(key), None, None) => (SignedWith::Key(key.hint), Vec::new()),
            (None, Some(only), None) => (SignedWith::Certificate, vec![der(&only)?]),
            (None, None, Some(_)) if version == Version::V03 => {
                return Err(Error::invalid("a bundle of version 0.3 has one certificate and no chain"));
            }
            (None, None, Some(chain)) if !chain.certificates.is_empty() => {
                let few = chain.certificates.iter().take(MAX_CHAIN);
                (SignedWith::Certificate, few.map(der).collect::<Result<_>>()?)
            }
            _ => return Err(Error::invalid("a bundle names either a key or a certificate")),
        };
        let stamps = self.timestamp_verification_data.map(|data| data.rfc3161_timestamps).unwrap_or_default();
        let material = Material {
            certificates,
            entries: self.tlog_entries.into_iter().map(Entry::from_wire).collect::<Result<_>>()?,
            timestamps: stamps.iter().map(|stamp| dsse::decode(&stamp.signed_timestamp)).collect::<Result<_>>()?,
            is_old: false,
        };
        material.check()?;
        if version > Version::V01 && !material.entries.iter().all(Entry::has_proof) {
            return Err(Error::invalid("a log entry in a bundle of this version needs an inclusion proof"));
        }
        Ok((signed_with, material))
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
    fn every_known_version_is_read_and_none_without_a_certificate() {
        for (media, _) in READ {
            let text = |material: &str| {
                format!(
                    r#"{{"mediaType":"{media}","verificationMaterial":{{{material}}},"messageSignature":{{"signature":"AA=="}}}}"#
                )
            };
            assert!(Bundle::parse(text(r#""publicKey":{"hint":"a"}"#).as_bytes()).unwrap().is_by_key());
            for none in ["", r#""certificate":{"rawBytes":""}"#, r#""x509CertificateChain":{"certificates":[]}"#] {
                assert!(Bundle::parse(text(none).as_bytes()).is_err(), "{none}");
            }
        }
    }
}
