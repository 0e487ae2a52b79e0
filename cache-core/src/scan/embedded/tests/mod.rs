//! One named test for each rule; the numbers are those of the reports that asked for it.

mod golden;
mod groups;
mod language;
mod speed;
mod system;

use std::sync::Arc;

use serde_json::{Value, json};

use super::EmbeddedScanner;
use crate::model::Timestamp;
use crate::sbom::{Family, Package, Sbom};
use crate::scan::database::testing::{bytes, open, osv};
use crate::scan::{DatabaseBuilder, Report};

/// A record of OSV about one package with one range.
fn record(id: &str, ecosystem: &str, name: &str, events: Value) -> Value {
    json!({"id": id, "affected": [{
        "package": {"ecosystem": ecosystem, "name": name}, "ranges": [{"type": "ECOSYSTEM", "events": events}],
    }]})
}

fn fixed(id: &str, ecosystem: &str, name: &str, version: &str) -> Value {
    record(id, ecosystem, name, json!([{"introduced": "0"}, {"fixed": version}]))
}

fn sbom(purls: &[&str]) -> Sbom<'static> {
    let package = |(at, purl): (usize, &&str)| {
        let name = purl.split(['@', '?']).next().unwrap().rsplit('/').next().unwrap().to_owned();
        Package {
            id: format!("p{at}").into(),
            name: name.into(),
            purl: Some((*purl).to_owned().into()),
            ..Package::default()
        }
    };
    Sbom { packages: purls.iter().enumerate().map(package).collect(), ..Sbom::new(Family::Cache, "1") }
}

fn scan_with(builder: DatabaseBuilder, sbom: &Sbom<'_>) -> Report {
    let scanner = EmbeddedScanner::new(Arc::new(open(bytes(builder)).unwrap()));
    scanner.scan_sbom(sbom, Timestamp::from_unix(0).unwrap()).unwrap()
}

fn scan(records: &[Value], purls: &[&str]) -> Report {
    scan_with(osv(records), &sbom(purls))
}

/// `id in package` of the findings, and `code of package: ids` of the notes.
fn said(report: &Report) -> Vec<String> {
    let findings = report.findings.iter().map(|finding| format!("{} in {}", finding.id, finding.package));
    let notes =
        report.notes.iter().map(|note| format!("{} of {}: {}", note.code, note.package, note.advisories.join(" ")));
    findings.chain(notes.map(|note| note.trim_end_matches([':', ' ']).to_owned())).collect()
}

#[test]
fn the_report_says_by_what_and_when() {
    let mut about = fixed("GHSA-1", "npm", "lib", "2.0.0");
    about["modified"] = json!("2026-01-02T00:00:00Z");
    let mut sbom = sbom(&["pkg:npm/lib@1.0.0"]);
    sbom.describes = vec![crate::model::Digest::of(b"image")];
    let report = scan_with(osv(&[about]), &sbom);
    assert_eq!(
        (report.scanner.as_str(), report.scanner_version.as_deref()),
        ("cache", Some(env!("CARGO_PKG_VERSION")))
    );
    assert_eq!(report.data_as_of.unwrap().to_string(), "2026-01-02T00:00:00Z");
    assert_eq!(report.subjects, sbom.describes);
    let json = serde_json::to_vec(&report).unwrap();
    assert_eq!(Report::parse(&json).unwrap(), report);
}

#[test]
fn what_is_not_scanned_is_noted() {
    let mut sbom =
        sbom(&["pkg:npm/lib", "pkg:generic/tool@1.0", "pkg:gem/rails@7.0", "not a purl", "pkg:npm/lib@1.0.0"]);
    sbom.packages.push(Package { name: "nameless".into(), version: Some("1".into()), ..Package::default() });
    let report = scan_with(osv(&[fixed("GHSA-1", "npm", "lib", "0.1.0")]), &sbom);
    let right = [
        "no-data of rails",
        "no-purl of nameless",
        "no-version of lib",
        "other-ecosystem of tool",
        "unreadable-purl of not a purl",
    ];
    assert_eq!(said(&report), right);
}
