//! Documents of SPDX 3.

use serde_json::{Value, json};

use super::super::catalog::testing::damaged;
use super::super::write_tests::{said, write};
use super::super::{Kind, LicenseStage, Relation, Sbom};
use crate::error::ErrorKind;
use crate::model::Digest;

pub(super) const CONTEXT: &str = "https://spdx.org/rdf/3.0.1/spdx-context.jsonld";

pub(super) fn graph(mut elements: Vec<Value>) -> Value {
    elements
        .push(json!({"type": "CreationInfo", "@id": "_:c", "specVersion": "3.0.1", "created": "2026-01-01T00:00:00Z",
        "createdBy": ["urn:e:jane"], "createdUsing": ["urn:e:tool"], "comment": "by hand"}));
    json!({"@context": CONTEXT, "@graph": elements})
}

pub(super) fn package(id: &str) -> Value {
    json!({"type": "software_Package", "spdxId": id, "creationInfo": "_:c", "name": id.rsplit(':').next().unwrap()})
}

pub(super) fn relationship(id: &str, from: &str, word: &str, to: &[&str]) -> Value {
    json!({"type": "Relationship", "spdxId": id, "creationInfo": "_:c", "from": from, "relationshipType": word, "to": to})
}

pub(super) fn parse(document: &Value) -> Sbom<'static> {
    Sbom::parse(document.to_string().as_bytes()).unwrap_or_else(|e| panic!("{e}: {document}")).into_owned()
}

pub(super) fn codes(sbom: &Sbom<'_>) -> Vec<(String, String)> {
    sbom.findings.iter().map(|finding| (finding.code.to_string(), finding.position.clone())).collect()
}

/// With all that the model knows, and what it does not.
pub(super) fn whole() -> Value {
    let mut app = package("urn:e:app");
    let more = json!({
        "software_packageVersion": "1.0", "software_packageUrl": "pkg:oci/app@1", "software_primaryPurpose": "application",
        "software_copyrightText": "(c) Jane", "software_downloadLocation": "https://e/a", "software_homePage": "NOASSERTION",
        "description": "an app", "summary": "app", "builtTime": "2026-01-01T00:00:00Z", "suppliedBy": "urn:e:acme",
        "originatedBy": ["urn:e:jane", "urn:e:acme"], "verifiedUsing": [
            {"type": "Hash", "algorithm": "sha3_256", "hashValue": "00"},
            {"type": "PackageVerificationCode", "algorithm": "sha1", "hashValue": "11"}],
        "externalIdentifier": [
            {"type": "ExternalIdentifier", "externalIdentifierType": "cpe23", "identifier": "cpe:2.3:a:a:a:1:*:*:*:*:*:*:*"},
            {"type": "ExternalIdentifier", "externalIdentifierType": "swhid", "identifier": "swh:1:cnt:00"}],
        "extension": [{"type": "extension_CdxPropertiesExtension", "extension_cdxProperty": [
            {"type": "extension_CdxPropertyEntry", "extension_cdxPropName": "p", "extension_cdxPropValue": "v"}]}],
    });
    app.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    let mut data = package("urn:e:data");
    data["type"] = json!("dataset_DatasetPackage");
    data["dataset_datasetSize"] = json!(7);
    graph(vec![
        json!({"type": "Person", "spdxId": "urn:e:jane", "creationInfo": "_:c", "name": "Jane", "externalIdentifier": [
            {"type": "ExternalIdentifier", "externalIdentifierType": "email", "identifier": "jane@e.org"}]}),
        json!({"type": "Organization", "spdxId": "urn:e:acme", "creationInfo": "_:c", "name": "Acme", "comment": "big"}),
        json!({"type": "Tool", "spdxId": "urn:e:tool", "creationInfo": "_:c", "name": "t-1"}),
        json!({"type": "SpdxDocument", "spdxId": "urn:e:document", "creationInfo": "_:c", "name": "d",
            "rootElement": ["urn:e:bom"], "profileConformance": ["core"], "import": [{"type": "ExternalMap", "externalSpdxId": "urn:x:lib"}]}),
        json!({"type": "software_Sbom", "spdxId": "urn:e:bom", "creationInfo": "_:c", "rootElement": ["urn:e:app"]}),
        app,
        package("urn:e:lib"),
        data,
        json!({"type": "software_File", "spdxId": "urn:e:file", "creationInfo": "_:c2", "name": "./f", "software_fileKind": "file",
            "verifiedUsing": [{"type": "Hash", "algorithm": "sha256", "hashValue": "22"}]}),
        json!({"type": "CreationInfo", "@id": "_:c2", "specVersion": "3.0.0", "created": "2025-01-01T00:00:00Z", "createdBy": ["urn:e:jane"]}),
        json!({"type": "software_Snippet", "spdxId": "urn:e:snippet", "creationInfo": "_:c", "software_snippetFromFile": "urn:e:file"}),
        json!({"type": "simplelicensing_LicenseExpression", "spdxId": "urn:e:mit", "creationInfo": "_:c", "simplelicensing_licenseExpression": "MIT"}),
        json!({"type": "expandedlicensing_CustomLicense", "spdxId": "urn:e/LicenseRef-own", "creationInfo": "_:c",
            "name": "Own", "simplelicensing_licenseText": "do as you like", "expandedlicensing_isOsiApproved": false}),
        json!({"type": "expandedlicensing_DisjunctiveLicenseSet", "spdxId": "urn:e:either", "creationInfo": "_:c",
            "expandedlicensing_member": ["urn:e/LicenseRef-own", "urn:e:later", "urn:e:with"]}),
        json!({"type": "expandedlicensing_OrLaterOperator", "spdxId": "urn:e:later", "creationInfo": "_:c",
            "expandedlicensing_subjectLicense": "https://spdx.org/licenses/GPL-2.0-only"}),
        json!({"type": "expandedlicensing_WithAdditionOperator", "spdxId": "urn:e:with", "creationInfo": "_:c",
            "expandedlicensing_subjectExtendableLicense": "urn:e:later",
            "expandedlicensing_subjectAddition": "https://spdx.org/licenses/Classpath-exception-2.0"}),
        relationship("urn:e:r1", "urn:e:app", "hasDeclaredLicense", &["urn:e:mit", "urn:e:either"]),
        relationship("urn:e:r2", "urn:e:lib", "hasConcludedLicense", &["urn:e:mit"]),
        relationship("urn:e:r3", "urn:e:lib", "hasDeclaredLicense", &["expandedlicensing_NoAssertionLicense"]),
        relationship("urn:e:r4", "urn:e:app", "dependsOn", &["urn:e:lib", "urn:x:lib"]),
        json!({"type": "LifecycleScopedRelationship", "spdxId": "urn:e:r5", "creationInfo": "_:c", "from": "urn:e:app",
            "relationshipType": "dependsOn", "to": ["urn:e:data"], "scope": "test", "completeness": "complete"}),
        relationship("urn:e:r6", "urn:e:document", "describes", &["urn:e:app"]),
        relationship("urn:e:r7", "urn:e:app", "trainedOn", &["urn:e:data"]),
    ])
}

#[test]
fn a_document_becomes_the_model() {
    let sbom = parse(&whole());
    assert_eq!(sbom.findings, []);
    assert_eq!((sbom.format.to_string().as_str(), sbom.metadata.name.as_deref()), ("SPDX-3.0.1", Some("d")));
    assert_eq!(sbom.metadata.created.as_deref(), Some("2026-01-01T00:00:00Z"));
    assert_eq!(
        (&sbom.metadata.authors[0], &sbom.metadata.tools[0]),
        (&"Person: Jane (jane@e.org)".into(), &"t-1".into())
    );
    assert_eq!(sbom.metadata.subject.as_deref(), Some("urn:e:app"));
    let [app, lib, data] = &sbom.packages[..] else { panic!("{sbom:?}") };
    assert_eq!((app.version.as_deref(), app.purl.as_deref()), (Some("1.0"), Some("pkg:oci/app@1")));
    assert_eq!((app.kind, data.kind), (Kind::Container, Kind::Data));
    assert_eq!(
        (app.supplier.as_deref(), app.author.as_deref()),
        (Some("Organization: Acme"), Some("Person: Jane (jane@e.org)"))
    );
    assert_eq!((app.copyright.as_deref(), app.homepage.as_deref()), (Some("(c) Jane"), None));
    assert_eq!((app.download.as_deref(), app.description.as_deref()), (Some("https://e/a"), Some("an app")));
    assert_eq!((app.cpes.len(), app.hashes.len(), app.hashes[0].algorithm.as_str()), (1, 1, "sha3256"));
    assert_eq!(app.properties, [("p".into(), "v".into())]);
    let licenses = |package: &super::super::Package<'_>| {
        package.licenses.iter().map(|license| (license.text.to_string(), license.stage)).collect::<Vec<_>>()
    };
    let either = "LicenseRef-own OR GPL-2.0-only+ OR (GPL-2.0-only+ WITH Classpath-exception-2.0)";
    assert_eq!(licenses(app), [("MIT".into(), LicenseStage::Declared), (either.into(), LicenseStage::Declared)]);
    assert_eq!(licenses(lib), [("MIT".into(), LicenseStage::Concluded)]);
    assert_eq!((sbom.files[0].path.as_str(), sbom.files[0].hashes.len()), ("./f", 1));
    let text = &sbom.license_texts[0];
    assert_eq!(
        (text.id.as_str(), text.name.as_deref(), text.text.as_str()),
        ("LicenseRef-own", Some("Own"), "do as you like")
    );
    let edges: Vec<_> = sbom.relationships.iter().map(|edge| (&*edge.from, edge.relation.word(), &*edge.to)).collect();
    assert_eq!(
        edges,
        [
            ("SPDXRef-DOCUMENT", "DESCRIBES", "urn:e:app"),
            ("urn:e:app", "DEPENDS_ON", "urn:e:lib"),
            ("urn:e:app", "DEPENDS_ON", "urn:x:lib"),
            ("urn:e:app", "DEPENDS_ON", "urn:e:data"),
            ("SPDXRef-DOCUMENT", "DESCRIBES", "urn:e:app"),
            ("urn:e:app", "TRAINED_ON", "urn:e:data"),
        ]
    );
}

#[test]
fn a_document_keeps_all_that_it_says() {
    for version in ["spdx-3.0", "spdx-3.0.1"] {
        let (again, lost) = write(&parse(&whole()), version);
        assert_eq!(said(again), said(whole()));
        assert_eq!(lost, Vec::<String>::new());
    }
}

#[test]
fn what_was_changed_is_written_as_it_is_now() {
    let mut sbom = parse(&whole());
    sbom.packages[0].supplier = Some("Organization: Other".into());
    sbom.packages[0].copyright = None;
    sbom.packages[1].licenses[0].text = "ISC OR LicenseRef-own".into();
    sbom.packages.remove(2);
    sbom.metadata.tools.push("cache-1".into());
    let (document, _) = write(&sbom, "spdx-3.0");
    let again = parse(&document);
    assert_eq!(again.packages[0].supplier.as_deref(), Some("Organization: Other"));
    assert_eq!((&again.packages[0].copyright, again.packages.len()), (&None, 2));
    assert_eq!(again.packages[1].licenses[0].text, "ISC OR LicenseRef-own");
    assert_eq!(again.metadata.tools, ["t-1", "cache-1"]);
    let expression = document["@graph"].as_array().unwrap().iter();
    let expression =
        expression.clone().find(|e| e["simplelicensing_licenseExpression"] == "ISC OR LicenseRef-own").unwrap();
    assert_eq!(expression["simplelicensing_customIdToUri"][0]["value"], "urn:e/LicenseRef-own");
}

#[test]
fn marks_wrappers_and_other_encodings_are_taken_off() {
    let (text, plain) = (whole().to_string(), parse(&whole()));
    let utf16: Vec<u8> = [0xff, 0xfe].into_iter().chain(text.encode_utf16().flat_map(u16::to_le_bytes)).collect();
    assert_eq!(Sbom::parse(&utf16).unwrap(), plain);
    assert_eq!(Sbom::parse(format!("\u{feff}{text}").as_bytes()).unwrap(), plain);
    assert_eq!(Sbom::parse(format!("{{\"sbom\":{text}}}").as_bytes()).unwrap(), plain);
    let bytes = [&text.as_bytes()[..text.len() - 2], b",{\"type\":\"software_Package\",\"name\":\"\xff\"}]}"].concat();
    let read = Sbom::parse(&bytes).unwrap();
    assert_eq!((read.packages[3].name.as_str(), &*read.findings.last().unwrap().code), ("\u{fffd}", "invalid-utf8"));
}

/// Cases 1 and 2 of the collection of reports, and their like: nothing of it loses a package.
#[test]
fn what_is_wrong_is_found_and_loses_nothing() {
    let mut twice = package("urn:e:a");
    twice["name"] = json!("second");
    let document = graph(vec![
        json!({"type": "SpdxDocument", "spdxId": "urn:e:d", "creationInfo": "_:c"}),
        json!({"type": "Tool", "spdxId": "urn:e:tool", "name": "t"}),
        json!({"type": "Person", "spdxId": "urn:e:jane", "name": null}),
        package("urn:e:a"),
        twice,
        json!({"type": "software_Package", "spdxId": "urn:e:b", "name": null, "suppliedBy": "urn:e:nobody", "verifiedUsing": null}),
        json!({"type": "software_Package", "spdxId": "urn:e:c", "name": "c", "software_packageVersion": {"no": "text"}}),
        json!({"spdxId": "urn:e:untyped"}),
        json!(7),
        relationship("urn:e:r1", "urn:e:a", "dependsOn", &["urn:e:ghost"]),
        relationship("urn:e:r2", "urn:e:a", "generates", &["https://spdx.org/rdf/3.0.1/terms/Core/NoAssertionElement"]),
        relationship("urn:e:r3", "urn:e:a", "hasDeclaredLicense", &[]),
        json!({"type": "Relationship", "spdxId": "urn:e:r4", "from": null, "to": null, "relationshipType": null}),
    ]);
    let sbom = parse(&document);
    assert_eq!(sbom.packages.len(), 4);
    let found = codes(&sbom);
    for (code, position) in [
        ("repeated-id", "urn:e:a"),
        ("missing-name", "packages[2]"),
        ("dangling-reference", "urn:e:nobody"),
        ("dangling-reference", "urn:e:ghost"),
        ("unreadable", "urn:e:c.software_packageVersion"),
        ("missing-type", "urn:e:untyped"),
        ("unreadable", "@graph[8]"),
    ] {
        assert!(found.contains(&(code.to_owned(), position.to_owned())), "{code} {position}: {found:?}");
    }
    let generates = &sbom.relationships[1];
    assert_eq!((generates.relation.word(), &*generates.to), ("GENERATES", "NOASSERTION"));
    let (again, _) = write(&sbom, "spdx-3.0");
    let names = |sbom: &Sbom<'_>| sbom.packages.iter().map(|package| package.name.to_string()).collect::<Vec<_>>();
    assert_eq!(names(&parse(&again)), ["a", "second", "urn:e:b", "c"], "no name is empty");
    for kept in ["urn:e:untyped", "urn:e:r3", "urn:e:r4", "\"no\"", "urn:e:nobody"] {
        assert!(again.to_string().contains(kept), "{kept}");
    }
}

#[test]
fn a_member_that_stands_twice_is_found_and_the_last_counts() {
    let text = format!(
        r#"{{"@context":"{CONTEXT}","@graph":[{{"type":"CreationInfo","@id":"_:c","specVersion":"3.0.1"}},
        {{"type":"software_Package","spdxId":"urn:a","name":"a","name":"b"}}]}}"#
    );
    let sbom = Sbom::parse(text.as_bytes()).unwrap();
    assert_eq!(sbom.packages[0].name, "b");
    assert_eq!(codes(&sbom)[0], ("repeated-member".to_owned(), "urn:a.name".to_owned()));
    assert!(Sbom::parse(format!(r#"{{"@context":"{CONTEXT}","@graph":[],"@graph":[]}}"#).as_bytes()).is_err());
}

#[test]
fn elements_may_stand_within_others_or_alone() {
    let inner = json!({"type": "software_Package", "spdxId": "urn:e:lib", "name": "lib", "originatedBy": [
        {"type": "Person", "spdxId": "urn:e:p", "name": "P"}]});
    let document = graph(vec![
        json!({"type": "SpdxDocument", "spdxId": "urn:e:d", "creationInfo": "_:c", "rootElement": [package("urn:e:app")]}),
        json!({"type": "Relationship", "spdxId": "urn:e:r", "from": "urn:e:app", "relationshipType": "contains", "to": [inner]}),
    ]);
    let sbom = parse(&document);
    let names: Vec<&str> = sbom.packages.iter().map(|package| package.name.as_str()).collect();
    assert_eq!((names, sbom.packages[1].author.as_deref()), (vec!["app", "lib"], Some("Person: P")));
    assert_eq!(sbom.relationships.iter().filter(|edge| edge.relation == Relation::Contains).count(), 1);
    let (again, _) = write(&sbom, "spdx-3.0");
    let again = parse(&again);
    assert_eq!((again.packages, again.relationships), (sbom.packages, sbom.relationships));
    let mut alone = package("urn:e:one");
    alone["@context"] = json!(CONTEXT);
    assert_eq!(parse(&alone).packages[0].name, "one");
}

#[test]
fn creation_information_may_stand_where_it_is_used() {
    let info = json!({"type": "CreationInfo", "specVersion": "3.0.1", "created": "2026-01-01T00:00:00Z", "createdBy": ["urn:e:p"]});
    let document = json!({"@context": CONTEXT, "@graph": [
        {"type": "SpdxDocument", "spdxId": "urn:e:d", "creationInfo": info, "rootElement": ["urn:e:a"]},
        {"type": "Person", "spdxId": "urn:e:p", "creationInfo": info, "name": "P"},
        {"type": "software_Package", "spdxId": "urn:e:a", "creationInfo": info, "name": "a"}]});
    let sbom = parse(&document);
    assert_eq!(sbom.findings, []);
    assert_eq!(
        (sbom.metadata.created.as_deref(), &*sbom.metadata.authors[0]),
        (Some("2026-01-01T00:00:00Z"), "Person: P")
    );
    let (again, _) = write(&sbom, "spdx-3.0");
    assert_eq!(parse(&again).packages, sbom.packages);
    assert_eq!(again.to_string().matches("\"specVersion\"").count(), 4);
}

#[test]
fn versions_are_told_apart() {
    let of = |version: &str| {
        let mut document = whole();
        document["@graph"].as_array_mut().unwrap().last_mut().unwrap()["specVersion"] = json!(version);
        Sbom::parse(document.to_string().as_bytes()).map(Sbom::into_owned)
    };
    assert_eq!(of("3.0.0").unwrap().findings, []);
    assert_eq!(codes(&of("3.1.0").unwrap())[0].0, "newer-version");
    assert_eq!(of("4.0").unwrap_err().kind(), ErrorKind::Unsupported);
    let old = of("3.0.0").unwrap();
    assert!(write(&old, "spdx-3.0").0.to_string().contains("\"specVersion\":\"3.0.0\""));
    assert_eq!(parse(&write(&old, "spdx-3.0.1").0).format.version, "3.0.1");
}

#[test]
fn an_image_is_what_the_document_is_about() {
    let digest = Digest::of(b"image");
    let mut image = package("urn:e:image");
    image["software_primaryPurpose"] = json!("container");
    image["verifiedUsing"] = json!([{"type": "Hash", "algorithm": "sha256", "hashValue": digest.hex()}]);
    let root =
        json!({"type": "SpdxDocument", "spdxId": "urn:e:d", "creationInfo": "_:c", "rootElement": ["urn:e:image"]});
    let sbom = parse(&graph(vec![root, image, package("urn:e:lib")]));
    assert_eq!((&sbom.describes[..], sbom.listed().count()), (&[digest][..], 1));
}

#[test]
fn hostile_documents_end_soon() {
    let head =
        format!(r#"{{"@context":"{CONTEXT}","@graph":[{{"type":"CreationInfo","@id":"_:c","specVersion":"3.0.1"}}"#);
    let inner = |n: usize| format!(r#"{{"type":"software_Package","spdxId":"urn:{n}","suppliedBy":"#);
    let deep = format!("{head},{}null{}]}}", (0..20_000).map(inner).collect::<String>(), "}".repeat(20_000));
    let sbom = Sbom::parse(deep.as_bytes()).unwrap();
    assert_eq!((sbom.packages.len(), codes(&sbom)[0].0.as_str()), (17, "unreadable"));
    let members = r#","name":"x""#.repeat(100_000);
    let sbom = format!(r#"{head},{{"type":"software_Package","spdxId":"urn:1"{members}}}]}}"#);
    assert_eq!(Sbom::parse(sbom.as_bytes()).unwrap().packages.len(), 1);
    // A set of sets of sets …, each of which names the next one twice.
    let sets = (0..40).map(|n| format!(r#",{{"type":"expandedlicensing_ConjunctiveLicenseSet","spdxId":"urn:{n}","expandedlicensing_member":["urn:{m}","urn:{m}"]}}"#, m = (n + 1) % 40));
    let edge = r#",{"type":"software_Package","spdxId":"urn:p","name":"p"},{"type":"Relationship","from":"urn:p","relationshipType":"hasDeclaredLicense","to":["urn:0"]}]}"#;
    let circle = format!("{head}{}{edge}", sets.collect::<String>());
    assert_eq!(Sbom::parse(circle.as_bytes()).unwrap().packages[0].licenses.len(), 0);
    let cut = whole().to_string();
    assert!(Sbom::parse(&cut.as_bytes()[..cut.len() - 1]).is_err());
    assert!(Sbom::parse(format!("{head},{}", "[".repeat(100_000)).as_bytes()).is_err());
}

#[test]
fn relationships_of_one_name_stay_apart() {
    let edge = relationship("urn:e:r", "urn:e:a", "dependsOn", &["urn:e:a", "urn:e:b"]);
    let document = graph(vec![package("urn:e:a"), package("urn:e:b"), edge.clone(), edge]);
    let sbom = parse(&document);
    assert_eq!(codes(&sbom), [("repeated-id".to_owned(), "urn:e:r".to_owned())]);
    assert_eq!(said(write(&sbom, "spdx-3.0").0), said(document));
}

#[test]
fn damaged_documents_end_in_an_answer() {
    damaged("spdx 3", whole().to_string().as_bytes(), |bytes| {
        if let Ok(sbom) = Sbom::parse(bytes) {
            for format in ["spdx-3.0", "spdx-2.3", "cyclonedx-1.6"] {
                let written = sbom.write(&super::super::Format::parse(format).unwrap()).unwrap();
                let again = Sbom::parse(&written.bytes).unwrap();
                assert_eq!(again.packages.len(), sbom.packages.len(), "{}", String::from_utf8_lossy(bytes));
            }
        }
    });
}
