//! From Trivy's report to the model.

use std::collections::{HashMap, HashSet};

use super::super::bom::{Family, File, Finding, Relation, Relationship, Sbom};
use super::super::package::{Hash, Kind, License, LicenseStage, Package};
use super::super::text::{Rest, Text};
use super::super::{check, json};
use super::document::{Document, Metadata, Package as Source, System, Target};
use crate::document::digest_in;
use crate::error::{Error, Result};

/// The schema that there is.
const SCHEMA: &str = "2";
/// The id of what the report is about.
const SUBJECT: &str = "artifact";

/// A property as Trivy itself names it in CycloneDX.
macro_rules! property {
    ($name:literal) => {
        concat!("aquasecurity:trivy:", $name)
    };
}

pub(in crate::sbom) fn parse(text: &str) -> Result<Sbom<'_>> {
    let (document, findings) = json::read::<Document<'_>>("a Trivy report", text)?;
    let mut sbom = Sbom::new(Family::Trivy, document.schema.as_str());
    sbom.findings = findings;
    match document.schema.parse::<u32>() {
        Ok(2) => {}
        Ok(3..) => {
            let message = format!("schema {} is newer than {SCHEMA}, and was read as that", document.schema);
            sbom.findings.push(Finding::new("newer-version", "SchemaVersion", message));
        }
        _ => return Err(Error::unsupported(format!("Trivy reports of schema {:?} are not read", document.schema))),
    }
    // A report of vulnerabilities alone would look like an image without packages.
    if document.results.0.iter().all(|target| target.packages.0.is_empty()) {
        let error = Error::invalid("a Trivy report that lists no packages is no SBOM");
        return Err(error.hint("have Trivy list them with --list-all-pkgs"));
    }
    sbom.rest = document.rest;
    sbom.metadata.created = document.created.stated();
    sbom.metadata.name = document.name.clone().stated();
    let version = document.trivy.map(|trivy| trivy.version).and_then(Text::stated);
    sbom.metadata.tools = vec![version.map_or("trivy".into(), |version| format!("trivy-{version}").into())];
    subject(&mut sbom, document.name, &document.kind);
    if let Some(metadata) = document.metadata {
        about(&mut sbom, metadata);
    }
    let mut ids = Ids::default();
    let mut files = HashSet::new();
    for target in document.results {
        add(&mut sbom, target, &mut ids, &mut files);
    }
    check::elements(&mut sbom, &[]);
    Ok(sbom)
}

fn subject<'a>(sbom: &mut Sbom<'a>, name: Text<'a>, kind: &str) {
    let kind = if kind == "container_image" { Kind::Container } else { Kind::Application };
    sbom.packages.push(Package { id: SUBJECT.into(), kind, name, ..Package::default() });
    sbom.metadata.subject = Some(SUBJECT.into());
}

/// The image's digests, and the operating system.
fn about<'a>(sbom: &mut Sbom<'a>, metadata: Metadata<'a>) {
    sbom.describes = metadata.digests.0.iter().filter_map(|text| digest_in(text)).collect();
    sbom.describes.sort();
    sbom.describes.dedup();
    sbom.rest.extend_under("Metadata", metadata.rest);
    if let Some(System { family, name, rest }) = metadata.system.filter(|system| !system.family.is_empty()) {
        let id = Text::from("operating-system");
        let (kind, version) = (Kind::OperatingSystem, name.stated());
        sbom.packages.push(Package { id: id.clone(), kind, name: family, version, rest, ..Package::default() });
        sbom.relationships.push(edge(SUBJECT.into(), Relation::Contains, id));
    }
}

fn edge<'a>(from: Text<'a>, relation: Relation<'a>, to: Text<'a>) -> Relationship<'a> {
    Relationship { from, relation, to, rest: Rest::default() }
}

fn add<'a>(sbom: &mut Sbom<'a>, target: Target<'a>, ids: &mut Ids, files: &mut HashSet<Text<'a>>) {
    // What packages need they name by an id that is unique in their target only.
    let mut here: HashMap<Text<'a>, Text<'a>> = HashMap::with_capacity(target.packages.0.len());
    let sources: Vec<_> = target.packages.into_iter().map(|source| (ids.of(&source, &target.name), source)).collect();
    for (id, source) in &sources {
        here.entry(source.id.clone()).or_insert_with(|| id.clone());
    }
    for (id, mut source) in sources {
        sbom.relationships.push(edge(SUBJECT.into(), Relation::Contains, id.clone()));
        for needed in std::mem::take(&mut source.needs) {
            let to = here.get(&needed).cloned().unwrap_or(needed);
            sbom.relationships.push(edge(id.clone(), Relation::DependsOn, to));
        }
        for path in std::mem::take(&mut source.files) {
            let file = Text::from(format!("file:{path}"));
            sbom.relationships.push(edge(id.clone(), Relation::Contains, file.clone()));
            if files.insert(path.clone()) {
                sbom.files.push(File { id: file, path, ..File::default() });
            }
        }
        sbom.packages.push(package(id, source, [&target.name, &target.class, &target.kind]));
    }
}

fn package<'a>(id: Text<'a>, source: Source<'a>, [target, class, kind]: [&Text<'a>; 3]) -> Package<'a> {
    let mut properties = Vec::new();
    let mut note = |name: &'static str, value: Option<Text<'a>>| {
        properties.extend(value.and_then(Text::stated).map(|value| (Text::from(name), value)));
    };
    note(property!("PkgID"), Some(source.id));
    note(property!("PkgType"), Some(kind.clone()));
    note(property!("Class"), Some(class.clone()));
    // Packages of a lock file are where that is.
    let place = if source.path.is_empty() && class == "lang-pkgs" { target.clone() } else { source.path };
    note(property!("FilePath"), Some(place));
    let (layer, content) = source.layer.map(|layer| (layer.digest, layer.content)).unwrap_or_default();
    note(property!("LayerDigest"), Some(layer));
    note(property!("LayerDiffID"), Some(content));
    note(property!("SrcName"), Some(source.source_name));
    note(property!("SrcVersion"), Some(source.source_version));
    note(property!("SrcRelease"), Some(source.source_release));
    note(property!("SrcEpoch"), Some(source.source_epoch));
    note(property!("Modularitylabel"), Some(source.module));
    note(property!("Relationship"), Some(source.relationship.clone()));
    let license = |text: Text<'a>| License { stage: LicenseStage::Declared, ..License::expression(text) };
    let hash = |(algorithm, value): (&str, &str)| Hash {
        algorithm: Hash::plain(algorithm.to_owned().into()),
        value: value.to_owned().into(),
    };
    Package {
        id,
        kind: if source.relationship == "root" { Kind::Application } else { Kind::Library },
        name: source.name,
        version: version(source.epoch, source.version, source.release),
        purl: source.identifier.and_then(|identifier| identifier.purl.stated()),
        licenses: source.licenses.into_iter().filter_map(Text::stated).map(license).collect(),
        hashes: source.digest.split_once(':').map(hash).into_iter().collect(),
        supplier: source.maintainer.stated(),
        properties,
        rest: source.rest,
        ..Package::default()
    }
}

/// `1:2.0-3` where there are all of them.
fn version<'a>(epoch: Text<'a>, version: Text<'a>, release: Text<'a>) -> Option<Text<'a>> {
    let version = if release.is_empty() { version } else { format!("{version}-{release}").into() };
    let version = version.stated()?;
    Some(if matches!(epoch.as_str(), "" | "0") { version } else { format!("{epoch}:{version}").into() })
}

/// The ids of packages: Trivy's own are unique since 0.53, those before are within their target.
#[derive(Default)]
struct Ids(HashMap<String, usize>);

impl Ids {
    fn of<'a>(&mut self, source: &Source<'a>, target: &str) -> Text<'a> {
        let unique = source.identifier.as_ref().map(|identifier| [&identifier.unique, &identifier.reference]);
        if let Some(id) = unique.into_iter().flatten().find(|id| !id.is_empty()) {
            return id.clone();
        }
        let name =
            if source.id.is_empty() { format!("{}@{}", source.name, source.version) } else { source.id.to_string() };
        let id = format!("{target}:{name}");
        let times = self.0.entry(id.clone()).or_default();
        *times += 1;
        if *times > 1 { format!("{id}#{times}").into() } else { id.into() }
    }
}
