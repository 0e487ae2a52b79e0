//! From an approved plan to a receipt.

use std::collections::BTreeMap;

use bytes::Bytes;
use futures_util::{StreamExt, stream};

use super::artifact::{artifact, bundle_annotations};
use super::attached::Attached;
use super::receipt::{Receipt, Step, StepOutcome};
use super::{Promoter, record};
use crate::approve::{Approved, Permit, Permitted};
use crate::error::{Absent, Error, Result};
use crate::model::{Descriptor, Digest, Repository};
use crate::plan::{Attach, Change, Content, CopyManifest, Role, SetTag};
use crate::registry::{MemoryRegistry, Moved, Registry};
use crate::sign::{BUNDLE_V03, Statement};

/// The largest document that is attached.
const MAX_MATERIAL: u64 = 256 << 20;
/// How many blobs of one manifest are on their way at the same time: enough that no waiting for a registry is lost, few
/// enough that the buffers stay small.
const BLOBS_AT_ONCE: usize = 4;

impl Promoter {
    /// Executes an approved plan, once.
    ///
    /// Every expectation of the plan is checked before the first write, and each tag again right before it is set; what was
    /// written is read back. The order is the plan's, so the image's tag comes last and nobody sees half a promotion.
    ///
    /// # Errors
    /// An error means that nothing was changed: `Conflict` where the world moved since the plan was made, with the
    /// difference; `Unapproved` where an approval was used before. Once something may have been changed, the result is a
    /// receipt that says what was, and what failed.
    pub async fn execute(&self, approved: Approved) -> Result<Receipt> {
        let started = self.now();
        let claim = self.ledger.claim(&approved)?;
        if let Err(error) = self.expect_the_planned_world(&approved).await {
            claim.release()?;
            return Err(error);
        }
        let mut steps = Vec::new();
        let mut failed = false;
        let mut there = There::Unknown;
        for (permit, change) in approved.permits().into_iter().zip(&approved.plan().changes) {
            let what = change.to_string();
            if failed {
                steps.push(Step { what, outcome: StepOutcome::NotTried, sent: 0 });
                continue;
            }
            let mut sent = 0;
            let outcome = match self.step(permit, &approved, &mut there, &mut sent).await {
                Ok(true) => StepOutcome::Done,
                Ok(false) => StepOutcome::AlreadySo,
                Err(error) => StepOutcome::failed(&error),
            };
            failed = matches!(outcome, StepOutcome::Failed { .. });
            there.after(change, &outcome);
            steps.push(Step { what, outcome, sent });
        }
        let receipt = Receipt {
            plan: approved.plan().digest().clone(),
            approvals: approved.approvals().iter().map(|a| a.digest().clone()).collect(),
            started,
            finished: self.now(),
            steps,
        };
        // What failed may go on with the same approvals: they stay claimed for this plan.
        if receipt.is_complete() {
            claim.spend(&approved)?;
        }
        Ok(receipt)
    }

    async fn expect_the_planned_world(&self, approved: &Approved) -> Result<()> {
        let plan = approved.plan();
        self.source.manifest(&plan.image).await?;
        for change in &plan.changes {
            if let Change::SetTag(set) = change {
                self.expect_tag(set).await?;
            }
        }
        Ok(())
    }

    /// Whether the tag still has to be set; an error where it is neither as expected nor as wanted.
    async fn expect_tag(&self, set: &SetTag) -> Result<bool> {
        let reference = set.repository.tagged(set.tag.clone());
        let found = self.target.resolve(&reference).await.absent_is_none()?.map(|d| d.digest);
        if found.as_ref() == Some(&set.to) {
            return Ok(false);
        }
        if set.expected.is_met_by(found.as_ref()) {
            return Ok(true);
        }
        let text = |digest: Option<&Digest>| digest.map_or("nothing".to_owned(), Digest::to_string);
        let expected = match &set.expected {
            crate::plan::Expected::Absent => None,
            crate::plan::Expected::At(digest) => Some(digest),
        };
        Err(Error::conflict("the world moved since the plan was made")
            .context("tag", &reference)
            .context("expected", text(expected))
            .context("found", text(found.as_ref()))
            .hint("make a new plan and have that approved"))
    }

    /// Makes one change; `false` where it was so already.
    async fn step(
        &self,
        permit: Permitted<'_>,
        approved: &Approved,
        there: &mut There,
        sent: &mut u64,
    ) -> Result<bool> {
        match permit {
            Permitted::Copy(op) => self.copy(op, sent).await,
            Permitted::Attach(op) if self.is_attached(&op, approved, there).await? => Ok(false),
            Permitted::Attach(op) => self.attach(op, approved).await,
            Permitted::SetTag(op) => self.set_tag(op).await,
            Permitted::Delete(op) => self.target.delete(op).await.map(|()| true),
        }
    }

    async fn copy(&self, op: Permit<'_, CopyManifest>, sent: &mut u64) -> Result<bool> {
        let manifest = self.source.manifest(&op.from.at(op.digest.clone())).await?;
        // Collected, because a stream over the closure is too general for the compiler to see that it can be sent.
        let moves: Vec<_> = op.blobs().into_iter().map(|blob| self.target.put_blob(blob, &*self.source)).collect();
        let mut moves = stream::iter(moves).buffer_unordered(BLOBS_AT_ONCE);
        while let Some(moved) = moves.next().await {
            if let Moved::Sent(bytes) = moved? {
                *sent += bytes;
            }
        }
        drop(moves);
        let there = op.to.at(op.digest.clone());
        let moved = self.target.put_manifest(op.manifest(manifest.clone())?).await?;
        let stored = self.target.manifest(&there).await?;
        if stored.bytes() != manifest.bytes() {
            return Err(
                Error::untrusted("the registry stored another manifest than it was sent").context("image", there)
            );
        }
        Ok(moved != Moved::AlreadyThere)
    }

    /// Whether an earlier execution of the plan attached this, before it was stopped. Only statements need the question:
    /// signed anew they would be attached a second time.
    async fn is_attached(&self, op: &Attach, approved: &Approved, there: &mut There) -> Result<bool> {
        let Content::Statement { predicate, signer, .. } = &op.content else { return Ok(false) };
        if let There::Unknown = there {
            let image = op.repository.at(op.subject.digest.clone());
            *there = There::Known(Attached::to(self.target.as_registry(), &image, &self.trust).await?);
        }
        Ok(match (there, predicate) {
            (There::Known(attached), Some(_)) => attached.holds(&op.content),
            (There::Known(attached), None) => attached.records(approved.plan().digest(), signer),
            _ => false,
        })
    }

    async fn attach(&self, op: Permit<'_, Attach>, approved: &Approved) -> Result<bool> {
        let at = self.now();
        let (manifest, blobs) = match op.content.clone() {
            Content::Document { media_type, digest, size } => {
                let document = self.material(&Descriptor::new(&media_type, digest, size)).await?;
                artifact(&media_type, document, &op.subject, BTreeMap::new())?
            }
            Content::Statement { predicate_type, predicate, .. } => {
                let statement = match predicate {
                    None => record::statement(approved, &op.subject.digest, at)?,
                    Some(predicate) => {
                        let predicate = self.material(&predicate).await?;
                        let predicate: serde_json::Value = serde_json::from_slice(&predicate)
                            .map_err(|e| Error::invalid("the predicate is not JSON").caused_by(e))?;
                        Statement::write(&op.subject.digest, &predicate_type, &predicate)?
                    }
                };
                let signer =
                    self.signer.as_ref().ok_or_else(|| Error::invalid("the plan signs something; no signer is set"))?;
                let bundle = signer.sign(op.sign(statement)?).await?;
                artifact(BUNDLE_V03, bundle.to_json()?.into(), &op.subject, bundle_annotations(&predicate_type, at))?
            }
        };
        let made = MemoryRegistry::new();
        for blob in blobs {
            made.insert_blob(blob);
        }
        let (blobs, put) = op.artifact(manifest)?;
        for blob in blobs {
            self.target.put_blob(blob, &made).await?;
        }
        Ok(self.target.put_manifest(put).await? != Moved::AlreadyThere)
    }

    /// The bytes of something that the plan attaches.
    async fn material(&self, content: &Descriptor) -> Result<Bytes> {
        let anywhere = Repository::parse("memory:materials")?;
        self.materials.blob(&anywhere, content).await?.into_bytes(MAX_MATERIAL).await
    }

    async fn set_tag(&self, op: Permit<'_, SetTag>) -> Result<bool> {
        if !self.expect_tag(&op).await? {
            return Ok(false);
        }
        let (reference, wanted) = (op.repository.tagged(op.tag.clone()), op.to.clone());
        self.target.set_tag(op).await?;
        let found = self.target.resolve(&reference).await?.digest;
        if found != wanted {
            return Err(Error::conflict("the tag names something else right after it was set")
                .context("tag", reference)
                .context("found", found));
        }
        Ok(true)
    }
}

/// What is attached to the image at the target.
enum There {
    /// It has to be asked.
    Unknown,
    /// Nothing: this execution brought the image.
    Nothing,
    /// This.
    Known(Attached),
}

impl There {
    fn after(&mut self, change: &Change, outcome: &StepOutcome) {
        if let (Change::Copy(CopyManifest { role: Role::Image, .. }), StepOutcome::Done) = (change, outcome) {
            *self = There::Nothing;
        }
    }
}
