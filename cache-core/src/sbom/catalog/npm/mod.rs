//! Packages of npm: what is installed, and the lock files of npm, Yarn, pnpm and Bun.

mod bun;
mod package_json;
mod package_lock;
mod pnpm;
mod yarn;

#[cfg(test)]
mod tests;

use super::text_file::TextFile;
use super::{FileInfo, Found, Place};
use crate::address::without_secrets;

pub(super) const CATALOGERS: [TextFile; 5] = [
    TextFile { name: "npm-package", wants: package_json::wants, parse: package_json::parse },
    TextFile { name: "npm-lock", wants: package_lock::wants, parse: package_lock::parse },
    TextFile { name: "yarn-lock", wants: |file| is_lock(file, &["yarn.lock"]), parse: yarn::parse },
    TextFile { name: "bun-lock", wants: |file| is_lock(file, &["bun.lock"]), parse: bun::parse },
    TextFile { name: "pnpm-lock", wants: |file| is_lock(file, &["pnpm-lock.yaml"]), parse: pnpm::parse },
];

/// Whether this is a lock file of the project itself: packages bring theirs along, and nobody heeds them.
fn is_lock(file: &FileInfo<'_>, names: &[&str]) -> bool {
    file.place == Place::Folder
        && names.contains(&file.file_name())
        && !file.path.split('/').any(|part| part == "node_modules")
}

/// A package by its full name, whose scope is its namespace. What comes from a repository has its address as the version.
fn package(full_name: &str, version: &str) -> Found {
    let (namespace, name) = match full_name.rsplit_once('/') {
        Some((scope, name)) if scope.starts_with('@') => (scope, name),
        _ => ("", full_name),
    };
    Found {
        kind: "npm".into(),
        namespace: namespace.to_owned(),
        name: name.to_owned(),
        version: without_secrets(version).into_owned(),
        ..Found::default()
    }
}

fn mark_dev(found: &mut Found, dev: bool) {
    if dev {
        found.properties.insert("scope".into(), "dev".into());
    }
}

/// The parts of `name@rest`, where the name may begin with an `@` of its own.
fn name_and_rest(text: &str) -> Option<(&str, &str)> {
    let at = text.char_indices().skip(1).find(|&(_, c)| c == '@')?.0;
    let (name, rest) = (text.get(..at)?, text.get(at + 1..)?);
    (!name.is_empty()).then_some((name, rest))
}
