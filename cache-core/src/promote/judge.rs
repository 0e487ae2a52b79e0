//! The gates are asked again, right before anything is changed.

use std::collections::BTreeSet;

use super::Promoter;
use super::documents::Given;
use super::gather::gather;
use super::record::{Judged, digest_of};
use super::unit::Unit;
use crate::error::{Error, Result};
use crate::gate::{Evidence, judge_all};
use crate::model::{Digest, LookedAt, Verdict};
use crate::plan::{Plan, Purpose};
use crate::registry::Registry;

impl Promoter {
    /// Asks the gates of a plan again, with what is known now. An exception may have run out since the plan was made, or a new
    /// report tell of something worse.
    ///
    /// Where they say the very same, this is when and of what: a record that has it can be reproduced. They may say the same in
    /// other words, as a gate of the caller's own does that names the time; then there is nothing to reproduce.
    ///
    /// # Errors
    /// `Conflict` where a gate refuses what it allowed, the gates are not the plan's, or this process does not have what was handed
    /// in for the plan; what the registry says.
    pub(super) async fn judge_again(&self, plan: &Plan) -> Result<Option<Judged>> {
        let (registry, image): (&dyn Registry, _) = match &plan.purpose {
            Purpose::Promotion { image, .. } => (&*self.source, image),
            Purpose::Rollback { image, .. } => (self.target.as_registry(), image),
            _ => return Ok(None),
        };
        self.expect_own_gates(&plan.verdicts)?;
        if self.gates.is_empty() {
            return Ok(None);
        }
        let given = self.given_for(plan)?;
        let unit = Unit::about(registry, image).await?;
        let mut evidence = gather(registry, image, &unit, &self.trust, self.now()).await?;
        for document in given {
            document.add_to(&mut evidence)?;
        }
        let verdicts = judge_all(&self.gates, &evidence).await;
        expect_no_refusal(&plan.verdicts, &verdicts)?;
        if verdicts == plan.verdicts {
            return Ok(Some(judged(&evidence)));
        }
        // What came after the plan is none of its evidence.
        evidence.keep(&seen(&plan.verdicts).map(|seen| seen.digest.clone()).collect());
        let same = judge_all(&self.gates, &evidence).await == plan.verdicts;
        Ok(same.then(|| judged(&evidence)))
    }

    /// Verdicts are compared one by one, so the gates have to be the plan's, in its order.
    fn expect_own_gates(&self, verdicts: &[Verdict]) -> Result<()> {
        let (then, now): (Vec<&str>, Vec<&str>) =
            (verdicts.iter().map(|it| &*it.gate).collect(), self.gates.iter().map(|gate| gate.name()).collect());
        if then == now {
            return Ok(());
        }
        Err(Error::conflict("the plan was judged by other gates than this promoter has")
            .context("plan", then.join(", "))
            .context("promoter", now.join(", "))
            .hint("execute it with the policy that it was made with, or make a new plan"))
    }

    /// What was handed in for the plan and is in no registry.
    fn given_for(&self, plan: &Plan) -> Result<Vec<Given>> {
        let mut known = BTreeSet::new();
        let given = seen(&plan.verdicts).filter(|seen| seen.source.starts_with("given"));
        let given = given.filter(|seen| known.insert(&seen.digest));
        let here = |seen: &LookedAt| Given::of(&seen.what, self.materials.blob_bytes(&seen.digest)?);
        given
            .map(|seen| {
                here(seen).ok_or_else(|| {
                    Error::conflict("the gates judged what was handed in, and this process does not have it")
                        .context("what", &seen.what)
                        .context("digest", &seen.digest)
                        .hint("hand it in again for the execution, as `given`")
                })
            })
            .collect()
    }
}

fn seen(verdicts: &[Verdict]) -> impl Iterator<Item = &LookedAt> {
    verdicts.iter().flat_map(|verdict| &verdict.looked_at)
}

fn judged(evidence: &Evidence) -> Judged {
    Judged { at: evidence.now, evidence: evidence.digests() }
}

fn expect_no_refusal(before: &[Verdict], now: &[Verdict]) -> Result<()> {
    let refuses = |(before, now): &(&Verdict, &Verdict)| before.allows() && !now.allows();
    let refusing: Vec<_> = before.iter().zip(now).filter(refuses).map(|(_, now)| now).collect();
    if refusing.is_empty() {
        return Ok(());
    }
    let error = Error::conflict("a gate refuses by now what it allowed when the plan was made")
        .hint("make a new plan, which says what stands against it");
    Err(refusing.into_iter().fold(error, |error, verdict| {
        let why = verdict.reasons.first().map(|reason| format!(": {}", reason.message)).unwrap_or_default();
        error.context("gate", format!("{} {}{why}", verdict.gate, verdict.outcome))
    }))
}

/// Compares verdicts with what a record says of them.
///
/// # Errors
/// `Untrusted`, with each gate that says something else.
pub(super) fn expect_recorded(recorded: &[super::GateOutcome], verdicts: &[Verdict]) -> Result<()> {
    let mut different = Vec::new();
    if recorded.len() != verdicts.len() {
        different.push(format!("{} gates then, {} now", recorded.len(), verdicts.len()));
    }
    for (recorded, verdict) in recorded.iter().zip(verdicts) {
        let digest: Option<Digest> = Some(digest_of(verdict)?);
        if recorded.verdict != digest || recorded.outcome != verdict.outcome {
            different.push(format!("{}: {} then, {} now", recorded.gate, recorded.outcome, verdict.outcome));
        }
    }
    if different.is_empty() {
        return Ok(());
    }
    let error =
        Error::untrusted("the gates do not say what the record says that they said").context("differs", "verdict");
    Err(different
        .into_iter()
        .fold(error, |error, gate| error.context("gate", gate))
        .hint("other keys may be trusted, or the gate asks something outside of the registry, such as a health check"))
}
