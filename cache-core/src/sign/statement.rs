//! In-toto statements: "this predicate holds for these subjects" (in-toto attestation framework, v0.1 and v1).

use std::collections::BTreeMap;

use bytes::Bytes;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::trust::text_of;
use crate::error::{Error, Result};
use crate::model::{Digest, Raw, null_is_empty};

/// The DSSE payload type of a statement.
pub const IN_TOTO_PAYLOAD: &str = "application/vnd.in-toto+json";
/// `_type` of a version 1 statement.
pub const STATEMENT_V1: &str = "https://in-toto.io/Statement/v1";
/// `_type` of a version 0.1 statement, which cosign still writes.
pub const STATEMENT_V01: &str = "https://in-toto.io/Statement/v0.1";

/// The most subjects that a statement may have.
const MAX_SUBJECTS: usize = 1024;

/// A statement with the bytes that were signed.
#[derive(Debug, Clone)]
pub struct Statement {
    bytes: Bytes,
    subjects: Vec<ResourceDescriptor>,
    /// What the predicate is, by URI.
    pub predicate_type: String,
    predicate: Option<Box<RawValue>>,
}

/// A subject: named, and identified by its digests.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ResourceDescriptor {
    /// A name, which identifies nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Hexadecimal digests by algorithm.
    #[serde(default)]
    pub digest: BTreeMap<String, String>,
    /// What the signer added to it.
    #[serde(default, deserialize_with = "null_is_empty", skip_serializing_if = "BTreeMap::is_empty")]
    pub annotations: BTreeMap<String, serde_json::Value>,
}

impl ResourceDescriptor {
    /// The subject with this digest.
    pub fn of(digest: &Digest) -> Self {
        let digest = BTreeMap::from([(digest.algorithm().name().to_owned(), digest.hex().to_owned())]);
        ResourceDescriptor { name: None, digest, annotations: BTreeMap::new() }
    }

    /// The same with a name.
    #[must_use]
    pub fn named(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// The same with what the signer adds to it.
    #[must_use]
    pub fn annotated(mut self, annotations: &BTreeMap<String, String>) -> Self {
        self.annotations.extend(annotations.iter().map(|(name, value)| (name.clone(), value.as_str().into())));
        self
    }

    /// Whether it is identified by `digest`.
    pub fn names(&self, digest: &Digest) -> bool {
        self.digest.get(digest.algorithm().name()).is_some_and(|hex| hex == digest.hex())
    }
}

#[derive(Deserialize)]
struct Wire {
    #[serde(rename = "_type")]
    kind: String,
    #[serde(default)]
    subject: Vec<ResourceDescriptor>,
    #[serde(rename = "predicateType")]
    predicate_type: String,
    predicate: Option<Box<RawValue>>,
}

#[derive(Serialize)]
struct Written<'a, P> {
    #[serde(rename = "_type")]
    kind: &'a str,
    subject: [ResourceDescriptor; 1],
    #[serde(rename = "predicateType")]
    predicate_type: &'a str,
    predicate: &'a P,
}

impl Statement {
    /// Reads a statement.
    ///
    /// # Errors
    /// `Invalid` where it is not one, or one of another version, or has no or too many subjects.
    pub fn parse(bytes: impl Into<Bytes>) -> Result<Self> {
        let bytes = bytes.into();
        let wire: Wire = serde_json::from_slice(&bytes)
            .map_err(|e| Error::invalid(format!("not an in-toto statement: {e}")).caused_by(e))?;
        if wire.kind != STATEMENT_V1 && wire.kind != STATEMENT_V01 {
            return Err(Error::invalid(format!("{:?} is not a version of an in-toto statement", wire.kind)));
        }
        if wire.subject.is_empty() || wire.subject.len() > MAX_SUBJECTS {
            return Err(Error::invalid(format!("the statement has {} subjects", wire.subject.len())));
        }
        Ok(Statement { bytes, subjects: wire.subject, predicate_type: wire.predicate_type, predicate: wire.predicate })
    }

    /// Writes a version 1 statement about one digest, as canonical JSON.
    ///
    /// # Errors
    /// `Unexpected` where the predicate has no JSON form.
    pub fn write(subject: &Digest, predicate_type: &str, predicate: &impl Serialize) -> Result<Bytes> {
        Statement::write_about(ResourceDescriptor::of(subject), predicate_type, predicate)
    }

    /// The same about a subject as it is given.
    ///
    /// # Errors
    /// As [`write`](Statement::write).
    pub fn write_about(subject: ResourceDescriptor, predicate_type: &str, predicate: &impl Serialize) -> Result<Bytes> {
        let subject = [subject];
        let written = Written { kind: STATEMENT_V1, subject, predicate_type, predicate };
        Ok(Raw::canonical(&written)?.bytes().clone())
    }

    /// The bytes that were signed.
    pub fn bytes(&self) -> &Bytes {
        &self.bytes
    }

    /// The subjects.
    pub fn subjects(&self) -> &[ResourceDescriptor] {
        &self.subjects
    }

    /// Whether one of the subjects is `digest`.
    pub fn is_about(&self, digest: &Digest) -> bool {
        self.subjects.iter().any(|subject| subject.names(digest))
    }

    /// What the signer added to this subject.
    pub(crate) fn annotations_of(&self, digest: &Digest) -> BTreeMap<String, String> {
        let named = self.subjects.iter().find(|subject| subject.names(digest));
        let annotations = named.map(|subject| subject.annotations.clone()).unwrap_or_default();
        annotations.into_iter().map(|(name, value)| (name, text_of(value))).collect()
    }

    /// The predicate's JSON as it stands in the statement; `null` where there is none.
    pub fn predicate_json(&self) -> &str {
        self.predicate.as_ref().map_or("null", |predicate| predicate.get())
    }

    /// Reads the predicate.
    ///
    /// # Errors
    /// `Invalid` where it is of another shape.
    pub fn predicate<'a, P: Deserialize<'a>>(&'a self) -> Result<P> {
        serde_json::from_str(self.predicate_json()).map_err(|e| {
            Error::invalid(format!("the predicate does not parse: {e}"))
                .context("type", &self.predicate_type)
                .caused_by(e)
        })
    }

    /// The digest of the predicate as canonical JSON; a plan names a predicate by it.
    ///
    /// # Errors
    /// `Invalid` where the predicate cannot be canonicalised.
    pub fn predicate_digest(&self) -> Result<Digest> {
        Ok(Raw::canonical(self.predicate::<serde_json::Value>()?)?.digest().clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_and_is_about_its_subject() {
        let (subject, other) = (Digest::of(b"image"), Digest::of(b"other"));
        let bytes =
            Statement::write(&subject, "https://example.com/p", &serde_json::json!({"b": 1, "a": [true]})).unwrap();
        let statement = Statement::parse(bytes).unwrap();
        assert!(statement.is_about(&subject) && !statement.is_about(&other));
        assert_eq!(statement.predicate_json(), r#"{"a":[true],"b":1}"#);
        assert_eq!(statement.predicate_digest().unwrap(), Digest::of(br#"{"a":[true],"b":1}"#));
    }

    #[test]
    fn other_documents_are_invalid() {
        let version = r#"{"_type":"https://in-toto.io/Statement/v9","subject":[{"digest":{}}],"predicateType":"p"}"#;
        let nobody = r#"{"_type":"https://in-toto.io/Statement/v1","subject":[],"predicateType":"p"}"#;
        for text in ["", "{}", "null", version, nobody] {
            assert!(Statement::parse(text.as_bytes().to_vec()).is_err(), "{text}");
        }
    }

    #[test]
    fn a_digest_of_another_algorithm_does_not_match() {
        let digest = BTreeMap::from([("sha512".into(), "0".repeat(64))]);
        let subject = ResourceDescriptor { digest, ..ResourceDescriptor::of(&Digest::of(b"")) };
        assert!(!subject.names(&Digest::parse(&format!("sha256:{}", "0".repeat(64))).unwrap()));
    }
}
