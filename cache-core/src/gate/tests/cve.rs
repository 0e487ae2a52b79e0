use std::time::Duration;

use super::*;
use crate::scan::{Exception, ScanPolicy, Treatment};

fn high(n: usize) -> Vec<Finding> {
    (0..n).map(|i| finding(&format!("CVE-2024-{i}"), Severity::High)).collect()
}

fn with(findings: Vec<Finding>) -> Evidence {
    Evidence { reports: vec![attached("image", report(findings))], ..single() }
}

fn at_most_five_high() -> ScanPolicy {
    ScanPolicy { max_high: Some(5), ..ScanPolicy::default() }
}

fn verdict(policy: ScanPolicy, evidence: &Evidence) -> Verdict {
    judge(&CveGate::new(policy), evidence)
}

#[test]
fn without_a_report_the_image_fails() {
    let verdict = verdict(ScanPolicy::default(), &single());
    assert_eq!((verdict.outcome, outcome(&verdict, "no-report")), (Outcome::Fail, Outcome::Fail));
}

#[test]
fn five_of_five_pass_and_six_fail_by_name() {
    let five = verdict(at_most_five_high(), &with(high(5)));
    assert_eq!((five.outcome, five.looked_at.len()), (Outcome::Pass, 1));
    let six = verdict(at_most_five_high(), &with(high(6)));
    assert_eq!(outcome(&six, "too-many-high"), Outcome::Fail);
    assert!((0..6).all(|i| six.reasons[0].message.contains(&format!("CVE-2024-{i} "))), "{six:?}");
}

#[test]
fn each_severity_has_its_own_maximum() {
    let policy = ScanPolicy { max_medium: Some(1), max_low: Some(0), ..at_most_five_high() };
    for (severity, fails) in [
        (Severity::Critical, true),
        (Severity::High, false),
        (Severity::Medium, false),
        (Severity::Low, true),
        (Severity::Negligible, false),
    ] {
        let verdict = verdict(policy.clone(), &with(vec![finding("CVE-1", severity)]));
        assert_eq!(!verdict.allows(), fails, "{severity}");
    }
}

#[test]
fn a_report_about_another_image_does_not_count() {
    let mut evidence = with(Vec::new());
    evidence.reports[0].value.subjects = vec![digest("other")];
    let verdict = verdict(ScanPolicy::default(), &evidence);
    assert_eq!(outcome(&verdict, "no-report"), Outcome::Fail);
    assert_eq!(outcome(&verdict, "report-of-another-image"), Outcome::Fail);
}

fn handed_in(report: Report) -> Evidence {
    let configs = [("amd64", "amd64 configuration"), ("arm64", "arm64 configuration")];
    let configs = configs.map(|(manifest, config)| (digest(manifest), digest(config)));
    let other = (digest("image"), digest("configuration"));
    Evidence { reports: vec![given(report)], configs: configs.into_iter().chain([other]).collect(), ..single() }
}

#[test]
fn a_report_that_is_only_handed_in_has_to_name_the_image() {
    let counts = |change: &dyn Fn(&mut Report)| {
        let mut report = report(Vec::new());
        change(&mut report);
        verdict(ScanPolicy::default(), &handed_in(report))
    };
    let unbound = counts(&|_| {});
    assert_eq!((outcome(&unbound, "no-report"), outcome(&unbound, "unbound-report")), (Outcome::Fail, Outcome::Fail));
    assert!(unbound.reasons.iter().any(|r| r.message.contains("attach it to the image")), "{unbound:?}");
    assert!(counts(&|report| report.subjects = vec![digest("image")]).allows());
    assert!(counts(&|report| report.image_ids = vec![digest("configuration")]).allows());
    // Where the image is in a registry, the digest is that; a daemon or an archive has a manifest of its own.
    let archive = counts(&|report| {
        (report.subjects, report.image_ids) = (vec![digest("of an archive")], vec![digest("configuration")]);
    });
    assert!(archive.allows(), "{archive:?}");
    let containerd = counts(&|report| report.image_ids = vec![digest("image")]);
    assert!(containerd.allows(), "{containerd:?}");
    for id in ["other configuration", "amd64 configuration"] {
        let other = counts(&|report| report.image_ids = vec![digest(id)]);
        assert_eq!(outcome(&other, "report-of-another-image"), Outcome::Fail, "{id}");
    }
    // What is attached or signed is tied to the image without that.
    assert!(verdict(ScanPolicy::default(), &with(Vec::new())).allows());
    let mut evidence = handed_in(report(Vec::new()));
    evidence.reports[0].by = signed("image", "x", &Value::Null).by;
    assert!(verdict(ScanPolicy::default(), &evidence).allows());
}

#[test]
fn an_image_id_is_that_of_one_platform() {
    let mut evidence = handed_in(Report { image_ids: vec![digest("arm64 configuration")], ..report(Vec::new()) });
    evidence.platforms = index().platforms;
    let half = verdict(ScanPolicy::default(), &evidence);
    assert!(!half.allows() && half.reasons[0].message.contains("linux/amd64"), "{half:?}");
    evidence.reports.push(given(Report { image_ids: vec![digest("amd64 configuration")], ..report(Vec::new()) }));
    assert!(verdict(ScanPolicy::default(), &evidence).allows());
    // Where nobody looked which platform has which, an id ties to nothing.
    evidence.configs.clear();
    assert_eq!(outcome(&verdict(ScanPolicy::default(), &evidence), "unbound-report"), Outcome::Fail);
}

/// What Grype and Trivy write of folders, of other images and of nothing, handed in for an image.
#[test]
fn reports_of_other_things_and_of_nothing_do_not_count() {
    use serde_json::json;
    let config = digest("configuration").to_string();
    let other = digest("other").to_string();
    let grype =
        |source: Value| json!({"matches": [], "source": source, "descriptor": {"name": "grype", "version": "0.80.0"}});
    let trivy = |kind: &str, metadata: Value, results: Value| {
        json!({"SchemaVersion": 2, "ArtifactName": "alpine:3.20", "ArtifactType": kind, "Metadata": metadata,
            "Results": results})
    };
    let clean = json!([{"Target": "x", "Class": "os-pkgs", "Type": "alpine"}]);
    let of_other = json!({"userInput": "alpine:3.20", "imageID": other, "manifestDigest": other, "repoDigests": []});
    for (document, code) in [
        (grype(json!({"type": "directory", "target": "/home/ci/empty"})), "report-of-no-image"),
        (trivy("filesystem", json!({}), json!(null)), "report-of-no-image"),
        (trivy("repository", json!({"ImageID": config}), clean.clone()), "report-of-no-image"),
        (trivy("container_image", json!({}), json!(null)), "unbound-report"),
        (trivy("container_image", json!({}), clean.clone()), "unbound-report"),
        (trivy("container_image", json!({"ImageID": config}), json!(null)), "empty-report"),
        (trivy("container_image", json!({"ImageID": other}), clean.clone()), "report-of-another-image"),
        (grype(json!({"type": "image", "target": of_other})), "report-of-another-image"),
    ] {
        let report = Report::parse(document.to_string().as_bytes()).unwrap();
        let verdict = verdict(ScanPolicy::default(), &handed_in(report));
        assert_eq!(outcome(&verdict, "no-report"), Outcome::Fail, "{document}");
        assert_eq!(outcome(&verdict, code), Outcome::Fail, "{document}");
    }
    let own = trivy("container_image", json!({"ImageID": config}), clean);
    let report = Report::parse(own.to_string().as_bytes()).unwrap();
    assert!(verdict(ScanPolicy::default(), &handed_in(report)).allows());
    // A signature makes a folder no image.
    let folder = Report { target: Some("directory".into()), ..report_of_image() };
    let mut evidence = handed_in(folder);
    evidence.reports[0].by = signed("image", "x", &Value::Null).by;
    assert_eq!(outcome(&verdict(ScanPolicy::default(), &evidence), "report-of-no-image"), Outcome::Fail);
}

fn report_of_image() -> Report {
    Report { subjects: vec![digest("image")], ..report(Vec::new()) }
}

#[test]
fn every_platform_of_an_index_needs_a_report() {
    let mut evidence = index();
    evidence.reports.push(attached("amd64", report(Vec::new())));
    let half = verdict(ScanPolicy::default(), &evidence);
    assert!(half.reasons[0].message.contains("linux/arm64"), "{half:?}");
    evidence.reports.push(attached("arm64", report(high(1))));
    let both = verdict(at_most_five_high(), &evidence);
    assert_eq!(both.outcome, Outcome::Pass);
    assert_eq!(verdict(ScanPolicy::default(), &evidence).outcome, Outcome::Fail);
}

#[test]
fn several_reports_are_merged_and_the_worst_severity_counts() {
    let mut evidence = with(vec![Finding { package: "lib".into(), ..finding("CVE-1", Severity::Medium) }]);
    let other =
        Finding { package: "lib".into(), aliases: vec!["CVE-1".into()], ..finding("GHSA-1", Severity::Critical) };
    evidence.reports.push(attached("image", report(vec![other])));
    let policy = ScanPolicy { max_critical: Some(1), max_medium: Some(0), ..ScanPolicy::default() };
    assert_eq!(verdict(policy, &evidence).outcome, Outcome::Pass);
    assert!(verdict(ScanPolicy::default(), &evidence).reasons[0].message.starts_with("1 critical"));
}

#[test]
fn an_exception_excepts_and_remembers_what_it_would_be() {
    let full = Exception {
        owner: Some("team".into()),
        reason: Some("not reachable".into()),
        expires: Some(at(100 * 86_400)),
        ..Exception::of("CVE-2024-0")
    };
    let policy = ScanPolicy { exceptions: vec![full], ..ScanPolicy::default() };
    let verdict = verdict(policy, &with(high(1)));
    assert_eq!(verdict.outcome, Outcome::Excepted);
    let reason = &verdict.reasons[0];
    assert_eq!((reason.code.as_str(), reason.would_be), ("excepted", Some(Outcome::Fail)));
    assert!(["team", "not reachable", "until", "CVE-2024-0"].iter().all(|part| reason.message.contains(part)));
}

#[test]
fn a_bare_id_applies_and_is_told_to_have_no_owner_and_no_expiry() {
    let policy = ScanPolicy { exceptions: vec![Exception::of("CVE-2024-0")], ..ScanPolicy::default() };
    let verdict = verdict(policy, &with(high(1)));
    assert_eq!(outcome(&verdict, "excepted-without-owner-or-expiry"), Outcome::Excepted);
    assert!(verdict.reasons[0].message.contains("no owner and no expiry"));
}

#[test]
fn an_exception_within_the_limits_would_be_a_pass() {
    let policy = ScanPolicy { exceptions: vec![Exception::of("CVE-2024-0")], ..at_most_five_high() };
    let verdict = verdict(policy, &with(high(1)));
    assert_eq!((verdict.outcome, verdict.reasons[0].would_be), (Outcome::Excepted, Some(Outcome::Pass)));
}

#[test]
fn an_expired_exception_does_not_apply_and_is_named() {
    let expired = Exception { expires: Some(at(0)), ..Exception::of("CVE-2024-0") };
    let policy = ScanPolicy { exceptions: vec![expired], ..ScanPolicy::default() };
    let verdict = verdict(policy, &with(high(1)));
    assert_eq!(
        (outcome(&verdict, "exception-expired"), outcome(&verdict, "too-many-high")),
        (Outcome::Warn, Outcome::Fail)
    );
}

#[test]
fn an_exception_that_matched_nothing_is_mentioned() {
    let policy = ScanPolicy { exceptions: vec![Exception::of("CVE-1999-1")], ..ScanPolicy::default() };
    assert_eq!(outcome(&verdict(policy, &with(Vec::new())), "exception-unused"), Outcome::Warn);
    let elsewhere = Exception { digest: Some(digest("other")), ..Exception::of("CVE-2024-0") };
    let policy = ScanPolicy { exceptions: vec![elsewhere], ..ScanPolicy::default() };
    let verdict = verdict(policy, &with(high(1)));
    assert_eq!((outcome(&verdict, "exception-unused"), verdict.outcome), (Outcome::Pass, Outcome::Fail));
}

#[test]
fn an_exception_for_one_platform_does_not_excuse_the_other() {
    let mut evidence = index();
    evidence.reports.push(attached("amd64", report(high(1))));
    evidence.reports.push(attached("arm64", report(high(1))));
    let amd64 = Exception { digest: Some(digest("amd64")), ..Exception::of("CVE-2024-0") };
    let one = ScanPolicy { exceptions: vec![amd64.clone()], ..ScanPolicy::default() };
    let refused = verdict(one, &evidence);
    assert_eq!((refused.outcome, outcome(&refused, "exception-too-narrow")), (Outcome::Fail, Outcome::Warn));
    let arm64 = Exception { digest: Some(digest("arm64")), ..amd64.clone() };
    let both = ScanPolicy { exceptions: vec![amd64, arm64], ..ScanPolicy::default() };
    assert_eq!(verdict(both, &evidence).outcome, Outcome::Excepted);
    let image = Exception { digest: Some(digest("image")), ..Exception::of("CVE-2024-0") };
    let all = ScanPolicy { exceptions: vec![image], ..ScanPolicy::default() };
    assert_eq!(verdict(all, &evidence).outcome, Outcome::Excepted);
}

#[test]
fn an_unknown_severity_is_what_the_policy_says() {
    let evidence = with(vec![finding("CVE-1", Severity::Unknown)]);
    for (treatment, expected) in
        [(Treatment::Allow, Outcome::Pass), (Treatment::Warn, Outcome::Warn), (Treatment::Deny, Outcome::Fail)]
    {
        let policy = ScanPolicy { unknown_severity: treatment, ..ScanPolicy::default() };
        assert_eq!(verdict(policy, &evidence).outcome, expected);
    }
}

#[test]
fn reports_and_their_data_may_be_too_old_or_from_the_future() {
    let day = Duration::from_secs(86_400);
    let policy = ScanPolicy { max_report_age: Some(day), max_data_age: Some(day), ..ScanPolicy::default() };
    let dated = |scanned: Option<i64>, data: Option<i64>| {
        let mut evidence = with(Vec::new());
        evidence.reports[0].value.scanned_at = scanned.map(at);
        evidence.reports[0].value.data_as_of = data.map(at);
        verdict(policy.clone(), &evidence)
    };
    assert_eq!(dated(Some(-86_400), Some(299)).outcome, Outcome::Pass);
    assert_eq!(outcome(&dated(Some(-86_401), Some(0)), "stale-report"), Outcome::Fail);
    assert_eq!(outcome(&dated(Some(0), Some(-86_401)), "stale-report"), Outcome::Fail);
    assert_eq!(outcome(&dated(Some(0), None), "undated-report"), Outcome::Fail);
    assert_eq!(outcome(&dated(Some(301), Some(0)), "report-from-the-future"), Outcome::Fail);
}

#[test]
fn where_signed_reports_are_required_others_do_not_count() {
    let policy = ScanPolicy { require_signed: true, ..ScanPolicy::default() };
    let mut evidence = with(Vec::new());
    assert_eq!(outcome(&verdict(policy.clone(), &evidence), "unsigned-report"), Outcome::Fail);
    evidence.reports[0].by = signed("image", "x", &Value::Null).by;
    assert_eq!(verdict(policy, &evidence).outcome, Outcome::Pass);
}

#[test]
fn a_report_that_cannot_be_read_is_an_error_alone_and_a_warning_beside_others() {
    let mut evidence = Evidence { problems: vec![problem("report"), problem("sbom")], ..single() };
    let alone = verdict(ScanPolicy::default(), &evidence);
    assert_eq!((alone.outcome, alone.reasons.len()), (Outcome::Error, 2));
    evidence.reports.push(attached("image", report(Vec::new())));
    assert_eq!(outcome(&verdict(ScanPolicy::default(), &evidence), "unreadable-report"), Outcome::Warn);
}

#[test]
fn a_huge_report_is_counted_and_its_verdict_stays_small() {
    let verdict = verdict(ScanPolicy::default(), &with(high(50_000)));
    assert!(verdict.reasons[0].message.starts_with("50000 high") && verdict.reasons[0].message.len() < 2000);
}

#[test]
fn a_name_without_end_does_not_make_the_verdict_endless() {
    let mut findings = high(1);
    findings[0].package = "x".repeat(1 << 20);
    let verdict = verdict(ScanPolicy::default(), &with(findings));
    assert!(verdict.reasons[0].message.contains("CVE-2024-0 in xxx") && verdict.reasons[0].message.len() < 1000);
}

#[test]
fn an_assessment_whose_verdict_was_edited_is_none() {
    use serde_json::json;

    let evidence = with(vec![finding("CVE-2024-0", Severity::Critical)]);
    let assessment = CveGate::new(ScanPolicy::default()).assess(&evidence);
    let written = serde_json::to_value(&assessment).unwrap();
    let read = |edit: &dyn Fn(&mut Value)| {
        let mut edited = written.clone();
        edit(&mut edited);
        Assessment::from_json(edited.to_string().as_bytes()).map_err(|error| (error.kind(), error.to_string()))
    };
    assert_eq!(read(&|_| ()).unwrap(), assessment);
    let reasons = json!([{"outcome": "pass", "code": "within-limits", "message": "m"}]);
    let passed = |it: &mut Value| {
        it["verdict"]["outcome"] = json!("pass");
        it["verdict"]["reasons"] = reasons.clone();
    };
    type Edit<'a> = (&'a dyn Fn(&mut Value), &'a str);
    let edits: [Edit<'_>; 4] = [
        (&|it| it["verdict"]["outcome"] = json!("pass"), "at least that of its worst reason"),
        (&|it| it["verdict"]["reasons"] = json!([]), "at least one reason"),
        (&passed, "CVE-2024-0 in lib-of-CVE-2024-0 stops the image (too-many-critical)"),
        (
            &|it| {
                passed(it);
                it["vulnerabilities"] = json!([]);
            },
            "more critical ones count than are allowed",
        ),
    ];
    for (edit, words) in edits {
        let (kind, told) = read(edit).unwrap_err();
        assert!(kind == crate::ErrorKind::Invalid && told.contains(words), "{told}");
    }
}
