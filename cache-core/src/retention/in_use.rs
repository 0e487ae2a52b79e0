//! What is kept for being deployed, of what a graph has.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use super::graph::{NodeId, RepositoryGraph};
use super::inventory::Deployed;

/// Where a manifest is deployed, by its own digest or that of a blob: some runtimes name an image by its configuration.
pub(super) fn by_digest<'a>(graph: &RepositoryGraph, deployed: &'a Deployed, id: NodeId) -> Option<&'a str> {
    let mut names = std::iter::once(&graph.node(id).digest).chain(graph.blobs(id).map(|(blob, _)| blob));
    names.find_map(|name| deployed.at(name))
}

/// What a decision would keep for that, each manifest with the one that is deployed, and where: what is deployed by digest or
/// by tag, what holds the former, and what either needs or has about it.
pub(super) fn in_use<'a>(graph: &RepositoryGraph, deployed: &'a Deployed) -> BTreeMap<NodeId, (NodeId, &'a str)> {
    let mut open: Vec<(NodeId, (NodeId, &str))> = Vec::new();
    for (id, node) in graph.nodes().iter().enumerate() {
        let by_tag = || node.tags.iter().find_map(|tag| deployed.tagged(&graph.repository, tag));
        if let Some(at) = by_digest(graph, deployed, id) {
            open.extend(graph.holders(id).into_iter().map(|holder| (holder, (id, at))));
            open.push((id, (id, at)));
        } else if let Some(at) = by_tag() {
            open.push((id, (id, at)));
        }
    }
    let mut kept = BTreeMap::new();
    while let Some((id, by)) = open.pop() {
        if let Entry::Vacant(free) = kept.entry(id) {
            free.insert(by);
            open.extend(graph.below(id).map(|(below, _)| (below, by)));
        }
    }
    kept
}
