use super::*;
use crate::sbom::catalog::testing;

const STATUS: &str = "var/lib/dpkg/status";

fn status(text: &str) -> Vec<Fact> {
    testing::read(&Dpkg, STATUS, text.as_bytes())
}

#[test]
fn the_files_of_the_databases_are_wanted_and_their_neighbours_are_not() {
    let rows = [
        ("var/lib/dpkg/status", true),
        ("usr/lib/dpkg/status", true),
        ("srv/root/var/lib/dpkg/status", true),
        ("var/lib/dpkg/status.d/openssl", true),
        ("var/lib/dpkg/status.d/libssl1.1", true),
        ("var/lib/dpkg/status.d/openssl.md5sums", true),
        ("var/lib/dpkg/info/openssl.md5sums", true),
        ("var/lib/dpkg/info/libc6:amd64.list", true),
        ("usr/lib/opkg/status", true),
        ("usr/lib/opkg/info/a.control", true),
        ("usr/lib/opkg/info/a.list", true),
        ("usr/lib/opkg/info/a.preinst", false),
        ("var/lib/dpkg/info/a.control", false),
        ("var/lib/dpkg/info/openssl.postinst", false),
        ("var/lib/dpkg/status-old", false),
        ("var/lib/dpkg/available", false),
        ("mylib/dpkg/status", false),
        ("status", false),
    ];
    for (path, wanted) in rows {
        assert_eq!(testing::wants(&Dpkg, path), wanted, "{path}");
    }
    println!("{} paths", rows.len());
}

#[test]
fn everything_that_a_paragraph_says_is_kept() {
    let facts = status(
        "Package: libpam-runtime\nStatus: install ok installed\nMaintainer: Some Body <some@body.example>\n\
         Architecture: all\nSource: pam (1.1.8)\nVersion: 1:1.1.8-3.6\nProvides: a (= 1), b\nPre-Depends: c\n\
         Depends: debconf (>= 0.5) | debconf-2.0, python3:any [amd64] <!x>, c,\n libpam-modules (>= 1.0.1-6)\n\
         Conffiles:\n /etc/pam.conf 87fc76f18e98ee7d3848f6b81b3391e5\n /etc/pam.d/other 31aa7f2181889 obsolete\n\
         Description: Runtime support\n Contains configuration.\nHomepage: http://pam.example/\n",
    );
    let found = testing::only(&facts);
    let text = |list: &[String]| list.join(" ");
    assert_eq!((&*found.kind, &*found.name, &*found.version), ("deb", "libpam-runtime", "1:1.1.8-3.6"));
    assert_eq!((&*found.arch, &*found.supplier), ("all", "Some Body <some@body.example>"));
    assert_eq!(found.source, Some(Source { name: "pam".to_owned(), version: "1.1.8".to_owned() }));
    assert_eq!(text(&found.needs), "c debconf debconf-2.0 python3 libpam-modules");
    assert_eq!(text(&found.provides), "a b");
    assert_eq!(text(&found.files), "etc/pam.conf etc/pam.d/other");
    assert_eq!(text(&found.license_files), "usr/share/doc/libpam-runtime/copyright");
    assert_eq!((&*found.description, &*found.homepage), ("Runtime support", "http://pam.example/"));
    assert!(found.properties.is_empty());
    assert_eq!(found.file_lists[0], "var/lib/dpkg/info/libpam-runtime:all.md5sums");
    assert_eq!(found.file_lists[1], "var/lib/dpkg/info/libpam-runtime.md5sums");
}

/// `own/EXPECTED.tsv`: both twins, what is held, and what is half there and said to be; not what was removed or never was.
#[test]
fn twins_and_the_states_that_count() {
    let Some(bytes) = testing::in_layer("dpkg_multiarch.tar", 0, STATUS) else { return };
    let facts = testing::read(&Dpkg, STATUS, &bytes);
    let right = ["libc6 2.36-9 amd64", "libc6 2.36-9 i386", "half 1.0-2 amd64", "held 1.0-3 amd64", "unp 1.0-4 amd64"];
    assert_eq!(testing::lines(&facts), right);
    let states: Vec<_> =
        testing::found(&facts).iter().map(|p| p.properties.get("status").map(String::as_str)).collect();
    assert_eq!(states, [None, None, Some("half-configured"), None, Some("half-installed")]);
    assert_eq!(testing::found(&facts)[1].file_lists[0], "var/lib/dpkg/info/libc6:i386.md5sums");
}

#[test]
fn an_empty_upper_status_says_that_there_is_nothing() {
    let Some(bytes) = testing::in_layer("dpkg_partial.tar", 1, STATUS) else { return };
    assert_eq!(testing::read(&Dpkg, STATUS, &bytes), []);
    let Some(bytes) = testing::in_layer("dpkg_partial.tar", 0, STATUS) else { return };
    assert_eq!(testing::lines(&testing::read(&Dpkg, STATUS, &bytes)), ["a 1.0-1 amd64"]);
}

#[test]
fn every_state_of_dpkg() {
    let rows = [
        ("install ok installed", true),
        ("deinstall ok installed", true),
        ("hold ok installed", true),
        ("install reinstreq unpacked", true),
        ("install ok triggers-awaited", true),
        ("install ok triggers-pending", true),
        ("install user installed", true),
        ("deinstall ok config-files", false),
        ("purge ok not-installed", false),
        ("unknown ok not-installed", false),
    ];
    for (state, counts) in rows {
        let facts = status(&format!("Package: a\nStatus: {state}\nVersion: 1\nArchitecture: all\n"));
        assert_eq!(facts.len(), usize::from(counts), "{state}");
    }
    println!("{} states", rows.len());
}

/// Lists of files: anchore/syft#3912 (in `info` beside `status.d`), #1900 (`status.d/NAME.md5sums`).
#[test]
fn distroless_images_name_their_lists_after_the_file() {
    let facts =
        testing::read(&Dpkg, "var/lib/dpkg/status.d/ssl", b"Package: openssl\nVersion: 3\nArchitecture: amd64\n");
    let right = [
        "status.d/ssl.md5sums",
        "info/openssl:amd64.md5sums",
        "info/openssl.md5sums",
        "status.d/openssl.md5sums",
        "info/openssl:amd64.list",
        "info/openssl.list",
    ];
    assert_eq!(testing::only(&facts).file_lists, right.map(|list| format!("var/lib/dpkg/{list}")));
    let list = b"e11d70c96979a1328ae4e7e50542782b  usr/bin/python3\n\nbad line\n00  /etc/a  b\n";
    let facts = testing::read(&Dpkg, "var/lib/dpkg/status.d/ssl.md5sums", list);
    assert_eq!(facts, [Fact::Files(vec!["usr/bin/python3".to_owned(), "etc/a  b".to_owned()])]);
    let facts = testing::read(&Dpkg, "var/lib/dpkg/info/a.list", b"/.\n/usr\n/usr/bin/a\n");
    assert_eq!(facts, [Fact::Files(vec!["usr".to_owned(), "usr/bin/a".to_owned()])]);
}

#[test]
fn a_second_root_keeps_its_paths_to_itself() {
    let facts = testing::read(&Dpkg, "srv/r/var/lib/dpkg/status", b"Package: a\nVersion: 1\nConffiles:\n /etc/a 00\n");
    let found = testing::only(&facts);
    assert_eq!(found.license_files, ["srv/r/usr/share/doc/a/copyright"]);
    assert_eq!(found.files, ["srv/r/etc/a"]);
    assert!(found.file_lists.iter().all(|list| list.starts_with("srv/r/var/lib/dpkg/")));
    let facts = testing::read(&Dpkg, "srv/r/var/lib/dpkg/info/a.md5sums", b"00  usr/bin/a\n");
    assert_eq!(facts, [Fact::Files(vec!["srv/r/usr/bin/a".to_owned()])]);
}

/// Packages of opkg; its scripts are no packages (anchore/syft#1994, with the paths above).
#[test]
fn opkg_says_its_licences() {
    let Some(bytes) = testing::shared("syft/cataloger/debian/testdata/var/lib/opkg/status") else { return };
    let facts = testing::read(&Dpkg, "var/lib/opkg/status", &bytes);
    let right = ["dropbear 2024.85-r0 x86_64", "busybox 1.36.1-r3 x86_64", "kernel-modules 6.6.0-r0 x86_64"];
    assert_eq!(testing::lines(&facts), right);
    let found = testing::found(&facts);
    assert_eq!((&*found[0].licenses, &*found[0].needs), (&["MIT".to_owned()][..], &["libc".into(), "zlib".into()][..]));
    assert_eq!(found[2].licenses, ["GPL-2.0 BSD-3-Clause"]);
    assert_eq!(found[0].file_lists, ["var/lib/opkg/info/dropbear.list"]);

    let control = b"Package: a\nVersion: 1\nSource: package/libs/a\nCPE-ID: cpe:/a:a:a\nArchitecture: x86_64\n";
    let facts = testing::read(&Dpkg, "usr/lib/opkg/info/a.control", control);
    let found = testing::only(&facts);
    assert_eq!((found.source.as_ref(), &*found.cpes), (None, &["cpe:/a:a:a".to_owned()][..]));
}

#[test]
fn the_status_of_the_peers_fixture() {
    let Some(bytes) = testing::shared("syft/cataloger/debian/testdata/image-dpkg/var/lib/dpkg/status") else { return };
    let facts = testing::read(&Dpkg, STATUS, &bytes);
    let found = testing::only(&facts);
    assert_eq!((&*found.name, &*found.version, &*found.arch), ("libpam-runtime", "1.1.8-3.6", "all"));
    assert_eq!(found.source, Some(Source { name: "pam".to_owned(), version: String::new() }));
}

#[test]
fn what_is_no_database_is_said_to_be_none() {
    assert!(testing::unreadable(&status("bogus status")));
    assert_eq!(status(""), []);
    assert_eq!(status("\n\n"), []);
    assert_eq!(testing::lines(&status("Package: caf\u{e9}\nVersion: \u{fffd}\n")), ["caf\u{e9} \u{fffd} "]);
    let latin = testing::read(&Dpkg, STATUS, b"Package: a\nVersion: 1\nMaintainer: Andr\xe9\n");
    assert_eq!(testing::only(&latin).supplier, "Andr\u{fffd}");
}

#[test]
fn a_database_cannot_fill_the_memory() {
    let text = "Package: a\n\n".repeat(read::MAX_PACKAGES + 10);
    let facts = status(&text);
    assert_eq!(facts.len(), read::MAX_PACKAGES + 1);
    assert!(matches!(facts.last(), Some(Fact::Unreadable(_))));
    let fields = "a:\n".repeat(100_000);
    assert_eq!(status(&format!("Package: a\n{fields}")).len(), 1);
}

#[test]
fn hostile_databases() {
    let text = "Package: a\nStatus: install ok installed\nVersion: 1:2-3\nArchitecture: all\nSource: s (1)\n\
                Depends: a | b, c (>= 1)\nConffiles:\n /etc/a 00\nDescription: a\n .\n\u{e9}\n\n"
        .repeat(20);
    testing::hostile(&Dpkg, STATUS, text.as_bytes());
    testing::hostile(&Dpkg, "var/lib/dpkg/info/a.md5sums", "00  usr/bin/\u{e9}\n".repeat(50).as_bytes());
}
