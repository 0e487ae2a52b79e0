//! The files of a tar file, read where they are.

use std::collections::HashMap;
use std::fs::{File, Metadata};
use std::io::{Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use super::scan::{Entry, Place, scan};
use crate::error::{Error, Result};
use crate::registry::files::{FilePart, Files};

/// How many links may lead to a file.
const MAX_LINKS: usize = 16;

/// A tar file whose entries are known.
#[derive(Debug)]
pub(super) struct TarFile {
    path: PathBuf,
    entries: HashMap<String, Entry>,
    state: (u64, Option<SystemTime>),
}

impl TarFile {
    /// Looks through the headers. `None` where there is no such file.
    pub(super) fn open(path: &Path) -> Result<Option<Self>> {
        let metadata = match std::fs::metadata(path) {
            Ok(metadata) => metadata,
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(e) => return Err(Error::io(path, e)),
        };
        // Opening a pipe would wait for a writer.
        if !metadata.is_file() {
            return Err(Error::invalid("an archive is a regular file").context("path", path.display()));
        }
        let mut file = File::open(path).map_err(|e| Error::io(path, e))?;
        let state = state_of(&file.metadata().map_err(|e| Error::io(path, e))?);
        let entries = scan(&mut file, state.0).map_err(|e| e.context("archive", path.display()))?;
        Ok(Some(TarFile { path: path.to_owned(), entries, state }))
    }

    /// Where the file of this name is; links are followed. `None` where there is none.
    pub(super) fn find(&self, name: &str) -> Result<Option<Place>> {
        let refuse = |why: &str| {
            let error = Error::invalid(format!("the archive's entry cannot be read: {why}"));
            error.context("archive", self.path.display()).context("entry", name)
        };
        let mut at = name;
        for _ in 0..=MAX_LINKS {
            match self.entries.get(at) {
                Some(Entry::File(place)) => return Ok(Some(*place)),
                Some(Entry::Link(target)) => at = target,
                Some(Entry::Unreadable) => return Err(refuse("it is neither a regular file nor a link to one")),
                Some(Entry::Twice) => return Err(refuse("there are two of this name")),
                None if at == name => return Ok(None),
                None => return Err(refuse("the link leads to nothing")),
            }
        }
        Err(refuse("the links lead in a circle"))
    }

    /// The bytes at a place.
    pub(super) fn part(&self, place: Place) -> Result<FilePart> {
        let at = |e| Error::io(&self.path, e);
        let mut file = File::open(&self.path).map_err(at)?;
        // The places are those of the file that was looked through.
        if state_of(&file.metadata().map_err(at)?) != self.state {
            return Err(Error::conflict("the archive was changed while it was in use")
                .context("archive", self.path.display())
                .hint("open it again"));
        }
        file.seek(SeekFrom::Start(place.offset)).map_err(at)?;
        Ok(FilePart::new(file, place.size, self.path.clone()))
    }
}

impl Files for TarFile {
    fn open(&self, path: &str) -> Result<Option<FilePart>> {
        self.find(path)?.map(|place| self.part(place)).transpose()
    }

    fn place(&self) -> &Path {
        &self.path
    }
}

fn state_of(metadata: &Metadata) -> (u64, Option<SystemTime>) {
    (metadata.len(), metadata.modified().ok())
}
