//! From the advisories about one package to its findings: one for each vulnerability, under whichever of its names.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::installed::{Built, Installed};
use super::judge::{Answer, Reason};
use crate::scan::database::Record;
use crate::scan::merge::{Groups, identities};
use crate::scan::version::Scheme;
use crate::scan::{Finding, FixState, Note, Rating};

/// More fixes of one vulnerability are not put in order.
const MAX_ORDERED: usize = 64;

/// An advisory with its answer, and whether it was found under the source package's name alone.
pub(super) struct Judged<'r> {
    pub(super) record: &'r Record<'r>,
    pub(super) answer: Answer<'r>,
    pub(super) by_source: bool,
}

/// What the advisories come to.
#[derive(Debug, Default)]
pub(super) struct Outcome {
    pub(super) findings: Vec<Finding>,
    pub(super) notes: Vec<Note>,
    /// The names of vulnerabilities of which the advisories say that this version does not have them.
    pub(super) cleared: BTreeSet<String>,
}

/// Puts together what is one vulnerability. Advisories that say "not affected" join others all the same: they know names.
pub(super) fn outcome(installed: &Installed<'_>, judged: &[Judged<'_>], scheme: Scheme) -> Outcome {
    let mut outcome = Outcome::default();
    let is_open = |judged: &Judged<'_>| matches!(judged.answer, Answer::Affected { .. } | Answer::Unknown(_));
    let needs_names = installed.is_of_system() || judged.iter().any(is_open);
    if !needs_names {
        return outcome;
    }
    let mut unknown: BTreeMap<Reason, BTreeSet<String>> = BTreeMap::new();
    for group in groups(judged) {
        let ruled_out = group.iter().any(|judged| judged.answer == Answer::RuledOut);
        let affected = !ruled_out && group.iter().any(|judged| matches!(judged.answer, Answer::Affected { .. }));
        let reason = group.iter().find_map(|judged| match judged.answer {
            Answer::Unknown(reason) => Some(reason),
            _ => None,
        });
        match (affected, reason) {
            (true, _) => outcome.findings.push(finding(installed, &group, scheme)),
            (false, Some(reason)) if !ruled_out => drop(unknown.entry(reason).or_default().insert(names(&group).0)),
            _ => {
                let (id, aliases) = names(&group);
                outcome.cleared.extend(std::iter::once(id).chain(aliases));
            }
        }
    }
    for reason in Reason::ALL {
        if let Some(advisories) = unknown.remove(&reason) {
            let advisories = advisories.into_iter().collect();
            outcome.notes.push(Note { advisories, ..*installed.note(reason.code(), reason.message()) });
        }
    }
    outcome
}

fn groups<'j, 'r>(judged: &'j [Judged<'r>]) -> Vec<Vec<&'j Judged<'r>>> {
    let mut groups = Groups::of(judged.len());
    let mut by_name: HashMap<&str, usize> = HashMap::new();
    for (at, judged) in judged.iter().enumerate() {
        for name in identities(judged.record.id, judged.record.aliases.iter().copied()) {
            groups.join(at, *by_name.entry(name).or_insert(at));
        }
    }
    let mut members: BTreeMap<usize, Vec<&Judged<'_>>> = BTreeMap::new();
    for (at, judged) in judged.iter().enumerate() {
        members.entry(groups.root(at)).or_default().push(judged);
    }
    members.into_values().collect()
}

/// The id that is shown, a CVE where there is one, and the other names.
fn names(group: &[&Judged<'_>]) -> (String, Vec<String>) {
    let rank = |name: &&str| match name.split('-').next() {
        Some("CVE") => 0,
        Some("GHSA") => 1,
        _ => 2,
    };
    let all =
        group.iter().flat_map(|judged| std::iter::once(judged.record.id).chain(judged.record.aliases.iter().copied()));
    let all: BTreeSet<&str> = all.collect();
    // An advisory about several vulnerabilities has no name of theirs.
    let shared = group.iter().flat_map(|judged| identities(judged.record.id, judged.record.aliases.iter().copied()));
    let id = shared.min_by_key(|name| (rank(name), *name)).unwrap_or_default();
    (id.to_owned(), all.into_iter().filter(|name| *name != id).map(str::to_owned).collect())
}

fn finding(installed: &Installed<'_>, group: &[&Judged<'_>], scheme: Scheme) -> Finding {
    let (id, aliases) = names(group);
    let affected = || group.iter().filter(|judged| matches!(judged.answer, Answer::Affected { .. }));
    let fixes = || {
        group.iter().filter_map(|judged| match judged.answer {
            Answer::Affected { fix, state } => Some((fix, state)),
            _ => None,
        })
    };
    // Whoever knows of a fix goes before whoever does not.
    let states = || fixes().map(|(_, state)| state).filter(|state| *state != FixState::Unknown);
    let state = states().find(|state| *state == FixState::Fixed).or_else(|| states().next()).unwrap_or_default();
    let fixes = in_order(fixes().filter_map(|(fix, _)| fix).collect(), scheme);
    let ratings = ratings(group);
    let by_source = affected().all(|judged| judged.by_source);
    let source = installed.source.as_ref().filter(|_| by_source);
    Finding {
        severity: ratings.first().map(|rating| rating.severity).unwrap_or_default(),
        package: installed.package.name.as_str().to_owned(),
        version: installed.package.version.as_deref().unwrap_or(&installed.version).to_owned(),
        purl: installed.package.purl.as_deref().map(str::to_owned),
        fixed_in: Some(fixes.join(", ")).filter(|fixes| !fixes.is_empty()),
        fix_state: state,
        ratings,
        sources: affected()
            .map(|judged| judged.record.source.to_owned())
            .collect::<BTreeSet<_>>()
            .into_iter()
            .collect(),
        source_package: source.map(|Built { name, version, .. }| format!("{name} {version}")),
        exploited: group.iter().any(|judged| judged.record.exploited),
        epss: group.iter().filter_map(|judged| judged.record.epss).max(),
        id,
        aliases,
    }
}

/// Versions, the lowest first. Those that have no order stay where they are, so this is no order that a sort could use.
fn in_order(versions: BTreeSet<&str>, scheme: Scheme) -> Vec<&str> {
    let mut versions: Vec<&str> = versions.into_iter().collect();
    let lower = |a: &str, b: &str| scheme.compare(a, b) == Some(Ordering::Less);
    for last in 1..versions.len().min(MAX_ORDERED) {
        for at in (1..=last).rev() {
            if !lower(versions[at], versions[at - 1]) {
                break;
            }
            versions.swap(at, at - 1);
        }
    }
    versions
}

/// All ratings, each once: GitHub's reviewers first and the NVD last, who rates what nobody else did.
fn ratings(group: &[&Judged<'_>]) -> Vec<Rating> {
    let all = group.iter().flat_map(|judged| &judged.record.ratings).map(|rated| rated.rating());
    let mut seen = BTreeSet::new();
    let mut ratings: Vec<Rating> = all.filter(|rating| seen.insert(rating.clone())).collect();
    ratings.sort_by_key(|rating| match rating.source.as_str() {
        "ghsa" | "github" => 0,
        source if source.starts_with("nvd") => 2,
        _ => 1,
    });
    ratings
}
