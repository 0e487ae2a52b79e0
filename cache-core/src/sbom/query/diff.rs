//! What changed from one SBOM to another.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use serde::{Deserialize, Serialize};

use super::find::Listed;
use super::identity::Known;
use crate::sbom::{Package, Sbom, license};

/// What changed. In JSON `{"added": [package], "removed": [package], "versions": [{"name", "purl", "before", "after"}],
/// "licenses": [{"name", "version", "purl", "before": [], "after": []}], "unchanged": 560}`; a package is as in [`Listed`].
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Diff {
    /// Packages that were not there.
    pub added: Vec<Listed>,
    /// Packages that are no longer there.
    pub removed: Vec<Listed>,
    /// Packages that have another version.
    pub versions: Vec<VersionChange>,
    /// Packages that have another licence, in the same version or in another.
    pub licenses: Vec<LicenseChange>,
    /// How many packages are there in the same version.
    pub unchanged: usize,
}

/// A package that has another version.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct VersionChange {
    /// Its name.
    pub name: String,
    /// Its purl without a version.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub purl: Option<String>,
    /// The version that it had.
    pub before: Option<String>,
    /// The version that it has.
    pub after: Option<String>,
}

/// A package that has another licence.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct LicenseChange {
    /// Its name.
    pub name: String,
    /// The version that it has.
    pub version: Option<String>,
    /// Its purl, as it is stated.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub purl: Option<String>,
    /// The licences that it had.
    pub before: Vec<String>,
    /// The licences that it has.
    pub after: Vec<String>,
}

impl Diff {
    /// Whether nothing changed.
    pub fn is_empty(&self) -> bool {
        self.added.is_empty() && self.removed.is_empty() && self.versions.is_empty() && self.licenses.is_empty()
    }
}

/// What changed from `before` to `after`. Packages are the same by their purl without version, or by their name where they
/// have none; a package that a document lists several times counts once.
pub fn diff(before: &Sbom<'_>, after: &Sbom<'_>) -> Diff {
    let mut groups: BTreeMap<String, [Group<'_, '_>; 2]> = BTreeMap::new();
    for (side, sbom) in [before, after].into_iter().enumerate() {
        for known in Known::all(sbom) {
            let group = groups.entry(known.base()).or_default();
            let key = (known.version().map(str::to_owned), known.variant());
            if let Some(group) = group.get_mut(side) {
                group.entry(key).or_insert(known.package);
            }
        }
    }
    let mut diff = Diff::default();
    for (base, [before, after]) in groups {
        diff.group(&base, before, after);
    }
    diff.added.sort_unstable();
    diff.removed.sort_unstable();
    diff.versions.sort_unstable();
    diff.licenses.sort_unstable();
    diff
}

/// The versions of one package, with what tells variants of them apart.
type Group<'s, 'a> = BTreeMap<(Option<String>, String), &'s Package<'a>>;

impl Diff {
    fn group(&mut self, base: &str, mut before: Group<'_, '_>, mut after: Group<'_, '_>) {
        let same: Vec<_> = before.keys().filter(|key| after.contains_key(*key)).cloned().collect();
        for key in same {
            if let (Some(old), Some(new)) = (before.remove(&key), after.remove(&key)) {
                self.unchanged += 1;
                self.licenses(old, new);
            }
        }
        // The same version of which one document says more, the architecture for one.
        for (_, old, _, new) in pairs(&mut before, &mut after, |key| key.0.clone()) {
            self.unchanged += 1;
            self.licenses(old, new);
        }
        let mut changed = pairs(&mut before, &mut after, |key| Some(key.1.clone()));
        changed.extend(pairs(&mut before, &mut after, |_| None));
        for (old_key, old, new_key, new) in changed {
            let purl = new.purl.as_ref().map(|_| base.to_owned());
            self.versions.push(VersionChange { name: new.name.to_string(), purl, before: old_key.0, after: new_key.0 });
            self.licenses(old, new);
        }
        self.removed.extend(before.values().map(|package| Listed::from(*package)));
        self.added.extend(after.values().map(|package| Listed::from(*package)));
    }

    fn licenses(&mut self, old: &Package<'_>, new: &Package<'_>) {
        let stated = |package: &Package<'_>| -> BTreeSet<String> {
            package.effective_licenses().map(|license| license.text.to_string()).collect()
        };
        let (before, after) = (stated(old), stated(new));
        let meant = |texts: &BTreeSet<String>| -> BTreeSet<String> {
            texts.iter().map(|text| license::canonical(text).unwrap_or_else(|| text.clone())).collect()
        };
        if before == after || meant(&before) == meant(&after) {
            return;
        }
        let (name, version, purl) = (&new.name, new.version.as_ref(), new.purl.as_ref());
        self.licenses.push(LicenseChange {
            name: name.to_string(),
            version: version.map(ToString::to_string),
            purl: purl.map(ToString::to_string),
            before: before.into_iter().collect(),
            after: after.into_iter().collect(),
        });
    }
}

type Key = (Option<String>, String);
type Pair<'s, 'a, 't, 'b> = (Key, &'s Package<'a>, Key, &'t Package<'b>);

/// Takes pairs out of both groups that have the same `trait_of`, first with first.
fn pairs<'s, 'a, 't, 'b>(
    before: &mut Group<'s, 'a>,
    after: &mut Group<'t, 'b>,
    trait_of: impl Fn(&Key) -> Option<String>,
) -> Vec<Pair<'s, 'a, 't, 'b>> {
    let mut partners: BTreeMap<_, VecDeque<Key>> = BTreeMap::new();
    for key in after.keys() {
        partners.entry(trait_of(key)).or_default().push_back(key.clone());
    }
    let mut found = Vec::new();
    for (old_key, old) in std::mem::take(before) {
        let partner = partners.get_mut(&trait_of(&old_key)).and_then(VecDeque::pop_front);
        match partner.and_then(|key| after.remove_entry(&key)) {
            Some((new_key, new)) => found.push((old_key, old, new_key, new)),
            None => drop(before.insert(old_key, old)),
        }
    }
    found
}
