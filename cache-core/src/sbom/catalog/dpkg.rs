//! The databases of dpkg and opkg: `status` with all packages, `status.d` with a file for each (distroless images), the lists
//! of files in `info`. The format is Debian's control file (Debian Policy 5.1, `dpkg(1)` for the states).

use std::borrow::Cow;
use std::io::Read;

use super::control::{self, Paragraph};
use super::{Cataloger, Fact, FileInfo, Found, Source, read};
use crate::error::Result;

const LIMIT: u64 = 256 << 20;
const LIST_LIMIT: u64 = 64 << 20;

/// Packages that dpkg or opkg installed.
#[derive(Debug)]
pub(super) struct Dpkg;

/// What a file holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Holds {
    Packages,
    /// Lines of a digest and a path.
    Digests,
    /// Lines of paths.
    List,
}

/// A file of a database.
#[derive(Debug, Clone, Copy)]
struct Part<'a> {
    /// The folder of the root, `""` for the image's own.
    root: &'a str,
    /// The folder of the database, with its slash.
    folder: &'a str,
    /// The name of the file in `info` or `status.d`, without its ending.
    stem: &'a str,
    holds: Holds,
}

fn part(path: &str) -> Option<Part<'_>> {
    let (folder, name) = path.rsplit_once('/')?;
    let (tool, holds) = match (folder.rsplit('/').next()?, name.rsplit_once('.').map(|(_, ending)| ending)) {
        ("dpkg" | "opkg", None) if name == "status" => (folder, Holds::Packages),
        ("status.d", Some("md5sums")) | ("info", Some("md5sums")) => (folder.rsplit_once('/')?.0, Holds::Digests),
        ("info", Some("list")) => (folder.rsplit_once('/')?.0, Holds::List),
        ("info", Some("control")) if folder.ends_with("opkg/info") => (folder.rsplit_once('/')?.0, Holds::Packages),
        ("status.d", _) => (folder.rsplit_once('/')?.0, Holds::Packages),
        _ => return None,
    };
    let root = read::root(tool, &["var/lib/dpkg", "usr/lib/dpkg", "lib/dpkg"])
        .or_else(|| read::root(tool, &["var/lib/opkg", "usr/lib/opkg", "lib/opkg"]))?;
    let stem = match holds {
        Holds::Packages if !name.ends_with(".control") => name,
        _ => name.rsplit_once('.').map_or(name, |(stem, _)| stem),
    };
    Some(Part { root, folder: path.get(..=tool.len())?, stem, holds })
}

impl Cataloger for Dpkg {
    fn name(&self) -> &'static str {
        "dpkg"
    }

    fn wants(&self, file: &FileInfo<'_>) -> bool {
        part(file.path).is_some()
    }

    fn read(&self, file: &FileInfo<'_>, content: &mut dyn Read) -> Result<Vec<Fact>> {
        let Some(part) = part(file.path) else { return Ok(Vec::new()) };
        let limit = if part.holds == Holds::Packages { LIMIT } else { LIST_LIMIT };
        let text = match read::whole(file, content, limit)? {
            Ok(bytes) => read::text(bytes),
            Err(fact) => return Ok(vec![fact]),
        };
        Ok(match part.holds {
            Holds::Packages => packages(&part, &text),
            Holds::Digests => files(&part, text.lines().filter_map(|line| Some(line.split_once("  ")?.1))),
            Holds::List => files(&part, text.lines()),
        })
    }
}

fn files<'a>(part: &Part<'_>, paths: impl Iterator<Item = &'a str>) -> Vec<Fact> {
    let paths = paths.map(|path| path.trim_start_matches('/').trim_end()).filter(|path| !matches!(*path, "" | "."));
    let paths: Vec<_> = paths.take(read::MAX_PATHS).map(|path| format!("{}{path}", part.root)).collect();
    if paths.is_empty() { Vec::new() } else { vec![Fact::Files(paths)] }
}

fn packages(part: &Part<'_>, text: &str) -> Vec<Fact> {
    let mut facts = Vec::new();
    let mut paths = 0;
    let mut understood = text.trim().is_empty();
    for paragraph in control::paragraphs(text, "Package") {
        if !paragraph.has("Package") {
            continue;
        }
        understood = true;
        if facts.len() == read::MAX_PACKAGES || paths > read::MAX_PATHS {
            facts.push(Fact::Unreadable(read::TOO_MANY.to_owned()));
            break;
        }
        if let Some(found) = package(part, &paragraph) {
            paths += found.files.len();
            facts.push(Fact::Package(Box::new(found)));
        }
    }
    if !understood {
        facts.push(Fact::Unreadable("no paragraph of it names a package".to_owned()));
    }
    facts
}

/// The package, unless it is only known to the database: removed with its configuration left, or never installed.
fn package(part: &Part<'_>, paragraph: &Paragraph<'_>) -> Option<Found> {
    let name = first_word(paragraph.get("Package"));
    // What is wanted, whether there was an error, what is. A file of `status.d` says nothing: its package is there.
    let state = paragraph.get("Status").split_whitespace().nth(2).unwrap_or("installed");
    if name.is_empty() || matches!(state, "not-installed" | "config-files") {
        return None;
    }
    let mut found = Found {
        kind: "deb".to_owned(),
        name: name.to_owned(),
        version: first_word(paragraph.get("Version")).to_owned(),
        arch: first_word(paragraph.get("Architecture")).to_owned(),
        source: source(paragraph.get("Source")),
        license_files: vec![format!("{}usr/share/doc/{name}/copyright", part.root)],
        files: conffiles(part, paragraph.get("Conffiles")),
        needs: names([paragraph.get("Pre-Depends"), paragraph.get("Depends")]),
        provides: names([paragraph.get("Provides")]),
        supplier: paragraph.get("Maintainer").trim().to_owned(),
        description: paragraph.get("Description").lines().next().unwrap_or_default().trim().to_owned(),
        homepage: paragraph.get("Homepage").trim().to_owned(),
        ..Found::default()
    };
    // Only opkg has these two.
    found.licenses.extend(Some(paragraph.get("License").trim().to_owned()).filter(|license| !license.is_empty()));
    found.cpes.extend(Some(paragraph.get("CPE-ID").trim().to_owned()).filter(|cpe| cpe.starts_with("cpe:")));
    found.file_lists = file_lists(part, name, &found.arch);
    if state != "installed" {
        found.properties.insert("status".to_owned(), state.to_owned());
    }
    Some(found)
}

/// Packages of several architectures have theirs in the name; distroless images name the list after the file in `status.d`,
/// and some keep it in `info` all the same.
fn file_lists(part: &Part<'_>, name: &str, arch: &str) -> Vec<String> {
    let folder = part.folder;
    let mut lists = Vec::with_capacity(6);
    if folder.ends_with("dpkg/") {
        if part.stem != "status" && part.stem != name {
            lists.push(format!("{folder}status.d/{}.md5sums", part.stem));
        }
        lists.push(format!("{folder}info/{name}:{arch}.md5sums"));
        lists.push(format!("{folder}info/{name}.md5sums"));
        lists.push(format!("{folder}status.d/{name}.md5sums"));
        lists.push(format!("{folder}info/{name}:{arch}.list"));
    }
    lists.push(format!("{folder}info/{name}.list"));
    lists
}

/// `name` or `name (version)`. The path that opkg has there is none.
fn source(text: &str) -> Option<Source> {
    let (name, version) = match text.split_once('(') {
        Some((name, version)) => (name.trim(), version.split(')').next().unwrap_or_default().trim()),
        None => (text.trim(), ""),
    };
    let found = !name.is_empty() && !name.contains(['/', ' ']);
    found.then(|| Source { name: name.to_owned(), version: version.to_owned() })
}

/// Lines of a path, a digest, and perhaps a word. The lists of digests leave these files out.
fn conffiles(part: &Part<'_>, text: &str) -> Vec<String> {
    let paths = text.lines().filter_map(|line| line.split_whitespace().next()?.strip_prefix('/'));
    paths.map(|path| format!("{}{path}", part.root)).collect()
}

/// The names in relations such as `a (>= 1) | b:any, c [amd64]`, every alternative of them, each once.
fn names<const N: usize>(relations: [&str; N]) -> Vec<String> {
    let all = relations.into_iter().flat_map(|text| text.split([',', '|']));
    let all = all.map(|one| one.trim().split([' ', '(', '[', '<', ':', '\n', '\t']).next().unwrap_or_default());
    read::distinct(all.map(Cow::Borrowed))
}

fn first_word(text: &str) -> &str {
    text.split_whitespace().next().unwrap_or_default()
}

#[cfg(test)]
#[path = "dpkg_tests.rs"]
mod tests;
