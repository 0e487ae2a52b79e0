//! What a scanner found, whatever scanner it was.

use std::fmt;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize};

use super::{Epss, FixState, Rating};
use crate::model::{Digest, Platform, Purl, Timestamp};

/// The severities, mildest first. `Unknown` is what the source did not say, and stands below the rest only in this order:
/// whether it blocks is the policy's word.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Severity {
    /// Not stated.
    #[default]
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

impl Severity {
    /// The severity that a scanner's word means, in any case. A word that is not known means `Unknown`.
    pub fn of(word: &str) -> Severity {
        Severity::known(word).unwrap_or_default()
    }

    fn known(word: &str) -> Option<Severity> {
        Some(match word.trim().to_ascii_lowercase().as_str() {
            "critical" => Severity::Critical,
            "high" | "important" => Severity::High,
            "medium" | "moderate" => Severity::Medium,
            "low" => Severity::Low,
            "negligible" | "unimportant" => Severity::Negligible,
            "unknown" => Severity::Unknown,
            _ => return None,
        })
    }
}

/// Of Cache's own formats: a word that is not known is refused there, or a misspelt one would count as not stated. What scanners
/// write is read by [`Severity::of`].
impl<'de> Deserialize<'de> for Severity {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        const WORDS: &[&str] = &["unknown", "negligible", "low", "medium", "high", "critical"];
        let word = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        Severity::known(&word).ok_or_else(|| D::Error::unknown_variant(&word, WORDS))
    }
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Severity::Unknown => "unknown",
            Severity::Negligible => "negligible",
            Severity::Low => "low",
            Severity::Medium => "medium",
            Severity::High => "high",
            Severity::Critical => "critical",
        })
    }
}

/// A vulnerability in a package.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
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
    /// What is said of the fix.
    #[serde(default, skip_serializing_if = "FixState::is_unknown")]
    pub fix_state: FixState,
    /// All severities that were stated, by whom, and with which score. The first of them is [`Finding::severity`].
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ratings: Vec<Rating>,
    /// Who says that the version is affected: `ghsa`, `debian`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sources: Vec<String>,
    /// The source package with its version, where the advisory is about that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source_package: Option<String>,
    /// Whether it is known to be exploited (CISA's catalogue). `false` says nothing.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub exploited: bool,
    /// How likely it is to be exploited soon, where that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub epss: Option<Epss>,
}

/// Something that a scan could not answer, or that it answered on somebody else's word. What a report has a note of is neither
/// affected nor safe.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Note {
    /// What kind: `no-version`, `unreadable-version`, `no-data`, `unknown-release`, `fixed-by-distribution`, …
    pub code: String,
    /// The package's name.
    pub package: String,
    /// The installed version, where there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// The package as a purl, where it has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub purl: Option<String>,
    /// The vulnerabilities that it is about; empty where it is about the package as a whole.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub advisories: Vec<String>,
    /// What it means, in a sentence.
    pub message: String,
}

impl Note {
    /// Whether it says how something was decided. Any other note, of whatever scanner, is a gap: nobody knows.
    pub fn is_answer(&self) -> bool {
        matches!(self.code.as_str(), "fixed-by-distribution" | "kernel-headers" | "other-distribution")
    }
}

/// What a scanner found in an image. Its JSON Schema is `docs/schema/report-v1.json`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
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
    /// The digests of configurations that it names, which tools call the id of an image. A scanner that is shown an archive
    /// knows no other name of it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub image_ids: Vec<Digest>,
    /// What was scanned, in the scanner's word, where that is no image: `directory`, `filesystem`, `repository`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target: Option<String>,
    /// The platform that was scanned, where the report says. A scanner that is given an index looks at one platform of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub platform: Option<Platform>,
    /// How many packages were looked at, where the scanner says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub packages: Option<u64>,
    /// The vulnerabilities.
    pub findings: Vec<Finding>,
    /// What was not scanned, and what could not be decided. Scanners that do not tell have none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<Note>,
}

/// A platform from the two words that scanners write; none where they leave one empty.
pub(super) fn platform(os: String, architecture: String) -> Option<Platform> {
    if os.is_empty() || architecture.is_empty() {
        return None;
    }
    Some(Platform { os, architecture, variant: None, os_version: None, os_features: Vec::new() })
}

/// The scanner's word for what it scanned, where that is no image. A report of an SBOM is of whatever the SBOM is of; a word that
/// nobody knows is taken for no image.
pub(super) fn other_than_image(kind: &str) -> Option<String> {
    let kind = kind.trim().to_ascii_lowercase();
    let may_be_image =
        ["", "image", "container_image", "cyclonedx", "spdx", "sbom", "sbom-file", "unknown"].contains(&kind.as_str());
    (!may_be_image).then_some(kind)
}

/// The purl of a language's package whose name a scanner writes in one piece: `group:artifact`, `@scope/name`.
pub(super) fn purl_of(kind: &str, name: &str, version: &str) -> Option<String> {
    let separator = if kind == "maven" { ':' } else { '/' };
    let builder = match name.rsplit_once(separator) {
        Some((namespace, name)) => Purl::builder(kind, name).namespace(namespace),
        None => Purl::builder(kind, name),
    };
    builder.version(version).build().ok().map(|purl| purl.to_string())
}
