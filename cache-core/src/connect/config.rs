//! What a promoter is made of, as text.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use serde::Deserialize;

use super::ledger::open_ledger;
use super::network::{NetworkConfig, network};
use super::text::text_or_file;
use super::trust::{TrustedKeyConfig, read_root, trusted};
use super::{Backing, RegistryConfig, Session, SignerConfig, open_source_of, open_target_of};
use crate::approve::{ApprovalKind, ApprovalPolicy, Approver, Freeze, Group};
use crate::error::{Error, Result};
use crate::gate::{ImagePolicyGate, PromotionGate};
use crate::model::{Repository, Timestamp};
use crate::policy::{ClusterImagePolicy, Policy, Promotion};
use crate::promote::Promoter;
use crate::registry::MemoryRegistry;
use crate::sign::{Demands, IdentityConfig, PublicKey, SignersConfig, TokenSource, Trust, TrustedRoot};

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
    pub trusted_keys: Vec<TrustedKeyConfig>,
    /// The keyless signers whose signatures count, besides those of the policy.
    #[serde(default)]
    pub trusted_signers: Vec<SignersConfig>,
    /// The trusted root that keyless signatures, log entries and timestamps are traced back to: its JSON, or the path of a
    /// file with it.
    #[serde(default)]
    pub trusted_root: Option<String>,
    /// Policies for images (`ClusterImagePolicy`), each as YAML or as the path of a file: all that are for an image must be
    /// satisfied, and whom they trust is trusted.
    #[serde(default)]
    pub image_policies: Vec<String>,
    /// Who signs the promotion record, and what is attached; without one, no record is.
    #[serde(default)]
    pub signer: Option<SignerConfig>,
    /// Which approvals count, where the policy does not say it for the environment; without either, the default.
    #[serde(default)]
    pub approval: Option<ApprovalConfig>,
    /// The registries that are more than the OCI protocol, or have a login of their own: those of the source and the target.
    #[serde(default)]
    pub registries: Vec<RegistryConfig>,
    /// How the source and the target are reached over a network; without it, as the machine and its environment say.
    #[serde(default)]
    pub network: Option<NetworkConfig>,
    /// Where used approvals are remembered: a folder, or `s3://BUCKET/PREFIX`, `gs://BUCKET/PREFIX` or
    /// `az://ACCOUNT/CONTAINER/PREFIX` where several machines execute plans; without it, the user's own folder. See
    /// [`BucketLedger`](crate::bucket::BucketLedger).
    #[serde(default)]
    pub ledger: Option<String>,
    /// A clock that stands still, for tests and for reproducing a verdict.
    #[serde(default)]
    pub clock: Option<Timestamp>,
}

/// Which approvals count; the defaults are those of [`ApprovalPolicy`].
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ApprovalConfig {
    /// The kinds that count.
    #[serde(default)]
    pub accept: Option<Vec<ApprovalKind>>,
    /// How many distinct people must approve; without it, as many as the groups need, or one.
    #[serde(default)]
    pub required: Option<usize>,
    /// The people who may; empty means anybody.
    #[serde(default)]
    pub approvers: Vec<ApproverConfig>,
    /// The groups that must be among them, by name.
    #[serde(default)]
    pub groups: BTreeMap<String, Group>,
    /// Whether the requester does not count.
    #[serde(default)]
    pub exclude_requester: Option<bool>,
    /// How old an approval may be, in seconds.
    #[serde(default)]
    pub max_age_seconds: Option<u64>,
    /// When nothing is executed.
    #[serde(default)]
    pub freeze: Vec<Freeze>,
    /// What has to come with keyless approvals.
    #[serde(default)]
    pub demands: Option<Demands>,
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
    /// Who the person is to providers of identities.
    #[serde(default)]
    pub identities: Vec<IdentityConfig>,
}

impl PromoterConfig {
    /// Opens everything. `gates` are judged after those of the policy.
    ///
    /// # Errors
    /// `Invalid` where the configuration contradicts itself, and what the adapters say.
    pub fn open(self, gates: Vec<Arc<dyn PromotionGate>>) -> Result<Session> {
        self.open_with(gates, None)
    }

    /// The same, where the application itself gives identity tokens to a keyless signer that asks it (`callback`).
    ///
    /// # Errors
    /// As [`open`](PromoterConfig::open).
    pub fn open_with(
        self,
        gates: Vec<Arc<dyn PromotionGate>>,
        tokens: Option<Arc<dyn TokenSource>>,
    ) -> Result<Session> {
        let policy = self.policy.as_deref().map(read_policy).transpose()?;
        let promotion = match &policy {
            Some(policy) => policy.promotion(&self.environment),
            None => Promotion::default_for(&self.environment),
        };
        let mut all = promotion.gates()?;
        let read = |stated: &String| text_or_file("policy", stated, ClusterImagePolicy::parse);
        let image_policies = self.image_policies.iter().map(read).collect::<Result<Vec<_>>>()?;
        if !image_policies.is_empty() {
            let policies = image_policies.iter().map(|policy| policy.policy().clone()).collect();
            all.push(Arc::new(ImagePolicyGate { policies }));
        }
        all.extend(gates);
        let root = self.trusted_root.as_deref().map(read_root).transpose()?;
        let trust = self.trust(policy.as_ref(), &image_policies, root.as_ref())?;
        let approval = counting(self.approval.as_ref(), policy.as_ref(), &self.environment)?;
        let approval = approval.traced_to(root.clone())?;
        let network = network(self.network.as_ref())?;
        let backing = Backing { root, network: network.clone(), tokens };
        let signer = self.signer.map(|signer| signer.open(backing)).transpose()?;
        let promoter = Promoter {
            source: open_source_of(&self.source, &self.registries, network.clone())?,
            target: open_target_of(&self.target, &self.registries, network.clone())?,
            gates: all,
            trust,
            signer: None,
            policy: policy.map(|policy| policy.digest().clone()),
            materials: MemoryRegistry::new(),
            ledger: open_ledger(self.ledger.as_deref(), &network)?,
            clock: self.clock,
        };
        let session = Session::new(promoter, approval, self.environment).for_target(self.target);
        Ok(session.signed_by(signer).assessing(promotion.scan))
    }
}

impl PromoterConfig {
    /// Everybody who is trusted.
    fn trust(
        &self,
        policy: Option<&Policy>,
        image_policies: &[ClusterImagePolicy],
        root: Option<&Arc<TrustedRoot>>,
    ) -> Result<Trust> {
        let signers = self.trusted_signers.iter().chain(policy.map(Policy::signers).unwrap_or_default());
        let mut trusted = trusted(&self.trusted_keys, signers, root)?;
        for policy in image_policies {
            trusted.extend(policy.trusted(|name| root.cloned().filter(|_| name.is_none()))?);
        }
        Ok(Trust::in_all(trusted))
    }
}

/// Which approvals count: those that are stated, or those of the policy. Where both speak, one would be overlooked.
pub(super) fn counting(
    stated: Option<&ApprovalConfig>,
    policy: Option<&Policy>,
    environment: &str,
) -> Result<ApprovalPolicy> {
    let of_policy = policy.filter(|policy| policy.with_approval().any(|known| known == environment));
    match (stated, of_policy) {
        (Some(_), Some(_)) => {
            Err(Error::invalid("\"approval\" and the policy's approval_policy both say which approvals count")
                .context("environment", environment)
                .hint("say it in one of them"))
        }
        (Some(stated), None) => stated.policy(),
        (None, Some(policy)) => Ok(policy.approval(environment)),
        (None, None) => Ok(ApprovalPolicy::default()),
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
            let identities = approver.identities.iter().map(IdentityConfig::rule).collect::<Result<_>>();
            let identities = identities.map_err(|e| e.context("approver", &approver.name))?;
            Ok(Approver { name: approver.name.clone(), key, identities })
        };
        let least = ApprovalPolicy::needed_by(&self.groups).max(default.required);
        let policy = ApprovalPolicy {
            accept: self.accept.clone().unwrap_or(default.accept),
            required: self.required.unwrap_or(least),
            approvers: self.approvers.iter().map(approver).collect::<Result<_>>()?,
            groups: self.groups.clone(),
            exclude_requester: self.exclude_requester.unwrap_or(default.exclude_requester),
            max_age: self.max_age_seconds.map_or(default.max_age, Duration::from_secs),
            freezes: self.freeze.clone(),
            demands: self.demands.clone().unwrap_or(default.demands),
            root: None,
        };
        policy.check()?;
        Ok(policy)
    }
}

/// Reads the policy file, by its text or its path.
pub(super) fn read_policy(stated: &str) -> Result<Policy> {
    text_or_file("policy", stated, Policy::parse)
}
