//! From an approved plan to a receipt: the order of things.

use std::collections::HashSet;
use std::sync::Arc;

use super::Promoter;
use super::attached::Attached;
use super::progress::{Meter, Metered, Watch};
use super::receipt::{Receipt, Step, StepOutcome};
use crate::approve::Approved;
use crate::error::{Absent, Error, Result};
use crate::model::Digest;
use crate::plan::{Change, CopyManifest, Role, SetTag};
use crate::registry::Registry;

impl Promoter {
    /// Executes an approved plan, once.
    ///
    /// Every expectation of the plan is checked before the first write, and each tag again right before it is set; what was
    /// written is read back. The order is the plan's, so the image's tag comes last and nobody sees half a promotion.
    ///
    /// The future may be dropped at any time, as the process may die at any time: what was written stays under its digest,
    /// the tag is not set, and the same plan goes on with the same approvals.
    ///
    /// # Errors
    /// An error means that nothing was changed: `Conflict` where the world moved since the plan was made, with the
    /// difference; `Unapproved` where an approval was used before. Once something may have been changed, the result is a
    /// receipt that says what was, and what failed.
    pub async fn execute(&self, approved: Approved) -> Result<Receipt> {
        self.carry_out(approved, None).await
    }

    /// The same, while somebody watches.
    ///
    /// # Errors
    /// As [`execute`](Promoter::execute).
    pub async fn execute_watched(&self, approved: Approved, watch: Watch) -> Result<Receipt> {
        let meter = Meter::new(approved.plan(), watch);
        self.carry_out(approved, Some(meter)).await
    }

    async fn carry_out(&self, approved: Approved, meter: Option<Meter>) -> Result<Receipt> {
        let started = self.now();
        let claim = self.ledger.claim(&approved)?;
        if let Err(error) = self.expect_the_planned_world(&approved).await {
            claim.release()?;
            return Err(error);
        }
        let mut execution = Execution::new(self, &approved, meter);
        let mut steps = Vec::new();
        let mut failed = false;
        for (permit, change) in approved.permits().into_iter().zip(&approved.plan().changes) {
            let what = change.to_string();
            if failed {
                steps.push(Step { what, outcome: StepOutcome::NotTried, sent: 0 });
                continue;
            }
            execution.begin(&what);
            let outcome = match execution.step(permit).await {
                Ok(true) => StepOutcome::Done,
                Ok(false) => StepOutcome::AlreadySo,
                Err(error) => StepOutcome::failed(&error),
            };
            failed = matches!(outcome, StepOutcome::Failed { .. });
            let sent = execution.end(change, &outcome);
            steps.push(Step { what, outcome, sent });
        }
        let receipt = Receipt {
            plan: approved.plan().digest().clone(),
            approvals: approved.approvals().iter().map(|a| a.digest().clone()).collect(),
            started,
            finished: self.now(),
            steps,
        };
        // What failed may go on with the same approvals: they stay claimed for this plan.
        if receipt.is_complete() {
            claim.spend(&approved)?;
        }
        execution.close();
        Ok(receipt)
    }

    async fn expect_the_planned_world(&self, approved: &Approved) -> Result<()> {
        let plan = approved.plan();
        if !plan.stays() {
            self.source.manifest(&plan.image).await?;
        }
        let mut known = HashSet::new();
        for change in &plan.changes {
            match change {
                Change::SetTag(set) => drop(self.expect_tag(set).await?),
                Change::Copy(op) => drop(known.insert((&op.to, &op.digest))),
                Change::Attach(op) if known.insert((&op.repository, &op.subject.digest)) => {
                    let image = op.repository.at(op.subject.digest.clone()).into();
                    let found = self.target.resolve(&image).await.absent_is_none()?;
                    found.ok_or_else(|| moved().context("image", image).context("found", "nothing"))?;
                }
                Change::Attach(_) | Change::AddLayers(_) | Change::Delete(_) => {}
            }
        }
        Ok(())
    }

    /// Whether the tag still has to be set; an error where it is neither as expected nor as wanted.
    pub(super) async fn expect_tag(&self, set: &SetTag) -> Result<bool> {
        let reference = set.repository.tagged(set.tag.clone());
        let found = self.target.resolve(&reference).await.absent_is_none()?.map(|d| d.digest);
        if found.as_ref() == Some(&set.to) {
            return Ok(false);
        }
        if set.expected.is_met_by(found.as_ref()) {
            return Ok(true);
        }
        let text = |digest: Option<&Digest>| digest.map_or("nothing".to_owned(), Digest::to_string);
        let expected = match &set.expected {
            crate::plan::Expected::Absent => None,
            crate::plan::Expected::At(digest) => Some(digest),
        };
        Err(moved()
            .context("tag", &reference)
            .context("expected", text(expected))
            .context("found", text(found.as_ref())))
    }
}

fn moved() -> Error {
    Error::conflict("the world moved since the plan was made").hint("make a new plan and have that approved")
}

/// An execution that goes on.
pub(super) struct Execution<'a> {
    pub(super) promoter: &'a Promoter,
    pub(super) approved: &'a Approved,
    /// Where blobs come from: the promoter's source, counted where somebody watches.
    pub(super) source: Arc<dyn Registry>,
    pub(super) meter: Option<Meter>,
    pub(super) there: There,
    /// The bytes of blobs that the present step has sent.
    pub(super) sent: u64,
}

/// What is attached to the image at the target.
pub(super) enum There {
    /// It has to be asked.
    Unknown,
    /// Nothing: this execution brought the image.
    Nothing,
    /// This.
    Known(Attached),
}

impl<'a> Execution<'a> {
    fn new(promoter: &'a Promoter, approved: &'a Approved, meter: Option<Meter>) -> Self {
        let source: Arc<dyn Registry> = match &meter {
            Some(meter) => Arc::new(Metered { source: Arc::clone(&promoter.source), meter: meter.clone() }),
            None => Arc::clone(&promoter.source),
        };
        Execution { promoter, approved, source, meter, there: There::Unknown, sent: 0 }
    }

    fn begin(&mut self, what: &str) {
        self.sent = 0;
        if let Some(meter) = &self.meter {
            meter.begins(what);
        }
    }

    /// Gives the bytes that the step has sent.
    fn end(&mut self, change: &Change, outcome: &StepOutcome) -> u64 {
        if let (Change::Copy(CopyManifest { role: Role::Image, .. }), StepOutcome::Done) = (change, outcome) {
            self.there = There::Nothing;
        }
        if let (Some(meter), StepOutcome::Done | StepOutcome::AlreadySo) = (&self.meter, outcome) {
            meter.finished();
        }
        self.sent
    }

    fn close(&self) {
        if let Some(meter) = &self.meter {
            meter.ends();
        }
    }
}
