//! GitLab's report of a container scan (security-report-schemas 15.0.2).

use serde::Serialize;

use super::{links, pretty, words};
use crate::error::Result;
use crate::gate::{Assessment, Standing, Vulnerability};
use crate::model::{Purl, Timestamp};
use crate::scan::Severity;
use crate::visible;

#[derive(Serialize)]
struct Report {
    version: &'static str,
    scan: Scan,
    vulnerabilities: Vec<Entry>,
}

#[derive(Serialize)]
struct Scan {
    analyzer: Tool,
    scanner: Tool,
    start_time: String,
    end_time: String,
    status: &'static str,
    r#type: &'static str,
}

#[derive(Serialize)]
struct Tool {
    id: String,
    name: String,
    version: String,
    vendor: Vendor,
}

#[derive(Serialize)]
struct Vendor {
    name: String,
}

#[derive(Serialize)]
struct Entry {
    id: String,
    name: String,
    description: String,
    severity: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    solution: Option<String>,
    identifiers: Vec<Identifier>,
    links: Vec<Link>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    flags: Vec<Flag>,
    location: Location,
}

#[derive(Serialize)]
struct Identifier {
    r#type: String,
    name: String,
    value: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    url: Option<String>,
}

#[derive(Serialize)]
struct Link {
    url: String,
}

#[derive(Serialize)]
struct Flag {
    r#type: &'static str,
    origin: &'static str,
    description: String,
}

#[derive(Serialize)]
struct Location {
    dependency: Dependency,
    operating_system: String,
    image: String,
}

#[derive(Serialize)]
struct Dependency {
    package: Package,
    version: String,
}

#[derive(Serialize)]
struct Package {
    name: String,
}

pub(super) fn write(assessment: &Assessment) -> Result<Vec<u8>> {
    let image = words::subject(assessment);
    let tool = |name: &str, version: Option<&str>, vendor: &str| Tool {
        id: name.to_ascii_lowercase(),
        name: name.to_owned(),
        version: version.filter(|version| !version.is_empty()).unwrap_or("unknown").to_owned(),
        vendor: Vendor { name: vendor.to_owned() },
    };
    let own = || tool("Cache", Some(env!("CARGO_PKG_VERSION")), "Cache");
    // The format has room for one scanner.
    let scanner = match assessment.scans.first() {
        Some(scan) if !scan.scanner.is_empty() => tool(&scan.scanner, scan.version.as_deref(), &scan.scanner),
        _ => own(),
    };
    let times = || assessment.scans.iter().filter_map(|scan| scan.scanned_at);
    pretty(&Report {
        version: "15.0.2",
        scan: Scan {
            analyzer: own(),
            scanner,
            start_time: time(times().min().unwrap_or(assessment.at)),
            end_time: time(times().max().unwrap_or(assessment.at)),
            status: "success",
            r#type: "container_scanning",
        },
        vulnerabilities: assessment.vulnerabilities.iter().map(|one| entry(one, &image)).collect(),
    })
}

/// Without an offset: it is UTC by the schema.
fn time(at: Timestamp) -> String {
    at.to_string().trim_end_matches('Z').to_owned()
}

fn entry(one: &Vulnerability, image: &str) -> Entry {
    let text = |text: &str, most: usize| visible::short(&visible::line(text), most).into_owned();
    let why_not = words::why_not(one);
    let state = why_not.as_ref().map(|why| format!(" {why}.")).unwrap_or_default();
    let description = format!("{}.{state}", words::sentence(one));
    let ids = std::iter::once(&one.id).chain(&one.aliases);
    // The schema has one flag, which is what a VEX statement says; an exception says nothing of the kind.
    let flags = why_not.filter(|_| one.standing == Standing::Cleared).map(|why| Flag {
        r#type: "flagged-as-likely-false-positive",
        origin: "VEX",
        description: text(&why, 10_000),
    });
    Entry {
        id: links::uuid(&links::fingerprint(one)),
        name: text(&format!("{} in {}", one.id, one.package), 255),
        description: text(&description, 100_000),
        severity: match one.severity {
            Severity::Critical => "Critical",
            Severity::High => "High",
            Severity::Medium => "Medium",
            Severity::Low => "Low",
            Severity::Negligible => "Info",
            Severity::Unknown => "Unknown",
        },
        solution: (!one.fixed_in.is_empty()).then(|| {
            text(&format!("Upgrade {} from {} to {}", one.package, words::versions(one), words::fix(one)), 7_000)
        }),
        identifiers: ids.clone().map(|id| identifier(id)).collect(),
        links: ids.filter_map(|id| links::about(id)).map(|url| Link { url }).collect(),
        flags: flags.into_iter().collect(),
        location: Location {
            dependency: Dependency {
                package: Package { name: text(&one.package, 1_000) },
                version: text(&words::versions(one), 1_000),
            },
            operating_system: operating_system(one),
            image: image.to_owned(),
        },
    }
}

fn identifier(id: &str) -> Identifier {
    let name = visible::line(if id.is_empty() { "unknown" } else { id }).into_owned();
    let kind = name.split('-').next().filter(|kind| kind.len() < name.len() && !kind.is_empty()).unwrap_or("other");
    Identifier { r#type: kind.to_ascii_lowercase(), value: name.clone(), name: name.clone(), url: links::about(id) }
}

/// The distribution and its release, as the purl says; for packages of languages there is none.
fn operating_system(one: &Vulnerability) -> String {
    let purl = one.purls.iter().find_map(|purl| Purl::read(purl).ok());
    let system = purl.filter(|purl| matches!(purl.kind(), "deb" | "rpm" | "apk")).map(|purl| {
        let distro = purl.qualifier("distro").or(purl.namespace()).unwrap_or("unknown");
        visible::line(distro).replacen('-', ":", 1)
    });
    system.unwrap_or_else(|| "unknown".to_owned())
}
