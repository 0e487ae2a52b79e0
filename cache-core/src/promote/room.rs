//! Whether there is a place at the target for what a plan brings.

use std::collections::BTreeMap;

use crate::error::{Absent, Error, Result};
use crate::model::Repository;
use crate::plan::{Change, CopyManifest};
use crate::registry::Registry;

/// Refuses a plan that would stop halfway, for want of a repository or of storage.
///
/// # Errors
/// `NotFound` where there is no such repository and none is made by pushing; `Conflict` where less may be stored than the plan
/// brings.
pub(super) async fn expect_room(target: &dyn Registry, changes: &[Change]) -> Result<()> {
    let Some(ability) = target.abilities().room else { return Ok(()) };
    let mut brought: BTreeMap<&Repository, Vec<&CopyManifest>> = BTreeMap::new();
    for change in changes {
        if let Change::Copy(copy) = change {
            brought.entry(&copy.to).or_default().push(copy);
        }
    }
    for (repository, copies) in brought {
        let Some(room) = ability.room(repository).await?.map(u128::from) else { continue };
        let blobs = || copies.iter().flat_map(|copy| &copy.blobs);
        // Wide enough for whatever sizes a manifest says: a sum that wraps round would be small.
        let sizes = copies.iter().map(|copy| copy.size).chain(blobs().map(|blob| blob.size));
        let mut bytes = sizes.map(u128::from).sum::<u128>();
        if bytes <= room {
            continue;
        }
        // Only now it matters which blobs are there already, which costs a question each.
        for blob in blobs() {
            if target.blob(repository, blob).await.absent_is_none()?.is_some() {
                bytes = bytes.saturating_sub(blob.size.into());
            }
        }
        if bytes > room {
            return Err(Error::conflict("the registry lets less be stored than the plan brings")
                .context("repository", repository)
                .context("bytes left", room)
                .context("bytes brought", bytes)
                .hint("raise the quota, or delete what is not needed"));
        }
    }
    Ok(())
}
