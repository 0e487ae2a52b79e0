//! What `docker save` writes.

use super::docker_files::DockerFiles;
use super::once::Once;
use crate::error::Result;
use crate::model::{Repository, Transport};
use crate::registry::layout::content::Content;
use crate::registry::layout::reading::reads_as_layout;

/// What `docker save` writes, in a plain tar file: configurations, layers and a `manifest.json`.
///
/// Such an archive has no image manifests and no digests of layers, so every layer is read once at the first use, and each
/// image gets a Docker schema 2 manifest, with the fields and the order of skopeo's; the same archive always gives the same
/// bytes. Layers are taken as they are and called what they are (skopeo calls them compressed even where they are not), so
/// one that is not compressed is named by its `diff_id` and checked against it.
///
/// A tag is the tag part of a name in `RepoTags`, whatever repository stands before it. Where two images of the archive have
/// the same tag, asking for it is an error; where the archive has one image, it needs no tag.
///
/// Docker writes layouts since version 25: those are read as [`OciArchive`](super::OciArchive) reads them, under the tags
/// of `manifest.json` too.
#[derive(Debug)]
pub struct DockerArchive {
    content: Once<DockerFiles>,
}

impl DockerArchive {
    /// The archive that a repository such as `docker-archive:path/to/file` names. Nothing is read yet.
    ///
    /// # Errors
    /// `Invalid` where the repository is of another kind.
    pub fn open(repository: &Repository) -> Result<Self> {
        Ok(DockerArchive { content: Once::new(repository, Transport::DockerArchive, DockerFiles::new)? })
    }

    /// The repository that this archive is.
    pub fn repository(&self) -> &Repository {
        self.content.repository()
    }

    async fn read<T: Send + 'static>(
        &self,
        asked: &Repository,
        work: impl FnOnce(&Content<DockerFiles>) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        self.content.read(asked, work).await
    }
}

reads_as_layout!(DockerArchive, DockerFiles);
