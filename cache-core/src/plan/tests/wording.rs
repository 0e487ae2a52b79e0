//! Changes that differ are worded differently, whatever the difference is.

use std::collections::BTreeSet;

use serde_json::json;

use super::*;
use crate::model::{Descriptor, Repository};
use crate::plan::wording::word;

/// The words of a JSON document that stand for a kind of thing, and have no other that would fit there.
const KINDS: [&str; 8] = ["do", "kind", "role", "form", "expected", "target", "policy", "automation"];

fn attached(content: Value) -> Value {
    let subject = json!({"mediaType": "index", "digest": digest("image"), "size": 7});
    json!({"do": "attach", "repository": "registry.example/app", "subject": subject, "content": content})
}

fn administered(action: Value) -> Value {
    json!({"do": "administer", "action": action, "expected": {"a": [1, "b", true]}, "effects": ["deletes 1", "and 2"]})
}

/// One of each kind of change, with all that it can have.
fn every_kind() -> Vec<Value> {
    let blob = json!({
        "mediaType": "layer", "digest": digest("blob"), "size": 7, "artifactType": "type", "data": "AA",
        "platform": {"os": "linux", "architecture": "amd64", "variant": "v8"}, "urls": ["https://example.com/a"],
        "annotations": {"key": "value"},
    });
    let (repository, reference) = ("registry.example/app", "registry.example/app:v1");
    let pinned = json!({"repository": repository, "digest": digest("image")});
    let scope = json!({"repository": repository});
    let project = json!({"project": {"registry": "registry.example", "name": "team"}});
    let copied = |role: Value| {
        json!({
            "do": "copy", "from": "registry.example/dev", "to": repository, "digest": digest("manifest"),
            "mediaType": "manifest", "size": 7, "role": role, "blobs": [blob, blob],
        })
    };
    let key = json!({"kind": "key", "fingerprint": digest("key"), "name": "release"});
    let person = json!({
        "kind": "certificate", "subject": "a@example.com", "issuer": "https://id.example", "claims": {"a": "b"},
    });
    let statement = |form: &str, signer: &Value| {
        attached(json!({
            "kind": "statement", "predicateType": "https://example.com/vex", "predicate": blob, "form": form,
            "annotations": {"env": "prod", "by": "qa"}, "signer": signer,
        }))
    };
    let tagged = |expected: Value| {
        let to = digest("new");
        json!({"do": "set-tag", "repository": repository, "tag": "v1", "to": to, "expected": expected})
    };
    let deleted = |target: Value| {
        json!({
            "do": "delete", "repository": repository, "target": target, "expected": digest("old"), "tags": ["v1", "v2"],
        })
    };
    vec![
        copied(json!("image")),
        copied(json!("child")),
        copied(json!({"referrer": digest("subject")})),
        attached(json!({"kind": "document", "mediaType": "sbom", "digest": digest("sbom"), "size": 7})),
        statement("bundle", &key),
        statement("cosign-tag", &key),
        statement("bundle", &person),
        json!({
            "do": "add-layers", "from": "registry.example/dev", "to": repository, "tag": "sha256-0.sig",
            "layers": [blob, blob],
        }),
        tagged(json!("absent")),
        tagged(json!({"at": digest("old")})),
        deleted(json!({"tag": "v1"})),
        deleted(json!("manifest")),
        administered(json!({"kind": "create-repository", "repository": repository, "settings": {"a": 1}})),
        administered(json!({"kind": "set-policy", "policy": "retention", "scope": scope, "to": {"days": 5}})),
        administered(json!({"kind": "set-policy", "policy": "quota", "scope": scope, "to": {"days": 5}})),
        administered(json!({"kind": "start-scan", "image": pinned})),
        administered(json!({"kind": "import", "from": pinned, "to": reference, "follow": reference})),
        administered(json!({"kind": "set-lock", "of": reference, "delete": true, "write": false})),
        administered(
            json!({"kind": "set-properties", "image": reference, "properties": {"team": ["a", "b"], "x": []}}),
        ),
        administered(
            json!({"kind": "create-account", "scope": project, "name": "ci", "grants": {"pull": true}, "days": 5}),
        ),
        administered(json!({"kind": "delete-account", "scope": {"registry": "registry.example"}, "name": "ci"})),
        administered(
            json!({"kind": "set-automation", "automation": "webhook", "scope": project, "name": "n", "to": {"a": "b"}}),
        ),
        administered(
            json!({"kind": "set-automation", "automation": "task", "scope": project, "name": "n", "to": {"a": "b"}}),
        ),
        administered(json!({
            "kind": "build", "source": {"path": "/a b/src.tar.gz", "digest": digest("source"), "size": 7},
            "to": reference, "settings": {"a": 1},
        })),
    ]
}

/// A document with one thing altered in it.
struct Altered {
    /// The names that lead there.
    at: Vec<String>,
    /// Whether it can be expected to be a document of the same kind still.
    fits: bool,
    json: Value,
}

impl Altered {
    fn here(json: Value, fits: bool) -> Self {
        Altered { at: Vec::new(), fits, json }
    }

    fn within(self, name: &str, put: impl FnOnce(Value) -> Value) -> Self {
        let at = std::iter::once(name.to_owned()).chain(self.at).collect();
        Altered { at, fits: self.fits, json: put(self.json) }
    }
}

/// The document altered in each of its values, with each part of a list or an object left out, and each key renamed.
fn altered(json: &Value) -> Vec<Altered> {
    match json {
        Value::Null => Vec::new(),
        Value::Bool(is) => vec![Altered::here(json!(!is), true)],
        Value::Number(number) => vec![Altered::here(json!(number.as_u64().unwrap() + 1), true)],
        Value::String(text) => {
            // Another digit is another digest, and another character of whatever else it is.
            let (rest, last) = text.split_at(text.len() - 1);
            let other = format!("{rest}{}", if last == "0" { "1" } else { "0" });
            let unseen = ["\n", " ", "\u{202e}", ", x", "\"", "=", ";"]
                .map(|more| Altered::here(json!(format!("{text}{more}")), false));
            std::iter::once(Altered::here(json!(other), true)).chain(unseen).collect()
        }
        Value::Array(items) => {
            let each = |at: usize| {
                let put = move |item: Option<Value>| {
                    let mut items = items.clone();
                    drop(items.splice(at..=at, item));
                    Value::from(items)
                };
                let fewer = Altered::here(put(None), false);
                let others = altered(&items[at]).into_iter();
                others
                    .map(move |other| other.within(&at.to_string(), |item| put(Some(item))))
                    .chain([fewer])
                    .collect::<Vec<_>>()
            };
            (0..items.len()).flat_map(each).collect()
        }
        Value::Object(fields) => {
            let each = |name: &String| {
                let put = |name: &str, old: &str, value: Option<Value>| {
                    let mut fields = fields.clone();
                    fields.remove(old);
                    fields.extend(value.map(|value| (name.to_owned(), value)));
                    Value::from(fields)
                };
                let fewer = Altered::here(put(name, name, None), false);
                let renamed = Altered::here(put(&format!("{name}0"), name, Some(fields[name].clone())), false);
                let others = altered(&fields[name]).into_iter();
                let others = others.map(|other| other.within(name, |value| put(name, name, Some(value))));
                others.chain([fewer, renamed]).collect::<Vec<_>>()
            };
            fields.keys().flat_map(each).collect()
        }
    }
}

/// What is shown of a plan with this change, without the digest of the plan.
fn shown(change: &Change) -> [String; 2] {
    let plan = plan(vec![change.clone()]);
    [plan.render(), plan.html()].map(|text| text.replace(plan.digest().as_str(), ""))
}

#[test]
fn changes_that_differ_in_one_field_are_never_shown_alike() {
    let mut compared = 0;
    for json in every_kind() {
        let change = change(json.clone());
        let before = shown(&change);
        for Altered { at, fits, json } in altered(&json) {
            let Ok(other) = serde_json::from_value::<Change>(json.clone()) else {
                let is_kind = at.last().is_some_and(|name| KINDS.contains(&name.as_str()));
                assert!(!fits || is_kind, "{at:?} is no change: {json}");
                continue;
            };
            if other == change {
                continue;
            }
            compared += 1;
            for (one, two) in before.iter().zip(&shown(&other)) {
                assert_ne!(one, two, "{at:?} makes no difference: {json}");
            }
        }
    }
    assert!(compared > 500, "only {compared} were compared");
}

#[test]
fn kinds_of_changes_are_never_shown_alike() {
    let kinds = every_kind();
    let shown: BTreeSet<[String; 2]> = kinds.iter().map(|json| shown(&change(json.clone()))).collect();
    assert_eq!(shown.len(), kinds.len());
}

#[test]
fn several_words_are_never_shown_as_one() {
    let properties = |properties: Value| {
        administered(json!({"kind": "set-properties", "image": "registry.example/app:v1", "properties": properties}))
    };
    let signed = |annotations: Value| {
        let signer = json!({"kind": "key", "fingerprint": digest("key"), "name": "release"});
        attached(json!({"kind": "statement", "predicateType": "t", "annotations": annotations, "signer": signer}))
    };
    let effects = |effects: Value| {
        let mut json = administered(
            json!({"kind": "start-scan", "image": {"repository": "registry.example/app", "digest": digest("image")}}),
        );
        json["effects"] = effects;
        json
    };
    for (one, two) in [
        (properties(json!({"a": ["x,y"]})), properties(json!({"a": ["x", "y"]}))),
        (properties(json!({"a": ["x b=y"]})), properties(json!({"a": ["x"], "b": ["y"]}))),
        (properties(json!({"a": [""]})), properties(json!({"a": []}))),
        (signed(json!({"a": "x, b=y"})), signed(json!({"a": "x", "b": "y"}))),
        (signed(json!({"a": "x\ny"})), signed(json!({"a": "x y"}))),
        (signed(json!({"a": "\u{202e}x"})), signed(json!({"a": "\u{2066}x"}))),
        (effects(json!(["deletes a; deletes b"])), effects(json!(["deletes a", "deletes b"]))),
    ] {
        assert_ne!(shown(&change(one.clone())), shown(&change(two.clone())), "{one} {two}");
    }
}

#[test]
fn a_statement_is_shown_with_its_predicate_and_where_it_goes() {
    let signer = json!({"kind": "key", "fingerprint": digest("key"), "name": "release"});
    let vex = |says: &str| {
        let predicate = Descriptor::of("application/octet-stream", says.as_bytes());
        let content = json!({
            "kind": "statement", "predicateType": "https://openvex.dev/ns/v0.2.0", "predicate": predicate, "signer": signer,
        });
        change(attached(content)).to_string()
    };
    assert_ne!(vex("affected"), vex("not_affected"));
    let (image, predicate, key) = (digest("image"), digest("affected"), digest("key"));
    assert_eq!(
        vex("affected"),
        format!(
            "attach https://openvex.dev/ns/v0.2.0 to registry.example/app@{image} (index, 7 bytes), with the predicate \
             {predicate} (application/octet-stream, 8 bytes), signed by key release ({key})"
        )
    );
    let record = change(attached(json!({"kind": "statement", "predicateType": "record", "signer": signer})));
    assert!(record.to_string().contains("with the record of this plan, signed by"), "{record}");
}

#[test]
fn layers_are_shown_whole_with_where_they_come_from() {
    let layer = |text: &str| json!({"mediaType": "layer", "digest": digest(text), "size": 7});
    let added = change(json!({
        "do": "add-layers", "from": "registry.example/dev", "to": "registry.example/app", "tag": "sha256-0.sig",
        "layers": [layer("a"), layer("b")],
    }));
    let (a, b) = (digest("a"), digest("b"));
    let start =
        format!("add 2 to what registry.example/app:sha256-0.sig lists, from registry.example/dev: {a}, {b} (14 bytes");
    assert!(added.to_string().starts_with(&start), "{added}");
}

#[test]
fn what_is_usual_is_shown_without_quotes() {
    let name = "https://github.com/team/app/.github/workflows/release.yml@refs/heads/main";
    for plain in [name, "application/vnd.oci.image.manifest.v1+json", "robot$p+ci", "é"] {
        assert_eq!(word(plain), plain);
    }
    assert_eq!(word("a b"), "\"a b\"");
}

#[test]
fn blobs_of_impossible_sizes_are_not_shown_as_small_ones() {
    let repository = Repository::parse("registry.example/app").unwrap();
    let blob = Descriptor::new("layer", digest("layer"), 1 << 63);
    let change = Change::Copy(CopyManifest {
        from: repository.clone(),
        to: repository,
        digest: digest("manifest"),
        media_type: String::new(),
        size: 1,
        role: Role::Image,
        blobs: vec![blob.clone(), blob],
    });
    assert!(change.to_string().contains(&format!("{} bytes", u64::MAX)), "{change}");
}
