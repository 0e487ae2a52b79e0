//! From the model to a Syft document, as other programs that read Syft's want it.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashSet};

use serde_json::value::RawValue;
use serde_json::{Value, json};

use super::super::bom::{DOCUMENT, Family, File as ModelFile, Finding, Relation, Sbom};
use super::super::catalog::{CATALOGER, LAYER, LOCATION, OWNER};
use super::super::json::{self, List};
use super::super::package::{Kind, License as Stated, LicenseForm, LicenseStage, Package};
use super::super::text::{Rest, Text};
use super::super::write::{Carrier, name};
use super::document::{
    Artifact, CPES, Descriptor, Digest, Distro, Document, File, LICENSES, Location, NOTED, Relationship, Schema,
    Source, TYPES,
};
use super::metadata::{MODULE, metadata};
use super::read::{Either, cpe, license};
use crate::error::Result;

/// The newest schema: that of Syft 1.57.
pub(in crate::sbom) const SCHEMA: &str = "16.1.13";
/// Why a relationship is not written that there is a word for.
const UNTAKEN: &str = "does not take over";
/// By its schema's address programs know that a document is one of Syft's.
const ADDRESS: &str = "https://raw.githubusercontent.com/anchore/syft/main/schema/json/schema-";

/// The document, and what it cannot say.
pub(in crate::sbom) fn write(sbom: &Sbom<'_>) -> Result<(Vec<u8>, Vec<Finding>)> {
    let mut writer = Writer { carrier: Carrier::of(sbom, Family::Syft, "Syft") };
    let document = json::write(&writer.document(sbom))?;
    Ok((document, writer.carrier.lost))
}

struct Writer {
    carrier: Carrier,
}

impl Writer {
    fn document<'s>(&mut self, sbom: &'s Sbom<'_>) -> Document<'s> {
        let mut rest = self.carrier.rest(&sbom.rest, "document");
        let own = self.carrier.own;
        let packages =
            || sbom.packages.iter().filter(|package| !is_noted(package) && (own || !is_about(sbom, package)));
        let systems = packages().filter(|package| !own && package.kind == Kind::OperatingSystem);
        let distro = rest.take_json("distro").or_else(|| systems.clone().next().map(distro));
        let listed = packages().filter(|package| own || package.kind != Kind::OperatingSystem);
        let source = rest.take_json("source").unwrap_or_else(|| source(sbom));
        let relationships = self.relationships(sbom);
        Document {
            artifacts: listed.map(|package| self.artifact(package)).collect(),
            relationships: List(relationships),
            files: sbom.files.iter().map(|file| self.file(file)).collect(),
            source: Some(source),
            distro,
            descriptor: Some(rest.take_json("descriptor").unwrap_or_else(descriptor)),
            schema: Some(rest.take_json("schema").unwrap_or_else(schema)),
            rest,
        }
    }

    fn artifact<'s>(&mut self, source: &'s Package<'_>) -> Artifact<'s> {
        let mut rest = self.carrier.rest(&source.rest, &source.id);
        let known: Option<Text<'s>> = rest.take_json("type");
        let text = |text: &'s Option<Text<'_>>| text.as_ref().map(Text::borrowed).unwrap_or_default();
        let licenses = unchanged(&mut rest, LICENSES, license, &source.licenses);
        match licenses {
            Some(raw) => rest.push("licenses".into(), raw),
            None => rest.push_json("licenses", &source.licenses.iter().map(described).collect::<Vec<_>>()),
        }
        match unchanged(&mut rest, CPES, cpe, &source.cpes) {
            Some(raw) => rest.push("cpes".into(), raw),
            None => rest.push_json("cpes", &source.cpes.iter().map(|cpe| json!({"cpe": cpe})).collect::<Vec<_>>()),
        }
        let kind = if self.carrier.own { known.unwrap_or_default() } else { self.add(source, &mut rest).into() };
        let id = if source.id.starts_with("cache:artifact-") { Text::default() } else { source.id.borrowed() };
        Artifact { id, name: name(source), version: text(&source.version), kind, purl: text(&source.purl), rest }
    }

    /// What the document says of a package that came in another format; its type.
    fn add(&mut self, source: &Package<'_>, rest: &mut Rest<'_>) -> &'static str {
        let of_purl = source.purl.as_deref().and_then(|purl| purl.strip_prefix("pkg:")?.split('/').next());
        let known = TYPES.iter().find(|(purl, ..)| of_purl == Some(*purl));
        let (_, kind, language) = known.copied().unwrap_or(("", "UnknownPackage", ""));
        let noted = |name: &'static str| {
            source.properties.iter().filter(move |(known, _)| *known == name).map(|(_, value)| value)
        };
        rest.push_json("language", &language);
        rest.push_json("foundBy", &noted(CATALOGER).next().map_or("", |name| name.as_str()));
        let layer = noted(LAYER).next();
        let locations: Vec<Value> = noted(LOCATION).map(|place| location(place, layer)).collect();
        rest.push_json("locations", &locations);
        if let Some((name, metadata)) = metadata(source) {
            rest.push_json("metadataType", &name);
            rest.push_json("metadata", &metadata);
        }
        let mut lost = Vec::new();
        let others = source
            .properties
            .iter()
            .filter(|(name, _)| ![CATALOGER, LAYER, LOCATION, OWNER, MODULE].contains(&&**name));
        lost.extend(others.map(|(name, _)| name.to_string()));
        lost.extend((!source.hashes.is_empty()).then(|| "hashes".to_owned()));
        let stated = [("supplier", &source.supplier), ("author", &source.author), ("copyright", &source.copyright)];
        let more =
            [("description", &source.description), ("download", &source.download), ("homepage", &source.homepage)];
        lost.extend(stated.iter().chain(&more).filter(|(_, text)| text.is_some()).map(|(name, _)| (*name).to_owned()));
        if !lost.is_empty() {
            self.carrier.lose(&source.id, format!("Syft has no place for {}", lost.join(", ")));
        }
        kind
    }

    fn file<'s>(&mut self, source: &'s ModelFile<'_>) -> File<'s> {
        let mut rest = self.carrier.rest(&source.rest, &source.id);
        let location = Location { path: source.path.borrowed(), rest: rest.take_under("location") };
        let digest = |hash: &'s super::super::Hash<'_>| Digest {
            algorithm: hash.algorithm.borrowed(),
            value: hash.value.borrowed(),
            rest: Rest::default(),
        };
        let digests = source.hashes.iter().map(digest).collect();
        if !source.licenses.is_empty() && !self.carrier.own {
            self.carrier.lose(&source.id, "Syft does not take over the licences of a file".into());
        }
        File { id: source.id.borrowed(), location: Some(location), digests, rest }
    }

    fn relationships<'s>(&mut self, sbom: &'s Sbom<'_>) -> Vec<Relationship<'s>> {
        let mut lost: BTreeMap<(&str, &str), usize> = BTreeMap::new();
        let mut lose = |why: &'static str, word: &'s str| *lost.entry((why, word)).or_default() += 1;
        let mut edges = Vec::with_capacity(sbom.relationships.len());
        let own = self.carrier.own;
        let systems = sbom.packages.iter().filter(|package| !own && package.kind == Kind::OperatingSystem);
        let distro = systems.clone().next().map(|package| &package.id);
        let systems: HashSet<&str> = systems.map(|package| package.id.as_str()).collect();
        // What stands for the distribution is no artifact.
        let is_artifact = |id: &Text<'_>| !systems.contains(id.as_str());
        let subject = sbom.metadata.subject.as_ref();
        for edge in &sbom.relationships {
            let (from, to, word) = (edge.from.borrowed(), edge.to.borrowed(), edge.relation.word());
            if !is_artifact(&edge.from) || !is_artifact(&edge.to) {
                let ends = (Some(&edge.from), Some(&edge.to));
                if edge.relation != Relation::Contains || ends != (subject, distro) {
                    lose(UNTAKEN, word);
                }
                continue;
            }
            let (parent, child, kind) = match &edge.relation {
                Relation::Contains => (from, to, "contains".into()),
                // What others depend on is Syft's parent.
                Relation::DependsOn => (to, from, "dependency-of".into()),
                Relation::Describes if !own => {
                    // The document's source is what it describes.
                    if edge.from != DOCUMENT || Some(&edge.to) != subject {
                        lose(UNTAKEN, word);
                    }
                    continue;
                }
                Relation::Describes | Relation::Other(_) => {
                    let kind = word.replace('_', "-").to_ascii_lowercase();
                    let known = ["dependency-of", "evident-by", "ownership-by-file-overlap", "described-by"];
                    if !own && !known.contains(&kind.as_str()) {
                        lose("has no relationship", word);
                        continue;
                    }
                    (from, to, kind.into())
                }
            };
            let rest = if own { edge.rest.borrowed() } else { Rest::default() };
            edges.push(Relationship { parent, child, kind, rest });
        }
        for package in &sbom.packages {
            for (_, owner) in package.properties.iter().filter(|(name, _)| name == OWNER) {
                let (parent, child) = (owner.borrowed(), package.id.borrowed());
                let kind = "ownership-by-file-overlap".into();
                edges.push(Relationship { parent, child, kind, rest: Rest::default() });
            }
        }
        for ((why, word), times) in lost {
            self.carrier.lose("document", format!("Syft {why} {word} ({times} times)"));
        }
        edges
    }
}

/// How a list was written, where the model still says the same.
fn unchanged<'s, T, M: PartialEq<N>, N>(
    rest: &mut Rest<'s>,
    note: &str,
    of: impl Fn(Either<'s, T>) -> Option<M>,
    now: &[N],
) -> Option<Cow<'s, RawValue>>
where
    T: serde::Deserialize<'s>,
{
    let raw = rest.take(note)?;
    let Cow::Borrowed(borrowed) = &raw else { return None };
    let before: List<Either<'s, T>> = serde_json::from_str(borrowed.get()).ok()?;
    let before: Vec<M> = before.into_iter().filter_map(of).collect();
    let is_same = before.len() == now.len() && before.iter().zip(now).all(|(one, other)| one == other);
    is_same.then_some(raw)
}

fn described(license: &Stated<'_>) -> Value {
    let is_expression = license.form != LicenseForm::Name && spdx::Expression::parse(&license.text).is_ok();
    let expression = if is_expression { license.text.as_str() } else { "" };
    let stage = if license.stage == LicenseStage::Concluded { "concluded" } else { "declared" };
    json!({"value": license.text, "spdxExpression": expression, "type": stage, "urls": [], "locations": []})
}

/// The place of a package: `outer.jar:inner.jar` is within an archive.
fn location(place: &str, layer: Option<&Text<'_>>) -> Value {
    let path = place.split(':').next().unwrap_or(place);
    let mut location =
        json!({"path": format!("/{path}"), "accessPath": format!("/{place}"), "annotations": {"evidence": "primary"}});
    if let (Some(layer), Some(members)) = (layer, location.as_object_mut()) {
        members.insert("layerID".into(), json!(layer));
    }
    location
}

/// A package that is only the model's word for the source or the distribution.
fn is_noted(package: &Package<'_>) -> bool {
    package.rest.get(NOTED).is_some()
}

fn is_about(sbom: &Sbom<'_>, package: &Package<'_>) -> bool {
    sbom.metadata.subject.as_ref() == Some(&package.id)
}

fn source<'s>(sbom: &'s Sbom<'_>) -> Source<'s> {
    let subject = sbom.packages.iter().find(|package| is_about(sbom, package));
    let name = subject.map(|package| package.name.borrowed());
    let name = name.or_else(|| sbom.metadata.name.as_ref().map(Text::borrowed)).unwrap_or_default();
    let digest = sbom.describes.first().map(ToString::to_string);
    let version = subject.and_then(|package| package.version.as_ref()).map(Text::borrowed);
    let version = version.or_else(|| digest.clone().map(Text::from)).unwrap_or_default();
    let id = subject.map(|package| package.id.borrowed());
    let id =
        id.unwrap_or_else(|| crate::model::Digest::of(format!("{name}@{version}").as_bytes()).hex().to_owned().into());
    let is_image = digest.is_some() || subject.is_some_and(|package| package.kind == Kind::Container);
    let mut rest = Rest::default();
    let kind = if is_image {
        let (digest, none) = (digest.unwrap_or_default(), Vec::<String>::new());
        let metadata = json!({
            "userInput": name, "imageID": "", "manifestDigest": digest, "mediaType": "", "tags": none, "imageSize": 0,
            "layers": none, "manifest": "", "config": "", "repoDigests": none, "architecture": "", "os": "",
        });
        rest.push_json("metadata", &metadata);
        "image"
    } else {
        rest.push_json("metadata", &json!({"path": name}));
        "directory"
    };
    Source { id, name, version, kind: kind.into(), rest }
}

fn distro<'s>(system: &'s Package<'_>) -> Distro<'s> {
    let name = system.description.as_ref().unwrap_or(&system.name).borrowed();
    let version = system.version.as_ref().map(Text::borrowed).unwrap_or_default();
    let mut rest = Rest::default();
    rest.push_json("version", &version);
    Distro {
        id: system.name.borrowed(),
        name: name.clone(),
        pretty: name,
        version,
        cpe: system.cpes.first().map(Text::borrowed).unwrap_or_default(),
        rest,
    }
}

fn descriptor<'s>() -> Descriptor<'s> {
    Descriptor { name: "cache".into(), version: env!("CARGO_PKG_VERSION").into(), rest: Rest::default() }
}

fn schema<'s>() -> Schema<'s> {
    Schema { version: SCHEMA.into(), url: format!("{ADDRESS}{SCHEMA}.json").into(), rest: Rest::default() }
}
