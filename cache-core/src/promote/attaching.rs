//! Signing and attesting: attaching to an image that stays where it is.

use super::Promoter;
use super::attached::Attached;
use super::attachment::Attachment;
use super::planning::{Outlook, Place};
use crate::error::{Error, Result};
use crate::model::{Reference, Tag};
use crate::plan::{Attach, Change, Deadlines, PLAN_VERSION, PlanBody, Purpose};

/// What somebody wants to have attached to an image at the promoter's target.
#[derive(Debug, Clone)]
pub struct AttachRequest {
    /// The image, by tag or digest.
    pub image: Reference,
    /// The environment that it is in, such as `staging`: it decides which approvals count.
    pub environment: String,
    /// Who asks. Usually this person may not approve.
    pub requester: String,
    /// Why.
    pub reason: Option<String>,
    /// What is attached: documents, signatures, attestations. What is there already is not attached again.
    pub attach: Vec<Attachment>,
}

impl Promoter {
    /// Plans to attach something to an image at the target, such as its signature. Reads only. The plan is approved and
    /// executed like any other, and nothing is attached that it does not show.
    ///
    /// The reference is resolved once, and the plan is about that digest: where the tag is moved later, the image that was
    /// planned is signed, and no other. No gate is asked, since signatures and attestations are what gates look for, and no
    /// promotion is recorded.
    ///
    /// # Errors
    /// What the registry says; `NotFound` where there is no such image; `Invalid` where something is to be signed and no
    /// signer is set; `Conflict` where cosign's tag names another SBOM than the one to attach.
    pub async fn plan_attaching(&self, request: &AttachRequest) -> Result<Outlook> {
        if request.attach.is_empty() {
            return Err(Error::invalid("there is nothing to attach"));
        }
        let (target, repository) = (self.target.as_registry(), &request.image.repository);
        let image = repository.at(target.resolve(&request.image).await?.digest);
        let manifest = target.manifest(&image).await?;
        let there = [Attached::to(target, &image, &self.recognised()).await?];
        let contents = self.lacking(&request.attach, &there)?;
        let place = Place { repository, move_tags: false };
        let tag = self.sbom_tag(&request.attach, &manifest, &there, |_: &Tag| false, place).await?;
        if contents.is_empty() && tag.is_none() {
            return Ok(Outlook::Nothing);
        }
        let attach = |content| {
            let attach = Attach { repository: repository.clone(), subject: manifest.descriptor(), content };
            Change::Attach(Box::new(attach))
        };
        let plan = PlanBody {
            version: PLAN_VERSION,
            environment: request.environment.clone(),
            requester: request.requester.clone(),
            reason: request.reason.clone(),
            purpose: Purpose::Attaching { to: request.image.clone(), image: image.clone() },
            policy: self.policy.clone(),
            break_glass: None,
            deadlines: Deadlines::default(),
            verdicts: Vec::new(),
            changes: contents.into_iter().map(attach).chain(tag.map(Change::SetTag)).collect(),
            left_behind: Vec::new(),
        };
        Ok(Outlook::Ready(plan.plan()?))
    }
}
