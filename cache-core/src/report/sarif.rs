//! SARIF 2.1.0 (OASIS), within what GitHub's code scanning accepts: relative URIs, at most 20 tags for a rule, none of them twice,
//! 5,000 results, and `security-severity`.

use std::collections::BTreeMap;

use serde::Serialize;

use super::{ReportOptions, links, pretty, words};
use crate::error::Result;
use crate::gate::{Assessment, Standing, Vulnerability};
use crate::scan::Severity;
use crate::visible;

/// GitHub shows no more results of one run.
const MOST_RESULTS: usize = 5_000;

#[derive(Serialize)]
struct Log<'a> {
    #[serde(rename = "$schema")]
    schema: &'static str,
    version: &'static str,
    runs: [Run<'a>; 1],
}

#[derive(Serialize)]
struct Run<'a> {
    tool: Tool,
    #[serde(rename = "columnKind")]
    column_kind: &'static str,
    invocations: [Invocation; 1],
    results: Vec<Found>,
    properties: RunProperties<'a>,
}

#[derive(Serialize)]
struct Tool {
    driver: Driver,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Driver {
    name: &'static str,
    version: &'static str,
    rules: Vec<Rule>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Rule {
    id: String,
    short_description: Text,
    full_description: Text,
    #[serde(skip_serializing_if = "Option::is_none")]
    help_uri: Option<String>,
    help: Text,
    default_configuration: Configuration,
    properties: RuleProperties,
}

#[derive(Serialize)]
struct Text {
    text: String,
}

#[derive(Serialize)]
struct Configuration {
    level: &'static str,
}

#[derive(Serialize)]
struct RuleProperties {
    tags: Vec<String>,
    precision: &'static str,
    #[serde(rename = "security-severity", skip_serializing_if = "Option::is_none")]
    security_severity: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Invocation {
    execution_successful: bool,
    tool_execution_notifications: Vec<Notification>,
}

#[derive(Serialize)]
struct Notification {
    level: &'static str,
    message: Text,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct RunProperties<'a> {
    outcome: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    image: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    digest: Option<&'a str>,
    results_left_out: usize,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Found {
    rule_id: String,
    rule_index: usize,
    level: &'static str,
    message: Text,
    locations: [Location; 1],
    partial_fingerprints: BTreeMap<&'static str, String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    suppressions: Vec<Suppression>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Location {
    physical_location: Physical,
    logical_locations: [Logical; 1],
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Physical {
    artifact_location: Artifact,
    region: Region,
}

#[derive(Serialize)]
struct Artifact {
    uri: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Region {
    start_line: u8,
    start_column: u8,
    end_line: u8,
    end_column: u8,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Logical {
    fully_qualified_name: String,
    kind: &'static str,
}

#[derive(Serialize)]
struct Suppression {
    kind: &'static str,
    status: &'static str,
    justification: String,
}

pub(super) fn write(assessment: &Assessment, options: &ReportOptions) -> Result<Vec<u8>> {
    // What counts goes before what does not; both stand in the order of their severity.
    let (counting, rest): (Vec<_>, Vec<_>) =
        assessment.vulnerabilities.iter().partition(|one| one.standing == Standing::Counts);
    let shown: Vec<&Vulnerability> = counting.into_iter().chain(rest).take(MOST_RESULTS).collect();
    let left_out = assessment.vulnerabilities.len() - shown.len();
    let mut by_id: BTreeMap<String, Vec<&Vulnerability>> = BTreeMap::new();
    shown.iter().for_each(|one| by_id.entry(rule_id(one)).or_default().push(one));
    let places: BTreeMap<&str, usize> = by_id.keys().enumerate().map(|(at, id)| (id.as_str(), at)).collect();
    let uri = uri(assessment, options);
    let results = shown.iter().map(|one| result(one, places.get(&*rule_id(one)).copied().unwrap_or(0), &uri));
    let run = Run {
        tool: Tool {
            driver: Driver {
                name: "Cache",
                version: env!("CARGO_PKG_VERSION"),
                rules: by_id.iter().map(|(id, all)| rule(id, all)).collect(),
            },
        },
        column_kind: "utf16CodeUnits",
        invocations: [Invocation {
            execution_successful: true,
            tool_execution_notifications: notifications(assessment, left_out),
        }],
        results: results.collect(),
        properties: RunProperties {
            outcome: assessment.outcome().to_string(),
            image: assessment.image.as_deref().map(|image| visible::line(image).into_owned()),
            digest: assessment.digest.as_ref().map(|digest| digest.as_str()),
            results_left_out: left_out,
        },
    };
    pretty(&Log { schema: "https://json.schemastore.org/sarif-2.1.0.json", version: "2.1.0", runs: [run] })
}

/// What stops the image without being a vulnerability, and what was left out.
fn notifications(assessment: &Assessment, left_out: usize) -> Vec<Notification> {
    let text = |text: &str| Text { text: visible::short(&visible::line(text), 2_000).into_owned() };
    let blocking = assessment
        .blocking()
        .map(|(gate, reason)| Notification { level: "error", message: text(&format!("{gate}: {}", reason.message)) });
    let mut all: Vec<Notification> = blocking.collect();
    if left_out > 0 {
        let message = format!("{left_out} results are left out: code scanning shows no more than {MOST_RESULTS}");
        all.push(Notification { level: "warning", message: text(&message) });
    }
    all
}

fn rule(id: &str, all: &[&Vulnerability]) -> Rule {
    let severity = all.iter().map(|one| one.severity).max().unwrap_or_default();
    let scores = all.iter().filter(|one| one.severity == severity).filter_map(|one| one.score).max();
    let packages: std::collections::BTreeSet<&str> = all.iter().map(|one| one.package.as_str()).collect();
    let names = packages.iter().take(5).copied().collect::<Vec<_>>().join(", ");
    let named = visible::line(&format!("{id} in {names}")).into_owned();
    let mut help: Vec<String> = all.iter().take(20).map(|one| sentence(one)).collect();
    help.extend(links::about(id));
    let mut tags = vec!["security".to_owned(), "vulnerability".to_owned(), severity.to_string()];
    if all.iter().any(|one| one.exploited) {
        tags.push("known-exploited".to_owned());
    }
    Rule {
        id: id.to_owned(),
        short_description: Text { text: visible::short(&named, 1_000).into_owned() },
        full_description: Text { text: visible::short(&sentence(all[0]), 1_000).into_owned() },
        help_uri: links::about(id),
        help: Text { text: help.join("\n") },
        default_configuration: Configuration { level: level(severity) },
        properties: RuleProperties { tags, precision: "high", security_severity: security_severity(severity, scores) },
    }
}

fn sentence(one: &Vulnerability) -> String {
    let fix = words::fix(one);
    let fix = if fix.is_empty() { "no fix is known".to_owned() } else { format!("fix: {fix}") };
    let text = format!("{}; {fix}", words::sentence(one));
    visible::line(&text).into_owned()
}

fn rule_id(one: &Vulnerability) -> String {
    visible::line(&one.id).into_owned()
}

fn result(one: &Vulnerability, rule_index: usize, uri: &str) -> Found {
    let suppression = words::why_not(one).map(|why| Suppression {
        kind: "external",
        status: "accepted",
        justification: visible::line(&why).into_owned(),
    });
    let stops =
        if one.blocks.is_empty() { String::new() } else { format!("; it stops the image ({})", one.blocks.join(", ")) };
    let name = one.purls.first().unwrap_or(&one.package);
    Found {
        rule_id: rule_id(one),
        rule_index,
        level: if suppression.is_some() { "note" } else { level(one.severity) },
        message: Text { text: format!("{}{stops}", sentence(one)) },
        locations: [Location {
            physical_location: Physical {
                artifact_location: Artifact { uri: uri.to_owned() },
                region: Region { start_line: 1, start_column: 1, end_line: 1, end_column: 1 },
            },
            logical_locations: [Logical { fully_qualified_name: visible::line(name).into_owned(), kind: "package" }],
        }],
        partial_fingerprints: BTreeMap::from([("vulnerabilityInPackage/v1", links::fingerprint(one))]),
        suppressions: suppression.into_iter().collect(),
    }
}

fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical | Severity::High => "error",
        Severity::Medium | Severity::Unknown => "warning",
        Severity::Low | Severity::Negligible => "note",
    }
}

/// A score from which code scanning makes the same word as the severity: the score itself only where the two agree.
fn security_severity(severity: Severity, score: Option<crate::scan::Score>) -> Option<String> {
    let (from, to) = match severity {
        Severity::Critical => (90, 100),
        Severity::High => (70, 89),
        Severity::Medium => (40, 69),
        Severity::Low | Severity::Negligible => (1, 39),
        Severity::Unknown => return None,
    };
    let tenths = score.map(|score| score.tenths()).filter(|tenths| (from..=to).contains(tenths)).unwrap_or(from);
    Some(format!("{}.{}", tenths / 10, tenths % 10))
}

/// A relative URI, never empty: code scanning looks for the file in the repository.
fn uri(assessment: &Assessment, options: &ReportOptions) -> String {
    let image = || assessment.image.as_deref().map(|name| name.split('@').next().unwrap_or(name));
    let path = options.location.as_deref().or_else(image).unwrap_or("image");
    let mut uri = String::new();
    for segment in path.split(['/', '\\']).filter(|segment| !matches!(*segment, "" | "." | "..")) {
        if !uri.is_empty() {
            uri.push('/');
        }
        for byte in segment.bytes() {
            match byte {
                b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => uri.push(char::from(byte)),
                _ => uri.push_str(&format!("%{byte:02X}")),
            }
        }
    }
    if uri.is_empty() { "image".to_owned() } else { uri }
}
