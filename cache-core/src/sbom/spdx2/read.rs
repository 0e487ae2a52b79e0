//! From an SPDX 2 document to the model.

use super::super::bom::{DOCUMENT, Family, File, Finding, LicenseText, Relation, Relationship, Sbom};
use super::super::json::{self, Gather};
use super::super::package::{Hash, Kind, License, LicenseForm, LicenseStage, Package};
use super::super::text::{Rest, Text};
use super::super::{check, subject};
use super::document::{self, Checksum, Checksums, DESCRIBES, NOASSERTION, NONE, PURPOSES, Read, Sums};
use crate::error::{Error, Result};

/// The newest version of SPDX 2 that there is.
const NEWEST: &str = "2.3";
/// As many checksums as most tools write of a file: SHA-1, which SPDX demands, and SHA-256.
const USUAL_CHECKSUMS: usize = 2;

pub(in crate::sbom) fn parse(text: &str) -> Result<Sbom<'_>> {
    let (document, findings) = json::read::<Read<'_>>("an SPDX document", text)?;
    model(document, findings)
}

/// What a document says, whichever form it was read in.
pub(in crate::sbom) fn model<'a>(document: Read<'a>, mut findings: Vec<Finding>) -> Result<Sbom<'a>> {
    let version = document.version.strip_prefix("SPDX-").map(str::to_owned);
    let not_one = || Error::invalid(format!("not an SPDX document: spdxVersion is {:?}", document.version));
    let version = version.ok_or_else(not_one)?;
    if !version.starts_with("2.") {
        return Err(Error::unsupported(format!("documents of version {:?} are not read", document.version)));
    }
    if !["2.0", "2.1", "2.2", "2.3"].contains(&version.as_str()) {
        let message = format!("{version} is newer than {NEWEST}, and was read as that");
        findings.push(Finding::new("newer-version", "spdxVersion", message));
    }
    let mut sbom = Sbom::new(Family::Spdx, version);
    sbom.relationships = document.relationships.0;
    sbom.relationships.extend(document.describes.into_iter().map(|to| {
        let mut rest = Rest::default();
        rest.mark(DESCRIBES);
        Relationship { from: DOCUMENT.into(), relation: Relation::Describes, to, rest }
    }));
    sbom.packages = document.packages.0;
    sbom.files = document.files.0;
    sbom.license_texts = document.license_texts.into_iter().map(license_text).collect();
    sbom.metadata.name = document.name.stated();
    sbom.metadata.id = document.namespace.stated();
    sbom.rest = document.rest;
    if let Some(creation) = document.creation {
        sbom.metadata.created = creation.created.stated();
        for creator in creation.creators {
            match creator.strip_prefix("Tool:").map(|tool| tool.trim().to_owned()) {
                Some(tool) => sbom.metadata.tools.push(tool.into()),
                None => sbom.metadata.authors.push(creator),
            }
        }
        sbom.rest.extend_under("creationInfo", creation.rest);
    }
    subject::find(&mut sbom);
    sbom.findings = findings;
    check::elements(&mut sbom, &[DOCUMENT, NOASSERTION, NONE]);
    Ok(sbom)
}

impl<'a> Gather<document::Package<'a, Sums<'a>>> for Vec<Package<'a>> {
    fn gather(&mut self, item: document::Package<'a, Sums<'a>>) {
        self.push(package(item));
    }
}

impl<'a> Gather<document::File<'a, Sums<'a>>> for Vec<File<'a>> {
    fn gather(&mut self, item: document::File<'a, Sums<'a>>) {
        self.push(file(item));
    }
}

impl<'a> Gather<document::Relationship<'a>> for Vec<Relationship<'a>> {
    fn gather(&mut self, item: document::Relationship<'a>) {
        self.push(relationship(item));
    }
}

fn package<'a>(source: document::Package<'a, Sums<'a>>) -> Package<'a> {
    let mut package = Package { id: source.id, name: source.name, rest: source.rest, ..Package::default() };
    let known = PURPOSES.iter().find(|(word, _)| source.purpose == *word);
    match known {
        // What a document says of nothing else is written back where it was said.
        Some((word, Kind::Library)) => package.rest.push_text("primaryPackagePurpose", word),
        Some((_, kind)) => package.kind = *kind,
        None if source.purpose.is_empty() => {}
        None => package.rest.push_text("primaryPackagePurpose", &source.purpose),
    }
    let rest = &mut package.rest;
    package.version = source.version.stated();
    package.supplier = asserted("supplier", source.supplier, rest);
    package.author = asserted("originator", source.originator, rest);
    package.download = asserted("downloadLocation", source.download, rest);
    package.homepage = asserted("homepage", source.homepage, rest);
    package.copyright = asserted("copyrightText", source.copyright, rest);
    package.description = source.description.stated();
    let concluded = asserted("licenseConcluded", source.concluded, rest);
    let declared = asserted("licenseDeclared", source.declared, rest);
    package.licenses = license(concluded, LicenseStage::Concluded)
        .into_iter()
        .chain(license(declared, LicenseStage::Declared))
        .collect();
    package.hashes = hashes(source.checksums, rest);
    let mut others = Vec::new();
    for reference in source.references {
        let plain = reference.rest.is_empty() && !reference.locator.is_empty();
        match (plain, reference.kind.as_str()) {
            (true, "purl") if package.purl.is_none() => package.purl = Some(reference.locator),
            (true, "cpe23Type" | "cpe22Type") => package.cpes.push(reference.locator),
            _ => {
                if package.purl.is_none() && reference.kind == "purl" {
                    package.purl = Some(reference.locator.clone()).filter(|purl| !purl.is_empty());
                }
                others.push(reference);
            }
        }
    }
    if !others.is_empty() {
        package.rest.push_json("externalRefs", &others);
    }
    package
}

/// Text that is an assertion. `NONE` says that there is nothing, which the model does not: it stays as it is.
fn asserted<'a>(member: &'static str, text: Text<'a>, rest: &mut Rest<'a>) -> Option<Text<'a>> {
    match text.trimmed() {
        "" | NOASSERTION => None,
        NONE => {
            rest.push_text(member, NONE);
            None
        }
        _ => Some(text),
    }
}

fn license(text: Option<Text<'_>>, stage: LicenseStage) -> Option<License<'_>> {
    Some(License { text: text?, form: LicenseForm::Expression, stage, rest: Rest::default() })
}

impl<'a> Gather<Checksum<'a>> for Checksums<'a> {
    /// An algorithm has no case and no dashes in the model.
    fn gather(&mut self, sum: Checksum<'a>) {
        if !sum.rest.is_empty() {
            return self.others.push(sum);
        }
        if self.plain.is_empty() {
            self.plain.reserve_exact(USUAL_CHECKSUMS);
        }
        self.plain.push(Hash { algorithm: Hash::plain(sum.algorithm), value: sum.value });
    }
}

/// The hashes; what is more than a checksum stays as it is.
fn hashes<'a>(sums: Sums<'a>, rest: &mut Rest<'a>) -> Vec<Hash<'a>> {
    let Checksums { plain, others } = sums.0;
    if !others.is_empty() {
        rest.push_json("checksums", &others);
    }
    plain
}

fn file<'a>(source: document::File<'a, Sums<'a>>) -> File<'a> {
    let mut rest = source.rest;
    let concluded = asserted("licenseConcluded", source.concluded, &mut rest);
    let licenses = license(concluded, LicenseStage::Concluded).into_iter().collect();
    File { id: source.id, path: source.name, hashes: hashes(source.checksums, &mut rest), licenses, rest }
}

fn relationship(source: document::Relationship<'_>) -> Relationship<'_> {
    let relation = match source.kind.as_str() {
        "DESCRIBES" => Relation::Describes,
        "CONTAINS" => Relation::Contains,
        "DEPENDS_ON" => Relation::DependsOn,
        "OTHER" => Relation::Other(named(&source.rest).map_or(source.kind, Text::from)),
        _ => Relation::Other(source.kind),
    };
    Relationship { from: source.from, relation, to: source.to, rest: source.rest }
}

/// The word that the comment of another kind of relationship is, where it is nothing else.
fn named(rest: &Rest<'_>) -> Option<String> {
    let comment: String = serde_json::from_str(rest.get("comment")?).ok()?;
    let is_word = comment.contains('_') && comment.bytes().all(|b| b.is_ascii_uppercase() || b == b'_');
    is_word.then_some(comment)
}

fn license_text(source: document::LicenseText<'_>) -> LicenseText<'_> {
    LicenseText { id: source.id, text: source.text, name: source.name.stated(), rest: source.rest }
}
