//! Approvals are used once: the record of those that were.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read, Seek, Write};
use std::path::{Path, PathBuf};

use super::admit::Approved;
use crate::error::{Error, Result};

/// A folder with one file for each approval that was used, named by the approval's digest.
///
/// An execution claims the approvals of its plan, holds the files locked while it runs and marks them spent when it ends. A
/// process that dies in the middle leaves them claimed and unlocked: the same approved plan may then go on, and no other.
/// Several machines must share the folder; a ledger in an object store is planned.
#[derive(Debug, Clone)]
pub struct Ledger {
    folder: PathBuf,
}

const STARTED: &str = "started";
const SPENT: &str = "spent";

impl Ledger {
    /// The ledger in `folder`, which is made when first needed.
    pub fn at(folder: impl Into<PathBuf>) -> Self {
        Ledger { folder: folder.into() }
    }

    /// The user's own ledger: `$XDG_STATE_HOME/cache/ledger`, or `~/.local/state/cache/ledger`.
    ///
    /// # Errors
    /// `NotFound` where neither variable is set.
    pub fn of_user() -> Result<Self> {
        let path = |name| std::env::var_os(name).filter(|v| !v.is_empty()).map(PathBuf::from);
        let state = path("XDG_STATE_HOME").or_else(|| path("HOME").map(|home| home.join(".local/state")));
        let state = state.ok_or_else(|| Error::not_found("there is no home folder to keep the ledger in"))?;
        Ok(Ledger::at(state.join("cache/ledger")))
    }

    /// Where it is.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Claims every approval of the plan, or none.
    ///
    /// # Errors
    /// `Unapproved` where one was spent, or is being used right now.
    pub(crate) fn claim(&self, approved: &Approved) -> Result<Claim> {
        std::fs::create_dir_all(&self.folder).map_err(|e| Error::io(&self.folder, e))?;
        let mut files = Vec::new();
        for approval in approved.approvals() {
            let path = self.folder.join(approval.digest().hex());
            files.push((self.claim_one(&path, approved)?, path));
        }
        for (file, path) in &mut files {
            write_state(file, path, STARTED, approved)?;
        }
        Ok(Claim { files })
    }

    fn claim_one(&self, path: &Path, approved: &Approved) -> Result<File> {
        let mut file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(path)
            .map_err(|e| Error::io(path, e))?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                return Err(Error::unapproved("this approval is being used by another execution right now"));
            }
            Err(TryLockError::Error(e)) => return Err(Error::io(path, e)),
        }
        let mut text = String::new();
        file.read_to_string(&mut text).map_err(|e| Error::io(path, e))?;
        // Empty: claimed for the first time, or the machine died before the first word was written.
        if text.is_empty() || text == state(STARTED, approved) {
            return Ok(file);
        }
        Err(Error::unapproved("an approval is used once, and this one was")
            .context("plan", approved.plan().digest())
            .hint("make a new plan if something is left to do, and have that approved"))
    }
}

/// Approvals held by a running execution.
#[derive(Debug)]
pub(crate) struct Claim {
    files: Vec<(File, PathBuf)>,
}

impl Claim {
    /// Marks the approvals spent.
    pub(crate) fn spend(mut self, approved: &Approved) -> Result<()> {
        self.files.iter_mut().try_for_each(|(file, path)| write_state(file, path, SPENT, approved))
    }

    /// Gives the approvals back: nothing was changed.
    pub(crate) fn release(mut self) -> Result<()> {
        self.files.iter_mut().try_for_each(|(file, path)| file.set_len(0).map_err(|e| Error::io(path, e)))
    }
}

fn state(word: &str, approved: &Approved) -> String {
    format!("{word} {}\n", approved.plan().digest())
}

fn write_state(file: &mut File, path: &Path, word: &str, approved: &Approved) -> Result<()> {
    let text = state(word, approved);
    let write = |file: &mut File| {
        file.rewind()?;
        file.write_all(text.as_bytes())?;
        file.set_len(text.len() as u64)?;
        file.sync_all()
    };
    write(file).map_err(|e| Error::io(path, e))
}
