//! Whom to trust, as configuration: in the configuration of a promoter and in the policy file.

use std::sync::Arc;

use serde::Deserialize;

use super::root::{TrustedRoot, Window};
use super::rule::IdentityConfig;
use super::trusted::Trusted;
use super::verify::Demands;
use super::{IdentityRule, PublicKey};
use crate::error::{Error, Result};

/// Keyless signers under one name, each as good as another.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SignersConfig {
    /// What verdicts call them.
    pub name: String,
    /// Who they are.
    pub identities: Vec<IdentityConfig>,
    /// What has to come with their signatures; [`Demands::of_keyless`] where it is not said.
    #[serde(default)]
    pub demands: Option<Demands>,
}

impl SignersConfig {
    /// The rules.
    ///
    /// # Errors
    /// `Invalid` where there is none, or what [`IdentityConfig::rule`] says.
    pub fn rules(&self) -> Result<Vec<IdentityRule>> {
        if self.identities.is_empty() {
            return Err(Error::invalid("these signers have no identity").context("signers", &self.name));
        }
        self.identities.iter().map(|one| one.rule().map_err(|e| e.context("signers", &self.name))).collect()
    }

    /// Trust in them, traced back to this root.
    ///
    /// # Errors
    /// As [`rules`](SignersConfig::rules).
    pub fn trusted(&self, root: &Arc<TrustedRoot>) -> Result<Trusted> {
        let trusted = Trusted::identities(&self.name, self.rules()?, root.clone());
        Ok(match &self.demands {
            Some(demands) => trusted.demanding(demands.clone(), root.clone()),
            None => trusted,
        })
    }
}

/// What is demanded of signatures by a key.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct KeyDemands {
    /// When the key is valid. Signatures must then prove when they were made.
    #[serde(default)]
    pub valid: Option<Window>,
    /// In how many different transparency logs they must be.
    #[serde(default)]
    pub logs: usize,
    /// How many different timestamp authorities must confirm them.
    #[serde(default)]
    pub timestamps: usize,
}

impl KeyDemands {
    /// Trust in the key.
    ///
    /// # Errors
    /// `Invalid` where something is demanded that needs a trusted root, and there is none.
    pub fn trusted(&self, key: PublicKey, root: Option<&Arc<TrustedRoot>>) -> Result<Trusted> {
        let trusted = Trusted::key(key);
        if self.valid.is_none() && self.logs == 0 && self.timestamps == 0 {
            return Ok(trusted);
        }
        let root = root.ok_or_else(|| {
            Error::invalid("what is demanded of the key needs a trusted root").context("key", trusted.name())
        })?;
        let demands = Demands { logs: self.logs, timestamps: self.timestamps, ..Demands::nothing() };
        let trusted = trusted.demanding(demands, root.clone());
        Ok(match self.valid {
            Some(window) => trusted.valid(window, root.clone()),
            None => trusted,
        })
    }
}
