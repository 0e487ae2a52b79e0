//! Not more vulnerabilities than the policy allows.

use async_trait::async_trait;

use super::coverage::{Coverage, Rejected, listed, problems, unverified};
use super::{Attached, Evidence, PromotionGate};
use crate::error::Result;
use crate::model::{Digest, Outcome, Reason, Timestamp, Verdict};
use crate::scan::merge::{Merged, merge};
use crate::scan::{Exception, Finding, Report, ScanPolicy, Severity, Treatment};

/// Scanners run on machines whose clock is a little ahead.
const CLOCK_SKEW_SECONDS: i64 = 300;

/// Counts vulnerabilities against the maxima of a [`ScanPolicy`]. Every platform needs a report; several reports are merged,
/// and a vulnerability in several platforms counts once.
#[derive(Debug, Clone, Default)]
pub struct CveGate {
    policy: ScanPolicy,
}

impl CveGate {
    /// The gate for this policy.
    pub fn new(policy: ScanPolicy) -> Self {
        CveGate { policy }
    }
}

#[async_trait]
impl PromotionGate for CveGate {
    fn name(&self) -> &str {
        "cve"
    }

    async fn judge(&self, evidence: &Evidence) -> Result<Verdict> {
        let mut coverage = Coverage::of(evidence);
        let (mut counted, mut rejected) = (Vec::new(), Vec::new());
        for report in &evidence.reports {
            match self.scope(&coverage, report, evidence.now) {
                Ok(targets) => {
                    coverage.cover(&targets);
                    counted.push((report, targets));
                }
                Err((code, why)) => rejected.push(Rejected::new("report", report, code, &why)),
            }
        }
        let complete = coverage.is_complete();
        let mut reasons = Vec::new();
        if !complete {
            reasons
                .push(Reason::fail("no-report", format!("no vulnerability report of {} counts", coverage.missing())));
        }
        reasons.extend(problems(evidence, "report", complete));
        reasons.extend(unverified(evidence, complete));
        if !counted.is_empty() {
            let found: Vec<Found<'_>> = counted
                .iter()
                .flat_map(|(report, targets)| {
                    report.value.findings.iter().map(|finding| Found { finding, targets: targets.as_slice() })
                })
                .collect();
            reasons.extend(Count { policy: &self.policy, evidence, coverage: &coverage, found: &found }.reasons());
        }
        reasons.extend(rejected.into_iter().map(|r| r.reason(complete)));
        Ok(Verdict::new(self.name(), reasons, evidence.reports.iter().map(|r| r.looked_at("report")).collect()))
    }
}

impl CveGate {
    fn scope(
        &self,
        coverage: &Coverage<'_>,
        report: &Attached<Report>,
        now: Timestamp,
    ) -> Result<Vec<usize>, (&'static str, String)> {
        let value = &report.value;
        let targets = coverage
            .scope(&report.about, &value.subjects, value.platform.as_ref())
            .map_err(|why| ("report-of-another-image", why))?;
        if self.policy.require_signed && report.by.is_none() {
            return Err(("unsigned-report", "is not signed by a trusted key".to_owned()));
        }
        let old = |what: &str, at: Option<Timestamp>, max: Option<std::time::Duration>| match (at, max) {
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

/// A finding, and the platforms whose report has it.
struct Found<'a> {
    finding: &'a Finding,
    targets: &'a [usize],
}

struct Count<'a> {
    policy: &'a ScanPolicy,
    evidence: &'a Evidence,
    coverage: &'a Coverage<'a>,
    found: &'a [Found<'a>],
}

const COUNTED: [Severity; 4] = [Severity::Critical, Severity::High, Severity::Medium, Severity::Low];

impl Count<'_> {
    fn reasons(&self) -> Vec<Reason> {
        let findings: Vec<&Finding> = self.found.iter().map(|found| found.finding).collect();
        let merged = merge(&findings);
        let (excepted, counting): (Vec<_>, Vec<_>) = merged.iter().partition(|vulnerability| {
            // Every report of it has to be excepted; one that is not stays a vulnerability.
            vulnerability.findings.iter().all(|&i| self.exceptions_for(i).any(|e| !e.is_expired(self.evidence.now)))
        });
        let mut reasons = self.limits(&counting);
        reasons.extend(self.unknown(&counting));
        reasons.extend(self.policy.exceptions.iter().filter_map(|exception| {
            if exception.is_expired(self.evidence.now) {
                return Some(self.expired(exception, &merged));
            }
            self.applied(exception, &excepted, &merged).or_else(|| self.unused(exception, &merged))
        }));
        reasons
    }

    fn exceptions_for(&self, found: usize) -> impl Iterator<Item = &Exception> {
        self.policy.exceptions.iter().filter(move |exception| self.is_for(exception, found))
    }

    fn is_for(&self, exception: &Exception, found: usize) -> bool {
        let Found { finding, targets } = &self.found[found];
        let here = |digest: &Digest| {
            *digest == self.evidence.image.digest
                || targets.iter().all(|&target| self.coverage.digest(target) == digest)
        };
        exception.means(finding) && exception.digest.as_ref().is_none_or(here)
    }

    fn limits(&self, counting: &[&Merged<'_>]) -> Vec<Reason> {
        let mut within = Vec::new();
        let mut reasons = Vec::new();
        for severity in COUNTED {
            let these: Vec<String> = of(counting, severity).map(ToString::to_string).collect();
            match self.policy.max(severity) {
                Some(max) if these.len() > max as usize => {
                    let message =
                        format!("{} {severity}, and at most {max} are allowed: {}", these.len(), listed(&these));
                    reasons.push(Reason::fail(format!("too-many-{severity}"), message));
                }
                Some(max) => within.push(format!("{} {severity} (at most {max})", these.len())),
                None => within.push(format!("{} {severity} (no limit)", these.len())),
            }
        }
        if !within.is_empty() {
            reasons.push(Reason::pass("within-limits", within.join(", ")));
        }
        reasons
    }

    fn unknown(&self, counting: &[&Merged<'_>]) -> Option<Reason> {
        let these: Vec<String> = of(counting, Severity::Unknown).map(ToString::to_string).collect();
        if these.is_empty() {
            return None;
        }
        let message = format!("{} of unknown severity: {}", these.len(), listed(&these));
        Some(match self.policy.unknown_severity {
            Treatment::Allow => Reason::pass("unknown-severity", message),
            Treatment::Warn => Reason::warn("unknown-severity", message),
            Treatment::Deny => Reason::fail("unknown-severity", message),
        })
    }

    fn meant_by<'m>(&self, exception: &Exception, merged: &[&'m Merged<'m>]) -> Vec<&'m Merged<'m>> {
        merged.iter().filter(|m| m.findings.iter().any(|&i| self.is_for(exception, i))).copied().collect()
    }

    fn applied(&self, exception: &Exception, excepted: &[&Merged<'_>], all: &[Merged<'_>]) -> Option<Reason> {
        let meant = self.meant_by(exception, excepted);
        let would_be = meant.iter().map(|m| self.without_exceptions(m.severity, all)).max()?;
        let names: Vec<String> = meant.iter().map(|m| format!("{m}, {}", m.severity)).collect();
        let code = if exception.missing().is_some() { "excepted-without-owner-or-expiry" } else { "excepted" };
        Some(Reason::excepted(code, format!("the exception for {exception} covers {}", listed(&names)), would_be))
    }

    fn without_exceptions(&self, severity: Severity, all: &[Merged<'_>]) -> Outcome {
        let total = all.iter().filter(|m| m.severity == severity).count();
        match (severity, self.policy.unknown_severity) {
            (Severity::Unknown, Treatment::Deny) => Outcome::Fail,
            (Severity::Unknown, Treatment::Warn) => Outcome::Warn,
            _ if self.policy.max(severity).is_some_and(|max| total > max as usize) => Outcome::Fail,
            _ => Outcome::Pass,
        }
    }

    fn expired(&self, exception: &Exception, all: &[Merged<'_>]) -> Reason {
        let meant = self.meant_by(exception, &all.iter().collect::<Vec<_>>());
        let names: Vec<String> = meant.iter().map(ToString::to_string).collect();
        let what = if names.is_empty() { "nothing here".to_owned() } else { listed(&names) };
        Reason::warn("exception-expired", format!("the exception for {exception} has expired; it meant {what}"))
    }

    fn unused(&self, exception: &Exception, all: &[Merged<'_>]) -> Option<Reason> {
        let meant = self.meant_by(exception, &all.iter().collect::<Vec<_>>());
        if let Some(first) = meant.first() {
            let message =
                format!("the exception for {exception} covers only a part of what the reports say of {first}");
            return Some(Reason::warn("exception-too-narrow", message));
        }
        let message = format!("the exception for {exception} matches nothing");
        Some(match &exception.digest {
            Some(digest) if !self.evidence.is_about(digest) => Reason::pass("exception-unused", message),
            _ => Reason::warn("exception-unused", message),
        })
    }
}

fn of<'m>(merged: &'m [&'m Merged<'m>], severity: Severity) -> impl Iterator<Item = &'m Merged<'m>> {
    merged.iter().copied().filter(move |m| m.severity == severity)
}
