//! OCI image layouts: a folder that is a registry with one repository (OCI image specification, `image-layout.md`).

mod change;
pub(super) mod content;
mod directory;
pub(super) mod index;
pub(super) mod reading;

use std::path::PathBuf;
use std::sync::Arc;

use async_trait::async_trait;
use futures_util::StreamExt;
use tokio::sync::mpsc;
use tokio::task::spawn_blocking;

use self::content::Content;
pub(crate) use self::content::{INDEX, MARKER, blob_path, marker};
use self::directory::{Directory, Temporary};
use super::files::Files;
use super::{BlobStream, Moved, Registry, RegistryWriter, blob, checks};
use crate::approve::Permit;
use crate::blocking::{blocking, joined};
use crate::error::{Error, Result};
use crate::model::{Repository, Transport};
use crate::plan::{BlobCopy, Delete, PutManifest, SetTag};

/// A folder that is an OCI image layout.
///
/// It is made by the first write. Several processes may use it at once: files appear whole or not at all, and `index.json`
/// changes under a lock (`index.json.lock`), so that nobody's entry is lost. A process that is killed leaves at most a
/// `.cache-….tmp` file, which does no harm and which the next writer removes.
///
/// What other tools see: tags are `org.opencontainers.image.ref.name` annotations; manifests without a tag are listed
/// without a name, unless an index that is listed names them; referrers are listed, and stand in the list of the fallback
/// tag as well. What Cache sees of other tools: a manifest is there when its bytes are; its referrers are those that can be
/// reached from `index.json` at any depth. A name that is no tag, such as a full reference, cannot be asked for.
///
/// Deleting a tag removes the name and nothing else. Deleting a manifest removes its entries and its own bytes; its blobs
/// stay, since other images may share them.
#[derive(Debug, Clone)]
pub struct Layout {
    content: Arc<Content<Directory>>,
}

impl Layout {
    /// The layout that a repository such as `oci:path/to/folder` names. Nothing is read or made yet.
    ///
    /// # Errors
    /// `Invalid` where the repository is of another kind.
    pub fn open(repository: &Repository) -> Result<Self> {
        if repository.transport() != Transport::Layout {
            return Err(Error::invalid("this is not the name of a layout")
                .context("repository", repository)
                .hint("a layout is written oci:FOLDER"));
        }
        let files = Directory::new(PathBuf::from(repository.path()));
        Ok(Layout { content: Arc::new(Content::new(files, repository.clone())) })
    }

    /// The repository that this layout is.
    pub fn repository(&self) -> &Repository {
        self.content.repository()
    }

    /// Reads on a thread where it may block. A layout that was never written is a repository that does not exist.
    async fn read<T: Send + 'static>(
        &self,
        asked: &Repository,
        read: impl FnOnce(&Content<Directory>) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        self.content.expect(asked)?;
        self.run(|content| {
            if content.files().open(content::MARKER)?.is_none() && content.files().is_vacant()? {
                return Err(checks::no_repository(content.repository()));
            }
            read(content)
        })
        .await
    }

    async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Content<Directory>) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let content = Arc::clone(&self.content);
        blocking(move || work(&content)).await
    }
}

reading::reads_as_layout!(Layout, Directory);

#[async_trait]
impl RegistryWriter for Layout {
    async fn put_blob(&self, op: Permit<'_, BlobCopy>, from: &dyn Registry) -> Result<Moved> {
        self.content.expect(&op.to)?;
        let blob = op.blob.clone();
        if self.run(move |content| content.has_blob(&blob)).await? {
            return Ok(Moved::AlreadyThere);
        }
        let stream = blob::open_source(from, &op).await?;
        let file = self.run(Content::begin_blob).await?;
        let arrived = receive(stream, file).await?;
        let blob = op.blob.clone();
        self.run(move |content| content.finish_blob(arrived, &blob)).await?;
        Ok(Moved::Sent(op.blob.size))
    }

    async fn put_manifest(&self, op: Permit<'_, PutManifest>) -> Result<Moved> {
        self.content.expect(&op.repository)?;
        let manifest = op.manifest.clone();
        self.run(move |content| content.put_manifest(&manifest)).await
    }

    async fn set_tag(&self, op: Permit<'_, SetTag>) -> Result<Moved> {
        let change = op.clone();
        self.read(&op.repository, move |content| content.set_tag(&change)).await
    }

    async fn delete(&self, op: Permit<'_, Delete>) -> Result<()> {
        let change = op.clone();
        self.read(&op.repository, move |content| content.delete(&change)).await
    }

    fn as_registry(&self) -> &dyn Registry {
        self
    }
}

/// Writes a stream to a file on another thread while the next piece is fetched and hashed here. What fails leaves no file.
async fn receive(mut stream: BlobStream, mut file: Temporary) -> Result<Temporary> {
    let (pieces, mut arriving) = mpsc::channel::<bytes::Bytes>(4);
    let writer = spawn_blocking(move || {
        while let Some(piece) = arriving.blocking_recv() {
            file.append(&piece)?;
        }
        Ok(file)
    });
    let mut failure = None;
    while let Some(piece) = stream.next().await {
        match piece {
            Ok(piece) => {
                // The writer stopped early: it says why below.
                if pieces.send(piece).await.is_err() {
                    break;
                }
            }
            Err(error) => failure = Some(error),
        }
    }
    drop(pieces);
    let written = joined(writer.await);
    match failure {
        None => written,
        Some(error) => Err(error),
    }
}

#[cfg(test)]
#[path = "layout_tests.rs"]
mod tests;
