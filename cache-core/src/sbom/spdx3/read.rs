//! From an SPDX 3 document to the model.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};

use super::super::bom::{DOCUMENT, Family, Finding, Sbom};
use super::super::json::{self, List};
use super::super::text::{Rest, Text};
use super::super::{check, subject};
use super::agents::{self, Agents};
use super::document::{Document, Element, External, MAX_FINDINGS, References};
use super::edges;
use super::graph;
use super::licenses::Licenses;
use super::words::PACKAGES;
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
    pub(super) agents: Agents<'a>,
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
        match self.creation_name(&mut root) {
            Some(name) => {
                sbom.rest.push_text(CREATION, &name);
                if let Some(info) = elements.iter().find(|info| info.kind == "CreationInfo" && *info.name() == name) {
                    self.creation(sbom, info.clone());
                }
                self.creation = Some(name);
            }
            None => {
                let inner = root.rest.clone().read::<Element<'a>>("creationInfo");
                inner.into_iter().for_each(|(info, _)| self.creation(sbom, info));
            }
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
        if let Some(name) = self.creation_name(element)
            && self.creation.as_ref() != Some(&name)
        {
            element.rest.push_text(CREATION, &name);
        }
    }

    /// The name of an element's creation information. One that has no name and stands in its place is left there.
    fn creation_name(&mut self, element: &mut Element<'a>) -> Option<Text<'a>> {
        if element.rest.get("creationInfo").is_some_and(|json| json.starts_with('{')) {
            return element.rest.read::<References<'a>>("creationInfo")?.0.0.into_iter().next();
        }
        element.text("creationInfo", &mut self.findings)
    }
}
