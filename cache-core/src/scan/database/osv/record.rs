//! One record of OSV.

use std::collections::BTreeSet;

use serde::Deserialize;
use serde_json::Value;

use super::super::advisory::{Advisory, Names, Place, Range, borrowed, place};
use super::super::{DatabaseBuilder, DatabaseSource};
use super::ranges::{self, Event};
use crate::document::time;
use crate::model::{Timestamp, null_is_empty};
use crate::scan::Rating;
use crate::scan::ecosystem::Ecosystem;

/// Beyond so many comparisons, versions stay listed though a range covers them.
const MAX_COMPARED: usize = 10_000_000;

#[derive(Deserialize)]
pub(super) struct Vulnerability {
    id: String,
    #[serde(default, deserialize_with = "time")]
    modified: Option<Timestamp>,
    #[serde(default)]
    withdrawn: Option<String>,
    #[serde(default, deserialize_with = "null_is_empty")]
    aliases: Vec<String>,
    #[serde(default, deserialize_with = "null_is_empty")]
    upstream: Vec<String>,
    #[serde(default, deserialize_with = "null_is_empty")]
    related: Vec<String>,
    #[serde(default, deserialize_with = "null_is_empty")]
    severity: Vec<Severity>,
    #[serde(default, deserialize_with = "null_is_empty")]
    affected: Vec<Affected>,
    #[serde(default, deserialize_with = "null_is_empty")]
    database_specific: Specific,
}

#[derive(Deserialize)]
struct Severity {
    #[serde(default, rename = "type", deserialize_with = "null_is_empty")]
    kind: String,
    #[serde(default, deserialize_with = "null_is_empty")]
    score: String,
}

/// What databases add as they like.
#[derive(Default, Deserialize)]
struct Specific {
    #[serde(default)]
    severity: Value,
    /// Debian's word for it.
    #[serde(default)]
    urgency: Value,
}

#[derive(Deserialize)]
struct Affected {
    #[serde(default, deserialize_with = "null_is_empty")]
    package: Package,
    #[serde(default, deserialize_with = "null_is_empty")]
    ranges: Vec<RangeOf>,
    #[serde(default, deserialize_with = "null_is_empty")]
    versions: Vec<String>,
    #[serde(default, deserialize_with = "null_is_empty")]
    severity: Vec<Severity>,
    #[serde(default, deserialize_with = "null_is_empty")]
    ecosystem_specific: Specific,
    #[serde(default, deserialize_with = "null_is_empty")]
    database_specific: Specific,
}

#[derive(Default, Deserialize)]
struct Package {
    #[serde(default, deserialize_with = "null_is_empty")]
    ecosystem: String,
    #[serde(default, deserialize_with = "null_is_empty")]
    name: String,
}

#[derive(Deserialize)]
struct RangeOf {
    #[serde(default, rename = "type", deserialize_with = "null_is_empty")]
    kind: String,
    #[serde(default, deserialize_with = "null_is_empty")]
    events: Vec<Event>,
}

impl Vulnerability {
    /// Adds an advisory for each package that it is about.
    pub(super) fn add(self, builder: &mut DatabaseBuilder, source: &mut DatabaseSource) {
        source.is_from(self.modified);
        if self.withdrawn.as_ref().is_some_and(|date| !date.is_empty()) {
            source.withdrawn += 1;
            return;
        }
        if self.affected.is_empty() {
            source.leave_out("no package");
        }
        for affected in &self.affected {
            let Some(ecosystem) = Ecosystem::of_osv(&affected.package.ecosystem) else {
                let family = affected.package.ecosystem.split(':').next().unwrap_or_default();
                source.leave_out(format!("ecosystem {family:?}"));
                continue;
            };
            let advisory = self.advisory(affected, &ecosystem);
            if affected.package.name.is_empty() {
                source.leave_out("no package");
            } else if advisory.ranges.is_empty() && advisory.versions.is_empty() {
                source.leave_out("no versions but those of commits");
            } else {
                source.advisories += 1;
                builder.add(&ecosystem, &affected.package.name, &advisory);
            }
        }
    }

    fn advisory(&self, affected: &Affected, ecosystem: &Ecosystem) -> Advisory {
        let source = self.id.split('-').next().unwrap_or_default().to_ascii_lowercase();
        let purl_type = ecosystem.purl_type();
        let mut advisory = Advisory {
            id: self.id.clone(),
            aliases: self.names(purl_type),
            ratings: self.ratings(affected, &source),
            names: names_of(ecosystem),
            source,
            ..Advisory::default()
        };
        let Some(scheme) = ecosystem.scheme() else { return advisory };
        for range in affected.ranges.iter().filter(|range| range.kind != "GIT") {
            advisory.ranges.extend(ranges::of(&range.events, scheme));
        }
        // Alpine's source knows only fixes; a range over everything is what was left of a record that names single versions.
        if purl_type == "apk" {
            advisory.ranges.retain(|range| !ranges::is_everything(range));
        }
        let covers = |range: &Range, version: &str| {
            place(scheme, version, borrowed(&range.lower), borrowed(&range.upper)) == Place::Inside
        };
        let few = affected.versions.len().saturating_mul(advisory.ranges.len()) < MAX_COMPARED;
        let listed = affected.versions.iter();
        let listed = listed.filter(|version| !few || !advisory.ranges.iter().any(|range| covers(range, version)));
        advisory.versions = listed.cloned().collect();
        advisory
    }

    /// The other names of the vulnerability. A distribution's record names the ones it comes from as `upstream`, and an erratum
    /// often only as `related`.
    fn names(&self, purl_type: &str) -> Vec<String> {
        let related = || self.related.iter().filter(|id| purl_type == "rpm" && id.starts_with("CVE-"));
        let mut names: BTreeSet<&String> = self.aliases.iter().chain(&self.upstream).collect();
        if names.is_empty() {
            names.extend(related());
        }
        names.into_iter().filter(|name| **name != self.id && !name.is_empty()).cloned().collect()
    }

    /// The words of the package's own database first, then the vectors of the newest version first.
    fn ratings(&self, affected: &Affected, source: &str) -> Vec<Rating> {
        let specific = [&affected.ecosystem_specific, &affected.database_specific, &self.database_specific];
        let words =
            specific.into_iter().flat_map(|specific| [&specific.severity, &specific.urgency]).filter_map(Value::as_str);
        let own = || affected.severity.iter().chain(&self.severity);
        let vectors = |kind: &'static str| own().filter(move |severity| severity.kind == kind);
        let stated =
            own().filter(|severity| !severity.kind.starts_with("CVSS_")).map(|severity| severity.score.as_str());
        let words = words.chain(stated).filter_map(|word| Rating::word(source, word));
        let vectors = ["CVSS_V4", "CVSS_V3", "CVSS_V2"].into_iter().flat_map(vectors);
        let vectors = vectors.filter_map(|severity| Rating::vector(source, &severity.score));
        let mut seen = BTreeSet::new();
        words.chain(vectors).filter(|rating| seen.insert(rating.clone())).collect()
    }
}

/// What OSV's schema says that the names of a distribution's packages are: sources, but AlmaLinux's errata list what is
/// installed, and Red Hat's both.
fn names_of(ecosystem: &Ecosystem) -> Names {
    match (ecosystem.purl_type(), ecosystem.distribution()) {
        ("deb" | "apk", _) => Names::Source,
        ("rpm", Some("almalinux")) => Names::Binary,
        ("rpm", _) => Names::Both,
        _ => Names::Binary,
    }
}
