//! The manifest of an installed package (docs.npmjs.com, `package.json`).

use serde::Deserialize;

use super::super::lenient::{self, Loose};
use super::super::license_text;
use super::super::text_file::{Parsed, json};
use super::super::{Fact, FileInfo, Found, Place};

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
struct Manifest {
    #[serde(deserialize_with = "lenient::text")]
    name: String,
    #[serde(deserialize_with = "lenient::text")]
    version: String,
    #[serde(deserialize_with = "lenient::text")]
    description: String,
    #[serde(deserialize_with = "lenient::text")]
    homepage: String,
    #[serde(deserialize_with = "lenient::text")]
    private: String,
    license: Loose,
    licenses: Loose,
    author: Loose,
    authors: Loose,
    contributors: Loose,
    maintainers: Loose,
    dependencies: Loose,
    optional_dependencies: Loose,
}

/// Whether the manifest is that of a package as a whole. Below the root of a package there are manifests that only tell
/// Node.js how to read a folder, and those of test data.
pub(super) fn wants(file: &FileInfo<'_>) -> bool {
    file.place == Place::Image
        && file.file_name() == "package.json"
        && path_name(file.path).is_none_or(|n| !n.is_empty())
}

/// The name that a package has by its place in `node_modules`; empty where the manifest is no package's root, and nothing
/// where it lies elsewhere.
fn path_name(path: &str) -> Option<&str> {
    let within = match path.rsplit_once("/node_modules/") {
        Some((_, within)) => within,
        None => path.strip_prefix("node_modules/")?,
    };
    let name = within.strip_suffix("/package.json").unwrap_or_default();
    let parts = if name.starts_with('@') { 2 } else { 1 };
    Some(if name.split('/').count() == parts { name } else { "" })
}

pub(super) fn parse(file: &FileInfo<'_>, text: &str) -> Parsed {
    let manifest: Manifest = json(text)?;
    let place = path_name(file.path);
    let name = match manifest.name.trim() {
        "" => place.unwrap_or_default(),
        name => name,
    };
    let version = manifest.version.trim();
    if name.is_empty() || version.is_empty() {
        return Ok(Vec::new());
    }
    let mut licenses = manifest.license.into_texts("type");
    if licenses.is_empty() {
        licenses = manifest.licenses.into_texts("type");
    }
    let folder = file.path.strip_suffix("package.json").unwrap_or_default();
    let mut license_files = Vec::new();
    licenses.retain(|license| match license.strip_prefix("SEE LICENSE IN ") {
        Some(name) => {
            license_files.push(format!("{folder}{}", name.trim().trim_start_matches("./")));
            false
        }
        None => true,
    });
    if licenses.is_empty() {
        license_files.extend(license_text::candidates(folder));
    } else {
        license_files.clear();
    }
    let people = [manifest.author, manifest.authors, manifest.contributors, manifest.maintainers];
    let author = people.into_iter().map(people_text).find(|text| !text.is_empty()).unwrap_or_default();
    let mut needs = manifest.dependencies.into_names();
    needs.extend(manifest.optional_dependencies.into_names());
    let found = Found {
        // An application that must not be published, and no package of somebody else.
        local: place.is_none() && manifest.private == "true",
        licenses,
        license_files,
        author,
        description: manifest.description,
        homepage: manifest.homepage,
        needs,
        ..super::package(name, version)
    };
    Ok(vec![Fact::Package(Box::new(found))])
}

fn people_text(people: Loose) -> String {
    let all = people.into_items().into_iter().map(|person| match &person {
        Loose::Text(text) => text.trim().to_owned(),
        _ => {
            let mut text = person.get("name").to_owned();
            for (key, open, close) in [("email", " <", ">"), ("url", " (", ")")] {
                if !person.get(key).is_empty() {
                    text.extend([open, person.get(key), close]);
                }
            }
            text.trim().to_owned()
        }
    });
    all.filter(|text| !text.is_empty()).collect::<Vec<_>>().join(", ")
}
