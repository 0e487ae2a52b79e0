//! Sigstore bundles, version 0.3: a signature with what is needed to verify it (`sigstore_bundle.proto`).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};

use super::dsse::{self, Envelope};
use super::key::PublicKey;
use crate::error::{Error, Result};

/// The media type of a bundle, and the artifact type of the referrer that holds it.
pub const BUNDLE_V03: &str = "application/vnd.dev.sigstore.bundle.v0.3+json";
/// The predicate type of the statement that `cosign sign` writes since version 3.
pub const COSIGN_SIGN_TYPE: &str = "https://sigstore.dev/cosign/sign/v1";

/// A bundle: a DSSE envelope and a hint at the key.
#[derive(Debug, Clone)]
pub struct Bundle {
    envelope: Option<Envelope>,
    key_hint: Option<String>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Wire {
    media_type: String,
    verification_material: Material,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    dsse_envelope: Option<dsse::Wire>,
    #[serde(default, skip_serializing)]
    message_signature: Option<serde::de::IgnoredAny>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Material {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    public_key: Option<KeyHint>,
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
        Bundle { envelope: Some(envelope), key_hint: Some(hint) }
    }

    /// Reads a bundle.
    ///
    /// # Errors
    /// `Invalid` where it is not one; `Unsupported` where it is of another version.
    pub fn parse(json: &[u8]) -> Result<Self> {
        let wire: Wire = serde_json::from_slice(json)
            .map_err(|e| Error::invalid(format!("not a sigstore bundle: {e}")).caused_by(e))?;
        let version = ["application/vnd.dev.sigstore.bundle+json;version=0.3", BUNDLE_V03];
        if !version.contains(&wire.media_type.as_str()) {
            return Err(Error::unsupported(format!("bundles of type {:?} are not read", wire.media_type)));
        }
        if wire.dsse_envelope.is_some() == wire.message_signature.is_some() {
            return Err(Error::invalid("a bundle holds either an envelope or a message signature"));
        }
        let envelope = wire.dsse_envelope.map(Envelope::from_wire).transpose()?;
        Ok(Bundle { envelope, key_hint: wire.verification_material.public_key.map(|k| k.hint) })
    }

    /// The envelope, where the bundle holds one.
    pub fn envelope(&self) -> Option<&Envelope> {
        self.envelope.as_ref()
    }

    /// Whether it was made with a key rather than a certificate.
    pub fn is_by_key(&self) -> bool {
        self.key_hint.is_some()
    }

    /// The bundle as JSON.
    ///
    /// # Errors
    /// `Unexpected` where it cannot be written.
    pub fn to_json(&self) -> Result<Vec<u8>> {
        let wire = Wire {
            media_type: BUNDLE_V03.to_owned(),
            verification_material: Material { public_key: self.key_hint.clone().map(|hint| KeyHint { hint }) },
            dsse_envelope: self.envelope.as_ref().map(Envelope::to_wire),
            message_signature: None,
        };
        serde_json::to_vec(&wire).map_err(|e| Error::unexpected("the bundle has no JSON form").caused_by(e))
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
        let of = |media: &str, rest: &str| format!(r#"{{"mediaType":"{media}","verificationMaterial":{{}}{rest}}}"#);
        let v4 = of("application/vnd.dev.sigstore.bundle.v0.4+json", "");
        let neither = of(BUNDLE_V03, "");
        for text in ["", "{}", &v4, &neither] {
            assert!(Bundle::parse(text.as_bytes()).is_err(), "{text}");
        }
    }
}
