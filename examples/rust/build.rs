//! Builds the demo's image out of what is at hand: a program, its lock file and an SBOM of it. No other tool is needed.

use std::io::Write as _;
use std::path::Path;

use cache_core::model::manifest::media_type;
use cache_core::model::{Descriptor, Digest, Repository, Tag};
use cache_core::registry::MemoryRegistry;
use serde_json::{Value, json};

type Failure = Box<dyn std::error::Error>;

/// What a build gave: the image is in `registry`, under `repository:tag`.
pub struct Built {
    /// Holds the image.
    pub registry: MemoryRegistry,
    /// The SBOM, SPDX 2.3 in JSON.
    pub sbom: Vec<u8>,
    /// A vulnerability report in Cache's own format. The scanner is a list of one made-up advisory: the demo shows what the
    /// gates make of a report, not how to find vulnerabilities.
    pub report: Vec<u8>,
    /// The predicate of its provenance, SLSA v1.
    pub provenance: Value,
}

/// Packs `program` and `lock` into an image of one layer. The same files give the same digest.
pub fn build(program: &Path, lock: &Path, repository: &Repository, tag: &Tag) -> Result<Built, Failure> {
    let lock_text = std::fs::read_to_string(lock)?;
    let layer = layer(&[
        ("usr/bin/promote", &std::fs::read(program)?, 0o755),
        ("app/Cargo.lock", lock_text.as_bytes(), 0o644),
    ])?;
    let registry = MemoryRegistry::new();
    let stored = registry.insert_blob(layer.compressed);
    let config = json!({
        "architecture": "amd64", "os": "linux", "config": {"Entrypoint": ["/usr/bin/promote"]},
        "rootfs": {"type": "layers", "diff_ids": [layer.diff_id]},
    });
    let config = registry.insert_blob(serde_json::to_vec(&config)?);
    let manifest = json!({
        "schemaVersion": 2, "mediaType": media_type::OCI_MANIFEST,
        "config": Descriptor::new(media_type::OCI_CONFIG, config.digest, config.size),
        "layers": [Descriptor::new(media_type::OCI_LAYER_GZIP, stored.digest, stored.size)],
    });
    let image = registry.insert_manifest(repository, Some(tag.clone()), serde_json::to_vec(&manifest)?)?;
    let provenance = json!({
        "buildDefinition": {
            "buildType": "https://docs.rs/cache-core/demo-build/v1",
            "externalParameters": {},
            "resolvedDependencies": [{"uri": "file:Cargo.lock", "digest": {"sha256": Digest::of(lock_text.as_bytes()).hex()}}],
        },
        "runDetails": {"builder": {"id": "https://docs.rs/cache-core/demo-builder/v1"}},
    });
    let (sbom, report) = (sbom(&lock_text, &image.digest), report(&lock_text, &image.digest));
    Ok(Built { sbom: serde_json::to_vec(&sbom)?, report: serde_json::to_vec(&report)?, registry, provenance })
}

struct Layer {
    compressed: Vec<u8>,
    diff_id: Digest,
}

fn layer(files: &[(&str, &[u8], u32)]) -> Result<Layer, Failure> {
    let mut archive = tar::Builder::new(Vec::new());
    for (path, content, mode) in files {
        let mut header = tar::Header::new_gnu();
        header.set_size(content.len() as u64);
        header.set_mode(*mode);
        header.set_mtime(0);
        archive.append_data(&mut header, path, *content)?;
    }
    let plain = archive.into_inner()?;
    let mut gzip = flate2::GzBuilder::new().mtime(0).write(Vec::new(), flate2::Compression::fast());
    gzip.write_all(&plain)?;
    Ok(Layer { compressed: gzip.finish()?, diff_id: Digest::of(&plain) })
}

/// Name and version of each `[[package]]` of the lock file.
fn packages(lock: &str) -> impl Iterator<Item = (String, String)> {
    let value = |entry: &str, key: &str| {
        let line = entry.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix(" = \""));
        line.map(|rest| rest.trim_end_matches('"').to_owned())
    };
    let entries = lock.split("[[package]]").skip(1);
    entries.filter_map(move |entry| Some((value(entry, "name")?, value(entry, "version")?)))
}

/// What the made-up advisory finds.
fn report(lock: &str, image: &Digest) -> Value {
    let affected = packages(lock).filter(|(name, _)| name == "tar");
    let findings: Vec<Value> = affected
        .map(|(name, version)| {
            json!({"id": "DEMO-2026-0001", "severity": "medium", "package": name, "version": version,
                   "purl": format!("pkg:cargo/{name}@{version}")})
        })
        .collect();
    json!({"scanner": "one made-up advisory", "subjects": [image], "findings": findings})
}

/// An SPDX document with one package for each of the lock file.
fn sbom(lock: &str, image: &Digest) -> Value {
    let packages: Vec<Value> = packages(lock)
        .enumerate()
        .map(|(i, (name, version))| {
            json!({
                "SPDXID": format!("SPDXRef-Package-{i}"), "name": name, "versionInfo": version, "downloadLocation": "NOASSERTION",
                "externalRefs": [{"referenceCategory": "PACKAGE-MANAGER", "referenceType": "purl",
                                  "referenceLocator": format!("pkg:cargo/{name}@{version}")}],
            })
        })
        .collect();
    json!({
        "spdxVersion": "SPDX-2.3", "SPDXID": "SPDXRef-DOCUMENT", "dataLicense": "CC0-1.0", "name": "cache demo",
        "documentNamespace": format!("https://docs.rs/cache-core/demo/{}", image.hex()),
        "creationInfo": {"created": "1970-01-01T00:00:00Z", "creators": ["Tool: cache-demo"]},
        "packages": packages,
    })
}
