//! How the packages of an SBOM hang together: relationships with one direction for each meaning.

use std::borrow::Cow;
use std::collections::VecDeque;

use foldhash::{HashMap, HashMapExt};
use serde::{Deserialize, Serialize};

use super::find::Listed;
use crate::sbom::{Package, Relation, Sbom};

/// What a package has to do with one that it leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Link {
    /// It needs it.
    DependsOn,
    /// It contains it.
    Contains,
    /// It is the document's subject.
    Describes,
}

/// How far to look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Depth {
    /// One step.
    Direct,
    /// As far as it goes.
    Transitive,
}

/// The packages and files of an SBOM as nodes, each reached from what needs, contains or describes it.
pub(super) struct Graph<'s> {
    /// What each node leads to.
    pub(super) forward: Vec<Vec<(Link, usize)>>,
    /// What leads to each node.
    pub(super) backward: Vec<Vec<(Link, usize)>>,
    /// The nodes that the document is about.
    pub(super) roots: Vec<usize>,
    by_id: HashMap<&'s str, usize>,
}

impl<'s> Graph<'s> {
    pub(super) fn new(sbom: &'s Sbom<'_>) -> Graph<'s> {
        let ids = sbom.packages.iter().map(|package| package.id.as_str());
        let ids = ids.chain(sbom.files.iter().map(|file| file.id.as_str()));
        let nodes = sbom.packages.len() + sbom.files.len();
        let mut by_id = HashMap::with_capacity(nodes);
        for (at, id) in ids.enumerate() {
            by_id.entry(id).or_insert(at);
        }
        let mut graph =
            Graph { forward: vec![Vec::new(); nodes], backward: vec![Vec::new(); nodes], roots: Vec::new(), by_id };
        graph.roots.extend(sbom.metadata.subject.as_deref().and_then(|id| graph.by_id.get(id)));
        for relationship in &sbom.relationships {
            let Some((link, forward)) = meaning(&relationship.relation) else { continue };
            let ends = [&relationship.from, &relationship.to].map(|id| graph.by_id.get(id.as_str()).copied());
            let [from, to] = if forward { ends } else { [ends[1], ends[0]] };
            match (from, to) {
                (Some(from), Some(to)) => graph.connect(from, link, to),
                (None, Some(to)) if link == Link::Describes => graph.roots.push(to),
                _ => {}
            }
        }
        for links in graph.forward.iter_mut().chain(&mut graph.backward) {
            links.sort_unstable();
            links.dedup();
        }
        graph.roots.sort_unstable();
        graph.roots.dedup();
        graph
    }

    fn connect(&mut self, from: usize, link: Link, to: usize) {
        if from == to {
            return;
        }
        if let (Some(forward), Some(backward)) = (self.forward.get_mut(from), self.backward.get_mut(to)) {
            forward.push((link, to));
            backward.push((link, from));
        }
    }

    pub(super) fn links(of: &[Vec<(Link, usize)>], at: usize) -> &[(Link, usize)] {
        of.get(at).map_or(&[], Vec::as_slice)
    }

    /// What can be reached from `start` over dependencies, in the order of its distance.
    fn reach(edges: &[Vec<(Link, usize)>], start: &[usize], depth: Depth) -> Vec<usize> {
        let mut seen = vec![false; edges.len()];
        let mut queue: VecDeque<usize> = start.iter().copied().collect();
        let mut found = Vec::new();
        for at in start {
            if let Some(seen) = seen.get_mut(*at) {
                *seen = true;
            }
        }
        let mut left = if depth == Depth::Direct { start.len() } else { usize::MAX };
        while left > 0
            && let Some(at) = queue.pop_front()
        {
            left -= 1;
            for (_, to) in Self::links(edges, at).iter().filter(|(link, _)| *link == Link::DependsOn) {
                if let Some(seen) = seen.get_mut(*to).filter(|seen| !**seen) {
                    *seen = true;
                    found.push(*to);
                    queue.push_back(*to);
                }
            }
        }
        found
    }
}

impl<'a> Sbom<'a> {
    /// The packages that these need; `what` is the id, the purl or the name of a package.
    pub fn depends_on(&self, what: &str, depth: Depth) -> Vec<&Package<'a>> {
        self.reached(what, depth, |graph| &graph.forward)
    }

    /// The packages that need these; `what` is the id, the purl or the name of a package.
    pub fn dependents_of(&self, what: &str, depth: Depth) -> Vec<&Package<'a>> {
        self.reached(what, depth, |graph| &graph.backward)
    }

    fn reached(
        &self,
        what: &str,
        depth: Depth,
        edges: impl for<'g> FnOnce(&'g Graph<'_>) -> &'g Vec<Vec<(Link, usize)>>,
    ) -> Vec<&Package<'a>> {
        let graph = Graph::new(self);
        let found = Graph::reach(edges(&graph), &self.meant_by(what), depth);
        found.into_iter().filter_map(|at| self.packages.get(at)).collect()
    }
}

/// The packages in short.
impl Listed {
    /// All of them.
    pub fn all<'p, 'a: 'p>(packages: impl IntoIterator<Item = &'p Package<'a>>) -> Vec<Listed> {
        packages.into_iter().map(Listed::from).collect()
    }
}

/// What a relation means, and whether it leads from left to right. SPDX has most of them in both directions, and tools of
/// their own mix the spellings of SPDX 2 (`DEPENDENCY_OF`), SPDX 3 (`hasDynamicLink`) and Syft (`dependency-of`).
fn meaning(relation: &Relation<'_>) -> Option<(Link, bool)> {
    let word = match relation {
        Relation::Describes => return Some((Link::Describes, true)),
        Relation::Contains => return Some((Link::Contains, true)),
        Relation::DependsOn => return Some((Link::DependsOn, true)),
        Relation::Other(word) => spelled(word),
    };
    let word = word.strip_prefix("HAS_").unwrap_or(&word);
    Some(match word {
        "DESCRIBES" => (Link::Describes, true),
        "DESCRIBED_BY" => (Link::Describes, false),
        "CONTAINS" | "OPTIONAL_COMPONENT" | "OWNERSHIP_BY_FILE_OVERLAP" => (Link::Contains, true),
        "CONTAINED_BY" | "PACKAGE_OF" | "OPTIONAL_COMPONENT_OF" | "EXPANDED_FROM_ARCHIVE" => (Link::Contains, false),
        "DEPENDS_ON"
        | "PREREQUISITE"
        | "STATIC_LINK"
        | "DYNAMIC_LINK"
        | "OPTIONAL_DEPENDENCY"
        | "PROVIDED_DEPENDENCY" => (Link::DependsOn, true),
        "PREREQUISITE_FOR" | "BUILD_TOOL_OF" | "DEV_TOOL_OF" | "TEST_TOOL_OF" => (Link::DependsOn, false),
        _ if word == "DEPENDENCY_OF" || word.ends_with("_DEPENDENCY_OF") => (Link::DependsOn, false),
        _ => return None,
    })
}

fn spelled(word: &str) -> Cow<'_, str> {
    if word.bytes().all(|byte| byte.is_ascii_uppercase() || byte == b'_') {
        return Cow::Borrowed(word);
    }
    let mut spelled = String::with_capacity(word.len() + 4);
    let mut small = false;
    for c in word.chars() {
        if small && c.is_ascii_uppercase() {
            spelled.push('_');
        }
        small = c.is_ascii_lowercase();
        spelled.push(if c == '-' || c == ' ' { '_' } else { c.to_ascii_uppercase() });
    }
    Cow::Owned(spelled)
}
