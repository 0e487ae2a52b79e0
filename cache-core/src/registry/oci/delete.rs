//! Deleting tags and manifests.

use http::{Method, StatusCode};

use super::auth::Access;
use super::{OciRegistry, answer};
use crate::approve::Permit;
use crate::error::{Absent, Error, ErrorKind, Result};
use crate::http::Request;
use crate::model::{Digest, Repository, Tag};
use crate::plan::{Delete, DeleteTarget};
use crate::registry::{Untag, checks};

impl OciRegistry {
    /// Deletes what the permit says; a tag by `untag`, where the registry has an interface of its own for that.
    pub(in crate::registry) async fn remove(&self, op: Permit<'_, Delete>, untag: Option<&dyn Untag>) -> Result<()> {
        match &op.target {
            DeleteTarget::Manifest => self.remove_manifest(&op).await,
            DeleteTarget::Tag(tag) => {
                let named = self.named(&op.repository.tagged(tag.clone())).await.absent_is_none()?;
                checks::tag_is_as_expected(&op, tag, named.as_ref().map(|manifest| manifest.digest()))?;
                let Some(untag) = untag else { return self.remove_tag(&op, tag).await };
                let (repository, expected) = (op.repository.clone(), op.expected.clone());
                untag.untag(op).await?;
                self.expect_manifest(&repository, &expected).await
            }
        }
    }

    async fn remove_tag(&self, op: &Delete, tag: &Tag) -> Result<()> {
        let deleted = self.send_delete(op, tag.as_str()).await;
        if let Err(error) = deleted {
            let cannot = matches!(error.kind(), ErrorKind::Unsupported | ErrorKind::Unexpected | ErrorKind::NotFound);
            if !cannot {
                return Err(error);
            }
            return Err(Error::unsupported("this registry cannot delete a tag alone")
                .context("repository", &op.repository)
                .context("tag", tag)
                .hint("delete the manifest, which deletes all of its tags, or use the registry's own interface")
                .caused_by(error));
        }
        self.expect_manifest(&op.repository, &op.expected).await
    }

    /// Some registries delete the manifest with its tag, and with it every other tag.
    async fn expect_manifest(&self, repository: &Repository, manifest: &Digest) -> Result<()> {
        match self.named(&repository.at(manifest.clone()).into()).await.absent_is_none()? {
            Some(_) => Ok(()),
            None => Err(Error::unexpected("the registry deleted the manifest together with the tag")
                .context("repository", repository)
                .context("manifest", manifest)),
        }
    }

    async fn remove_manifest(&self, op: &Delete) -> Result<()> {
        let manifest = self.named(&op.repository.at(op.expected.clone()).into()).await?;
        self.send_delete(op, op.expected.as_str()).await?;
        self.leave_fallback(&op.repository, &manifest).await
    }

    async fn send_delete(&self, op: &Delete, name: &str) -> Result<()> {
        let path = self.path(&op.repository)?;
        let request = Request::new(Method::DELETE, self.url(&format!("{path}/manifests/{name}"))?);
        let answer = self.call(request, &Access::delete(path)).await?;
        match answer.status() {
            StatusCode::ACCEPTED | StatusCode::OK | StatusCode::NO_CONTENT => Ok(()),
            _ => {
                let error = answer::refusal(answer, "the registry does not delete this").await;
                Err(error.context("repository", &op.repository).context("name", name))
            }
        }
    }
}
