//! Reading what belongs to an image, level by level: each question to a registry is a wait, so what is on one level is asked at
//! once.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::atomic::{AtomicU64, Ordering};

use futures_util::FutureExt;
use futures_util::future::join;

use super::AT_ONCE;
use super::cosign_tags::CosignTags;
use crate::at_once::at_once;
use crate::error::{Error, Result};
use crate::gate::Style;
use crate::model::manifest::MAX_DEPTH;
use crate::model::{Digest, Manifest, Pinned, Repository, Tag};
use crate::plan::Role;
use crate::registry::Registry;

/// More manifests than any real image has, and more bytes; a registry that lists more is hostile or broken.
const MAX_MANIFESTS: usize = 10_000;
const MAX_BYTES: u64 = 256 << 20;

/// How far from the image one reads.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Reach {
    /// Everything that comes along.
    Whole,
    /// Without the referrers of referrers, none of which is evidence about the image.
    About,
}

impl Reach {
    /// Whether nobody asks what belongs to a manifest of this role.
    pub(super) fn ends_at(self, role: &Role) -> bool {
        self == Reach::About && matches!(role, Role::Referrer(_))
    }
}

/// Something that is named, in which role, and how a referrer was found.
type Named = (Digest, Role, Option<Style>);

/// What can be reached from an image.
pub(super) struct Found<'a> {
    source: &'a dyn Registry,
    repository: &'a Repository,
    pub(super) reach: Reach,
    pub(super) manifests: HashMap<Digest, Manifest>,
    /// What belongs to each, as the registry names it.
    pub(super) belonging: HashMap<Digest, Vec<Belonging>>,
    /// How many of those there are in all.
    listed: usize,
    /// How many bytes of manifests were read.
    bytes: AtomicU64,
}

/// What was asked about, its manifest and what belongs to it, each where that was asked.
type Answer = (Digest, Option<Manifest>, Option<Vec<Belonging>>);

impl<'a> Found<'a> {
    /// Reads manifests and what is listed, no blobs.
    ///
    /// # Errors
    /// What the registry says; `Invalid` where more belongs to the image than to any real one.
    pub(super) async fn around(source: &'a dyn Registry, image: &'a Pinned, reach: Reach) -> Result<Self> {
        let repository = &image.repository;
        let (manifests, belonging, bytes) = (HashMap::new(), HashMap::new(), AtomicU64::new(0));
        let mut found = Found { source, repository, reach, manifests, belonging, listed: 0, bytes };
        let mut tags = CosignTags::of(source, repository);
        // Nothing is asked about what is not there; and how many tags there may be depends on the children.
        let manifest = source.manifest(image).await?;
        let mut level: Vec<Named> = vec![(image.digest.clone(), Role::Image, None)];
        level.extend(manifest.children().iter().map(|child| (child.digest.clone(), Role::Child, None)));
        found.manifests.insert(image.digest.clone(), manifest);
        let mut followed = HashSet::new();
        let mut depth = 0;
        while !level.is_empty() {
            found.read(&level, depth, &mut tags).await?;
            let mut next = Vec::new();
            for (digest, role, style) in level {
                if !found.is_stranger(&digest, &role, style) && followed.insert((digest.clone(), reach.ends_at(&role)))
                {
                    let beyond = found.beyond(&digest, &role).into_iter();
                    next.extend(
                        beyond.filter(|(digest, role, _)| !followed.contains(&(digest.clone(), reach.ends_at(role)))),
                    );
                }
            }
            level = next;
            depth += 1;
        }
        Ok(found)
    }

    /// Reads what is not known of one level.
    async fn read(&mut self, level: &[Named], depth: usize, tags: &mut CosignTags<'_>) -> Result<()> {
        // What is named twice is read once, and asked about where either has to be.
        let mut unread: BTreeMap<&Digest, bool> = BTreeMap::new();
        for (digest, role, _) in level {
            let asks = !self.reach.ends_at(role) && !self.belonging.contains_key(digest);
            if asks || !self.manifests.contains_key(digest) {
                *unread.entry(digest).or_default() |= asks;
            }
        }
        if unread.is_empty() {
            return Ok(());
        }
        let manifests = self.manifests.len() + unread.keys().filter(|it| !self.manifests.contains_key(*it)).count();
        self.expect_bounded(depth, manifests)?;
        tags.expect(manifests).await;
        let (found, tags) = (&*self, &*tags);
        let asked = unread.into_iter().map(|(digest, asks)| found.ask(digest, asks, tags).boxed()).collect();
        for (digest, manifest, belonging) in at_once(asked, AT_ONCE).await? {
            if let Some(belonging) = belonging {
                self.listed += belonging.len();
                self.belonging.insert(digest.clone(), belonging);
            }
            self.manifests.extend(manifest.map(|manifest| (digest, manifest)));
        }
        // Whatever is listed is kept until all is read.
        self.expect_bounded(depth, self.listed)
    }

    pub(super) fn expect_bounded(&self, depth: usize, manifests: usize) -> Result<()> {
        if depth <= MAX_DEPTH && manifests <= MAX_MANIFESTS {
            return Ok(());
        }
        let message = format!("more than {MAX_DEPTH} levels or {MAX_MANIFESTS} manifests belong to the image");
        Err(Error::invalid(message).context("repository", self.repository))
    }

    /// A manifest that was read, which is kept until the plan is made.
    fn counted(&self, manifest: Manifest) -> Result<Manifest> {
        let bytes = manifest.bytes().len() as u64;
        if self.bytes.fetch_add(bytes, Ordering::Relaxed) + bytes <= MAX_BYTES {
            return Ok(manifest);
        }
        let message = format!("the manifests that belong to the image have more than {MAX_BYTES} bytes");
        Err(Error::invalid(message).context("repository", self.repository))
    }

    /// Reads a manifest, where it is not known, and asks what belongs to it.
    async fn ask(&self, digest: &Digest, asks: bool, tags: &CosignTags<'_>) -> Result<Answer> {
        let pinned = self.repository.at(digest.clone());
        let manifest = async {
            match self.manifests.contains_key(digest) {
                true => Ok(None),
                false => self.counted(self.source.manifest(&pinned).await?).map(Some),
            }
        };
        let belonging = async {
            match asks {
                true => belonging(self.source, &pinned, tags).await.map(Some),
                false => Ok(None),
            }
        };
        let (manifest, belonging) = join(manifest, belonging).await;
        Ok((digest.clone(), manifest?, belonging?))
    }

    /// Whether the registry lists it as a referrer of what it is not about.
    pub(super) fn is_stranger(&self, digest: &Digest, role: &Role, style: Option<Style>) -> bool {
        let (Role::Referrer(subject), Some(Style::Referrer)) = (role, style) else { return false };
        let manifest = self.manifests.get(digest);
        manifest.is_some_and(|manifest| manifest.subject().is_none_or(|about| about.digest != *subject))
    }

    /// What a manifest names, and what belongs to it.
    fn beyond(&self, digest: &Digest, role: &Role) -> Vec<Named> {
        let children = self.manifests.get(digest).map(|manifest| manifest.children()).unwrap_or_default();
        let mut named: Vec<Named> = children.iter().map(|child| (child.digest.clone(), Role::Child, None)).collect();
        if !self.reach.ends_at(role) {
            let belonging = self.belonging.get(digest).map(Vec::as_slice).unwrap_or_default();
            let referrer =
                |(found, style, _): &Belonging| (found.clone(), Role::Referrer(digest.clone()), Some(*style));
            named.extend(belonging.iter().map(referrer));
        }
        named
    }
}

/// Something that belongs to a manifest, how it was found, and cosign's tag for it.
pub(super) type Belonging = (Digest, Style, Option<Tag>);

/// What a registry names as belonging to one manifest: its referrers, and what cosign's tags name.
pub(super) async fn belonging(
    registry: &dyn Registry,
    subject: &Pinned,
    tags: &CosignTags<'_>,
) -> Result<Vec<Belonging>> {
    // At once, since each is a wait; the answers are taken in the same order each time.
    let (referrers, tagged) = join(registry.referrers(subject), tags.about(&subject.digest)).await;
    let mut found: Vec<_> = referrers?.into_iter().map(|referrer| (referrer.digest, Style::Referrer, None)).collect();
    found.extend(tagged?.into_iter().map(|(tag, digest)| (digest, Style::CosignTag, Some(tag))));
    Ok(found)
}
