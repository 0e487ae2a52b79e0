//! The lock files of Gradle (`gradle.lockfile`, and one for each configuration before) and of sbt.

use serde::Deserialize;

use super::super::lenient;
use super::super::text_file::{Parsed, distinct, json};
use super::super::{FileInfo, Place};
use super::package;

pub(super) fn is_gradle(file: &FileInfo<'_>) -> bool {
    let name = file.file_name();
    let of_configuration = name.ends_with(".lockfile") && file.path.contains("dependency-locks/");
    file.place == Place::Folder
        && (matches!(name, "gradle.lockfile" | "buildscript-gradle.lockfile") || of_configuration)
}

/// `group:name:version=configuration,…`
pub(super) fn gradle(_: &FileInfo<'_>, text: &str) -> Parsed {
    let lines = text.lines().map(str::trim).filter(|line| !line.starts_with('#'));
    let found = lines.filter_map(|line| {
        let module = line.split('=').next()?.trim();
        match module.split(':').collect::<Vec<_>>()[..] {
            [group, name, version] if !name.is_empty() => Some(package(group, name, version)),
            _ => None,
        }
    });
    Ok(distinct(found))
}

#[derive(Deserialize)]
struct Lock {
    dependencies: Vec<Entry>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Entry {
    #[serde(deserialize_with = "lenient::text")]
    org: String,
    #[serde(deserialize_with = "lenient::text")]
    name: String,
    #[serde(deserialize_with = "lenient::text")]
    version: String,
    configurations: Vec<String>,
}

pub(super) fn sbt(_: &FileInfo<'_>, text: &str) -> Parsed {
    let lock: Lock = json(text)?;
    let found = lock.dependencies.into_iter().filter(|entry| !entry.name.is_empty()).map(|entry| {
        let mut found = package(&entry.org, &entry.name, &entry.version);
        if !entry.configurations.is_empty() && entry.configurations.iter().all(|name| name.starts_with("test")) {
            found.properties.insert("scope".into(), "dev".into());
        }
        found
    });
    Ok(distinct(found))
}
