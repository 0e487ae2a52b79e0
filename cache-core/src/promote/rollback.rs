//! Rollback: a tag is put back to the image that it named before, by the word of the record.

use super::Promoter;
use super::gather::gather;
use super::planning::{Outlook, records};
use super::record::PromotionRecord;
use super::unit::Unit;
use crate::error::{Absent, Error, Result};
use crate::gate::{Evidence, judge_all};
use crate::model::{Digest, Reference};
use crate::plan::{Attach, Change, Deadlines, Expected, PLAN_VERSION, PlanBody, Purpose, SetTag};

/// A tag that shall name again what it named before.
#[derive(Debug, Clone)]
pub struct RollbackRequest {
    /// The tag, at the promoter's target.
    pub tag: Reference,
    /// The environment that it is in, such as `prod`.
    pub environment: String,
    /// Who asks. Usually this person may not approve.
    pub requester: String,
    /// Why.
    pub reason: Option<String>,
}

impl Promoter {
    /// Plans to put a tag back to what it named before the image that it names now was promoted. Reads only. The plan is
    /// approved and executed like any other.
    ///
    /// What it named before is taken from the newest record about this tag that a trusted signer signed; what only somebody
    /// wrote is not believed. The gates judge the old image as it is now, with what is known of it today.
    ///
    /// # Errors
    /// `NotFound` where no such record names an earlier image, or that image is gone; `Invalid` where the reference has no
    /// tag; what the registry says.
    pub async fn plan_rollback(&self, request: &RollbackRequest) -> Result<Outlook> {
        let Some(tag) = request.tag.tag.clone().filter(|_| request.tag.digest.is_none()) else {
            return Err(Error::invalid("a rollback is about a tag, and no digest").context("tag", &request.tag));
        };
        let (target, repository) = (self.target.as_registry(), &request.tag.repository);
        let now_named = repository.at(target.resolve(&request.tag).await?.digest);
        let unit = Unit::about(target, &now_named).await?;
        let evidence = gather(target, &now_named, &unit, &self.recognised(), self.now()).await?;
        let before = before(&evidence, &request.tag).ok_or_else(|| {
            Error::not_found("no trusted record says what the tag named before")
                .context("tag", &request.tag)
                .context("names", &now_named)
        })?;
        let image = repository.at(before);
        if target.resolve(&image.clone().into()).await.absent_is_none()?.is_none() {
            return Err(Error::not_found("what the tag named before is gone").context("image", &image));
        }
        let unit = Unit::about(target, &image).await?;
        let evidence = gather(target, &image, &unit, &self.trust, self.now()).await?;
        let verdicts = judge_all(&self.gates, &evidence).await;
        if verdicts.iter().any(|verdict| !verdict.allows()) {
            return Ok(Outlook::Blocked(verdicts));
        }
        let records = records(self, None).zip(std::iter::repeat(unit.image()));
        let mut changes: Vec<Change> = records
            .filter_map(|(content, manifest)| {
                let subject = manifest?.descriptor();
                Some(Change::Attach(Box::new(Attach { repository: repository.clone(), subject, content })))
            })
            .collect();
        let expected = Expected::At(now_named.digest);
        changes.push(Change::SetTag(SetTag {
            repository: repository.clone(),
            tag,
            to: image.digest.clone(),
            expected,
        }));
        let plan = PlanBody {
            version: PLAN_VERSION,
            environment: request.environment.clone(),
            requester: request.requester.clone(),
            reason: request.reason.clone(),
            purpose: Purpose::Rollback { to: request.tag.clone(), image },
            policy: self.policy.clone(),
            break_glass: None,
            deadlines: Deadlines::default(),
            verdicts,
            changes,
            left_behind: Vec::new(),
        };
        Ok(Outlook::Ready(plan.plan()?))
    }
}

/// What the tag named before the image that the evidence is about. A record of a rollback says nothing of that: it would lead
/// back to what was given up. Nor does one of something that came to the image later, as a signature, and moved no tag.
fn before(evidence: &Evidence, tag: &Reference) -> Option<Digest> {
    let statements = evidence.statements.iter().filter(|statement| statement.about == evidence.image.digest);
    let records = statements.filter_map(|statement| PromotionRecord::read(statement.value.value()));
    let moved = records.filter(|record| record.to == *tag && !record.rollback && record.replaced.is_some());
    moved.max_by_key(|record| record.at).and_then(|newest| newest.replaced)
}
