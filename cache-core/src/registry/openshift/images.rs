//! Abilities: the catalogue, tags of an image, deletion of a tag.

use async_trait::async_trait;
use http::Method;

use super::OpenShiftRegistry;
use crate::approve::Permit;
use crate::error::{Error, ErrorKind, Result};
use crate::model::{Pinned, Repository, Tag};
use crate::plan::{Delete, DeleteTarget};
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
        let deleted = self.vendor.call(Method::DELETE, &path, Some(&how), "the tag is not deleted").await;
        deleted.map(drop).map_err(|e| e.context("tag", op.repository.tagged(tag.clone())))
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
