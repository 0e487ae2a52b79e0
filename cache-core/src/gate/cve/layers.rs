//! In which layers the packages are, by the SBOMs.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use super::assessment::{LayerShare, Packages, Standing, Vulnerability};
use crate::gate::Evidence;
use crate::sbom::catalog::LAYER;

/// The packages of the SBOMs.
pub(super) struct Layers {
    is_known: bool,
    by_purl: HashMap<String, BTreeSet<String>>,
    packages: BTreeMap<String, usize>,
}

impl Layers {
    pub(super) fn of(evidence: &Evidence) -> Layers {
        let mut layers =
            Layers { is_known: !evidence.sboms.is_empty(), by_purl: HashMap::new(), packages: BTreeMap::new() };
        // The SBOM of an index and those of its platforms list the same packages.
        let mut seen = HashSet::new();
        for package in evidence.sboms.iter().flat_map(|sbom| sbom.value.listed()) {
            let layer =
                package.properties.iter().find(|(name, _)| name == LAYER).map_or("", |(_, layer)| layer.as_str());
            let purl = package.purl.as_ref().map_or("", |purl| purl.as_str());
            let version = package.version.as_ref().map_or("", |version| version.as_str());
            if !seen.insert((purl, package.name.as_str(), version, layer)) {
                continue;
            }
            *layers.packages.entry(layer.to_owned()).or_default() += 1;
            if !purl.is_empty() && !layer.is_empty() {
                layers.by_purl.entry(purl.to_owned()).or_default().insert(layer.to_owned());
            }
        }
        layers
    }

    pub(super) fn of_purls(&self, purls: &[String]) -> Vec<String> {
        let layers: BTreeSet<&String> = purls.iter().filter_map(|purl| self.by_purl.get(purl)).flatten().collect();
        layers.into_iter().cloned().collect()
    }

    pub(super) fn packages(&self, vulnerabilities: &[Vulnerability]) -> Option<Packages> {
        if !self.is_known {
            return None;
        }
        let mut affected: BTreeMap<&str, (BTreeSet<&str>, usize)> = BTreeMap::new();
        for one in vulnerabilities.iter().filter(|one| one.standing == Standing::Counts) {
            for layer in &one.layers {
                let (names, count) = affected.entry(layer).or_default();
                names.insert(&one.package);
                *count += 1;
            }
        }
        let share = |(layer, packages): (&String, &usize)| {
            let (names, vulnerabilities) = affected.get(layer.as_str()).cloned().unwrap_or_default();
            LayerShare { layer: layer.clone(), packages: *packages, affected: names.len(), vulnerabilities }
        };
        let mut layers: Vec<LayerShare> = self.packages.iter().map(share).collect();
        layers.sort_by(|a, b| b.packages.cmp(&a.packages).then_with(|| a.layer.cmp(&b.layer)));
        if let [only] = &layers[..]
            && only.layer.is_empty()
        {
            layers.clear();
        }
        Some(Packages { total: self.packages.values().sum(), layers })
    }
}
