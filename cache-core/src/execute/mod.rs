//! Executing an approved plan: the order of things, and the receipt.
//!
//! What the changes do is the business of whoever executes: a [`Promoter`](crate::promote::Promoter) for promotions, an
//! [`Administrator`](crate::administer::Administrator) for the upkeep of a registry. Common to all is the order: the approvals are
//! claimed, the world is compared with the plan, then each change is made in its turn until one fails, and the approvals are
//! spent when all is done.

mod administer;
mod receipt;
mod tags;

use async_trait::async_trait;

pub(crate) use administer::{administer, administration, expect_administer};
pub use receipt::{Receipt, Step, StepOutcome};
pub(crate) use tags::{delete, delete_all, expect_delete, expect_tag, moved, only_planned_tags, set_tag};

use crate::approve::{Approved, Ledger, Permit, Permitted};
use crate::error::Result;
use crate::model::Timestamp;
use crate::plan::{Change, Delete};

/// Makes the changes of one plan.
#[async_trait]
pub(crate) trait Executor: Send {
    /// Compares the world with the plan, before the first change. Reads only.
    async fn expect_the_planned_world(&self) -> Result<()>;

    /// Makes one change; `false` where it was so already.
    async fn step(&mut self, permit: Permitted<'_>) -> Result<bool>;

    /// Whether deletions that follow one another are made at once, by [`deletions`](Executor::deletions).
    fn batches_deletions(&self) -> bool {
        false
    }

    /// Makes several deletions; what became of each, in their order.
    async fn deletions(&mut self, permits: Vec<Permit<'_, Delete>>) -> Vec<Result<bool>> {
        let mut outcomes = Vec::with_capacity(permits.len());
        for permit in permits {
            outcomes.push(self.step(Permitted::Delete(permit)).await);
        }
        outcomes
    }

    /// A change begins, in these words.
    fn begin(&mut self, _what: &str) {}

    /// A change ended. Gives the bytes of blobs that it sent.
    fn end(&mut self, _change: &Change, _outcome: &StepOutcome) -> u64 {
        0
    }

    /// Nothing comes any more.
    fn close(&mut self) {}
}

/// Executes an approved plan, once.
///
/// # Errors
/// An error means that nothing was changed: `Conflict` where the world moved since the plan was made, `Unapproved` where an
/// approval was used before. Once something may have been changed, the result is a receipt.
pub(crate) async fn execute(
    executor: &mut dyn Executor,
    approved: &Approved,
    ledger: &Ledger,
    clock: impl Fn() -> Timestamp,
) -> Result<Receipt> {
    let started = clock();
    let claim = ledger.claim(approved)?;
    if let Err(error) = executor.expect_the_planned_world().await {
        claim.release()?;
        return Err(error);
    }
    let mut steps = Vec::new();
    let mut failed = false;
    let mut left = approved.permits().into_iter().zip(&approved.plan().changes).peekable();
    while let Some((permit, change)) = left.next() {
        if failed {
            steps.push(Step { what: change.to_string(), outcome: StepOutcome::NotTried, sent: 0 });
            continue;
        }
        executor.begin(&change.to_string());
        let mut changes = vec![change];
        let outcomes = match permit {
            Permitted::Delete(first) if executor.batches_deletions() => {
                let mut permits = vec![first];
                let is_deletion = |next: &(Permitted<'_>, &Change)| matches!(next.0, Permitted::Delete(_));
                while let Some((Permitted::Delete(next), change)) = left.next_if(is_deletion) {
                    permits.push(next);
                    changes.push(change);
                }
                executor.deletions(permits).await
            }
            permit => vec![executor.step(permit).await],
        };
        for (change, outcome) in changes.into_iter().zip(outcomes) {
            let outcome = match outcome {
                Ok(true) => StepOutcome::Done,
                Ok(false) => StepOutcome::AlreadySo,
                Err(error) => StepOutcome::failed(&error),
            };
            failed |= matches!(outcome, StepOutcome::Failed { .. });
            let sent = executor.end(change, &outcome);
            steps.push(Step { what: change.to_string(), outcome, sent });
        }
    }
    let receipt = Receipt {
        plan: approved.plan().digest().clone(),
        approvals: approved.approvals().iter().map(|a| a.digest().clone()).collect(),
        started,
        finished: clock(),
        steps,
    };
    // What failed may go on with the same approvals: they stay claimed for this plan.
    if receipt.is_complete() {
        claim.spend(approved)?;
    }
    executor.close();
    Ok(receipt)
}
