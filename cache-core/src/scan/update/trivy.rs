//! Trivy's database (aquasecurity/trivy, `pkg/db`): an artifact in a registry, whose one layer is an archive of two files.

use std::io::Seek;

use futures_util::StreamExt;
use tokio::io::AsyncWriteExt;

use super::download::Downloader;
use super::place::Place;
use super::progress::UpdateProgress;
use super::unpack::unpack;
use super::{Fetched, Input, note_of_files, noted};
use crate::error::{Error, Result};
use crate::model::{Pinned, Reference};
use crate::registry::Registry;

const LAYER: &str = "application/vnd.aquasec.trivy.db.layer.v1.tar+gzip";
const FILES: &[&str] = &["trivy.db", "metadata.json"];

pub(super) async fn fetch(
    registry: &dyn Registry,
    image: &Reference,
    downloader: &Downloader,
    place: &Place,
    fetched: &mut Fetched,
) -> Result<()> {
    let at = |e: Error| e.context("image", image);
    let folder = place.folder("trivy")?;
    let unpacked = folder.join("unpacked");
    let pinned = image.repository.at(registry.resolve(image).await.map_err(at)?.digest);
    let digest = pinned.digest.to_string();
    let is_whole = FILES.iter().all(|name| folder.join(name).exists());
    if is_whole && noted(&unpacked).is_some_and(|of| of == digest.as_bytes()) {
        downloader.tell(|| UpdateProgress::Unchanged { what: image.to_string() });
    } else {
        let layer = download(registry, &pinned, image, downloader).await.map_err(at)?;
        // The two files are of one database: while they change they are of none.
        let failed = |e| Error::io(&unpacked, e);
        std::fs::remove_file(&unpacked).or_else(absent).map_err(failed)?;
        unpack(layer, FILES, &folder).await.map_err(at)?;
        note_of_files(&unpacked, digest.as_bytes()).await?;
    }
    fetched.marks.insert("trivy".to_owned(), digest);
    fetched.files.push(Input::Trivy(folder.join("trivy.db")));
    Ok(())
}

fn absent(error: std::io::Error) -> std::io::Result<()> {
    if error.kind() == std::io::ErrorKind::NotFound { Ok(()) } else { Err(error) }
}

/// The layer, verified, in a file without a name. Where the connection breaks, the registry's client goes on from there.
async fn download(
    registry: &dyn Registry,
    pinned: &Pinned,
    image: &Reference,
    downloader: &Downloader,
) -> Result<std::fs::File> {
    let manifest = registry.manifest(pinned).await?;
    let layer = manifest.blobs().into_iter().find(|blob| blob.media_type == LAYER);
    let layer = layer.ok_or_else(|| Error::invalid("this is no database of Trivy: it has no such layer"))?;
    let mut blob = registry.blob(&pinned.repository, layer).await?;
    let what = image.to_string();
    downloader.tell(|| UpdateProgress::Download { what: what.clone(), already: 0, size: Some(layer.size) });
    let failed = |e| Error::io(&std::env::temp_dir(), e);
    let mut file = tokio::fs::File::from_std(tempfile::tempfile().map_err(failed)?);
    while let Some(piece) = blob.next().await {
        let piece = piece?;
        file.write_all(&piece).await.map_err(failed)?;
        downloader.tell(|| UpdateProgress::Bytes { what: what.clone(), read: piece.len() as u64 });
    }
    file.flush().await.map_err(failed)?;
    let mut file = file.into_std().await;
    file.rewind().map_err(failed)?;
    Ok(file)
}
