//! From configuration to trait objects: what an application, or a binding, says in text becomes a [`Promoter`].
//!
//! This is the one list of adapters. What two bindings need is here as well, so that they stay thin.

mod ask;
mod assess;
mod config;
mod entries;
mod findings;
mod foreign;
mod generate;
mod key;
mod ledger;
mod look;
mod network;
mod patience;
mod plain;
mod policy;
mod reading;
mod registry;
mod request;
mod retention;
mod scan;
mod services;
mod session;
mod signer;
mod story;
mod text;
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
pub use patience::PatienceConfig;
pub use policy::check_policy;
pub use reading::read;
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

use self::entries::check;
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
/// As [`open_source`]; `Invalid` where two entries are for one host, or one is for none or says what is not its system's.
pub fn open_source_of(
    repository: &Repository,
    registries: &[RegistryConfig],
    network: Network,
) -> Result<Arc<dyn Registry>> {
    check(registries)?;
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
/// As [`open_target`] and [`open_source_of`].
pub fn open_target_of(
    repository: &Repository,
    registries: &[RegistryConfig],
    network: Network,
) -> Result<Arc<dyn RegistryWriter>> {
    check(registries)?;
    match repository.transport() {
        Transport::Layout => Ok(Arc::new(Layout::open(repository)?)),
        Transport::Registry => open_registry(repository, registries, network),
        Transport::OciArchive | Transport::DockerArchive => Err(unsupported(repository, "is read and never written")),
        Transport::Memory => Err(unsupported(repository, "is known only to the process that made it")),
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
