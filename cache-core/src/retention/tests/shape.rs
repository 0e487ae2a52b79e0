//! Repositories for tests, made of names.

use std::collections::BTreeSet;

use crate::model::{Digest, Repository, Tag, Timestamp};
use crate::registry::Untagging;
use crate::retention::inventory::{Deployed, DeployedImage, INVENTORY_VERSION, Inventory};
use crate::retention::{
    Facts, Fate, Kind, ManifestFacts, RepositoryDecision, RepositoryGraph, RetentionRules, TagFacts, judge,
};

pub(super) fn now() -> Timestamp {
    Timestamp::parse("2026-06-30T12:00:00Z").unwrap()
}

/// So many days before now.
pub(super) fn ago(days: i64) -> Option<Timestamp> {
    Some(Timestamp::from_unix(now().unix() - days * 24 * 60 * 60).unwrap())
}

pub(super) fn tag(text: &str) -> Tag {
    Tag::parse(text).unwrap()
}

pub(super) fn digest(name: &str) -> Digest {
    Digest::of(name.as_bytes())
}

pub(super) fn rules(yaml: &str) -> RetentionRules {
    let rules: RetentionRules = serde_saphyr::from_str(yaml).unwrap();
    rules.check().unwrap();
    rules
}

pub(super) fn repository() -> Repository {
    Repository::parse("registry.example/team/app").unwrap()
}

/// A repository, made step by step. A manifest's digest is that of its name.
#[derive(Clone)]
pub(super) struct Shape {
    pub(super) facts: Facts,
    names: BTreeSet<String>,
}

impl Shape {
    pub(super) fn new() -> Self {
        let mut facts = Facts::new(repository());
        facts.lists_untagged = true;
        facts.untagging = Untagging::Alone;
        Shape { facts, names: BTreeSet::new() }
    }

    pub(super) fn add(mut self, name: &str, change: impl FnOnce(&mut ManifestFacts)) -> Self {
        let mut manifest = ManifestFacts::opaque(digest(name), false);
        manifest.size = 100;
        manifest.blobs = vec![(digest(&format!("config of {name}")), 10)];
        change(&mut manifest);
        self.facts.manifests.push(manifest);
        self.names.insert(name.to_owned());
        self
    }

    /// An image, pushed so many days ago.
    pub(super) fn image(self, name: &str, days: i64) -> Self {
        self.add(name, |manifest| manifest.pushed = ago(days))
    }

    /// An index of these.
    pub(super) fn index(self, name: &str, days: i64, children: &[&str]) -> Self {
        self.add(name, |manifest| {
            manifest.is_index = true;
            manifest.pushed = ago(days);
            manifest.children = children.iter().map(|child| digest(child)).collect();
        })
    }

    /// Something that is about this.
    pub(super) fn referrer(self, name: &str, days: i64, subject: &str) -> Self {
        self.add(name, |manifest| {
            manifest.artifact_type = Some("application/spdx+json".to_owned());
            manifest.pushed = ago(days);
            manifest.subject = Some(digest(subject));
        })
    }

    pub(super) fn tag(mut self, text: &str, name: &str) -> Self {
        self.facts.tags.push(TagFacts { tag: tag(text), digest: digest(name), tagged: None, locked: false });
        self
    }

    /// A tag of cosign's, or the fallback tag where the suffix is empty.
    pub(super) fn attach(mut self, subject: &str, suffix: &str, name: &str) -> Self {
        let tag = Tag::of_digest(&digest(subject), suffix);
        self.facts.tags.push(TagFacts { tag, digest: digest(name), tagged: None, locked: false });
        self
    }

    /// An image with a tag of the same name.
    pub(super) fn tagged(self, name: &str, days: i64) -> Self {
        self.image(name, days).tag(name, name)
    }

    pub(super) fn graph(&self) -> RepositoryGraph {
        RepositoryGraph::new(self.facts.clone())
    }

    pub(super) fn judge(&self, yaml: &str) -> Judged<'_> {
        self.judge_with(yaml, &Deployed::default())
    }

    pub(super) fn judge_with(&self, yaml: &str, deployed: &Deployed) -> Judged<'_> {
        let rules = rules(yaml).of(&repository());
        Judged { shape: self, decision: judge(&self.graph(), &rules, deployed, now()) }
    }
}

pub(super) struct Judged<'a> {
    shape: &'a Shape,
    pub(super) decision: RepositoryDecision,
}

impl Judged<'_> {
    fn name(&self, wanted: &Digest) -> &str {
        self.shape.names.iter().find(|name| digest(name) == *wanted).unwrap()
    }

    /// The manifests that go, by name.
    pub(super) fn gone(&self) -> Vec<&str> {
        let gone = self.decision.manifests.iter().filter(|d| d.fate == Fate::Delete);
        let mut gone: Vec<_> = gone.map(|d| self.name(&d.digest)).collect();
        gone.sort_unstable();
        gone
    }

    /// The tags that go.
    pub(super) fn untagged(&self) -> Vec<String> {
        let tags = self.decision.manifests.iter().flat_map(|d| &d.tags).filter(|tag| tag.fate == Fate::Delete);
        let mut tags: Vec<_> = tags.map(|tag| tag.tag.to_string()).collect();
        tags.sort_unstable();
        tags
    }

    /// Why a manifest has its fate.
    pub(super) fn why(&self, name: &str) -> Vec<&'static str> {
        let wanted = digest(name);
        let decision = self.decision.manifests.iter().find(|d| d.digest == wanted).unwrap();
        decision.why.iter().map(|why| why.code()).collect()
    }

    pub(super) fn why_tag(&self, name: &str) -> &'static str {
        let tags = self.decision.manifests.iter().flat_map(|d| &d.tags);
        tags.filter(|tag| tag.tag.as_str() == name).map(|tag| tag.why.code()).next().unwrap()
    }

    pub(super) fn kind(&self, name: &str) -> Kind {
        let wanted = digest(name);
        self.decision.manifests.iter().find(|d| d.digest == wanted).unwrap().kind
    }
}

pub(super) fn deployed(images: &[&str], digests: &[&str]) -> Inventory {
    let named = |image: &&str| DeployedImage {
        image: Some(image.parse().unwrap()),
        digest: None,
        used_by: "shop/Deployment/web".to_owned(),
    };
    let by_digest =
        |name: &&str| DeployedImage { image: None, digest: Some(digest(name)), used_by: "shop/Pod/web".to_owned() };
    Inventory {
        version: INVENTORY_VERSION,
        source: "cluster a".to_owned(),
        taken: now(),
        complete: true,
        images: images.iter().map(named).chain(digests.iter().map(by_digest)).collect(),
    }
}
