//! Executing a promotion: what must be so before the first change, and what is counted.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, OnceLock};

use async_trait::async_trait;
use futures_util::future::BoxFuture;
use futures_util::{FutureExt, TryFutureExt};

use super::attached::Attached;
use super::progress::{Meter, Metered, Watch};
use super::record::Judged;
use super::room::expect_room;
use super::{AT_ONCE, Promoter};
use crate::approve::{Approved, Permitted};
use crate::at_once::at_once;
use crate::error::{Absent, Error, Result};
use crate::execute::{Executor, Receipt, StepOutcome, execute, expect_delete, expect_tag, moved};
use crate::model::{Digest, Repository};
use crate::plan::{Change, Content, CopyManifest, Plan, Purpose, Role};
use crate::registry::Registry;

/// So many manifests are copied together, and so many bytes, before the journal says so.
const COPIES: usize = 64;
const COPIED_BYTES: u64 = 1 << 30;

impl Promoter {
    /// Executes an approved plan, once.
    ///
    /// Every expectation of the plan is checked before the first write, and each tag is looked at again right before it is set; what was
    /// written is read back. The gates are asked again, by a promoter that has gates and what was handed in for the plan. The order is the
    /// plan's, so the image's tag comes last and nobody sees half a promotion.
    ///
    /// The future may be dropped at any time, as the process may die at any time: what was written stays under its digest,
    /// the tag is not set, and the same plan goes on with the same approvals.
    ///
    /// # Errors
    /// An error means that nothing was changed: `Conflict` where the world moved since the plan was made, with the
    /// difference, a gate refuses by now, or the gates are not the plan's; `Unapproved` where an approval was used before. Once something may have been changed, the result is a
    /// receipt that says what was, and what failed.
    pub async fn execute(&self, approved: Approved) -> Result<Receipt> {
        self.carry_out(approved, None).await
    }

    /// The same, while somebody watches.
    ///
    /// # Errors
    /// As [`execute`](Promoter::execute).
    pub async fn execute_watched(&self, approved: Approved, watch: Watch) -> Result<Receipt> {
        let meter = Meter::new(approved.plan(), watch);
        self.carry_out(approved, Some(meter)).await
    }

    async fn carry_out(&self, approved: Approved, meter: Option<Meter>) -> Result<Receipt> {
        if let Purpose::Upkeep { what } | Purpose::Retention { what, .. } | Purpose::Restoring { what, .. } =
            &approved.plan().purpose
        {
            return Err(Error::invalid("the plan is no promotion").context("plan", what));
        }
        approved.plan().expect_policy(self.policy.as_ref())?;
        self.expect_signer(approved.plan())?;
        if let Some(glass) = approved.plan().break_glass.as_ref().filter(|glass| glass.expires <= self.now()) {
            return Err(
                Error::unapproved("the emergency that the plan is for is over").context("expired", glass.expires)
            );
        }
        let mut execution = Execution::new(self, &approved, meter);
        execute(&mut execution, &approved, &self.ledger, || self.now()).await
    }

    /// Whoever the plan says signs has to be here, before anything is copied.
    ///
    /// # Errors
    /// `Invalid` where it is nobody, or somebody else.
    fn expect_signer(&self, plan: &Plan) -> Result<()> {
        let mut planned = plan.changes.iter().filter_map(|change| match change {
            Change::Attach(attach) => match &attach.content {
                Content::Statement { signer, .. } => Some(signer),
                Content::Document { .. } => None,
            },
            _ => None,
        });
        let own = self.signer.as_ref().filter(|own| own.can_sign()).map(|own| own.identity());
        match planned.find(|planned| !own.as_ref().is_some_and(|own| own.is_same_signer(planned))) {
            None => Ok(()),
            Some(planned) => Err(Error::invalid("the plan signs something, and who signs is not here")
                .context("planned", planned)
                .hint("open the promoter with the signer that the plan names, and its private key or login")),
        }
    }
}

pub(super) fn no_promotion() -> Error {
    Error::invalid("a promotion changes nothing but images").hint("let an administrator execute the plan")
}

/// An execution that goes on.
pub(super) struct Execution<'a> {
    pub(super) promoter: &'a Promoter,
    pub(super) approved: &'a Approved,
    /// Where blobs come from: the promoter's source, counted where somebody watches.
    pub(super) source: Arc<dyn Registry>,
    pub(super) meter: Option<Meter>,
    pub(super) there: There,
    /// When the gates judged again, and of what.
    pub(super) judged: OnceLock<Judged>,
    /// The journal's last line before the present step.
    pub(super) journal: Digest,
    /// The bytes of blobs that were sent for each manifest of a repository.
    pub(super) sent: HashMap<(Repository, Digest), u64>,
}

/// What is attached to the image at the target.
pub(super) enum There {
    /// It has to be asked.
    Unknown,
    /// Nothing: this execution brought the image.
    Nothing,
    /// This.
    Known(Attached),
}

impl<'a> Execution<'a> {
    fn new(promoter: &'a Promoter, approved: &'a Approved, meter: Option<Meter>) -> Self {
        let source: Arc<dyn Registry> = match &meter {
            Some(meter) => Arc::new(Metered { source: Arc::clone(&promoter.source), meter: meter.clone() }),
            None => Arc::clone(&promoter.source),
        };
        let (there, journal) = (There::Unknown, approved.plan().digest().clone());
        Execution { promoter, approved, source, meter, there, judged: OnceLock::new(), journal, sent: HashMap::new() }
    }
}

async fn expect_image(target: &dyn Registry, repository: &Repository, digest: &Digest) -> Result<()> {
    let image = repository.at(digest.clone()).into();
    match target.resolve(&image).await.absent_is_none()? {
        Some(_) => Ok(()),
        None => Err(moved().context("image", image).context("found", "nothing")),
    }
}

#[async_trait]
impl Executor for Execution<'_> {
    async fn expect_the_planned_world(&self) -> Result<()> {
        let plan = self.approved.plan();
        let target = self.promoter.target.as_registry();
        let mut known = HashSet::new();
        let mut questions: Vec<BoxFuture<'_, Result<()>>> = Vec::new();
        if let Purpose::Promotion { image, .. } = &plan.purpose {
            questions.push(self.promoter.source.manifest(image).map_ok(drop).boxed());
        }
        questions.push(expect_room(target, &plan.changes).boxed());
        for change in &plan.changes {
            match change {
                Change::SetTag(set) => questions.push(expect_tag(target, set).boxed()),
                Change::Delete(delete) => questions.push(expect_delete(target, delete).map_ok(drop).boxed()),
                Change::Copy(op) => drop(known.insert((&op.to, &op.digest))),
                Change::Attach(op) if known.insert((&op.repository, &op.subject.digest)) => {
                    questions.push(expect_image(target, &op.repository, &op.subject.digest).boxed());
                }
                Change::Attach(_) | Change::AddLayers(_) => {}
                Change::Administer(_) => return Err(no_promotion()),
            }
        }
        at_once(questions, AT_ONCE).await?;
        if let Some(judged) = self.promoter.judge_again(plan).await? {
            self.judged.get_or_init(|| judged);
        }
        Ok(())
    }

    async fn step(&mut self, permit: Permitted<'_>) -> Result<bool> {
        self.change(permit).await
    }

    fn goes_with(&self, changes: &[&Change], next: &Change) -> bool {
        let (Some(Change::Copy(_)), Change::Copy(_)) = (changes.last(), next) else { return false };
        if changes.len() >= COPIES || self.promoter.target.as_registry().abilities().server_copy.is_some() {
            return false;
        }
        let blobs =
            changes.iter().filter_map(|change| if let Change::Copy(op) = change { Some(&op.blobs) } else { None });
        blobs.flatten().fold(0, |bytes: u64, blob| bytes.saturating_add(blob.size)) < COPIED_BYTES
    }

    async fn together(&mut self, permits: Vec<Permitted<'_>>) -> Vec<Option<Result<bool>>> {
        let copy = |permit| if let Permitted::Copy(op) = permit { Some(op) } else { None };
        self.copies(permits.into_iter().filter_map(copy).collect()).await
    }

    fn begin(&mut self, what: &str, journal: &Digest) {
        self.journal = journal.clone();
        if let Some(meter) = &self.meter {
            meter.begins(what);
        }
    }

    fn end(&mut self, change: &Change, outcome: &StepOutcome) -> u64 {
        if let (Change::Copy(CopyManifest { role: Role::Image, .. }), StepOutcome::Done) = (change, outcome) {
            self.there = There::Nothing;
        }
        // A copy is counted when it is made, as others that go together with it may take long.
        if let Change::Copy(op) = change {
            return self.sent.remove(&(op.to.clone(), op.digest.clone())).unwrap_or(0);
        }
        if let (Some(meter), StepOutcome::Done | StepOutcome::AlreadySo) = (&self.meter, outcome) {
            meter.finished();
        }
        0
    }

    fn close(&mut self) {
        if let Some(meter) = &self.meter {
            meter.ends();
        }
    }
}
