//! Archives of Java, and what lies in them: libraries that were put into one archive, as files or as their classes.
//!
//! An archive's directory stands at its end, so it is held in memory while it is read. Archives within are read where they
//! lie when they are only stored, as Spring Boot stores them, and inflated one at a time otherwise.

mod file_name;
mod groups;
mod identity;
mod manifest;
#[cfg(test)]
mod tests;

use std::borrow::Cow;
use std::io::Read;

use self::identity::{Archive, Coordinates};
use self::manifest::Manifest;
use super::{Cataloger, Fact, FileInfo, Found, maven, read};
use crate::error::Result;
use crate::model::digest::to_hex;
use crate::zip::{Budget, Entry, Zip};

const EXTENSIONS: [&str; 13] =
    ["jar", "war", "ear", "par", "sar", "nar", "jpi", "hpi", "kar", "far", "lpkg", "rar", "zap"];
/// The largest archive that is read.
const MAX_ARCHIVE: u64 = 256 << 20;
/// How much is inflated for one file of an image.
const MAX_INFLATED: u64 = 1 << 30;
/// The largest manifest or description of a project.
const MAX_TEXT: u64 = 4 << 20;
/// How deep archives may lie in each other. A web archive in an enterprise archive holds libraries at depth 2.
const MAX_DEPTH: usize = 8;
/// How many archives count for one file, and how many descriptions for one archive.
const MAX_ARCHIVES: usize = 20_000;
const MAX_DESCRIPTIONS: usize = 20_000;

/// Finds the packages of Maven in archives.
#[derive(Debug, Clone, Copy)]
pub(super) struct Archives;

impl Cataloger for Archives {
    fn name(&self) -> &'static str {
        "java-archive"
    }

    fn wants(&self, file: &FileInfo<'_>) -> bool {
        is_archive(file.path)
    }

    fn read(&self, file: &FileInfo<'_>, content: &mut dyn Read) -> Result<Vec<Fact>> {
        let bytes = match read::whole(file, content, MAX_ARCHIVE)? {
            Ok(bytes) => bytes,
            Err(too_large) => return Ok(vec![too_large]),
        };
        // Other formats have some of these extensions too.
        if !bytes.starts_with(b"PK") && !Zip::is_one(&bytes) {
            return Ok(Vec::new());
        }
        let mut reading = Reading { facts: Vec::new(), budget: Budget(MAX_INFLATED), archives: 0 };
        reading.archive(&bytes, file.path, "", 0);
        Ok(reading.facts)
    }
}

fn is_archive(path: &str) -> bool {
    path.rsplit_once('.').is_some_and(|(_, end)| EXTENSIONS.iter().any(|known| end.eq_ignore_ascii_case(known)))
}

struct Reading {
    facts: Vec<Fact>,
    budget: Budget,
    archives: usize,
}

impl Reading {
    /// Reads one archive; gives the name of the package that it is, if it is one.
    fn archive(&mut self, bytes: &[u8], path: &str, inside: &str, depth: usize) -> Option<String> {
        self.archives += 1;
        let zip = match Zip::open(bytes) {
            Ok(zip) => zip,
            Err(reason) => {
                self.unreadable(inside, reason);
                return None;
            }
        };
        let mut packages = self.describe(&zip, path, inside).packages();
        if let Some(main) = packages.first_mut().filter(|found| !found.properties.contains_key(identity::SHADED)) {
            main.hashes = vec![sha1(bytes)];
        }
        let first = self.facts.len();
        let main = packages.first().filter(|found| !found.properties.contains_key(identity::SHADED)).is_some();
        let mut needs: Vec<String> = packages.iter().skip(1).map(full_name).collect();
        let name = packages.first().filter(|_| main).map(full_name);
        for mut found in packages {
            found.inside = inside.to_owned();
            self.facts.push(Fact::Package(Box::new(found)));
        }
        for entry in zip.entries.iter().filter(|entry| is_archive(&entry.name)) {
            needs.extend(self.nested(&zip, entry, inside, depth));
        }
        needs.sort();
        needs.dedup();
        if let Some(Fact::Package(found)) = self.facts.get_mut(first).filter(|_| main) {
            needs.retain(|needed| Some(needed) != name.as_ref());
            found.needs = needs;
        }
        name
    }

    fn nested(&mut self, zip: &Zip<'_>, entry: &Entry, inside: &str, depth: usize) -> Option<String> {
        let place = if inside.is_empty() { entry.name.clone() } else { format!("{inside}:{}", entry.name) };
        if depth >= MAX_DEPTH || self.archives >= MAX_ARCHIVES {
            self.unreadable(&place, "archives nest too deep in it, or are too many");
            return None;
        }
        match zip.content(entry, MAX_ARCHIVE, &mut self.budget) {
            Ok(bytes) => self.archive(&bytes, &entry.name, &place, depth + 1),
            Err(reason) => {
                self.unreadable(&place, reason);
                None
            }
        }
    }

    /// What the archive says of itself.
    fn describe<'p>(&mut self, zip: &Zip<'_>, path: &'p str, inside: &str) -> Archive<'p> {
        let mut archive = Archive { file_name: path.rsplit('/').next().unwrap_or(path), ..Archive::default() };
        let mut descriptions = 0;
        for entry in &zip.entries {
            let manifest = entry.name.eq_ignore_ascii_case("META-INF/MANIFEST.MF") && archive.manifest.is_none();
            let (properties, project) = (entry.name.ends_with("pom.properties"), entry.name.ends_with("pom.xml"));
            if !manifest && !properties && !project {
                continue;
            }
            descriptions += 1;
            if descriptions > MAX_DESCRIPTIONS {
                self.unreadable(inside, "it describes more projects than there can be in it");
                break;
            }
            let text = match zip.content(entry, MAX_TEXT, &mut self.budget) {
                Ok(Cow::Borrowed(bytes)) => read::text(bytes.to_vec()),
                Ok(Cow::Owned(bytes)) => read::text(bytes),
                Err(reason) => {
                    let name = &entry.name;
                    self.unreadable(&if inside.is_empty() { name.clone() } else { format!("{inside}:{name}") }, reason);
                    continue;
                }
            };
            let folder = entry.name.rsplit_once('/').map_or("", |(folder, _)| folder).to_owned();
            if manifest {
                archive.manifest = Some(Manifest::parse(&text));
            } else if properties {
                archive.properties.extend(Coordinates::parse(&text).map(|own| (folder, own)));
            } else {
                archive.projects.extend(maven::project(&text).map(|project| (folder, project)));
            }
        }
        archive.properties.sort_by(|a, b| a.0.cmp(&b.0));
        archive
    }

    fn unreadable(&mut self, place: &str, reason: &str) {
        let text = if place.is_empty() { reason.to_owned() } else { format!("{place}: {reason}") };
        self.facts.push(Fact::Unreadable(text));
    }
}

fn full_name(found: &Found) -> String {
    format!("{}/{}", found.namespace, found.name)
}

/// SHA-1 is what registries of Maven know archives by.
fn sha1(bytes: &[u8]) -> String {
    let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA1_FOR_LEGACY_USE_ONLY, bytes);
    format!("sha1:{}", to_hex(digest.as_ref()))
}
