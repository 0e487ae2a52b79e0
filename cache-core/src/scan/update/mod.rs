//! Bringing a vulnerability database up to date: fetches what others publish and makes the index of it.
//!
//! What was fetched is kept, so that the next update asks only for what changed and a download that broke goes on where it
//! was. The index is replaced when all is there and was read well: whatever fails before leaves the old one as it is.

mod checksum;
mod download;
mod grype;
mod osv;
mod place;
mod progress;
mod source;
mod trivy;
mod unpack;

use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};

use serde::Serialize;

use self::download::Downloader;
use self::place::{Made, Place};
pub use self::progress::UpdateProgress;
pub use self::source::DataSource;
use super::{Database, DatabaseBuilder, DatabaseInfo};
use crate::blocking::blocking;
use crate::error::{Error, Result};
use crate::files::{folder_of, read_limited, replace, sync_folder};
use crate::registry::{Network, Patience};
use crate::watch::Watch;

#[cfg(test)]
mod tests;

/// Brings one database up to date.
#[derive(Debug)]
pub struct DatabaseUpdate {
    database: PathBuf,
    downloads: PathBuf,
    sources: Vec<DataSource>,
    network: Network,
    patience: Patience,
    watch: Option<Watch<UpdateProgress>>,
}

/// What an update came to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Updated {
    /// What the database is made of now.
    pub info: DatabaseInfo,
    /// Whether it is another one than before.
    pub changed: bool,
}

/// What a source has on this machine now.
#[derive(Debug, Default)]
struct Fetched {
    /// The files that the index is made of.
    files: Vec<Input>,
    /// What tells this content from any other, by what it is of.
    marks: BTreeMap<String, String>,
}

#[derive(Debug)]
enum Input {
    Osv(Vec<PathBuf>),
    Grype(PathBuf),
    Trivy(PathBuf),
}

impl DatabaseUpdate {
    /// Of the index at this path, which need not be there yet. What is fetched is kept beside it, in a folder of the same name
    /// with `.sources` at its end.
    pub fn new(database: impl Into<PathBuf>) -> Self {
        let database = database.into();
        let mut beside = database.clone().into_os_string();
        beside.push(".sources");
        DatabaseUpdate {
            database,
            downloads: beside.into(),
            sources: Vec::new(),
            network: Network::default(),
            patience: Patience::default(),
            watch: None,
        }
    }

    /// Takes in this source too.
    #[must_use]
    pub fn source(mut self, source: DataSource) -> Self {
        self.sources.push(source);
        self
    }

    /// Keeps what is fetched in this folder.
    #[must_use]
    pub fn downloads(mut self, folder: impl Into<PathBuf>) -> Self {
        self.downloads = folder.into();
        self
    }

    /// Over this network. A registry has its own.
    #[must_use]
    pub fn over(mut self, network: Network) -> Self {
        self.network = network;
        self
    }

    /// With this patience for servers that are slow or fail.
    #[must_use]
    pub fn patience(mut self, patience: Patience) -> Self {
        self.patience = patience;
        self
    }

    /// Tells how far it is.
    #[must_use]
    pub fn watched(mut self, watch: Watch<UpdateProgress>) -> Self {
        self.watch = Some(watch);
        self
    }

    /// Fetches what changed, and makes the index anew where anything did. Where another update of the same downloads is under
    /// way, it waits for that one. Dropped, it leaves what was fetched so far for the next one.
    ///
    /// # Errors
    /// `Invalid` without a source, or where what was fetched cannot be read; `Untrusted` where a checksum does not match;
    /// `NotFound`, `Unavailable` and the like as the servers say; `Unsupported` where a source is of another schema; what the
    /// disk says. The old index is then as it was.
    pub async fn run(&self) -> Result<Updated> {
        if self.sources.is_empty() {
            return Err(Error::invalid("the update has no source: name OSV, Grype's listing or Trivy's image"));
        }
        let place = Place::take(&self.downloads).await?;
        let downloader = Downloader::new(self.network.clone(), self.patience.clone(), self.watch.clone());
        let mut fetched = Fetched::default();
        for source in &self.sources {
            source.fetch(&downloader, &place, &mut fetched).await?;
        }
        if let Some(info) = self.unchanged(&place, &fetched.marks) {
            return Ok(Updated { info, changed: false });
        }
        self.tell(UpdateProgress::Build);
        let Fetched { files, marks } = fetched;
        let database = self.database.clone();
        let made = blocking(move || gather(files)?.unplaced(&database)).await?;
        // Until here nothing was replaced, so that whoever gives up keeps the old one.
        let info = made.put(&self.database)?;
        let digest = Database::open(&self.database)?.digest();
        place.remember(&Made { by: Made::this(), digest, of: marks })?;
        self.tell(UpdateProgress::Built { advisories: info.advisories, packages: info.packages });
        Ok(Updated { info, changed: true })
    }

    /// What the index is made of, where it was made of the same by the same.
    fn unchanged(&self, place: &Place, marks: &BTreeMap<String, String>) -> Option<DatabaseInfo> {
        let made = place.made()?;
        let database = Database::open(&self.database).ok()?;
        let same = made.by == Made::this() && made.digest == database.digest() && made.of == *marks;
        same.then(|| database.info().clone())
    }

    fn tell(&self, progress: UpdateProgress) {
        if let Some(watch) = &self.watch {
            watch.tell(&progress);
        }
    }
}

fn gather(files: Vec<Input>) -> Result<DatabaseBuilder> {
    let mut builder = DatabaseBuilder::new();
    for input in files {
        match input {
            Input::Osv(archives) => builder.add_osv_archives(&archives)?,
            Input::Grype(file) => builder.add_grype(file)?,
            Input::Trivy(file) => builder.add_trivy(file)?,
        }
    }
    Ok(builder)
}

/// The largest file of ours that says what was fetched: a line for each of OSV's archives.
const MAX_NOTE: u64 = 1 << 20;

/// What was noted. Where it cannot be read, nothing was: it is fetched again.
fn noted(path: &Path) -> Option<Vec<u8>> {
    read_limited(path, MAX_NOTE).ok()
}

fn note(path: &Path, bytes: &[u8]) -> Result<()> {
    replace(path, |out| out.write_all(bytes))
}

/// Notes what files in the same folder are, whose bytes are on the disk. Their names go there first: a machine that loses its power
/// may keep the note alone, which is believed, so that nothing would be fetched again and no update come to its end.
async fn note_of_files(path: &Path, bytes: &[u8]) -> Result<()> {
    let folder = folder_of(path).to_owned();
    blocking(move || sync_folder(&folder)).await?;
    note(path, bytes)
}
