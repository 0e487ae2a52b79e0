use serde_json::Value;

use super::*;

fn canonical(text: &str) -> String {
    Purl::read(text).map_or_else(|e| e.to_string(), |purl| purl.to_string())
}

#[test]
fn the_parts_and_the_canonical_form() {
    let purl =
        Purl::parse("pkg:Deb/Debian/libSSL3@1:3.0.11-1~deb12u2?distro=debian-12&arch=amd64#/usr//./lib/").unwrap();
    assert_eq!((purl.kind(), purl.namespace(), purl.name()), ("deb", Some("debian"), "libssl3"));
    assert_eq!((purl.version(), purl.subpath()), (Some("1:3.0.11-1~deb12u2"), Some("usr/lib")));
    assert_eq!(purl.qualifiers().collect::<Vec<_>>(), [("arch", "amd64"), ("distro", "debian-12")]);
    let written = "pkg:deb/debian/libssl3@1:3.0.11-1~deb12u2?arch=amd64&distro=debian-12#usr/lib";
    assert_eq!(purl.to_string(), written);
    assert_eq!(purl.without_version().to_string(), "pkg:deb/debian/libssl3");
    assert_eq!(serde_json::to_string(&purl).unwrap(), format!("\"{written}\""));
    assert_eq!(serde_json::from_str::<Purl>(&format!("\"{written}\"")).unwrap(), purl);
}

#[test]
fn a_purl_is_made_from_parts() {
    let purl = Purl::builder("deb", "g++").namespace("debian").version("4:12.2.0-3").qualifier("arch", "amd64");
    assert_eq!(purl.build_strict().unwrap().to_string(), "pkg:deb/debian/g%2B%2B@4:12.2.0-3?arch=amd64");
    let standard = Purl::builder("golang", "stdlib").version("1.22.1");
    assert!(standard.clone().build_strict().is_err());
    assert_eq!(standard.build().unwrap().to_string(), "pkg:golang/stdlib@1.22.1");
    assert!(Purl::builder("deb", " ").build().is_err());
    assert!(Purl::builder("d/b", "x").build().is_err());
    assert!(Purl::builder("deb", "x").qualifier("a b", "x").build().is_err());
    assert_eq!(Purl::builder("npm", "@angular/core").build().unwrap().to_string(), "pkg:npm/%40angular/core");
    assert_eq!(Purl::builder("npm", "x").version("").subpath("/").build().unwrap().to_string(), "pkg:npm/x");
}

#[test]
fn an_error_holds_the_beginning_of_a_long_text() {
    assert!(canonical(&format!("x{}", "é".repeat(10_000))).len() < 600);
}

#[test]
fn liberties_of_tools_are_read() {
    for (text, meant) in [
        (" pkg:npm/@angular/core@1 ", "pkg:npm/%40angular/core@1"),
        ("pkg:npm/%40angular%2Fcore@1", "pkg:npm/%40angular/core@1"),
        ("pkg:golang/github.com%2Fgorilla%2Fmux@v1", "pkg:golang/github.com/gorilla/mux@v1"),
        ("PKG:npm/x@1", "pkg:npm/x@1"),
        ("pkg:golang/stdlib@1.22", "pkg:golang/stdlib@1.22"),
        ("pkg:npm/100%@1%zz", "pkg:npm/100%25@1%25zz"),
        ("pkg:npm/x@%ff", "pkg:npm/x@%25ff"),
        ("pkg:npm/x?a=1&a=2&b=&c", "pkg:npm/x?a=1"),
        ("pkg:generic/x?download_url=https://h/?a=b", "pkg:generic/x?download_url=https:%2F%2Fh%2F%3Fa%3Db"),
        ("pkg:github/actions/checkout@refs/heads/main", "pkg:github/actions/checkout@refs%2Fheads%2Fmain"),
        ("pkg:npm/x/", "pkg:npm/x"),
        ("pkg:unheard-of/A/B@C", "pkg:unheard-of/A/B@C"),
        ("pkg:generic/é@ü", "pkg:generic/%C3%A9@%C3%BC"),
    ] {
        assert_eq!(canonical(text), meant, "{text}");
        assert_eq!(canonical(meant), meant);
    }
    for text in ["pkg:npm/100%@1", "pkg:npm/x@%ff", "pkg:npm/x?a=1&a=2", "pkg:golang/stdlib@1"] {
        assert!(Purl::parse(text).is_err(), "{text}");
    }
}

#[test]
fn what_has_no_type_or_no_name_is_none() {
    for text in [
        "",
        "pkg:",
        "pkg:npm",
        "pkg:npm/",
        "pkg:npm//@1",
        "pkg:npm/a/@1",
        "pkg:/x",
        "npm/x",
        "pkg:n%70m/x",
        "pkg:npm/@",
        "é",
        "pkgé:",
        "pkg:git/h/%2F",
    ] {
        assert!(Purl::read(text).is_err(), "{text}");
        assert!(Purl::parse(text).is_err(), "{text}");
    }
}

#[test]
fn hostile_text_ends_in_a_purl_that_reads_back_or_in_an_error() {
    let pieces = [
        "pkg:", "npm", "golang", "git", "pub", "/", "//", "@", "?", "&", "=", "#", "%", "%2F", "%00", "%ff", "%C3",
        "é", "İ", "..", "a", "A", " ", ":",
    ];
    let mut state = 1_u64;
    let mut next = |below: usize| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(state >> 33).unwrap() % below
    };
    let mut read = 0;
    for _ in 0..20_000 {
        let text: String = (0..next(14)).map(|_| pieces[next(pieces.len())]).collect();
        let text = if next(2) == 0 { format!("pkg:npm/{text}") } else { text };
        let Ok(purl) = Purl::read(&text) else { continue };
        read += 1;
        assert_eq!(Purl::read(&purl.to_string()).ok().as_ref(), Some(&purl), "{text}");
    }
    let long = format!("pkg:npm/{}", "@a/%41".repeat(200_000));
    assert!(Purl::read(&long).is_ok());
    assert!(read > 3_000, "{read}");
}

/// A slash that is written as a code parts host and path as a bare one does.
#[test]
fn the_path_of_a_git_repository_reads_back_as_itself() {
    for text in ["pkg:git/host%2Frepo", "pkg:git/host/repo", "pkg:git/host%2Fteam/repo", "pkg:git/host/team%2F%2Frepo"]
    {
        let purl = Purl::read(text).unwrap();
        assert_eq!(purl.namespace(), Some("host"), "{text}");
        assert_eq!(Purl::read(&purl.to_string()).unwrap(), purl, "{text}");
    }
    assert_eq!(Purl::read("pkg:git/repo").unwrap().namespace(), None);
    assert!(Purl::read("pkg:git/%2F").is_err());
}

/// The specification's own tests: `parse` is the strict reading, `validate` the lenient one.
#[test]
fn the_suite_of_the_specification() {
    let Some(folder) = crate::document::shared_data("sbom/purl/tests") else {
        return;
    };
    let mut files: Vec<_> =
        ["spec", "types"].iter().flat_map(|name| std::fs::read_dir(folder.join(name)).unwrap()).collect();
    files.sort_by_key(|file| file.as_ref().unwrap().path());
    let (mut counts, mut wrong) = (BTreeMap::<(String, String), usize>::new(), Vec::new());
    for file in files {
        let document: Value = serde_json::from_slice(&std::fs::read(file.unwrap().path()).unwrap()).unwrap();
        for case in document["tests"].as_array().unwrap() {
            let kind = case["test_type"].as_str().unwrap();
            let found = match kind {
                "parse" => Purl::parse(case["input"].as_str().unwrap()).map(|purl| parts(&purl)),
                "validate" => Purl::read(case["input"].as_str().unwrap()).map(|purl| Value::from(purl.to_string())),
                "build" => build(&case["input"]).map(|purl| Value::from(purl.to_string())),
                other => panic!("{other}"),
            };
            let mut expected = case["expected_output"].clone();
            if expected["qualifiers"] == Value::Object(Default::default()) {
                expected["qualifiers"] = Value::Null;
            }
            let refused = case["expected_failure"] == true;
            if found.as_ref().is_ok_and(|found| *found != expected) || found.is_err() != refused {
                wrong.push(format!("{kind} {}: {expected}, and we say {found:?}", case["input"]));
            }
            *counts.entry((kind.to_owned(), case["test_group"].as_str().unwrap().to_owned())).or_default() += 1;
        }
    }
    println!("purl-spec: {} cases, {} wrong: {counts:?}", counts.values().sum::<usize>(), wrong.len());
    assert!(wrong.is_empty(), "{wrong:#?}");
}

fn parts(purl: &Purl) -> Value {
    let qualifiers = (!purl.qualifiers.is_empty()).then_some(&purl.qualifiers);
    serde_json::json!({"type": purl.kind, "namespace": purl.namespace, "name": purl.name, "version": purl.version,
        "qualifiers": qualifiers, "subpath": purl.subpath})
}

fn build(parts: &Value) -> Result<Purl> {
    let text = |part: &str| parts[part].as_str().unwrap_or("").to_owned();
    let mut purl = Purl::builder(text("type"), text("name")).namespace(text("namespace")).version(text("version"));
    for (key, value) in parts["qualifiers"].as_object().into_iter().flatten() {
        purl = purl.qualifier(key, value.as_str().unwrap());
    }
    purl.subpath(text("subpath")).build_strict()
}
