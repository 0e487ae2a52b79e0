//! How much of a layer is read.

use serde::Deserialize;

use crate::error::{Error, Result};

/// What a layer or folder may hold at most. Beyond it, reading ends in an error that names the limit: a list that stops
/// halfway would look complete.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Limits {
    /// Files, folders and links of one layer.
    pub entries: u64,
    /// Bytes of one layer, unpacked; of a folder, those that are read.
    pub bytes: u64,
    /// Bytes of one file.
    pub file: u64,
    /// Bytes of a path.
    pub path: usize,
    /// Folders in a path.
    pub depth: usize,
    /// Bytes that are kept of one layer or folder: its paths and links, and what its files say.
    pub kept: u64,
    /// How many times larger a layer may be unpacked than packed, once it is larger than 64 MiB.
    pub ratio: u64,
}

/// Up to here, what is packed tightly is not suspicious: a database full of zeros.
const HARMLESS: u64 = 64 << 20;

impl Default for Limits {
    fn default() -> Self {
        Limits { entries: 2_000_000, bytes: 64 << 30, file: 8 << 30, path: 4096, depth: 256, kept: 1 << 30, ratio: 200 }
    }
}

impl Limits {
    pub(crate) fn check_path(&self, path: &str) -> Result<()> {
        let start = || path.chars().take(80).collect::<String>();
        if path.len() > self.path {
            return Err(beyond(format!("a path has {} bytes", path.len()), self.path).context("path", start()));
        }
        if path.bytes().filter(|byte| *byte == b'/').count() >= self.depth {
            return Err(beyond("a path lies too deep", self.depth).context("path", start()));
        }
        Ok(())
    }

    pub(crate) fn check_file(&self, path: &str, size: u64) -> Result<()> {
        match size > self.file {
            true => Err(beyond(format!("a file has {size} bytes"), self.file).context("path", path)),
            false => Ok(()),
        }
    }

    pub(crate) fn check_entries(&self, entries: u64) -> Result<()> {
        if entries > self.entries { Err(beyond("there are too many files", self.entries)) } else { Ok(()) }
    }

    pub(crate) fn check_kept(&self, kept: u64) -> Result<()> {
        if kept > self.kept { Err(beyond("the files say more than can be kept", self.kept)) } else { Ok(()) }
    }

    /// `read` is what was read of a folder so far.
    pub(crate) fn check_read(&self, read: u64) -> Result<()> {
        if read > self.bytes { Err(beyond("the files are too large together", self.bytes)) } else { Ok(()) }
    }

    /// `packed` is what was taken of the packed layer so far.
    pub(crate) fn check_bytes(&self, unpacked: u64, packed: u64) -> Result<()> {
        if unpacked > self.bytes {
            return Err(beyond("the layer is too large unpacked", self.bytes));
        }
        if unpacked > HARMLESS && unpacked / self.ratio.max(1) > packed {
            return Err(beyond(format!("{packed} bytes unpack to more than {unpacked}"), self.ratio));
        }
        Ok(())
    }
}

fn beyond(what: impl Into<String>, limit: impl std::fmt::Display) -> Error {
    Error::invalid(what).context("limit", limit).hint("where the image is to be trusted with it, raise the limits")
}
