//! Opening an archive at its first use.

use std::path::Path;
use std::sync::Arc;

use tokio::sync::OnceCell;

use super::tar_file::TarFile;
use crate::blocking::blocking;
use crate::error::{Error, Result};
use crate::model::{Repository, Transport};
use crate::registry::checks;
use crate::registry::files::Files;
use crate::registry::layout::content::Content;

/// An archive that is looked through when it is needed, and once.
#[derive(Debug)]
pub(super) struct Once<F> {
    repository: Repository,
    content: OnceCell<Arc<Content<F>>>,
    open: fn(TarFile) -> Result<F>,
}

impl<F: Files> Once<F> {
    /// `open` makes the files of a layout from those of the tar file.
    pub(super) fn new(repository: &Repository, transport: Transport, open: fn(TarFile) -> Result<F>) -> Result<Self> {
        if repository.transport() != transport {
            return Err(Error::invalid("this is not the name of such an archive")
                .context("repository", repository)
                .hint("archives are written oci-archive:FILE and docker-archive:FILE"));
        }
        Ok(Once { repository: repository.clone(), content: OnceCell::new(), open })
    }

    pub(super) fn repository(&self) -> &Repository {
        &self.repository
    }

    /// Reads on a thread where it may block. A file that is not there is a repository that does not exist.
    pub(super) async fn read<T: Send + 'static>(
        &self,
        asked: &Repository,
        work: impl FnOnce(&Content<F>) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        if *asked != self.repository {
            return Err(checks::no_repository(asked).context("this is", &self.repository));
        }
        let content = Arc::clone(self.content.get_or_try_init(|| self.look_through()).await?);
        blocking(move || work(&content)).await
    }

    async fn look_through(&self) -> Result<Arc<Content<F>>> {
        let (repository, open) = (self.repository.clone(), self.open);
        blocking(move || {
            let tar = TarFile::open(Path::new(repository.path()))?;
            let tar = tar.ok_or_else(|| checks::no_repository(&repository))?;
            let files = open(tar).map_err(|e| e.context("archive", repository.path()))?;
            Ok(Arc::new(Content::new(files, repository)))
        })
        .await
    }
}
