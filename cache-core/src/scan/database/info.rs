//! What an index says of itself.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::model::Timestamp;

/// What a vulnerability database was made of.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DatabaseInfo {
    /// How old its data is: the newest date of its sources.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub data_as_of: Option<Timestamp>,
    /// What it was made of.
    pub sources: Vec<DatabaseSource>,
    /// How many advisories it has.
    pub advisories: u64,
    /// About how many packages.
    pub packages: u64,
    /// The ecosystems, such as `npm` and `deb/debian/12`, with the number of their advisories. About others it knows nothing.
    pub ecosystems: BTreeMap<String, u64>,
}

/// One source of a vulnerability database.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DatabaseSource {
    /// `osv`, `grype` or `trivy`.
    pub name: String,
    /// The newest date that it states.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub as_of: Option<Timestamp>,
    /// How many advisories were taken from it.
    pub advisories: u64,
    /// How many of its records are withdrawn, and so match nothing.
    pub withdrawn: u64,
    /// How many were left out for other reasons, by the reason.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub left_out: BTreeMap<String, u64>,
}

impl DatabaseSource {
    pub(super) fn named(name: &str) -> Self {
        DatabaseSource { name: name.to_owned(), ..DatabaseSource::default() }
    }

    pub(super) fn leave_out(&mut self, reason: impl Into<String>) {
        *self.left_out.entry(reason.into()).or_default() += 1;
    }

    /// Takes a date into account.
    pub(super) fn is_from(&mut self, date: Option<Timestamp>) {
        self.as_of = self.as_of.max(date);
    }
}
