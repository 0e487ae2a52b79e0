//! Files on the local disk, read in pieces without holding up the runtime.

use std::fmt;
use std::fs::File;
use std::io::{Cursor, Read};
use std::path::{Path, PathBuf};

use bytes::Bytes;
use futures_util::{Stream, stream};
use tokio::task::{JoinHandle, spawn_blocking};

use crate::blocking::joined;
use crate::error::{Error, Result};

/// How much is read at once.
pub(super) const CHUNK: u64 = 1 << 20;

/// Where the files of an image are: a folder or a tar file.
pub(super) trait Files: std::fmt::Debug + Send + Sync + 'static {
    /// Opens a regular file by its path, with `/` between the parts. `None` where there is none.
    fn open(&self, path: &str) -> Result<Option<FilePart>>;

    /// The folder or tar file, for messages.
    fn place(&self) -> &Path;

    /// Reads a small document whole.
    fn read(&self, path: &str, limit: u64) -> Result<Option<Bytes>> {
        self.open(path)?.map(|part| part.read(limit)).transpose()
    }
}

/// A file, or a part of one, about to be read from its beginning.
pub(super) struct FilePart {
    source: Box<dyn Read + Send>,
    left: u64,
    path: PathBuf,
}

impl FilePart {
    /// `len` bytes of `file` from where it stands; `path` is for messages.
    pub(super) fn new(file: File, len: u64, path: PathBuf) -> Self {
        FilePart { source: Box::new(file), left: len, path }
    }

    /// Content that is not on the disk, and stands in for the file `path`.
    pub(super) fn of_bytes(bytes: Bytes, path: PathBuf) -> Self {
        FilePart { left: bytes.len() as u64, source: Box::new(Cursor::new(bytes)), path }
    }

    pub(super) fn len(&self) -> u64 {
        self.left
    }

    /// Reads it whole, at most `limit` bytes.
    pub(super) fn read(mut self, limit: u64) -> Result<Bytes> {
        if self.left > limit {
            return Err(Error::invalid(format!("the file has {} bytes; at most {limit} are read", self.left))
                .context("path", self.path.display()));
        }
        let len = self.left;
        let bytes = self.next(len)?;
        if bytes.len() as u64 != len {
            return Err(
                Error::unexpected("the file became shorter while it was read").context("path", self.path.display())
            );
        }
        Ok(bytes)
    }

    /// The bytes in pieces; the next piece is read while the last one is used.
    pub(super) fn chunks(self) -> impl Stream<Item = Result<Bytes>> + Send {
        let first = (self.left > 0).then(|| self.read_ahead());
        stream::unfold(first, |reading| async move {
            match joined(reading?.await) {
                Ok((bytes, _)) if bytes.is_empty() => None,
                Ok((bytes, part)) => Some((Ok(bytes), (part.left > 0).then(|| part.read_ahead()))),
                Err(error) => Some((Err(error), None)),
            }
        })
    }

    fn read_ahead(mut self) -> JoinHandle<Result<(Bytes, FilePart)>> {
        spawn_blocking(move || {
            let bytes = self.next(CHUNK)?;
            Ok((bytes, self))
        })
    }

    /// The next bytes, `most` at most; fewer only at the end.
    pub(super) fn next(&mut self, most: u64) -> Result<Bytes> {
        let wanted = most.min(self.left);
        let mut bytes = Vec::with_capacity(usize::try_from(wanted).unwrap_or(0));
        let read = (&mut self.source).take(wanted).read_to_end(&mut bytes).map_err(|e| Error::io(&self.path, e))?;
        self.left -= read as u64;
        Ok(bytes.into())
    }
}

impl fmt::Debug for FilePart {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FilePart").field("path", &self.path).field("left", &self.left).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::TryStreamExt;
    use std::io::{Seek, SeekFrom};

    #[tokio::test]
    async fn a_part_is_read_in_pieces_and_no_further() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        let bytes: Vec<u8> = (0..CHUNK as usize * 2 + 10).map(|i| (i % 251) as u8).collect();
        std::fs::write(&path, &bytes).unwrap();
        let mut file = File::open(&path).unwrap();
        file.seek(SeekFrom::Start(3)).unwrap();
        let part = FilePart::new(file, CHUNK * 2 + 2, path);
        let pieces: Vec<Bytes> = part.chunks().try_collect().await.unwrap();
        assert_eq!(pieces.iter().map(Bytes::len).collect::<Vec<_>>(), [CHUNK as usize, CHUNK as usize, 2]);
        assert_eq!(pieces.concat(), bytes[3..bytes.len() - 5]);
    }

    #[test]
    fn a_document_over_the_limit_is_not_read() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        std::fs::write(&path, b"12345").unwrap();
        let error = FilePart::new(File::open(&path).unwrap(), 5, path).read(4).unwrap_err();
        assert_eq!(error.kind(), crate::ErrorKind::Invalid);
    }
}
