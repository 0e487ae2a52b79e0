//! Approvals are used once, and one plan is executed by one machine at a time: where both are remembered.

mod folder;

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;

pub use folder::LedgerFolder;

use super::admit::Approved;
use crate::error::{Error, Result};
use crate::model::Digest;

/// Remembers which approvals were used, and what was done with them.
///
/// An execution holds the lock of its plan while it runs, and marks the approvals spent when all is done. A process that dies
/// in the middle leaves them unspent, and its lock comes free: the same approved plan may then go on, and no other, because an
/// approval names its plan. Machines that execute the same plans must share one ledger.
#[derive(Clone)]
pub struct Ledger(Arc<dyn LedgerStore>);

/// Where a ledger is kept: a folder, or a bucket that several machines share.
#[async_trait]
pub trait LedgerStore: fmt::Debug + Send + Sync + 'static {
    /// Takes the lock of a plan. Of all who ask at the same time, on whatever machine, one gets it.
    ///
    /// # Errors
    /// `Unapproved` where another execution holds it.
    async fn lock(&self, plan: &Digest) -> Result<Box<dyn PlanLock>>;

    /// A plan's journal as it is, whoever holds the lock: lines, each with its end, and nothing where there is none. Reads only.
    async fn journal_of(&self, plan: &Digest) -> Result<Bytes>;

    /// Whether an approval was spent, by the digest that it is remembered by: its own, or that of the answer that the application
    /// knows. What cannot be read is an error, never "no".
    async fn is_spent(&self, approval: &Digest) -> Result<bool>;

    /// Marks an approval spent, for good. It is no error that it is.
    async fn spend(&self, approval: &Digest, plan: &Digest) -> Result<()>;
}

/// A plan that one execution has to itself.
#[async_trait]
pub trait PlanLock: fmt::Debug + Send + Sync {
    /// Keeps the lock, and returns when it is lost. It may be dropped at any time and called again.
    async fn kept(&mut self) -> Error;

    /// The plan's journal as it is: lines, each with its end.
    async fn journal(&mut self) -> Result<Bytes>;

    /// Adds whole lines to the journal.
    async fn append(&mut self, lines: Bytes) -> Result<()>;

    /// Gives the lock back.
    async fn release(self: Box<Self>) -> Result<()>;
}

impl fmt::Debug for Ledger {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl Ledger {
    /// The ledger in `folder`, which is made when first needed.
    pub fn at(folder: impl Into<PathBuf>) -> Self {
        Ledger::of(LedgerFolder::at(folder))
    }

    /// The ledger that is kept here.
    pub fn of(store: impl LedgerStore) -> Self {
        Ledger(Arc::new(store))
    }

    /// The user's own ledger: `$XDG_STATE_HOME/cache/ledger`, or `~/.local/state/cache/ledger`.
    ///
    /// # Errors
    /// `NotFound` where neither variable is set.
    pub fn of_user() -> Result<Self> {
        Ledger::folder_of_user().map(Ledger::at)
    }

    /// Where the user's own ledger is.
    ///
    /// # Errors
    /// As [`of_user`](Ledger::of_user).
    pub fn folder_of_user() -> Result<PathBuf> {
        let path = |name| std::env::var_os(name).filter(|v| !v.is_empty()).map(PathBuf::from);
        let state = path("XDG_STATE_HOME").or_else(|| path("HOME").map(|home| home.join(".local/state")));
        let state = state.ok_or_else(|| Error::not_found("there is no home folder to keep the ledger in"))?;
        Ok(state.join("cache/ledger"))
    }

    /// A plan's journal as it is; nothing where it has none.
    pub(crate) async fn journal(&self, plan: &Digest) -> Result<Bytes> {
        self.0.journal_of(plan).await
    }

    /// Takes the plan and its approvals for one execution.
    ///
    /// # Errors
    /// `Unapproved` where an approval was spent, or the plan is being executed right now.
    pub(crate) async fn claim(&self, approved: &Approved) -> Result<Claim> {
        let plan = approved.plan().digest();
        let lock = self.0.lock(plan).await?;
        // Only who holds the lock spends approvals of the plan, so what is asked now holds until it is given back.
        let claim = Claim { store: Arc::clone(&self.0), lock };
        for approval in approved.approvals() {
            let spent = match self.0.is_spent(&approval.used_as()).await {
                Ok(false) => continue,
                Ok(true) => Error::unapproved("an approval is used once, and this one was")
                    .context("plan", plan)
                    .context("approval", approval.digest())
                    .hint("make a new plan if something is left to do, and have that approved"),
                Err(error) => error,
            };
            claim.release().await;
            return Err(spent);
        }
        Ok(claim)
    }
}

/// A plan and its approvals, held by a running execution.
#[derive(Debug)]
pub(crate) struct Claim {
    store: Arc<dyn LedgerStore>,
    lock: Box<dyn PlanLock>,
}

impl Claim {
    /// Does some work while the lock is kept; it is dropped where the lock is lost.
    ///
    /// # Errors
    /// Why the lock was lost.
    pub(crate) async fn during<T>(&mut self, work: impl Future<Output = T>) -> Result<T> {
        tokio::select! {
            biased;
            lost = self.lock.kept() => Err(lost),
            done = work => Ok(done),
        }
    }

    /// The plan's journal as it is.
    pub(crate) async fn journal(&mut self) -> Result<Bytes> {
        self.lock.journal().await
    }

    /// Adds whole lines to the journal.
    pub(crate) async fn append(&mut self, lines: Bytes) -> Result<()> {
        self.lock.append(lines).await
    }

    /// Marks the approvals spent.
    pub(crate) async fn spend(&self, approved: &Approved) -> Result<()> {
        for approval in approved.approvals() {
            self.store.spend(&approval.used_as(), approved.plan().digest()).await?;
        }
        Ok(())
    }

    /// Gives the plan back. Where that fails, it comes free as if this process had died.
    pub(crate) async fn release(self) {
        if let Err(error) = self.lock.release().await {
            tracing::warn!(%error, "the lock of the plan could not be given back");
        }
    }
}

/// What is said where another execution holds the lock.
pub(crate) fn executed_elsewhere(plan: &Digest) -> Error {
    Error::unapproved("the plan is being executed right now, by another execution").context("plan", plan)
}
