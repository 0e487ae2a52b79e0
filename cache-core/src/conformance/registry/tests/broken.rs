//! The suite finds what it is there to find: adapters with one defect each.

use async_trait::async_trait;
use futures_util::StreamExt;

use crate::approve::{Permit, testing_permit};
use crate::conformance::registry::{Outcome, check_registry};
use crate::error::{Error, Result};
use crate::model::{Descriptor, Manifest, Pinned, Reference, Repository, Tag};
use crate::plan::{BlobCopy, Delete, DeleteTarget, Expected, PutManifest, SetTag};
use crate::registry::{BlobStream, MemoryRegistry, Moved, Registry, RegistryWriter};

#[derive(Debug, Clone, Copy, PartialEq)]
enum Defect {
    UnsortedTags,
    LastTagMissing,
    NoTagsForAbsent,
    ReferrersTwice,
    ReferrersBare,
    NoReferrers,
    UnreachableForAbsent,
    OverwritesTags,
    TagsWithoutManifest,
    TakesAnyBlob,
    DeletesTagsWithAnyDigest,
    TagTakesManifestAlong,
    Reserialises,
    RefusesAndStores,
}

#[derive(Debug)]
struct Broken {
    inner: MemoryRegistry,
    defect: Defect,
}

#[async_trait]
impl Registry for Broken {
    async fn resolve(&self, reference: &Reference) -> Result<Descriptor> {
        let found = self.inner.resolve(reference).await;
        match found {
            Err(_) if self.defect == Defect::UnreachableForAbsent => Err(Error::unavailable("no answer")),
            found => found,
        }
    }

    async fn manifest(&self, image: &Pinned) -> Result<Manifest> {
        let manifest = self.inner.manifest(image).await?;
        if self.defect == Defect::Reserialises {
            let value: serde_json::Value = serde_json::from_slice(manifest.bytes()).unwrap();
            return Manifest::parse(value.to_string(), None);
        }
        Ok(manifest)
    }

    async fn blob(&self, repository: &Repository, blob: &Descriptor) -> Result<BlobStream> {
        self.inner.blob(repository, blob).await
    }

    async fn tags(&self, repository: &Repository) -> Result<Vec<Tag>> {
        let mut tags = match self.inner.tags(repository).await {
            Err(_) if self.defect == Defect::NoTagsForAbsent => return Ok(Vec::new()),
            found => found?,
        };
        match self.defect {
            Defect::UnsortedTags => tags.reverse(),
            Defect::LastTagMissing => drop(tags.pop()),
            _ => {}
        }
        Ok(tags)
    }

    async fn referrers(&self, subject: &Pinned) -> Result<Vec<Descriptor>> {
        let mut found = self.inner.referrers(subject).await?;
        match self.defect {
            Defect::NoReferrers => found.clear(),
            Defect::ReferrersTwice => found.extend(found.clone()),
            Defect::ReferrersBare => {
                found.iter_mut().for_each(|d| *d = Descriptor::new(&*d.media_type, d.digest.clone(), d.size));
            }
            _ => {}
        }
        Ok(found)
    }
}

#[async_trait]
impl RegistryWriter for Broken {
    async fn put_blob(&self, op: Permit<'_, BlobCopy>, from: &dyn Registry) -> Result<Moved> {
        if self.defect == Defect::TakesAnyBlob {
            let mut stream = from.blob(&op.from, &op.blob).await?;
            let mut bytes = Vec::new();
            while let Some(Ok(piece)) = stream.next().await {
                bytes.extend_from_slice(&piece);
            }
            self.inner.insert_blob(bytes);
            return Ok(Moved::Sent(0));
        }
        self.inner.put_blob(op, from).await
    }

    async fn put_manifest(&self, op: Permit<'_, PutManifest>) -> Result<Moved> {
        if self.defect == Defect::RefusesAndStores {
            let there = self.inner.put_manifest(testing_permit(op.clone())).await;
            self.inner.insert_manifest(&op.repository, None, op.manifest.bytes().clone())?;
            return there;
        }
        self.inner.put_manifest(op).await
    }

    async fn set_tag(&self, op: Permit<'_, SetTag>) -> Result<Moved> {
        let found = self.inner.resolve(&op.repository.tagged(op.tag.clone())).await.ok().map(|d| d.digest);
        match self.defect {
            Defect::OverwritesTags => {
                self.inner.set_tag(testing_permit(SetTag { expected: Expected::from(found), ..op.clone() })).await
            }
            Defect::TagsWithoutManifest => match self.inner.set_tag(op).await {
                Err(error) if error.is_not_found() => Ok(Moved::Sent(0)),
                other => other,
            },
            _ => self.inner.set_tag(op).await,
        }
    }

    async fn delete(&self, op: Permit<'_, Delete>) -> Result<()> {
        match (&op.target, self.defect) {
            (DeleteTarget::Tag(tag), Defect::DeletesTagsWithAnyDigest) => {
                let expected = self.inner.resolve(&op.repository.tagged(tag.clone())).await?.digest;
                self.inner.delete(testing_permit(Delete { expected, ..op.clone() })).await
            }
            (DeleteTarget::Tag(_), Defect::TagTakesManifestAlong) => {
                self.inner.delete(testing_permit(Delete { target: DeleteTarget::Manifest, ..op.clone() })).await
            }
            _ => self.inner.delete(op).await,
        }
    }

    fn as_registry(&self) -> &dyn Registry {
        self
    }
}

#[tokio::test]
async fn each_defect_is_found_by_its_check() {
    let repository = Repository::parse("memory:team/app").unwrap();
    for (defect, check) in [
        (Defect::UnsortedTags, "tags_are_listed_once_and_sorted"),
        (Defect::LastTagMissing, "tags_are_listed_once_and_sorted"),
        (Defect::NoTagsForAbsent, "unknown_repository_is_not_found"),
        (Defect::ReferrersTwice, "referrers_are_listed_once_and_sorted"),
        (Defect::ReferrersBare, "referrers_have_type_and_annotations"),
        (Defect::NoReferrers, "writers_at_once_lose_no_referrer"),
        (Defect::UnreachableForAbsent, "unknown_tag_is_not_found"),
        (Defect::OverwritesTags, "tag_is_not_set_over_another"),
        (Defect::TagsWithoutManifest, "tag_of_an_absent_manifest_is_not_set"),
        (Defect::TakesAnyBlob, "false_blob_is_not_stored"),
        (Defect::TakesAnyBlob, "blob_of_another_digest_is_not_stored"),
        (Defect::DeletesTagsWithAnyDigest, "moved_tag_is_not_deleted"),
        (Defect::TagTakesManifestAlong, "tag_is_deleted_alone"),
        (Defect::RefusesAndStores, "manifest_of_absent_content_is_refused"),
        (Defect::Reserialises, "manifest_comes_back_byte_for_byte"),
    ] {
        let broken = Broken { inner: MemoryRegistry::new(), defect };
        let report = check_registry(&broken, &repository).await;
        let found = report.checks().iter().find(|c| c.name == check).unwrap();
        assert!(matches!(found.outcome, Outcome::Failed(_)), "{defect:?} is not found by {check}:\n{report}");
    }
}
