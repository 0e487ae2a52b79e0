//! What is wrong with a document as a whole, whatever its format.
//!
//! Every id of a large document is looked up here, which takes a fast hash. The hash is keyed at random, as a document may
//! be written by whoever wants all ids to fall on one another.

use foldhash::{HashMap, HashMapExt, HashSet, HashSetExt};

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
    let mut seen: HashMap<&str, usize> = HashMap::with_capacity(sbom.packages.len() + sbom.files.len());
    for (at, package) in sbom.packages.iter().enumerate() {
        if package.name.trim().is_empty() {
            let message = "a package without a name; it is listed all the same";
            findings.push(Finding::new("missing-name", format!("packages[{at}]"), message));
        }
        *seen.entry(&package.id).or_default() += 1;
    }
    for file in &sbom.files {
        *seen.entry(&file.id).or_default() += 1;
    }
    let mut licenses = HashSet::new();
    for text in sbom.license_texts.iter().filter(|text| !licenses.insert(text.id.as_str())).take(MAX_FINDINGS) {
        let message = "two licences have this name; both texts are kept";
        findings.push(Finding::new("repeated-id", text.id.to_string(), message));
    }
    let mut repeated: Vec<_> = seen.iter().filter(|(id, times)| **times > 1 && !id.is_empty()).collect();
    repeated.sort();
    for (id, times) in repeated.into_iter().take(MAX_FINDINGS) {
        findings.push(Finding::new("repeated-id", *id, format!("{times} elements have this id; all are listed")));
    }
    let mut dangling = HashSet::new();
    let mut last = None;
    for relationship in &sbom.relationships {
        // Relationships of one element mostly follow each other.
        let from = Some(&relationship.from).filter(|from| last != Some(*from));
        last = Some(&relationship.from);
        for id in from.into_iter().chain([&relationship.to]) {
            let is_known = seen.contains_key(id.as_str()) || is_other(id);
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
