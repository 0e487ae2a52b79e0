//! The annotation `dev.sigstore.cosign/bundle` of cosign's older format: an entry with the log's promise, and no proof.

use serde_json::json;

use super::rekor::log_id;
use super::*;

impl Entry {
    /// Reads the annotation `dev.sigstore.cosign/bundle` of the older format, which holds a promise and no proof.
    pub(in crate::sign) fn from_annotation(json: &str) -> Result<Self> {
        let wire: Annotation = serde_json::from_str(json)
            .map_err(|e| Error::invalid(format!("the log entry in the annotation does not parse: {e}")).caused_by(e))?;
        let body = body(&wire.payload.body)?;
        let kind = BodyKind::of(&body)?;
        let log = log_id(&wire.payload.log_id)?;
        Ok(Entry {
            log,
            index: wire.payload.log_index.0,
            time: wire.payload.integrated_time.0,
            promise: Some(decode(&wire.signed_entry_timestamp, "log's promise (signed entry timestamp)")?),
            proof: None,
            body,
            kind: kind.kind,
            version: kind.api_version,
        })
    }

    /// The same, written; `None` where the log made no promise, for which there would be nothing else to show.
    pub(in crate::sign) fn to_annotation(&self) -> Option<String> {
        let promise = self.promise.as_ref()?;
        let payload = json!({
            "body": STANDARD.encode(&self.body),
            "integratedTime": self.time,
            "logIndex": self.index,
            "logID": to_hex(&self.log),
        });
        Some(json!({"SignedEntryTimestamp": STANDARD.encode(promise), "Payload": payload}).to_string())
    }
}

#[derive(Deserialize)]
struct Annotation {
    #[serde(rename = "SignedEntryTimestamp")]
    signed_entry_timestamp: String,
    #[serde(rename = "Payload")]
    payload: AnnotationPayload,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct AnnotationPayload {
    body: String,
    integrated_time: Number,
    log_index: Number,
    #[serde(rename = "logID")]
    log_id: String,
}
