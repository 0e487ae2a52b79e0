//! One layer, read once: what lies in it, and what its files say.

use std::io::{self, Read, Write};

use serde::{Deserialize, Serialize};

use super::limits::Limits;
use super::read::fill;
use super::tar::{self, Entries, EntryKind, of_read};
use super::{Cataloger, Fact, FileInfo, Found, Place};
use crate::error::{Error, Result};

/// How much of a file a cataloger sees before it decides.
const HEAD: usize = 512;
/// How much of a file is held where two catalogers want it.
const MAX_SHARED: u64 = 64 << 20;

/// What lies in a layer and what its files say. It depends on nothing but the layer's bytes and the catalogers.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Layer {
    /// In the order of the archive.
    pub(crate) nodes: Vec<Node>,
}

/// One path of a layer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Node {
    #[serde(rename = "p")]
    pub(crate) path: String,
    #[serde(rename = "k", default, skip_serializing_if = "NodeKind::is_file")]
    pub(crate) kind: NodeKind,
    /// What the file says, each with the cataloger that read it.
    #[serde(rename = "f", default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) facts: Vec<(String, Fact)>,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum NodeKind {
    #[default]
    File,
    Directory,
    Symlink(String),
    HardLink(String),
    /// The path is gone from the layers below.
    Whiteout,
    /// The folder's content is gone from the layers below.
    Opaque,
}

impl NodeKind {
    fn is_file(&self) -> bool {
        *self == NodeKind::File
    }
}

/// The prefix of names that stand for what is gone (OCI image specification, `layer.md`).
const WHITEOUT: &str = ".wh.";
/// The name that stands for all that is gone from its folder.
const OPAQUE: &str = ".wh..wh..opq";
/// Older storage drivers leave files of their own that begin so.
const AUFS: &str = ".wh..wh.";

impl Layer {
    /// Reads a layer to its end: a tar archive, packed by gzip, by zstd or not at all.
    ///
    /// # Errors
    /// `Invalid` where it is malformed or beyond a limit; whatever reading gave.
    pub fn read(packed: impl Read, catalogers: &[Box<dyn Cataloger>], limits: &Limits) -> Result<Layer> {
        let unpacked = super::unpack::unpack(packed, limits)?;
        let mut entries = Entries::new(unpacked, limits);
        let mut layer = Layer::default();
        let mut kept = Kept::default();
        while let Some(entry) = entries.next()? {
            let facts = match &entry.kind {
                EntryKind::File { size, executable } => {
                    let file = Unread {
                        path: &entry.path,
                        size: *size,
                        executable: *executable,
                        place: Place::Image,
                        has_more: &|| Ok(false),
                    };
                    file.facts(&mut entries.content(), catalogers)?
                }
                _ => Vec::new(),
            };
            let link = match &entry.kind {
                EntryKind::Symlink(target) | EntryKind::HardLink(target) => target.as_str(),
                _ => "",
            };
            limits.check_kept(kept.add(&entry.path, link, &facts)?)?;
            layer.push(entry, facts);
        }
        // What comes behind the archive belongs to the blob, whose digest is known only at its end.
        io::copy(&mut entries.into_inner(), &mut io::sink()).map_err(of_read)?;
        Ok(layer)
    }

    fn push(&mut self, entry: tar::Entry, facts: Vec<(String, Fact)>) {
        let (folder, name) = match entry.path.rsplit_once('/') {
            Some((folder, name)) => (folder, name),
            None => ("", entry.path.as_str()),
        };
        let whiteout = name.strip_prefix(WHITEOUT).filter(|hidden| !hidden.is_empty());
        let (path, kind) = match (whiteout, entry.kind) {
            (Some(_), _) if name == OPAQUE => (folder.to_owned(), NodeKind::Opaque),
            (Some(_), _) if name.starts_with(AUFS) && !name.starts_with(OPAQUE) => return,
            (Some(hidden), _) if folder.is_empty() => (hidden.to_owned(), NodeKind::Whiteout),
            (Some(hidden), _) => (format!("{folder}/{hidden}"), NodeKind::Whiteout),
            (None, kind) => {
                let kind = match kind {
                    EntryKind::Directory => NodeKind::Directory,
                    EntryKind::Symlink(target) => NodeKind::Symlink(target),
                    EntryKind::HardLink(target) => NodeKind::HardLink(target),
                    EntryKind::File { .. } | EntryKind::Other => NodeKind::File,
                };
                self.nodes.push(Node { path: entry.path, kind, facts });
                return;
            }
        };
        // Markers say what is gone, never what is there.
        let facts = Vec::new();
        self.nodes.push(Node { path, kind, facts });
    }
}

/// How many bytes are kept of a layer or a folder.
#[derive(Default)]
pub(super) struct Kept(u64);

impl Kept {
    /// With one more path, where its link leads, and what it says, which may be far less than the file and, of an archive, more.
    pub(super) fn add(&mut self, path: &str, link: &str, facts: &[(String, Fact)]) -> Result<u64> {
        self.0 += (path.len() + link.len() + facts.len() * size_of::<Found>()) as u64;
        if !facts.is_empty() {
            serde_json::to_writer(&mut *self, facts)
                .map_err(|e| Error::invalid("what a file says cannot be kept").caused_by(e))?;
        }
        Ok(self.0)
    }
}

/// Counts what is written.
impl Write for Kept {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0 += bytes.len() as u64;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A file whose content is still to be read.
pub(crate) struct Unread<'a> {
    pub(crate) path: &'a str,
    pub(crate) size: u64,
    pub(crate) executable: bool,
    pub(crate) place: Place,
    /// Whether it has more than its size says. It is asked only where somebody wants the file.
    pub(crate) has_more: &'a dyn Fn() -> Result<bool>,
}

impl Unread<'_> {
    /// What the catalogers that want it find in it. Content is read as far as they want it.
    pub(crate) fn facts(
        &self,
        content: &mut dyn Read,
        catalogers: &[Box<dyn Cataloger>],
    ) -> Result<Vec<(String, Fact)>> {
        let mut head = [0; HEAD];
        let read = fill(content, &mut head).map_err(of_read)?;
        let head = head.get(..read).unwrap_or_default();
        let (path, size, executable, place) = (self.path, self.size, self.executable, self.place);
        let file = FileInfo { path, size, executable, head, place };
        let wanting: Vec<&dyn Cataloger> = catalogers.iter().map(|c| &**c).filter(|c| c.wants(&file)).collect();
        let unreadable = |reason: String| {
            let fact = move |c: &&dyn Cataloger| (c.name().to_owned(), Fact::Unreadable(reason.clone()));
            wanting.iter().map(fact)
        };
        let mut whole = head.chain(content);
        let mut facts = Vec::new();
        let mut add = |cataloger: &dyn Cataloger, content: &mut dyn Read| {
            let found = cataloger.read(&file, content).map_err(|e| e.context("path", path))?;
            facts.extend(found.into_iter().map(|fact| (cataloger.name().to_owned(), fact)));
            Ok::<_, Error>(())
        };
        match wanting.as_slice() {
            [] => {}
            [one] => add(*one, &mut whole)?,
            _ if size > MAX_SHARED => {
                facts.extend(unreadable(format!("{size} bytes are more than several catalogers can share")));
            }
            several => {
                let mut bytes = Vec::new();
                whole.read_to_end(&mut bytes).map_err(of_read)?;
                for cataloger in several {
                    add(*cataloger, &mut bytes.as_slice())?;
                }
            }
        }
        if !wanting.is_empty() && (self.has_more)()? {
            facts.extend(unreadable(format!("the file has more than the {size} bytes that it says")));
        }
        Ok(facts)
    }
}
