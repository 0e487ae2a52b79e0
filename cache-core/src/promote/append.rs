//! Adding layers to what cosign's tags name. All signatures of an image are layers of one manifest there, and every writer
//! changes the whole of it: so it is read right before and read again after, until ours is in it beside everybody else's.

use std::time::Duration;

use bytes::Bytes;
use serde_json::{Value, json};

use crate::approve::Appended;
use crate::error::{Absent, Error, ErrorKind, Result};
use crate::model::manifest::{MAX_MANIFEST, media_type};
use crate::model::{Descriptor, Manifest, ManifestBody, Repository, Tag};
use crate::registry::{MemoryRegistry, Registry, RegistryWriter};

/// How often another writer may come between.
const ROUNDS: u32 = 12;
/// cosign reads no more layers.
const MAX_LAYERS: usize = 1000;

/// Adds the layers, whose bytes are at `from`, under permits that `permit` gives. Nothing that is there is lost, whoever else
/// writes at the same time.
pub(super) async fn append<'a>(
    target: &dyn RegistryWriter,
    (repository, tag): (&Repository, &Tag),
    layers: &[Descriptor],
    from: &dyn Registry,
    permit: impl Fn(Manifest, Option<&Manifest>) -> Result<Appended<'a>> + Send + Sync,
) -> Result<bool> {
    for round in 0..ROUNDS {
        // Where conditions are not obeyed another writer may have written over us; a moment shows it.
        tokio::time::sleep(Duration::from_millis(u64::from(round) * 20)).await;
        let found = named(target.as_registry(), repository, tag).await?;
        let wanted: Vec<_> = layers.iter().filter(|layer| !found.as_ref().is_some_and(|it| holds(it, layer))).collect();
        if wanted.is_empty() {
            return Ok(round > 0);
        }
        let (manifest, config) = with(found.as_ref(), &wanted)?;
        let made = MemoryRegistry::new();
        made.insert_blob(config);
        let appended = permit(manifest, found.as_ref())?;
        target.put_blob(appended.config, &made).await?;
        for layer in appended.layers {
            target.put_blob(layer, from).await?;
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
        .context("repository", repository)
        .context("tag", tag))
}

/// Which layers of a list of signatures the list lacks that the tag names: they are compared with their annotations, since the
/// signature is one of them. `None` where either is no such list, or both together are too long for one.
pub(super) async fn lacking(
    target: &dyn Registry,
    repository: &Repository,
    tag: &Tag,
    manifest: &Manifest,
) -> Result<Option<Vec<Descriptor>>> {
    let ManifestBody::Image(wanted) = manifest.value() else { return Ok(None) };
    let Some(found) = named(target, repository, tag).await? else { return Ok(None) };
    let ManifestBody::Image(found) = found.value() else { return Ok(None) };
    if found.layers.len() > MAX_LAYERS || wanted.layers.len() > MAX_LAYERS {
        return Ok(None);
    }
    let lacking: Vec<_> = wanted.layers.iter().filter(|layer| !found.layers.contains(layer)).cloned().collect();
    Ok((found.layers.len() + lacking.len() <= MAX_LAYERS).then_some(lacking))
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

/// The manifest with more layers and everything else as it was, and its configuration, which lists the layers.
fn with(found: Option<&Manifest>, more: &[&Descriptor]) -> Result<(Manifest, Bytes)> {
    let malformed = |e: serde_json::Error| Error::invalid("what cosign's tag names cannot be changed").caused_by(e);
    let mut document: Value = match found {
        Some(found) => serde_json::from_slice(found.bytes()).map_err(malformed)?,
        None => json!({"schemaVersion": 2, "mediaType": media_type::OCI_MANIFEST, "layers": []}),
    };
    let layers = document["layers"].as_array_mut();
    let layers = layers.ok_or_else(|| Error::conflict("cosign's tag names something that has no layers"))?;
    if layers.len() + more.len() > MAX_LAYERS {
        return Err(Error::invalid(format!("there are more than {MAX_LAYERS} signatures then, and no more are read")));
    }
    for layer in more {
        layers.push(serde_json::to_value(layer).map_err(malformed)?);
    }
    let digests: Vec<Value> = layers.iter().map(|layer| layer["digest"].clone()).collect();
    let config = config(&digests).to_string().into_bytes();
    let media_type = document["config"]["mediaType"].as_str().unwrap_or(media_type::OCI_CONFIG).to_owned();
    document["config"] = serde_json::to_value(Descriptor::of(media_type, &config)).map_err(malformed)?;
    let bytes = serde_json::to_vec(&document).map_err(malformed)?;
    if bytes.len() as u64 > MAX_MANIFEST {
        return Err(Error::invalid("what cosign's tag names has no room for more"));
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
