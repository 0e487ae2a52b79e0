//! The entries of a tar stream, in one pass and without holding a file.

use std::io::{ErrorKind, Read};

use tar::{EntryType, Header};

use super::limits::Limits;
use super::name;
use super::read::fill;
use crate::error::{Error, Result};
use crate::tarball::{BLOCK, Said, has_no_data, is_intact, until_nul};

/// The largest PAX header that is read: file capabilities and other attributes of a file are in it too.
const MAX_PAX: u64 = 1 << 20;

/// An entry, before its content.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Entry {
    /// Its path as [`normal`] writes it.
    pub(crate) path: String,
    pub(crate) kind: EntryKind,
}

/// What an entry is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum EntryKind {
    File {
        size: u64,
        executable: bool,
    },
    Directory,
    /// The target as it is written.
    Symlink(String),
    /// The path of the other entry as [`normal`] writes it.
    HardLink(String),
    /// A device, a pipe, a file with holes: it is there, and nothing reads it.
    Other,
}

/// The entries of a tar stream.
#[derive(Debug)]
pub(crate) struct Entries<'a, R> {
    reader: R,
    limits: &'a Limits,
    /// Of the current entry's content, what is not read yet, and what fills its last block.
    left: u64,
    padding: u64,
    count: u64,
    scratch: Vec<u8>,
}

impl<'a, R: Read> Entries<'a, R> {
    pub(crate) fn new(reader: R, limits: &'a Limits) -> Self {
        Entries { reader, limits, left: 0, padding: 0, count: 0, scratch: vec![0; 64 << 10] }
    }

    /// The next entry; what is left of the content of the one before is skipped.
    pub(crate) fn next(&mut self) -> Result<Option<Entry>> {
        self.skip(self.left + self.padding)?;
        (self.left, self.padding) = (0, 0);
        let mut said = Said::default();
        loop {
            let Some(header) = self.header()? else { return Ok(None) };
            self.count += 1;
            self.limits.check_entries(self.count)?;
            let kind = header.entry_type();
            let stated = header.entry_size().map_err(|e| malformed("a size is no number").caused_by(e))?;
            match kind {
                EntryType::XGlobalHeader => self.skip(rounded(stated)?)?,
                EntryType::XHeader => said.read_pax(&self.take(stated, MAX_PAX)?).map_err(malformed)?,
                EntryType::GNULongName => said.name = Some(until_nul(self.take(stated, self.longest())?)),
                EntryType::GNULongLink => said.link = Some(until_nul(self.take(stated, self.longest())?)),
                _ => return self.entry(&header, said, stated).map(Some),
            }
        }
    }

    /// The content of the current entry.
    pub(crate) fn content(&mut self) -> Content<'_, 'a, R> {
        Content(self)
    }

    /// The reader, for what comes after the archive.
    pub(crate) fn into_inner(self) -> R {
        self.reader
    }

    fn entry(&mut self, header: &Header, said: Said, stated: u64) -> Result<Entry> {
        let kind = header.entry_type();
        let path = said.name_with_holes.or(said.name).unwrap_or_else(|| header.path_bytes().into_owned());
        let path = normal(&name::text(&path));
        let limits = self.limits;
        limits.check_path(&path)?;
        let link = || {
            let link = said.link.clone().or_else(|| header.link_name_bytes().map(|link| link.into_owned()));
            let link = name::text(&link.unwrap_or_default());
            limits.check_path(&link).map(|()| link)
        };
        if header.as_gnu().is_some_and(|gnu| kind == EntryType::GNUSparse && gnu.is_extended()) {
            self.skip_sparse_map()?;
        }
        if !has_no_data(kind) {
            let size = said.size.unwrap_or(stated);
            self.limits.check_file(&path, size)?;
            (self.left, self.padding) = (size, rounded(size)? - size);
        }
        let kind = match kind {
            // Old archives mark a folder by its name alone.
            EntryType::Regular | EntryType::Continuous if header.path_bytes().ends_with(b"/") => EntryKind::Directory,
            EntryType::Regular | EntryType::Continuous if !said.has_holes => {
                let executable = header.mode().is_ok_and(|mode| mode & 0o111 != 0);
                EntryKind::File { size: self.left, executable }
            }
            EntryType::Directory => EntryKind::Directory,
            EntryType::Symlink => EntryKind::Symlink(link()?),
            EntryType::Link => EntryKind::HardLink(normal(&link()?)),
            _ => EntryKind::Other,
        };
        Ok(Entry { path, kind })
    }

    /// None at the end: two empty blocks, or nothing more.
    fn header(&mut self) -> Result<Option<Header>> {
        let mut header = Header::new_old();
        let mut ended = false;
        while self.fill(header.as_mut_bytes())? {
            let empty = header.as_bytes().iter().all(|byte| *byte == 0);
            match (empty, ended) {
                (true, true) => return Ok(None),
                (true, false) => ended = true,
                (false, true) => return Err(malformed("there is an entry behind its end")),
                (false, false) if is_intact(&header) => return Ok(Some(header)),
                (false, false) => return Err(malformed("the checksum of a header is wrong")),
            }
        }
        Ok(None)
    }

    /// Fills one block; false where the stream has ended before it.
    fn fill(&mut self, block: &mut [u8]) -> Result<bool> {
        match fill(&mut self.reader, block).map_err(of_read)? {
            0 => Ok(false),
            filled if filled < block.len() => Err(malformed("it ends in the middle of a header")),
            _ => Ok(true),
        }
    }

    /// A small content wholly, with what fills its last block.
    fn take(&mut self, size: u64, limit: u64) -> Result<Vec<u8>> {
        if size > limit {
            return Err(malformed("a name or attribute is too long").context("limit", limit));
        }
        let mut bytes = Vec::new();
        self.reader.by_ref().take(size).read_to_end(&mut bytes).map_err(of_read)?;
        if bytes.len() as u64 != size {
            return Err(malformed("it ends in the middle of an entry"));
        }
        self.skip(rounded(size)? - size)?;
        Ok(bytes)
    }

    fn skip(&mut self, mut bytes: u64) -> Result<()> {
        while bytes > 0 {
            let most = usize::try_from(bytes).unwrap_or(usize::MAX).min(self.scratch.len());
            let Some(buffer) = self.scratch.get_mut(..most) else { break };
            match self.reader.read(buffer) {
                Ok(0) => return Err(malformed("it ends in the middle of an entry")),
                Ok(n) => bytes -= n as u64,
                Err(e) if e.kind() == ErrorKind::Interrupted => {}
                Err(e) => return Err(of_read(e)),
            }
        }
        Ok(())
    }

    /// The map of an old GNU file with holes goes on in further blocks, each of which says whether it is the last.
    fn skip_sparse_map(&mut self) -> Result<()> {
        let mut block = [0; BLOCK as usize];
        loop {
            if !self.fill(&mut block)? {
                return Err(malformed("it ends in the middle of a header"));
            }
            if block.get(504).is_none_or(|extended| *extended == 0) {
                return Ok(());
            }
        }
    }

    fn longest(&self) -> u64 {
        self.limits.path as u64 + 1
    }
}

/// The content of one entry.
pub(crate) struct Content<'e, 'a, R>(&'e mut Entries<'a, R>);

impl<R: Read> Read for Content<'_, '_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let most = usize::try_from(self.0.left).unwrap_or(usize::MAX).min(buffer.len());
        let Some(buffer) = buffer.get_mut(..most).filter(|buffer| !buffer.is_empty()) else { return Ok(0) };
        let read = self.0.reader.read(buffer)?;
        if read == 0 {
            return Err(std::io::Error::new(ErrorKind::UnexpectedEof, malformed("it ends in the middle of an entry")));
        }
        self.0.left -= read as u64;
        Ok(read)
    }
}

/// A path without a slash before or after it, without `.` and without `..`, which leads no higher than the root.
pub(crate) fn normal(path: &str) -> String {
    let plain = !path.starts_with(['/', '.']) && !path.ends_with('/') && !path.contains("//") && !path.contains("/.");
    if plain {
        return path.to_owned();
    }
    let mut parts = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()),
            part => parts.push(part),
        }
    }
    parts.join("/")
}

/// What reading gave: our own error where there is one inside, such as bytes that do not match their digest.
pub(crate) fn of_read(error: std::io::Error) -> Error {
    match error.downcast::<Error>() {
        Ok(error) => error,
        Err(error) => Error::invalid("the layer cannot be unpacked").caused_by(error),
    }
}

fn malformed(what: &str) -> Error {
    Error::invalid(format!("the archive is malformed: {what}"))
}

fn rounded(size: u64) -> Result<u64> {
    size.checked_next_multiple_of(BLOCK).ok_or_else(|| malformed("a size is too large"))
}
