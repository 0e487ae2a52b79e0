//! Reading an index.

use std::path::Path;

use super::DatabaseInfo;
use super::file::Source;
use super::format::{ENTRY, HEADER, Header, crc, damaged, hash, long, word};
use super::record::{Reader, Record};
use crate::error::Result;
use crate::model::digest::{Algorithm, Digest, Hasher, to_hex};
use crate::scan::ecosystem::Ecosystem;

/// A vulnerability database: an index on disk that is opened at once and read piece by piece. Made by
/// [`DatabaseBuilder`](super::DatabaseBuilder).
#[derive(Debug)]
pub struct Database {
    source: Source,
    header: Header,
    directory: Vec<u8>,
    info: DatabaseInfo,
}

impl Database {
    /// Opens an index. What is read here is checked, what is read later, then; [`Database::verify`] checks all of it.
    ///
    /// # Errors
    /// `NotFound` where there is no such file; `Invalid` where it is no index, or one of another schema; `Untrusted` where it is
    /// damaged. The hint says how to make it anew.
    pub fn open(path: impl AsRef<Path>) -> Result<Database> {
        let path = path.as_ref();
        let open = || {
            let (source, length) = Source::open(path)?;
            Database::read(source, length)
        };
        open().map_err(|e| e.context("database", path.display()))
    }

    pub(super) fn read(source: Source, length: u64) -> Result<Database> {
        let mut header = [0; HEADER];
        if length >= HEADER as u64 {
            source.read(0, &mut header).map_err(unreadable)?;
        }
        let header = Header::of(&header, length)?;
        let part = |at: u64, size: u64, sum: u32, what: &str| {
            let size = usize::try_from(size).map_err(|_| damaged("it is too large"))?;
            let mut bytes = vec![0; size];
            source.read(at, &mut bytes).map_err(unreadable)?;
            if crc(&bytes) == sum {
                Ok(bytes)
            } else {
                Err(damaged(&format!("its {what} does not match its checksum")))
            }
        };
        let size = header.entries * ENTRY as u64;
        let directory = part(header.directory, size, header.directory_crc, "directory")?;
        let info = part(header.description, header.description_length, header.description_crc, "description")?;
        let info = serde_json::from_slice(&info).map_err(|e| damaged("its description cannot be read").caused_by(e))?;
        Ok(Database { source, header, directory, info })
    }

    /// What it was made of.
    pub fn info(&self) -> &DatabaseInfo {
        &self.info
    }

    /// The digest of what it holds: the same for the same data.
    pub fn digest(&self) -> String {
        format!("sha256:{}", to_hex(&self.header.sha256))
    }

    /// Reads all of it and compares it with its digest.
    ///
    /// # Errors
    /// `Untrusted` where it is damaged.
    pub fn verify(&self) -> Result<()> {
        let mut hasher = Hasher::new(Algorithm::Sha256);
        let mut buffer = vec![0; 1 << 20];
        let mut at = HEADER as u64;
        while at < self.header.length {
            let size = usize::try_from(self.header.length - at).unwrap_or(usize::MAX).min(buffer.len());
            let piece = buffer.get_mut(..size).unwrap_or_default();
            self.source.read(at, piece).map_err(unreadable)?;
            hasher.update(piece);
            at += size as u64;
        }
        let right = Digest::parse(&self.digest())?;
        if hasher.finish() == right { Ok(()) } else { Err(damaged("its content does not match its digest")) }
    }

    /// Whether it knows of an ecosystem at all.
    pub(crate) fn knows(&self, ecosystem: &Ecosystem) -> bool {
        self.info.ecosystems.contains_key(ecosystem.as_str())
    }

    /// The advisories about a package. `name` is normalised; `buffer` is what they are read into.
    pub(crate) fn advisories<'b>(
        &self,
        ecosystem: &Ecosystem,
        name: &str,
        buffer: &'b mut Vec<u8>,
    ) -> Result<Vec<Record<'b>>> {
        let key = key(ecosystem, name);
        let wanted = hash(key.as_bytes());
        let mut at = self.first(wanted);
        let mut found = None;
        while let Some(entry) = self.entry(at).filter(|entry| found.is_none() && long(entry, 0) == wanted) {
            self.block(entry, buffer)?;
            let mut reader = Reader(content(buffer));
            let same = reader.text().map_err(|_| damaged("a block has no key"))? == key;
            found = same.then_some(reader.0.len());
            at += 1;
        }
        let Some(length) = found else { return Ok(Vec::new()) };
        let content = content(buffer);
        records(content.get(content.len().saturating_sub(length)..).unwrap_or_default())
    }

    /// The first entry whose hash is not below.
    fn first(&self, wanted: u64) -> usize {
        let (mut low, mut high) = (0, self.directory.len() / ENTRY);
        while low < high {
            let middle = low.midpoint(high);
            if self.entry(middle).is_some_and(|entry| long(entry, 0) < wanted) {
                low = middle + 1
            } else {
                high = middle
            }
        }
        low
    }

    fn entry(&self, at: usize) -> Option<&[u8]> {
        self.directory.get(at.checked_mul(ENTRY)?..)?.get(..ENTRY)
    }

    /// Reads the block of an entry.
    fn block(&self, entry: &[u8], buffer: &mut Vec<u8>) -> Result<()> {
        let (at, length) = (long(entry, 8), word(entry, 16));
        let end = at.checked_add(length.into());
        if length < 5 || at < HEADER as u64 || end.is_none_or(|end| end > self.header.length) {
            return Err(damaged("a block is not inside of it"));
        }
        buffer.clear();
        buffer.resize(length as usize, 0);
        self.source.read(at, buffer).map_err(unreadable)?;
        let content = content(buffer);
        if crc(content) == word(buffer, content.len()) {
            Ok(())
        } else {
            Err(damaged("a block does not match its checksum"))
        }
    }
}

/// A block without its checksum.
fn content(block: &[u8]) -> &[u8] {
    block.get(..block.len().saturating_sub(4)).unwrap_or_default()
}

fn records(bytes: &[u8]) -> Result<Vec<Record<'_>>> {
    let mut reader = Reader(bytes);
    let mut records = Vec::new();
    while !reader.0.is_empty() {
        records.push(reader.record().map_err(|_| damaged("an advisory cannot be read"))?);
    }
    Ok(records)
}

/// How a package is named in the index.
pub(super) fn key(ecosystem: &Ecosystem, name: &str) -> String {
    format!("{ecosystem}\0{name}")
}

fn unreadable(error: std::io::Error) -> crate::error::Error {
    damaged("it cannot be read to its end").caused_by(error)
}
