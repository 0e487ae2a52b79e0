//! The promotion unit: an image with everything that belongs to it.

use std::collections::HashSet;

use futures_util::future::{BoxFuture, join};

use super::cosign_tags::CosignTags;
use crate::error::{Error, Result};
use crate::gate::Style;
use crate::model::manifest::MAX_DEPTH;
use crate::model::{Digest, Manifest, Pinned, Repository, Tag};
use crate::plan::Role;
use crate::registry::Registry;

/// More manifests than any real image has; a registry that lists more is hostile or broken.
const MAX_MANIFESTS: usize = 10_000;

/// An image, its children at any depth, the referrers of all of them in every style, and the referrers of those.
#[derive(Debug)]
pub(super) struct Unit {
    /// In the order in which they may be written: children before their index, subjects before their referrers.
    pub(super) nodes: Vec<Node>,
    /// Cosign's tags and what they name.
    pub(super) tags: Vec<(Tag, Digest)>,
    /// What is listed as belonging to the image and cannot come along, in words.
    pub(super) left_behind: Vec<String>,
}

/// One manifest of a unit.
#[derive(Debug)]
pub(super) struct Node {
    pub(super) manifest: Manifest,
    pub(super) role: Role,
    /// How a referrer was found.
    pub(super) style: Option<Style>,
}

impl Unit {
    /// Reads the whole unit of `image`, manifests only.
    pub(super) async fn of(source: &dyn Registry, image: &Pinned) -> Result<Unit> {
        Unit::as_far_as(source, image, Reach::Whole).await
    }

    /// The same without the referrers of referrers, none of which is evidence about the image.
    pub(super) async fn about(source: &dyn Registry, image: &Pinned) -> Result<Unit> {
        Unit::as_far_as(source, image, Reach::About).await
    }

    async fn as_far_as(source: &dyn Registry, image: &Pinned, reach: Reach) -> Result<Unit> {
        let mut walk = Walk {
            source,
            repository: &image.repository,
            reach,
            seen: HashSet::new(),
            named: HashSet::from([image.digest.clone()]),
            tags: CosignTags::of(source, &image.repository),
            strangers: Vec::new(),
            unit: Unit { nodes: Vec::new(), tags: Vec::new(), left_behind: Vec::new() },
        };
        walk.visit(image.digest.clone(), Role::Image, None, 0).await?;
        walk.note_strangers();
        walk.note_foreign_layers();
        Ok(walk.unit)
    }

    /// The manifest of the image itself.
    pub(super) fn image(&self) -> Option<&Manifest> {
        self.nodes.iter().find(|node| node.role == Role::Image).map(|node| &node.manifest)
    }
}

#[derive(PartialEq, Eq)]
enum Reach {
    Whole,
    About,
}

struct Walk<'a> {
    source: &'a dyn Registry,
    repository: &'a Repository,
    reach: Reach,
    seen: HashSet<Digest>,
    /// The manifests that are known of, seen or still to be.
    named: HashSet<Digest>,
    tags: CosignTags<'a>,
    /// What a registry lists as a referrer of the second and is not about it. Harbor lists cosign's older signatures so, which
    /// come along by their tags.
    strangers: Vec<(Digest, Digest)>,
    unit: Unit,
}

impl Walk<'_> {
    fn visit(&mut self, digest: Digest, role: Role, style: Option<Style>, depth: usize) -> BoxFuture<'_, Result<()>> {
        Box::pin(async move {
            if !self.seen.insert(digest.clone()) {
                return Ok(());
            }
            if depth > MAX_DEPTH || self.seen.len() + self.strangers.len() > MAX_MANIFESTS {
                let message = format!("more than {MAX_DEPTH} levels or {MAX_MANIFESTS} manifests belong to the image");
                return Err(Error::invalid(message).context("repository", self.repository));
            }
            let pinned = self.repository.at(digest.clone());
            let manifest = self.source.manifest(&pinned).await?;
            if let (Role::Referrer(subject), Some(Style::Referrer)) = (&role, style)
                && manifest.subject().map(|s| &s.digest) != Some(subject)
            {
                self.strangers.push((digest.clone(), subject.clone()));
                self.seen.remove(&digest);
                return Ok(());
            }
            self.named.extend(manifest.children().iter().map(|child| child.digest.clone()));
            for child in manifest.children() {
                self.visit(child.digest.clone(), Role::Child, None, depth + 1).await?;
            }
            let is_end = self.reach == Reach::About && matches!(role, Role::Referrer(_));
            self.unit.nodes.push(Node { manifest, role, style });
            if is_end { Ok(()) } else { self.visit_referrers(&pinned, depth).await }
        })
    }

    async fn visit_referrers(&mut self, subject: &Pinned, depth: usize) -> Result<()> {
        for (digest, style, tag) in belonging(self.source, subject, &mut self.tags, self.named.len()).await? {
            self.named.insert(digest.clone());
            self.visit(digest.clone(), Role::Referrer(subject.digest.clone()), Some(style), depth + 1).await?;
            self.unit.tags.extend(tag.map(|tag| (tag, digest)));
        }
        Ok(())
    }

    fn note_strangers(&mut self) {
        for (digest, subject) in self.strangers.drain(..).filter(|(digest, _)| !self.seen.contains(digest)) {
            let words = format!("{digest} is listed as a referrer of {subject} and is not about it");
            self.unit.left_behind.push(words);
        }
    }

    fn note_foreign_layers(&mut self) {
        for node in &self.unit.nodes {
            for blob in node.manifest.blobs().into_iter().filter(|blob| blob.is_foreign()) {
                let image = node.manifest.digest();
                self.unit
                    .left_behind
                    .push(format!("foreign layer {} of {image}, to be fetched elsewhere", blob.digest));
            }
        }
    }
}

/// What a registry names as belonging to one manifest of so many: its referrers, and what cosign's tags name.
pub(super) async fn belonging(
    registry: &dyn Registry,
    subject: &Pinned,
    tags: &mut CosignTags<'_>,
    manifests: usize,
) -> Result<Vec<(Digest, Style, Option<Tag>)>> {
    // At once, since each is a wait; the answers are taken in the same order each time.
    let (referrers, tagged) = join(registry.referrers(subject), tags.about(&subject.digest, manifests)).await;
    let mut found: Vec<_> = referrers?.into_iter().map(|referrer| (referrer.digest, Style::Referrer, None)).collect();
    found.extend(tagged?.into_iter().map(|(tag, digest)| (digest, Style::CosignTag, Some(tag))));
    Ok(found)
}
