//! From what the visible files say to the packages of an image.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use super::layer::Layer;
use super::purl::purl;
use super::tree::{Content, Tree};
use super::{Fact, Found, Release, release};
use crate::address::without_secrets;
use crate::model::Digest;
use crate::sbom::text::plain_word;
use crate::sbom::{Family, Finding, Hash, Kind, License, LicenseStage, Package, Relation, Relationship, Sbom, Text};

/// The name of a property that Cache notes on a package it found.
macro_rules! property {
    ($name:literal) => {
        concat!("cache:", $name)
    };
}

/// Where a package was found; one for each place.
pub const LOCATION: &str = property!("location");
/// The digest of the layer in which the package first appears.
pub const LAYER: &str = property!("layer");
/// Which cataloger found it.
pub const CATALOGER: &str = property!("cataloger");
/// The package of the operating system that owns the file in which it was found, by its id.
pub const OWNER: &str = property!("owner");

/// A package with where it was found.
struct Listed<'a> {
    found: &'a Found,
    cataloger: &'a str,
    purl: Option<String>,
    id: String,
    /// The file, and where in it; empty for the file itself.
    places: BTreeSet<(String, &'a str)>,
    layer: usize,
    licenses: Vec<String>,
}

/// The SBOM of what the layers amount to. `digests` are those of the layers, where they have some.
pub(crate) fn assemble(layers: &[Arc<Layer>], digests: &[Digest]) -> Sbom<'static> {
    let tree = Tree::of(layers);
    let files = tree.files();
    let mut sbom = Sbom::new(Family::Cache, "1");
    let release = release(&tree);
    let mut listed = list(&tree, &files, release.as_ref(), &mut sbom.findings);
    let owners = owners(&tree, &listed);
    // What the system's packages own is theirs; a guess by the bytes of a program adds nothing.
    let owner = |package: &Listed<'_>| package.places.iter().find_map(|(path, _)| owners.get(path).cloned());
    listed.retain(|package| !(package.found.kind == "generic" && owner(package).is_some()));
    sbom.relationships = dependencies(&listed);
    sbom.packages.extend(release.as_ref().map(system));
    sbom.packages.extend(listed.iter().map(|package| {
        let owner = owner(package).filter(|owner| *owner != package.id);
        package.describe(owner, digests.get(package.layer))
    }));
    sbom
}

/// What the visible files say of the operating system, links followed.
fn release(tree: &Tree<'_>) -> Option<Release> {
    let found = release::files().filter_map(|path| {
        said(tree, path, |fact| match fact {
            Fact::Release(release) => Some((path, release)),
            _ => None,
        })
    });
    release::choose(found)
}

/// Each package once, however many files say that it is there.
fn list<'a>(
    tree: &Tree<'a>,
    files: &[(String, Content)],
    release: Option<&Release>,
    findings: &mut Vec<Finding>,
) -> Vec<Listed<'a>> {
    let mut listed: BTreeMap<(String, String), Listed<'a>> = BTreeMap::new();
    for (path, content) in files {
        let facts = tree.facts(*content);
        let first = First::of(tree, path, *content, facts);
        for (cataloger, fact) in facts {
            let found = match fact {
                Fact::Package(found) => &**found,
                Fact::Unreadable(reason) => {
                    findings.push(Finding::new("unreadable", path, format!("{cataloger}: {reason}")));
                    continue;
                }
                _ => continue,
            };
            let purl = purl(found, release, origin(tree, found));
            let what = purl.clone().unwrap_or_else(|| format!("{} {} {}", found.kind, found.name, found.version));
            // Without a purl, two folders may hold two packages of one name.
            let apart = if purl.is_some() { String::new() } else { location(path, &found.inside) };
            let entry = listed.entry((what.clone(), apart)).or_insert_with(|| Listed {
                id: id(found, &what),
                licenses: licenses(tree, found),
                layer: first.layer(found),
                found,
                cataloger,
                purl,
                places: BTreeSet::new(),
            });
            entry.places.insert((path.clone(), found.inside.as_str()));
        }
    }
    unique(listed.into_values().collect())
}

/// Name, version and architecture.
type Key<'a> = (&'a str, &'a str, &'a str);

/// In which layer the packages of one file appeared: a database is written anew by each layer that adds to it.
struct First<'a> {
    before: Vec<(usize, BTreeSet<Key<'a>>)>,
    own: usize,
}

impl<'a> First<'a> {
    fn of(tree: &Tree<'a>, path: &str, content: Content, facts: &[(String, Fact)]) -> First<'a> {
        let names = |content| tree.facts(content).iter().filter_map(|(_, fact)| key(fact)).collect();
        let is_database = facts.iter().filter(|(_, fact)| key(fact).is_some()).nth(1).is_some();
        let history = tree.history(path, content.layer).filter(|_| is_database);
        First { before: history.map(|content| (content.layer, names(content))).collect(), own: content.layer }
    }

    /// The layer since which it has been there in each version of the file.
    fn layer(&self, found: &Found) -> usize {
        let key = (found.name.as_str(), found.version.as_str(), found.arch.as_str());
        let since = self.before.iter().rev().take_while(|(_, names)| names.contains(&key)).last();
        since.map_or(self.own, |(layer, _)| *layer)
    }
}

fn key(fact: &Fact) -> Option<Key<'_>> {
    match fact {
        Fact::Package(found) => Some((&found.name, &found.version, &found.arch)),
        _ => None,
    }
}

/// What the package states, and where it states nothing, what its licence files say.
fn licenses(tree: &Tree<'_>, found: &Found) -> Vec<String> {
    if !found.licenses.is_empty() {
        return found.licenses.clone();
    }
    let said = found.license_files.iter().filter_map(|path| tree.file(path)).map(|content| {
        let facts = tree.facts(content).iter();
        let names = facts.filter_map(|(_, fact)| match fact {
            Fact::Licenses(names) => Some(names.clone()),
            _ => None,
        });
        names.flatten().collect::<Vec<_>>()
    });
    said.into_iter().find(|names| !names.is_empty()).unwrap_or_default()
}

/// Where it was fetched from, as a file beside it says.
fn origin<'a>(tree: &Tree<'a>, found: &Found) -> Option<&'a BTreeMap<String, String>> {
    said(tree, &found.origin_file, |fact| match fact {
        Fact::Origin(qualifiers) => Some(qualifiers),
        _ => None,
    })
}

/// The first of what the file at a path says that `of` takes; links are followed.
fn said<'a, T>(tree: &Tree<'a>, path: &str, of: impl Fn(&'a Fact) -> Option<T>) -> Option<T> {
    tree.facts(tree.file(path)?).iter().find_map(|(_, fact)| of(fact))
}

/// Which package of the operating system owns the files in which packages were found, by the path of the file.
fn owners(tree: &Tree<'_>, listed: &[Listed<'_>]) -> HashMap<String, String> {
    // By the names that their owners may have for them: since /bin and /lib are links, packages still name the files there.
    let mut wanted: HashMap<&str, Vec<&str>> = HashMap::new();
    for path in listed.iter().flat_map(|package| package.places.iter().map(|(path, _)| path.as_str())) {
        wanted.entry(path).or_default().push(path);
        let merged = path
            .strip_prefix("usr/")
            .filter(|rest| ["bin/", "sbin/", "lib/", "lib64/"].iter().any(|folder| rest.starts_with(folder)));
        if let Some(rest) = merged {
            wanted.entry(rest).or_default().push(path);
        }
    }
    let mut owners: HashMap<String, String> = HashMap::new();
    for package in listed.iter().filter(|package| matches!(package.found.kind.as_str(), "deb" | "rpm" | "apk")) {
        let files = package.found.file_lists.iter().find_map(|path| {
            said(tree, path, |fact| match fact {
                Fact::Files(files) => Some(files),
                _ => None,
            })
        });
        let owned = package.found.files.iter().chain(files.into_iter().flatten());
        for path in owned.filter_map(|file| wanted.get(file.as_str())).flatten() {
            owners.entry((*path).to_owned()).or_insert_with(|| package.id.clone());
        }
    }
    owners
}

fn dependencies(listed: &[Listed<'_>]) -> Vec<Relationship<'static>> {
    let mut offers: HashMap<(&str, &str), &str> = HashMap::new();
    for package in listed {
        for name in package.found.provides.iter().map(String::as_str) {
            offers.entry((&package.found.kind, name)).or_insert(&package.id);
        }
    }
    // A package of the name itself goes before what only stands for it.
    let full: Vec<String> = listed.iter().map(|package| full_name(package.found)).collect();
    for (package, name) in listed.iter().zip(&full) {
        offers.insert((&package.found.kind, name), &package.id);
    }
    let mut edges = BTreeSet::new();
    for package in listed {
        let needed =
            package.found.needs.iter().filter_map(|name| offers.get(&(package.found.kind.as_str(), name.as_str())));
        edges.extend(needed.filter(|id| **id != package.id).map(|id| (package.id.clone(), (*id).to_owned())));
    }
    let edge = |(from, to): (String, String)| Relationship {
        from: from.into(),
        relation: Relation::DependsOn,
        to: to.into(),
        rest: Default::default(),
    };
    edges.into_iter().map(edge).collect()
}

impl Listed<'_> {
    fn describe(&self, owner: Option<String>, layer: Option<&Digest>) -> Package<'static> {
        let found = self.found;
        let stated = |text: &str| Some(Text::from(text.to_owned())).filter(|text| !text.is_empty());
        let note = |name: &'static str, value: String| (Text::from(name), Text::from(value));
        let mut properties = vec![note(CATALOGER, self.cataloger.to_owned())];
        properties.extend(layer.map(|digest| note(LAYER, digest.to_string())));
        properties.extend(self.places.iter().map(|(path, inside)| note(LOCATION, location(path, inside))));
        properties.extend(owner.map(|owner| note(OWNER, owner)));
        let more = |(name, value): (&String, &String)| (format!("cache:{name}").into(), value.clone().into());
        properties.extend(found.properties.iter().map(more));
        Package {
            id: self.id.clone().into(),
            kind: if found.kind == "generic" { Kind::Application } else { Kind::Library },
            name: full_name(found).into(),
            version: stated(&found.version),
            purl: self.purl.clone().map(Text::from),
            cpes: found.cpes.iter().cloned().map(Text::from).collect(),
            licenses: self.licenses.iter().map(|text| declared(text)).collect(),
            hashes: found.hashes.iter().filter_map(|hash| hash_of(hash)).collect(),
            supplier: stated(&found.supplier),
            author: stated(&found.author),
            description: stated(&found.description),
            homepage: stated(&without_secrets(&found.homepage)),
            properties,
            ..Package::default()
        }
    }
}

fn declared(text: &str) -> License<'static> {
    License { stage: LicenseStage::Declared, ..License::expression(text.to_owned()) }
}

fn hash_of(text: &str) -> Option<Hash<'static>> {
    let (algorithm, value) = text.split_once(':')?;
    Some(Hash { algorithm: algorithm.to_owned().into(), value: value.to_owned().into() })
}

fn system(release: &Release) -> Package<'static> {
    Package {
        id: "operating-system".into(),
        kind: Kind::OperatingSystem,
        name: release.id.clone().into(),
        version: Some(Text::from(release.version.clone())).filter(|version| !version.is_empty()),
        cpes: Some(release.cpe.clone()).filter(|cpe| !cpe.is_empty()).map(Text::from).into_iter().collect(),
        description: Some(Text::from(release.name.clone())).filter(|name| !name.is_empty()),
        ..Package::default()
    }
}

/// The name by which packages of its kind call it.
fn full_name(found: &Found) -> String {
    match found.namespace.is_empty() || matches!(found.kind.as_str(), "deb" | "rpm" | "apk") {
        true => found.name.clone(),
        false => format!("{}/{}", found.namespace, found.name),
    }
}

/// Reads well, and is the same for the same package in any image.
fn id(found: &Found, what: &str) -> String {
    let name = plain_word(&found.name.chars().take(60).collect::<String>());
    let digest = Digest::of(what.as_bytes());
    format!("{}-{name}-{}", found.kind, digest.hex().get(..12).unwrap_or_default())
}

/// Packages without a purl may be alike in all but the place.
fn unique(mut listed: Vec<Listed<'_>>) -> Vec<Listed<'_>> {
    let mut seen: HashMap<String, usize> = HashMap::new();
    for package in &mut listed {
        let times = seen.entry(package.id.clone()).or_default();
        *times += 1;
        if *times > 1 {
            package.id = format!("{}-{times}", package.id);
        }
    }
    listed
}

/// What a place is called. A path may have colons of its own, so it cannot be taken apart again.
fn location(path: &str, inside: &str) -> String {
    if inside.is_empty() { path.to_owned() } else { format!("{path}:{inside}") }
}
