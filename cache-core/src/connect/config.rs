//! What a promoter is made of, as text.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use serde::Deserialize;

use super::network::NetworkConfig;
use super::{Session, open_source_over, open_target_over};
use crate::approve::{ApprovalKind, ApprovalPolicy, Approver, Ledger};
use crate::error::{Error, Result};
use crate::gate::PromotionGate;
use crate::model::{Repository, Timestamp};
use crate::policy::{Policy, Promotion};
use crate::promote::Promoter;
use crate::registry::MemoryRegistry;
use crate::sign::{KeySigner, PublicKey, Signer, Trust};

/// The configuration of a promoter: one source, one target, one environment.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PromoterConfig {
    /// The repository that images come from.
    pub source: Repository,
    /// The repository that images go to.
    pub target: Repository,
    /// The environment that they enter, such as `staging`. It chooses the rules of the policy.
    pub environment: String,
    /// The policy, as YAML or as the path of a file. Without one, the strict default of the environment holds.
    #[serde(default)]
    pub policy: Option<String>,
    /// The public keys whose signatures count.
    #[serde(default)]
    pub trusted_keys: Vec<KeyConfig>,
    /// The private key that signs the promotion record; without one, no record is attached.
    #[serde(default)]
    pub signer: Option<KeyConfig>,
    /// Which approvals count. Without it, what the policy says for the environment, else the default.
    #[serde(default)]
    pub approval: Option<ApprovalConfig>,
    /// How the source and the target are reached over a network; without it, as the machine and its environment say.
    #[serde(default)]
    pub network: Option<NetworkConfig>,
    /// The folder where used approvals are remembered; without one, the user's own.
    #[serde(default)]
    pub ledger: Option<PathBuf>,
    /// A clock that stands still, for tests and for reproducing a verdict.
    #[serde(default)]
    pub clock: Option<Timestamp>,
}

/// A key in PEM: the text itself, or the path of a file with it.
#[derive(Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct KeyConfig {
    /// What records and verdicts call it.
    pub name: String,
    /// The PEM.
    #[serde(default)]
    pub pem: Option<String>,
    /// Where the PEM is.
    #[serde(default)]
    pub path: Option<PathBuf>,
}

/// Which approvals count; the defaults are those of [`ApprovalPolicy`].
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ApprovalConfig {
    /// The kinds that count.
    #[serde(default)]
    pub accept: Option<Vec<ApprovalKind>>,
    /// How many distinct people must approve.
    #[serde(default)]
    pub required: Option<usize>,
    /// The people who may; empty means anybody.
    #[serde(default)]
    pub approvers: Vec<ApproverConfig>,
    /// Whether the requester does not count.
    #[serde(default)]
    pub exclude_requester: Option<bool>,
    /// How old an approval may be, in seconds.
    #[serde(default)]
    pub max_age_seconds: Option<u64>,
}

/// A person who may approve.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ApproverConfig {
    /// The name, as in the records.
    pub name: String,
    /// The person's public key, in PEM.
    #[serde(default)]
    pub key: Option<String>,
}

impl PromoterConfig {
    /// Opens everything. `gates` are judged after those of the policy.
    ///
    /// # Errors
    /// `Invalid` where the configuration contradicts itself, and what the adapters say.
    pub fn open(self, gates: Vec<Arc<dyn PromotionGate>>) -> Result<Session> {
        let policy = self.policy.as_deref().map(read_policy).transpose()?;
        let mut all: Vec<Arc<dyn PromotionGate>> = match &policy {
            Some(policy) => policy.gates(&self.environment)?,
            None => Promotion::default_for(&self.environment).gates()?,
        };
        all.extend(gates);
        let approval = match (&self.approval, &policy) {
            (Some(stated), _) => stated.policy()?,
            (None, Some(policy)) => policy.approval(&self.environment),
            (None, None) => ApprovalPolicy::default(),
        };
        let signer = self.signer.as_ref().map(KeyConfig::signer).transpose()?;
        let network = self.network.unwrap_or_default().network()?;
        let promoter = Promoter {
            source: open_source_over(&self.source, network.clone())?,
            target: open_target_over(&self.target, network)?,
            gates: all,
            trust: Trust::in_keys(self.trusted_keys.iter().map(KeyConfig::public).collect::<Result<_>>()?),
            signer: signer.map(|signer| Arc::new(signer) as Arc<dyn Signer>),
            policy: policy.map(|policy| policy.digest().clone()),
            materials: MemoryRegistry::new(),
            ledger: self.ledger.map_or_else(Ledger::of_user, |folder| Ok(Ledger::at(folder)))?,
            clock: self.clock,
        };
        Ok(Session::new(promoter, approval, self.environment))
    }
}

impl KeyConfig {
    /// The public key.
    ///
    /// # Errors
    /// `Invalid` where it is neither text nor a path, or both; what [`PublicKey::from_pem`] says.
    pub fn public(&self) -> Result<PublicKey> {
        PublicKey::from_pem(&self.name, &self.text()?)
    }

    /// A signer with the private key.
    ///
    /// # Errors
    /// `Invalid` where it is neither text nor a path, or both; what [`KeySigner::from_pem`] says.
    pub fn signer(&self) -> Result<KeySigner> {
        KeySigner::from_pem(&self.name, &self.text()?)
    }

    fn text(&self) -> Result<zeroize::Zeroizing<String>> {
        match (&self.pem, &self.path) {
            (Some(pem), None) => Ok(pem.clone().into()),
            (None, Some(path)) => read_text(path).map(Into::into),
            _ => Err(Error::invalid("a key has either \"pem\" or \"path\"").context("key", &self.name)),
        }
    }
}

impl fmt::Debug for KeyConfig {
    // The text may be a private key.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeyConfig").field("name", &self.name).field("path", &self.path).finish_non_exhaustive()
    }
}

impl ApprovalConfig {
    /// The policy that this describes.
    ///
    /// # Errors
    /// `Invalid` where no set of approvals can satisfy it, or a key is no key.
    pub fn policy(&self) -> Result<ApprovalPolicy> {
        let default = ApprovalPolicy::default();
        let approver = |approver: &ApproverConfig| {
            let key = approver.key.as_ref().map(|pem| PublicKey::from_pem(&approver.name, pem)).transpose()?;
            Ok(Approver { name: approver.name.clone(), key })
        };
        let policy = ApprovalPolicy {
            accept: self.accept.clone().unwrap_or(default.accept),
            required: self.required.unwrap_or(default.required),
            approvers: self.approvers.iter().map(approver).collect::<Result<_>>()?,
            exclude_requester: self.exclude_requester.unwrap_or(default.exclude_requester),
            max_age: self.max_age_seconds.map_or(default.max_age, Duration::from_secs),
        };
        policy.check()?;
        Ok(policy)
    }
}

/// A policy has several lines, a path has one.
fn read_policy(policy: &str) -> Result<Policy> {
    match policy.contains('\n') {
        true => Policy::parse(policy),
        false => Policy::parse(&read_text(Path::new(policy))?).map_err(|e| e.context("policy", policy)),
    }
}

pub(super) fn read_text(path: &Path) -> Result<String> {
    std::fs::read_to_string(path).map_err(|e| Error::io(path, e))
}
