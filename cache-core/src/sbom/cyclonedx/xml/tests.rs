//! XML documents that are read, compared with JSON, and written again.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::said::{Said, first_difference};
use crate::error::ErrorKind;
use crate::sbom::{Format, Package, Relationship, Rest, Sbom, validate};

fn files(root: &Path, wanted: impl Fn(&Path) -> bool) -> Vec<PathBuf> {
    let (mut open, mut files) = (vec![root.to_owned()], Vec::new());
    while let Some(path) = open.pop() {
        if path.is_dir() {
            open.extend(std::fs::read_dir(&path).unwrap().map(|entry| entry.unwrap().path()));
        } else if wanted(&path) {
            files.push(path);
        }
    }
    files.sort();
    files
}

fn write(sbom: &Sbom<'_>, format: &str) -> (Vec<u8>, Vec<String>) {
    let written = sbom.write(&Format::parse(format).unwrap()).unwrap();
    (written.bytes, written.lost.into_iter().map(|finding| finding.message).collect())
}

/// Is it named as one that is right?
fn is_valid(path: &Path) -> bool {
    path.file_name().unwrap().to_string_lossy().starts_with("valid-")
}

/// The version to write a document in: its own, or the oldest that is written.
fn own_version<'s>(sbom: &'s Sbom<'_>) -> &'s str {
    if matches!(sbom.format.version.as_str(), "1.0" | "1.1" | "1.2" | "1.3") { "1.4" } else { &sbom.format.version }
}

#[test]
fn the_shared_xml_documents_keep_all_that_they_say() {
    let Some(root) = crate::document::shared_data("sbom") else { return };
    let is_one = |path: &Path| {
        let name = path.to_string_lossy();
        (name.ends_with(".xml") || name.ends_with(".golden"))
            && !name.contains("/invalid")
            && !name.contains("/schema/")
    };
    let (mut read, mut packages, mut different) = (0, 0, Vec::new());
    for path in files(&root, is_one) {
        let bytes = std::fs::read(&path).unwrap();
        let text = String::from_utf8_lossy(&bytes);
        if !text.contains("cyclonedx.org/schema/bom") || !text.trim_start().starts_with('<') {
            continue;
        }
        let sbom = Sbom::parse(&bytes).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
        (read, packages) = (read + 1, packages + sbom.packages.len());
        let (again, lost) = write(&sbom, &format!("cyclonedx-{}-xml", own_version(&sbom)));
        if !lost.is_empty() {
            different.push(format!("{}: {lost:?}", path.display()));
        }
        let (before, after) = (Said::of(&bytes), Said::of(&again));
        if before != after {
            different.push(format!("{}: {}", path.display(), first_difference(&before, &after)));
        }
    }
    println!("{read} XML documents with {packages} packages are the same when they are read and written");
    assert!(different.is_empty(), "{} of {read}: {different:#?}", different.len());
    assert!(read >= 190, "{read}");
}

/// What a document says of packages and how they belong together, without what only its form tells.
fn essence(sbom: &Sbom<'_>) -> (Vec<Package<'static>>, Vec<String>) {
    let of = |package: &Package<'_>| {
        let mut package = package.clone().into_owned();
        package.rest = Rest::default();
        package.licenses.iter_mut().for_each(|license| license.rest = Rest::default());
        package
    };
    let edge = |edge: &Relationship<'_>| format!("{} {:?} {}", edge.from, edge.relation, edge.to);
    let mut edges: Vec<String> = sbom.relationships.iter().map(edge).collect();
    edges.sort();
    (sbom.packages.iter().map(of).collect(), edges)
}

/// Documents of one name in both forms say the same, but for those whose authors wrote two documents.
#[test]
fn pairs_of_json_and_xml_are_equal() {
    const DIFFERENT: &[&str] = &[
        // A licence stands in the JSON alone.
        "bom",
        "valid-bom-1.4",
        "valid-bom-1.5",
        "valid-component-ref-1.3",
        "valid-component-ref-1.4",
        "valid-compositions-1.3",
        "valid-compositions-1.4",
        "valid-compositions-1.5",
        "valid-cryptography-implementation-1.7",
        "valid-dependency-1.3",
        "valid-license-expression-1.3",
        "valid-license-expression-1.4",
        "valid-license-name-1.4",
        "valid-properties-1.3",
        "valid-properties-1.4",
        "valid-properties-1.5",
    ];
    let Some(root) = crate::document::shared_data("sbom/cyclonedx") else { return };
    let (mut pairs, mut different) = (0, Vec::new());
    for path in files(&root, |path| path.extension().is_some_and(|e| e == "xml")) {
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        let (xml, json) = (std::fs::read(&path).unwrap(), std::fs::read(path.with_extension("json")));
        let Some(json) = json.ok().filter(|_| !name.starts_with("invalid")) else { continue };
        let (xml, json) = (Sbom::parse(&xml).unwrap(), Sbom::parse(&json).unwrap());
        pairs += 1;
        if essence(&xml) != essence(&json) {
            different.push(name);
        }
    }
    different.sort();
    println!("{pairs} pairs of JSON and XML, of which {} differ as their authors wrote them", different.len());
    assert_eq!(different, DIFFERENT);
    assert!(pairs > 150, "{pairs}");
}

/// What is right in one form is right in the other, but for what is named as lost.
#[test]
fn valid_documents_stay_valid_in_the_other_form() {
    let Some(root) = crate::document::shared_data("sbom/cyclonedx/spec-tests") else { return };
    // Workflows whose ids stand twice, which is asked of XML alone; a signatory of XML, whose signature is that of the whole.
    const OTHERWISE: &[&str] = &[
        "valid-formulation-1.5.json",
        "valid-citations-1.7.json",
        "valid-attestation-1.6.xml",
        "valid-attestation-1.7.xml",
    ];
    let (mut counts, mut wrong) = ([0, 0], Vec::new());
    for path in files(&root, |path| is_valid(path) && !OTHERWISE.iter().any(|name| path.ends_with(name))) {
        let bytes = std::fs::read(&path).unwrap();
        let sbom = Sbom::parse(&bytes).unwrap();
        if sbom.format.version == "1.3" {
            continue;
        }
        let is_xml = path.extension().is_some_and(|e| e == "xml");
        counts[usize::from(is_xml)] += 1;
        let (other, _) =
            write(&sbom, &format!("cyclonedx-{}{}", sbom.format.version, if is_xml { "" } else { "-xml" }));
        let findings = validate(&other).unwrap();
        if !findings.is_empty() {
            wrong.push(format!("{}: {findings:?}", path.display()));
        }
    }
    println!("{} JSON documents are valid as XML, {} XML documents as JSON", counts[0], counts[1]);
    assert!(wrong.is_empty(), "{}: {wrong:#?}", wrong.len());
}

/// And back: JSON to XML to JSON loses nothing that was not named.
#[test]
fn what_goes_through_xml_comes_back() {
    let document = json!({
        "bomFormat": "CycloneDX", "specVersion": "1.6", "version": 3,
        "serialNumber": "urn:uuid:3e671687-395b-41f5-a30f-a58921a69b79",
        "metadata": {"timestamp": "2026-01-01T00:00:00Z", "lifecycles": [{"phase": "build"}],
            "tools": {"components": [{"type": "application", "name": "t", "version": "1"}]},
            "component": {"type": "application", "name": "app", "bom-ref": "root", "components": [{"type": "library", "name": "in"}]}},
        "components": [
            {"type": "library", "group": "g", "name": "a & <b> \"c\"", "bom-ref": "a", "mime-type": "a/b", "scope": "required",
             "description": "  two\nlines\n", "supplier": {"name": "s", "url": ["u", "v"], "contact": [{"email": "a@b"}]},
             "licenses": [{"license": {"id": "MIT", "url": "u", "text": {"contentType": "text/plain", "content": " x "}}},
                {"license": {"name": "Own", "acknowledgement": "declared"}}],
             "hashes": [{"alg": "MD5", "content": "3942447fac867ae5cdb3229b658f4d48"}], "modified": false,
             "properties": [{"name": "p", "value": "v"}, {"name": "q", "value": "w"}],
             "evidence": {"identity": [{"field": "purl", "confidence": 0.50, "tools": ["root"]}],
                "occurrences": [{"location": "/a", "line": 3}], "copyright": [{"text": "c"}]},
             "pedigree": {"patches": [{"type": "backport", "resolves": [{"type": "security", "references": ["u"]}]}], "notes": "n"}},
            {"type": "data", "name": "b", "bom-ref": "b", "licenses": [{"expression": "MIT OR ISC", "acknowledgement": "declared"}],
             "data": [{"type": "dataset", "governance": {"owners": [{"contact": {"name": "o"}}]}}]},
        ],
        "services": [{"name": "s", "bom-ref": "s", "endpoints": ["e"], "authenticated": true, "data": [
            {"flow": "inbound", "classification": "PII"}, {"flow": "unknown", "classification": "x", "name": "n", "source": ["u"]}]}],
        "dependencies": [{"ref": "b", "provides": ["a"]}, {"ref": "a", "dependsOn": ["b"]}],
        "compositions": [{"aggregate": "complete", "assemblies": ["a"], "vulnerabilities": ["v"]}],
        "vulnerabilities": [{"bom-ref": "v", "id": "CVE-1", "cwes": [79], "ratings": [{"score": 9.8, "severity": "critical"}],
            "analysis": {"state": "exploitable", "response": ["update"]},
            "affects": [{"ref": "a", "versions": [{"version": "1", "status": "affected"}]}]}],
        "annotations": [{"subjects": ["a"], "annotator": {"individual": {"name": "i"}}, "timestamp": "2026-01-01T00:00:00Z", "text": "t"}],
        "properties": [{"name": "x", "value": "y"}],
    });
    let bytes = serde_json::to_vec(&document).unwrap();
    assert_eq!(validate(&bytes).unwrap(), []);
    let (xml, lost) = write(&Sbom::parse(&bytes).unwrap(), "cyclonedx-1.6-xml");
    assert_eq!((lost, validate(&xml).unwrap()), (vec![], vec![]), "{}", String::from_utf8_lossy(&xml));
    let sbom = Sbom::parse(&xml).unwrap();
    assert_eq!((sbom.findings.len(), sbom.format.to_string()), (0, "CycloneDX-1.6-xml".to_owned()));
    let (json, lost) = write(&sbom, "cyclonedx-1.6");
    assert_eq!(lost, Vec::<String>::new());
    assert_eq!(serde_json::from_slice::<Value>(&json).unwrap(), document);
}

#[test]
fn what_xml_has_no_place_for_is_named() {
    let document = json!({
        "bomFormat": "CycloneDX", "specVersion": "1.6", "signature": {"algorithm": "ES256", "value": "x"}, "own": 1,
        "components": [{"type": "library", "name": "a\u{1}b", "own": {"deep": true}, "xml:more": [], "isExternal": true}],
    });
    let bytes = serde_json::to_vec(&document).unwrap();
    let written = Sbom::parse(&bytes).unwrap().write(&Format::parse("cyclonedx-1.6-xml").unwrap()).unwrap();
    let lost: Vec<String> = written.lost.iter().map(|it| format!("{}: {}", it.position, it.message)).collect();
    assert_eq!(
        lost,
        [
            "document: CycloneDX 1.6 as XML has no place for own",
            "document: CycloneDX 1.6 as XML has no place for signature",
            "components[0]: CycloneDX 1.6 as XML has no place for isExternal",
            "components[0]: CycloneDX 1.6 as XML has no place for own",
            "document: XML has no place for 1 control characters",
        ]
    );
    assert_eq!(Sbom::parse(&written.bytes).unwrap().packages[0].name, "ab");
}

const FOREIGN: &str = r#"<?xml version="1.0"?>
<c:bom xmlns:c="http://cyclonedx.org/schema/bom/1.6" xmlns:o="urn:own" version="1" o:a="1" b="2">
  <c:components o:list="x">
    <c:component type="library" o:kind="k" o:sort="s">
      <c:name o:n="1"><![CDATA[ a < b ]]></c:name>
      <c:hashes><c:hash alg="MD5" o:h="2">3942447fac867ae5cdb3229b658f4d48</c:hash></c:hashes>
      <c:future><c:x y="1">z</c:x></c:future>
      <o:more p="&amp;"><o:x/><plain/></o:more>
    </c:component>
    <o:between/>
  </c:components>
  <none/>
</c:bom>"#;

#[test]
fn foreign_attributes_and_elements_are_kept() {
    let sbom = Sbom::parse(FOREIGN.as_bytes()).unwrap();
    assert_eq!((sbom.packages[0].name.as_str(), &sbom.findings[..]), (" a < b ", &[][..]));
    let (again, lost) = write(&sbom, "cyclonedx-1.6-xml");
    assert_eq!((Said::of(&again), lost), (Said::of(FOREIGN.as_bytes()), vec![]), "{}", String::from_utf8_lossy(&again));
    let (json, lost) = write(&sbom, "cyclonedx-1.6");
    assert_eq!(lost.len(), 2, "{lost:?}");
    assert!(lost[1].starts_with("JSON has no place for the attribute o:kind"), "{lost:?}");
    assert_eq!(validate(&json).unwrap(), []);
}

/// Nothing is expanded, whatever a document type declares.
#[test]
fn entities_are_not_expanded() {
    let lol = "<!ENTITY a \"aaaaaaaaaa\"><!ENTITY b \"&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;\"><!ENTITY x SYSTEM \"file:///etc/passwd\">";
    let text = format!(
        "<!DOCTYPE bom [{lol}]><bom xmlns=\"http://cyclonedx.org/schema/bom/1.6\"><components><component type=\"library\">\
         <name>&b;&#33;</name><version>&x;</version><o:e xmlns:o=\"o\" a=\"&b;\"/></component></components></bom>"
    );
    let sbom = Sbom::parse(text.as_bytes()).unwrap();
    assert_eq!((sbom.packages[0].name.as_str(), sbom.packages[0].version.as_deref()), ("\u{fffd}!", Some("\u{fffd}")));
    assert_eq!(sbom.findings.iter().filter(|finding| finding.code == "unreadable").count(), 4, "{:?}", sbom.findings);
    let (again, _) = write(&sbom, "cyclonedx-1.6-xml");
    assert!(Sbom::parse(&again).unwrap().findings.is_empty());
}

#[test]
fn hostile_xml_is_invalid() {
    let bom = |inner: &str| format!("<bom xmlns=\"http://cyclonedx.org/schema/bom/1.6\">{inner}</bom>");
    let deep = bom(&format!("{}{}", "<components>".repeat(100_000), "</components>".repeat(100_000)));
    let foreign = bom(&format!("{}{}", "<o:a xmlns:o='o'>".repeat(100_000), "</o:a>".repeat(100_000)));
    let many: String = (0..1000).map(|at| format!(" a{at}='1'")).collect();
    let spaces: String = (0..1000).map(|at| format!(" xmlns:a{at}='1'")).collect();
    let cases = [
        "<",
        "<bom",
        "<bom/>",
        "<html/>",
        "<bom></bom><bom/>",
        "<a:bom xmlns:a='x'/>",
        &bom("<components>"),
        &bom("&"),
        &bom("<a b='1' b='2'/>"),
        &deep,
        &foreign,
        &bom(&format!("<a{many}/>")),
        &bom(&format!("<a{spaces}/>")),
    ];
    for text in cases {
        let error = Sbom::parse(text.as_bytes()).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Invalid, "{}", &text[..text.len().min(80)]);
    }
    // JSON that pretends to have been XML smuggles nothing in.
    let json = json!({"bomFormat": "CycloneDX", "specVersion": "1.6", "components": [{"type": "library", "name": "a",
        "xml:more": [{"place": "", "what": {"element": "<evil>"}}]}]});
    let bytes = serde_json::to_vec(&json).unwrap();
    let (xml, lost) = write(&Sbom::parse(&bytes).unwrap(), "cyclonedx-1.6-xml");
    assert!(!String::from_utf8_lossy(&xml).contains("evil") && lost.len() == 1, "{lost:?}");
}

#[test]
fn a_namespace_is_no_longer_than_an_address() {
    let bom =
        |length: usize| FOREIGN.replacen("xmlns:c=", &format!("xmlns:long=\"{}\" xmlns:c=", "n".repeat(length)), 1);
    assert!(Sbom::parse(bom(2048).as_bytes()).is_ok());
    let error = Sbom::parse(bom(2049).as_bytes()).unwrap_err();
    assert!(error.message().contains("a namespace is longer than 2048 bytes"), "{error}");
}

#[test]
fn dependencies_may_be_nested() {
    let text = "<bom xmlns=\"http://cyclonedx.org/schema/bom/1.6\"><dependencies><dependency ref=\"a\"><dependency ref=\"b\">\
                <dependency ref=\"c\"><dependency ref=\"d\"/></dependency></dependency></dependency></dependencies></bom>";
    let edges: Vec<String> = essence(&Sbom::parse(text.as_bytes()).unwrap()).1;
    assert_eq!(edges, ["a DependsOn b", "b DependsOn c", "c DependsOn d"]);
}

/// CycloneDX/cyclonedx-core-java#831 and anchore/grype#2557.
#[test]
fn e10_e11_marks_of_encodings_are_skipped() {
    let text = "<bom xmlns=\"http://cyclonedx.org/schema/bom/1.6\"><components><component type=\"library\"><name>é</name>\
                </component></components></bom>";
    let plain = Sbom::parse(text.as_bytes()).unwrap();
    let marked = format!("\u{feff}<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<!-- c -->{text}");
    assert_eq!(Sbom::parse(marked.as_bytes()).unwrap(), plain);
    let utf16: Vec<u8> = [0xff, 0xfe].into_iter().chain(text.encode_utf16().flat_map(u16::to_le_bytes)).collect();
    assert_eq!(Sbom::parse(&utf16).unwrap(), plain);
}

/// anchore/syft#5023: a newer version is read as the newest that is known.
#[test]
fn e14_a_newer_version_is_read_with_a_finding() {
    let text = "<bom xmlns=\"http://cyclonedx.org/schema/bom/1.99\"><components><component type=\"library\"><name>a</name>\
                <later>x</later></component></components></bom>";
    let sbom = Sbom::parse(text.as_bytes()).unwrap();
    assert_eq!((sbom.packages.len(), &*sbom.findings[0].code), (1, "newer-version"));
    let (again, _) = write(&sbom, "cyclonedx-1.7-xml");
    assert!(String::from_utf8_lossy(&again).contains("<later>x</later>"));
}
