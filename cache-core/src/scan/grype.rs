//! Grype's JSON (`grype -o json`).

use serde::Deserialize;
use serde::de::IgnoredAny;

use super::report::{other_than_image, platform};
use super::{Epss, Finding, FixState, Rating, Report, Severity, Share};
use crate::document::{self, digest_in, in_words, time};
use crate::error::{Error, Result};
use crate::model::Timestamp;
use crate::model::null_is_empty;

#[derive(Deserialize)]
struct Document {
    matches: Vec<Match>,
    #[serde(default, deserialize_with = "null_is_empty")]
    source: Source,
    descriptor: Descriptor,
}

#[derive(Deserialize)]
struct Match {
    vulnerability: Vulnerability,
    #[serde(default, rename = "relatedVulnerabilities", deserialize_with = "null_is_empty")]
    related: Vec<Related>,
    artifact: Artifact,
}

#[derive(Deserialize)]
struct Vulnerability {
    id: String,
    #[serde(default, deserialize_with = "null_is_empty")]
    severity: String,
    #[serde(default, deserialize_with = "null_is_empty")]
    fix: Fix,
    /// `github:language:npm`, `debian:distro:debian:12`.
    #[serde(default, deserialize_with = "null_is_empty")]
    namespace: String,
    #[serde(default, deserialize_with = "null_is_empty")]
    cvss: Vec<Cvss>,
    #[serde(default, rename = "knownExploited", deserialize_with = "null_is_empty")]
    known_exploited: Vec<IgnoredAny>,
    #[serde(default, deserialize_with = "null_is_empty")]
    epss: Vec<Exploitation>,
}

#[derive(Default, Deserialize)]
struct Fix {
    #[serde(default, deserialize_with = "null_is_empty")]
    versions: Vec<String>,
    #[serde(default, deserialize_with = "null_is_empty")]
    state: String,
}

#[derive(Deserialize)]
struct Cvss {
    #[serde(default, deserialize_with = "null_is_empty")]
    source: String,
    #[serde(default, deserialize_with = "null_is_empty")]
    vector: String,
}

#[derive(Deserialize)]
struct Exploitation {
    epss: f64,
    percentile: f64,
}

#[derive(Deserialize)]
struct Related {
    id: String,
}

#[derive(Deserialize)]
struct Artifact {
    name: String,
    #[serde(default, deserialize_with = "null_is_empty")]
    version: String,
    #[serde(default, deserialize_with = "null_is_empty")]
    purl: String,
}

#[derive(Default, Deserialize)]
struct Source {
    /// `image`, `directory`, `file`, `sbom-file`, ...
    #[serde(default, rename = "type", deserialize_with = "null_is_empty")]
    kind: String,
    /// An object for an image; a path for a folder.
    #[serde(default)]
    target: Option<serde_json::Value>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Target {
    /// The digest of the configuration.
    #[serde(default, rename = "imageID", deserialize_with = "null_is_empty")]
    image_id: String,
    #[serde(default, deserialize_with = "null_is_empty")]
    manifest_digest: String,
    #[serde(default, deserialize_with = "null_is_empty")]
    repo_digests: Vec<String>,
    #[serde(default, deserialize_with = "null_is_empty")]
    architecture: String,
    #[serde(default, deserialize_with = "null_is_empty")]
    os: String,
}

#[derive(Deserialize)]
struct Descriptor {
    name: String,
    #[serde(default)]
    version: Option<String>,
    #[serde(default, deserialize_with = "time")]
    timestamp: Option<Timestamp>,
    #[serde(default, deserialize_with = "null_is_empty")]
    db: Db,
}

/// `db.status.built` since schema 6, `db.built` before.
#[derive(Default, Deserialize)]
struct Db {
    #[serde(default, deserialize_with = "time")]
    built: Option<Timestamp>,
    #[serde(default, deserialize_with = "null_is_empty")]
    status: Status,
}

#[derive(Default, Deserialize)]
struct Status {
    #[serde(default, deserialize_with = "time")]
    built: Option<Timestamp>,
}

pub(super) fn parse(text: &str) -> Result<Report> {
    let document: Document = document::json("a Grype report", text)?;
    if !document.descriptor.name.eq_ignore_ascii_case("grype") {
        return Err(Error::invalid(format!("not a Grype report: it is by {:?}", document.descriptor.name)));
    }
    let target: Target = match document.source.target {
        Some(target @ serde_json::Value::Object(_)) => serde_json::from_value(target)
            .map_err(|e| Error::invalid(format!("not a Grype report: source.target: {}", in_words(&e))).caused_by(e))?,
        _ => Target::default(),
    };
    // The manifest that was scanned. An image from a daemon has none of the registry's, but remembers its digest there.
    let subjects = std::iter::once(&target.manifest_digest).chain(&target.repo_digests).filter_map(|d| digest_in(d));
    let mut subjects: Vec<_> = subjects.collect();
    subjects.sort();
    subjects.dedup();
    Ok(Report {
        scanner: "grype".to_owned(),
        scanner_version: document.descriptor.version,
        scanned_at: document.descriptor.timestamp,
        data_as_of: document.descriptor.db.status.built.or(document.descriptor.db.built),
        subjects,
        image_ids: digest_in(&target.image_id).into_iter().collect(),
        target: other_than_image(&document.source.kind),
        platform: platform(target.os, target.architecture),
        findings: document.matches.into_iter().map(finding).collect(),
        ..Report::default()
    })
}

fn finding(found: Match) -> Finding {
    let Vulnerability { id, severity, fix, namespace, cvss, known_exploited, epss } = found.vulnerability;
    let source = namespace.split(':').next().unwrap_or_default();
    let vectors = cvss.iter().filter_map(|cvss| Rating::vector(&cvss.source, &cvss.vector));
    let ratings = Rating::word(source, &severity).into_iter().chain(vectors).collect();
    let epss =
        epss.first().and_then(|e| Some(Epss { probability: Share::of(e.epss)?, percentile: Share::of(e.percentile)? }));
    let mut aliases: Vec<String> = found.related.into_iter().map(|r| r.id).filter(|other| *other != id).collect();
    aliases.sort();
    aliases.dedup();
    Finding {
        aliases,
        severity: Severity::of(&severity),
        package: found.artifact.name,
        version: found.artifact.version,
        purl: Some(found.artifact.purl).filter(|purl| !purl.is_empty()),
        fixed_in: Some(fix.versions.join(", ")).filter(|fixed| !fixed.is_empty()),
        fix_state: match fix.state.as_str() {
            "fixed" => FixState::Fixed,
            "not-fixed" => FixState::NotFixed,
            "wont-fix" => FixState::WontFix,
            _ => FixState::Unknown,
        },
        ratings,
        sources: Some(source.to_owned()).filter(|source| !source.is_empty()).into_iter().collect(),
        source_package: None,
        exploited: !known_exploited.is_empty(),
        epss,
        id,
    }
}
