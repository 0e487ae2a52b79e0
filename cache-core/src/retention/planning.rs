//! From repositories to a plan, or to the reasons why there is none.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use serde::Serialize;

use super::decision::{Fate, Kind, RepositoryDecision, Totals, Why};
use super::graph::RepositoryGraph;
use super::here::Here;
use super::inventory::{Deployed, Inventory, InventorySource, MAX_INVENTORY_AGE, Mirror};
use super::judge::judge;
use super::kept::stays;
use super::order::changes;
use super::relied::{note, told};
use super::rules::{MaxDeletions, RetentionRules};
use super::storage::{Freeing, Storage};
use super::survey::{Requests, Survey, SurveyOptions};
use crate::error::{Error, Result};
use crate::model::{Digest, Reason, Repository, Timestamp, Verdict};
use crate::plan::{Change, Deadlines, PLAN_VERSION, Plan, PlanBody, Purpose, Stays};
use crate::registry::Registry;
use crate::watch::Watch;

/// Decides what may go from the repositories of a registry, and plans it. It holds no writer: whatever it is asked, it deletes
/// nothing.
#[derive(Debug, Clone)]
pub struct Retention {
    /// Where the repositories are.
    pub registry: Arc<dyn Registry>,
    /// What may go and what is kept.
    pub rules: RetentionRules,
    /// The digest of the policy document that the rules are from.
    pub policy: Option<Digest>,
    /// What tells what is deployed. All of them are asked, and one that fails means that nothing is deleted.
    pub inventories: Vec<Arc<dyn InventorySource>>,
    /// The registries that have copies of the images.
    pub mirrors: Vec<Mirror>,
    /// How the registry is read.
    pub survey: SurveyOptions,
    /// A clock that stands still, for tests and for reproducing a decision; normally `None`, the system's clock.
    pub clock: Option<Timestamp>,
}

/// What somebody wants to have cleaned up.
#[derive(Debug, Clone)]
pub struct RetentionRequest {
    /// The repositories.
    pub repositories: Vec<Repository>,
    /// The environment that they belong to, such as `dev`.
    pub environment: String,
    /// Who asks. Usually this person may not approve.
    pub requester: String,
    /// Why.
    pub reason: Option<String>,
}

/// What came of a request.
#[derive(Debug, Clone)]
pub struct Proposal {
    /// Whether there is something to approve.
    pub outcome: Proposed,
    /// What becomes of everything, and why.
    pub decisions: Vec<RepositoryDecision>,
    /// How much stays and goes.
    pub totals: Totals,
    /// What is set free.
    pub frees: Storage,
    /// What it took to find out.
    pub requests: Requests,
    /// The requests that carrying out the plan takes at least.
    pub execution_requests: usize,
    /// The inventories that were relied on.
    pub inventories: Vec<InventoryNote>,
}

/// Whether there is something to approve.
#[derive(Debug, Clone)]
pub enum Proposed {
    /// A plan for a human to approve.
    Ready(Plan),
    /// A limit of the rules forbids it: there is no plan. In words.
    Refused(Vec<String>),
    /// Nothing is to be deleted.
    Nothing,
}

/// An inventory that was relied on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct InventoryNote {
    /// Where it is from.
    pub source: String,
    /// When it was taken.
    pub taken: Timestamp,
    /// How many images it has.
    pub images: usize,
    /// The digest of it as canonical JSON.
    pub digest: Digest,
}

impl Retention {
    /// Asks what is deployed, reads the repositories, decides, and drafts the plan. Reads only.
    ///
    /// # Errors
    /// What the registry says: what cannot be read completely is no ground to delete. `Invalid` where the rules contradict
    /// themselves, what is deployed has to be known and is not, or an inventory cannot be relied on.
    pub async fn plan(&self, request: &RetentionRequest) -> Result<Proposal> {
        self.plan_watched(request, None).await
    }

    /// The same, while somebody watches how many requests are sent.
    ///
    /// # Errors
    /// As [`plan`](Retention::plan).
    pub async fn plan_watched(&self, request: &RetentionRequest, watch: Option<Watch<Requests>>) -> Result<Proposal> {
        self.rules.check()?;
        if request.repositories.is_empty() {
            return Err(Error::invalid("no repository is named"));
        }
        let now = self.clock.unwrap_or_else(Timestamp::now);
        let inventories = self.inventories(now).await?;
        let deployed = Deployed::of(&inventories, &self.mirrors);
        let mut options = self.survey.clone();
        options.created |= self.rules.needs_created();
        let survey = Survey::new(&*self.registry, &options, watch)?;
        let mut draft = Draft::default();
        let mut here = Here::new(&inventories, &self.mirrors);
        let decide = |graph: RepositoryGraph| {
            let rules = self.rules.of(&graph.repository);
            if rules.keep_deployed == Some(true) {
                here.look(&graph);
            }
            let decision = judge(&graph, &rules, &deployed, now);
            draft.add(&graph, decision);
        };
        survey.read(&request.repositories, decide).await?;
        let here = here.counts();
        let inventories = inventories.iter().map(note).collect::<Result<Vec<_>>>()?;
        self.propose(request, draft, inventories, &here, survey.requests())
    }

    /// What is deployed, from all who know.
    pub(super) async fn inventories(&self, now: Timestamp) -> Result<Vec<Inventory>> {
        if !self.rules.needs_inventory() {
            return Ok(Vec::new());
        }
        if self.inventories.is_empty() {
            return Err(Error::invalid("the rules keep what is deployed, and nothing tells what that is")
                .hint("name an inventory, or set keep_deployed: false"));
        }
        let hours = self.rules.max_inventory_age_hours;
        let max_age = hours.map_or(MAX_INVENTORY_AGE, |hours| Duration::from_secs(u64::from(hours) * 3600));
        let mut all = Vec::new();
        for source in &self.inventories {
            let inventory = source.inventory().await.map_err(|e| e.context("inventory", source.name()))?;
            inventory.check(max_age, now)?;
            all.push(inventory);
        }
        Ok(all)
    }

    /// Pure: the decisions in, the plan out.
    fn propose(
        &self,
        request: &RetentionRequest,
        draft: Draft,
        inventories: Vec<InventoryNote>,
        here: &[usize],
        requests: Requests,
    ) -> Result<Proposal> {
        let Draft { decisions, changes, stays, freeing } = draft;
        let (totals, frees) = (totals_of(&decisions), freeing.storage());
        let kept: usize = stays.iter().map(|stays| stays.tags.len() + stays.untagged.len()).sum();
        let refusals = self.refusals(&decisions);
        // Expected, expected again, deleted, looked for; what stays is looked at before, in between and afterwards.
        let mut execution_requests = changes.len() * 5 + kept * 4;
        if !inventories.is_empty() {
            // What goes is read and asked for its referrers, and then compared with what is deployed.
            execution_requests += totals.manifests_deleted * 2;
        }
        let outcome = if !refusals.is_empty() {
            Proposed::Refused(refusals)
        } else if changes.is_empty() {
            Proposed::Nothing
        } else {
            let Totals { images_kept, images_deleted, manifests_deleted, tags_deleted } = totals;
            let (all, bytes) = (images_deleted + images_kept, frees.bytes);
            let what = format!(
                "{images_deleted} of {all} images go: {manifests_deleted} manifests, {tags_deleted} tags, {bytes} bytes"
            );
            let plan = PlanBody {
                version: PLAN_VERSION,
                environment: request.environment.clone(),
                requester: request.requester.clone(),
                reason: request.reason.clone(),
                purpose: Purpose::Retention { what, stays },
                policy: self.policy.clone(),
                break_glass: None,
                deadlines: Deadlines::default(),
                verdicts: vec![reasons(&decisions, &inventories, here)],
                changes,
                left_behind: Vec::new(),
            };
            Proposed::Ready(plan.plan()?)
        };
        Ok(Proposal { outcome, decisions, totals, frees, requests, execution_requests, inventories })
    }

    /// The limits that the decisions exceed.
    fn refusals(&self, decisions: &[RepositoryDecision]) -> Vec<String> {
        let Some(most) = self.rules.max_deletions else { return Vec::new() };
        let refuse = |what: String| format!("{what} would be deleted, and max_deletions is {most}");
        match most {
            MaxDeletions::Count(most) => {
                let all = totals_of(decisions).images_deleted;
                if all > most as usize { vec![refuse(format!("{all} images"))] } else { Vec::new() }
            }
            MaxDeletions::Percent(percent) => {
                let exceeds = |decision: &&RepositoryDecision| {
                    let totals = decision.totals();
                    let all = totals.images_deleted + totals.images_kept;
                    totals.images_deleted * 100 > all * usize::from(percent)
                };
                let say = |decision: &RepositoryDecision| {
                    let totals = decision.totals();
                    let all = totals.images_deleted + totals.images_kept;
                    refuse(format!("{} of {all} images of {}", totals.images_deleted, decision.repository))
                };
                decisions.iter().filter(exceeds).map(say).collect()
            }
        }
    }
}

/// What was decided of the repositories that were read.
#[derive(Default)]
struct Draft {
    decisions: Vec<RepositoryDecision>,
    changes: Vec<Change>,
    stays: Vec<Stays>,
    freeing: Freeing,
}

impl Draft {
    fn add(&mut self, graph: &RepositoryGraph, decision: RepositoryDecision) {
        let changes = changes(graph, &decision);
        if !changes.is_empty() {
            self.stays.push(stays(graph, &decision));
        }
        self.changes.extend(changes);
        self.freeing.add(graph, &decision);
        self.decisions.push(decision);
    }
}

fn totals_of(decisions: &[RepositoryDecision]) -> Totals {
    decisions.iter().map(RepositoryDecision::totals).sum()
}

/// Why each image goes, for the person who approves.
fn reasons(decisions: &[RepositoryDecision], inventories: &[InventoryNote], here: &[usize]) -> Verdict {
    let mut reasons = Vec::new();
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for repository in decisions {
        for decision in &repository.manifests {
            let tags: Vec<_> = decision.tags.iter().filter(|tag| tag.fate == Fate::Delete).collect();
            let goes = decision.fate == Fate::Delete && matches!(decision.kind, Kind::Image | Kind::LeftOver);
            let untagged_only = decision.fate == Fate::Keep && !tags.is_empty();
            let name = format!("{}@{}", repository.repository, decision.digest.short());
            let list = |tags: &[&super::decision::TagDecision]| {
                tags.iter().map(|tag| tag.tag.as_str()).collect::<Vec<_>>().join(", ")
            };
            if goes {
                let why = decision.why.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ");
                let tags = if tags.is_empty() { "no tag".to_owned() } else { list(&tags) };
                let code = decision.why.first().map_or("unmatched", |why| why.code());
                reasons.push(Reason::pass(code, format!("{name} ({tags}): {why}")));
            } else if untagged_only {
                let why = tags.first().map(|tag| tag.why.to_string()).unwrap_or_default();
                reasons.push(Reason::pass("untag", format!("{name} stays and loses {}: {why}", list(&tags))));
            }
            if decision.fate == Fate::Keep && decision.kind == Kind::Image {
                let why = decision.why.first().map(|why| decision.behind(why).unwrap_or(why));
                *counts.entry(why.map_or("unmatched", Why::code)).or_default() += 1;
            }
        }
    }
    let kept: Vec<_> = counts.iter().map(|(code, count)| format!("{count} {code}")).collect();
    reasons.push(Reason::pass("kept", format!("images that stay: {}", kept.join(", "))));
    let (told, looked_at) = told(inventories, here);
    reasons.extend(told);
    Verdict::new("retention", reasons, looked_at)
}
