//! `bun.lock` (bun.com, lockfile): JSON with commas behind the last items, and so YAML.

use serde::Deserialize;

use super::super::lenient::{self, Loose};
use super::super::text_file::{Parsed, distinct, integrity, yaml};
use super::super::{FileInfo, Found};
use super::{name_and_rest, package};

#[derive(Deserialize)]
struct Lock {
    /// By path, each a list: `name@version`, registry, manifest, digest.
    #[serde(default, deserialize_with = "lenient::map")]
    packages: Vec<(String, Vec<Loose>)>,
}

pub(super) fn parse(_: &FileInfo<'_>, text: &str) -> Parsed {
    let entries = yaml::<Lock>(text)?.into_iter().flat_map(|lock| lock.packages);
    Ok(distinct(entries.filter_map(|(_, entry)| one(entry))))
}

fn one(entry: Vec<Loose>) -> Option<Found> {
    let mut name = None;
    let (mut needs, mut hashes) = (Vec::new(), Vec::new());
    for item in entry {
        match item {
            Loose::Text(text) if name.is_none() => name = Some(text),
            Loose::Text(text) => hashes = integrity(&text),
            Loose::Object(mut manifest) => {
                needs = manifest.remove("dependencies").unwrap_or_default().into_names();
                needs.extend(manifest.remove("optionalDependencies").unwrap_or_default().into_names());
            }
            _ => {}
        }
    }
    let name = name?;
    let (name, version) = name_and_rest(&name)?;
    let local = ["workspace:", "file:", "link:"].iter().any(|scheme| version.starts_with(scheme));
    Some(Found { local, needs, hashes, ..package(name, version) })
}
