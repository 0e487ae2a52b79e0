//! Images: what is known of them, their deletion, and what the scan found.

use std::collections::HashMap;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::api::{self};
use super::{Ecr, EcrRegistry};
use crate::approve::Permit;
use crate::error::{Error, ErrorKind, Result};
use crate::model::{Digest, Pinned, Repository, Tag, Timestamp};
use crate::plan::{Delete, DeleteTarget};
use crate::registry::{Deletion, Findings, FindingsDocument, Listed, ListedTag, Listing, TagsOf};

/// ECR takes no more at once.
const BATCH: usize = 100;

/// An image or another artifact.
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct EcrImage {
    /// Its digest.
    #[serde(rename = "imageDigest")]
    pub digest: Digest,
    /// Its tags.
    #[serde(default, rename = "imageTags")]
    pub tags: Vec<Tag>,
    /// Its size in bytes.
    #[serde(default, rename = "imageSizeInBytes")]
    pub size: u64,
    /// When it was pushed.
    #[serde(default, rename = "imagePushedAt", deserialize_with = "api::time")]
    pub pushed_at: Option<Timestamp>,
    /// When it was pulled last, as far as that was recorded (within a day).
    #[serde(default, rename = "lastRecordedPullTime", deserialize_with = "api::time")]
    pub pulled_at: Option<Timestamp>,
    /// The media type of the manifest.
    #[serde(default, rename = "imageManifestMediaType")]
    pub media_type: Option<String>,
    /// The type of an artifact.
    #[serde(default)]
    pub artifact_media_type: Option<String>,
    /// What an artifact is about.
    #[serde(default, rename = "subjectManifestDigest")]
    pub subject: Option<Digest>,
    /// `ACTIVE`, `ARCHIVED` or `ACTIVATING`.
    #[serde(default, rename = "imageStatus")]
    pub status: Option<String>,
}

/// How a scan stands.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct EcrScan {
    /// `IN_PROGRESS`, `COMPLETE`, `ACTIVE` (enhanced, goes on for ever), `FAILED` …
    pub status: String,
    /// Why.
    #[serde(default)]
    pub description: Option<String>,
}

#[derive(Deserialize)]
struct Failure {
    #[serde(default, rename = "imageId")]
    image: ImageId,
    #[serde(default, rename = "failureCode")]
    code: String,
    #[serde(default, rename = "failureReason")]
    reason: String,
}

/// By digest or by tag; an answer may have both.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct ImageId {
    image_digest: Option<String>,
    image_tag: Option<String>,
}

impl EcrRegistry {
    /// The images of a repository.
    ///
    /// # Errors
    /// `NotFound` where there is no such repository; what ECR says.
    pub async fn ecr_images(&self, repository: &Repository) -> Result<Vec<EcrImage>> {
        let body = json!({"repositoryName": self.vendor.name(repository)?});
        let listed = self.vendor.0.api.list("DescribeImages", body, "imageDetails").await;
        listed.map_err(|e| e.context("repository", repository))
    }

    /// One image.
    ///
    /// # Errors
    /// `NotFound`; what ECR says.
    pub async fn ecr_image(&self, image: &Pinned) -> Result<EcrImage> {
        self.vendor.image(image).await
    }
}

impl Ecr {
    pub(super) async fn image(&self, image: &Pinned) -> Result<EcrImage> {
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Described {
            image_details: Vec<EcrImage>,
        }
        let name = self.name(&image.repository)?;
        let body = json!({"repositoryName": name, "imageIds": [{"imageDigest": image.digest}]});
        let described: Described =
            self.0.api.call("DescribeImages", body).await.map_err(|e| e.context("image", image))?;
        let found = described.image_details.into_iter().find(|found| found.digest == image.digest);
        found.ok_or_else(|| Error::not_found("there is no such image").context("image", image))
    }

    /// How the scan of an image stands; `None` where there was none.
    pub(super) async fn scan(&self, image: &Pinned) -> Result<Option<(EcrScan, Value)>> {
        let body = json!({
            "repositoryName": self.name(&image.repository)?,
            "imageId": {"imageDigest": image.digest},
            "maxResults": 1,
        });
        let page: Value = match self.0.api.call("DescribeImageScanFindings", body).await {
            // Both are "not found"; only the scan may be missing and the image be there.
            Err(error) if error.to_string().contains("ScanNotFoundException") => return Ok(None),
            page => page.map_err(|e| e.context("image", image))?,
        };
        let status = page.get("imageScanStatus").cloned().unwrap_or_default();
        let ended = page.pointer("/imageScanFindings/imageScanCompletedAt").cloned().unwrap_or_default();
        let scan = serde_json::from_value(status).map_err(|e| {
            Error::unavailable("ECR does not say how the scan stands").context("image", image).caused_by(e)
        })?;
        Ok(Some((scan, ended)))
    }

    /// Deletes some images of one repository, and says what became of each; those that an index names come again once the
    /// index may be gone.
    async fn delete_batch(&self, repository: &Repository, ids: &[ImageId]) -> Result<HashMap<String, Error>> {
        #[derive(Deserialize)]
        struct Deleted {
            #[serde(default)]
            failures: Vec<Failure>,
        }
        let ids: Vec<Value> = ids.iter().map(ImageId::json).collect();
        let body = json!({"repositoryName": self.name(repository)?, "imageIds": ids});
        let deleted: Deleted =
            self.0.api.call("BatchDeleteImage", body).await.map_err(|e| e.context("repository", repository))?;
        Ok(deleted.failures.into_iter().map(|failure| (failure.image.key(), failure.error(repository))).collect())
    }
}

#[async_trait]
impl Listing for EcrRegistry {
    async fn manifests(&self, repository: &Repository) -> Result<Vec<Listed>> {
        let listed = |image: EcrImage| Listed {
            digest: image.digest,
            tags: image.tags.into_iter().map(|tag| ListedTag { tag, tagged: None, locked: false }).collect(),
            pushed: image.pushed_at,
            pulled: image.pulled_at,
            locked: false,
        };
        Ok(self.ecr_images(repository).await?.into_iter().map(listed).collect())
    }
}

#[async_trait]
impl TagsOf for EcrRegistry {
    async fn tags_of(&self, image: &Pinned) -> Result<Vec<Tag>> {
        let mut tags = self.vendor.image(image).await?.tags;
        tags.sort();
        Ok(tags)
    }
}

/// A tag goes alone where it is not the last: with that ECR deletes the image.
#[async_trait]
impl Deletion for EcrRegistry {
    fn takes(&self, _: &DeleteTarget) -> bool {
        true
    }

    fn batches(&self) -> bool {
        true
    }

    async fn remove(&self, op: Permit<'_, Delete>) -> Result<()> {
        let outcome = self.remove_all(vec![op]).await.pop();
        outcome.unwrap_or_else(|| Err(Error::unexpected("nothing was deleted")))
    }

    async fn remove_all(&self, ops: Vec<Permit<'_, Delete>>) -> Vec<Result<()>> {
        let mut outcomes: Vec<Result<()>> = ops.iter().map(|_| Ok(())).collect();
        let mut waiting: Vec<usize> = Vec::new();
        for (index, op) in ops.iter().enumerate() {
            match self.keeps_image(op).await {
                Ok(()) => waiting.push(index),
                Err(error) => outcomes[index] = Err(error),
            }
        }
        // As long as a pass deletes something, what an index still names is tried again.
        while !waiting.is_empty() {
            let mut referenced = Vec::new();
            for (repository, indexes) in by_repository(&ops, &waiting) {
                for batch in indexes.chunks(BATCH) {
                    let ids: Vec<ImageId> = batch.iter().map(|index| ImageId::of(&ops[*index])).collect();
                    match self.vendor.delete_batch(repository, &ids).await {
                        Ok(mut failures) => {
                            for (index, id) in batch.iter().zip(&ids) {
                                outcomes[*index] = match failures.remove(&id.key()) {
                                    // It was there when the caller looked: the answer to a try was lost, or somebody was faster.
                                    Some(error) if error.is_not_found() => Ok(()),
                                    Some(error) => {
                                        if error.message() == REFERENCED {
                                            referenced.push(*index);
                                        }
                                        Err(error)
                                    }
                                    None => Ok(()),
                                };
                            }
                        }
                        Err(error) => {
                            let text = error.to_string();
                            for index in batch {
                                outcomes[*index] = Err(Error::new(error.kind(), text.clone()));
                            }
                        }
                    }
                }
            }
            if referenced.len() == waiting.len() {
                break;
            }
            waiting = referenced;
        }
        outcomes
    }
}

impl EcrRegistry {
    /// Refuses to remove the last tag of an image.
    async fn keeps_image(&self, op: &Delete) -> Result<()> {
        let DeleteTarget::Tag(tag) = &op.target else { return Ok(()) };
        let tags = self.tags_of(&op.repository.at(op.expected.clone())).await?;
        if tags.iter().any(|other| other != tag) {
            return Ok(());
        }
        Err(Error::unsupported("ECR deletes an image with its last tag")
            .context("tag", op.repository.tagged(tag.clone()))
            .context("image", &op.expected)
            .hint("delete the image with its tags, or give it another tag first"))
    }
}

fn by_repository<'a>(ops: &'a [Permit<'_, Delete>], indexes: &[usize]) -> Vec<(&'a Repository, Vec<usize>)> {
    let mut groups: Vec<(&Repository, Vec<usize>)> = Vec::new();
    for index in indexes {
        let repository = &ops[*index].repository;
        match groups.iter_mut().find(|(known, _)| *known == repository) {
            Some((_, group)) => group.push(*index),
            None => groups.push((repository, vec![*index])),
        }
    }
    groups
}

const REFERENCED: &str = "an index names the image";

impl Failure {
    fn error(self, repository: &Repository) -> Error {
        let (kind, what) = match &self.code[..] {
            "ImageNotFound" => (ErrorKind::NotFound, "there is no such image"),
            "ImageReferencedByManifestList" => (ErrorKind::Conflict, REFERENCED),
            "ImageTagDoesNotMatchDigest" => (ErrorKind::Conflict, "the tag names another image"),
            "KmsError" => (ErrorKind::Denied, "the image cannot be deleted"),
            code if code.starts_with("Upstream") => (ErrorKind::Unavailable, "the image cannot be deleted"),
            _ => (ErrorKind::Unexpected, "the image cannot be deleted"),
        };
        let error = Error::new(kind, what)
            .context("repository", repository)
            .context("image", self.image.key())
            .context("ECR says", format!("{} {}", self.code, self.reason).trim());
        if what == REFERENCED { error.hint("delete the index first, or with it") } else { error }
    }
}

impl ImageId {
    /// By tag, which removes the tag; or by digest, which deletes the image.
    fn of(op: &Delete) -> Self {
        match &op.target {
            DeleteTarget::Tag(tag) => ImageId { image_tag: Some(tag.to_string()), image_digest: None },
            DeleteTarget::Manifest => ImageId { image_digest: Some(op.expected.to_string()), image_tag: None },
        }
    }

    fn json(&self) -> Value {
        match (&self.image_digest, &self.image_tag) {
            (Some(digest), _) => json!({"imageDigest": digest}),
            (None, tag) => json!({"imageTag": tag}),
        }
    }

    /// What it is found again by in the answer, which may add the digest to a tag.
    fn key(&self) -> String {
        self.image_tag.clone().or_else(|| self.image_digest.clone()).unwrap_or_default()
    }
}

#[async_trait]
impl Findings for EcrRegistry {
    async fn findings(&self, image: &Pinned) -> Result<FindingsDocument> {
        let about = |error: Error| error.context("image", image);
        let scan = self.vendor.scan(image).await?;
        let scan = scan.ok_or_else(|| about(Error::not_found("the image was not scanned")))?.0;
        match &scan.status[..] {
            "COMPLETE" | "ACTIVE" => {}
            "IN_PROGRESS" | "PENDING" => return Err(about(Error::unavailable("the image is being scanned"))),
            status => {
                let error = Error::unsupported("the scan has no findings to give").context("status", status);
                let error = scan.description.iter().fold(error, |error, why| error.context("ECR says", why));
                return Err(about(error));
            }
        }
        let body = json!({
            "repositoryName": self.vendor.name(&image.repository)?,
            "imageId": {"imageDigest": image.digest},
        });
        let mut whole: Option<Value> = None;
        let pages = self.vendor.0.api.pages("DescribeImageScanFindings", body, api::PAGE, |page| {
            match &mut whole {
                None => whole = Some(page),
                Some(whole) => append(whole, page),
            }
            Ok(())
        });
        pages.await.map_err(about)?;
        let mut whole = whole.unwrap_or_default();
        if let Value::Object(fields) = &mut whole {
            fields.remove("nextToken");
        }
        Ok(FindingsDocument { system: "ecr", bytes: whole.to_string().into() })
    }
}

/// Puts the findings of a further page behind those of the first.
fn append(whole: &mut Value, mut page: Value) {
    for list in ["findings", "enhancedFindings"] {
        let place = format!("/imageScanFindings/{list}");
        let Some(Value::Array(more)) = page.pointer_mut(&place).map(Value::take) else { continue };
        match whole.pointer_mut(&place) {
            Some(Value::Array(all)) => all.extend(more),
            _ => {
                if let Some(Value::Object(findings)) = whole.get_mut("imageScanFindings") {
                    findings.insert(list.to_owned(), Value::Array(more));
                }
            }
        }
    }
}
