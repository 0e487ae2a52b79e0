//! From the model to an SPDX 3 document.

use std::collections::HashSet;

use super::super::bom::{DOCUMENT, Family, Finding, Relation, Relationship, Sbom};
use super::super::check::is_elsewhere;
use super::super::json::{self, List};
use super::super::spdx2::document::DESCRIBES;
use super::super::spdx2::ids::Ids;
use super::super::text::{Rest, Text};
use super::super::write::{Carrier, namespace};
use super::document::{Document, Element};
use super::edges::{ID, LISTED, MORE, WORD};
use super::made::{End, Made};
use super::read::{CREATION, ELEMENTS, KEPT, NEWEST, NO_ROOT, ROOT};
use super::words::{MEMBERS, PURPOSE, nothing_is, three};
use crate::error::Result;

/// The document, and what it cannot say. As 3.0 it is of the version that it was read in.
pub(in crate::sbom) fn write(sbom: &Sbom<'_>, version: &str) -> Result<(Vec<u8>, Vec<Finding>)> {
    let mut carrier = Carrier::of(sbom, Family::Spdx, "SPDX 3");
    carrier.own &= sbom.format.version.starts_with('3');
    let version = if version == "3.0" && !carrier.own { NEWEST } else { version };
    let mut rest = if carrier.own { sbom.rest.borrowed() } else { foreign(&mut carrier, sbom) };
    let kept = rest.read_all(|name| name == KEPT || name.starts_with(ELEMENTS));
    let creation = rest.read(CREATION).map(|(name, _)| name);
    let base = namespace(sbom);
    let root = match sbom.metadata.id.as_ref().filter(|_| carrier.own) {
        Some(id) => id.to_string(),
        None => format!("{base}#{DOCUMENT}"),
    };
    let ids = Ids::of(sbom, sbom.format.family == Family::Spdx);
    let made = Made::of(base, &kept, creation);
    let mut writer = Writer { carrier, ids, root, made, told: HashSet::new() };
    let mut document = writer.document(sbom, version, rest, kept);
    document.graph.0.extend(writer.made.into_elements());
    Ok((json::write(&document)?, writer.carrier.lost))
}

/// What only the other format has; the licence of the data is the same for all documents of SPDX 2.
fn foreign<'s>(carrier: &mut Carrier, sbom: &Sbom<'_>) -> Rest<'s> {
    let mut rest = sbom.rest.borrowed();
    if rest.get("dataLicense") == Some("\"CC0-1.0\"") {
        rest.take("dataLicense");
    }
    carrier.rest(&rest, "document");
    Rest::default()
}

pub(super) struct Writer<'s> {
    pub(super) carrier: Carrier,
    ids: Ids,
    /// The name of the document's own element.
    root: String,
    pub(super) made: Made<'s>,
    /// The relationships that the format does not know and that have been told of.
    told: HashSet<&'s str>,
}

impl<'s> Writer<'s> {
    fn document(
        &mut self,
        sbom: &'s Sbom<'_>,
        version: &str,
        mut rest: Rest<'s>,
        mut kept: Vec<Element<'s>>,
    ) -> Document<'s> {
        for text in &sbom.license_texts {
            let id = text.rest.get(ID).filter(|_| self.carrier.own).and_then(|json| serde_json::from_str(json).ok());
            let id = id.unwrap_or_else(|| self.made.id(&text.id).into());
            self.made.text(&text.id, id);
        }
        let mut elements = vec![self.creation(sbom, version, &mut kept)];
        let has_root = rest.take(NO_ROOT).is_none();
        let mut said = rest.take_under(ROOT);
        let roots = self.relationships(sbom, said.read(LISTED).map(|(bills, _)| bills).unwrap_or_default());
        if has_root {
            elements.push(self.root(sbom, roots, said));
        }
        elements.extend(sbom.packages.iter().map(|package| self.package(package)));
        elements.extend(sbom.files.iter().map(|file| self.file(file)));
        elements.extend(sbom.license_texts.iter().map(|text| self.license_text(text)));
        elements.extend(kept);
        if rest.get("@context").is_none() || version != "3.0" {
            rest.take("@context");
            let context = format!("https://spdx.org/rdf/{version}/spdx-context.jsonld");
            rest.push_text("@context", &context);
        }
        Document { graph: List(elements), rest }
    }

    /// Who made the document, when.
    fn creation(&mut self, sbom: &'s Sbom<'_>, version: &str, kept: &mut Vec<Element<'s>>) -> Element<'s> {
        let at = kept.iter().position(|element| *element.name() == self.made.creation);
        let new = || Element { kind: "CreationInfo".into(), node: self.made.creation.clone(), ..Element::default() };
        let mut info = at.map_or_else(new, |at| kept.remove(at));
        let mut unread = Vec::new();
        let (by, using) = (info.ids("createdBy", &mut unread), info.ids("createdUsing", &mut unread));
        let metadata = &sbom.metadata;
        let mut authors: Vec<_> = metadata.authors.iter().map(|author| self.made.agent(author, &by)).collect();
        if authors.is_empty() && !self.carrier.own {
            // Somebody must have made it, if only the tool.
            let by = metadata.tools.first().map_or("NOASSERTION".to_owned(), |tool| format!("Tool: {tool}"));
            authors.push(self.made.agent(&by, &[]));
        }
        let tools: Vec<_> = metadata.tools.iter().map(|tool| self.made.tool(tool, &using)).collect();
        info.rest.take("created");
        if version != "3.0" || info.rest.get("specVersion").is_none() {
            info.rest.take("specVersion");
            info.rest.push_text("specVersion", if version == "3.0" { NEWEST } else { version });
        }
        info.say("created", self.carrier.created(metadata.created.as_ref()).as_ref());
        if !authors.is_empty() {
            info.rest.push_json("createdBy", &authors);
        }
        if !tools.is_empty() {
            info.rest.push_json("createdUsing", &tools);
        }
        info
    }

    fn root(&mut self, sbom: &'s Sbom<'_>, roots: Vec<Text<'s>>, mut said: Rest<'s>) -> Element<'s> {
        let mut root = self.made.element("SpdxDocument".into(), self.root.clone().into(), &mut said);
        match (&sbom.metadata.name, self.carrier.own) {
            (None, false) => root.rest.push_text("name", "sbom"),
            (name, _) => root.say("name", name.as_ref()),
        }
        if !self.carrier.own {
            root.rest.push_json("profileConformance", &["core", "software", "simpleLicensing"]);
            root.rest.push_text("dataLicense", "https://spdx.org/licenses/CC0-1.0");
        }
        if !roots.is_empty() && said.get("rootElement").is_none() {
            root.rest.push_json("rootElement", &roots);
        }
        root.append(said);
        root
    }

    /// Adds the relationships; what the document lists as its roots is left.
    fn relationships(&mut self, sbom: &'s Sbom<'_>, mut roots: Vec<Text<'s>>) -> Vec<Text<'s>> {
        let mut listed = HashSet::new();
        for relationship in &sbom.relationships {
            let (from, to) = (self.id(&relationship.from), self.id(&relationship.to));
            if let Some(holder) = relationship.rest.get(LISTED).filter(|_| self.carrier.own) {
                // What a bill of materials within the document lists, it lists itself.
                let document = sbom.metadata.id.as_deref().unwrap_or_default();
                if serde_json::from_str(holder).is_ok_and(|holder: Text<'_>| holder == document) {
                    roots.push(to);
                }
                continue;
            }
            let is_root = relationship.rest.get(DESCRIBES).is_some()
                || (relationship.relation == Relation::Describes && relationship.from == DOCUMENT);
            if is_root && !self.carrier.own {
                roots.extend(Some(to).filter(|to| listed.insert(to.clone())));
                continue;
            }
            self.relationship(relationship, from, to);
        }
        if roots.is_empty() && !self.carrier.own {
            roots.extend(sbom.metadata.subject.as_ref().map(|subject| self.id(subject)));
        }
        roots
    }

    fn relationship(&mut self, source: &'s Relationship<'_>, from: Text<'s>, to: Text<'s>) {
        if !self.carrier.own && [&source.from, &source.to].into_iter().any(|id| is_elsewhere(id)) {
            let message = format!("SPDX 3 does not take over {} from {from} to {to}", source.relation.word());
            return self.carrier.lose("relationship", message);
        }
        let mut rest = self.rest(&source.rest, "relationship");
        let id = id(&mut rest);
        let stated = rest.read::<Text<'s>>(WORD).map(|(word, _)| word);
        let made = three(&source.relation);
        let (word, turned, scope) = match stated {
            Some(word) => (word, false, ""),
            None if made.known || self.carrier.own => (made.word, made.turned, made.scope),
            None => {
                let word = source.relation.word();
                rest.take("comment");
                rest.push_text("comment", word);
                if self.told.insert(word) {
                    self.carrier.lose("relationship", format!("SPDX 3 has no relationship {word}"));
                }
                ("other".into(), false, "")
            }
        };
        if turned && nothing_is(&source.to).is_some() {
            let message = format!("SPDX 3 does not take over {} to {}", source.relation.word(), source.to);
            return self.carrier.lose(&source.from, message);
        }
        let (from, to) = if turned { (to, from) } else { (from, to) };
        self.made.end(End { id, from, word, scope, to, rest });
    }

    /// What the model does not know, where the format is the same; of SPDX 2, what SPDX 3 has under another name.
    pub(super) fn rest(&mut self, source: &'s Rest<'_>, of: &str) -> Rest<'s> {
        if self.carrier.own {
            return source.borrowed();
        }
        let (mut left, mut rest) = (source.borrowed(), Rest::default());
        for (two, three) in MEMBERS.iter().chain(&[("hasFiles", "hasFiles")]) {
            if let Some(json) = left.take(two) {
                rest.push((*three).into(), json);
            }
        }
        if left.get("primaryPackagePurpose") == Some("\"LIBRARY\"") {
            left.take("primaryPackagePurpose");
            rest.push_text(PURPOSE, "library");
        }
        self.carrier.rest(&left, of);
        rest
    }

    pub(super) fn id(&self, id: &'s Text<'_>) -> Text<'s> {
        match id.as_str() {
            DOCUMENT => self.root.clone().into(),
            word if nothing_is(word).is_some() => nothing_is(word).unwrap_or_default().into(),
            "" => Text::default(),
            _ if self.carrier.own => id.borrowed(),
            _ => self.made.id(&self.ids.id(id)).into(),
        }
    }
}

/// The name of the relationship that an end belongs to, and whether it is not the first.
pub(super) fn id<'s>(rest: &mut Rest<'s>) -> Option<(Text<'s>, bool)> {
    let first = rest.read(ID).map(|(id, _)| (id, false));
    first.or_else(|| rest.read(MORE).map(|(id, _)| (id, true)))
}
