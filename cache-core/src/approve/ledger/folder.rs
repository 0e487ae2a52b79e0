//! A ledger in a folder.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;

use super::{LedgerStore, PlanLock, executed_elsewhere};
use crate::blocking::blocking;
use crate::error::{Absent, Error, Result};
use crate::files::{folder_of, make_folder, read_text, sync_folder};
use crate::model::Digest;

/// A folder with one file for each approval that was spent, named by the approval's digest, and in `journal` one for each plan,
/// which is locked while the plan is executed. The lock ends with the process that holds it.
#[derive(Debug, Clone)]
pub struct LedgerFolder {
    folder: PathBuf,
}

const SPENT: &str = "spent";
/// What is written of a spent approval is one line with a digest.
const MAX_SPENT: u64 = 1 << 10;
/// No journal is longer: a hundred thousand deletions take less.
const MAX_JOURNAL: u64 = 256 << 20;

impl LedgerFolder {
    /// The ledger in `folder`, which is made when first needed.
    pub fn at(folder: impl Into<PathBuf>) -> Self {
        LedgerFolder { folder: folder.into() }
    }

    /// The file of a plan's journal.
    pub fn journal(&self, plan: &Digest) -> PathBuf {
        self.folder.join("journal").join(format!("{}.jsonl", plan.hex()))
    }

    fn approval(&self, approval: &Digest) -> PathBuf {
        self.folder.join(approval.hex())
    }
}

#[async_trait]
impl LedgerStore for LedgerFolder {
    async fn lock(&self, plan: &Digest) -> Result<Box<dyn PlanLock>> {
        let (path, plan) = (self.journal(plan), plan.clone());
        blocking(move || {
            let file = open(&path)?;
            match file.try_lock() {
                Ok(()) => Ok(Box::new(LockedFile { file: Arc::new(file), path }) as Box<dyn PlanLock>),
                Err(TryLockError::WouldBlock) => Err(executed_elsewhere(&plan)),
                Err(TryLockError::Error(e)) => Err(Error::io(&path, e)),
            }
        })
        .await
    }

    async fn journal_of(&self, plan: &Digest) -> Result<Bytes> {
        let path = self.journal(plan);
        blocking(move || match File::open(&path) {
            Ok(file) => lines_of(&file, &path).map(|(lines, _)| Bytes::from(lines)),
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(Bytes::new()),
            Err(e) => Err(Error::io(&path, e)),
        })
        .await
    }

    async fn is_spent(&self, approval: &Digest) -> Result<bool> {
        let path = self.approval(approval);
        blocking(move || {
            let spent = read_text(&path, MAX_SPENT, |text| text.starts_with(SPENT)).absent_is_none()?;
            Ok(spent.unwrap_or(false))
        })
        .await
    }

    async fn spend(&self, approval: &Digest, plan: &Digest) -> Result<()> {
        let (path, text) = (self.approval(approval), format!("{SPENT} {plan}\n"));
        blocking(move || {
            let mut file = open(&path)?;
            let written = file.write_all(text.as_bytes()).and_then(|()| file.set_len(text.len() as u64));
            written.map_err(|e| Error::io(&path, e))?;
            bring_to_disk(&file, &path)
        })
        .await
    }
}

/// Opens a file for reading and writing, and makes it and its folder where they are not.
fn open(path: &Path) -> Result<File> {
    make_folder(folder_of(path))?;
    let opened = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(path);
    opened.map_err(|e| Error::io(path, e))
}

/// A file, and its name in its folder.
fn bring_to_disk(file: &File, path: &Path) -> Result<()> {
    file.sync_all().map_err(|e| Error::io(path, e))?;
    sync_folder(folder_of(path))
}

/// A plan's journal, locked. Work on it that nobody waits for any more holds the lock to its end.
#[derive(Debug)]
struct LockedFile {
    file: Arc<File>,
    path: PathBuf,
}

impl LockedFile {
    /// Works on the file where that may wait.
    async fn at<T: Send + 'static>(&self, work: impl FnOnce(&File, &Path) -> Result<T> + Send + 'static) -> Result<T> {
        let (file, path) = (Arc::clone(&self.file), self.path.clone());
        blocking(move || work(&file, &path)).await
    }
}

/// The lines of a journal, and whether a piece of one comes after them: a machine that dies while it writes leaves one.
fn lines_of(mut file: &File, path: &Path) -> Result<(Vec<u8>, bool)> {
    let failed = |e| Error::io(path, e);
    let mut all = Vec::new();
    file.rewind().map_err(failed)?;
    file.take(MAX_JOURNAL + 1).read_to_end(&mut all).map_err(failed)?;
    if all.len() as u64 > MAX_JOURNAL {
        return Err(Error::invalid("the journal is too long").context("path", path.display()));
    }
    let whole = all.iter().rposition(|byte| *byte == b'\n').map_or(0, |end| end + 1);
    let cut_off = whole < all.len();
    all.truncate(whole);
    Ok((all, cut_off))
}

#[async_trait]
impl PlanLock for LockedFile {
    async fn kept(&mut self) -> Error {
        // The operating system keeps it.
        std::future::pending().await
    }

    async fn journal(&mut self) -> Result<Bytes> {
        self.at(|file, path| {
            let (lines, cut_off) = lines_of(file, path)?;
            if cut_off {
                // What is added next begins a line.
                file.set_len(lines.len() as u64).map_err(|e| Error::io(path, e))?;
            }
            Ok(Bytes::from(lines))
        })
        .await
    }

    async fn append(&mut self, lines: Bytes) -> Result<()> {
        self.at(move |mut file, path| {
            let written = file.seek(SeekFrom::End(0)).and_then(|_| file.write_all(&lines));
            written.map_err(|e| Error::io(path, e))
        })
        .await
    }

    async fn release(self: Box<Self>) -> Result<()> {
        self.at(bring_to_disk).await
    }
}
