//! Taking files out of an archive.

use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;

use flate2::bufread::MultiGzDecoder;
use tempfile::NamedTempFile;

use crate::blocking::blocking;
use crate::error::{Error, Result};
use crate::files::temporary;

/// The largest file; the databases had under 2 GiB in 2026.
const MAX_FILE: u64 = 8 << 30;
/// More entries are no database.
const MAX_ENTRIES: usize = 1000;

/// Takes these files, all of them or none, out of a tar, packed by gzip or zstd, into a folder. Their bytes are on the disk then;
/// [`note_of_files`](super::note_of_files) sees to their names.
pub(super) async fn unpack(archive: File, names: &'static [&'static str], folder: &Path) -> Result<()> {
    let into = folder.to_owned();
    // They get their names here, and not where they are written: that goes on when the update was given up, and by then the folder
    // may be another's.
    for (name, file) in blocking(move || entries(archive, names, &into)).await? {
        let path = folder.join(name);
        file.persist(&path).map_err(|e| Error::io(&path, e.error))?;
    }
    Ok(())
}

fn entries(archive: File, names: &[&'static str], folder: &Path) -> Result<Vec<(&'static str, NamedTempFile)>> {
    let unreadable = |e| Error::invalid("the archive cannot be read").caused_by(e);
    let mut packed = BufReader::with_capacity(128 << 10, archive);
    let unpacked: Box<dyn Read> = match packed.fill_buf().map_err(unreadable)? {
        [0x1f, 0x8b, ..] => Box::new(MultiGzDecoder::new(packed)),
        [0x28, 0xb5, 0x2f, 0xfd, ..] => Box::new(zstd::Decoder::with_buffer(packed).map_err(unreadable)?),
        _ => Box::new(packed),
    };
    let mut tar = tar::Archive::new(unpacked);
    let mut found: Vec<(&'static str, NamedTempFile)> = Vec::new();
    for entry in tar.entries().map_err(unreadable)?.take(MAX_ENTRIES) {
        let entry = entry.map_err(unreadable)?;
        let path = entry.path().map_err(unreadable)?.into_owned();
        let path = path.strip_prefix(".").unwrap_or(&path);
        let Some(name) = names.iter().find(|name| path == Path::new(name)) else { continue };
        if !entry.header().entry_type().is_file() || entry.size() > MAX_FILE {
            return Err(Error::invalid("a file of the archive is none, or is too large").context("file", name));
        }
        let mut file = temporary(&folder.join(name))?;
        std::io::copy(&mut entry.take(MAX_FILE), &mut file).map_err(unreadable)?;
        file.as_file().sync_all().map_err(|e| Error::io(folder, e))?;
        found.push((name, file));
        if found.len() == names.len() {
            break;
        }
    }
    match names.iter().find(|name| !found.iter().any(|(known, _)| known == *name)) {
        Some(missing) => Err(Error::invalid("the archive lacks a file").context("file", missing)),
        None => Ok(found),
    }
}
