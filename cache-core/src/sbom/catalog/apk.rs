//! The database of apk: `lib/apk/db/installed`, of newer systems `usr/lib/apk/db/installed`. Paragraphs of lines with a letter
//! and a colon (apk-tools, `doc/apk-db.5` and `src/database.c`): first the package's, then its folders (`F`) and files (`R`).

use std::borrow::Cow;
use std::io::Read;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::{Cataloger, Fact, FileInfo, Found, Source, read};
use crate::error::Result;
use crate::model::digest::to_hex;
use crate::sbom::license::names;

const LIMIT: u64 = 256 << 20;
const PATHS: &[&str] = &["usr/lib/apk/db/installed", "lib/apk/db/installed"];
/// A longer path cannot be that of a file.
const MAX_PATH: usize = 4096;

/// Names in a longer text are not told apart.
const MAX_LICENSES: usize = 1024;

/// Packages that apk installed.
#[derive(Debug)]
pub(super) struct Apk;

impl Cataloger for Apk {
    fn name(&self) -> &'static str {
        "apk"
    }

    fn wants(&self, file: &FileInfo<'_>) -> bool {
        read::root(file.path, PATHS).is_some()
    }

    fn read(&self, file: &FileInfo<'_>, content: &mut dyn Read) -> Result<Vec<Fact>> {
        let Some(root) = read::root(file.path, PATHS) else { return Ok(Vec::new()) };
        let text = match read::whole(file, content, LIMIT)? {
            Ok(bytes) => read::text(bytes),
            Err(fact) => return Ok(vec![fact]),
        };
        let mut database = Database { root, facts: Vec::new(), found: Found::default(), folder: "", paths: 0 };
        for line in text.lines() {
            if line.is_empty() {
                database.end();
            } else if let Some((field, value)) = line.split_once(':') {
                database.line(field, value);
            }
            if database.facts.len() > read::MAX_PACKAGES || database.paths > read::MAX_PATHS {
                database.facts.push(Fact::Unreadable(read::TOO_MANY.to_owned()));
                return Ok(database.facts);
            }
        }
        database.end();
        if database.facts.is_empty() && !text.trim().is_empty() {
            database.facts.push(Fact::Unreadable("no paragraph of it names a package".to_owned()));
        }
        Ok(database.facts)
    }
}

struct Database<'a> {
    root: &'a str,
    facts: Vec<Fact>,
    found: Found,
    /// The folder of the files that follow.
    folder: &'a str,
    paths: usize,
}

impl<'a> Database<'a> {
    fn line(&mut self, field: &str, value: &'a str) {
        // The digest and the name begin a package; one whose empty line is missing is not lost.
        if matches!(field, "C" | "P") && !self.found.name.is_empty() {
            self.end();
        }
        let found = &mut self.found;
        match field {
            "P" => value.clone_into(&mut found.name),
            "V" => value.clone_into(&mut found.version),
            "A" => value.clone_into(&mut found.arch),
            "T" => value.clone_into(&mut found.description),
            "U" => value.clone_into(&mut found.homepage),
            "m" => value.clone_into(&mut found.supplier),
            "L" => found.licenses = licenses(value),
            "o" => found.source = Some(Source { name: value.to_owned(), version: String::new() }),
            "D" => found.needs = relations(value),
            "p" => found.provides = relations(value),
            "C" => {
                if let Some(digest) = digest(value) {
                    found.properties.insert("checksum".to_owned(), digest);
                }
            }
            "F" => self.folder = value,
            "R" if self.folder.len() + value.len() < MAX_PATH => {
                self.paths += 1;
                let slash = if self.folder.is_empty() { "" } else { "/" };
                found.files.push(format!("{}{}{slash}{value}", self.root, self.folder));
            }
            _ => {}
        }
    }

    fn end(&mut self) {
        self.folder = "";
        let mut found = std::mem::take(&mut self.found);
        if found.name.is_empty() {
            return;
        }
        found.source = found.source.filter(|source| !source.name.is_empty() && source.name != found.name);
        "apk".clone_into(&mut found.kind);
        self.facts.push(Fact::Package(Box::new(found)));
    }
}

/// One expression; old packages have several names with spaces between, all of which apply.
fn licenses(text: &str) -> Vec<String> {
    let text = text.trim();
    let words = || text.split_whitespace();
    let several =
        text.len() < MAX_LICENSES && words().nth(1).is_some() && words().all(|word| names::license(word).is_some());
    if several {
        return read::distinct(words().map(Cow::Borrowed));
    }
    if text.is_empty() { Vec::new() } else { vec![text.to_owned()] }
}

/// The names in `so:libc.so.1 a>=1.0 b=2 !c d@repository`, each once; what conflicts is not needed.
fn relations(text: &str) -> Vec<String> {
    let words = text.split_whitespace().filter(|word| !word.starts_with('!'));
    let names = words.map(|word| word.split(['=', '<', '>', '~', '@']).next().unwrap_or_default());
    read::distinct(names.map(Cow::Borrowed))
}

/// `Q1` and a SHA-1, `Q2` and a SHA-256, in base64. It is of the part of the archive that holds the package's description, so
/// it is no digest of the archive.
fn digest(text: &str) -> Option<String> {
    let (algorithm, length, encoded) = match text.split_at_checked(2)? {
        ("Q1", encoded) => ("sha1", 20, encoded),
        ("Q2", encoded) => ("sha256", 32, encoded),
        _ => return None,
    };
    let bytes = STANDARD.decode(encoded).ok().filter(|bytes| bytes.len() == length)?;
    Some(format!("{algorithm}:{}", to_hex(&bytes)))
}

#[cfg(test)]
#[path = "apk_tests.rs"]
mod tests;
