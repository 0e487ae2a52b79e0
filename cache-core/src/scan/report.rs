//! What a scanner found, whatever scanner it was.

use serde::{Deserialize, Serialize};

use crate::model::{Digest, Timestamp};

/// The severities, mildest first. `Unknown` is what the source did not say, and stands below the rest only in this order:
/// whether it blocks is the policy's word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Severity {
    /// Not stated.
    Unknown,
    /// Below low.
    Negligible,
    /// Low.
    Low,
    /// Medium.
    Medium,
    /// High.
    High,
    /// Critical.
    Critical,
}

/// A vulnerability in a package.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Finding {
    /// The identifier that the scanner uses, such as `CVE-2024-1` or `GHSA-…`.
    pub id: String,
    /// Other identifiers of the same vulnerability.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub aliases: Vec<String>,
    /// How bad it is, as the scanner says.
    pub severity: Severity,
    /// The package's name.
    pub package: String,
    /// The installed version.
    pub version: String,
    /// The package as a purl, where the scanner gives one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub purl: Option<String>,
    /// The version that has the fix; absent where there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fixed_in: Option<String>,
}

/// What a scanner found in an image. Its JSON Schema is `docs/schema/report-v1.json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Report {
    /// The scanner's name, such as `grype`.
    pub scanner: String,
    /// The scanner's version.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scanner_version: Option<String>,
    /// When the scan ran.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scanned_at: Option<Timestamp>,
    /// How old the scanner's data is: when its database was built.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub data_as_of: Option<Timestamp>,
    /// The digests of manifests that the report says it is about; empty where it names none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub subjects: Vec<Digest>,
    /// The vulnerabilities.
    pub findings: Vec<Finding>,
}
