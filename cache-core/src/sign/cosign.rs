//! Where cosign keeps things, in its older format (tags derived from the digest) and in its newer one (bundles as
//! referrers), and what such a layer proves.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use serde::{Deserialize, Serialize};

use super::bundle::{Bundle, COSIGN_SIGN_TYPE};
use super::dsse::{self, Envelope};
use super::public_key::to_pem;
use super::statement::Statement;
use super::trust::{ImageSignature, Trust, Verified};
use super::trusted::SIGNER;
use super::verify::{Certificate, Entry, Material};
use crate::error::{Error, ErrorKind, Result};
use crate::model::{Descriptor, Digest, Tag};

/// The suffixes of the tags under which the older format keeps signatures, attestations and SBOMs of a digest: see
/// [`Tag::of_digest`](crate::model::Tag::of_digest).
pub const TAG_SUFFIXES: [&str; 3] = [".sig", ".att", SBOM_TAG_SUFFIX];
/// The suffix of the tag that names an SBOM.
pub(crate) const SBOM_TAG_SUFFIX: &str = ".sbom";

/// The suffix of the tag under which the older format keeps a statement of this type.
pub(crate) fn tag_suffix(predicate_type: &str) -> &'static str {
    if predicate_type == COSIGN_SIGN_TYPE { TAG_SUFFIXES[0] } else { TAG_SUFFIXES[1] }
}

/// The media type of a layer of `.sig`: the payload that was signed.
const SIMPLE_SIGNING: &str = "application/vnd.dev.cosign.simplesigning.v1+json";
/// The media type of a layer of `.att`.
const ENVELOPE: &str = "application/vnd.dsse.envelope.v1+json";
/// What every media type of a bundle begins with, in any version; [`Bundle::parse`] says which are read.
const BUNDLE: &str = "application/vnd.dev.sigstore.bundle";

/// The artifact types of the older format where it is kept as referrers (`--registry-referrers-mode=oci-1-1`).
const ARTIFACTS: [&str; 2] =
    ["application/vnd.dev.cosign.artifact.sig.v1+json", "application/vnd.dev.cosign.artifact.att.v1+json"];

/// The annotation with the signature over a layer of `.sig`, in base64. It is empty in a layer of `.att`.
const SIGNATURE: &str = "dev.cosignproject.cosign/signature";
/// The annotation with the certificate in PEM, where the signature was made without a key of one's own.
const CERTIFICATE: &str = "dev.sigstore.cosign/certificate";
/// The annotation with the certificates that lead to the root, in PEM.
const CHAIN: &str = "dev.sigstore.cosign/chain";
/// The annotation with the log entry and the log's promise.
const LOG_ENTRY: &str = "dev.sigstore.cosign/bundle";
/// The annotation with a timestamp.
const TIMESTAMP: &str = "dev.sigstore.cosign/rfc3161timestamp";

/// The most certificates that are read of an annotation.
const MAX_CHAIN: usize = 10;

/// The kinds of layers that hold a signature.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SignedLayer {
    /// A Sigstore bundle.
    Bundle,
    /// A DSSE envelope with a statement.
    Envelope,
    /// A "simple signing" payload whose signature is an annotation of the layer.
    SimpleSigning,
}

/// What a verified layer proves about its image.
#[derive(Debug, Clone)]
pub enum Proof {
    /// The image is signed.
    Signature(Verified<ImageSignature>),
    /// Somebody signed a statement about it.
    Statement(Verified<Statement>),
}

impl SignedLayer {
    /// Whether the layer is one of these, by its media type. A bundle of a version that is not read is one too, so that it
    /// is refused by name and not overlooked.
    pub fn of(layer: &Descriptor) -> Option<Self> {
        match layer.media_type.as_str() {
            SIMPLE_SIGNING => Some(SignedLayer::SimpleSigning),
            ENVELOPE => Some(SignedLayer::Envelope),
            bundle if bundle.starts_with(BUNDLE) => Some(SignedLayer::Bundle),
            _ => None,
        }
    }

    /// Whether an artifact of this type ought to hold one of these layers. Never a reason to skip one of another type:
    /// writers have put other things there, and fallback tags leave the type out.
    pub fn is_promised_by(artifact_type: &str) -> bool {
        artifact_type.starts_with(BUNDLE) || ARTIFACTS.contains(&artifact_type)
    }

    /// Whether what this tag names ought to hold one of these layers.
    pub fn is_promised_by_tag(tag: &Tag) -> bool {
        let (signatures, attestations) = (TAG_SUFFIXES[0], TAG_SUFFIXES[1]);
        tag.as_str().ends_with(signatures) || tag.as_str().ends_with(attestations)
    }

    /// What a layer that does not verify seemed to be: `signature` or `statement`. Only for telling people.
    pub fn seems(self, bytes: &[u8]) -> &'static str {
        let envelope = match self {
            SignedLayer::SimpleSigning => return "signature",
            SignedLayer::Envelope => Envelope::parse(bytes).ok(),
            SignedLayer::Bundle => Bundle::parse(bytes).ok().and_then(|bundle| bundle.envelope().cloned()),
        };
        let claimed = envelope.and_then(|envelope| Statement::parse(envelope.payload().to_vec()).ok());
        match (self, claimed) {
            (_, Some(statement)) if statement.predicate_type != COSIGN_SIGN_TYPE => "statement",
            (SignedLayer::Envelope, None) => "statement",
            _ => "signature",
        }
    }

    /// Whether the error says that the signature is simply by somebody else. Any other refusal is of something that is broken,
    /// or pretends to be by somebody trusted.
    pub fn is_by_stranger(error: &Error) -> bool {
        error.kind() == ErrorKind::Untrusted && !error.contexts().iter().any(|(key, _)| *key == SIGNER)
    }

    /// Verifies a layer of this kind, whose content is `bytes`, as one about `image`.
    ///
    /// # Errors
    /// What [`Trust`] and the parsers say.
    pub fn verify(self, layer: &Descriptor, bytes: &[u8], image: &Digest, trust: &Trust) -> Result<Proof> {
        Ok(match self.verify_form(layer, bytes, image, trust)? {
            Proof::Statement(statement) => Proof::of(statement, image),
            signature @ Proof::Signature(_) => signature,
        })
    }

    /// The same as what it is: a signature in the form of a statement is a statement here.
    pub(crate) fn verify_form(self, layer: &Descriptor, bytes: &[u8], image: &Digest, trust: &Trust) -> Result<Proof> {
        // Annotations are not signed: a broken one explains a refusal and never causes one by itself.
        let (material, broken) = if self == SignedLayer::Bundle { Default::default() } else { material(layer) };
        let proof = match self {
            SignedLayer::Bundle => trust.verify_bundle(&Bundle::parse(bytes)?, image).map(Proof::Statement),
            SignedLayer::Envelope => {
                let envelope = Envelope::parse(bytes)?;
                trust.verify_statement(&envelope, Some(bytes), &material, image).map(Proof::Statement)
            }
            SignedLayer::SimpleSigning => {
                let signature = layer.annotations.get(SIGNATURE);
                let signature = signature.ok_or_else(|| Error::invalid("the layer has no signature annotation"))?;
                trust.verify_payload(bytes, signature, &material, image).map(Proof::Signature)
            }
        };
        proof.map_err(|error| broken.unwrap_or(error))
    }
}

/// A signed payload as a layer of the older format, and the bytes of that layer: of a statement the envelope, of an image's
/// signature the payload itself.
///
/// # Errors
/// `Unsupported` where it is in a log that signs no promises, or in several: the older format has room for one promise.
pub(crate) fn signature_layer(bundle: &Bundle, payload: &Bytes, predicate_type: &str) -> Result<(Descriptor, Bytes)> {
    let material = bundle.material();
    let (mut layer, bytes) = match bundle.envelope() {
        Some(envelope) => {
            let json = Bytes::from(envelope.to_json()?);
            let mut layer = Descriptor::of(ENVELOPE, &json);
            layer.annotations.insert("predicateType".to_owned(), predicate_type.to_owned());
            (layer, json)
        }
        None => (Descriptor::of(SIMPLE_SIGNING, payload), payload.clone()),
    };
    // Of an envelope it is in the envelope, and cosign writes an empty one here.
    let signature = bundle.message().map(|message| STANDARD.encode(&message.signature)).unwrap_or_default();
    layer.annotations.insert(SIGNATURE.to_owned(), signature);
    if let Some(certificate) = material.certificates.first() {
        layer.annotations.insert(CERTIFICATE.to_owned(), to_pem("CERTIFICATE", certificate.der()));
    }
    match &material.entries[..] {
        [] => {}
        [entry] => {
            let annotation = entry.to_annotation().ok_or_else(no_room)?;
            layer.annotations.insert(LOG_ENTRY.to_owned(), annotation);
        }
        _ => return Err(no_room()),
    }
    match &material.timestamps[..] {
        [] => {}
        [timestamp, ..] => {
            let held = HeldTimestamp { timestamp: STANDARD.encode(timestamp) };
            let json = serde_json::to_string(&held);
            let json = json.map_err(|e| Error::unexpected("the timestamp has no JSON form").caused_by(e))?;
            layer.annotations.insert(TIMESTAMP.to_owned(), json);
        }
    }
    Ok((layer, bytes))
}

fn no_room() -> Error {
    Error::unsupported("cosign's older format has room for one log entry, of a log that signs promises")
        .hint("sign as a bundle, or with one log of version 1")
}

/// What comes with a signature in the older format: annotations of its layer. Any of them may be empty.
fn material(layer: &Descriptor) -> (Material, Option<Error>) {
    let annotation = |name| layer.annotations.get(name).filter(|text| !text.is_empty());
    let (mut material, mut broken) = (Material { is_old: true, ..Material::default() }, None);
    for name in [CERTIFICATE, CHAIN] {
        match annotation(name).map(|pem| Certificate::parse_pem(pem)) {
            Some(Ok(more)) => material.certificates.extend(more.into_iter().take(MAX_CHAIN)),
            Some(Err(error)) => broken = Some(error),
            // Without a certificate of the signer a chain leads from nowhere.
            None if name == CERTIFICATE => break,
            None => {}
        }
    }
    if broken.is_some() {
        material.certificates.clear();
    }
    match annotation(LOG_ENTRY).map(|json| Entry::from_annotation(json)) {
        Some(Ok(entry)) => material.entries.push(entry),
        Some(Err(error)) => broken = Some(error),
        None => {}
    }
    match annotation(TIMESTAMP).map(|json| timestamp(json)) {
        Some(Ok(timestamp)) => material.timestamps.push(timestamp),
        Some(Err(error)) => broken = Some(error),
        None => {}
    }
    (material, broken)
}

fn timestamp(json: &str) -> Result<Vec<u8>> {
    let held: HeldTimestamp = serde_json::from_str(json)
        .map_err(|e| Error::invalid("the timestamp in the annotation does not parse").caused_by(e))?;
    dsse::decode(&held.timestamp)
}

#[derive(Serialize, Deserialize)]
struct HeldTimestamp {
    #[serde(rename = "SignedRFC3161Timestamp")]
    timestamp: String,
}

impl Proof {
    /// The type alone makes a statement the signature of an image: any other one about it must not count as that.
    fn of(statement: Verified<Statement>, image: &Digest) -> Self {
        if statement.value().predicate_type == COSIGN_SIGN_TYPE {
            return Proof::Signature(statement.map(|statement| ImageSignature {
                digest: image.clone(),
                annotations: statement.annotations_of(image),
            }));
        }
        Proof::Statement(statement)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sign::bundle::Content;
    use crate::sign::{IN_TOTO_PAYLOAD, KeySigner, PublicKey};

    const OTHER_TYPE: &str = "https://example.com/p";

    fn key() -> KeySigner {
        KeySigner::generate("release").unwrap()
    }

    fn trust(key: &KeySigner) -> Trust {
        Trust::in_keys(vec![PublicKey::from_pem("release", &key.public_key().to_pem()).unwrap()])
    }

    fn envelope(key: &KeySigner, image: &Digest, kind: &str) -> Envelope {
        let payload = Statement::write(image, kind, &serde_json::json!({})).unwrap();
        let signed = super::super::dsse::pre_authentication_encoding(IN_TOTO_PAYLOAD, &payload);
        Envelope::new(IN_TOTO_PAYLOAD, payload, key.sign_bytes(&signed).unwrap())
    }

    fn layer(media_type: &str, bytes: &[u8], annotations: &[(&str, &str)]) -> Descriptor {
        let mut layer = Descriptor::of(media_type, bytes);
        layer.annotations = annotations.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
        layer
    }

    #[test]
    fn a_broken_certificate_explains_a_refusal_and_hides_no_signature_by_a_key() {
        let (mine, image) = (key(), Digest::of(b"image"));
        let bytes = envelope(&mine, &image, OTHER_TYPE).to_json().unwrap();
        let layer = layer(ENVELOPE, &bytes, &[(CERTIFICATE, "pem"), (SIGNATURE, "")]);
        let held = SignedLayer::of(&layer).unwrap();
        assert!(held.verify(&layer, &bytes, &image, &trust(&mine)).is_ok());
        let refused = held.verify(&layer, &bytes, &image, &trust(&key())).unwrap_err();
        assert!(refused.message().contains("certificate"), "{refused}");
    }

    #[test]
    fn every_version_of_a_bundle_is_looked_at() {
        for media_type in ["application/vnd.dev.sigstore.bundle.v0.9+json", "application/vnd.dev.sigstore.bundle+json"]
        {
            assert_eq!(SignedLayer::of(&layer(media_type, b"", &[])), Some(SignedLayer::Bundle));
        }
        assert_eq!(SignedLayer::of(&layer("application/spdx+json", b"", &[])), None);
    }

    #[test]
    fn only_the_signature_type_signs_an_image_in_either_format() {
        let (key, image) = (key(), Digest::of(b"image"));
        for (kind, signs) in [(COSIGN_SIGN_TYPE, true), (OTHER_TYPE, false)] {
            let envelope = envelope(&key, &image, kind);
            let bundle = Bundle::by_key(Content::Envelope(envelope.clone()), key.public_key()).to_json().unwrap();
            for (held, bytes) in [(SignedLayer::Envelope, envelope.to_json().unwrap()), (SignedLayer::Bundle, bundle)] {
                let proof = held.verify(&layer("", &bytes, &[]), &bytes, &image, &trust(&key)).unwrap();
                assert_eq!(matches!(proof, Proof::Signature(_)), signs, "{held:?} {kind}");
                assert_eq!(held.seems(&bytes), if signs { "signature" } else { "statement" });
                let other = held.verify(&layer("", &bytes, &[]), &bytes, &Digest::of(b"other"), &trust(&key));
                assert_eq!(other.unwrap_err().kind(), ErrorKind::Untrusted);
            }
        }
    }
}
