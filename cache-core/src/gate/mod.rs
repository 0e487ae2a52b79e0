//! Gates: what an image must show before it may go on.
//!
//! A gate is a pure judgement of [`Evidence`], which was gathered and verified before. All gates always run; absent evidence
//! is never a pass. A gate's "no" is data, a [`Verdict`].

mod advisory;
mod callback;
mod coverage;
mod cve;
mod evidence;
mod exception;
mod image_policy;
mod license;
mod provenance;
mod sbom;
mod signature;
mod smoke;
mod soak;

pub use advisory::AdvisoryGate;
use async_trait::async_trait;
pub use callback::CallbackGate;
pub use cve::{
    Assessment, CveGate, ExceptionUse, LayerShare, Packages, Remedy, Scan, Standing, Tally, VexSaid, VexUnmatched,
    VexUse, Vulnerability,
};
pub use evidence::{Attached, Evidence, Found, Problem, Style};
pub use image_policy::{ImageAttestation, ImageAuthority, ImageGlob, ImagePolicy, ImagePolicyGate, ImageVoucher};
pub use license::LicenseGate;
pub(crate) use provenance::Build;
pub use provenance::{ProvenanceGate, SLSA_V1, SLSA_V02, WantedRef};
pub use sbom::SbomGate;
pub use signature::SignatureGate;
pub use smoke::{Health, HealthCheck, HttpHealth, SmokeGate, TEST_RESULT_TYPE};
pub use soak::{PROMOTION_TYPE, SoakGate};

use crate::error::Result;
use crate::model::{Outcome, Reason, Verdict};

/// Judges an image by its evidence.
///
/// An implementation may only say no: what it returns cannot widen what the other gates allow. An error counts as the
/// outcome `Error`, which stops the image.
#[async_trait]
pub trait PromotionGate: std::fmt::Debug + Send + Sync + 'static {
    /// The name in verdicts and policies, such as `cve`.
    fn name(&self) -> &str;

    /// Judges.
    async fn judge(&self, evidence: &Evidence) -> Result<Verdict>;
}

/// Runs every gate, in order.
pub(crate) async fn judge_all(gates: &[std::sync::Arc<dyn PromotionGate>], evidence: &Evidence) -> Vec<Verdict> {
    let judge = |gate: std::sync::Arc<dyn PromotionGate>| async move { judge_one(&*gate, evidence).await };
    futures_util::future::join_all(gates.iter().cloned().map(judge)).await
}

/// What a gate says, in its own name. One that fails to judge, or gives no reason, has not passed.
async fn judge_one(gate: &dyn PromotionGate, evidence: &Evidence) -> Verdict {
    match gate.judge(evidence).await {
        Ok(verdict) if verdict.reasons.is_empty() => Verdict::new(gate.name(), Vec::new(), verdict.looked_at),
        Ok(verdict) => {
            // The stated outcome can only be as mild as the worst reason.
            let worst = verdict.reasons.iter().map(|r| r.outcome).max().unwrap_or(Outcome::Error);
            Verdict { gate: gate.name().to_owned(), outcome: verdict.outcome.max(worst), ..verdict }
        }
        Err(error) => Verdict::new(gate.name(), vec![Reason::error("gate-failed", error.to_string())], Vec::new()),
    }
}

#[cfg(test)]
mod tests;
