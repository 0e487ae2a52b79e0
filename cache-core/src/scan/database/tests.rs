use std::time::Instant;

use serde_json::json;

use super::testing::{bytes, open, osv};
use super::{Database, DatabaseBuilder};
use crate::error::ErrorKind;
use crate::scan::ecosystem::Ecosystem;

fn npm() -> Ecosystem {
    Ecosystem::language("npm").unwrap()
}

fn record(id: &str, name: &str) -> serde_json::Value {
    json!({
        "id": id, "modified": "2026-01-02T03:04:05Z", "aliases": [format!("CVE-{id}")],
        "severity": [{"type": "CVSS_V3", "score": "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"}],
        "affected": [{
            "package": {"ecosystem": "npm", "name": name},
            "ranges": [{"type": "SEMVER", "events": [{"introduced": "0"}, {"fixed": "1.2.0"}]}],
            "versions": ["1.0.0", "2.0.0-odd"],
        }],
    })
}

fn ids(database: &Database, name: &str) -> Vec<String> {
    let mut buffer = Vec::new();
    database.advisories(&npm(), name, &mut buffer).unwrap().iter().map(|record| record.id.to_owned()).collect()
}

#[test]
fn what_was_written_is_found_again() {
    let database = open(bytes(osv(&[record("1", "lib"), record("2", "lib"), record("3", "other")]))).unwrap();
    assert_eq!((ids(&database, "lib"), ids(&database, "absent")), (vec!["1".to_owned(), "2".to_owned()], vec![]));
    let info = database.info();
    assert_eq!((info.advisories, info.packages, info.ecosystems["npm"]), (3, 2, 3));
    assert_eq!(info.data_as_of.unwrap().to_string(), "2026-01-02T03:04:05Z");
    let mut buffer = Vec::new();
    let records = database.advisories(&npm(), "lib", &mut buffer).unwrap();
    // What the range covers is not listed again.
    assert_eq!((records[0].versions.clone(), records[0].aliases.clone()), (vec!["2.0.0-odd"], vec!["CVE-1"]));
    assert_eq!(records[0].ratings[0].rating().score.unwrap().tenths(), 98);
    database.verify().unwrap();
}

#[test]
fn the_same_data_gives_the_same_bytes_in_any_order() {
    let (a, b) = (record("1", "lib"), record("2", "lib"));
    let once = bytes(osv(&[a.clone(), b.clone()]));
    assert_eq!(once, bytes(osv(&[b.clone(), a.clone()])));
    assert_ne!(once, bytes(osv(&[a])));
}

#[test]
fn withdrawn_records_and_other_ecosystems_are_counted_and_left_out() {
    let mut withdrawn = record("2", "lib");
    withdrawn["withdrawn"] = json!("2026-01-01T00:00:00Z");
    let mut other = record("3", "lib");
    other["affected"][0]["package"]["ecosystem"] = json!("Hackage");
    let mut commits = record("4", "lib");
    commits["affected"][0]["ranges"] = json!([{"type": "GIT", "events": [{"introduced": "0"}]}]);
    commits["affected"][0]["versions"] = json!([]);
    let builder = osv(&[record("1", "lib"), withdrawn, other, commits, json!({"no": "id"})]);
    let source = &builder.sources()[0];
    assert_eq!((source.advisories, source.withdrawn), (1, 1));
    let reasons: Vec<&str> = source.left_out.keys().map(String::as_str).collect();
    assert_eq!(reasons, ["ecosystem \"Hackage\"", "no record of OSV", "no versions but those of commits"]);
    assert_eq!(ids(&open(bytes(builder)).unwrap(), "lib"), ["1"]);
}

#[test]
fn an_index_of_another_schema_or_form_says_how_to_build_it_anew() {
    let whole = bytes(osv(&[record("1", "lib")]));
    let mut older = whole.clone();
    older[8] = 0;
    let mut longer = whole.clone();
    longer.push(0);
    for (bytes, kind) in [
        (older, ErrorKind::Invalid),
        (b"not one".to_vec(), ErrorKind::Invalid),
        (vec![0; 4096], ErrorKind::Invalid),
        (Vec::new(), ErrorKind::Invalid),
        (whole[..whole.len() - 1].to_vec(), ErrorKind::Untrusted),
        (longer, ErrorKind::Untrusted),
    ] {
        let error = open(bytes).unwrap_err();
        assert_eq!(error.kind(), kind, "{error}");
        assert!(error.hint_text().unwrap().contains("build"), "{error:?}");
    }
    let folder = tempfile::tempdir().unwrap();
    assert!(Database::open(folder.path().join("absent")).unwrap_err().is_not_found());
}

/// Damage is an error, or is where this look-up does not read; then it finds what it should.
#[test]
fn damage_is_never_taken_for_no_advisory() {
    let whole = bytes(osv(&[record("1", "lib"), record("2", "other")]));
    for at in 0..whole.len() {
        let mut damaged = whole.clone();
        damaged[at] ^= 0x41;
        let mut buffer = Vec::new();
        if let Ok(database) = open(damaged) {
            match database.advisories(&npm(), "lib", &mut buffer) {
                Ok(found) => assert_eq!(found.len(), 1, "byte {at}"),
                Err(error) => assert_eq!(error.kind(), ErrorKind::Untrusted),
            }
            assert!(database.verify().is_err(), "byte {at}");
        }
    }
}

/// An index whose checksums are right and whose content is not.
#[test]
fn hostile_blocks_are_damage() {
    use super::format::{ENTRY, HEADER, crc, long, word};
    let whole = bytes(osv(&[record("1", "lib")]));
    let directory = usize::try_from(long(&whole, 20)).unwrap();
    let (start, length) = (long(&whole, directory + 8) as usize, word(&whole, directory + 16) as usize);
    let key = 1 + "npm\0lib".len();
    for at in start + key..start + length - 4 {
        for value in [0, 0x7f, 0x80, 0xff] {
            let mut hostile = whole.clone();
            hostile[at] = value;
            let sum = crc(&hostile[start..start + length - 4]).to_le_bytes();
            hostile[start + length - 4..start + length].copy_from_slice(&sum);
            let database = open(hostile).unwrap();
            let mut buffer = Vec::new();
            let _ = database.advisories(&npm(), "lib", &mut buffer).map(|found| found.len());
        }
    }
    // A block that lies beyond the end, and one that is too short to be one.
    for (at, length) in [(u64::MAX, 10u32), (HEADER as u64, u32::MAX), (0, 10), (HEADER as u64, 3)] {
        let mut hostile = whole.clone();
        hostile[directory + 8..directory + 16].copy_from_slice(&at.to_le_bytes());
        hostile[directory + 16..directory + 20].copy_from_slice(&length.to_le_bytes());
        let sum = crc(&hostile[directory..directory + ENTRY]).to_le_bytes();
        hostile[36..40].copy_from_slice(&sum);
        let sum = crc(&hostile[..92]).to_le_bytes();
        hostile[92..96].copy_from_slice(&sum);
        let database = open(hostile).unwrap();
        let error = database.advisories(&npm(), "lib", &mut Vec::new()).map(drop).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Untrusted);
    }
}

#[test]
fn a_folder_without_records_and_an_empty_index_are_errors() {
    let folder = tempfile::tempdir().unwrap();
    let mut builder = DatabaseBuilder::new();
    assert_eq!(builder.add_osv(folder.path()).unwrap_err().kind(), ErrorKind::Invalid);
    assert_eq!(builder.write(folder.path().join("out")).unwrap_err().kind(), ErrorKind::Invalid);
    assert!(std::fs::read_dir(folder.path()).unwrap().next().is_none(), "nothing is left behind");
}

#[test]
fn writing_takes_the_place_of_what_is_there() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("cache.db");
    std::fs::write(&path, "old").unwrap();
    let info = osv(&[record("1", "lib")]).write(&path).unwrap();
    let database = Database::open(&path).unwrap();
    assert_eq!((database.info(), ids(&database, "lib").len()), (&info, 1));
}

/// The archives of three ecosystems, whole.
#[test]
fn the_archives_of_osv_are_read() {
    let Some(folder) = crate::document::shared_data("sbom/osv/bulk") else { return };
    let start = Instant::now();
    let mut builder = DatabaseBuilder::new();
    builder.add_osv(&folder).unwrap();
    println!("{:?} in {:?}", builder.sources(), start.elapsed());
    let source = &builder.sources()[0];
    assert_eq!(source.withdrawn, 13 + 17 + 10);
    assert!(source.left_out.is_empty(), "{:?}", source.left_out);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("cache.db");
    let info = builder.write(&path).unwrap();
    let start = Instant::now();
    let database = Database::open(&path).unwrap();
    println!("{} advisories, {} packages, opened in {:?}", info.advisories, info.packages, start.elapsed());
    assert_eq!(info.ecosystems.keys().map(String::as_str).collect::<Vec<_>>(), ["cargo", "golang", "pypi"]);
    assert!(info.advisories > 9500);
    database.verify().unwrap();
}
