//! Trivy's JSON (`trivy image --format json`), schema version 2.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::report::{other_than_image, platform};
use super::{Finding, FixState, Rating, Report, Severity};
use crate::document::{self, digest_in, time};
use crate::error::{Error, Result};
use crate::model::Timestamp;
use crate::model::null_is_empty;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Document {
    schema_version: u64,
    #[serde(default, deserialize_with = "time")]
    created_at: Option<Timestamp>,
    #[serde(default, deserialize_with = "null_is_empty")]
    artifact_type: String,
    #[serde(default, deserialize_with = "null_is_empty")]
    trivy: Version,
    #[serde(default, deserialize_with = "null_is_empty")]
    metadata: Metadata,
    /// Absent where there was nothing to look at.
    #[serde(default, deserialize_with = "null_is_empty")]
    results: Vec<ResultOf>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Version {
    #[serde(default)]
    version: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Metadata {
    /// The digest of the configuration, which names no manifest.
    #[serde(default, rename = "ImageID", deserialize_with = "null_is_empty")]
    image_id: String,
    #[serde(default, deserialize_with = "null_is_empty")]
    repo_digests: Vec<String>,
    #[serde(default, deserialize_with = "null_is_empty")]
    image_config: ImageConfig,
}

#[derive(Default, Deserialize)]
struct ImageConfig {
    #[serde(default, deserialize_with = "null_is_empty")]
    architecture: String,
    #[serde(default, deserialize_with = "null_is_empty")]
    os: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct ResultOf {
    #[serde(default, deserialize_with = "null_is_empty")]
    class: String,
    #[serde(default, deserialize_with = "null_is_empty")]
    vulnerabilities: Vec<Vulnerability>,
}

impl ResultOf {
    /// Whether packages were looked at: Trivy finds secrets, wrong settings and licences too. Older ones state no class.
    fn is_of_packages(&self) -> bool {
        matches!(self.class.as_str(), "" | "os-pkgs" | "lang-pkgs") || !self.vulnerabilities.is_empty()
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Vulnerability {
    #[serde(rename = "VulnerabilityID")]
    id: String,
    #[serde(default, deserialize_with = "null_is_empty")]
    severity: String,
    pkg_name: String,
    #[serde(default, deserialize_with = "null_is_empty")]
    installed_version: String,
    #[serde(default, deserialize_with = "null_is_empty")]
    fixed_version: String,
    #[serde(default, deserialize_with = "null_is_empty")]
    pkg_identifier: Identifier,
    #[serde(default, deserialize_with = "null_is_empty")]
    status: String,
    #[serde(default, deserialize_with = "null_is_empty")]
    severity_source: String,
    #[serde(default, deserialize_with = "null_is_empty")]
    data_source: DataSource,
    #[serde(flatten)]
    stated: Stated,
}

#[derive(Default, Deserialize)]
struct DataSource {
    #[serde(default, rename = "ID", deserialize_with = "null_is_empty")]
    id: String,
}

/// How bad a vulnerability is by its sources; Trivy's database has it in the same form.
#[derive(Default, Deserialize)]
pub(super) struct Stated {
    #[serde(default, rename = "VendorSeverity", deserialize_with = "null_is_empty")]
    words: BTreeMap<String, f64>,
    #[serde(default, rename = "CVSS", deserialize_with = "null_is_empty")]
    vectors: BTreeMap<String, Vectors>,
}

#[derive(Default, Deserialize)]
struct Vectors {
    #[serde(default, rename = "V40Vector", deserialize_with = "null_is_empty")]
    v4: String,
    #[serde(default, rename = "V3Vector", deserialize_with = "null_is_empty")]
    v3: String,
    #[serde(default, rename = "V2Vector", deserialize_with = "null_is_empty")]
    v2: String,
}

impl Stated {
    /// The ratings, those of the preferred source first.
    pub(super) fn ratings(&self, preferred: &str) -> Vec<Rating> {
        let words = self.words.iter().filter_map(|(source, number)| {
            let severity = severity(*number);
            (severity != Severity::Unknown).then(|| Rating {
                source: source.clone(),
                severity,
                score: None,
                vector: None,
            })
        });
        let vectors = self.vectors.iter().flat_map(|(source, vectors)| {
            [&vectors.v4, &vectors.v3, &vectors.v2].into_iter().filter_map(|vector| Rating::vector(source, vector))
        });
        let mut ratings: Vec<Rating> = words.chain(vectors).collect();
        ratings.sort_by_key(|rating| rating.source != preferred);
        ratings
    }
}

/// Trivy's number of a severity.
pub(super) fn severity(number: f64) -> Severity {
    match number as i64 {
        1 => Severity::Low,
        2 => Severity::Medium,
        3 => Severity::High,
        4 => Severity::Critical,
        _ => Severity::Unknown,
    }
}

#[derive(Default, Deserialize)]
struct Identifier {
    #[serde(default, rename = "PURL")]
    purl: Option<String>,
}

pub(super) fn parse(text: &str) -> Result<Report> {
    let document: Document = document::json("a Trivy report", text)?;
    if document.schema_version != 2 {
        return Err(Error::invalid(format!("Trivy reports of schema {} are not read", document.schema_version)));
    }
    let config = document.metadata.image_config;
    // A system or a language without findings has a result all the same.
    let is_empty = !document.results.iter().any(ResultOf::is_of_packages);
    Ok(Report {
        scanner: "trivy".to_owned(),
        scanner_version: document.trivy.version,
        scanned_at: document.created_at,
        data_as_of: None,
        subjects: document.metadata.repo_digests.iter().filter_map(|d| digest_in(d)).collect(),
        image_ids: digest_in(&document.metadata.image_id).into_iter().collect(),
        target: other_than_image(&document.artifact_type),
        platform: platform(config.os, config.architecture),
        packages: is_empty.then_some(0),
        findings: document.results.into_iter().flat_map(|result| result.vulnerabilities).map(finding).collect(),
        ..Report::default()
    })
}

fn finding(found: Vulnerability) -> Finding {
    Finding {
        id: found.id,
        severity: Severity::of(&found.severity),
        package: found.pkg_name,
        version: found.installed_version,
        purl: found.pkg_identifier.purl.filter(|purl| !purl.is_empty()),
        fixed_in: Some(found.fixed_version).filter(|fixed| !fixed.is_empty()),
        fix_state: match found.status.as_str() {
            "fixed" => FixState::Fixed,
            "affected" | "fix_deferred" => FixState::NotFixed,
            "will_not_fix" | "end_of_life" => FixState::WontFix,
            _ => FixState::Unknown,
        },
        ratings: found.stated.ratings(&found.severity_source),
        sources: Some(found.data_source.id).filter(|source| !source.is_empty()).into_iter().collect(),
        ..Finding::default()
    }
}
