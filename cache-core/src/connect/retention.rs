//! Retention, as text: what a handle of a binding holds.

use std::path::PathBuf;
use std::sync::Arc;

use bytes::Bytes;
use serde::{Deserialize, Serialize};

use super::config::{ApprovalConfig, counting, read_policy};
use super::ledger::{journal, open_ledger};
use super::network::{NetworkConfig, network};
use super::session::{SharedPlan, ask};
use super::trust::read_root;
use super::{AskConfig, RegistryConfig, open_source_of, open_target_of};
use crate::approve::{Approval, ApprovalPolicy, Ledger};
use crate::ask::AnswerDesk;
use crate::error::{Error, Result};
use crate::model::{Digest, Raw, Repository, Timestamp};
use crate::promote::Receipt;
use crate::registry::Untagging;
use crate::retention::inventory::{
    ClusterConfig, Inventory, InventoryFile, InventorySource, KubernetesCluster, Mirror, of_kubernetes,
};
use crate::retention::{
    Cleaned, Cleaner, Proposal, Proposed, Requests, RestoreRequest, Retention, RetentionRequest, SurveyOptions,
};
use crate::watch::Watch;

/// The repositories of one environment in one registry, and what of them is kept.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RetentionConfig {
    /// The repositories, all in one registry.
    pub repositories: Vec<Repository>,
    /// The registry, where it is more than the OCI protocol or has a login of its own.
    #[serde(default)]
    pub registries: Vec<RegistryConfig>,
    /// The environment, such as `dev`. It chooses the rules of the policy.
    pub environment: String,
    /// The policy, as YAML or as the path of a file. It has a `retention_policy` for the environment.
    pub policy: String,
    /// What tells what is deployed.
    #[serde(default)]
    pub inventories: Vec<InventoryConfig>,
    /// The registries that have copies of the images.
    #[serde(default)]
    pub mirrors: Vec<Mirror>,
    /// What the registry does when a tag is deleted, where that is known.
    #[serde(default)]
    pub untag: Option<UntagConfig>,
    /// How many requests are on their way at once; 8 by default.
    #[serde(default)]
    pub concurrency: Option<usize>,
    /// How many requests reading may take.
    #[serde(default)]
    pub max_requests: Option<usize>,
    /// Which approvals count, where the policy does not say it for the environment; without either, the default.
    #[serde(default)]
    pub approval: Option<ApprovalConfig>,
    /// The trusted root that keyless approvals are traced back to: its JSON, or the path of a file with it.
    #[serde(default)]
    pub trusted_root: Option<String>,
    /// How the registry is reached over a network.
    #[serde(default)]
    pub network: Option<NetworkConfig>,
    /// Where used approvals are remembered: a folder, or `s3://BUCKET/PREFIX`, `gs://BUCKET/PREFIX` or
    /// `az://ACCOUNT/CONTAINER/PREFIX` where several machines execute plans; without it, the user's own folder. See
    /// [`BucketLedger`](crate::bucket::BucketLedger).
    #[serde(default)]
    pub ledger: Option<String>,
    /// The folder of restore files; without one, `restore` beside the user's own ledger.
    #[serde(default)]
    pub restore: Option<PathBuf>,
    /// A clock that stands still, for tests and for reproducing a decision.
    #[serde(default)]
    pub clock: Option<Timestamp>,
}

/// What tells what is deployed.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase", deny_unknown_fields)]
pub enum InventoryConfig {
    /// A file with an inventory.
    File(PathBuf),
    /// The inventory itself.
    Inventory(Inventory),
    /// A cluster that is asked.
    Kubernetes(KubernetesConfig),
    /// Documents of the API of a cluster, as `kubectl get -o json` prints them. That they are complete is the caller's word.
    KubernetesDocuments {
        /// What they are from, for people.
        source: String,
        /// When the first of them was asked for.
        taken: Timestamp,
        /// The documents.
        documents: Vec<serde_json::Value>,
    },
}

/// A cluster that is asked what runs.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct KubernetesConfig {
    /// What it is called, for people.
    pub name: String,
    /// A kubeconfig; without one, this process is a pod of the cluster.
    #[serde(default)]
    pub kubeconfig: Option<PathBuf>,
    /// The context of the kubeconfig, if not the current one.
    #[serde(default)]
    pub context: Option<String>,
    /// More lists to ask for, such as `apis/argoproj.io/v1alpha1/rollouts`.
    #[serde(default)]
    pub lists: Vec<String>,
}

/// What a registry does when a tag is deleted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum UntagConfig {
    /// It deletes the tag alone.
    Alone,
    /// It deletes the tag alone, but for the last of a manifest.
    AloneButLast,
    /// It refuses.
    Never,
    /// It deletes the manifest with all its tags.
    WithManifest,
}

/// Who wants to have repositories cleaned up.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RetentionRequestConfig {
    /// Who asks. Usually this person may not approve.
    pub requester: String,
    /// Why.
    #[serde(default)]
    pub reason: Option<String>,
}

/// What somebody wants back.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RestoreConfig {
    /// The restore file.
    pub file: PathBuf,
    /// Only these manifests, with all that belongs to them.
    #[serde(default)]
    pub only: Vec<Digest>,
    /// Who asks. Usually this person may not approve.
    pub requester: String,
    /// Why.
    #[serde(default)]
    pub reason: Option<String>,
}

impl RetentionConfig {
    /// Opens everything.
    ///
    /// # Errors
    /// `Invalid` where the configuration contradicts itself or the policy has no rules for the environment; what the adapters
    /// say.
    pub fn open(self) -> Result<RetentionSession> {
        let policy = read_policy(&self.policy)?;
        let Some(rules) = policy.retention(&self.environment).cloned() else {
            let error = Error::invalid("the policy has no retention_policy for this environment");
            return Err(error.context("environment", &self.environment));
        };
        let Some(first) = self.repositories.first() else { return Err(Error::invalid("no repository is named")) };
        if let Some(other) = self.repositories.iter().find(|other| *other != first && !other.same_registry(first)) {
            let error = Error::invalid("the repositories are in different registries");
            return Err(error.context("one", first).context("other", other));
        }
        if !self.inventories.is_empty() && !rules.needs_inventory() {
            return Err(Error::invalid("inventories are named, and the rules do not keep what is deployed")
                .context("environment", &self.environment)
                .hint("set keep_deployed: true in the rules, or leave the inventories out"));
        }
        let approval = counting(self.approval.as_ref(), Some(&policy), &self.environment)?;
        let root = self.trusted_root.as_deref().map(read_root).transpose()?;
        let approval = approval.traced_to(root)?;
        let restore = match self.restore {
            Some(folder) => folder,
            None => Ledger::folder_of_user()?.with_file_name("restore"),
        };
        let network = network(self.network.as_ref())?;
        let concurrency = self.concurrency.unwrap_or(SurveyOptions::default().concurrency);
        let untag = self.untag.map(|untag| match untag {
            UntagConfig::Alone => Untagging::Alone,
            UntagConfig::AloneButLast => Untagging::AloneButLast,
            UntagConfig::Never => Untagging::Never,
            UntagConfig::WithManifest => Untagging::WithManifest,
        });
        let survey = SurveyOptions { concurrency, untag, max_requests: self.max_requests, ..SurveyOptions::default() };
        let target = open_target_of(first, &self.registries, network.clone())?;
        let ledger = open_ledger(self.ledger.as_deref(), &network)?;
        let retention = Retention {
            registry: open_source_of(first, &self.registries, network)?,
            rules,
            policy: Some(policy.digest().clone()),
            inventories: self.inventories.into_iter().map(InventoryConfig::open).collect::<Result<_>>()?,
            mirrors: self.mirrors,
            survey,
            clock: self.clock,
        };
        Ok(RetentionSession {
            cleaner: Cleaner {
                registry: target,
                retention: Some(retention.clone()),
                ledger,
                restore,
                concurrency,
                clock: self.clock,
            },
            retention,
            approval,
            environment: self.environment,
            repositories: self.repositories,
        })
    }
}

impl InventoryConfig {
    fn open(self) -> Result<Arc<dyn InventorySource>> {
        Ok(match self {
            InventoryConfig::File(path) => Arc::new(InventoryFile::new(path)),
            InventoryConfig::Inventory(inventory) => Arc::new(inventory),
            InventoryConfig::Kubernetes(KubernetesConfig { name, kubeconfig, context, lists }) => {
                let config = match kubeconfig {
                    Some(path) => ClusterConfig::of_kubeconfig(&path, context.as_deref())?,
                    None => ClusterConfig::in_cluster()?,
                };
                Arc::new(KubernetesCluster::new(name, config).with(lists))
            }
            InventoryConfig::KubernetesDocuments { source, taken, documents } => {
                Arc::new(of_kubernetes(&source, taken, &documents)?)
            }
        })
    }
}

/// The retention of one environment, with the approvals that count for it.
#[derive(Debug, Clone)]
pub struct RetentionSession {
    retention: Retention,
    cleaner: Cleaner,
    approval: ApprovalPolicy,
    environment: String,
    repositories: Vec<Repository>,
}

impl RetentionSession {
    /// Makes a plan. See [`Retention::plan_watched`].
    ///
    /// # Errors
    /// As there.
    pub async fn plan(
        &self,
        request: RetentionRequestConfig,
        watch: Option<Watch<Requests>>,
    ) -> Result<SharedProposal> {
        let RetentionRequestConfig { requester, reason } = request;
        let (repositories, environment) = (self.repositories.clone(), self.environment.clone());
        let request = RetentionRequest { repositories, environment, requester, reason };
        Ok(SharedProposal::new(self.retention.plan_watched(&request, watch).await?))
    }

    /// Admits the approvals and carries out the plan, or only looks whether it could be. See [`Cleaner::execute`] and
    /// [`Cleaner::rehearse`].
    ///
    /// # Errors
    /// As there; `Unapproved` where the approvals do not suffice or the plan was executed.
    pub async fn execute(&self, plan: &SharedPlan, approvals: Vec<Approval>, dry_run: bool) -> Result<Cleaned> {
        plan.plan().expect_policy(self.retention.policy.as_ref())?;
        let approved = plan.admit(&self.environment, &self.approval, approvals, self.cleaner.now())?;
        if dry_run {
            return self.cleaner.rehearse(&approved).await;
        }
        plan.once(self.cleaner.execute(approved), |cleaned| cleaned.receipt.is_complete()).await
    }

    /// Asks people for approvals until they suffice. See [`Escalation::answers`](crate::ask::Escalation::answers).
    ///
    /// # Errors
    /// As there, and what is wrong with the configuration.
    pub async fn ask(&self, plan: &SharedPlan, desk: &AnswerDesk, config: AskConfig) -> Result<Vec<Approval>> {
        ask(plan, desk, config, &self.approval).await
    }

    /// Plans to put something back; `None` where nothing is to be done. See [`Cleaner::plan_restore`].
    ///
    /// # Errors
    /// As there.
    pub async fn plan_restore(&self, request: RestoreConfig) -> Result<Option<SharedPlan>> {
        let RestoreConfig { file, only, requester, reason } = request;
        let request = RestoreRequest { only, environment: self.environment.clone(), requester, reason };
        Ok(self.cleaner.plan_restore(&file, &request).await?.map(SharedPlan::new))
    }

    /// Admits the approvals and puts something back. See [`Cleaner::restore`].
    ///
    /// # Errors
    /// As there; `Unapproved` where the approvals do not suffice or the plan was executed.
    pub async fn restore(&self, plan: &SharedPlan, approvals: Vec<Approval>, file: PathBuf) -> Result<Receipt> {
        let approved = plan.admit(&self.environment, &self.approval, approvals, self.cleaner.now())?;
        plan.once(self.cleaner.restore(approved, &file), Receipt::is_complete).await
    }

    /// The journal of the plan with this digest, as the ledger keeps it. See [`Journal::kept`](crate::execute::Journal::kept).
    ///
    /// # Errors
    /// As there; `Invalid` where it is no digest.
    pub async fn journal(&self, plan: &str) -> Result<Bytes> {
        journal(&self.cleaner.ledger, plan).await
    }
}

/// What came of a request, as other languages see it.
#[derive(Debug, Clone)]
pub struct SharedProposal {
    /// `ready`, `refused` or `nothing`.
    pub state: &'static str,
    /// The plan, where the state is `ready`.
    pub plan: Option<SharedPlan>,
    /// Why there is none, where the state is `refused`.
    pub refusals: Vec<String>,
    proposal: Arc<Proposal>,
}

impl SharedProposal {
    fn new(proposal: Proposal) -> Self {
        let (state, plan, refusals) = match &proposal.outcome {
            Proposed::Ready(plan) => ("ready", Some(SharedPlan::new(plan.clone())), Vec::new()),
            Proposed::Refused(why) => ("refused", None, why.clone()),
            Proposed::Nothing => ("nothing", None, Vec::new()),
        };
        SharedProposal { state, plan, refusals, proposal: Arc::new(proposal) }
    }

    /// All of it as plain data: what becomes of each manifest and tag, and why.
    ///
    /// # Errors
    /// `Unexpected`, which does not happen.
    pub fn data(&self) -> Result<serde_json::Value> {
        #[derive(Serialize)]
        #[serde(rename_all = "camelCase")]
        struct Data<'a> {
            state: &'a str,
            refusals: &'a [String],
            totals: crate::retention::Totals,
            frees: crate::retention::Storage,
            requests: Requests,
            execution_requests: usize,
            inventories: &'a [crate::retention::InventoryNote],
            repositories: &'a [crate::retention::RepositoryDecision],
        }
        let Proposal { decisions, totals, frees, requests, execution_requests, inventories, .. } = &*self.proposal;
        let data = Data {
            state: self.state,
            refusals: &self.refusals,
            totals: *totals,
            frees: *frees,
            requests: *requests,
            execution_requests: *execution_requests,
            inventories,
            repositories: decisions,
        };
        serde_json::to_value(data).map_err(|e| Error::unexpected("cannot be written as JSON").caused_by(e))
    }
}

/// What was done as canonical JSON: the same bytes in every language.
///
/// # Errors
/// `Unexpected`, which does not happen.
pub fn cleaned_json(cleaned: &Cleaned) -> Result<Vec<u8>> {
    Ok(Raw::canonical(cleaned)?.bytes().to_vec())
}
