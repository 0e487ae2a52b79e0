//! The ways that lead to a package through a graph: none passes a node twice, and the shortest come first.
//!
//! A way is searched for from the package back to where it begins (Yen, "Finding the k shortest loopless paths in a network").
//! What is known of it is its end; the rest goes as each node is reached by the fewest steps. Only where that would pass a node of
//! the end a second time, a detour is looked for.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};

use foldhash::{HashMap, HashMapExt, HashSet, HashSetExt};

use super::graph::{Graph, Link};

/// A way: its nodes from the first to the last, each with the link that leads to it.
pub(super) type Way = Vec<(Option<Link>, usize)>;

/// As many nodes are looked at for one answer: ways through a graph may be more than anyone can count, and detours may be
/// looked for in vain.
pub(super) const MAX_WORK: usize = 10_000_000;

/// How a node is reached by the fewest steps.
#[derive(Clone, Copy)]
struct Reached {
    /// Over which link from which node; none where a way begins.
    from: Option<(Link, usize)>,
    steps: usize,
}

/// The ways to one node.
pub(super) struct Ways<'g, 's> {
    graph: &'g Graph<'s>,
    target: usize,
    /// What is reached without what something else needs being entered by containment.
    needed: Vec<Option<Reached>>,
    /// What is reached at all.
    reached: Vec<Option<Reached>>,
}

impl<'g, 's> Ways<'g, 's> {
    /// The ways to this node, from the subjects of the document and from what nothing leads to.
    pub(super) fn to(graph: &'g Graph<'s>, target: usize) -> Self {
        // An image contains everything, which says nothing of what is needed by something in it: containment leads only to
        // what nothing needs, and to what is not reached otherwise.
        let enters = |link: Link, at: usize| link == Link::DependsOn || !is_needed(Graph::links(&graph.backward, at));
        let needed = reach(graph, target, enters);
        let reached = reach(graph, target, |link, at| enters(link, at) || !is_some(&needed, at));
        Ways { graph, target, needed, reached }
    }

    /// At most `most` ways, as far as there is `work` left: each node that is looked at takes one of it.
    pub(super) fn shortest(&self, most: usize, work: &mut usize) -> Vec<Way> {
        let mut search =
            Search { ways: self, known: Vec::new(), open: BinaryHeap::new(), passed: HashSet::new(), work };
        let end = search.know(self.target, None);
        for (link, from) in self.before(self.target) {
            search.open(from, (link, end));
        }
        let mut found = Vec::new();
        while found.len() < most
            && let Some(Reverse(open)) = search.open.pop()
        {
            found.extend(search.finish(open));
            if *search.work == 0 {
                break;
            }
        }
        found
    }

    /// From where a node is entered, each once: what needs it goes before what contains it.
    fn before(&self, at: usize) -> Vec<(Link, usize)> {
        if at != self.target && self.is_start(at) {
            return Vec::new();
        }
        let links = Graph::links(&self.graph.backward, at);
        let leads = |(link, from): &&(Link, usize)| {
            let enters = *link == Link::DependsOn || !is_needed(links) || !is_some(&self.needed, at);
            is_some(&self.reached, *from) && (at == self.target || enters)
        };
        let mut before: Vec<_> = links.iter().filter(leads).copied().collect();
        if at == self.target && is_needed(&before) {
            before.retain(|(link, _)| *link == Link::DependsOn);
        }
        before.sort_unstable_by_key(|(link, from)| (*from, *link));
        before.dedup_by_key(|(_, from)| *from);
        before.sort_unstable();
        before
    }

    fn reached(&self, at: usize) -> Option<Reached> {
        self.reached.get(at).copied().flatten()
    }

    fn is_start(&self, at: usize) -> bool {
        self.reached(at).is_some_and(|reached| reached.from.is_none())
    }
}

/// Whether something needs a node with these links to it. They are sorted: dependencies go first.
fn is_needed(links: &[(Link, usize)]) -> bool {
    links.first().is_some_and(|(link, _)| *link == Link::DependsOn)
}

fn is_some<T>(of: &[Option<T>], at: usize) -> bool {
    of.get(at).is_some_and(Option::is_some)
}

/// How each node is reached without passing the target, where a link `enters` only some.
fn reach(graph: &Graph<'_>, target: usize, enters: impl Fn(Link, usize) -> bool) -> Vec<Option<Reached>> {
    let mut reached: Vec<Option<Reached>> = vec![None; graph.forward.len()];
    let mut queue = VecDeque::new();
    let mut enter = |at: usize, how: Reached, queue: &mut VecDeque<(usize, usize)>| {
        if let Some(known) = reached.get_mut(at).filter(|known| known.is_none() && at != target) {
            *known = Some(how);
            queue.push_back((at, how.steps));
        }
    };
    // What nothing leads to needs no reason.
    let alone = graph.backward.iter().enumerate().filter(|(_, links)| links.is_empty()).map(|(at, _)| at);
    for start in graph.roots.iter().copied().chain(alone) {
        enter(start, Reached { from: None, steps: 0 }, &mut queue);
    }
    while let Some((at, steps)) = queue.pop_front() {
        for (link, to) in Graph::links(&graph.forward, at).iter().filter(|(link, to)| enters(*link, *to)) {
            enter(*to, Reached { from: Some((*link, at)), steps: steps + 1 }, &mut queue);
        }
    }
    reached
}

/// A node from which the way to the target is known.
#[derive(Clone, Copy)]
struct Known {
    at: usize,
    /// The link that leads on, and the place of what it leads to; none for the target.
    on: Option<(Link, usize)>,
    /// How far it is to the target.
    steps: usize,
}

/// A way that is known from one place on. The shortest is taken first, and of several the one that was seen first.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Open {
    /// How long it is, or longer.
    steps: usize,
    place: usize,
    /// How that place is reached, where the fewest steps would pass a node twice.
    detour: Option<Vec<(Link, usize)>>,
}

struct Search<'w, 'g, 's> {
    ways: &'w Ways<'g, 's>,
    known: Vec<Known>,
    open: BinaryHeap<Reverse<Open>>,
    /// The nodes that the way at hand has passed.
    passed: HashSet<usize>,
    work: &'w mut usize,
}

impl Search<'_, '_, '_> {
    fn know(&mut self, at: usize, on: Option<(Link, usize)>) -> usize {
        *self.work = self.work.saturating_sub(1);
        let steps = on.and_then(|(_, next)| self.known.get(next)).map_or(0, |next| next.steps + 1);
        self.known.push(Known { at, on, steps });
        self.known.len() - 1
    }

    /// Notes that there may be a way over `from`, which leads on to a place.
    fn open(&mut self, from: usize, on: (Link, usize)) {
        let place = self.know(from, Some(on));
        let known = self.known.last().map_or(0, |known| known.steps);
        let steps = known + self.ways.reached(from).map_or(0, |reached| reached.steps);
        self.open.push(Reverse(Open { steps, place, detour: None }));
    }

    /// The way, where there is one that is as short as it was thought to be. Those that part from it are opened.
    fn finish(&mut self, open: Open) -> Option<Way> {
        let Open { steps, place, detour } = open;
        self.pass(place);
        let at = self.known.get(place)?.at;
        let rest = match detour.or_else(|| self.straight(at)) {
            Some(rest) => rest,
            None => {
                let detour = self.detour(at)?;
                let steps = steps.max(self.known.get(place)?.steps + detour.len());
                self.open.push(Reverse(Open { steps, place, detour: Some(detour) }));
                return None;
            }
        };
        let mut place = place;
        for (link, from) in rest {
            let at = self.known.get(place)?.at;
            for (other_link, other) in self.ways.before(at) {
                if other != from && !self.passed.contains(&other) {
                    self.open(other, (other_link, place));
                }
            }
            place = self.know(from, Some((link, place)));
            self.passed.insert(from);
        }
        Some(self.way(place))
    }

    /// Notes what is passed from this place on.
    fn pass(&mut self, place: usize) {
        self.passed.clear();
        let mut next = self.known.get(place);
        while let Some(known) = next {
            *self.work = self.work.saturating_sub(1);
            self.passed.insert(known.at);
            next = known.on.and_then(|(_, next)| self.known.get(next));
        }
    }

    /// How a node is reached by the fewest steps, backwards; none where that passes what has been passed.
    fn straight(&self, mut at: usize) -> Option<Vec<(Link, usize)>> {
        let mut straight = Vec::new();
        while let Some((link, from)) = self.ways.reached(at)?.from {
            if self.passed.contains(&from) {
                return None;
            }
            straight.push((link, from));
            at = from;
        }
        Some(straight)
    }

    /// How a node is reached by the fewest steps without what has been passed, backwards.
    fn detour(&mut self, at: usize) -> Option<Vec<(Link, usize)>> {
        let mut on: HashMap<usize, (Link, usize)> = HashMap::new();
        let mut queue = VecDeque::from([at]);
        while let Some(here) = queue.pop_front() {
            if self.ways.is_start(here) {
                let mut detour = Vec::new();
                let mut here = here;
                while let Some((link, next)) = on.get(&here) {
                    detour.push((*link, here));
                    here = *next;
                }
                detour.reverse();
                return Some(detour);
            }
            for (link, from) in self.ways.before(here) {
                *self.work = self.work.checked_sub(1)?;
                if from != at && !self.passed.contains(&from) && !on.contains_key(&from) {
                    on.insert(from, (link, here));
                    queue.push_back(from);
                }
            }
        }
        None
    }

    fn way(&self, place: usize) -> Way {
        let (mut way, mut link) = (Vec::new(), None);
        let mut next = self.known.get(place);
        while let Some(known) = next {
            way.push((link, known.at));
            link = known.on.map(|(link, _)| link);
            next = known.on.and_then(|(_, next)| self.known.get(next));
        }
        way
    }
}
