//! Deleting tags and manifests.

use http::{Method, StatusCode};

use super::auth::Access;
use super::change::Change;
use super::{OciRegistry, answer};
use crate::approve::Permit;
use crate::error::{Absent, Error, ErrorKind, Result};
use crate::http::{Answer, Request};
use crate::model::{Manifest, Pinned};
use crate::plan::{Delete, DeleteTarget};
use crate::registry::{Deletion, checks};

impl OciRegistry {
    /// Deletes what the permit says; by `own`, where the registry has an interface of its own for that.
    pub(in crate::registry) async fn remove(&self, op: Permit<'_, Delete>, own: Option<&dyn Deletion>) -> Result<()> {
        let planned = Delete::clone(&op);
        let manifest = match own.filter(|own| own.takes(&planned.target)) {
            Some(own) => {
                let manifest = self.expect_there(&planned).await?;
                if let Err(error) = own.remove(op).await
                    && !(error.is_not_found() && self.still_there(&planned).await?.is_none())
                {
                    return Err(error);
                }
                manifest
            }
            None => self.remove_by_protocol(&planned).await?,
        };
        let image = planned.repository.at(planned.expected.clone());
        match planned.target {
            DeleteTarget::Manifest => self.leave_fallback(&image.repository, &manifest).await,
            DeleteTarget::Tag(_) => self.expect_manifest(&image).await,
        }
    }

    async fn remove_by_protocol(&self, op: &Delete) -> Result<Manifest> {
        let path = self.path(&op.repository)?;
        let name = match &op.target {
            DeleteTarget::Tag(tag) => tag.to_string(),
            DeleteTarget::Manifest => op.expected.to_string(),
        };
        let request = Request::new(Method::DELETE, self.url(&format!("{path}/manifests/{name}"))?);
        let (manifest, answer) = self.send_delete(op, &request, Access::delete(path)).await?;
        let Some(answer) = answer else { return Ok(manifest) };
        if matches!(answer.status(), StatusCode::ACCEPTED | StatusCode::OK | StatusCode::NO_CONTENT) {
            return Ok(manifest);
        }
        let error = answer::refusal(answer, "the registry does not delete this").await;
        let error = error.context("repository", &op.repository).context("name", name);
        let cannot = matches!(error.kind(), ErrorKind::Unsupported | ErrorKind::Unexpected | ErrorKind::NotFound);
        if !cannot {
            return Err(error);
        }
        // "Not found" is said of what is gone, and by registries that do not delete such a thing.
        if self.still_there(op).await?.is_none() {
            return Ok(manifest);
        }
        Err(match &op.target {
            DeleteTarget::Tag(tag) => Error::unsupported("this registry cannot delete a tag alone")
                .context("repository", &op.repository)
                .context("tag", tag)
                .hint("delete the manifest, which deletes all of its tags, or use the registry's own interface")
                .caused_by(error),
            DeleteTarget::Manifest if error.is_not_found() => error.of_kind(ErrorKind::Unsupported),
            DeleteTarget::Manifest => error,
        })
    }

    /// Sends a request that deletes, and gives what it was to delete with the registry's answer; `None` where it was gone after a
    /// try whose answer was lost. Each try follows a look: by then the tag may be another's.
    async fn send_delete(&self, op: &Delete, request: &Request, access: Access) -> Result<(Manifest, Option<Answer>)> {
        let mut change = Change::new(self, access);
        let mut ready = change.prepare().await;
        let manifest = self.expect_there(op).await?;
        loop {
            ready?;
            if let Some(answer) = change.attempt(request).await? {
                return Ok((manifest, Some(answer)));
            }
            ready = change.prepare().await;
            if self.still_there(op).await?.is_none() {
                return Ok((manifest, None));
            }
        }
    }

    /// The same by an interface that the registry has beside the protocol, under the same login ([`beside`](Self::beside)).
    #[cfg(feature = "acr")]
    pub(in crate::registry) async fn delete_beside(
        &self,
        op: &Delete,
        request: &Request,
        (path, actions): (&str, &str),
    ) -> Result<Option<Answer>> {
        self.send_delete(op, request, Access::to(path, actions)).await.map(|(_, answer)| answer)
    }

    async fn expect_there(&self, op: &Delete) -> Result<Manifest> {
        self.still_there(op).await?.ok_or_else(|| match &op.target {
            DeleteTarget::Tag(tag) => checks::no_tag(&op.repository, tag),
            DeleteTarget::Manifest => checks::no_manifest(&op.repository, &op.expected),
        })
    }

    /// What is to be deleted; `None` where it is gone.
    ///
    /// # Errors
    /// `Conflict` where a tag is not as expected.
    pub(in crate::registry) async fn still_there(&self, op: &Delete) -> Result<Option<Manifest>> {
        let tag = match &op.target {
            DeleteTarget::Tag(tag) => tag,
            DeleteTarget::Manifest => {
                return self.named(&op.repository.at(op.expected.clone()).into()).await.absent_is_none();
            }
        };
        let named = self.named(&op.repository.tagged(tag.clone())).await.absent_is_none()?;
        if let Some(manifest) = &named {
            checks::tag_is_as_expected(op, tag, Some(manifest.digest()))?;
        }
        Ok(named)
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
}
