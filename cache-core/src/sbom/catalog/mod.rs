//! Finding the packages in the files of an image or a folder.
//!
//! A [`Cataloger`] reads files of one kind and answers with [`Fact`]s. It sees one file of one layer at a time, as a stream,
//! and never the rest: so a layer can be read once, while it is fetched, two layers at a time, and what was found in it can
//! be kept by the layer's digest. Which facts hold is decided afterwards, when it is known which files are visible in the
//! image as a whole.

mod binaries;
mod binary;
mod fact;

pub use fact::{Fact, Found, Release, Source};

use std::fmt;
use std::io::Read;

use crate::error::Result;

/// Finds packages in files of one kind.
pub trait Cataloger: fmt::Debug + Send + Sync {
    /// What it is called in an SBOM: `dpkg`, `rpm-sqlite`.
    fn name(&self) -> &'static str;

    /// Whether this file may say something. It is asked for every file, so it looks at the path and no further.
    fn wants(&self, file: &FileInfo<'_>) -> bool;

    /// Reads one file. What it cannot understand is a fact too ([`Fact::Unreadable`]), or nothing where the file turns out
    /// to be of another kind.
    ///
    /// # Errors
    /// Only what reading `content` gave: then the layer as a whole cannot be trusted to be complete.
    fn read(&self, file: &FileInfo<'_>, content: &mut dyn Read) -> Result<Vec<Fact>>;
}

/// A regular file, before its content is read.
#[derive(Debug, Clone, Copy)]
pub struct FileInfo<'a> {
    /// Its path, without a slash before it.
    pub path: &'a str,
    /// Its size in bytes.
    pub size: u64,
    /// Whether it may be executed.
    pub executable: bool,
    /// The first bytes of its content, at most 512.
    pub head: &'a [u8],
    /// Where it lies: lock files count in a folder of sources and not in an image.
    pub place: Place,
}

/// Where files lie.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// In a container image: what counts is what is installed.
    Image,
    /// In a folder of sources: what counts is also what is locked.
    Folder,
}

impl FileInfo<'_> {
    /// The last part of the path.
    pub fn file_name(&self) -> &str {
        self.path.rsplit('/').next().unwrap_or_default()
    }

    /// Whether the path is `name` or ends in it after a slash.
    pub fn ends_with(&self, name: &str) -> bool {
        self.path.strip_suffix(name).is_some_and(|before| before.is_empty() || before.ends_with('/'))
    }
}
