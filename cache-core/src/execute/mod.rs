//! Executing an approved plan: the order of things, and the receipt.
//!
//! What the changes do is the business of whoever executes: a [`Promoter`](crate::promote::Promoter) for promotions, an
//! [`Administrator`](crate::administer::Administrator) for the upkeep of a registry. Common to all is the order: the approvals are
//! claimed, the world is compared with the plan, then the changes are made in their order until one fails, some of them together,
//! and noted in the [`Journal`], and the approvals are spent when all is done.

mod administer;
mod journal;
mod receipt;
mod tags;

use async_trait::async_trait;

pub(crate) use administer::{administer, administration, expect_administer};
pub use journal::{Entry, Event, Journal};
pub use receipt::{Receipt, Step, StepOutcome};
pub(crate) use tags::{delete, delete_all, expect_delete, expect_tag, moved, only_planned_tags, set_tag};

use crate::approve::{Approved, Claim, Ledger, Permitted};
use crate::error::{Error, Result};
use crate::model::{Digest, Timestamp};
use crate::plan::Change;

/// Makes the changes of one plan.
#[async_trait]
pub(crate) trait Executor: Send {
    /// Compares the world with the plan, before the first change. Reads only.
    async fn expect_the_planned_world(&self) -> Result<()>;

    /// Makes one change; `false` where it was so already.
    async fn step(&mut self, permit: Permitted<'_>) -> Result<bool>;

    /// Whether the next change is made together with these, by [`together`](Executor::together).
    fn goes_with(&self, _changes: &[&Change], _next: &Change) -> bool {
        false
    }

    /// Makes several changes that go together; what became of each, in their order, and `None` where it was not tried, since
    /// another failed.
    async fn together(&mut self, permits: Vec<Permitted<'_>>) -> Vec<Option<Result<bool>>> {
        let mut outcomes: Vec<Option<Result<bool>>> = Vec::with_capacity(permits.len());
        for permit in permits {
            let failed = outcomes.last().is_some_and(|last| !matches!(last, Some(Ok(_))));
            outcomes.push(if failed { None } else { Some(self.step(permit).await) });
        }
        outcomes
    }

    /// A change begins, in these words. `journal` is the digest of the journal's last line, which has all that was done before.
    fn begin(&mut self, _what: &str, _journal: &Digest) {}

    /// A change ended. Gives the bytes of blobs that it sent.
    fn end(&mut self, _change: &Change, _outcome: &StepOutcome) -> u64 {
        0
    }

    /// Nothing comes any more.
    fn close(&mut self) {}
}

/// Executes an approved plan, once. What it does is noted in the plan's journal as it goes on.
///
/// # Errors
/// An error means that nothing was changed: `Conflict` where the world moved since the plan was made, `Unapproved` where an
/// approval was used before, the plan is being executed, the environment is frozen or it is too late; `Untrusted` where the
/// plan's journal was changed. Once something may have been changed, the result is a receipt.
pub(crate) async fn execute(
    executor: &mut dyn Executor,
    approved: &Approved,
    ledger: &Ledger,
    clock: impl Fn() -> Timestamp,
) -> Result<Receipt> {
    let started = clock();
    approved.expect_now(started)?;
    let mut claim = ledger.claim(approved).await?;
    let mut journal = match begin(executor, approved, &mut claim, started).await {
        Ok(journal) => journal,
        Err(error) => {
            claim.release().await;
            return Err(error);
        }
    };
    let mut steps: Vec<Step> = Vec::new();
    // Why no further change may be made.
    let mut stopped: Option<Error> = None;
    // A line that is missing in the journal makes those after it unreadable, so none comes after it.
    let mut noted = true;
    let mut failed = false;
    let mut left = approved.permits().into_iter().zip(&approved.plan().changes).peekable();
    while let Some((permit, change)) = left.next() {
        let step = |change: &Change, outcome| Step { what: change.to_string(), outcome, sent: 0 };
        if failed {
            steps.push(step(change, StepOutcome::NotTried));
            continue;
        }
        let late = approved.plan().deadlines.expect_in_time(clock());
        if let Err(why) = stopped.take().map_or(late, Err) {
            failed = true;
            steps.push(step(change, StepOutcome::failed(&why)));
            continue;
        }
        executor.begin(&change.to_string(), journal.head());
        let (mut permits, mut changes) = (vec![permit], vec![change]);
        while let Some((permit, change)) = left.next_if(|(_, next)| executor.goes_with(&changes, next)) {
            permits.push(permit);
            changes.push(change);
        }
        let made = async {
            match <[_; 1]>::try_from(permits) {
                Ok([permit]) => vec![Some(executor.step(permit).await)],
                Err(permits) => executor.together(permits).await,
            }
        };
        let outcomes: Vec<StepOutcome> = match claim.during(made).await {
            Ok(made) => {
                let made = made.into_iter().chain(std::iter::repeat_with(|| None)).take(changes.len());
                made.map(|made| made.map_or(StepOutcome::NotTried, StepOutcome::of)).collect()
            }
            Err(lost) => {
                // The journal is another's by now.
                noted = false;
                changes.iter().map(|_| StepOutcome::failed(&lost)).collect()
            }
        };
        let first = steps.len();
        for (change, outcome) in changes.into_iter().zip(outcomes) {
            failed |= matches!(outcome, StepOutcome::Failed { .. } | StepOutcome::NotTried);
            let sent = executor.end(change, &outcome);
            steps.push(Step { sent, ..step(change, outcome) });
        }
        if noted {
            let tried = steps.iter().skip(first).filter(|step| step.outcome != StepOutcome::NotTried);
            let made = tried.map(|step| Event::Step(step.clone()));
            stopped = claim.note(&mut journal, clock(), made).await.err();
            noted = stopped.is_none();
        }
    }
    let finished = clock();
    let mut receipt = Receipt {
        plan: approved.plan().digest().clone(),
        approvals: approved.approvals().iter().map(|a| a.digest().clone()).collect(),
        ignored: approved.ignored().to_vec(),
        started,
        finished,
        steps,
        journal: None,
        unspent: None,
    };
    if noted {
        let ended = Event::Ended { complete: receipt.is_complete() };
        match claim.note(&mut journal, finished, std::iter::once(ended)).await {
            Ok(()) => receipt.journal = Some(journal.head().clone()),
            Err(error) => tracing::warn!(%error, "the end could not be written to the journal"),
        }
    }
    // What failed may go on with the same approvals.
    if receipt.is_complete()
        && let Err(error) = claim.spend(approved).await
    {
        receipt.unspent = Some(error.to_string());
    }
    claim.release().await;
    executor.close();
    Ok(receipt)
}

/// Compares the world with the plan, and what the journal says with itself, and notes the beginning.
async fn begin(executor: &mut dyn Executor, approved: &Approved, claim: &mut Claim, now: Timestamp) -> Result<Journal> {
    let plan = approved.plan().digest();
    let bytes = claim.journal().await?;
    let mut journal = claim.during(Journal::read_apart(plan, bytes)).await??;
    // An approval that was not needed then is unspent, and so are all where the process died between the two.
    if let Err(executed) = journal.expect_unfinished() {
        claim.spend(approved).await?;
        return Err(executed);
    }
    claim.during(executor.expect_the_planned_world()).await??;
    let approvals = approved.approvals().iter().map(|approval| approval.digest().clone()).collect();
    claim.note(&mut journal, now, std::iter::once(Event::Began { approvals })).await?;
    Ok(journal)
}

impl Claim {
    /// Writes to the plan's journal what happened.
    async fn note(&mut self, journal: &mut Journal, at: Timestamp, events: impl Iterator<Item = Event>) -> Result<()> {
        let mut lines = Vec::new();
        for event in events {
            lines.extend_from_slice(&journal.line(at, event)?);
        }
        self.append(lines.into()).await
    }
}

#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod tests;
