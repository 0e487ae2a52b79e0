//! Abilities: the catalogue, tags of an image, deletion of a tag.

use async_trait::async_trait;
use http::Method;

use super::OpenShiftRegistry;
use crate::approve::Permit;
use crate::error::{Error, ErrorKind, Result};
use crate::model::{Pinned, Repository, Tag};
use crate::plan::{Delete, DeleteTarget};
use crate::registry::vendor::accepted;
use crate::registry::{Catalog, Deletion, Room, TagsOf};

#[async_trait]
impl Catalog for OpenShiftRegistry {
    async fn repositories(&self) -> Result<Vec<Repository>> {
        let host = &self.vendor.0.host;
        let streams = self.streams(None).await?;
        let mut all: Vec<Repository> =
            streams.iter().map(|name| Repository::parse(&format!("{host}/{name}"))).collect::<Result<_>>()?;
        all.sort();
        Ok(all)
    }
}

#[async_trait]
impl TagsOf for OpenShiftRegistry {
    async fn tags_of(&self, image: &Pinned) -> Result<Vec<Tag>> {
        let stream = self.vendor.stream(&image.repository).await?;
        let named = stream.tags.iter().filter(|tag| tag.now() == Some(&image.digest));
        let mut tags: Vec<Tag> = named.map(|tag| Tag::parse(&tag.name)).collect::<Result<_>>()?;
        tags.sort();
        Ok(tags)
    }
}

/// The internal registry cannot delete a tag; the stream can.
#[async_trait]
impl Deletion for OpenShiftRegistry {
    fn takes(&self, target: &DeleteTarget) -> bool {
        matches!(target, DeleteTarget::Tag(_))
    }

    async fn remove(&self, op: Permit<'_, Delete>) -> Result<()> {
        let DeleteTarget::Tag(tag) = &op.target else {
            return Err(Error::invalid("this is no tag").context("repository", &op.repository));
        };
        let (namespace, stream) = self.vendor.place(&op.repository)?;
        let path = self.vendor.path(namespace, "imagestreamtags", Some(&format!("{stream}:{tag}")));
        let how = serde_json::json!({"apiVersion": "v1", "kind": "DeleteOptions"});
        let request = self.vendor.request(Method::DELETE, &path, Some(&how))?;
        let about = |error: Error| error.context("tag", op.repository.tagged(tag.clone()));
        let mut tries = self.vendor.0.api.tries();
        loop {
            if let Some(answer) = tries.send(&request).await.map_err(about)? {
                return accepted(answer, "the tag is not deleted").await.map(drop).map_err(about);
            }
            // It may have been deleted all the same, and set anew by somebody else.
            if self.oci.still_there(&op).await?.is_none() {
                return Ok(());
            }
        }
    }
}

/// A stream comes to be by pushing; its namespace does not.
#[async_trait]
impl Room for OpenShiftRegistry {
    async fn room(&self, repository: &Repository) -> Result<Option<u64>> {
        let (namespace, _) = self.vendor.place(repository)?;
        let path = format!("/apis/project.openshift.io/v1/projects/{}", crate::http::encode(namespace));
        match self.vendor.call(Method::GET, &path, None, "the project cannot be read").await {
            // To who may not see it, a project that is not there is forbidden too.
            Err(error) if error.kind() == ErrorKind::Denied => Ok(None),
            found => found.map(|_| None).map_err(|e| e.context("project", namespace)),
        }
    }
}
