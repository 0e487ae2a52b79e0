//! The upkeep of a registry: settings, policies, scans, tags and deletions, each planned, approved and executed as a
//! promotion is.
//!
//! ```text
//! Request -> Administrator::plan -> Plan == a human approves its digest ==> Approved -> Administrator::execute -> Receipt
//! ```
//! What a registry can be asked to do is in [`Action`]; which registry takes which action, and the form of its documents, is in
//! `docs/adapters.md`.

mod execution;
mod planning;
mod tags;
#[cfg(test)]
mod tests;

use std::sync::Arc;

#[cfg(doc)]
use crate::plan::Action;
pub use execution::Carried;
pub use planning::{Request, Wish};

use crate::approve::Ledger;
use crate::model::Timestamp;
use crate::registry::RegistryWriter;

/// Keeps one registry in order.
#[derive(Debug, Clone)]
pub struct Administrator {
    /// The registry.
    pub registry: Arc<dyn RegistryWriter>,
    /// Where used approvals are remembered.
    pub ledger: Ledger,
    /// A clock that stands still, for tests; normally `None`, the system's clock.
    pub clock: Option<Timestamp>,
}

impl Administrator {
    fn now(&self) -> Timestamp {
        self.clock.unwrap_or_else(Timestamp::now)
    }
}
