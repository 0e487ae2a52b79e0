//! Plans: everything that is going to happen, as data, named by one digest.
//!
//! A plan has no power. It can be saved, mailed and rendered; only an [`Approved`](crate::approve::Approved) plan can be
//! executed. It holds neither a clock reading nor a random number, so that the same world gives the same digest.

mod change;
mod render;

pub use change::{
    AddLayers, Attach, BlobCopy, Change, Content, CopyManifest, Delete, DeleteTarget, Expected, Form, PutManifest,
    Role, SetTag,
};
use serde::{Deserialize, Serialize};

use crate::model::{Digest, Pinned, Raw, Reference, Verdict};

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
    /// The environment that the image enters, such as `staging`.
    pub environment: String,
    /// Who asked for it; usually excluded from approving.
    pub requester: String,
    /// Why, in the requester's words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The reference that was asked for.
    pub from: Reference,
    /// What it named when the plan was made.
    pub image: Pinned,
    /// The reference that will name the image.
    pub to: Reference,
    /// The digest of the policy document that the gates applied.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub policy: Option<Digest>,
    /// What the gates said, one verdict a gate.
    pub verdicts: Vec<Verdict>,
    /// What will be done, in this order.
    pub changes: Vec<Change>,
    /// What belongs to the image and will not be copied, such as foreign layers, in words.
    pub left_behind: Vec<String>,
}

impl PlanBody {
    /// Whether the image is where it shall be, under the name that it has: then something is only attached to it.
    pub(crate) fn stays(&self) -> bool {
        self.from == self.to && !self.changes.iter().any(|change| matches!(change, Change::Copy(_)))
    }
}
