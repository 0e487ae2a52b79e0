//! What people asked of gates in other tools' trackers, one test each: the numbers are those of the list of cases.

use std::time::Duration;

use super::*;
use crate::scan::{Exception, FixState, Limits, Note, Rating, ScanPolicy, Treatment};

fn of(severity: Severity, count: usize) -> Vec<Finding> {
    (0..count).map(|i| finding(&format!("CVE-2024-{i}"), severity)).collect()
}

fn with(findings: Vec<Finding>) -> Evidence {
    Evidence { reports: vec![attached("image", report(findings))], ..single() }
}

fn verdict(policy: ScanPolicy, evidence: &Evidence) -> Verdict {
    judge(&CveGate::new(policy), evidence)
}

#[test]
fn b2_01_no_criticals_and_up_to_five_highs() {
    let policy = ScanPolicy { max_high: Some(5), ..ScanPolicy::default() };
    assert!(verdict(policy.clone(), &with(of(Severity::High, 5))).allows());
    let assessment = CveGate::new(policy.clone()).assess(&with(of(Severity::High, 6)));
    assert_eq!(assessment.verdict.outcome, Outcome::Fail);
    // Which six, however long the list in the message is.
    assert_eq!(assessment.vulnerabilities.iter().filter(|one| one.blocks == ["too-many-high"]).count(), 6);
    assert!(!verdict(policy, &with(of(Severity::Critical, 1))).allows());
}

#[test]
fn b2_01_only_what_has_a_fix_may_be_limited() {
    let policy = ScanPolicy {
        max_critical: None,
        max_high: None,
        max_fixable: Limits { high: Some(0), ..Limits::default() },
        ..ScanPolicy::default()
    };
    assert!(verdict(policy.clone(), &with(of(Severity::High, 3))).allows());
    let mut findings = of(Severity::High, 3);
    findings[1].fixed_in = Some("2".into());
    findings[2].fix_state = FixState::WontFix;
    let refused = verdict(policy, &with(findings));
    assert_eq!(outcome(&refused, "too-many-fixable-high"), Outcome::Fail);
    assert!(refused.reasons[0].message.contains("CVE-2024-1 ") && !refused.reasons[0].message.contains("CVE-2024-2 "));
}

#[test]
fn b2_02_an_unused_exception_is_a_warning_or_what_the_policy_says() {
    for (treatment, expected) in
        [(Treatment::Allow, Outcome::Pass), (Treatment::Warn, Outcome::Warn), (Treatment::Deny, Outcome::Fail)]
    {
        let exceptions = vec![Exception::of("CVE-1999-1")];
        let policy = ScanPolicy { exceptions, unused_exceptions: treatment, ..ScanPolicy::default() };
        let assessment = CveGate::new(policy).assess(&with(Vec::new()));
        assert_eq!(outcome(&assessment.verdict, "exception-unused"), expected);
        assert_eq!(
            (assessment.exceptions[0].id.as_str(), &*assessment.exceptions[0].state),
            ("CVE-1999-1", "exception-unused")
        );
    }
}

#[test]
fn b2_03_an_exception_ends_at_its_instant_and_is_named_before() {
    let until = |seconds| {
        let exception =
            Exception { owner: Some("a".into()), expires: Some(at(seconds)), ..Exception::of("CVE-2024-0") };
        let policy = ScanPolicy {
            exceptions: vec![exception],
            expiry_warning: Duration::from_secs(10),
            ..ScanPolicy::default()
        };
        verdict(policy, &with(of(Severity::High, 1)))
    };
    assert_eq!(until(11).outcome, Outcome::Excepted);
    let soon = until(10);
    assert_eq!((soon.outcome, outcome(&soon, "exception-expiring")), (Outcome::Warn, Outcome::Warn));
    assert!(until(1).allows());
    assert_eq!((until(0).outcome, outcome(&until(0), "exception-expired")), (Outcome::Fail, Outcome::Warn));
}

#[test]
fn b2_05_one_source_of_a_severity_is_named_and_the_others_are_kept() {
    let rate = |source: &str, severity| Rating { source: source.into(), severity, score: None, vector: None };
    let mut findings = of(Severity::High, 1);
    findings[0].ratings = vec![rate("ghsa", Severity::High), rate("nvd", Severity::Critical)];
    let assessment = CveGate::default().assess(&with(findings));
    let one = &assessment.vulnerabilities[0];
    assert_eq!((one.severity, one.severity_by.as_str(), one.ratings.len()), (Severity::High, "ghsa", 2));
    for format in [crate::report::ReportFormat::Table, crate::report::ReportFormat::Sarif] {
        let written = String::from_utf8(assessment.write(format, &Default::default()).unwrap()).unwrap();
        assert!(written.contains("high") && !written.contains("\"9.0\""), "{written}");
    }
}

#[test]
fn b2_09_an_old_database_is_no_pass() {
    let day = 86_400;
    let policy = ScanPolicy { max_data_age: Some(Duration::from_secs(5 * day)), ..ScanPolicy::default() };
    let mut evidence = with(Vec::new());
    evidence.reports[0].value.data_as_of = Some(at(-6 * day as i64));
    let verdict = verdict(policy, &evidence);
    assert_eq!((verdict.allows(), outcome(&verdict, "stale-report")), (false, Outcome::Fail));
}

#[test]
fn b2_12_and_13_a_report_of_no_package_says_nothing() {
    let mut evidence = with(Vec::new());
    evidence.reports[0].value.packages = Some(0);
    let refused = verdict(ScanPolicy::default(), &evidence);
    assert_eq!((refused.allows(), outcome(&refused, "empty-report")), (false, Outcome::Fail));
    evidence.reports[0].value.packages = Some(1);
    assert!(verdict(ScanPolicy::default(), &evidence).allows());
}

#[test]
fn b2_14_what_was_not_scanned_is_visible_and_by_policy() {
    let note = |code: &str| Note {
        code: code.into(),
        package: "app".into(),
        version: None,
        purl: None,
        advisories: Vec::new(),
        message: "m".into(),
    };
    for (treatment, expected) in
        [(Treatment::Allow, Outcome::Pass), (Treatment::Warn, Outcome::Warn), (Treatment::Deny, Outcome::Fail)]
    {
        let mut evidence = with(Vec::new());
        evidence.reports[0].value.notes = vec![note("no-purl"), note("something-new"), note("kernel-headers")];
        let policy = ScanPolicy { unscanned: treatment, ..ScanPolicy::default() };
        let assessment = CveGate::new(policy).assess(&evidence);
        assert_eq!((assessment.verdict.outcome, outcome(&assessment.verdict, "not-scanned")), (expected, expected));
        assert_eq!((outcome(&assessment.verdict, "decided-otherwise"), assessment.notes.len()), (Outcome::Pass, 3));
    }
}

#[test]
fn b2_15_a_gate_can_warn_before_it_is_enforced() {
    let gate = AdvisoryGate::new(std::sync::Arc::new(CveGate::default()));
    let verdict = judge(&gate, &with(of(Severity::Critical, 1)));
    assert_eq!((verdict.gate.as_str(), verdict.outcome), ("cve", Outcome::Warn));
    let reason = &verdict.reasons[0];
    assert_eq!((reason.code.as_str(), reason.would_be), ("too-many-critical", Some(Outcome::Fail)));
    assert_eq!(judge(&gate, &with(Vec::new())).outcome, Outcome::Pass);
}

/// Whatever a gate says, a "no" that is only advice stops nothing, and is told.
#[test]
fn a_no_without_a_reason_is_advice_as_well() {
    let silent = Verdict { gate: "g".into(), outcome: Outcome::Pass, reasons: Vec::new(), looked_at: Vec::new() };
    let strict =
        Verdict { outcome: Outcome::Fail, reasons: vec![crate::model::Reason::pass("a", "a")], ..silent.clone() };
    for (said, would_be) in [(silent, Outcome::Error), (strict, Outcome::Fail)] {
        let gate = crate::gate::CallbackGate::new("g", move |_| {
            let said = said.clone();
            Box::pin(async move { Ok(said) })
        });
        let verdict = judge(&AdvisoryGate::new(std::sync::Arc::new(gate.unwrap())), &with(Vec::new()));
        assert_eq!((verdict.outcome, verdict.reasons[0].would_be), (Outcome::Warn, Some(would_be)));
    }
}

#[test]
fn b2_17_and_29_the_same_policy_and_evidence_give_the_same_verdict_and_a_stricter_one_another() {
    let evidence = with(of(Severity::Medium, 2));
    let verdict_of = |policy: &ScanPolicy| verdict(policy.clone(), &evidence);
    let policy = ScanPolicy::default();
    assert_eq!(verdict_of(&policy), verdict_of(&policy));
    assert!(verdict_of(&policy).allows());
    assert!(!verdict_of(&ScanPolicy { max_medium: Some(0), ..policy }).allows());
}

#[derive(Debug)]
struct Broken;

#[async_trait::async_trait]
impl PromotionGate for Broken {
    fn name(&self) -> &str {
        "broken"
    }

    async fn judge(&self, _: &Evidence) -> crate::Result<Verdict> {
        Err(crate::Error::unavailable("nobody answers"))
    }
}

/// One that refuses, and one that cannot judge, end nothing: whoever reads the answer sees all of it.
#[test]
fn b2_22_all_gates_run_and_all_signatures_are_looked_at() {
    let signatures = vec![signature::signature(&[]), signature::signature(&[])];
    let evidence = Evidence { signatures, ..with(of(Severity::Critical, 1)) };
    let gates: [std::sync::Arc<dyn PromotionGate>; 4] = [
        std::sync::Arc::new(CveGate::default()),
        std::sync::Arc::new(Broken),
        std::sync::Arc::new(SbomGate::default()),
        std::sync::Arc::new(SignatureGate::default()),
    ];
    let verdicts = futures_util::FutureExt::now_or_never(judge_all(&gates, &evidence)).unwrap();
    let outcomes: Vec<_> = verdicts.iter().map(|verdict| (verdict.gate.as_str(), verdict.outcome)).collect();
    let expected =
        [("cve", Outcome::Fail), ("broken", Outcome::Error), ("sbom", Outcome::Fail), ("signature", Outcome::Pass)];
    assert_eq!(outcomes, expected);
    assert_eq!(verdicts[3].looked_at.len(), 2);
}

/// A report carries its time and no end; how old it may be is the policy's.
#[test]
fn b2_30_who_asks_says_how_old_an_answer_may_be() {
    let day = 86_400;
    let after = |age: i64, max: Option<u64>| {
        let policy = ScanPolicy { max_report_age: max.map(Duration::from_secs), ..ScanPolicy::default() };
        let mut evidence = with(Vec::new());
        evidence.reports[0].value.scanned_at = Some(at(-age));
        verdict(policy, &evidence)
    };
    assert!(after(1000 * day, None).allows());
    assert!(after(day, Some(86_400)).allows());
    let stale = after(day + 1, Some(86_400));
    assert_eq!((stale.allows(), outcome(&stale, "stale-report")), (false, Outcome::Fail));
}

#[test]
fn b2_21_an_excepted_finding_says_what_it_would_be() {
    let policy = ScanPolicy { exceptions: vec![Exception::of("CVE-2024-0")], ..ScanPolicy::default() };
    let assessment = CveGate::new(policy).assess(&with(of(Severity::High, 1)));
    let one = &assessment.vulnerabilities[0];
    assert_eq!((one.standing, one.would_be), (Standing::Excepted, Some(Outcome::Fail)));
    assert!(one.exceptions[0].contains("CVE-2024-0") && assessment.exceptions[0].means == ["CVE-2024-0"]);
}

#[test]
fn what_is_known_to_be_exploited_is_named_or_blocks_whatever_its_severity() {
    let mut findings = of(Severity::Low, 2);
    findings[1].exploited = true;
    let judge = |treatment, exceptions| {
        let policy = ScanPolicy { exploited: treatment, exceptions, ..ScanPolicy::default() };
        CveGate::new(policy).assess(&with(findings.clone()))
    };
    assert_eq!(outcome(&judge(Treatment::Warn, vec![]).verdict, "known-exploited"), Outcome::Warn);
    let refused = judge(Treatment::Deny, vec![]);
    assert_eq!(outcome(&refused.verdict, "known-exploited"), Outcome::Fail);
    let exploited = refused.vulnerabilities.iter().find(|one| one.exploited).unwrap();
    assert_eq!((exploited.id.as_str(), &exploited.blocks[..]), ("CVE-2024-1", &["known-exploited".to_owned()][..]));
    // A person may still except it, by name; that would be a failure, and the record says so.
    let excepted = judge(Treatment::Deny, vec![Exception::of("CVE-2024-1")]);
    assert_eq!(
        (excepted.verdict.outcome, excepted.verdict.reasons[0].would_be),
        (Outcome::Excepted, Some(Outcome::Fail))
    );
}

#[test]
fn many_exceptions_and_findings_are_matched_in_time() {
    let exceptions = (0..20_000).map(|i| Exception::of(format!("CVE-2024-{i}"))).collect();
    let policy = ScanPolicy { exceptions, ..ScanPolicy::default() };
    let started = std::time::Instant::now();
    assert_eq!(verdict(policy, &with(of(Severity::High, 20_000))).outcome, Outcome::Excepted);
    assert!(started.elapsed().as_secs() < 60);
}

#[test]
fn remedies_name_the_highest_fix_of_a_package_what_helps_most_first() {
    let one = |id: &str, package: &str, fixed: Option<&str>| Finding {
        package: package.into(),
        purl: Some(format!("pkg:npm/{package}@1.0.0")),
        fixed_in: fixed.map(str::to_owned),
        ..finding(id, Severity::High)
    };
    let findings = vec![
        one("CVE-1", "a", Some("1.10.0")),
        one("CVE-2", "a", Some("1.9.0")),
        one("CVE-3", "b", Some("2.0.0, 3.0.0")),
        one("CVE-4", "c", None),
    ];
    let remedies = CveGate::default().assess(&with(findings)).remedies;
    let shown: Vec<(&str, Vec<&str>, usize)> = remedies
        .iter()
        .map(|remedy| (remedy.package.as_str(), remedy.to.iter().map(String::as_str).collect(), remedy.resolves.len()))
        .collect();
    assert_eq!(shown, [("a", vec!["1.10.0"], 2), ("b", vec!["2.0.0", "3.0.0"], 1), ("c", vec![], 1)]);
}
