//! The signed documents of a TUF repository (The Update Framework, specification 1.0).

use std::collections::BTreeMap;

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use sha2::{Digest as _, Sha256, Sha512};

use super::canonical::canonical;
use crate::error::{Error, Result};
use crate::model::Timestamp;
use crate::model::digest::from_hex;
use crate::sign::PublicKey;

/// The most keys and signatures of one document.
const MAX_KEYS: usize = 64;

/// A document before its signatures are checked.
pub(super) struct Document {
    signed: Value,
    signatures: Vec<Signature>,
}

#[derive(Deserialize)]
struct Wire {
    signed: Value,
    signatures: Vec<Signature>,
}

#[derive(Deserialize)]
struct Signature {
    keyid: String,
    #[serde(default)]
    sig: String,
}

/// What all documents have.
#[derive(Deserialize)]
struct Common {
    #[serde(rename = "_type")]
    kind: String,
    spec_version: String,
}

#[derive(Debug, Clone, Deserialize)]
pub(super) struct Root {
    pub(super) version: u64,
    pub(super) expires: Timestamp,
    #[serde(default)]
    pub(super) consistent_snapshot: bool,
    keys: BTreeMap<String, Key>,
    roles: BTreeMap<String, Role>,
}

#[derive(Debug, Clone, Deserialize)]
struct Key {
    keytype: String,
    keyval: KeyValue,
}

#[derive(Debug, Clone, Deserialize)]
struct KeyValue {
    #[serde(default)]
    public: String,
}

#[derive(Debug, Clone, Deserialize)]
struct Role {
    keyids: Vec<String>,
    threshold: usize,
}

/// `timestamp` and `snapshot`: which versions of other documents are current.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Index {
    pub(super) version: u64,
    pub(super) expires: Timestamp,
    pub(super) meta: BTreeMap<String, Meta>,
}

#[derive(Debug, Clone, Deserialize)]
pub(super) struct Meta {
    pub(super) version: u64,
    #[serde(default)]
    length: Option<u64>,
    #[serde(default)]
    hashes: BTreeMap<String, String>,
}

#[derive(Debug, Clone, Deserialize)]
pub(super) struct Targets {
    pub(super) version: u64,
    pub(super) expires: Timestamp,
    pub(super) targets: BTreeMap<String, Target>,
}

#[derive(Debug, Clone, Deserialize)]
pub(super) struct Target {
    pub(super) length: u64,
    pub(super) hashes: BTreeMap<String, String>,
}

/// A document that another one lists, which is replaced by newer ones.
pub(super) trait Current: serde::de::DeserializeOwned {
    fn version(&self) -> u64;
    fn expires(&self) -> Timestamp;
}

impl Current for Index {
    fn version(&self) -> u64 {
        self.version
    }

    fn expires(&self) -> Timestamp {
        self.expires
    }
}

impl Current for Targets {
    fn version(&self) -> u64 {
        self.version
    }

    fn expires(&self) -> Timestamp {
        self.expires
    }
}

impl Document {
    pub(super) fn parse(json: &[u8]) -> Result<Self> {
        let wire: Wire =
            serde_json::from_slice(json).map_err(|e| Error::invalid(format!("not TUF metadata: {e}")).caused_by(e))?;
        if wire.signatures.len() > MAX_KEYS {
            return Err(Error::invalid("the TUF metadata has too many signatures"));
        }
        Ok(Document { signed: wire.signed, signatures: wire.signatures })
    }

    /// Reads what was signed, as a document of this role.
    pub(super) fn read<T: DeserializeOwned>(&self, role: &str) -> Result<T> {
        let wrong = |e: serde_json::Error| Error::invalid(format!("the TUF {role} does not parse: {e}")).caused_by(e);
        let common = Common::deserialize(&self.signed).map_err(wrong)?;
        if common.kind != role || !common.spec_version.starts_with("1.") {
            let message = format!("the TUF metadata is a {:?} of {:?}, not a {role}", common.kind, common.spec_version);
            return Err(Error::invalid(message));
        }
        T::deserialize(&self.signed).map_err(wrong)
    }

    /// Checks that as many different keys of the role signed as it needs.
    pub(super) fn signed_by(&self, root: &Root, role: &str) -> Result<()> {
        let lacking = |what: String| Error::untrusted(what).context("role", role);
        let needed = root.roles.get(role).ok_or_else(|| lacking("the TUF root has no such role".to_owned()))?;
        if needed.threshold == 0 || root.keys.len() > MAX_KEYS {
            return Err(lacking("the TUF root asks for no signature, or has too many keys".to_owned()));
        }
        let message = canonical(&self.signed)?;
        // One key may have several ids, and counts once.
        let mut signers: Vec<PublicKey> = Vec::new();
        for signature in self.signatures.iter().filter(|s| needed.keyids.contains(&s.keyid)) {
            let Some(key) = root.keys.get(&signature.keyid).and_then(|key| key.read().ok()) else { continue };
            let Some(bytes) = from_hex(&signature.sig) else { continue };
            if !signers.contains(&key) && key.verify(&message, &bytes).is_ok() {
                signers.push(key);
            }
        }
        if signers.len() < needed.threshold {
            return Err(lacking(format!("{} of {} keys signed the TUF metadata", signers.len(), needed.threshold)));
        }
        Ok(())
    }
}

impl Key {
    fn read(&self) -> Result<PublicKey> {
        let public = &self.keyval.public;
        match self.keytype.as_str() {
            "ecdsa" | "ecdsa-sha2-nistp256" | "rsa" if public.starts_with("-----BEGIN") => {
                PublicKey::from_pem("tuf", public)
            }
            // The first roots had the bare point.
            "ecdsa" | "ecdsa-sha2-nistp256" => {
                let point = from_hex(public).ok_or_else(|| Error::invalid("the TUF key is not hexadecimal"))?;
                PublicKey::from_p256_point("tuf", &point)
            }
            "ed25519" => {
                let raw = from_hex(public).ok_or_else(|| Error::invalid("the TUF key is not hexadecimal"))?;
                PublicKey::from_ed25519("tuf", &raw)
            }
            other => Err(Error::unsupported(format!("a TUF key of the kind {other:?}"))),
        }
    }
}

impl Meta {
    /// Checks a document against what its index says. Length and hashes may be left out there.
    pub(super) fn check(&self, bytes: &[u8]) -> Result<()> {
        if self.length.is_some_and(|length| length != bytes.len() as u64) {
            return Err(Error::untrusted("the TUF metadata is of another length"));
        }
        if self.hashes.is_empty() { Ok(()) } else { check_hashes(&self.hashes, bytes) }
    }
}

impl Target {
    pub(super) fn check(&self, bytes: &[u8]) -> Result<()> {
        if self.length != bytes.len() as u64 {
            return Err(Error::untrusted("the TUF target is of another length"));
        }
        check_hashes(&self.hashes, bytes)
    }
}

/// All that can be computed must be right, and one must be.
fn check_hashes(hashes: &BTreeMap<String, String>, bytes: &[u8]) -> Result<()> {
    let sha256 = hashes.get("sha256").map(|hex| from_hex(hex).is_some_and(|h| h[..] == Sha256::digest(bytes)[..]));
    let sha512 = hashes.get("sha512").map(|hex| from_hex(hex).is_some_and(|h| h[..] == Sha512::digest(bytes)[..]));
    match (sha256, sha512) {
        (None | Some(true), None | Some(true)) if sha256.or(sha512).is_some() => Ok(()),
        _ => Err(Error::untrusted("the digest of a TUF file is another")),
    }
}
