//! The graph of a repository: what lists what, and what is about what.

use std::collections::BTreeMap;

use super::facts::{Facts, ManifestFacts};
use crate::model::{Digest, Repository, Tag, Timestamp};
use crate::registry::Untagging;
use crate::sign::TAG_SUFFIXES;

/// The number of a manifest within its [`RepositoryGraph`], in the order of digests.
pub type NodeId = usize;

/// What a repository holds and how it hangs together. The order of what it was made of plays no part.
#[derive(Debug, Clone)]
pub struct RepositoryGraph {
    /// The repository.
    pub repository: Repository,
    /// Whether untagged manifests are known that nothing names.
    pub lists_untagged: bool,
    /// What the registry does when a tag is deleted.
    pub untagging: Untagging,
    /// Tags that are listed and name nothing.
    pub dangling: Vec<Tag>,
    /// Tags whose manifest cannot be read.
    pub unreadable: Vec<Tag>,
    nodes: Vec<Node>,
    tags: BTreeMap<Tag, TagNode>,
    blobs: Vec<(Digest, u64)>,
}

/// A manifest in the graph.
#[derive(Debug, Clone)]
pub struct Node {
    /// Its digest.
    pub digest: Digest,
    /// Its size in bytes.
    pub size: u64,
    /// Whether it is an index.
    pub is_index: bool,
    /// What kind of artifact it is; `None` for images.
    pub artifact_type: Option<Box<str>>,
    /// What it lists that is there.
    pub children: Vec<NodeId>,
    /// The indexes that list it.
    pub parents: Vec<NodeId>,
    /// What it is about and is there: by its subject, by cosign's tags, or as the list of referrers of a fallback tag.
    pub subjects: Vec<NodeId>,
    /// What is about it.
    pub attachments: Vec<NodeId>,
    /// Whether it says that it is about a manifest which is not there.
    pub is_orphan: bool,
    /// The children that it lists and that are not there.
    pub missing: Vec<Digest>,
    /// The tags that people gave it.
    pub tags: Vec<Tag>,
    /// The tags that only say what it is about: cosign's and the fallback tag.
    pub attaching_tags: Vec<Tag>,
    /// When it was pushed, promoted or tagged last, by the registry or our own records.
    pub entered: Option<Timestamp>,
    /// When it, or what it lists, was pulled last.
    pub pulled: Option<Timestamp>,
    /// When it was built, by its own word.
    pub created: Option<Timestamp>,
    /// When a promotion took its tag from it last, by our own records: a rollback would give that back.
    pub replaced: Option<Timestamp>,
    /// Whether the registry refuses to delete it.
    pub locked: bool,
    /// Whether it could not be read by this crate.
    pub is_opaque: bool,
    blobs: Box<[u32]>,
}

impl Node {
    /// Whether it is what rules speak about: an image that people gave a name, or that nothing else holds.
    pub fn is_root(&self) -> bool {
        !self.tags.is_empty()
            || (self.parents.is_empty()
                && self.subjects.is_empty()
                && !self.is_orphan
                && self.attaching_tags.is_empty())
    }

    /// Whether it is about something that is gone, and has no name that people gave it.
    pub fn is_left_over(&self) -> bool {
        self.tags.is_empty()
            && self.parents.is_empty()
            && self.subjects.is_empty()
            && (self.is_orphan || !self.attaching_tags.is_empty())
    }
}

/// What a tag names.
#[derive(Debug, Clone)]
pub(super) struct TagNode {
    pub(super) node: NodeId,
    pub(super) locked: bool,
}

impl RepositoryGraph {
    /// Puts together what is known.
    pub fn new(facts: Facts) -> Self {
        let Facts { repository, mut manifests, mut tags, lists_untagged, untagging, dangling, unreadable } = facts;
        manifests.sort_by(|a, b| a.digest.cmp(&b.digest));
        manifests.dedup_by(|a, b| a.digest == b.digest);
        tags.sort_by(|a, b| a.tag.cmp(&b.tag));
        let mut blobs: Vec<(Digest, u64)> = manifests.iter().flat_map(|m| m.blobs.iter().cloned()).collect();
        blobs.sort();
        blobs.dedup_by(|a, b| a.0 == b.0);
        let digests: Vec<Digest> = manifests.iter().map(|manifest| manifest.digest.clone()).collect();
        let nodes = manifests.iter().map(|manifest| node(manifest, &digests, &blobs)).collect();
        let mut graph = RepositoryGraph {
            repository,
            lists_untagged,
            untagging,
            dangling,
            unreadable,
            nodes,
            tags: BTreeMap::new(),
            blobs,
        };
        for tag in &tags {
            if let Some(named) = graph.find(&tag.digest) {
                graph.tags.insert(tag.tag.clone(), TagNode { node: named, locked: tag.locked });
                graph.name(named, &tag.tag, &manifests);
                graph.nodes[named].entered = graph.nodes[named].entered.max(tag.tagged);
            }
        }
        for (about, manifest) in manifests.iter().enumerate() {
            if let Some((before, at)) = &manifest.replaced
                && let Some(before) = graph.find(before)
            {
                graph.nodes[before].replaced = graph.nodes[before].replaced.max(Some(*at));
            }
            let Some(subject) = &manifest.subject else { continue };
            match graph.find(subject) {
                Some(subject) => graph.attach(about, subject, manifest.promotion),
                None => graph.nodes[about].is_orphan = true,
            }
        }
        graph.link_children();
        graph
    }

    /// The manifests, in the order of their digests.
    pub fn nodes(&self) -> &[Node] {
        &self.nodes
    }

    /// The manifest of this number.
    pub fn node(&self, id: NodeId) -> &Node {
        &self.nodes[id]
    }

    /// The number of a manifest.
    pub fn find(&self, digest: &Digest) -> Option<NodeId> {
        self.nodes.binary_search_by(|node| node.digest.cmp(digest)).ok()
    }

    /// Every tag with the manifest that it names, in order.
    pub fn tags(&self) -> impl Iterator<Item = (&Tag, NodeId)> {
        self.tags.iter().map(|(tag, named)| (tag, named.node))
    }

    /// What a tag names.
    pub fn tagged(&self, tag: &Tag) -> Option<NodeId> {
        self.tags.get(tag).map(|named| named.node)
    }

    /// Whether the registry refuses to delete or move this tag.
    pub fn is_locked(&self, tag: &Tag) -> bool {
        self.tags.get(tag).is_some_and(|named| named.locked)
    }

    /// The configuration and layers of a manifest, with their sizes.
    pub fn blobs(&self, id: NodeId) -> impl Iterator<Item = &(Digest, u64)> {
        self.nodes[id].blobs.iter().filter_map(|&at| self.blobs.get(at as usize))
    }

    /// What a tag such as `sha256-….sig` is about, where that is there.
    fn about(&self, name: &AttachingName) -> Option<NodeId> {
        let from = self.nodes.partition_point(|node| node.digest.as_str() < name.digest.as_str());
        let found = self.nodes.get(from)?;
        found.digest.as_str().starts_with(&name.digest).then_some(from)
    }

    /// Notes a tag with the manifest that it names, as what it is.
    fn name(&mut self, named: NodeId, tag: &Tag, manifests: &[ManifestFacts]) {
        let Some(name) = AttachingName::of(tag) else { return self.nodes[named].tags.push(tag.clone()) };
        let subject = self.about(&name);
        // A list of referrers names what is about the subject; an index of images that somebody named by a digest does not.
        if !name.has_suffix {
            let of_subject = |child: &Digest| {
                self.find(child).is_none_or(|child| {
                    manifests[child].subject.as_ref().is_some_and(|s| s.as_str().starts_with(&name.digest))
                })
            };
            let is_list = self.nodes[named].is_index
                && subject != Some(named)
                && manifests[named].subject.is_none()
                && manifests[named].children.iter().all(of_subject);
            if !is_list {
                return self.nodes[named].tags.push(tag.clone());
            }
            self.nodes[named].children.clear();
            self.nodes[named].missing.clear();
        }
        self.nodes[named].attaching_tags.push(tag.clone());
        match subject.filter(|subject| *subject != named) {
            Some(subject) => self.attach(named, subject, None),
            // A hash that is cut cannot be asked for, so that nobody knows whether what it names is there.
            None if !self.lists_untagged && name.digest().is_none() => self.nodes[named].is_opaque = true,
            None => {}
        }
    }

    fn attach(&mut self, about: NodeId, subject: NodeId, promotion: Option<Timestamp>) {
        if !self.nodes[about].subjects.contains(&subject) {
            self.nodes[about].subjects.push(subject);
            self.nodes[subject].attachments.push(about);
        }
        self.nodes[subject].entered = self.nodes[subject].entered.max(promotion);
    }

    fn link_children(&mut self) {
        for parent in 0..self.nodes.len() {
            for child in self.nodes[parent].children.clone() {
                self.nodes[child].parents.push(parent);
            }
        }
        // What is pulled of an index is often only a child, and an index has no configuration that says when it was built.
        self.raise(|node| &mut node.pulled);
        self.raise(|node| &mut node.created);
    }

    /// Brings the latest of a time up to the indexes that list the manifest, at any depth.
    fn raise(&mut self, time: impl Fn(&mut Node) -> &mut Option<Timestamp>) {
        let mut news: Vec<NodeId> = (0..self.nodes.len()).filter(|&id| time(&mut self.nodes[id]).is_some()).collect();
        while let Some(child) = news.pop() {
            let latest = *time(&mut self.nodes[child]);
            for parent in self.nodes[child].parents.clone() {
                let known = time(&mut self.nodes[parent]);
                if *known < latest {
                    *known = latest;
                    news.push(parent);
                }
            }
        }
    }
}

fn node(manifest: &ManifestFacts, digests: &[Digest], blobs: &[(Digest, u64)]) -> Node {
    let (mut children, mut missing) = (Vec::new(), Vec::new());
    for child in &manifest.children {
        match digests.binary_search(child) {
            Ok(child) => children.push(child),
            Err(_) => missing.push(child.clone()),
        }
    }
    children.sort_unstable();
    children.dedup();
    let blob = |(digest, _): &(Digest, u64)| {
        let at = blobs.binary_search_by(|(known, _)| known.cmp(digest)).ok()?;
        u32::try_from(at).ok()
    };
    Node {
        digest: manifest.digest.clone(),
        size: manifest.size,
        is_index: manifest.is_index,
        artifact_type: manifest.artifact_type.as_deref().map(Into::into),
        children,
        parents: Vec::new(),
        subjects: Vec::new(),
        attachments: Vec::new(),
        is_orphan: false,
        missing,
        tags: Vec::new(),
        attaching_tags: Vec::new(),
        entered: manifest.pushed,
        pulled: manifest.pulled,
        created: manifest.created,
        replaced: None,
        locked: manifest.locked,
        is_opaque: manifest.is_opaque,
        blobs: manifest.blobs.iter().filter_map(blob).collect(),
    }
}

/// A tag made of a digest: the fallback tag of the distribution specification, or one of cosign's.
pub(super) struct AttachingName {
    /// The digest, as far as the tag has it: a longer hash is cut.
    digest: String,
    has_suffix: bool,
}

impl AttachingName {
    /// The digest, where the tag has all of it.
    pub(super) fn digest(&self) -> Option<Digest> {
        Digest::parse(&self.digest).ok()
    }

    /// Whether it is one of cosign's, and not the fallback tag.
    pub(super) fn has_suffix(&self) -> bool {
        self.has_suffix
    }

    pub(super) fn of(tag: &Tag) -> Option<Self> {
        let (algorithm, hex, suffix) = tag.digest_name()?;
        let has_suffix = !suffix.is_empty();
        let known = !has_suffix || TAG_SUFFIXES.contains(&suffix);
        known.then(|| AttachingName { digest: format!("{algorithm}:{hex}"), has_suffix })
    }
}
