//! How fast manifests, SBOMs and reports are read. The documents are made here, in the size of those of a large image.

use std::hint::black_box;

use cache_core::model::{Descriptor, Manifest};
use cache_core::sbom::{Format, Sbom, validate};
use cache_core::scan::Report;
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use serde_json::{Value, json};

const PACKAGES: usize = 6_000;

fn manifest() -> Value {
    let layer =
        |i: usize| Descriptor::of("application/vnd.oci.image.layer.v1.tar+gzip", format!("layer {i}").as_bytes());
    json!({
        "schemaVersion": 2, "mediaType": "application/vnd.oci.image.manifest.v1+json",
        "config": Descriptor::of("application/vnd.oci.image.config.v1+json", b"{}"),
        "layers": (0..40).map(layer).collect::<Vec<_>>(),
        "annotations": {"org.opencontainers.image.created": "2026-01-01T00:00:00Z"},
    })
}

fn spdx() -> Value {
    let package = |i: usize| {
        json!({
            "SPDXID": format!("SPDXRef-{i}"), "name": format!("package-{i}"), "versionInfo": format!("1.{i}.0"),
            "downloadLocation": "NOASSERTION", "licenseConcluded": "NOASSERTION", "licenseDeclared": "Apache-2.0 OR MIT",
            "copyrightText": "NOASSERTION", "supplier": "NOASSERTION",
            "externalRefs": [{"referenceCategory": "PACKAGE-MANAGER", "referenceType": "purl",
                              "referenceLocator": format!("pkg:npm/package-{i}@1.{i}.0")}],
        })
    };
    let relationship = |i: usize| json!({"spdxElementId": "SPDXRef-0", "relatedSpdxElement": format!("SPDXRef-{i}"), "relationshipType": "CONTAINS"});
    json!({
        "spdxVersion": "SPDX-2.3", "SPDXID": "SPDXRef-DOCUMENT", "dataLicense": "CC0-1.0", "name": "bench",
        "documentNamespace": "https://example.com/bench", "creationInfo": {"created": "2026-01-01T00:00:00Z", "creators": []},
        "packages": (0..PACKAGES).map(package).collect::<Vec<_>>(),
        "relationships": (0..PACKAGES).map(relationship).collect::<Vec<_>>(),
    })
}

fn cyclonedx() -> Value {
    let component = |i: usize| {
        json!({
            "type": "library", "bom-ref": format!("ref-{i}"), "name": format!("package-{i}"), "version": format!("1.{i}.0"),
            "purl": format!("pkg:npm/package-{i}@1.{i}.0"), "licenses": [{"license": {"id": "MIT"}}],
            "properties": [{"name": "layer", "value": "3"}],
        })
    };
    json!({
        "bomFormat": "CycloneDX", "specVersion": "1.6", "version": 1,
        "components": (0..PACKAGES).map(component).collect::<Vec<_>>(),
    })
}

fn grype() -> Value {
    let found = |i: usize| {
        json!({
            "vulnerability": {"id": format!("CVE-2026-{i:05}"), "severity": "High", "fix": {"versions": ["2.0.0"], "state": "fixed"}},
            "relatedVulnerabilities": [], "matchDetails": [],
            "artifact": {"name": format!("package-{i}"), "version": "1.0.0", "type": "npm", "purl": format!("pkg:npm/package-{i}@1.0.0")},
        })
    };
    json!({
        "matches": (0..1_000).map(found).collect::<Vec<_>>(),
        "descriptor": {"name": "grype", "version": "0.100.0"},
        "source": {"type": "image", "target": {}},
    })
}

/// The document as Cache writes it in another format.
fn converted(document: &Value, format: &str) -> Vec<u8> {
    let json = bytes(document);
    let sbom = Sbom::parse(&json).expect("an SBOM");
    sbom.write(&Format::parse(format).expect("a format")).expect("a document").bytes
}

fn xml() -> Vec<u8> {
    converted(&cyclonedx(), "cyclonedx-1.6-xml")
}

fn bytes(document: &Value) -> Vec<u8> {
    serde_json::to_vec(document).expect("a document")
}

fn documents(c: &mut Criterion) {
    let mut run = |name: &str, bytes: Vec<u8>, read: fn(&[u8])| {
        let mut group = c.benchmark_group("read");
        group.throughput(Throughput::Bytes(bytes.len() as u64)).sample_size(30);
        group.bench_function(name, |b| b.iter(|| read(black_box(&bytes))));
        group.finish();
    };
    run("manifest of 40 layers", bytes(&manifest()), |bytes| {
        black_box(Manifest::parse(bytes.to_vec(), None).expect("a manifest"));
    });
    run("SPDX of 6000 packages", bytes(&spdx()), |bytes| {
        assert_eq!(Sbom::parse(bytes).expect("an SBOM").packages.len(), PACKAGES);
    });
    run("SPDX 3 of 6000 packages", converted(&spdx(), "spdx-3.0"), |bytes| {
        assert_eq!(Sbom::parse(bytes).expect("an SBOM").packages.len(), PACKAGES);
    });
    run("CycloneDX of 6000 components", bytes(&cyclonedx()), |bytes| {
        assert_eq!(Sbom::parse(bytes).expect("an SBOM").packages.len(), PACKAGES);
    });
    run("CycloneDX XML of 6000 components", xml(), |bytes| {
        assert_eq!(Sbom::parse(bytes).expect("an SBOM").packages.len(), PACKAGES);
    });
    run("CycloneDX of 6000 components, validated", bytes(&cyclonedx()), |bytes| {
        assert!(validate(bytes).expect("a document").is_empty());
    });
    run("CycloneDX XML of 6000 components, validated", xml(), |bytes| {
        assert!(validate(bytes).expect("a document").is_empty());
    });
    run("grype report of 1000 findings", bytes(&grype()), |bytes| {
        assert_eq!(Report::parse(bytes).expect("a report").findings.len(), 1_000);
    });
}

criterion_group!(benches, documents);
criterion_main!(benches);
