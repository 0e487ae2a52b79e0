//! What is set free: the bytes of blobs that nothing needs any more.

use std::collections::HashMap;

use serde::Serialize;

use super::decision::{Fate, RepositoryDecision};
use super::graph::RepositoryGraph;
use crate::model::Digest;

/// How much storage a plan sets free. A registry gives it back when it collects garbage, and keeps what repositories need that
/// were not looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Storage {
    /// Blobs that nothing needs any more, each counted once.
    pub blobs: usize,
    /// Their bytes, and those of the manifests.
    pub bytes: u64,
    /// The bytes of all that was looked at, each blob counted once.
    pub of: u64,
}

/// What the decisions about these repositories of one registry set free.
pub fn freed(graphs: &[RepositoryGraph], decisions: &[RepositoryDecision]) -> Storage {
    let mut storage = Storage::default();
    // Whether anything that stays needs the blob.
    let mut blobs: HashMap<&Digest, (u64, bool)> = HashMap::new();
    for (graph, decision) in graphs.iter().zip(decisions) {
        for (id, decision) in decision.manifests.iter().enumerate() {
            let stays = decision.fate == Fate::Keep;
            let size = graph.node(id).size;
            storage.of += size;
            storage.bytes += if stays { 0 } else { size };
            for (digest, size) in graph.blobs(id) {
                blobs.entry(digest).or_insert((*size, false)).1 |= stays;
            }
        }
    }
    for (size, stays) in blobs.into_values() {
        storage.of = storage.of.saturating_add(size);
        if !stays {
            storage.blobs += 1;
            storage.bytes = storage.bytes.saturating_add(size);
        }
    }
    storage
}
