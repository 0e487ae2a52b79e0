//! Why a package is there.

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};

use super::graph::{Graph, Link};
use crate::sbom::Sbom;

/// The ways that lead to a package. In JSON `{"found": 1, "paths": [[{"id": "a", "name": "app", "version": "1", "link":
/// null}, {"id": "b", "name": "lodash", "version": "4", "link": "depends-on"}]], "more": false}`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Paths {
    /// How many packages are meant. Where there is none, there is no path; where there are packages and no path, nothing
    /// says why they are there.
    pub found: usize,
    /// One path for each package that needs this one, the shortest; where nothing needs it, one for each that contains it.
    /// Dependencies go before containment, short before long.
    pub paths: Vec<Vec<Step>>,
    /// Whether there are more than were asked for.
    pub more: bool,
}

/// One step of a path.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Step {
    /// What the document calls it.
    pub id: String,
    /// Its name, or the path of a file.
    pub name: String,
    /// Its version, where it is stated.
    pub version: Option<String>,
    /// What the step before has to do with it; none for the first.
    pub link: Option<Link>,
}

impl Sbom<'_> {
    /// Why a package is there: at most `most` paths to it, from the subject of the document, or from a package that nothing
    /// else leads to. `what` is its id, its purl or its name. Cycles are no way round.
    pub fn paths(&self, what: &str, most: usize) -> Paths {
        let graph = Graph::new(self);
        let meant = self.meant_by(what);
        let mut answer = Paths { found: meant.len(), ..Paths::default() };
        // One more than wanted tells that there are more.
        let enough = most.saturating_add(1);
        for target in meant.into_iter().take(enough) {
            let left = enough.saturating_sub(answer.paths.len());
            if left == 0 {
                break;
            }
            let ways = Ways::find(&graph, target).to(&graph, left);
            answer.paths.extend(ways.iter().map(|way| self.steps(way)));
        }
        answer.more = answer.paths.len() > most;
        answer.paths.truncate(most);
        answer
    }

    fn steps(&self, way: &[(Option<Link>, usize)]) -> Vec<Step> {
        let step = |(link, at): &(Option<Link>, usize)| {
            let link = *link;
            if let Some(package) = self.packages.get(*at) {
                let version = package.version.as_ref().map(ToString::to_string);
                return Some(Step { id: package.id.to_string(), name: package.name.to_string(), version, link });
            }
            let file = self.files.get(at.checked_sub(self.packages.len())?)?;
            Some(Step { id: file.id.to_string(), name: file.path.to_string(), version: None, link })
        };
        way.iter().filter_map(step).collect()
    }
}

/// How each node is reached without passing the target: over which link from which node, and how far.
struct Ways {
    target: usize,
    reached: Vec<Option<Reached>>,
}

#[derive(Clone, Copy)]
struct Reached {
    from: Option<(Link, usize)>,
    steps: usize,
}

impl Ways {
    fn find(graph: &Graph<'_>, target: usize) -> Ways {
        let mut ways = Ways { target, reached: vec![None; graph.forward.len()] };
        let mut queue = VecDeque::new();
        for root in &graph.roots {
            ways.reach(*root, Reached { from: None, steps: 0 }, &mut queue);
        }
        // What nothing leads to needs no reason.
        for (at, links) in graph.backward.iter().enumerate() {
            if links.is_empty() {
                ways.reach(at, Reached { from: None, steps: 0 }, &mut queue);
            }
        }
        // An image contains everything, which says nothing of what is needed by something in it: first the ways that
        // enter only what nothing needs, then the rest.
        let mut order = Vec::new();
        ways.walk(graph, &mut queue, &mut order, |graph, link, to| {
            link == Link::DependsOn
                || !Graph::links(&graph.backward, to).iter().any(|(link, _)| *link == Link::DependsOn)
        });
        queue.extend(order);
        ways.walk(graph, &mut queue, &mut Vec::new(), |_, _, _| true);
        ways
    }

    fn walk(
        &mut self,
        graph: &Graph<'_>,
        queue: &mut VecDeque<usize>,
        order: &mut Vec<usize>,
        may: impl Fn(&Graph<'_>, Link, usize) -> bool,
    ) {
        while let Some(at) = queue.pop_front() {
            order.push(at);
            let Some(Some(here)) = self.reached.get(at).copied() else { continue };
            for (link, to) in Graph::links(&graph.forward, at) {
                if may(graph, *link, *to) {
                    self.reach(*to, Reached { from: Some((*link, at)), steps: here.steps + 1 }, queue);
                }
            }
        }
    }

    fn reach(&mut self, at: usize, how: Reached, queue: &mut VecDeque<usize>) {
        if at == self.target {
            return;
        }
        if let Some(reached) = self.reached.get_mut(at).filter(|reached| reached.is_none()) {
            *reached = Some(how);
            queue.push_back(at);
        }
    }

    /// The ways to the target, each a list of nodes and of the links that lead to them.
    fn to(&self, graph: &Graph<'_>, most: usize) -> Vec<Vec<(Option<Link>, usize)>> {
        if graph.roots.contains(&self.target) {
            return vec![vec![(None, self.target)]];
        }
        let reached = |at: usize| self.reached.get(at).copied().flatten();
        let entries = Graph::links(&graph.backward, self.target).iter();
        let mut entries: Vec<_> =
            entries.filter_map(|(link, from)| Some((*link, reached(*from)?.steps, *from))).collect();
        let needed = entries.iter().any(|(link, ..)| *link == Link::DependsOn);
        entries.retain(|(link, ..)| !needed || *link == Link::DependsOn);
        entries.sort_unstable();
        let way = |(link, _, from): &(Link, usize, usize)| {
            let mut way = vec![(Some(*link), self.target)];
            let mut at = *from;
            while let Some(here) = reached(at) {
                way.push((here.from.map(|(link, _)| link), at));
                match here.from {
                    Some((_, before)) => at = before,
                    None => break,
                }
            }
            way.reverse();
            way
        };
        entries.iter().take(most).map(way).collect()
    }
}
