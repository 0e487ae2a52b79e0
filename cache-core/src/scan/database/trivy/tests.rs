use super::bolt::{Bolt, Item};
use crate::error::ErrorKind;
use crate::scan::database::testing::scan;
use crate::scan::{DatabaseBuilder, FixState, Report, Severity};

fn shared() -> Option<Vec<u8>> {
    Some(std::fs::read(crate::document::shared_data("sbom/own/trivy-db/trivy.db")?).unwrap())
}

fn lines(report: &Report) -> Vec<String> {
    let fix = |f: &crate::scan::Finding| f.fixed_in.clone().unwrap_or_default();
    report.findings.iter().map(|f| format!("{} {} {} {}", f.id, f.package, f.severity, fix(f))).collect()
}

#[test]
fn a_database_of_trivy_finds_what_its_advisories_say() {
    let Some(database) = shared() else { return };
    let mut builder = DatabaseBuilder::new();
    builder.add_trivy_bytes(&database, Some(br#"{"Version":2,"UpdatedAt":"2026-11-24T00:00:00Z"}"#)).unwrap();
    println!("{:?}", builder.sources());
    let report = scan(
        builder,
        &[
            "pkg:deb/debian/bash@4.4-5?distro=debian-9",
            "pkg:deb/debian/libssl1.1@1.1.0k-1~deb9u1?distro=debian-9.13&upstream=openssl",
            "pkg:apk/alpine/libssl1.1@1.1.1c-r0?distro=3.10.2&upstream=openssl",
            "pkg:npm/lodash@4.17.4",
            "pkg:npm/lodash@4.17.12",
            "pkg:rpm/redhat/openssl-libs@1.0.2k-16.el7?epoch=1&distro=rhel-7.6",
            "pkg:rpm/rocky/openssl-libs@1.1.1k-4.el8?epoch=1&arch=x86_64&distro=rocky-8.5",
            "pkg:rpm/rocky/openssl-libs@1.1.1k-4.el8?epoch=1&arch=s390x&distro=rocky-8.5",
        ],
    );
    println!("{:#?}", lines(&report));
    assert!(report.notes.is_empty(), "{:?}", report.notes);
    let bash = report.findings.iter().find(|f| f.package == "bash").unwrap();
    assert_eq!(
        (bash.severity, bash.fix_state, &bash.sources[..]),
        (Severity::Low, FixState::WontFix, &["debian".to_owned()][..])
    );
    let of = |package: &str, id: &str| report.findings.iter().filter(|f| f.package == package && f.id == id).count();
    assert_eq!(of("lodash", "CVE-2019-10744"), 1);
    // Of Red Hat's erratum the vulnerabilities are found; Rocky's is for one architecture.
    assert_eq!((of("openssl-libs", "CVE-2018-0734"), of("openssl-libs", "CVE-2019-1559")), (1, 1));
    assert_eq!(of("openssl-libs", "CVE-2021-3712"), 1);
    assert_eq!((of("libssl1.1", "CVE-2019-1549"), of("libssl1.1", "CVE-2019-1551")), (1, 2));
    let red_hat = report.findings.iter().find(|f| f.id == "CVE-2018-0734").unwrap();
    assert_eq!(red_hat.fixed_in.as_deref(), Some("1:1.0.2k-19.el7"));
    assert!(red_hat.ratings.iter().any(|rating| rating.source == "nvd" && rating.score.is_some()), "{red_hat:?}");
}

#[test]
fn another_schema_is_refused() {
    let error = DatabaseBuilder::new().add_trivy_bytes(b"", Some(br#"{"Version":1}"#)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unsupported);
}

#[test]
fn hostile_databases_are_refused_or_smaller() {
    let Some(database) = shared() else { return };
    // Of the file's pages 72 are in use.
    for part in 0..40 {
        let error = DatabaseBuilder::new().add_trivy_bytes(&database[..72 * 4096 * part / 40], None).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Invalid, "{error}");
    }
    let mut seed = 7u32;
    for _ in 0..300 {
        let mut damaged = database.clone();
        for _ in 0..8 {
            seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            // Behind the two descriptions, which have checksums.
            let at = 8192 + seed as usize % (damaged.len() - 8192);
            damaged[at] = (seed >> 24) as u8;
        }
        let _ = DatabaseBuilder::new().add_trivy_bytes(&damaged, None);
    }
}

/// A file of pages that are made here: the description twice, then these.
fn file(pages: &[Vec<u8>], root: u64) -> Vec<u8> {
    let mut bytes = Vec::new();
    for transaction in 0..2u64 {
        let mut meta = Vec::new();
        meta.extend(0xed0c_daedu32.to_le_bytes());
        meta.extend(2u32.to_le_bytes());
        meta.extend(4096u32.to_le_bytes());
        meta.extend(0u32.to_le_bytes());
        meta.extend([root, 0, 0, 2 + pages.len() as u64, transaction].iter().flat_map(|number| number.to_le_bytes()));
        let hash = meta
            .iter()
            .fold(0xcbf2_9ce4_8422_2325u64, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3));
        meta.extend(hash.to_le_bytes());
        let mut page = vec![0; 16];
        page.extend(meta);
        page.resize(4096, 0);
        bytes.extend(page);
    }
    for page in pages {
        let mut page = page.clone();
        page.resize(4096, 0);
        bytes.extend(page);
    }
    bytes
}

fn head(flags: u16, count: u16) -> Vec<u8> {
    let mut page = vec![0; 8];
    page.extend(flags.to_le_bytes());
    page.extend(count.to_le_bytes());
    page.extend(0u32.to_le_bytes());
    page
}

/// A page of a tree with one child.
fn branch(child: u64) -> Vec<u8> {
    let mut page = head(1, 1);
    page.extend(16u32.to_le_bytes());
    page.extend(1u32.to_le_bytes());
    page.extend(child.to_le_bytes());
    page.extend(b"a");
    page
}

fn leaf(key: &[u8], value: &[u8]) -> Vec<u8> {
    let mut page = head(2, 1);
    page.extend([0u32, 16, key.len() as u32, value.len() as u32].iter().flat_map(|number| number.to_le_bytes()));
    page.extend(key);
    page.extend(value);
    page
}

#[test]
fn a_tree_is_walked_and_asked() {
    let bytes = file(&[branch(3), leaf(b"key", b"value")], 2);
    let bolt = Bolt::open(&bytes).unwrap();
    let mut seen = Vec::new();
    bolt.each(bolt.root(), &mut bolt.unseen(), &mut |key, item, _| {
        let Item::Value(value) = item else { panic!() };
        seen.push((key, value));
        Ok(())
    })
    .unwrap();
    assert_eq!(seen, [(&b"key"[..], &b"value"[..])]);
    assert!(matches!(bolt.get(bolt.root(), b"key"), Ok(Some(Item::Value(b"value")))));
    assert!(matches!(bolt.get(bolt.root(), b"a"), Ok(None)));
}

#[test]
fn trees_that_come_back_to_themselves_have_an_end() {
    for pages in
        [vec![branch(2)], vec![branch(3), branch(2)], vec![branch(99)], vec![head(3, 1)], vec![head(2, u16::MAX)]]
    {
        let bytes = file(&pages, 2);
        let bolt = Bolt::open(&bytes).unwrap();
        assert!(bolt.each(bolt.root(), &mut bolt.unseen(), &mut |_, _, _| Ok(())).is_err());
        assert!(bolt.get(bolt.root(), b"b").is_err());
    }
}

#[test]
fn the_newer_whole_description_counts() {
    let mut bytes = file(&[leaf(b"key", b"value")], 2);
    bytes[4096 + 20] ^= 1;
    Bolt::open(&bytes).unwrap();
    bytes[20] ^= 1;
    assert!(Bolt::open(&bytes).is_err());
    let mut first_damaged = file(&[leaf(b"key", b"value")], 2);
    first_damaged[20] ^= 1;
    Bolt::open(&first_damaged).unwrap();
}
