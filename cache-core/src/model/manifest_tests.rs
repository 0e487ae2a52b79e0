use super::*;
use crate::error::ErrorKind;

const EMPTY: &str = "sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a";

fn image(extra: &str) -> String {
    format!(
        r#"{{"schemaVersion":2,{extra}"config":{{"mediaType":"application/vnd.oci.empty.v1+json","digest":"{EMPTY}","size":2}},
        "layers":[]}}"#
    )
}

fn kind_of(text: &str, content_type: Option<&str>) -> ErrorKind {
    Manifest::parse(text.to_owned(), content_type).expect_err(text).kind()
}

#[test]
fn the_digest_is_the_one_of_the_bytes_whatever_their_white_space() {
    let text = image("\n  ");
    let manifest = Manifest::parse(text.clone(), None).unwrap();
    assert_eq!(manifest.digest(), &Digest::of(text.as_bytes()));
    assert_eq!(manifest.bytes(), text.as_bytes());
    assert_eq!(manifest.media_type(), media_type::OCI_MANIFEST);
}

#[test]
fn the_type_comes_from_the_document_then_from_the_server() {
    let manifest = Manifest::parse(image(""), Some("application/vnd.docker.distribution.manifest.v2+json")).unwrap();
    assert_eq!(manifest.media_type(), media_type::DOCKER_MANIFEST);
    assert!(Manifest::parse(image(""), Some("application/json; charset=utf-8")).is_ok());
    let named = image(r#""mediaType":"application/vnd.oci.image.manifest.v1+json","#);
    assert_eq!(kind_of(&named, Some(media_type::DOCKER_MANIFEST)), ErrorKind::Untrusted);
}

#[test]
fn a_document_that_is_image_and_index_is_refused() {
    assert_eq!(kind_of(&image(r#""manifests":[],"#), None), ErrorKind::Untrusted);
    assert_eq!(
        kind_of(&image(r#""mediaType":"application/vnd.oci.image.index.v1+json","#), None),
        ErrorKind::Untrusted
    );
}

#[test]
fn m08_schema_1_is_refused_by_name() {
    for text in [r#"{"schemaVersion":1,"fsLayers":[]}"#, r#"{"schemaVersion":1,"name":"x"}"#] {
        assert_eq!(kind_of(text, None), ErrorKind::Unsupported);
    }
}

#[test]
fn malformed_manifests_are_invalid() {
    let wrong_digest = image("").replace(EMPTY, "sha256:00");
    let negative = image("").replace("\"size\":2", "\"size\":-2");
    for text in [
        "",
        "{",
        "[]",
        "null",
        "{}",
        r#"{"schemaVersion":2}"#,
        r#"{"schemaVersion":"2","layers":[]}"#,
        &wrong_digest,
        &negative,
    ] {
        assert_eq!(kind_of(text, None), ErrorKind::Invalid, "{text}");
    }
    let huge = image("").replace("\"layers\":[]", &format!("\"layers\":[],\"x\":\"{}\"", "a".repeat(4 << 20)));
    assert_eq!(kind_of(&huge, None), ErrorKind::Invalid);
}

#[test]
fn d04_other_bytes_than_the_digest_says_are_untrusted() {
    let error = Manifest::parse_expecting(image(""), &Digest::of(b"other"), None).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Untrusted);
}

#[test]
fn m09_the_artifact_type_falls_back_to_the_configuration() {
    let typed = Manifest::parse(image(r#""artifactType":"application/x","#), None).unwrap();
    assert_eq!(typed.artifact_type(), Some("application/x"));
    assert_eq!(Manifest::parse(image(""), None).unwrap().artifact_type(), None);
    let config = image("").replace("application/vnd.oci.empty.v1+json", "application/vnd.notary");
    assert_eq!(Manifest::parse(config, None).unwrap().artifact_type(), Some("application/vnd.notary"));
}

#[test]
fn m10_a_layer_listed_twice_is_one_blob() {
    let layer = format!(r#"{{"mediaType":"x","digest":"{}","size":1}}"#, Digest::of(b"l"));
    let text = image("").replace("\"layers\":[]", &format!("\"layers\":[{layer},{layer}]"));
    let manifest = Manifest::parse(text, None).unwrap();
    assert_eq!(manifest.blobs().len(), 2);
}

#[test]
fn nulls_of_go_are_empty_lists() {
    let text = r#"{"schemaVersion":2,"manifests":null,"annotations":null}"#;
    assert!(Manifest::parse(text, None).unwrap().children().is_empty());
}

#[test]
fn windows_platforms_keep_their_version() {
    let text = format!(
        r#"{{"schemaVersion":2,"manifests":[{{"mediaType":"m","digest":"{EMPTY}","size":2,
        "platform":{{"os":"windows","architecture":"amd64","os.version":"10.0.1","os.features":["win32k"]}}}}]}}"#
    );
    let manifest = Manifest::parse(text, None).unwrap();
    let platform = manifest.children()[0].platform.clone().unwrap();
    assert_eq!((platform.os_version.as_deref(), platform.os_features.len()), (Some("10.0.1"), 1));
}
