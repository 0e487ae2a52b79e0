use super::*;

fn parsed(text: &str) -> Reference {
    Reference::parse(text).unwrap_or_else(|e| panic!("{text}: {e:?}"))
}

#[test]
fn docker_defaults_are_filled_in() {
    for (text, full) in [
        ("alpine", "docker.io/library/alpine"),
        ("alpine:3.20", "docker.io/library/alpine:3.20"),
        ("org/app", "docker.io/org/app"),
        ("docker.io/app", "docker.io/library/app"),
        ("index.docker.io/org/app:1", "docker.io/org/app:1"),
        ("registry-1.docker.io/app", "docker.io/library/app"),
        ("localhost/app", "localhost/app"),
        ("localhost:5000/a/b/c:x", "localhost:5000/a/b/c:x"),
        ("docker://h.example/app:1", "h.example/app:1"),
        ("H.EXAMPLE:5000/app", "h.example:5000/app"),
        ("[::1]:5000/app:1", "[::1]:5000/app:1"),
        ("127.0.0.1:5000/app", "127.0.0.1:5000/app"),
        ("team/my__app-x.y--z", "docker.io/team/my__app-x.y--z"),
    ] {
        assert_eq!(parsed(text).to_string(), full, "{text}");
    }
}

#[test]
fn tag_and_digest_may_stand_together() {
    let digest = Digest::of(b"x");
    let reference = parsed(&format!("h.example:5000/app:1.0@{digest}"));
    assert_eq!(reference.tag.as_ref().map(Tag::as_str), Some("1.0"));
    assert_eq!(reference.digest, Some(digest));
    let sha512 = format!("app@sha512:{}", "a".repeat(128));
    assert!(parsed(&sha512).digest.is_some());
}

#[test]
fn no_tag_is_made_up_unless_asked() {
    assert_eq!(parsed("app").tag, None);
    assert_eq!(parsed("app").or_latest().to_string(), "docker.io/library/app:latest");
    let pinned = format!("app@{}", Digest::of(b""));
    assert_eq!(parsed(&pinned).or_latest().tag, None);
}

#[test]
fn i05_tags_that_look_like_numbers_stay_text() {
    for tag in ["1234567", "0123", "1e5", "true", "_x", "007"] {
        assert_eq!(parsed(&format!("app:{tag}")).tag.unwrap().as_str(), tag);
        let json = serde_json::to_string(&Tag::parse(tag).unwrap()).unwrap();
        assert_eq!(json, format!("\"{tag}\""));
    }
}

#[test]
fn malformed_references_are_refused_with_the_text_in_the_error() {
    let long = format!("h.example/{}", "a".repeat(250));
    let long_tag = format!("app:{}", "a".repeat(129));
    for text in [
        "",
        " app",
        "app ",
        "App",
        "h.example/App",
        "UPPER/x",
        "app:",
        "app:-x",
        "app:.x",
        "app:a b",
        "a//b",
        "/app",
        "app/",
        "a..b",
        "a___b",
        "-a",
        "a-",
        "a.",
        "h.example:/app",
        "h.example:99999/app",
        "h.example:5a/app",
        "[::1/app",
        "[zz]:1/app",
        "[::1]x/app",
        "-h.example/app",
        "h..example/app",
        "app@sha256:abc",
        "app@md5:abc",
        "app:1:2",
        "https://h.example/app",
        "docker://",
        "oci:",
        "oci::tag",
        "é",
        "app:é",
        &long,
        &long_tag,
        "h.example/",
        "h.example:1/",
    ] {
        let error = Reference::parse(text).err().unwrap_or_else(|| panic!("{text:?} was accepted"));
        assert!(error.to_string().contains(&format!("{text:?}")), "{text:?}: {error}");
    }
}

/// Everybody's first mistake.
#[test]
fn a_path_is_told_from_a_name_and_the_words_for_paths_are_named() {
    for text in [
        "/work/lay",
        "/work/lay:v1",
        "./lay:v1",
        "../lay",
        ".",
        "..",
        "~/lay",
        "~user/lay:v1",
        r"lay\one",
        r"C:\images\lay",
        "C:/images/lay:v1",
        "/lay.tar",
    ] {
        let error = Reference::parse(text).unwrap_err();
        assert_eq!(error.message(), "a path names no image", "{text}");
        assert!(error.hint_text().is_some_and(|hint| hint.contains("oci:PATH")), "{text}");
        assert_eq!(Repository::parse(text).unwrap_err().message(), error.message(), "{text}");
        // In a configuration the text is all that is left of an error.
        let read = serde_json::from_value::<Reference>(text.into()).unwrap_err().to_string();
        assert!(read.contains("a path names no image") && read.contains("docker-archive:PATH"), "{read}");
    }
    for text in ["lay", "a.b/lay", "c:1", "oci:./lay:v1", r"oci:C:\images\lay", "oci:~/lay"] {
        assert!(Reference::parse(text).is_ok(), "{text}");
    }
}

#[test]
fn local_transports_keep_the_path_as_written() {
    for (text, path, tag) in [
        ("oci:target/demo/dev:v1", "target/demo/dev", Some("v1")),
        ("oci:/abs/Dir With Space/x:v1", "/abs/Dir With Space/x", Some("v1")),
        ("oci:dir", "dir", None),
        ("oci:dir/", "dir", None),
        ("oci:C:/images/x", "C:/images/x", None),
        ("docker-archive:a.tar", "a.tar", None),
        ("oci-archive:b.tar:v2", "b.tar", Some("v2")),
        ("memory:m:1", "m", Some("1")),
    ] {
        let reference = parsed(text);
        assert_eq!((reference.repository.path(), reference.tag.as_ref().map(Tag::as_str)), (path, tag), "{text}");
        assert_eq!(parsed(&reference.to_string()), reference);
    }
}

#[test]
fn a_repository_has_neither_tag_nor_digest() {
    assert!(Repository::parse("h.example/app:1").is_err());
    assert_eq!(Repository::parse("h.example/app").unwrap().to_string(), "h.example/app");
}

#[test]
fn same_registry_means_the_same_host_and_port() {
    let of = |text| Repository::parse(text).unwrap();
    assert!(of("h.example/a").same_registry(&of("h.example/b")));
    assert!(!of("h.example/a").same_registry(&of("h.example:5000/a")));
    assert!(!of("oci:a").same_registry(&of("oci:a")));
}

#[test]
fn the_tag_of_a_digest_is_cut_for_sha512() {
    let long = Digest::parse(&format!("sha512:{}", "b".repeat(128))).unwrap();
    assert_eq!(Tag::of_digest(&long, "").as_str(), format!("sha512-{}", "b".repeat(64)));
    assert_eq!(Tag::of_digest(&Digest::of(b""), ".sig").as_str().len(), 7 + 64 + 4);
}
