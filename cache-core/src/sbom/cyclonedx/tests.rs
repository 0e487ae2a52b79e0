//! Components in their places, few and many.

use std::time::Instant;

use serde_json::{Value, json};

use super::super::bom::Sbom;
use super::super::{Format, Relation};

fn names(document: &Value) -> Vec<String> {
    let text = document.to_string();
    let sbom = Sbom::parse(text.as_bytes()).unwrap();
    sbom.packages.iter().map(|package| package.name.to_string()).collect()
}

fn written(document: &Value) -> Value {
    let text = document.to_string();
    let sbom = Sbom::parse(text.as_bytes()).unwrap();
    let bytes = sbom.write(&Format::parse("cyclonedx-1.7").unwrap()).unwrap().bytes;
    serde_json::from_slice(&bytes).unwrap()
}

#[test]
fn the_subject_and_what_is_in_it_go_first() {
    let part = |name: &str| json!({"type": "library", "bom-ref": name, "name": name});
    let within =
        |name: &str, parts: Value| json!({"type": "library", "bom-ref": name, "name": name, "components": parts});
    let rest = json!([part("a"), within("b", json!([part("c"), within("d", json!([part("e")]))]))]);
    let document = |subject: Value| json!({"bomFormat": "CycloneDX", "specVersion": "1.7", "components": rest, "metadata": {"component": subject}});
    let parts = json!([part("t"), part("u")]);
    assert_eq!(names(&document(Value::Null)), ["a", "b", "c", "d", "e"]);
    assert_eq!(names(&document(part("s"))), ["s", "a", "b", "c", "d", "e"]);
    assert_eq!(names(&document(within("s", parts.clone()))), ["s", "t", "u", "a", "b", "c", "d", "e"]);

    let text = document(within("s", parts)).to_string();
    let sbom = Sbom::parse(text.as_bytes()).unwrap();
    assert_eq!(sbom.metadata.subject.as_deref(), Some("s"));
    let edges: Vec<_> = sbom.relationships.iter().map(|edge| (edge.from.as_str(), edge.to.as_str())).collect();
    assert_eq!(edges, [("s", "t"), ("s", "u"), ("b", "c"), ("b", "d"), ("d", "e")]);
    assert!(sbom.relationships.iter().all(|edge| edge.relation == Relation::Contains));
    let nothing = json!({"bomFormat": "CycloneDX", "specVersion": "1.7"});
    assert!(names(&nothing).is_empty());
}

#[test]
fn components_are_written_within_the_same_in_the_same_order() {
    let document = json!({
        "bomFormat": "CycloneDX", "specVersion": "1.7",
        "components": [
            {"type": "library", "bom-ref": "a", "name": "a", "components": [
                {"type": "library", "bom-ref": "b", "name": "b"},
                {"type": "library", "bom-ref": "c", "name": "c", "components": [{"type": "file", "bom-ref": "d", "name": "d"}]},
                {"type": "library", "bom-ref": "e", "name": "e"},
            ]},
            {"type": "library", "bom-ref": "f", "name": "f"},
        ],
        "dependencies": [
            {"ref": "a", "dependsOn": ["b"]},
            {"ref": "b", "provides": ["f"], "dependsOn": ["c", "e"]},
            {"ref": "f"},
        ],
    });
    let again = written(&document);
    assert_eq!(again["components"], document["components"]);
    for entry in document["dependencies"].as_array().unwrap() {
        assert!(again["dependencies"].as_array().unwrap().contains(entry), "{entry} in {}", again["dependencies"]);
    }
}

/// In tens of seconds or hours where each element is looked for among all.
#[test]
fn many_components_and_dependencies_take_a_moment() {
    const MANY: usize = 20_000;
    let component = |at: usize| json!({"type": "library", "bom-ref": at.to_string(), "name": format!("n{at}")});
    let inner: Vec<_> = (1..MANY).map(component).collect();
    let mut outer = component(0);
    outer["components"] = json!(inner);
    let entry = |at: usize| json!({"ref": at.to_string(), "dependsOn": [((at + 1) % MANY).to_string()]});
    let dependencies: Vec<_> = (0..MANY).map(entry).collect();
    let document =
        json!({"bomFormat": "CycloneDX", "specVersion": "1.7", "components": [outer], "dependencies": dependencies});
    let start = Instant::now();
    let again = written(&document);
    assert_eq!(again["components"][0]["components"].as_array().unwrap().len(), MANY - 1);
    assert_eq!(again["dependencies"].as_array().unwrap().len(), MANY);
    assert!(start.elapsed().as_secs() < 20, "{:?}", start.elapsed());
}
