//! How much of what scanners find is acceptable.

use std::time::Duration;

use super::{Exception, Severity};

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
    /// What a vulnerability whose severity nobody states amounts to.
    pub unknown_severity: Treatment,
    /// The vulnerabilities that do not count.
    pub exceptions: Vec<Exception>,
    /// How old a scan may be. A report without a date is too old.
    pub max_report_age: Option<Duration>,
    /// How old the scanner's data may be. A report that does not tell is too old.
    pub max_data_age: Option<Duration>,
    /// Whether only signed reports count.
    pub require_signed: bool,
}

impl Default for ScanPolicy {
    /// Nothing critical and nothing high; the rest without limit; a warning where the severity is unknown.
    fn default() -> Self {
        ScanPolicy {
            max_critical: Some(0),
            max_high: Some(0),
            max_medium: None,
            max_low: None,
            unknown_severity: Treatment::Warn,
            exceptions: Vec::new(),
            max_report_age: None,
            max_data_age: None,
            require_signed: false,
        }
    }
}

impl ScanPolicy {
    /// The most vulnerabilities of this severity, where there is a limit.
    pub fn max(&self, severity: Severity) -> Option<u32> {
        match severity {
            Severity::Critical => self.max_critical,
            Severity::High => self.max_high,
            Severity::Medium => self.max_medium,
            Severity::Low => self.max_low,
            Severity::Negligible | Severity::Unknown => None,
        }
    }
}

/// What to make of something that nobody knows.
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
