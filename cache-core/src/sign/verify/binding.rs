//! Whether a log entry is of this very signature: the same signature, the same key or certificate, the same content.
//!
//! Without this, the entry of any other signature would do (CVE-2022-23649, CVE-2022-36056, CVE-2026-22703).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;

use super::entry::Entry;
use super::{Content, Message, Signed, Signer};
use crate::error::{Error, Result};
use crate::model::digest::from_hex;
use crate::sign::dsse;
use crate::sign::scheme::Hash;

/// Checks that `entry` is of `signature`, which `signer` made over `signed`.
pub(super) fn check(entry: &Entry, signed: &Signed<'_>, signature: &[u8], signer: &Signer<'_>) -> Result<()> {
    let (kind, version) = entry.kind();
    match (kind, version, &signed.content) {
        ("hashedrekord", "0.0.1", Content::Bytes) => {
            let spec: HashedV1 = parse(entry, kind, version)?;
            same(spec.signature.content.as_str(), signature)?;
            signer.in_text(&spec.signature.public_key.content)?;
            content(signed.has_hex_digest(&spec.data.hash.algorithm, &spec.data.hash.value)?)
        }
        // An envelope is logged in version 2 as the signature over its encoding.
        ("hashedrekord", "0.0.2", _) => {
            let spec: HashedV2 = parse(entry, kind, version)?;
            let spec = spec.hashed_rekord_v002;
            same(spec.signature.content.as_str(), signature)?;
            let verifier = spec.signature.verifier;
            match (verifier.x509_certificate, verifier.public_key) {
                (Some(certificate), None) => signer.is_certificate(&dsse::decode(&certificate.raw_bytes)?)?,
                (None, Some(key)) => signer.is_key(&dsse::decode(&key.raw_bytes)?)?,
                _ => return Err(Error::invalid("the log entry names either a key or a certificate")),
            }
            content(signed.has_digest(&spec.data.algorithm, &dsse::decode(&spec.data.digest)?)?)
        }
        ("dsse", "0.0.1", Content::Envelope { envelope, .. }) => {
            let spec: Dsse = parse(entry, kind, version)?;
            let [logged] = &spec.signatures[..] else { return Err(mismatch("signature")) };
            same(&logged.signature, signature)?;
            signer.in_text(&logged.verifier)?;
            content(has_hex_digest(&spec.payload_hash.algorithm, &spec.payload_hash.value, envelope.payload()))
        }
        ("intoto", "0.0.2", Content::Envelope { envelope, .. }) => {
            let spec: IntotoV2 = parse(entry, kind, version)?;
            let [logged] = &spec.content.envelope.signatures[..] else { return Err(mismatch("signature")) };
            // In base64 twice.
            let text = String::from_utf8(dsse::decode(&logged.sig)?).map_err(|_| mismatch("signature"))?;
            same(&text, signature)?;
            signer.in_text(&logged.public_key)?;
            content(spec.content.envelope.payload_type == envelope.payload_type())?;
            let hash = &spec.content.payload_hash;
            content(has_hex_digest(&hash.algorithm, &hash.value, envelope.payload()))
        }
        // The entry holds the digest of the envelope as it was sent, so it can only be checked where those bytes are at hand.
        ("intoto", "0.0.1", Content::Envelope { json: Some(json), .. }) => {
            let spec: IntotoV1 = parse(entry, kind, version)?;
            signer.in_text(&spec.public_key)?;
            content(has_hex_digest(&spec.content.hash.algorithm, &spec.content.hash.value, json))
        }
        _ => Err(Error::unsupported(format!("a log entry of the kind {kind} {version} cannot be of this signature"))),
    }
}

fn mismatch(what: &str) -> Error {
    Error::untrusted(format!("the log entry is of another {what}"))
}

fn same(text: &str, signature: &[u8]) -> Result<()> {
    if dsse::decode(text)? == signature { Ok(()) } else { Err(mismatch("signature")) }
}

fn content(same: bool) -> Result<()> {
    if same { Ok(()) } else { Err(mismatch("content")) }
}

fn has_hex_digest(algorithm: &str, hex: &str, bytes: &[u8]) -> bool {
    algorithm == "sha256" && crate::model::Digest::of(bytes).hex() == hex
}

impl Signer<'_> {
    /// Checks that the PEM, in base64, is of this signer.
    fn in_text(&self, encoded: &str) -> Result<()> {
        let pem = STANDARD.decode(encoded).map_err(|_| Error::invalid("the key in the log entry is not base64"))?;
        let block = pem::parse(pem).map_err(|_| Error::invalid("the key in the log entry is no PEM"))?;
        match block.tag() {
            "CERTIFICATE" => self.is_certificate(block.contents()),
            "PUBLIC KEY" => self.is_key(block.contents()),
            _ => Err(mismatch("key")),
        }
    }

    fn is_certificate(&self, der: &[u8]) -> Result<()> {
        match self {
            Signer::Certificate(certificate) if certificate.der == der => Ok(()),
            _ => Err(mismatch("certificate")),
        }
    }

    fn is_key(&self, spki: &[u8]) -> Result<()> {
        match self {
            Signer::Key(key) if key.spki() == spki => Ok(()),
            _ => Err(mismatch("key")),
        }
    }
}

impl Signed<'_> {
    fn has_hex_digest(&self, algorithm: &str, value: &str) -> Result<bool> {
        let name = match algorithm {
            "sha256" => "SHA2_256",
            "sha384" => "SHA2_384",
            "sha512" => "SHA2_512",
            _ => return Ok(false),
        };
        from_hex(value).map_or(Ok(false), |digest| self.has_digest(name, &digest))
    }

    /// Whether the signed bytes have this digest. It is an error where theirs is not known.
    pub(in crate::sign) fn has_digest(&self, algorithm: &str, digest: &[u8]) -> Result<bool> {
        let Some(hash) = Hash::named(algorithm) else { return Ok(false) };
        let own = match self.message {
            Message::Bytes(bytes) => Some(hash.of(bytes)),
            Message::Hashes(hashes) => hashes.get(hash),
        };
        match own {
            Some(own) => Ok(own == digest),
            None => Err(Error::unsupported(format!("the {} of what is signed is not known", hash.name()))),
        }
    }
}

/// Reads what is particular of the entry; its own words for kind and version have to be those beside it.
fn parse<T: for<'a> Deserialize<'a>>(entry: &Entry, kind: &str, version: &str) -> Result<T> {
    let body: Body<T> = serde_json::from_slice(&entry.body)
        .map_err(|e| Error::invalid(format!("the log entry does not parse: {e}")).caused_by(e))?;
    if body.kind != kind || body.api_version != version {
        return Err(mismatch("kind"));
    }
    Ok(body.spec)
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Body<T> {
    api_version: String,
    kind: String,
    spec: T,
}

#[derive(Deserialize)]
struct HashedV1 {
    data: HashedData,
    signature: HashedSignature,
}

#[derive(Deserialize)]
struct HashedData {
    hash: HexHash,
}

#[derive(Deserialize)]
struct HexHash {
    algorithm: String,
    value: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct HashedSignature {
    content: String,
    public_key: Encoded,
}

#[derive(Deserialize)]
struct Encoded {
    content: String,
}

#[derive(Deserialize)]
struct HashedV2 {
    #[serde(rename = "hashedRekordV002")]
    hashed_rekord_v002: HashedV2Spec,
}

#[derive(Deserialize)]
struct HashedV2Spec {
    data: Base64Hash,
    signature: HashedV2Signature,
}

#[derive(Deserialize)]
struct Base64Hash {
    algorithm: String,
    digest: String,
}

#[derive(Deserialize)]
struct HashedV2Signature {
    content: String,
    verifier: HashedV2Verifier,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct HashedV2Verifier {
    x509_certificate: Option<Raw>,
    public_key: Option<Raw>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Raw {
    raw_bytes: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Dsse {
    payload_hash: HexHash,
    signatures: Vec<DsseSignature>,
}

#[derive(Deserialize)]
struct DsseSignature {
    signature: String,
    verifier: String,
}

#[derive(Deserialize)]
struct IntotoV2 {
    content: IntotoV2Content,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct IntotoV2Content {
    envelope: IntotoEnvelope,
    payload_hash: HexHash,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct IntotoEnvelope {
    payload_type: String,
    signatures: Vec<IntotoSignature>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct IntotoSignature {
    sig: String,
    public_key: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct IntotoV1 {
    content: IntotoV1Content,
    public_key: String,
}

#[derive(Deserialize)]
struct IntotoV1Content {
    hash: HexHash,
}
