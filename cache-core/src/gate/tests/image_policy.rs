use super::*;

const TYPE: &str = "https://example.com/test/v1";

fn authority(who: ImageVoucher, attestations: &[(&str, Option<&str>)]) -> ImageAuthority {
    let attestation = |(kind, undecidable): &(&str, Option<&str>)| ImageAttestation {
        name: "a".into(),
        predicate_type: (*kind).to_owned(),
        undecidable: undecidable.map(str::to_owned),
    };
    ImageAuthority { name: "ci".into(), who, attestations: attestations.iter().map(attestation).collect() }
}

fn policy(glob: &str, authorities: Vec<ImageAuthority>) -> ImagePolicy {
    let images = vec![ImageGlob::parse(glob).unwrap()];
    ImagePolicy { name: "p".into(), enforce: true, images, authorities, undecidable: None }
}

fn gate(policies: Vec<ImagePolicy>) -> ImagePolicyGate {
    ImagePolicyGate { policies }
}

/// The image with a statement that the trusted `ci` made.
fn attested() -> Evidence {
    Evidence { statements: vec![signed("image", TYPE, &Value::Null)], ..single() }
}

fn ci() -> ImageVoucher {
    ImageVoucher::Trusted("ci".into())
}

#[test]
fn any_authority_suffices_and_every_policy_must_be_satisfied() {
    let good = authority(ci(), &[(TYPE, None)]);
    let bad = authority(ImageVoucher::Trusted("p/other".into()), &[(TYPE, None)]);
    assert!(judge(&gate(vec![policy("**", vec![bad.clone(), good.clone()])]), &attested()).allows());
    assert!(!judge(&gate(vec![policy("**", vec![bad.clone()])]), &attested()).allows());
    let both = gate(vec![policy("**", vec![good.clone()]), policy("memory:dev/*", vec![bad.clone()])]);
    assert_eq!(outcome(&judge(&both, &attested()), "policy-not-satisfied"), Outcome::Fail);
    let elsewhere = gate(vec![policy("**", vec![good]), policy("ghcr.io/**", vec![bad])]);
    assert!(judge(&elsewhere, &attested()).allows());
}

#[test]
fn an_image_without_a_policy_and_one_without_evidence_are_refused() {
    let none = judge(&gate(vec![policy("ghcr.io/**", vec![authority(ci(), &[])])]), &attested());
    assert_eq!(outcome(&none, "no-policy"), Outcome::Fail);
    assert_eq!(outcome(&judge(&gate(Vec::new()), &attested()), "no-policy"), Outcome::Fail);
    // A statement is no signature of the image.
    let unsigned = judge(&gate(vec![policy("**", vec![authority(ci(), &[])])]), &attested());
    assert_eq!(outcome(&unsigned, "policy-not-satisfied"), Outcome::Fail);
    let other =
        judge(&gate(vec![policy("**", vec![authority(ci(), &[("https://example.com/x", None)])])]), &attested());
    assert_eq!(outcome(&other, "policy-not-satisfied"), Outcome::Fail);
}

#[test]
fn what_cannot_be_decided_is_never_satisfied() {
    let undecidable = [
        authority(ImageVoucher::Undecidable("its key is elsewhere".into()), &[]),
        authority(ci(), &[(TYPE, Some("the CUE policy"))]),
    ];
    for authority in undecidable {
        let verdict = judge(&gate(vec![policy("**", vec![authority])]), &attested());
        assert_eq!(outcome(&verdict, "policy-not-satisfied"), Outcome::Fail);
    }
    let whole = ImagePolicy {
        undecidable: Some("the Rego policy".into()),
        ..policy("**", vec![authority(ci(), &[(TYPE, None)])])
    };
    assert!(!judge(&gate(vec![whole]), &attested()).allows());
    let mut evidence = attested();
    evidence.problems.push(problem("statement"));
    let verdict = judge(&gate(vec![policy("**", vec![authority(ci(), &[])])]), &evidence);
    assert_eq!(outcome(&verdict, "policy-not-satisfied"), Outcome::Error);
}

#[test]
fn a_static_authority_says_so_itself_and_a_lax_policy_warns() {
    let fixed = |pass| authority(ImageVoucher::Static { pass, message: "because".into() }, &[]);
    assert!(judge(&gate(vec![policy("**", vec![fixed(true)])]), &single()).allows());
    let refused = policy("**", vec![fixed(false)]);
    assert!(!judge(&gate(vec![refused.clone()]), &single()).allows());
    let lax = ImagePolicy { enforce: false, ..refused };
    assert_eq!(outcome(&judge(&gate(vec![lax]), &single()), "policy-not-satisfied"), Outcome::Warn);
}
