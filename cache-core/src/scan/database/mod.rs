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

pub use builder::DatabaseBuilder;
pub use index::Database;
pub use info::{DatabaseInfo, DatabaseSource};

#[cfg(test)]
pub(super) use advisory::{Advisory, Range};
pub(super) use advisory::{Names, Place, Says, place};
pub(super) use record::{Record, Spanning};

#[cfg(test)]
pub(super) mod testing;
#[cfg(test)]
mod tests;
