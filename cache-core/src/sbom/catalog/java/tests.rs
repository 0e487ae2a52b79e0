//! Archives made here.

use super::{Archives, MAX_DEPTH};
use crate::sbom::catalog::Cataloger;
use crate::sbom::catalog::testing::{found, hostile, info, placed, read, shared};
pub(super) use crate::zip::testing::zip;
use crate::zip::{Budget, Zip};

const MANIFEST: &str = "META-INF/MANIFEST.MF";

fn properties(group: &str, artifact: &str, version: &str) -> (String, Vec<u8>) {
    let text = format!("#Created by Maven\nversion={version}\ngroupId={group}\nartifactId={artifact}\n");
    (format!("META-INF/maven/{group}/{artifact}/pom.properties"), text.into_bytes())
}

fn pom(group: &str, artifact: &str, rest: &str) -> (String, Vec<u8>) {
    let text = format!("<project><groupId>{group}</groupId><artifactId>{artifact}</artifactId>{rest}</project>");
    (format!("META-INF/maven/{group}/{artifact}/pom.xml"), text.into_bytes())
}

fn jar(entries: &[(String, Vec<u8>)]) -> Vec<u8> {
    let entries: Vec<(&str, &[u8])> = entries.iter().map(|(name, bytes)| (name.as_str(), bytes.as_slice())).collect();
    zip(&entries, true)
}

fn manifest(text: &str) -> (String, Vec<u8>) {
    (MANIFEST.to_owned(), text.as_bytes().to_vec())
}

#[test]
fn an_archive_is_what_describes_it_best() {
    let plain = || manifest("Manifest-Version: 1.0\n");
    type Case<'a> = (&'a str, Vec<(String, Vec<u8>)>, &'a [&'a str]);
    let cases: Vec<Case<'_>> = vec![
        ("lib-1.0.jar", vec![plain(), properties("org.a", "lib", "1.0.1")], &["org.a/lib@1.0.1"]),
        ("lib-1.0.jar", vec![properties("org.a", "lib", "1.0.1")], &["org.a/lib@1.0.1"]),
        ("lib-1.0.jar", vec![plain(), pom("org.a", "lib", "<version>2</version>")], &["org.a/lib@2"]),
        (
            "lib.jar",
            vec![pom("org.a", "lib", "<version>${v}</version><properties><v>1.35</v></properties>")],
            &["org.a/lib@1.35"],
        ),
        ("lib-3.jar", vec![plain(), pom("org.a", "lib", "<version>${unknown}</version>")], &["org.a/lib@3"]),
        ("lib-1.0.jar", vec![plain()], &["lib/lib@1.0"]),
        ("lib.jar", vec![manifest("Implementation-Version: 7\nGroup-Id: org.b\n")], &["org.b/lib@7"]),
        ("a.b.jar", vec![plain()], &["b/b@"]),
        ("artemis-like-1.2.3.jar", vec![("A.class".into(), vec![0])], &["artemis-like/artemis-like@1.2.3"]),
        ("nothing.jar", vec![("A.class".into(), vec![0])], &[]),
        // Named by neither.
        ("x-2.10.13.jar", vec![plain(), properties("", "", "2.10.13")], &["x/x@2.10.13"]),
        ("x-2.jar", vec![plain(), properties("org.a", "${artifact}", "1")], &["x/x@2"]),
        (
            "derby-1.jar",
            vec![manifest("Bundle-Activator: org.apache.derby.osgi.EmbeddedActivator\nBundle-SymbolicName: derby\n")],
            &["derby/derby@1"],
        ),
        (
            "agent-1.jar",
            vec![manifest("Weave-Classes: a\nImplementation-Title: org.tomcat\n"), properties("a.b", "c", "1")],
            &[],
        ),
        (
            "renamed.jar",
            vec![
                manifest(
                    "Created-By: Apache Maven Bundle Plugin\nBundle-SymbolicName: org.a.core\nBundle-Version: 9\n",
                ),
                properties("org.a", "core", "9.1"),
            ],
            &["org.a/core@9.1"],
        ),
        (
            "app-1.jar",
            vec![
                plain(),
                properties("org.a", "app", "1"),
                properties("org.b", "b", "2"),
                properties("com.b", "b", "3"),
            ],
            &["org.a/app@1", "com.b/b@3", "org.b/b@2"],
        ),
        ("all.jar", vec![properties("org.b", "b", "2")], &["org.b/b@2"]),
    ];
    for (name, entries, expected) in &cases {
        let facts = read(&Archives, &format!("opt/{name}"), &jar(entries));
        assert_eq!(placed(&facts), *expected, "{name}");
        assert!(found(&facts).iter().all(|found| !found.name.is_empty()));
    }
    eprintln!("{} archives", cases.len());
}

#[test]
fn an_archive_has_a_digest_and_licences() {
    let licensed = pom("org.a", "lib", "<version>1</version><licenses><license><name>MIT</name></license></licenses>");
    let bytes = jar(&[
        manifest("Manifest-Version: 1\n"),
        properties("org.a", "lib", "1"),
        licensed,
        properties("org.b", "b", "2"),
    ]);
    let facts = read(&Archives, "lib-1.jar", &bytes);
    let [main, shaded] = found(&facts)[..] else { panic!("two packages") };
    assert_eq!((main.licenses.join(""), main.hashes.len(), main.needs.join("")), ("MIT".into(), 1, "org.b/b".into()));
    assert!(main.hashes[0].starts_with("sha1:") && main.hashes[0].len() == 45);
    assert!(shaded.hashes.is_empty() && shaded.properties.contains_key("shaded"));
    let facts =
        read(&Archives, "lib-1.jar", &jar(&[manifest("Bundle-License: Apache-2.0\n"), pom("org.a", "lib", "")]));
    assert_eq!(found(&facts)[0].licenses, ["Apache-2.0"]);
}

#[test]
fn archives_in_archives_are_read_where_they_lie() {
    let inner = jar(&[properties("org.a", "inner", "1")]);
    for pack in [false, true] {
        let middle = zip(&[("lib/inner-1.jar", &inner), ("lib/readme.txt", b"x")], pack);
        let main = properties("org.a", "outer", "3");
        let outer =
            zip(&[(&main.0, &main.1), ("WEB-INF/lib/middle-2.war", &middle), ("WEB-INF/lib/bad.jar", b"PK no")], pack);
        let expected = [
            "org.a/outer@3",
            "WEB-INF/lib/middle-2.war:lib/inner-1.jar > org.a/inner@1",
            "unreadable: WEB-INF/lib/bad.jar: it has no central directory",
        ];
        let mut lines = placed(&read(&Archives, "srv/outer-3.ear", &outer));
        // The archive in the middle is named by its file name.
        assert_eq!(lines.remove(1), "WEB-INF/lib/middle-2.war > middle/middle@2");
        assert_eq!(lines, expected);
        // Something before it, as the script that starts it, and something behind.
        let script = [b"#!/bin/sh\nexec java -jar $0\n", &outer[..]].concat();
        assert_eq!(read(&Archives, "outer-3.ear", &script).len(), 4);
        assert_eq!(read(&Archives, "outer-3.ear", &[&outer[..], b"signature"].concat()).len(), 4);
    }
}

#[test]
fn nesting_ends_at_a_depth() {
    let mut bytes = jar(&[properties("org.a", "deepest", "1")]);
    for _ in 0..2 * MAX_DEPTH {
        bytes = zip(&[("a-1.jar", &bytes)], true);
    }
    let lines = placed(&read(&Archives, "a-1.jar", &bytes));
    assert_eq!(lines.len(), MAX_DEPTH + 2);
    assert!(lines.iter().any(|line| line.contains("nest too deep")));
}

#[test]
fn what_the_directory_does_not_name_is_not_there() {
    let hidden = properties("org.evil", "hidden", "1");
    let shown = properties("org.a", "lib", "1");
    let mut bytes = zip(&[(&hidden.0, &hidden.1)], false);
    let directory = memchr::memmem::find(&bytes, b"PK\x01\x02").unwrap();
    bytes.truncate(directory);
    bytes.extend(zip(&[(&shown.0, &shown.1)], false));
    assert_eq!(placed(&read(&Archives, "lib-1.jar", &bytes)), ["org.a/lib@1"]);
}

#[test]
fn bombs_stop() {
    let zeros = vec![0; 260 << 20];
    let inner = zip(&[("x.jar", &zeros[..32 << 20])], true);
    let cases: [(Vec<u8>, &str); 3] = [
        (zip(&[("huge.jar", &zeros)], true), "it is too large"),
        (inner, "it would inflate to more than 100 times its size"),
        (zip(&[(MANIFEST, &zeros[..5 << 20])], true), "it is too large"),
    ];
    for (bytes, reason) in cases {
        let lines = placed(&read(&Archives, "a.jar", &bytes));
        assert!(lines.iter().any(|line| line.starts_with("unreadable") && line.ends_with(reason)), "{lines:?}");
    }
    // One part, named by a thousand entries of the directory.
    let text: Vec<u8> = (0..60_000u32).flat_map(|i| i.wrapping_mul(2_654_435_761).to_le_bytes()).collect();
    let bytes = zip(&[("a.txt", &text)], true);
    let archive = Zip::open(&bytes).unwrap();
    let mut budget = Budget(1_000_000);
    let read: Vec<bool> =
        (0..1000).map(|_| archive.content(&archive.entries[0], 1 << 20, &mut budget).is_ok()).collect();
    assert_eq!(read.iter().filter(|read| **read).count(), 4, "240,000 bytes fit four times");
}

#[test]
fn other_files_are_left_alone() {
    for path in ["a.zip", "a.jar.txt", "jar", "a.class"] {
        assert!(!Archives.wants(&info(path, b"PK")), "{path}");
    }
    assert!(read(&Archives, "a.rar", b"Rar!\x1a\x07\x00").is_empty());
    assert!(read(&Archives, "a.jar", b"").is_empty());
    assert_eq!(placed(&read(&Archives, "a.jar", b"PK\x03\x04")), ["unreadable: it has no central directory"]);
}

/// The folders of the shared data hold the descriptions that archives of these names have.
#[test]
fn descriptions_of_real_archives() {
    let cases = [
        ("api-all-2.0.0-sources", "org.apache.directory.api/api-all@2.0.0"),
        ("com.fasterxml.jackson.core.jackson-core-2.15.2", "com.fasterxml.jackson.core/jackson-core@2.15.2"),
        ("jackson-core-2.15.2", "com.fasterxml.jackson.core/jackson-core@2.15.2"),
        ("commons-lang3-3.12.0", "org.apache.commons/commons-lang3@3.12.0"),
        ("micronaut-aop-4.9.11", "io.micronaut/micronaut-aop@4.9.11"),
        ("opensaml-core-3.4.6", "org.opensaml/opensaml-core@3.4.6"),
    ];
    let mut count = 0;
    for (name, expected) in cases {
        let base = format!("syft/cataloger/java/testdata/jar-metadata/{name}");
        let Some(root) = crate::document::shared_data(&format!("sbom/{base}")) else { continue };
        let mut entries = Vec::new();
        let mut folders = vec![root.clone()];
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
                if entry.is_dir() {
                    folders.push(entry);
                } else {
                    let inner = entry.strip_prefix(&root).unwrap().to_str().unwrap().to_owned();
                    entries.push((inner.clone(), shared(&format!("{base}/{inner}")).unwrap()));
                }
            }
        }
        let lines = placed(&read(&Archives, &format!("{name}.jar"), &jar(&entries)));
        assert_eq!(lines[0], expected, "{lines:?}");
        count += 1;
    }
    eprintln!("{count} archives");
}

#[test]
fn hostile_archives() {
    let inner = jar(&[
        manifest("Bundle-License: MIT\n"),
        properties("org.a", "inner", "1"),
        pom("org.a", "inner", "<version>1</version>"),
    ]);
    let main = properties("org.a", "outer", "3");
    for pack in [false, true] {
        hostile(
            &Archives,
            "outer-3.jar",
            &zip(&[(&main.0, &main.1), ("lib/inner-1.jar", &inner), (MANIFEST, b"A: b\n c\n\nB: c\n")], pack),
        );
    }
}
