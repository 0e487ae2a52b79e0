use super::*;
use crate::sbom::license::LicenseRules;
use crate::scan::{Exception, Treatment};

fn with(licenses: &[&str]) -> Evidence {
    Evidence { sboms: vec![attached("image", sbom(licenses))], ..single() }
}

#[test]
fn without_an_sbom_the_image_fails() {
    assert_eq!(outcome(&judge(&LicenseGate::default(), &single()), "no-sbom"), Outcome::Fail);
}

#[test]
fn allowed_licences_pass_and_the_chosen_branch_is_told() {
    let verdict = judge(&LicenseGate::default(), &with(&["MIT", "Apache-2.0 OR GPL-3.0-only"]));
    assert_eq!(verdict.outcome, Outcome::Pass);
    let chosen = verdict.reasons.iter().find(|r| r.code == "chosen-licenses").unwrap();
    let line = "p1: Apache-2.0 of Apache-2.0 OR GPL-3.0-only, as GPL-3.0-only is denied";
    assert!(chosen.message.contains(line), "{chosen:?}");
}

#[test]
fn a_denied_licence_fails_with_its_package() {
    let verdict = judge(&LicenseGate::default(), &with(&["MIT", "GPLv3+"]));
    assert_eq!(outcome(&verdict, "denied-license"), Outcome::Fail);
    assert!(verdict.reasons[0].message.contains("1 packages have a denied licence: p1: GPLv3+"), "{verdict:?}");
}

#[test]
fn unknown_licences_are_what_the_policy_says() {
    for (unknown, expected) in
        [(Treatment::Allow, Outcome::Pass), (Treatment::Warn, Outcome::Warn), (Treatment::Deny, Outcome::Fail)]
    {
        let gate = LicenseGate { unknown, ..LicenseGate::default() };
        for license in ["", "see the file", "LicenseRef-Acme"] {
            assert_eq!(outcome(&judge(&gate, &with(&[license])), "unknown-license"), expected, "{license}");
        }
    }
}

#[test]
fn all_licences_of_a_package_apply() {
    let mut evidence = with(&["MIT"]);
    evidence.sboms[0].value.packages[0].licenses.push(License::expression("AGPL-3.0-only"));
    assert_eq!(judge(&LicenseGate::default(), &evidence).outcome, Outcome::Fail);
}

#[test]
fn the_rules_may_deny_the_lgpl() {
    let evidence = with(&["LGPL-2.1-or-later"]);
    assert_eq!(judge(&LicenseGate::default(), &evidence).outcome, Outcome::Pass);
    let rules = LicenseRules { deny: vec!["LGPL-*".into()], ..LicenseRules::default() };
    assert_eq!(judge(&LicenseGate { rules, ..LicenseGate::default() }, &evidence).outcome, Outcome::Fail);
}

#[test]
fn a_whole_text_in_the_place_of_a_name_is_cut() {
    let text = "word\n".repeat(10_000);
    let verdict = judge(&LicenseGate::default(), &with(&[&text]));
    assert!(verdict.reasons.iter().all(|r| r.message.len() < 300 && !r.message.contains('\n')), "{verdict:?}");
}

#[test]
fn a_package_may_be_excepted() {
    let except = |id: &str, package: &str| {
        let exception = Exception { package: Some(package.into()), owner: Some("legal".into()), ..Exception::of(id) };
        LicenseGate { exceptions: vec![exception], ..LicenseGate::default() }
    };
    let mut evidence = with(&["GPL-2.0-only", "MIT"]);
    evidence.sboms[0].value.packages[0].purl = Some("pkg:deb/debian/p0@1?arch=amd64".into());
    for (id, package) in [("GPL-2.0-only", "p0"), ("GPL-*", "pkg:deb/*"), ("gpl-2.0-only", "pkg:deb/debian/p0")] {
        let verdict = judge(&except(id, package), &evidence);
        assert_eq!(
            (verdict.outcome, verdict.reasons[0].would_be),
            (Outcome::Excepted, Some(Outcome::Fail)),
            "{verdict:?}"
        );
    }
    for (id, package) in [("GPL-3.0-only", "p0"), ("GPL-*", "p1"), ("GPL-*", "pkg:rpm/*")] {
        let verdict = judge(&except(id, package), &evidence);
        assert_eq!((verdict.outcome, outcome(&verdict, "exception-unused")), (Outcome::Fail, Outcome::Warn));
    }
    // One that is for another image is none that nobody needs any more.
    let mut elsewhere = except("GPL-*", "p0");
    elsewhere.exceptions[0].digest = Some(crate::model::Digest::of(b"another"));
    let verdict = judge(&elsewhere, &evidence);
    assert_eq!((verdict.outcome, outcome(&verdict, "exception-unused")), (Outcome::Fail, Outcome::Pass));
    let mut expired = except("GPL-*", "p0");
    expired.exceptions[0].expires = Some(at(0));
    let verdict = judge(&expired, &evidence);
    assert_eq!((verdict.outcome, outcome(&verdict, "exception-expired")), (Outcome::Fail, Outcome::Warn));
}

#[test]
fn an_exception_with_an_id_of_older_lists_is_as_narrow_as_it_reads() {
    let gate = LicenseGate { exceptions: vec![Exception::of("GPL-3.0")], ..LicenseGate::default() };
    assert_eq!(judge(&gate, &with(&["GPL-3.0-only"])).outcome, Outcome::Excepted);
    assert_eq!(judge(&gate, &with(&["GPL-3.0-or-later"])).outcome, Outcome::Fail);
}

#[test]
fn an_exception_does_not_hide_what_is_unknown_beside_it() {
    let gate =
        LicenseGate { exceptions: vec![Exception::of("GPL-*")], unknown: Treatment::Deny, ..LicenseGate::default() };
    assert_eq!(judge(&gate, &with(&["GPL-2.0-only AND LicenseRef-x"])).outcome, Outcome::Fail);
    assert_eq!(judge(&gate, &with(&["GPL-2.0-only AND AGPL-3.0-only"])).outcome, Outcome::Fail);
    assert_eq!(judge(&gate, &with(&["GPL-2.0-only AND MIT"])).outcome, Outcome::Excepted);
}
