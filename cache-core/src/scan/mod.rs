//! Vulnerability reports.

mod report;

pub use report::{Finding, Report, Severity};
