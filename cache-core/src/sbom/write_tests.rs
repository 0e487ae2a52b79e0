//! Documents that are read and written again.

use serde_json::{Map, Value, json};

use super::*;

pub(super) fn write(sbom: &Sbom<'_>, format: &str) -> (Value, Vec<String>) {
    let written = sbom.write(&Format::parse(format).unwrap()).unwrap();
    let lost = written.lost.into_iter().map(|finding| finding.message).collect();
    (serde_json::from_slice(&written.bytes).unwrap(), lost)
}

/// Without what stands for nothing, and lists in an order of their own: what is left is what a document says.
pub(super) fn said(value: Value) -> Value {
    match value {
        Value::Object(members) => {
            let said = members.into_iter().map(|(name, value)| match (name.as_str(), value) {
                // The one category was written in two ways.
                ("referenceCategory", Value::String(text)) => (name, json!(text.replace('_', "-"))),
                (_, value) => (name, said(value)),
            });
            Value::Object(said.filter(|(_, value)| !is_nothing(value)).collect::<Map<_, _>>())
        }
        Value::Array(items) => {
            let mut items: Vec<Value> = items.into_iter().filter(|item| !item.is_null()).map(said).collect();
            items.sort_by_key(ToString::to_string);
            Value::Array(items)
        }
        value => value,
    }
}

fn is_nothing(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.trim().is_empty() || text == "NOASSERTION",
        Value::Array(items) => items.is_empty(),
        Value::Object(members) => members.is_empty(),
        _ => false,
    }
}

#[test]
fn a_document_keeps_all_that_it_says() {
    let spdx = json!({
        "spdxVersion": "SPDX-2.3", "SPDXID": "SPDXRef-DOCUMENT", "name": "d", "dataLicense": "CC0-1.0", "x-own": [1, {"a": null}],
        "documentNamespace": "urn:d", "documentDescribes": ["SPDXRef-a"],
        "creationInfo": {"created": "2026-01-01T00:00:00Z", "creators": ["Tool: t-1", "Person: p"], "licenseListVersion": "3.20"},
        "packages": [{
            "SPDXID": "SPDXRef-a", "name": "a", "licenseConcluded": "NONE", "licenseDeclared": "MIT", "downloadLocation": "NONE",
            "filesAnalyzed": false, "hasFiles": ["SPDXRef-f"], "primaryPackagePurpose": "LIBRARY", "copyrightText": "c",
            "checksums": [{"algorithm": "SHA3-256", "checksumValue": "00"}],
            "externalRefs": [
                {"referenceCategory": "PACKAGE-MANAGER", "referenceType": "purl", "referenceLocator": "pkg:npm/a@1"},
                {"referenceCategory": "PACKAGE-MANAGER", "referenceType": "purl", "referenceLocator": "pkg:npm/b@1", "comment": "too"},
                {"referenceCategory": "SECURITY", "referenceType": "cpe23Type", "referenceLocator": "cpe:2.3:a:a:a:1:*:*:*:*:*:*:*"},
                {"referenceCategory": "OTHER", "referenceType": "own", "referenceLocator": "x"},
            ],
        }],
        "files": [{"SPDXID": "SPDXRef-f", "fileName": "./f", "licenseConcluded": "MIT", "licenseInfoInFiles": ["MIT"]}],
        "relationships": [{"spdxElementId": "SPDXRef-a", "relationshipType": "CONTAINS", "relatedSpdxElement": "SPDXRef-f", "comment": "c"}],
        "hasExtractedLicensingInfos": [{"licenseId": "LicenseRef-1", "extractedText": "t", "seeAlsos": ["u"]}],
    });
    let cyclonedx = json!({
        "bomFormat": "CycloneDX", "specVersion": "1.6", "version": 3, "serialNumber": "urn:uuid:1", "compositions": [{"aggregate": "complete"}],
        "metadata": {"timestamp": "2026-01-01T00:00:00Z", "tools": [{"vendor": "v", "name": "t", "version": "1"}], "lifecycles": [{"phase": "build"}],
            "component": {"type": "application", "name": "app", "bom-ref": "root", "components": [{"type": "library", "name": "in-root"}]}},
        "components": [
            {"type": "library", "group": "g", "name": "a", "bom-ref": "a", "scope": "required", "supplier": {"name": "s", "url": ["u"]},
             "licenses": [{"license": {"id": "MIT", "url": "u"}}, {"license": {"name": "Own", "text": {"content": "t"}}}],
             "hashes": [{"alg": "SHA-512", "content": "00"}], "properties": [{"name": "p", "value": "v"}],
             "components": [{"type": "file", "name": "f", "components": [{"type": "library", "name": "deep", "bom-ref": "deep"}]}]},
            {"type": "library", "name": "b", "bom-ref": "b", "licenses": [{"expression": "MIT OR ISC", "acknowledgement": "declared"}]},
        ],
        "dependencies": [{"ref": "a", "dependsOn": ["b", "deep"]}, {"ref": "b"}, {"ref": "root", "dependsOn": ["a"], "provides": ["b"]}],
    });
    for (document, format) in [(spdx, "spdx-2.3"), (cyclonedx, "cyclonedx-1.6")] {
        let bytes = serde_json::to_vec(&document).unwrap();
        let sbom = Sbom::parse(&bytes).unwrap();
        assert_eq!(sbom.findings, []);
        let (again, lost) = write(&sbom, format);
        assert_eq!(said(again), said(document), "{format}");
        assert_eq!(lost, Vec::<String>::new());
    }
}

/// Every document of the collection, but those that are named `invalid` or lie in a folder `bad`.
#[test]
fn the_shared_documents_keep_all_that_they_say() {
    let Some(root) = crate::document::shared_data("sbom") else { return };
    let mut open = vec![root];
    let mut counted = (0, 0);
    while let Some(folder) = open.pop() {
        for entry in std::fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                open.push(path);
                continue;
            }
            let name = path.to_string_lossy().into_owned();
            let skipped =
                ["/invalid", "/bad/", "/own/", "missing_", "no_", "/schema/"].iter().any(|part| name.contains(part));
            if skipped || !name.ends_with(".json") {
                continue;
            }
            let bytes = std::fs::read(&path).unwrap();
            let Ok(document) = serde_json::from_slice::<Value>(&bytes) else { continue };
            let format = match (document["spdxVersion"].as_str(), document["bomFormat"].as_str()) {
                (Some(version @ ("SPDX-2.2" | "SPDX-2.3")), _) => version.to_lowercase(),
                (None, Some("CycloneDX")) => format!("cyclonedx-{}", document["specVersion"].as_str().unwrap()),
                _ => continue,
            };
            let sbom = Sbom::parse(&bytes).unwrap_or_else(|e| panic!("{name}: {e}"));
            if Format::parse(&format).is_ok_and(|format| matches!(format.version.as_str(), "1.2" | "1.3")) {
                continue;
            }
            counted.0 += 1;
            let (again, lost) = write(&sbom, &format);
            assert_eq!(said(again), said(document), "{name}");
            assert!(lost.is_empty(), "{name}: {lost:?}");
            counted.1 += sbom.packages.len();
        }
    }
    println!("{} documents with {} packages are the same when they are read and written", counted.0, counted.1);
    assert!(counted.0 > 200, "{counted:?}");
}

pub(super) fn made() -> Sbom<'static> {
    let package =
        |id: &str, name: &str| Package { id: id.to_owned().into(), name: name.to_owned().into(), ..Package::default() };
    let mut sbom = Sbom::new(Family::Cache, "1");
    sbom.metadata.subject = Some("image".into());
    sbom.metadata.tools = vec!["cache-1".into()];
    sbom.packages = vec![
        Package { kind: Kind::Container, version: Some("1".into()), ..package("image", "team/app") },
        Package {
            purl: Some("pkg:maven/org.acme/lib@1".into()),
            licenses: vec![License::expression("MIT OR ISC"), License::expression("Apache-2.0")],
            hashes: vec![
                Hash { algorithm: "sha1".into(), value: "00".into() },
                Hash { algorithm: "own".into(), value: "00".into() },
            ],
            ..package("a b", "org.acme/lib")
        },
        package("a_b", ""),
    ];
    let edge = |from: &'static str, relation, to: &'static str| Relationship {
        from: from.into(),
        relation,
        to: to.into(),
        rest: Rest::default(),
    };
    sbom.relationships = vec![edge("image", Relation::Contains, "a b"), edge("a b", Relation::DependsOn, "a_b")];
    sbom
}

/// Found by fuzzing: both were written, and then neither could be read.
#[test]
fn a_member_that_stands_twice_once_as_what_it_must_not_be_is_written_once() {
    let text = r#"{"bomFormat":"CycloneDX","specVersion":"1.6","metadata":{"component":"a day",
        "component":{"type":"container","bom-ref":"i","name":"image"}},"components":[{"type":"library","name":"a"}]}"#;
    let sbom = Sbom::parse(text.as_bytes()).unwrap();
    assert_eq!((sbom.packages.len(), sbom.findings.is_empty()), (2, false));
    for format in ["cyclonedx-1.6", "cyclonedx-1.6-xml", "spdx-2.3", "spdx-3.0"] {
        let bytes = sbom.write(&Format::parse(format).unwrap()).unwrap().bytes;
        let again = Sbom::parse(&bytes).unwrap();
        let names: Vec<&str> = again.packages.iter().map(|package| &*package.name).collect();
        assert_eq!(names, ["image", "a"], "{format}");
    }
}

#[test]
fn spdx_that_cache_writes_has_all_that_the_format_asks_for() {
    let (document, lost) = write(&made(), "spdx-2.3");
    let ids: Vec<&str> =
        document["packages"].as_array().unwrap().iter().map(|p| p["SPDXID"].as_str().unwrap()).collect();
    assert_eq!(ids, ["SPDXRef-Package-image", "SPDXRef-Package-a-b", "SPDXRef-Package-a-b-2"]);
    let lib = &document["packages"][1];
    assert_eq!(
        (lib["downloadLocation"].as_str(), lib["licenseConcluded"].as_str()),
        (Some("NOASSERTION"), Some("NOASSERTION"))
    );
    assert_eq!(lib["licenseDeclared"], "(MIT OR ISC) AND Apache-2.0");
    assert_eq!(document["packages"][2]["name"], "a_b", "no name is empty");
    assert_eq!(document["relationships"][0]["relationshipType"], "DESCRIBES");
    assert_eq!(document["relationships"][2]["relatedSpdxElement"], "SPDXRef-Package-a-b-2");
    let time = "SPDX 2.3 demands the time of creation, which the document does not state";
    assert_eq!(lost, [time, "SPDX 2.3 has no checksum by own"]);
}

#[test]
fn cyclonedx_that_cache_writes_has_one_expression_and_one_entry_for_each() {
    let (document, lost) = write(&made(), "cyclonedx-1.6");
    assert_eq!(document["metadata"]["component"]["type"], "container");
    assert_eq!(document["metadata"]["tools"]["components"][0]["name"], "cache-1");
    let lib = &document["components"][0];
    assert_eq!((lib["group"].as_str(), lib["name"].as_str()), (Some("org.acme"), Some("lib")));
    assert_eq!(lib["licenses"], json!([{"expression": "(MIT OR ISC) AND Apache-2.0"}]));
    assert_eq!(document["components"][1]["name"], "a_b");
    let dependencies = json!([{"ref": "a b", "dependsOn": ["a_b"]}, {"ref": "image", "dependsOn": ["a b"]}]);
    assert_eq!(document["dependencies"], dependencies);
    assert_eq!(lost, ["CycloneDX has no hash by own", CONTAINED[0], CONTAINED[1]]);
}

/// What is said of the one containment of `made`.
const CONTAINED: [&str; 2] =
    ["CycloneDX has no relationship CONTAINS (1 times)", "CycloneDX says DEPENDS_ON instead of containment (1 times)"];

/// Found by a user: all that an image contains was left out, and nobody could say why it was there.
#[test]
fn what_an_image_contains_has_a_reason_in_cyclonedx_too() {
    let package = |id: &'static str| Package { id: id.into(), name: id.into(), ..Package::default() };
    let edge = |(from, relation, to): (&'static str, Relation<'static>, &'static str)| Relationship {
        from: from.into(),
        relation,
        to: to.into(),
        rest: Rest::default(),
    };
    let all = ["os", "bash", "libc", "one", "other"];
    let mut sbom = made();
    sbom.packages = [package("image")].into_iter().chain(all.map(package)).collect();
    sbom.relationships = all.map(|id| edge(("image", Relation::Contains, id))).to_vec();
    let needs = [("bash", "libc"), ("one", "other"), ("other", "one")];
    sbom.relationships.extend(needs.map(|(from, to)| edge((from, Relation::DependsOn, to))));
    sbom.files.push(File { id: "f".into(), path: "f".into(), ..File::default() });
    sbom.relationships.extend([("bash", Relation::Contains, "f"), ("os", Relation::Contains, "bash")].map(edge));
    let ways = |sbom: &Sbom<'_>, what: &str| {
        let names = |way: Vec<query::Step>| way.into_iter().map(|step| step.name).collect::<Vec<_>>().join(" ");
        sbom.paths(what, 10).paths.into_iter().map(names).collect::<Vec<_>>()
    };
    for format in ["cyclonedx-1.4", "cyclonedx-1.7", "cyclonedx-1.6-xml"] {
        let written = sbom.write(&Format::parse(format).unwrap()).unwrap();
        let again = Sbom::parse(&written.bytes).unwrap();
        for (what, expected) in [
            ("os", &["image os"][..]),
            ("bash", &["image bash", "image os bash"]),
            ("libc", &["image bash libc", "image os bash libc"]),
        ] {
            assert_eq!(ways(&again, what), expected, "{format}");
        }
        // Two that need each other need a reason from outside.
        assert!(["one", "other"].iter().all(|what| !ways(&again, what).is_empty()), "{format}");
        let lost: Vec<&str> = written.lost.iter().map(|finding| finding.message.as_str()).collect();
        for expected in [
            "CycloneDX has no relationship CONTAINS (7 times)",
            "CycloneDX says DEPENDS_ON instead of containment (5 times)",
            "CycloneDX does not take over files (1 of them)",
        ] {
            assert!(lost.contains(&expected), "{expected}: {lost:?}");
        }
    }
}

#[test]
fn what_one_format_says_the_other_says_too() {
    let (spdx, _) = write(&made(), "spdx-2.3");
    let bytes = serde_json::to_vec(&spdx).unwrap();
    let from_spdx = Sbom::parse(&bytes).unwrap();
    let (cyclonedx, _) = write(&from_spdx, "cyclonedx-1.7");
    let bytes = serde_json::to_vec(&cyclonedx).unwrap();
    let again = Sbom::parse(&bytes).unwrap();
    let essence = |sbom: &Sbom<'_>| {
        let of = |p: &Package<'_>| {
            (p.name.to_string(), p.version.as_deref().map(str::to_owned), p.purl.as_deref().map(str::to_owned))
        };
        sbom.packages.iter().map(of).collect::<Vec<_>>()
    };
    assert_eq!(essence(&again), essence(&from_spdx));
}

#[test]
fn formats_that_are_not_written_are_refused_by_name() {
    for name in ["", "spdx", "own-1"] {
        assert!(Format::parse(name).is_err(), "{name}");
    }
    for name in ["SPDX-3.99", "syft-1", "trivy-2", "cyclonedx-1.99", "cyclonedx-1.3-xml", "spdx-2.3-xml"] {
        let error = made().write(&Format::parse(name).unwrap()).unwrap_err();
        assert_eq!(error.kind(), crate::error::ErrorKind::Unsupported, "{name}");
    }
}

/// What Cache writes is as the specification wants it, in every version and form.
#[test]
fn what_cache_writes_is_valid_by_the_letter() {
    let mut sbom = made();
    sbom.metadata.created = Some("2026-01-01T00:00:00Z".into());
    sbom.metadata.authors = vec!["a".into()];
    sbom.packages[1].hashes[0].value = "0".repeat(40).into();
    sbom.packages[2].kind = Kind::Platform;
    sbom.packages[1].licenses[0].stage = LicenseStage::Declared;
    sbom.packages[1].licenses.truncate(1);
    sbom.packages[1].homepage = Some("https://example.com".into());
    let formats = ["1.4", "1.5", "1.6", "1.7"].into_iter();
    let formats = formats.flat_map(|version| [format!("cyclonedx-{version}"), format!("cyclonedx-{version}-xml")]);
    let formats = formats.chain(["spdx-2.2", "spdx-2.3"].map(str::to_owned));
    for format in formats {
        let written = sbom.write(&Format::parse(&format).unwrap()).unwrap();
        assert_eq!(validate(&written.bytes).unwrap(), [], "{format} {}", String::from_utf8_lossy(&written.bytes));
        let again = Sbom::parse(&written.bytes).unwrap();
        assert_eq!((again.packages.len(), &again.findings[..]), (3, &[][..]), "{format}");
    }
    let written = sbom.write(&Format::parse("cyclonedx-1.4").unwrap()).unwrap();
    let lost: Vec<&str> = written.lost.iter().map(|finding| finding.message.as_str()).collect();
    assert_eq!(
        lost,
        [
            "CycloneDX has no hash by own",
            CONTAINED[0],
            CONTAINED[1],
            "CycloneDX 1.4 has no acknowledgement of license-expression",
            "CycloneDX 1.4 has no type platform"
        ]
    );
}

/// Documents of other formats, converted.
#[test]
fn what_cache_converts_to_spdx_2_is_valid_by_the_letter() {
    let Some(root) = crate::document::shared_data("sbom") else { return };
    let (mut open, mut counted, mut wrong) = (vec![root], 0, Vec::new());
    while let Some(path) = open.pop() {
        if path.is_dir() {
            open.extend(std::fs::read_dir(&path).unwrap().map(|entry| entry.unwrap().path()));
            continue;
        }
        let is_document = path.extension().is_some_and(|end| end == "json");
        let bytes = if is_document { std::fs::read(&path).unwrap() } else { continue };
        let Ok(sbom) = Sbom::parse(&bytes) else { continue };
        if !sbom.findings.is_empty() || (sbom.format.family == Family::Spdx && sbom.format.version.starts_with("2.")) {
            continue;
        }
        counted += 1;
        for format in ["spdx-2.2", "spdx-2.3"] {
            let written = sbom.write(&Format::parse(format).unwrap()).unwrap();
            // What nobody can make up is named.
            let is_named = |what: &str| written.lost.iter().any(|lost| lost.message.contains(what));
            for finding in validate(&written.bytes).unwrap() {
                let is_lacking = match &*finding.message {
                    "created is required" => is_named("time of creation"),
                    "checksums is required" => is_named("checksum"),
                    "SPDXID is required" => path.to_string_lossy().contains("missing_unique_identifiers"),
                    _ => false,
                };
                if !is_lacking {
                    wrong.push(format!("{}: {format}: {finding:?}", path.display()));
                }
            }
        }
    }
    println!("{counted} documents are valid as SPDX 2");
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert!(counted > 300, "{counted}");
}

/// Only SPDX 2.3 says which of the packages is the operating system.
#[test]
fn an_operating_system_that_becomes_a_package_is_named() {
    let mut sbom = Sbom::new(Family::Cache, "1");
    let os = Package { id: "os".into(), name: "debian".into(), kind: Kind::OperatingSystem, ..Package::default() };
    sbom.packages = vec![os, Package { id: "a".into(), name: "a".into(), ..Package::default() }];
    let told = "SPDX 2.2 has no primaryPackagePurpose OperatingSystem, so it is read as a package";
    let of_purpose =
        |lost: Vec<String>| lost.into_iter().filter(|it| it.contains("primaryPackagePurpose")).collect::<Vec<_>>();
    let read = |document: &Value| {
        let bytes = serde_json::to_vec(document).unwrap();
        Sbom::parse(&bytes).unwrap().into_owned()
    };
    let (older, lost) = write(&sbom, "spdx-2.2");
    assert_eq!((read(&older).count().packages, of_purpose(lost)), (2, vec![told.to_owned()]));
    let (newer, lost) = write(&sbom, "spdx-2.3");
    let newer = read(&newer);
    assert_eq!((newer.count().packages, of_purpose(lost)), (1, Vec::new()));
    // From one version to the other, too.
    assert_eq!(of_purpose(write(&newer, "spdx-2.2").1), [told]);
}

/// SPDX 2 has neither properties, nor more of a licence than its expression, nor all kinds of relationships, and 2.2 less.
#[test]
fn what_spdx_2_has_no_place_for_is_named() {
    let mut sbom = made();
    sbom.packages[1].properties = vec![("cache:scope".into(), "dev".into())];
    sbom.packages[1].licenses[1].rest.push_text("url", "https://example.com");
    sbom.packages[1].licenses.push(License { form: LicenseForm::Name, ..License::expression("The Own Licence") });
    sbom.packages[1].licenses.push(License::expression("LicenseRef-unknown"));
    sbom.packages[1].licenses.push(License { form: LicenseForm::Name, ..License::expression("Apache 2.0") });
    sbom.packages[1].hashes[1].algorithm = "sha3256".into();
    sbom.relationships[1].relation = Relation::Other("EVIDENT_BY".into());
    for (format, name) in [("spdx-2.2", "SPDX 2.2"), ("spdx-2.3", "SPDX 2.3")] {
        let (document, mut lost) = write(&sbom, format);
        let mut expected = vec![
            "has no properties: cache:scope",
            "does not take over url",
            "has no relationship EVIDENT_BY",
            "demands the time of creation, which the document does not state",
        ];
        if name == "SPDX 2.2" {
            expected.extend(["has no checksum by SHA3-256", "has no primaryPackagePurpose of package"]);
        }
        let mut expected: Vec<String> = expected.into_iter().map(|what| format!("{name} {what}")).collect();
        lost.sort();
        expected.sort();
        assert_eq!(lost, expected);
        let lib = &document["packages"][1];
        assert_eq!(
            lib["licenseDeclared"],
            "(MIT OR ISC) AND Apache-2.0 AND LicenseRef-The-Own-Licence AND LicenseRef-unknown AND Apache-2.0"
        );
        assert_eq!(lib["filesAnalyzed"], false);
        let texts = &document["hasExtractedLicensingInfos"];
        assert_eq!(
            *texts,
            json!([{"licenseId": "LicenseRef-The-Own-Licence", "extractedText": "The Own Licence"},
                {"licenseId": "LicenseRef-unknown", "extractedText": "NOASSERTION"}])
        );
        let edge = &document["relationships"][2];
        assert_eq!((&edge["relationshipType"], &edge["comment"]), (&json!("OTHER"), &json!("EVIDENT_BY")));
        assert_eq!(document, write(&sbom, format).0, "the same each time");
        let bytes = serde_json::to_vec(&document).unwrap();
        let again = Sbom::parse(&bytes).unwrap();
        assert_eq!(again.relationships[2].relation, Relation::Other("EVIDENT_BY".into()));
        assert_eq!(write(&again, format), (document, Vec::new()));
    }
    let two: String = write(&sbom, "spdx-2.3").0["documentNamespace"].as_str().unwrap().into();
    sbom.packages[1].version = Some("2".into());
    assert!(two.starts_with("urn:cache:sbom-") && write(&sbom, "spdx-2.3").0["documentNamespace"] != two);
}

/// A document of a newer version is written in an older one without what came later.
#[test]
fn what_came_later_is_left_out_and_named() {
    let document = json!({
        "bomFormat": "CycloneDX", "specVersion": "1.7", "version": 1, "x-own": 1,
        "metadata": {"tools": {"components": [{"type": "application", "name": "t", "version": "1", "bom-ref": "t"}]}},
        "components": [{"type": "cryptographic-asset", "name": "a", "isExternal": true, "tags": ["t"],
            "evidence": {"identity": [{"field": "purl"}, {"field": "swhid"}]}}],
        "citations": [{"pointers": ["/"], "timestamp": "2026-01-01T00:00:00Z", "attributedTo": "t"}],
    });
    let bytes = serde_json::to_vec(&document).unwrap();
    let (again, lost) = write(&Sbom::parse(&bytes).unwrap(), "cyclonedx-1.5");
    assert_eq!(
        again["components"][0],
        json!({"type": "library", "name": "a", "evidence": {"identity": {"field": "purl"}}})
    );
    assert_eq!((&again["x-own"], lost.len()), (&json!(1), 5), "{lost:?}");
    let (again, _) = write(&Sbom::parse(&bytes).unwrap(), "cyclonedx-1.4");
    assert_eq!(again["metadata"]["tools"], json!([{"name": "t", "version": "1"}]));
}
