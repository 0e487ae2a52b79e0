use super::*;

fn manifest(note: &str) -> Manifest {
    let config = "\"config\":{\"mediaType\":\"x\",\"digest\":\"sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a\",\"size\":2}";
    let json = format!("{{\"schemaVersion\":2,{config},\"layers\":[],\"annotations\":{{\"note\":\"{note}\"}}}}");
    Manifest::parse(json, None).unwrap()
}

fn tag(text: &str) -> Tag {
    Tag::parse(text).unwrap()
}

fn reread(index: &LayoutIndex) -> LayoutIndex {
    LayoutIndex::parse(&index.to_json().unwrap()).unwrap()
}

#[test]
fn a_moved_tag_leaves_its_old_manifest_listed() {
    let (a, b) = (manifest("a"), manifest("b"));
    let mut index = LayoutIndex::empty();
    index.list(&a.descriptor()).unwrap();
    index.name(&tag("1"), &a).unwrap();
    index.name(&tag("latest"), &a).unwrap();
    index.name(&tag("1"), &b).unwrap();
    let mut index = reread(&index);
    assert_eq!(index.tags(), [tag("1"), tag("latest")]);
    assert_eq!(index.find(&tag("1")).unwrap().unwrap().digest, *b.digest());
    assert_eq!(index.descriptors().count(), 2, "a is named latest, and so not listed a second time");
    index.unname(&tag("latest"));
    let index = reread(&index);
    assert_eq!(index.tags(), [tag("1")]);
    assert!(index.descriptors().any(|d| d.digest == *a.digest()));
}

#[test]
fn unknown_fields_of_other_tools_survive() {
    let a = manifest("a");
    let json = format!(
        r#"{{"schemaVersion":2,"x":[1],"manifests":[{{"mediaType":"application/vnd.oci.image.manifest.v1+json",
        "digest":"{}","size":{},"y":true,"annotations":{{"{REF_NAME}":"old","z":"1"}}}}]}}"#,
        a.digest(),
        a.bytes().len()
    );
    let mut index = LayoutIndex::parse(json.as_bytes()).unwrap();
    index.unname(&tag("old"));
    index.name(&tag("new"), &a).unwrap();
    let written: Value = serde_json::from_slice(&index.to_json().unwrap()).unwrap();
    assert_eq!(written["x"][0], 1);
    assert_eq!(written["manifests"][0]["y"], true);
    assert_eq!(written["manifests"][0]["annotations"], serde_json::json!({"z": "1", REF_NAME: "new"}));
}

#[test]
fn one_tag_for_two_manifests_is_an_error_where_it_is_asked_for() {
    let (a, b) = (manifest("a"), manifest("b"));
    let mut index = LayoutIndex::empty();
    index.name(&tag("1"), &a).unwrap();
    index.name(&tag("2"), &b).unwrap();
    let json = String::from_utf8(index.to_json().unwrap()).unwrap().replace("\"2\"", "\"1\"");
    let index = LayoutIndex::parse(json.as_bytes()).unwrap();
    assert_eq!(index.find(&tag("1")).unwrap_err().kind(), crate::ErrorKind::Invalid);
    assert_eq!(index.tags(), [tag("1")]);
}

#[test]
fn malformed_indexes_say_where() {
    let traversal =
        r#"{"schemaVersion":2,"manifests":[{"mediaType":"x","digest":"sha256:../../etc/passwd","size":1}]}"#;
    for (json, word) in [
        ("", "EOF"),
        ("[]", "map"),
        ("{}", "schemaVersion"),
        (r#"{"schemaVersion":1,"manifests":[]}"#, "schemaVersion"),
        (r#"{"schemaVersion":2}"#, "list"),
        (r#"{"schemaVersion":2,"manifests":{}}"#, "list"),
        (r#"{"schemaVersion":2,"manifests":[7]}"#, "manifests[0]"),
        (traversal, "manifests[0]"),
    ] {
        let error = LayoutIndex::parse(json.as_bytes()).unwrap_err();
        assert_eq!(error.kind(), crate::ErrorKind::Invalid);
        assert!(error.message().contains(word), "{json}: {error}");
    }
    assert_eq!(LayoutIndex::parse(br#"{"schemaVersion":2,"manifests":null}"#).unwrap().descriptors().count(), 0);
}
