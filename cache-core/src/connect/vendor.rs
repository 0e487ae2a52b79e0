//! The policies of registries themselves, as text.

use serde::Deserialize;
use serde_json::Value;

use super::config::read_policy;
use crate::error::{Error, Result};
use crate::model::Timestamp;
use crate::retention::vendor::{Doomed, ListedImage, Translation, acr, ecr, harbor, openshift};

/// Whose policy it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum VendorName {
    /// Amazon ECR.
    Ecr,
    /// Harbor.
    Harbor,
    /// Azure Container Registry.
    Acr,
    /// OpenShift, whose policy is the options of a command.
    Openshift,
}

/// A policy that is tried on a listing.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SimulateConfig {
    /// Whose policy it is: `ecr`, `harbor` or `acr`.
    pub vendor: VendorName,
    /// The text of the policy.
    pub policy: String,
    /// What the registry lists of one repository: what `DescribeImages` answers, a list of Harbor's artifacts, or of ACR's manifests.
    #[serde(default)]
    pub listing: Option<Value>,
    /// The same, read by the caller.
    #[serde(default)]
    pub images: Option<Vec<ListedImage>>,
    /// The name of the repository below its project, which Harbor's rules select by.
    #[serde(default)]
    pub repository: String,
    /// A clock that stands still; without it, the system's.
    #[serde(default)]
    pub clock: Option<Timestamp>,
}

/// Rules that are to be said in the words of a registry.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct TranslateConfig {
    /// In whose words.
    pub vendor: VendorName,
    /// The policy, as YAML or as the path of a file.
    pub policy: String,
    /// The environment whose rules are meant.
    pub environment: String,
}

/// What a policy does, in words.
///
/// # Errors
/// `Invalid` where it is none; `Unsupported` where it has what is not known.
pub fn explain_policy(vendor: VendorName, text: &str) -> Result<Vec<String>> {
    match vendor {
        VendorName::Ecr => Ok(ecr::LifecyclePolicy::parse(text)?.explain()),
        VendorName::Harbor => harbor::RetentionPolicy::parse(text)?.explain(),
        VendorName::Acr => Ok(acr::Policies::parse(text)?.explain()),
        VendorName::Openshift => Err(no_document()),
    }
}

/// What a registry would delete by a policy.
///
/// # Errors
/// As [`explain_policy`]; `Invalid` where the listing is none.
pub fn simulate_policy(request: SimulateConfig) -> Result<Vec<Doomed>> {
    let now = request.clock.unwrap_or_else(Timestamp::now);
    let images = |read: fn(&Value) -> Result<Vec<ListedImage>>| match (&request.listing, &request.images) {
        (Some(listing), None) => read(listing),
        (None, Some(images)) => Ok(images.clone()),
        _ => Err(Error::invalid("a policy is tried on either \"listing\" or \"images\"")),
    };
    match request.vendor {
        VendorName::Ecr => ecr::LifecyclePolicy::parse(&request.policy)?.simulate(&images(ecr::listing)?, now),
        VendorName::Harbor => {
            let policy = harbor::RetentionPolicy::parse(&request.policy)?;
            policy.simulate(&request.repository, &images(harbor::listing)?, now)
        }
        VendorName::Acr => Ok(acr::Policies::parse(&request.policy)?.simulate(&images(acr::listing)?, now)),
        VendorName::Openshift => Err(no_document()),
    }
}

/// The rules of an environment in the words of a registry, and what cannot be said.
///
/// # Errors
/// `Invalid` where the policy is none or has no rules for the environment.
pub fn translate_policy(request: &TranslateConfig) -> Result<Translation> {
    let policy = read_policy(&request.policy)?;
    let rules = policy.retention(&request.environment).ok_or_else(|| {
        let error = Error::invalid("the policy has no retention_policy for this environment");
        error.context("environment", &request.environment)
    })?;
    Ok(match request.vendor {
        VendorName::Ecr => ecr::translate(rules),
        VendorName::Harbor => harbor::translate(rules),
        VendorName::Acr => acr::translate(rules),
        VendorName::Openshift => openshift::translate(rules),
    })
}

fn no_document() -> Error {
    Error::unsupported("OpenShift prunes by the options of a command and has no document")
}
