//! Blobs.

use super::bench::{Bench, KIND};
use super::flaw::{Check, Flaw, expect, expect_error, refusable};
use super::liar::Liar;
use crate::error::ErrorKind;
use crate::model::{Descriptor, Digest};
use crate::registry::Moved;

pub(super) async fn blob_comes_back_byte_for_byte(bench: &Bench<'_>) -> Check {
    let text = bench.unique("blob \0\r\n");
    let blob = bench.blob(KIND, text.clone());
    expect(bench.put_blob(&blob).await? != Moved::AlreadyThere, "a new blob is not there already")?;
    expect(bench.read_blob(&blob).await? == text, "the bytes that were put")?;
    bench.put_blob(&blob).await?;
    expect(bench.read_blob(&blob).await? == text, "the same bytes after they were put again")
}

pub(super) async fn large_blob_comes_back_byte_for_byte(bench: &Bench<'_>) -> Check {
    let line = bench.unique("a line of a blob that takes several pieces");
    let bytes: Vec<u8> = line.bytes().cycle().take((2 << 20) + 7).collect();
    let blob = bench.blob(KIND, bytes.clone());
    bench.put_blob(&blob).await?;
    expect(bench.read_blob(&blob).await? == bytes, "the bytes that were put")
}

pub(super) async fn empty_blob_comes_back(bench: &Bench<'_>) -> Check {
    let blob = bench.blob(KIND, "");
    refusable(bench.put_blob(&blob).await)?;
    expect(bench.read_blob(&blob).await?.is_empty(), "no bytes")
}

pub(super) async fn sha512_blob_comes_back(bench: &Bench<'_>) -> Check {
    let text = bench.unique("blob with a long digest");
    let digest = Digest::parse(&format!("sha512:{}", "0".repeat(128)))?.same_algorithm_of(text.as_bytes());
    let blob = Descriptor::new(KIND, digest, text.len() as u64);
    let source = Liar { bytes: text.clone().into(), is_open: false };
    refusable(bench.put_blob_from(&blob, &source).await)?;
    expect(bench.read_blob(&blob).await? == text, "the bytes that were put")
}

pub(super) async fn false_blob_is_not_stored(bench: &Bench<'_>) -> Check {
    let text = bench.unique("promised");
    for bytes in [text.replace('p', "q"), text[1..].to_owned(), format!("{text}."), String::new()] {
        let blob = Descriptor::of(KIND, text.as_bytes());
        not_stored(bench, &blob, Liar { bytes: bytes.into(), is_open: false }).await?;
    }
    Ok(())
}

pub(super) async fn blob_of_another_digest_is_not_stored(bench: &Bench<'_>) -> Check {
    let blob = Descriptor::of(KIND, bench.unique("asked").as_bytes());
    not_stored(bench, &blob, Liar { bytes: bench.unique("other").into(), is_open: true }).await
}

async fn not_stored(bench: &Bench<'_>, blob: &Descriptor, source: Liar) -> Result<(), Flaw> {
    expect_error(bench.put_blob_from(blob, &source).await, &[ErrorKind::Untrusted], "putting false bytes")?;
    expect_error(bench.read_blob(blob).await, &[ErrorKind::NotFound], "reading what was not stored")
}
