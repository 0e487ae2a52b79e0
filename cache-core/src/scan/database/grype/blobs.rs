//! The JSON in the blobs.

use serde::Deserialize;

use super::super::advisory::{Range, Says};
use super::super::constraint;
use crate::model::null_is_empty;
use crate::scan::Rating;

#[derive(Default, Deserialize)]
pub(super) struct VulnerabilityBlob {
    #[serde(default, deserialize_with = "null_is_empty")]
    pub(super) aliases: Vec<String>,
    #[serde(default, deserialize_with = "null_is_empty")]
    severities: Vec<Severity>,
}

#[derive(Deserialize)]
struct Severity {
    #[serde(default, deserialize_with = "null_is_empty")]
    source: String,
    #[serde(default)]
    rank: i64,
    value: Value,
}

/// A word, or a vector.
#[derive(Deserialize)]
#[serde(untagged)]
enum Value {
    Word(String),
    Vector {
        #[serde(default, deserialize_with = "null_is_empty")]
        vector: String,
    },
}

impl VulnerabilityBlob {
    /// The ratings, the lowest rank first; without a source they are the provider's own.
    pub(super) fn ratings(&self, provider: &str) -> Vec<Rating> {
        let mut severities: Vec<&Severity> = self.severities.iter().collect();
        severities.sort_by_key(|severity| severity.rank);
        let rating = |severity: &Severity| {
            let source = if severity.source.is_empty() { provider } else { &severity.source };
            match &severity.value {
                Value::Word(word) => Rating::word(source, word),
                Value::Vector { vector } => Rating::vector(source, vector),
            }
        };
        severities.into_iter().filter_map(rating).collect()
    }
}

#[derive(Default, Deserialize)]
pub(super) struct PackageBlob {
    #[serde(default, deserialize_with = "null_is_empty")]
    pub(super) cves: Vec<String>,
    #[serde(default, deserialize_with = "null_is_empty")]
    pub(super) qualifiers: Qualifiers,
    #[serde(default, deserialize_with = "null_is_empty")]
    ranges: Vec<RangeOf>,
}

#[derive(Default, Deserialize)]
pub(super) struct Qualifiers {
    #[serde(default, deserialize_with = "null_is_empty")]
    pub(super) rpm_modularity: String,
    #[serde(default, deserialize_with = "null_is_empty")]
    pub(super) architecture: String,
}

#[derive(Deserialize)]
struct RangeOf {
    #[serde(default, deserialize_with = "null_is_empty")]
    version: Version,
    #[serde(default, deserialize_with = "null_is_empty")]
    fix: Fix,
}

#[derive(Default, Deserialize)]
struct Version {
    #[serde(default, deserialize_with = "null_is_empty")]
    constraint: String,
}

#[derive(Default, Deserialize)]
struct Fix {
    #[serde(default, deserialize_with = "null_is_empty")]
    version: String,
    #[serde(default, deserialize_with = "null_is_empty")]
    state: String,
}

impl PackageBlob {
    /// The ranges with what is said of them; a package that is affected or not without a range is so in all versions.
    pub(super) fn ranges(&self, affected: bool) -> Vec<Range> {
        let says = |fix: &Fix| match fix.state.as_str() {
            _ if !affected => Says::NotAffected,
            "not-affected" => Says::NotAffected,
            "fixed" if !fix.version.is_empty() => Says::FixedIn(fix.version.clone()),
            "not-fixed" => Says::NotFixed,
            "wont-fix" => Says::WontFix,
            _ => Says::Affected,
        };
        if self.ranges.is_empty() {
            return constraint::ranges("", &says(&Fix::default()));
        }
        self.ranges.iter().flat_map(|range| constraint::ranges(&range.version.constraint, &says(&range.fix))).collect()
    }
}
