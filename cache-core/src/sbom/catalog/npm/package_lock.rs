//! `package-lock.json` and `npm-shrinkwrap.json`, versions 1 to 3 (docs.npmjs.com, `package-lock.json`).

use serde::Deserialize;

use super::super::lenient::{self, Loose};
use super::super::text_file::{Parsed, distinct, integrity, json};
use super::super::{FileInfo, Found};
use super::{mark_dev, package};

#[derive(Deserialize, Default)]
#[serde(default)]
struct Lock {
    /// Of version 1; version 2 repeats here what `packages` says.
    #[serde(deserialize_with = "lenient::map")]
    dependencies: Vec<(String, Dependency)>,
    /// Since version 2, by path.
    #[serde(deserialize_with = "lenient::map")]
    packages: Vec<(String, Installed)>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Dependency {
    #[serde(deserialize_with = "lenient::text")]
    version: String,
    #[serde(deserialize_with = "lenient::text")]
    integrity: String,
    #[serde(deserialize_with = "lenient::text")]
    dev: String,
    requires: Loose,
    #[serde(deserialize_with = "lenient::map")]
    dependencies: Vec<(String, Dependency)>,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
struct Installed {
    #[serde(deserialize_with = "lenient::text")]
    name: String,
    #[serde(deserialize_with = "lenient::text")]
    version: String,
    #[serde(deserialize_with = "lenient::text")]
    integrity: String,
    #[serde(deserialize_with = "lenient::text")]
    dev: String,
    #[serde(deserialize_with = "lenient::text")]
    link: String,
    license: Loose,
    dependencies: Loose,
    optional_dependencies: Loose,
}

pub(super) fn wants(file: &FileInfo<'_>) -> bool {
    super::is_lock(file, &["package-lock.json", "npm-shrinkwrap.json"])
}

pub(super) fn parse(_: &FileInfo<'_>, text: &str) -> Parsed {
    let lock: Lock = json(text)?;
    let mut found = Vec::new();
    if lock.packages.is_empty() {
        // The JSON reader bounds how deep they nest.
        of_version_1(lock.dependencies, &mut found);
    } else {
        found.extend(lock.packages.into_iter().filter_map(|(path, installed)| by_path(&path, installed)));
    }
    Ok(distinct(found))
}

fn of_version_1(dependencies: Vec<(String, Dependency)>, found: &mut Vec<Found>) {
    for (name, dependency) in dependencies {
        // An alias says what it stands for: `npm:name@1.0.0`.
        let alias = dependency.version.strip_prefix("npm:").and_then(super::name_and_rest);
        // Some entries are called by their place, as those of later versions are.
        let by_place = name.rsplit_once("node_modules/").map_or(&*name, |(_, name)| name);
        let (name, version) = alias.unwrap_or((by_place, &dependency.version));
        let mut one = Found {
            local: version.starts_with("file:"),
            hashes: integrity(&dependency.integrity),
            needs: dependency.requires.into_names(),
            ..package(name, version)
        };
        mark_dev(&mut one, dependency.dev == "true");
        found.push(one);
        of_version_1(dependency.dependencies, found);
    }
}

fn by_path(path: &str, installed: Installed) -> Option<Found> {
    // A link leads to a folder of the project, which has an entry of its own.
    if installed.link == "true" {
        return None;
    }
    let (of_project, by_place) = match path.rsplit_once("node_modules/") {
        Some((_, name)) => (false, name),
        None => (!path.is_empty(), path.rsplit('/').next().unwrap_or_default()),
    };
    let name = if installed.name.is_empty() { by_place } else { &installed.name };
    if name.is_empty() {
        return None;
    }
    let mut needs = installed.dependencies.into_names();
    needs.extend(installed.optional_dependencies.into_names());
    let mut one = Found {
        local: of_project,
        licenses: installed.license.into_texts("type"),
        hashes: integrity(&installed.integrity),
        needs,
        ..package(name, &installed.version)
    };
    mark_dev(&mut one, installed.dev == "true");
    Some(one)
}
