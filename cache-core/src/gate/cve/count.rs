//! The vulnerabilities, each once, and how many of them count.

use super::Assessment;
use super::assessment::{Standing, Tally};
use super::exceptions::Exceptions;
use super::reports::Counted;
use super::vex::Statements;
use crate::gate::coverage::{Coverage, listed};
use crate::gate::{Attached, Evidence, sbom};
use crate::model::{Outcome, Reason, Transport};
use crate::sbom::Sbom;
use crate::scan::merge::{Merged, merge};
use crate::scan::{Finding, FixState, Note, Place, ScanPolicy, Severity};

/// A finding, the report that has it, and the platforms of that.
pub(super) struct Found<'a> {
    pub(super) finding: &'a Finding,
    pub(super) report: usize,
}

/// A vulnerability and what became of it.
pub(super) struct Judged<'a> {
    pub(super) merged: Merged<'a>,
    pub(super) standing: Standing,
    pub(super) has_fix: bool,
    pub(super) exploited: bool,
    /// The codes of the reasons by which it stops the image.
    pub(super) blocks: Vec<String>,
}

pub(super) struct Count<'a> {
    pub(super) policy: &'a ScanPolicy,
    pub(super) evidence: &'a Evidence,
    pub(super) coverage: &'a Coverage<'a>,
    pub(super) reports: &'a [Counted<'a>],
    pub(super) found: Vec<Found<'a>>,
}

/// The severities that have limits.
const COUNTED: [Severity; 4] = [Severity::Critical, Severity::High, Severity::Medium, Severity::Low];

impl<'a> Count<'a> {
    pub(super) fn of(
        policy: &'a ScanPolicy,
        evidence: &'a Evidence,
        coverage: &'a Coverage<'a>,
        reports: &'a [Counted<'a>],
    ) -> Self {
        let of = |(i, counted): (usize, &'a Counted<'a>)| {
            counted.report.value.findings.iter().map(move |finding| Found { finding, report: i })
        };
        let found = reports.iter().enumerate().flat_map(of).collect();
        Count { policy, evidence, coverage, reports, found }
    }

    /// Judges, adds the reasons, and says everything in detail. The verdict is left to who knows all reasons.
    pub(super) fn assess(&self, reasons: &mut Vec<Reason>) -> Assessment {
        let places: Vec<Place<'_>> = self.reports.iter().map(|report| self.place(report)).collect();
        let statements = Statements::of(self, &places);
        let exceptions = Exceptions::of(self);
        let findings: Vec<&Finding> = self.found.iter().map(|found| found.finding).collect();
        let mut judged: Vec<Judged<'_>> =
            merge(&findings).into_iter().map(|merged| self.judged(merged, &exceptions, &statements)).collect();
        let mut used = Vec::new();
        if !self.reports.is_empty() {
            self.limits(&mut judged, reasons);
            self.named(&mut judged, reasons);
            used = self.exceptions(&judged, &exceptions, reasons);
            reasons.extend(statements.reasons(self, &judged));
            reasons.extend(self.notes());
        }
        self.detail(&judged, &statements, &exceptions, used)
    }

    fn judged(&self, merged: Merged<'a>, exceptions: &Exceptions, statements: &Statements<'_>) -> Judged<'a> {
        let in_force = |i: &usize| !self.policy.exceptions[*i].is_expired(self.evidence.now);
        let all = |of: &dyn Fn(usize) -> bool| merged.findings.iter().all(|&i| of(i));
        // Every report of it has to be covered; one that is not stays a vulnerability.
        let excepted = |i: usize| exceptions.meaning(i).iter().any(in_force);
        let standing = if !all(&|i| excepted(i) || statements.clears(i)) {
            Standing::Counts
        } else if merged.findings.iter().any(|&i| excepted(i)) {
            Standing::Excepted
        } else {
            Standing::Cleared
        };
        let any = |of: fn(&Finding) -> bool| merged.findings.iter().any(|&i| of(self.found[i].finding));
        let has_fix = any(|finding| finding.fixed_in.is_some() || finding.fix_state == FixState::Fixed);
        let exploited = any(|finding| finding.exploited);
        Judged { merged, standing, has_fix, exploited, blocks: Vec::new() }
    }

    /// What an exception or a statement has to name to mean this report.
    fn place(&self, counted: &Counted<'a>) -> Place<'a> {
        let mut digests = vec![&self.evidence.image.digest];
        if let [target] = counted.targets[..] {
            digests.push(self.coverage.digest(target));
        }
        let is_of = |about| digests.contains(&about);
        // An SBOM that is no evidence about the image clears nothing in it.
        let fits = |it: &&'a Attached<Sbom<'static>>| is_of(&it.about) && sbom::scope(self.coverage, it).is_ok();
        let sboms = self.evidence.sboms.iter().filter(fits).map(|it| &it.value).collect();
        // A path on this machine is no name for others.
        let repository = Some(&self.evidence.image.repository);
        let repository = repository.filter(|repository| repository.transport() == Transport::Registry);
        Place { digests, repository, sboms }
    }

    fn limits(&self, judged: &mut [Judged<'_>], reasons: &mut Vec<Reason>) {
        let mut within = Vec::new();
        for severity in COUNTED {
            let (max, max_fixable) = (self.policy.max(severity), self.policy.max_fixable.of(severity));
            let all = self.limit(judged, severity, max, false, reasons);
            let fixable = max_fixable.map(|max| (max, self.limit(judged, severity, Some(max), true, reasons)));
            let words = match max {
                Some(max) if all <= max as usize => format!("{all} {severity} (at most {max})"),
                Some(_) => continue,
                None => format!("{all} {severity} (no limit)"),
            };
            within.push(match fixable {
                Some((max, fixable)) if fixable <= max as usize => {
                    format!("{words}, {fixable} of them with a fix (at most {max})")
                }
                _ => words,
            });
        }
        if !within.is_empty() {
            reasons.push(Reason::pass("within-limits", within.join(", ")));
        }
    }

    /// How many there are; a reason, and a mark on each, where those are too many.
    fn limit(
        &self,
        judged: &mut [Judged<'_>],
        severity: Severity,
        max: Option<u32>,
        fixable: bool,
        reasons: &mut Vec<Reason>,
    ) -> usize {
        let is_one = |one: &Judged<'_>| {
            one.standing == Standing::Counts && one.merged.severity == severity && (one.has_fix || !fixable)
        };
        let names: Vec<String> = judged.iter().filter(|one| is_one(one)).map(|one| one.merged.to_string()).collect();
        if let Some(max) = max.filter(|max| names.len() > *max as usize) {
            let (code, with) = if fixable {
                (format!("too-many-fixable-{severity}"), " with a fix")
            } else {
                (format!("too-many-{severity}"), "")
            };
            let message =
                format!("{} {severity}{with}, and at most {max} are allowed: {}", names.len(), listed(&names));
            judged.iter_mut().filter(|one| is_one(one)).for_each(|one| one.blocks.push(code.clone()));
            reasons.push(Reason::fail(code, message));
        }
        names.len()
    }

    /// What is named whatever the limits: what is exploited, and what nobody rates.
    fn named(&self, judged: &mut [Judged<'_>], reasons: &mut Vec<Reason>) {
        let exploited = |one: &Judged<'_>| one.exploited;
        self.name(
            judged,
            exploited,
            self.policy.exploited.outcome(),
            "known-exploited",
            "known to be exploited",
            reasons,
        );
        let unknown = |one: &Judged<'_>| one.merged.severity == Severity::Unknown;
        let outcome = self.policy.unknown_severity.outcome();
        self.name(judged, unknown, outcome, "unknown-severity", "of unknown severity", reasons);
    }

    fn name(
        &self,
        judged: &mut [Judged<'_>],
        is_one: fn(&Judged<'_>) -> bool,
        outcome: Outcome,
        code: &str,
        what: &str,
        reasons: &mut Vec<Reason>,
    ) {
        let is_one = |one: &&mut Judged<'_>| one.standing == Standing::Counts && is_one(one);
        let mut names = Vec::new();
        for one in judged.iter_mut().filter(is_one) {
            names.push(one.merged.to_string());
            if outcome == Outcome::Fail {
                one.blocks.push(code.to_owned());
            }
        }
        if !names.is_empty() {
            reasons.push(Reason::of(outcome, code, format!("{} {what}: {}", names.len(), listed(&names))));
        }
    }

    /// What this one amounts to if nothing were excepted and nothing cleared.
    pub(super) fn would_be(&self, one: &Judged<'_>, all: &[Tally]) -> Outcome {
        let severity = one.merged.severity;
        let tally = all.iter().find(|tally| tally.severity == severity);
        let over = |count: fn(&Tally) -> usize, max: Option<u32>| {
            tally.zip(max).is_some_and(|(tally, max)| count(tally) > max as usize)
        };
        let too_many = over(|tally| tally.found, self.policy.max(severity))
            || (one.has_fix && over(|tally| tally.found_with_fix, self.policy.max_fixable.of(severity)));
        let outcomes = [
            if too_many { Outcome::Fail } else { Outcome::Pass },
            if one.exploited { self.policy.exploited.outcome() } else { Outcome::Pass },
            if severity == Severity::Unknown { self.policy.unknown_severity.outcome() } else { Outcome::Pass },
        ];
        outcomes.into_iter().max().unwrap_or(Outcome::Pass)
    }

    /// How many there are of each severity, worst first.
    pub(super) fn tallies(&self, judged: &[Judged<'_>]) -> Vec<Tally> {
        const ALL: [Severity; 6] = [
            Severity::Critical,
            Severity::High,
            Severity::Medium,
            Severity::Low,
            Severity::Negligible,
            Severity::Unknown,
        ];
        let mut tallies = ALL.map(|severity| Tally {
            severity,
            max: self.policy.max(severity),
            max_with_fix: self.policy.max_fixable.of(severity),
            ..Tally::default()
        });
        for one in judged {
            let Some(tally) = tallies.iter_mut().find(|tally| tally.severity == one.merged.severity) else { continue };
            tally.found += 1;
            tally.found_with_fix += usize::from(one.has_fix);
            match one.standing {
                Standing::Counts => {
                    tally.counting += 1;
                    tally.counting_with_fix += usize::from(one.has_fix);
                }
                Standing::Excepted => tally.excepted += 1,
                Standing::Cleared => tally.cleared += 1,
            }
        }
        tallies.into()
    }

    /// What was not scanned. A note that is an answer is told, and is no gap.
    fn notes(&self) -> Vec<Reason> {
        let notes = self.reports.iter().flat_map(|counted| &counted.report.value.notes);
        let (answers, gaps): (Vec<&Note>, Vec<&Note>) = notes.partition(|note| note.is_answer());
        let reason = |outcome, code: &str, what: &str, notes: &[&Note]| {
            let name = |note: &&Note| {
                let version = note.version.as_ref().map(|version| format!(" {version}")).unwrap_or_default();
                format!("{}{version} ({})", note.package, note.code)
            };
            let mut names: Vec<String> = notes.iter().map(name).collect();
            names.sort();
            names.dedup();
            let message = format!("{} {what}: {}", names.len(), listed(&names));
            (!names.is_empty()).then(|| Reason::of(outcome, code, message))
        };
        let gaps = reason(self.policy.unscanned.outcome(), "not-scanned", "not scanned or not decided", &gaps);
        let answers = reason(Outcome::Pass, "decided-otherwise", "decided by other means", &answers);
        gaps.into_iter().chain(answers).collect()
    }
}
