//! Trivy's JSON (`trivy image --format json`), schema version 2.

use serde::Deserialize;

use super::report::platform;
use super::{Finding, Report, Severity};
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
    trivy: Version,
    #[serde(default, deserialize_with = "null_is_empty")]
    metadata: Metadata,
    /// Absent where nothing was found.
    #[serde(default, deserialize_with = "null_is_empty")]
    results: Vec<ResultOf>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Version {
    #[serde(default)]
    version: Option<String>,
}

/// `ImageID` is here too: the digest of the configuration, which names no manifest.
#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Metadata {
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
    vulnerabilities: Vec<Vulnerability>,
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
    Ok(Report {
        scanner: "trivy".to_owned(),
        scanner_version: document.trivy.version,
        scanned_at: document.created_at,
        data_as_of: None,
        subjects: document.metadata.repo_digests.iter().filter_map(|d| digest_in(d)).collect(),
        platform: platform(config.os, config.architecture),
        findings: document.results.into_iter().flat_map(|result| result.vulnerabilities).map(finding).collect(),
    })
}

fn finding(found: Vulnerability) -> Finding {
    Finding {
        id: found.id,
        aliases: Vec::new(),
        severity: Severity::of(&found.severity),
        package: found.pkg_name,
        version: found.installed_version,
        purl: found.pkg_identifier.purl.filter(|purl| !purl.is_empty()),
        fixed_in: Some(found.fixed_version).filter(|fixed| !fixed.is_empty()),
    }
}
