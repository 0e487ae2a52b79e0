//! Deleting tags and manifests.

use http::{Method, StatusCode};

use super::auth::Access;
use super::{OciRegistry, answer};
use crate::approve::Permit;
use crate::error::{Absent, Error, ErrorKind, Result};
use crate::http::Request;
use crate::model::{Pinned, Tag};
use crate::plan::{Delete, DeleteTarget};
use crate::registry::{Deletion, checks};

impl OciRegistry {
    /// Deletes what the permit says; by `own`, where the registry has an interface of its own for that.
    pub(in crate::registry) async fn remove(&self, op: Permit<'_, Delete>, own: Option<&dyn Deletion>) -> Result<()> {
        let own = own.filter(|own| own.takes(&op.target));
        let image = op.repository.at(op.expected.clone());
        match &op.target {
            DeleteTarget::Manifest => {
                let manifest = self.named(&image.clone().into()).await?;
                match own {
                    Some(own) => own.remove(op).await?,
                    None => self.send_delete(&op, image.digest.as_str()).await?,
                }
                self.leave_fallback(&image.repository, &manifest).await
            }
            DeleteTarget::Tag(tag) => {
                let named = self.named(&op.repository.tagged(tag.clone())).await.absent_is_none()?;
                checks::tag_is_as_expected(&op, tag, named.as_ref().map(|manifest| manifest.digest()))?;
                match own {
                    Some(own) => own.remove(op).await?,
                    None => self.remove_tag(&op, tag).await?,
                }
                self.expect_manifest(&image).await
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
        Ok(())
    }

    /// Some registries delete the manifest with its tag, and with it every other tag.
    async fn expect_manifest(&self, image: &Pinned) -> Result<()> {
        match self.named(&image.clone().into()).await.absent_is_none()? {
            Some(_) => Ok(()),
            None => {
                Err(Error::unexpected("the registry deleted the manifest together with the tag")
                    .context("manifest", image))
            }
        }
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
