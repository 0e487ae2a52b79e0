mod formats;
mod people;

use serde_json::{Value, json};

use super::*;
use crate::gate::{Attached, CveGate, Evidence, Found, Tally};
use crate::model::{Digest, Reason, Repository, Timestamp, Verdict};
use crate::scan::{Exception, Finding, FixState, Note, Rating, Report, ScanPolicy, Severity, Vex};

/// What a hostile package may be called.
const HOSTILE: &str = "<img src=x onerror=alert(1)>\"'&|`[x](javascript:1)\u{1b}[31m\u{202e}]]>@all\n";

fn evidence(findings: Vec<Finding>) -> Evidence {
    let digest = Digest::of(b"image");
    let attach = Attached {
        value: Report {
            scanner: "scanner".into(),
            scanner_version: Some("1.2".into()),
            scanned_at: Some(now()),
            data_as_of: Some(now()),
            subjects: vec![digest.clone()],
            findings,
            ..Report::default()
        },
        digest: Digest::of(b"report"),
        about: digest.clone(),
        found: Found::Given,
        by: None,
    };
    let image = Repository::parse("registry.example/team/app").unwrap().at(digest.clone());
    Evidence { platforms: vec![(digest, None)], reports: vec![attach], ..Evidence::of(image, now()) }
}

fn now() -> Timestamp {
    Timestamp::parse("2026-03-01T12:00:00Z").unwrap()
}

fn finding(id: &str, severity: Severity, package: &str) -> Finding {
    Finding {
        id: id.into(),
        severity,
        package: package.into(),
        version: "1.0-1".into(),
        purl: Some(format!("pkg:deb/debian/{package}@1.0-1?arch=amd64&distro=debian-12")),
        ..Finding::default()
    }
}

/// One of each kind: blocking with and without a fix, within limits, excepted, cleared, hostile, a gap, and another gate.
fn assessment() -> Assessment {
    let rated = Rating::vector("nvd", "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H").unwrap();
    let findings = vec![
        Finding {
            aliases: vec!["GHSA-1111-2222-3333".into()],
            fixed_in: Some("1.0-2".into()),
            ratings: vec![rated],
            exploited: true,
            sources: vec!["debian".into()],
            ..finding("CVE-2024-1", Severity::Critical, "openssl")
        },
        Finding { fix_state: FixState::WontFix, ..finding("CVE-2024-2", Severity::High, "zlib") },
        finding("CVE-2024-3", Severity::Medium, "bash"),
        finding("CVE-2024-4", Severity::High, "perl"),
        finding("CVE-2024-5", Severity::Critical, "curl"),
        Finding {
            purl: None,
            version: HOSTILE.into(),
            fixed_in: Some(HOSTILE.into()),
            ..finding(HOSTILE, Severity::Unknown, HOSTILE)
        },
        finding("CVE-2024-7", Severity::Negligible, "tar"),
        finding("CVE-2024-8", Severity::Low, "漢字パッケージ"),
    ];
    let mut evidence = evidence(findings);
    evidence.reports[0].value.notes = vec![Note {
        code: "no-purl".into(),
        package: HOSTILE.into(),
        version: None,
        purl: None,
        advisories: Vec::new(),
        message: HOSTILE.into(),
    }];
    let vex = json!({"@context": "https://openvex.dev/ns/v0.2.0", "author": HOSTILE, "timestamp": "2026-01-01T00:00:00Z", "version": 1,
        "statements": [
            {"vulnerability": {"name": "CVE-2024-5"}, "status": "not_affected", "justification": "vulnerable_code_not_in_execute_path",
             "impact_statement": HOSTILE, "products": [{"@id": "pkg:deb/debian/curl@1.0-1"}]},
            {"vulnerability": {"name": "CVE-2024-3"}, "status": "affected", "products": [{"@id": "pkg:deb/debian/bash@1.0-1"}]}]});
    evidence.vex.push(Attached {
        value: Vex::parse(vex.to_string().as_bytes()).unwrap(),
        digest: Digest::of(b"vex"),
        about: evidence.image.digest.clone(),
        found: Found::Given,
        by: None,
    });
    let exception =
        Exception { owner: Some("team".into()), reason: Some(HOSTILE.into()), ..Exception::of("CVE-2024-4") };
    let policy = ScanPolicy { exceptions: vec![exception], ..ScanPolicy::default() };
    let mut assessment = CveGate::new(policy).assess(&evidence);
    let reasons = vec![Reason::fail("denied-license", HOSTILE), Reason::warn("unknown-license", "\"CDDL + GPLv2\"")];
    assessment.gates.push(Verdict::new("license", reasons, Vec::new()));
    assessment
}

/// Nothing at all was found.
fn nothing() -> Assessment {
    CveGate::default().assess(&evidence(Vec::new()))
}

fn written(assessment: &Assessment, format: ReportFormat) -> String {
    String::from_utf8(assessment.write(format, &ReportOptions::default()).unwrap()).unwrap()
}

fn json_of(assessment: &Assessment, format: ReportFormat) -> Value {
    serde_json::from_str(&written(assessment, format)).unwrap()
}

#[test]
fn formats_have_names() {
    for format in ReportFormat::ALL {
        assert_eq!(format.name().parse::<ReportFormat>().unwrap(), format);
    }
    let error = "pdf".parse::<ReportFormat>().unwrap_err();
    assert!(error.hint_text().unwrap().contains("sarif"));
}

#[test]
fn the_same_assessment_gives_the_same_bytes_and_survives_its_own_json() {
    let assessment = assessment();
    let json = written(&assessment, ReportFormat::Json);
    let back: Assessment = serde_json::from_str(&json).unwrap();
    assert_eq!(back, assessment);
    for format in ReportFormat::ALL {
        assert_eq!(written(&back, format), written(&assessment, format), "{format}");
    }
}

#[test]
fn control_characters_from_outside_are_in_no_report() {
    for format in ReportFormat::ALL.into_iter().filter(|format| *format != ReportFormat::Json) {
        let text = written(&assessment(), format);
        assert!(!text.contains('\u{1b}') && !text.contains("\\u001b") && !text.contains('\u{202e}'), "{format}");
    }
}

/// What is read back from JSON is not what we counted.
#[test]
fn tallies_that_do_not_fit_together_are_reported_all_the_same() {
    let mut assessment = assessment();
    let (first, second) = (assessment.tallies[0], assessment.tallies[1]);
    assessment.tallies[0] =
        Tally { found: 1, counting: 0, counting_with_fix: 1, excepted: usize::MAX, cleared: 1, ..first };
    assessment.tallies[1] = Tally { counting: usize::MAX, counting_with_fix: usize::MAX, ..second };
    assessment.tallies[2] = Tally { counting: 1, ..assessment.tallies[2] };
    for format in ReportFormat::ALL {
        assert!(!written(&assessment, format).is_empty(), "{format}");
    }
}

/// Every vulnerability is in every format, whatever became of it.
#[test]
fn no_vulnerability_is_left_out() {
    for format in ReportFormat::ALL {
        let text = written(&assessment(), format);
        for id in ["CVE-2024-1", "CVE-2024-2", "CVE-2024-3", "CVE-2024-4", "CVE-2024-5", "CVE-2024-7", "CVE-2024-8"] {
            let escaped = id.replace('_', "\\_");
            assert!(text.contains(&escaped), "{id} in {format}");
        }
    }
}
