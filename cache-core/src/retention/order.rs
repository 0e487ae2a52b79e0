//! The order of deletions: tags, then what is about others, then indexes, then what they list.

use std::collections::BTreeSet;

use super::decision::{Fate, RepositoryDecision};
use super::graph::{NodeId, RepositoryGraph};
use crate::model::Tag;
use crate::plan::{Change, Delete, DeleteTarget};

/// The changes that carry out a decision.
///
/// Where a registry cannot delete all tags of a manifest by themselves, they are left to it. A tag goes before
/// its manifest, so that nobody gets it half deleted; what is about a manifest goes before it, and an index before what it
/// lists, since registries refuse to delete what another manifest names.
pub(super) fn changes(graph: &RepositoryGraph, decision: &RepositoryDecision) -> Vec<Change> {
    let delete = |id: NodeId, target: DeleteTarget, tags: Vec<Tag>| {
        let expected = graph.node(id).digest.clone();
        Change::Delete(Delete { repository: graph.repository.clone(), target, expected, tags })
    };
    let mut changes = Vec::new();
    for (id, decision) in decision.manifests.iter().enumerate() {
        let separately = decision.fate == Fate::Keep || graph.untagging.untags_all();
        let tags = decision.tags.iter().filter(|tag| separately && tag.fate == Fate::Delete);
        changes.extend(tags.map(|tag| delete(id, DeleteTarget::Tag(tag.tag.clone()), Vec::new())));
    }
    let tags = |id: NodeId| decision.manifests[id].tags.iter().map(|tag| tag.tag.clone()).collect();
    let manifests = manifests(graph, decision).into_iter();
    changes.extend(manifests.map(|id| delete(id, DeleteTarget::Manifest, tags(id))));
    changes
}

/// The manifests that go, each after all that hold it or are about it.
fn manifests(graph: &RepositoryGraph, decision: &RepositoryDecision) -> Vec<NodeId> {
    let goes = |id: NodeId| decision.manifests[id].fate == Fate::Delete;
    let going: Vec<NodeId> = (0..graph.nodes().len()).filter(|&id| goes(id)).collect();
    let mut waits = vec![0_usize; graph.nodes().len()];
    for &id in &going {
        let node = graph.node(id);
        waits[id] = node.parents.iter().chain(&node.attachments).filter(|&&before| goes(before)).count();
    }
    // Among those whose turn it may be: lists of referrers, then what else is about others, indexes, the rest.
    let class = |id: NodeId| {
        let node = graph.node(id);
        let is_list = node.is_index && !node.attaching_tags.is_empty();
        let is_about = !node.subjects.is_empty() || node.is_left_over();
        if is_list {
            0
        } else if is_about {
            1
        } else if node.is_index {
            2
        } else {
            3
        }
    };
    let mut ready: BTreeSet<(u8, NodeId)> =
        going.iter().filter(|&&id| waits[id] == 0).map(|&id| (class(id), id)).collect();
    let mut order = Vec::with_capacity(going.len());
    let mut done = vec![false; graph.nodes().len()];
    while let Some((_, id)) = ready.pop_first() {
        order.push(id);
        done[id] = true;
        let node = graph.node(id);
        for &after in node.children.iter().chain(&node.subjects) {
            if goes(after) && !done[after] {
                waits[after] = waits[after].saturating_sub(1);
                if waits[after] == 0 {
                    ready.insert((class(after), after));
                }
            }
        }
    }
    // Only tags of cosign's can be made to go round in a circle; then there is no order.
    order.extend(going.into_iter().filter(|&id| !done[id]));
    order
}
