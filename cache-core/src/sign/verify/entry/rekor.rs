//! What a transparency log of version 1 answers (`LogEntry` in Rekor's `openapi.yaml`): one entry under its name, with digests
//! in hexadecimal.

use std::collections::BTreeMap;

use super::*;
use crate::model::digest::from_hex;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Answer {
    body: String,
    integrated_time: Number,
    #[serde(rename = "logID")]
    log_id: String,
    log_index: Number,
    verification: Verification,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Verification {
    inclusion_proof: Inclusion,
    #[serde(default)]
    signed_entry_timestamp: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Inclusion {
    checkpoint: String,
    #[serde(default, deserialize_with = "null_is_empty")]
    hashes: Vec<String>,
    log_index: Number,
    root_hash: String,
    tree_size: Number,
}

impl Entry {
    /// Reads the answer.
    pub(in crate::sign) fn from_rekor(json: &[u8]) -> Result<Self> {
        let named: BTreeMap<String, Answer> = serde_json::from_slice(json)
            .map_err(|e| Error::invalid(format!("the answer of the log does not parse: {e}")).caused_by(e))?;
        let mut answers = named.into_values();
        let (Some(answer), None) = (answers.next(), answers.next()) else {
            return Err(Error::invalid("the answer of the log is not one entry"));
        };
        let body = body(&answer.body)?;
        let kind = BodyKind::of(&body)?;
        let proof = answer.verification.inclusion_proof;
        if proof.hashes.len() > MAX_HASHES {
            return Err(Error::invalid("the inclusion proof is too long"));
        }
        let promise = answer.verification.signed_entry_timestamp.as_ref();
        let hex = |text: &String| from_hex(text).ok_or_else(|| Error::invalid("a hash is not hexadecimal"));
        Ok(Entry {
            log: log_id(&answer.log_id)?,
            index: answer.log_index.0,
            time: answer.integrated_time.0,
            promise: promise.map(|it| decode(it, "log's promise (signed entry timestamp)")).transpose()?,
            proof: Some(Proof {
                index: proof.log_index.0.unsigned_abs(),
                size: proof.tree_size.0.unsigned_abs(),
                root: hex(&proof.root_hash)?,
                hashes: proof.hashes.iter().map(hex).collect::<Result<_>>()?,
                checkpoint: proof.checkpoint,
            }),
            body,
            kind: kind.kind,
            version: kind.api_version,
        })
    }
}

/// The id of a log in hexadecimal, of which there is one spelling.
pub(super) fn log_id(hex: &str) -> Result<Vec<u8>> {
    let log = from_hex(hex).filter(|_| !hex.bytes().any(|b| b.is_ascii_uppercase()));
    log.ok_or_else(|| Error::invalid("the id of the log is not hexadecimal"))
}
