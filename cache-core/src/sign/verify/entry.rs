//! Entries of a transparency log (Rekor), as bundles and the older format hold them, and the log's own word for them.

mod annotation;
mod rekor;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Deserializer, Serialize};

use super::{checkpoint, merkle};
use crate::error::{Error, Result};
use crate::model::digest::to_hex;
use crate::model::{Timestamp, null_is_empty};
use crate::sign::root::Log;
use crate::sign::{PublicKey, dsse};

/// No entry is larger: the older ones hold a whole statement.
const MAX_BODY: usize = 64 << 20;
/// The most hashes in a proof: a tree is no deeper.
const MAX_HASHES: usize = 64;

/// An entry, as it was read.
#[derive(Debug, Clone)]
pub(in crate::sign) struct Entry {
    pub(super) log: Vec<u8>,
    pub(super) index: i64,
    /// When the log says that it took the entry in. Proven only by the promise.
    time: i64,
    /// The log's signature over the entry, as a promise to hold it.
    promise: Option<Vec<u8>>,
    proof: Option<Proof>,
    pub(super) body: Vec<u8>,
    kind: String,
    version: String,
}

#[derive(Debug, Clone)]
struct Proof {
    index: u64,
    size: u64,
    root: Vec<u8>,
    hashes: Vec<Vec<u8>>,
    checkpoint: String,
}

/// What a log confirmed of an entry.
pub(super) struct Confirmed {
    /// The time, where the log signed it.
    pub(super) time: Option<Timestamp>,
    /// Whether it is proven to be in the tree.
    pub(super) proven: bool,
}

impl Entry {
    /// Checks the log's word: every part of it that is there, and at least one must be.
    pub(super) fn confirmed_by(&self, log: &Log) -> Result<Confirmed> {
        let key = log.key.as_ref().ok_or_else(|| {
            Error::unsupported("the key of the transparency log is of a kind that cannot be checked")
                .context("log", &log.url)
        })?;
        let time = self.promise.as_ref().map(|promise| self.promised(promise, key, log)).transpose()?;
        if let Some(proof) = &self.proof {
            let host = (self.version == "0.0.2" && self.kind == "hashedrekord").then(|| host(&log.url));
            let head = checkpoint::verify(&proof.checkpoint, key, host)?;
            if head.size != proof.size || head.root != proof.root {
                return Err(Error::untrusted("the inclusion proof is for another tree than the checkpoint"));
            }
            merkle::verify(proof.index, proof.size, &merkle::leaf(&self.body), &proof.hashes, &proof.root)?;
        }
        if self.promise.is_none() && self.proof.is_none() {
            return Err(Error::untrusted("the log entry has neither an inclusion proof nor a promise of the log"));
        }
        Ok(Confirmed { time, proven: self.proof.is_some() })
    }

    /// The time at which the log took it in, where its signature over the entry is good.
    fn promised(&self, promise: &[u8], key: &PublicKey, log: &Log) -> Result<Timestamp> {
        // Canonical JSON: neither base64 nor hexadecimal text needs escapes.
        let signed = format!(
            r#"{{"body":"{}","integratedTime":{},"logID":"{}","logIndex":{}}}"#,
            STANDARD.encode(&self.body),
            self.time,
            to_hex(&self.log),
            self.index
        );
        key.verify(signed.as_bytes(), promise)
            .map_err(|_| Error::untrusted("the log's promise (signed entry timestamp) is not signed by the log"))?;
        let time = Timestamp::from_unix(self.time)?;
        if !log.valid.contains(time) {
            return Err(
                Error::untrusted("the key of the log is not valid at the time of the entry").context("time", time)
            );
        }
        Ok(time)
    }

    /// The kind and version of the entry.
    pub(super) fn kind(&self) -> (&str, &str) {
        (&self.kind, &self.version)
    }

    pub(in crate::sign) fn has_proof(&self) -> bool {
        self.proof.is_some()
    }

    pub(in crate::sign) fn is_same_as(&self, other: &Entry) -> bool {
        self.log == other.log && self.index == other.index
    }
}

/// The name of a log in its checkpoints: the host of its address, without a port.
fn host(url: &str) -> &str {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let host = rest.split('/').next().unwrap_or_default();
    match host.strip_prefix('[').and_then(|address| address.split_once(']')) {
        Some((address, _)) => address,
        None => host.split(':').next().unwrap_or_default(),
    }
}

/// An entry as a bundle holds it. Numbers of 64 bits are text there.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(in crate::sign) struct Wire {
    // Absent means zero, as everywhere in this format.
    #[serde(default)]
    log_index: Number,
    log_id: WireId,
    kind_version: Option<WireKind>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    integrated_time: Option<Number>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    inclusion_promise: Option<WirePromise>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    inclusion_proof: Option<WireProof>,
    canonicalized_body: String,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct WireId {
    key_id: String,
}

#[derive(Serialize, Deserialize)]
struct WireKind {
    kind: String,
    version: String,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct WirePromise {
    signed_entry_timestamp: String,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct WireProof {
    #[serde(default)]
    log_index: Number,
    root_hash: String,
    tree_size: Number,
    #[serde(default, deserialize_with = "null_is_empty")]
    hashes: Vec<String>,
    checkpoint: Option<WireCheckpoint>,
}

#[derive(Serialize, Deserialize)]
struct WireCheckpoint {
    envelope: String,
}

/// A number, or its text. What is negative is refused.
#[derive(Clone, Copy, Default)]
struct Number(i64);

impl Serialize for Number {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Number {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Form {
            Number(i64),
            Text(String),
        }
        let number = match Form::deserialize(deserializer)? {
            Form::Number(number) => Some(number),
            Form::Text(text) => text.parse().ok(),
        };
        let number = number.filter(|number| *number >= 0);
        number.map(Number).ok_or_else(|| serde::de::Error::custom("not a number from 0 on"))
    }
}

impl Entry {
    pub(in crate::sign) fn from_wire(wire: Wire) -> Result<Self> {
        let kind = wire.kind_version.ok_or_else(|| Error::invalid("the log entry does not say of which kind it is"))?;
        let promise = wire
            .inclusion_promise
            .map(|promise| decode(&promise.signed_entry_timestamp, "log's promise (signed entry timestamp)"))
            .transpose()?;
        Ok(Entry {
            log: decode(&wire.log_id.key_id, "id of the log")?,
            index: wire.log_index.0,
            time: wire.integrated_time.unwrap_or_default().0,
            promise,
            proof: wire.inclusion_proof.map(WireProof::read).transpose()?,
            body: body(&wire.canonicalized_body)?,
            kind: kind.kind,
            version: kind.version,
        })
    }

    pub(in crate::sign) fn to_wire(&self) -> Wire {
        let proof = |proof: &Proof| WireProof {
            log_index: Number(i64::try_from(proof.index).unwrap_or(i64::MAX)),
            root_hash: STANDARD.encode(&proof.root),
            tree_size: Number(i64::try_from(proof.size).unwrap_or(i64::MAX)),
            hashes: proof.hashes.iter().map(|hash| STANDARD.encode(hash)).collect(),
            checkpoint: Some(WireCheckpoint { envelope: proof.checkpoint.clone() }),
        };
        let promise = |promise: &Vec<u8>| WirePromise { signed_entry_timestamp: STANDARD.encode(promise) };
        Wire {
            log_index: Number(self.index),
            log_id: WireId { key_id: STANDARD.encode(&self.log) },
            kind_version: Some(WireKind { kind: self.kind.clone(), version: self.version.clone() }),
            integrated_time: (self.time != 0).then_some(Number(self.time)),
            inclusion_promise: self.promise.as_ref().map(promise),
            inclusion_proof: self.proof.as_ref().map(proof),
            canonicalized_body: STANDARD.encode(&self.body),
        }
    }
}

fn decode(text: &str, what: &str) -> Result<Vec<u8>> {
    dsse::decode(text).map_err(|e| Error::invalid(format!("the {what} is not base64")).caused_by(e))
}

fn body(text: &str) -> Result<Vec<u8>> {
    if text.len() > MAX_BODY {
        return Err(Error::invalid("the log entry is too large"));
    }
    let body = decode(text, "log entry")?;
    if body.is_empty() { Err(Error::invalid("the log entry is empty")) } else { Ok(body) }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct BodyKind {
    api_version: String,
    kind: String,
}

impl BodyKind {
    fn of(body: &[u8]) -> Result<Self> {
        serde_json::from_slice(body).map_err(|e| Error::invalid("the log entry does not parse").caused_by(e))
    }
}

impl WireProof {
    fn read(self) -> Result<Proof> {
        let checkpoint = self
            .checkpoint
            .ok_or_else(|| Error::invalid("the inclusion proof comes without a checkpoint of the log"))?;
        if self.hashes.len() > MAX_HASHES {
            return Err(Error::invalid("the inclusion proof is too long"));
        }
        Ok(Proof {
            index: self.log_index.0.unsigned_abs(),
            size: self.tree_size.0.unsigned_abs(),
            root: decode(&self.root_hash, "root hash")?,
            hashes: self.hashes.iter().map(|hash| decode(hash, "inclusion proof")).collect::<Result<_>>()?,
            checkpoint: checkpoint.envelope,
        })
    }
}
