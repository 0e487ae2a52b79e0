//! From the model to an SPDX 2.3 document.

use std::collections::HashMap;

use super::super::bom::{DOCUMENT, Family, File, Finding, LicenseText, Relation, Relationship, Sbom};
use super::super::json::{self, List};
use super::super::package::{Hash, Kind, License, LicenseForm, LicenseStage, Package};
use super::super::text::{Rest, Text, plain_word};
use super::super::write::{Carrier, name};
use super::document::{self, Creation, DESCRIBES, Document, INFERRED, NOASSERTION, NONE, PURPOSES, Reference};
use crate::error::Result;

/// The document, and what it cannot say.
pub(in crate::sbom) fn write(sbom: &Sbom<'_>, version: &str) -> Result<(Vec<u8>, Vec<Finding>)> {
    let mut writer = Writer { ids: Ids::of(sbom), carrier: Carrier::of(sbom, Family::Spdx, "SPDX 2.3") };
    let document = json::write(&writer.document(sbom, version))?;
    Ok((document, writer.carrier.lost))
}

struct Writer {
    ids: Ids,
    carrier: Carrier,
}

impl Writer {
    fn document<'s>(&mut self, sbom: &'s Sbom<'_>, version: &str) -> Document<'s> {
        let mut rest = self.carrier.rest(&sbom.rest, "document");
        let mut creation = Creation { created: text(&sbom.metadata.created), ..Creation::default() };
        creation.creators = (sbom.metadata.authors.iter().map(|author| self.actor(author)))
            .chain(sbom.metadata.tools.iter().map(|tool| format!("Tool: {tool}").into()))
            .collect();
        creation.rest = rest.take_under("creationInfo");
        if rest.get("dataLicense").is_none() {
            rest.push_text("dataLicense", "CC0-1.0");
        }
        let (listed, others): (Vec<_>, Vec<_>) =
            sbom.relationships.iter().partition(|relationship| relationship.rest.get(DESCRIBES).is_some());
        let mut relationships: Vec<_> =
            others.into_iter().map(|relationship| self.relationship(relationship)).collect();
        let is_element = |id: &&Text<'_>| {
            sbom.packages.iter().any(|package| package.id == **id) || sbom.files.iter().any(|file| file.id == **id)
        };
        let is_described = relationships.iter().any(|r| r.kind == "DESCRIBES") || !listed.is_empty();
        if let Some(subject) = sbom.metadata.subject.as_ref().filter(|_| !is_described).filter(is_element) {
            let (from, kind, to) = (DOCUMENT.into(), "DESCRIBES".into(), self.ids.id(subject));
            relationships.insert(0, document::Relationship { from, kind, to, rest: Rest::default() });
        }
        Document {
            version: format!("SPDX-{version}").into(),
            id: DOCUMENT.into(),
            name: sbom.metadata.name.as_ref().map_or("sbom".into(), Text::borrowed),
            namespace: text(&sbom.metadata.id),
            creation: Some(creation),
            describes: listed.iter().map(|r| self.ids.id(&r.to)).collect(),
            packages: sbom.packages.iter().map(|package| self.package(package)).collect(),
            files: sbom.files.iter().map(|file| self.file(file)).collect(),
            relationships: List(relationships),
            license_texts: sbom.license_texts.iter().map(|text| self.license_text(text)).collect(),
            rest,
        }
    }

    fn package<'s>(&mut self, source: &'s Package<'_>) -> document::Package<'s> {
        let mut rest = self.carrier.rest(&source.rest, &source.id);
        let mut references = Vec::new();
        let mut refer = |category: &'static str, kind: &'static str, locator: &'s Text<'_>| {
            let (category, kind, locator) = (category.into(), kind.into(), locator.borrowed());
            references.push(Reference { category, kind, locator, rest: Rest::default() });
        };
        for cpe in &source.cpes {
            refer("SECURITY", if cpe.starts_with("cpe:2.3:") { "cpe23Type" } else { "cpe22Type" }, cpe);
        }
        let kept = rest.take_json::<List<Reference<'s>>>("externalRefs").unwrap_or_default().0;
        if let Some(purl) = &source.purl
            && !kept.iter().any(|reference| reference.kind == "purl" && reference.locator == purl.as_str())
        {
            refer("PACKAGE-MANAGER", "purl", purl);
        }
        references.extend(kept);
        let purpose = PURPOSES.iter().find(|(_, kind)| *kind == source.kind && *kind != Kind::Library);
        let stated = rest.take(INFERRED).is_some() || rest.get("primaryPackagePurpose").is_some();
        let mut checksums = self.checksums(&source.hashes, &source.id);
        checksums.extend(rest.take_json::<List<document::Checksum<'s>>>("checksums").unwrap_or_default());
        document::Package {
            id: self.ids.id(&source.id),
            name: name(source),
            version: text(&source.version),
            purpose: purpose.filter(|_| !stated).map(|(word, _)| Text::from(*word)).unwrap_or_default(),
            supplier: source.supplier.as_deref().map(|name| self.actor(name)).unwrap_or_default(),
            originator: source.author.as_deref().map(|name| self.actor(name)).unwrap_or_default(),
            download: said(&mut rest, "downloadLocation", source.download.as_ref().map(Text::borrowed)),
            homepage: text(&source.homepage),
            concluded: licenses(&mut rest, "licenseConcluded", source, |stage| stage == LicenseStage::Concluded),
            declared: licenses(&mut rest, "licenseDeclared", source, |stage| stage != LicenseStage::Concluded),
            copyright: said(&mut rest, "copyrightText", source.copyright.as_ref().map(Text::borrowed)),
            description: text(&source.description),
            checksums: List(checksums),
            references: List(references),
            rest,
        }
    }

    fn file<'s>(&mut self, source: &'s File<'_>) -> document::File<'s> {
        let mut rest = self.carrier.rest(&source.rest, &source.id);
        let concluded = source.licenses.iter().map(|license| license.text.as_str()).collect::<Vec<_>>().join(" AND ");
        let concluded = said(&mut rest, "licenseConcluded", Text::from(concluded).stated());
        let mut checksums = self.checksums(&source.hashes, &source.id);
        checksums.extend(rest.take_json::<List<document::Checksum<'s>>>("checksums").unwrap_or_default());
        document::File {
            id: self.ids.id(&source.id),
            name: source.path.borrowed(),
            checksums: List(checksums),
            concluded,
            rest,
        }
    }

    fn relationship<'s>(&mut self, source: &'s Relationship<'_>) -> document::Relationship<'s> {
        let (from, to) = (self.ids.id(&source.from), self.ids.id(&source.to));
        let kind = match &source.relation {
            Relation::Describes => "DESCRIBES".into(),
            Relation::Contains => "CONTAINS".into(),
            Relation::DependsOn => "DEPENDS_ON".into(),
            Relation::Other(word) => word.borrowed(),
        };
        document::Relationship { from, kind, to, rest: self.carrier.rest(&source.rest, "relationship") }
    }

    fn license_text<'s>(&mut self, source: &'s LicenseText<'_>) -> document::LicenseText<'s> {
        document::LicenseText {
            id: source.id.borrowed(),
            text: source.text.borrowed(),
            name: text(&source.name),
            rest: self.carrier.rest(&source.rest, &source.id),
        }
    }

    fn checksums<'s>(&mut self, hashes: &'s [Hash<'_>], of: &str) -> Vec<document::Checksum<'s>> {
        let checksum = |hash: &'s Hash<'_>| {
            let algorithm = self.carrier.algorithm(hash, "checksum", of)?.into();
            Some(document::Checksum { algorithm, value: hash.value.borrowed(), rest: Rest::default() })
        };
        hashes.iter().filter_map(checksum).collect()
    }

    /// Who made it: the format asks for a person or an organisation.
    fn actor<'s>(&self, name: &'s str) -> Text<'s> {
        let known = self.carrier.own || ["Person:", "Organization:"].iter().any(|word| name.starts_with(word));
        if known { name.into() } else { format!("Organization: {name}").into() }
    }
}

fn text<'s>(text: &'s Option<Text<'_>>) -> Text<'s> {
    text.as_ref().map(Text::borrowed).unwrap_or_default()
}

/// The members that must be there say at least that nobody asserts anything.
fn said<'s>(rest: &mut Rest<'s>, member: &str, value: Option<Text<'s>>) -> Text<'s> {
    let none = rest.take(member).is_some();
    match value {
        Some(value) => value,
        None if none => NONE.into(),
        None => NOASSERTION.into(),
    }
}

fn licenses<'s>(
    rest: &mut Rest<'s>,
    member: &str,
    package: &'s Package<'_>,
    wanted: impl Fn(LicenseStage) -> bool,
) -> Text<'s> {
    let stated: Vec<_> = package.licenses.iter().filter(|license| wanted(license.stage)).collect();
    let part = |license: &&License<'_>| {
        let whole = stated.len() == 1 || license.form == LicenseForm::Id || !license.text.contains(' ');
        if whole { license.text.to_string() } else { format!("({})", license.text) }
    };
    let joined = stated.iter().map(part).collect::<Vec<_>>().join(" AND ");
    said(rest, member, Text::from(joined).stated())
}

/// The identifiers that are made for elements of another format, by the ones they had there.
struct Ids(HashMap<String, Text<'static>>);

impl Ids {
    fn of(sbom: &Sbom<'_>) -> Ids {
        let mut ids = HashMap::new();
        if sbom.format.family == Family::Spdx {
            return Ids(ids);
        }
        let mut taken: HashMap<String, usize> = HashMap::new();
        let all = sbom.packages.iter().map(|p| (&p.id, "Package")).chain(sbom.files.iter().map(|f| (&f.id, "File")));
        for (id, what) in all.filter(|(id, _)| !id.is_empty()) {
            let mut made = format!("SPDXRef-{what}-{}", plain_word(id));
            let times = taken.entry(made.clone()).or_default();
            *times += 1;
            if *times > 1 {
                made = format!("{made}-{times}");
            }
            ids.entry(id.to_string()).or_insert_with(|| made.into());
        }
        Ids(ids)
    }

    fn id<'s>(&self, id: &'s Text<'_>) -> Text<'s> {
        self.0.get(id.as_str()).cloned().unwrap_or_else(|| id.borrowed())
    }
}
