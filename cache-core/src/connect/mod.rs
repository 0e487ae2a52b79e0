//! From configuration to trait objects: what an application, or a binding, says in text becomes a [`Promoter`].
//!
//! This is the one list of adapters. What two bindings need is here as well, so that they stay thin.

mod ask;
mod assess;
mod config;
mod findings;
mod foreign;
mod generate;
mod key;
mod ledger;
mod look;
mod network;
mod policy;
mod registry;
mod request;
mod retention;
mod scan;
mod services;
mod session;
mod signer;
mod story;
mod token;
mod trust;
mod tuf;
mod upkeep;
mod vendor;
mod verify;
mod verify_file;

use std::sync::Arc;

pub use ask::{AlertConfig, AskConfig, ChannelConfig, DeskConfig};
pub use assess::AssessConfig;
pub use config::{ApprovalConfig, ApproverConfig, PromoterConfig};
pub use findings::registry_report;
pub use foreign::{Judge, evidence_json, foreign_gate};
pub use generate::{GenerateConfig, GeneratorName};
pub use key::{KeyConfig, NewKey, generate_key};
pub use look::{Registries, RegistriesConfig};
pub use network::{ClientCertificateConfig, NetworkConfig, PemConfig};
pub use policy::check_policy;
pub use registry::{LoginConfig, RegistryConfig, SystemName};
pub use request::{AttachConfig, AttachmentConfig, ReproduceConfig, RequestConfig, RollbackConfig, given};
pub use retention::{
    InventoryConfig, KubernetesConfig, RestoreConfig, RetentionConfig, RetentionRequestConfig, RetentionSession,
    SharedProposal, UntagConfig, cleaned_json,
};
pub use scan::{
    BuildConfig, GrypeConfig, OpenScanner, OsvConfig, ScannerConfig, ScannerName, TrivyConfig, UpdateConfig,
};
pub use services::{LogConfig, ServicesConfig};
pub use session::{AnswerConfig, Session, SharedOutlook, SharedPlan, receipt_json, verdicts_json, word};
pub use signer::{AbsentConfig, Backing, KeylessConfig, OpenSigner, ProgramConfig, SignerConfig, Who};
pub use story::StoryConfig;
pub use token::TokenConfig;
pub use trust::TrustedKeyConfig;
pub use tuf::TufConfig;
pub use upkeep::{AdministratorConfig, Upkeep, UpkeepConfig, WishConfig};
pub use vendor::{SimulateConfig, TranslateConfig, VendorName, explain_policy, simulate_policy, translate_policy};
pub use verify::VerifyConfig;
pub use verify_file::VerifyFileConfig;

use serde::de::DeserializeOwned;

use self::registry::open_registry;
use crate::error::{Error, Result};
use crate::model::{Repository, Transport};
#[cfg(doc)]
use crate::promote::Promoter;
use crate::registry::{DockerArchive, Layout, Network, OciArchive, Registry, RegistryWriter};

/// Opens a repository for reading.
///
/// # Errors
/// What the adapter says; `Unsupported` where there is none for this transport.
pub fn open_source(repository: &Repository) -> Result<Arc<dyn Registry>> {
    open_source_of(repository, &[], Network::default())
}

/// The same, where these entries say which system a host is and how one logs in, with proxies and certificates of the caller's own.
///
/// # Errors
/// As [`open_source`], and what is wrong with the entry.
pub fn open_source_of(
    repository: &Repository,
    registries: &[RegistryConfig],
    network: Network,
) -> Result<Arc<dyn Registry>> {
    match repository.transport() {
        Transport::Layout => Ok(Arc::new(Layout::open(repository)?)),
        Transport::Registry => Ok(open_registry(repository, registries, network)?),
        Transport::OciArchive => Ok(Arc::new(OciArchive::open(repository)?)),
        Transport::DockerArchive => Ok(Arc::new(DockerArchive::open(repository)?)),
        Transport::Memory => Err(unsupported(repository, "is known only to the process that made it")),
    }
}

/// Opens a repository for reading and writing.
///
/// # Errors
/// What the adapter says; `Unsupported` where there is none that writes to this transport.
pub fn open_target(repository: &Repository) -> Result<Arc<dyn RegistryWriter>> {
    open_target_of(repository, &[], Network::default())
}

/// The same, where these entries say which system a host is and how one logs in, with proxies and certificates of the caller's own.
///
/// # Errors
/// As [`open_target`], and what is wrong with the entry.
pub fn open_target_of(
    repository: &Repository,
    registries: &[RegistryConfig],
    network: Network,
) -> Result<Arc<dyn RegistryWriter>> {
    match repository.transport() {
        Transport::Layout => Ok(Arc::new(Layout::open(repository)?)),
        Transport::Registry => open_registry(repository, registries, network),
        Transport::OciArchive | Transport::DockerArchive => Err(unsupported(repository, "is read and never written")),
        Transport::Memory => Err(unsupported(repository, "is known only to the process that made it")),
    }
}

/// Reads what came from another language as plain data.
///
/// # Errors
/// `Invalid`, which names the field; `what` says whose it is, such as `request`.
pub fn read<T: DeserializeOwned>(what: &str, value: serde_json::Value) -> Result<T> {
    let invalid = |e: serde_json::Error| format!("the {what} is not valid: {}", without_text(&e.to_string()));
    serde_json::from_value(value).map_err(|e| Error::invalid(invalid(e)))
}

/// The message without the text that stands where something else should: it may be a secret in the wrong place.
fn without_text(message: &str) -> String {
    if let Some(((before, _), (_, after))) = message.split_once("string \"").zip(message.rsplit_once("\", expected")) {
        return format!("{before}text, expected{after}");
    }
    // A word that is nearly right helps whoever mistyped it; anything else may be an address.
    let variant =
        message.split_once("unknown variant `").and_then(|(before, rest)| Some((before, rest.split_once('`')?)));
    match variant {
        Some((before, (word, after))) if word.contains(|c: char| !c.is_ascii_alphanumeric() && !"-_".contains(c)) => {
            format!("{before}unknown variant{after}")
        }
        _ => message.to_owned(),
    }
}

fn unsupported(repository: &Repository, what: &str) -> Error {
    Error::unsupported(format!("this kind of place {what}"))
        .context("repository", repository)
        .hint("use a registry, or an OCI layout: oci:DIR:TAG")
}

#[cfg(test)]
mod keyless_tests;
#[cfg(test)]
mod signer_tests;
#[cfg(test)]
mod tests;
