//! Listing everything that is there, where a registry offers that.

use super::bench::Bench;
use super::flaw::{Check, expect};
use crate::model::{Digest, Tag};
use crate::plan::Expected;

pub(super) async fn what_has_no_tag_is_listed_too(bench: &Bench<'_>) -> Check {
    let Some(listing) = bench.registry.abilities().listing else { return Ok(()) };
    let (tagged, tag) = bench.put_tagged("listed").await?;
    let other = bench.tag("listed-too")?;
    bench.set_tag(&other, tagged.digest(), Expected::Absent).await?;
    let untagged = bench.image("listed without a tag")?;
    bench.put(&untagged).await?;
    let all = listing.manifests(bench.repository).await?;
    let find = |digest: &Digest| all.iter().filter(|listed| listed.digest == *digest).collect::<Vec<_>>();
    let (found, bare) = (find(tagged.digest()), find(untagged.digest()));
    expect(found.len() == 1 && bare.len() == 1, "every manifest is listed once")?;
    let names = |tag: &Tag| found.iter().any(|listed| listed.tags.iter().any(|named| named.tag == *tag));
    expect(names(&tag) && names(&other), "with all of its tags")?;
    expect(bare.iter().all(|listed| listed.tags.is_empty()), "and without any where it has none")
}
