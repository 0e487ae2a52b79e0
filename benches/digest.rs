//! How fast content is hashed, beside a crypto library written in assembly: the ceiling of every verified transfer.

use std::hint::black_box;

use cache_core::model::Digest;
use cache_core::model::digest::{Algorithm, Hasher};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};

fn digest(c: &mut Criterion) {
    let bytes = vec![0x5a_u8; 16 << 20];
    let mut group = c.benchmark_group("sha256 of 16 MiB");
    group.throughput(Throughput::Bytes(bytes.len() as u64)).sample_size(30);
    group.bench_function("whole", |b| b.iter(|| Digest::of(black_box(&bytes))));
    group.bench_function("in pieces of 64 KiB", |b| {
        b.iter(|| {
            let mut hasher = Hasher::new(Algorithm::Sha256);
            bytes.chunks(64 << 10).for_each(|piece| hasher.update(black_box(piece)));
            hasher.finish()
        });
    });
    // AWS-LC is OpenSSL's own code for this.
    group.bench_function("aws-lc", |b| {
        b.iter(|| aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, black_box(&bytes)));
    });
    group.finish();
}

criterion_group!(benches, digest);
criterion_main!(benches);
