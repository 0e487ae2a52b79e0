use serde_json::json;

use super::*;

const BUILDER: &str = "https://ci.example.com/build.yml@refs/tags/v1";

fn v1(builder: &str, source: &str) -> Value {
    json!({
        "buildDefinition": {"buildType": "t", "externalParameters": {"workflow": {"repository": source}},
            "resolvedDependencies": [{"uri": "git+https://git.example.com/evil/dependency"}]},
        "runDetails": {"builder": {"id": builder}},
    })
}

fn v02(builder: &str, source: &str) -> Value {
    json!({"builder": {"id": builder}, "buildType": "t", "invocation": {"configSource": {"uri": source}},
        "materials": [{"uri": "git+https://git.example.com/evil/dependency"}]})
}

fn gate(builders: &[&str], sources: &[&str]) -> ProvenanceGate {
    let list = |all: &[&str]| all.iter().map(|&one| one.to_owned()).collect();
    ProvenanceGate { builders: list(builders), sources: list(sources), ..ProvenanceGate::default() }
}

fn with(kind: &str, predicate: &Value) -> Evidence {
    Evidence { statements: vec![signed("image", kind, predicate)], ..single() }
}

#[test]
fn without_provenance_the_image_fails() {
    let other = with("https://example.com/other", &json!({}));
    let verdict = judge(&gate(&[], &[]), &other);
    assert_eq!((outcome(&verdict, "no-provenance"), verdict.looked_at.len()), (Outcome::Fail, 0));
}

#[test]
fn both_versions_pass_with_the_right_builder_and_source() {
    let gate = gate(&[BUILDER], &["https://git.example.com/team/app"]);
    let source = "git+https://git.example.com/team/app.git@refs/heads/main";
    for evidence in [with(SLSA_V1, &v1(BUILDER, source)), with(SLSA_V02, &v02(BUILDER, source))] {
        let verdict = judge(&gate, &evidence);
        assert_eq!((verdict.outcome, verdict.looked_at.len()), (Outcome::Pass, 1), "{verdict:?}");
    }
}

#[test]
fn the_wrong_builder_or_source_fails_and_both_have_to_match() {
    let good = "https://git.example.com/team/app";
    let gate = gate(&[BUILDER], &[good]);
    let bad = |builder, source| judge(&gate, &with(SLSA_V1, &v1(builder, source)));
    assert_eq!(outcome(&bad("https://evil.example/ci", good), "builder-not-allowed"), Outcome::Fail);
    assert_eq!(outcome(&bad(BUILDER, "https://git.example.com/team/app-evil"), "source-not-allowed"), Outcome::Fail);
    assert_eq!(outcome(&bad(BUILDER, ""), "source-not-stated"), Outcome::Fail);
    let two = Evidence {
        statements: vec![
            signed("image", SLSA_V1, &v1(BUILDER, "https://git.example.com/other")),
            signed("image", SLSA_V1, &v1("https://evil.example/ci", good)),
        ],
        ..single()
    };
    assert!(!judge(&gate, &two).allows());
}

#[test]
fn a_dependency_is_no_source() {
    let gate = gate(&[], &["https://git.example.com/evil/dependency"]);
    for evidence in [with(SLSA_V1, &v1(BUILDER, "https://x.example/a")), with(SLSA_V02, &v02(BUILDER, ""))] {
        assert!(!judge(&gate, &evidence).allows());
    }
}

#[test]
fn a_source_that_is_named_twice_has_to_be_right_twice() {
    let mut predicate = v1(BUILDER, "https://git.example.com/team/app");
    predicate["buildDefinition"]["externalParameters"]["source"] = json!({"uri": "https://git.example.com/other"});
    let verdict = judge(&gate(&[], &["https://git.example.com/team/app"]), &with(SLSA_V1, &predicate));
    assert_eq!(outcome(&verdict, "source-not-allowed"), Outcome::Fail);
}

#[test]
fn provenance_of_one_platform_is_not_provenance_of_the_other() {
    let mut evidence = index();
    evidence.statements.push(signed("amd64", SLSA_V1, &v1(BUILDER, "")));
    assert!(!judge(&gate(&[], &[]), &evidence).allows());
    evidence.statements.push(signed("arm64", SLSA_V1, &v1(BUILDER, "")));
    assert_eq!(judge(&gate(&[], &[]), &evidence).outcome, Outcome::Pass);
}

#[test]
fn a_predicate_of_another_shape_fails() {
    for predicate in
        [json!(null), json!([]), json!({"builder": 1}), json!({"runDetails": {}}), json!({"buildDefinition": []})]
    {
        let verdict = judge(&gate(&[], &[]), &with(SLSA_V1, &predicate));
        assert_eq!(outcome(&verdict, "unreadable-provenance"), Outcome::Fail, "{predicate}");
    }
}

#[test]
fn a_statement_that_did_not_verify_explains_what_is_missing() {
    let untrusted = Problem { kind: crate::error::ErrorKind::Untrusted, ..problem("statement") };
    let evidence = Evidence { problems: vec![untrusted], ..single() };
    for gate in
        [&gate(&[], &[]) as &dyn PromotionGate, &SmokeGate::attested(), &CveGate::default(), &SbomGate::default()]
    {
        let verdict = judge(gate, &evidence);
        assert_eq!(outcome(&verdict, "untrusted-statement"), Outcome::Fail, "{}", gate.name());
    }
}

#[test]
fn whoever_signs_for_a_builder_must_be_listed_where_a_list_is() {
    let with = |signers: &[&str]| {
        let signers = signers.iter().map(|s| (*s).to_owned()).collect();
        let signed_by = std::collections::BTreeMap::from([("https://ci.example.com/*".to_owned(), signers)]);
        ProvenanceGate { signed_by, ..ProvenanceGate::default() }
    };
    let predicate = serde_json::json!({
        "buildDefinition": {"buildType": "https://ci.example.com/type@v1", "externalParameters": {}},
        "runDetails": {"builder": {"id": "https://ci.example.com/build"}},
    });
    let evidence = Evidence { statements: vec![signed("image", SLSA_V1, &predicate)], ..single() };
    // The key of `signed` is called `ci`.
    assert!(judge(&with(&["ci"]), &evidence).allows());
    assert_eq!(outcome(&judge(&with(&["other"]), &evidence), "signer-is-not-builder"), Outcome::Fail);
    assert_eq!(outcome(&judge(&with(&[]), &evidence), "signer-is-not-builder"), Outcome::Fail);
    let types = |kind: &str| ProvenanceGate { build_types: vec![kind.to_owned()], ..ProvenanceGate::default() };
    assert!(judge(&types("https://ci.example.com/type@v1"), &evidence).allows());
    assert_eq!(
        outcome(&judge(&types("https://ci.example.com/other"), &evidence), "build-type-not-allowed"),
        Outcome::Fail
    );
    let branch = ProvenanceGate { refs: vec!["branch:main".parse().unwrap()], ..ProvenanceGate::default() };
    assert_eq!(outcome(&judge(&branch, &evidence), "ref-not-stated"), Outcome::Fail);
}
