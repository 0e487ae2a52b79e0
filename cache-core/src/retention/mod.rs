//! Retention: what is not needed any more goes, and nothing that somebody needs.
//!
//! ```text
//! survey -> graph + rules + what is deployed -> decisions -> Plan == a human approves its digest ==> Cleaner::execute
//! ```
//! [`Retention`] holds no writer, so that it cannot delete. What it decides is a pure function of what it read, [`judge`].
//! `docs/retention.md` has the rules in words, and the traps.

mod age;
mod cleaner;
mod closure;
mod decision;
mod deployed;
mod facts;
mod graph;
mod here;
mod in_use;
pub mod inventory;
mod judge;
mod kept;
mod last;
mod order;
mod planning;
mod put_back;
mod record;
mod relied;
mod restore;
mod rules;
mod selectors;
mod storage;
mod survey;
#[cfg(test)]
mod tests;
mod together;
pub mod vendor;
mod versions;

pub use cleaner::{Cleaned, Cleaner};
pub use decision::{Decision, Fate, Kind, RepositoryDecision, TagDecision, Totals, Why};
pub use facts::{Facts, ManifestFacts, TagFacts};
pub use graph::{Node, NodeId, RepositoryGraph};
pub use judge::judge;
pub use planning::{InventoryNote, Proposal, Proposed, Retention, RetentionRequest};
pub use put_back::RestoreRequest;
pub use restore::{RESTORE_VERSION, Restorable, RestoreFile};
pub use rules::{
    KeepLast, KeepSemver, LastOf, LastVersions, MOVING_TAGS, MaxDeletions, Per, Protect, RepositoryRules,
    RetentionRules,
};
pub use selectors::{Pattern, Patterns};
pub use storage::{Freeing, Storage};
pub use survey::{Requests, SurveyOptions};
