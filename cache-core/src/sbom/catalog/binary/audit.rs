//! The list of crates that `cargo auditable` puts into an executable: a section `.dep-v0` that holds zlib-compressed JSON
//! (<https://github.com/rust-secure-code/cargo-auditable>, `PARSING.md`).
//!
//! The names of sections stand at the end of a file, which a stream shows last. So the list is found by what it is: a zlib
//! stream whose text begins as the one writer of such lists begins it. That holds for ELF, PE, Mach-O and WebAssembly alike,
//! and for programs whose section headers were stripped.

use std::borrow::Cow;
use std::sync::LazyLock;

use flate2::{Decompress, FlushDecompress, Status};
use memchr::memmem::Finder;
use serde::Deserialize;

use super::scan::Window;
use crate::address::without_secrets;
use crate::sbom::catalog::{Fact, Found, read};

/// The four headers that zlib streams with a window of 32 KiB have.
static HEADERS: LazyLock<[Finder<'static>; 4]> =
    LazyLock::new(|| [b"\x78\x01", b"\x78\x5e", b"\x78\x9c", b"\x78\xda"].map(Finder::new));
const BEGINNING: &[u8] = b"{\"packages\":[";
/// The largest list, as the format advises.
const MAX_LIST: usize = 8 << 20;
/// How many lists of one file count: a universal file for macOS holds two.
const MAX_LISTS: usize = 16;
/// No crate has a longer name: files are called after it. Each crate that needs it repeats it.
const MAX_NAME: usize = 255;

/// Looks for lists of crates in a file.
#[derive(Debug, Default)]
pub(super) struct Search {
    inflate: Option<Decompress>,
    /// The text of a list that has begun and not ended.
    open: Option<Vec<u8>>,
    lists: Vec<Vec<u8>>,
    broken: Option<&'static str>,
}

impl Search {
    pub(super) fn see(&mut self, window: &Window<'_>) {
        self.go_on(window.bytes.get(window.fresh..).unwrap_or_default());
        for header in &*HEADERS {
            for at in window.find(header) {
                // The third byte begins a block of deflate, and the list is long enough for a compressed one.
                let Some(rest) =
                    window.bytes.get(at..).filter(|rest| matches!(rest.get(2), Some(b) if b & 6 == 2 || b & 6 == 4))
                else {
                    continue;
                };
                if self.open.is_none() && self.lists.len() < MAX_LISTS && self.begins(rest) {
                    self.open = Some(Vec::new());
                    self.go_on(rest);
                }
            }
        }
    }

    /// Whether `bytes` inflate to the beginning of a list; the state is as before then.
    fn begins(&mut self, bytes: &[u8]) -> bool {
        let inflate = self.inflate.get_or_insert_with(|| Decompress::new(true));
        inflate.reset(true);
        let mut text = [0; BEGINNING.len()];
        // What fits no header of a block is refused at its first bytes.
        let bytes = bytes.get(..super::scan::AHEAD).unwrap_or(bytes);
        let told = inflate.decompress(bytes, &mut text, FlushDecompress::None);
        let whole = told.is_ok() && text == BEGINNING;
        inflate.reset(true);
        whole
    }

    fn go_on(&mut self, mut bytes: &[u8]) {
        let (Some(text), Some(inflate)) = (&mut self.open, &mut self.inflate) else { return };
        let mut part = [0; 16 << 10];
        while !bytes.is_empty() {
            let before = (inflate.total_in(), inflate.total_out());
            let status = inflate.decompress(bytes, &mut part, FlushDecompress::None);
            let read = (inflate.total_in() - before.0) as usize;
            let written = (inflate.total_out() - before.1) as usize;
            text.extend_from_slice(part.get(..written).unwrap_or_default());
            bytes = bytes.get(read..).unwrap_or_default();
            match status {
                Ok(Status::StreamEnd) => {
                    self.lists.extend(self.open.take());
                    return;
                }
                Ok(_) if text.len() > MAX_LIST => self.broken = Some("is larger than 8 MiB"),
                Ok(_) if read + written > 0 => continue,
                _ => self.broken = Some("is damaged"),
            }
            self.open = None;
            return;
        }
    }

    /// What the file says in the end.
    pub(super) fn facts(mut self) -> Vec<Fact> {
        if self.open.is_some() {
            self.broken = Some("is cut off");
        }
        let mut facts = Vec::new();
        for list in &self.lists {
            match serde_json::from_slice(list) {
                Ok(list) => facts.extend(packages(&list).map(|found| Fact::Package(Box::new(found)))),
                Err(_) => self.broken = Some("is not of the form it should be"),
            }
        }
        facts.extend(self.broken.map(|how| Fact::Unreadable(format!("the list of crates by cargo-auditable {how}"))));
        facts
    }
}

#[derive(Debug, Deserialize)]
struct List {
    packages: Vec<Crate>,
}

#[derive(Debug, Deserialize)]
struct Crate {
    name: String,
    version: String,
    #[serde(default)]
    source: String,
    kind: Option<String>,
    /// Positions in the list; that they lie in it is not said.
    #[serde(default)]
    dependencies: Vec<u64>,
    #[serde(default)]
    root: bool,
}

impl Crate {
    /// What only ran while the program was built is not in it.
    fn runs(&self) -> bool {
        self.kind.as_deref().is_none_or(|kind| kind == "runtime") && (1..=MAX_NAME).contains(&self.name.len())
    }
}

fn packages(list: &List) -> impl Iterator<Item = Found> + '_ {
    let named = |at: &u64| list.packages.get(usize::try_from(*at).ok()?).filter(|needed| needed.runs());
    list.packages.iter().filter(|one| one.runs()).map(move |one| {
        let needed = one.dependencies.iter().take(list.packages.len()).filter_map(named);
        let mut needs = read::distinct(needed.map(|needed| Cow::Borrowed(needed.name.as_str())));
        needs.sort();
        let mut found = Found {
            kind: "cargo".to_owned(),
            name: one.name.clone(),
            version: one.version.clone(),
            // Only crates.io gives a name its meaning; a private registry or a repository is told as a property.
            local: one.source == "local",
            needs,
            ..Found::default()
        };
        if !matches!(one.source.as_str(), "" | "crates.io") {
            found.properties.insert("source".to_owned(), without_secrets(&one.source).into_owned());
        }
        if one.root {
            found.properties.insert("root".to_owned(), "true".to_owned());
        }
        found
    })
}
