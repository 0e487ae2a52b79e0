//! A bundle's JSON.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};

use super::{Message, SignedWith, Version};
use crate::error::{Error, Result};
use crate::model::null_is_empty;
use crate::sign::dsse;
use crate::sign::verify::{Certificate, Entry, Material, WireEntry};

/// The most certificates of a chain that are read.
const MAX_CHAIN: usize = 10;

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Wire {
    pub(super) media_type: String,
    pub(super) verification_material: WireMaterial,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) dsse_envelope: Option<dsse::Wire>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) message_signature: Option<WireMessage>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct WireMessage {
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
pub(super) struct WireMaterial {
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

/// What a bundle of version 0.3 holds besides the signature.
pub(super) struct Material3<'a> {
    pub(super) signed_with: &'a SignedWith,
    pub(super) material: &'a Material,
}

impl Material3<'_> {
    pub(super) fn to_wire(&self) -> Result<WireMaterial> {
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
    pub(super) fn read(self, version: Version) -> Result<(SignedWith, Material)> {
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
    pub(super) fn read(self) -> Result<Message> {
        let digest = self.message_digest.map(|d| Ok((d.algorithm, dsse::decode(&d.digest)?))).transpose()?;
        Ok(Message { digest, signature: dsse::decode(&self.signature)? })
    }

    pub(super) fn of(message: &Message) -> Self {
        let digest = message.digest.as_ref();
        let digest = digest.map(|(name, d)| WireDigest { algorithm: name.clone(), digest: STANDARD.encode(d) });
        WireMessage { message_digest: digest, signature: STANDARD.encode(&message.signature) }
    }
}
