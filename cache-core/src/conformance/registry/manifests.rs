//! Manifests and indexes.

use serde_json::json;

use super::bench::{Bench, KIND};
use super::flaw::{Check, Flaw, expect, refusable};
use crate::error::{Absent, ErrorKind};
use crate::model::manifest::media_type;
use crate::model::{Descriptor, Digest, Manifest};

pub(super) async fn manifest_comes_back_byte_for_byte(bench: &Bench<'_>) -> Check {
    // Space that no serialiser writes, and fields that nobody knows.
    let mut json = bench.image_json("byte for byte");
    json["x-unknown"] = json!({ "kept": [null, 1.0, "é"] });
    let text = format!("\n {} \n\n", json.to_string().replace("\":", "\" :  "));
    let image = Manifest::parse(text, None)?;
    bench.put(&image).await?;
    same(bench, &image).await
}

pub(super) async fn manifest_may_be_written_twice(bench: &Bench<'_>) -> Check {
    let image = bench.image("twice")?;
    bench.put(&image).await?;
    bench.put(&image).await?;
    same(bench, &image).await
}

pub(super) async fn docker_image_keeps_its_types(bench: &Bench<'_>) -> Check {
    let layer = bench.blob("application/vnd.docker.image.rootfs.diff.tar.gzip", bench.unique("docker layer"));
    let image = json!({
        "schemaVersion": 2, "mediaType": media_type::DOCKER_MANIFEST,
        "config": bench.blob(media_type::DOCKER_CONFIG, json!({ "docker": bench.unique("") }).to_string()),
        "layers": [layer],
    });
    let image = Manifest::parse(image.to_string(), None)?;
    let list = json!({
        "schemaVersion": 2, "mediaType": media_type::DOCKER_LIST, "manifests": [image.descriptor()],
    });
    let list = Manifest::parse(list.to_string(), None)?;
    for manifest in [&image, &list] {
        bench.put(manifest).await?;
        same(bench, manifest).await?;
    }
    Ok(())
}

pub(super) async fn nested_indexes_come_back(bench: &Bench<'_>) -> Check {
    let image = bench.image("nested")?;
    bench.put(&image).await?;
    let mut inner = image;
    for _ in 0..3 {
        let index = json!({
            "schemaVersion": 2, "mediaType": media_type::OCI_INDEX, "manifests": [inner.descriptor()],
        });
        inner = Manifest::parse(index.to_string(), None)?;
        bench.put(&inner).await?;
        same(bench, &inner).await?;
    }
    Ok(())
}

pub(super) async fn sha512_manifest_comes_back(bench: &Bench<'_>) -> Check {
    let text = bench.image_json("long digest").to_string();
    let digest = Digest::parse(&format!("sha512:{}", "0".repeat(128)))?.same_algorithm_of(text.as_bytes());
    let image = Manifest::parse_expecting(text, &digest, None)?;
    for blob in image.blobs() {
        bench.put_blob(blob).await?;
    }
    refusable(bench.put_manifest(&image).await)?;
    same(bench, &image).await
}

pub(super) async fn manifest_of_absent_content_is_refused(bench: &Bench<'_>) -> Check {
    let config = bench.blob(media_type::OCI_CONFIG, json!({ "absent": bench.unique("layer") }).to_string());
    bench.put_blob(&config).await?;
    let layer = Descriptor::of(KIND, bench.unique("never put").as_bytes());
    let image = json!({
        "schemaVersion": 2, "mediaType": media_type::OCI_MANIFEST, "config": config, "layers": [layer],
    });
    let image = Manifest::parse(image.to_string(), None)?;
    if bench.put_manifest(&image).await.is_ok() {
        // The distribution specification leaves it to the registry.
        return Err(Flaw::Lacking("the registry takes manifests whose content is absent".into()));
    }
    let found = bench.read_manifest(image.digest()).await.absent_is_none()?;
    expect(found.is_none(), "a manifest that was refused is not there")
}

/// Reads the manifest, and resolves its digest.
async fn same(bench: &Bench<'_>, manifest: &Manifest) -> Check {
    let found = bench.read_manifest(manifest.digest()).await?;
    expect(found.bytes() == manifest.bytes(), "the bytes that were put")?;
    expect(found.digest() == manifest.digest(), "the digest that was asked for")?;
    expect(found.media_type() == manifest.media_type(), "the media type that was put")?;
    let resolved = bench.registry.resolve(&bench.at(manifest.digest()).into()).await?;
    let expected = manifest.descriptor();
    expect(
        (&resolved.digest, resolved.size, &resolved.media_type)
            == (&expected.digest, expected.size, &expected.media_type),
        &format!("the digest resolves to {expected:?}; it does to {resolved:?}"),
    )?;
    let other = bench.at(&Digest::of(b"not there"));
    let absent = bench.registry.resolve(&other.into()).await;
    expect(absent.is_err_and(|e| e.kind() == ErrorKind::NotFound), "another digest is not found")
}
