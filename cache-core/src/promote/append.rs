//! Adding a layer to what cosign's tags name. All signatures of an image are layers of one manifest there, and every writer
//! changes the whole of it: so it is read right before and read again after, until ours is in it beside everybody else's.

use std::time::Duration;

use bytes::Bytes;
use serde_json::{Value, json};

use crate::approve::Permit;
use crate::error::{Absent, Error, ErrorKind, Result};
use crate::model::manifest::{MAX_MANIFEST, media_type};
use crate::model::{Descriptor, Manifest, ManifestBody, Repository, Tag};
use crate::plan::Attach;
use crate::registry::{MemoryRegistry, Registry, RegistryWriter};
use crate::sign::tag_suffix;

/// How often another writer may come between.
const ROUNDS: u32 = 12;
/// cosign reads no more layers.
const MAX_LAYERS: usize = 1000;

/// Adds the layer. Nothing that is there is lost, whoever else writes at the same time.
pub(super) async fn append(
    target: &dyn RegistryWriter,
    op: &Permit<'_, Attach>,
    predicate_type: &str,
    layer: Descriptor,
    bytes: Bytes,
) -> Result<bool> {
    let tag = Tag::of_digest(&op.subject.digest, tag_suffix(predicate_type));
    for round in 0..ROUNDS {
        // Where conditions are not obeyed another writer may have written over us; a moment shows it.
        tokio::time::sleep(Duration::from_millis(u64::from(round) * 20)).await;
        let found = named(target.as_registry(), &op.repository, &tag).await?;
        if found.as_ref().is_some_and(|found| holds(found, &layer)) {
            return Ok(round > 0);
        }
        let (manifest, config) = with(found.as_ref(), &layer)?;
        let made = MemoryRegistry::new();
        made.insert_blob(config);
        made.insert_blob(bytes.clone());
        let appended = op.appended(manifest, found.as_ref())?;
        for blob in appended.blobs {
            target.put_blob(blob, &made).await?;
        }
        target.put_manifest(appended.manifest).await?;
        match target.set_tag(appended.tag).await {
            Ok(_) => {}
            // Somebody was faster.
            Err(error) if error.kind() == ErrorKind::Conflict => {}
            Err(error) => return Err(error),
        }
    }
    Err(Error::conflict("others change what cosign's tag names all the time")
        .context("repository", &op.repository)
        .context("tag", tag))
}

/// Whether what the tag names has all layers of this manifest: then it is the same list of signatures, perhaps with more.
pub(super) async fn extends(
    target: &dyn Registry,
    repository: &Repository,
    tag: &Tag,
    manifest: &Manifest,
) -> Result<bool> {
    let ManifestBody::Image(wanted) = manifest.value() else { return Ok(false) };
    let Some(found) = named(target, repository, tag).await? else { return Ok(false) };
    let ManifestBody::Image(found) = found.value() else { return Ok(false) };
    if found.layers.len() > MAX_LAYERS || wanted.layers.len() > MAX_LAYERS {
        return Ok(false);
    }
    Ok(wanted.layers.iter().all(|layer| found.layers.contains(layer)))
}

async fn named(target: &dyn Registry, repository: &Repository, tag: &Tag) -> Result<Option<Manifest>> {
    match target.resolve(&repository.tagged(tag.clone())).await.absent_is_none()? {
        Some(found) => target.manifest(&repository.at(found.digest)).await.map(Some),
        None => Ok(None),
    }
}

fn holds(manifest: &Manifest, layer: &Descriptor) -> bool {
    matches!(manifest.value(), ManifestBody::Image(image) if image.layers.contains(layer))
}

/// The manifest with one more layer and everything else as it was, and its configuration, which lists the layers.
fn with(found: Option<&Manifest>, layer: &Descriptor) -> Result<(Manifest, Bytes)> {
    let malformed = |e: serde_json::Error| Error::invalid("what cosign's tag names cannot be changed").caused_by(e);
    let mut document: Value = match found {
        Some(found) => serde_json::from_slice(found.bytes()).map_err(malformed)?,
        None => json!({"schemaVersion": 2, "mediaType": media_type::OCI_MANIFEST, "layers": []}),
    };
    let layers = document["layers"].as_array_mut();
    let layers = layers.ok_or_else(|| Error::conflict("cosign's tag names something that has no layers"))?;
    if layers.len() >= MAX_LAYERS {
        return Err(Error::invalid(format!("there are {MAX_LAYERS} signatures already, and no more are read")));
    }
    layers.push(serde_json::to_value(layer).map_err(malformed)?);
    let digests: Vec<Value> = layers.iter().map(|layer| layer["digest"].clone()).collect();
    let config = config(&digests).to_string().into_bytes();
    let media_type = document["config"]["mediaType"].as_str().unwrap_or(media_type::OCI_CONFIG).to_owned();
    document["config"] = serde_json::to_value(Descriptor::of(media_type, &config)).map_err(malformed)?;
    let bytes = serde_json::to_vec(&document).map_err(malformed)?;
    if bytes.len() as u64 > MAX_MANIFEST {
        return Err(Error::invalid("what cosign's tag names has no room for one more"));
    }
    Ok((Manifest::parse(bytes, found.map(|found| found.media_type()))?, config.into()))
}

/// The configuration as cosign writes it: that of an image of no platform, made at no time.
fn config(layers: &[Value]) -> Value {
    const NEVER: &str = "0001-01-01T00:00:00Z";
    json!({
        "architecture": "", "created": NEVER, "os": "", "config": {},
        "history": layers.iter().map(|_| json!({"created": NEVER})).collect::<Vec<_>>(),
        "rootfs": {"type": "layers", "diff_ids": layers},
    })
}
