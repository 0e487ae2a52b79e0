//! The JSON of advisories, which each kind of bucket has its own fields of.

use std::collections::{BTreeSet, HashMap};
use std::ops::Bound;

use serde::Deserialize;

use super::buckets::{About, red_hat};
use crate::model::null_is_empty;
use crate::scan::database::Names;
use crate::scan::database::advisory::{Advisory, Range, Says};
use crate::scan::database::constraint;
use crate::scan::ecosystem::Ecosystem;
use crate::scan::trivy::severity;
use crate::scan::{Rating, Severity};

/// All fields of all kinds.
#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Value {
    #[serde(flatten)]
    fixed: Fixed,
    #[serde(default, deserialize_with = "null_is_empty")]
    affected_version: String,
    #[serde(default)]
    severity: f64,
    #[serde(default, deserialize_with = "null_is_empty")]
    entries: Vec<Entry>,
    #[serde(default, deserialize_with = "null_is_empty")]
    vulnerable_versions: Vec<String>,
    #[serde(default, deserialize_with = "null_is_empty")]
    patched_versions: Vec<String>,
    #[serde(default, deserialize_with = "null_is_empty")]
    unaffected_versions: Vec<String>,
}

#[derive(Clone, Default, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Fixed {
    #[serde(default, deserialize_with = "null_is_empty")]
    fixed_version: String,
    #[serde(default)]
    status: f64,
    #[serde(default, deserialize_with = "null_is_empty")]
    arches: Vec<String>,
}

/// One of several answers, by product or architecture.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Entry {
    #[serde(flatten)]
    fixed: Fixed,
    /// The numbers of Red Hat's products.
    #[serde(default, deserialize_with = "null_is_empty")]
    affected: Vec<u64>,
    #[serde(default, deserialize_with = "null_is_empty")]
    cves: Vec<Cve>,
}

#[derive(Deserialize)]
struct Cve {
    #[serde(default, rename = "ID", deserialize_with = "null_is_empty")]
    id: String,
    #[serde(default, rename = "Severity")]
    severity: f64,
}

impl Value {
    /// The advisories that it stands for. Their source and that of their own ratings is for the caller to fill in.
    pub(super) fn advisories(
        &self,
        about: &About,
        id: &str,
        products: &HashMap<u64, String>,
    ) -> Vec<(Ecosystem, Advisory)> {
        match about {
            About::System { ecosystem, names } => {
                self.system(id, *names).into_iter().map(|advisory| (ecosystem.clone(), advisory)).collect()
            }
            About::RedHat => self.entries.iter().flat_map(|entry| entry.red_hat(id, products)).collect(),
            About::Language(ecosystem) => {
                vec![(ecosystem.clone(), Advisory { id: id.to_owned(), ranges: self.ranges(), ..Advisory::default() })]
            }
        }
    }

    fn system(&self, id: &str, names: Names) -> Vec<Advisory> {
        let lower = match self.affected_version.as_str() {
            "" => Bound::Unbounded,
            version => Bound::Included(version.to_owned()),
        };
        let advisory =
            |fixed: &Fixed| Advisory { ratings: rating(self.severity), names, ..fixed.advisory(id, lower.clone()) };
        match self.entries.is_empty() {
            true => vec![advisory(&self.fixed)],
            false => self.entries.iter().map(|entry| advisory(&entry.fixed)).collect(),
        }
    }

    /// Affected is what is vulnerable, or everything where nothing says what is, and neither patched nor unaffected.
    fn ranges(&self) -> Vec<Range> {
        let secure = self.patched_versions.iter().chain(&self.unaffected_versions);
        let everything = self.vulnerable_versions.iter().chain(&self.patched_versions).any(String::is_empty);
        let patched = self.patched_versions.iter().map(|version| version.trim_start_matches(['>', '=', ' ']));
        let patched = patched.filter(|version| !version.is_empty()).collect::<Vec<_>>().join(", ");
        let vulnerable = if everything { "" } else { &self.vulnerable_versions.join(" || ") };
        let mut ranges = constraint::ranges(vulnerable, &Says::Affected);
        for range in &mut ranges {
            range.says = match &range.upper {
                Bound::Excluded(fix) if !fix.starts_with('?') => Says::FixedIn(fix.clone()),
                _ if !patched.is_empty() => Says::FixedIn(patched.clone()),
                _ => Says::NotFixed,
            };
        }
        if !everything {
            ranges.extend(secure.flat_map(|versions| constraint::ranges(versions, &Says::NotAffected)));
        }
        ranges
    }
}

impl Fixed {
    fn advisory(&self, id: &str, lower: Bound<String>) -> Advisory {
        let says = match (self.fixed_version.as_str(), self.status as i64) {
            ("", 1) => Says::NotAffected,
            // It will not be fixed, or its product is no longer maintained.
            ("", 5 | 7) => Says::WontFix,
            ("", _) => Says::NotFixed,
            (version, _) => Says::FixedIn(version.to_owned()),
        };
        let upper = match &says {
            Says::FixedIn(version) => Bound::Excluded(version.clone()),
            _ => Bound::Unbounded,
        };
        let ranges = vec![Range { lower, upper, says }];
        Advisory { id: id.to_owned(), ranges, arches: self.arches.clone(), ..Advisory::default() }
    }
}

impl Entry {
    /// An erratum is about several vulnerabilities, and they are what is looked for.
    fn red_hat(&self, id: &str, products: &HashMap<u64, String>) -> Vec<(Ecosystem, Advisory)> {
        let releases: BTreeSet<Ecosystem> =
            self.affected.iter().filter_map(|number| red_hat(products.get(number)?)).collect();
        let named = |cve: &Cve| Advisory {
            ratings: rating(cve.severity),
            ..self.fixed.advisory(if cve.id.is_empty() { id } else { &cve.id }, Bound::Unbounded)
        };
        let mut advisories: Vec<Advisory> = self.cves.iter().map(named).collect();
        if advisories.is_empty() {
            advisories.push(self.fixed.advisory(id, Bound::Unbounded));
        }
        releases
            .iter()
            .flat_map(|release| advisories.iter().map(|advisory| (release.clone(), advisory.clone())))
            .collect()
    }
}

/// The rating of whoever made the advisory.
fn rating(number: f64) -> Vec<Rating> {
    let severity = severity(number);
    let rating = Rating { source: String::new(), severity, score: None, vector: None };
    (severity != Severity::Unknown).then_some(rating).into_iter().collect()
}
