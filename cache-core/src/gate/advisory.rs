//! A gate that is tried out before it is enforced.

use std::sync::Arc;

use async_trait::async_trait;

use super::{Evidence, PromotionGate, judge_one};
use crate::error::Result;
use crate::model::{Outcome, Reason, Verdict};

/// Another gate, whose "no" is only a warning. The verdict keeps what it would be, so that a record shows it.
#[derive(Debug)]
pub struct AdvisoryGate(Arc<dyn PromotionGate>);

impl AdvisoryGate {
    /// The gate, as a warning.
    pub fn new(gate: Arc<dyn PromotionGate>) -> Self {
        AdvisoryGate(gate)
    }
}

#[async_trait]
impl PromotionGate for AdvisoryGate {
    fn name(&self) -> &str {
        self.0.name()
    }

    async fn judge(&self, evidence: &Evidence) -> Result<Verdict> {
        let mut verdict = judge_one(&*self.0, evidence).await;
        // A gate may be stricter than its reasons.
        if verdict.reasons.iter().all(|reason| reason.outcome < verdict.outcome) {
            verdict.reasons.push(Reason::of(verdict.outcome, "stated", "the gate says so"));
        }
        let advise = |reason: Reason| match reason.outcome.allows() {
            true => reason,
            false => Reason { outcome: Outcome::Warn, would_be: Some(reason.outcome), ..reason },
        };
        Ok(Verdict::new(self.name(), verdict.reasons.into_iter().map(advise).collect(), verdict.looked_at))
    }
}
