//! Carrying out an approved plan: the only part of retention that can change a registry.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use async_trait::async_trait;
use futures_util::FutureExt;
use serde::Serialize;

use super::deployed::expect_not_deployed;
use super::kept::{Going, expect_all, expect_no_news, verify};
use super::planning::Retention;
use super::restore::Wanted;
use crate::approve::{Approved, Ledger, Permitted};
use crate::at_once::at_once;
use crate::error::{Absent, Error, Result};
use crate::execute::{Executor, Journal, Receipt, Step, StepOutcome, delete, execute, expect_delete, moved};
use crate::model::{Digest, Repository, Tag, Timestamp};
use crate::plan::{Change, Delete, DeleteTarget, Purpose, Stays};
use crate::registry::{Registry, RegistryWriter};

/// Deletes what an approved plan says, and puts back what was deleted.
#[derive(Debug, Clone)]
pub struct Cleaner {
    /// Where the repositories are.
    pub registry: Arc<dyn RegistryWriter>,
    /// The retention that makes the plans. What is deployed is asked again, by its rules and inventories, before anything goes.
    /// Without it, plans that keep what is deployed are refused.
    pub retention: Option<Retention>,
    /// Where used approvals are remembered.
    pub ledger: Ledger,
    /// The folder of restore files, one a plan. It is made when first needed.
    pub restore: PathBuf,
    /// How many requests are on their way at once while reading; deletions come one after the other.
    pub concurrency: usize,
    /// A clock that stands still, for tests; normally `None`, the system's clock.
    pub clock: Option<Timestamp>,
}

/// What was done, and how the rest fares.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Cleaned {
    /// What was done, change by change.
    pub receipt: Receipt,
    /// The file that everything can be restored from while its blobs live. A dry run writes none: then it is where one would be.
    pub restore: PathBuf,
    /// How many tags and images that stay were looked at afterwards.
    pub looked_at: usize,
    /// What is wrong with them, in words.
    pub broken: Vec<String>,
}

impl Cleaned {
    /// Whether everything was done that the plan says, and all that stays is well.
    pub fn is_complete(&self) -> bool {
        self.receipt.is_complete() && self.broken.is_empty()
    }

    /// What came of the plan, in a few words.
    pub fn summary(&self) -> &'static str {
        if self.broken.is_empty() { self.receipt.summary() } else { Receipt::NOT_COMPLETE }
    }
}

impl fmt::Display for Cleaned {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.receipt)?;
        if self.receipt.is_dry_run() {
            return Ok(());
        }
        writeln!(f, "\n  to be restored from {}", self.restore.display())?;
        write!(f, "  {} that stay were looked at, {} are broken", self.looked_at, self.broken.len())?;
        self.broken.iter().try_for_each(|broken| write!(f, "\n    {broken}"))
    }
}

impl Cleaner {
    /// Carries out an approved plan, once.
    ///
    /// First what is deployed is asked again, where the plan keeps that; what stays and what goes is compared with the plan, and
    /// what goes is saved in the restore file. Then each deletion
    /// is made in its turn: right before, it is looked at again, and so are new tags and new referrers. The first surprise stops
    /// it. At the end all that stays is looked at.
    ///
    /// The process may die at any time: the same plan goes on with the same approvals.
    ///
    /// # Errors
    /// An error means that nothing was deleted: `Conflict` where the world moved since the plan was made or something that goes is
    /// deployed by now, `Invalid` where what is deployed has to be known and is not, what the inventories say, `Unapproved` where
    /// an approval was used before. Once something may have been deleted, the result says what was.
    pub async fn execute(&self, approved: Approved) -> Result<Cleaned> {
        let stays = self.stays(&approved)?;
        let mut deleting = Deleting::new(self, &approved, stays);
        let receipt = execute(&mut deleting, &approved, &self.ledger, || self.now()).await?;
        let (looked_at, broken) = verify(self.registry.as_registry(), stays, self.concurrency).await;
        Ok(Cleaned { receipt, restore: self.restore_file(approved.plan().digest()), looked_at, broken })
    }

    /// Looks whether an approved plan could be carried out now, and changes nothing: a dry run. Its receipt says of each change
    /// that it was not tried, and there is no restore file.
    ///
    /// # Errors
    /// As [`execute`](Cleaner::execute), before anything is deleted: `Conflict` as well where something that goes is gone already
    /// and in no restore file, `Unapproved` where the ledger has it that the plan was executed. Whether an approval was used is not
    /// asked.
    pub async fn rehearse(&self, approved: &Approved) -> Result<Cleaned> {
        approved.expect_now(self.now())?;
        let deleting = Deleting::new(self, approved, self.stays(approved)?);
        let plan = approved.plan();
        // Without its lock: nothing is claimed.
        Journal::unlocked(&self.ledger, plan.digest()).await?.0.expect_unfinished()?;
        if let Some(gone) = deleting.expect_what_was_planned().await? {
            deleting.wanted().expect_saved(gone, &self.restore_file(plan.digest())).await?;
        }
        let not_tried = |change: &Change| Step { what: change.to_string(), outcome: StepOutcome::NotTried, sent: 0 };
        let receipt = Receipt {
            plan: plan.digest().clone(),
            approvals: approved.approvals().iter().map(|approval| approval.digest().clone()).collect(),
            ignored: approved.ignored().to_vec(),
            started: self.now(),
            finished: self.now(),
            steps: plan.changes.iter().map(not_tried).collect(),
            journal: None,
            unspent: None,
        };
        Ok(Cleaned { receipt, restore: self.restore_file(plan.digest()), looked_at: 0, broken: Vec::new() })
    }

    /// What stays, where this is a plan that a cleaner executes.
    fn stays<'a>(&self, approved: &'a Approved) -> Result<&'a [Stays]> {
        let Purpose::Retention { stays, .. } = &approved.plan().purpose else {
            let error = Error::invalid("the plan is not one that a cleaner executes");
            return Err(error.context("plan", approved.plan().digest()));
        };
        if self.concurrency == 0 {
            return Err(Error::invalid("at least one request has to be on its way at once"));
        }
        Ok(stays)
    }

    /// Where the restore file of a plan is.
    pub fn restore_file(&self, plan: &Digest) -> PathBuf {
        self.restore.join(format!("{}.jsonl", plan.hex()))
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.clock.unwrap_or_else(Timestamp::now)
    }
}

/// Deletions that go on.
struct Deleting<'a> {
    cleaner: &'a Cleaner,
    approved: &'a Approved,
    stays: HashMap<&'a Repository, &'a Stays>,
    going: BTreeMap<&'a Repository, Going>,
    /// The new tags of each repository that were looked at, once its first manifest was about to go.
    seen: HashMap<Repository, HashSet<Tag>>,
}

impl<'a> Deleting<'a> {
    fn new(cleaner: &'a Cleaner, approved: &'a Approved, stays: &'a [Stays]) -> Self {
        let mut going: BTreeMap<&Repository, Going> = BTreeMap::new();
        for op in deletions(approved) {
            let going = going.entry(&op.repository).or_default();
            match &op.target {
                DeleteTarget::Tag(tag) => drop(going.tags.insert(tag.clone())),
                DeleteTarget::Manifest => {
                    going.manifests.insert(op.expected.clone());
                    going.tags.extend(op.tags.iter().cloned());
                }
            }
        }
        let stays = stays.iter().map(|stays| (&stays.repository, stays)).collect();
        Deleting { cleaner, approved, stays, going, seen: HashMap::new() }
    }

    fn registry(&self) -> &'a dyn Registry {
        self.cleaner.registry.as_registry()
    }

    /// What stays of a repository: every repository that something goes from has it said.
    fn staying(&self, repository: &Repository) -> Result<(&'a Stays, &Going)> {
        match (self.stays.get(repository), self.going.get(repository)) {
            (Some(stays), Some(going)) => Ok((stays, going)),
            _ => {
                let error = Error::invalid("the plan does not say what stays of a repository that it deletes from");
                Err(error.context("repository", repository))
            }
        }
    }

    /// Compares all that stays and goes with the plan. Gives a manifest that is gone already, where there is one.
    async fn expect_what_was_planned(&self) -> Result<Option<&'a Delete>> {
        let plan = self.approved.plan();
        if let Some(other) = plan.changes.iter().find(|change| !matches!(change, Change::Delete(_))) {
            return Err(Error::invalid("a plan of a retention only deletes").context("change", other));
        }
        let (retention, concurrency) = (self.cleaner.retention.as_ref(), self.cleaner.concurrency);
        expect_not_deployed(retention, plan, self.registry(), concurrency, self.cleaner.now()).await?;
        for (repository, going) in &self.going {
            let (stays, _) = self.staying(repository)?;
            expect_all(self.registry(), stays, going, self.cleaner.concurrency).await?;
        }
        // The tags that go along with a manifest are expected like those that go before it.
        let along = |op: &Delete| {
            let alone = |tag: &Tag| Delete { target: DeleteTarget::Tag(tag.clone()), tags: Vec::new(), ..op.clone() };
            op.tags.iter().map(alone).collect::<Vec<_>>()
        };
        self.expect_deletions(&deletions(self.approved).flat_map(along).collect::<Vec<_>>()).await?;
        let there = self.expect_deletions(deletions(self.approved)).await?;
        let mut gone = deletions(self.approved).zip(there).filter(|(_, is_there)| !is_there).map(|(op, _)| op);
        Ok(gone.find(|op| op.target == DeleteTarget::Manifest))
    }

    /// Whether each is still there.
    async fn expect_deletions(&self, deletions: impl IntoIterator<Item = &Delete>) -> Result<Vec<bool>> {
        let checks = deletions.into_iter().map(|op| expect_delete(self.registry(), op).boxed()).collect();
        at_once(checks, self.cleaner.concurrency).await
    }

    /// What the restore file has.
    fn wanted(&self) -> Wanted<'a> {
        let mut wanted = Wanted { plan: self.approved.plan().digest(), manifests: Vec::new(), tags: Vec::new() };
        for op in deletions(self.approved) {
            match &op.target {
                DeleteTarget::Tag(tag) => wanted.tags.push((&op.repository, tag, &op.expected)),
                DeleteTarget::Manifest => {
                    wanted.manifests.push((&op.repository, &op.expected));
                    wanted.tags.extend(op.tags.iter().map(|tag| (&op.repository, tag, &op.expected)));
                }
            }
        }
        // A tag that goes before its manifest is named by both.
        wanted.tags.sort();
        wanted.tags.dedup();
        wanted
    }

    async fn save(&self) -> Result<()> {
        self.wanted().write(self.registry(), &self.cleaner.restore_file(self.approved.plan().digest())).await
    }

    /// Looks right before a manifest goes whether somebody needs it by now.
    async fn nobody_needs(&mut self, op: &Delete) -> Result<()> {
        let registry = self.registry();
        let (stays, going) = self.staying(&op.repository)?;
        let news = match self.seen.get(&op.repository) {
            Some(seen) => expect_no_news(registry, stays, going, seen).await?,
            None => expect_all(registry, stays, going, self.cleaner.concurrency).await?,
        };
        let image = op.repository.at(op.expected.clone());
        let referrers = registry.referrers(&image).await.absent_is_none()?.unwrap_or_default();
        if let Some(new) = referrers.iter().find(|referrer| !going.manifests.contains(&referrer.digest)) {
            let error = moved().context("manifest", &image).context("new referrer", &new.digest);
            return Err(error.hint("somebody attached something to it; make a new plan"));
        }
        self.seen.insert(op.repository.clone(), news);
        Ok(())
    }
}

fn deletions(approved: &Approved) -> impl Iterator<Item = &Delete> {
    approved.plan().changes.iter().filter_map(|change| match change {
        Change::Delete(op) => Some(op),
        _ => None,
    })
}

#[async_trait]
impl Executor for Deleting<'_> {
    async fn expect_the_planned_world(&self) -> Result<()> {
        self.expect_what_was_planned().await?;
        self.save().await
    }

    async fn step(&mut self, permit: Permitted<'_>) -> Result<bool> {
        let Permitted::Delete(op) = permit else {
            return Err(Error::invalid("a plan of a retention only deletes"));
        };
        if op.target == DeleteTarget::Manifest {
            self.nobody_needs(&op).await?;
        }
        delete(&*self.cleaner.registry, op).await
    }
}
