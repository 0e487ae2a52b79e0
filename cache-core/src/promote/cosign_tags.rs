//! Finding what cosign's tags name (`.sig`, `.att`, `.sbom`), with few requests where many manifests have to be asked about.

use std::collections::HashSet;

use futures_util::future::join_all;

use crate::error::{Absent, Result};
use crate::model::{Digest, Repository, Tag};
use crate::registry::Registry;
use crate::sign::TAG_SUFFIXES;

/// Of so many manifests each tag is asked for: a list would hardly be cheaper.
const FEW: usize = 4;

/// The tags of one repository, as far as they are known.
pub(super) struct CosignTags<'a> {
    registry: &'a dyn Registry,
    repository: &'a Repository,
    known: Known,
}

enum Known {
    /// Nobody has tried to list them.
    NotListed,
    /// These are all.
    All(HashSet<Tag>),
    /// They cannot be listed, or are too many: each is asked for.
    Each,
}

impl<'a> CosignTags<'a> {
    pub(super) fn of(registry: &'a dyn Registry, repository: &'a Repository) -> Self {
        CosignTags { registry, repository, known: Known::NotListed }
    }

    /// So many manifests are known of, about which somebody may ask.
    pub(super) async fn expect(&mut self, manifests: usize) {
        if matches!(self.known, Known::NotListed) && manifests > FEW {
            self.known = self.listed(manifests).await;
        }
    }

    /// What the tags of this manifest name.
    pub(super) async fn about(&self, subject: &Digest) -> Result<Vec<(Tag, Digest)>> {
        let named = TAG_SUFFIXES.map(|suffix| self.named(Tag::of_digest(subject, suffix)));
        join_all(named).await.into_iter().filter_map(Result::transpose).collect()
    }

    async fn named(&self, tag: Tag) -> Result<Option<(Tag, Digest)>> {
        if matches!(&self.known, Known::All(tags) if !tags.contains(&tag)) {
            return Ok(None);
        }
        let named = self.registry.resolve(&self.repository.tagged(tag.clone())).await.absent_is_none()?;
        Ok(named.map(|named| (tag, named.digest)))
    }

    /// A list that takes no more requests than there are manifests saves at least two of three. Where it fails, for whatever
    /// reason, nothing is known, and the questions say what is wrong.
    async fn listed(&self, manifests: usize) -> Known {
        let Some(lister) = self.registry.abilities().tags_within else { return Known::Each };
        match lister.tags_within(self.repository, manifests).await {
            Ok(Some(tags)) => Known::All(tags.into_iter().collect()),
            Ok(None) => Known::Each,
            Err(error) => {
                tracing::debug!(repository = %self.repository, %error, "the tags are asked for one by one");
                Known::Each
            }
        }
    }
}
