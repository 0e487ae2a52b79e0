//! `pom.xml` (maven.apache.org, POM reference), as far as one file tells: what a parent or an imported list of versions adds
//! is not known.

use std::cell::Cell;
use std::collections::{BTreeMap, HashMap};

use quick_xml::Reader;
use quick_xml::events::Event;

use super::super::text_file::{Parsed, distinct};
use super::super::{FileInfo, Found};
use super::package;
use super::properties::{MAX_ALL_EXPANSIONS, Properties};

/// A deeper element is no part of a project's description.
const MAX_DEPTH: usize = 64;

/// Elements that hold text alone, by name.
type Fields = BTreeMap<String, String>;

/// A project's description, as it is written.
#[derive(Debug, Default)]
struct Pom {
    /// The elements directly within `project` and within `parent`, by name; those of the parent after `parent.`.
    fields: Fields,
    properties: Fields,
    licenses: Vec<String>,
    dependencies: Vec<Fields>,
    managed: Vec<Fields>,
    expansions: Cell<usize>,
}

impl Pom {
    /// Reads one; the reason where it is none.
    fn read(text: &str) -> Result<Self, String> {
        let mut reader = Reader::from_str(text);
        reader.config_mut().check_end_names = true;
        let mut pom = Pom { expansions: Cell::new(MAX_ALL_EXPANSIONS), ..Pom::default() };
        let mut path: Vec<String> = Vec::new();
        let mut value = String::new();
        loop {
            match reader.read_event().map_err(|e| format!("not the XML it should be: {e}"))? {
                Event::Start(start) => {
                    if path.len() >= MAX_DEPTH {
                        return Err(format!("its elements nest deeper than {MAX_DEPTH}"));
                    }
                    path.push(start.local_name().as_ref().to_owned());
                    value.clear();
                    pom.open(&path);
                }
                Event::Text(text) => value.push_str(&text),
                Event::CData(text) => value.push_str(&text),
                Event::GeneralRef(name) => value.push(character(&name).unwrap_or(char::REPLACEMENT_CHARACTER)),
                Event::End(_) => {
                    pom.close(&path, value.trim());
                    value.clear();
                    path.pop();
                }
                Event::Eof => break,
                _ => {}
            }
        }
        if !path.is_empty() {
            return Err("it ends within an element".into());
        }
        if pom.artifact().is_empty() { Err("it describes no artifact".into()) } else { Ok(pom) }
    }

    fn open(&mut self, path: &[String]) {
        match names(path).as_slice() {
            ["project", "dependencies", "dependency"] => self.dependencies.push(Fields::new()),
            ["project", "dependencyManagement", "dependencies", "dependency"] => self.managed.push(Fields::new()),
            _ => {}
        }
    }

    fn close(&mut self, path: &[String], value: &str) {
        if value.is_empty() {
            return;
        }
        let value = value.to_owned();
        let into = |all: &mut Vec<Fields>, key: &str, value: String| {
            if let Some(last) = all.last_mut() {
                last.insert(key.to_owned(), value);
            }
        };
        match names(path).as_slice() {
            ["project", field] => drop(self.fields.insert((*field).to_owned(), value)),
            ["project", "parent", field] => drop(self.fields.insert(format!("parent.{field}"), value)),
            ["project", "properties", name] => drop(self.properties.insert((*name).to_owned(), value)),
            ["project", "licenses", "license", "name"] => self.licenses.push(value),
            ["project", "dependencies", "dependency", key] => into(&mut self.dependencies, key, value),
            ["project", "dependencyManagement", "dependencies", "dependency", key] => {
                into(&mut self.managed, key, value)
            }
            _ => {}
        }
    }

    /// The group, its parent's where it has none of its own; empty where a property in it is not known.
    fn group(&self) -> String {
        self.inherited("groupId")
    }

    /// The version, its parent's where it has none of its own; empty where a property in it is not known.
    fn version(&self) -> String {
        self.inherited("version")
    }

    /// The name of the artifact.
    fn artifact(&self) -> &str {
        self.fields.get("artifactId").map(String::as_str).unwrap_or_default()
    }

    /// The package that it describes, without what it needs.
    fn package(&self) -> Found {
        let field = |name| self.fields.get(name).and_then(|text| self.properties().resolve(text)).unwrap_or_default();
        Found {
            licenses: self.licenses.clone(),
            description: field("description").split_whitespace().collect::<Vec<_>>().join(" "),
            homepage: field("url"),
            ..package(&self.group(), &self.resolved(self.artifact()), &self.version())
        }
    }

    fn inherited(&self, field: &str) -> String {
        let stated = self.fields.get(field).or_else(|| self.fields.get(&format!("parent.{field}")));
        stated.map(|text| self.resolved(text)).unwrap_or_default()
    }

    fn properties(&self) -> Properties<'_> {
        Properties { own: &self.properties, fields: &self.fields, left: &self.expansions }
    }

    fn resolved(&self, text: &str) -> String {
        self.properties().resolve(text).unwrap_or_default()
    }

    /// A field of a dependency, resolved; empty where it is not stated or not known.
    fn part(&self, of: &Fields, key: &str) -> String {
        of.get(key).map(|text| self.resolved(text)).unwrap_or_default()
    }

    fn identity(&self, of: &Fields) -> (String, String) {
        (self.part(of, "groupId"), self.part(of, "artifactId"))
    }

    /// The packages that it needs itself.
    fn needed(&self) -> Vec<Found> {
        let managed: HashMap<_, _> = self.managed.iter().map(|managed| (self.identity(managed), managed)).collect();
        let one = |dependency: &Fields| {
            let identity = self.identity(dependency);
            let managed = managed.get(&identity).copied();
            self.needed_one(identity, dependency, managed)
        };
        self.dependencies.iter().filter_map(one).collect()
    }

    fn needed_one(&self, (group, artifact): (String, String), own: &Fields, managed: Option<&Fields>) -> Option<Found> {
        if artifact.is_empty() {
            return None;
        }
        let stated = |key: &str| own.get(key).or_else(|| managed.and_then(|managed| managed.get(key)));
        let version = stated("version").map(|text| self.resolved(text)).unwrap_or_default();
        let mut found = package(&group, &artifact, &version);
        if let Some(text) = stated("version").filter(|_| version.is_empty()) {
            found.properties.insert("unresolved-version".into(), text.clone());
        }
        for key in ["type", "classifier"] {
            let value = self.part(own, key);
            if !value.is_empty() && value != "jar" {
                found.qualifiers.insert(key.into(), value);
            }
        }
        if stated("scope").is_some_and(|scope| self.resolved(scope) == "test") {
            found.properties.insert("scope".into(), "dev".into());
        }
        Some(found)
    }
}

fn names(path: &[String]) -> Vec<&str> {
    path.iter().map(String::as_str).collect()
}

/// The character of `&amp;` or `&#233;`; documents cannot define others here.
fn character(reference: &quick_xml::events::BytesRef<'_>) -> Option<char> {
    if let Ok(Some(character)) = reference.resolve_char_ref() {
        return Some(character);
    }
    quick_xml::escape::resolve_predefined_entity(reference)?.chars().next()
}

pub(super) fn project(text: &str) -> Option<Found> {
    Pom::read(text).ok().map(|pom| pom.package())
}

pub(super) fn parse(_: &FileInfo<'_>, text: &str) -> Parsed {
    let pom = Pom::read(text)?;
    let needed = pom.needed();
    let needs = needed.iter().map(|found| format!("{}/{}", found.namespace, found.name)).collect();
    let project = Found { needs, ..pom.package() };
    Ok(distinct(needed.into_iter().chain([project])))
}
