//! From the model to an SPDX 2.2 or 2.3 document.

use std::collections::BTreeSet;

use foldhash::{HashSet, HashSetExt};

use super::super::bom::{DOCUMENT, Family, File, Finding, LicenseText, Relationship, Sbom};
use super::super::fit;
use super::super::grammar::{GRAMMAR, Minor};
use super::super::json::{self, List};
use super::super::package::{Hash, Kind, License, LicenseForm, LicenseStage, Package};
use super::super::spdx3::words;
use super::super::subject::INFERRED;
use super::super::text::{Rest, Text};
use super::super::write::{Carrier, MAX_NAMES, name, namespace};
use super::document::{self, Checksum, Creation, DESCRIBES, NOASSERTION, NONE, OTHER, PURPOSES, Reference, Written};
use super::expressions::Expressions;
use super::ids::Ids;
use crate::error::Result;

/// The document, and what it cannot say.
pub(in crate::sbom) fn write(sbom: &Sbom<'_>, version: &str) -> Result<(Vec<u8>, Vec<Finding>)> {
    let (minor, name) = if version == "2.2" { (2, "SPDX 2.2") } else { (3, "SPDX 2.3") };
    let mut carrier = Carrier::of(sbom, Family::Spdx, name);
    carrier.own &= sbom.format.version.starts_with("2.");
    let from_three = sbom.format.family == Family::Spdx && !carrier.own;
    let is_same = carrier.own && sbom.format.version == version;
    let expressions = Expressions::of(sbom, carrier.own);
    let mut writer = Writer {
        ids: Ids::of(sbom, carrier.own),
        name,
        minor,
        is_same,
        from_three,
        carrier,
        expressions,
        told: HashSet::new(),
    };
    let document = json::write(&writer.document(sbom, version))?;
    let mut lost = writer.carrier.lost;
    if is_same || minor == NEWEST {
        return Ok((document, lost));
    }
    let (document, more) = fit::to_version(&document, GRAMMAR.spdx(), "SPDX 2", minor)?;
    lost.extend(more);
    Ok((document, lost))
}

/// The newest version of SPDX 2 that there is: 2.3.
const NEWEST: Minor = 3;

/// The members of packages that files have too.
const OF_FILES: &[&str] = &["comment", "attributionTexts"];

struct Writer {
    ids: Ids,
    /// How messages call the format.
    name: &'static str,
    minor: Minor,
    /// Whether the document was read in this very version: then it is written as it stood.
    is_same: bool,
    /// Whether the document is one of SPDX 3, which says much of the same in other words.
    from_three: bool,
    carrier: Carrier,
    expressions: Expressions,
    /// The relationships that the format does not know and that have been told of.
    told: HashSet<String>,
}

impl Writer {
    fn document<'s>(&mut self, sbom: &'s Sbom<'_>, version: &str) -> Written<'s> {
        let mut rest =
            self.rest(&sbom.rest, "document", &["SpdxDocument/profileConformance", "SpdxDocument/dataLicense"]);
        let created = self.carrier.created(sbom.metadata.created.as_ref()).unwrap_or_default();
        let mut creation = Creation { created, ..Creation::default() };
        creation.creators = (sbom.metadata.authors.iter().map(|author| self.actor(author)))
            .chain(sbom.metadata.tools.iter().map(|tool| format!("Tool: {tool}").into()))
            .collect();
        if creation.creators.0.is_empty() && !self.carrier.own {
            creation.creators.0.push("Person: anonymous".into());
        }
        creation.rest = rest.take_under("creationInfo");
        if rest.get("dataLicense").is_none() {
            rest.push_text("dataLicense", "CC0-1.0");
        }
        let (listed, others): (Vec<_>, Vec<_>) =
            sbom.relationships.iter().partition(|relationship| relationship.rest.get(DESCRIBES).is_some());
        let ids = sbom.packages.iter().map(|package| &package.id).chain(sbom.files.iter().map(|file| &file.id));
        let elements: HashSet<&str> = ids.map(Text::as_str).chain([DOCUMENT, NOASSERTION, NONE]).collect();
        let is_element = |id: &&Text<'_>| elements.contains(id.as_str());
        let mut relationships = Vec::with_capacity(others.len());
        for relationship in others {
            let Relationship { from, to, relation, .. } = relationship;
            if self.carrier.own || (is_element(&from) && is_element(&to)) {
                relationships.push(self.relationship(relationship));
                continue;
            }
            let what = format!("{} from {from} to {to}", relation.word());
            self.carrier.lose("relationship", format!("{} does not take over {what}", self.name));
        }
        let is_described = relationships.iter().any(|r| r.kind == "DESCRIBES") || !listed.is_empty();
        if let Some(subject) = sbom.metadata.subject.as_ref().filter(|_| !is_described).filter(is_element) {
            let (from, kind, to) = (DOCUMENT.into(), "DESCRIBES".into(), self.ids.id(subject));
            relationships.insert(0, document::Relationship { from, kind, to, rest: Rest::default() });
        }
        let packages = sbom.packages.iter().map(|package| self.package(package)).collect();
        let files = sbom.files.iter().map(|file| self.file(file)).collect();
        let texts = sbom.license_texts.iter().map(|text| self.license_text(text)).collect::<Vec<_>>();
        let made = std::mem::take(&mut self.expressions.made).into_iter().map(|(id, text)| document::LicenseText {
            id: id.into(),
            text: text.into(),
            ..document::LicenseText::default()
        });
        Written {
            version: format!("SPDX-{version}").into(),
            id: DOCUMENT.into(),
            name: sbom.metadata.name.as_ref().map_or("sbom".into(), Text::borrowed),
            namespace: self.namespace(sbom),
            creation: Some(creation),
            describes: listed.iter().map(|r| self.ids.id(&r.to)).collect(),
            packages,
            files,
            relationships: List(relationships),
            license_texts: List(texts.into_iter().chain(made).collect()),
            rest,
        }
    }

    /// The format takes no fragment.
    fn namespace<'s>(&self, sbom: &'s Sbom<'_>) -> Text<'s> {
        match &sbom.metadata.id {
            Some(id) if self.carrier.own => id.borrowed(),
            None if self.is_same => Text::default(),
            _ => namespace(sbom).split('#').next().unwrap_or_default().to_owned().into(),
        }
    }

    fn package<'s>(&mut self, source: &'s Package<'_>) -> document::Package<'s, List<Checksum<'s>>> {
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
        // 2.2 has no purposes. Of what is no package it is not enough to name the member that is left out.
        let purpose = purpose.filter(|_| self.is_same || self.minor == NEWEST || stated_kind.is_package());
        let is_kept = rest.get("primaryPackagePurpose").is_some();
        if purpose.is_none() && stated_kind != Kind::Library && !(self.carrier.own && self.is_same) {
            let so = if stated_kind.is_package() { "" } else { ", so it is read as a package" };
            self.carrier.lose(&source.id, format!("{} has no primaryPackagePurpose {stated_kind:?}{so}", self.name));
        }
        let mut checksums = self.checksums(&source.hashes, &source.id);
        checksums.extend(rest.take_json::<List<Checksum<'s>>>("checksums").unwrap_or_default());
        let analyzed = ["filesAnalyzed", "packageVerificationCode", "licenseInfoFromFiles"];
        if !self.is_same && analyzed.iter().all(|member| rest.get(member).is_none()) {
            rest.push_json("filesAnalyzed", &false);
        }
        if !source.properties.is_empty() {
            let names: BTreeSet<&str> = source.properties.iter().map(|(name, _)| name.as_str()).collect();
            let names: Vec<&str> = names.into_iter().take(MAX_NAMES).collect();
            self.carrier.lose(&source.id, format!("{} has no properties: {}", self.name, names.join(", ")));
        }
        let of_stage = |concluded: bool| {
            let fits = move |license: &&License<'_>| (license.stage == LicenseStage::Concluded) == concluded;
            source.licenses.iter().filter(fits)
        };
        let concluded = self.licenses(&mut rest, "licenseConcluded", of_stage(true), &source.id);
        let declared = self.licenses(&mut rest, "licenseDeclared", of_stage(false), &source.id);
        document::Package {
            id: self.ids.id(&source.id),
            name: name(source),
            version: text(&source.version),
            purpose: purpose.filter(|_| !is_kept).map(|(word, _)| Text::from(*word)).unwrap_or_default(),
            supplier: source.supplier.as_deref().map(|name| self.actor(name)).unwrap_or_default(),
            originator: source.author.as_deref().map(|name| self.actor(name)).unwrap_or_default(),
            download: said(&mut rest, "downloadLocation", source.download.as_ref().map(Text::borrowed)),
            homepage: text(&source.homepage),
            concluded,
            declared,
            copyright: said(&mut rest, "copyrightText", source.copyright.as_ref().map(Text::borrowed)),
            description: text(&source.description),
            checksums: List(checksums),
            references: List(references),
            rest,
        }
    }

    fn file<'s>(&mut self, source: &'s File<'_>) -> document::File<'s, List<Checksum<'s>>> {
        let mut rest = self.rest(&source.rest, &source.id, &[]);
        for (member, _) in words::MEMBERS.iter().filter(|_| self.from_three).filter(|(two, _)| !OF_FILES.contains(two))
        {
            if rest.take(member).is_some() {
                self.carrier.lose(&source.id, format!("{} has no {member} of files", self.name));
            }
        }
        // The form knows one licence of a file: what was concluded, or else what it declares.
        let is_concluded = |license: &&License<'_>| license.stage == LicenseStage::Concluded;
        let any = source.licenses.iter().any(|license| is_concluded(&license));
        let effective = source.licenses.iter().filter(|license| !any || is_concluded(license));
        let concluded = self.licenses(&mut rest, "licenseConcluded", effective, &source.id);
        let mut checksums = self.checksums(&source.hashes, &source.id);
        checksums.extend(rest.take_json::<List<Checksum<'s>>>("checksums").unwrap_or_default());
        if checksums.is_empty() && !self.carrier.own {
            self.carrier.lose(&source.id, format!("{} demands a checksum of the file, and there is none", self.name));
        }
        let is_asked = !self.is_same && self.minor < NEWEST;
        if is_asked && rest.get("copyrightText").is_none() {
            rest.push_text("copyrightText", NOASSERTION);
        }
        if is_asked && rest.get("licenseInfoInFiles").is_none() {
            rest.push_json("licenseInfoInFiles", &[NOASSERTION]);
        }
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
        let mut rest = self.carrier.rest(&source.rest, "relationship");
        let word = source.relation.word();
        let comment = rest.get("comment").and_then(|json| serde_json::from_str::<String>(json).ok());
        let is_named = comment.is_some_and(|comment| comment == word);
        let kind = match GRAMMAR.knows("spdx-relation", word, self.minor) {
            _ if self.is_same && is_named => OTHER,
            false if !self.is_same => self.unknown(word, &mut rest),
            _ => word,
        };
        document::Relationship { from, kind: kind.into(), to, rest }
    }

    /// A relationship of SPDX 3, of which some are read from right to left here.
    fn turned<'s>(&mut self, source: &'s Relationship<'_>, from: Text<'s>, to: Text<'s>) -> document::Relationship<'s> {
        let mut rest = self.rest(&source.rest, "relationship", &["type", "scope"]);
        let scope: Option<Text<'_>> = source.rest.get("scope").and_then(|json| serde_json::from_str(json).ok());
        let known = words::two(&source.relation, scope.as_deref().unwrap_or_default())
            .filter(|(word, _)| GRAMMAR.knows("spdx-relation", word, self.minor));
        let (kind, turned) = known.unwrap_or_else(|| (self.unknown(source.relation.word(), &mut rest), false));
        let (from, to) = if turned { (to, from) } else { (from, to) };
        document::Relationship { from, kind: kind.into(), to, rest }
    }

    /// A relationship that the format has no word for: its comment names it.
    fn unknown(&mut self, word: &str, rest: &mut Rest<'_>) -> &'static str {
        rest.take("comment");
        rest.push_text("comment", word);
        if self.told.insert(word.to_owned()) {
            self.carrier.lose("relationship", format!("{} has no relationship {word}", self.name));
        }
        OTHER
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

    fn checksums<'s>(&mut self, hashes: &'s [Hash<'_>], of: &str) -> Vec<Checksum<'s>> {
        let checksum = |hash: &'s Hash<'_>| {
            let algorithm = self.carrier.algorithm(hash, "checksum", of)?;
            if !self.is_same && !GRAMMAR.knows("spdx-algorithm", algorithm, self.minor) {
                self.carrier.lose(of, format!("{} has no checksum by {algorithm}", self.name));
                return None;
            }
            Some(Checksum { algorithm: algorithm.into(), value: hash.value.borrowed(), rest: Rest::default() })
        };
        hashes.iter().filter_map(checksum).collect()
    }

    /// Licences that all apply, as one expression.
    fn licenses<'s>(
        &mut self,
        rest: &mut Rest<'s>,
        member: &str,
        licenses: impl Iterator<Item = &'s License<'s>>,
        of: &str,
    ) -> Text<'s> {
        let licenses: Vec<_> = licenses.collect();
        let mut parts = Vec::with_capacity(licenses.len());
        for license in &licenses {
            self.carrier.rest(&license.rest, of);
            let text = self.expressions.expression(&license.text);
            let is_whole = licenses.len() == 1 || license.form == LicenseForm::Id || !text.contains(' ');
            parts.push(if is_whole { text } else { format!("({text})").into() });
        }
        let joined = parts.iter().map(Text::as_str).collect::<Vec<_>>().join(" AND ");
        said(rest, member, Text::from(joined).stated())
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
