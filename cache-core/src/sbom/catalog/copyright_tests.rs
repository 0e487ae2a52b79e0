use super::*;
use crate::sbom::catalog::testing;

const PATH: &str = "usr/share/doc/a/copyright";

fn licenses(text: &str) -> String {
    match &testing::read(&Copyright, PATH, text.as_bytes())[..] {
        [] => String::new(),
        [Fact::Licenses(licenses)] => licenses.join(" | "),
        other => panic!("{other:?}"),
    }
}

#[test]
fn one_file_of_each_package_is_wanted() {
    for path in [PATH, "srv/r/usr/share/doc/libc6/copyright"] {
        assert!(testing::wants(&Copyright, path), "{path}");
    }
    for path in
        ["usr/share/doc/copyright", "usr/share/doc/a/b/copyright", "usr/share/doc/a/copyright.gz", "a/copyright"]
    {
        assert!(!testing::wants(&Copyright, path), "{path}");
    }
}

#[test]
fn every_paragraph_of_a_machine_readable_file() {
    let text = "Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/\nUpstream-Name: a\n\n\
                Files: *\nCopyright: 2012 Some Body\nLicense: GPL-2+ with OpenSSL exception\n\n\
                Files: b/*\nCopyright: no one\nLicense: Expat or public-domain, and ISC\n Text of it.\n .\n More.\n\n\
                Files: c\nLicense: public-domain\n\nFiles: d\nLicense: public-domain\n\n\
                License: GPL-2+\n See /usr/share/common-licenses/GPL-2.\n\n\
                License:\n Permission is hereby granted, free of charge, to any person obtaining a copy of this software and\n \
                associated documentation files\n\nLicense:\n Do what you want.\n\n\
                License: You may copy this file as long as you tell me about it\n";
    let right = "GPL-2+ with OpenSSL exception | (MIT OR LicenseRef-public-domain) AND ISC | public-domain | \
                 MIT | unnamed | You may copy this file as long as you tell me about it";
    assert_eq!(licenses(text), right);
    // The older names of the format, and none.
    for header in
        ["Format: http://dep.debian.net/deps/dep5", "Format-Specification: http://x.example/dep5.mdwn?rev=1", "X: y"]
    {
        let text = format!("{header}\n\nFiles: *\nCopyright: me\nLicense: GPL-3\n");
        assert_eq!(licenses(&text), "GPL-3.0-only", "{header}");
    }
}

#[test]
fn the_text_of_a_licence_that_others_name_is_none_of_its_own() {
    let text = "Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/\n\nFiles: *\nCopyright: me\n\
                License: GPL-1+ or Artistic, and Expat\n\nLicense: GPL-1+\n Text.\n\nLicense: artistic\n Text.\n\n\
                License: LGPL-2.1\n Text.\n";
    assert_eq!(licenses(text), "(GPL-1.0-or-later OR Artistic-1.0-Perl) AND MIT | LGPL-2.1-only");
    let alone =
        "Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/\nLicense: ISC\n\nLicense: GPL-2\n";
    assert_eq!(licenses(alone), "ISC | GPL-2.0-only");
}

#[test]
fn files_in_prose() {
    let rows = [
        ("See `/usr/share/common-licenses/GPL-2'.", "GPL-2.0-only"),
        (
            "See /usr/share/common-licenses/LGPL-2.1. And /usr/share/common-licenses/Artistic\n",
            "LGPL-2.1-only | Artistic-1.0-Perl",
        ),
        (
            "under the GNU General Public License, version 2 or any later version, see /usr/share/common-licenses/GPL.",
            "GPL-2.0-or-later",
        ),
        ("License: Apache-2.0, /usr/share/common-licenses/Apache-2.0", "Apache-2.0"),
        ("/usr/share/common-licenses/", ""),
        ("Nobody knows.", ""),
        ("", ""),
    ];
    for (text, right) in rows {
        assert_eq!(licenses(text), right, "{text}");
    }
    println!("{} texts", rows.len());
}

#[test]
fn the_peers_fixtures() {
    let rows = [
        ("image-dpkg/usr/share/doc/libpam-runtime", "GPL-2.0-only | LGPL-2.1-only"),
        ("image-distroless-deb/usr/share/doc/libsqlite3-0", "public-domain | GPL-2.0-or-later"),
    ];
    for (folder, right) in rows {
        let path = format!("syft/cataloger/debian/testdata/{folder}/copyright");
        let Some(bytes) = testing::shared(&path) else { return };
        assert_eq!(licenses(&String::from_utf8_lossy(&bytes)), right, "{folder}");
    }
    println!("{} fixtures", rows.len());
}

#[test]
fn a_file_cannot_state_without_end() {
    let many: String = (0..5000).map(|n| format!("License: x-{n}\n\n")).collect();
    let text = format!("Format: copyright-format\n\n{many}");
    assert_eq!(licenses(&text).split(" | ").count(), MAX_LICENSES);
    let dashes = format!("License: {}\n\nFiles: x\nLicense: {0}\n\n", "a-".repeat(250));
    assert!(!licenses(&format!("Format: copyright-format\n\n{}", dashes.repeat(500))).is_empty());
    assert!(!licenses(&"/usr/share/common-licenses/GPL-2 ".repeat(30_000)).is_empty());
    assert!(!licenses(&format!("Format: dep5\n\n{}", "Files: *\nLicense: a b or c\n\n".repeat(30_000))).is_empty());
}

#[test]
fn hostile_files() {
    let text = "Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/\n\nFiles: *\nCopyright: a\n\
                License: GPL-2+ with Autoconf exception, and Expat or b_or_c\n text\n\nLicense: \u{e9} or\n";
    testing::hostile(&Copyright, PATH, text.as_bytes());
    testing::hostile(
        &Copyright,
        PATH,
        b"GNU General Public License version 2, any later /usr/share/common-licenses/GPL-2.",
    );
}
