//! Packages, files and the texts of licences as elements.

use super::super::bom::{File, LicenseText};
use super::super::json::List;
use super::super::package::{Hash, Kind, License, LicenseStage, Package};
use super::super::subject::INFERRED;
use super::super::text::{Rest, Text};
use super::super::write::name;
use super::document::{Element, Extension, Identifier, Method, PROPERTIES, Property};
use super::edges::{ID, LICENSE};
use super::made::End;
use super::words::{ALGORITHMS, CLASS, PACKAGE, PACKAGES, PURPOSE, PURPOSES, algorithm};
use super::write::{Writer, id};

impl<'s> Writer<'s> {
    pub(super) fn package(&mut self, source: &'s Package<'_>) -> Element<'s> {
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

    pub(super) fn file(&mut self, source: &'s File<'_>) -> Element<'s> {
        let mut rest = self.rest(&source.rest, &source.id);
        let id = self.id(&source.id);
        let mut element = self.made.element("software_File".into(), id.clone(), &mut rest);
        element.say("name", Some(&source.path).filter(|_| rest.get("name").is_none()));
        self.hashes(&source.hashes, &source.id, &mut element, &mut rest);
        self.licenses(&source.licenses, &source.id, &id);
        element.append(rest);
        element
    }

    pub(super) fn license_text(&mut self, source: &'s LicenseText<'_>) -> Element<'s> {
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
