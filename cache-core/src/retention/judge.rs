//! The decision: a pure function of the graph, the rules, what is deployed, and the clock.
//!
//! Rules speak about images. What they keep pulls along all that it needs: what it lists, and what is about any of that. Only
//! what is reached from an image that goes, and from none that stays, goes with it.

use std::collections::HashMap;

use super::age::Ages;
use super::closure::{Kept, spread};
use super::decision::{Decision, Fate, Kind, RepositoryDecision, TagDecision, Why};
use super::graph::{Node, NodeId, RepositoryGraph};
use super::in_use;
use super::inventory::Deployed;
use super::last;
use super::rules::{MOVING_TAGS, RetentionRules};
use crate::model::{Repository, Tag, Timestamp};

/// Decides what becomes of everything that one repository holds. The rules are those [of](RetentionRules::of) the repository.
///
/// Keeping always wins, and what no rule lets go is kept. Nothing that a kept image needs goes.
pub fn judge(
    graph: &RepositoryGraph,
    rules: &RetentionRules,
    deployed: &Deployed,
    now: Timestamp,
) -> RepositoryDecision {
    let judge = Judge { graph, rules, deployed, ages: Ages::new(rules, now) };
    let mut images = judge.images();
    let kept = spread(graph, &judge.seeds(&images), &judge.doomed(&images));
    let manifests = (0..graph.nodes().len()).map(|id| judge.decision(id, &kept, images.remove(&id))).collect();
    RepositoryDecision { repository: graph.repository.clone(), manifests, notes: judge.notes() }
}

struct Judge<'a> {
    graph: &'a RepositoryGraph,
    rules: &'a RetentionRules,
    deployed: &'a Deployed,
    ages: Ages<'a>,
}

/// What the rules say of one image, without regard to others.
#[derive(Default)]
struct Image {
    /// Why it is kept as a whole.
    keeps: Vec<Why>,
    /// Why it may go, where it has no tag.
    goes: Vec<Why>,
    tags: Vec<TagDecision>,
}

/// Why a node goes that reached a limit: its age in days, where that is known, and the limit.
type Reached = fn(Option<u64>, u32) -> Why;

impl Image {
    fn is_kept(&self) -> bool {
        !self.keeps.is_empty() || self.tags.iter().any(|tag| tag.fate == Fate::Keep)
    }
}

impl Judge<'_> {
    /// What the rules say of each image and of what is left over.
    fn images(&self) -> HashMap<NodeId, Image> {
        let semver = last::semver(self.graph, self.rules, &self.ages);
        let mut images = HashMap::new();
        for (id, node) in self.graph.nodes().iter().enumerate() {
            if !node.is_root() && !node.is_left_over() {
                continue;
            }
            let tags = node.tags.iter().map(|tag| self.tag(node, tag, &semver)).collect();
            let mut image = Image { keeps: self.fixed(id), goes: Vec::new(), tags };
            if node.is_left_over() {
                self.left_over(node, &mut image);
            } else if node.tags.is_empty() {
                self.untagged(node, &mut image);
            }
            images.insert(id, image);
        }
        for (id, why) in last::images(self.graph, self.rules, &self.ages) {
            if let Some(image) = images.get_mut(&id) {
                image.keeps.push(why);
            }
        }
        images
    }

    /// Why a manifest of any kind is kept whatever the rules let go.
    fn fixed(&self, id: NodeId) -> Vec<Why> {
        let node = self.graph.node(id);
        let mut keeps = self.by_digest(id);
        keeps.extend(self.ages.replaced(node));
        keeps.extend(node.locked.then_some(Why::Locked));
        keeps.extend(node.is_opaque.then_some(Why::Unreadable));
        keeps
    }

    /// Why this very manifest is wanted: then what holds it is kept as well.
    fn by_digest(&self, id: NodeId) -> Vec<Why> {
        let digest = &self.graph.node(id).digest;
        let protected = self.rules.protect.as_ref().is_some_and(|protect| protect.digests.contains(digest));
        let mut keeps: Vec<Why> = protected.then(|| Why::Protected("its digest".to_owned())).into_iter().collect();
        if self.keeps_deployed() {
            keeps.extend(in_use::by_digest(self.graph, self.deployed, id).map(|at| Why::Deployed(at.to_owned())));
        }
        keeps
    }

    fn keeps_deployed(&self) -> bool {
        self.rules.keep_deployed == Some(true)
    }

    fn tag(&self, node: &Node, tag: &Tag, semver: &HashMap<&Tag, Why>) -> TagDecision {
        let keep = |why: Why| TagDecision { tag: tag.clone(), fate: Fate::Keep, why };
        let protected = self.rules.protect.as_ref().and_then(|protect| protect.tags.as_ref()?.tag(tag));
        if let Some(pattern) = protected {
            return keep(Why::Protected(pattern.to_string()));
        }
        if let Some(at) = self.deployed_tag(&self.graph.repository, tag) {
            return keep(Why::Deployed(at.to_owned()));
        }
        if self.is_moving(tag) {
            return keep(Why::MovingTag);
        }
        if let Some(why) = semver.get(tag) {
            return keep(why.clone());
        }
        if self.graph.is_locked(tag) {
            return keep(Why::Locked);
        }
        if self.rules.candidates.as_ref().is_some_and(|candidates| candidates.tag(tag).is_none()) {
            return keep(Why::NoCandidate);
        }
        match self.rules.max_age_days {
            None => keep(Why::Unmatched),
            Some(limit) => match self.ages.over(node, limit) {
                Ok(days) => TagDecision { tag: tag.clone(), fate: Fate::Delete, why: Why::Old(days, limit) },
                Err(why) => keep(why),
            },
        }
    }

    fn deployed_tag(&self, repository: &Repository, tag: &Tag) -> Option<&str> {
        self.deployed.tagged(repository, tag).filter(|_| self.keeps_deployed())
    }

    fn is_moving(&self, tag: &Tag) -> bool {
        match &self.rules.moving_tags {
            Some(moving) => moving.tag(tag).is_some(),
            None => MOVING_TAGS.contains(&tag.as_str()),
        }
    }

    fn untagged(&self, node: &Node, image: &mut Image) {
        // Where only some tags may go, an image without any is not meant.
        let by_age = self.rules.max_age_days.filter(|_| self.rules.candidates.is_none());
        self.over(node, [(self.rules.untagged_after_days, Why::Untagged as _), (by_age, Why::Old as _)], image);
    }

    fn left_over(&self, node: &Node, image: &mut Image) {
        self.over(node, [(self.rules.orphaned_after_days, Why::LeftOver as fn(_, _) -> _)], image);
    }

    /// Whether one of the limits is reached.
    fn over<const N: usize>(&self, node: &Node, limits: [(Option<u32>, Reached); N], image: &mut Image) {
        let mut keeps = Vec::new();
        for (limit, why) in limits {
            match limit.map(|limit| self.ages.over(node, limit).map(|days| why(days, limit))) {
                Some(Ok(why)) => image.goes.push(why),
                Some(Err(why)) => keeps.push(why),
                None => {}
            }
        }
        if image.goes.is_empty() {
            keeps.dedup();
            image.keeps.append(&mut keeps);
            if image.keeps.is_empty() {
                image.keeps.push(Why::Unmatched);
            }
        }
    }

    /// What is kept for its own sake, and why.
    fn seeds(&self, images: &HashMap<NodeId, Image>) -> Vec<(NodeId, Why)> {
        let mut seeds = Vec::new();
        for id in 0..self.graph.nodes().len() {
            let fixed = self.fixed(id);
            if !self.by_digest(id).is_empty() {
                let holds = || Why::Holds(self.graph.node(id).digest.clone());
                seeds.extend(self.graph.holders(id).into_iter().map(|holder| (holder, holds())));
            }
            match images.get(&id) {
                Some(image) if image.is_kept() => {
                    let tagged = |tag: &TagDecision| Why::Tagged(tag.tag.clone());
                    let by_tag = image.tags.iter().filter(|tag| tag.fate == Fate::Keep).map(tagged);
                    seeds.extend(image.keeps.iter().cloned().chain(by_tag).map(|why| (id, why)));
                }
                Some(_) => {}
                None => seeds.extend(fixed.into_iter().map(|why| (id, why))),
            }
        }
        seeds
    }

    fn doomed(&self, images: &HashMap<NodeId, Image>) -> Vec<NodeId> {
        let mut doomed: Vec<_> = images.iter().filter(|(_, image)| !image.is_kept()).map(|(id, _)| *id).collect();
        doomed.sort_unstable();
        doomed
    }

    fn decision(&self, id: NodeId, kept: &Kept, image: Option<Image>) -> Decision {
        let node = self.graph.node(id);
        let image = image.unwrap_or_default();
        let is_kept = kept.is_kept(id);
        let (fate, mut why) = if is_kept {
            (Fate::Keep, kept.why(id).to_vec())
        } else if let Some(why) = kept.goes_with(id) {
            (Fate::Delete, vec![why.clone()])
        } else {
            let mut why = image.goes;
            why.extend(image.tags.iter().map(|tag| tag.why.clone()));
            why.dedup();
            (Fate::Delete, why)
        };
        // An image that is kept as a whole keeps its tags; one that is kept for some of its tags loses the others.
        let for_tags = |why: &Why| matches!(why, Why::Tagged(_));
        let whole = is_kept && !why.iter().all(for_tags);
        let partly = is_kept && !whole;
        let cannot = partly && !self.graph.untagging.untags();
        let mut tags: Vec<TagDecision> = image
            .tags
            .into_iter()
            .map(|tag| match tag.fate {
                Fate::Delete if whole => TagDecision { fate: Fate::Keep, why: Why::Image, ..tag },
                Fate::Delete if cannot => TagDecision { fate: Fate::Keep, why: Why::CannotUntag, ..tag },
                _ => tag,
            })
            .collect();
        let attaching = node.attaching_tags.iter().map(|tag| {
            let why = if is_kept { Why::Image } else { why.first().cloned().unwrap_or(Why::Unmatched) };
            TagDecision { tag: tag.clone(), fate, why }
        });
        tags.extend(attaching);
        // There are many of them.
        tags.shrink_to_fit();
        why.shrink_to_fit();
        Decision { digest: node.digest.clone(), kind: kind(node), fate, why, tags }
    }

    fn notes(&self) -> Vec<String> {
        let mut notes: Vec<String> =
            self.graph.dangling.iter().map(|tag| format!("the tag {tag} is listed and names nothing")).collect();
        let unreadable = self.graph.unreadable.iter();
        notes.extend(unreadable.map(|tag| format!("what the tag {tag} names cannot be read, and stays")));
        if !self.rules.lets_go() {
            notes.push("no rule lets anything go; max_age_days: 0 lets images of any age go".to_owned());
        }
        if self.rules.untagged_after_days.is_some() && !self.graph.lists_untagged {
            notes.push("this registry does not list what has no tag, so nothing of that is known".to_owned());
        }
        notes.extend(last::mixed(self.graph, self.rules));
        for node in self.graph.nodes().iter().filter(|node| !node.missing.is_empty()) {
            notes.push(format!("{} lists {} manifests that are not there", node.digest, node.missing.len()));
        }
        notes
    }
}

fn kind(node: &Node) -> Kind {
    if node.is_root() {
        Kind::Image
    } else if !node.parents.is_empty() {
        Kind::Child
    } else if node.is_left_over() {
        Kind::LeftOver
    } else {
        Kind::Attachment
    }
}
