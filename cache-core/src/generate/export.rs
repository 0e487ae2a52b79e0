//! An image on disk for a program that cannot be handed a stream: an OCI image layout that is removed again.

use std::path::{Path, PathBuf};

use futures_util::StreamExt;
use serde_json::json;
use tokio::io::AsyncWriteExt;

use super::subject;
use crate::error::{Error, Result};
use crate::model::{Descriptor, ManifestBody, Pinned};
use crate::registry::Registry;

/// A folder of its own below the machine's folder for such things. It is gone when this is dropped.
#[derive(Debug)]
pub(super) struct Exported {
    folder: PathBuf,
}

impl Exported {
    pub(super) async fn of(registry: &dyn Registry, image: &Pinned) -> Result<Exported> {
        let mut random = [0; 16];
        getrandom::fill(&mut random).map_err(|e| Error::unexpected("no random number").caused_by(e))?;
        let name = format!("cache-image-{:032x}", u128::from_le_bytes(random));
        let exported = Exported { folder: std::env::temp_dir().join(name) };
        exported.fill(registry, image).await?;
        Ok(exported)
    }

    pub(super) fn path(&self) -> &Path {
        &self.folder
    }

    pub(super) fn remove(self) -> Result<()> {
        std::fs::remove_dir_all(&self.folder).map_err(|e| Error::io(&self.folder, e))
    }

    async fn fill(&self, registry: &dyn Registry, image: &Pinned) -> Result<()> {
        let (manifest, layers) = subject::layers(registry, image).await?;
        let config = match manifest.value() {
            ManifestBody::Image(image) => image.config.clone(),
            ManifestBody::Index(_) => return Err(Error::unsupported("an index has no layers")),
        };
        for blob in std::iter::once(&config).chain(&layers) {
            self.blob(registry, image, blob).await?;
        }
        let descriptor = manifest.descriptor();
        self.write(&format!("blobs/sha256/{}", descriptor.digest.hex()), manifest.bytes()).await?;
        let index = json!({"schemaVersion": 2, "manifests": [descriptor]});
        self.write("index.json", index.to_string().as_bytes()).await?;
        self.write("oci-layout", br#"{"imageLayoutVersion":"1.0.0"}"#).await
    }

    async fn blob(&self, registry: &dyn Registry, image: &Pinned, blob: &Descriptor) -> Result<()> {
        let mut stream = registry.blob(&image.repository, blob).await?;
        let path = self.file(&format!("blobs/{}/{}", blob.digest.algorithm().name(), blob.digest.hex())).await?;
        let at = |e| Error::io(&path, e);
        let mut file = tokio::fs::File::create(&path).await.map_err(at)?;
        while let Some(chunk) = stream.next().await {
            file.write_all(&chunk?).await.map_err(at)?;
        }
        file.flush().await.map_err(at)
    }

    async fn write(&self, name: &str, bytes: &[u8]) -> Result<()> {
        let path = self.file(name).await?;
        tokio::fs::write(&path, bytes).await.map_err(|e| Error::io(&path, e))
    }

    async fn file(&self, name: &str) -> Result<PathBuf> {
        let path = self.folder.join(name);
        let folder = path.parent().unwrap_or(&self.folder);
        tokio::fs::create_dir_all(folder).await.map_err(|e| Error::io(folder, e))?;
        Ok(path)
    }
}

impl Drop for Exported {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}
