//! Storing manifests and setting tags.

use futures_util::future::join;
use http::header::{CONTENT_TYPE, IF_MATCH, IF_NONE_MATCH};
use http::{HeaderMap, HeaderName, HeaderValue, Method};

use super::auth::Access;
use super::change::Change;
use super::{OciRegistry, answer};
use crate::error::{Absent, Error, Result};
use crate::http::{Answer, Request};
use crate::model::{Manifest, Repository};
use crate::plan::{PutManifest, SetTag};
use crate::registry::{Moved, checks};

/// What must hold at the registry for a manifest to be taken.
pub(super) enum Condition {
    None,
    /// Nothing stands there.
    Absent,
    /// What stands there has this `ETag`.
    Unchanged(HeaderValue),
}

impl OciRegistry {
    pub(super) async fn store_manifest(&self, op: &PutManifest) -> Result<Moved> {
        let PutManifest { repository, manifest } = op;
        let there = repository.at(manifest.digest().clone());
        if self.named(&there.clone().into()).await.absent_is_none()?.is_some() {
            let listed = self.enter_in_fallback(repository, manifest).await?;
            return if listed { Ok(Moved::AlreadyThere) } else { self.have_listed(repository, manifest).await };
        }
        let answer = self.put(repository, manifest).await?;
        let Some(subject) = manifest.subject() else { return Ok(Moved::Sent(manifest.bytes().len() as u64)) };
        // Such a registry keeps the list itself and says so.
        if answer.header("oci-subject") == Some(subject.digest.as_str()) {
            self.note_referrers(self.path(repository)?, true);
        } else {
            self.enter_in_fallback(repository, manifest).await?;
        }
        Ok(Moved::Sent(manifest.bytes().len() as u64))
    }

    /// Sends a manifest that is there once more, since its subject's list lacks it: a registry that learned to keep these lists
    /// enters in them what is pushed from then on.
    async fn have_listed(&self, repository: &Repository, manifest: &Manifest) -> Result<Moved> {
        self.put(repository, manifest).await?;
        let mut looks = 0;
        while !self.enter_in_fallback(repository, manifest).await? {
            looks += 1;
            // The list may come a moment after the manifest.
            let Some(pause) = self.0.http.patience().pause(looks, &HeaderMap::new()) else {
                return Err(Error::unexpected("the registry does not list a referrer that it has")
                    .context("repository", repository)
                    .context("manifest", manifest.digest())
                    .hint(
                        "delete the manifest and copy it again, or have the registry's index of referrers built anew",
                    ));
            };
            tokio::time::sleep(pause).await;
        }
        Ok(Moved::Sent(manifest.bytes().len() as u64))
    }

    pub(super) async fn point_tag(&self, op: &SetTag) -> Result<Moved> {
        let reference = op.repository.tagged(op.tag.clone());
        let wanted = op.repository.at(op.to.clone()).into();
        let is_settled = |now: Result<Manifest>| -> Result<bool> {
            let now = now.absent_is_none()?;
            checks::tag_is_settled(op, now.as_ref().map(|manifest| manifest.digest()))
        };
        let mut change = Change::new(self, Access::push(self.path(&op.repository)?));
        // A login that may not write is no matter where nothing has to be written.
        let mut ready = change.prepare().await;
        let (now, manifest) = join(self.named(&reference), self.named(&wanted)).await;
        if is_settled(now)? {
            return Ok(Moved::AlreadyThere);
        }
        let manifest = manifest?;
        let request = self.putting(&op.repository, op.tag.as_str(), &manifest, Condition::None)?;
        loop {
            ready?;
            if let Some(answer) = change.attempt(&request).await? {
                taken(answer, &manifest).await?;
                return Ok(Moved::Sent(0));
            }
            ready = change.prepare().await;
            if is_settled(self.named(&reference).await)? {
                return Ok(Moved::Sent(0));
            }
        }
    }

    /// Sends a manifest, byte for byte, to be known by its digest. To do that twice changes nothing.
    async fn put(&self, repository: &Repository, manifest: &Manifest) -> Result<Answer> {
        let request = self.putting(repository, manifest.digest().as_str(), manifest, Condition::None)?;
        let answer = self.call(request, &Access::push(self.path(repository)?)).await?;
        taken(answer, manifest).await
    }

    /// The request that sends a manifest to be known by a digest or a tag.
    pub(super) fn putting(
        &self,
        repository: &Repository,
        name: &str,
        manifest: &Manifest,
        condition: Condition,
    ) -> Result<Request> {
        let path = self.path(repository)?;
        let mut request = Request::new(Method::PUT, self.url(&format!("{path}/manifests/{name}"))?);
        let media_type = HeaderValue::try_from(manifest.media_type())
            .map_err(|_| Error::invalid("the manifest's media type cannot be sent"))?;
        request.headers.insert(CONTENT_TYPE, media_type);
        let condition: Option<(HeaderName, HeaderValue)> = match condition {
            Condition::None => None,
            Condition::Absent => Some((IF_NONE_MATCH, HeaderValue::from_static("*"))),
            Condition::Unchanged(etag) => Some((IF_MATCH, etag)),
        };
        request.headers.extend(condition);
        request.body = manifest.bytes().clone();
        Ok(request)
    }
}

/// The answer, if it says that the registry has taken the manifest.
pub(super) async fn taken(answer: Answer, manifest: &Manifest) -> Result<Answer> {
    let about = |error: Error| error.context("manifest", manifest.digest()).context("type", manifest.media_type());
    if !answer.status().is_success() {
        return Err(about(answer::refusal(answer, "the registry does not take the manifest").await));
    }
    answer::confirms(&answer, manifest.digest()).map_err(about)?;
    Ok(answer)
}
