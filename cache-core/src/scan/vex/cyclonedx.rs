//! VEX in CycloneDX: the analyses of `vulnerabilities` (specification 1.4 to 1.7).

use std::collections::HashMap;
use std::sync::Arc;

use serde::Deserialize;

use super::{Vex, VexFormat, VexName, VexProblem, VexProduct, VexStatement, VexStatus, justification, said, time};
use crate::document;
use crate::error::{Error, Result};
use crate::model::{Purl, null_is_empty};
use crate::sbom::xml_as_json;
use crate::scan::version::Vers;

/// Why a product is not affected.
pub(crate) const JUSTIFICATIONS: &[&str] = &[
    "code_not_present",
    "code_not_reachable",
    "requires_configuration",
    "requires_dependency",
    "requires_environment",
    "protected_by_compiler",
    "protected_at_runtime",
    "protected_at_perimeter",
    "protected_by_mitigating_control",
];

/// How deep components may lie in each other.
const MAX_DEPTH: usize = 64;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Document {
    bom_format: String,
    #[serde(default, deserialize_with = "null_is_empty")]
    spec_version: String,
    #[serde(default)]
    serial_number: Option<String>,
    #[serde(default)]
    version: Option<u64>,
    #[serde(default, deserialize_with = "null_is_empty")]
    metadata: Metadata,
    #[serde(default, deserialize_with = "null_is_empty")]
    components: Vec<Component>,
    #[serde(default, deserialize_with = "null_is_empty")]
    vulnerabilities: Vec<Vulnerability>,
}

#[derive(Default, Deserialize)]
struct Metadata {
    #[serde(default)]
    timestamp: Option<String>,
    #[serde(default)]
    component: Option<Component>,
    #[serde(default, deserialize_with = "null_is_empty")]
    authors: Vec<Party>,
    #[serde(default)]
    supplier: Option<Party>,
    #[serde(default)]
    manufacturer: Option<Party>,
    #[serde(default)]
    manufacture: Option<Party>,
}

#[derive(Deserialize)]
struct Party {
    #[serde(default, deserialize_with = "null_is_empty")]
    name: String,
}

#[derive(Deserialize)]
struct Component {
    #[serde(default, rename = "bom-ref", deserialize_with = "null_is_empty")]
    reference: String,
    #[serde(default, deserialize_with = "null_is_empty")]
    name: String,
    #[serde(default, deserialize_with = "null_is_empty")]
    purl: String,
    #[serde(default, deserialize_with = "null_is_empty")]
    hashes: Vec<Hash>,
    #[serde(default, deserialize_with = "null_is_empty")]
    components: Vec<Component>,
}

#[derive(Deserialize)]
struct Hash {
    #[serde(default, deserialize_with = "null_is_empty")]
    alg: String,
    #[serde(default, deserialize_with = "null_is_empty")]
    content: String,
}

#[derive(Deserialize)]
struct Vulnerability {
    #[serde(default, deserialize_with = "null_is_empty")]
    id: String,
    #[serde(default, deserialize_with = "null_is_empty")]
    references: Vec<Reference>,
    #[serde(default)]
    analysis: Option<Analysis>,
    #[serde(default, deserialize_with = "null_is_empty")]
    affects: Vec<Affects>,
    #[serde(default)]
    updated: Option<String>,
}

#[derive(Deserialize)]
struct Reference {
    #[serde(default, deserialize_with = "null_is_empty")]
    id: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Analysis {
    #[serde(default, deserialize_with = "null_is_empty")]
    state: String,
    #[serde(default)]
    justification: Option<String>,
    #[serde(default)]
    detail: Option<String>,
    #[serde(default)]
    first_issued: Option<String>,
    #[serde(default)]
    last_updated: Option<String>,
}

#[derive(Deserialize)]
struct Affects {
    #[serde(rename = "ref")]
    reference: String,
    #[serde(default, deserialize_with = "null_is_empty")]
    versions: Vec<Version>,
}

#[derive(Deserialize)]
struct Version {
    #[serde(default)]
    version: Option<String>,
    #[serde(default)]
    range: Option<String>,
}

/// Reads XML, by the JSON that says the same.
pub(super) fn parse_xml(text: &str) -> Result<Vex> {
    let (json, findings) = xml_as_json(text)?;
    let mut vex = parse(&json)?;
    vex.problems.extend(findings.into_iter().map(|finding| VexProblem::new(finding.position, finding.message)));
    Ok(vex)
}

pub(super) fn parse(text: &str) -> Result<Vex> {
    let document: Document = document::json("a CycloneDX document", text)?;
    if document.bom_format != "CycloneDX" {
        return Err(Error::invalid(format!("not a CycloneDX document: bomFormat is {:?}", document.bom_format)));
    }
    if !document.spec_version.starts_with("1.") {
        return Err(Error::unsupported(format!("CycloneDX {} is not read", document.spec_version))
            .context("field", "specVersion"));
    }
    let mut problems = Vec::new();
    let issued = time(document.metadata.timestamp.as_deref(), "metadata.timestamp", &mut problems);
    let known = Known::of(&document.metadata, &document.components);
    let mut statements = Vec::new();
    for (i, vulnerability) in document.vulnerabilities.into_iter().enumerate() {
        let position = format!("vulnerabilities[{i}]");
        match vulnerability.read(&position, &known, &mut problems) {
            Ok(Some(statement)) => statements.push(VexStatement { at: statement.at.or(issued), ..statement }),
            Ok(None) => {}
            Err(why) => problems.push(VexProblem::new(position, why)),
        }
    }
    let Metadata { authors, manufacturer, manufacture, supplier, .. } = document.metadata;
    let author = authors.into_iter().chain(manufacturer).chain(manufacture).chain(supplier).next();
    Ok(Vex {
        format: VexFormat::CycloneDx,
        id: said(document.serial_number),
        author: said(author.map(|party| party.name)),
        version: document.version,
        issued,
        statements,
        problems,
    })
}

/// The components by their references, and the image that the document is about, if it is about one.
struct Known {
    by_reference: HashMap<String, VexName>,
    subject: Option<(String, VexName)>,
}

impl Known {
    fn of(metadata: &Metadata, components: &[Component]) -> Known {
        let mut by_reference = HashMap::new();
        let mut open: Vec<(&Component, usize)> = components.iter().chain(&metadata.component).map(|c| (c, 0)).collect();
        while let Some((component, depth)) = open.pop() {
            if !component.reference.is_empty() {
                by_reference.insert(component.reference.clone(), component.named());
            }
            if depth < MAX_DEPTH {
                open.extend(component.components.iter().map(|inner| (inner, depth + 1)));
            }
        }
        let subject = metadata.component.as_ref().map(|component| (component.reference.clone(), component.named()));
        Known { by_reference, subject: subject.filter(|(_, name)| name.is_image()) }
    }

    /// What a reference means: a component of this document, or one of another, whose reference is often its purl.
    fn name(&self, reference: &str) -> VexName {
        if let Some(name) = self.by_reference.get(reference) {
            return name.clone();
        }
        let inner = reference.strip_prefix("urn:cdx:").and_then(|link| link.split_once('#'));
        let inner = inner.map_or(reference, |(_, inner)| inner);
        let mut name = VexName::of(inner);
        if name.purls.is_empty() && inner.get(..4).is_some_and(|start| start.eq_ignore_ascii_case("pkg%")) {
            name.add_purl(
                &inner.replacen("%3A", ":", 1).replacen("%3a", ":", 1).replace("%2F", "/").replace("%40", "@"),
            );
        }
        VexName { text: reference.to_owned(), ..name }
    }

    /// The products that `affects` names: the component, in the image that the document is about.
    fn products(&self, reference: &str, name: VexName) -> VexProduct {
        match &self.subject {
            Some((own, subject)) if own != reference => VexProduct { product: subject.clone(), component: Some(name) },
            _ => VexProduct { product: name, component: None },
        }
    }
}

impl Component {
    fn named(&self) -> VexName {
        let mut name = VexName { text: self.name.clone(), ..VexName::default() };
        name.add_purl(&self.purl);
        self.hashes.iter().for_each(|hash| name.add_hash(&hash.alg, &hash.content));
        // The hash of a package's file is not the digest of an image.
        if !name.is_image() {
            name.digests.clear();
        }
        name
    }
}

impl Vulnerability {
    fn read(
        self,
        position: &str,
        known: &Known,
        problems: &mut Vec<VexProblem>,
    ) -> std::result::Result<Option<VexStatement>, String> {
        let Some(analysis) = self.analysis else { return Ok(None) };
        let status = match analysis.state.as_str() {
            "not_affected" | "false_positive" => VexStatus::NotAffected,
            "exploitable" => VexStatus::Affected,
            "resolved" | "resolved_with_pedigree" => VexStatus::Fixed,
            "in_triage" => VexStatus::UnderInvestigation,
            "" => return Ok(None),
            other => return Err(format!("the state {other:?} is not known")),
        };
        let vulnerabilities: Arc<[String]> = std::iter::once(self.id)
            .chain(self.references.into_iter().map(|r| r.id))
            .filter(|id| !id.is_empty())
            .collect();
        if vulnerabilities.is_empty() {
            return Err("it has no id".to_owned());
        }
        let mut products = Vec::new();
        for affects in &self.affects {
            let name = known.name(&affects.reference);
            for name in affects.of_versions(name, position, problems) {
                products.push(Arc::new(known.products(&affects.reference, name)));
            }
        }
        if products.is_empty() {
            return Err("it affects nothing that can be told".to_owned());
        }
        let justification = justification(analysis.justification, JUSTIFICATIONS, position, problems);
        let at = analysis.last_updated.or(analysis.first_issued).or(self.updated);
        Ok(Some(VexStatement {
            position: position.to_owned(),
            vulnerabilities,
            products,
            status,
            justification,
            explanation: said(analysis.detail),
            at: time(at.as_deref(), position, problems),
        }))
    }
}

impl Affects {
    /// The thing in the versions that are named one by one, and in those of the ranges. A range that is not understood is told.
    fn of_versions(&self, name: VexName, position: &str, problems: &mut Vec<VexProblem>) -> Vec<VexName> {
        if self.versions.is_empty() {
            return vec![name];
        }
        let mut ranges = Vec::new();
        for range in self.versions.iter().filter_map(|version| version.range.as_ref()) {
            match Vers::parse(range) {
                Ok(range) => ranges.push(range),
                Err(why) => problems.push(VexProblem::range(position, range, &why)),
            }
        }
        let versions: Vec<&str> = self.versions.iter().filter_map(|version| version.version.as_deref()).collect();
        // A component of this document has its version already.
        let is_meant =
            |own: &str| versions.contains(&own) || ranges.iter().any(|range| range.contains(own) == Some(true));
        if name.purls.iter().all(|purl| purl.version().is_some_and(is_meant)) && !name.purls.is_empty() {
            return vec![name];
        }
        let at = |version: Option<&str>| {
            let purls = name.purls.iter().filter_map(|purl| at_version(purl, version)).collect();
            VexName { purls, ..name.clone() }
        };
        let mut names: Vec<VexName> = versions.into_iter().map(|version| at(Some(version))).collect();
        if !ranges.is_empty() {
            names.push(VexName { ranges, ..at(None) });
        }
        names
    }
}

fn at_version(purl: &Purl, version: Option<&str>) -> Option<Purl> {
    let mut builder = Purl::builder(purl.kind(), purl.name());
    if let Some(version) = version {
        builder = builder.version(version);
    }
    if let Some(namespace) = purl.namespace() {
        builder = builder.namespace(namespace);
    }
    for (key, value) in purl.qualifiers() {
        builder = builder.qualifier(key, value);
    }
    builder.build().ok()
}
