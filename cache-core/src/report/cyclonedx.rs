//! A vulnerability disclosure report in CycloneDX 1.6: the affected packages, the vulnerabilities, and what is said of them.

use std::collections::BTreeMap;

use serde::Serialize;

use super::{links, pretty, words};
use crate::error::Result;
use crate::gate::{Assessment, Standing, VexSaid, Vulnerability};
use crate::model::{Digest, Purl};
use crate::scan::{CYCLONEDX_JUSTIFICATIONS, Rating, Score, Severity, VexStatus};
use crate::visible;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Bom {
    #[serde(rename = "$schema")]
    schema: &'static str,
    bom_format: &'static str,
    spec_version: &'static str,
    serial_number: String,
    version: u8,
    metadata: Metadata,
    components: Vec<Component>,
    vulnerabilities: Vec<Entry>,
}

#[derive(Serialize)]
struct Metadata {
    timestamp: String,
    tools: Tools,
    component: Component,
    properties: Vec<Property>,
}

#[derive(Serialize)]
struct Tools {
    components: Vec<Component>,
}

#[derive(Serialize)]
struct Component {
    r#type: &'static str,
    #[serde(rename = "bom-ref", skip_serializing_if = "Option::is_none")]
    reference: Option<String>,
    name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    version: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    hashes: Vec<Hash>,
    #[serde(skip_serializing_if = "Option::is_none")]
    purl: Option<String>,
}

#[derive(Serialize)]
struct Hash {
    alg: &'static str,
    content: String,
}

#[derive(Serialize)]
struct Property {
    name: &'static str,
    value: String,
}

#[derive(Serialize)]
struct Entry {
    #[serde(rename = "bom-ref")]
    reference: String,
    id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    source: Option<Source>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    references: Vec<Reference>,
    ratings: Vec<Rated>,
    #[serde(skip_serializing_if = "Option::is_none")]
    recommendation: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    analysis: Option<Analysis>,
    affects: Vec<Affects>,
    properties: Vec<Property>,
}

#[derive(Serialize)]
struct Source {
    name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    url: Option<String>,
}

#[derive(Serialize)]
struct Reference {
    id: String,
    source: Source,
}

#[derive(Serialize)]
struct Rated {
    source: Source,
    #[serde(skip_serializing_if = "Option::is_none")]
    score: Option<Score>,
    severity: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    method: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    vector: Option<String>,
}

#[derive(Serialize)]
struct Analysis {
    state: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    justification: Option<&'static str>,
    detail: String,
}

#[derive(Serialize)]
struct Affects {
    r#ref: String,
}

/// The packages, by what they are called in the document.
type Components = BTreeMap<String, Component>;

pub(super) fn write(assessment: &Assessment) -> Result<Vec<u8>> {
    let mut components = Components::new();
    let vulnerabilities = assessment.vulnerabilities.iter().map(|one| entry(one, &mut components)).collect();
    let scanners = assessment.scans.iter().map(|scan| tool(&scan.scanner, scan.version.as_deref()));
    let own = tool("cache", Some(env!("CARGO_PKG_VERSION")));
    let image = words::subject(assessment);
    let sha256 = assessment.digest.as_ref().and_then(|digest| digest.as_str().strip_prefix("sha256:"));
    pretty(&Bom {
        schema: "http://cyclonedx.org/schema/bom-1.6.schema.json",
        bom_format: "CycloneDX",
        spec_version: "1.6",
        serial_number: format!("urn:uuid:{}", links::uuid_of(assessment)),
        version: 1,
        metadata: Metadata {
            timestamp: assessment.at.to_string(),
            tools: Tools { components: std::iter::once(own).chain(scanners).collect() },
            component: Component {
                r#type: "container",
                reference: Some("image".to_owned()),
                name: image,
                version: assessment.digest.as_ref().map(ToString::to_string),
                hashes: sha256.map(|hex| Hash { alg: "SHA-256", content: hex.to_owned() }).into_iter().collect(),
                purl: None,
            },
            properties: vec![Property { name: "cache:outcome", value: assessment.outcome().to_string() }],
        },
        components: components.into_values().collect(),
        vulnerabilities,
    })
}

fn tool(name: &str, version: Option<&str>) -> Component {
    Component {
        r#type: "application",
        reference: None,
        name: visible::line(name).into_owned(),
        version: version.map(|version| visible::line(version).into_owned()),
        hashes: Vec::new(),
        purl: None,
    }
}

fn entry(one: &Vulnerability, components: &mut Components) -> Entry {
    let line = |text: &str| visible::line(text).into_owned();
    let source = |id: &str| Source { name: line(id.split('-').next().unwrap_or(id)), url: links::about(id) };
    let mut ratings: Vec<Rated> = one.ratings.iter().map(rated).collect();
    // The severity that the gate counts goes first.
    let own = Rated {
        source: Source { name: line(&one.severity_by), url: None },
        score: one.score,
        severity: word(one.severity),
        method: None,
        vector: None,
    };
    if !ratings.first().is_some_and(|first| first.source.name == own.source.name && first.severity == own.severity) {
        ratings.insert(0, own);
    }
    let mut properties = vec![Property { name: "cache:standing", value: words::state(one) }];
    properties.extend(one.exceptions.iter().map(|it| Property { name: "cache:exception", value: line(it) }));
    properties.extend(one.exploited.then(|| Property { name: "cache:known-exploited", value: "true".to_owned() }));
    let fix = words::fix(one);
    Entry {
        reference: links::fingerprint(one),
        id: line(&one.id),
        source: Some(source(&one.id)),
        references: one.aliases.iter().map(|id| Reference { id: line(id), source: source(id) }).collect(),
        ratings,
        recommendation: (!one.fixed_in.is_empty()).then(|| line(&format!("Upgrade {} to {fix}", one.package))),
        analysis: analysis(one),
        affects: affected(one, components),
        properties,
    }
}

/// The packages that it is in; those that the document does not have yet are added.
fn affected(one: &Vulnerability, components: &mut Components) -> Vec<Affects> {
    let line = |text: &str| visible::line(text).into_owned();
    let component = |reference: &str, version: Option<String>, purl: Option<String>| Component {
        r#type: "library",
        reference: Some(reference.to_owned()),
        name: line(&one.package),
        version,
        hashes: Vec::new(),
        purl,
    };
    let mut all = Vec::new();
    for text in &one.purls {
        let purl = Purl::read(text).ok();
        let version = purl.as_ref().and_then(|purl| purl.version().map(line));
        let reference = line(text);
        let made = component(&reference, version, purl.map(|purl| purl.to_string()));
        components.entry(reference.clone()).or_insert(made);
        all.push(Affects { r#ref: reference });
    }
    if one.purls.is_empty() {
        for version in &one.versions {
            let key = format!("{}\0{version}", one.package);
            let reference = format!("package-{}", Digest::of(key.as_bytes()).hex());
            components.entry(reference.clone()).or_insert_with(|| component(&reference, Some(line(version)), None));
            all.push(Affects { r#ref: reference });
        }
    }
    all
}

fn word(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical => "critical",
        Severity::High => "high",
        Severity::Medium => "medium",
        Severity::Low => "low",
        Severity::Negligible => "info",
        Severity::Unknown => "unknown",
    }
}

fn rated(rating: &Rating) -> Rated {
    let method = rating.vector.as_deref().map(|vector| match vector.get(..8) {
        Some("CVSS:4.0") => "CVSSv4",
        Some("CVSS:3.1") => "CVSSv31",
        Some("CVSS:3.0") => "CVSSv3",
        _ => "CVSSv2",
    });
    Rated {
        source: Source { name: visible::line(&rating.source).into_owned(), url: None },
        score: rating.score,
        severity: word(rating.severity),
        method,
        vector: rating.vector.as_deref().map(|vector| visible::line(vector).into_owned()),
    }
}

/// What the statement that counts says; exceptions are no analysis.
fn analysis(one: &Vulnerability) -> Option<Analysis> {
    let said = one.vex.iter().find(|said| said.ignored.is_none())?;
    let state = match said.status {
        VexStatus::NotAffected => "not_affected",
        VexStatus::Fixed => "resolved",
        VexStatus::Affected => "exploitable",
        VexStatus::UnderInvestigation => "in_triage",
    };
    let justification = said.justification.as_deref().and_then(justification);
    let only_in_part = if one.standing == Standing::Cleared || !said.status.clears() { "" } else { " (in part)" };
    Some(Analysis { state, justification, detail: detail(said, only_in_part) })
}

fn detail(said: &VexSaid, only_in_part: &str) -> String {
    visible::line(&format!("{}{only_in_part}", words::statement(said))).into_owned()
}

/// The word of CycloneDX that means the same.
fn justification(word: &str) -> Option<&'static str> {
    match word {
        "component_not_present" | "vulnerable_code_not_present" => Some("code_not_present"),
        "vulnerable_code_not_in_execute_path" => Some("code_not_reachable"),
        "inline_mitigations_already_exist" => Some("protected_by_mitigating_control"),
        _ => CYCLONEDX_JUSTIFICATIONS.iter().find(|own| **own == word).copied(),
    }
}
