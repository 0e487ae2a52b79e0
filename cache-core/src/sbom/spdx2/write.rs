//! From the model to an SPDX 2.3 document.

use super::super::bom::{DOCUMENT, Family, File, Finding, LicenseText, Relation, Relationship, Sbom};
use super::super::json::{self, List};
use super::super::package::{Hash, Kind, License, LicenseForm, LicenseStage, Package};
use super::super::spdx3::words;
use super::super::subject::INFERRED;
use super::super::text::{Rest, Text};
use super::super::write::{Carrier, name};
use super::document::{self, Creation, DESCRIBES, Document, NOASSERTION, NONE, PURPOSES, Reference};
use super::ids::Ids;
use crate::error::Result;

/// The document, and what it cannot say.
pub(in crate::sbom) fn write(sbom: &Sbom<'_>, version: &str) -> Result<(Vec<u8>, Vec<Finding>)> {
    let mut carrier = Carrier::of(sbom, Family::Spdx, "SPDX 2.3");
    carrier.own &= sbom.format.version.starts_with("2.");
    let from_three = sbom.format.family == Family::Spdx && !carrier.own;
    let mut writer = Writer { ids: Ids::of(sbom, carrier.own), from_three, carrier };
    let document = json::write(&writer.document(sbom, version))?;
    Ok((document, writer.carrier.lost))
}

struct Writer {
    ids: Ids,
    /// Whether the document is one of SPDX 3, which says much of the same in other words.
    from_three: bool,
    carrier: Carrier,
}

impl Writer {
    fn document<'s>(&mut self, sbom: &'s Sbom<'_>, version: &str) -> Document<'s> {
        let mut rest =
            self.rest(&sbom.rest, "document", &["SpdxDocument/profileConformance", "SpdxDocument/dataLicense"]);
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
            namespace: self.namespace(sbom),
            creation: Some(creation),
            describes: listed.iter().map(|r| self.ids.id(&r.to)).collect(),
            packages: sbom.packages.iter().map(|package| self.package(package)).collect(),
            files: sbom.files.iter().map(|file| self.file(file)).collect(),
            relationships: List(relationships),
            license_texts: sbom.license_texts.iter().map(|text| self.license_text(text)).collect(),
            rest,
        }
    }

    /// The name of an element of SPDX 3 ends with that of the document.
    fn namespace<'s>(&self, sbom: &'s Sbom<'_>) -> Text<'s> {
        let id = sbom.metadata.id.as_deref().unwrap_or_default();
        if self.from_three { id.trim_end_matches(DOCUMENT).trim_end_matches('#').into() } else { id.into() }
    }

    fn package<'s>(&mut self, source: &'s Package<'_>) -> document::Package<'s> {
        let mut rest = self.rest(&source.rest, &source.id, &[]);
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
        let stated_kind = rest.read(INFERRED).map_or(source.kind, |(kind, _)| kind);
        let purpose = PURPOSES.iter().find(|(_, kind)| *kind == stated_kind && *kind != Kind::Library);
        let is_kept = rest.get("primaryPackagePurpose").is_some();
        let mut checksums = self.checksums(&source.hashes, &source.id);
        checksums.extend(rest.take_json::<List<document::Checksum<'s>>>("checksums").unwrap_or_default());
        document::Package {
            id: self.ids.id(&source.id),
            name: name(source),
            version: text(&source.version),
            purpose: purpose.filter(|_| !is_kept).map(|(word, _)| Text::from(*word)).unwrap_or_default(),
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
        let mut rest = self.rest(&source.rest, &source.id, &[]);
        // The form knows one licence of a file: what was concluded, or else what it declares.
        let is_concluded = |license: &&License<'_>| license.stage == LicenseStage::Concluded;
        let any = source.licenses.iter().any(|license| is_concluded(&license));
        let effective = source.licenses.iter().filter(|license| !any || is_concluded(license));
        let concluded = effective.map(|license| license.text.as_str()).collect::<Vec<_>>().join(" AND ");
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
        if self.from_three {
            return self.turned(source, from, to);
        }
        let kind = match &source.relation {
            Relation::Describes => "DESCRIBES".into(),
            Relation::Contains => "CONTAINS".into(),
            Relation::DependsOn => "DEPENDS_ON".into(),
            Relation::Other(word) => word.borrowed(),
        };
        document::Relationship { from, kind, to, rest: self.carrier.rest(&source.rest, "relationship") }
    }

    /// A relationship of SPDX 3, of which some are read from right to left here.
    fn turned<'s>(&mut self, source: &'s Relationship<'_>, from: Text<'s>, to: Text<'s>) -> document::Relationship<'s> {
        let mut rest = self.rest(&source.rest, "relationship", &["type", "scope"]);
        let scope: Option<Text<'_>> = source.rest.get("scope").and_then(|json| serde_json::from_str(json).ok());
        let (kind, turned) = words::two(&source.relation, scope.as_deref().unwrap_or_default()).unwrap_or_else(|| {
            rest.take("comment");
            rest.push_text("comment", source.relation.word());
            self.carrier.lose("relationship", format!("SPDX 2.3 has no relationship {}", source.relation.word()));
            ("OTHER", false)
        });
        let (from, to) = if turned { (to, from) } else { (from, to) };
        document::Relationship { from, kind: kind.into(), to, rest }
    }

    /// What the model does not know, where the format is the same; of SPDX 3, what SPDX 2 has under another name. Members
    /// that are `used` have been taken over.
    fn rest<'s>(&mut self, source: &'s Rest<'_>, of: &str, used: &[&str]) -> Rest<'s> {
        if !self.from_three {
            return self.carrier.rest(source, of);
        }
        let (mut left, mut rest) = (source.borrowed(), Rest::default());
        for (two, three) in words::MEMBERS {
            if let Some(json) = left.take(three) {
                rest.push((*two).into(), json);
            }
        }
        if left.get(words::PURPOSE) == Some("\"library\"") {
            left.take(words::PURPOSE);
            rest.push_text("primaryPackagePurpose", "LIBRARY");
        }
        used.iter().for_each(|name| drop(left.take(name)));
        self.carrier.rest(&left, of);
        rest
    }

    fn license_text<'s>(&mut self, source: &'s LicenseText<'_>) -> document::LicenseText<'s> {
        document::LicenseText {
            id: source.id.borrowed(),
            text: source.text.borrowed(),
            name: text(&source.name),
            rest: self.rest(&source.rest, &source.id, &[]),
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
