//! Reading the graph of repositories from a registry: complete, or an error.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::future::Future;
use std::sync::atomic::{AtomicUsize, Ordering};

use futures_util::future::BoxFuture;
use futures_util::{FutureExt, StreamExt, stream};
use serde::Serialize;
use tokio::sync::Semaphore;

use super::facts::{Facts, ManifestFacts, TagFacts};
use super::graph::{AttachingName, RepositoryGraph};
use super::record;
use crate::at_once::at_once;
use crate::error::{Absent, Error, ErrorKind, Result};
use crate::model::manifest::{MAX_CONFIG, media_type};
use crate::model::{Digest, Manifest, ManifestBody, Pinned, Repository, Tag, Timestamp};
use crate::plan::{Delete, DeleteTarget};
use crate::promote::PROMOTION_TYPE;
use crate::registry::inspect::config_of;
use crate::registry::{Deletion, Registry, Untagging};
use crate::watch::Watch;

/// More than any real repository has.
const MAX_MANIFESTS: usize = 2_000_000;

/// How repositories are read.
#[derive(Debug, Clone)]
pub struct SurveyOptions {
    /// How many requests are on their way at once.
    pub concurrency: usize,
    /// Whether the configuration of images is read, for when they were built: one request more an image.
    pub created: bool,
    /// What the registry does when a tag is deleted, where that is known better than by the adapter.
    pub untag: Option<Untagging>,
    /// A survey that would take more requests is refused once the tags are listed.
    pub max_requests: Option<usize>,
}

impl Default for SurveyOptions {
    fn default() -> Self {
        SurveyOptions { concurrency: 8, created: false, untag: None, max_requests: None }
    }
}

/// How many requests a survey takes. A registry may need several for one: pages, tokens, and what it asks to repeat.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Requests {
    /// Sent so far.
    pub sent: usize,
    /// How many it will be at least: what is listed is counted, what is found later is not.
    pub estimated: usize,
}

/// Reads repositories.
pub(super) struct Survey<'a> {
    registry: &'a dyn Registry,
    options: &'a SurveyOptions,
    watch: Option<Watch<Requests>>,
    turn: Semaphore,
    sent: AtomicUsize,
    estimated: AtomicUsize,
}

/// What a repository lists, before any manifest is read.
struct Listing {
    facts: Facts,
    /// The tags that still have to be asked what they name.
    unresolved: Vec<Tag>,
    /// What is known of manifests without having read them.
    known: HashMap<Digest, Known>,
}

/// What a registry lists of a manifest.
#[derive(Default)]
struct Known {
    pushed: Option<Timestamp>,
    pulled: Option<Timestamp>,
    locked: bool,
}

/// What a tag names.
enum Named {
    Manifest(Digest),
    Nothing,
    /// A manifest of a kind that lists no others, and that is no longer read.
    Unreadable,
}

impl<'a> Survey<'a> {
    pub(super) fn new(
        registry: &'a dyn Registry,
        options: &'a SurveyOptions,
        watch: Option<Watch<Requests>>,
    ) -> Result<Self> {
        if options.concurrency == 0 {
            return Err(Error::invalid("at least one request has to be on its way at once"));
        }
        let (sent, estimated) = (AtomicUsize::new(0), AtomicUsize::new(0));
        Ok(Survey { registry, options, watch, turn: Semaphore::new(options.concurrency), sent, estimated })
    }

    /// The graphs of these repositories, each once, in order. They are handed on one by one: nobody needs all at once.
    pub(super) async fn read(
        &self,
        repositories: &[Repository],
        mut hand_on: impl FnMut(RepositoryGraph) + Send,
    ) -> Result<()> {
        let unique: BTreeSet<&Repository> = repositories.iter().collect();
        let lists = if self.registry.abilities().listing.is_some() { 2 } else { 1 };
        self.expect(lists * unique.len());
        // All lists come first: they say what the rest costs.
        let lists = unique.into_iter().map(|repository| self.list(repository).boxed()).collect();
        let listed: Vec<Listing> = self.at_once(lists).await?;
        if let Some(most) = self.options.max_requests.filter(|most| self.requests().estimated > *most) {
            let estimated = self.requests().estimated;
            return Err(Error::unsupported(format!("{estimated} requests are needed, and {most} are allowed"))
                .hint("name fewer repositories, or allow more requests"));
        }
        let graphs: Vec<_> = listed.into_iter().map(|listing| self.graph(listing).boxed()).collect();
        let mut graphs = stream::iter(graphs).buffered(self.options.concurrency);
        while let Some(graph) = graphs.next().await {
            hand_on(graph?);
        }
        Ok(())
    }

    async fn at_once<T>(&self, questions: Vec<BoxFuture<'_, Result<T>>>) -> Result<Vec<T>> {
        at_once(questions, self.options.concurrency).await
    }

    pub(super) fn requests(&self) -> Requests {
        let (sent, estimated) = (self.sent.load(Ordering::Relaxed), self.estimated.load(Ordering::Relaxed));
        Requests { sent, estimated: estimated.max(sent) }
    }

    fn expect(&self, more: usize) {
        self.estimated.fetch_add(more, Ordering::Relaxed);
    }

    /// Sends one request when it is its turn.
    async fn ask<T>(&self, question: impl Future<Output = Result<T>>) -> Result<T> {
        let turn = self.turn.acquire().await;
        let _turn = turn.map_err(|_| Error::unexpected("the survey ended while it was asked"))?;
        self.sent.fetch_add(1, Ordering::Relaxed);
        let answer = question.await;
        if let Some(watch) = &self.watch {
            watch.tell(&self.requests());
        }
        answer
    }

    async fn list(&self, repository: &Repository) -> Result<Listing> {
        let abilities = self.registry.abilities();
        let mut facts = Facts::new(repository.clone());
        let untags =
            |deletion: &dyn Deletion| Tag::parse("any").is_ok_and(|tag| deletion.takes(&DeleteTarget::Tag(tag)));
        facts.untagging = self.options.untag.unwrap_or(match abilities.deletion {
            // Some of them would delete the manifest with its last tag.
            Some(own) if abilities.untagging == Untagging::Unknown && untags(own) => Untagging::AloneButLast,
            _ => abilities.untagging,
        });
        let mut known = HashMap::new();
        if let Some(listing) = abilities.listing {
            facts.lists_untagged = true;
            for listed in self.ask(listing.manifests(repository)).await? {
                facts.tags.extend(listed.tags.into_iter().map(|tag| TagFacts {
                    tag: tag.tag,
                    digest: listed.digest.clone(),
                    tagged: tag.tagged,
                    locked: tag.locked,
                }));
                let (pushed, pulled, locked) = (listed.pushed, listed.pulled, listed.locked);
                known.insert(listed.digest, Known { pushed, pulled, locked });
            }
        }
        // Tags of signatures may be listed by the protocol alone.
        let listed: HashSet<&Tag> = facts.tags.iter().map(|fact| &fact.tag).collect();
        let tags = self.ask(self.registry.tags(repository)).await?;
        let unresolved: Vec<Tag> = tags.into_iter().filter(|tag| !listed.contains(tag)).collect();
        // Each tag is asked for, each manifest is read and asked for its referrers; of the images, perhaps, the configuration.
        let each = if self.options.created { 3 } else { 2 };
        self.expect(unresolved.len() + each * (known.len() + unresolved.len()));
        Ok(Listing { facts, unresolved, known })
    }

    async fn graph(&self, listing: Listing) -> Result<RepositoryGraph> {
        let Listing { mut facts, unresolved, mut known } = listing;
        let repository = facts.repository.clone();
        let resolved = unresolved.into_iter().map(|tag| self.resolve(&repository, tag).boxed()).collect();
        for (tag, named) in self.at_once(resolved).await? {
            match named {
                Named::Manifest(digest) => facts.tags.push(TagFacts { tag, digest, tagged: None, locked: false }),
                Named::Nothing => facts.dangling.push(tag),
                Named::Unreadable => facts.unreadable.push(tag),
            }
        }
        facts.dangling.sort();
        let named = facts.tags.iter().map(|tag| tag.digest.clone());
        // What is signed may have no other name than that of its signature.
        let about = facts.tags.iter().filter_map(|tag| AttachingName::of(&tag.tag)?.digest());
        let mut open: BTreeSet<Digest> = named.chain(about).chain(known.keys().cloned()).collect();
        let mut seen: HashSet<Digest> = open.iter().cloned().collect();
        while !open.is_empty() {
            let read = std::mem::take(&mut open).into_iter();
            let read = read.map(|digest| self.manifest(repository.at(digest)).boxed()).collect();
            for (read, referrers) in self.at_once(read).await?.into_iter().flatten() {
                let found = read.children.iter().chain(&read.subject).cloned().chain(referrers);
                open.extend(found.filter(|digest| seen.insert(digest.clone())));
                let Known { pushed, pulled, locked } = known.remove(&read.digest).unwrap_or_default();
                facts.manifests.push(ManifestFacts { pushed, pulled, locked, ..read });
            }
            if seen.len() > MAX_MANIFESTS {
                let error = Error::invalid(format!("more than {MAX_MANIFESTS} manifests are in one repository"));
                return Err(error.context("repository", &repository));
            }
        }
        // What was listed and is gone by now is not there; what a tag names and is gone makes the tag a dangling one.
        let there: HashSet<&Digest> = facts.manifests.iter().map(|manifest| &manifest.digest).collect();
        let (tags, dangling): (Vec<_>, Vec<_>) = facts.tags.drain(..).partition(|tag| there.contains(&tag.digest));
        facts.tags = tags;
        facts.dangling.extend(dangling.into_iter().map(|tag| tag.tag));
        Ok(RepositoryGraph::new(facts))
    }

    /// The graph of what goes from a repository, with all that it lists, that is about it, and that it is about. What is gone
    /// already is not in it, and of the tags only those are that go.
    pub(super) async fn going(&self, repository: &Repository, deletions: &[&Delete]) -> Result<RepositoryGraph> {
        let mut facts = Facts::new(repository.clone());
        let mut known = HashMap::new();
        // A tag that goes before its manifest is named by both.
        let mut tags: BTreeMap<&Tag, &Digest> = BTreeMap::new();
        for op in deletions {
            known.insert(op.expected.clone(), Known::default());
            let alone = match &op.target {
                DeleteTarget::Tag(tag) => Some(tag),
                DeleteTarget::Manifest => None,
            };
            tags.extend(op.tags.iter().chain(alone).map(|tag| (tag, &op.expected)));
        }
        let fact = |(tag, digest): (&Tag, &Digest)| {
            let (tag, digest) = (tag.clone(), digest.clone());
            TagFacts { tag, digest, tagged: None, locked: false }
        };
        facts.tags = tags.into_iter().map(fact).collect();
        self.graph(Listing { facts, unresolved: Vec::new(), known }).await
    }

    async fn resolve(&self, repository: &Repository, tag: Tag) -> Result<(Tag, Named)> {
        let named = match self.ask(self.registry.resolve(&repository.tagged(tag.clone()))).await {
            Ok(descriptor) => Named::Manifest(descriptor.digest),
            Err(error) if error.is_not_found() => Named::Nothing,
            Err(error) if error.kind() == ErrorKind::Unsupported => Named::Unreadable,
            Err(error) => return Err(error),
        };
        Ok((tag, named))
    }

    /// A manifest and what the registry lists as its referrers; `None` where it is not there.
    async fn manifest(&self, image: Pinned) -> Result<Option<(ManifestFacts, Vec<Digest>)>> {
        let read = match self.ask(self.registry.manifest(&image)).await {
            Ok(manifest) => {
                let created = self.created(&image.repository, &manifest).await?;
                let replaced = self.replaced(&image.repository, &manifest).await?;
                ManifestFacts { created, replaced, ..ManifestFacts::of(&manifest, PROMOTION_TYPE) }
            }
            Err(error) if error.is_not_found() => return Ok(None),
            // It cannot be read and has to be kept. What is malformed is another matter: it may hold others.
            Err(error) if error.kind() == ErrorKind::Unsupported => ManifestFacts::opaque(image.digest.clone(), true),
            Err(error) => return Err(error),
        };
        let referrers = self.ask(self.registry.referrers(&image)).await?;
        Ok(Some((read, referrers.into_iter().map(|referrer| referrer.digest).collect())))
    }

    /// Of the record of a promotion, what the tag named before. Nobody's signature is asked for: the worst that a made-up record does
    /// is to keep an image for a while. What cannot be read names an image that nobody knows, so that any might be the one.
    async fn replaced(&self, repository: &Repository, manifest: &Manifest) -> Result<Option<(Digest, Timestamp)>> {
        if !record::is_record(manifest) {
            return Ok(None);
        }
        let unread = |error: Error| record::unread(error, repository, manifest);
        let document = record::document(manifest).map_err(unread)?;
        let read = async { self.registry.blob(repository, document).await?.into_bytes(record::MAX_RECORD).await };
        let bytes = match self.ask(read).await {
            // Nothing of what was asked for is missing but a part of the record.
            Err(error) if error.is_not_found() => return Err(unread(error.of_kind(ErrorKind::Invalid))),
            read => read.map_err(|error| error.context("record", repository.at(manifest.digest().clone())))?,
        };
        record::replaced(&bytes, repository).map_err(unread)
    }

    /// When an image says that it was built.
    async fn created(&self, repository: &Repository, manifest: &Manifest) -> Result<Option<Timestamp>> {
        #[derive(serde::Deserialize)]
        struct Config {
            created: Option<String>,
        }
        let ManifestBody::Image(image) = manifest.value() else { return Ok(None) };
        let is_image = [media_type::OCI_CONFIG, media_type::DOCKER_CONFIG].contains(&image.config.media_type.as_str());
        if !self.options.created || !is_image || image.config.size > MAX_CONFIG {
            return Ok(None);
        }
        let read = config_of(self.registry, repository, image);
        let Some(bytes) = self.ask(read).await.absent_is_none()? else { return Ok(None) };
        let config: Option<Config> = serde_json::from_slice(&bytes).ok();
        Ok(config.and_then(|config| Timestamp::parse(&config.created?).ok()))
    }
}
