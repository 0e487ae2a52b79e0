use serde_json::{Value, json};

use super::*;
use crate::error::ErrorKind;
use crate::model::Digest;

fn digest() -> Digest {
    Digest::of(b"image")
}

fn parse(value: &Value) -> crate::Result<Sbom<'static>> {
    Sbom::parse(&serde_json::to_vec(value).unwrap()).map(Sbom::into_owned)
}

fn licenses<'a>(package: &'a Package<'_>) -> Vec<&'a str> {
    package.effective_licenses().map(|license| license.text.as_str()).collect()
}

fn spdx() -> Value {
    json!({
        "spdxVersion": "SPDX-2.3", "SPDXID": "SPDXRef-DOCUMENT", "unknown key": [1],
        "packages": [
            {"SPDXID": "SPDXRef-i", "name": "app", "primaryPackagePurpose": "CONTAINER", "versionInfo": "1",
             "checksums": [{"algorithm": "SHA256", "checksumValue": digest().hex()}, {"algorithm": "MD5", "checksumValue": "0"}]},
            {"SPDXID": "SPDXRef-a", "name": "lodash", "versionInfo": "4.17.15", "licenseConcluded": "NOASSERTION",
             "licenseDeclared": "MIT", "externalRefs": [{"referenceType": "purl", "referenceLocator": "pkg:npm/lodash@4.17.15"}]},
            {"SPDXID": "SPDXRef-b", "name": "bash", "licenseConcluded": null, "externalRefs": null},
        ],
        "relationships": [{"spdxElementId": "SPDXRef-DOCUMENT", "relationshipType": "DESCRIBES", "relatedSpdxElement": "SPDXRef-i"},
            {"spdxElementId": "SPDXRef-a", "relationshipType": "GENERATED_FROM", "relatedSpdxElement": "NOASSERTION"}],
    })
}

fn cyclonedx() -> Value {
    json!({
        "bomFormat": "CycloneDX", "specVersion": "1.6",
        "metadata": {"tools": [{"name": "t"}], "component": {"type": "container", "name": "app", "version": digest()}},
        "components": [
            {"type": "library", "group": "org", "name": "outer", "version": "1", "purl": "pkg:maven/org/outer@1",
             "licenses": [{"license": {"id": "MIT"}}, {"license": {"name": "Public Domain"}}],
             "components": [{"type": "library", "name": "inner", "licenses": [{"expression": "MIT OR GPL-2.0-only"}]}]},
            {"type": "operating-system", "name": "debian"},
        ],
    })
}

fn syft() -> Value {
    json!({
        "artifacts": [{"name": "musl", "version": "1", "purl": "", "licenses": ["MIT"]},
            {"name": "bash", "version": "5", "licenses": [{"value": "GPLv3+", "spdxExpression": "", "type": "declared"},
                {"value": "x", "spdxExpression": "MIT"}]}],
        "source": {"type": "image", "metadata": {"manifestDigest": digest(), "repoDigests": [format!("r/a@{}", digest())]}},
        "descriptor": {"name": "syft", "version": "1"}, "schema": {"version": "16.0.0"},
    })
}

#[test]
fn an_spdx_document_is_read_and_the_image_is_no_package_of_itself() {
    let sbom = parse(&spdx()).unwrap();
    assert_eq!((sbom.format.to_string().as_str(), &sbom.describes[..]), ("SPDX-2.3", &[digest()][..]));
    let [lodash, bash] = sbom.listed().collect::<Vec<_>>()[..] else { panic!("{sbom:?}") };
    assert_eq!((lodash.purl.as_deref(), licenses(lodash)), (Some("pkg:npm/lodash@4.17.15"), vec!["MIT"]));
    assert_eq!((&bash.version, &bash.purl, bash.licenses.len()), (&None, &None, 0));
}

#[test]
fn an_spdx_document_names_its_image_in_several_places() {
    let escaped = digest().as_str().replace(':', "%3A");
    let purl = json!([{"referenceType": "purl", "referenceLocator": format!("pkg:oci/app@{escaped}?arch=amd64")}]);
    for image in [
        json!({"SPDXID": "SPDXRef-i", "name": "app", "versionInfo": digest()}),
        json!({"SPDXID": "SPDXRef-i", "name": format!("r/app@{}", digest())}),
        json!({"SPDXID": "SPDXRef-i", "name": "app", "externalRefs": purl}),
    ] {
        let mut document = spdx();
        document["packages"][0] = image.clone();
        assert_eq!(parse(&document).unwrap().describes, [digest()], "{image}");
        document["relationships"] = json!([]);
        assert!(parse(&document).unwrap().describes.is_empty());
        document["documentDescribes"] = json!(["SPDXRef-i"]);
        assert_eq!(parse(&document).unwrap().describes, [digest()], "{image}");
    }
}

#[test]
fn the_checksum_of_an_archive_names_no_image() {
    let mut document = spdx();
    document["packages"][0]["primaryPackagePurpose"] = json!("APPLICATION");
    let sbom = parse(&document).unwrap();
    assert_eq!((sbom.describes.len(), sbom.packages.len()), (0, 3));
}

#[test]
fn a_cyclonedx_document_is_read_with_nested_components() {
    let sbom = parse(&cyclonedx()).unwrap();
    assert_eq!((sbom.format.to_string().as_str(), &sbom.describes[..]), ("CycloneDX-1.6", &[digest()][..]));
    let listed: Vec<_> = sbom.listed().collect();
    assert_eq!(listed.iter().map(|p| p.name.as_str()).collect::<Vec<_>>(), ["org/outer", "inner"]);
    assert_eq!(licenses(listed[0]), ["MIT", "Public Domain"]);
    assert_eq!(licenses(listed[1]), ["MIT OR GPL-2.0-only"]);
}

#[test]
fn a_cyclonedx_document_names_its_image_in_several_places() {
    let image_id = Digest::of(b"configuration");
    for component in [
        json!({"type": "container", "name": "app", "hashes": [{"alg": "SHA-256", "content": digest().hex()}]}),
        json!({"type": "container", "name": "app", "bom-ref": format!("pkg:oci/app@{}", digest())}),
        json!({"type": "container", "name": "app", "properties": [{"name": "x:RepoDigest", "value": format!("r/a@{}", digest())},
            {"name": "x:ImageID", "value": image_id}]}),
    ] {
        let mut document = cyclonedx();
        document["metadata"]["component"] = component.clone();
        assert_eq!(parse(&document).unwrap().describes, [digest()], "{component}");
    }
}

#[test]
fn a_syft_document_is_read() {
    let sbom = parse(&syft()).unwrap();
    assert_eq!((sbom.format.to_string().as_str(), &sbom.describes[..]), ("Syft-16.0.0", &[digest()][..]));
    assert_eq!(licenses(&sbom.packages[1]), ["GPLv3+", "MIT"]);
    let mut older = syft();
    older["source"] = json!({"type": "image", "target": {"manifestDigest": digest()}});
    assert_eq!(parse(&older).unwrap().describes, [digest()]);
}

#[test]
fn marks_and_wrappers_are_taken_off() {
    let text = spdx().to_string();
    let utf16: Vec<u8> = [0xff, 0xfe].into_iter().chain(text.encode_utf16().flat_map(u16::to_le_bytes)).collect();
    let plain = Sbom::parse(text.as_bytes()).unwrap();
    assert_eq!(Sbom::parse(&utf16).unwrap(), plain);
    assert_eq!(Sbom::parse(format!("\u{feff}{{\"sbom\":{text}}}").as_bytes()).unwrap(), plain);
    assert!(Sbom::parse(format!("{{\"sbom\":{{\"sbom\":{text}}}}}").as_bytes()).is_err());
}

#[test]
fn a_statement_holds_the_document_or_its_text() {
    let text = cyclonedx().to_string();
    for predicate in [cyclonedx(), json!(text), json!({"Data": text, "Timestamp": "x"})] {
        assert_eq!(Sbom::of_predicate(&predicate.to_string()).unwrap(), parse(&cyclonedx()).unwrap());
    }
    assert!(Sbom::is_predicate("https://cyclonedx.org/bom/v1.6") && Sbom::is_predicate(SPDX_TYPE));
    assert!(!Sbom::is_predicate("https://spdx.dev/DocumentX"));
    let mut bare = cyclonedx();
    bare["metadata"] = json!(null);
    let other = Digest::of(b"subject");
    let statement = json!({"_type": crate::sign::STATEMENT_V1, "subject": [{"digest": {"sha256": other.hex()}}],
        "predicateType": CYCLONEDX_TYPE, "predicate": bare});
    assert_eq!(parse(&statement).unwrap().describes, [other]);
}

#[test]
fn hostile_documents_are_invalid_and_never_an_empty_sbom() {
    let deep = format!(
        "{}{}",
        "{\"bomFormat\":\"CycloneDX\",\"specVersion\":\"1.6\",\"components\":",
        "[{\"components\":".repeat(100_000)
    );
    let whole = spdx().to_string();
    let texts = [
        "",
        "{}",
        "[]",
        "null",
        "{\"spdxVersion\":null}",
        "{\"spdxVersion\":2}",
        "{\"spdxVersion\":\"SPDX-2.3\",\"packages\":{}}",
        "{\"bomFormat\":\"Other\",\"specVersion\":\"1.6\"}",
        "{\"bomFormat\":\"CycloneDX\"}",
        "{\"artifacts\":[]}",
        "{\"artifacts\":[],\"source\":{},\"descriptor\":{\"name\":\"x\"}}",
        "{\"sbom\":1}",
        "{\"matches\":[]}",
        "{\"@context\":\"x\",\"@graph\":[]}",
        "{\"@context\":\"https://spdx.org/rdf/3.0.1/spdx-context.jsonld\",\"@graph\":{}}",
        "{\"SchemaVersion\":2,\"ArtifactName\":\"a\",\"Results\":[{\"Target\":\"t\"}]}",
        "SPDXVersion: none\n",
        "spdxVersion: [\n",
        "{\"spdxVersion\":\"SPDX-2.3\",\"spdxVersion\":\"SPDX-2.3\"}",
        "<html/>",
        "\u{0}",
        &deep,
        &whole[..whole.len() - 1],
    ];
    for text in texts {
        let error = Sbom::parse(text.as_bytes()).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Invalid, "{}", &text[..text.len().min(80)]);
    }
}

#[test]
fn forms_that_are_not_read_are_named() {
    let texts = [
        "<?xml version=\"1.0\"?><bom xmlns=\"http://cyclonedx.org/schema/bom/2.0\"/>",
        "<?xml version=\"1.0\"?><rdf:RDF xmlns:spdx=\"http://spdx.org/rdf/terms#\"/>",
        "<?xml version=\"1.0\"?><Document><spdxVersion>SPDX-2.3</spdxVersion></Document>",
        "SPDXVersion: SPDX-3.0\n",
        "{\"@context\":\"https://spdx.org/rdf/4.0/spdx-context.jsonld\",\"@graph\":[]}",
        "{\"SchemaVersion\":1,\"ArtifactName\":\"a\"}",
        "{\"spdxVersion\":\"SPDX-3.0\"}",
        "{\"bomFormat\":\"CycloneDX\",\"specVersion\":\"2.0\"}",
    ];
    for text in texts {
        assert_eq!(Sbom::parse(text.as_bytes()).unwrap_err().kind(), ErrorKind::Unsupported, "{text}");
    }
}

/// Documents of other tools, where they are there.
#[test]
fn the_shared_documents_are_read() {
    let Some(folder) = crate::document::shared_data("sbom/own/encoding") else {
        return;
    };
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let bytes = std::fs::read(&path).unwrap();
        let sbom = Sbom::parse(&bytes).unwrap_or_else(|e| panic!("{name}: {e}"));
        assert!(sbom.packages.iter().any(|p| p.name.starts_with("lod")), "{name}");
        let code = match name.split('.').next().unwrap() {
            "badutf" => Some("invalid-utf8"),
            "v199" | "v29" => Some("newer-version"),
            "dupref" => Some("repeated-id"),
            _ => None,
        };
        let codes: Vec<&str> = sbom.findings.iter().map(|finding| &*finding.code).collect();
        assert!(code.is_none_or(|code| codes.contains(&code)), "{name}: {codes:?}");
        match code {
            Some("repeated-id") => assert_eq!(sbom.packages.len(), 2, "{name}"),
            _ if name.starts_with("nested") => assert_eq!(sbom.packages.len(), 2, "{name}"),
            _ => {}
        }
    }
}

/// Every JSON document of the collection is read or refused with a reason; the well-formed collections are read.
#[test]
fn the_shared_collections_are_read_or_refused() {
    let Some(root) = crate::document::shared_data("sbom") else {
        return;
    };
    let (mut open, mut read, mut refused) = (vec![root.clone()], Vec::new(), Vec::new());
    while let Some(path) = open.pop() {
        if path.is_dir() {
            open.extend(std::fs::read_dir(&path).unwrap().map(|entry| entry.unwrap().path()));
        } else if path.extension().is_some_and(|e| e == "json" || e == "golden") {
            let name = path.strip_prefix(&root).unwrap().display().to_string();
            match Sbom::parse(&std::fs::read(&path).unwrap()) {
                Ok(_) => read.push(name),
                Err(error) => refused.push((name, error)),
            }
        }
    }
    assert!(refused.iter().all(|(_, e)| matches!(e.kind(), ErrorKind::Invalid | ErrorKind::Unsupported)));
    let lost = |(name, _): &&(String, crate::Error)| {
        let valid = name.starts_with("cyclonedx/spec-tests/") && name.contains("/valid-");
        valid || name.starts_with("cyclonedx/bom-examples/SBOM") || name.contains("spdx2.3") || name.contains("spdx3")
    };
    assert_eq!(refused.iter().filter(lost).map(|(name, e)| format!("{name}: {e}")).collect::<Vec<_>>(), [""; 0]);
    assert!(read.len() > 400, "{} of {} are read", read.len(), read.len() + refused.len());
}

#[test]
fn what_is_no_sbom_is_said_without_words_of_rust() {
    let told = |text: &str| Sbom::parse(text.as_bytes()).unwrap_err().to_string();
    for (text, words) in [
        ("", "not an SBOM: the document is empty"),
        ("null", "not an SBOM: expected an object, not null"),
        ("5", "not an SBOM: expected an object, not `5`"),
        ("[]", "not an SBOM: it is a list"),
        ("{}", "not an SBOM: it has the keys of no known format"),
        ("hello", "not an SBOM: it is no JSON that can be read: expected value"),
        ("{\"bomFormat\":", "not an SBOM: the JSON ends too early"),
        (r#"{"sbom": null, "_type": "t"}"#, "not an in-toto statement: missing field `predicateType`"),
        (r#"{"sbom": 7}"#, "not an SBOM: expected an object, not `7`"),
    ] {
        assert!(told(text).starts_with(words), "{text}: {}", told(text));
    }
}
