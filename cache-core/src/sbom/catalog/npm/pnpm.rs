//! `pnpm-lock.yaml`, versions 5, 6 and 9 (github.com/pnpm/spec, lockfile).

use serde::Deserialize;

use super::super::lenient;
use super::super::text_file::{Parsed, distinct, integrity, yaml};
use super::super::{FileInfo, Found};
use super::{mark_dev, name_and_rest, package};

/// One document of the file: pnpm keeps what it needs itself in a document before the project's.
#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
struct Lock {
    lockfile_version: Option<String>,
    #[serde(deserialize_with = "lenient::map")]
    packages: Vec<(String, Entry)>,
    /// Since version 9: what each package needs, by the peers that it got.
    #[serde(deserialize_with = "lenient::map")]
    snapshots: Vec<(String, Entry)>,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
struct Entry {
    /// Only of what does not come from a registry.
    name: Option<String>,
    /// Only of what does not come from a registry.
    version: Option<String>,
    resolution: Resolution,
    dev: Option<bool>,
    #[serde(deserialize_with = "lenient::keys")]
    dependencies: Vec<String>,
    #[serde(deserialize_with = "lenient::keys")]
    optional_dependencies: Vec<String>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Resolution {
    integrity: Option<String>,
    directory: Option<String>,
}

pub(super) fn parse(_: &FileInfo<'_>, text: &str) -> Parsed {
    let mut found = Vec::new();
    let mut version: Option<f64> = None;
    for lock in yaml::<Option<Lock>>(text)?.into_iter().flatten() {
        let stated = lock.lockfile_version.as_deref().and_then(|text| text.trim().parse().ok());
        version = stated.or(version);
        let Some(version) = version else { return Err("it states no lockfileVersion".into()) };
        let entries = lock.packages.into_iter().chain(lock.snapshots);
        found.extend(entries.filter_map(|(key, entry)| one(&key, entry, version < 6.0)));
    }
    Ok(distinct(found))
}

fn one(key: &str, entry: Entry, slashes: bool) -> Option<Found> {
    // The peers are in brackets, or after an underscore before version 6.
    let plain = key.split('(').next().unwrap_or(key);
    let plain = plain.strip_prefix('/').unwrap_or(plain);
    let by_key = if slashes {
        plain.rsplit_once('/').map(|(name, version)| (name, version.split('_').next().unwrap_or(version)))
    } else {
        name_and_rest(plain)
    };
    let (name, version) = match (&entry.name, by_key) {
        (Some(name), by_key) => (name.as_str(), by_key.map_or("", |(_, version)| version)),
        (None, by_key) => by_key?,
    };
    let version = entry.version.as_deref().unwrap_or(version);
    let local = entry.resolution.directory.is_some() || version.starts_with("file:") || version.starts_with("link:");
    let mut needs = entry.dependencies;
    needs.extend(entry.optional_dependencies);
    let hashes = entry.resolution.integrity.as_deref().map(integrity).unwrap_or_default();
    let mut one = Found { local, hashes, needs, ..package(name, version) };
    mark_dev(&mut one, entry.dev == Some(true));
    Some(one)
}
