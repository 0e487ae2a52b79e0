//! A ledger in a bucket, which several machines share.
//!
//! Everything rests on one ability of the store: to write an object only where there is none, or only over the version that was
//! read. A store that ignores these conditions is found out before it is relied upon.
//!
//! - `locks/<plan>` is held while the plan is executed. Who holds it writes it anew again and again; who wants it takes it
//!   over once it was not written for two minutes, by the clock of the store alone.
//! - `spent/<approval>` is there once an approval was spent.
//! - `journal/<plan>/<number>` are the pieces of the plan's journal, each written once.

mod dialect;
mod journal;
mod lock;
mod store;
#[cfg(test)]
#[cfg(all(feature = "s3", feature = "gcs", feature = "azblob"))]
mod tests;
mod url;

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use tokio::sync::OnceCell;

use self::dialect::Condition;
use self::lock::BucketLock;
use self::store::Bucket;
use crate::approve::{LedgerStore, PlanLock};
use crate::error::{Error, Result};
use crate::model::Digest;
use crate::registry::{Network, Variables};

/// After so long without a sign of life, an execution is taken to be dead.
const LEASE: Duration = Duration::from_secs(120);

/// A ledger in a bucket of S3 or of a store that speaks its language, of Google Cloud Storage, or in a container of Azure's.
#[derive(Debug, Clone)]
pub struct BucketLedger {
    bucket: Arc<Bucket>,
    lease: Duration,
    /// Whether it is known that the store heeds conditions.
    heeds: Arc<OnceCell<()>>,
}

impl BucketLedger {
    /// The ledger at an address, with what else is needed as a query. Nothing is asked yet.
    ///
    /// - `s3://BUCKET/PREFIX`, with `region` (else `AWS_REGION`), `endpoint` for a store that is not AWS's, `profile` of the shared
    ///   files of AWS. Credentials are those of this machine, as for its registry.
    /// - `gs://BUCKET/PREFIX`, with `endpoint`. Credentials are those that Google's libraries find
    ///   (`GOOGLE_APPLICATION_CREDENTIALS`, the login of `gcloud`, the machine's); at an emulator (`STORAGE_EMULATOR_HOST`), none.
    /// - `az://ACCOUNT/CONTAINER/PREFIX`, with `endpoint` for another cloud or an emulator. Credentials are `AZURE_STORAGE_KEY`,
    ///   `AZURE_STORAGE_SAS_TOKEN`, or those of the directory, as for ACR.
    ///
    /// # Errors
    /// `Invalid` where it is no such address; `Unsupported` where it is one of another kind of store.
    pub fn open(url: &str, network: Network) -> Result<Self> {
        Ok(BucketLedger::of(url::open(url, &Variables::Process, network)?, LEASE))
    }

    fn of(bucket: Bucket, lease: Duration) -> Self {
        BucketLedger { bucket: Arc::new(bucket), lease, heeds: Arc::default() }
    }

    /// Refuses a store that would let two be first, or where what was written is not found again: there nothing would be spent.
    async fn expect_conditions(&self) -> Result<()> {
        let ask = async {
            let (bucket, key, body) = (&self.bucket, "conditions", "written once\n");
            let refused = |why: &str| Error::unsupported(why).context("bucket", bucket);
            let mut heeds = bucket.put(key, body, Condition::Absent).await?.is_none();
            if !heeds {
                heeds = bucket.put(key, body, Condition::Absent).await?.is_none();
            }
            let other = Condition::Is(bucket.dialect.no_version());
            if !heeds || bucket.put(key, body, other).await?.is_some() {
                return Err(refused("the store ignores conditions, so it cannot tell who came first")
                    .hint("use a store that heeds If-None-Match and If-Match when it writes"));
            }
            match bucket.get(key).await? {
                Some(there) if there.body == body => Ok(()),
                _ => Err(refused("the store does not show what was written to it")),
            }
        };
        self.heeds.get_or_try_init(|| ask).await.map(drop)
    }
}

#[async_trait]
impl LedgerStore for BucketLedger {
    async fn lock(&self, plan: &Digest) -> Result<Box<dyn PlanLock>> {
        self.expect_conditions().await?;
        Ok(Box::new(BucketLock::take(Arc::clone(&self.bucket), plan, self.lease).await?))
    }

    async fn journal_of(&self, plan: &Digest) -> Result<Bytes> {
        Ok(journal::read(&self.bucket, &journal::folder(plan)).await?.0)
    }

    async fn is_spent(&self, approval: &Digest) -> Result<bool> {
        Ok(self.bucket.get(&spent(approval)).await?.is_some())
    }

    async fn spend(&self, approval: &Digest, plan: &Digest) -> Result<()> {
        // It is the same whoever wrote it.
        self.bucket.put(&spent(approval), format!("spent {plan}\n"), Condition::Absent).await.map(drop)
    }
}

fn spent(approval: &Digest) -> String {
    format!("spent/{}", approval.hex())
}
