//! Finding the files of a tar file: one pass over its headers.

use std::collections::HashMap;
use std::io::{ErrorKind, Read, Seek, SeekFrom};

use tar::{EntryType, Header};

use super::names::{linked, normal};
use crate::error::{Error, Result};
use crate::tarball::{BLOCK, Said, has_no_data, is_intact, until_nul};

/// The longest name that a file system takes.
const MAX_NAME: u64 = 4096;
/// The largest PAX header that is read; a name and a few dates take some hundred bytes.
const MAX_PAX: u64 = 64 << 10;
/// Images have at most some thousand files.
const MAX_ENTRIES: usize = 200_000;

/// What a name stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Entry {
    /// A regular file.
    File(Place),
    /// Another name, as [`normal`] writes it.
    Link(String),
    /// A link to somewhere else, a pipe, a device, a file with holes.
    Unreadable,
    /// Two entries have this name: one reader would take the first, another the last.
    Twice,
}

/// Where the bytes of a file are in the tar file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Place {
    pub(super) offset: u64,
    pub(super) size: u64,
}

/// Every entry of the tar file by its name; folders are left out. `len` is the length of the file.
pub(super) fn scan(file: &mut (impl Read + Seek), len: u64) -> Result<HashMap<String, Entry>> {
    let mut entries = HashMap::new();
    let mut said = Said::default();
    let mut at = 0;
    while let Some(header) = header(file, at, len)? {
        let kind = header.entry_type();
        let data = at + BLOCK;
        let size = match said.size {
            _ if has_no_data(kind) => 0,
            Some(size) if !is_about_the_next(kind) => size,
            _ => header.entry_size().map_err(|e| malformed(at, "its size is no number").caused_by(e))?,
        };
        let end = data.checked_add(size).filter(|end| *end <= len);
        let end = end.ok_or_else(|| malformed(at, "it is longer than the rest of the file"))?;
        match kind {
            EntryType::XGlobalHeader => {}
            EntryType::XHeader => {
                said.read_pax(&read(file, at, size, MAX_PAX)?).map_err(|why| malformed(at, why))?;
            }
            EntryType::GNULongName => said.name = Some(until_nul(read(file, at, size, MAX_NAME)?)),
            EntryType::GNULongLink => said.link = Some(until_nul(read(file, at, size, MAX_NAME)?)),
            EntryType::Directory => said = Said::default(),
            _ => {
                let said = std::mem::take(&mut said);
                // A name that is no text is none that anybody asks for.
                let name = said.name.unwrap_or_else(|| header.path_bytes().into_owned());
                if let Ok(name) = String::from_utf8(name) {
                    let name = normal(&name)?;
                    let link = said.link.or_else(|| header.link_name_bytes().map(|l| l.into_owned()));
                    let entry = match kind {
                        _ if said.has_holes => Entry::Unreadable,
                        EntryType::Regular | EntryType::Continuous => Entry::File(Place { offset: data, size }),
                        EntryType::Symlink | EntryType::Link => follow(kind, &name, link),
                        _ => Entry::Unreadable,
                    };
                    entries.entry(name).and_modify(|e| *e = Entry::Twice).or_insert(entry);
                }
            }
        }
        if entries.len() > MAX_ENTRIES {
            return Err(Error::invalid(format!("the archive has more than {MAX_ENTRIES} files")));
        }
        at = end.next_multiple_of(BLOCK);
    }
    Ok(entries)
}

/// The header at `at`. `None` at the end of the archive: a block of zeros, or where the file ends.
fn header(file: &mut (impl Read + Seek), at: u64, len: u64) -> Result<Option<Header>> {
    // The padding of the last entry may be left out.
    if at >= len && at > 0 {
        return Ok(None);
    }
    let mut header = Header::new_old();
    file.seek(SeekFrom::Start(at)).map_err(failed)?;
    file.read_exact(header.as_mut_bytes()).map_err(|e| match e.kind() {
        ErrorKind::UnexpectedEof => malformed(at, "the file ends in it"),
        _ => failed(e),
    })?;
    let bytes = header.as_bytes();
    if bytes.iter().all(|b| *b == 0) {
        return Ok(None);
    }
    if is_intact(&header) {
        return Ok(Some(header));
    }
    if at > 0 {
        return Err(malformed(at, "its checksum is wrong"));
    }
    if bytes.starts_with(&[0x1f, 0x8b]) || bytes.starts_with(&[0x28, 0xb5, 0x2f, 0xfd]) {
        return Err(Error::unsupported("the archive is compressed, so that its files cannot be read one by one")
            .hint("decompress it first: gunzip or unzstd"));
    }
    Err(Error::invalid("this is not a tar file"))
}

fn is_about_the_next(kind: EntryType) -> bool {
    use EntryType::{GNULongLink, GNULongName, XGlobalHeader, XHeader};
    matches!(kind, GNULongLink | GNULongName | XGlobalHeader | XHeader)
}

fn follow(kind: EntryType, name: &str, target: Option<Vec<u8>>) -> Entry {
    let target = target.and_then(|t| String::from_utf8(t).ok());
    let target = match kind {
        EntryType::Symlink => target.and_then(|t| linked(name, &t)),
        _ => target.and_then(|t| normal(&t).ok()),
    };
    target.map_or(Entry::Unreadable, Entry::Link)
}

/// The data of the entry whose header is at `at`.
fn read(file: &mut (impl Read + Seek), at: u64, size: u64, limit: u64) -> Result<Vec<u8>> {
    if size > limit {
        return Err(malformed(at, &format!("a name or its attributes have {size} bytes; at most {limit} are read")));
    }
    let mut bytes = Vec::new();
    file.seek(SeekFrom::Start(at + BLOCK)).map_err(failed)?;
    file.take(size).read_to_end(&mut bytes).map_err(failed)?;
    Ok(bytes)
}

fn malformed(at: u64, why: &str) -> Error {
    Error::invalid(format!("the archive is malformed or was cut off: {why}")).context("entry at byte", at)
}

fn failed(e: std::io::Error) -> Error {
    Error::unexpected(e.to_string()).caused_by(e)
}

#[cfg(test)]
#[path = "scan_tests.rs"]
mod tests;
