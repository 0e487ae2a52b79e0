//! What was done.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};
use crate::model::{Digest, Timestamp};

/// What the execution of a plan did, change by change. Its JSON Schema is `docs/schema/receipt-v1.json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Receipt {
    /// The plan.
    pub plan: Digest,
    /// The approvals that it was executed on.
    pub approvals: Vec<Digest>,
    /// The approvals that did not count, and why.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ignored: Vec<String>,
    /// When it began.
    pub started: Timestamp,
    /// When it ended.
    pub finished: Timestamp,
    /// One step for each change of the plan, in its order. None is tried in a dry run.
    pub steps: Vec<Step>,
    /// The digest of the last entry of the plan's [journal](super::Journal), which holds the journal to what it says now;
    /// `None` where it could not be written.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub journal: Option<Digest>,
    /// Why the ledger could not note that the approvals are used, although everything is done: they would count once more. The
    /// same execution may be tried again until it is noted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unspent: Option<String>,
}

impl Receipt {
    pub(crate) const NOT_COMPLETE: &'static str = "NOT COMPLETE";

    /// Whether everything that the plan says is so now.
    pub fn is_complete(&self) -> bool {
        self.steps.iter().all(|step| matches!(step.outcome, StepOutcome::Done | StepOutcome::AlreadySo))
    }

    /// Whether it is of a dry run. An execution tries a change, or is an error.
    pub fn is_dry_run(&self) -> bool {
        !self.steps.is_empty() && self.steps.iter().all(|step| step.outcome == StepOutcome::NotTried)
    }

    /// What came of the plan, in a few words.
    pub fn summary(&self) -> &'static str {
        match (self.is_complete(), self.is_dry_run()) {
            (true, _) => "complete",
            (false, true) => "dry run: nothing was changed",
            (false, false) => Receipt::NOT_COMPLETE,
        }
    }
}

/// What became of one change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Step {
    /// The change in words.
    pub what: String,
    /// What became of it.
    pub outcome: StepOutcome,
    /// The bytes of blobs that were sent; mounted and present ones are not counted.
    pub sent: u64,
}

/// The outcomes of a change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum StepOutcome {
    /// It was made, and read back.
    Done,
    /// It was so before.
    AlreadySo,
    /// It failed, for this reason. Parts of it may have been written; nothing that a tag shows.
    Failed {
        /// The kind of the error.
        code: String,
        /// The error.
        message: String,
    },
    /// Another change failed, an earlier one or one that was to be made together with this. Blobs may have been sent.
    NotTried,
}

impl StepOutcome {
    pub(super) fn of(outcome: Result<bool>) -> Self {
        match outcome {
            Ok(true) => StepOutcome::Done,
            Ok(false) => StepOutcome::AlreadySo,
            Err(error) => StepOutcome::failed(&error),
        }
    }

    pub(super) fn failed(error: &Error) -> Self {
        StepOutcome::Failed { code: error.kind().code().to_owned(), message: error.to_string() }
    }
}

impl fmt::Display for Receipt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "Receipt of plan {}", self.plan)?;
        writeln!(f, "  {} to {}", self.started, self.finished)?;
        for step in &self.steps {
            let outcome = match &step.outcome {
                StepOutcome::Done => "done".to_owned(),
                StepOutcome::AlreadySo => "already so".to_owned(),
                StepOutcome::Failed { message, .. } => format!("FAILED: {message}"),
                StepOutcome::NotTried => "not tried".to_owned(),
            };
            writeln!(f, "  {}: {outcome}", step.what)?;
        }
        if let Some(why) = &self.unspent {
            writeln!(f, "  THE APPROVALS COULD NOT BE MARKED AS USED: {why}")?;
        }
        write!(f, "  {}", self.summary())
    }
}
