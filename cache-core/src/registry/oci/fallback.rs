//! The list of referrers where a registry keeps none: an index under a tag made of the subject's digest (distribution
//! specification, "Referrers Tag Schema"). Every client changes the whole list, so every change is read again.

use std::time::Duration;

use serde_json::{Value, json};

use super::auth::Access;
use super::change::Change;
use super::manifests::{Condition, taken};
use super::{OciRegistry, locks};
use crate::error::{Absent, Error, ErrorKind, Result};
use crate::model::manifest::{MAX_MANIFEST, media_type};
use crate::model::{Descriptor, Digest, Manifest, ManifestBody, Repository, Tag};
use crate::registry::checks;

/// How often another writer may come between.
const ROUNDS: u32 = 12;

impl OciRegistry {
    /// The list under the fallback tag; `None` where there is none. What is no list of referrers is not taken for one: some
    /// registries answer with the subject itself.
    pub(super) async fn fallback(
        &self,
        repository: &Repository,
        subject: &Digest,
    ) -> Result<Option<(Manifest, Option<http::HeaderValue>)>> {
        let tag = repository.tagged(Tag::of_digest(subject, ""));
        let found = self.read_named(&tag).await.map_err(|e| e.context("reference", &tag)).absent_is_none()?;
        Ok(found.filter(|(list, _)| list.digest() != subject && matches!(list.value(), ManifestBody::Index(_))))
    }

    /// Enters a manifest in the list of its subject, unless the registry keeps that itself; `false` where it keeps one that lacks
    /// the manifest.
    pub(super) async fn enter_in_fallback(&self, repository: &Repository, referrer: &Manifest) -> Result<bool> {
        let Some(subject) = referrer.subject() else { return Ok(true) };
        if let Some(kept) = self.referrers_by_api(&repository.at(subject.digest.clone())).await? {
            return Ok(kept.iter().any(|listed| listed.digest == *referrer.digest()));
        }
        let entry = checks::referrer(referrer);
        self.change_fallback(repository, &subject.digest, Wish::Has(&entry)).await.map(|()| true)
    }

    /// Takes a manifest that was deleted off the list of its subject.
    pub(super) async fn leave_fallback(&self, repository: &Repository, referrer: &Manifest) -> Result<()> {
        let Some(subject) = referrer.subject() else { return Ok(()) };
        self.change_fallback(repository, &subject.digest, Wish::Lacks(referrer.digest())).await
    }

    async fn change_fallback(&self, repository: &Repository, subject: &Digest, wish: Wish<'_>) -> Result<()> {
        let tag = Tag::of_digest(subject, "");
        let _alone = locks::alone(format!("{repository}:{tag}")).await;
        let mut change = Change::new(self, Access::push(self.path(repository)?));
        for round in 0..ROUNDS {
            let ready = change.prepare().await;
            let found = self.fallback(repository, subject).await?;
            if wish.is_met_by(found.as_ref().map(|(list, _)| list)) {
                return Ok(());
            }
            ready?;
            let list = wish.applied(found.as_ref().map(|(list, _)| list))?;
            let condition = match found {
                None => Condition::Absent,
                Some((_, Some(etag))) => Condition::Unchanged(etag),
                Some((_, None)) => Condition::None,
            };
            let about = |error: Error| error.context("list of referrers", &tag);
            let request = self.putting(repository, tag.as_str(), &list, condition).map_err(about)?;
            // `None`: the list may have been taken or be another by now, which the next round shows.
            if let Some(answer) = change.attempt(&request).await.map_err(about)? {
                match taken(answer, &list).await {
                    Ok(_) => {}
                    // Somebody was faster.
                    Err(error) if error.kind() == ErrorKind::Conflict => {}
                    Err(error) => return Err(about(error)),
                }
            }
            // Where conditions are not obeyed another client may have written over us; a moment shows it.
            tokio::time::sleep(Duration::from_millis(u64::from(round) * 20)).await;
        }
        Err(Error::conflict("others change the list of referrers all the time")
            .context("repository", repository)
            .context("tag", tag))
    }
}

/// What the list shall be like.
enum Wish<'a> {
    Has(&'a Descriptor),
    Lacks(&'a Digest),
}

impl Wish<'_> {
    fn is_met_by(&self, list: Option<&Manifest>) -> bool {
        let has = |digest: &Digest| list.is_some_and(|list| list.children().iter().any(|d| d.digest == *digest));
        match self {
            Wish::Has(entry) => has(&entry.digest),
            Wish::Lacks(digest) => !has(digest),
        }
    }

    /// The list with the change, and with everything else as it was, what is not known here included.
    fn applied(&self, list: Option<&Manifest>) -> Result<Manifest> {
        let malformed = |e: serde_json::Error| Error::invalid("the list of referrers cannot be changed").caused_by(e);
        let empty = || json!({"schemaVersion": 2, "mediaType": media_type::OCI_INDEX, "manifests": []});
        let mut document: Value = match list {
            Some(list) => serde_json::from_slice(list.bytes()).map_err(malformed)?,
            None => empty(),
        };
        if !document["manifests"].is_array() {
            document["manifests"] = json!([]);
        }
        if let Some(entries) = document["manifests"].as_array_mut() {
            match self {
                Wish::Has(entry) => entries.push(serde_json::to_value(entry).map_err(malformed)?),
                Wish::Lacks(digest) => entries.retain(|entry| entry["digest"] != digest.as_str()),
            }
        }
        let bytes = serde_json::to_vec(&document).map_err(malformed)?;
        if bytes.len() as u64 > MAX_MANIFEST {
            return Err(Error::invalid("the list of referrers has no room for one more"));
        }
        Manifest::parse(bytes, Some(media_type::OCI_INDEX))
    }
}
