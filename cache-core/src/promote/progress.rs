//! How far an execution is, for whoever watches it.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use serde::Serialize;

use crate::error::Result;
use crate::model::{Descriptor, Digest, Manifest, Pinned, Reference, Repository, Tag};
use crate::plan::{Change, PlanBody};
use crate::registry::{Abilities, BlobStream, Registry};

/// How far an execution is.
#[non_exhaustive]
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Progress {
    /// How many changes of the plan are finished.
    pub done: usize,
    /// How many changes the plan has.
    pub steps: usize,
    /// The change that is being made, in words; `None` at the end, whether or not all was done.
    pub what: Option<String>,
    /// How many bytes of blobs were read for the target, or are there already.
    pub bytes: u64,
    /// How many bytes of blobs the plan copies.
    pub total: u64,
}

/// Somebody who watches an execution. It is called when a change begins, at each further hundredth of the bytes, and at the
/// end.
pub type Watch = crate::watch::Watch<Progress>;

/// Counts for one execution. A clone counts into the same.
#[derive(Debug, Clone)]
pub(super) struct Meter(Arc<Counter>);

#[derive(Debug)]
struct Counter {
    watch: Watch,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    progress: Progress,
    /// How far each blob is: a blob that is read again from its beginning counts once.
    blobs: HashMap<Digest, u64>,
    /// The bytes at which the watcher was last told.
    told: u64,
}

impl Meter {
    pub(super) fn new(plan: &PlanBody, watch: Watch) -> Self {
        let blobs = plan.changes.iter().filter_map(|c| if let Change::Copy(op) = c { Some(&op.blobs) } else { None });
        let total = blobs.flatten().map(|blob| blob.size).fold(0, u64::saturating_add);
        let progress = Progress { done: 0, steps: plan.changes.len(), what: None, bytes: 0, total };
        let state = Mutex::new(State { progress, blobs: HashMap::new(), told: 0 });
        Meter(Arc::new(Counter { watch, state }))
    }

    /// The change that begins now.
    pub(super) fn begins(&self, what: &str) {
        self.tell(|state| {
            let is_new = state.progress.what.as_deref() != Some(what);
            state.progress.what = Some(what.to_owned());
            is_new
        });
    }

    /// The change is finished.
    pub(super) fn finished(&self) {
        self.tell(|state| {
            state.progress.done += 1;
            false
        });
    }

    /// Nothing comes any more.
    pub(super) fn ends(&self) {
        self.tell(|state| {
            state.progress.what = None;
            true
        });
    }

    /// So much of a blob is read.
    pub(super) fn reached(&self, blob: &Digest, bytes: u64) {
        self.tell(|state| {
            let known = state.blobs.entry(blob.clone()).or_default();
            state.progress.bytes += bytes.saturating_sub(*known);
            *known = bytes.max(*known);
            let due = state.progress.bytes - state.told >= (state.progress.total / 100).max(1);
            due && state.progress.bytes > state.told
        });
    }

    /// The watcher is told under the lock, so that it never sees the numbers go back.
    fn tell(&self, change: impl FnOnce(&mut State) -> bool) {
        let mut state = self.0.state.lock().unwrap_or_else(PoisonError::into_inner);
        if change(&mut state) {
            state.told = state.progress.bytes;
            self.0.watch.tell(&state.progress);
        }
    }
}

/// A source whose blobs are counted as they are read.
#[derive(Debug)]
pub(super) struct Metered {
    pub(super) source: Arc<dyn Registry>,
    pub(super) meter: Meter,
}

#[async_trait]
impl Registry for Metered {
    async fn resolve(&self, reference: &Reference) -> Result<Descriptor> {
        self.source.resolve(reference).await
    }

    async fn manifest(&self, image: &Pinned) -> Result<Manifest> {
        self.source.manifest(image).await
    }

    async fn blob(&self, repository: &Repository, blob: &Descriptor) -> Result<BlobStream> {
        let (meter, digest) = (self.meter.clone(), blob.digest.clone());
        Ok(self.source.blob(repository, blob).await?.watched(move |seen| meter.reached(&digest, seen)))
    }

    async fn tags(&self, repository: &Repository) -> Result<Vec<Tag>> {
        self.source.tags(repository).await
    }

    async fn referrers(&self, subject: &Pinned) -> Result<Vec<Descriptor>> {
        self.source.referrers(subject).await
    }

    fn abilities(&self) -> Abilities<'_> {
        self.source.abilities()
    }
}
