//! Artifacts with what belongs to them: tags, accessories, scans.

use std::collections::BTreeMap;

use async_trait::async_trait;
use http::Method;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::api::ACCEPTED_REPORTS;
use super::{Harbor, HarborRegistry};
use crate::approve::Permit;
use crate::error::{Absent, Error, Result};
use crate::model::{Digest, Pinned, Repository, Tag};
use crate::plan::{CopyManifest, Delete, DeleteTarget, Role};
use crate::registry::vendor::{json, query};
use crate::registry::{Deletion, Findings, FindingsDocument, ServerCopy, TagsOf};

/// A findings document is as large as an image has packages.
const MAX_FINDINGS: u64 = 256 << 20;

/// An image or another artifact.
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize)]
pub struct Artifact {
    /// Its digest.
    pub digest: Digest,
    /// What Harbor takes it for: `IMAGE`, `CHART` …
    #[serde(default, rename = "type")]
    pub kind: String,
    /// The media type of the manifest.
    #[serde(default)]
    pub manifest_media_type: String,
    /// Its size with all that it names, in bytes.
    #[serde(default)]
    pub size: u64,
    /// When it was pushed, RFC 3339.
    #[serde(default)]
    pub push_time: Option<String>,
    /// When it was pulled, RFC 3339; the year 1 stands for never.
    #[serde(default)]
    pub pull_time: Option<String>,
    /// Its tags.
    #[serde(default, deserialize_with = "crate::model::null_is_empty")]
    pub tags: Vec<ArtifactTag>,
    /// What is attached to it: signatures, SBOMs.
    #[serde(default, deserialize_with = "crate::model::null_is_empty")]
    pub accessories: Vec<Accessory>,
    /// The last scan, by the media type of its report.
    #[serde(default, deserialize_with = "crate::model::null_is_empty")]
    pub scan_overview: BTreeMap<String, ScanSummary>,
}

/// A tag of an artifact.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
pub struct ArtifactTag {
    /// The tag.
    pub name: Tag,
    /// Whether a rule forbids to move or delete it.
    #[serde(default)]
    pub immutable: bool,
    /// When it was set, RFC 3339.
    #[serde(default)]
    pub push_time: Option<String>,
}

/// Something attached to an artifact.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
pub struct Accessory {
    /// Its digest.
    pub digest: Digest,
    /// What it is, such as `signature.cosign`.
    #[serde(default, rename = "type")]
    pub kind: String,
    /// Its size in bytes.
    #[serde(default)]
    pub size: u64,
}

/// How a scan went.
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize)]
pub struct ScanSummary {
    /// The number of the report.
    #[serde(default)]
    pub report_id: String,
    /// `Pending`, `Running`, `Success`, `Error`, `Stopped` …
    #[serde(default)]
    pub scan_status: String,
    /// The worst severity that was found.
    #[serde(default)]
    pub severity: Option<String>,
    /// When it ended, RFC 3339.
    #[serde(default)]
    pub end_time: Option<String>,
    /// How many findings: `total`, `fixable`, and `summary` by severity.
    #[serde(default)]
    pub summary: Option<Value>,
}

impl ScanSummary {
    /// Whether it is still to come, or goes on.
    pub fn is_under_way(&self) -> bool {
        !matches!(&self.scan_status[..], "Success" | "Error" | "Stopped" | "")
    }
}

const WITH_ALL: [(&str, &str); 4] = [
    ("with_tag", "true"),
    ("with_accessory", "true"),
    ("with_scan_overview", "true"),
    ("with_immutable_status", "true"),
];

impl HarborRegistry {
    /// The artifacts of a repository, with their tags, accessories and scans.
    ///
    /// # Errors
    /// `NotFound` where there is no such repository; what Harbor says.
    pub async fn artifacts(&self, repository: &Repository) -> Result<Vec<Artifact>> {
        let path = format!("{}/artifacts", self.vendor.path(repository)?);
        let listed = self.vendor.list(&path, &WITH_ALL, "the artifacts are not listed").await;
        listed.map_err(|e| e.context("repository", repository))
    }

    /// One artifact.
    ///
    /// # Errors
    /// `NotFound`; what Harbor says.
    pub async fn artifact(&self, image: &Pinned) -> Result<Artifact> {
        self.vendor.artifact(image).await
    }
}

impl Harbor {
    pub(super) async fn artifact(&self, image: &Pinned) -> Result<Artifact> {
        let path = format!("{}{}", self.path_of(image)?, query(&WITH_ALL));
        let mut request = self.get(&path)?;
        request.headers.insert("x-accept-vulnerabilities", ACCEPTED_REPORTS);
        let answer = self.call(request, "the artifact cannot be read").await.map_err(|e| e.context("image", image))?;
        let artifact: Artifact = json(answer).await?;
        if artifact.digest != image.digest {
            return Err(Error::untrusted("Harbor answers with another artifact than it was asked for")
                .context("image", image)
                .context("found", artifact.digest));
        }
        Ok(artifact)
    }

    /// `/projects/…/artifacts/sha256:…`.
    pub(super) fn path_of(&self, image: &Pinned) -> Result<String> {
        Ok(format!("{}/artifacts/{}", self.path(&image.repository)?, image.digest))
    }
}

#[async_trait]
impl TagsOf for HarborRegistry {
    async fn tags_of(&self, image: &Pinned) -> Result<Vec<Tag>> {
        let mut tags: Vec<Tag> = self.vendor.artifact(image).await?.tags.into_iter().map(|tag| tag.name).collect();
        tags.sort();
        Ok(tags)
    }
}

/// Harbor deletes the whole artifact where a manifest is deleted by a tag, so a tag goes by the interface.
#[async_trait]
impl Deletion for HarborRegistry {
    fn takes(&self, target: &DeleteTarget) -> bool {
        matches!(target, DeleteTarget::Tag(_))
    }

    async fn remove(&self, op: Permit<'_, Delete>) -> Result<()> {
        let DeleteTarget::Tag(tag) = &op.target else {
            return Err(Error::invalid("this is no tag").context("repository", &op.repository));
        };
        let artifact = self.vendor.path_of(&op.repository.at(op.expected.clone()))?;
        let request = self.vendor.request(Method::DELETE, &format!("{artifact}/tags/{tag}"))?;
        let deleted = self.vendor.call(request, "the tag is not deleted").await;
        deleted.map(drop).map_err(|e| e.context("tag", op.repository.tagged(tag.clone())))
    }
}

#[async_trait]
impl ServerCopy for HarborRegistry {
    async fn can_copy(&self, op: &CopyManifest) -> Result<bool> {
        let here = op.from.same_registry(&op.to) && op.from.host() == self.vendor.0.host;
        if !here || matches!(op.role, Role::Referrer(_)) {
            return Ok(false);
        }
        let source = self.vendor.artifact(&op.from.at(op.digest.clone())).await.absent_is_none()?;
        Ok(source.is_some_and(|source| source.tags.is_empty() && source.accessories.is_empty()))
    }

    async fn server_copy(&self, op: Permit<'_, CopyManifest>) -> Result<()> {
        let from = format!("{}@{}", op.from.path(), op.digest);
        let path = format!("{}/artifacts{}", self.vendor.path(&op.to)?, query(&[("from", &from)]));
        let copied = self.vendor.call(self.vendor.request(Method::POST, &path)?, "Harbor does not copy this").await;
        copied.map(drop).map_err(|e| e.context("from", from).context("to", &op.to))
    }
}

#[async_trait]
impl Findings for HarborRegistry {
    async fn findings(&self, image: &Pinned) -> Result<FindingsDocument> {
        let artifact = self.vendor.artifact(image).await?;
        let scan = artifact.scan_overview.values().next();
        let about = |error: Error| error.context("image", image);
        match scan {
            None => return Err(about(Error::not_found("the image was not scanned"))),
            Some(scan) if scan.is_under_way() => return Err(about(Error::unavailable("the image is being scanned"))),
            Some(scan) if scan.scan_status != "Success" => {
                let error = Error::unsupported("the scan did not end well").context("status", &scan.scan_status);
                return Err(about(error));
            }
            Some(_) => {}
        }
        let mut request = self.vendor.get(&format!("{}/additions/vulnerabilities", self.vendor.path_of(image)?))?;
        request.headers.insert("x-accept-vulnerabilities", ACCEPTED_REPORTS);
        let answer = self.vendor.call(request, "the findings cannot be read").await.map_err(about)?;
        let bytes = answer.bytes(MAX_FINDINGS).await?;
        // `{}` comes where there is no report of an accepted form, and must not pass for one without findings.
        let document: BTreeMap<String, Value> = crate::registry::vendor::parse(&bytes).map_err(about)?;
        if document.is_empty() {
            return Err(about(Error::not_found("Harbor has no report about the image")));
        }
        Ok(FindingsDocument { system: "harbor", bytes })
    }
}
