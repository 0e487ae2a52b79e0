//! How much of what scanners find is acceptable.

use std::time::Duration;

use super::{Exception, Severity};
use crate::model::Outcome;

/// What an image may have of vulnerabilities, and how its reports have to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScanPolicy {
    /// The most critical vulnerabilities; `None` is no limit, and so for the others.
    pub max_critical: Option<u32>,
    /// The most high ones.
    pub max_high: Option<u32>,
    /// The most medium ones.
    pub max_medium: Option<u32>,
    /// The most low ones.
    pub max_low: Option<u32>,
    /// The most of each that have a fix, besides the limits above.
    pub max_fixable: Limits,
    /// What a vulnerability amounts to that is known to be exploited, whatever its severity.
    pub exploited: Treatment,
    /// What a vulnerability whose severity nobody states amounts to.
    pub unknown_severity: Treatment,
    /// What it amounts to that something was not scanned, or could not be decided.
    pub unscanned: Treatment,
    /// The vulnerabilities that do not count.
    pub exceptions: Vec<Exception>,
    /// What an exception amounts to that matches nothing.
    pub unused_exceptions: Treatment,
    /// How long before its end an exception is named.
    pub expiry_warning: Duration,
    /// Whether VEX statements count that nobody trusted has signed and the caller has not given.
    pub unverified_vex: bool,
    /// Whether VEX statements count that name neither the digest of an image nor the version of a package.
    pub broad_vex: bool,
    /// How old a scan may be. A report without a date is too old.
    pub max_report_age: Option<Duration>,
    /// How old the scanner's data may be. A report that does not tell is too old.
    pub max_data_age: Option<Duration>,
    /// Whether only signed reports and VEX documents count.
    pub require_signed: bool,
}

impl Default for ScanPolicy {
    /// Nothing critical and nothing high; the rest without limit; a warning where something is exploited, not known or not
    /// scanned, and two weeks before an exception ends; VEX by those who are trusted, and to the point.
    fn default() -> Self {
        ScanPolicy {
            max_critical: Some(0),
            max_high: Some(0),
            max_medium: None,
            max_low: None,
            max_fixable: Limits::default(),
            exploited: Treatment::Warn,
            unknown_severity: Treatment::Warn,
            unscanned: Treatment::Warn,
            exceptions: Vec::new(),
            unused_exceptions: Treatment::Warn,
            expiry_warning: Duration::from_secs(14 * 24 * 60 * 60),
            unverified_vex: false,
            broad_vex: false,
            max_report_age: None,
            max_data_age: None,
            require_signed: false,
        }
    }
}

impl ScanPolicy {
    /// The most vulnerabilities of this severity, where there is a limit.
    pub fn max(&self, severity: Severity) -> Option<u32> {
        Limits { critical: self.max_critical, high: self.max_high, medium: self.max_medium, low: self.max_low }
            .of(severity)
    }
}

/// A maximum for each severity that is counted; `None` is no limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Limits {
    /// Of critical ones.
    pub critical: Option<u32>,
    /// Of high ones.
    pub high: Option<u32>,
    /// Of medium ones.
    pub medium: Option<u32>,
    /// Of low ones.
    pub low: Option<u32>,
}

impl Limits {
    /// The limit of this severity.
    pub fn of(self, severity: Severity) -> Option<u32> {
        match severity {
            Severity::Critical => self.critical,
            Severity::High => self.high,
            Severity::Medium => self.medium,
            Severity::Low => self.low,
            Severity::Negligible | Severity::Unknown => None,
        }
    }
}

/// What to make of something that nobody knows, or that a person should decide about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Treatment {
    /// It is fine.
    Allow,
    /// It is fine, and a person should see it.
    #[default]
    Warn,
    /// It is not fine.
    Deny,
}

impl Treatment {
    /// What it amounts to.
    pub fn outcome(self) -> Outcome {
        match self {
            Treatment::Allow => Outcome::Pass,
            Treatment::Warn => Outcome::Warn,
            Treatment::Deny => Outcome::Fail,
        }
    }
}
