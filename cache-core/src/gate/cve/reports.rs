//! Which reports count, and for which platforms.

use std::time::Duration;

use super::CveGate;
use crate::gate::coverage::{Coverage, Rejected};
use crate::gate::{Attached, Evidence};
use crate::model::Timestamp;
use crate::scan::Report;
use crate::visible;

/// Scanners run on machines whose clock is a little ahead.
const CLOCK_SKEW_SECONDS: i64 = 300;

/// How much is shown of a scanner's word.
const LONGEST_TARGET: usize = 40;

/// A report that counts, and the platforms that it speaks for.
pub(super) struct Counted<'a> {
    pub(super) report: &'a Attached<Report>,
    pub(super) targets: Vec<usize>,
}

impl CveGate {
    pub(super) fn reports<'a>(
        &self,
        coverage: &mut Coverage<'_>,
        evidence: &'a Evidence,
    ) -> (Vec<Counted<'a>>, Vec<Rejected>) {
        let (mut counted, mut rejected) = (Vec::new(), Vec::new());
        for report in &evidence.reports {
            match self.scope(coverage, report, evidence.now) {
                Ok(targets) => {
                    coverage.cover(&targets);
                    counted.push(Counted { report, targets });
                }
                Err((code, why)) => rejected.push(Rejected::new("report", report, code, &why)),
            }
        }
        (counted, rejected)
    }

    fn scope(
        &self,
        coverage: &Coverage<'_>,
        report: &Attached<Report>,
        now: Timestamp,
    ) -> Result<Vec<usize>, (&'static str, String)> {
        let value = &report.value;
        if let Some(target) = &value.target {
            let target = visible::short(target, LONGEST_TARGET);
            return Err(("report-of-no-image", format!("says that what was scanned is no image ({target})")));
        }
        let scope = coverage.scope_of(report, &value.subjects, &value.image_ids, value.platform.as_ref());
        let targets = scope.map_err(|unfit| unfit.coded("report-of-another-image", "unbound-report"))?;
        if self.policy.require_signed && report.by.is_none() {
            return Err(("unsigned-report", "is not signed by a trusted key".to_owned()));
        }
        // Of nothing everything is true.
        if value.packages == Some(0) {
            return Err(("empty-report", "looked at no package".to_owned()));
        }
        let old = |what: &str, at: Option<Timestamp>, max: Option<Duration>| match (at, max) {
            (_, None) => Ok(()),
            (None, Some(_)) => Err(("undated-report", format!("does not say when {what}"))),
            (Some(at), _) if at.unix() > now.unix().saturating_add(CLOCK_SKEW_SECONDS) => {
                Err(("report-from-the-future", format!("says that {what} in the future, {at}")))
            }
            (Some(at), Some(max)) if now.since(at) > max => {
                Err(("stale-report", format!("is too old: {what} at {at}, and {} s are allowed", max.as_secs())))
            }
            _ => Ok(()),
        };
        old("it was made", value.scanned_at, self.policy.max_report_age)?;
        old("the scanner's data were current", value.data_as_of, self.policy.max_data_age)?;
        Ok(targets)
    }
}
