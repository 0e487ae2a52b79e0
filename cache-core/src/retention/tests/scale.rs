//! A hundred thousand tags in a thousand repositories: measured in a release build, by hand.

use std::time::Instant;

use super::shape::{ago, digest, now, tag};
use crate::model::{Digest, Repository};
use crate::registry::Untagging;
use crate::retention::inventory::Deployed;
use crate::retention::{
    Facts, Freeing, ManifestFacts, RepositoryDecision, RepositoryGraph, TagFacts, Totals, judge, order,
};

const REPOSITORIES: usize = 1000;
const TAGS: usize = 100;

/// Images of one manifest, or of an index with two platforms and an SBOM.
fn facts(number: usize, whole: bool) -> Facts {
    let mut facts = Facts::new(Repository::parse(&format!("registry.example/team/app-{number}")).unwrap());
    (facts.lists_untagged, facts.untagging) = (true, Untagging::Alone);
    let name = |what: &str, n: usize| digest(&format!("{number} {what} {n}"));
    let base: Vec<(Digest, u64)> = (0..4).map(|n| (digest(&format!("base {n}")), 30_000_000)).collect();
    for n in 0..TAGS {
        let mut children = Vec::new();
        let platforms: &[&str] = if whole { &["amd64", "arm64"] } else { &[] };
        for platform in platforms {
            let mut child = ManifestFacts::opaque(name(platform, n), false);
            child.blobs = base.clone();
            child.blobs.push((name(&format!("layer {platform}"), n), 1_000_000));
            child.size = 1500;
            children.push(child.digest.clone());
            facts.manifests.push(child);
        }
        let mut index = ManifestFacts::opaque(name("index", n), false);
        (index.is_index, index.children, index.pushed) = (whole, children, ago(n as i64));
        if !whole {
            index.blobs = base.iter().cloned().chain([(name("layer", n), 1_000_000)]).collect();
        }
        let mut sbom = ManifestFacts::opaque(name("sbom", n), false);
        (sbom.subject, sbom.pushed) = (Some(index.digest.clone()), ago(n as i64));
        let named =
            TagFacts { tag: tag(&format!("build-{n}")), digest: index.digest.clone(), tagged: None, locked: false };
        facts.tags.push(named);
        facts.manifests.push(index);
        facts.manifests.extend(whole.then_some(sbom));
    }
    facts
}

/// The most memory that this process has had, in MiB.
fn peak() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with("VmHWM:")).unwrap_or_default();
    line.split_whitespace().nth(1).and_then(|kib| kib.parse::<u64>().ok()).unwrap_or_default() / 1024
}

#[test]
#[ignore = "measures; run it alone in a release build with --nocapture"]
fn a_hundred_thousand_tags_are_planned_in_seconds() {
    // The smaller first: the peak is that of the process.
    measure(false);
    measure(true);
}

fn measure(whole: bool) {
    let rules = super::shape::rules("{max_age_days: 30, keep_last_tags: 10, keep_semver: true, keep_deployed: true}");
    let start = Instant::now();
    let (mut totals, mut changes, mut freeing) = (Vec::new(), Vec::new(), Freeing::default());
    let mut decisions: Vec<RepositoryDecision> = Vec::new();
    for n in 0..REPOSITORIES {
        let graph = RepositoryGraph::new(facts(n, whole));
        let decision = judge(&graph, &rules.of(&graph.repository), &Deployed::default(), now());
        changes.extend(order::changes(&graph, &decision));
        freeing.add(&graph, &decision);
        totals.push(decision.totals());
        decisions.push(decision);
    }
    let (storage, totals, planned): (_, Totals, _) = (freeing.storage(), totals.into_iter().sum(), start.elapsed());
    println!(
        "{} tags of {} manifests in {REPOSITORIES} repositories: planned in {planned:?}, peak {} MiB; {totals:?}, {} changes, \
         {} bytes",
        REPOSITORIES * TAGS,
        decisions.iter().map(|decision| decision.manifests.len()).sum::<usize>(),
        peak(),
        changes.len(),
        storage.bytes
    );
    assert_eq!(totals.images_deleted, REPOSITORIES * 70);
    assert_eq!(changes.len(), REPOSITORIES * 70 * if whole { 5 } else { 2 });
}
