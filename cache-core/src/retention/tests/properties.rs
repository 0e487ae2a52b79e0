//! What holds of any repository and any rules.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use super::shape::{ago, digest, now, repository, tag};
use crate::model::{Digest, Tag};
use crate::registry::Untagging;
use crate::retention::inventory::{Deployed, DeployedImage};
use crate::retention::{
    Facts, Fate, KeepLast, KeepSemver, LastOf, ManifestFacts, Patterns, Protect, RepositoryDecision, RepositoryGraph,
    RetentionRules, TagFacts, judge,
};

const TAGS: [&str; 12] =
    ["latest", "v1", "v2", "1.0.0", "1.1.0", "1.1.0-rc.1", "dev-1", "dev-2", "dev-3", "pr-1", "main", "x"];

/// Manifests by number. Children and subjects have lower numbers, as hashes demand.
fn facts() -> impl Strategy<Value = Facts> {
    let manifest = (
        prop::collection::vec(any::<prop::sample::Index>(), 0..4),
        prop::option::of(any::<prop::sample::Index>()),
        prop::option::of(0_i64..60),
        prop::option::of(0_i64..60),
        0_u8..20,
    );
    let manifests = prop::collection::vec(manifest, 1..24);
    let tags = prop::collection::btree_map(0..TAGS.len(), any::<prop::sample::Index>(), 0..TAGS.len());
    let cosign = prop::collection::vec((any::<prop::sample::Index>(), any::<prop::sample::Index>(), 0_usize..4), 0..5);
    let untag = prop::sample::select(vec![
        Untagging::Unknown,
        Untagging::Alone,
        Untagging::AloneButLast,
        Untagging::Never,
        Untagging::WithManifest,
    ]);
    (manifests, tags, cosign, untag, any::<bool>()).prop_map(|(manifests, tags, cosign, untag, lists_untagged)| {
        let count = manifests.len();
        let name = |n: usize| digest(&n.to_string());
        let mut facts = Facts::new(repository());
        (facts.untagging, facts.lists_untagged) = (untag, lists_untagged);
        for (n, (children, subject, pushed, pulled, oddity)) in manifests.into_iter().enumerate() {
            let mut manifest = ManifestFacts::opaque(name(n), oddity == 1);
            if n > 0 {
                manifest.children = children.iter().map(|child| name(child.index(n))).collect();
                // One in some is about what is not there.
                manifest.subject = subject.map(|s| if oddity == 2 { digest("gone") } else { name(s.index(n)) });
            }
            manifest.is_index = !manifest.children.is_empty() || oddity == 3;
            (manifest.pushed, manifest.pulled) = (pushed.and_then(ago), pulled.and_then(ago));
            (manifest.locked, manifest.size) = (oddity == 4, 1);
            manifest.blobs = vec![(digest(&format!("blob {}", n % 5)), 7)];
            facts.manifests.push(manifest);
        }
        let named = |tag: Tag, n: usize| TagFacts { tag, digest: name(n), tagged: None, locked: false };
        for (text, to) in tags {
            facts.tags.push(named(tag(TAGS[text]), to.index(count)));
        }
        for (subject, to, suffix) in cosign {
            let suffix = [".sig", ".att", ".sbom", ""][suffix];
            let tag = Tag::of_digest(&name(subject.index(count)), suffix);
            if !facts.tags.iter().any(|fact| fact.tag == tag) {
                facts.tags.push(named(tag, to.index(count)));
            }
        }
        facts
    })
}

fn lets_go() -> impl Strategy<Value = RetentionRules> {
    let limit = || prop::option::of(0_u32..50);
    let patterns = prop::option::of(prop::sample::select(vec!["dev-*", "pr-*", "*"]));
    (limit(), limit(), limit(), patterns, any::<bool>()).prop_map(|(age, untagged, orphaned, candidates, pulls)| {
        RetentionRules {
            max_age_days: age,
            untagged_after_days: untagged,
            orphaned_after_days: orphaned,
            candidates: candidates.map(|pattern| Patterns::parse([pattern]).unwrap()),
            count_pulls: Some(pulls),
            moving_tags: Some(Patterns::parse(["none"]).unwrap()),
            ..RetentionRules::default()
        }
    })
}

/// A rule that keeps, laid over others.
#[derive(Debug, Clone)]
enum Keep {
    Last(u32),
    LastOf(&'static str, u32),
    Minimum(u32),
    Semver,
    Protect(&'static str),
    ProtectDigest(usize),
    Deployed(usize),
    DeployedTag(usize),
    Moving,
}

fn keep() -> impl Strategy<Value = Keep> {
    prop_oneof![
        (0_u32..8).prop_map(Keep::Last),
        (prop::sample::select(vec!["dev-*", "v*"]), 0_u32..3).prop_map(|(tags, last)| Keep::LastOf(tags, last)),
        (0_u32..8).prop_map(Keep::Minimum),
        Just(Keep::Semver),
        prop::sample::select(vec!["dev-1", "v*", "main"]).prop_map(Keep::Protect),
        (0_usize..24).prop_map(Keep::ProtectDigest),
        (0_usize..24).prop_map(Keep::Deployed),
        (0..TAGS.len()).prop_map(Keep::DeployedTag),
        Just(Keep::Moving),
    ]
}

fn laid_over(rules: &RetentionRules, keeps: &[Keep]) -> (RetentionRules, Deployed) {
    let mut rules = rules.clone();
    let mut images = Vec::new();
    let deployed = |image: Option<String>, digest: Option<Digest>| DeployedImage {
        image: image.map(|text| text.parse().unwrap()),
        digest,
        used_by: String::new(),
    };
    for keep in keeps {
        match keep {
            Keep::Last(last) => last_of(&mut rules, LastOf { tags: None, last: *last }),
            Keep::LastOf(tags, last) => {
                last_of(&mut rules, LastOf { tags: Some(Patterns::parse([*tags]).unwrap()), last: *last });
            }
            Keep::Minimum(least) => rules.minimum_remaining = rules.minimum_remaining.max(Some(*least)),
            Keep::Semver => rules.keep_semver = Some(KeepSemver::All),
            Keep::Protect(tags) => {
                let protect = rules.protect.get_or_insert_with(Protect::default);
                let known: Vec<String> =
                    protect.tags.iter().flat_map(Patterns::texts).chain([*tags]).map(str::to_owned).collect();
                protect.tags = Some(Patterns::parse(known.iter().map(String::as_str)).unwrap());
            }
            Keep::ProtectDigest(n) => {
                rules.protect.get_or_insert_with(Protect::default).digests.push(digest(&n.to_string()));
            }
            Keep::Deployed(n) => images.push(deployed(None, Some(digest(&n.to_string())))),
            Keep::DeployedTag(n) => images.push(deployed(Some(format!("{}:{}", repository(), TAGS[*n])), None)),
            Keep::Moving => rules.moving_tags = None,
        }
    }
    rules.keep_deployed = Some(true);
    let mut inventory = super::shape::deployed(&[], &[]);
    inventory.images = images;
    (rules, Deployed::of([&inventory], &[]))
}

fn last_of(rules: &mut RetentionRules, last: LastOf) {
    rules.keep_last_tags.get_or_insert_with(|| KeepLast(Vec::new())).0.push(last);
}

fn decide(facts: &Facts, rules: &RetentionRules, deployed: &Deployed) -> (RepositoryGraph, RepositoryDecision) {
    let graph = RepositoryGraph::new(facts.clone());
    let decision = judge(&graph, rules, deployed, now());
    (graph, decision)
}

fn deleted(decision: &RepositoryDecision) -> BTreeSet<Digest> {
    let gone = decision.manifests.iter().filter(|decision| decision.fate == Fate::Delete);
    gone.map(|decision| decision.digest.clone()).collect()
}

fn deleted_tags(decision: &RepositoryDecision) -> BTreeSet<Tag> {
    let tags = decision.manifests.iter().flat_map(|decision| &decision.tags);
    tags.filter(|tag| tag.fate == Fate::Delete).map(|tag| tag.tag.clone()).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    /// Nothing that is kept, or needed by what is kept, or about what is kept, goes.
    #[test]
    fn nothing_reachable_from_a_kept_root_is_deleted(
        facts in facts(), rules in lets_go(), keeps in prop::collection::vec(keep(), 0..4)
    ) {
        let (rules, deployed) = laid_over(&rules, &keeps);
        let (_, decision) = decide(&facts, &rules, &deployed);
        let gone = deleted(&decision);
        let by_digest: BTreeMap<&Digest, &ManifestFacts> = facts.manifests.iter().map(|m| (&m.digest, m)).collect();
        let lists = facts.tags.iter().filter(|fact| fact.tag.as_str().len() == 71).map(|fact| &fact.digest);
        let lists: BTreeSet<&Digest> = lists.collect();
        for manifest in facts.manifests.iter().filter(|manifest| !gone.contains(&manifest.digest)) {
            // A list of referrers holds nothing; what it lists is about its subject.
            if !lists.contains(&manifest.digest) {
                for child in manifest.children.iter().filter(|child| by_digest.contains_key(child)) {
                    prop_assert!(!gone.contains(child), "a child goes");
                }
            }
            for about in facts.manifests.iter().filter(|about| about.subject.as_ref() == Some(&manifest.digest)) {
                prop_assert!(!gone.contains(&about.digest), "a referrer goes");
            }
            for suffix in [".sig", ".att", ".sbom"] {
                let name = Tag::of_digest(&manifest.digest, suffix);
                for fact in facts.tags.iter().filter(|fact| fact.tag == name) {
                    prop_assert!(!gone.contains(&fact.digest), "what cosign's tag names goes");
                }
            }
        }
        for decision in &decision.manifests {
            prop_assert!(!decision.why.is_empty(), "no reason");
        }
    }

    /// A manifest goes only with all its tags, and a tag goes alone only where the registry can do that.
    #[test]
    fn a_tags_removal_never_removes_another_tag(
        facts in facts(), rules in lets_go(), keeps in prop::collection::vec(keep(), 0..4)
    ) {
        let (rules, deployed) = laid_over(&rules, &keeps);
        let (graph, decision) = decide(&facts, &rules, &deployed);
        let tags = decision.manifests.iter().flat_map(|decision| &decision.tags).map(|tag| &tag.tag);
        let tags: BTreeSet<&Tag> = tags.collect();
        prop_assert_eq!(tags, facts.tags.iter().map(|fact| &fact.tag).collect::<BTreeSet<_>>());
        for decision in &decision.manifests {
            let kept = decision.tags.iter().filter(|tag| tag.fate == Fate::Keep).count();
            match decision.fate {
                Fate::Delete => prop_assert_eq!(kept, 0, "a tag that is kept loses its manifest"),
                Fate::Keep if kept < decision.tags.len() => {
                    prop_assert!(kept > 0, "an image that is kept loses its last tag");
                    prop_assert!(graph.untagging.untags());
                }
                Fate::Keep => {}
            }
        }
    }

    /// Another rule that keeps never lets more go.
    #[test]
    fn more_keep_rules_never_delete_more(
        facts in facts(), rules in lets_go(), keeps in prop::collection::vec(keep(), 0..4), more in keep()
    ) {
        let (fewer_rules, fewer) = laid_over(&rules, &keeps);
        let keeps: Vec<Keep> = keeps.into_iter().chain([more]).collect();
        let (more_rules, more) = laid_over(&rules, &keeps);
        let (_, with_fewer) = decide(&facts, &fewer_rules, &fewer);
        let (_, with_more) = decide(&facts, &more_rules, &more);
        prop_assert!(deleted(&with_more).is_subset(&deleted(&with_fewer)));
        prop_assert!(deleted_tags(&with_more).is_subset(&deleted_tags(&with_fewer)));
    }

    /// What stops a deletion for being deployed is what a new plan would keep, and all that it would keep for that.
    #[test]
    fn what_is_in_use_is_kept(
        facts in facts(), rules in lets_go(), keeps in prop::collection::vec(keep(), 0..4)
    ) {
        let (rules, deployed) = laid_over(&rules, &keeps);
        let (graph, decision) = decide(&facts, &rules, &deployed);
        let in_use = crate::retention::in_use::in_use(&graph, &deployed);
        for (id, decision) in decision.manifests.iter().enumerate() {
            let whys = decision.why.iter().chain(decision.tags.iter().map(|tag| &tag.why));
            if whys.map(|why| why.code()).any(|code| code == "deployed") {
                prop_assert!(in_use.contains_key(&id), "what is deployed may go");
            }
            if in_use.contains_key(&id) {
                prop_assert_eq!(decision.fate, Fate::Keep, "a new plan would say the same");
            }
        }
    }

    /// The order in which a registry lists things plays no part.
    #[test]
    fn the_order_of_input_does_not_matter(
        facts in facts(), rules in lets_go(), keeps in prop::collection::vec(keep(), 0..4), seed in any::<u64>()
    ) {
        let (rules, deployed) = laid_over(&rules, &keeps);
        let mut shuffled = facts.clone();
        let key = |text: &str| digest(&format!("{seed}{text}"));
        shuffled.manifests.sort_by_key(|manifest| key(manifest.digest.as_str()));
        shuffled.tags.sort_by_key(|fact| key(fact.tag.as_str()));
        for manifest in &mut shuffled.manifests {
            manifest.children.sort_by_key(|child| key(child.as_str()));
        }
        let (graph, decision) = decide(&facts, &rules, &deployed);
        let (again, same) = decide(&shuffled, &rules, &deployed);
        prop_assert_eq!(&decision, &same);
        let changes = |graph, decision| crate::retention::order::changes(graph, decision);
        prop_assert_eq!(changes(&graph, &decision), changes(&again, &same));
    }

    /// What has a tag never goes for a rule about what has none.
    #[test]
    fn b72_untagged_rules_let_nothing_go_that_has_a_tag(facts in facts(), limit in 0_u32..50) {
        let rules = RetentionRules { untagged_after_days: Some(limit), ..RetentionRules::default() };
        let (_, decision) = decide(&facts, &rules, &Deployed::default());
        let given = facts.tags.iter().filter(|fact| !fact.tag.as_str().starts_with("sha256-"));
        let tagged: BTreeSet<&Digest> = given.map(|fact| &fact.digest).collect();
        prop_assert!(deleted(&decision).iter().all(|digest| !tagged.contains(digest)));
    }

    /// Rules that let nothing go delete nothing.
    #[test]
    fn unmatched_is_kept(facts in facts(), keeps in prop::collection::vec(keep(), 0..4)) {
        let (rules, deployed) = laid_over(&RetentionRules::default(), &keeps);
        let (_, decision) = decide(&facts, &rules, &deployed);
        prop_assert!(deleted(&decision).is_empty() && deleted_tags(&decision).is_empty());
    }

    /// Each manifest that goes comes after all that go and hold it or are about it, unless tags go round in a circle.
    #[test]
    fn holders_go_first(facts in facts()) {
        let rules = RetentionRules { max_age_days: Some(0), orphaned_after_days: Some(0), ..RetentionRules::default() };
        let (graph, decision) = decide(&facts, &rules, &Deployed::default());
        let order = crate::retention::order::changes(&graph, &decision);
        let manifests: Vec<&Digest> = order.iter().filter_map(|change| match change {
            crate::plan::Change::Delete(op) if op.target == crate::plan::DeleteTarget::Manifest => Some(&op.expected),
            _ => None,
        }).collect();
        let at: BTreeMap<&Digest, usize> = manifests.iter().enumerate().map(|(n, digest)| (*digest, n)).collect();
        prop_assert_eq!(at.len(), deleted(&decision).len());
        for manifest in &facts.manifests {
            if let (Some(subject), Some(own)) = (&manifest.subject, at.get(&manifest.digest))
                && let Some(of_subject) = at.get(subject)
                && facts.tags.iter().all(|fact| !fact.tag.as_str().starts_with("sha256-"))
            {
                prop_assert!(own < of_subject);
            }
        }
    }
}
