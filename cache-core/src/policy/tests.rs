use super::*;
use crate::approve::ApprovalKind;
use crate::error::ErrorKind;
use crate::model::Timestamp;
use crate::retention::{KeepLast, LastOf};
use crate::scan::{Exception, Treatment};

const SAMPLE: &str = "\
scan_policy:
  promotion_to_staging:
    max_critical: 0
    max_high: 5
    max_medium: 50
    exceptions:
      - CVE-2023-12345  # Known, mitigated
  promotion_to_prod:
    max_critical: 0
    max_high: 0
    max_medium: 10
    require_signature: true
    require_sbom: true
retention_policy:
  dev: {keep_last_tags: 10, max_age_days: 30, keep_semver: true}
  prod: {keep_last_tags: 50, max_age_days: 365, keep_semver: true, keep_deployed: true}
";

fn names(policy: &Policy, environment: &str) -> Vec<String> {
    policy.gates(environment).unwrap().iter().map(|gate| gate.name().to_owned()).collect()
}

/// A policy whose staging section has these lines.
fn staging(lines: &str) -> Result<Policy> {
    let lines: String = lines.lines().map(|line| format!("    {line}\n")).collect();
    Policy::parse(&format!("scan_policy:\n  promotion_to_staging:\n{lines}"))
}

#[test]
fn the_sample_loads_as_it_stands() {
    let policy = Policy::parse(SAMPLE).unwrap();
    assert_eq!(policy.digest(), &Digest::of(SAMPLE.as_bytes()));
    assert_eq!(policy.environments().collect::<Vec<_>>(), ["prod", "staging"]);
    let scan = policy.promotion("staging").scan.unwrap();
    assert_eq!((scan.max_critical, scan.max_high, scan.max_medium, scan.max_low), (Some(0), Some(5), Some(50), None));
    assert_eq!(scan.exceptions, [Exception::of("CVE-2023-12345")]);
    assert_eq!(policy.promotion("prod").scan.unwrap().max_medium, Some(10));
    let prod = policy.retention("prod").unwrap();
    assert_eq!((prod.max_age_days, prod.keep_deployed), (Some(365), Some(true)));
    assert_eq!(prod.keep_last_tags, Some(KeepLast(vec![LastOf { tags: None, last: 50 }])));
    assert_eq!(policy.retention("dev").unwrap().keep_deployed, None);
    assert_eq!(policy.retention("staging"), None);
}

#[test]
fn absent_keys_are_strict() {
    let policy = Policy::parse(SAMPLE).unwrap();
    assert_eq!(names(&policy, "staging"), ["cve", "signature", "sbom"]);
    let all = ["cve", "signature", "sbom", "license", "provenance", "smoke"];
    assert_eq!(names(&policy, "prod"), all);
    assert_eq!(names(&policy, "somewhere-else"), all);
    let scan = policy.promotion("somewhere-else").scan.unwrap();
    assert_eq!((scan.max_critical, scan.max_high), (Some(0), Some(0)));
    let scan = staging("max_medium: 3").unwrap().promotion("staging").scan.unwrap();
    assert_eq!((scan.max_critical, scan.max_high, scan.max_medium), (Some(0), Some(0), Some(3)));
}

#[test]
fn an_explicit_false_removes_a_gate_and_shows() {
    let policy =
        Policy::parse("scan_policy: {promotion_to_prod: {require_smoke_test: false, require_sbom: false}}").unwrap();
    assert_eq!(names(&policy, "prod"), ["cve", "signature", "license", "provenance"]);
    assert_eq!(policy.promotion("prod").removed, ["sbom", "smoke"]);
    assert!(policy.promotion("staging").removed.is_empty());
}

#[test]
fn all_keys_of_a_section_are_read() {
    let policy = staging(
        "max_high: any\nmax_low: 7\nunknown_severity: deny\nmax_report_age_days: 2\nmax_data_age_days: 5\n\
         require_signed_evidence: true\nrequire_license: {deny: ['LGPL-*', GPL-3.0-only], unknown: allow}\n\
         require_provenance:\n  builders: ['https://ci.example.com/*']\n  sources: [https://git.example.com/app]\n\
         require_smoke_test: https://app.example.com/health",
    );
    let promotion = policy.unwrap().promotion("staging");
    let scan = promotion.scan.as_ref().unwrap();
    assert_eq!((scan.max_high, scan.max_low, scan.unknown_severity), (None, Some(7), Treatment::Deny));
    assert_eq!(scan.max_report_age.map(|age| age.as_secs()), Some(172_800));
    assert!(scan.require_signed && promotion.require_signed);
    let license = promotion.license.as_ref().unwrap();
    assert_eq!(
        (&license.rules.deny[0][..], license.unknown, license.require_signed),
        ("LGPL-*", Treatment::Allow, true)
    );
    assert_eq!(promotion.provenance.as_ref().unwrap().builders, ["https://ci.example.com/*"]);
    assert_eq!(promotion.smoke, Some(Smoke::Http("https://app.example.com/health".into())));
    assert_eq!(promotion.gates().unwrap().len(), 6);
}

#[test]
fn an_exception_may_be_an_object() {
    let digest = Digest::of(b"image");
    let policy = staging(&format!(
        "exceptions:\n  - id: CVE-1\n    package: openssl\n    digest: {digest}\n    owner: team-a\n    reason: not reachable\n    \
         expires: 2026-12-31\n    ticket: T-1\n  - {{id: CVE-2, reason: \"no\"}}"
    ));
    let exceptions = policy.unwrap().promotion("staging").scan.unwrap().exceptions;
    let full = Exception {
        package: Some("openssl".into()),
        digest: Some(digest),
        owner: Some("team-a".into()),
        reason: Some("not reachable".into()),
        expires: Some(Timestamp::parse("2026-12-31").unwrap()),
        ticket: Some("T-1".into()),
        ..Exception::of("CVE-1")
    };
    assert_eq!(exceptions[0], full);
    assert_eq!(exceptions[1].reason.as_deref(), Some("no"));
}

#[test]
fn approvals_are_read_and_must_be_satisfiable() {
    let policy = Policy::parse(
        "approval_policy:\n  prod: {required: 2, kinds: [terminal, callback], approvers: [alice, {name: bob}], max_age_hours: 2}",
    );
    let policy = policy.unwrap();
    let prod = policy.approval("prod");
    assert_eq!((prod.required, prod.approvers.len(), prod.max_age.as_secs()), (2, 2, 7200));
    assert_eq!(prod.accept, [ApprovalKind::Terminal, ApprovalKind::Callback]);
    assert!(prod.exclude_requester);
    assert_eq!(policy.approval("staging").required, 1);
    for wrong in
        ["{required: 0}", "{required: 3, approvers: [a, b]}", "{kinds: [key]}", "{kinds: []}", "{kinds: [psychic]}"]
    {
        assert!(Policy::parse(&format!("approval_policy:\n  prod: {wrong}")).is_err(), "{wrong}");
    }
}

const GROUPED: &str = "
approval_policy:
  prod:
    approvers: [alice, bob, carol]
    groups:
      security: {required: 1, of: [alice, bob]}
      release: {required: 1, of: [carol]}
    freeze:
      - {name: year end, zone: Europe/Berlin, from: 2026-12-20, until: 2027-01-04T08:00}
      - {name: weekend, zone: UTC, from: fri 16:00, until: mon 08:00}
";

#[test]
fn groups_and_freezes_are_read() {
    let prod = Policy::parse(GROUPED).unwrap().approval("prod");
    assert_eq!((prod.required, prod.groups.len(), prod.freezes.len()), (2, 2, 2));
    assert_eq!(prod.groups["security"].of, ["alice", "bob"]);
}

/// gates.md B2 47: what nobody could satisfy is an error of the file.
#[test]
fn b2_47_groups_that_nobody_can_satisfy_are_named_with_line_and_column() {
    for (right, wrong, message) in [
        ("of: [carol]", "of: [mallory]", "who is none of the approvers"),
        ("of: [alice, bob]", "of: [carol]", "lacks 1 of 1"),
        ("{required: 1, of: [carol]}", "{required: 2, of: [carol]}", "lacks 1 of 2"),
        ("{required: 1, of: [carol]}", "{of: [carol]}", "required"),
        ("approvers: [", "required: 1\n    approvers: [", "the groups need 2 people"),
        ("Europe/Berlin", "Europe/Bielefeld", "no time zone"),
        ("from: fri 16:00", "from: 2026-12-20", "on the other"),
        ("from: fri 16:00", "form: fri 16:00", "form"),
    ] {
        let error = Policy::parse(&GROUPED.replace(right, wrong)).unwrap_err();
        let has = |key| error.contexts().iter().any(|(known, _)| *known == key);
        assert!(error.message().contains(message) && has("line") && has("column"), "{wrong}: {error}");
    }
}

#[test]
fn a_soak_is_in_another_environment_for_hours_or_days() {
    let soak = |text: &str| staging(&format!("require_soak: {text}")).map(|policy| policy.promotion("staging"));
    let day = soak("{environment: dev, hours: 24}").unwrap();
    assert_eq!(day.soak, soak("{environment: dev, days: 1}").unwrap().soak);
    assert_eq!(day.names(), ["cve", "signature", "sbom", "soak"]);
    assert_eq!(day.soak.unwrap().at_least.as_secs(), 24 * 60 * 60);
    for wrong in [
        "true",
        "24",
        "{hours: 24}",
        "{environment: dev}",
        "{environment: dev, hours: 0}",
        "{environment: dev, hours: 1, days: 1}",
        "{environment: '', hours: 1}",
        "{environment: dev, hours: -1}",
    ] {
        let error = soak(wrong).unwrap_err();
        assert!(error.contexts().iter().any(|(key, line)| *key == "line" && line == "3"), "{wrong}: {error}");
    }
    let advised = staging("require_soak: {environment: dev, hours: 1}\nwarn_only: [soak]").unwrap();
    assert_eq!(advised.promotion("staging").warn_only, ["soak"]);
}

#[test]
fn what_is_wrong_is_named_with_line_column_and_key() {
    for (lines, message, place) in [
        ("max_hihg: 1", "max_hihg", "3 scan_policy.promotion_to_staging.max_hihg"),
        ("max_high: -1", "negative", "3 scan_policy.promotion_to_staging.max_high"),
        ("max_high: 1.5", "", "3 scan_policy.promotion_to_staging.max_high"),
        ("max_high: some", "some", "3 scan_policy.promotion_to_staging.max_high"),
        ("max_high: 99999999999", "large", "3 scan_policy.promotion_to_staging.max_high"),
        ("require_sbom: yes", "", "3 scan_policy.promotion_to_staging.require_sbom"),
        (
            "exceptions:\n  - {id: CVE-1, expires: tomorrow}",
            "tomorrow",
            "4 scan_policy.promotion_to_staging.exceptions.expires",
        ),
        ("exceptions:\n  - id: CVE-1\n    reason: ''", "empty", "5 scan_policy.promotion_to_staging.exceptions.reason"),
        (
            "exceptions:\n  - id: CVE-1\n    until: 2026-01-01",
            "until",
            "5 scan_policy.promotion_to_staging.exceptions.until",
        ),
        ("exceptions:\n  - owner: x", "id", ""),
        ("exceptions: ['']", "empty", ""),
        ("max_high: 1\nmax_high: 2", "max_high", "4 scan_policy.promotion_to_staging.max_high"),
        ("require_license: {deny: ['GLP-*']}", "GLP-*", "3 scan_policy.promotion_to_staging.require_license.deny"),
        (
            "require_license: {deny: ['GPL-2.0-with-classpath-exception']}",
            "means no licence",
            "3 scan_policy.promotion_to_staging.require_license.deny",
        ),
        ("require_provenance: {builder: x}", "builder", ""),
        ("require_smoke_test: ftp://x", "http", "3 scan_policy.promotion_to_staging.require_smoke_test"),
    ] {
        let error = staging(lines).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Invalid, "{lines}");
        assert!(error.message().contains(message), "{lines}: {error}");
        let context =
            |key: &str| error.contexts().iter().find(|(k, _)| *k == key).map(|(_, v)| v.as_str()).unwrap_or("?");
        let found = format!("{} {}", context("line"), context("key"));
        assert!(place.is_empty() || found == place, "{lines}: {error}");
        assert!(!found.contains('?') && context("column") != "?", "{lines}: {error}");
    }
}

#[test]
fn what_is_wrong_is_said_in_words() {
    for (lines, told) in [
        ("max_high: some", "expected a number that is not negative, or `any`, not \"some\""),
        ("require_sbom: yes", "expected true or false"),
        ("exceptions: 7", "expected a list"),
        ("vex: 7", "expected an object"),
        ("known_exploited: maybe", "unknown word `maybe`, expected one of allow, warn, deny"),
    ] {
        assert_eq!(staging(lines).unwrap_err().message(), format!("the policy file is wrong: {told}"));
    }
}

#[test]
fn hostile_files_are_invalid() {
    let deep = format!("scan_policy: {}", "[".repeat(100_000));
    let bomb = "a: &a [x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b]\nscan_policy: *c\n";
    let long = format!("# {}", "x".repeat(1 << 20));
    for text in [
        "",
        "{}",
        "[]",
        "null",
        "x",
        "scan_policy: 1",
        "scan_policy: {promotion_to_: {}}",
        "scan_policy: {prod: {}}",
        "unknown: 1",
        "scan_policy: {promotion_to_a: {}}\nscan_policy: {promotion_to_a: {}}",
        "scan_policy: {promotion_to_a: {}, promotion_to_a: {}}",
        "retention_policy: {dev: {keep_last_tags: -1}}",
        "retention_policy: {dev: {keep: 1}}",
        "a: b: c",
        "\t",
        "--- {}\n--- {}",
        &deep,
        bomb,
        &long,
    ] {
        let error = Policy::parse(text).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Invalid, "{}", &text[..text.len().min(60)]);
    }
}

#[test]
fn the_example_in_the_documentation_is_read() {
    let text = include_str!("../../../docs/policy.md");
    let yaml = text.split("```yaml\n").nth(1).and_then(|rest| rest.split("```").next()).unwrap();
    let policy = Policy::parse(yaml).unwrap();
    assert_eq!(names(&policy, "prod").len(), 6);
    assert_eq!(policy.approval("prod").required, 2);
}

#[test]
fn signers_and_what_is_demanded_of_signatures_and_provenance() {
    let policy = Policy::parse(
        "
scan_policy:
  promotion_to_prod:
    require_signature: {signers: 2, annotations: {env: prod}}
    require_provenance:
      builders: ['https://ci.example.com/build.yml@refs/tags/*']
      refs: ['branch:main', 'version:v1']
      build_types: ['https://ci.example.com/type@v1']
      signed_by: {'https://ci.example.com/build.yml': [delegator]}
signers:
  - name: release
    identities:
      - {subject: 'https://ci.example.com/release.yml@refs/heads/main', issuer: 'https://id.example.com'}
      - {subject_regexp: '.*@example\\.com', issuer: 'https://id.example.com', claims: {buildTrigger: push}}
    demands: {timestamps: 1, certificate_log: false}
",
    )
    .unwrap();
    let promotion = policy.promotion("prod");
    assert_eq!(promotion.signature.unwrap().signers, 2);
    let provenance = promotion.provenance.unwrap();
    assert_eq!((provenance.refs.len(), provenance.build_types.len(), provenance.signed_by.len()), (2, 1, 1));
    let signers = &policy.signers()[0];
    assert_eq!((signers.name.as_str(), signers.rules().unwrap().len()), ("release", 2));
    let demands = signers.demands.as_ref().unwrap();
    assert_eq!((demands.logs, demands.timestamps, demands.certificate_log), (1, 1, false));
}

#[test]
fn signers_that_cannot_be_are_refused() {
    for signers in [
        "{name: a, identities: []}",
        "{name: a, identities: [{subject: b}]}",
        "{name: a, identities: [{subject: b, issuer: c, claims: {ref: d}}]}",
        "{name: a, identities: [{subject_regexp: '([', issuer: c}]}",
        "{name: a, identities: [{subject: b, issuer: c}], demand: {}}",
    ] {
        assert!(Policy::parse(&format!("signers:\n  - {signers}\n")).is_err(), "{signers}");
    }
    for section in
        ["require_signature: {signers: 0}", "require_provenance: {refs: [main]}", "require_signature: {signer: 1}"]
    {
        let text = format!("scan_policy:\n  promotion_to_prod:\n    {section}\n");
        assert!(Policy::parse(&text).is_err(), "{section}");
    }
}

#[test]
fn the_keys_of_findings_are_read() {
    let policy = staging(
        "max_high: any\nmax_fixable_high: 0\nmax_fixable_low: any\nknown_exploited: deny\nunscanned: deny\n\
         unused_exceptions: allow\nwarn_before_expiry_days: 3\nvex: {unverified: true, broad: true}\nwarn_only: [cve, sbom]",
    );
    let promotion = policy.unwrap().promotion("staging");
    let scan = promotion.scan.as_ref().unwrap();
    assert_eq!((scan.max_high, scan.max_fixable.high, scan.max_fixable.low), (None, Some(0), None));
    assert_eq!((scan.exploited, scan.unscanned), (Treatment::Deny, Treatment::Deny));
    assert_eq!((scan.unused_exceptions, scan.expiry_warning.as_secs()), (Treatment::Allow, 3 * 86_400));
    assert!(scan.unverified_vex && scan.broad_vex);
    assert_eq!(promotion.warn_only, ["cve", "sbom"]);
    let usual = staging("max_low: 1").unwrap().promotion("staging").scan.unwrap();
    assert_eq!((usual.exploited, usual.unscanned, usual.unverified_vex), (Treatment::Warn, Treatment::Warn, false));
}

/// gates.md B2 19: what an exception has to have can be demanded, and its absence is an error of the file.
#[test]
fn b2_19_exceptions_may_need_an_owner_a_reason_an_end_and_a_ticket() {
    let need = "exceptions_need: [owner, reason, expires, ticket]\n";
    let full = "exceptions: [{id: CVE-1, owner: a, reason: b, expires: 2026-12-31, ticket: T-1}]";
    assert!(staging(&format!("{need}{full}")).is_ok());
    for lacking in ["owner: a, ", "reason: b, ", "expires: 2026-12-31, ", ", ticket: T-1"] {
        let error = staging(&format!("{need}{}", full.replace(lacking, ""))).unwrap_err().to_string();
        let name = lacking.trim_start_matches(", ").split(':').next().unwrap();
        assert!(
            error.contains(&format!("the exception for CVE-1 has no {name}")) && error.contains("promotion_to_staging"),
            "{error}"
        );
    }
    let bare = staging(&format!("{need}require_license: {{exceptions: [GPL-3.0-only]}}")).unwrap_err();
    assert!(bare.to_string().contains("GPL-3.0-only has no owner"), "{bare}");
}

/// gates.md B2 3 and 7: a date that is none and a reason that is empty are errors that name the place.
#[test]
fn b2_03_and_07_a_wrong_exception_is_an_error_with_its_line() {
    for wrong in [
        "{id: CVE-1, expires: soon}",
        "{id: CVE-1, reason: ' '}",
        "{id: CVE-1, expired: 2026-01-01}",
        "{owner: a}",
        "''",
    ] {
        let error = staging(&format!("max_low: 1\nexceptions:\n  - {wrong}")).unwrap_err().to_string();
        assert!(error.contains("line: 5") || error.contains("line=5") || error.contains("line 5"), "{wrong}: {error}");
    }
    assert!(staging("warn_only: [cvee]").is_err() && staging("vex: {trusted: true}").is_err());
}
