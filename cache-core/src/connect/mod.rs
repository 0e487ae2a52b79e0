//! From configuration to trait objects: what an application, or a binding, says in text becomes a [`Promoter`].
//!
//! This is the one list of adapters. What two bindings need is here as well, so that they stay thin.

mod config;
mod foreign;
mod request;
mod session;

use std::sync::Arc;

pub use config::{ApprovalConfig, ApproverConfig, KeyConfig, PromoterConfig};
pub use foreign::{ForeignGate, Judge, evidence_json};
pub use request::{AttachmentConfig, RequestConfig};
pub use session::{AnswerConfig, Session, SharedPlan, receipt_json, verdicts_json};

use serde::de::DeserializeOwned;

use crate::error::{Error, Result};
use crate::model::{Repository, Transport};
#[cfg(doc)]
use crate::promote::Promoter;
use crate::registry::{Layout, Registry, RegistryWriter};

/// Opens a repository for reading.
///
/// # Errors
/// What the adapter says; `Unsupported` where there is none for this transport.
pub fn open_source(repository: &Repository) -> Result<Arc<dyn Registry>> {
    match repository.transport() {
        Transport::Layout => Ok(Arc::new(Layout::open(repository)?)),
        Transport::Registry | Transport::OciArchive | Transport::DockerArchive | Transport::Memory => {
            Err(unsupported(repository, "cannot be read"))
        }
    }
}

/// Opens a repository for reading and writing.
///
/// # Errors
/// What the adapter says; `Unsupported` where there is none that writes to this transport.
pub fn open_target(repository: &Repository) -> Result<Arc<dyn RegistryWriter>> {
    match repository.transport() {
        Transport::Layout => Ok(Arc::new(Layout::open(repository)?)),
        Transport::Registry | Transport::OciArchive | Transport::DockerArchive | Transport::Memory => {
            Err(unsupported(repository, "cannot be written"))
        }
    }
}

/// Reads what came from another language as plain data.
///
/// # Errors
/// `Invalid`, which names the field; `what` says whose it is, such as `request`.
pub fn read<T: DeserializeOwned>(what: &str, value: serde_json::Value) -> Result<T> {
    serde_json::from_value(value).map_err(|e| Error::invalid(format!("the {what} is not valid: {e}")).caused_by(e))
}

fn unsupported(repository: &Repository, what: &str) -> Error {
    Error::unsupported(format!("this kind of place {what} yet"))
        .context("repository", repository)
        .hint("use an OCI layout: oci:DIR:TAG")
}

#[cfg(test)]
mod tests;
