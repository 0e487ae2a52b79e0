//! A human's approval of a plan, what it takes for one to count, and the power it gives.
//!
//! ```text
//! Plan + [Approval] --ApprovalPolicy::admit--> Approved --Promoter::execute--> Receipt
//! ```
//! An [`Approval`] names one plan by its digest. [`Approved`] has no public constructor, is neither `Clone` nor
//! `Deserialize`, and only it makes [`Permit`]s, which every writing function of every adapter takes. What the types cannot
//! do is in `docs/approval.md`.

mod admit;
mod approval;
mod freeze;
mod ledger;
mod names;
mod permit;
mod policy;
mod quorum;
mod sources;
mod words;

pub use admit::Approved;
pub(crate) use admit::Permitted;
pub use approval::{APPROVAL_TYPE, Approval, ApprovalKind, Decision, MAX_COMMENT};
pub use freeze::Freeze;
pub(crate) use ledger::Claim;
#[cfg(feature = "bucket")]
pub(crate) use ledger::executed_elsewhere;
pub use ledger::{Ledger, LedgerFolder, LedgerStore, PlanLock};
pub(crate) use permit::Appended;
pub use permit::Permit;
pub use policy::{ApprovalPolicy, Approver, Group};
pub(crate) use sources::by_webhook;
pub use sources::{Answer, ask_on_terminal, by_callback, by_signature};
pub(crate) use words::Worded;

/// A permit that no plan gave, for tests of this crate alone.
#[cfg(test)]
pub(crate) fn testing_permit<Op>(op: Op) -> Permit<'static, Op> {
    Permit::new(op)
}

#[cfg(test)]
mod answer_tests;
#[cfg(test)]
mod keyless_tests;
#[cfg(test)]
mod policy_tests;
