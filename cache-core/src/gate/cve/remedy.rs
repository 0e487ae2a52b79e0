//! What would help.

use std::collections::{BTreeMap, BTreeSet};

use super::assessment::{Remedy, Vulnerability};
use crate::model::Purl;
use crate::scan::version::Scheme;

/// What to do about the vulnerabilities that stop the image, by package; what helps most first, what has no fix last.
pub(super) fn remedies(vulnerabilities: &[Vulnerability]) -> Vec<Remedy> {
    let mut packages: BTreeMap<(&str, bool), Vec<&Vulnerability>> = BTreeMap::new();
    for one in vulnerabilities.iter().filter(|one| !one.blocks.is_empty()) {
        packages.entry((&one.package, one.fixed_in.is_empty())).or_default().push(one);
    }
    let remedy = |((package, _), all): ((&str, bool), Vec<&Vulnerability>)| {
        let from: BTreeSet<&String> = all.iter().flat_map(|one| &one.versions).collect();
        Remedy {
            package: package.to_owned(),
            from: from.into_iter().cloned().collect(),
            to: highest(&all),
            resolves: all.iter().map(|one| one.id.clone()).collect(),
        }
    };
    let mut remedies: Vec<Remedy> = packages.into_iter().map(remedy).collect();
    remedies.sort_by_key(|remedy| (remedy.to.is_empty(), std::cmp::Reverse(remedy.resolves.len())));
    remedies
}

/// The highest of the fixed versions where all of them have an order, else all of them.
fn highest(all: &[&Vulnerability]) -> Vec<String> {
    let versions: BTreeSet<&str> =
        all.iter().flat_map(|one| &one.fixed_in).flat_map(|fixed| fixed.split(", ")).collect();
    let purl = all.iter().flat_map(|one| &one.purls).find_map(|purl| Purl::read(purl).ok());
    let scheme = purl.and_then(|purl| Scheme::of(purl.kind()));
    // One fix for each line of releases is a choice, not an order.
    let is_choice = all.iter().any(|one| one.fixed_in.iter().any(|fixed| fixed.contains(", ")));
    let highest = scheme.filter(|_| !is_choice).and_then(|scheme| {
        let mut highest: Option<&str> = None;
        for &version in &versions {
            let order = highest.map_or(Some(std::cmp::Ordering::Greater), |known| scheme.compare(version, known))?;
            if order.is_gt() {
                highest = Some(version);
            }
        }
        highest
    });
    match highest {
        Some(version) => vec![version.to_owned()],
        None => versions.into_iter().map(str::to_owned).collect(),
    }
}
