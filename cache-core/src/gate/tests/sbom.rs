use super::*;

fn with(value: Sbom<'static>) -> Evidence {
    Evidence { sboms: vec![attached("image", value)], ..single() }
}

#[test]
fn without_an_sbom_the_image_fails() {
    let verdict = judge(&SbomGate::default(), &single());
    assert_eq!(outcome(&verdict, "no-sbom"), Outcome::Fail);
    assert!(verdict.looked_at.is_empty());
}

#[test]
fn an_sbom_that_is_attached_and_names_nobody_else_counts() {
    let verdict = judge(&SbomGate::default(), &with(sbom(&["MIT"])));
    assert_eq!((verdict.outcome, verdict.looked_at.len()), (Outcome::Pass, 1));
    let named = Sbom { describes: vec![digest("image")], ..sbom(&["MIT"]) };
    assert_eq!(judge(&SbomGate::default(), &with(named)).outcome, Outcome::Pass);
}

#[test]
fn an_sbom_of_another_image_or_of_nothing_does_not_count() {
    let other = Sbom { describes: vec![digest("other")], ..sbom(&["MIT"]) };
    assert_eq!(outcome(&judge(&SbomGate::default(), &with(other)), "sbom-of-another-image"), Outcome::Fail);
    assert_eq!(outcome(&judge(&SbomGate::default(), &with(sbom(&[]))), "empty-sbom"), Outcome::Fail);
}

#[test]
fn an_sbom_that_is_only_handed_in_has_to_name_the_image() {
    let gates: [&dyn PromotionGate; 2] = [&SbomGate::default(), &LicenseGate::default()];
    let judged = |value: Sbom<'static>, gate: &dyn PromotionGate| {
        let configs = [(digest("image"), digest("configuration"))].into();
        judge(gate, &Evidence { sboms: vec![given(value)], configs, ..single() })
    };
    for gate in gates {
        assert_eq!(outcome(&judged(sbom(&["MIT"]), gate), "unbound-sbom"), Outcome::Fail);
        let other = Sbom { describes: vec![digest("other")], ..sbom(&["MIT"]) };
        assert_eq!(outcome(&judged(other, gate), "sbom-of-another-image"), Outcome::Fail);
        let named = Sbom { describes: vec![digest("image")], ..sbom(&["MIT"]) };
        assert!(judged(named, gate).allows());
        for (config, allows) in [("configuration", true), ("other", false)] {
            assert_eq!(judged(of_archive(&digest(config)), gate).allows(), allows, "{config}");
        }
    }
}

/// What Trivy writes of an image in an archive.
fn of_archive(id: &Digest) -> Sbom<'static> {
    let image = serde_json::json!({"type": "container", "bom-ref": "image", "name": "image.tar",
        "properties": [{"name": "aquasecurity:trivy:ImageID", "value": id}]});
    let library =
        serde_json::json!({"type": "library", "bom-ref": "a", "name": "a", "licenses": [{"license": {"id": "MIT"}}]});
    let document = serde_json::json!({"bomFormat": "CycloneDX", "specVersion": "1.6", "metadata": {"component": image},
        "components": [library]});
    Sbom::parse(document.to_string().as_bytes()).unwrap().into_owned()
}

#[test]
fn every_platform_needs_one() {
    let mut evidence = index();
    evidence.sboms.push(attached("image", Sbom { describes: vec![digest("amd64")], ..sbom(&["MIT"]) }));
    let verdict = judge(&SbomGate::default(), &evidence);
    assert!(verdict.reasons[0].message.contains("linux/arm64"), "{verdict:?}");
    evidence.sboms.push(attached("arm64", sbom(&["MIT"])));
    assert_eq!(judge(&SbomGate::default(), &evidence).outcome, Outcome::Pass);
}

#[test]
fn where_signed_sboms_are_required_others_do_not_count() {
    let gate = SbomGate { require_signed: true };
    let mut evidence = with(sbom(&["MIT"]));
    assert_eq!(outcome(&judge(&gate, &evidence), "unsigned-sbom"), Outcome::Fail);
    evidence.sboms[0].by = signed("image", "x", &Value::Null).by;
    assert_eq!(judge(&gate, &evidence).outcome, Outcome::Pass);
}

#[test]
fn a_broken_sbom_is_an_error_alone_and_a_warning_beside_another() {
    let mut evidence = Evidence { problems: vec![problem("sbom")], ..single() };
    assert_eq!(judge(&SbomGate::default(), &evidence).outcome, Outcome::Error);
    evidence.sboms.push(attached("image", sbom(&["MIT"])));
    assert_eq!(judge(&SbomGate::default(), &evidence).outcome, Outcome::Warn);
}
