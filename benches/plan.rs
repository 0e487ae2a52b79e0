//! How long it takes to plan a promotion, gates included, where both registries answer at once.

use std::sync::Arc;

use cache_core::approve::Ledger;
use cache_core::model::{Descriptor, Reference};
use cache_core::promote::{Outlook, Promoter, Request};
use cache_core::registry::MemoryRegistry;
use cache_core::sign::Trust;
use criterion::{Criterion, criterion_group, criterion_main};
use serde_json::json;

/// An index of ten platforms with twenty layers each.
fn source(from: &Reference) -> MemoryRegistry {
    let registry = MemoryRegistry::new();
    let mut children = Vec::new();
    for platform in 0..10 {
        let blob = |kind: &str, text: String| {
            let stored = registry.insert_blob(text);
            Descriptor::new(kind, stored.digest, stored.size)
        };
        let layers: Vec<_> = (0..20)
            .map(|layer| blob("application/vnd.oci.image.layer.v1.tar+gzip", format!("{platform} {layer}")))
            .collect();
        let manifest = json!({
            "schemaVersion": 2, "mediaType": "application/vnd.oci.image.manifest.v1+json",
            "config": blob("application/vnd.oci.image.config.v1+json", format!("{{\"p\": {platform}}}")),
            "layers": layers,
        });
        let bytes = manifest.to_string();
        children.push(registry.insert_manifest(&from.repository, None, bytes).expect("a manifest"));
    }
    let index = json!({
        "schemaVersion": 2, "mediaType": "application/vnd.oci.image.index.v1+json", "manifests": children,
    });
    registry.insert_manifest(&from.repository, from.tag.clone(), index.to_string()).expect("an index");
    registry
}

fn plan(c: &mut Criterion) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let (from, to): (Reference, Reference) =
        ("memory:dev/app:v1".parse().expect("a reference"), "memory:prod/app:v1".parse().expect("a reference"));
    let ledger = tempfile::tempdir().expect("a folder");
    let promoter = Promoter {
        source: Arc::new(source(&from)),
        target: Arc::new(MemoryRegistry::new()),
        gates: Vec::new(),
        trust: Trust::default(),
        signer: None,
        policy: None,
        materials: MemoryRegistry::new(),
        ledger: Ledger::at(ledger.path()),
        clock: None,
    };
    let request = Request {
        from,
        to,
        environment: "prod".into(),
        requester: "bench".into(),
        reason: None,
        move_tags: false,
        attach: Vec::new(),
    };
    c.bench_function("plan an index of 10 platforms, 200 layers", |b| {
        b.iter(|| match runtime.block_on(promoter.plan(&request)).expect("a plan") {
            Outlook::Ready(plan) => plan.changes.len(),
            other => panic!("{other:?}"),
        });
    });
}

criterion_group!(benches, plan);
criterion_main!(benches);
