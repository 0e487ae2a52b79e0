//! Catalogers of files that are read as a whole: manifests and lock files.

use std::collections::BTreeMap;
use std::io::Read;

use serde::de::DeserializeOwned;

use super::{Cataloger, Fact, FileInfo, Found, read};
use crate::document;
use crate::error::Result;
use crate::model::digest::to_hex;

/// A larger file is no lock file that a person could have looked at.
const MAX_FILE: u64 = 64 << 20;

/// What was read in a file, or why it could not be understood.
pub(super) type Parsed = Result<Vec<Fact>, String>;

/// A cataloger of one kind of text file.
#[derive(Debug, Clone, Copy)]
pub(super) struct TextFile {
    pub(super) name: &'static str,
    pub(super) wants: fn(&FileInfo<'_>) -> bool,
    pub(super) parse: fn(&FileInfo<'_>, &str) -> Parsed,
}

impl Cataloger for TextFile {
    fn name(&self) -> &'static str {
        self.name
    }

    fn wants(&self, file: &FileInfo<'_>) -> bool {
        (self.wants)(file)
    }

    fn read(&self, file: &FileInfo<'_>, content: &mut dyn Read) -> Result<Vec<Fact>> {
        let bytes = match read::whole(file, content, MAX_FILE)? {
            Ok(bytes) => bytes,
            Err(fact) => return Ok(vec![fact]),
        };
        // A letter in another encoding, in a name of an author, costs no package.
        let text = match document::text(&bytes) {
            Ok(text) => text,
            Err(_) => String::from_utf8_lossy(&bytes),
        };
        Ok((self.parse)(file, &text).unwrap_or_else(|reason| vec![Fact::Unreadable(reason)]))
    }
}

/// Reads JSON of a known shape.
pub(super) fn json<T: DeserializeOwned>(text: &str) -> Result<T, String> {
    serde_json::from_str(text).map_err(|e| format!("not the JSON it should be: {e}"))
}

/// Reads TOML of a known shape.
pub(super) fn toml<T: DeserializeOwned>(text: &str) -> Result<T, String> {
    toml::from_str(text).map_err(|e| format!("not the TOML it should be: {}", e.message()))
}

/// Reads the documents of a YAML stream, all of one known shape. Of a key that stands twice the last one counts.
pub(in crate::sbom) fn yaml<T: DeserializeOwned>(text: &str) -> Result<Vec<T>, String> {
    // No node and no event is shorter than a byte; the depth and the aliases stay bounded as they are.
    let budget = serde_saphyr::budget! {
        max_nodes: text.len() + 16,
        max_events: 4 * text.len() + 64,
    };
    let options = serde_saphyr::options! {
        budget: budget,
        duplicate_keys: serde_saphyr::DuplicateKeyPolicy::LastWins,
    };
    serde_saphyr::from_multiple_with_options(text, options).map_err(|error| {
        let reason = error.without_snippet().to_string();
        format!("not the YAML it should be: {}", reason.lines().next().unwrap_or_default())
    })
}

/// The facts of a lock file: each package once, however often and for whatever platform the file names it.
pub(super) fn distinct(found: impl IntoIterator<Item = Found>) -> Vec<Fact> {
    let mut all: Vec<Found> = found.into_iter().collect();
    all.sort_by(|a, b| identity(a).cmp(&identity(b)));
    all.dedup_by(|next, kept| {
        let same = identity(next) == identity(kept);
        if same {
            merge(kept, next);
        }
        same
    });
    let fact = |mut package: Found| {
        for list in [&mut package.needs, &mut package.hashes, &mut package.licenses] {
            list.sort();
            list.dedup();
        }
        Fact::Package(Box::new(package))
    };
    all.into_iter().map(fact).collect()
}

fn identity(found: &Found) -> (&str, &str, &str, &str, &BTreeMap<String, String>) {
    (&found.kind, &found.namespace, &found.name, &found.version, &found.qualifiers)
}

fn merge(kept: &mut Found, other: &mut Found) {
    kept.needs.append(&mut other.needs);
    kept.hashes.append(&mut other.hashes);
    kept.licenses.append(&mut other.licenses);
    kept.local &= other.local;
    // What is needed to run in one place is needed.
    if !other.properties.contains_key("scope") {
        kept.properties.remove("scope");
    }
}

/// The digest that `algorithm-base64` states, as npm writes it, in Cache's form.
pub(super) fn integrity(text: &str) -> Vec<String> {
    use base64::Engine as _;
    let one = |text: &str| {
        let (algorithm, value) = text.split_once('-')?;
        let value = value.split('?').next().unwrap_or(value);
        let bytes = base64::engine::general_purpose::STANDARD.decode(value).ok()?;
        let hex = to_hex(&bytes);
        let known = matches!(algorithm, "sha1" | "sha256" | "sha384" | "sha512");
        (known && !hex.is_empty()).then(|| format!("{algorithm}:{hex}"))
    };
    text.split_ascii_whitespace().filter_map(one).collect()
}
