//! Making an index.

use std::collections::BTreeMap;
use std::io::{BufWriter, Seek, SeekFrom, Write};
use std::path::Path;

use tempfile::NamedTempFile;

use super::advisory::Advisory;
use super::format::{ENTRY, HEADER, Header, crc, hash};
use super::index::key;
use super::info::{DatabaseInfo, DatabaseSource};
use super::record;
use crate::error::{Error, Result};
use crate::files::{settle, temporary_for_all};
use crate::model::digest::{Algorithm, Hasher};
use crate::scan::ecosystem::Ecosystem;

/// Gathers what sources say and writes it as an index. The same sources give the same bytes, in whatever order they are read.
#[derive(Debug, Default)]
pub struct DatabaseBuilder {
    /// The records of each package, by its key.
    packages: BTreeMap<String, Vec<Vec<u8>>>,
    sources: Vec<DatabaseSource>,
}

impl DatabaseBuilder {
    /// One that has gathered nothing.
    pub fn new() -> Self {
        DatabaseBuilder::default()
    }

    /// What has been read so far, by source.
    pub fn sources(&self) -> &[DatabaseSource] {
        &self.sources
    }

    pub(in crate::scan) fn add(&mut self, ecosystem: &Ecosystem, name: &str, advisory: &Advisory) {
        let mut bytes = Vec::new();
        record::write(advisory, &mut bytes);
        self.packages.entry(key(ecosystem, &ecosystem.normalise(name))).or_default().push(bytes);
    }

    pub(super) fn finish(&mut self, source: DatabaseSource) {
        self.sources.push(source);
        self.sources.sort_by(|a, b| (&a.name, a.as_of, a.advisories).cmp(&(&b.name, b.as_of, b.advisories)));
    }

    /// Writes the index in the place of whatever is at `path`, all of it or nothing. The folder is made where there is none.
    ///
    /// # Errors
    /// `Invalid` where nothing was gathered, or where one package has more than 4 GiB of advisories; what the disk says.
    pub fn write(self, path: impl AsRef<Path>) -> Result<DatabaseInfo> {
        let path = path.as_ref();
        self.unplaced(path)?.put(path)
    }

    /// The index in a file beside the one whose place it is to take.
    pub(crate) fn unplaced(self, path: &Path) -> Result<Unplaced> {
        let failed = |e| Error::io(path, e);
        let mut out = BufWriter::with_capacity(1 << 20, temporary_for_all(path)?);
        let info = self.write_to(&mut out, path)?;
        let file = out.into_inner().map_err(|e| failed(e.into_error()))?;
        // `put` has to wait for little then, wherever it is called.
        file.as_file().sync_all().map_err(failed)?;
        Ok(Unplaced { file, info })
    }

    pub(super) fn write_to(self, out: &mut (impl Write + Seek), path: &Path) -> Result<DatabaseInfo> {
        let failed = |e| Error::io(path, e);
        if self.packages.is_empty() {
            return Err(
                Error::invalid("the sources have no advisory that Cache can match").context("database", path.display())
            );
        }
        let mut ecosystems = BTreeMap::new();
        let mut body = Body { out, hasher: Hasher::new(Algorithm::Sha256), at: HEADER as u64 };
        body.out.write_all(&[0; HEADER]).map_err(failed)?;
        let mut entries = Vec::with_capacity(self.packages.len());
        for (key, mut records) in self.packages {
            // What one source says twice is one advisory.
            records.sort_unstable();
            records.dedup();
            let ecosystem = key.split('\0').next().unwrap_or_default();
            *ecosystems.entry(ecosystem.to_owned()).or_default() += records.len() as u64;
            let mut block = Vec::new();
            record::text(&key, &mut block);
            records.iter().for_each(|record| block.extend_from_slice(record));
            block.extend(crc(&block).to_le_bytes());
            let length = u32::try_from(block.len())
                .map_err(|_| Error::invalid("a package has too many advisories").context("package", &key))?;
            entries.push((hash(key.as_bytes()), body.at, length));
            body.write(&block).map_err(failed)?;
        }
        entries.sort_unstable();
        let mut directory = Vec::with_capacity(entries.len() * ENTRY);
        for (hash, at, length) in &entries {
            directory.extend(hash.to_le_bytes());
            directory.extend(at.to_le_bytes());
            directory.extend(length.to_le_bytes());
        }
        let directory_at = body.at;
        body.write(&directory).map_err(failed)?;
        let info = DatabaseInfo {
            data_as_of: self.sources.iter().filter_map(|source| source.as_of).max(),
            advisories: ecosystems.values().sum(),
            packages: entries.len() as u64,
            ecosystems,
            sources: self.sources,
        };
        let description = serde_json::to_vec(&info).map_err(|e| Error::unexpected("no description").caused_by(e))?;
        let description_at = body.at;
        body.write(&description).map_err(failed)?;
        let header = Header {
            length: body.at,
            directory: directory_at,
            entries: entries.len() as u64,
            directory_crc: crc(&directory),
            description: description_at,
            description_length: description.len() as u64,
            description_crc: crc(&description),
            sha256: body.hasher.finish().to_bytes().try_into().unwrap_or_default(),
        };
        out.seek(SeekFrom::Start(0)).map_err(failed)?;
        out.write_all(&header.to_bytes()).map_err(failed)?;
        out.flush().map_err(failed)?;
        Ok(info)
    }
}

/// An index that is made, and not yet where it shall be. Dropped, it is gone.
#[derive(Debug)]
pub(crate) struct Unplaced {
    file: NamedTempFile,
    info: DatabaseInfo,
}

impl Unplaced {
    pub(crate) fn put(self, path: &Path) -> Result<DatabaseInfo> {
        settle(self.file, path)?;
        Ok(self.info)
    }
}

/// What follows the header, hashed on its way.
struct Body<'o, O> {
    out: &'o mut O,
    hasher: Hasher,
    at: u64,
}

impl<O: Write> Body<'_, O> {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<()> {
        self.hasher.update(bytes);
        self.at += bytes.len() as u64;
        self.out.write_all(bytes)
    }
}
