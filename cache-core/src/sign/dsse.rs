//! DSSE envelopes (Dead Simple Signing Envelope, protocol version 1).

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE};
use serde::{Deserialize, Serialize};

use super::public_key::PublicKey;
use crate::error::{Error, Result};

/// The most signatures that an envelope may have: each is tried with each trusted key.
const MAX_SIGNATURES: usize = 32;

/// A payload with signatures. Until [`Trust`](super::Trust) verified it, what it says is only a claim.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Envelope {
    payload_type: String,
    payload: Vec<u8>,
    signatures: Vec<Vec<u8>>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Wire {
    payload: String,
    payload_type: String,
    signatures: Vec<WireSignature>,
}

#[derive(Serialize, Deserialize)]
struct WireSignature {
    sig: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    keyid: String,
}

impl Envelope {
    /// An envelope with one signature.
    pub fn new(payload_type: impl Into<String>, payload: impl Into<Vec<u8>>, signature: impl Into<Vec<u8>>) -> Self {
        Envelope { payload_type: payload_type.into(), payload: payload.into(), signatures: vec![signature.into()] }
    }

    /// Reads an envelope's JSON.
    ///
    /// # Errors
    /// `Invalid` where it is not one, or has no or too many signatures.
    pub fn parse(json: &[u8]) -> Result<Self> {
        let wire: Wire = serde_json::from_slice(json)
            .map_err(|e| Error::invalid(format!("not a DSSE envelope: {e}")).caused_by(e))?;
        Envelope::from_wire(wire)
    }

    pub(super) fn from_wire(wire: Wire) -> Result<Self> {
        if wire.signatures.is_empty() {
            return Err(Error::invalid("the DSSE envelope has no signature"));
        }
        if wire.signatures.len() > MAX_SIGNATURES {
            return Err(Error::invalid(format!("the DSSE envelope has more than {MAX_SIGNATURES} signatures")));
        }
        let signatures = wire.signatures.iter().map(|s| decode(&s.sig)).collect::<Result<_>>()?;
        Ok(Envelope { payload_type: wire.payload_type, payload: decode(&wire.payload)?, signatures })
    }

    pub(super) fn to_wire(&self) -> Wire {
        let signature = |s: &Vec<u8>| WireSignature { sig: STANDARD.encode(s), keyid: String::new() };
        Wire {
            payload: STANDARD.encode(&self.payload),
            payload_type: self.payload_type.clone(),
            signatures: self.signatures.iter().map(signature).collect(),
        }
    }

    /// The envelope as JSON.
    ///
    /// # Errors
    /// None in practice.
    pub fn to_json(&self) -> Result<Vec<u8>> {
        serde_json::to_vec(&self.to_wire()).map_err(|e| Error::unexpected("the envelope has no JSON form").caused_by(e))
    }

    /// What the payload is.
    pub fn payload_type(&self) -> &str {
        &self.payload_type
    }

    /// The payload.
    pub fn payload(&self) -> &[u8] {
        &self.payload
    }

    pub(super) fn signatures(&self) -> &[Vec<u8>] {
        &self.signatures
    }

    /// Checks that one of the signatures is by `key`.
    ///
    /// # Errors
    /// `Untrusted` where none is.
    pub fn verify(&self, key: &PublicKey) -> Result<()> {
        let signed = pre_authentication_encoding(&self.payload_type, &self.payload);
        if self.signatures.iter().any(|signature| key.verify(&signed, signature).is_ok()) {
            return Ok(());
        }
        Err(Error::untrusted("no signature of the envelope is by this key").context("key", key.name()))
    }
}

/// What a DSSE signature is over.
pub(super) fn pre_authentication_encoding(payload_type: &str, payload: &[u8]) -> Vec<u8> {
    let mut bytes = format!("DSSEv1 {} {payload_type} {} ", payload_type.len(), payload.len()).into_bytes();
    bytes.extend_from_slice(payload);
    bytes
}

/// Standard base64, or the URL-safe alphabet, which the protocol allows readers to meet.
pub(super) fn decode(text: &str) -> Result<Vec<u8>> {
    STANDARD.decode(text).or_else(|_| URL_SAFE.decode(text)).map_err(|e| Error::invalid("not base64").caused_by(e))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pre_authentication_encoding_is_the_published_example() {
        let bytes = pre_authentication_encoding("http://example.com/HelloWorld", b"hello world");
        assert_eq!(bytes, b"DSSEv1 29 http://example.com/HelloWorld 11 hello world");
    }

    #[test]
    fn malformed_envelopes_are_invalid() {
        let none = r#"{"payload":"","payloadType":"t","signatures":[]}"#;
        let not_base64 = r#"{"payload":"%","payloadType":"t","signatures":[{"sig":"AA=="}]}"#;
        for text in ["", "{}", "[]", none, not_base64] {
            assert!(Envelope::parse(text.as_bytes()).is_err(), "{text}");
        }
    }

    #[test]
    fn an_envelope_survives_its_own_json() {
        let envelope = Envelope::new("t", *b"payload", *b"sig");
        assert_eq!(Envelope::parse(&envelope.to_json().unwrap()).unwrap(), envelope);
    }
}
