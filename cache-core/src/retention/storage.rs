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

/// Counts what is set free in the repositories of one registry, one after the other.
#[derive(Debug, Default)]
pub struct Freeing {
    manifests: Storage,
    /// The size of each blob, and whether anything that stays needs it.
    blobs: HashMap<Digest, (u64, bool)>,
}

impl Freeing {
    /// Takes in one repository.
    pub fn add(&mut self, graph: &RepositoryGraph, decision: &RepositoryDecision) {
        for (id, decision) in decision.manifests.iter().enumerate() {
            let stays = decision.fate == Fate::Keep;
            let size = graph.node(id).size;
            self.manifests.of = self.manifests.of.saturating_add(size);
            self.manifests.bytes = self.manifests.bytes.saturating_add(if stays { 0 } else { size });
            for (digest, size) in graph.blobs(id) {
                match self.blobs.get_mut(digest) {
                    Some(known) => known.1 |= stays,
                    None => drop(self.blobs.insert(digest.clone(), (*size, stays))),
                }
            }
        }
    }

    /// What is set free in all of them.
    pub fn storage(&self) -> Storage {
        let mut storage = self.manifests;
        for (size, stays) in self.blobs.values() {
            storage.of = storage.of.saturating_add(*size);
            if !stays {
                storage.blobs += 1;
                storage.bytes = storage.bytes.saturating_add(*size);
            }
        }
        storage
    }
}
