//! What the policy excepts.

use std::collections::HashMap;

use super::assessment::{ExceptionUse, Standing, Tally};
use super::count::{Count, Judged};
use crate::gate::exception;
use crate::model::{Digest, Reason};
use crate::scan::Exception;
use crate::scan::merge::identities_of;

/// Which exceptions mean which finding, by their places in the input.
pub(super) struct Exceptions {
    by_finding: Vec<Vec<usize>>,
}

impl Exceptions {
    pub(super) fn of(count: &Count<'_>) -> Exceptions {
        let mut by_id: HashMap<String, Vec<usize>> = HashMap::new();
        for (i, exception) in count.policy.exceptions.iter().enumerate() {
            by_id.entry(exception.id.to_ascii_lowercase()).or_default().push(i);
        }
        let of = |found: usize| {
            let ids = identities_of(count.found[found].finding);
            let named = ids.filter_map(|id| by_id.get(&id.to_ascii_lowercase())).flatten();
            let mut meant: Vec<usize> =
                named.copied().filter(|&i| count.is_for(&count.policy.exceptions[i], found)).collect();
            meant.sort_unstable();
            meant.dedup();
            meant
        };
        Exceptions { by_finding: (0..count.found.len()).map(of).collect() }
    }

    /// The exceptions that mean a finding.
    pub(super) fn meaning(&self, found: usize) -> &[usize] {
        self.by_finding.get(found).map_or(&[], Vec::as_slice)
    }

    /// Those that mean any of these findings.
    pub(super) fn meaning_any(&self, found: &[usize]) -> Vec<usize> {
        let mut all: Vec<usize> = found.iter().flat_map(|&i| self.meaning(i)).copied().collect();
        all.sort_unstable();
        all.dedup();
        all
    }
}

impl Count<'_> {
    fn is_for(&self, exception: &Exception, found: usize) -> bool {
        let found = &self.found[found];
        let targets = &self.reports[found.report].targets;
        let here = |digest: &Digest| {
            *digest == self.evidence.image.digest
                || targets.iter().all(|&target| self.coverage.digest(target) == digest)
        };
        exception.is_for_package(&found.finding.package, found.finding.purl.as_deref())
            && exception.digest.as_ref().is_none_or(here)
    }

    /// What became of each exception, with a reason for each.
    pub(super) fn exceptions(
        &self,
        judged: &[Judged<'_>],
        exceptions: &Exceptions,
        reasons: &mut Vec<Reason>,
    ) -> Vec<ExceptionUse> {
        let mut meant: Vec<Vec<&Judged<'_>>> = vec![Vec::new(); self.policy.exceptions.len()];
        for one in judged {
            for i in exceptions.meaning_any(&one.merged.findings) {
                meant[i].push(one);
            }
        }
        let tallies = self.tallies(judged);
        let all = self.policy.exceptions.iter().zip(&meant);
        let used = all.map(|(exception, meant)| {
            let reason = self.exception(exception, meant, &tallies);
            let used = ExceptionUse::of(exception, &reason, meant.iter().map(|one| one.merged.id.to_owned()).collect());
            reasons.push(reason);
            reasons.extend(self.expiring(exception, meant));
            used
        });
        used.collect()
    }

    fn exception(&self, exception: &Exception, meant: &[&Judged<'_>], tallies: &[Tally]) -> Reason {
        if exception.is_expired(self.evidence.now) {
            let names: Vec<String> = meant.iter().map(|one| one.merged.to_string()).collect();
            return exception::expired(exception, &names);
        }
        let applied: Vec<&&Judged<'_>> = meant.iter().filter(|one| one.standing == Standing::Excepted).collect();
        if let Some(would_be) = applied.iter().map(|one| self.would_be(one, tallies)).max() {
            let names: Vec<String> =
                applied.iter().map(|one| format!("{}, {}", one.merged, one.merged.severity)).collect();
            return exception::covers(exception, &names, would_be);
        }
        if let Some(first) = meant.first() {
            let message =
                format!("the exception for {exception} covers only a part of what the reports say of {}", first.merged);
            return Reason::warn("exception-too-narrow", message);
        }
        exception::unused(exception, self.evidence, self.policy.unused_exceptions.outcome())
    }

    /// An exception that is used and will end soon.
    fn expiring(&self, exception: &Exception, meant: &[&Judged<'_>]) -> Option<Reason> {
        let expires = exception.expires.filter(|_| !exception.is_expired(self.evidence.now) && !meant.is_empty())?;
        (expires.since(self.evidence.now) <= self.policy.expiry_warning)
            .then(|| Reason::warn("exception-expiring", format!("the exception for {exception} ends soon")))
    }
}
