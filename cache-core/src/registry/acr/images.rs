//! Abilities: the catalogue, tags of an image, deletion of a tag, imports, findings.

use std::collections::BTreeMap;

use async_trait::async_trait;
use http::Method;
use serde_json::Value;

use super::data::DELETE;
use super::{AcrLocks, AcrManifest, AcrRegistry};
use crate::approve::Permit;
use crate::error::{Error, Result};
use crate::http::{Request, resolve};
use crate::model::{Digest, Pinned, Repository, Tag, Timestamp};
use crate::plan::{CopyManifest, Delete, DeleteTarget, Role};
use crate::registry::vendor::accepted;
use crate::registry::{Catalog, Deletion, Findings, FindingsDocument, Listed, ListedTag, Listing, ServerCopy, TagsOf};

#[async_trait]
impl Catalog for AcrRegistry {
    async fn repositories(&self) -> Result<Vec<Repository>> {
        let names: Vec<String> = self.all("/acr/v1/_catalog", ("", ""), "repositories", String::clone).await?;
        let host = &self.vendor.0.host;
        let mut all: Vec<Repository> =
            names.iter().map(|name| Repository::parse(&format!("{host}/{name}"))).collect::<Result<_>>()?;
        all.sort();
        Ok(all)
    }
}

#[async_trait]
impl Listing for AcrRegistry {
    async fn manifests(&self, repository: &Repository) -> Result<Vec<Listed>> {
        let locked = |locks: &Option<AcrLocks>| locks.is_some_and(|locks| !locks.delete);
        let time = |text: &Option<String>| text.as_deref().and_then(|text| Timestamp::parse(text).ok());
        let mut tags: BTreeMap<Digest, Vec<ListedTag>> = BTreeMap::new();
        for tag in self.acr_tags(repository).await? {
            let (tagged, locked) = (time(&tag.last_update_time), locked(&tag.changeable_attributes));
            tags.entry(tag.digest).or_default().push(ListedTag { tag: tag.name, tagged, locked });
        }
        let listed = |manifest: AcrManifest| Listed {
            tags: tags.remove(&manifest.digest).unwrap_or_default(),
            pushed: time(&manifest.created_time),
            pulled: None,
            locked: locked(&manifest.changeable_attributes),
            digest: manifest.digest,
        };
        Ok(self.acr_manifests(repository).await?.into_iter().map(listed).collect())
    }
}

#[async_trait]
impl TagsOf for AcrRegistry {
    async fn tags_of(&self, image: &Pinned) -> Result<Vec<Tag>> {
        let mut tags = self.acr_manifest(image).await?.tags;
        tags.sort();
        Ok(tags)
    }
}

/// By the protocol a tag cannot be deleted alone.
#[async_trait]
impl Deletion for AcrRegistry {
    fn takes(&self, target: &DeleteTarget) -> bool {
        matches!(target, DeleteTarget::Tag(_))
    }

    async fn remove(&self, op: Permit<'_, Delete>) -> Result<()> {
        let DeleteTarget::Tag(tag) = &op.target else {
            return Err(Error::invalid("this is no tag").context("repository", &op.repository));
        };
        let url = resolve(self.oci.base(), &format!("{}/_tags/{tag}", self.place(&op.repository)?))?;
        let rights = (self.oci.path(&op.repository)?, DELETE);
        let Some(answer) = self.oci.delete_beside(&op, &Request::new(Method::DELETE, url), rights).await? else {
            return Ok(());
        };
        accepted(answer, "the registry refuses").await.map(drop).map_err(|e| {
            e.context("tag", op.repository.tagged(tag.clone()))
                .hint("a locked tag has to be unlocked first (action set-lock)")
        })
    }
}

/// From another registry of Azure the image is fetched by the registry itself; within one, a mount is quicker.
#[async_trait]
impl ServerCopy for AcrRegistry {
    async fn can_copy(&self, op: &CopyManifest) -> Result<bool> {
        let (from, to) = (op.from.host(), op.to.host());
        let both = super::is_acr(from) && to == self.vendor.0.host && from != to;
        Ok(both && self.vendor.0.management.is_some() && !matches!(op.role, Role::Referrer(_)))
    }

    async fn server_copy(&self, op: Permit<'_, CopyManifest>) -> Result<()> {
        let image = op.from.at(op.digest.clone());
        let management = self.vendor.management()?;
        management.import(&image, None, op.to.path(), false).await.map_err(|e| e.context("image", image))
    }
}

/// What Microsoft Defender found, by Azure's resource graph.
#[async_trait]
impl Findings for AcrRegistry {
    async fn findings(&self, image: &Pinned) -> Result<FindingsDocument> {
        let path = self.oci.path(&image.repository)?;
        let rows = self.vendor.management()?.findings(&self.vendor.0.host, path, &image.digest).await?;
        if rows.is_empty() {
            // An image that was never looked at has no rows either.
            return Err(Error::not_found("Defender has no findings about the image")
                .context("image", image)
                .hint("that is no proof that it was scanned"));
        }
        let count = rows.len();
        let document = serde_json::json!({"totalRecords": count, "count": count, "data": Value::Array(rows)});
        Ok(FindingsDocument { system: "acr", bytes: document.to_string().into() })
    }
}
