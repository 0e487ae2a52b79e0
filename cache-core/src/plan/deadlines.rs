//! Until when a plan may be approved, and executed.

use serde::{Deserialize, Serialize};

use super::{Plan, PlanBody};
use crate::error::{Error, Result};
use crate::model::{Raw, Timestamp};

/// Until when a plan may be approved, and executed. The requester sets them, and they are part of what is approved.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Deadlines {
    /// An approval that is dated later does not count.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub approve_by: Option<Timestamp>,
    /// Later nothing is begun: the execution is refused, and one that goes on makes no further change.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub execute_by: Option<Timestamp>,
}

impl Deadlines {
    /// Whether there are none.
    pub fn is_none(&self) -> bool {
        *self == Deadlines::default()
    }

    /// # Errors
    /// `Unapproved` where it is too late to execute the plan.
    pub(crate) fn expect_in_time(&self, now: Timestamp) -> Result<()> {
        match self.execute_by {
            Some(by) if now > by => {
                Err(Error::unapproved("the plan was to be executed earlier").context("executeBy", by))
            }
            _ => Ok(()),
        }
    }
}

impl Plan {
    /// The same plan with these deadlines. It is another plan, with another digest.
    ///
    /// # Errors
    /// `Invalid` where a deadline has passed, or the plan would have to be executed before it may be approved.
    pub fn with_deadlines(&self, deadlines: Deadlines, now: Timestamp) -> Result<Plan> {
        let Deadlines { approve_by, execute_by } = deadlines;
        for (name, by) in [("approveBy", approve_by), ("executeBy", execute_by)] {
            if let Some(by) = by.filter(|by| *by < now) {
                return Err(Error::invalid("the deadline has passed").context(name, by).context("now", now));
            }
        }
        if let Some((approve, execute)) = approve_by.zip(execute_by).filter(|(approve, execute)| approve > execute) {
            return Err(Error::invalid("the plan would have to be executed before it may be approved")
                .context("approveBy", approve)
                .context("executeBy", execute));
        }
        Raw::canonical(PlanBody { deadlines, ..self.value().clone() })
    }
}
