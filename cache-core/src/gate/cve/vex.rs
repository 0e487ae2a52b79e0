//! What VEX statements say of the findings, and whether it counts.

use std::collections::BTreeMap;

use super::assessment::{Standing, VexSaid, VexUnmatched, VexUse};
use super::count::{Count, Judged};
use crate::gate::coverage::listed;
use crate::gate::{Attached, Found};
use crate::model::{Outcome, Reason};
use crate::scan::{Fit, Matcher, Place, ScanPolicy, Vex, VexStatement};

/// The most statements that matched nothing which are listed for one document.
const MOST_UNMATCHED: usize = 1000;

/// What the documents say of the findings.
pub(super) struct Statements<'a> {
    documents: &'a [Attached<Vex>],
    by_finding: Vec<Vec<Says>>,
    /// By document, the statements that matched nothing, and what differs where that is little.
    unmatched: Vec<Vec<(usize, Option<String>)>>,
}

/// That a statement is about a finding.
#[derive(Clone, Copy)]
struct Says {
    document: usize,
    statement: usize,
    /// Why it does not count; the one that counts has nothing here.
    ignored: Option<Ignored>,
}

/// Why a statement does not count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Ignored {
    Unverified,
    Unjustified,
    Broad,
    Superseded,
    Older,
}

impl Ignored {
    fn code(self) -> &'static str {
        match self {
            Ignored::Unverified => "unverified",
            Ignored::Unjustified => "unjustified",
            Ignored::Broad => "broad",
            Ignored::Superseded => "superseded",
            Ignored::Older => "older",
        }
    }

    fn words(self) -> &'static str {
        match self {
            Ignored::Unverified => "nobody who is trusted signed it, and it was not given by the caller",
            Ignored::Unjustified => "it does not say why",
            Ignored::Broad => "it names neither the digest of an image nor the version of a package",
            Ignored::Superseded => "there is a later version of its document",
            Ignored::Older => "a later statement says something else",
        }
    }
}

/// Whether the policy trusts a document.
fn is_trusted(policy: &ScanPolicy, document: &Attached<Vex>) -> bool {
    let given = document.found == Found::Given || policy.unverified_vex;
    document.by.is_some() || (given && !policy.require_signed)
}

impl<'a> Statements<'a> {
    pub(super) fn of(count: &Count<'a>, places: &[Place<'_>]) -> Statements<'a> {
        let documents = count.evidence.vex.as_slice();
        let mut by_finding = vec![Vec::new(); count.found.len()];
        let mut unmatched = Vec::new();
        let matcher = Matcher::of(count.found.iter().map(|found| (found.finding, found.report)), places);
        for (d, document) in documents.iter().enumerate() {
            let ignored = standing(count.policy, documents, document);
            let mut missed = Vec::new();
            for (s, statement) in document.value.statements.iter().enumerate() {
                let fitting = matcher.fitting(statement);
                let mut is_used = false;
                for (i, fit) in fitting.findings {
                    // What is attached to one platform speaks for that one.
                    if !places[count.found[i].report].digests.contains(&&document.about) {
                        continue;
                    }
                    is_used = true;
                    let ignored = ignored.or_else(|| of_statement(count.policy, statement, fit));
                    by_finding[i].push(Says { document: d, statement: s, ignored });
                }
                if !is_used {
                    missed.push((s, fitting.near.filter(|_| fitting.is_found)));
                }
            }
            unmatched.push(missed);
        }
        let mut statements = Statements { documents, by_finding, unmatched };
        statements.keep_newest();
        statements
    }

    /// Of those that could count, the newest does. In a document that is by its time and then by its place; of several
    /// documents with one time, the more careful one.
    fn keep_newest(&mut self) {
        let documents = self.documents;
        let get = |says: &Says| &documents[says.document].value.statements[says.statement];
        for all in &mut self.by_finding {
            let mut of_documents: BTreeMap<usize, usize> = BTreeMap::new();
            for (at, says) in all.iter().enumerate().filter(|(_, says)| says.ignored.is_none()) {
                let newest = of_documents.entry(says.document).or_insert(at);
                let known = &all[*newest];
                if (get(says).at, says.statement) > (get(known).at, known.statement) {
                    *newest = at;
                }
            }
            let careful = |at: &usize| (get(&all[*at]).at, std::cmp::Reverse(get(&all[*at]).status));
            let Some(newest) = of_documents.into_values().max_by_key(careful) else { continue };
            for (at, says) in all.iter_mut().enumerate() {
                if at != newest && says.ignored.is_none() {
                    says.ignored = Some(Ignored::Older);
                }
            }
        }
    }

    fn statement(&self, says: &Says) -> &'a VexStatement {
        &self.documents[says.document].value.statements[says.statement]
    }

    /// Whether what counts says that a finding is nothing.
    pub(super) fn clears(&self, found: usize) -> bool {
        let counting = self.by_finding[found].iter().find(|says| says.ignored.is_none());
        counting.is_some_and(|says| self.statement(says).status.clears())
    }

    /// All that is said of these findings.
    pub(super) fn said(&self, found: &[usize]) -> Vec<VexSaid> {
        let mut said: Vec<VexSaid> = Vec::new();
        for says in found.iter().flat_map(|&i| &self.by_finding[i]) {
            let (document, statement) = (&self.documents[says.document], self.statement(says));
            let one = VexSaid {
                document: document.digest.clone(),
                position: statement.position.clone(),
                status: statement.status,
                justification: statement.justification.clone(),
                explanation: statement.explanation.clone(),
                author: document.value.author.clone(),
                signed_by: document.by.as_ref().map(ToString::to_string),
                at: statement.at,
                ignored: says.ignored.map(|ignored| ignored.code().to_owned()),
            };
            if !said.contains(&one) {
                said.push(one);
            }
        }
        said
    }

    pub(super) fn reasons(&self, count: &Count<'_>, judged: &[Judged<'_>]) -> Vec<Reason> {
        let tallies = count.tallies(judged);
        let mut cleared: BTreeMap<usize, (Outcome, Vec<String>)> = BTreeMap::new();
        let mut ignored: BTreeMap<(Ignored, usize), Vec<String>> = BTreeMap::new();
        for one in judged {
            for says in one.merged.findings.iter().flat_map(|&i| &self.by_finding[i]) {
                let statement = self.statement(says);
                let words = format!("{} ({})", one.merged, in_words(statement));
                match (one.standing, says.ignored) {
                    (Standing::Cleared, None) => {
                        let would_be = count.would_be(one, &tallies);
                        let (worst, names) = cleared.entry(says.document).or_insert((would_be, Vec::new()));
                        *worst = would_be.max(*worst);
                        names.push(words);
                    }
                    (Standing::Counts, Some(why)) if statement.status.clears() => {
                        ignored.entry((why, says.document)).or_default().push(words);
                    }
                    _ => {}
                }
            }
        }
        let mut reasons = Vec::new();
        for (document, (would_be, mut names)) in cleared {
            names.dedup();
            let message = format!("{} clears {}", self.document(document), listed(&names));
            reasons.push(Reason { would_be: Some(would_be), ..Reason::pass("vex", message) });
        }
        for ((why, document), mut names) in ignored {
            names.dedup();
            let message = format!(
                "{} says something of {}, which does not count: {}",
                self.document(document),
                listed(&names),
                why.words()
            );
            reasons.push(Reason::warn(format!("vex-{}", why.code()), message));
        }
        reasons.extend((0..self.documents.len()).flat_map(|document| self.leftover(document)));
        reasons
    }

    /// What of a document matched nothing, and what could not be used.
    fn leftover(&self, document: usize) -> Vec<Reason> {
        let vex = &self.documents[document].value;
        let statements = self.unmatched[document].iter().map(|(s, near)| (&vex.statements[*s], near));
        let (near, far): (Vec<_>, Vec<_>) = statements.partition(|(_, near)| near.is_some());
        let name = |(statement, near): &(&VexStatement, &Option<String>)| {
            let differs = near.as_ref().map(|near| format!(": {near}")).unwrap_or_default();
            format!("{} of {}{differs}", statement.position, statement.vulnerability())
        };
        let names = |all: &[_]| listed(&all.iter().map(name).collect::<Vec<_>>());
        let mut reasons = Vec::new();
        if !near.is_empty() {
            let message = format!("{} nearly matches and does not: {}", self.document(document), names(&near));
            reasons.push(Reason::warn("vex-unmatched", message));
        }
        if !far.is_empty() {
            let message =
                format!("{} has what matches nothing ({}): {}", self.document(document), far.len(), names(&far));
            reasons.push(Reason::pass("vex-unmatched", message));
        }
        if !vex.problems.is_empty() {
            let problems: Vec<String> =
                vex.problems.iter().map(|problem| format!("{}: {}", problem.position, problem.message)).collect();
            let message = format!("{} has what cannot be used: {}", self.document(document), listed(&problems));
            reasons.push(Reason::warn("vex-problem", message));
        }
        reasons
    }

    /// A document in words, with who says it.
    fn document(&self, document: usize) -> String {
        let document = &self.documents[document];
        let author = document.value.author.as_deref().unwrap_or("an author who is not named");
        let by = document.by.as_ref().map(|by| format!(", signed by {by}")).unwrap_or_default();
        format!("the {} document {} by {author}{by}", document.value.format, document.digest.short())
    }

    pub(super) fn uses(&self, policy: &ScanPolicy) -> Vec<VexUse> {
        let of = |(document, unmatched): (&Attached<Vex>, &Vec<(usize, Option<String>)>)| VexUse {
            document: document.digest.clone(),
            format: document.value.format,
            id: document.value.id.clone(),
            author: document.value.author.clone(),
            signed_by: document.by.as_ref().map(ToString::to_string),
            trusted: is_trusted(policy, document),
            statements: document.value.statements.len(),
            matched: document.value.statements.len() - unmatched.len(),
            unmatched: unmatched
                .iter()
                .take(MOST_UNMATCHED)
                .map(|(s, near)| VexUnmatched {
                    position: document.value.statements[*s].position.clone(),
                    vulnerability: document.value.statements[*s].vulnerability().to_owned(),
                    differs: near.clone(),
                })
                .collect(),
            problems: document.value.problems.iter().take(MOST_UNMATCHED).cloned().collect(),
        };
        self.documents.iter().zip(&self.unmatched).map(of).collect()
    }
}

/// Why nothing in a document counts.
fn standing(policy: &ScanPolicy, documents: &[Attached<Vex>], document: &Attached<Vex>) -> Option<Ignored> {
    if !is_trusted(policy, document) {
        return Some(Ignored::Unverified);
    }
    // Only one who is trusted as much can replace what was said.
    let later = |other: &&Attached<Vex>| document.value.is_superseded_by(&other.value) && other.by == document.by;
    documents.iter().find(later).map(|_| Ignored::Superseded)
}

/// Why a statement cannot clear what it fits. What says that something is affected needs no such care.
fn of_statement(policy: &ScanPolicy, statement: &VexStatement, fit: Fit) -> Option<Ignored> {
    if !statement.status.clears() {
        return None;
    }
    if !statement.is_justified() {
        return Some(Ignored::Unjustified);
    }
    (fit == Fit::Broad && !policy.broad_vex).then_some(Ignored::Broad)
}

fn in_words(statement: &VexStatement) -> String {
    let why = statement.justification.as_deref().or(statement.explanation.as_deref());
    // An explanation may be pages long.
    let why: String = why.unwrap_or_default().chars().take(120).collect();
    if why.is_empty() { statement.status.to_string() } else { format!("{}, {why}", statement.status) }
}
