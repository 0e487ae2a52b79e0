//! Plans: everything that is going to happen, as data, named by one digest.
//!
//! A plan has no power. It can be saved, mailed and rendered; only an [`Approved`](crate::approve::Approved) plan can be
//! executed. It holds neither a clock reading nor a random number, so that the same world gives the same digest.

mod administer;
mod change;
mod consistent;
mod deadlines;
mod page;
mod render;
mod stays;
mod weight;
mod wording;

pub use administer::{Action, Administer, Automation, BuildSource, Policy, Scope};
pub use change::{
    AddLayers, Attach, BlobCopy, Change, Content, CopyManifest, Delete, DeleteTarget, Expected, Form, PutManifest,
    Role, SetTag,
};
pub use deadlines::Deadlines;
use serde::{Deserialize, Serialize};
pub use stays::Stays;

use crate::error::{Error, Result};
use crate::model::{Digest, Pinned, Raw, Reference, Timestamp, Verdict};

/// The version of the plan document that this crate writes and reads.
pub const PLAN_VERSION: u32 = 1;

/// A plan: canonical JSON (RFC 8785) and its digest, which is what a person approves.
pub type Plan = Raw<PlanBody>;

/// What a plan says. Its JSON Schema is `docs/schema/plan-v1.json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PlanBody {
    /// [`PLAN_VERSION`].
    pub version: u32,
    /// The environment that is changed, such as `staging`.
    pub environment: String,
    /// Who asked for it; usually excluded from approving.
    pub requester: String,
    /// Why, in the requester's words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// What it is for.
    pub purpose: Purpose,
    /// The digest of the policy document that was applied.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub policy: Option<Digest>,
    /// Why the image goes on although a gate refused it. Nobody should be able to overlook it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub break_glass: Option<BreakGlass>,
    /// Until when it may be approved, and executed.
    #[serde(default, skip_serializing_if = "Deadlines::is_none")]
    pub deadlines: Deadlines,
    /// What the gates said, one verdict a gate.
    pub verdicts: Vec<Verdict>,
    /// What will be done, in this order.
    pub changes: Vec<Change>,
    /// What belongs to the image and will not be copied, such as foreign layers, in words.
    pub left_behind: Vec<String>,
}

impl PlanBody {
    /// The plan that says this.
    ///
    /// # Errors
    /// `Invalid` where nobody asks for it, or it is for no environment: whose approval counts depends on both.
    pub(crate) fn plan(self) -> Result<Plan> {
        for (what, text) in [("requester", &self.requester), ("environment", &self.environment)] {
            if text.trim().is_empty() {
                return Err(Error::invalid(format!("the {what} is empty")));
            }
        }
        Raw::canonical(self)
    }

    /// Whether it was made under this policy: whose approval counts, and when nothing is executed, is written there.
    ///
    /// # Errors
    /// `Conflict` where it was made under another one.
    pub(crate) fn expect_policy(&self, policy: Option<&Digest>) -> Result<()> {
        if self.policy.as_ref() == policy {
            return Ok(());
        }
        let shown = |policy: Option<&Digest>| policy.map_or("none".to_owned(), Digest::to_string);
        Err(Error::conflict("the plan was made under another policy")
            .context("plan", shown(self.policy.as_ref()))
            .context("here", shown(policy))
            .hint("execute it with the policy that it was made with, or make a new plan"))
    }
}

/// The emergency in which the gates are overruled.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BreakGlass {
    /// Why it has to be, in words. Never empty.
    pub justification: String,
    /// Until when the plan may be executed, and the image be where it does not belong.
    pub expires: Timestamp,
}

/// What a plan is for, which says who executes it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Purpose {
    /// An image goes to another place. Executed by a [`Promoter`](crate::promote::Promoter).
    Promotion {
        /// The reference that was asked for.
        from: Reference,
        /// What it named when the plan was made.
        image: Pinned,
        /// The reference that will name the image.
        to: Reference,
    },
    /// A tag is put back to an image that it named before. Executed by a [`Promoter`](crate::promote::Promoter).
    Rollback {
        /// The tag.
        to: Reference,
        /// What it named before, and will name again.
        image: Pinned,
    },
    /// Something is attached to an image, which stays where it is. Executed by a [`Promoter`](crate::promote::Promoter).
    Attaching {
        /// The reference that was asked for.
        to: Reference,
        /// What it named when the plan was made.
        image: Pinned,
    },
    /// Registries are kept in order. Executed by an [`Administrator`](crate::administer::Administrator).
    Upkeep {
        /// What is done, in words.
        what: String,
    },
    /// What is not needed any more goes. Executed by a [`Cleaner`](crate::retention::Cleaner).
    Retention {
        /// What goes, in words.
        what: String,
        /// What stays of each repository that something goes from. It must be so before, and is looked at afterwards.
        stays: Vec<Stays>,
    },
    /// What went comes back. Executed by a [`Cleaner`](crate::retention::Cleaner).
    Restoring {
        /// What comes back, in words.
        what: String,
        /// The file that it is in.
        file: Digest,
    },
}

#[cfg(test)]
mod tests;
