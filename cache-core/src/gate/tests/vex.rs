//! VEX in the gate: who may say something, what counts, and what is told.

use std::slice::from_ref;

use serde_json::json;

use super::*;
use crate::scan::{Exception, ScanPolicy, Vex};

/// A finding in a package that has a purl.
fn found(id: &str, severity: Severity) -> Finding {
    Finding { purl: Some(format!("pkg:npm/lib-of-{}@1", id.to_lowercase())), ..finding(id, severity) }
}

fn statement(id: &str, status: &str, at: &str) -> Value {
    json!({"vulnerability": {"name": id}, "status": status, "timestamp": at, "justification": "vulnerable_code_not_present",
        "products": [{"@id": format!("pkg:npm/lib-of-{}@1", id.to_lowercase())}]})
}

fn document(id: &str, version: u64, statements: &[Value]) -> Value {
    json!({"@context": "https://openvex.dev/ns/v0.2.0", "@id": id, "author": "Example Product Security", "version": version,
        "timestamp": "2026-01-01T00:00:00Z", "statements": statements})
}

fn given(document: &Value) -> Attached<Vex> {
    let bytes = document.to_string();
    let value = Vex::parse(bytes.as_bytes()).unwrap();
    Attached { value, digest: Digest::of(bytes.as_bytes()), about: digest("image"), found: Found::Given, by: None }
}

fn evidence(findings: Vec<Finding>, vex: Vec<Attached<Vex>>) -> Evidence {
    Evidence { reports: vec![attached("image", report(findings))], vex, ..single() }
}

fn verdict(policy: ScanPolicy, evidence: &Evidence) -> Verdict {
    judge(&CveGate::new(policy), evidence)
}

const EARLY: &str = "2026-01-01T00:00:00Z";
const LATE: &str = "2026-02-01T00:00:00Z";

/// gates.md B2 8: the verdict is computed after VEX, and shows what was suppressed, by which document.
#[test]
fn b2_08_the_only_critical_is_not_affected() {
    let vex = given(&document("a", 1, &[statement("CVE-1", "not_affected", EARLY)]));
    let digest = vex.digest.clone();
    let evidence = evidence(vec![found("CVE-1", Severity::Critical)], vec![vex]);
    let verdict = verdict(ScanPolicy::default(), &evidence);
    assert_eq!(verdict.outcome, Outcome::Pass);
    let reason = verdict.reasons.iter().find(|reason| reason.code == "vex").unwrap();
    assert_eq!(reason.would_be, Some(Outcome::Fail));
    let parts = ["CVE-1", digest.short(), "Example Product Security", "not_affected", "vulnerable_code_not_present"];
    assert!(parts.iter().all(|part| reason.message.contains(part)), "{}", reason.message);
    assert!(verdict.looked_at.iter().any(|looked| looked.what == "vex" && looked.digest == digest));
    let assessment = CveGate::default().assess(&evidence);
    let one = &assessment.vulnerabilities[0];
    assert_eq!((one.standing, one.would_be, one.vex.len()), (Standing::Cleared, Some(Outcome::Fail), 1));
    assert_eq!((assessment.tallies[0].cleared, assessment.tallies[0].counting), (1, 0));
}

#[test]
fn what_is_fixed_goes_too_and_what_is_affected_or_in_question_counts() {
    for (status, outcome) in
        [("fixed", Outcome::Pass), ("affected", Outcome::Fail), ("under_investigation", Outcome::Fail)]
    {
        let vex = given(&document("a", 1, &[statement("CVE-1", status, EARLY)]));
        let evidence = evidence(vec![found("CVE-1", Severity::Critical)], vec![vex]);
        assert_eq!(verdict(ScanPolicy::default(), &evidence).outcome, outcome, "{status}");
        let said = &CveGate::default().assess(&evidence).vulnerabilities[0].vex;
        assert!(said.len() == 1 && said[0].ignored.is_none(), "{said:?}");
    }
}

#[test]
fn the_newest_statement_counts_in_one_document_and_over_several() {
    let (old, new) = (statement("CVE-1", "affected", EARLY), statement("CVE-1", "not_affected", LATE));
    let (back, again) = (statement("CVE-1", "not_affected", EARLY), statement("CVE-1", "affected", LATE));
    let outcome = |documents: &[Value]| {
        let vex = documents.iter().map(given).collect();
        verdict(ScanPolicy::default(), &evidence(vec![found("CVE-1", Severity::Critical)], vex)).outcome
    };
    assert_eq!(outcome(&[document("a", 1, &[old.clone(), new.clone()])]), Outcome::Pass);
    assert_eq!(outcome(&[document("a", 1, &[new.clone(), old.clone()])]), Outcome::Pass);
    assert_eq!(outcome(&[document("a", 1, &[back, again])]), Outcome::Fail);
    assert_eq!(outcome(&[document("a", 1, &[new]), document("b", 1, &[old])]), Outcome::Pass);
    // At one time: later in the document, and the more careful of two documents.
    let (no, yes) = (statement("CVE-1", "not_affected", EARLY), statement("CVE-1", "affected", EARLY));
    assert_eq!(outcome(&[document("a", 1, &[yes.clone(), no.clone()])]), Outcome::Pass);
    assert_eq!(outcome(&[document("a", 1, from_ref(&no)), document("b", 1, from_ref(&yes))]), Outcome::Fail);
    assert_eq!(outcome(&[document("b", 1, from_ref(&yes)), document("a", 1, from_ref(&no))]), Outcome::Fail);
    // Which document is given first does not matter.
    let both = document("a", 1, &[yes, no]);
    let triage = document("b", 1, &[statement("CVE-1", "under_investigation", EARLY)]);
    assert_eq!(outcome(&[triage.clone(), both.clone()]), outcome(&[both, triage]));
}

#[test]
fn a_later_version_of_a_document_takes_back_what_the_earlier_said() {
    let first = given(&document("a", 1, &[statement("CVE-1", "not_affected", LATE)]));
    let second = given(&document("a", 2, &[]));
    let evidence = evidence(vec![found("CVE-1", Severity::Critical)], vec![first, second]);
    let verdict = verdict(ScanPolicy::default(), &evidence);
    assert_eq!((verdict.outcome, outcome(&verdict, "vex-superseded")), (Outcome::Fail, Outcome::Warn));
}

/// gates.md B2 16: what nobody signed never decides, unless the caller gave it or the policy says so.
#[test]
fn b2_16_an_unsigned_document_that_is_attached_does_not_count() {
    let mut vex = given(&document("a", 1, &[statement("CVE-1", "not_affected", EARLY)]));
    vex.found = Found::Attached(Style::Referrer);
    let mut evidence = evidence(vec![found("CVE-1", Severity::Critical)], vec![vex]);
    let refused = verdict(ScanPolicy::default(), &evidence);
    assert_eq!((refused.outcome, outcome(&refused, "vex-unverified")), (Outcome::Fail, Outcome::Warn));
    let said = &CveGate::default().assess(&evidence).vulnerabilities[0].vex[0];
    assert_eq!(said.ignored.as_deref(), Some("unverified"));
    let policy = ScanPolicy { unverified_vex: true, ..ScanPolicy::default() };
    assert_eq!(verdict(policy, &evidence).outcome, Outcome::Pass);
    evidence.vex[0].by = signed("image", "x", &Value::Null).by;
    assert_eq!(verdict(ScanPolicy::default(), &evidence).outcome, Outcome::Pass);
}

#[test]
fn where_only_signed_evidence_counts_what_is_given_does_not() {
    let vex = given(&document("a", 1, &[statement("CVE-1", "not_affected", EARLY)]));
    let by = signed("image", "x", &Value::Null).by;
    let mut evidence = evidence(vec![found("CVE-1", Severity::Critical)], vec![vex]);
    evidence.reports[0].by = by.clone();
    let policy = ScanPolicy { require_signed: true, unverified_vex: true, ..ScanPolicy::default() };
    assert_eq!(verdict(policy.clone(), &evidence).outcome, Outcome::Fail);
    evidence.vex[0].by = by;
    assert_eq!(verdict(policy, &evidence).outcome, Outcome::Pass);
}

#[test]
fn not_affected_without_a_reason_does_not_count() {
    let mut bare = statement("CVE-1", "not_affected", EARLY);
    bare["justification"] = Value::Null;
    let evidence = evidence(vec![found("CVE-1", Severity::Critical)], vec![given(&document("a", 1, &[bare]))]);
    let verdict = verdict(ScanPolicy::default(), &evidence);
    assert_eq!((verdict.outcome, outcome(&verdict, "vex-unjustified")), (Outcome::Fail, Outcome::Warn));
}

/// gates.md B2 27: a purl that means every version needs the policy's word.
#[test]
fn b2_27_a_broad_statement_is_a_warning_unless_the_policy_takes_it() {
    let mut broad = statement("CVE-1", "not_affected", EARLY);
    broad["products"] = json!([{"@id": "pkg:npm/lib-of-cve-1"}]);
    let evidence = evidence(vec![found("CVE-1", Severity::Critical)], vec![given(&document("a", 1, &[broad]))]);
    let refused = verdict(ScanPolicy::default(), &evidence);
    assert_eq!((refused.outcome, outcome(&refused, "vex-broad")), (Outcome::Fail, Outcome::Warn));
    let policy = ScanPolicy { broad_vex: true, ..ScanPolicy::default() };
    assert_eq!(verdict(policy, &evidence).outcome, Outcome::Pass);
}

/// gates.md B2 26: what matched nothing is told; what nearly matched is a warning with what differs.
#[test]
fn b2_26_statements_that_matched_nothing_are_told() {
    let mut near = statement("CVE-1", "not_affected", EARLY);
    near["products"] = json!([{"@id": "pkg:npm/lib-of-cve-1@2"}]);
    let vex = given(&document("a", 1, &[near, statement("CVE-9", "fixed", EARLY)]));
    let evidence = evidence(vec![found("CVE-1", Severity::Low)], vec![vex]);
    let verdict = verdict(ScanPolicy::default(), &evidence);
    let told: Vec<_> = verdict.reasons.iter().filter(|reason| reason.code == "vex-unmatched").collect();
    assert_eq!((told[0].outcome, told[1].outcome), (Outcome::Warn, Outcome::Pass));
    assert!(told[0].message.contains("the version is 2 there and 1 here") && told[1].message.contains("CVE-9"));
    let used = &CveGate::default().assess(&evidence).vex[0];
    assert_eq!((used.statements, used.matched, used.unmatched.len()), (2, 0, 2));
}

#[test]
fn what_cannot_be_used_of_a_document_is_a_warning() {
    let evidence = evidence(vec![], vec![given(&document("a", 1, &[statement("CVE-1", "perhaps", EARLY)]))]);
    assert_eq!(outcome(&verdict(ScanPolicy::default(), &evidence), "vex-problem"), Outcome::Warn);
    let evidence = Evidence { problems: vec![problem("vex")], ..evidence };
    assert_eq!(outcome(&verdict(ScanPolicy::default(), &evidence), "unreadable-vex"), Outcome::Warn);
}

#[test]
fn a_document_about_one_platform_says_nothing_of_the_other() {
    let mut evidence = index();
    evidence.reports.push(attached("amd64", report(vec![found("CVE-1", Severity::Critical)])));
    evidence.reports.push(attached("arm64", report(vec![found("CVE-1", Severity::Critical)])));
    let vex = given(&document("a", 1, &[statement("CVE-1", "not_affected", EARLY)]));
    evidence.vex = vec![Attached { about: digest("amd64"), ..vex.clone() }];
    assert_eq!(verdict(ScanPolicy::default(), &evidence).outcome, Outcome::Fail);
    evidence.vex.push(Attached { about: digest("arm64"), ..vex.clone() });
    assert_eq!(verdict(ScanPolicy::default(), &evidence).outcome, Outcome::Pass);
    evidence.vex = vec![vex];
    assert_eq!(verdict(ScanPolicy::default(), &evidence).outcome, Outcome::Pass);
}

#[test]
fn one_platform_may_be_excepted_and_the_other_cleared() {
    let mut evidence = index();
    evidence.reports.push(attached("amd64", report(vec![found("CVE-1", Severity::Critical)])));
    evidence.reports.push(attached("arm64", report(vec![found("CVE-1", Severity::Critical)])));
    let vex = given(&document("a", 1, &[statement("CVE-1", "not_affected", EARLY)]));
    evidence.vex = vec![Attached { about: digest("amd64"), ..vex }];
    let exception = Exception { digest: Some(digest("arm64")), ..Exception::of("CVE-1") };
    let policy = ScanPolicy { exceptions: vec![exception], ..ScanPolicy::default() };
    assert_eq!(verdict(policy, &evidence).outcome, Outcome::Excepted);
}

#[test]
fn exceptions_go_before_vex_and_both_are_shown() {
    let vex = given(&document("a", 1, &[statement("CVE-1", "not_affected", EARLY)]));
    let evidence = evidence(vec![found("CVE-1", Severity::Critical)], vec![vex]);
    let policy = ScanPolicy { exceptions: vec![Exception::of("CVE-1")], ..ScanPolicy::default() };
    let assessment = CveGate::new(policy).assess(&evidence);
    let one = &assessment.vulnerabilities[0];
    assert_eq!((one.standing, one.exceptions.len(), one.vex.len()), (Standing::Excepted, 1, 1));
    assert_eq!(assessment.verdict.outcome, Outcome::Excepted);
}

#[test]
fn a_hundred_thousand_statements_are_matched_in_time() {
    let statements: Vec<Value> = (0..100_000).map(|i| statement(&format!("CVE-{i}"), "not_affected", EARLY)).collect();
    let findings = (0..50_000).map(|i| found(&format!("CVE-{i}"), Severity::High)).collect();
    let evidence = evidence(findings, vec![given(&document("a", 1, &statements))]);
    let started = std::time::Instant::now();
    let verdict = verdict(ScanPolicy::default(), &evidence);
    assert_eq!(verdict.outcome, Outcome::Pass);
    assert!(started.elapsed().as_secs() < 60 && verdict.reasons.iter().all(|reason| reason.message.len() < 10_000));
}
