//! OSV's archives (<https://ossf.github.io/osv-schema>, <https://google.github.io/osv.dev/data>): a folder with an `all.zip` for
//! each ecosystem, with records as JSON files, or with both.

mod ranges;
mod record;

use std::path::{Path, PathBuf};

use self::record::Vulnerability;
use super::{DatabaseBuilder, DatabaseSource};
use crate::error::{Error, Result};
use crate::files::read_limited;
use crate::zip::{Budget, Zip};

/// How deep folders are looked into.
const MAX_DEPTH: usize = 4;
/// The largest archive; all of OSV is below.
const MAX_ARCHIVE: u64 = 4 << 30;
/// The largest record.
const MAX_RECORD: u64 = 64 << 20;

impl DatabaseBuilder {
    /// Takes in OSV's records below a folder: `<ecosystem>/all.zip` or JSON files.
    ///
    /// Records that are withdrawn, or that Cache cannot match, are counted and left out.
    ///
    /// # Errors
    /// `Invalid` where the folder has no record or an archive cannot be read; what the disk says.
    pub fn add_osv(&mut self, folder: impl AsRef<Path>) -> Result<()> {
        let folder = folder.as_ref();
        self.read_osv(|reading| reading.folder(folder, 0)).map_err(|e| e.context("path", folder.display()))
    }

    /// Takes in these archives.
    pub(in crate::scan) fn add_osv_archives(&mut self, archives: &[PathBuf]) -> Result<()> {
        self.read_osv(|reading| archives.iter().try_for_each(|path| reading.archive(path)))
    }

    /// Takes in what is in memory: an archive, or one record as JSON.
    ///
    /// # Errors
    /// `Invalid` where it has no record or cannot be read.
    pub fn add_osv_bytes(&mut self, bytes: &[u8]) -> Result<()> {
        self.read_osv(|reading| match bytes.starts_with(b"PK") {
            true => reading.entries(bytes),
            false => {
                reading.record(bytes);
                Ok(())
            }
        })
    }

    fn read_osv(&mut self, read: impl FnOnce(&mut Reading<'_>) -> Result<()>) -> Result<()> {
        let mut reading = Reading { builder: self, source: DatabaseSource::named("osv"), seen: 0 };
        read(&mut reading)?;
        let (source, seen) = (reading.source, reading.seen);
        if seen == 0 {
            return Err(Error::invalid("there is no record of OSV")
                .hint("there should be a folder for each ecosystem with an all.zip, or JSON files"));
        }
        self.finish(source);
        Ok(())
    }
}

struct Reading<'d> {
    builder: &'d mut DatabaseBuilder,
    source: DatabaseSource,
    seen: u64,
}

impl Reading<'_> {
    fn folder(&mut self, folder: &Path, depth: usize) -> Result<()> {
        let failed = |e| Error::io(folder, e);
        let mut paths = Vec::new();
        for entry in std::fs::read_dir(folder).map_err(failed)? {
            paths.push(entry.map_err(failed)?.path());
        }
        paths.sort();
        for path in paths {
            let is = |extension: &str| path.extension().is_some_and(|other| other == extension);
            if path.is_dir() {
                if depth < MAX_DEPTH {
                    self.folder(&path, depth + 1)?;
                }
            } else if is("zip") {
                self.archive(&path)?;
            } else if is("json") {
                self.record(&read_limited(&path, MAX_RECORD)?);
            }
        }
        Ok(())
    }

    fn archive(&mut self, path: &Path) -> Result<()> {
        self.entries(&read_limited(path, MAX_ARCHIVE)?).map_err(|e| e.context("archive", path.display()))
    }

    fn entries(&mut self, archive: &[u8]) -> Result<()> {
        let unreadable = |reason: &str| Error::invalid(format!("the archive cannot be read: {reason}"));
        let zip = Zip::open(archive).map_err(unreadable)?;
        let mut budget = Budget(u64::MAX);
        for entry in zip.entries.iter().filter(|entry| entry.name.ends_with(".json")) {
            let content = zip.content(entry, MAX_RECORD, &mut budget);
            self.record(&content.map_err(|reason| unreadable(&format!("{}: {reason}", entry.name)))?);
        }
        Ok(())
    }

    fn record(&mut self, json: &[u8]) {
        self.seen += 1;
        match serde_json::from_slice::<Vulnerability>(json) {
            Ok(vulnerability) => vulnerability.add(self.builder, &mut self.source),
            Err(_) => self.source.leave_out("no record of OSV"),
        }
    }
}
