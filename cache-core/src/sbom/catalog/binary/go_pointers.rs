//! The build information of Go before 1.18: a header with the addresses of two variables, each a string, that is the address
//! of its text and a length.
//!
//! A stream has passed the texts before it comes to the header, and comes to the variables after it. So what may be such a
//! text is kept from the beginning, wherever the file begins as a Go program does: versions by how they begin, modules by
//! the marks around them.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use memchr::memmem::{self, Finder};

use super::go::{Build, MARK, MAX_MODULES, is_version, unmarked};
use super::scan::Window;
use super::segments::{Order, Segment, offset_of, segments};

static RELEASE: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new(b"go1."));
static DEVEL: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new(b"devel "));
static OPENING: LazyLock<Finder<'static>> =
    LazyLock::new(|| Finder::new(b"\x30\x77\xaf\x0c\x92\x74\x08\x02\x41\xe1\xc1\x07\xe6\xd6\x18\xe6"));
static CLOSING: LazyLock<Finder<'static>> =
    LazyLock::new(|| Finder::new(b"\xf9\x32\x43\x31\x86\x18\x20\x72\x00\x82\x42\x10\x41\x16\xd8\xf2"));
/// How much is kept of what may be a version, and how often.
const VERSION: usize = 128;
const MAX_VERSIONS: usize = 4096;
/// How many headers count: programs that read such headers hold the magic too.
const MAX_HEADERS: usize = 64;
/// How much of a variable is kept.
const VARIABLE: usize = 16;

/// What was kept.
#[derive(Debug, Default)]
pub(super) struct Pointers {
    /// Whether the file begins as a Go program does.
    go: bool,
    segments: Vec<Segment>,
    versions: BTreeMap<u64, Vec<u8>>,
    /// The text of the modules with its marks, and where it stands.
    modules: Option<(u64, Vec<u8>)>,
    /// Whether the text of the modules is there as far as it is going to be.
    closed: bool,
    headers: Vec<Header>,
}

#[derive(Debug)]
struct Header {
    order: Order,
    variables: [Option<u64>; 2],
    /// Where the two variables stand, and their bytes.
    found: [Option<Vec<u8>>; 2],
}

impl Pointers {
    pub(super) fn see(&mut self, window: &Window<'_>) {
        if window.offset == 0 && window.fresh == 0 {
            // The note of the build in ELF files, and what stands for it elsewhere.
            let begins = window.bytes.get(..64 << 10).unwrap_or(window.bytes);
            self.go = memmem::find(begins, b"Go\0\0").is_some() || memmem::find(begins, b"Go build ID: \"").is_some();
            if self.go {
                self.segments = segments(begins);
            }
        }
        if !self.go {
            return;
        }
        let text = |at: usize, length: usize| {
            let end = at.saturating_add(length).min(window.bytes.len());
            window.bytes.get(at..end).unwrap_or_default().to_vec()
        };
        for finder in [&*RELEASE, &*DEVEL] {
            for at in window.find(finder) {
                if self.versions.len() < MAX_VERSIONS {
                    self.versions.insert(window.offset + at as u64, text(at, VERSION));
                }
            }
        }
        match &mut self.modules {
            Some(_) if self.closed => return,
            Some((_, modules)) => modules.extend_from_slice(window.bytes.get(window.fresh..).unwrap_or_default()),
            None => {
                self.modules = window.find(&OPENING).next().map(|at| (window.offset + at as u64, text(at, usize::MAX)))
            }
        }
        if let Some((_, modules)) = &mut self.modules {
            let closing = CLOSING.find(modules);
            self.closed = closing.is_some() || modules.len() > MAX_MODULES;
            modules.truncate(closing.map_or(MAX_MODULES, |at| at + MARK));
        }
    }

    /// Reads the variables that stand in this window. It is called after the headers in the window were noted.
    pub(super) fn variables(&mut self, window: &Window<'_>) {
        for header in &mut self.headers {
            for (variable, found) in header.variables.iter().zip(&mut header.found) {
                let Some(at) = variable.and_then(|at| usize::try_from(at.checked_sub(window.offset)?).ok()) else {
                    continue;
                };
                if found.is_none() {
                    *found = window.bytes.get(at..at.saturating_add(VARIABLE)).map(<[u8]>::to_vec);
                }
            }
        }
    }

    /// Notes a header that holds addresses. The variables are looked for in the windows that follow, and in this one.
    pub(super) fn header(&mut self, header: &[u8]) {
        let (Some(size @ (4 | 8)), Some(flags @ (0 | 1))) = (header.get(14).copied(), header.get(15).copied()) else {
            return;
        };
        if !self.go || self.headers.len() >= MAX_HEADERS {
            return;
        }
        let order = Order { big: flags == 1, wide: size == 8 };
        let variable = |at: usize| offset_of(&self.segments, order.address(header, at)?);
        let variables = [variable(16), variable(16 + usize::from(size))];
        self.headers.push(Header { order, variables, found: [None, None] });
    }

    /// The builds that the headers lead to.
    pub(super) fn builds(&self) -> Vec<Build> {
        let builds = self.headers.iter().filter_map(|header| {
            let [version, modules] = &header.found;
            let (at, length) = self.string(header.order, version.as_deref()?)?;
            let text = self.versions.get(&at)?.get(..usize::try_from(length).ok()?)?;
            let version = std::str::from_utf8(text).ok().filter(|text| is_version(text))?.to_owned();
            let modules = modules.as_deref().and_then(|variable| self.string(header.order, variable));
            let modules = match modules {
                Some((at, length)) if length as usize > 2 * MARK => {
                    let (_, text) = self.modules.as_ref().filter(|(start, _)| *start == at)?;
                    unmarked(text.get(..usize::try_from(length).ok()?)?)?
                }
                // A program outside of any module.
                _ => String::new(),
            };
            Some(Build { version, modules })
        });
        builds.take(1).collect()
    }

    /// Where the text of a string variable stands in the file, and its length.
    fn string(&self, order: Order, variable: &[u8]) -> Option<(u64, u64)> {
        let address = order.address(variable, 0)?;
        let length = order.address(variable, if order.wide { 8 } else { 4 })?;
        Some((offset_of(&self.segments, address)?, length))
    }
}
