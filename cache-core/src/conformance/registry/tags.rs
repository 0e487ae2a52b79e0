//! Tags.

use super::bench::Bench;
use super::flaw::{Check, expect, expect_error};
use crate::error::ErrorKind::{Conflict, NotFound};
use crate::model::Digest;
use crate::plan::Expected;
use crate::registry::Moved;

pub(super) async fn tags_are_listed_once_and_sorted(bench: &Bench<'_>) -> Check {
    let image = bench.image("many tags")?;
    bench.put(&image).await?;
    let mut wanted = Vec::new();
    // Upper case sorts before lower case, and ten after one.
    for name in ["b", "B", "a", "_", "1", "10", "9", "z.z"] {
        let tag = bench.tag(name)?;
        bench.set_tag(&tag, image.digest(), Expected::Absent).await?;
        wanted.push(tag);
    }
    let listed = bench.registry.tags(bench.repository).await?;
    expect(listed.is_sorted_by(|a, b| a < b), "tags are sorted, each once")?;
    expect(wanted.iter().all(|tag| listed.contains(tag)), "every tag that was set is listed")
}

pub(super) async fn tag_is_set_where_none_was(bench: &Bench<'_>) -> Check {
    let (image, tag) = (bench.image("set")?, bench.tag("set")?);
    bench.put(&image).await?;
    let elsewhere = Expected::At(Digest::of(b"elsewhere"));
    let early = bench.set_tag(&tag, image.digest(), elsewhere).await;
    expect_error(early, &[Conflict], "moving a tag that is not there")?;
    expect(bench.named(&tag).await?.is_none(), "no tag after the conflict")?;
    let moved = bench.set_tag(&tag, image.digest(), Expected::Absent).await?;
    expect(moved != Moved::AlreadyThere, "a new tag is not there already")?;
    expect(bench.named(&tag).await?.as_ref() == Some(image.digest()), "the tag names the image")?;
    let again = bench.set_tag(&tag, image.digest(), Expected::Absent).await?;
    expect(again == Moved::AlreadyThere, "a tag that is right already is said to be")
}

pub(super) async fn tag_is_not_set_over_another(bench: &Bench<'_>) -> Check {
    let (image, tag) = bench.put_tagged("not-over").await?;
    let other = bench.image("over another")?;
    bench.put(&other).await?;
    for expected in [Expected::Absent, Expected::At(other.digest().same_algorithm_of(b"neither"))] {
        let result = bench.set_tag(&tag, other.digest(), expected).await;
        expect_error(result, &[Conflict], "setting a tag that names something else")?;
        expect(bench.named(&tag).await?.as_ref() == Some(image.digest()), "the tag is as it was")?;
    }
    Ok(())
}

pub(super) async fn tag_is_moved_from_what_was_expected(bench: &Bench<'_>) -> Check {
    let (image, tag) = bench.put_tagged("moved").await?;
    let other = bench.image("moved to")?;
    bench.put(&other).await?;
    bench.set_tag(&tag, other.digest(), Expected::At(image.digest().clone())).await?;
    expect(bench.named(&tag).await?.as_ref() == Some(other.digest()), "the tag names the other image")?;
    let left = bench.read_manifest(image.digest()).await?;
    expect(left.bytes() == image.bytes(), "the image that lost its tag is still there")
}

pub(super) async fn tag_of_an_absent_manifest_is_not_set(bench: &Bench<'_>) -> Check {
    // So that the repository is there.
    bench.put(&bench.image("beside an absent one")?).await?;
    let (image, tag) = (bench.image("never put")?, bench.tag("never-put")?);
    let result = bench.set_tag(&tag, image.digest(), Expected::Absent).await;
    expect_error(result, &[NotFound], "a tag for a manifest that is not there")?;
    expect(bench.named(&tag).await?.is_none(), "no such tag")
}
