//! What CycloneDX can say of relationships: that one component needs another.
//!
//! It has components within components too, which Trivy does not look into when it reads a document. So what contains another is
//! said to need it, unless something else does: that is how Trivy itself writes what an image contains.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use foldhash::{HashMap, HashMapExt, HashSet};

use super::super::bom::{DOCUMENT, Relationship, Sbom};

/// What each component needs, by id.
pub(super) type Needs<'s> = BTreeMap<&'s str, BTreeSet<&'s str>>;

/// The relationships as dependencies.
pub(super) struct Edges<'s> {
    pub(super) needs: Needs<'s>,
    /// What is not said, in words.
    pub(super) lost: Vec<String>,
}

impl<'s> Edges<'s> {
    /// Of a document, where `is_said` tells which relationships are said by where the components stand. One that came in this
    /// format (`own`) may name what is no component.
    pub(super) fn of(sbom: &'s Sbom<'_>, own: bool, is_said: impl Fn(&Relationship<'_>) -> bool) -> Edges<'s> {
        let components: HashSet<&str> = sbom.packages.iter().map(|package| package.id.as_str()).collect();
        let subject = sbom.metadata.subject.as_deref().filter(|id| components.contains(id));
        let (mut needs, mut contained): (Needs<'s>, Vec<(&'s str, &'s str)>) = (Needs::new(), Vec::new());
        let mut unsaid: BTreeMap<&str, usize> = BTreeMap::new();
        for edge in sbom.relationships.iter().filter(|edge| !is_said(edge)) {
            let (from, to) = (edge.from.as_str(), edge.to.as_str());
            let both = components.contains(from) && components.contains(to);
            match edge.relation.word() {
                "DEPENDS_ON" if own || both => drop(needs.entry(from).or_default().insert(to)),
                "DEPENDENCY_OF" if own || both => drop(needs.entry(to).or_default().insert(from)),
                "DESCRIBES" if from == DOCUMENT && subject == Some(to) => {}
                "DESCRIBED_BY" if to == DOCUMENT && subject == Some(from) => {}
                word => {
                    *unsaid.entry(word).or_default() += 1;
                    match word {
                        "CONTAINS" if both && from != to => contained.push((from, to)),
                        "CONTAINED_BY" if both && from != to => contained.push((to, from)),
                        _ => {}
                    }
                }
            }
        }
        let mut lost: Vec<String> = unsaid.into_iter().map(|(word, times)| in_words(word, times)).collect();
        let ids = sbom.packages.iter().map(|package| package.id.as_str());
        let instead = telling(&needs, contained, subject, ids);
        if !instead.is_empty() {
            lost.push(format!("CycloneDX says DEPENDS_ON instead of containment ({} times)", instead.len()));
        }
        for (outer, inner) in instead {
            needs.entry(outer).or_default().insert(inner);
        }
        Edges { needs, lost }
    }
}

fn in_words(word: &str, times: usize) -> String {
    match word {
        // It has these, between components.
        "DEPENDS_ON" | "DEPENDENCY_OF" | "DESCRIBES" | "DESCRIBED_BY" => {
            format!("CycloneDX does not take over {word} ({times} times)")
        }
        _ => format!("CycloneDX has no relationship {word} ({times} times)"),
    }
}

/// What is contained and needed by nothing, or by nothing that is there for a reason of its own: without these nothing would
/// say why it is there.
fn telling<'s>(
    needs: &Needs<'s>,
    mut contained: Vec<(&'s str, &'s str)>,
    subject: Option<&'s str>,
    ids: impl Iterator<Item = &'s str>,
) -> Vec<(&'s str, &'s str)> {
    if contained.is_empty() {
        return contained;
    }
    contained.sort_unstable();
    contained.dedup();
    let others = needs.iter().flat_map(|(from, needs)| needs.iter().filter(move |to| *to != from));
    let needed: HashSet<&'s str> = others.copied().collect();
    let mut entered = needed.clone();
    let mut inner: HashMap<&'s str, Vec<&'s str>> = HashMap::new();
    for &(from, to) in &contained {
        entered.insert(to);
        if !needed.contains(to) {
            inner.entry(from).or_default().push(to);
        }
    }
    let alone = ids.filter(|id| !entered.contains(id));
    let mut queue: VecDeque<&'s str> = subject.into_iter().chain(alone).collect();
    let mut reached: HashSet<&'s str> = queue.iter().copied().collect();
    while let Some(at) = queue.pop_front() {
        let (over, within) = (needs.get(at).into_iter().flatten(), inner.get(at).into_iter().flatten());
        for to in over.chain(within).copied() {
            if reached.insert(to) {
                queue.push_back(to);
            }
        }
    }
    contained.retain(|(_, to)| !needed.contains(to) || !reached.contains(to));
    contained
}
