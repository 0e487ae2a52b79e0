//! The folder where what was fetched is kept, for one update at a time.

use std::collections::BTreeMap;
use std::fs::{File, OpenOptions, TryLockError};
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{note, noted};
use crate::error::{Error, Result};

/// How often it is looked whether the other update is done.
const LOOK: Duration = Duration::from_millis(50);
const MADE: &str = "made.json";

/// The folder. The operating system lets go of the lock when the process ends, however it ends.
#[derive(Debug)]
pub(super) struct Place {
    folder: PathBuf,
    _lock: File,
}

/// What an index was made of.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Made {
    /// Which version of Cache made it: another may read more out of the same files.
    pub(super) by: String,
    pub(super) digest: String,
    pub(super) of: BTreeMap<String, String>,
}

impl Made {
    pub(super) fn this() -> String {
        env!("CARGO_PKG_VERSION").to_owned()
    }
}

impl Place {
    /// Makes the folder where there is none, and waits until no other update works in it.
    pub(super) async fn take(folder: &Path) -> Result<Place> {
        std::fs::create_dir_all(folder).map_err(|e| Error::io(folder, e))?;
        let path = folder.join(".lock");
        let file = OpenOptions::new().write(true).create(true).truncate(false).open(&path);
        let file = file.map_err(|e| Error::io(&path, e))?;
        loop {
            match file.try_lock() {
                Ok(()) => return Ok(Place { folder: folder.to_owned(), _lock: file }),
                Err(TryLockError::Error(e)) => return Err(Error::io(&path, e)),
                Err(TryLockError::WouldBlock) => tokio::time::sleep(LOOK).await,
            }
        }
    }

    /// A folder in it.
    pub(super) fn folder(&self, name: &str) -> Result<PathBuf> {
        let folder = self.folder.join(name);
        std::fs::create_dir_all(&folder).map_err(|e| Error::io(&folder, e))?;
        Ok(folder)
    }

    /// What the index was last made of, where that is known.
    pub(super) fn made(&self) -> Option<Made> {
        serde_json::from_slice(&noted(&self.folder.join(MADE))?).ok()
    }

    pub(super) fn remember(&self, made: &Made) -> Result<()> {
        let json = serde_json::to_vec_pretty(made).map_err(|e| Error::unexpected("no JSON").caused_by(e))?;
        note(&self.folder.join(MADE), &json)
    }
}
