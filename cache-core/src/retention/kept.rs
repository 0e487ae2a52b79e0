//! What stays: expected before and while something goes, and verified afterwards.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use futures_util::{FutureExt, StreamExt, stream};

use super::decision::{Fate, RepositoryDecision};
use super::graph::{AttachingName, RepositoryGraph};
use crate::at_once::at_once;
use crate::error::{Absent, Error, ErrorKind, Result};
use crate::execute::moved;
use crate::model::manifest::MAX_DEPTH;
use crate::model::{Digest, Reference, Repository, Tag};
use crate::plan::Stays;
use crate::registry::Registry;

/// What stays of a repository.
pub(super) fn stays(graph: &RepositoryGraph, decision: &RepositoryDecision) -> Stays {
    let mut stays = Stays {
        repository: graph.repository.clone(),
        tags: BTreeMap::new(),
        attached: graph.unreadable.iter().cloned().collect(),
        untagged: BTreeSet::new(),
        missing: BTreeSet::new(),
    };
    for (id, decision) in decision.manifests.iter().enumerate() {
        let node = graph.node(id);
        for tag in &decision.tags {
            let (name, digest) = (tag.tag.clone(), decision.digest.clone());
            match tag.fate {
                Fate::Keep if node.attaching_tags.contains(&name) => drop(stays.attached.insert(name)),
                Fate::Keep => drop(stays.tags.insert(name, digest)),
                Fate::Delete => {}
            }
        }
        if decision.fate == Fate::Keep {
            stays.missing.extend(node.missing.iter().cloned());
            if node.is_root() && node.tags.is_empty() {
                stays.untagged.insert(decision.digest.clone());
            }
        }
    }
    stays
}

/// What goes from one repository, as a plan has it.
#[derive(Debug, Default, Clone)]
pub(super) struct Going {
    pub(super) manifests: HashSet<Digest>,
    pub(super) tags: HashSet<Tag>,
}

/// Looks whether the tags that stay name what they named, and whether tags that are new need what goes.
///
/// # Errors
/// `Conflict` where one was moved or removed, or a new one names, lists or is about something that goes.
pub(super) async fn expect_all(
    registry: &dyn Registry,
    stays: &Stays,
    going: &Going,
    concurrency: usize,
) -> Result<HashSet<Tag>> {
    let checks = stays
        .tags
        .iter()
        .map(|(tag, digest)| expect_named(registry, stays.repository.tagged(tag.clone()), digest).boxed());
    at_once(checks.collect(), concurrency).await?;
    expect_no_news(registry, stays, going, &HashSet::new()).await
}

async fn expect_named(registry: &dyn Registry, tag: Reference, digest: &Digest) -> Result<()> {
    let found = registry.resolve(&tag).await.absent_is_none()?.map(|descriptor| descriptor.digest);
    if found.as_ref() == Some(digest) {
        return Ok(());
    }
    let found = found.map_or("nothing".to_owned(), |found| found.to_string());
    Err(moved().context("tag", tag).context("expected", digest).context("found", found))
}

/// Looks at the tags that are new: not among those that stay or go, and not `seen` before. Gives all that are new.
pub(super) async fn expect_no_news(
    registry: &dyn Registry,
    stays: &Stays,
    going: &Going,
    seen: &HashSet<Tag>,
) -> Result<HashSet<Tag>> {
    let listed = registry.tags(&stays.repository).await.absent_is_none()?.unwrap_or_default();
    let mut news = seen.clone();
    for tag in listed {
        let known = stays.tags.contains_key(&tag) || stays.attached.contains(&tag) || going.tags.contains(&tag);
        if known || !news.insert(tag.clone()) {
            continue;
        }
        let reference = stays.repository.tagged(tag.clone());
        let needed = |digest: Digest| {
            let error = moved().context("new tag", &reference).context("needs", digest);
            error.hint("somebody uses what was about to be deleted; make a new plan")
        };
        if let Some(about) = AttachingName::of(&tag).and_then(|name| name.digest())
            && going.manifests.contains(&about)
        {
            return Err(needed(about));
        }
        let Some(named) = registry.resolve(&reference).await.absent_is_none()? else { continue };
        if let Some(digest) = needs(registry, &stays.repository, named.digest, going).await? {
            return Err(needed(digest));
        }
    }
    Ok(news)
}

/// What of that which goes a manifest needs.
async fn needs(
    registry: &dyn Registry,
    repository: &Repository,
    digest: Digest,
    going: &Going,
) -> Result<Option<Digest>> {
    let mut open = vec![(digest, 0)];
    let mut seen = HashSet::new();
    while let Some((digest, depth)) = open.pop() {
        if going.manifests.contains(&digest) {
            return Ok(Some(digest));
        }
        if !seen.insert(digest.clone()) {
            continue;
        }
        if depth > MAX_DEPTH {
            return Err(Error::invalid("indexes nest too deep").context("repository", repository));
        }
        let Some(manifest) = registry.manifest(&repository.at(digest)).await.absent_is_none()? else { continue };
        let listed = manifest.children().iter().chain(manifest.subject()).map(|d| d.digest.clone());
        open.extend(listed.map(|digest| (digest, depth + 1)));
    }
    Ok(None)
}

/// Looks at everything that stays: that it is there, is named by its tags, and has all that it lists. Gives how many were
/// looked at, and what is wrong, in words.
pub(super) async fn verify(registry: &dyn Registry, stays: &[Stays], concurrency: usize) -> (usize, Vec<String>) {
    let known: HashSet<&Digest> = stays.iter().flat_map(|stays| &stays.missing).collect();
    let known = &known;
    let tags =
        stays.iter().flat_map(|stays| stays.tags.iter().map(|(tag, digest)| (&stays.repository, Some(tag), digest)));
    let untagged = stays.iter().flat_map(|stays| stays.untagged.iter().map(|digest| (&stays.repository, None, digest)));
    let looks = tags.chain(untagged);
    let looks: Vec<_> =
        looks.map(|(repository, tag, digest)| faults(registry, repository, tag, digest, known).boxed()).collect();
    let count = looks.len();
    let mut broken: Vec<String> = stream::iter(looks).buffer_unordered(concurrency.max(1)).concat().await;
    broken.sort();
    (count, broken)
}

/// What is wrong with an image that stays.
async fn faults(
    registry: &dyn Registry,
    repository: &Repository,
    tag: Option<&Tag>,
    digest: &Digest,
    known: &HashSet<&Digest>,
) -> Vec<String> {
    let mut name = repository.at(digest.clone()).to_string();
    if let Some(tag) = tag {
        name = format!("{repository}:{tag}");
        match registry.resolve(&repository.tagged(tag.clone())).await {
            Ok(named) if named.digest == *digest => {}
            Ok(named) => return vec![format!("{name} names {} and not {digest}", named.digest)],
            Err(error) => return vec![format!("{name} does not resolve: {error}")],
        }
    }
    missing(registry, repository, digest, known).await.into_iter().map(|what| format!("{name}: {what}")).collect()
}

/// What a manifest lists, at any depth, and cannot be had, but for what is known to be missing.
async fn missing(
    registry: &dyn Registry,
    repository: &Repository,
    digest: &Digest,
    known: &HashSet<&Digest>,
) -> Vec<String> {
    let mut broken = Vec::new();
    let mut open = vec![digest.clone()];
    let mut seen = HashSet::new();
    while let Some(digest) = open.pop() {
        if known.contains(&digest) || !seen.insert(digest.clone()) {
            continue;
        }
        match registry.manifest(&repository.at(digest.clone())).await {
            Ok(manifest) => open.extend(manifest.children().iter().map(|child| child.digest.clone())),
            Err(error) if error.kind() == ErrorKind::Unsupported => {}
            Err(error) => broken.push(format!("{digest} cannot be had: {error}")),
        }
    }
    broken
}
