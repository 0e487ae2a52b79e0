//! From the model to an SPDX 2.3 document.

use std::collections::HashMap;

use super::super::bom::{Family, File, Finding, LicenseText, Relation, Relationship, Sbom};
use super::super::json::{self, List};
use super::super::package::{Hash, Kind, License, LicenseForm, LicenseStage, Package};
use super::super::text::{Rest, Text};
use super::document::{
    self, Creation, DESCRIBES, DOCUMENT, Document, INFERRED, NOASSERTION, NONE, PURPOSES, Reference,
};
use crate::error::Result;

/// The algorithms that the format names, as the model and as the format writes them.
const ALGORITHMS: &[(&str, &str)] = &[
    ("sha1", "SHA1"),
    ("sha224", "SHA224"),
    ("sha256", "SHA256"),
    ("sha384", "SHA384"),
    ("sha512", "SHA512"),
    ("md2", "MD2"),
    ("md4", "MD4"),
    ("md5", "MD5"),
    ("md6", "MD6"),
    ("sha3256", "SHA3-256"),
    ("sha3384", "SHA3-384"),
    ("sha3512", "SHA3-512"),
    ("blake2b256", "BLAKE2b-256"),
    ("blake2b384", "BLAKE2b-384"),
    ("blake2b512", "BLAKE2b-512"),
    ("blake3", "BLAKE3"),
    ("adler32", "ADLER32"),
];

/// The document, and what it cannot say.
pub(in crate::sbom) fn write(sbom: &Sbom<'_>, version: &str) -> Result<(Vec<u8>, Vec<Finding>)> {
    let mut writer = Writer { ids: Ids::of(sbom), own: sbom.format.family == Family::Spdx, lost: Vec::new() };
    let document = json::write(&writer.document(sbom, version))?;
    Ok((document, writer.lost))
}

struct Writer {
    ids: Ids,
    /// Whether the document was SPDX: then what the model does not know can be written back.
    own: bool,
    lost: Vec<Finding>,
}

impl Writer {
    fn document<'s>(&mut self, sbom: &'s Sbom<'_>, version: &str) -> Document<'s> {
        let mut rest = self.rest(&sbom.rest, "document");
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
        let subject = sbom.metadata.subject.as_deref().and_then(|id| self.ids.get(id));
        let is_described = relationships.iter().any(|r| r.kind == "DESCRIBES") || !listed.is_empty();
        if let Some(subject) = subject.filter(|_| !is_described) {
            let (from, kind) = (DOCUMENT.into(), "DESCRIBES".into());
            relationships.insert(0, document::Relationship { from, kind, to: subject, rest: Rest::default() });
        }
        Document {
            version: format!("SPDX-{version}").into(),
            id: DOCUMENT.into(),
            name: sbom.metadata.name.as_ref().map_or("sbom".into(), Text::borrowed),
            namespace: text(&sbom.metadata.id),
            creation: Some(creation),
            describes: listed.iter().map(|r| self.ids.get(&r.to).unwrap_or_else(|| r.to.borrowed())).collect(),
            packages: sbom.packages.iter().map(|package| self.package(package)).collect(),
            files: sbom.files.iter().map(|file| self.file(file)).collect(),
            relationships: List(relationships),
            license_texts: sbom.license_texts.iter().map(|text| self.license_text(text)).collect(),
            rest,
        }
    }

    fn package<'s>(&mut self, source: &'s Package<'_>) -> document::Package<'s> {
        let mut rest = self.rest(&source.rest, &source.id);
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
            id: self.ids.get(&source.id).unwrap_or_default(),
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
        let mut rest = self.rest(&source.rest, &source.id);
        let concluded = source.licenses.iter().map(|license| license.text.as_str()).collect::<Vec<_>>().join(" AND ");
        let concluded = said(&mut rest, "licenseConcluded", Text::from(concluded).stated());
        let mut checksums = self.checksums(&source.hashes, &source.id);
        checksums.extend(rest.take_json::<List<document::Checksum<'s>>>("checksums").unwrap_or_default());
        document::File {
            id: self.ids.get(&source.id).unwrap_or_default(),
            name: source.path.borrowed(),
            checksums: List(checksums),
            concluded,
            rest,
        }
    }

    fn relationship<'s>(&mut self, source: &'s Relationship<'_>) -> document::Relationship<'s> {
        let from = self.ids.get(&source.from).unwrap_or_else(|| source.from.borrowed());
        let to = self.ids.get(&source.to).unwrap_or_else(|| source.to.borrowed());
        let kind = match &source.relation {
            Relation::Describes => "DESCRIBES".into(),
            Relation::Contains => "CONTAINS".into(),
            Relation::DependsOn => "DEPENDS_ON".into(),
            Relation::Other(word) => word.borrowed(),
        };
        document::Relationship { from, kind, to, rest: self.rest(&source.rest, "relationship") }
    }

    fn license_text<'s>(&mut self, source: &'s LicenseText<'_>) -> document::LicenseText<'s> {
        document::LicenseText {
            id: source.id.borrowed(),
            text: source.text.borrowed(),
            name: text(&source.name),
            rest: self.rest(&source.rest, &source.id),
        }
    }

    fn checksums<'s>(&mut self, hashes: &'s [Hash<'_>], of: &str) -> Vec<document::Checksum<'s>> {
        let mut checksums = Vec::new();
        for hash in hashes {
            match ALGORITHMS.iter().find(|(plain, _)| hash.algorithm == *plain) {
                Some((_, algorithm)) => {
                    let (algorithm, value) = ((*algorithm).into(), hash.value.borrowed());
                    checksums.push(document::Checksum { algorithm, value, rest: Rest::default() });
                }
                None => self.lose(of, format!("SPDX 2.3 has no checksum by {}", hash.algorithm)),
            }
        }
        checksums
    }

    fn rest<'s>(&mut self, rest: &'s Rest<'_>, of: &str) -> Rest<'s> {
        if self.own {
            return rest.borrowed();
        }
        let names: Vec<&str> = rest.iter().map(|(name, _)| name).collect();
        if !names.is_empty() {
            self.lose(of, format!("SPDX 2.3 does not take over {}", names.join(", ")));
        }
        Rest::default()
    }

    /// Who made it: the format asks for a person or an organisation.
    fn actor<'s>(&self, name: &'s str) -> Text<'s> {
        let known = self.own || ["Person:", "Organization:"].iter().any(|word| name.starts_with(word));
        if known { name.into() } else { format!("Organization: {name}").into() }
    }

    fn lose(&mut self, of: &str, message: String) {
        self.lost.push(Finding::new("not-converted", of, message));
    }
}

/// Every package has a name: where there is none, its purl or id stands for it.
fn name<'p>(package: &'p Package<'_>) -> Text<'p> {
    let names = [Some(&package.name), package.purl.as_ref(), Some(&package.id)];
    let name = names.into_iter().flatten().find(|name| !name.trim().is_empty());
    name.map_or("unnamed", |name| name.as_str()).into()
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

/// The identifiers: those of the document, as far as the format takes them, else ones made of them.
struct Ids(HashMap<String, Text<'static>>);

impl Ids {
    fn of(sbom: &Sbom<'_>) -> Ids {
        let own = sbom.format.family == Family::Spdx;
        let mut ids = HashMap::new();
        let mut taken: HashMap<String, usize> = HashMap::new();
        let all = sbom.packages.iter().map(|p| (&p.id, "Package")).chain(sbom.files.iter().map(|f| (&f.id, "File")));
        for (id, what) in all.filter(|(id, _)| !own && !id.is_empty()) {
            let plain: String =
                id.chars().map(|c| if c.is_ascii_alphanumeric() || c == '.' { c } else { '-' }).collect();
            let mut made = format!("SPDXRef-{what}-{plain}");
            let times = taken.entry(made.clone()).or_default();
            *times += 1;
            if *times > 1 {
                made = format!("{made}-{times}");
            }
            ids.entry(id.to_string()).or_insert_with(|| made.into());
        }
        if own {
            let known = |(id, _): (&Text<'_>, _)| (id.to_string(), id.clone().into_owned());
            let all = sbom.packages.iter().map(|p| (&p.id, ())).chain(sbom.files.iter().map(|f| (&f.id, ())));
            ids.extend(all.map(known));
        }
        Ids(ids)
    }

    fn get(&self, id: &str) -> Option<Text<'static>> {
        self.0.get(id).cloned()
    }
}
