//! The promotion unit: an image with everything that belongs to it.

use std::collections::HashSet;

use super::found::{Found, Reach};
use crate::error::{Error, Result};
use crate::gate::Style;
use crate::model::{Digest, Manifest, Pinned, Tag};
use crate::plan::Role;
use crate::registry::Registry;

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
        let found = Found::around(source, image, reach).await?;
        let mut walk = Walk {
            found,
            seen: HashSet::new(),
            strangers: Vec::new(),
            unit: Unit { nodes: Vec::new(), tags: Vec::new(), left_behind: Vec::new() },
        };
        walk.visit(&image.digest, Role::Image, None, 0)?;
        walk.note_strangers();
        walk.note_foreign_layers();
        Ok(walk.unit)
    }

    /// The manifest of the image itself.
    pub(super) fn image(&self) -> Option<&Manifest> {
        self.nodes.iter().find(|node| node.role == Role::Image).map(|node| &node.manifest)
    }
}

/// Puts what was found in order.
struct Walk<'a> {
    found: Found<'a>,
    seen: HashSet<Digest>,
    /// What a registry lists as a referrer of the second and is not about it. Harbor lists cosign's older signatures so, which
    /// come along by their tags.
    strangers: Vec<(Digest, Digest)>,
    unit: Unit,
}

impl Walk<'_> {
    fn visit(&mut self, digest: &Digest, role: Role, style: Option<Style>, depth: usize) -> Result<()> {
        if self.seen.contains(digest) {
            return Ok(());
        }
        self.found.expect_bounded(depth, self.seen.len() + self.strangers.len() + 1)?;
        if self.found.is_stranger(digest, &role, style) {
            if let Role::Referrer(subject) = role {
                self.strangers.push((digest.clone(), subject));
            }
            return Ok(());
        }
        self.seen.insert(digest.clone());
        let unread = || Error::unexpected("a manifest was not read").context("manifest", digest);
        let manifest = self.found.manifests.remove(digest).ok_or_else(unread)?;
        for child in manifest.children() {
            self.visit(&child.digest, Role::Child, None, depth + 1)?;
        }
        let is_end = self.found.reach.ends_at(&role);
        self.unit.nodes.push(Node { manifest, role, style });
        if is_end { Ok(()) } else { self.visit_referrers(digest, depth) }
    }

    fn visit_referrers(&mut self, subject: &Digest, depth: usize) -> Result<()> {
        for (digest, style, tag) in self.found.belonging.remove(subject).unwrap_or_default() {
            self.visit(&digest, Role::Referrer(subject.clone()), Some(style), depth + 1)?;
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
