//! How many images of an inventory are of the repositories that are looked at. Where none is, the inventory keeps nothing: it may
//! call them by other names, and then what is deployed would go.

use std::collections::{HashMap, HashSet};

use super::graph::RepositoryGraph;
use super::inventory::{Inventory, Mirror};
use crate::model::{Digest, Repository};

/// The number of an inventory, and that of an image in it.
type At = (usize, usize);

/// The images of inventories, as repositories are looked at.
pub(super) struct Here<'a> {
    digests: HashMap<&'a Digest, Vec<At>>,
    names: HashMap<Repository, Vec<At>>,
    found: HashSet<At>,
    inventories: usize,
}

impl<'a> Here<'a> {
    pub(super) fn new(inventories: &'a [Inventory], mirrors: &[Mirror]) -> Self {
        let mut digests: HashMap<&Digest, Vec<At>> = HashMap::new();
        let mut names: HashMap<Repository, Vec<At>> = HashMap::new();
        for (number, inventory) in inventories.iter().enumerate() {
            for (image, deployed) in inventory.images.iter().enumerate() {
                for digest in deployed.digests() {
                    digests.entry(digest).or_default().push((number, image));
                }
                for repository in deployed.repositories(mirrors) {
                    names.entry(repository).or_default().push((number, image));
                }
            }
        }
        Here { digests, names, found: HashSet::new(), inventories: inventories.len() }
    }

    /// Looks at one more repository: an image is of it that names it, or whose digest it has.
    pub(super) fn look(&mut self, graph: &RepositoryGraph) {
        self.found.extend(self.names.get(&graph.repository).into_iter().flatten());
        if self.digests.is_empty() {
            return;
        }
        for (id, node) in graph.nodes().iter().enumerate() {
            for digest in std::iter::once(&node.digest).chain(graph.blobs(id).map(|(blob, _)| blob)) {
                self.found.extend(self.digests.get(digest).into_iter().flatten());
            }
        }
    }

    /// How many images of each inventory were found.
    pub(super) fn counts(&self) -> Vec<usize> {
        let of = |number: usize| self.found.iter().filter(|(inventory, _)| *inventory == number).count();
        (0..self.inventories).map(of).collect()
    }
}

/// Whether an inventory has nothing that could be of these repositories. It is told without reading them: an image of their
/// registry may be of another repository that was looked at, and a digest may be that of anything.
pub(super) fn is_elsewhere(inventory: &Inventory, mirrors: &[Mirror], repositories: &[&Repository]) -> bool {
    let is_near = |named: Repository| repositories.iter().any(|it| **it == named || it.same_registry(&named));
    let mut images = inventory.images.iter();
    images.all(|image| image.digests().next().is_none() && !image.repositories(mirrors).any(is_near))
}
