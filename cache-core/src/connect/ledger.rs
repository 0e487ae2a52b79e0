//! Where used approvals are remembered, as text.

use bytes::Bytes;

use crate::approve::Ledger;
use crate::error::{Error, Result};
use crate::execute::Journal;
use crate::model::Digest;
use crate::registry::Network;

/// The ledger at a folder, or at an address that several machines share; without either, the user's own.
///
/// # Errors
/// `Invalid` where it is no such address; `Unsupported` where there is no ledger for that kind of address.
pub(super) fn open_ledger(stated: Option<&str>, network: &Network) -> Result<Ledger> {
    match stated {
        None => Ledger::of_user(),
        Some(address) if address.contains("://") => shared(address, network),
        Some(folder) if folder.trim().is_empty() => Err(Error::invalid("the ledger is named by no folder")),
        Some(folder) => Ok(Ledger::at(folder)),
    }
}

/// The journal of the plan with this digest. See [`Journal::kept`].
///
/// # Errors
/// As there; `Invalid` where it is no digest.
pub(super) async fn journal(ledger: &Ledger, plan: &str) -> Result<Bytes> {
    Journal::kept(ledger, &Digest::parse(plan)?).await
}

#[cfg(feature = "bucket")]
fn shared(address: &str, network: &Network) -> Result<Ledger> {
    crate::bucket::BucketLedger::open(address, network.clone()).map(Ledger::of)
}

#[cfg(not(feature = "bucket"))]
fn shared(_: &str, _: &Network) -> Result<Ledger> {
    Err(Error::unsupported("this build keeps ledgers in folders alone; the features s3, gcs and azblob are off"))
}
