//! From what was judged to the data that reports are written from.

use std::collections::BTreeSet;

use super::Assessment;
use super::assessment::{ExceptionUse, Scan, Standing, Tally, Vulnerability};
use super::count::{Count, Judged};
use super::exceptions::Exceptions;
use super::layers::Layers;
use super::remedy::remedies;
use super::vex::Statements;
use crate::model::Verdict;
use crate::scan::{FixState, Rating, Severity};

impl Count<'_> {
    /// Everything but the verdict, which is left to who knows all reasons.
    pub(super) fn detail(
        &self,
        judged: &[Judged<'_>],
        statements: &Statements<'_>,
        exceptions: &Exceptions,
        used: Vec<ExceptionUse>,
    ) -> Assessment {
        let tallies = self.tallies(judged);
        let layers = Layers::of(self.evidence);
        let vulnerabilities: Vec<Vulnerability> =
            judged.iter().map(|one| self.vulnerability(one, &tallies, statements, exceptions, &layers)).collect();
        let mut notes: Vec<_> = self.reports.iter().flat_map(|counted| &counted.report.value.notes).cloned().collect();
        notes.sort();
        notes.dedup();
        Assessment {
            image: Some(self.evidence.image.to_string()),
            digest: Some(self.evidence.image.digest.clone()),
            at: self.evidence.now,
            policy: None,
            environment: None,
            verdict: Verdict::new("cve", Vec::new(), Vec::new()),
            gates: Vec::new(),
            scans: self.reports.iter().map(|counted| scan(counted.report)).collect(),
            remedies: remedies(&vulnerabilities),
            packages: layers.packages(&vulnerabilities),
            vulnerabilities,
            tallies,
            exceptions: used,
            vex: statements.uses(self.policy),
            notes,
        }
    }

    fn vulnerability(
        &self,
        one: &Judged<'_>,
        tallies: &[Tally],
        statements: &Statements<'_>,
        exceptions: &Exceptions,
        layers: &Layers,
    ) -> Vulnerability {
        let found = || one.merged.findings.iter().map(|&i| &self.found[i]);
        let findings = || found().map(|found| found.finding);
        let set = |all: BTreeSet<&str>| all.into_iter().map(str::to_owned).collect::<Vec<_>>();
        let id = one.merged.id;
        let ids = findings().flat_map(|f| std::iter::once(&f.id).chain(&f.aliases)).map(String::as_str);
        let purls = set(findings().filter_map(|finding| finding.purl.as_deref()).collect());
        let mut ratings: Vec<Rating> = Vec::new();
        for rating in findings().flat_map(|finding| &finding.ratings) {
            if !ratings.contains(rating) {
                ratings.push(rating.clone());
            }
        }
        let (severity_by, score) = self.severity_by(one, &ratings);
        Vulnerability {
            aliases: set(ids.filter(|other| !other.eq_ignore_ascii_case(id)).collect()),
            id: id.to_owned(),
            severity: one.merged.severity,
            severity_by,
            score,
            ratings,
            package: one.merged.package.to_owned(),
            versions: set(findings().map(|finding| finding.version.as_str()).collect()),
            layers: layers.of_purls(&purls),
            purls,
            fixed_in: set(findings().filter_map(|finding| finding.fixed_in.as_deref()).collect()),
            fix_state: match one.has_fix {
                true => FixState::Fixed,
                false => findings().map(|f| f.fix_state).find(|s| !s.is_unknown()).unwrap_or_default(),
            },
            sources: set(findings().flat_map(|finding| &finding.sources).map(String::as_str).collect()),
            reported_by: set(found().map(|f| self.reports[f.report].report.value.scanner.as_str()).collect()),
            exploited: one.exploited,
            epss: findings().filter_map(|finding| finding.epss).max(),
            standing: one.standing,
            would_be: (one.standing != Standing::Counts).then(|| self.would_be(one, tallies)),
            blocks: one.blocks.clone(),
            exceptions: exceptions
                .meaning_any(&one.merged.findings)
                .into_iter()
                .map(|i| self.policy.exceptions[i].to_string())
                .collect(),
            vex: statements.said(&one.merged.findings),
        }
    }

    /// Whose word the severity is, and the score that goes with it.
    fn severity_by(&self, one: &Judged<'_>, ratings: &[Rating]) -> (String, Option<crate::scan::Score>) {
        let severity = one.merged.severity;
        let found = one.merged.findings.iter().map(|&i| &self.found[i]).find(|f| f.finding.severity == severity);
        let own = found.and_then(|f| f.finding.ratings.iter().find(|rating| rating.severity == severity));
        let scanner = || found.map_or("", |f| self.reports[f.report].report.value.scanner.as_str());
        let by = own.map_or_else(|| scanner().to_owned(), |rating| rating.source.clone());
        let of_source = ratings.iter().filter(|rating| rating.source == by).find_map(|rating| rating.score);
        let same_word = || ratings.iter().filter(|r| r.severity == severity).find_map(|r| r.score);
        let score = of_source.or_else(same_word).filter(|_| severity != Severity::Unknown);
        (by, score)
    }
}

fn scan(report: &crate::gate::Attached<crate::scan::Report>) -> Scan {
    let value = &report.value;
    Scan {
        report: report.digest.clone(),
        scanner: value.scanner.clone(),
        version: value.scanner_version.clone(),
        scanned_at: value.scanned_at,
        data_as_of: value.data_as_of,
        findings: value.findings.len(),
    }
}
