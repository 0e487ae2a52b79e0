//! Cosign's vulnerability predicate: a scanner's report with who made it and when.

use serde::Deserialize;
use serde_json::value::RawValue;

use super::{Report, recognise};
use crate::document::{self, UnsignedStatement, time};
use crate::error::{Error, Result};
use crate::model::Timestamp;
use crate::model::null_is_empty;

/// The type of cosign's vulnerability predicate.
pub const VULN_TYPE: &str = "https://cosign.sigstore.dev/attestation/vuln/v1";

#[derive(Deserialize)]
struct Predicate {
    scanner: Scanner,
    #[serde(default, deserialize_with = "null_is_empty")]
    metadata: Metadata,
}

#[derive(Deserialize)]
struct Scanner {
    #[serde(default)]
    version: Option<String>,
    #[serde(default, deserialize_with = "null_is_empty")]
    db: Database,
    result: Box<RawValue>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Database {
    #[serde(default, deserialize_with = "time")]
    last_update: Option<Timestamp>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Metadata {
    #[serde(default, deserialize_with = "time")]
    scan_started_on: Option<Timestamp>,
    #[serde(default, deserialize_with = "time")]
    scan_finished_on: Option<Timestamp>,
}

/// The predicate alone. What the scanner's own report says goes before what the predicate adds.
pub(super) fn predicate(text: &str) -> Result<Report> {
    let predicate: Predicate = document::json("a vulnerability predicate", text)?;
    let mut report = recognise::scanner_report(predicate.scanner.result.get())?;
    report.scanner_version = report.scanner_version.or(predicate.scanner.version);
    report.scanned_at =
        report.scanned_at.or(predicate.metadata.scan_finished_on).or(predicate.metadata.scan_started_on);
    report.data_as_of = report.data_as_of.or(predicate.scanner.db.last_update);
    Ok(report)
}

impl Report {
    /// Reads the predicate of a statement of type [`VULN_TYPE`].
    pub(crate) fn of_predicate(json: &str) -> Result<Report> {
        predicate(json)
    }
}

/// An in-toto statement around the predicate.
pub(super) fn statement(text: &str) -> Result<Report> {
    let statement: UnsignedStatement<'_> = document::json("an in-toto statement", text)?;
    if statement.predicate_type != VULN_TYPE {
        return Err(Error::invalid(format!("a statement of type {:?} is no report", statement.predicate_type)));
    }
    let mut report = predicate(statement.predicate.get())?;
    if report.subjects.is_empty() {
        report.subjects = statement.digests();
    }
    Ok(report)
}
