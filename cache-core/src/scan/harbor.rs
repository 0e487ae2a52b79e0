//! What Harbor says of an artifact's vulnerabilities: the answer of `…/artifacts/{reference}/additions/vulnerabilities`, a
//! document that has the scanner's report behind the name of its format (goharbor/pluggable-scanner-spec, version 1.1).

use std::collections::BTreeMap;

use serde::Deserialize;

use super::{Finding, FixState, Rating, Report, Severity};
use crate::document::{self, digest_in, time};
use crate::error::{Error, Result};
use crate::model::{Timestamp, null_is_empty};

/// The formats, of which a document has one.
pub(super) const FORMATS: [&str; 2] = [
    "application/vnd.security.vulnerability.report; version=1.1",
    "application/vnd.scanner.adapter.vuln.report.harbor+json; version=1.0",
];

#[derive(Deserialize)]
struct Document {
    #[serde(default, deserialize_with = "time")]
    generated_at: Option<Timestamp>,
    #[serde(default, deserialize_with = "null_is_empty")]
    artifact: Artifact,
    scanner: Scanner,
    /// `null` where there is none.
    #[serde(deserialize_with = "null_is_empty")]
    vulnerabilities: Vec<Vulnerability>,
}

#[derive(Default, Deserialize)]
struct Artifact {
    #[serde(default, deserialize_with = "null_is_empty")]
    digest: String,
}

#[derive(Deserialize)]
struct Scanner {
    name: String,
    #[serde(default)]
    version: Option<String>,
}

#[derive(Deserialize)]
struct Vulnerability {
    id: String,
    package: String,
    #[serde(default, deserialize_with = "null_is_empty")]
    version: String,
    #[serde(default, deserialize_with = "null_is_empty")]
    fix_version: String,
    #[serde(default, deserialize_with = "null_is_empty")]
    severity: String,
    #[serde(default, deserialize_with = "null_is_empty")]
    artifact_digests: Vec<String>,
    #[serde(default, deserialize_with = "null_is_empty")]
    preferred_cvss: Cvss,
}

#[derive(Default, Deserialize)]
struct Cvss {
    #[serde(default, deserialize_with = "null_is_empty")]
    vector_v3: String,
    #[serde(default, deserialize_with = "null_is_empty")]
    vector_v2: String,
}

pub(super) fn parse(text: &str) -> Result<Report> {
    let mut reports: BTreeMap<String, Document> = document::json("a report of Harbor", text)?;
    let document = FORMATS.iter().find_map(|format| reports.remove(*format));
    let document = document
        .ok_or_else(|| Error::not_found("Harbor has no report of this artifact").hint("it has to be scanned first"))?;
    // Of an index, the digests of the images that have it stand beside each vulnerability.
    let digests = document.vulnerabilities.iter().flat_map(|found| &found.artifact_digests);
    let mut subjects: Vec<_> =
        std::iter::once(&document.artifact.digest).chain(digests).filter_map(|digest| digest_in(digest)).collect();
    subjects.sort();
    subjects.dedup();
    Ok(Report {
        scanner: format!("harbor/{}", document.scanner.name.to_ascii_lowercase()),
        scanner_version: document.scanner.version.filter(|version| !version.is_empty()),
        scanned_at: document.generated_at,
        subjects,
        findings: document.vulnerabilities.into_iter().map(finding).collect(),
        ..Report::default()
    })
}

fn finding(found: Vulnerability) -> Finding {
    let Cvss { vector_v3, vector_v2 } = &found.preferred_cvss;
    let vectors = [vector_v3, vector_v2].into_iter().filter_map(|vector| Rating::vector("", vector));
    Finding {
        severity: Severity::of(&found.severity),
        ratings: Rating::word("", &found.severity).into_iter().chain(vectors).collect(),
        package: found.package,
        version: found.version,
        fix_state: if found.fix_version.is_empty() { FixState::Unknown } else { FixState::Fixed },
        fixed_in: Some(found.fix_version).filter(|fixed| !fixed.is_empty()),
        id: found.id,
        ..Finding::default()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::error::ErrorKind;
    use crate::model::Digest;

    fn document() -> serde_json::Value {
        json!({"generated_at": "2026-01-02T03:04:05.678Z", "artifact": {"repository": "team/app", "digest": Digest::of(b"app")},
        "scanner": {"name": "Trivy", "vendor": "Aqua Security", "version": "v0.60"}, "severity": "Critical",
        "vulnerabilities": [
            {"id": "CVE-2026-1", "package": "openssl", "version": "3.0.11-1", "fix_version": "3.0.12-1", "severity": "Critical",
                "preferred_cvss": {"vector_v3": "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H", "vector_v2": null}},
            {"id": "CVE-2026-2", "package": "zlib", "version": "1.2", "fix_version": "", "severity": "None", "links": null},
        ]})
    }

    fn parse(value: &serde_json::Value) -> Result<Report> {
        Report::parse(value.to_string().as_bytes())
    }

    #[test]
    fn a_report_of_harbor_is_read_in_both_formats() {
        for format in FORMATS {
            let report = parse(&json!({format: document()})).unwrap();
            assert_eq!((&*report.scanner, report.scanner_version.as_deref()), ("harbor/trivy", Some("v0.60")));
            assert_eq!((&report.subjects[..], report.findings.len()), (&[Digest::of(b"app")][..], 2));
            assert_eq!(report.scanned_at.unwrap().to_string(), "2026-01-02T03:04:05Z");
            let [first, second] = &report.findings[..] else { panic!() };
            assert_eq!((first.severity, first.fixed_in.as_deref()), (Severity::Critical, Some("3.0.12-1")));
            assert_eq!(first.ratings[1].score.unwrap().tenths(), 98);
            assert_eq!((second.severity, second.fix_state), (Severity::Unknown, FixState::Unknown));
        }
    }

    #[test]
    fn nothing_found_is_clean_and_nothing_scanned_is_an_error() {
        let mut clean = document();
        clean["vulnerabilities"] = json!(null);
        assert!(parse(&json!({FORMATS[0]: clean})).unwrap().findings.is_empty());
        clean.as_object_mut().unwrap().remove("vulnerabilities");
        assert_eq!(parse(&json!({FORMATS[0]: clean})).unwrap_err().kind(), ErrorKind::Invalid);
        assert_eq!(super::parse("{}").unwrap_err().kind(), ErrorKind::NotFound);
        assert_eq!(parse(&json!({FORMATS[0]: null})).unwrap_err().kind(), ErrorKind::Invalid);
    }
}
