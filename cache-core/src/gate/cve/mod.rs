//! Not more vulnerabilities than the policy allows.

mod assessment;
mod count;
mod detail;
mod exceptions;
mod layers;
mod remedy;
mod reports;
mod vex;

use async_trait::async_trait;

pub use assessment::{
    Assessment, ExceptionUse, LayerShare, Packages, Remedy, Scan, Standing, Tally, VexSaid, VexUnmatched, VexUse,
    Vulnerability,
};

use self::count::Count;
use super::coverage::{Coverage, problems, unverified};
use super::{Evidence, PromotionGate};
use crate::error::Result;
use crate::model::{Reason, Verdict};
use crate::scan::ScanPolicy;

/// Counts vulnerabilities against the maxima of a [`ScanPolicy`]. Every platform needs a report; several reports are merged,
/// and a vulnerability in several platforms counts once. Exceptions go first, then VEX statements, then the counts.
#[derive(Debug, Clone, Default)]
pub struct CveGate {
    policy: ScanPolicy,
}

impl CveGate {
    /// The gate for this policy.
    pub fn new(policy: ScanPolicy) -> Self {
        CveGate { policy }
    }

    /// The verdict with all that it is made of: what reports are written from. The gate's own verdict is the one in it.
    pub fn assess(&self, evidence: &Evidence) -> Assessment {
        let mut coverage = Coverage::of(evidence);
        let (counted, rejected) = self.reports(&mut coverage, evidence);
        let complete = coverage.is_complete();
        let mut reasons = Vec::new();
        if !complete {
            reasons
                .push(Reason::fail("no-report", format!("no vulnerability report of {} counts", coverage.missing())));
        }
        reasons.extend(problems(evidence, "report", complete));
        reasons.extend(problems(evidence, "vex", true));
        reasons.extend(unverified(evidence, complete));
        let mut assessment = Count::of(&self.policy, evidence, &coverage, &counted).assess(&mut reasons);
        reasons.extend(rejected.into_iter().map(|r| r.reason(complete)));
        let looked_at = evidence.reports.iter().map(|report| report.looked_at("report"));
        let looked_at = looked_at.chain(evidence.vex.iter().map(|vex| vex.looked_at("vex"))).collect();
        assessment.verdict = Verdict::new(self.name(), reasons, looked_at);
        assessment
    }
}

#[async_trait]
impl PromotionGate for CveGate {
    fn name(&self) -> &str {
        "cve"
    }

    async fn judge(&self, evidence: &Evidence) -> Result<Verdict> {
        Ok(self.assess(evidence).verdict)
    }
}
