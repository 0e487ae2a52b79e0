//! From a CycloneDX document to the model.

use serde_json::Value;

use super::super::bom::{Family, Finding, Relation, Relationship, Sbom};
use super::super::check;
use super::super::json::{self, Gather, Gathered};
use super::super::package::{Hash, Kind, License, LicenseForm, LicenseStage, Package};
use super::super::text::{Rest, Text};
use super::document::{Bom, Choice, Component, Dependency, KINDS, NESTED, UNNAMED};
use super::{NEWEST, minor};
use crate::document::digest_in;
use crate::error::{Error, Result};
use crate::model::Digest;

/// A document whose components are those of the model.
type Read<'a> = Bom<'a, Gathered<Component<'a>, Components<'a>>>;

pub(in crate::sbom) fn parse(text: &str) -> Result<Sbom<'_>> {
    let (bom, findings) = json::read::<Read<'_>>("a CycloneDX document", text)?;
    if bom.format != "CycloneDX" {
        return Err(Error::invalid(format!("not a CycloneDX document: bomFormat is {:?}", bom.format)));
    }
    if bom.version.is_empty() {
        return Err(Error::invalid("not a CycloneDX document: it has no specVersion"));
    }
    let minor =
        minor(&bom.version).ok_or_else(|| Error::unsupported(format!("CycloneDX {:?} is not read", bom.version)))?;
    let mut sbom = Sbom::new(Family::CycloneDx, bom.version.as_str());
    sbom.findings = findings;
    if minor > NEWEST {
        let message = format!("{} is newer than 1.{NEWEST}, and was read as that", bom.version);
        sbom.findings.push(Finding::new("newer-version", "specVersion", message));
    }
    sbom.metadata.id = bom.serial.stated();
    sbom.rest = bom.rest;
    let mut components = bom.components.0;
    let mut subject = None;
    if let Some(metadata) = bom.metadata {
        sbom.metadata.created = metadata.timestamp.stated();
        sbom.metadata.tools = tools(metadata.rest.get("tools"));
        sbom.metadata.authors = authors(metadata.rest.get("authors"));
        if let Some(component) = metadata.component {
            sbom.describes = digests(&component);
            sbom.metadata.name = component.name.clone().stated();
            subject = Some(*component);
        }
        sbom.rest.extend_under("metadata", metadata.rest);
    }
    sbom.metadata.subject = components.begin_with(subject);
    sbom.packages = components.packages;
    sbom.relationships = components.relationships;
    let mut others = Vec::new();
    for dependency in bom.dependencies {
        others.extend(depend(&mut sbom.relationships, dependency));
    }
    if !others.is_empty() {
        sbom.rest.push_json("dependencies", &others);
    }
    check::elements(&mut sbom, &[]);
    Ok(sbom)
}

/// The components of a document as packages, and which of them lie within another.
struct Components<'a> {
    /// The first place is kept for the component that the document is about, which may stand behind all others.
    packages: Vec<Package<'a>>,
    relationships: Vec<Relationship<'a>>,
}

impl Default for Components<'_> {
    fn default() -> Self {
        Components { packages: vec![Package::default()], relationships: Vec::new() }
    }
}

impl<'a> Gather<Component<'a>> for Components<'a> {
    fn gather(&mut self, item: Component<'a>) {
        self.add(item, None);
    }
}

impl<'a> Components<'a> {
    /// Lists a component and what is within it, the outer one first; its id.
    fn add(&mut self, mut component: Component<'a>, outer: Option<&Text<'a>>) -> Text<'a> {
        let nested = std::mem::take(&mut component.components);
        let package = package(component, self.packages.len());
        let id = package.id.clone();
        self.packages.push(package);
        if let Some(outer) = outer {
            let mut rest = Rest::default();
            rest.mark(NESTED);
            let (from, to) = (outer.clone(), id.clone());
            self.relationships.push(Relationship { from, relation: Relation::Contains, to, rest });
        }
        for inner in nested {
            self.add(inner, Some(&id));
        }
        id
    }

    /// Puts the component that the document is about before all others, if there is one; its id.
    fn begin_with(&mut self, component: Option<Component<'a>>) -> Option<Text<'a>> {
        let (packages, relationships) = (self.packages.len(), self.relationships.len());
        let id = component.map(|component| self.add(component, None));
        match self.packages.len() - packages {
            1 => drop(self.packages.swap_remove(0)),
            added => {
                self.packages.rotate_right(added);
                self.packages.remove(added);
            }
        }
        let added = self.relationships.len() - relationships;
        self.relationships.rotate_right(added);
        id
    }
}

fn package(source: Component<'_>, at: usize) -> Package<'_> {
    let mut rest = source.rest;
    let kind = match KINDS.iter().find(|(word, _)| source.kind == *word) {
        Some((_, kind)) => *kind,
        None if source.kind.is_empty() => Kind::Library,
        None => {
            rest.push_text("type", &source.kind);
            Kind::Other
        }
    };
    let name = match source.group.is_empty() {
        true => source.name,
        false => {
            rest.push_text("group", &source.group);
            format!("{}/{}", source.group, source.name).into()
        }
    };
    let supplier = source.supplier.map(|supplier| {
        rest.extend_under("supplier", supplier.rest);
        supplier.name
    });
    Package {
        id: source.id.stated().unwrap_or_else(|| format!("{UNNAMED}{at}").into()),
        kind,
        name,
        version: source.version.stated(),
        purl: source.purl.stated(),
        cpes: source.cpe.stated().into_iter().collect(),
        licenses: source.licenses.into_iter().flat_map(licenses).collect(),
        hashes: source.hashes.turned(|hash| Hash { algorithm: Hash::plain(hash.algorithm), value: hash.value }),
        supplier: supplier.and_then(Text::stated),
        author: source.author.stated(),
        copyright: source.copyright.stated(),
        description: source.description.stated(),
        homepage: rest.get("externalReferences").and_then(website).map(Text::from),
        properties: source.properties.turned(|property| (property.name, property.value)),
        download: None,
        rest,
    }
}

/// An expression or a licence; a document that has both in one means both.
fn licenses(choice: Choice<'_>) -> impl Iterator<Item = License<'_>> {
    let mut outer = Some(choice.rest);
    let expression = choice.expression.stated().map(|text| {
        let mut rest = Rest::default();
        rest.extend_under("choice", outer.take().unwrap_or_default());
        License { text, form: LicenseForm::Expression, stage: stage(&choice.acknowledgement), rest }
    });
    let license = choice.license.and_then(|license| {
        let (text, form) = match license.id.is_empty() {
            false => (license.id, LicenseForm::Id),
            true => (license.name, LicenseForm::Name),
        };
        let mut rest = license.rest;
        rest.extend_under("choice", outer.take().unwrap_or_default());
        Some(License { text: text.stated()?, form, stage: stage(&license.acknowledgement), rest })
    });
    expression.into_iter().chain(license)
}

fn stage(acknowledgement: &str) -> LicenseStage {
    match acknowledgement {
        "declared" => LicenseStage::Declared,
        "concluded" => LicenseStage::Concluded,
        _ => LicenseStage::Unstated,
    }
}

/// The edges of one entry, and the entry where it says more than that.
fn depend<'a>(edges: &mut Vec<Relationship<'a>>, entry: Dependency<'a>) -> Option<Dependency<'a>> {
    let says_more = entry.needs.0.is_empty() || !entry.rest.is_empty();
    let more = says_more.then(|| Dependency { id: entry.id.clone(), rest: entry.rest, ..Dependency::default() });
    for to in entry.needs {
        let (from, relation) = (entry.id.clone(), Relation::DependsOn);
        edges.push(Relationship { from, relation, to, rest: Rest::default() });
    }
    more
}

/// A list until 1.4, an object with components and services since 1.5.
fn tools(json: Option<&str>) -> Vec<Text<'static>> {
    let tool = |tool: &Value| {
        let part = |name| tool.get(name).and_then(Value::as_str).unwrap_or_default();
        [part("name"), part("version")].iter().filter(|part| !part.is_empty()).copied().collect::<Vec<_>>().join("-")
    };
    let value: Value = json.and_then(|json| serde_json::from_str(json).ok()).unwrap_or_default();
    let lists = [Some(&value), value.get("components"), value.get("services")];
    let all = lists.into_iter().flatten().filter_map(Value::as_array).flatten();
    all.map(|value| tool(value).into()).filter(|name: &Text<'_>| !name.is_empty()).collect()
}

fn authors(json: Option<&str>) -> Vec<Text<'static>> {
    let value: Value = json.and_then(|json| serde_json::from_str(json).ok()).unwrap_or_default();
    let names = value.as_array().into_iter().flatten().filter_map(|author| author.get("name")?.as_str());
    names.map(|name| name.to_owned().into()).collect()
}

fn website(json: &str) -> Option<String> {
    let value: Value = serde_json::from_str(json).ok()?;
    let of = |reference: &&Value| reference.get("type").and_then(Value::as_str) == Some("website");
    Some(value.as_array()?.iter().find(of)?.get("url")?.as_str()?.to_owned())
}

/// The digests of the image that a component stands for.
fn digests(component: &Component<'_>) -> Vec<Digest> {
    // The hash of an application is the one of its archive; only an image's is the digest of a manifest.
    let image = component.kind == "container" || component.purl.starts_with("pkg:oci/");
    let hashes = component.hashes.0.iter().filter(|_| image).filter_map(|hash| {
        let algorithm = Hash::plain(hash.algorithm.borrowed());
        Digest::parse(&format!("{algorithm}:{}", hash.value.to_ascii_lowercase())).ok()
    });
    // Trivy puts the name and digest here, and beside it an image id, which names no manifest.
    let properties = component.properties.0.iter().filter(|p| p.name.ends_with(":RepoDigest")).map(|p| &p.value);
    let texts = [&component.name, &component.version, &component.purl, &component.id];
    let mut digests: Vec<_> =
        texts.into_iter().chain(properties).filter_map(|text| digest_in(text)).chain(hashes).collect();
    digests.sort();
    digests.dedup();
    digests
}
