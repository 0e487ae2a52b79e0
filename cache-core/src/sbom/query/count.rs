//! How much there is.

use std::collections::{BTreeMap, HashMap};

use serde::{Deserialize, Serialize};

use super::find::kind_of;
use crate::sbom::Sbom;
use crate::sbom::license;

/// What is in an SBOM, counted. In JSON `{"packages": 566, "files": 0, "relationships": 900, "findings": 0,
/// "byType": {"deb": 88, "npm": 300}, "withoutPurl": 1}`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Count {
    /// Packages, as [`Sbom::listed`] counts them: without the image that the document is about, and the operating system as a
    /// whole.
    pub packages: usize,
    /// Files.
    pub files: usize,
    /// Relationships.
    pub relationships: usize,
    /// What is wrong with the document.
    pub findings: usize,
    /// Packages by the type of their purl.
    pub by_type: BTreeMap<String, usize>,
    /// Packages that have no purl.
    pub without_purl: usize,
}

/// Which licences the packages of an SBOM have. In JSON `{"stated": {"GPLv2+": 3}, "identifiers": {"GPL-2.0-or-later": 3},
/// "notUnderstood": {"see file": 1}, "without": 10}`; the numbers count packages.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct LicenseHistogram {
    /// Packages by licence as it is stated.
    pub stated: BTreeMap<String, usize>,
    /// Packages by SPDX identifier in their licences, whatever way they are written.
    pub identifiers: BTreeMap<String, usize>,
    /// Packages by licence that is no SPDX expression nor means one.
    pub not_understood: BTreeMap<String, usize>,
    /// Packages of which no licence is stated.
    pub without: usize,
}

impl Sbom<'_> {
    /// Counts what is in it.
    pub fn count(&self) -> Count {
        let (relationships, findings, files) = (self.relationships.len(), self.findings.len(), self.files.len());
        let mut count = Count { files, relationships, findings, ..Count::default() };
        let mut types: HashMap<&str, usize> = HashMap::new();
        for package in self.listed() {
            count.packages += 1;
            match kind_of(package) {
                Some(kind) => *types.entry(kind).or_default() += 1,
                None => count.without_purl += 1,
            }
        }
        for (kind, number) in types {
            *count.by_type.entry(kind.to_ascii_lowercase()).or_default() += number;
        }
        count
    }

    /// Counts the packages by licence.
    pub fn license_histogram(&self) -> LicenseHistogram {
        let mut histogram = LicenseHistogram::default();
        let mut known: HashMap<&str, Vec<String>> = HashMap::new();
        for package in self.listed() {
            let mut texts: Vec<&str> = package.effective_licenses().map(|license| license.text.as_str()).collect();
            texts.sort_unstable();
            texts.dedup();
            histogram.without += usize::from(texts.is_empty());
            let mut identifiers: Vec<String> = Vec::new();
            for text in texts {
                *histogram.stated.entry(text.to_owned()).or_default() += 1;
                let meant = known.entry(text).or_insert_with(|| license::identifiers(text));
                if meant.is_empty() {
                    *histogram.not_understood.entry(text.to_owned()).or_default() += 1;
                }
                identifiers.extend_from_slice(meant);
            }
            identifiers.sort_unstable();
            identifiers.dedup();
            for identifier in identifiers {
                *histogram.identifiers.entry(identifier).or_default() += 1;
            }
        }
        histogram
    }
}
