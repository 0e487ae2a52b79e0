use crate::error::ErrorKind;
use crate::model::Timestamp;
use crate::sbom::{Family, Package, Sbom};
use crate::scan::database::testing::{bytes, open};
use crate::scan::{DatabaseBuilder, EmbeddedScanner, Report};

fn shared() -> Option<Vec<u8>> {
    Some(std::fs::read(crate::document::shared_data("sbom/own/grype-db/vulnerability.db")?).unwrap())
}

fn scan(builder: DatabaseBuilder, purls: &[&str]) -> Report {
    let package = |purl: &&str| Package {
        name: purl.split('@').next().unwrap().rsplit('/').next().unwrap().to_owned().into(),
        purl: Some((*purl).to_owned().into()),
        ..Package::default()
    };
    let sbom = Sbom { packages: purls.iter().map(package).collect(), ..Sbom::new(Family::Cache, "1") };
    let scanner = EmbeddedScanner::new(open(bytes(builder)).unwrap().into());
    scanner.scan_sbom(&sbom, Timestamp::from_unix(0).unwrap()).unwrap()
}

/// What Grype itself finds with this database.
#[test]
fn a_database_of_grype_finds_what_grype_finds() {
    let Some(database) = shared() else { return };
    let mut builder = DatabaseBuilder::new();
    builder.add_grype_bytes(&database).unwrap();
    let source = builder.sources()[0].clone();
    assert_eq!((source.advisories, source.withdrawn, source.left_out.len()), (4, 0, 0));
    let report = scan(
        builder,
        &[
            "pkg:deb/debian/libc6@2.36-9?distro=debian-12&upstream=glibc",
            "pkg:deb/debian/libc-bin@2.36-9%2Bdeb12u1?distro=debian-12&upstream=glibc",
            "pkg:apk/alpine/zulu@21.0-r0?distro=alpine-3.18.4",
            "pkg:npm/lodash@4.17.15",
            "pkg:npm/lodash@3.10.1",
        ],
    );
    let found: Vec<_> = report
        .findings
        .iter()
        .map(|f| {
            format!(
                "{} in {} {} fixed in {:?} {:?}",
                f.id,
                f.package,
                f.severity,
                f.fixed_in.as_deref().unwrap_or("-"),
                f.fix_state
            )
        })
        .collect();
    assert_eq!(
        found,
        [
            "CVE-2099-0002 in libc-bin low fixed in \"-\" WontFix",
            "CVE-2099-0001 in libc6 high fixed in \"2.36-9+deb12u1\" Fixed",
            "CVE-2099-0002 in libc6 low fixed in \"-\" WontFix",
            "CVE-2099-0004 in lodash critical fixed in \"4.17.21\" Fixed",
            "CVE-2099-0003 in zulu medium fixed in \"21.0-r1\" Fixed",
        ]
    );
    assert_eq!(report.data_as_of.unwrap().to_string(), "2026-11-24T00:00:00Z");
    assert_eq!(report.findings[3].aliases, ["GHSA-aaaa-bbbb-cccc"]);
}

/// Cut off anywhere, or with bytes changed, it is an error or a smaller database; nothing panics or runs for ever.
#[test]
fn hostile_databases_are_refused_or_smaller() {
    let Some(database) = shared() else { return };
    for part in 0..40 {
        let mut builder = DatabaseBuilder::new();
        let error = builder.add_grype_bytes(&database[..database.len() * part / 40]).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Invalid, "{error}");
    }
    let mut seed = 0x9e37_79b9u32;
    for _ in 0..300 {
        let mut damaged = database.clone();
        for _ in 0..4 {
            seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let at = seed as usize % damaged.len();
            damaged[at] = (seed >> 24) as u8;
        }
        let _ = DatabaseBuilder::new().add_grype_bytes(&damaged);
    }
}

#[test]
fn another_file_is_none() {
    for bytes in [&b""[..], b"SQLite format 3\0", b"{}", &[0xff; 8192]] {
        let error = DatabaseBuilder::new().add_grype_bytes(bytes).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Invalid);
    }
}
