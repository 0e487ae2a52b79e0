//! The file as a whole.

use std::collections::BTreeMap;

use serde::de::{Deserialize, Deserializer, Error as _};

use super::approval::Approvals;
use super::section::Section;
use super::{Policy, RetentionRules};
use crate::error::{Error, Result};
use crate::model::Digest;
use crate::sign::SignersConfig;

/// The sections of the file.
#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct File {
    scan_policy: Option<BTreeMap<PromotionTo, Section>>,
    retention_policy: Option<BTreeMap<Environment, RetentionRules>>,
    approval_policy: Option<BTreeMap<Environment, Approvals>>,
    #[serde(default)]
    signers: Vec<SignersConfig>,
}

impl File {
    pub(super) fn into_policy(self, digest: Digest) -> Result<Policy> {
        let policies = [self.scan_policy.is_some(), self.retention_policy.is_some(), self.approval_policy.is_some()];
        if !policies.contains(&true) && self.signers.is_empty() {
            return Err(Error::invalid("the policy file says nothing")
                .hint("it needs a scan_policy, a retention_policy, an approval_policy or signers"));
        }
        for (PromotionTo(environment), section) in self.scan_policy.iter().flatten() {
            let key = format!("scan_policy.promotion_to_{environment}");
            section
                .check()
                .map_err(|why| Error::invalid(format!("the policy file is wrong: {why}")).context("key", key))?;
        }
        for signers in &self.signers {
            signers.rules()?;
        }
        let retention = self.retention_policy.unwrap_or_default();
        for (environment, rules) in &retention {
            rules.check().map_err(|e| e.context("environment", &environment.0))?;
        }
        let promotions = self.scan_policy.unwrap_or_default().into_iter();
        let approvals = self.approval_policy.unwrap_or_default().into_iter();
        Ok(Policy {
            digest,
            promotions: promotions.map(|(PromotionTo(env), section)| (env.clone(), section.promotion(&env))).collect(),
            retention: retention.into_iter().map(|(env, r)| (env.0, r)).collect(),
            approvals: approvals.map(|(env, approvals)| (env.0, approvals.0)).collect(),
            signers: self.signers,
        })
    }
}

/// The key `promotion_to_<environment>`.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct PromotionTo(String);

/// The name of an environment.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Environment(String);

impl<'de> Deserialize<'de> for PromotionTo {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let key = String::deserialize(deserializer)?;
        let name = key.strip_prefix("promotion_to_").filter(|name| is_name(name));
        name.map(|name| PromotionTo(name.to_owned()))
            .ok_or_else(|| D::Error::custom(format!("unknown key {key:?}, expected promotion_to_<environment>")))
    }
}

impl<'de> Deserialize<'de> for Environment {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let name = String::deserialize(deserializer)?;
        if is_name(&name) {
            return Ok(Environment(name));
        }
        Err(D::Error::custom(format!("{name:?} cannot be the name of an environment")))
    }
}

fn is_name(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.'))
}
