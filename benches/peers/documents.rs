//! How fast the SBOMs of a real image are read, beside the crates that a user would pick.
//!
//! `CACHE_BENCH_DOCUMENTS` is a folder with `spdx.json` (SPDX 2.3), `cyclonedx.json` (1.6) and `cyclonedx-1.5.json`, as
//! `scripts/compare-sbom.sh` makes them: cyclonedx-bom refuses 1.6.

use std::hint::black_box;
use std::path::PathBuf;

use cache_core::sbom::Sbom;
use criterion::{Criterion, Throughput, criterion_group, criterion_main};

fn document(name: &str) -> Vec<u8> {
    let folder = std::env::var_os("CACHE_BENCH_DOCUMENTS").map(PathBuf::from).expect("CACHE_BENCH_DOCUMENTS");
    std::fs::read(folder.join(name)).expect("scripts/compare-sbom.sh makes it")
}

fn read(c: &mut Criterion, file: &str, peers: &[(&str, fn(&[u8]))]) {
    let bytes = document(file);
    let mut group = c.benchmark_group(file);
    group.throughput(Throughput::Bytes(bytes.len() as u64)).sample_size(30);
    let own: (&str, fn(&[u8])) = ("cache", |bytes| {
        black_box(Sbom::parse(bytes).expect("an SBOM"));
    });
    let value: (&str, fn(&[u8])) = ("serde_json::Value", |bytes| {
        black_box(serde_json::from_slice::<serde_json::Value>(bytes).expect("JSON"));
    });
    for (name, parse) in [own, value].iter().chain(peers) {
        group.bench_function(*name, |b| b.iter(|| parse(black_box(&bytes))));
    }
    group.finish();
}

fn documents(c: &mut Criterion) {
    read(
        c,
        "spdx.json",
        &[("spdx-rs", |bytes| {
            let text = std::str::from_utf8(bytes).expect("text");
            black_box(serde_json::from_str::<spdx_rs::models::SPDX>(text).expect("an SBOM"));
        })],
    );
    read(c, "cyclonedx.json", &[]);
    read(
        c,
        "cyclonedx-1.5.json",
        &[("cyclonedx-bom", |bytes| {
            black_box(cyclonedx_bom::models::bom::Bom::parse_from_json(bytes).expect("an SBOM"));
        })],
    );
}

criterion_group!(benches, documents);
criterion_main!(benches);
