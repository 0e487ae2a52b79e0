//! From the model to an SPDX 3 document.

use super::super::bom::{DOCUMENT, Family, File, Finding, LicenseText, Relation, Relationship, Sbom};
use super::super::check::is_elsewhere;
use super::super::json::{self, List};
use super::super::package::{Hash, Kind, License, LicenseStage, Package};
use super::super::spdx2::document::DESCRIBES;
use super::super::spdx2::ids::Ids;
use super::super::subject::INFERRED;
use super::super::text::{Rest, Text};
use super::super::write::{Carrier, name};
use super::document::{Document, Element, Extension, Identifier, Method, PROPERTIES, Property};
use super::edges::{ID, LICENSE, LISTED, MORE, WORD};
use super::made::{End, Made};
use super::read::{CREATION, ELEMENTS, KEPT, NEWEST, NO_ROOT, ROOT};
use super::words::{ALGORITHMS, CLASS, MEMBERS, PACKAGE, PACKAGES, PURPOSE, PURPOSES, algorithm, nothing_is, three};
use crate::error::Result;
use crate::model::Digest;

/// The document, and what it cannot say. As 3.0 it is of the version that it was read in.
pub(in crate::sbom) fn write(sbom: &Sbom<'_>, version: &str) -> Result<(Vec<u8>, Vec<Finding>)> {
    let mut carrier = Carrier::of(sbom, Family::Spdx, "SPDX 3");
    carrier.own &= sbom.format.version.starts_with('3');
    let version = if version == "3.0" && !carrier.own { NEWEST } else { version };
    let mut rest = if carrier.own { sbom.rest.borrowed() } else { foreign(&mut carrier, sbom) };
    let kept = rest.read_all(|name| name == KEPT || name.starts_with(ELEMENTS));
    let creation = rest.read(CREATION).map(|(name, _)| name);
    let base = base(sbom);
    let root = match sbom.metadata.id.as_ref().filter(|_| carrier.own) {
        Some(id) => id.to_string(),
        None => format!("{base}#{DOCUMENT}"),
    };
    let ids = Ids::of(sbom, sbom.format.family == Family::Spdx);
    let mut writer = Writer { carrier, ids, root, made: Made::of(base, &kept, creation) };
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

/// What stands before the names of new elements.
fn base(sbom: &Sbom<'_>) -> String {
    match sbom.metadata.id.as_deref().map(str::trim) {
        Some(id) if id.contains(':') && !id.contains(char::is_whitespace) => {
            id.trim_end_matches(DOCUMENT).trim_end_matches('#').to_owned()
        }
        _ => {
            let says: Vec<&str> = sbom.packages.iter().flat_map(|package| [&*package.id, &*package.name]).collect();
            let digest = Digest::of(says.join("\n").as_bytes());
            format!("urn:cache:sbom-{}", digest.hex().get(..32).unwrap_or_default())
        }
    }
}

struct Writer<'s> {
    carrier: Carrier,
    ids: Ids,
    /// The name of the document's own element.
    root: String,
    made: Made<'s>,
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
        info.say("created", metadata.created.as_ref());
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
                roots.push(to);
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
                rest.push_text("comment", source.relation.word());
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

    fn package(&mut self, source: &'s Package<'_>) -> Element<'s> {
        let mut rest = self.rest(&source.rest, &source.id);
        let class = rest.read(CLASS).map_or(PACKAGE.into(), |(class, _): (Text<'s>, _)| class);
        let usual = PACKAGES.iter().find(|(known, _)| class == *known).map(|(_, kind)| *kind);
        let id = self.id(&source.id);
        let mut element = self.made.element(class, id.clone(), &mut rest);
        // A name that could not be read is written as it stood.
        element.say("name", Some(&name(source)).filter(|_| rest.get("name").is_none()));
        let kind: Kind = rest.read(INFERRED).map_or(source.kind, |(kind, _)| kind);
        if usual != Some(kind) && rest.get(PURPOSE).is_none() {
            let word = PURPOSES.iter().find(|(_, known)| *known == kind).map_or("other", |(word, _)| *word);
            element.rest.push_text(PURPOSE, word);
        }
        element.say("software_packageVersion", source.version.as_ref());
        self.identifiers(source, &mut element, &mut rest);
        let (supplier, author) = (source.supplier.as_deref(), source.author.as_deref());
        if let Some(supplier) = self.agents(&mut rest, ["@suppliedBy", "suppliedBy"], supplier).first() {
            element.rest.push_text("suppliedBy", supplier);
        }
        let authors = self.agents(&mut rest, ["@originatedBy", "originatedBy"], author);
        if !authors.is_empty() {
            element.rest.push_json("originatedBy", &authors);
        }
        for (member, text) in [
            ("software_copyrightText", &source.copyright),
            ("software_downloadLocation", &source.download),
            ("software_homePage", &source.homepage),
            ("description", &source.description),
        ] {
            if text.is_some() {
                rest.take(member);
            }
            element.say(member, text.as_ref());
        }
        self.hashes(&source.hashes, &source.id, &mut element, &mut rest);
        properties(source, &mut element, &mut rest);
        self.licenses(&source.licenses, &source.id, &id);
        self.files(&mut rest, &id);
        element.append(rest);
        element
    }

    fn file(&mut self, source: &'s File<'_>) -> Element<'s> {
        let mut rest = self.rest(&source.rest, &source.id);
        let id = self.id(&source.id);
        let mut element = self.made.element("software_File".into(), id.clone(), &mut rest);
        element.say("name", Some(&source.path).filter(|_| rest.get("name").is_none()));
        self.hashes(&source.hashes, &source.id, &mut element, &mut rest);
        self.licenses(&source.licenses, &source.id, &id);
        element.append(rest);
        element
    }

    fn license_text(&mut self, source: &'s LicenseText<'_>) -> Element<'s> {
        let mut rest = self.rest(&source.rest, &source.id);
        let stated = rest.read(ID).map(|(id, _): (Text<'s>, _)| id);
        let id = stated.unwrap_or_else(|| self.made.id(&source.id).into());
        let kind = rest.read("@type").map_or("expandedlicensing_CustomLicense".into(), |(kind, _): (Text<'s>, _)| kind);
        let mut element = self.made.element(kind, id, &mut rest);
        element.say("name", source.name.as_ref());
        element.rest.push_text("simplelicensing_licenseText", &source.text);
        element.append(rest);
        element
    }

    fn identifiers(&mut self, source: &'s Package<'_>, element: &mut Element<'s>, rest: &mut Rest<'s>) {
        let kept = rest.read::<List<Identifier<'s>>>("externalIdentifier").map(|(kept, _)| kept.0).unwrap_or_default();
        let is_kept = rest.take("@packageUrl").is_some()
            && kept.iter().any(|known| known.scheme == "packageUrl" && Some(&known.value) == source.purl.as_ref());
        element.say("software_packageUrl", source.purl.as_ref().filter(|_| !is_kept));
        let cpe = |cpe: &'s Text<'_>| Identifier {
            kind: "ExternalIdentifier".into(),
            scheme: if cpe.starts_with("cpe:2.3:") { "cpe23".into() } else { "cpe22".into() },
            value: cpe.borrowed(),
            rest: Rest::default(),
        };
        let all: Vec<_> = source.cpes.iter().map(cpe).chain(kept).collect();
        if !all.is_empty() {
            element.rest.push_json("externalIdentifier", &all);
        }
    }

    /// Those that a member named, the first of them as the model has it.
    fn agents(&mut self, rest: &mut Rest<'s>, notes: [&str; 2], text: Option<&str>) -> Vec<Text<'s>> {
        let read = notes.into_iter().find_map(|note| rest.read::<Vec<Text<'s>>>(note));
        let mut ids = read.map(|(ids, _)| ids).unwrap_or_default();
        let known = ids.first().and_then(|id| self.made.agents.of(id));
        match (text, known) {
            (Some(text), known) if known.as_deref() != Some(text) => {
                let agent = self.made.agent(text, &[]);
                ids.splice(..ids.len().min(1), [agent]);
            }
            (None, Some(_)) => ids.clear(),
            _ => {}
        }
        ids
    }

    fn hashes(&mut self, hashes: &'s [Hash<'_>], of: &str, element: &mut Element<'s>, rest: &mut Rest<'s>) {
        let mut all = Vec::new();
        for hash in hashes {
            let other =
                ALGORITHMS.iter().find(|(plain, _)| hash.algorithm == *plain).map(|(_, word)| (*word).to_owned());
            let word = match other {
                Some(word) => Some(word),
                None if self.carrier.own => Some(self.carrier.word(hash).map_or(hash.algorithm.to_string(), algorithm)),
                None => self.carrier.algorithm(hash, "hash", of).map(algorithm),
            };
            let (kind, value) = ("Hash".into(), hash.value.borrowed());
            all.extend(word.map(|word| Method { kind, algorithm: word.into(), value, rest: Rest::default() }));
        }
        all.extend(rest.read::<List<Method<'s>>>("verifiedUsing").map(|(kept, _)| kept.0).unwrap_or_default());
        if !all.is_empty() {
            element.rest.push_json("verifiedUsing", &all);
        }
    }

    fn licenses(&mut self, licenses: &'s [License<'_>], of: &str, from: &Text<'s>) {
        for license in licenses {
            let mut rest = self.rest(&license.rest, of);
            let stated = rest.read::<Text<'s>>(LICENSE).map(|(license, _)| license);
            let stated = stated.filter(|id| self.made.licenses.text(id).as_ref() == Some(&license.text));
            let to = stated.unwrap_or_else(|| self.made.expression(&license.text));
            let word = match license.stage {
                LicenseStage::Concluded => "hasConcludedLicense",
                LicenseStage::Declared | LicenseStage::Unstated => "hasDeclaredLicense",
            };
            let id = id(&mut rest);
            self.made.end(End { id, from: from.clone(), word: word.into(), scope: "", to, rest });
        }
    }

    /// The files that a package of SPDX 2 says it has.
    fn files(&mut self, rest: &mut Rest<'s>, id: &Text<'s>) {
        for file in rest.read::<Vec<Text<'s>>>("hasFiles").map(|(files, _)| files).unwrap_or_default() {
            let to = Text::from(self.made.id(&file));
            let (from, word, rest) = (id.clone(), "contains".into(), Rest::default());
            self.made.end(End { id: None, from, word, scope: "", to, rest });
        }
    }

    /// What the model does not know, where the format is the same; of SPDX 2, what SPDX 3 has under another name.
    fn rest(&mut self, source: &'s Rest<'_>, of: &str) -> Rest<'s> {
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

    fn id(&self, id: &'s Text<'_>) -> Text<'s> {
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
fn id<'s>(rest: &mut Rest<'s>) -> Option<(Text<'s>, bool)> {
    let first = rest.read(ID).map(|(id, _)| (id, false));
    first.or_else(|| rest.read(MORE).map(|(id, _)| (id, true)))
}

fn properties<'s>(source: &'s Package<'_>, element: &mut Element<'s>, rest: &mut Rest<'s>) {
    let property = |(name, value): &'s (Text<'_>, Text<'_>)| Property {
        kind: "extension_CdxPropertyEntry".into(),
        name: name.borrowed(),
        value: value.borrowed(),
        rest: Rest::default(),
    };
    let properties: List<_> = source.properties.iter().map(property).collect();
    let mut all = Vec::new();
    if !source.properties.is_empty() {
        all.push(Extension { kind: PROPERTIES.into(), properties, rest: Rest::default() });
    }
    all.extend(rest.read::<List<Extension<'s>>>("extension").map(|(kept, _)| kept.0).unwrap_or_default());
    if !all.is_empty() {
        element.rest.push_json("extension", &all);
    }
}
