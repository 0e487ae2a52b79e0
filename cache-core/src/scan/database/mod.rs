//! The vulnerability database: an index of our own, made once from what others publish and then only read.
//!
//! It is made of OSV's archives, of Grype's database or of Trivy's, or of several of them. A look-up reads the one block of the
//! package that it is about; opening reads the directory, 20 bytes for each package.

mod advisory;
mod builder;
mod constraint;
mod file;
mod format;
mod grype;
mod index;
mod info;
mod osv;
mod record;
mod trivy;

use std::path::Path;

pub use builder::DatabaseBuilder;
pub use index::Database;
pub use info::{DatabaseInfo, DatabaseSource};

#[cfg(test)]
pub(super) use advisory::{Advisory, Range};
pub(super) use advisory::{Names, Place, Says, place};
pub(super) use record::{Record, Spanning};

use crate::error::{Error, Result};

#[cfg(test)]
pub(super) mod testing;
#[cfg(test)]
mod tests;

/// A file that a database is made of, where it has at most so many bytes.
fn read(path: &Path, limit: u64) -> Result<Vec<u8>> {
    let size = std::fs::metadata(path).map_err(|e| Error::io(path, e))?.len();
    if size > limit {
        return Err(Error::invalid(format!("the file has {size} bytes; at most {limit} are read"))
            .context("path", path.display()));
    }
    std::fs::read(path).map_err(|e| Error::io(path, e))
}
