//! Relationships: those of SPDX 3 have many ends, and licences are some of them.

use std::collections::{HashMap, HashSet};

use super::super::bom::{DOCUMENT, Relation, Relationship, Sbom};
use super::super::package::{License, LicenseForm, LicenseStage};
use super::super::text::{Rest, Text};
use super::document::Element;
use super::read::{KEPT, Reader, keep};
use super::words::{nothing, relation, three};

/// The mark of a relationship that an element states in the list of its roots: the name of that element.
pub(super) const LISTED: &str = "@rootElement";
/// The name of the relationship's element.
pub(super) const ID: &str = "@id";
/// The same, of every further end of the relationship.
pub(super) const MORE: &str = "@more";
/// The name of the licence's element.
pub(super) const LICENSE: &str = "@license";
/// The word of the relationship, where the model's does not give it back.
pub(super) const WORD: &str = "@relationshipType";

/// What an element lists among its roots.
pub(super) fn root<'a>(holder: &Text<'a>, id: Text<'a>) -> Relationship<'a> {
    let mut rest = Rest::default();
    rest.push_text(LISTED, holder);
    Relationship { from: DOCUMENT.into(), relation: Relation::Describes, to: id, rest }
}

/// A package or a file.
enum At {
    Package(usize),
    File(usize),
}

/// Reads the relationships when everything else has been read.
pub(super) fn read<'a>(reader: &mut Reader<'a>, sbom: &mut Sbom<'a>, elements: Vec<Element<'a>>) {
    let mut places: HashMap<Text<'a>, At> = HashMap::with_capacity(sbom.packages.len() + sbom.files.len());
    for (at, package) in sbom.packages.iter().enumerate() {
        places.entry(package.id.clone()).or_insert(At::Package(at));
    }
    for (at, file) in sbom.files.iter().enumerate() {
        places.entry(file.id.clone()).or_insert(At::File(at));
    }
    let mut seen = HashSet::new();
    for element in elements {
        if !element.id.is_empty() && !seen.insert(element.id.clone()) {
            reader.note("repeated-id", &element.id, "two relationships have this name; both are kept");
        }
        let mut read = element.clone();
        let word = read.text("relationshipType", &mut reader.findings).unwrap_or_default();
        let from = read.ids("from", &mut reader.findings);
        let to = read.ids("to", &mut reader.findings);
        let stage = match word.as_str() {
            "hasConcludedLicense" => Some(LicenseStage::Concluded),
            "hasDeclaredLicense" => Some(LicenseStage::Declared),
            _ => None,
        };
        let ([from], false) = (from.as_slice(), to.is_empty()) else {
            reader.keep(&mut sbom.rest, element);
            continue;
        };
        let Some(stage) = stage else {
            edge(reader, sbom, read, &word, (from, to));
            continue;
        };
        let found = places.get(from.as_str()).and_then(|at| match at {
            At::Package(at) => sbom.packages.get_mut(*at).map(|package| &mut package.licenses),
            At::File(at) => sbom.files.get_mut(*at).map(|file| &mut file.licenses),
        });
        let licenses = stated(reader, read, to, stage);
        match found {
            // That nobody asserts a licence is no licence.
            Some(_) if licenses.is_empty() => keep(&mut sbom.rest, KEPT.into(), &element),
            Some(known) => known.extend(licenses),
            None => reader.keep(&mut sbom.rest, element),
        }
    }
}

/// The licences that a relationship states. The first keeps what else it says.
fn stated<'a>(
    reader: &mut Reader<'a>,
    mut element: Element<'a>,
    to: Vec<Text<'a>>,
    stage: LicenseStage,
) -> Vec<License<'a>> {
    let texts: Vec<_> = to.into_iter().map(|id| (reader.licenses.text(&id), id)).collect();
    let nothing: Vec<_> = texts.iter().filter(|(text, _)| text.is_none()).map(|(_, id)| id).collect();
    reader.created(&mut element);
    if !nothing.is_empty() {
        element.rest.push_json("to", &nothing);
    }
    if element.kind != "Relationship" {
        element.rest.push_text("type", &element.kind);
    }
    let mut more = Some(std::mem::take(&mut element.rest));
    let license = |(text, id): (Option<Text<'a>>, Text<'a>)| {
        let text = text?;
        let mut rest = Rest::default();
        rest.push_text(if more.is_some() { ID } else { MORE }, &element.id);
        rest.push_text(LICENSE, &id);
        rest.append(more.take().unwrap_or_default());
        Some(License { text, form: LicenseForm::Expression, stage, rest })
    };
    texts.into_iter().filter_map(license).collect()
}

/// One relationship for each end. The first keeps what else the element says.
fn edge<'a>(
    reader: &mut Reader<'a>,
    sbom: &mut Sbom<'a>,
    mut element: Element<'a>,
    word: &str,
    (from, to): (&Text<'a>, Vec<Text<'a>>),
) {
    reader.created(&mut element);
    let relation = relation(word);
    let back = three(&relation);
    if back.word != *word || back.turned {
        element.rest.push_text(WORD, word);
    }
    if element.kind != "Relationship" {
        element.rest.push_text("type", &element.kind);
    }
    let document = sbom.metadata.id.as_ref();
    let plain = |id: Text<'a>| match nothing(&id) {
        Some(word) => word.into(),
        None if document == Some(&id) => DOCUMENT.into(),
        None => id,
    };
    let mut more = Some(std::mem::take(&mut element.rest));
    let from = plain(from.clone());
    let edges: Vec<_> = (to.into_iter())
        .map(|to| {
            let mut rest = Rest::default();
            rest.push_text(if more.is_some() { ID } else { MORE }, &element.id);
            rest.append(more.take().unwrap_or_default());
            Relationship { from: from.clone(), relation: relation.clone(), to: plain(to), rest }
        })
        .collect();
    sbom.relationships.extend(edges);
}
