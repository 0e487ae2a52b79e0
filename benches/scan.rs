//! How fast a vulnerability database is opened and an SBOM scanned. The data is made here; an archive of OSV has the same form.

use std::hint::black_box;
use std::path::Path;
use std::sync::Arc;

use cache_core::model::Timestamp;
use cache_core::sbom::{Family, Package, Sbom};
use cache_core::scan::version::Scheme;
use cache_core::scan::{Database, DatabaseBuilder, EmbeddedScanner};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use serde_json::json;

/// Two advisories for each package.
const ADVISORIES: usize = 20_000;
/// As many as an image of a distribution with an application has.
const INSTALLED: usize = 570;

fn database(folder: &Path) -> std::path::PathBuf {
    let records = folder.join("npm");
    std::fs::create_dir(&records).expect("a folder");
    for at in 0..ADVISORIES {
        let record = json!({
            "id": format!("GHSA-{at:06}"), "aliases": [format!("CVE-2026-{at:06}")], "modified": "2026-01-01T00:00:00Z",
            "severity": [{"type": "CVSS_V3", "score": "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"}],
            "affected": [{
                "package": {"ecosystem": "npm", "name": format!("package-{}", at / 2)},
                "ranges": [{"type": "SEMVER", "events": [{"introduced": "0"}, {"fixed": format!("1.{}.0", at % 40)}]}],
            }],
        });
        std::fs::write(records.join(format!("{at}.json")), record.to_string()).expect("a record");
    }
    let mut builder = DatabaseBuilder::new();
    builder.add_osv(folder).expect("records");
    let path = folder.join("cache.db");
    builder.write(&path).expect("a database");
    path
}

fn sbom() -> Sbom<'static> {
    let package = |at: usize| Package {
        id: format!("p{at}").into(),
        name: format!("package-{at}").into(),
        // Every other one is in no advisory.
        purl: Some(format!("pkg:npm/package-{}@1.{}.0", at * 35, at % 40).into()),
        ..Package::default()
    };
    Sbom { packages: (0..INSTALLED).map(package).collect(), ..Sbom::new(Family::Cache, "1") }
}

/// An archive with nothing compressed: its records one after the other, and where each begins (PKWARE's "APPNOTE", 4.3).
fn archive(records: impl Iterator<Item = (String, String)>) -> Vec<u8> {
    let (mut files, mut directory, mut count) = (Vec::new(), Vec::new(), 0_u16);
    for (name, text) in records {
        let mut crc = flate2::Crc::new();
        crc.update(text.as_bytes());
        let (at, size) = (files.len() as u32, text.len() as u32);
        // Version, flags, method, time, date, checksum, sizes, length of the name.
        let mut head = vec![20, 0, 0, 0, 0, 0, 0, 0, 33, 0];
        [crc.sum(), size, size, name.len() as u32].iter().for_each(|word| head.extend(word.to_le_bytes()));
        files.extend(b"PK\x03\x04");
        files.extend(&head);
        files.extend(name.bytes().chain(text.bytes()));
        directory.extend(b"PK\x01\x02\x14\0");
        directory.extend(&head);
        directory.extend([0; 10]);
        directory.extend(at.to_le_bytes());
        directory.extend(name.bytes());
        count += 1;
    }
    let (at, size) = (files.len() as u32, directory.len() as u32);
    files.extend(&directory);
    files.extend(b"PK\x05\x06\0\0\0\0");
    [count, count].iter().for_each(|word| files.extend(word.to_le_bytes()));
    [size, at].iter().for_each(|word| files.extend(word.to_le_bytes()));
    files.extend([0; 2]);
    files
}

/// An index of 300,000 records, each about a package of its own: six ecosystems, as an archive has room for 65,535.
fn large(folder: &Path) -> std::path::PathBuf {
    for ecosystem in ["npm", "PyPI", "crates.io", "RubyGems", "NuGet", "Packagist"] {
        let record = |at: usize| {
            let text = json!({
                "id": format!("OSV-{ecosystem}-{at}"), "aliases": [format!("CVE-2026-{at}")], "modified": "2026-01-01T00:00:00Z",
                "affected": [{
                    "package": {"ecosystem": ecosystem, "name": format!("team/package-{at}")},
                    "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": format!("1.{}.0", at % 40)}]}],
                }],
            });
            (format!("{at}.json"), text.to_string())
        };
        std::fs::create_dir_all(folder.join(ecosystem)).expect("a folder");
        std::fs::write(folder.join(ecosystem).join("all.zip"), archive((0..50_000).map(record))).expect("an archive");
    }
    let mut builder = DatabaseBuilder::new();
    builder.add_osv(folder).expect("records");
    let path = folder.join("large.db");
    assert_eq!(builder.write(&path).expect("a database").advisories, 300_000);
    path
}

fn scan(criterion: &mut Criterion) {
    let folder = tempfile::tempdir().expect("a folder");
    let path = database(folder.path());
    let mut group = criterion.benchmark_group("scan");
    group.bench_function("open", |b| b.iter(|| Database::open(black_box(&path))));
    let records = tempfile::tempdir().expect("a folder");
    let many = large(records.path());
    group.bench_function("open 300,000 records", |b| b.iter(|| Database::open(black_box(&many))));
    let scanner = EmbeddedScanner::new(Arc::new(Database::open(&path).expect("a database")));
    let (sbom, now) = (sbom(), Timestamp::now());
    group.throughput(Throughput::Elements(INSTALLED as u64));
    group.bench_function("570 packages", |b| b.iter(|| scanner.scan_sbom(black_box(&sbom), now)));
    // One scanner serves all threads; with twice as many there is twice as much to do.
    for threads in [1, 2] {
        group.throughput(Throughput::Elements((INSTALLED * 100 * threads) as u64));
        group.bench_function(format!("100 SBOMs in each of {threads} threads"), |b| {
            b.iter(|| {
                std::thread::scope(|scope| {
                    for _ in 0..threads {
                        scope.spawn(|| (0..100).for_each(|_| drop(black_box(scanner.scan_sbom(&sbom, now)))));
                    }
                });
            });
        });
    }
    group.finish();
}

fn versions(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("versions");
    for (scheme, a, b) in [
        (Scheme::Dpkg, "2.36-9+deb12u4", "2.36-9+deb12u10"),
        (Scheme::Rpm, "1:1.1.1k-9.el8_7", "1:1.1.1k-12.el8_9"),
        (Scheme::Apk, "3.1.4-r5", "3.1.4-r6"),
        (Scheme::Pep440, "2.28.1", "2.28.1.post1"),
        (Scheme::Semver, "1.0.0-beta.2", "1.0.0-beta.11"),
        (Scheme::Maven, "4.1.42.Final", "4.1.100.Final"),
        (Scheme::Gem, "7.0.8", "7.0.8.1"),
        (Scheme::Go, "v1.2.3-0.20240101000000-abcdef123456", "v1.2.3"),
    ] {
        group.bench_function(format!("{scheme:?}"), |bencher| {
            bencher.iter(|| scheme.compare(black_box(a), black_box(b)))
        });
    }
    group.finish();
}

criterion_group!(benches, scan, versions);
criterion_main!(benches);
