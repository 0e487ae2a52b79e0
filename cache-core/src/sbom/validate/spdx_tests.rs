use serde_json::{Value, json};

use crate::sbom::validate;

fn document(version: &str, more: Value) -> Value {
    let mut document = json!({
        "spdxVersion": version, "SPDXID": "SPDXRef-DOCUMENT", "dataLicense": "CC0-1.0", "name": "n",
        "documentNamespace": "https://example.com/n", "creationInfo": {"created": "2026-01-01T00:00:00Z", "creators": ["Tool: t"]},
    });
    document.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    document
}

fn package(more: Value) -> Value {
    let mut package = json!({"SPDXID": "SPDXRef-p", "name": "p", "downloadLocation": "NONE"});
    package.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    package
}

fn wrong(document: &Value) -> Vec<String> {
    let findings = validate(&serde_json::to_vec(document).unwrap()).unwrap();
    findings.into_iter().map(|finding| format!("{} {}", finding.code, finding.position)).collect()
}

/// spdx/tools-python#389: the words for nothing are targets of relationships.
#[test]
fn e1_relationships_lead_to_nothing_or_to_an_element() {
    for (to, is_right) in [
        ("NOASSERTION", true),
        ("NONE", true),
        ("SPDXRef-p", true),
        ("DocumentRef-d:SPDXRef-x", true),
        ("SPDXRef-q", false),
    ] {
        let edge =
            json!({"spdxElementId": "SPDXRef-p", "relationshipType": "GENERATED_FROM", "relatedSpdxElement": to});
        let found = wrong(&document("SPDX-2.3", json!({"packages": [package(json!({}))], "relationships": [edge]})));
        assert_eq!(found.is_empty(), is_right, "{to}: {found:?}");
    }
}

/// spdx/tools-python#378 and spdx/tools#190.
#[test]
fn e2_e5_ids_are_unique() {
    let packages = [package(json!({})), package(json!({"name": "b"}))];
    assert_eq!(wrong(&document("SPDX-2.3", json!({"packages": packages}))), ["repeated-id packages[1].SPDXID"]);
    let license = |text: &str| json!({"licenseId": "LicenseRef-1", "extractedText": text});
    let licenses = json!({"hasExtractedLicensingInfos": [license("A"), license("B")]});
    assert_eq!(wrong(&document("SPDX-2.3", licenses)), ["repeated-id hasExtractedLicensingInfos[1].licenseId"]);
}

/// spdx/tools-java#3 and spdx/tools-python#155.
#[test]
fn e4_e6_what_is_wrong_is_told_of_the_item_it_is_in() {
    let packages = [package(json!({"licenseInfoFromFiles": ["MIT", "GPL 2.0 or later"]}))];
    assert_eq!(
        wrong(&document("SPDX-2.3", json!({"packages": packages}))),
        ["wrong-value packages[0].licenseInfoFromFiles"]
    );
    let packages = [json!({"SPDXID": "SPDXRef-p", "downloadLocation": "NONE"})];
    assert_eq!(wrong(&document("SPDX-2.3", json!({"packages": packages}))), ["missing-member packages[0]"]);
}

/// spdx/Spdx-Java-Library#197 and aquasecurity/trivy#10367: what is required depends on the version.
#[test]
fn e8_e33_members_are_required_by_version() {
    let packages = json!({"packages": [package(json!({"filesAnalyzed": true}))]});
    assert!(wrong(&document("SPDX-2.3", packages.clone())).is_empty());
    assert_eq!(wrong(&document("SPDX-2.2", packages)), ["missing-member packages[0]"; 4]);
    let packages = json!({"packages": [package(json!({"filesAnalyzed": false, "licenseConcluded": "NOASSERTION",
        "licenseDeclared": "NOASSERTION", "copyrightText": "NOASSERTION"}))]});
    assert!(wrong(&document("SPDX-2.2", packages)).is_empty());
    let packages = json!({"packages": [package(json!({"primaryPackagePurpose": "LIBRARY"}))]});
    assert!(wrong(&document("SPDX-2.3", packages)).is_empty());
}

#[test]
fn the_document_itself_is_checked() {
    for (more, place) in [
        (json!({"SPDXID": "SPDXRef-x"}), "SPDXID"),
        (json!({"dataLicense": "MIT"}), "dataLicense"),
        (json!({"documentNamespace": "https://example.com/n#x"}), "documentNamespace"),
        (json!({"creationInfo": {"created": "2026-01-01T00:00:00Z", "creators": ["me"]}}), "creationInfo.creators"),
        (json!({"packages": [package(json!({"SPDXID": "SPDXRef-a_b"}))]}), "packages[0].SPDXID"),
        (json!({"packages": [package(json!({"licenseDeclared": "LicenseRef-x"}))]}), "packages[0].licenseDeclared"),
        (json!({"packages": [package(json!({"supplier": "me"}))]}), "packages[0].supplier"),
    ] {
        assert_eq!(wrong(&document("SPDX-2.3", more)), [format!("wrong-value {place}")]);
    }
    assert!(wrong(&document("SPDX-2.3", json!({}))).is_empty());
    assert_eq!(wrong(&document("SPDX-2.3", json!({"own": 1}))), ["unknown-member own"]);
}

/// The examples of the specification's authors, and the one that is named invalid. One example has licences of files that
/// nobody analyzed.
#[test]
fn the_shared_spdx_documents_get_their_verdict() {
    let Some(root) = crate::document::shared_data("sbom/spdx") else { return };
    let (mut open, mut counts, mut different) = (vec![root], [0, 0], Vec::new());
    while let Some(path) = open.pop() {
        if path.is_dir() {
            open.extend(std::fs::read_dir(&path).unwrap().map(|entry| entry.unwrap().path()));
            continue;
        }
        let name = path.to_string_lossy().into_owned();
        let is_right = !name.contains("/invalid/") && !name.ends_with("/ACME-v2.3.spdx.json");
        let is_asked = name.contains("/tools-python/")
            || name.contains("/no_elements_missing/")
            || name.contains("/spdx-examples/");
        if !is_asked || !name.ends_with(".json") {
            continue;
        }
        let Ok(findings) = validate(&std::fs::read(&path).unwrap()) else { continue };
        counts[usize::from(is_right)] += 1;
        if findings.is_empty() != is_right {
            let findings: Vec<_> = findings.iter().take(4).collect();
            different.push(format!("{name}: {findings:?}"));
        }
    }
    println!("{} SPDX documents are valid, {} are not, as expected", counts[1], counts[0]);
    assert!(different.is_empty(), "{different:#?}");
    assert!(counts[1] >= 20 && counts[0] == 2, "{counts:?}");
}
