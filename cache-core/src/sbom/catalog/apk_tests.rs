use super::*;
use crate::sbom::catalog::testing;

const PATH: &str = "lib/apk/db/installed";

fn facts(text: &str) -> Vec<Fact> {
    testing::read(&Apk, PATH, text.as_bytes())
}

#[test]
fn both_places_are_wanted() {
    for path in [PATH, "usr/lib/apk/db/installed", "srv/r/lib/apk/db/installed"] {
        assert!(testing::wants(&Apk, path), "{path}");
    }
    for path in ["lib/apk/db/triggers", "mylib/apk/db/installed", "lib/apk/db/installed.new"] {
        assert!(!testing::wants(&Apk, path), "{path}");
    }
}

#[test]
fn everything_that_a_paragraph_says_is_kept() {
    let facts = facts(
        "C:Q1v4QhLje3kWlC8DJj+ZfJTjlJRSU=\nP:busybox-binsh\nV:1.36.1-r15\nA:x86_64\nS:1543\nT:busybox ash\n\
         U:https://busybox.example/\nL:GPL-2.0-only\no:busybox\nm:Some Body <some@body.example>\nt:1699383189\n\
         D:busybox=1.36.1-r15 so:libc.musl-x86_64.so.1 !other a>=1 a<2 b@edge c~1\np:/bin/sh cmd:sh=1.36.1-r15\n\
         r:busybox-initscripts\nF:\nR:.rc\nF:bin\nM:0:0:755\nR:sh\na:0:0:777\nZ:Q1pcfTfDNEbNKQc2s1tia7da05M8Q=\n",
    );
    let found = testing::only(&facts);
    let text = |list: &[String]| list.join(" ");
    assert_eq!(testing::lines(&facts), ["busybox-binsh 1.36.1-r15 x86_64"]);
    assert_eq!(found.source.as_ref().map(|source| &*source.name), Some("busybox"));
    assert_eq!(text(&found.licenses), "GPL-2.0-only");
    assert_eq!(text(&found.needs), "busybox so:libc.musl-x86_64.so.1 a b c");
    assert_eq!(text(&found.provides), "/bin/sh cmd:sh");
    assert_eq!(text(&found.files), ".rc bin/sh");
    assert_eq!((&*found.supplier, &*found.description), ("Some Body <some@body.example>", "busybox ash"));
    assert_eq!(found.homepage, "https://busybox.example/");
    assert_eq!(found.properties["checksum"], "sha1:bf84212e37b79169 42f03263f997c94e3949 4525".replace(' ', ""));
    assert_eq!(found.hashes, [""; 0]);
}

/// `own/EXPECTED.tsv`: trivy loses what comes after a line of more than 64 KiB.
#[test]
fn lines_of_any_length() {
    let Some(bytes) = testing::in_layer("apk_longline.tar", 0, PATH) else { return };
    assert!(bytes.split(|byte| *byte == b'\n').any(|line| line.len() > 65536));
    let names: Vec<_> = testing::lines(&testing::read(&Apk, PATH, &bytes));
    assert_eq!(names.len(), 3, "{names:?}");
    for (line, name) in names.iter().zip(["first", "big", "last"]) {
        assert!(line.starts_with(name), "{line}");
    }
    let long = format!("P:a\nV:1\np:{}\n\nP:b\nV:2\n", "x".repeat(1 << 20));
    assert_eq!(testing::lines(&facts(&long)), ["a 1 ", "b 2 "]);
}

/// `own/EXPECTED.tsv`: one expression for each package.
#[test]
fn a_licence_is_one_expression() {
    let Some(bytes) = testing::in_layer("apk_with.tar", 0, PATH) else { return };
    let facts = testing::read(&Apk, PATH, &bytes);
    let licenses: Vec<_> = testing::found(&facts).iter().map(|p| p.licenses.join(" | ")).collect();
    let right = [
        "GPL-2.0-only WITH Classpath-exception-2.0",
        "MIT OR GPL-3.0-only",
        "GPL-2.0-or-later AND (LGPL-2.1-or-later OR BSD-3-Clause)",
    ];
    assert_eq!(licenses, right);
}

#[test]
fn licences_without_operators() {
    for (text, right) in [
        ("MIT BSD-2-Clause GPL2+", "MIT | BSD-2-Clause | GPL2+"),
        ("GPL-2.0-or-later", "GPL-2.0-or-later"),
        ("custom BSD", "custom BSD"),
        ("", ""),
    ] {
        assert_eq!(licenses(text).join(" | "), right, "{text}");
    }
}

#[test]
fn the_newer_place() {
    let path = "usr/lib/apk/db/installed";
    let Some(bytes) = testing::in_layer("apk_usrlib.tar", 0, path) else { return };
    let facts = testing::read(&Apk, path, &bytes);
    assert_eq!(testing::lines(&facts), ["u 1-r0 x86_64"]);
    assert_eq!(testing::only(&facts).source, None, "a source of the same name says nothing");
    let facts = testing::read(&Apk, "srv/r/usr/lib/apk/db/installed", b"P:a\nV:1\nF:etc\nR:a\n");
    assert_eq!(testing::only(&facts).files, ["srv/r/etc/a"]);
}

/// The packages and the number of files of the peers' fixtures.
#[test]
fn the_peers_fixtures() {
    let rows = [
        ("corrupt", &["alpine-baselayout-data 3.2.0-r22 x86_64"][..], 14),
        (
            "multiple-1",
            &[
                "bash 5.2.21-r0 x86_64",
                "busybox-binsh 1.36.1-r15 x86_64",
                "musl 1.2.4_git20230717-r4 x86_64",
                "readline 8.2.1-r2 x86_64",
            ][..],
            5,
        ),
    ];
    for (name, packages, files) in rows {
        let Some(bytes) = testing::shared(&format!("syft/cataloger/alpine/testdata/{name}/{PATH}")) else { return };
        let facts = testing::read(&Apk, PATH, &bytes);
        assert_eq!(testing::lines(&facts), packages, "{name}");
        assert_eq!(testing::found(&facts).iter().map(|p| p.files.len()).sum::<usize>(), files, "{name}");
    }
    println!("{} fixtures", rows.len());
}

#[test]
fn no_package_is_lost_to_a_missing_line() {
    assert_eq!(testing::lines(&facts("P:a\nV:1\nC:Q1x\nP:b\nV:2\nF:x\n\nR:y\n")), ["a 1 ", "b 2 "]);
    assert_eq!(testing::lines(&facts("C:x\nP:a\nV:1\r\n\r\nP:b\r\nV:2\r\n")), ["a 1 ", "b 2 "]);
}

#[test]
fn what_is_no_database_is_said_to_be_none() {
    assert!(testing::unreadable(&facts("bogus db contents")));
    assert!(testing::unreadable(&facts("V:1\n\nV:2\n")));
    assert_eq!(facts(""), []);
}

#[test]
fn a_database_cannot_fill_the_memory() {
    let facts = facts(&"P:a\n\n".repeat(read::MAX_PACKAGES + 10));
    assert_eq!(facts.len(), read::MAX_PACKAGES + 2);
    let long = format!("P:a\nF:{}\n{}", "f".repeat(1 << 20), "R:a\n".repeat(1 << 20));
    assert_eq!(testing::only(&self::facts(&long)).files, [""; 0]);
}

#[test]
fn hostile_databases() {
    let text = "C:Q1v4QhLje3kWlC8DJj+ZfJTjlJRSU=\nP:a\nV:1-r0\nA:x86_64\nL:MIT OR ISC\no:b\nD:c so:d=1\np:e=1\nF:bin\n\
                R:sh\nZ:Q1pcfTfDNEbNKQc2s1tia7da05M8Q=\nm:\u{e9}\n\n";
    testing::hostile(&Apk, PATH, text.repeat(20).as_bytes());
}
