//! Executing a plan of upkeep.

use async_trait::async_trait;

use super::Administrator;
use super::tags::tags_of;
use crate::approve::{Approved, Permitted};
use crate::error::{Error, Result};
use crate::execute::{
    Executor, Receipt, administer, delete, delete_all, execute, expect_administer, expect_delete, expect_tag,
    only_planned_tags, set_tag,
};
use crate::plan::{Change, Delete, DeleteTarget, Purpose};
use crate::registry::{Deletion, Issued, Registry, RegistryWriter};

/// What came of a plan of upkeep.
#[derive(Debug)]
pub struct Carried {
    /// What was done.
    pub receipt: Receipt,
    /// The accounts that were created, with their secrets. They are nowhere else.
    pub issued: Vec<Issued>,
}

impl Administrator {
    /// Executes an approved plan, once.
    ///
    /// Every expectation of the plan is checked before the first change, and each again right before its own; afterwards the
    /// registry is asked whether it is so.
    ///
    /// # Errors
    /// An error means that nothing was changed: `Conflict` where the world moved since the plan was made, with the
    /// difference; `Unapproved` where an approval was used before; `Invalid` where the plan is no upkeep.
    pub async fn execute(&self, approved: Approved) -> Result<Carried> {
        if !matches!(approved.plan().purpose, Purpose::Upkeep { .. }) {
            return Err(Error::invalid("the plan is a promotion").hint("let a promoter execute it"));
        }
        let mut execution = Execution { registry: self.registry.as_ref(), approved: &approved, issued: Vec::new() };
        let receipt = execute(&mut execution, &approved, &self.ledger, || self.now()).await?;
        Ok(Carried { receipt, issued: execution.issued })
    }
}

struct Execution<'a> {
    registry: &'a dyn RegistryWriter,
    approved: &'a Approved,
    issued: Vec<Issued>,
}

impl<'a> Execution<'a> {
    /// What deletes many at once.
    fn deletion(&self) -> Option<&'a dyn Deletion> {
        self.registry.as_registry().abilities().deletion.filter(|own| own.batches())
    }
}

#[async_trait]
impl Executor for Execution<'_> {
    async fn expect_the_planned_world(&self) -> Result<()> {
        let registry = self.registry.as_registry();
        for change in &self.approved.plan().changes {
            match change {
                Change::SetTag(set) => expect_tag(registry, set).await?,
                Change::Delete(delete) => drop(expect_delete(registry, delete).await?),
                Change::Administer(op) => drop(expect_administer(registry, op).await?),
                Change::Copy(_) | Change::Attach(_) | Change::AddLayers(_) => return Err(not_upkeep(change)),
            }
        }
        Ok(())
    }

    fn goes_with(&self, changes: &[&Change], next: &Change) -> bool {
        matches!((changes.last(), next), (Some(Change::Delete(_)), Change::Delete(_))) && self.deletion().is_some()
    }

    async fn together(&mut self, permits: Vec<Permitted<'_>>) -> Vec<Option<Result<bool>>> {
        let deletion = |permit| if let Permitted::Delete(op) = permit { Some(op) } else { None };
        // None is left out: only deletions go together, and only where something makes them so.
        let permits = permits.into_iter().filter_map(deletion).collect();
        match self.deletion() {
            Some(own) => delete_all(self.registry, own, permits).await.into_iter().map(Some).collect(),
            None => Vec::new(),
        }
    }

    async fn step(&mut self, permit: Permitted<'_>) -> Result<bool> {
        match permit {
            Permitted::SetTag(op) => set_tag(self.registry, op).await,
            Permitted::Delete(op) => {
                expect_no_other_tag(self.registry.as_registry(), &op).await?;
                delete(self.registry, op).await
            }
            Permitted::Administer(op) => administer(self.registry.as_registry(), op, &mut self.issued).await,
            Permitted::Copy(op) => Err(not_upkeep(&Change::Copy(op.clone()))),
            Permitted::Attach(op) => Err(not_upkeep(&Change::Attach(Box::new(op.clone())))),
            Permitted::AddLayers(op) => Err(not_upkeep(&Change::AddLayers(op.clone()))),
        }
    }
}

/// Where the registry does not say which tags name a manifest, each is looked at.
async fn expect_no_other_tag(registry: &dyn Registry, op: &Delete) -> Result<()> {
    if op.target != DeleteTarget::Manifest || registry.abilities().tags_of.is_some() {
        return Ok(());
    }
    only_planned_tags(op, tags_of(registry, &op.repository.at(op.expected.clone())).await?)
}

fn not_upkeep(change: &Change) -> Error {
    Error::invalid("this is no upkeep of a registry").context("change", change).hint("let a promoter execute the plan")
}
