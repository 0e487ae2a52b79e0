//! An image on disk for a program that cannot be handed a stream: an OCI image layout that is removed again.

use std::path::{Path, PathBuf};

use futures_util::StreamExt;
use serde_json::json;
use tempfile::TempDir;
use tokio::io::AsyncWriteExt;

use super::subject;
use crate::error::{Error, Result};
use crate::model::{Descriptor, Pinned};
use crate::registry::Registry;
use crate::registry::layout::{INDEX, MARKER, blob_path, marker};

/// A folder of its own below the machine's folder for such things. It is gone when this is dropped.
#[derive(Debug)]
pub(crate) struct Exported {
    folder: TempDir,
}

impl Exported {
    pub(crate) async fn of(registry: &dyn Registry, image: &Pinned) -> Result<Exported> {
        let folder = tempfile::Builder::new().prefix("cache-image-").tempdir();
        let folder = folder.map_err(|e| Error::io(&std::env::temp_dir(), e))?;
        let exported = Exported { folder };
        exported.fill(registry, image).await?;
        Ok(exported)
    }

    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) fn remove(self) -> Result<()> {
        let path = self.path().to_owned();
        self.folder.close().map_err(|e| Error::io(&path, e))
    }

    async fn fill(&self, registry: &dyn Registry, image: &Pinned) -> Result<()> {
        let (manifest, body) = subject::image_manifest(registry, image).await?;
        for blob in std::iter::once(&body.config).chain(&body.layers) {
            self.blob(registry, image, blob).await?;
        }
        self.write(&blob_path(manifest.digest()), manifest.bytes()).await?;
        let index = json!({"schemaVersion": 2, "manifests": [manifest.descriptor()]});
        self.write(INDEX, index.to_string().as_bytes()).await?;
        self.write(MARKER, marker().as_bytes()).await
    }

    async fn blob(&self, registry: &dyn Registry, image: &Pinned, blob: &Descriptor) -> Result<()> {
        let mut stream = registry.blob(&image.repository, blob).await?;
        let path = self.file(&blob_path(&blob.digest)).await?;
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
        let path = self.path().join(name);
        let folder = path.parent().unwrap_or(self.path());
        tokio::fs::create_dir_all(folder).await.map_err(|e| Error::io(folder, e))?;
        Ok(path)
    }
}
