//! Finding the packages in the files of an image or a folder.
//!
//! A [`Cataloger`] reads files of one kind and answers with [`Fact`]s. It sees one file of one layer at a time, as a stream,
//! and never the rest: so a layer can be read once, while it is fetched, two layers at a time, and what was found in it can
//! be kept by the layer's digest. Which facts hold is decided afterwards, when it is known which files are visible in the
//! image as a whole.

mod apk;
mod assemble;
mod binaries;
mod binary;
mod cargo_lock;
mod control;
mod copyright;
mod dotnet;
mod dpkg;
mod fact;
mod folder;
mod go_mod;
mod java;
mod languages;
mod layer;
mod lenient;
mod license_text;
mod limits;
mod maven;
mod name;
mod npm;
mod nuget_lock;
mod os;
mod others;
mod php;
mod purl;
mod python;
mod read;
mod release;
mod rpm;
mod ruby;
mod tar;
#[cfg(test)]
pub(in crate::sbom) mod testing;
mod text_file;
mod tree;
mod unpack;

pub use assemble::{CATALOGER, LAYER, LOCATION, OWNER};
pub use fact::{Fact, Found, Release, Source};
pub use layer::Layer;
pub use limits::Limits;
pub(in crate::sbom) use text_file::yaml;

use std::fmt;
use std::io::Read;
use std::path::Path;
use std::sync::Arc;

use super::Sbom;
use crate::error::Result;
use crate::model::Digest;

/// The catalogers and how much they may read.
#[derive(Debug)]
pub struct Catalog {
    catalogers: Vec<Box<dyn Cataloger>>,
    limits: Limits,
    skip: Vec<String>,
}

impl Catalog {
    /// All catalogers of Cache.
    pub fn new(limits: Limits) -> Self {
        let all = os::os().into_iter().chain(languages::languages()).chain(binaries::binaries());
        Catalog::of(all.collect(), limits)
    }

    /// These catalogers and no others.
    pub fn of(catalogers: Vec<Box<dyn Cataloger>>, limits: Limits) -> Self {
        Catalog { catalogers, limits, skip: Vec::new() }
    }

    /// With one more.
    pub fn with(mut self, cataloger: Box<dyn Cataloger>) -> Self {
        self.catalogers.push(cataloger);
        self
    }

    /// Without this path below a folder, such as `vendor`.
    pub fn without(mut self, path: impl Into<String>) -> Self {
        self.skip.push(tar::normal(&path.into()));
        self
    }

    /// Reads one layer to its end: a tar archive, packed or not.
    ///
    /// # Errors
    /// `Invalid` where it is malformed or beyond the limits; whatever reading gave.
    pub fn layer(&self, packed: impl Read) -> Result<Layer> {
        Layer::read(packed, &self.catalogers, &self.limits)
    }

    /// Reads a folder as if it were the only layer. Links are not followed.
    ///
    /// # Errors
    /// `Invalid` where it is beyond the limits; whatever reading gave, since a list without a part would look complete.
    pub fn folder(&self, root: &Path) -> Result<Layer> {
        folder::read(root, &self.catalogers, &self.limits, &self.skip)
    }

    /// Reads one file that is at hand: what it says, each fact with the name of the cataloger.
    ///
    /// # Errors
    /// None that comes of the content: what cannot be understood is a fact.
    pub fn file(&self, path: &str, place: Place, content: &[u8]) -> Result<Vec<(String, Fact)>> {
        let file = layer::Unread { path, size: content.len() as u64, executable: true, place, has_more: &|| Ok(false) };
        file.facts(&mut &*content, &self.catalogers)
    }

    /// What the layers amount to, the lowest first. `digests` are theirs, in the same order, where they have some.
    pub fn assemble(layers: &[Arc<Layer>], digests: &[Digest]) -> Sbom<'static> {
        assemble::assemble(layers, digests)
    }

    /// The same for the same catalogers.
    pub fn fingerprint(&self) -> Digest {
        let names: Vec<&str> = self.catalogers.iter().map(|cataloger| cataloger.name()).collect();
        Digest::of(names.join("\n").as_bytes())
    }
}

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

#[cfg(test)]
mod tests;
