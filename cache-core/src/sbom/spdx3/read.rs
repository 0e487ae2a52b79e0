//! From an SPDX 3 document to the model.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};

use super::super::bom::{DOCUMENT, Family, File, Finding, LicenseText, Sbom};
use super::super::json::{self, List};
use super::super::package::{Hash, Kind, Package};
use super::super::text::{Rest, Text};
use super::super::{check, subject};
use super::agents::{self, Agents};
use super::document::{Document, Element, Extension, External, Identifier, MAX_FINDINGS, Method, PROPERTIES};
use super::edges;
use super::graph;
use super::licenses::Licenses;
use super::words::{CLASS, PACKAGE, PACKAGES, PURPOSE, PURPOSES};
use crate::error::{Error, Result};

/// The newest version of SPDX 3 that is known here.
pub(super) const NEWEST: &str = "3.0.1";

/// Members that are in the model, of elements that are kept whole for the same format.
const CARRIED: &[&str] = &[
    "creationInfo",
    "specVersion",
    "created",
    "createdBy",
    "createdUsing",
    "name",
    "rootElement",
    "element",
    "simplelicensing_licenseExpression",
    "simplelicensing_customIdToUri",
    "simplelicensing_licenseListVersion",
    "expandedlicensing_member",
    "expandedlicensing_subjectLicense",
    "expandedlicensing_subjectExtendableLicense",
    "expandedlicensing_subjectAddition",
];
/// The name under which an element is kept that says no more than the model.
pub(super) const KEPT: &str = "@graph";
/// The beginning of the names under which other elements are kept.
pub(super) const ELEMENTS: &str = "elements/";
/// The note of the creation information that the document has.
pub(super) const CREATION: &str = "@creationInfo";
/// The mark of a document that has no element for itself.
pub(super) const NO_ROOT: &str = "@noSpdxDocument";
/// The beginning of the names of what the document itself says besides.
pub(super) const ROOT: &str = "SpdxDocument";

pub(in crate::sbom) fn parse(text: &str) -> Result<Sbom<'_>> {
    let (mut document, mut findings) = json::read::<Document<'_>>("an SPDX 3 document", text)?;
    let mut elements = graph::elements(&mut document, &mut findings);
    let root = elements.iter().position(|element| element.kind == "SpdxDocument").map(|at| elements.remove(at));
    let mut reader = Reader { findings, ..Reader::default() };
    for element in &elements {
        reader.agents.add(element);
        reader.licenses.add(element);
    }
    let mut sbom = Sbom::new(Family::Spdx, version(&document, root.as_ref(), &elements)?);
    sbom.rest = document.rest;
    reader.newer(&sbom.format.version);
    let imported = match root {
        Some(root) => reader.root(&mut sbom, root, &elements),
        None => reader.no_root(&mut sbom, &elements),
    };
    let mut relationships = Vec::new();
    let mut others = HashSet::new();
    for element in elements {
        match element.kind.as_str() {
            kind if PACKAGES.iter().any(|(known, _)| kind == *known) => sbom.packages.push(reader.package(element)),
            "software_File" => sbom.files.push(reader.file(element)),
            "Relationship" | "LifecycleScopedRelationship" => relationships.push(element),
            "expandedlicensing_CustomLicense" | "simplelicensing_SimpleLicensingText" => {
                others.insert(element.id.clone());
                sbom.license_texts.push(reader.license_text(element));
            }
            _ => {
                others.insert(element.name().clone());
                reader.keep(&mut sbom.rest, element);
            }
        }
    }
    edges::read(&mut reader, &mut sbom, relationships);
    subject::find(&mut sbom);
    sbom.findings = reader.findings;
    let is_other =
        |id: &str| matches!(id, DOCUMENT | "NONE" | "NOASSERTION") || others.contains(id) || imported.contains(id);
    check::elements_besides(&mut sbom, is_other);
    Ok(sbom)
}

/// What the document says of its version; where it says nothing, what its context says.
fn version(document: &Document<'_>, root: Option<&Element<'_>>, elements: &[Element<'_>]) -> Result<String> {
    let named = root.and_then(|root| root.clone().text("creationInfo", &mut Vec::new()));
    let infos = || elements.iter().filter(|element| element.kind == "CreationInfo");
    let info = infos().find(|info| named.as_ref() == Some(info.name())).or_else(|| infos().next());
    let stated = info.and_then(|info| info.clone().text("specVersion", &mut Vec::new())).map(String::from);
    let context = document.rest.get("@context").and_then(|json| json.split_once("spdx.org/rdf/"));
    let of_context = context.and_then(|(_, rest)| rest.split('/').next()).map(str::to_owned);
    let version = stated.or(of_context);
    let version = version.ok_or_else(|| Error::invalid("not an SPDX 3 document: it names no version of SPDX"))?;
    match version.split('.').next() {
        Some("3") => Ok(version),
        _ => Err(Error::unsupported(format!("documents of SPDX {version:?} as JSON-LD are not read"))),
    }
}

fn bills<'e, 'a>(elements: &'e [Element<'a>]) -> impl Iterator<Item = &'e Element<'a>> {
    elements.iter().filter(|element| matches!(element.kind.as_str(), "software_Sbom" | "Bom"))
}

/// Keeps an element for the same format.
pub(super) fn keep<'a>(rest: &mut Rest<'a>, name: Text<'a>, element: &Element<'a>) {
    if let Ok(json) = serde_json::value::to_raw_value(element) {
        rest.push(name, Cow::Owned(json));
    }
}

#[derive(Default)]
pub(super) struct Reader<'a> {
    pub(super) findings: Vec<Finding>,
    pub(super) licenses: Licenses<'a>,
    agents: Agents<'a>,
    /// The creation information of the document, by its name: elements that have the same do not say so again.
    creation: Option<Text<'a>>,
}

impl<'a> Reader<'a> {
    pub(super) fn note(&mut self, code: &'static str, position: &str, message: impl Into<String>) {
        if self.findings.len() < MAX_FINDINGS {
            self.findings.push(Finding::new(code, position, message));
        }
    }

    fn newer(&mut self, version: &str) {
        if !["3.0", "3.0.0", NEWEST].contains(&version) {
            self.note(
                "newer-version",
                "specVersion",
                format!("{version} is newer than {NEWEST}, and was read as that"),
            );
        }
    }

    /// What the document says of itself; the elements that it imports.
    fn root(&mut self, sbom: &mut Sbom<'a>, mut root: Element<'a>, elements: &[Element<'a>]) -> HashSet<Text<'a>> {
        let imports = root.clone().take::<List<External<'a>>>("import", &mut Vec::new()).unwrap_or_default();
        sbom.metadata.id = root.name().clone().stated();
        sbom.metadata.name = root.text("name", &mut self.findings);
        if let Some(name) = root.take::<Text<'a>>("creationInfo", &mut self.findings) {
            sbom.rest.push_text(CREATION, &name);
            if let Some(info) = elements.iter().find(|info| info.kind == "CreationInfo" && *info.name() == name) {
                self.creation(sbom, info.clone());
            }
            self.creation = Some(name);
        }
        let holders: HashMap<&str, &Element<'a>> = bills(elements).map(|bill| (bill.id.as_str(), bill)).collect();
        let roots = root.ids("rootElement", &mut self.findings);
        let (inner, described): (Vec<_>, Vec<_>) = roots.into_iter().partition(|id| holders.contains_key(id.as_str()));
        let document = sbom.metadata.id.clone().unwrap_or_default();
        sbom.relationships.extend(described.into_iter().map(|id| edges::root(&document, id)));
        for bill in inner.iter().filter_map(|id| holders.get(id.as_str())) {
            self.bill(sbom, bill);
        }
        if !inner.is_empty() {
            root.rest.push_json(edges::LISTED, &inner);
        }
        sbom.rest.extend_under(ROOT, root.rest);
        imports.into_iter().map(|external| external.id).collect()
    }

    /// A document that does not speak of itself is what its bills of materials are.
    fn no_root(&mut self, sbom: &mut Sbom<'a>, elements: &[Element<'a>]) -> HashSet<Text<'a>> {
        sbom.rest.mark(NO_ROOT);
        for bill in bills(elements) {
            self.bill(sbom, bill);
        }
        if let Some(info) = elements.iter().find(|element| element.kind == "CreationInfo") {
            self.creation(sbom, info.clone());
            sbom.rest.push_text(CREATION, info.name());
            self.creation = Some(info.name().clone());
        }
        HashSet::new()
    }

    fn bill(&mut self, sbom: &mut Sbom<'a>, bill: &Element<'a>) {
        let roots = bill.clone().ids("rootElement", &mut self.findings);
        sbom.relationships.extend(roots.into_iter().map(|id| edges::root(&bill.id, id)));
    }

    fn creation(&mut self, sbom: &mut Sbom<'a>, mut info: Element<'a>) {
        sbom.metadata.created = info.text("created", &mut self.findings);
        let names = |reader: &mut Self, info: &mut Element<'a>, member| {
            let ids = info.ids(member, &mut reader.findings);
            ids.into_iter().map(|id| reader.agents.of(&id).unwrap_or(id)).collect::<Vec<_>>()
        };
        sbom.metadata.authors = names(self, &mut info, "createdBy");
        sbom.metadata.tools = names(self, &mut info, "createdUsing");
    }

    /// An element that is no part of the model.
    pub(super) fn keep(&mut self, rest: &mut Rest<'a>, element: Element<'a>) {
        if element.kind.is_empty() {
            self.note("missing-type", element.name(), "an element without a type; it is kept as it stands");
        }
        let is_carried =
            |name| CARRIED.contains(&name) || name == "externalIdentifier" && agents::has_email_only(&element);
        let is_carried = element.rest.iter().all(|(name, _)| is_carried(name));
        let name = match is_carried || element.kind == "CreationInfo" {
            true => Text::from(KEPT),
            false => format!("{ELEMENTS}{}", element.kind).into(),
        };
        keep(rest, name, &element);
    }

    /// Leaves out what the document says once.
    pub(super) fn created(&mut self, element: &mut Element<'a>) {
        if let Some(name) = element.take::<Text<'a>>("creationInfo", &mut self.findings)
            && self.creation.as_ref() != Some(&name)
        {
            element.rest.push_text(CREATION, &name);
        }
    }

    fn package(&mut self, mut element: Element<'a>) -> Package<'a> {
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

    fn file(&mut self, mut element: Element<'a>) -> File<'a> {
        self.created(&mut element);
        let (path, hashes) = (self.text(&mut element, "name"), self.hashes(&mut element));
        File { id: element.name().clone(), path, hashes, licenses: Vec::new(), rest: element.rest }
    }

    fn license_text(&mut self, mut element: Element<'a>) -> LicenseText<'a> {
        self.created(&mut element);
        let id = element.name().clone();
        element.rest.push_text(edges::ID, &id);
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
