//! The restore file: what is about to be deleted, so that it can be put back while its blobs live.
//!
//! One JSON object a line. The first says what it is and for which plan; then come manifests, with their bytes in base64, and
//! tags; the last says how many lines there are. It is complete, on the disk and under its name before anything is deleted.

use std::collections::{BTreeMap, HashSet};
use std::fs::File;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};
use tempfile::NamedTempFile;

use crate::blocking::blocking;
use crate::error::{Absent, Error, Result};
use crate::files::{settle, temporary};
use crate::model::digest::Hasher;
use crate::model::{Algorithm, Digest, Manifest, Repository, Tag};
use crate::plan::Delete;
use crate::registry::Registry;

/// The version of the file.
pub const RESTORE_VERSION: u32 = 1;
/// The longest line: a manifest in base64 and some words.
const MAX_LINE: u64 = 8 << 20;
/// So many bytes of lines are written at once.
const AT_ONCE: usize = 1 << 20;

/// What was deleted, as it was.
#[derive(Debug, Clone)]
pub struct RestoreFile {
    /// The digest of the file's bytes.
    pub digest: Digest,
    /// The plan that deleted it.
    pub plan: Digest,
    /// The manifests.
    pub manifests: Vec<Restorable>,
    /// The tags, by repository, with what they named.
    pub tags: BTreeMap<Repository, BTreeMap<Tag, Digest>>,
}

/// A manifest that can be put back.
#[derive(Debug, Clone)]
pub struct Restorable {
    /// Where it was.
    pub repository: Repository,
    /// The manifest with its bytes.
    pub manifest: Manifest,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Header {
    restore: u32,
    plan: Digest,
}

#[derive(Serialize, Deserialize)]
#[serde(untagged, rename_all_fields = "camelCase", deny_unknown_fields)]
enum Line {
    Manifest { repository: Repository, manifest: Digest, media_type: String, bytes: String },
    Tag { repository: Repository, tag: Tag, names: Digest },
    End { end: usize },
}

/// What goes, from a plan.
pub(super) struct Wanted<'a> {
    pub(super) plan: &'a Digest,
    pub(super) manifests: Vec<(&'a Repository, &'a Digest)>,
    pub(super) tags: Vec<(&'a Repository, &'a Tag, &'a Digest)>,
}

impl Wanted<'_> {
    /// Writes the file, unless it is there: then the plan was begun before, and what has gone since is only in the file.
    ///
    /// # Errors
    /// What the registry or the file system says; then there is no file. `Conflict` where a file of that name is for another
    /// plan, or lacks something.
    pub(super) async fn write(&self, registry: &dyn Registry, path: &Path) -> Result<()> {
        if let Some(there) = RestoreFile::found(path.to_owned()).await? {
            return self.is_in(&there);
        }
        let mut lines = Lines::new(path.to_owned()).await?;
        lines = lines.and(&Header { restore: RESTORE_VERSION, plan: self.plan.clone() }).await?;
        for (repository, digest) in &self.manifests {
            let found = registry.manifest(&repository.at((*digest).clone())).await.absent_is_none()?;
            let manifest = found.ok_or_else(|| never_saved(repository, digest))?;
            let line = Line::Manifest {
                repository: (*repository).clone(),
                manifest: (*digest).clone(),
                media_type: manifest.media_type().to_owned(),
                bytes: STANDARD.encode(manifest.bytes()),
            };
            lines = lines.and(&line).await?;
        }
        for (repository, tag, names) in &self.tags {
            let (repository, tag, names) = ((*repository).clone(), (*tag).clone(), (*names).clone());
            lines = lines.and(&Line::Tag { repository, tag, names }).await?;
        }
        let end = Line::End { end: lines.count + 1 };
        let Lines { file, path, .. } = lines.and(&end).await?.written().await?;
        blocking(move || settle(file, &path)).await
    }

    /// Looks whether the file is there, where something is gone already.
    ///
    /// # Errors
    /// As [`write`](Wanted::write) would say, which writes nothing then.
    pub(super) async fn expect_saved(&self, gone: &Delete, path: &Path) -> Result<()> {
        match RestoreFile::found(path.to_owned()).await? {
            Some(there) => self.is_in(&there),
            None => Err(never_saved(&gone.repository, &gone.expected)),
        }
    }

    /// Whether a file has all of it.
    fn is_in(&self, file: &RestoreFile) -> Result<()> {
        let manifests: HashSet<_> = file.manifests.iter().map(|m| (&m.repository, m.manifest.digest())).collect();
        let all = self.manifests.iter().all(|wanted| manifests.contains(wanted));
        if file.plan == *self.plan && all {
            return Ok(());
        }
        Err(Error::conflict("a restore file of this name is for another plan").context("plan", &file.plan))
    }
}

fn never_saved(repository: &Repository, digest: &Digest) -> Error {
    let error = Error::conflict("what is to be deleted is gone already, and was never saved");
    error.context("manifest", repository.at(digest.clone())).hint("make a new plan")
}

/// The lines of a file that has no name yet.
struct Lines {
    /// What it will be called.
    path: PathBuf,
    file: NamedTempFile,
    /// What is not written yet.
    waiting: Vec<u8>,
    count: usize,
}

impl Lines {
    async fn new(path: PathBuf) -> Result<Self> {
        blocking(move || Ok(Lines { file: temporary(&path)?, path, waiting: Vec::new(), count: 0 })).await
    }

    /// With one more.
    async fn and(mut self, line: &impl Serialize) -> Result<Self> {
        serde_json::to_writer(&mut self.waiting, line).map_err(|e| Error::io(&self.path, e.into()))?;
        self.waiting.push(b'\n');
        self.count += 1;
        if self.waiting.len() < AT_ONCE { Ok(self) } else { self.written().await }
    }

    /// With all of them in the file.
    async fn written(mut self) -> Result<Self> {
        blocking(move || {
            self.file.write_all(&self.waiting).map_err(|e| Error::io(&self.path, e))?;
            self.waiting.clear();
            Ok(self)
        })
        .await
    }
}

impl RestoreFile {
    /// Reads a restore file.
    ///
    /// # Errors
    /// What the file system says; `Invalid` where it is none, or its end is missing; `Untrusted` where a manifest does not match
    /// its digest.
    pub fn read(path: &Path) -> Result<Self> {
        RestoreFile::of(File::open(path).map_err(|e| Error::io(path, e))?, path)
    }

    /// The file of this name, where there is one.
    async fn found(path: PathBuf) -> Result<Option<Self>> {
        blocking(move || match File::open(&path) {
            Ok(file) => RestoreFile::of(file, &path).map(Some),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(Error::io(&path, error)),
        })
        .await
    }

    fn of(file: File, path: &Path) -> Result<Self> {
        let invalid =
            |why: &str| Error::invalid(format!("this is no restore file: {why}")).context("path", path.display());
        let mut hasher = Hasher::new(Algorithm::Sha256);
        let mut input = BufReader::new(file);
        let mut next = || -> Result<Option<Vec<u8>>> {
            let mut line = Vec::new();
            let read = std::io::Read::take(&mut input, MAX_LINE).read_until(b'\n', &mut line);
            read.map_err(|e| Error::io(path, e))?;
            hasher.update(&line);
            Ok((!line.is_empty()).then_some(line))
        };
        let header = next()?.ok_or_else(|| invalid("it is empty"))?;
        let header: Header = serde_json::from_slice(&header).map_err(|e| invalid("its first line").caused_by(e))?;
        if header.restore != RESTORE_VERSION {
            return Err(Error::unsupported(format!("restore files of version {} are not known", header.restore)));
        }
        let (mut manifests, mut tags): (Vec<Restorable>, BTreeMap<Repository, BTreeMap<Tag, Digest>>) =
            Default::default();
        let mut count = 1;
        let mut ended = false;
        while let Some(line) = next()? {
            count += 1;
            if ended {
                return Err(invalid("something stands after its end"));
            }
            match serde_json::from_slice(&line)
                .map_err(|e| invalid("a line of it").context("line", count).caused_by(e))?
            {
                Line::Manifest { repository, manifest, media_type, bytes } => {
                    let bytes = STANDARD.decode(bytes).map_err(|_| invalid("a manifest is not in base64"))?;
                    let manifest = Manifest::parse_expecting(bytes, &manifest, Some(&media_type))?;
                    manifests.push(Restorable { repository, manifest });
                }
                Line::Tag { repository, tag, names } => {
                    tags.entry(repository).or_default().insert(tag, names);
                }
                Line::End { end } => ended = end == count,
            }
        }
        if !ended {
            return Err(invalid("its end is missing"));
        }
        Ok(RestoreFile { digest: hasher.finish(), plan: header.plan, manifests, tags })
    }
}
