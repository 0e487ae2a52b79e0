//! Several reports as one list: who said what of each vulnerability, and where they differ and why.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use serde::Serialize;

use super::merge::{Merged, identities_of, merge, package_of};
use super::{Finding, FixState, Note, Rating, Report, Severity};
use crate::model::Timestamp;

/// What several reports come to. As JSON: `docs/schema/merged-report-v1.json`.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct MergedReport {
    /// The reports, in the order in which they were given.
    pub reports: Vec<ReportSummary>,
    /// The vulnerabilities, one for each package and vulnerability under whichever of its names; worst first.
    pub findings: Vec<MergedFinding>,
}

/// One of the reports.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ReportSummary {
    /// The scanner's name.
    pub scanner: String,
    /// The scanner's version.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scanner_version: Option<String>,
    /// How old its data is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub data_as_of: Option<Timestamp>,
    /// How many findings it has of its own.
    pub findings: usize,
}

/// One vulnerability in one package.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct MergedFinding {
    /// Its name: a CVE where one of the reports has it.
    pub id: String,
    /// Its other names.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub aliases: Vec<String>,
    /// The package's name.
    pub package: String,
    /// The installed versions.
    pub versions: Vec<String>,
    /// The worst of the severities.
    pub severity: Severity,
    /// What each report says, by its place in [`MergedReport::reports`].
    pub said: Vec<Said>,
    /// Where they differ.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub differences: Vec<Difference>,
}

/// What one report says of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Said {
    /// Which report.
    pub report: usize,
    /// Its finding, as it stands there.
    pub finding: Finding,
}

/// Where the reports differ, and why as far as they tell.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Difference {
    /// In what.
    pub kind: DifferenceKind,
    /// Why.
    pub why: Why,
    /// Both in a sentence.
    pub message: String,
}

/// In what reports differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum DifferenceKind {
    /// A report does not have it, or not in every version.
    Missing,
    /// How bad it is.
    Severity,
    /// Which version has the fix, or whether there is one.
    Fix,
}

/// Why they differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Why {
    /// The report has a note that says why it has no answer about the package.
    Noted,
    /// The report has it in another version of the package only.
    OtherVersion,
    /// The scanner's data is older.
    OlderData,
    /// The scanners follow different sources.
    OtherSource,
    /// The reports do not tell.
    Unknown,
}

impl MergedReport {
    /// Merges reports about one image. What they have in common is found as policies find it: by package, and by any of the
    /// names of a vulnerability. No report is taken for the right one.
    pub fn of(reports: &[Report]) -> MergedReport {
        let all: Vec<(usize, &Finding)> =
            reports.iter().enumerate().flat_map(|(at, report)| report.findings.iter().map(move |f| (at, f))).collect();
        let findings: Vec<&Finding> = all.iter().map(|(_, finding)| *finding).collect();
        let summary = |report: &Report| ReportSummary {
            scanner: report.scanner.clone(),
            scanner_version: report.scanner_version.clone(),
            data_as_of: report.data_as_of,
            findings: report.findings.len(),
        };
        let notes = Notes::of(reports);
        MergedReport {
            reports: reports.iter().map(summary).collect(),
            findings: merge(&findings).iter().map(|merged| finding(merged, &all, reports, &notes)).collect(),
        }
    }
}

fn finding(merged: &Merged<'_>, all: &[(usize, &Finding)], reports: &[Report], notes: &Notes<'_>) -> MergedFinding {
    let found: Vec<(usize, &Finding)> = merged.findings.iter().filter_map(|&at| all.get(at).copied()).collect();
    let names: BTreeSet<&str> = found.iter().flat_map(|(_, finding)| identities_of(finding)).collect();
    let versions: BTreeSet<&str> = found.iter().map(|(_, finding)| finding.version.as_str()).collect();
    let mut differences: Vec<Difference> = severities(&found, reports).into_iter().collect();
    differences.extend(fixes(&found, reports));
    differences.extend(missing(&found, reports, notes));
    differences.sort();
    MergedFinding {
        id: merged.id.to_owned(),
        aliases: names.into_iter().filter(|name| *name != merged.id).map(str::to_owned).collect(),
        package: merged.package.to_owned(),
        versions: versions.into_iter().map(str::to_owned).collect(),
        severity: merged.severity,
        said: found.iter().map(|&(report, finding)| Said { report, finding: finding.clone() }).collect(),
        differences,
    }
}

/// What each report says, in words: `grype (nvd): high`.
fn words(found: &[(usize, &Finding)], reports: &[Report], word: impl Fn(&Finding) -> (String, String)) -> String {
    let said = found.iter().map(|(at, finding)| {
        let scanner = reports.get(*at).map_or("", |report| report.scanner.as_str());
        match word(finding) {
            (value, by) if by.is_empty() => format!("{scanner}: {value}"),
            (value, by) => format!("{scanner} ({by}): {value}"),
        }
    });
    said.collect::<BTreeSet<_>>().into_iter().collect::<Vec<_>>().join("; ")
}

fn severities(found: &[(usize, &Finding)], reports: &[Report]) -> Option<Difference> {
    let different: BTreeSet<Severity> = found.iter().map(|(_, finding)| finding.severity).collect();
    if different.len() < 2 {
        return None;
    }
    let by =
        |finding: &Finding| finding.ratings.first().map(|rating: &Rating| rating.source.clone()).unwrap_or_default();
    let message = words(found, reports, |finding| (finding.severity.to_string(), by(finding)));
    Some(Difference { kind: DifferenceKind::Severity, why: follow(found.iter().map(|(_, f)| by(f))), message })
}

fn fixes(found: &[(usize, &Finding)], reports: &[Report]) -> Option<Difference> {
    // Where several versions are installed, each has a fix of its own.
    let mut by_version: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
    for (_, finding) in found {
        by_version.entry(bare(&finding.version)).or_default().insert(fix(finding));
    }
    if by_version.values().all(|fixes| fixes.len() < 2) {
        return None;
    }
    let by = |finding: &Finding| finding.sources.join(", ");
    let message = words(found, reports, |finding| (fix(finding), by(finding)));
    Some(Difference { kind: DifferenceKind::Fix, why: follow(found.iter().map(|(_, f)| by(f))), message })
}

fn fix(finding: &Finding) -> String {
    match (&finding.fixed_in, finding.fix_state) {
        (Some(version), _) => format!("fixed in {version}"),
        (None, FixState::WontFix) => "no fix to come".to_owned(),
        (None, _) => "no fix".to_owned(),
    }
}

/// Different sources explain a difference where every report names its own.
fn follow(sources: impl Iterator<Item = String>) -> Why {
    let sources: BTreeSet<String> = sources.collect();
    if sources.len() > 1 && !sources.contains("") { Why::OtherSource } else { Why::Unknown }
}

/// What the reports say of packages that they could not judge, by report and name.
#[derive(Debug)]
struct Notes<'r>(HashMap<(usize, String), Vec<&'r Note>>);

impl<'r> Notes<'r> {
    fn of(reports: &'r [Report]) -> Self {
        let mut notes: HashMap<(usize, String), Vec<&Note>> = HashMap::new();
        for (at, report) in reports.iter().enumerate() {
            for note in &report.notes {
                notes.entry((at, note.package.to_ascii_lowercase())).or_default().push(note);
            }
        }
        Notes(notes)
    }

    /// The note of a report that says why it does not have this finding.
    fn about(&self, report: usize, finding: &Finding) -> Option<&'r Note> {
        let notes = self.0.get(&(report, finding.package.to_ascii_lowercase()))?;
        notes.iter().copied().find(|note| {
            let same = |id: &String| identities_of(finding).any(|name| name.eq_ignore_ascii_case(id));
            let package = match (&note.purl, &finding.purl) {
                (Some(one), Some(other)) => package_of(one) == package_of(other),
                _ => true,
            };
            package && (note.advisories.is_empty() || note.advisories.iter().any(same))
        })
    }
}

/// The reports that do not have it, or not in every version, each with the likeliest reason.
fn missing<'r>(
    found: &'r [(usize, &Finding)],
    reports: &'r [Report],
    notes: &'r Notes<'_>,
) -> impl Iterator<Item = Difference> + 'r {
    let newest = found.iter().filter_map(|(at, _)| reports.get(*at)?.data_as_of).max();
    let versions: BTreeSet<&str> = found.iter().map(|(_, finding)| bare(&finding.version)).collect();
    reports.iter().enumerate().filter_map(move |(at, report)| {
        let own: BTreeSet<&str> =
            found.iter().filter(|(has, _)| *has == at).map(|(_, finding)| bare(&finding.version)).collect();
        let absent: Vec<&str> = versions.difference(&own).copied().collect();
        if absent.is_empty() {
            return None;
        }
        let note = found.iter().filter(|(has, _)| *has != at).find_map(|(_, finding)| notes.about(at, finding));
        let (why, reason) = match (note, report.data_as_of, newest) {
            (Some(note), ..) => (Why::Noted, note.message.clone()),
            (None, ..) if !own.is_empty() => {
                let own = own.into_iter().collect::<Vec<_>>().join(", ");
                (Why::OtherVersion, format!("it has it in version {own}, and not in {}", absent.join(", ")))
            }
            (None, Some(own), Some(newest)) if own < newest => {
                (Why::OlderData, format!("its data is of {own}, and that of others of {newest}"))
            }
            _ => (Why::Unknown, "the reports do not tell why".to_owned()),
        };
        let message = format!("{} does not have all of it: {reason}", report.scanner);
        Some(Difference { kind: DifferenceKind::Missing, why, message })
    })
}

/// A version without its epoch, which not all scanners write.
fn bare(version: &str) -> &str {
    match version.split_once(':') {
        Some((epoch, rest)) if epoch.bytes().all(|byte| byte.is_ascii_digit()) => rest,
        _ => version,
    }
}

#[cfg(test)]
mod tests;
