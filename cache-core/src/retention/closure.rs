//! What is reached from what.

use std::collections::BTreeSet;

use super::decision::Why;
use super::graph::{NodeId, RepositoryGraph};

/// What is kept, and what goes along with something that goes.
pub(super) struct Kept {
    kept: Vec<Vec<Why>>,
    goes: Vec<Option<Why>>,
}

impl Kept {
    pub(super) fn is_kept(&self, id: NodeId) -> bool {
        !self.kept[id].is_empty()
    }

    pub(super) fn why(&self, id: NodeId) -> &[Why] {
        &self.kept[id]
    }

    /// Why a manifest goes that goes for no reason of its own.
    pub(super) fn goes_with(&self, id: NodeId) -> Option<&Why> {
        self.goes[id].as_ref()
    }
}

/// From what is kept and what may go for its own sake to all manifests. What is reached from neither is kept.
pub(super) fn spread(graph: &RepositoryGraph, seeds: &[(NodeId, Why)], doomed: &[NodeId]) -> Kept {
    let count = graph.nodes().len();
    let mut goes: Vec<Option<Why>> = vec![None; count];
    let mut reached = vec![false; count];
    let mut open = doomed.to_vec();
    open.iter().for_each(|&id| reached[id] = true);
    while let Some(id) = open.pop() {
        let digest = &graph.node(id).digest;
        for (below, is_child) in graph.below(id) {
            if !std::mem::replace(&mut reached[below], true) {
                goes[below] = Some(if is_child {
                    Why::ChildOfDeleted(digest.clone())
                } else {
                    Why::AboutDeleted(digest.clone())
                });
                open.push(below);
            }
        }
    }
    let mut kept: Vec<Vec<Why>> = vec![Vec::new(); count];
    let mut open = Vec::new();
    for (id, why) in seeds {
        if kept[*id].is_empty() {
            open.push(*id);
        }
        if !kept[*id].contains(why) {
            kept[*id].push(why.clone());
        }
    }
    for id in (0..count).filter(|&id| !reached[id]) {
        if kept[id].is_empty() {
            open.push(id);
        }
    }
    while let Some(id) = open.pop() {
        let digest = &graph.node(id).digest;
        for (below, is_child) in graph.below(id) {
            let first = kept[below].is_empty();
            // One reason of this sort is enough, and an index of a thousand children needs no thousand reasons.
            let known = kept[below].iter().any(|why| matches!(why, Why::ChildOf(_) | Why::About(_)));
            if !known {
                kept[below].push(if is_child { Why::ChildOf(digest.clone()) } else { Why::About(digest.clone()) });
            }
            if first {
                open.push(below);
            }
        }
    }
    for id in (0..count).filter(|&id| !reached[id]) {
        if kept[id].is_empty() {
            kept[id].push(Why::Unmatched);
        }
    }
    Kept { kept, goes }
}

impl RepositoryGraph {
    /// What a manifest needs and what is about it; `true` for what it lists.
    pub(super) fn below(&self, id: NodeId) -> impl Iterator<Item = (NodeId, bool)> {
        let node = self.node(id);
        let children = node.children.iter().map(|&child| (child, true));
        children.chain(node.attachments.iter().map(|&about| (about, false)))
    }

    /// What lists a manifest, or what it is about, at any depth.
    pub(super) fn holders(&self, id: NodeId) -> Vec<NodeId> {
        let mut found = BTreeSet::new();
        let mut open = vec![id];
        while let Some(id) = open.pop() {
            let node = self.node(id);
            open.extend(node.parents.iter().chain(&node.subjects).filter(|above| found.insert(**above)));
        }
        found.into_iter().collect()
    }
}
