//! From a Syft document to the model.

use super::super::bom::{Family, File as ModelFile, Finding, Relation, Relationship as Edge, Sbom};
use super::super::json::{self, List};
use super::super::package::{Hash, Kind, License as Stated, LicenseForm, LicenseStage, Package};
use super::super::text::{Rest, Text};
use super::document::{
    Artifact, CPES, Cpe, Digest, Distro, Document, File, Image, LICENSES, License, NOTED, Relationship, Source,
};
use crate::document::{digest_in, in_words};
use crate::error::{Error, Result};

/// What makes a document one of Syft's, whoever wrote it.
const SCHEMA: &str = "anchore/syft";

pub(in crate::sbom) fn parse(text: &str) -> Result<Sbom<'_>> {
    let (document, findings) = json::read::<Document<'_>>("a Syft document", text)?;
    let by = document.descriptor.as_ref().map(|descriptor| descriptor.name.borrowed()).unwrap_or_default();
    let schema = document.schema.unwrap_or_default();
    if !by.eq_ignore_ascii_case("syft") && !schema.url.contains(SCHEMA) {
        return Err(Error::invalid(format!("not a Syft document: it is by {by:?}")));
    }
    let Some(source) = document.source else {
        return Err(Error::invalid("not a Syft document: it has no source"));
    };
    let mut sbom = Sbom::new(Family::Syft, schema.version.as_str());
    sbom.findings = findings;
    sbom.rest = document.rest;
    if let Some(descriptor) = document.descriptor {
        let parts = [descriptor.name.as_str(), descriptor.version.as_str()];
        let parts: Vec<&str> = parts.into_iter().filter(|part| !part.is_empty()).collect();
        sbom.metadata.tools.extend(Text::from(parts.join("-")).stated());
        sbom.rest.push_json("descriptor", &descriptor);
    }
    sbom.packages = document.artifacts.into_iter().enumerate().map(|(at, artifact)| package(at, artifact)).collect();
    sbom.files = document.files.into_iter().map(file).collect();
    sbom.relationships = document.relationships.into_iter().map(relationship).collect();
    about(&mut sbom, &source)?;
    sbom.rest.push_json("source", &source);
    if let Some(distro) = document.distro {
        sbom.packages.extend(system(&distro));
        sbom.rest.push_json("distro", &distro);
    }
    sbom.rest.push_json("schema", &schema);
    check(&mut sbom);
    Ok(sbom)
}

/// What the document is about: an image by its digests, or a folder or file.
fn about(sbom: &mut Sbom<'_>, source: &Source<'_>) -> Result<()> {
    let metadata = source.rest.get("metadata").or_else(|| source.rest.get("target")).unwrap_or_default();
    let image: Image<'_> = match metadata.trim_start().starts_with('{') {
        true => serde_json::from_str(metadata)
            .map_err(|e| Error::invalid(format!("not a Syft document: source: {}", in_words(&e))).caused_by(e))?,
        false => Image::default(),
    };
    let is_image = source.kind.eq_ignore_ascii_case("image");
    sbom.describes = std::iter::once(&image.manifest).chain(&image.digests.0).filter_map(|d| digest_in(d)).collect();
    sbom.describes.sort();
    sbom.describes.dedup();
    let name = [&source.name, &image.input].into_iter().find(|name| !name.is_empty());
    let Some(name) = name.filter(|_| !source.id.is_empty()) else { return Ok(()) };
    let mut rest = Rest::default();
    rest.mark(NOTED);
    let id: Text<'static> = source.id.clone().into_owned();
    sbom.metadata.name = Some(name.clone().into_owned());
    sbom.metadata.subject = Some(id.clone());
    let kind = if is_image { Kind::Container } else { Kind::File };
    let version = source.version.clone().stated().map(Text::into_owned);
    sbom.packages.push(Package { id, kind, name: name.clone().into_owned(), version, rest, ..Package::default() });
    Ok(())
}

fn package(at: usize, source: Artifact<'_>) -> Package<'_> {
    let mut rest = source.rest;
    if !source.kind.is_empty() {
        rest.push_text("type", &source.kind);
    }
    let licenses = kept(&mut rest, "licenses", LICENSES, license);
    let cpes = kept(&mut rest, "cpes", CPES, cpe);
    Package {
        id: source.id.stated().unwrap_or_else(|| format!("cache:artifact-{at}").into()),
        kind: Kind::Library,
        name: source.name,
        version: source.version.stated(),
        purl: source.purl.stated(),
        cpes,
        licenses,
        rest,
        ..Package::default()
    }
}

/// The items of a list that has text in old versions and objects in new ones. How they are written is kept, for the writer.
fn kept<'a, T, M>(
    rest: &mut Rest<'a>,
    name: &str,
    note: &'static str,
    of: impl Fn(Either<'a, T>) -> Option<M>,
) -> Vec<M>
where
    T: serde::Deserialize<'a>,
{
    let Some(raw) = rest.take(name) else { return Vec::new() };
    let items: Option<List<Either<'a, T>>> = match &raw {
        std::borrow::Cow::Borrowed(raw) => serde_json::from_str(raw.get()).ok(),
        std::borrow::Cow::Owned(_) => None,
    };
    // What is not such a list stays as it is.
    let note = if items.is_some() { Text::from(note) } else { name.to_owned().into() };
    rest.push(note, raw);
    items.into_iter().flatten().filter_map(of).collect()
}

/// Text, or an object.
pub(super) enum Either<'a, T> {
    Text(Text<'a>),
    Object(T),
}

impl<'de: 'a, 'a, T: serde::Deserialize<'de>> serde::Deserialize<'de> for Either<'a, T> {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
        let raw = <&serde_json::value::RawValue>::deserialize(deserializer)?.get();
        let read = match raw.starts_with('{') {
            true => serde_json::from_str(raw).map(Either::Object),
            false => serde_json::from_str(raw).map(Either::Text),
        };
        read.map_err(serde::de::Error::custom)
    }
}

pub(super) fn cpe<'a>(cpe: Either<'a, Cpe<'a>>) -> Option<Text<'a>> {
    match cpe {
        Either::Text(name) => name.stated(),
        Either::Object(cpe) => cpe.name.stated(),
    }
}

pub(super) fn license<'a>(license: Either<'a, License<'a>>) -> Option<Stated<'a>> {
    let license = match license {
        Either::Text(text) => return Some(Stated::expression(text.stated()?)),
        Either::Object(license) => license,
    };
    let stage = match license.stage.as_str() {
        "declared" => LicenseStage::Declared,
        "concluded" => LicenseStage::Concluded,
        _ => LicenseStage::Unstated,
    };
    let (text, form) = match license.expression.stated() {
        Some(expression) => (expression, LicenseForm::Expression),
        None => (license.value.stated()?, LicenseForm::Name),
    };
    Some(Stated { text, form, stage, rest: Rest::default() })
}

fn file(source: File<'_>) -> ModelFile<'_> {
    let mut rest = source.rest;
    let mut path = Text::default();
    if let Some(location) = source.location {
        path = location.path;
        rest.extend_under("location", location.rest);
    }
    let hashes = source.digests.into_iter().map(hash).collect();
    ModelFile { id: source.id, path, hashes, licenses: Vec::new(), rest }
}

fn hash(digest: Digest<'_>) -> Hash<'_> {
    Hash { algorithm: Hash::plain(digest.algorithm), value: digest.value }
}

/// Syft's words are those of SPDX in lower case, with dashes.
fn relationship(source: Relationship<'_>) -> Edge<'_> {
    let relation = match source.kind.as_str() {
        "contains" => Relation::Contains,
        word => Relation::Other(word.replace('-', "_").to_ascii_uppercase().into()),
    };
    Edge { from: source.parent, relation, to: source.child, rest: source.rest }
}

/// The distribution, as the package that stands for it in other formats.
fn system(distro: &Distro<'_>) -> Option<Package<'static>> {
    let text = |text: &Text<'_>| text.clone().stated().map(Text::into_owned);
    let mut rest = Rest::default();
    rest.mark(NOTED);
    Some(Package {
        id: "operating-system".into(),
        kind: Kind::OperatingSystem,
        name: text(&distro.id).or_else(|| text(&distro.name))?,
        version: text(&distro.version),
        cpes: text(&distro.cpe).into_iter().collect(),
        description: text(&distro.pretty),
        rest,
        ..Package::default()
    })
}

/// Files that relationships name may be left out of the document: only ids that stand twice and missing names are told.
fn check(sbom: &mut Sbom<'_>) {
    let edges = std::mem::take(&mut sbom.relationships);
    super::super::check::elements(sbom, &[]);
    sbom.relationships = edges;
    sbom.findings.retain(|finding: &Finding| finding.position != "operating-system");
}
