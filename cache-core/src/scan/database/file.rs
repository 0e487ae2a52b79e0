//! A file of which pieces are read, by several at a time.

use std::fs::File;
use std::path::Path;

use crate::error::{Error, Result};

/// Bytes that are read by their place.
#[derive(Debug)]
pub(super) enum Source {
    File(File),
    #[cfg(test)]
    Memory(Vec<u8>),
}

impl Source {
    /// Opens a file, and says how long it is.
    pub(super) fn open(path: &Path) -> Result<(Source, u64)> {
        let file = File::open(path).map_err(|e| Error::io(path, e))?;
        let length = file.metadata().map_err(|e| Error::io(path, e))?.len();
        Ok((Source::File(file), length))
    }

    /// Fills `into` with what begins at a place.
    pub(super) fn read(&self, at: u64, into: &mut [u8]) -> std::io::Result<()> {
        match self {
            Source::File(file) => read(file, at, into),
            #[cfg(test)]
            Source::Memory(bytes) => {
                let from = usize::try_from(at).ok().and_then(|at| bytes.get(at..)?.get(..into.len()));
                into.copy_from_slice(from.ok_or(std::io::ErrorKind::UnexpectedEof)?);
                Ok(())
            }
        }
    }
}

#[cfg(unix)]
fn read(file: &File, at: u64, into: &mut [u8]) -> std::io::Result<()> {
    std::os::unix::fs::FileExt::read_exact_at(file, into, at)
}

#[cfg(windows)]
fn read(file: &File, mut at: u64, mut into: &mut [u8]) -> std::io::Result<()> {
    use std::os::windows::fs::FileExt;
    while !into.is_empty() {
        match file.seek_read(into, at)? {
            0 => return Err(std::io::ErrorKind::UnexpectedEof.into()),
            count => {
                at += count as u64;
                into = into.get_mut(count..).unwrap_or_default();
            }
        }
    }
    Ok(())
}
