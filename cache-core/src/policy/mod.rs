//! The policy file: what an image must show before it enters an environment, in YAML.
//!
//! ```
//! # use cache_core::policy::Policy;
//! let policy = Policy::parse("
//! scan_policy:
//!   promotion_to_staging: {max_critical: 0, max_high: 5}
//! ")?;
//! let gates: Vec<String> = policy.gates("staging")?.iter().map(|gate| gate.name().to_owned()).collect();
//! assert_eq!(gates, ["cve", "signature", "sbom"]);
//! assert_eq!(policy.gates("prod")?.len(), 6);
//! # Ok::<(), cache_core::Error>(())
//! ```
//!
//! Every key is described in `docs/policy.md`. Whatever the file does not say, the strict default says: an environment
//! without a section has all six gates, nothing critical and nothing high.

mod approval;
mod cluster_image;
mod entry;
mod file;
mod promotion;
mod section;
mod yaml;

use std::collections::BTreeMap;
use std::sync::Arc;

pub use cluster_image::ClusterImagePolicy;
pub use promotion::{Promotion, Smoke};

pub use crate::retention::RetentionRules;

use crate::approve::ApprovalPolicy;
use crate::error::Result;
use crate::gate::PromotionGate;
use crate::model::Digest;
use crate::sign::SignersConfig;

/// A policy file that was read and checked.
#[derive(Debug, Clone)]
pub struct Policy {
    digest: Digest,
    promotions: BTreeMap<String, Promotion>,
    retention: BTreeMap<String, RetentionRules>,
    approvals: BTreeMap<String, ApprovalPolicy>,
    signers: Vec<SignersConfig>,
}

impl Policy {
    /// Reads a policy file.
    ///
    /// # Errors
    /// `Invalid`, with the line, the column and the key, where the file is no YAML, has a key that is not known or stands
    /// twice, or a value that cannot be.
    pub fn parse(yaml: &str) -> Result<Policy> {
        let file: file::File = yaml::read(yaml)?;
        file.into_policy(Digest::of(yaml.as_bytes()))
    }

    /// The digest of the file's bytes; a plan names its policy by it.
    pub fn digest(&self) -> &Digest {
        &self.digest
    }

    /// The environments that have a section of their own.
    pub fn environments(&self) -> impl Iterator<Item = &str> {
        self.promotions.keys().map(String::as_str)
    }

    /// What an image must show to enter this environment; the default where the file has no section for it.
    pub fn promotion(&self, environment: &str) -> Promotion {
        self.promotions.get(environment).cloned().unwrap_or_else(|| Promotion::default_for(environment))
    }

    /// The gates of this environment.
    ///
    /// # Errors
    /// `Invalid` where a gate cannot be made. The file's own values were checked when it was read.
    pub fn gates(&self, environment: &str) -> Result<Vec<Arc<dyn PromotionGate>>> {
        self.promotion(environment).gates()
    }

    /// The retention rules of this environment, where the file has some. Without rules nothing is ever deleted.
    pub fn retention(&self, environment: &str) -> Option<&RetentionRules> {
        self.retention.get(environment)
    }

    /// The environments that have retention rules.
    pub fn with_retention(&self) -> impl Iterator<Item = &str> {
        self.retention.keys().map(String::as_str)
    }

    /// The environments whose approvals the file speaks of.
    pub fn with_approval(&self) -> impl Iterator<Item = &str> {
        self.approvals.keys().map(String::as_str)
    }

    /// The keyless signers whose signatures count, besides those of the configuration.
    pub fn signers(&self) -> &[SignersConfig] {
        &self.signers
    }

    /// Which approvals a plan for this environment needs; the default where the file does not say.
    pub fn approval(&self, environment: &str) -> ApprovalPolicy {
        self.approvals.get(environment).cloned().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests;
