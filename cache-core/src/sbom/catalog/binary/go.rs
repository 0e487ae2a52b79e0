//! What the Go linker writes into an executable: the version of Go and the modules that were linked, as `go version -m`
//! shows them.
//!
//! The header is described in the `debug/buildinfo` package of Go: 14 bytes of magic, the size of a pointer, flags, and 16
//! bytes that are zero where the flags say that both texts follow, each after its length as a varint (Go 1.18 and newer).
//! Older headers hold the addresses of two strings; see [`super::go_pointers`]. The text of the modules stands between two
//! marks of 16 bytes.

use std::sync::LazyLock;

use memchr::memmem::Finder;

use super::go_modules;
use super::go_pointers::Pointers;
use super::scan::Window;
use crate::sbom::catalog::Fact;

static MAGIC: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new(b"\xff Go buildinf:"));
const HEADER: usize = 32;
/// The marks around the text of the modules.
pub(super) const MARK: usize = 16;
/// The longest version, `devel` ones with their date included.
const MAX_VERSION: usize = 512;
/// The longest text of modules; one of 1,000 modules has about 100 KiB.
pub(super) const MAX_MODULES: usize = 4 << 20;
/// How many builds of one file count: a universal file for macOS holds two.
const MAX_BUILDS: usize = 16;

/// What was built, as the linker wrote it down.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Build {
    /// `go1.26.8`.
    pub(super) version: String,
    /// A line each for the main module, its dependencies and the settings.
    pub(super) modules: String,
}

/// Looks for the builds of Go in a file.
#[derive(Debug, Default)]
pub(super) struct Search {
    builds: Vec<Build>,
    /// A header and what follows it, until both texts are whole.
    open: Option<Vec<u8>>,
    pointers: Pointers,
    broken: bool,
}

impl Search {
    pub(super) fn see(&mut self, window: &Window<'_>) {
        self.pointers.see(window);
        if let Some(open) = &mut self.open {
            open.extend_from_slice(window.bytes.get(window.fresh..).unwrap_or_default());
            self.decide();
        }
        for at in window.find(&MAGIC) {
            let rest = window.bytes.get(at..).unwrap_or_default();
            match rest.get(..HEADER) {
                Some(header) if inline(header) && self.open.is_none() => {
                    self.open = Some(rest.to_vec());
                    self.decide();
                }
                Some(header) => self.pointers.header(header),
                None => {}
            }
        }
        self.pointers.variables(window);
    }

    fn decide(&mut self) {
        let Some(open) = &self.open else { return };
        match texts(open) {
            Texts::More => return,
            Texts::Whole(build) => {
                if self.builds.len() < MAX_BUILDS && !self.builds.contains(&build) {
                    self.builds.push(build);
                }
            }
            // The magic occurs in programs that read such headers; what follows it there is no version of Go.
            Texts::Other => {}
            Texts::Broken => self.broken = true,
        }
        self.open = None;
    }

    /// What the file says in the end.
    pub(super) fn facts(mut self) -> Vec<Fact> {
        self.broken |= self.open.is_some();
        let broken = self.broken;
        let builds = if self.builds.is_empty() { self.pointers.builds() } else { self.builds };
        if builds.is_empty() && broken {
            return vec![Fact::Unreadable("the build information of Go is damaged".to_owned())];
        }
        builds.iter().flat_map(go_modules::facts).collect()
    }
}

/// Whether a header says that the texts follow it.
fn inline(header: &[u8]) -> bool {
    matches!(header.get(14), Some(0 | 4 | 8))
        && header.get(15).is_some_and(|flags| flags & 2 != 0 && flags & !3 == 0)
        && header.get(16..HEADER).is_some_and(|zeros| zeros.iter().all(|&byte| byte == 0))
}

enum Texts {
    Whole(Build),
    /// The window ended in the middle.
    More,
    /// No header at all.
    Other,
    /// A header with a version of Go, and nonsense behind it.
    Broken,
}

fn texts(bytes: &[u8]) -> Texts {
    let rest = bytes.get(HEADER..).unwrap_or_default();
    let Some((length, rest)) = varint(rest) else { return if rest.len() < 10 { Texts::More } else { Texts::Other } };
    if length == 0 || length > MAX_VERSION as u64 {
        return Texts::Other;
    }
    let Some((version, rest)) = rest.split_at_checked(length as usize) else { return Texts::More };
    let Some(version) = std::str::from_utf8(version).ok().filter(|text| is_version(text)) else { return Texts::Other };
    let Some((length, rest)) = varint(rest) else { return if rest.len() < 10 { Texts::More } else { Texts::Broken } };
    if length > MAX_MODULES as u64 {
        return Texts::Broken;
    }
    let Some(modules) = rest.get(..length as usize) else { return Texts::More };
    match unmarked(modules) {
        Some(modules) => Texts::Whole(Build { version: version.to_owned(), modules }),
        None => Texts::Broken,
    }
}

/// Whether a text can be the version of a Go toolchain.
pub(super) fn is_version(text: &str) -> bool {
    ["go1", "devel", "go"].iter().any(|start| text.starts_with(start)) && !text.contains(['\0', '\n'])
}

/// The modules without the marks around them; a program built without modules has none.
pub(super) fn unmarked(modules: &[u8]) -> Option<String> {
    if modules.is_empty() {
        return Some(String::new());
    }
    let inner = modules.get(MARK..modules.len().checked_sub(MARK)?)?;
    inner.ends_with(b"\n").then(|| String::from_utf8_lossy(inner).into_owned())
}

/// An unsigned LEB128 number, as `encoding/binary` of Go writes it.
fn varint(bytes: &[u8]) -> Option<(u64, &[u8])> {
    let mut value = 0u64;
    for (index, byte) in bytes.iter().enumerate().take(10) {
        value |= u64::from(byte & 0x7f).checked_shl(7 * index as u32)?;
        if byte & 0x80 == 0 {
            return Some((value, bytes.get(index + 1..)?));
        }
    }
    None
}
