//! `requirements.txt` (pip.pypa.io, requirements file format): what is pinned to one version.

use super::super::text_file::{Parsed, distinct};
use super::super::{FileInfo, Found, Place};

pub(super) fn wants(file: &FileInfo<'_>) -> bool {
    let name = file.file_name();
    file.place == Place::Folder && name.ends_with(".txt") && name.contains("requirements")
}

pub(super) fn parse(_: &FileInfo<'_>, text: &str) -> Parsed {
    let mut found = Vec::new();
    let mut line = String::new();
    for part in text.lines().map(str::trim) {
        match part.strip_suffix('\\') {
            Some(part) => line.push_str(part),
            None => {
                line.push_str(part);
                found.extend(pinned(&line));
                line.clear();
            }
        }
    }
    found.extend(pinned(&line));
    Ok(distinct(found))
}

/// `name[extra] == 1.0 ; marker --hash=…`, with a comment behind it.
fn pinned(line: &str) -> Option<Found> {
    let line = if line.starts_with('#') { "" } else { line.split(" #").next().unwrap_or(line) };
    let name = super::required_name(line)?;
    // An option, such as `-r other.txt`.
    if name.starts_with('-') {
        return None;
    }
    let rest = line.trim_start().get(name.len()..)?.trim_start();
    let rest = match rest.strip_prefix('[') {
        Some(extras) => extras.split_once(']')?.1.trim_start(),
        None => rest,
    };
    let rest = rest.split([';', '#', '@']).next().unwrap_or_default();
    let constraint = rest.split("--").next().unwrap_or_default().trim();
    let constraint = constraint.strip_prefix('(').and_then(|c| c.strip_suffix(')')).unwrap_or(constraint);
    let version = constraint.strip_prefix("===").or_else(|| constraint.strip_prefix("=="))?.trim();
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '+' | '!' | '-' | '_');
    (!version.is_empty() && version.chars().all(plain)).then(|| super::package(name, version))
}
