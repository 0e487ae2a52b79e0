//! Copying several manifests with their blobs: each question to a registry is a wait, so those that need not follow one another are
//! on their way at once.
//!
//! All manifests are read, then all blobs brought over, then the manifests are put: first those that name none of the others, then
//! those that name the first, and so on, so that a registry never gets an index before its children or a referrer before its
//! subject. Where something fails, nothing further is begun.

use std::collections::{BTreeMap, HashMap};
use std::sync::atomic::{AtomicBool, Ordering};

use futures_util::future::BoxFuture;
use futures_util::{FutureExt, StreamExt, stream};

use super::AT_ONCE;
use super::execute::Execution;
use crate::approve::Permit;
use crate::at_once::at_once;
use crate::error::{Error, Result};
use crate::model::{Digest, Manifest, Transport};
use crate::plan::{Change, CopyManifest};
use crate::registry::Moved;

/// How many blobs are on their way at a time: enough that no waiting for a registry is lost, few enough that the buffers stay
/// small.
const BLOBS_AT_ONCE: usize = 8;

/// At which of the copies something failed.
type Failure = (usize, Error);

/// One copy whose blobs are there, and its place among the others.
struct Put<'a> {
    at: usize,
    permit: Permit<'a, CopyManifest>,
    manifest: Manifest,
}

impl Execution<'_> {
    /// Copies several; what became of each, in their order: `false` where it was there already, `None` where it was not tried.
    pub(super) async fn copies(&mut self, permits: Vec<Permit<'_, CopyManifest>>) -> Vec<Option<Result<bool>>> {
        let mut outcomes: Vec<Option<Result<bool>>> = permits.iter().map(|_| None).collect();
        let failure = match self.bring_over(&permits).await {
            Ok(manifests) => self.put_all(permits, manifests, &mut outcomes).await.err(),
            Err(failure) => Some(failure),
        };
        if let Some((at, error)) = failure
            && let Some(outcome) = outcomes.get_mut(at)
        {
            *outcome = Some(Err(error));
        }
        outcomes
    }

    /// Reads the manifests and moves the blobs.
    async fn bring_over(&mut self, permits: &[Permit<'_, CopyManifest>]) -> Result<Vec<Manifest>, Failure> {
        let source = &self.source;
        let reads: Vec<BoxFuture<'_, Result<Manifest, Failure>>> = permits
            .iter()
            .enumerate()
            .map(|(at, permit)| {
                let image = permit.from.at(permit.digest.clone());
                async move { source.manifest(&image).await.map_err(|error| (at, error)) }.boxed()
            })
            .collect();
        let manifests = at_once(reads, AT_ONCE).await?;
        self.move_blobs(permits).await?;
        Ok(manifests)
    }

    /// Brings the blobs of all of them over, and counts what was sent for each.
    async fn move_blobs(&mut self, permits: &[Permit<'_, CopyManifest>]) -> Result<(), Failure> {
        let this = &*self;
        let mut moves: Vec<BoxFuture<'_, Result<(usize, Moved), Failure>>> = Vec::new();
        for (at, permit) in permits.iter().enumerate() {
            moves.extend(permit.blobs().into_iter().map(|blob| {
                let moved = async move {
                    this.expect_in_time()?;
                    this.move_blob(blob).await
                };
                async move { moved.await.map(|moved| (at, moved)).map_err(|error| (at, error)) }.boxed()
            }));
        }
        let mut moves = stream::iter(moves).buffer_unordered(BLOBS_AT_ONCE);
        let mut sent: HashMap<usize, u64> = HashMap::new();
        let mut outcome = Ok(());
        while let Some(moved) = moves.next().await {
            match moved {
                Ok((at, Moved::Sent(bytes))) => *sent.entry(at).or_default() += bytes,
                Ok(_) => {}
                Err(failure) => {
                    outcome = Err(failure);
                    break;
                }
            }
        }
        drop(moves);
        for (at, bytes) in sent {
            if let Some(permit) = permits.get(at) {
                *self.sent.entry((permit.to.clone(), permit.digest.clone())).or_default() += bytes;
            }
        }
        outcome
    }

    async fn put_all(
        &self,
        permits: Vec<Permit<'_, CopyManifest>>,
        manifests: Vec<Manifest>,
        outcomes: &mut [Option<Result<bool>>],
    ) -> Result<(), Failure> {
        // A folder is not waited for, and its writers would wait for one another.
        let is_far = permits.iter().all(|permit| permit.to.transport() == Transport::Registry);
        let most = if is_far { AT_ONCE } else { 1 };
        let mut by_level: BTreeMap<usize, Vec<Put<'_>>> = BTreeMap::new();
        let levels = levels(&manifests);
        for (at, ((permit, manifest), level)) in permits.into_iter().zip(manifests).zip(levels).enumerate() {
            by_level.entry(level).or_default().push(Put { at, permit, manifest });
        }
        for level in by_level.into_values() {
            let first = level.first().map_or(0, |put| put.at);
            self.expect_in_time().map_err(|error| (first, error))?;
            let failed = AtomicBool::new(false);
            let puts: Vec<BoxFuture<'_, _>> =
                by_subject(level).into_iter().map(|puts| self.put_in_turn(puts, &failed).boxed()).collect();
            // All are waited for: what was begun has an outcome.
            let made: Vec<Vec<(usize, Result<bool>)>> = stream::iter(puts).buffer_unordered(most).collect().await;
            for (at, made) in made.into_iter().flatten() {
                if let Some(outcome) = outcomes.get_mut(at) {
                    *outcome = Some(made);
                }
            }
            if failed.into_inner() {
                break;
            }
        }
        Ok(())
    }

    /// Puts one after the other, until one fails, here or elsewhere.
    async fn put_in_turn(&self, puts: Vec<Put<'_>>, failed: &AtomicBool) -> Vec<(usize, Result<bool>)> {
        let mut made = Vec::with_capacity(puts.len());
        for Put { at, permit, manifest } in puts {
            if failed.load(Ordering::Relaxed) {
                break;
            }
            let put = self.put_copy(permit, manifest).await;
            failed.fetch_or(put.is_err(), Ordering::Relaxed);
            made.push((at, put));
        }
        made
    }

    async fn put_copy(&self, permit: Permit<'_, CopyManifest>, manifest: Manifest) -> Result<bool> {
        if let Some(meter) = &self.meter {
            meter.begins(&Change::Copy(CopyManifest::clone(&permit)).to_string());
        }
        let moved = self.put(permit.manifest(manifest)?).await?;
        if let Some(meter) = &self.meter {
            meter.finished();
        }
        Ok(moved != Moved::AlreadyThere)
    }

    /// What may take long looks at the clock on its way.
    fn expect_in_time(&self) -> Result<()> {
        self.approved.plan().deadlines.expect_in_time(self.promoter.now())
    }
}

/// For each, how many others have to be there before it, one after the other.
fn levels(manifests: &[Manifest]) -> Vec<usize> {
    let mut levels: HashMap<&Digest, usize> = manifests.iter().map(|manifest| (manifest.digest(), 0)).collect();
    let named: Vec<(&Digest, Vec<&Digest>)> = manifests
        .iter()
        .map(|manifest| {
            let named = manifest.children().iter().chain(manifest.subject()).map(|named| &named.digest);
            (manifest.digest(), named.filter(|digest| levels.contains_key(digest)).collect())
        })
        .collect();
    // Digests name one another in no circle, so that each is right after as many rounds as there are levels.
    loop {
        let mut settled = true;
        for (digest, named) in &named {
            let level = named.iter().filter_map(|named| levels.get(named)).map(|level| level + 1).max().unwrap_or(0);
            settled &= levels.insert(digest, level) == Some(level);
        }
        if settled {
            return manifests.iter().filter_map(|manifest| levels.get(manifest.digest()).copied()).collect();
        }
    }
}

/// The referrers of one subject in their order, as a registry without a list of them keeps one in the order of the puts; whatever
/// else there is alone.
fn by_subject(puts: Vec<Put<'_>>) -> Vec<Vec<Put<'_>>> {
    let mut groups: Vec<Vec<Put<'_>>> = Vec::new();
    let mut known: HashMap<Digest, usize> = HashMap::new();
    for put in puts {
        let subject = put.manifest.subject().map(|subject| subject.digest.clone());
        let group = subject.map(|subject| *known.entry(subject).or_insert(groups.len()));
        match group.and_then(|group| groups.get_mut(group)) {
            Some(group) => group.push(put),
            None => groups.push(vec![put]),
        }
    }
    groups
}
