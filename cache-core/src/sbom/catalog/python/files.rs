//! What an installed package consists of (`RECORD`, `installed-files.txt`, `top_level.txt`) and where it was fetched from
//! (`direct_url.json`, PEP 610).

use std::collections::BTreeMap;

use serde::Deserialize;

use super::super::lenient::{self, Loose};
use super::super::purl::vcs_url;
use super::super::text_file::{Parsed, json};
use super::super::{Fact, FileInfo};
use crate::address::without_secrets;

pub(super) fn wants(file: &FileInfo<'_>) -> bool {
    matches!(file.file_name(), "RECORD" | "installed-files.txt" | "top_level.txt" | "direct_url.json")
        && super::metadata_folder(file).is_some()
}

pub(super) fn parse(file: &FileInfo<'_>, text: &str) -> Parsed {
    let Some((folder, site)) = super::metadata_folder(file) else { return Ok(Vec::new()) };
    let lines = text.lines().map(|line| line.trim_end_matches('\r')).filter(|line| !line.trim().is_empty());
    let files = match file.file_name() {
        "RECORD" => lines.filter_map(first_field).filter_map(|path| join(site, &path)).collect(),
        "installed-files.txt" => lines.filter_map(|path| join(folder, path)).collect(),
        // The names under which it is imported; each is a folder or a file.
        "top_level.txt" => lines
            .filter(|name| !name.contains('/'))
            .flat_map(|name| [format!("{}/__init__.py", name.trim()), format!("{}.py", name.trim())])
            .filter_map(|path| join(site, &path))
            .collect(),
        _ => return origin(text),
    };
    Ok(vec![Fact::Files(files)])
}

/// The first field of a line of CSV.
fn first_field(line: &str) -> Option<String> {
    let Some(quoted) = line.strip_prefix('"') else { return line.split(',').next().map(str::to_owned) };
    let mut field = String::new();
    let mut chars = quoted.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '"' if chars.peek() == Some(&'"') => field.extend(chars.next()),
            '"' => return Some(field),
            c => field.push(c),
        }
    }
    None
}

/// The path from the root, without `..`. What leads out of the root is nothing.
fn join(folder: &str, path: &str) -> Option<String> {
    let base = if path.starts_with('/') { "" } else { folder };
    let mut parts: Vec<&str> = Vec::new();
    for part in base.split('/').chain(path.split('/')) {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop()?;
            }
            part => parts.push(part),
        }
    }
    (!parts.is_empty()).then(|| parts.join("/"))
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct DirectUrl {
    #[serde(deserialize_with = "lenient::text")]
    url: String,
    vcs_info: Loose,
    archive_info: Loose,
}

fn origin(text: &str) -> Parsed {
    let direct: DirectUrl = json(text)?;
    let entry = match (direct.vcs_info, direct.archive_info) {
        (vcs @ Loose::Object(_), _) => Some(("vcs_url", vcs_url(vcs.get("vcs"), &direct.url, vcs.get("commit_id")))),
        (_, Loose::Object(_)) => Some(("download_url", without_secrets(&direct.url).into_owned())),
        // A folder of the machine on which it was built.
        _ => None,
    };
    let qualifiers: BTreeMap<String, String> = entry.into_iter().map(|(key, value)| (key.to_owned(), value)).collect();
    Ok(if qualifiers.is_empty() { Vec::new() } else { vec![Fact::Origin(qualifiers)] })
}
