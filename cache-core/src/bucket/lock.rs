//! The lock of a plan, as an object that is written anew while it is held.

use std::sync::Arc;
use std::time::{Duration, Instant};

use async_trait::async_trait;
use bytes::Bytes;

use super::dialect::Condition;
use super::journal;
use super::store::Bucket;
use crate::approve::{PlanLock, executed_elsewhere};
use crate::error::{Error, Result};
use crate::model::Digest;

const FREE: &str = "free\n";

#[derive(Debug)]
pub(super) struct BucketLock {
    bucket: Arc<Bucket>,
    key: String,
    /// The folder of the journal, and the number of its next piece.
    journal: String,
    next: usize,
    /// What no other lock begins with, and how often it was written since.
    own: String,
    written: u64,
    version: String,
    lease: Duration,
    /// The last time at which it was surely ours.
    ours: Instant,
}

impl BucketLock {
    pub(super) async fn take(bucket: Arc<Bucket>, plan: &Digest, lease: Duration) -> Result<Self> {
        let mut nonce = [0u8; 16];
        getrandom::fill(&mut nonce).map_err(|e| Error::unexpected("no random numbers").caused_by(e))?;
        let mut lock = BucketLock {
            bucket,
            key: format!("locks/{}", plan.hex()),
            journal: journal::folder(plan),
            next: 1,
            own: format!("held {} ", crate::model::digest::to_hex(&nonce)),
            written: 0,
            version: String::new(),
            lease,
            ours: Instant::now(),
        };
        if lock.write(None).await? {
            return Ok(lock);
        }
        let there = lock.bucket.get(&lock.key).await?.ok_or_else(|| executed_elsewhere(plan))?;
        let dead = there.age >= lease || there.body == FREE;
        if dead && lock.write(Some(&there.version)).await? {
            return Ok(lock);
        }
        Err(executed_elsewhere(plan)
            .context("heard of it", format!("{} s ago", there.age.as_secs()))
            .hint(format!("an execution that died frees the plan after {} s", lease.as_secs())))
    }

    /// Writes the lock over this version, or where there is none. `false` where that is not what is there.
    async fn write(&mut self, over: Option<&str>) -> Result<bool> {
        let began = Instant::now();
        self.written += 1;
        let body = format!("{}{}\n", self.own, self.written);
        let condition = over.map_or(Condition::Absent, Condition::Is);
        if let Some(version) = self.bucket.put(&self.key, body, condition).await? {
            self.version = version;
            self.ours = began;
            return Ok(true);
        }
        // The answer to an earlier try may have been lost on its way.
        match self.bucket.get(&self.key).await? {
            Some(there) if there.body.starts_with(self.own.as_bytes()) => self.version = there.version,
            _ => return Ok(false),
        }
        Ok(true)
    }

    fn lost(&self) -> Error {
        Error::unapproved("the lock of the plan was lost: another execution may have taken over")
            .context("lock", &self.key)
    }
}

#[async_trait]
impl PlanLock for BucketLock {
    async fn kept(&mut self) -> Error {
        loop {
            tokio::time::sleep((self.lease / 4).saturating_sub(self.ours.elapsed())).await;
            let version = self.version.clone();
            // Well before others may take it, whatever becomes of the next try.
            let left = (self.lease * 3 / 4).saturating_sub(self.ours.elapsed());
            match tokio::time::timeout(left, self.write(Some(&version))).await {
                Ok(Ok(true)) => {}
                Ok(Ok(false)) => return self.lost(),
                Ok(Err(error)) => {
                    tracing::warn!(%error, "the lock of the plan could not be renewed");
                    if self.ours.elapsed() >= self.lease / 2 {
                        return self.lost().caused_by(error);
                    }
                    tokio::time::sleep(self.lease / 16).await;
                }
                Err(_) => return self.lost(),
            }
        }
    }

    async fn journal(&mut self) -> Result<Bytes> {
        let (lines, next) = journal::read(&self.bucket, &self.journal).await?;
        self.next = next;
        Ok(lines)
    }

    async fn append(&mut self, lines: Bytes) -> Result<()> {
        let key = journal::piece(&self.journal, self.next);
        if self.bucket.put(&key, lines.clone(), Condition::Absent).await?.is_none()
            && self.bucket.get(&key).await?.is_none_or(|there| there.body != lines)
        {
            return Err(self.lost().context("journal", key));
        }
        self.next += 1;
        Ok(())
    }

    async fn release(self: Box<Self>) -> Result<()> {
        if self.bucket.put(&self.key, FREE, Condition::Is(&self.version)).await?.is_some() {
            return Ok(());
        }
        // A renewal that was given up halfway may have come through. Where it is another's by now, it stays so.
        match self.bucket.get(&self.key).await? {
            Some(there) if there.body.starts_with(self.own.as_bytes()) => {
                self.bucket.put(&self.key, FREE, Condition::Is(&there.version)).await.map(drop)
            }
            _ => Ok(()),
        }
    }
}
