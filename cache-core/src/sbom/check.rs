//! What is wrong with a document as a whole, whatever its format.
//!
//! Every id of a large document is looked up here, which takes most of its time where each is compared with what lies somewhere else
//! in the document. So ids are known by a hash of 64 bits: that two are taken for one another does not happen, and would cost
//! no more than a finding. The hash is keyed at random, as a document may be written by whoever wants all ids to fall on one
//! another.

use std::collections::{BTreeMap, HashSet};
use std::hash::{BuildHasher, BuildHasherDefault, Hasher};

use foldhash::fast::RandomState;

use super::bom::{Finding, Sbom};

/// As many findings of one kind as are told.
const MAX_FINDINGS: usize = 100;

/// Repeated ids, references to what is not there, packages without a name. `known` are ids that no element has.
pub(super) fn elements(sbom: &mut Sbom<'_>, known: &[&str]) {
    elements_besides(sbom, |id| known.contains(&id));
}

/// The same, where there are many ids that neither a package nor a file has.
pub(super) fn elements_besides(sbom: &mut Sbom<'_>, is_other: impl Fn(&str) -> bool) {
    let mut findings = Vec::new();
    let mut seen = Ids::with_capacity(sbom.packages.len() + sbom.files.len());
    let mut repeated: BTreeMap<&str, usize> = BTreeMap::new();
    for (at, package) in sbom.packages.iter().enumerate() {
        if package.name.trim().is_empty() {
            let message = "a package without a name; it is listed all the same";
            findings.push(Finding::new("missing-name", format!("packages[{at}]"), message));
        }
    }
    let ids = sbom.packages.iter().map(|package| &package.id).chain(sbom.files.iter().map(|file| &file.id));
    for id in ids {
        if !seen.insert(id) && !id.is_empty() {
            *repeated.entry(id).or_insert(1) += 1;
        }
    }
    let mut licenses = HashSet::new();
    for text in sbom.license_texts.iter().filter(|text| !licenses.insert(text.id.as_str())).take(MAX_FINDINGS) {
        let message = "two licences have this name; both texts are kept";
        findings.push(Finding::new("repeated-id", text.id.to_string(), message));
    }
    for (id, times) in repeated.into_iter().take(MAX_FINDINGS) {
        findings.push(Finding::new("repeated-id", id, format!("{times} elements have this id; all are listed")));
    }
    let mut dangling = HashSet::new();
    let mut last = None;
    for relationship in &sbom.relationships {
        // Relationships of one element mostly follow each other.
        let from = Some(&relationship.from).filter(|from| last != Some(*from));
        last = Some(&relationship.from);
        for id in from.into_iter().chain([&relationship.to]) {
            let is_known = seen.contains(id) || is_other(id);
            if !is_known && !is_elsewhere(id) && dangling.len() < MAX_FINDINGS && dangling.insert(id.as_str()) {
                let message = "a relationship names what is not in the document";
                findings.push(Finding::new("dangling-reference", id.to_string(), message));
            }
        }
    }
    sbom.findings.append(&mut findings);
}

/// Whether an id is that of an element of another document, which stands before it.
pub(super) fn is_elsewhere(id: &str) -> bool {
    id.starts_with("DocumentRef-") || id.starts_with("urn:cdx:")
}

/// Ids, by their hashes.
struct Ids {
    key: RandomState,
    hashes: HashSet<u64, BuildHasherDefault<AsItIs>>,
}

impl Ids {
    fn with_capacity(ids: usize) -> Self {
        Ids {
            key: RandomState::default(),
            hashes: HashSet::with_capacity_and_hasher(ids, BuildHasherDefault::default()),
        }
    }

    /// False where it was there.
    fn insert(&mut self, id: &str) -> bool {
        self.hashes.insert(self.key.hash_one(id))
    }

    fn contains(&self, id: &str) -> bool {
        self.hashes.contains(&self.key.hash_one(id))
    }
}

/// What is a hash already.
#[derive(Default)]
struct AsItIs(u64);

impl Hasher for AsItIs {
    fn write_u64(&mut self, hash: u64) {
        self.0 = hash;
    }

    fn write(&mut self, bytes: &[u8]) {
        // Never asked: what is hashed is a number.
        self.0 = bytes.iter().fold(self.0, |hash, byte| hash.rotate_left(8) ^ u64::from(*byte));
    }

    fn finish(&self) -> u64 {
        self.0
    }
}
