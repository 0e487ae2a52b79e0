//! The lock files of Poetry, uv, Pipenv and PDM, and the common one (PEP 751).

use serde::Deserialize;

use super::super::lenient::{self, Loose};
use super::super::purl::vcs_url;
use super::super::text_file::{Parsed, distinct, json, toml};
use super::super::{FileInfo, Found, Place};
use super::{is_lock, package, required};

/// uv names the lock file of a script after the script.
pub(super) fn is_uv(file: &FileInfo<'_>) -> bool {
    file.place == Place::Folder && (file.file_name() == "uv.lock" || file.file_name().ends_with(".py.lock"))
}

/// The common form has PDM's parts, under other names.
pub(super) fn is_pdm(file: &FileInfo<'_>) -> bool {
    let name = file.file_name();
    let common = name == "pylock.toml" || (name.starts_with("pylock.") && name.ends_with(".toml"));
    is_lock(file, "pdm.lock") || (common && file.place == Place::Folder)
}

#[derive(Deserialize)]
struct Lock {
    #[serde(default, alias = "packages")]
    package: Vec<Entry>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Entry {
    #[serde(deserialize_with = "lenient::text")]
    name: String,
    #[serde(deserialize_with = "lenient::text")]
    version: String,
    #[serde(deserialize_with = "lenient::text", alias = "summary")]
    description: String,
    #[serde(deserialize_with = "lenient::text")]
    category: String,
    groups: Option<Vec<String>>,
    source: Loose,
    /// Poetry: an object. uv and the common form: a list of objects with a name. PDM: a list of requirements.
    dependencies: Loose,
    #[serde(deserialize_with = "lenient::text")]
    path: String,
    directory: Loose,
}

fn entries(text: &str) -> Result<Vec<Entry>, String> {
    let mut all = toml::<Lock>(text)?.package;
    all.retain(|entry| !entry.name.is_empty());
    Ok(all)
}

fn found(entry: Entry, local: bool) -> Found {
    let names = entry.dependencies.into_names();
    let needs = required(names.iter().map(String::as_str));
    Found { local, needs, description: entry.description, ..package(&entry.name, &entry.version) }
}

fn mark_dev(mut found: Found, dev: bool) -> Found {
    if dev {
        found.properties.insert("scope".into(), "dev".into());
    }
    found
}

pub(super) fn poetry(_: &FileInfo<'_>, text: &str) -> Parsed {
    let all = entries(text)?.into_iter().map(|mut entry| {
        let main = entry.groups.as_ref().map_or(entry.category != "dev", |groups| groups.iter().any(|g| g == "main"));
        let source = std::mem::take(&mut entry.source);
        let local = matches!(source.get("type"), "directory" | "file");
        let mut one = mark_dev(found(entry, local), !main);
        if source.get("type") == "git" {
            let commit =
                ["resolved_reference", "reference"].map(|key| source.get(key)).into_iter().find(|c| !c.is_empty());
            let url = vcs_url("git", source.get("url"), commit.unwrap_or_default());
            one.qualifiers.insert("vcs_url".into(), url);
        }
        one
    });
    Ok(distinct(all))
}

pub(super) fn uv(_: &FileInfo<'_>, text: &str) -> Parsed {
    let all = entries(text)?.into_iter().map(|mut entry| {
        let source = std::mem::take(&mut entry.source);
        let local = ["virtual", "editable", "directory", "path"].iter().any(|key| source.has(key));
        let mut one = found(entry, local);
        // `https://host/repository?tag=1#commit`
        if let Some((url, commit)) = source.get("git").split_once('#') {
            let url = url.split('?').next().unwrap_or(url);
            one.qualifiers.insert("vcs_url".into(), vcs_url("git", url, commit));
        }
        one
    });
    Ok(distinct(all))
}

pub(super) fn pdm(_: &FileInfo<'_>, text: &str) -> Parsed {
    let all = entries(text)?.into_iter().map(|entry| {
        let local = !entry.path.is_empty() || entry.directory != Loose::Nothing;
        let dev = entry.groups.as_ref().is_some_and(|groups| !groups.is_empty() && groups.iter().all(|g| g == "dev"));
        mark_dev(found(entry, local), dev)
    });
    Ok(distinct(all))
}

#[derive(Deserialize)]
struct Pipfile {
    #[serde(default, deserialize_with = "lenient::map")]
    default: Vec<(String, Pinned)>,
    #[serde(default, deserialize_with = "lenient::map")]
    develop: Vec<(String, Pinned)>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Pinned {
    #[serde(deserialize_with = "lenient::text")]
    version: String,
    #[serde(deserialize_with = "lenient::text")]
    path: String,
    #[serde(deserialize_with = "lenient::text")]
    git: String,
    #[serde(rename = "ref", deserialize_with = "lenient::text")]
    reference: String,
}

pub(super) fn pipfile(_: &FileInfo<'_>, text: &str) -> Parsed {
    let lock: Pipfile = json(text)?;
    let one = |dev| {
        move |(name, pinned): (String, Pinned)| {
            let mut one = package(&name, pinned.version.trim_start_matches('='));
            one.local = !pinned.path.is_empty();
            if !pinned.git.is_empty() {
                one.qualifiers.insert("vcs_url".into(), vcs_url("git", &pinned.git, &pinned.reference));
            }
            mark_dev(one, dev)
        }
    };
    let develop = lock.develop.into_iter().map(one(true));
    Ok(distinct(lock.default.into_iter().map(one(false)).chain(develop)))
}
