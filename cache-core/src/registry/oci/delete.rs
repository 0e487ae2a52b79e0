//! Deleting tags and manifests.

use http::{Method, StatusCode};

use super::auth::Access;
use super::{OciRegistry, answer};
use crate::error::{Absent, Error, ErrorKind, Result};
use crate::http::Request;
use crate::model::Tag;
use crate::plan::{Delete, DeleteTarget};
use crate::registry::checks;

impl OciRegistry {
    pub(super) async fn remove(&self, op: &Delete) -> Result<()> {
        match &op.target {
            DeleteTarget::Tag(tag) => self.remove_tag(op, tag).await,
            DeleteTarget::Manifest => self.remove_manifest(op).await,
        }
    }

    async fn remove_tag(&self, op: &Delete, tag: &Tag) -> Result<()> {
        let named = self.named(&op.repository.tagged(tag.clone())).await.absent_is_none()?;
        checks::tag_is_as_expected(op, tag, named.as_ref().map(|manifest| manifest.digest()))?;
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
        // Some registries delete the manifest with its tag, and with it every other tag.
        match self.named(&op.repository.at(op.expected.clone()).into()).await.absent_is_none()? {
            Some(_) => Ok(()),
            None => Err(Error::unexpected("the registry deleted the manifest together with the tag")
                .context("repository", &op.repository)
                .context("manifest", &op.expected)),
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
