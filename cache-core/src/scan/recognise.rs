//! Which format a report has.

use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::value::RawValue;

use super::{Report, acr, ecr, grype, harbor, native, trivy, vuln};
use crate::document;
use crate::error::{Error, Result};

/// The keys that tell the formats apart. A value of `null` counts as absent.
#[derive(Deserialize)]
struct Keys<'a> {
    #[serde(default)]
    matches: Option<IgnoredAny>,
    #[serde(default, rename = "SchemaVersion")]
    schema_version: Option<IgnoredAny>,
    #[serde(default)]
    findings: Option<IgnoredAny>,
    #[serde(default, borrow)]
    scanner: Option<&'a RawValue>,
    #[serde(default, rename = "_type")]
    statement: Option<IgnoredAny>,
    #[serde(default)]
    runs: Option<IgnoredAny>,
    #[serde(default, rename = "imageScanStatus")]
    ecr: Option<IgnoredAny>,
    #[serde(default, alias = "data")]
    value: Option<IgnoredAny>,
    #[serde(default, rename = "application/vnd.security.vulnerability.report; version=1.1")]
    harbor: Option<IgnoredAny>,
    #[serde(default, rename = "application/vnd.scanner.adapter.vuln.report.harbor+json; version=1.0")]
    older_harbor: Option<IgnoredAny>,
}

impl Report {
    /// Reads a report in any format that Cache knows: Grype's JSON, Trivy's JSON, Cache's own, cosign's `vuln` predicate
    /// around one of these, or an in-toto statement with that predicate; and what Harbor, ECR and Defender answer, where it is
    /// all of it.
    ///
    /// What the document says of itself is a claim: only a verified signature makes it more.
    ///
    /// # Errors
    /// `Invalid` where it is none of them, or is broken; never an empty report. `Unsupported` for SARIF, which has no
    /// severities that two scanners would write alike.
    pub fn parse(bytes: &[u8]) -> Result<Report> {
        parse_text(&document::text(bytes)?)
    }
}

fn parse_text(text: &str) -> Result<Report> {
    match document::json("a vulnerability report", text)? {
        Keys { statement: Some(_), .. } => vuln::statement(text),
        // In Cache's own format it is a name.
        Keys { findings: None, scanner: Some(scanner), .. } if scanner.get().starts_with('{') => vuln::predicate(text),
        Keys { findings: None, scanner: Some(_), .. } => native::parse(text),
        keys => by_scanner(keys, text),
    }
}

/// A report as a scanner writes it, not one in a predicate: a predicate cannot hold another.
pub(super) fn scanner_report(text: &str) -> Result<Report> {
    by_scanner(document::json("a vulnerability report", text)?, text)
}

fn by_scanner(keys: Keys<'_>, text: &str) -> Result<Report> {
    match keys {
        Keys { findings: Some(_), .. } => native::parse(text),
        Keys { matches: Some(_), .. } => grype::parse(text),
        Keys { schema_version: Some(_), .. } => trivy::parse(text),
        Keys { harbor: Some(_), .. } | Keys { older_harbor: Some(_), .. } => harbor::parse(text),
        Keys { ecr: Some(_), .. } => ecr::parse(text),
        Keys { value: Some(_), .. } => acr::parse(text),
        Keys { runs: Some(_), .. } => Err(Error::unsupported("SARIF is not read as a report")
            .hint("give the scanner's own JSON: grype -o json, trivy --format json")),
        _ => Err(Error::invalid("not a vulnerability report: it has the keys of no known scanner").hint(
            "Cache reads the JSON of Grype, Trivy, Harbor, ECR and Defender, its own, and cosign's vuln predicate",
        )),
    }
}
