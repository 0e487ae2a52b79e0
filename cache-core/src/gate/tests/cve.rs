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
