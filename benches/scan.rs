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

fn scan(criterion: &mut Criterion) {
    let folder = tempfile::tempdir().expect("a folder");
    let path = database(folder.path());
    let mut group = criterion.benchmark_group("scan");
    group.bench_function("open", |b| b.iter(|| Database::open(black_box(&path))));
    let scanner = EmbeddedScanner::new(Arc::new(Database::open(&path).expect("a database")));
    let (sbom, now) = (sbom(), Timestamp::now());
    group.throughput(Throughput::Elements(INSTALLED as u64));
    group.bench_function("570 packages", |b| b.iter(|| scanner.scan_sbom(black_box(&sbom), now)));
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
