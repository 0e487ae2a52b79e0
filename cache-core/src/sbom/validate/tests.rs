use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::error::ErrorKind;
use crate::sbom::validate;

/// The codes and positions of what is wrong.
fn wrong(text: &str) -> Vec<String> {
    let findings = validate(text.as_bytes()).unwrap();
    findings.into_iter().map(|finding| format!("{} {}", finding.code, finding.position)).collect()
}

fn bom(version: &str, more: Value) -> String {
    let mut bom = json!({"bomFormat": "CycloneDX", "specVersion": version, "version": 1});
    if let (Value::Object(bom), Value::Object(more)) = (&mut bom, more) {
        bom.extend(more);
    }
    bom.to_string()
}

fn xml(version: &str, more: &str) -> String {
    format!("<bom xmlns=\"http://cyclonedx.org/schema/bom/{version}\" version=\"1\">{more}</bom>")
}

/// The specification's own documents, each of which tells by its name what it is.
#[test]
fn the_specifications_documents_get_the_verdict_of_their_names() {
    let Some(root) = crate::document::shared_data("sbom/cyclonedx/spec-tests") else { return };
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    let mut different = Vec::new();
    for folder in std::fs::read_dir(root).unwrap() {
        let folder = folder.unwrap().path();
        let version = folder.file_name().unwrap().to_string_lossy().into_owned();
        for file in std::fs::read_dir(folder).unwrap() {
            let path = file.unwrap().path();
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            let form = path.extension().unwrap().to_string_lossy().into_owned();
            let findings = validate(&std::fs::read(&path).unwrap()).unwrap_or_else(|e| panic!("{name}: {e}"));
            *counts.entry(format!("{version} {form}")).or_default() += 1;
            if findings.is_empty() != name.starts_with("valid-") {
                different.push(format!("{name}: {findings:?}"));
            }
        }
    }
    println!("documents by version and form: {counts:?}");
    assert!(different.is_empty(), "{different:#?}");
    assert!(counts.len() == 10 && counts.values().sum::<usize>() >= 500, "{counts:?}");
}

#[test]
fn a_finding_has_a_position() {
    let components = json!([{"type": "library", "name": "a"}, {"type": "x", "name": "a", "hashes": [{"alg": "MD5", "content": "x"}]}]);
    assert_eq!(
        wrong(&bom("1.6", json!({"components": components}))),
        ["wrong-value components[1].hashes[0].content", "wrong-value components[1].type"]
    );
    let document =
        xml("1.6", "<components><component type='library'><name>a</name></component><component/></components>");
    assert_eq!(
        wrong(&document),
        ["missing-member bom/components/component[1]", "missing-member bom/components/component[1]"]
    );
}

#[test]
fn members_came_with_versions() {
    let component = |more: Value| {
        let mut component = json!({"type": "library", "name": "a", "version": "1"});
        component.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        json!({"components": [component]})
    };
    for (member, since) in [
        (json!({"releaseNotes": {"type": "major"}}), 4),
        (json!({"modelCard": {}}), 5),
        (json!({"tags": ["a"]}), 6),
        (json!({"isExternal": true}), 7),
    ] {
        for version in 3..=7 {
            let found = wrong(&bom(&format!("1.{version}"), component(member.clone())));
            assert_eq!(found.is_empty(), version >= since, "{member} in 1.{version}: {found:?}");
        }
    }
    assert_eq!(wrong(&bom("1.3", json!({"components": [{"type": "library", "name": "a"}]}))).len(), 1);
    assert!(wrong(&bom("1.4", json!({"components": [{"type": "library", "name": "a"}]}))).is_empty());
}

/// CycloneDX/cyclonedx-cli#419 and cyclonedx-dotnet-library#240: an id that stands twice is wrong in both forms.
#[test]
fn e23_e24_ids_are_unique_in_json_as_in_xml() {
    let component = json!({"type": "library", "name": "s", "bom-ref": "x"});
    let document = json!({"metadata": {"component": component}, "components": [component]});
    assert_eq!(wrong(&bom("1.6", document)), ["repeated-id metadata.component"]);
    let component = "<component type='library' bom-ref='x'><name>s</name></component>";
    let document = xml("1.6", &format!("<metadata>{component}</metadata><components>{component}</components>"));
    assert_eq!(wrong(&document), ["repeated-id bom/components/component"]);
}

/// CycloneDX/cyclonedx-rust-cargo#803: an expression beside a licence.
#[test]
fn e21_an_expression_stands_alone_until_1_6() {
    let licenses = json!([{"expression": "MIT"}, {"license": {"name": "Unknown"}}]);
    for (version, is_right) in [("1.5", false), ("1.6", false), ("1.7", true)] {
        let document = json!({"components": [{"type": "library", "name": "a", "licenses": licenses}]});
        assert_eq!(wrong(&bom(version, document)).is_empty(), is_right, "{version}");
    }
}

/// CycloneDX/cyclonedx-rust-cargo#781: any number of digits after the point of a second.
#[test]
fn e22_a_time_has_any_number_of_digits() {
    for (time, is_right) in [
        ("2025-03-09T20:08:13.303411000Z", true),
        ("2025-03-09T20:08:13+02:00", true),
        ("2025-03-09T20:08:13", false),
        ("2025-03-09", false),
        ("2025-13-09T20:08:13Z", false),
    ] {
        let found = wrong(&bom("1.6", json!({"metadata": {"timestamp": time}})));
        assert_eq!(found.is_empty(), is_right, "{time}");
    }
    assert!(wrong(&xml("1.6", "<metadata><timestamp>2025-03-09T20:08:13</timestamp></metadata>")).is_empty());
}

/// CycloneDX/sbom-utility#140 and cyclonedx-node-yarn#158.
#[test]
fn e18_e19_1_7_is_known_and_tools_are_a_list_or_an_object() {
    assert!(wrong(&bom("1.7", json!({}))).is_empty());
    for (version, tools, is_right) in [
        ("1.6", json!([{"name": "t", "version": "1"}]), true),
        ("1.6", json!({"components": [{"type": "application", "name": "t"}]}), true),
        ("1.4", json!({"components": [{"type": "application", "name": "t"}]}), false),
        ("1.6", json!("t"), false),
    ] {
        assert_eq!(
            wrong(&bom(version, json!({"metadata": {"tools": tools}}))).is_empty(),
            is_right,
            "{version} {tools}"
        );
    }
}

#[test]
fn elements_stand_in_order_and_once() {
    let component =
        |inner: &str| xml("1.6", &format!("<components><component type='library'>{inner}</component></components>"));
    let place = "bom/components/component";
    assert!(wrong(&component("<group>g</group><name>a</name><version>1</version>")).is_empty());
    assert_eq!(wrong(&component("<version>1</version><name>a</name>")), [format!("wrong-order {place}/name")]);
    assert_eq!(wrong(&component("<name>a</name><name>b</name>")), [format!("repeated-element {place}/name[1]")]);
    assert_eq!(wrong(&component("<name>a</name><nome>b</nome>")), [format!("unknown-element {place}/nome")]);
    assert_eq!(wrong(&component("<name>a</name>text")), [format!("unexpected-text {place}")]);
    assert_eq!(wrong(&component("<name><b>a</b></name>")), [format!("unknown-element {place}/name")]);
    assert_eq!(wrong(&component("<name a='b'>a</name>")), [format!("unknown-attribute {place}/name")]);
    assert!(wrong(&component("<name>a</name><f:x xmlns:f='f'/>")).is_empty());
}

#[test]
fn what_is_no_such_document_is_not_validated() {
    let invalid = ["", "{", "[", "<bom", "<bom></nom>"];
    let unsupported = ["{}", "[]", "<html/>", "{\"bomFormat\":\"CycloneDX\",\"specVersion\":\"1.2\"}"];
    let kind = |text: &&str| validate(text.as_bytes()).unwrap_err().kind();
    assert_eq!(invalid.iter().map(kind).collect::<Vec<_>>(), [ErrorKind::Invalid; 5]);
    assert_eq!(unsupported.iter().map(kind).collect::<Vec<_>>(), [ErrorKind::Unsupported; 4]);
    for text in ["{\"bomFormat\":1}", "{\"bomFormat\":\"CycloneDX\",\"specVersion\":\"9\",\"components\":{}}"] {
        assert!(!wrong(text).is_empty(), "{text}");
    }
    let deep = format!("{}{}", "{\"bomFormat\":\"x\",\"components\":[".repeat(1000), "]}".repeat(1000));
    assert_eq!(validate(deep.as_bytes()).unwrap_err().kind(), ErrorKind::Invalid);
}
