//! Whether the changes of a plan are what it says it is for. Cache drafts no other plan; but a plan is data, and whoever hands one
//! on may have written it. A person reads the purpose and the verdicts first, and the gates judge the image that the purpose names.

use super::{Change, PLAN_VERSION, PlanBody, Purpose, Role};
use crate::error::{Error, Result};
use crate::model::{Pinned, Reference, Verdict};

impl Purpose {
    /// The reference that an image goes to, or is at.
    pub(crate) fn target(&self) -> Option<&Reference> {
        match self {
            Purpose::Promotion { to, .. } | Purpose::Rollback { to, .. } | Purpose::Attaching { to, .. } => Some(to),
            Purpose::Upkeep { .. } | Purpose::Retention { .. } | Purpose::Restoring { .. } => None,
        }
    }
}

impl PlanBody {
    /// Whether every change serves the purpose: the image that is named, where it is said to go.
    ///
    /// # Errors
    /// `Invalid` where one does not, the plan is of another version, or a gate refuses the image and nobody overrules it.
    pub(crate) fn expect_consistent(&self) -> Result<()> {
        if self.version != PLAN_VERSION {
            return Err(Error::invalid("the plan is of another version").context("version", self.version));
        }
        let (image, to) = match &self.purpose {
            Purpose::Promotion { image, to, .. }
            | Purpose::Rollback { to, image }
            | Purpose::Attaching { to, image } => (image, to),
            Purpose::Upkeep { .. } | Purpose::Retention { .. } | Purpose::Restoring { .. } => return Ok(()),
        };
        if let Some(verdict) = self.verdicts.iter().find(|verdict| self.break_glass.is_none() && !verdict.allows()) {
            return Err(refused(verdict));
        }
        match self.changes.iter().find(|change| !self.serves(change, image, to)) {
            None => Ok(()),
            Some(change) => Err(Error::invalid("the plan does something else than what it says it is for")
                .context("change", change)
                .context("image", image)
                .hint("Cache makes no such plan: find out who wrote it")),
        }
    }

    fn serves(&self, change: &Change, image: &Pinned, to: &Reference) -> bool {
        let promotes = matches!(self.purpose, Purpose::Promotion { .. });
        match change {
            Change::Copy(op) => {
                promotes
                    && op.from == image.repository
                    && op.to == to.repository
                    && (op.role != Role::Image || op.digest == image.digest)
            }
            Change::AddLayers(op) => {
                promotes && op.from == image.repository && op.to == to.repository && op.tag.digest_name().is_some()
            }
            Change::Attach(op) => op.repository == to.repository && op.subject.digest == image.digest,
            Change::SetTag(op) => {
                let own = Some(&op.tag) == to.tag.as_ref() && !matches!(self.purpose, Purpose::Attaching { .. });
                op.repository == to.repository
                    && if own { op.to == image.digest } else { op.tag.digest_name().is_some() }
            }
            Change::Delete(_) | Change::Administer(_) => false,
        }
    }
}

fn refused(verdict: &Verdict) -> Error {
    Error::invalid("a gate refuses the image, and the plan does not overrule it")
        .context("gate", format!("{} {}", verdict.gate, verdict.outcome))
}
