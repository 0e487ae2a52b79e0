use std::time::Instant;

use serde_json::json;

use super::graph::Graph;
use super::ways::Ways;
use super::*;
use crate::sbom::{Family, File, Finding, Hash, Kind, License, LicenseText, Package, Relation, Relationship, Sbom};

/// A package of npm; the id is its name.
fn npm(name: &str, version: &str, license: &str) -> Package<'static> {
    let purl = format!("pkg:npm/{}@{version}", name.replace('@', "%40"));
    let licenses = if license.is_empty() { vec![] } else { vec![License::expression(license.to_owned())] };
    Package {
        id: name.to_owned().into(),
        name: name.to_owned().into(),
        version: Some(version.to_owned().into()),
        purl: Some(purl.into()),
        licenses,
        ..Package::default()
    }
}

fn deb(name: &str, version: &str, arch: &str) -> Package<'static> {
    let purl = format!("pkg:deb/debian/{name}@{version}?arch={arch}&distro=debian-12");
    Package { purl: Some(purl.into()), ..npm(name, version, "GPLv2+") }
}

fn link(from: &str, relation: &str, to: &str) -> Relationship<'static> {
    let relation = match relation {
        "DESCRIBES" => Relation::Describes,
        "CONTAINS" => Relation::Contains,
        "DEPENDS_ON" => Relation::DependsOn,
        other => Relation::Other(other.to_owned().into()),
    };
    Relationship { from: from.to_owned().into(), relation, to: to.to_owned().into(), rest: Default::default() }
}

fn sbom(packages: Vec<Package<'static>>, relationships: &[(&str, &str, &str)]) -> Sbom<'static> {
    let relationships = relationships.iter().map(|(from, relation, to)| link(from, relation, to)).collect();
    Sbom { packages, relationships, ..Sbom::new(Family::Spdx, "2.3") }
}

fn names<'p>(packages: &[&'p Package<'_>]) -> Vec<&'p str> {
    packages.iter().map(|package| package.name.as_str()).collect()
}

fn some() -> Sbom<'static> {
    let packages = vec![
        npm("@angular/core", "17.0.0", "MIT"),
        npm("lodash", "4.17.21", "MIT License"),
        deb("bash", "5.2.15-2", "amd64"),
        Package {
            id: "x".into(),
            name: "tool".into(),
            licenses: vec![License::expression("see file")],
            ..Package::default()
        },
        Package { id: "os".into(), name: "debian".into(), kind: Kind::OperatingSystem, ..Package::default() },
    ];
    sbom(packages, &[])
}

#[test]
fn what_is_in_it_is_counted() {
    let counted = serde_json::to_value(some().count()).unwrap();
    let expected = json!({"packages": 4, "files": 0, "relationships": 0, "findings": 0, "byType": {"deb": 1, "npm": 2},
        "withoutPurl": 1});
    assert_eq!(counted, expected);
}

/// What other languages get.
#[test]
fn an_sbom_is_plain_data() {
    let mut sbom = sbom(vec![npm("a", "1", "MIT")], &[("a", "DEPENDS_ON", "a"), ("a", "GENERATED_FROM", "a")]);
    sbom.packages[0].properties.push(("n".into(), "v".into()));
    sbom.packages[0].hashes.push(Hash { algorithm: "sha256".into(), value: "00".into() });
    sbom.metadata.authors.push("Tool: t".into());
    sbom.findings.push(Finding::new("repeated-id", "packages[0]", "m"));
    let expected = json!({
        "format": "SPDX-2.3", "metadata": {"authors": ["Tool: t"]},
        "packages": [{"id": "a", "kind": "library", "name": "a", "version": "1", "purl": "pkg:npm/a@1",
            "licenses": [{"text": "MIT", "form": "expression", "stage": "unstated"}],
            "hashes": [{"algorithm": "sha256", "value": "00"}], "properties": [{"name": "n", "value": "v"}]}],
        "relationships": [{"from": "a", "relation": "DEPENDS_ON", "to": "a"},
            {"from": "a", "relation": "GENERATED_FROM", "to": "a"}],
        "findings": [{"code": "repeated-id", "position": "packages[0]", "message": "m"}],
    });
    assert_eq!(serde_json::to_value(&sbom).unwrap(), expected);
}

#[test]
fn licences_are_counted_as_stated_and_as_meant() {
    let counted = serde_json::to_value(some().license_histogram()).unwrap();
    let expected = json!({"stated": {"MIT": 1, "MIT License": 1, "GPLv2+": 1, "see file": 1},
        "identifiers": {"MIT": 2, "GPL-2.0-or-later": 1}, "notUnderstood": {"see file": 1}, "without": 0});
    assert_eq!(counted, expected);
}

#[test]
fn packages_are_found() {
    let sbom = some();
    for (found, expected) in [
        (sbom.named("LODASH"), &["lodash"][..]),
        (sbom.named("core"), &["@angular/core"]),
        (sbom.named("*o*"), &["@angular/core", "lodash", "tool"]),
        (sbom.of_type("npm"), &["@angular/core", "lodash"]),
        (sbom.with_purl("pkg:npm/@angular/core"), &["@angular/core"]),
        (sbom.with_purl("pkg:npm/%40angular/core@17.0.0"), &["@angular/core"]),
        (sbom.with_purl("pkg:npm/%40angular/core@16.0.0"), &[]),
        (sbom.with_purl("pkg:deb/debian/bash?arch=amd64"), &["bash"]),
        (sbom.with_purl("pkg:deb/debian/bash?arch=arm64"), &[]),
        (sbom.with_purl("pkg:deb/*"), &["bash"]),
        (sbom.with_license("GPL-*"), &["bash"]),
        (sbom.with_license("mit"), &["@angular/core", "lodash"]),
        (sbom.with_license("*file"), &["tool"]),
    ] {
        let found: Vec<_> = found.iter().filter(|p| p.kind.is_package()).copied().collect();
        assert_eq!(names(&found), expected);
    }
    let gpl = ["GPL-3.0", "GPL-3.0-only", "GPL-3.0+", "LGPL-3.0"];
    let gpl = self::sbom(gpl.map(|license| npm(&license.to_lowercase(), "1", license)).to_vec(), &[]);
    for (license, expected) in [
        ("GPL-3.0", &["gpl-3.0", "gpl-3.0-only", "gpl-3.0+"][..]),
        ("GPL-3.0-only", &["gpl-3.0", "gpl-3.0-only"]),
        ("GPL-3.0+", &["gpl-3.0+"]),
        ("GPLv3", &["gpl-3.0", "gpl-3.0-only"]),
        ("GPL-3.0-or-later", &["gpl-3.0+"]),
        ("GPL-3.0*", &["gpl-3.0", "gpl-3.0-only", "gpl-3.0+"]),
    ] {
        assert_eq!(names(&gpl.with_license(license)), expected, "{license}");
    }
    let query: Query = serde_json::from_value(json!({"type": "npm", "license": "MIT*", "name": "l*"})).unwrap();
    let found = serde_json::to_value(Listed::all(sbom.find(&query))).unwrap();
    let lodash = json!([{"id": "lodash", "name": "lodash", "version": "4.17.21", "purl": "pkg:npm/lodash@4.17.21",
        "licenses": ["MIT License"]}]);
    assert_eq!(found, lodash);
}

fn chain() -> Sbom<'static> {
    let packages = ["app", "web", "log", "fmt", "lone"].map(|name| npm(name, "1", "MIT")).to_vec();
    sbom(
        packages,
        &[
            ("SPDXRef-DOCUMENT", "DESCRIBES", "app"),
            ("app", "CONTAINS", "web"),
            ("app", "CONTAINS", "log"),
            ("app", "CONTAINS", "fmt"),
            ("lone", "CONTAINED_BY", "app"),
            ("app", "DEPENDS_ON", "web"),
            ("log", "DEPENDENCY_OF", "web"),
            ("log", "DEPENDS_ON", "fmt"),
            ("fmt", "dependency-of", "web"),
            ("fmt", "DEPENDS_ON", "log"),
            ("fmt", "DEPENDS_ON", "NOASSERTION"),
        ],
    )
}

fn ways(paths: &Paths) -> Vec<String> {
    let step = |step: &Step| {
        format!("{}{}", step.link.map_or("", |link| if link == Link::Contains { ">" } else { "-" }), step.name)
    };
    paths.paths.iter().map(|path| path.iter().map(step).collect()).collect()
}

#[test]
fn why_a_package_is_there() {
    let sbom = chain();
    for (what, expected) in [
        ("fmt", &["app-web-fmt", "app-web-log-fmt"][..]),
        ("pkg:npm/log", &["app-web-log", "app-web-fmt-log"]),
        ("web", &["app-web"]),
        ("lone", &["app>lone"]),
        ("app", &["app"]),
        ("ghost", &[]),
    ] {
        let paths = sbom.paths(what, 10);
        assert_eq!(ways(&paths), expected, "{what}");
        assert_eq!((paths.found, paths.more), (usize::from(what != "ghost"), false));
    }
    let one = sbom.paths("fmt", 1);
    assert_eq!((ways(&one), one.more), (vec!["app-web-fmt".to_owned()], true));
    let json = serde_json::to_value(&one.paths[0][1]).unwrap();
    assert_eq!(json, json!({"id": "web", "name": "web", "version": "1", "link": "depends-on"}));
}

/// A document about `root` with these edges, all of them dependencies.
fn needing(edges: &[(&str, &str)]) -> Sbom<'static> {
    let mut names: Vec<&str> = edges.iter().flat_map(|(from, to)| [*from, *to]).collect();
    names.sort_unstable();
    names.dedup();
    let edges: Vec<_> = edges.iter().map(|(from, to)| (*from, "DEPENDS_ON", *to)).collect();
    let mut sbom = sbom(names.iter().map(|name| npm(name, "1", "")).collect(), &edges);
    sbom.metadata.subject = Some("root".into());
    sbom
}

#[test]
fn every_way_is_told_the_shortest_first() {
    let sbom = needing(&[
        ("root", "express"),
        ("root", "koa"),
        ("express", "body"),
        ("koa", "body"),
        ("body", "qs"),
        ("koa", "qs"),
    ]);
    let all = ["root-koa-qs", "root-express-body-qs", "root-koa-body-qs"];
    for most in 0..5 {
        let told = sbom.paths("qs", most);
        assert_eq!(
            (ways(&told), told.more),
            (all[..most.min(3)].iter().map(|way| (*way).to_owned()).collect(), most < 3)
        );
    }
    // What is contained in several is there for each of them.
    let packages = ["a", "b", "c"].map(|name| npm(name, "1", "")).to_vec();
    let sbom = self::sbom(packages, &[("a", "CONTAINS", "c"), ("b", "CONTAINS", "c")]);
    assert_eq!(ways(&sbom.paths("c", 5)), ["a>c", "b>c"]);
}

#[test]
fn of_several_packages_of_a_name_the_shortest_ways_are_told() {
    let mut sbom = needing(&[("root", "a"), ("a", "old"), ("root", "b"), ("b", "old"), ("root", "new")]);
    for package in sbom.packages.iter_mut().filter(|package| ["old", "new"].contains(&&*package.id)) {
        package.name = "qs".into();
    }
    let told = sbom.paths("qs", 2);
    assert_eq!((told.found, ways(&told), told.more), (2, vec!["root-qs".to_owned(), "root-a-qs".to_owned()], true));
}

/// More ways than there is time to count, and cycles in which the shortest way back passes where it has been.
#[test]
fn diamonds_and_cycles_end() {
    const DEEP: usize = 40;
    let name = |side: &str, at: usize| format!("{side}{at}");
    let mut edges = vec![("root".to_owned(), name("a", 0)), ("root".to_owned(), name("b", 0))];
    for at in 1..DEEP {
        for (from, to) in [("a", "a"), ("a", "b"), ("b", "a"), ("b", "b")] {
            edges.push((name(from, at - 1), name(to, at)));
            edges.push((name(to, at), name(from, at - 1)));
        }
    }
    let last = name("a", DEEP - 1);
    edges.push((last.clone(), "target".to_owned()));
    let edges: Vec<_> = edges.iter().map(|(from, to)| (from.as_str(), to.as_str())).collect();
    let sbom = needing(&edges);
    let start = Instant::now();
    for (most, what) in [(1, &*last), (10, "target"), (1000, "target")] {
        let told = sbom.paths(what, most);
        assert_eq!((told.paths.len(), told.more), (most, true));
        let mut sorted = told.paths.clone();
        sorted.sort();
        sorted.dedup();
        assert_eq!(sorted.len(), most, "no way is told twice");
        assert!(told.paths.is_sorted_by_key(Vec::len));
        for path in &told.paths {
            let mut passed: Vec<&str> = path.iter().map(|step| step.id.as_str()).collect();
            assert_eq!((passed.first(), passed.last()), (Some(&"root"), Some(&what)));
            passed.sort_unstable();
            passed.dedup();
            assert_eq!(passed.len(), path.len(), "no way passes a package twice");
        }
    }
    assert!(start.elapsed().as_secs() < 20, "{:?}", start.elapsed());
}

/// The shortest way to `c` leads over `b`, which the way at hand has passed: there is a longer one.
#[test]
fn a_way_round_what_was_passed_is_found() {
    let edges = [("root", "b"), ("b", "target"), ("c", "b"), ("b", "c"), ("root", "x"), ("x", "y"), ("y", "c")];
    let told = needing(&edges).paths("target", 5);
    assert_eq!((ways(&told), told.more), (vec!["root-b-target".to_owned(), "root-x-y-c-b-target".to_owned()], false));
    // Without that one, `c` is no way at all.
    let told = needing(&edges[..4]).paths("target", 5);
    assert_eq!((ways(&told), told.more), (vec!["root-b-target".to_owned()], false));
}

#[test]
fn what_would_take_too_long_is_given_up() {
    let sbom = needing(&[("root", "a"), ("root", "b"), ("a", "c"), ("b", "c")]);
    let graph = Graph::new(&sbom);
    let target = sbom.packages.iter().position(|package| package.id == "c").unwrap();
    for (work, told) in [(1, 1), (100, 2)] {
        let mut work = work;
        assert_eq!(Ways::to(&graph, target).shortest(10, &mut work).len(), told);
        assert_eq!(work == 0, told == 1);
    }
}

#[test]
fn a_cycle_that_nothing_leads_to_has_no_reason() {
    let packages = ["a", "b", "c"].map(|name| npm(name, "1", "")).to_vec();
    let sbom = sbom(packages, &[("a", "DEPENDS_ON", "b"), ("b", "DEPENDS_ON", "a"), ("c", "DEPENDS_ON", "c")]);
    assert_eq!(ways(&sbom.paths("a", 5)), [""; 0]);
    assert_eq!(names(&sbom.depends_on("a", Depth::Transitive)), ["b"]);
}

#[test]
fn what_needs_what() {
    let sbom = chain();
    assert_eq!(names(&sbom.depends_on("app", Depth::Direct)), ["web"]);
    assert_eq!(names(&sbom.depends_on("app", Depth::Transitive)), ["web", "log", "fmt"]);
    assert_eq!(names(&sbom.dependents_of("log", Depth::Direct)), ["web", "fmt"]);
    assert_eq!(names(&sbom.dependents_of("log", Depth::Transitive)), ["web", "fmt", "app"]);
}

#[test]
fn every_direction_that_spdx_has_a_word_for() {
    for (word, forward) in [
        ("DEPENDENCY_OF", false),
        ("BUILD_DEPENDENCY_OF", false),
        ("TEST_DEPENDENCY_OF", false),
        ("PREREQUISITE_FOR", false),
        ("HAS_PREREQUISITE", true),
        ("DYNAMIC_LINK", true),
        ("hasStaticLink", true),
        ("hasOptionalDependency", true),
        ("dependsOn", true),
    ] {
        let sbom = sbom(vec![npm("a", "1", ""), npm("b", "1", "")], &[("a", word, "b")]);
        let (from, to) = if forward { ("a", "b") } else { ("b", "a") };
        assert_eq!(names(&sbom.depends_on(from, Depth::Direct)), [to], "{word}");
        assert!(sbom.depends_on(to, Depth::Direct).is_empty());
    }
    for (word, from, to) in [("CONTAINED_BY", "b", "a"), ("PACKAGE_OF", "b", "a"), ("contains", "a", "b")] {
        let sbom = sbom(vec![npm("a", "1", ""), npm("b", "1", "")], &[("a", word, "b")]);
        assert_eq!(ways(&sbom.paths(to, 1)), [format!("{from}>{to}")], "{word}");
    }
}

#[test]
fn what_changed() {
    let before = sbom(
        vec![
            npm("same", "1", "MIT"),
            npm("old", "1", ""),
            npm("up", "1", "MIT"),
            npm("cookie", "0.4.0", ""),
            npm("cookie", "0.4.1", ""),
            deb("libc6", "1", "amd64"),
            deb("libc6", "1", "i386"),
            npm("same", "1", "MIT"),
            Package { name: "bare".into(), version: Some("1".into()), ..Package::default() },
        ],
        &[],
    );
    let after = sbom(
        vec![
            npm("same", "1", "The MIT License"),
            npm("new", "1", ""),
            npm("up", "2", "GPL-3.0-only"),
            npm("cookie", "0.4.1", ""),
            npm("cookie", "0.5.0", ""),
            deb("libc6", "2", "i386"),
            deb("libc6", "2", "amd64"),
            Package { name: "bare".into(), version: Some("2".into()), ..Package::default() },
        ],
        &[],
    );
    let diff_ = diff(&before, &after);
    let version = |name: &str, purl: Option<&str>, before: &str, after: &str| VersionChange {
        name: name.into(),
        purl: purl.map(str::to_owned),
        before: Some(before.into()),
        after: Some(after.into()),
    };
    let libc6 = version("libc6", Some("pkg:deb/debian/libc6"), "1", "2");
    assert_eq!(
        diff_.versions,
        [
            version("bare", None, "1", "2"),
            version("cookie", Some("pkg:npm/cookie"), "0.4.0", "0.5.0"),
            libc6.clone(),
            libc6,
            version("up", Some("pkg:npm/up"), "1", "2")
        ]
    );
    let listed = |list: &[Listed]| list.iter().map(|p| p.name.clone()).collect::<Vec<_>>();
    assert_eq!((listed(&diff_.added), listed(&diff_.removed)), (vec!["new".to_owned()], vec!["old".to_owned()]));
    assert_eq!(diff_.unchanged, 2);
    let license =
        json!([{"name": "up", "version": "2", "purl": "pkg:npm/up@2", "before": ["MIT"], "after": ["GPL-3.0-only"]}]);
    assert_eq!(serde_json::to_value(&diff_.licenses).unwrap(), license);
    assert!(diff(&before, &before).is_empty() && !diff_.is_empty());
}

/// Report 25: of one component that two documents call differently there is one, and references follow.
#[test]
fn the_same_package_is_merged_and_references_follow() {
    let mut a = sbom(vec![npm("app", "1", ""), npm("lib", "1", "MIT")], &[("app", "DEPENDS_ON", "lib")]);
    a.metadata.name = Some("first".into());
    a.metadata.subject = Some("app".into());
    let mut b = sbom(vec![npm("lib", "1", "Zlib"), npm("other", "1", "")], &[("app", "DEPENDS_ON", "other")]);
    b.packages[0].id = "app".into();
    b.packages[0].supplier = Some("Organization: Acme".into());
    let merged = merge(&[a, b]);
    let ids: Vec<_> = merged.packages.iter().map(|p| p.id.as_str()).collect();
    assert_eq!(ids, ["app", "lib", "other"]);
    let lib = &merged.packages[1];
    assert_eq!(lib.licenses.iter().map(|l| l.text.as_str()).collect::<Vec<_>>(), ["MIT", "Zlib"]);
    assert_eq!(lib.supplier.as_deref(), Some("Organization: Acme"));
    let from: Vec<_> = lib.properties.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    assert_eq!(from, [("cache:merged-from", "first#lib"), ("cache:merged-from", "document 2#app")]);
    assert_eq!(merged.relationships, [link("app", "DEPENDS_ON", "lib"), link("lib", "DEPENDS_ON", "other")]);
    assert_eq!(merged.metadata.subject.as_deref(), Some("app"));
    assert_eq!(merged.format.to_string(), "SPDX-2.3");
}

#[test]
fn ids_are_made_unique() {
    let a = sbom(vec![npm("x", "1", ""), npm("x-2", "1", "")], &[]);
    let b = sbom(vec![npm("x", "2", "")], &[("x", "DEPENDS_ON", "x"), ("SPDXRef-DOCUMENT", "DESCRIBES", "x")]);
    let merged = merge(&[a, b]);
    assert_eq!(merged.packages.iter().map(|p| p.id.as_str()).collect::<Vec<_>>(), ["x", "x-2", "x-3"]);
    assert_eq!(merged.relationships, [link("SPDXRef-DOCUMENT", "DESCRIBES", "x-3")]);
}

/// Report 27: a reference listed several times is listed once, sorted.
#[test]
fn relationships_are_folded_and_sorted() {
    let packages = || ["a", "b", "c"].map(|name| npm(name, "1", "")).to_vec();
    let a = sbom(packages(), &[("a", "DEPENDS_ON", "c"), ("a", "DEPENDS_ON", "b")]);
    let b = sbom(packages(), &[("a", "DEPENDS_ON", "b"), ("a", "DEPENDS_ON", "c")]);
    let expected = [link("a", "DEPENDS_ON", "b"), link("a", "DEPENDS_ON", "c")];
    assert_eq!(merge(&[a, b]).relationships, expected);
}

/// Report 29: a reference to nothing is told, and not written on.
#[test]
fn dangling_references_are_findings() {
    let mut a = sbom(
        vec![npm("a", "1", "")],
        &[
            ("a", "DEPENDS_ON", "ghost"),
            ("a", "DEPENDS_ON", "DocumentRef-x:SPDXRef-y"),
            ("a", "GENERATED_FROM", "NOASSERTION"),
        ],
    );
    a.metadata.subject = Some("nobody".into());
    a.findings.push(Finding::new("missing-name", "packages[1]", "x"));
    let merged = merge(&[a]);
    assert_eq!(merged.relationships.len(), 2);
    let found: Vec<_> = merged.findings.iter().map(|f| (&*f.code, f.position.as_str())).collect();
    let expected = [
        ("dangling-reference", "document 1: relationships[0]"),
        ("dangling-reference", "document 1: metadata.subject"),
        ("missing-name", "document 1: packages[1]"),
    ];
    assert_eq!(found, expected);
}

#[test]
fn other_digests_are_other_packages() {
    let with = |value: &str| {
        let hash = Hash { algorithm: "sha256".into(), value: value.to_owned().into() };
        sbom(vec![Package { hashes: vec![hash], ..npm("a", "1", "") }], &[])
    };
    let merged = merge(&[with("aa"), with("bb"), with("AA"), sbom(vec![npm("a", "1", "")], &[])]);
    assert_eq!(merged.packages.len(), 2);
    let many: Vec<_> = (0..100).map(|at| with(&format!("{}", at % 40))).collect();
    assert_eq!(merge(&many).packages.len(), 40);
    assert_eq!(merged.findings.iter().map(|f| &*f.code).collect::<Vec<_>>(), ["other-digests"]);
}

#[test]
fn licence_references_of_one_name_and_other_texts_are_told_apart() {
    let with = |text: &str| {
        let mut sbom = sbom(vec![npm(text, "1", "MIT AND (LicenseRef-1 OR Zlib)")], &[]);
        let text = text.to_owned().into();
        sbom.license_texts.push(LicenseText { id: "LicenseRef-1".into(), text, name: None, rest: Default::default() });
        sbom
    };
    let merged = merge(&[with("one"), with("two"), with("one"), with("two")]);
    assert_eq!(
        merged.license_texts.iter().map(|l| l.id.as_str()).collect::<Vec<_>>(),
        ["LicenseRef-1", "LicenseRef-1-2"]
    );
    let texts: Vec<_> =
        merged.packages.iter().map(|p| p.licenses.iter().map(|l| l.text.as_str()).collect::<Vec<_>>()).collect();
    assert_eq!(texts, [["MIT AND (LicenseRef-1 OR Zlib)"], ["MIT AND (LicenseRef-1-2 OR Zlib)"]]);
}

#[test]
fn several_subjects_are_described_by_the_merged_document() {
    let with = |name: &str| {
        let mut sbom = sbom(vec![npm(name, "1", "")], &[]);
        sbom.metadata.subject = Some(name.to_owned().into());
        sbom.metadata.created = Some(format!("2024-0{}-01T00:00:00Z", name.len()).into());
        sbom.metadata.authors = vec!["Organization: Acme".into()];
        sbom.files.push(File { id: "f".into(), path: "usr/bin/x".into(), ..File::default() });
        sbom
    };
    let mut other = with("aa");
    other.format.version = "2.2".into();
    let merged = merge(&[with("a"), other]);
    assert_eq!((merged.metadata.subject, merged.format.family), (None, Family::Cache));
    let described = ["a", "aa"].map(|name| link("SPDXRef-DOCUMENT", "DESCRIBES", name));
    assert_eq!((merged.relationships, merged.files.len()), (described.to_vec(), 1));
    assert_eq!(merged.metadata.created.as_deref(), Some("2024-02-01T00:00:00Z"));
    assert_eq!(merged.metadata.authors, ["Organization: Acme"]);
    assert_eq!(merge(&Vec::<Sbom<'_>>::new()).packages, []);
}

#[test]
fn the_minimum_elements() {
    let mut sbom = sbom(vec![npm("a", "1", ""), npm("b", "1", "")], &[("a", "DEPENDS_ON", "b")]);
    for package in &mut sbom.packages {
        package.supplier = Some("Organization: Acme".into());
    }
    sbom.metadata.authors.push("Person: A".into());
    sbom.metadata.created = Some("2025-03-09T20:08:13.303411000Z".into());
    let score = sbom.score();
    assert_eq!((score.complete, score.percent, score.elements.len()), (true, 100, 7));
    sbom.packages[1].supplier = Some("NOASSERTION".into());
    sbom.packages[1].version = None;
    sbom.packages[1].purl = None;
    sbom.metadata.created = Some("yesterday".into());
    sbom.relationships.clear();
    let score = sbom.score();
    assert_eq!((score.complete, score.percent), (false, 50));
    let supplier = json!({"element": "supplier", "have": 1, "of": 2, "lacking": [{"id": "b", "name": "b"}]});
    assert_eq!(serde_json::to_value(&score.elements[0]).unwrap(), supplier);
    let lacks: Vec<_> = score.elements.iter().filter(|e| e.have < e.of).map(|e| e.element).collect();
    use Element::{Relationship, Supplier, Timestamp, UniqueIdentifier, Version};
    assert_eq!(lacks, [Supplier, Version, UniqueIdentifier, Relationship, Timestamp]);
    let nothing = Sbom::new(Family::Cache, "1").score();
    assert!(!nothing.complete && nothing.percent == 0);
}

/// Every question is linear: many packages, those that are hard and those that are not, in a bound that a quadratic answer
/// misses by far.
#[test]
fn many_packages_are_quick() {
    // Without optimisation a tenth shows as much.
    const MANY: usize = if cfg!(debug_assertions) { 10_000 } else { 100_000 };
    let name = |at: usize| format!("p{at}");
    let mut large = sbom((0..MANY).map(|at| npm(&name(at), "1.0.0", "MIT OR GPL-3.0-only")).collect(), &[]);
    for at in 1..MANY {
        large.relationships.push(link(&name(at / 3), "DEPENDS_ON", &name(at)));
        large.relationships.push(link(&name(at), "DEPENDENCY_OF", &name(at - 1)));
    }
    large.metadata.subject = Some("p0".into());
    // One purl many times, one id many times, many versions of one name, all licences of one name.
    let mut alike = sbom((0..MANY).map(|_| npm("same", "1", "MIT")).collect(), &[]);
    let mut versions = sbom((0..MANY).map(|at| npm("same", &at.to_string(), "")).collect(), &[]);
    for (at, package) in versions.packages.iter_mut().enumerate() {
        package.id = "id".into();
        alike.packages[at].properties.push((name(at).into(), "x".into()));
        alike.packages[at].hashes.push(Hash { algorithm: "sha256".into(), value: format!("{}", at % 40).into() });
    }
    let newer = sbom((0..MANY).map(|at| npm("same", &format!("{at}.1"), "")).collect(), &[]);
    let timed = |what: &str, run: &dyn Fn() -> usize| {
        let start = Instant::now();
        let answer = run();
        println!("{what}: {answer} in {:?}", start.elapsed());
        assert!(start.elapsed().as_secs() < 20, "{what}");
    };
    timed("count", &|| large.count().packages);
    timed("histogram", &|| large.license_histogram().identifiers.len());
    timed("find by purl", &|| large.with_purl("pkg:npm/p7777").len());
    timed("find by licence", &|| large.with_license("GPL-*").len());
    timed("paths", &|| large.paths(&name(MANY - 1), 10).paths.len());
    timed("depends on", &|| large.depends_on("p0", Depth::Transitive).len());
    timed("score", &|| usize::from(large.score().percent));
    timed("diff", &|| diff(&large, &alike).removed.len());
    timed("diff of versions", &|| diff(&versions, &newer).versions.len());
    timed("merge", &|| merge(&[large.clone(), large.clone()]).packages.len());
    timed("merge of one many times", &|| merge(std::slice::from_ref(&alike)).packages.len());
    timed("merge of ids", &|| merge(&[versions.clone(), newer.clone()]).packages.len());
}
