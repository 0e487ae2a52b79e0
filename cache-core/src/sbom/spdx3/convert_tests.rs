//! SPDX 3 from other formats, and to them.

use std::collections::BTreeSet;

use serde_json::json;

use super::super::bom::DOCUMENT;
use super::super::write_tests::{made, said, write};
use super::super::{File, Format, Hash, Kind, Package, Relation, Relationship, Rest, Sbom};
use super::tests::{CONTEXT, parse, whole};
use super::words::{RELATIONS, three};

#[test]
fn what_cache_made_is_written_with_all_that_the_format_asks_for() {
    let (document, lost) = write(&made(), "spdx-3.0");
    let time = "SPDX 3 demands the time of creation, which the document does not state";
    assert_eq!(lost, [time, "SPDX 3 has no hash by own"]);
    let mut timed = made();
    timed.metadata.created = Some("2026-01-01T01:00:00.123+01:00".into());
    assert_eq!(parse(&write(&timed, "spdx-3.0").0).metadata.created.as_deref(), Some("2026-01-01T00:00:00Z"));
    assert_eq!(document["@context"], CONTEXT);
    let ids: BTreeSet<&str> =
        document["@graph"].as_array().unwrap().iter().filter_map(|e| e["spdxId"].as_str()).collect();
    let elements = document["@graph"].as_array().unwrap();
    let named = elements.iter().filter(|element| element["type"] != "CreationInfo");
    assert!(
        named.clone().all(|e| e["creationInfo"] == "_:creationinfo" && e["spdxId"].as_str().unwrap().contains(':'))
    );
    assert_eq!(ids.len(), named.count());
    let again = parse(&document);
    assert_eq!(again.findings, []);
    let names: Vec<&str> = again.packages.iter().map(|package| package.name.as_str()).collect();
    assert_eq!(names, ["team/app", "org.acme/lib", "a_b"]);
    assert_eq!(again.metadata.subject.as_ref(), Some(&again.packages[0].id));
    assert_eq!((again.packages[0].kind, again.metadata.tools.len()), (Kind::Container, 1));
    let licenses: Vec<&str> = again.packages[1].licenses.iter().map(|license| license.text.as_str()).collect();
    assert_eq!((licenses, again.relationships.len()), (vec!["MIT OR ISC", "Apache-2.0"], 3));
    assert_eq!(write(&made(), "spdx-3.0.1").0, document);
}

#[test]
fn spdx_2_and_3_say_the_same() {
    let two = json!({
        "spdxVersion": "SPDX-2.3", "SPDXID": "SPDXRef-DOCUMENT", "name": "d", "documentNamespace": "https://e/d", "dataLicense": "CC0-1.0",
        "creationInfo": {"created": "2026-01-01T00:00:00Z", "creators": ["Tool: t-1", "Person: Jane (jane@e.org)", "Organization: Acme"]},
        "documentDescribes": ["SPDXRef-a"],
        "packages": [
            {"SPDXID": "SPDXRef-a", "name": "a", "versionInfo": "1", "supplier": "Organization: Acme", "licenseDeclared": "MIT AND LicenseRef-1",
             "licenseConcluded": "MIT", "comment": "c", "summary": "s", "primaryPackagePurpose": "LIBRARY", "filesAnalyzed": false,
             "hasFiles": ["SPDXRef-f"], "checksums": [{"algorithm": "SHA256", "checksumValue": "00"}],
             "externalRefs": [{"referenceCategory": "PACKAGE-MANAGER", "referenceType": "purl", "referenceLocator": "pkg:npm/a@1"}]},
            {"SPDXID": "SPDXRef-b", "name": "b", "licenseDeclared": "NONE"},
        ],
        "files": [{"SPDXID": "SPDXRef-f", "fileName": "./f", "licenseConcluded": "ISC"}],
        "relationships": [
            {"spdxElementId": "SPDXRef-b", "relationshipType": "BUILD_DEPENDENCY_OF", "relatedSpdxElement": "SPDXRef-a"},
            {"spdxElementId": "SPDXRef-a", "relationshipType": "STATIC_LINK", "relatedSpdxElement": "SPDXRef-b"},
            {"spdxElementId": "SPDXRef-f", "relationshipType": "GENERATED_FROM", "relatedSpdxElement": "NOASSERTION"},
        ],
        "hasExtractedLicensingInfos": [{"licenseId": "LicenseRef-1", "extractedText": "t", "name": "N", "seeAlsos": ["u"]}],
    });
    let (three, lost) = write(&parse(&two), "spdx-3.0");
    let unsaid = ["GENERATED_FROM to NOASSERTION", "filesAnalyzed", "licenseDeclared"];
    assert_eq!(lost, unsaid.map(|what| format!("SPDX 3 does not take over {what}")));
    let sbom = parse(&three);
    assert_eq!(sbom.findings, []);
    assert_eq!(sbom.metadata.subject.as_deref(), Some("https://e/d#SPDXRef-a"));
    let build = sbom.relationships.iter().find(|edge| edge.relation == Relation::DependsOn).unwrap();
    assert_eq!((&*build.from, build.rest.get("scope")), ("https://e/d#SPDXRef-a", Some("\"build\"")));
    let (mut again, lost) = write(&sbom, "spdx-2.3");
    assert_eq!(lost, ["SPDX 2.3 demands a checksum of the file, and there is none"]);
    // What has two forms comes back in the other one.
    let edges = again["relationships"].as_array_mut().unwrap();
    let (stated, other): (Vec<_>, Vec<_>) =
        edges.drain(..).partition(|edge| !matches!(edge["relationshipType"].as_str(), Some("DESCRIBES" | "CONTAINS")));
    assert_eq!(other.len(), 2, "{other:?}");
    let mut two = two;
    two["relationships"].as_array_mut().unwrap().pop();
    again["relationships"] = json!(stated);
    for (document, members) in [(&mut two, ["documentDescribes", "x"]), (&mut again, ["x", "x"])] {
        members.iter().for_each(|member| drop(document.as_object_mut().unwrap().remove(*member)));
        for member in ["hasFiles", "filesAnalyzed", "licenseDeclared"] {
            let at = if member == "licenseDeclared" { 1 } else { 0 };
            document["packages"][at].as_object_mut().unwrap().remove(member);
        }
        document["packages"][1].as_object_mut().unwrap().remove("filesAnalyzed");
    }
    assert_eq!(said(again), said(two));
}

#[test]
fn conversions_say_what_they_lose() {
    let (_, lost) = write(&parse(&whole()), "cyclonedx-1.6");
    let all = lost.join("\n");
    for word in ["elements/software_Snippet", "elements/Organization", "TRAINED_ON", "summary", "externalIdentifier"] {
        assert!(all.contains(word), "{word}: {all}");
    }
    for word in ["@", "elements/Person", "software_homePage"] {
        assert!(!all.contains(word), "{word}: {all}");
    }
    let (two, lost) = write(&parse(&whole()), "spdx-2.3");
    assert!(lost.contains(&"SPDX 2.3 has no relationship TRAINED_ON".to_owned()), "{lost:?}");
    let two = parse(&two);
    assert_eq!((two.packages.len(), two.files.len(), two.findings.len()), (3, 1, 0), "{:?}", two.findings);
    assert_eq!(two.packages[0].licenses.len(), 1);
}

/// What a relationship says, in the word and the direction of SPDX 3, of elements by their names.
fn meant(sbom: &Sbom<'_>, edge: &Relationship<'_>) -> (String, String, String) {
    let name = |id: &str| {
        let packages = sbom.packages.iter().map(|package| (&package.id, &package.name));
        let mut all = packages.chain(sbom.files.iter().map(|file| (&file.id, &file.path)));
        all.find(|(known, _)| *known == id).map_or(id, |(_, name)| name.as_str()).to_owned()
    };
    let (made, from, to) = (three(&edge.relation), name(&edge.from), name(&edge.to));
    let (from, to) = if made.turned { (to, from) } else { (from, to) };
    (made.word.to_string(), from, to)
}

/// Of each format that is written: a relationship comes back, or is named as lost.
#[test]
fn no_relationship_is_lost_in_silence() {
    let ends = [
        ("lib", "app"),
        ("app", "lib"),
        ("image", "lib"),
        ("lib", "file"),
        ("file", "lib"),
        ("image", "os"),
        ("os", "lib"),
        (DOCUMENT, "image"),
        (DOCUMENT, "lib"),
        ("lib", DOCUMENT),
        ("lib", "NOASSERTION"),
    ];
    let formats = ["spdx-2.2", "spdx-2.3", "spdx-3.0", "cyclonedx-1.4", "cyclonedx-1.7", "syft-16.1.13"];
    let own = ["EVIDENT_BY", "OWNERSHIP_BY_FILE_OVERLAP", "HAS_TEST_CASE", "TRAINED_ON"];
    let package = |id: &'static str, kind| Package { id: id.into(), name: id.into(), kind, ..Package::default() };
    let mut sbom = made();
    sbom.metadata.created = Some("2026-01-01T00:00:00Z".into());
    sbom.packages = vec![
        package("image", Kind::Container),
        package("os", Kind::OperatingSystem),
        package("lib", Kind::Library),
        package("app", Kind::Application),
    ];
    let hashes = vec![Hash { algorithm: "sha1".into(), value: "0".repeat(40).into() }];
    sbom.files = vec![File { id: "file".into(), path: "file".into(), hashes, ..File::default() }];
    for word in RELATIONS.iter().map(|(two, ..)| *two).chain(own) {
        let relation = match word {
            "DESCRIBES" => Relation::Describes,
            "CONTAINS" => Relation::Contains,
            "DEPENDS_ON" => Relation::DependsOn,
            other => Relation::Other(other.into()),
        };
        for (from, to) in ends {
            let edge =
                Relationship { from: from.into(), relation: relation.clone(), to: to.into(), rest: Rest::default() };
            sbom.relationships = vec![edge];
            for format in formats {
                let written = sbom.write(&Format::parse(format).unwrap()).unwrap();
                let names =
                    |text: &str| text.split(|c: char| c != '_' && !c.is_ascii_alphanumeric()).any(|it| it == word);
                if written.lost.iter().any(|lost| names(&lost.message)) {
                    continue;
                }
                let again = Sbom::parse(&written.bytes).unwrap();
                let wanted = meant(&sbom, &sbom.relationships[0]);
                let comes_back = again.relationships.iter().any(|edge| meant(&again, edge) == wanted);
                // The subject, and the distribution that Syft knows of, are said in another way.
                let is_subject =
                    (word, from, to) == ("DESCRIBES", DOCUMENT, "image") && again.metadata.subject.is_some();
                let is_distro = (word, from, to) == ("CONTAINS", "image", "os") && format.starts_with("syft");
                assert!(
                    comes_back || is_subject || is_distro,
                    "{format}: {from} {word} {to}: {:?}",
                    again.relationships
                );
            }
        }
    }
}
