//! What goes and is deployed by now: asked right before anything goes, since a plan may wait for days until it is approved.

use std::collections::BTreeMap;

use super::graph::{NodeId, RepositoryGraph};
use super::here::is_elsewhere;
use super::in_use::in_use;
use super::inventory::{Deployed, Inventory};
use super::planning::Retention;
use super::relied;
use super::survey::{Survey, SurveyOptions};
use crate::error::{Error, Result};
use crate::execute::moved;
use crate::model::{Reference, Repository, Timestamp};
use crate::plan::{Change, Delete, PlanBody};
use crate::registry::Registry;

/// Looks whether nothing of what a plan deletes is deployed by now. Without the retention that made it only a plan is good that
/// relies on no inventory.
///
/// # Errors
/// `Conflict` where something is, or an inventory that the plan relies on is not asked any more or has nothing of these
/// repositories, which the plan does not say; `Invalid` where nothing tells
/// what is deployed or an inventory cannot be relied on; what the inventories and the registry say.
pub(super) async fn expect_not_deployed(
    retention: Option<&Retention>,
    plan: &PlanBody,
    registry: &dyn Registry,
    concurrency: usize,
    now: Timestamp,
) -> Result<()> {
    let sources = relied::sources(plan);
    let Some(retention) = retention.filter(|retention| !sources.is_empty() || retention.rules.needs_inventory()) else {
        return match sources.first() {
            None => Ok(()),
            Some(source) => {
                Err(Error::invalid("the plan keeps what is deployed, and nothing tells what that is by now")
                    .context("inventory", source)
                    .hint("give the cleaner the retention that made the plan"))
            }
        };
    };
    // Whether something is kept for being deployed is said by the rules that the plan was made with.
    plan.expect_policy(retention.policy.as_ref())?;
    let inventories = retention.inventories(now).await?;
    if let Some(source) = sources.iter().find(|source| inventories.iter().all(|it| it.source != **source)) {
        return Err(Error::conflict("the plan relies on an inventory that is not asked any more")
            .context("inventory", source)
            .hint("ask all that were asked for the plan, or make a new plan"));
    }
    let going = by_repository(plan);
    let repositories: Vec<&Repository> = going.keys().copied().collect();
    let elsewhere = |it: &&Inventory| {
        !relied::is_told_elsewhere(plan, &it.source) && is_elsewhere(it, &retention.mirrors, &repositories)
    };
    if let Some(inventory) = inventories.iter().find(elsewhere) {
        return Err(Error::conflict("the inventory has no image of these repositories, which the plan does not say")
            .context("inventory", &inventory.source)
            .hint("where it has other names for these repositories, tell them by mirrors; or make a new plan"));
    }
    let deployed = Deployed::of(&inventories, &retention.mirrors);
    let options = SurveyOptions { concurrency, ..SurveyOptions::default() };
    let survey = Survey::new(registry, &options, None)?;
    for (repository, deletions) in going {
        if retention.rules.of(repository).keep_deployed != Some(true) {
            continue;
        }
        let graph = survey.going(repository, &deletions).await?;
        let kept = in_use(&graph, &deployed);
        let used = |op: &&Delete| kept.get(&graph.find(&op.expected)?).copied();
        if let Some((image, at)) = deletions.iter().find_map(used) {
            let error = moved().context("image", named(&graph, image)).context("deployed", at);
            return Err(error.hint("somebody deployed what was about to be deleted; make a new plan"));
        }
    }
    Ok(())
}

fn by_repository(plan: &PlanBody) -> BTreeMap<&Repository, Vec<&Delete>> {
    let mut all: BTreeMap<&Repository, Vec<&Delete>> = BTreeMap::new();
    for change in &plan.changes {
        if let Change::Delete(op) = change {
            all.entry(&op.repository).or_default().push(op);
        }
    }
    all
}

/// A manifest with one of its tags, where it has any.
fn named(graph: &RepositoryGraph, id: NodeId) -> Reference {
    let node = graph.node(id);
    let (repository, tag) = (graph.repository.clone(), node.tags.first().cloned());
    Reference { repository, tag, digest: Some(node.digest.clone()) }
}
