//! What is needed only by way of something else.

use std::collections::HashMap;

use super::graph::{Graph, Link};
use crate::model::Purl;
use crate::sbom::Sbom;

/// The packages of an SBOM by their purls, and what needs what.
pub(crate) struct Within<'s> {
    graph: Graph<'s>,
    by_package: HashMap<Purl, Vec<(Purl, usize)>>,
}

impl<'s> Within<'s> {
    pub(crate) fn of(sbom: &'s Sbom<'_>) -> Within<'s> {
        let mut by_package: HashMap<Purl, Vec<(Purl, usize)>> = HashMap::new();
        for (at, package) in sbom.packages.iter().enumerate() {
            if let Some(purl) = package.purl.as_ref().and_then(|purl| Purl::read(purl).ok()) {
                by_package.entry(purl.without_version()).or_default().push((purl, at));
            }
        }
        Within { graph: Graph::new(sbom), by_package }
    }

    /// The packages of this purl's type, namespace and name for whose purl the test holds.
    pub(crate) fn packages(&self, purl: &Purl, test: impl Fn(&Purl) -> bool) -> Vec<usize> {
        let known = self.by_package.get(&purl.without_version()).into_iter().flatten();
        known.filter(|(purl, _)| test(purl)).map(|(_, at)| *at).collect()
    }

    /// Whether all that needs `package` does so by way of one of `through`, however many steps are between.
    pub(crate) fn is_needed_only_through(&self, package: usize, through: &[usize]) -> bool {
        let mut seen = vec![false; self.graph.backward.len()];
        let (mut open, mut met) = (vec![package], false);
        while let Some(at) = open.pop() {
            let needed_by: Vec<usize> = Graph::links(&self.graph.backward, at)
                .iter()
                .filter(|(link, _)| *link == Link::DependsOn)
                .map(|(_, from)| *from)
                .collect();
            // What nothing needs, or what the document is about, was reached without meeting the product.
            if needed_by.is_empty() || self.graph.roots.contains(&at) {
                return false;
            }
            for from in needed_by {
                if through.contains(&from) {
                    met = true;
                } else if let Some(seen) = seen.get_mut(from).filter(|seen| !**seen) {
                    *seen = true;
                    open.push(from);
                }
            }
        }
        met
    }
}
