//! The newest images and the last versions, which are kept.

use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap};

use super::age::Ages;
use super::decision::Why;
use super::graph::{Node, NodeId, RepositoryGraph};
use super::rules::{KeepSemver, RetentionRules};
use super::versions::Version;
use crate::model::{Tag, Timestamp};

/// The images that are kept for being among the newest. Each counts once, however many tags it has.
pub(super) fn images(graph: &RepositoryGraph, rules: &RetentionRules, ages: &Ages<'_>) -> Vec<(NodeId, Why)> {
    let mut kept = Vec::new();
    for rule in rules.keep_last_tags.iter().flat_map(|keep| &keep.0) {
        let tags = rule.tags.as_ref().or(rules.candidates.as_ref());
        let counts = |node: &Node| match tags {
            Some(patterns) => node.tags.iter().any(|tag| patterns.tag(tag).is_some()),
            None => !node.tags.is_empty(),
        };
        kept.extend(newest(graph, ages, rule.last, counts, |rank| Why::AmongLast(rank, rule.last)));
    }
    if let Some(minimum) = rules.minimum_remaining {
        kept.extend(newest(graph, ages, minimum, Node::is_root, |_| Why::Minimum(minimum)));
    }
    kept
}

/// The newest of some images, by when they came here and then by digest. One whose time nobody knows may be the newest.
fn newest(
    graph: &RepositoryGraph,
    ages: &Ages<'_>,
    count: u32,
    counts: impl Fn(&Node) -> bool,
    why: impl Fn(u32) -> Why,
) -> Vec<(NodeId, Why)> {
    if count == 0 {
        return Vec::new();
    }
    // A signature or SBOM is none, even where somebody tagged it.
    let is_image = |node: &Node| node.is_root() && node.subjects.is_empty() && !node.is_orphan;
    let counted = graph.nodes().iter().enumerate().filter(|(_, node)| is_image(node) && counts(node));
    let mut known: Vec<(Timestamp, NodeId)> = Vec::new();
    let mut kept: Vec<(NodeId, Why)> = Vec::new();
    for (id, node) in counted {
        match ages.entered(node) {
            Some(time) => known.push((time, id)),
            None => kept.push((id, Why::AgeUnknown)),
        }
    }
    known.sort_by_key(|&(time, id)| (Reverse(time), id));
    kept.extend((1..=count).zip(known).map(|(rank, (_, id))| (id, why(rank))));
    kept
}

/// The tags that are kept for being semantic versions.
pub(super) fn semver<'a>(graph: &'a RepositoryGraph, rules: &RetentionRules, ages: &Ages<'_>) -> HashMap<&'a Tag, Why> {
    let tags = || graph.nodes().iter().flat_map(|node| node.tags.iter().map(move |tag| (tag, node)));
    match &rules.keep_semver {
        None | Some(KeepSemver::None) => HashMap::new(),
        Some(KeepSemver::All) => {
            tags().filter(|(tag, _)| Version::of(tag, false).is_some()).map(|(tag, _)| (tag, Why::Semver)).collect()
        }
        Some(KeepSemver::Last(rule)) => {
            let versions: Vec<_> = tags()
                .filter_map(|(tag, node)| Some((Version::of(tag, rule.underscore_is_plus)?, tag, node)))
                .filter(|(version, ..)| version.counts(rule))
                .collect();
            let mut groups: BTreeMap<Vec<&str>, Vec<&(Version, &'a Tag, &Node)>> = BTreeMap::new();
            for version in &versions {
                groups.entry(version.0.group(rule.per)).or_default().push(version);
            }
            let mut kept = HashMap::new();
            for mut group in groups.into_values() {
                // What differs only in its build has no order but that of time.
                group.sort_by(|a, b| {
                    let time = |node: &Node| ages.entered(node);
                    b.0.cmp(&a.0).then_with(|| time(b.2).cmp(&time(a.2))).then_with(|| a.1.cmp(b.1))
                });
                let mut count = 0;
                let mut before: Option<&(Version, &Tag, &Node)> = None;
                for version in group {
                    // `1.2.3` and `v1.2.3` of one image are one version.
                    let same = before.is_some_and(|b| b.0 == version.0 && b.2.digest == version.2.digest);
                    count += u32::from(!same);
                    if count > rule.last {
                        break;
                    }
                    kept.insert(version.1, Why::Semver);
                    before = Some(version);
                }
            }
            kept
        }
    }
}

/// Pre-releases whose order is not what people mean, where the order counts.
pub(super) fn mixed(graph: &RepositoryGraph, rules: &RetentionRules) -> Vec<String> {
    let Some(KeepSemver::Last(rule)) = &rules.keep_semver else { return Vec::new() };
    let tags = graph.nodes().iter().flat_map(|node| &node.tags);
    let versions = tags.filter_map(|tag| Some((tag, Version::of(tag, rule.underscore_is_plus)?)));
    let counted = versions.filter(|(_, version)| version.counts(rule));
    let note = |(tag, version): (&Tag, Version)| {
        let id = version.mixed_identifier()?;
        Some(format!("{tag}: {id:?} is ordered as text, so that 10 comes before 9; write it with a dot"))
    };
    counted.filter_map(note).collect()
}
