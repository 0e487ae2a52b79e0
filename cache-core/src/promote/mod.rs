//! Promotion: from a request to a receipt.
//!
//! ```text
//! Request -> Promoter::plan -> Plan == a human approves its digest ==> Approved -> Promoter::execute -> Receipt
//! ```

mod ahead;
mod append;
mod artifact;
mod attached;
mod attaching;
mod attachment;
mod attestation;
mod copies;
mod cosign_lists;
mod cosign_tags;
mod documents;
mod execute;
mod found;
mod gather;
mod judge;
mod planning;
mod progress;
mod record;
mod reproduce;
mod rollback;
mod room;
mod steps;
mod unit;

use std::sync::Arc;

pub use attaching::AttachRequest;
pub use attachment::Attachment;
pub use attestation::Attestation;
pub use documents::{Given, REPORT_MEDIA_TYPE};
pub use gather::{evidence_of, signed_evidence_of};
pub use planning::{Outlook, Request};
pub use progress::{Progress, Watch};
pub use record::{ApprovalRecord, BREAK_GLASS_TYPE, GateOutcome, Judged, PromotionRecord, VSA_TYPE};
pub use reproduce::Reproduction;
pub use rollback::RollbackRequest;

pub use crate::gate::PROMOTION_TYPE;

pub use crate::execute::{Receipt, Step, StepOutcome};

use crate::approve::Ledger;
use crate::gate::PromotionGate;
use crate::model::{Digest, Timestamp};
use crate::registry::{MemoryRegistry, Registry, RegistryWriter};
use crate::sign::{Signer, Trust};

/// How many manifests a registry is asked about at a time: enough that one far away is not waited for once for each.
const AT_ONCE: usize = 8;

/// Promotes images from one registry to another.
#[derive(Debug, Clone)]
pub struct Promoter {
    /// Where images come from. It is never written.
    pub source: Arc<dyn Registry>,
    /// Where images go.
    pub target: Arc<dyn RegistryWriter>,
    /// What an image must show. All of them always run.
    pub gates: Vec<Arc<dyn PromotionGate>>,
    /// Whose signatures count as evidence.
    pub trust: Trust,
    /// Who signs the promotion record that is attached to the image; without one, no record is attached.
    pub signer: Option<Arc<dyn Signer>>,
    /// The digest of the policy document that the gates were made from.
    pub policy: Option<Digest>,
    /// The documents and predicates that plans attach, by digest. Planning puts them here; a process that executes a plan
    /// made elsewhere puts them here itself.
    pub materials: MemoryRegistry,
    /// Where used approvals are remembered.
    pub ledger: Ledger,
    /// A clock that stands still, for tests and for reproducing a verdict; normally `None`, the system's clock.
    pub clock: Option<Timestamp>,
}

impl Promoter {
    fn now(&self) -> Timestamp {
        self.clock.unwrap_or_else(Timestamp::now)
    }

    /// Whose statements are recognised as being there: those of all who are trusted, and our own signer's.
    fn recognised(&self) -> Trust {
        let own = self.signer.as_ref().and_then(|signer| signer.recognised());
        own.into_iter().fold(self.trust.clone(), Trust::and)
    }
}

#[cfg(test)]
mod again_tests;
#[cfg(test)]
mod asks_tests;
#[cfg(test)]
mod attaching_tests;
#[cfg(test)]
mod copies_tests;
#[cfg(test)]
mod emergency_tests;
#[cfg(test)]
#[cfg(feature = "conformance")]
mod engine_tests;
#[cfg(test)]
mod evidence_tests;
#[cfg(test)]
mod progress_tests;
#[cfg(test)]
mod reproduce_tests;
#[cfg(test)]
mod tests;
