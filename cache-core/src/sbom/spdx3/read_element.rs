//! Packages, files and the texts of licences.

use super::super::bom::{File, LicenseText};
use super::super::json::List;
use super::super::package::{Hash, Kind, Package};
use super::super::text::Text;
use super::document::{Element, Extension, Identifier, Method, PROPERTIES};
use super::edges::ID;
use super::read::Reader;
use super::words::{CLASS, PACKAGE, PACKAGES, PURPOSE, PURPOSES};

impl<'a> Reader<'a> {
    pub(super) fn package(&mut self, mut element: Element<'a>) -> Package<'a> {
        self.created(&mut element);
        let mut package = Package { name: self.text(&mut element, "name"), ..Package::default() };
        let usual = PACKAGES.iter().find(|(class, _)| element.kind == *class).map_or(Kind::Library, |(_, kind)| *kind);
        if element.kind != PACKAGE {
            element.rest.push_text(CLASS, &element.kind);
        }
        let purpose = self.text(&mut element, PURPOSE);
        let known = PURPOSES.iter().find(|(word, _)| purpose == *word).map(|(_, kind)| *kind);
        package.kind = known.unwrap_or(usual);
        // What a document says of nothing else is written back where it was said.
        if !purpose.is_empty() && (known.is_none() || known == Some(usual)) {
            element.rest.push_text(PURPOSE, &purpose);
        }
        package.version = element.text("software_packageVersion", &mut self.findings);
        package.purl = element.text("software_packageUrl", &mut self.findings);
        self.identifiers(&mut element, &mut package);
        package.supplier = self.agent(&mut element, "suppliedBy", "@suppliedBy");
        package.author = self.agent(&mut element, "originatedBy", "@originatedBy");
        package.copyright = self.asserted(&mut element, "software_copyrightText");
        package.download = self.asserted(&mut element, "software_downloadLocation");
        package.homepage = self.asserted(&mut element, "software_homePage");
        package.description = element.text("description", &mut self.findings);
        package.hashes = self.hashes(&mut element);
        self.properties(&mut element, &mut package);
        (package.id, package.rest) = (element.name().clone(), element.rest);
        package
    }

    pub(super) fn file(&mut self, mut element: Element<'a>) -> File<'a> {
        self.created(&mut element);
        let (path, hashes) = (self.text(&mut element, "name"), self.hashes(&mut element));
        File { id: element.name().clone(), path, hashes, licenses: Vec::new(), rest: element.rest }
    }

    pub(super) fn license_text(&mut self, mut element: Element<'a>) -> LicenseText<'a> {
        self.created(&mut element);
        let id = element.name().clone();
        element.rest.push_text(ID, &id);
        element.rest.push_text("@type", &element.kind);
        LicenseText {
            id: self.licenses.name(&element.id),
            text: self.text(&mut element, "simplelicensing_licenseText"),
            name: element.text("name", &mut self.findings),
            rest: element.rest,
        }
    }

    fn text(&mut self, element: &mut Element<'a>, member: &'static str) -> Text<'a> {
        element.take(member, &mut self.findings).unwrap_or_default()
    }

    /// Text that is an assertion; what asserts nothing stays where it is.
    fn asserted(&mut self, element: &mut Element<'a>, member: &'static str) -> Option<Text<'a>> {
        match element.rest.get(member) {
            Some("\"NOASSERTION\"" | "\"NONE\"" | "\"\"") => None,
            _ => element.text(member, &mut self.findings),
        }
    }

    /// The first of those that a member names, with a note of their elements.
    fn agent(&mut self, element: &mut Element<'a>, member: &'static str, note: &'static str) -> Option<Text<'a>> {
        let ids = element.ids(member, &mut self.findings);
        let first = ids.first()?;
        let name = self.agents.of(first);
        if name.is_none() {
            self.note("dangling-reference", first, format!("{member} names what is not in the document"));
        }
        // Several are more than the model knows.
        element.rest.push_json(if ids.len() > 1 { member } else { note }, &ids);
        name
    }

    fn identifiers(&mut self, element: &mut Element<'a>, package: &mut Package<'a>) {
        let mut others = Vec::new();
        for identifier in
            element.take::<List<Identifier<'a>>>("externalIdentifier", &mut self.findings).unwrap_or_default()
        {
            match identifier.scheme.as_str() {
                "cpe22" | "cpe23" if identifier.rest.is_empty() => package.cpes.push(identifier.value),
                "packageUrl" if package.purl.is_none() && !identifier.value.is_empty() => {
                    package.purl = Some(identifier.value.clone());
                    element.rest.mark("@packageUrl");
                    others.push(identifier);
                }
                _ => others.push(identifier),
            }
        }
        if !others.is_empty() {
            element.rest.push_json("externalIdentifier", &others);
        }
    }

    fn hashes(&mut self, element: &mut Element<'a>) -> Vec<Hash<'a>> {
        let methods = element.take::<List<Method<'a>>>("verifiedUsing", &mut self.findings).unwrap_or_default();
        let (plain, others): (Vec<_>, Vec<_>) =
            methods.into_iter().partition(|method| method.kind == "Hash" && method.rest.is_empty());
        if !others.is_empty() {
            element.rest.push_json("verifiedUsing", &others);
        }
        plain.into_iter().map(|hash| Hash { algorithm: Hash::plain(hash.algorithm), value: hash.value }).collect()
    }

    fn properties(&mut self, element: &mut Element<'a>, package: &mut Package<'a>) {
        let extensions = element.take::<List<Extension<'a>>>("extension", &mut self.findings).unwrap_or_default();
        let is_known = |extension: &Extension<'a>| {
            extension.kind == PROPERTIES
                && extension.rest.is_empty()
                && extension.properties.0.iter().all(|property| property.rest.is_empty())
        };
        let (known, others): (Vec<_>, Vec<_>) = extensions.into_iter().partition(is_known);
        if !others.is_empty() {
            element.rest.push_json("extension", &others);
        }
        let all = known.into_iter().flat_map(|extension| extension.properties);
        package.properties = all.map(|property| (property.name, property.value)).collect();
    }
}
