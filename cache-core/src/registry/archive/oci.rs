//! OCI image layouts in tar files.

use super::once::Once;
use super::tar_file::TarFile;
use crate::error::Result;
use crate::model::{Repository, Transport};
use crate::registry::layout::content::Content;
use crate::registry::layout::reading::reads_as_layout;

/// An OCI image layout in a plain tar file, such as `skopeo copy … oci-archive:FILE` or `tar -cf FILE -C LAYOUT .` make.
///
/// It is read as [`Layout`](crate::registry::Layout) reads a folder: the same tags, the same referrers.
#[derive(Debug)]
pub struct OciArchive {
    content: Once<TarFile>,
}

impl OciArchive {
    /// The archive that a repository such as `oci-archive:path/to/file` names. Nothing is read yet.
    ///
    /// # Errors
    /// `Invalid` where the repository is of another kind.
    pub fn open(repository: &Repository) -> Result<Self> {
        Ok(OciArchive { content: Once::new(repository, Transport::OciArchive, Ok)? })
    }

    /// The repository that this archive is.
    pub fn repository(&self) -> &Repository {
        self.content.repository()
    }

    async fn read<T: Send + 'static>(
        &self,
        asked: &Repository,
        work: impl FnOnce(&Content<TarFile>) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        self.content.read(asked, work).await
    }
}

reads_as_layout!(OciArchive, TarFile);
