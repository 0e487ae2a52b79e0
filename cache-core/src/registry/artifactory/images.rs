//! Abilities: tags of an image, deletion of a tag, Xray's findings.

use async_trait::async_trait;
use http::Method;
use serde_json::{Value, json};

use super::ArtifactoryRegistry;
use crate::approve::Permit;
use crate::error::{Absent, Error, Result};
use crate::model::{Algorithm, Pinned, Tag};
use crate::plan::{Delete, DeleteTarget};
use crate::registry::vendor::{accepted, with_json};
use crate::registry::{Deletion, Findings, FindingsDocument, Registry, TagsOf};

const MAX_FINDINGS: u64 = 256 << 20;

/// A search says where the manifest is kept; the protocol says what the tag names.
#[async_trait]
impl TagsOf for ArtifactoryRegistry {
    async fn tags_of(&self, image: &Pinned) -> Result<Vec<Tag>> {
        self.oci.resolve(&image.clone().into()).await?;
        if image.digest.algorithm() != Algorithm::Sha256 {
            return Err(Error::unsupported("Artifactory finds images by their SHA-256 alone").context("image", image));
        }
        let (key, path) = self.vendor.0.key.of(&self.vendor.0.host, &image.repository)?;
        let mut tags = Vec::new();
        for folder in self.vendor.folders_of(key, path, image.digest.hex()).await? {
            // Manifests without a tag are in folders too, whose names are none of tags.
            let Ok(tag) = Tag::parse(&folder) else { continue };
            let named = self.oci.resolve(&image.repository.tagged(tag.clone())).await.absent_is_none()?;
            if named.is_some_and(|named| named.digest == image.digest) {
                tags.push(tag);
            }
        }
        tags.sort();
        Ok(tags)
    }
}

/// A tag is a folder, and the image is in it.
#[async_trait]
impl Deletion for ArtifactoryRegistry {
    fn takes(&self, target: &DeleteTarget) -> bool {
        matches!(target, DeleteTarget::Tag(_))
    }

    async fn remove(&self, op: Permit<'_, Delete>) -> Result<()> {
        let DeleteTarget::Tag(tag) = &op.target else {
            return Err(Error::invalid("this is no tag").context("repository", &op.repository));
        };
        let (api, tagged) = (&self.vendor.0.api, op.repository.tagged(tag.clone()));
        let request = api.request(Method::DELETE, &format!("/{}", self.vendor.folder(&tagged)?))?;
        let request = self.vendor.in_our_name(request).await?;
        let mut tries = api.tries();
        loop {
            self.keeps_image(&op, tag).await?;
            // A try whose answer was lost may have deleted it, and somebody else have set it anew.
            if self.oci.still_there(&op).await?.is_none() {
                return Ok(());
            }
            if let Some(answer) = tries.send(&request).await.map_err(|e| e.context("tag", &tagged))? {
                let deleted = accepted(answer, "the tag is not deleted").await;
                return deleted.map(drop).map_err(|e| e.context("tag", &tagged));
            }
        }
    }
}

impl ArtifactoryRegistry {
    /// Refuses to remove the last tag of an image.
    async fn keeps_image(&self, op: &Delete, tag: &Tag) -> Result<()> {
        if self.tags_of(&op.repository.at(op.expected.clone())).await?.iter().any(|other| other != tag) {
            return Ok(());
        }
        Err(Error::unsupported("Artifactory deletes an image with its last tag")
            .context("tag", op.repository.tagged(tag.clone()))
            .context("image", &op.expected)
            .hint("delete the image with its tags, or give it another tag first"))
    }
}

/// What Xray found in an image.
#[async_trait]
impl Findings for ArtifactoryRegistry {
    async fn findings(&self, image: &Pinned) -> Result<FindingsDocument> {
        let about = |error: Error| error.context("image", image);
        if image.digest.algorithm() != Algorithm::Sha256 {
            return Err(about(Error::unsupported("Xray knows images by their SHA-256 alone")));
        }
        let request = self.vendor.0.xray.request(Method::POST, "/v2/summary/artifact")?;
        let request = with_json(request, &json!({"checksums": [image.digest.hex()]}))?;
        let answer = self.vendor.call(&self.vendor.0.xray, request, "Xray's findings cannot be read").await;
        let bytes = answer.map_err(about)?.bytes(MAX_FINDINGS).await?;
        let document: Value = crate::registry::vendor::parse(&bytes).map_err(about)?;
        // Errors stand beside what was found, with status 200.
        let error = document.pointer("/errors/0/error").and_then(Value::as_str);
        let found = document.get("artifacts").and_then(Value::as_array).is_some_and(|all| !all.is_empty());
        match (found, error) {
            (true, None) => Ok(FindingsDocument { system: "artifactory", bytes }),
            (_, Some(why)) => Err(about(Error::not_found("Xray does not know the image").context("Xray says", why))),
            (false, None) => Err(about(Error::not_found("Xray does not know the image"))),
        }
    }
}
