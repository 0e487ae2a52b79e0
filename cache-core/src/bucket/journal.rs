//! The journal of a plan: pieces, each an object that is written once.

use bytes::{Bytes, BytesMut};

use super::store::Bucket;
use crate::error::{Error, Result};
use crate::model::Digest;

/// No journal has more pieces, or is longer.
const MAX_PIECES: usize = 1_000_000;
const MAX_JOURNAL: usize = 256 << 20;

/// The folder of a plan's journal.
pub(super) fn folder(plan: &Digest) -> String {
    format!("journal/{}", plan.hex())
}

/// A piece in that folder; the first is 1.
pub(super) fn piece(folder: &str, number: usize) -> String {
    format!("{folder}/{number:07}")
}

/// The pieces one after the other, and the number of the next.
pub(super) async fn read(bucket: &Bucket, folder: &str) -> Result<(Bytes, usize)> {
    let (mut all, mut next) = (BytesMut::new(), 1);
    while let Some(there) = bucket.get(&piece(folder, next)).await? {
        all.extend_from_slice(&there.body);
        next += 1;
        if next > MAX_PIECES || all.len() > MAX_JOURNAL {
            return Err(Error::invalid("the journal is too long").context("journal", folder));
        }
    }
    Ok((all.freeze(), next))
}
