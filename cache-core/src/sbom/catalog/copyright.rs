//! The licences of a Debian package: `usr/share/doc/NAME/copyright`. Many of these files are machine-readable (the copyright
//! format 1.0, once called DEP-5); of the rest the texts are recognised, and the licences in `/usr/share/common-licenses`
//! that they point at.

use std::collections::HashSet;
use std::io::Read;

use super::control::paragraphs;
use super::{Cataloger, Fact, FileInfo, read};
use crate::error::Result;
use crate::sbom::license::{debian, texts};

const LIMIT: u64 = 16 << 20;
/// A file states no more licences than this.
const MAX_LICENSES: usize = 512;
/// Paragraphs and pointers after this many are not read.
const MAX_PARAGRAPHS: usize = 10_000;
/// A longer first line is no name, but the beginning of the text.
const MAX_NAME: usize = 120;

/// Reads what Debian's packages say of their licences.
#[derive(Debug)]
pub(super) struct Copyright;

impl Cataloger for Copyright {
    fn name(&self) -> &'static str {
        "debian-copyright"
    }

    fn wants(&self, file: &FileInfo<'_>) -> bool {
        let Some((folder, "copyright")) = file.path.rsplit_once('/') else { return false };
        folder.rsplit_once('/').is_some_and(|(doc, _)| read::root(doc, &["usr/share/doc"]).is_some())
    }

    fn read(&self, file: &FileInfo<'_>, content: &mut dyn Read) -> Result<Vec<Fact>> {
        let text = match read::whole(file, content, LIMIT)? {
            Ok(bytes) => read::text(bytes),
            Err(fact) => return Ok(vec![fact]),
        };
        let mut licenses = Licenses::default();
        if is_machine_readable(&text) {
            stated(&text, &mut licenses);
        }
        if licenses.0.is_empty() {
            pointed_at(&text, &mut licenses);
        }
        Ok(if licenses.0.is_empty() { Vec::new() } else { vec![Fact::Licenses(licenses.0)] })
    }
}

#[derive(Default)]
struct Licenses(Vec<String>);

impl Licenses {
    fn add(&mut self, license: String) {
        if self.0.len() < MAX_LICENSES && !self.0.contains(&license) {
            self.0.push(license);
        }
    }
}

/// The first paragraph names the format, by one of the addresses it had. Some files leave that out and are in it all the same.
fn is_machine_readable(text: &str) -> bool {
    let mut all = paragraphs(text, "");
    let Some(header) = all.next() else { return false };
    let format = ["Format", "Format-Specification"].map(|field| header.get(field).to_ascii_lowercase());
    format.iter().any(|format| ["copyright-format", "copyrightformat", "dep5"].iter().any(|n| format.contains(n)))
        || all.any(|paragraph| paragraph.has("Files") && paragraph.has("License") && paragraph.has("Copyright"))
}

/// The licences of the paragraphs, each of which applies to some part. A paragraph without files gives the text of a licence
/// that others name: alone it would turn a choice between two into both.
fn stated(text: &str, licenses: &mut Licenses) {
    let mut named = HashSet::new();
    for paragraph in paragraphs(text, "").filter(|paragraph| paragraph.has("Files")).take(MAX_PARAGRAPHS) {
        paragraph.all("License").for_each(|license| names(license.lines().next().unwrap_or_default(), &mut named));
    }
    for paragraph in paragraphs(text, "").take(MAX_PARAGRAPHS) {
        for license in paragraph.all("License") {
            let (name, rest) = license.split_once('\n').unwrap_or((license, ""));
            let name = name.trim().trim_end_matches(['.', ',', ';']);
            if !paragraph.has("Files") && named.contains(&*name.to_ascii_lowercase()) {
                continue;
            }
            if let Some(expression) = debian::expression(name) {
                licenses.add(expression);
                continue;
            }
            // Its text stands where its name should: none, or a sentence.
            let sentence = name.is_empty() || name.len() > MAX_NAME || name.split_whitespace().nth(6).is_some();
            let recognised = if sentence { texts::recognise(license) } else { Vec::new() };
            if recognised.is_empty() && !name.is_empty() {
                licenses.add(name.chars().take(MAX_NAME).collect());
            } else if recognised.is_empty() && !rest.is_empty() {
                licenses.add("unnamed".to_owned());
            }
            recognised.into_iter().for_each(|id| licenses.add(id));
        }
    }
}

/// The names between the operators of a licence and each of their words, in lower case.
fn names(license: &str, all: &mut HashSet<String>) {
    let mut name = String::new();
    for word in license.to_ascii_lowercase().split(|c: char| c.is_whitespace() || c == ',') {
        if matches!(word, "" | "and" | "or") {
            all.insert(std::mem::take(&mut name));
            continue;
        }
        all.insert(word.to_owned());
        name.push_str(if name.is_empty() { "" } else { " " });
        name.push_str(word);
    }
    all.insert(name);
    all.remove("");
}

/// The texts and notices in the file, and the common licences it points at. A pointer does not say whether later versions
/// may be chosen: where a notice does, the notice counts.
fn pointed_at(text: &str, licenses: &mut Licenses) {
    texts::recognise(text).into_iter().for_each(|id| licenses.add(id));
    let noticed = licenses.0.clone();
    for pointer in text.split("/usr/share/common-licenses/").skip(1).take(MAX_PARAGRAPHS) {
        let end = pointer
            .find(|c: char| !c.is_ascii_alphanumeric() && !matches!(c, '-' | '.' | '+'))
            .unwrap_or(pointer.len());
        let name = pointer.get(..end).unwrap_or_default().trim_end_matches(['.', '-', '+']);
        if let Some(id) = debian::expression(name) {
            let family = |id: &str| id.split('-').next().unwrap_or_default().to_owned();
            if !noticed.iter().any(|known| family(known) == family(&id)) {
                licenses.add(id);
            }
        }
    }
}

#[cfg(test)]
#[path = "copyright_tests.rs"]
mod tests;
