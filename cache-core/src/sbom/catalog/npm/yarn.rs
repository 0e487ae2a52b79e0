//! `yarn.lock`, of Yarn 1 in a form of its own and later in YAML (classic.yarnpkg.com and yarnpkg.com, lock files).

use serde::Deserialize;

use super::super::lenient;
use super::super::text_file::{Parsed, distinct, integrity, yaml};
use super::super::{FileInfo, Found};
use super::{name_and_rest, package};

pub(super) fn parse(_: &FileInfo<'_>, text: &str) -> Parsed {
    // Both begin with comments; only one of them with a version.
    if text.contains("\n__metadata:") || text.starts_with("__metadata:") {
        berry(text)
    } else {
        Ok(distinct(classic(text)))
    }
}

/// Where a range or a resolution that begins so leads: a folder of the project.
fn is_local(range: &str) -> bool {
    ["workspace:", "link:", "portal:", "file:"].iter().any(|scheme| range.starts_with(scheme))
}

/// The name before and the range behind the `@` of `name@range`, and of an alias what it stands for.
fn descriptor(text: &str) -> Option<(&str, &str)> {
    let (name, range) = name_and_rest(text)?;
    match range.strip_prefix("npm:").and_then(name_and_rest) {
        Some((target, range)) => Some((target, range)),
        None => Some((name, range)),
    }
}

fn classic(text: &str) -> Vec<Found> {
    let mut all: Vec<Found> = Vec::new();
    let mut in_needs = false;
    for line in text.lines().map(str::trim_end).filter(|line| !line.is_empty() && !line.starts_with('#')) {
        let indent = line.len() - line.trim_start_matches(' ').len();
        let mut words = line.trim().splitn(2, ' ');
        let key = words.next().unwrap_or_default().trim_matches('"');
        let value = words.next().unwrap_or_default().trim_matches('"');
        if indent == 0 {
            let first = line.trim_end_matches(':').split(", ").next().unwrap_or_default().trim_matches('"');
            if let Some((name, range)) = descriptor(first) {
                all.push(Found { local: is_local(range), ..package(name, "") });
            }
            continue;
        }
        let Some(one) = all.last_mut() else { continue };
        match (indent, key) {
            (2, "version") => one.version = value.to_owned(),
            (2, "resolved") => {
                one.hashes.extend(sha1(value));
                // What was fetched, whatever it is called here.
                if let Some((name, version)) = file_of_registry(value) {
                    *one = Found { hashes: std::mem::take(&mut one.hashes), ..package(&name, version) };
                }
            }
            (2, "integrity") => one.hashes = integrity(value),
            (2, _) => in_needs = matches!(key, "dependencies:" | "optionalDependencies:"),
            (4, name) if in_needs => one.needs.push(name.to_owned()),
            _ => {}
        }
    }
    all.retain(|one| !one.version.is_empty());
    all
}

/// The digest that Yarn 1 puts behind the address.
fn sha1(resolved: &str) -> Option<String> {
    let (_, hex) = resolved.rsplit_once('#')?;
    (hex.len() == 40 && hex.bytes().all(|b| b.is_ascii_hexdigit())).then(|| format!("sha1:{hex}"))
}

/// The name and the version in an address such as `https://host/@scope/name/-/name-1.0.0.tgz`.
fn file_of_registry(resolved: &str) -> Option<(String, &str)> {
    let address = resolved.split(['#', '?']).next()?;
    let (before, file) = address.rsplit_once("/-/")?;
    let before = before.replace("%2f", "/").replace("%2F", "/").replace("%40", "@");
    let mut parts = before.rsplit('/');
    let (name, scope) = (parts.next()?, parts.next().filter(|part| part.starts_with('@')));
    let version = file.rsplit('/').next()?.strip_suffix(".tgz")?.strip_prefix(name)?.strip_prefix('-')?;
    let full = scope.map_or_else(|| name.to_owned(), |scope| format!("{scope}/{name}"));
    version.starts_with(|c: char| c.is_ascii_digit()).then_some((full, version))
}

#[derive(Deserialize)]
struct Lock(#[serde(deserialize_with = "lenient::map")] Vec<(String, Entry)>);

#[derive(Deserialize, Default)]
#[serde(default)]
struct Entry {
    version: Option<String>,
    resolution: Option<String>,
    #[serde(deserialize_with = "lenient::keys")]
    dependencies: Vec<String>,
}

fn berry(text: &str) -> Parsed {
    let entries = yaml::<Lock>(text)?.into_iter().flat_map(|lock| lock.0);
    let found = entries.filter(|(key, _)| key != "__metadata").filter_map(|(key, entry)| {
        let resolution = entry.resolution.unwrap_or(key);
        let (name, range) = name_and_rest(&resolution)?;
        let version = entry.version?;
        Some(Found { local: is_local(range), needs: entry.dependencies, ..package(name, &version) })
    });
    Ok(distinct(found))
}
