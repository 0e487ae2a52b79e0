use serde_json::json;

use super::*;

fn report(scanner: &str, of: &str, findings: serde_json::Value) -> Report {
    let mut report = json!({"scanner": scanner, "dataAsOf": of, "findings": findings});
    for finding in report["findings"].as_array_mut().unwrap() {
        for (name, value) in [("package", "lib"), ("version", "1.0"), ("severity", "high"), ("purl", "pkg:npm/lib@1.0")]
        {
            if finding.get(name).is_none() {
                finding[name] = json!(value);
            }
        }
    }
    serde_json::from_value(report).unwrap()
}

const OLD: &str = "2026-01-01T00:00:00Z";
const NEW: &str = "2026-02-01T00:00:00Z";

/// The differences of the only finding.
fn differences(reports: &[Report]) -> Vec<(DifferenceKind, Why, String)> {
    let merged = MergedReport::of(reports);
    assert_eq!(merged.findings.len(), 1, "{merged:#?}");
    merged.findings[0].differences.iter().map(|d| (d.kind, d.why, d.message.clone())).collect()
}

#[test]
fn what_all_say_alike_is_one_finding_without_differences() {
    let reports = [
        report("cache", NEW, json!([{"id": "CVE-1", "aliases": ["GHSA-1"], "fixedIn": "2.0"}])),
        report("grype", NEW, json!([{"id": "GHSA-1", "fixedIn": "2.0", "purl": "pkg:npm/lib@1.0?x=y"}])),
        report("trivy", NEW, json!([{"id": "PYSEC-1", "aliases": ["GHSA-1"], "fixedIn": "2.0"}])),
    ];
    let merged = MergedReport::of(&reports);
    let [finding] = &merged.findings[..] else { panic!("{merged:#?}") };
    assert_eq!((&*finding.id, &finding.aliases[..]), ("CVE-1", &["GHSA-1".to_owned(), "PYSEC-1".to_owned()][..]));
    assert_eq!((finding.said.len(), finding.said[1].report, finding.differences.len()), (3, 1, 0));
    assert_eq!(finding.said[1].finding, reports[1].findings[0]);
    assert_eq!(
        merged.reports[2],
        ReportSummary {
            scanner: "trivy".into(),
            scanner_version: None,
            data_as_of: reports[2].data_as_of,
            findings: 1
        }
    );
}

#[test]
fn severities_and_fixes_differ_with_their_sources() {
    let rated = |severity: &str, source: &str| {
        json!([{"id": "CVE-1", "severity": severity, "sources": [source],
        "ratings": [{"source": source, "severity": severity}], "fixedIn": format!("2.0-{source}")}])
    };
    let reports = [report("cache", NEW, rated("high", "ghsa")), report("trivy", NEW, rated("low", "nvd"))];
    assert_eq!(
        differences(&reports),
        [
            (DifferenceKind::Severity, Why::OtherSource, "cache (ghsa): high; trivy (nvd): low".to_owned()),
            (
                DifferenceKind::Fix,
                Why::OtherSource,
                "cache (ghsa): fixed in 2.0-ghsa; trivy (nvd): fixed in 2.0-nvd".to_owned()
            ),
        ]
    );
    assert_eq!(MergedReport::of(&reports).findings[0].severity, Severity::High);
    // Without sources nobody can tell.
    let reports = [
        report("cache", NEW, json!([{"id": "CVE-1", "severity": "low"}])),
        report("grype", NEW, json!([{"id": "CVE-1", "fixState": "wont-fix"}])),
    ];
    assert_eq!(
        differences(&reports),
        [
            (DifferenceKind::Severity, Why::Unknown, "cache: low; grype: high".to_owned()),
            (DifferenceKind::Fix, Why::Unknown, "cache: no fix; grype: no fix to come".to_owned()),
        ]
    );
}

#[test]
fn what_only_one_found_has_the_likeliest_reason() {
    let found = || report("grype", NEW, json!([{"id": "CVE-1"}]));
    let nothing = |of: &str| report("cache", of, json!([]));
    let [(kind, why, message)] = &differences(&[found(), nothing(NEW)])[..] else { panic!() };
    assert_eq!((kind, why), (&DifferenceKind::Missing, &Why::Unknown));
    assert_eq!(message, "cache does not have all of it: the reports do not tell why");
    assert_eq!(differences(&[found(), nothing(OLD)])[0].1, Why::OlderData);
    let note = |advisories: serde_json::Value, purl: &str| {
        let mut report = nothing(NEW);
        report.notes = serde_json::from_value(json!([{"code": "no-data", "package": "LIB", "purl": purl,
            "advisories": advisories, "message": "nobody can tell"}]))
        .unwrap();
        differences(&[found(), report])[0].1
    };
    assert_eq!(note(json!([]), "pkg:npm/lib@1.0"), Why::Noted);
    assert_eq!(note(json!(["cve-1"]), "pkg:npm/lib@1.0"), Why::Noted);
    assert_eq!(note(json!(["CVE-2"]), "pkg:npm/lib@1.0"), Why::Unknown);
    assert_eq!(note(json!([]), "pkg:pypi/lib@1.0"), Why::Unknown);
}

#[test]
fn another_version_is_not_the_same_and_an_epoch_makes_none() {
    let both = json!([{"id": "CVE-1"}, {"id": "CVE-1", "version": "2.0", "purl": "pkg:npm/lib@2.0"}]);
    let reports = [report("cache", NEW, both), report("grype", NEW, json!([{"id": "CVE-1", "version": "0:1.0"}]))];
    let [(kind, why, message)] = &differences(&reports)[..] else { panic!() };
    assert_eq!((kind, why), (&DifferenceKind::Missing, &Why::OtherVersion));
    assert!(message.contains("in version 1.0, and not in 2.0"), "{message}");
}

#[test]
fn no_report_and_one_report_have_no_differences() {
    assert_eq!(MergedReport::of(&[]), MergedReport { reports: vec![], findings: vec![] });
    assert!(differences(&[report("cache", NEW, json!([{"id": "CVE-1"}]))]).is_empty());
}
