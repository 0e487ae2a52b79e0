//! What is not there.

use super::bench::{Bench, KIND};
use super::flaw::{Check, expect, expect_error};
use crate::error::ErrorKind::NotFound;
use crate::model::{Descriptor, Digest, Repository};

pub(super) async fn unknown_tag_is_not_found(bench: &Bench<'_>) -> Check {
    // So that the repository is there.
    bench.put_tagged("known").await?;
    let tag = bench.repository.tagged(bench.tag("unknown")?);
    expect_error(bench.registry.resolve(&tag).await, &[NotFound], "an unknown tag")
}

pub(super) async fn unknown_manifest_is_not_found(bench: &Bench<'_>) -> Check {
    let digest = Digest::of(bench.unique("no manifest").as_bytes());
    expect_error(bench.read_manifest(&digest).await, &[NotFound], "an unknown manifest")?;
    let reference = bench.at(&digest).into();
    expect_error(bench.registry.resolve(&reference).await, &[NotFound], "resolving an unknown digest")
}

pub(super) async fn unknown_blob_is_not_found(bench: &Bench<'_>) -> Check {
    let blob = Descriptor::of(KIND, bench.unique("no blob").as_bytes());
    // Before the first byte: the stream is not even begun.
    expect_error(bench.registry.blob(bench.repository, &blob).await, &[NotFound], "an unknown blob")
}

pub(super) async fn unknown_repository_is_not_found(bench: &Bench<'_>) -> Check {
    let other = Repository::parse(&format!("{}-absent", bench.repository))?;
    expect_error(bench.registry.tags(&other).await, &[NotFound], "the tags of an unknown repository")?;
    let tag = other.tagged(bench.tag("unknown")?);
    expect_error(bench.registry.resolve(&tag).await, &[NotFound], "a tag of an unknown repository")
}

pub(super) async fn absent_subject_has_no_referrers(bench: &Bench<'_>) -> Check {
    let subject = bench.image("nobody refers to this")?;
    expect(bench.referrers(&subject).await?.is_empty(), "no referrers of an absent manifest")?;
    bench.put(&subject).await?;
    expect(bench.referrers(&subject).await?.is_empty(), "no referrers of a manifest that nothing is about")
}
