use super::*;
use crate::sbom::catalog::testing::{self, found, lines, only, unreadable};
use crate::sbom::catalog::{Found, Source};

fn path(rpm: Rpm) -> String {
    match rpm {
        Rpm::Manifest => MANIFESTS[0].to_owned(),
        rpm => format!("var/lib/rpm/{}", rpm.file_name()),
    }
}

fn read(rpm: Rpm, bytes: &[u8]) -> Vec<Fact> {
    testing::read(&rpm, &path(rpm), bytes)
}

/// The same headers in every form.
fn every_form(headers: &[Vec<u8>]) -> Vec<(Rpm, Vec<u8>)> {
    vec![
        (Rpm::BerkeleyDb, forms::bdb(headers, 4096, false)),
        (Rpm::BerkeleyDb, forms::bdb(headers, 512, true)),
        (Rpm::BerkeleyDb, forms::bdb(headers, 65536, false)),
        (Rpm::Ndb, forms::ndb(headers)),
        (Rpm::Sqlite, forms::sqlite(headers, 4096)),
        (Rpm::Sqlite, forms::sqlite(headers, 512)),
        (Rpm::Sqlite, forms::sqlite(headers, 65536)),
    ]
}

/// anchore/syft#1755 (ostree), #1018 (the newer forms).
#[test]
fn the_places_of_the_databases() {
    let rows = [
        ("var/lib/rpm/Packages", Some(Rpm::BerkeleyDb)),
        ("var/lib/rpm/Packages.db", Some(Rpm::Ndb)),
        ("var/lib/rpm/rpmdb.sqlite", Some(Rpm::Sqlite)),
        ("var/lib/rpm/rpmdb.sqlite-wal", Some(Rpm::SqliteLog)),
        ("usr/share/rpm/rpmdb.sqlite", Some(Rpm::Sqlite)),
        ("usr/lib/sysimage/rpm/Packages.db", Some(Rpm::Ndb)),
        ("srv/r/usr/lib/sysimage/rpm/rpmdb.sqlite", Some(Rpm::Sqlite)),
        ("var/lib/rpmmanifest/container-manifest-2", Some(Rpm::Manifest)),
        ("var/lib/rpmmanifest/container-manifest-1", None),
        ("var/lib/rpm/Name", None),
        ("var/lib/rpm/rpmdb.sqlite-shm", None),
        ("opt/rpm/Packages", None),
        ("Packages", None),
    ];
    for (path, right) in rows {
        let wanted: Vec<_> = Rpm::ALL.into_iter().filter(|rpm| testing::wants(rpm, path)).collect();
        assert_eq!(wanted, Vec::from_iter(right), "{path}");
    }
    println!("{} paths", rows.len());
}

/// `own/EXPECTED.tsv`: the same package in each form. The version has its epoch (anchore/syft#408).
#[test]
fn the_three_forms_that_rpm_and_its_readers_agree_on() {
    let rows = [(Rpm::Sqlite, "sqlite"), (Rpm::BerkeleyDb, "bdb"), (Rpm::Ndb, "ndb")];
    for (rpm, folder) in rows {
        let Some(bytes) = testing::shared(&format!("own/rpmdb/{folder}/{}", path(rpm))) else { return };
        let facts = read(rpm, &bytes);
        assert_eq!(facts.len(), 1, "{folder}");
        let found = only(&facts);
        assert_eq!(lines(&facts), ["demo-libs 1:2.0-3.module+el8+1+abc noarch"], "{folder}");
        assert_eq!(found.properties["module"], "demo:2:820200101:abcdef");
        assert_eq!(found.properties["sigmd5"], "e8710cd320344c1426a1783374e3d96f");
        assert_eq!(found.licenses, ["GPLv2+ and (MIT or BSD)"]);
        assert_eq!((&*found.supplier, &*found.description), ("Red Hat, Inc.", "demo"));
        let source = Source { name: "demo-libs-2.0-3.module+el8+1+abc.src.rpm".to_owned(), version: String::new() };
        assert_eq!(found.source, Some(source));
        assert_eq!(found.files, ["usr/lib/demo/x"]);
        assert_eq!((found.needs.len(), found.provides.len()), (0, 0));
    }
    println!("{} databases", rows.len());
}

#[test]
fn every_form_and_size_of_page() {
    let headers: Vec<_> = (0..20).map(|n| forms::header(&format!("p{n}"), n * n * 10)).collect();
    for (number, (rpm, bytes)) in every_form(&headers).into_iter().enumerate() {
        let facts = read(rpm, &bytes);
        let mut names: Vec<_> = found(&facts).iter().map(|p| p.name.clone()).collect();
        names.sort_by_key(|name| name[1..].parse::<usize>().unwrap());
        assert_eq!(names, (0..20).map(|n| format!("p{n}")).collect::<Vec<_>>(), "{number} {rpm:?}");
        assert_eq!(facts.len(), 20, "{number} {rpm:?}");
        let total: usize = found(&facts).iter().map(|p| p.files.len()).sum();
        assert_eq!(total, (0..20).map(|n| n * n * 10).sum::<usize>(), "{number} {rpm:?}");
    }
}

#[test]
fn what_a_header_says() {
    let facts = read(Rpm::Ndb, &forms::ndb(&[forms::header("a", 3)]));
    let found = only(&facts);
    let text = |list: &[String]| list.join(" ");
    assert_eq!((&*found.kind, &*found.name, &*found.version), ("rpm", "a", "1.0-2.el9"));
    assert_eq!(found.arch, "aarch64", "what was added later counts");
    assert_eq!(text(&found.files), "usr/bin/file0 etc/file1 usr/bin/file2");
    assert_eq!(text(&found.needs), "/bin/sh libc.so.6");
    assert_eq!(text(&found.provides), "libfoo.so.1()(64bit) config(x)");
    let facts = testing::read(&Rpm::Ndb, "srv/r/var/lib/rpm/Packages.db", &forms::ndb(&[forms::header("a", 1)]));
    assert_eq!(only(&facts).files, ["srv/r/usr/bin/file0"]);
}

#[test]
fn epochs_keys_and_old_files() {
    let entry = |tag, kind, value: Vec<u8>| (tag, kind, 1, value);
    let rows = [
        (vec![], "1-2"),
        (vec![entry(1003, 4, vec![0, 0, 0, 32])], "32:1-2"),
        (vec![entry(1003, 4, vec![0, 0, 0, 0])], "0:1-2"),
        (vec![entry(1003, 6, vec![0, 0, 0, 32])], "1-2"),
    ];
    for (mut more, version) in rows {
        more.extend([entry(1000, 6, forms::zero(["gpg-pubkey"])), entry(1001, 6, forms::zero(["1"]))]);
        more.extend([entry(1002, 6, forms::zero(["2"])), entry(1044, 6, forms::zero(["(none)"]))]);
        more.push((1027, 8, 2, forms::zero(["/etc/a", "/etc/b"])));
        let facts = read(Rpm::Ndb, &forms::ndb(&[forms::entries(&more)]));
        assert_eq!(lines(&facts), [format!("gpg-pubkey {version} ")]);
        assert_eq!((only(&facts).source.as_ref(), only(&facts).files.join(" ")), (None, "etc/a etc/b".to_owned()));
    }
}

#[test]
fn the_table_of_a_distroless_image() {
    let Some(bytes) = testing::shared("syft/cataloger/redhat/testdata/container-manifest-2") else { return };
    let facts = read(Rpm::Manifest, &bytes);
    let right = [
        "mariner-release 2.0-12.cm2 noarch",
        "filesystem 1.1-9.cm2 x86_64",
        "glibc 2.35-2.cm2 x86_64",
        "openssl-libs 1.1.1k-15.cm2 x86_64",
        "vim 2:9.0-1.cm2 x86_64",
    ];
    assert_eq!(lines(&facts), right);
    let Found { source, supplier, .. } = found(&facts)[3];
    assert_eq!(source.as_ref().map(|s| &*s.name), Some("openssl-1.1.1k-15.cm2.src.rpm"));
    assert_eq!(supplier, "Microsoft Corporation");
    assert!(unreadable(&read(Rpm::Manifest, b"bogus")));
    assert_eq!(read(Rpm::Manifest, b""), []);
}

#[test]
fn the_peers_database() {
    let Some(bytes) = testing::shared("syft/cataloger/redhat/testdata/Packages") else { return };
    let facts = read(Rpm::BerkeleyDb, &bytes);
    assert_eq!(lines(&facts), ["dive 0.9.2-1 x86_64"]);
    assert_eq!(only(&facts).files, ["usr/local/bin/dive"]);
}

#[test]
fn what_is_no_database_is_said_to_be_none() {
    for rpm in [Rpm::BerkeleyDb, Rpm::Ndb, Rpm::Sqlite] {
        for bytes in [&b"bogus"[..], &[0; 8192], b"SQLite format 3\0", b"RpmP\0\0\0\0\0\0\0\0\0\0\0\0"] {
            assert!(unreadable(&read(rpm, bytes)), "{rpm:?} {bytes:?}");
        }
        assert_eq!(read(rpm, b""), [], "{rpm:?}: one that was never written to");
    }
}

#[test]
fn packages_beside_a_damaged_one_are_kept() {
    let headers = [forms::header("a", 500), b"\0\0\0\x09\0\0\0\0 and no index".repeat(9), forms::header("b", 500)];
    for (rpm, bytes) in every_form(&headers) {
        let facts = read(rpm, &bytes);
        assert_eq!(found(&facts).iter().map(|p| &*p.name).collect::<Vec<_>>(), ["a", "b"], "{rpm:?}");
        assert!(matches!(facts.last(), Some(Fact::Unreadable(reason)) if reason.starts_with('1')), "{facts:?}");
    }
}

#[test]
fn a_database_that_is_cut_off_says_so() {
    let headers: Vec<_> = (0..4).map(|n| forms::header(&format!("p{n}"), 900)).collect();
    for (rpm, bytes) in every_form(&headers) {
        let facts = read(rpm, &bytes[..bytes.len() - 5000]);
        assert_eq!(found(&facts).len(), 3, "{rpm:?}");
        assert!(matches!(facts.last(), Some(Fact::Unreadable(_))), "{rpm:?}");
    }
}

/// Debian's rpm leaves a log beside the database; what is in it is not lost without a word.
#[test]
fn changes_in_a_log_are_not_passed_over() {
    let log = |salt: u8| {
        let frame = [&[0; 8][..], &[salt; 8], &[0; 4104]].concat();
        [&0x377f_0682_u32.to_be_bytes()[..], &[0; 12], &[7; 8], &[0; 8], &frame].concat()
    };
    assert!(unreadable(&read(Rpm::SqliteLog, &log(7))));
    assert_eq!(read(Rpm::SqliteLog, &log(8)), [], "a frame from before the last reset");
    assert_eq!(read(Rpm::SqliteLog, &log(7)[..32]), []);
    assert_eq!(read(Rpm::SqliteLog, b""), []);
}

/// Parts that point at one another: many slots at one header, chains and trees that come back, paths made of long parts.
#[test]
fn a_small_file_cannot_become_large() {
    let mut ndb = forms::ndb(&[forms::header("a", 200)]);
    let slot = ndb[32..48].to_vec();
    (48..4096).step_by(16).for_each(|at| ndb[at..at + 16].copy_from_slice(&slot));
    assert!(found(&read(Rpm::Ndb, &ndb)).len() < 3);

    let mut bdb = forms::bdb(&[forms::header("a", 200)], 512, false);
    (1024 + 16..bdb.len()).step_by(512).for_each(|at| bdb[at] = 2);
    assert!(unreadable(&read(Rpm::BerkeleyDb, &bdb)));

    let mut sqlite = forms::sqlite(&[forms::header("a", 1), forms::header("b", 1)], 4096);
    sqlite[4096 + 8..4096 + 12].copy_from_slice(&2u32.to_be_bytes());
    let facts = read(Rpm::Sqlite, &sqlite);
    assert_eq!((found(&facts).len(), facts.len()), (1, 2));

    let folder = format!("/{}/", "x".repeat(4000));
    let many = 40_000;
    let long = forms::entries(&[
        (1000, 6, 1, forms::zero(["a"])),
        (1116, 4, many, vec![0; 4 * many as usize]),
        (1117, 8, many, forms::zero(["y"]).repeat(many as usize)),
        (1118, 8, 1, forms::zero([&*folder])),
    ]);
    let facts = read(Rpm::Ndb, &forms::ndb(&[long.clone(), long]));
    let bytes: usize = found(&facts).iter().flat_map(|p| &p.files).map(String::len).sum();
    assert!(bytes <= 128 << 20, "{bytes}");
    assert!(matches!(facts.last(), Some(Fact::Unreadable(_))));
}

#[test]
fn hostile_databases() {
    let headers: Vec<_> = (0..6).map(|n| forms::header(&format!("p{n}"), n * 20)).collect();
    for (rpm, bytes) in every_form(&headers) {
        testing::hostile(&rpm, &path(rpm), &bytes);
    }
    let table = "a\t1-2\t0\t0\tv\t3\t0\tnoarch\t3\ta-1-2.src.rpm\n".repeat(9);
    testing::hostile(&Rpm::Manifest, &path(Rpm::Manifest), table.as_bytes());
    for (rpm, folder) in [(Rpm::Sqlite, "sqlite"), (Rpm::BerkeleyDb, "bdb"), (Rpm::Ndb, "ndb")] {
        let Some(bytes) = testing::shared(&format!("own/rpmdb/{folder}/{}", path(rpm))) else { return };
        testing::hostile(&rpm, &path(rpm), &bytes);
    }
}
