//! Deletion. A registry may lack it, or be able to delete manifests and no tags.

use super::bench::Bench;
use super::flaw::{Check, expect, expect_error, optional};
use crate::error::Absent;
use crate::error::ErrorKind::{Conflict, NotFound, Unsupported};
use crate::model::Digest;
use crate::plan::{DeleteTarget, Expected};

pub(super) async fn tag_is_deleted_alone(bench: &Bench<'_>) -> Check {
    let (image, tag) = bench.put_tagged("deleted").await?;
    let other = bench.tag("not-deleted")?;
    bench.set_tag(&other, image.digest(), Expected::Absent).await?;
    let deleted = optional(bench.delete(DeleteTarget::Tag(tag.clone()), image.digest()).await);
    expect(bench.named(&other).await?.as_ref() == Some(image.digest()), "the other tag is as it was")?;
    deleted?;
    expect(bench.named(&tag).await?.is_none(), "the tag is gone")?;
    expect(!bench.registry.tags(bench.repository).await?.contains(&tag), "the tag is no longer listed")?;
    let left = bench.read_manifest(image.digest()).await?;
    expect(left.bytes() == image.bytes(), "the manifest is still there")
}

pub(super) async fn moved_tag_is_not_deleted(bench: &Bench<'_>) -> Check {
    let (image, tag) = bench.put_tagged("not-as-expected").await?;
    // Said before anything is tried, also by a registry that cannot delete tags.
    let elsewhere = Digest::of(bench.unique("elsewhere").as_bytes());
    let result = bench.delete(DeleteTarget::Tag(tag.clone()), &elsewhere).await;
    expect_error(result, &[Conflict, Unsupported], "deleting a tag that names something else")?;
    expect(bench.named(&tag).await?.as_ref() == Some(image.digest()), "the tag is as it was")?;
    let absent = DeleteTarget::Tag(bench.tag("never-set")?);
    let result = bench.delete(absent, image.digest()).await;
    expect_error(result, &[Conflict, NotFound, Unsupported], "deleting a tag that is not there")
}

pub(super) async fn manifest_is_deleted_with_its_tags(bench: &Bench<'_>) -> Check {
    let (image, tag) = bench.put_tagged("gone").await?;
    let also = bench.tag("gone-too")?;
    bench.set_tag(&also, image.digest(), Expected::Absent).await?;
    let (kept, kept_tag) = bench.put_tagged("kept").await?;
    optional(bench.delete(DeleteTarget::Manifest, image.digest()).await)?;
    expect(bench.read_manifest(image.digest()).await.absent_is_none()?.is_none(), "the manifest is gone")?;
    for tag in [&tag, &also] {
        expect(bench.named(tag).await?.is_none(), "its tags are gone")?;
    }
    let listed = bench.registry.tags(bench.repository).await?;
    expect(!listed.contains(&tag) && !listed.contains(&also), "its tags are no longer listed")?;
    expect(bench.named(&kept_tag).await?.as_ref() == Some(kept.digest()), "another image is as it was")
}

pub(super) async fn absent_manifest_is_not_deleted(bench: &Bench<'_>) -> Check {
    bench.put(&bench.image("beside a deletion")?).await?;
    let absent = Digest::of(bench.unique("never put").as_bytes());
    let result = bench.delete(DeleteTarget::Manifest, &absent).await;
    expect_error(result, &[Conflict, NotFound, Unsupported], "deleting a manifest that is not there")
}

pub(super) async fn deleted_referrer_is_no_longer_listed(bench: &Bench<'_>) -> Check {
    let subject = bench.image("subject of a deleted one")?;
    let (gone, kept) = (bench.artifact("gone", &subject)?, bench.artifact("kept", &subject)?);
    for manifest in [&subject, &gone, &kept] {
        bench.put(manifest).await?;
    }
    optional(bench.delete(DeleteTarget::Manifest, gone.digest()).await)?;
    let listed = bench.referrers(&subject).await?;
    let found: Vec<&Digest> = listed.iter().map(|d| &d.digest).collect();
    expect(found == [kept.digest()], &format!("only the one that was kept; found {found:?}"))
}
