//! Packages of Python: what is installed (packaging.python.org, core metadata and recording of installed packages), and lock
//! files.

mod files;
mod locks;
mod metadata;
mod requirements;

#[cfg(test)]
mod tests;

use super::text_file::TextFile;
use super::{FileInfo, Found, Place};

pub(super) const CATALOGERS: [TextFile; 7] = [
    TextFile { name: "python-package", wants: metadata::wants, parse: metadata::parse },
    TextFile { name: "python-files", wants: files::wants, parse: files::parse },
    TextFile { name: "python-requirements", wants: requirements::wants, parse: requirements::parse },
    TextFile { name: "poetry-lock", wants: |file| is_lock(file, "poetry.lock"), parse: locks::poetry },
    TextFile { name: "uv-lock", wants: locks::is_uv, parse: locks::uv },
    TextFile { name: "pipfile-lock", wants: |file| is_lock(file, "Pipfile.lock"), parse: locks::pipfile },
    TextFile { name: "pdm-lock", wants: locks::is_pdm, parse: locks::pdm },
];

fn is_lock(file: &FileInfo<'_>, name: &str) -> bool {
    file.place == Place::Folder && file.file_name() == name
}

/// The name stays as it is stated; others may need the package under its normal name.
fn package(name: &str, version: &str) -> Found {
    let normal = normal(name);
    Found {
        kind: "pypi".into(),
        name: name.to_owned(),
        version: version.to_owned(),
        provides: if normal == name { Vec::new() } else { vec![normal] },
        ..Found::default()
    }
}

/// The normal form of a name (PEP 503).
fn normal(name: &str) -> String {
    let mut normal = String::with_capacity(name.len());
    for c in name.chars() {
        match c {
            '-' | '_' | '.' if normal.ends_with('-') => {}
            '-' | '_' | '.' => normal.push('-'),
            c => normal.push(c.to_ascii_lowercase()),
        }
    }
    normal
}

/// The name at the beginning of a requirement (PEP 508).
fn required_name(requirement: &str) -> Option<&str> {
    let text = requirement.trim_start();
    let end = text.find(|c: char| !c.is_ascii_alphanumeric() && !matches!(c, '.' | '-' | '_')).unwrap_or(text.len());
    text.get(..end).filter(|name| !name.is_empty())
}

/// The names of packages at the beginning of requirements, in their normal form.
fn required<'a>(requirements: impl Iterator<Item = &'a str>) -> Vec<String> {
    let mut names: Vec<String> = requirements.filter_map(required_name).map(normal).collect();
    names.sort();
    names.dedup();
    names
}

/// The folder of the metadata that a file lies in, and the folder that holds it: `site-packages`.
fn metadata_folder<'a>(file: &FileInfo<'a>) -> Option<(&'a str, &'a str)> {
    let (folder, _) = file.path.rsplit_once('/')?;
    let lower = |end: &str| {
        folder.len() >= end.len() && folder.get(folder.len() - end.len()..).is_some_and(|e| e.eq_ignore_ascii_case(end))
    };
    (lower("dist-info") || lower("egg-info")).then(|| (folder, folder.rsplit_once('/').map_or("", |(site, _)| site)))
}
