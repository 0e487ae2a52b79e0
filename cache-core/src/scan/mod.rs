//! Vulnerability reports: one form for what any scanner found.
//!
//! [`Report::parse`] recognises the format. One file reads one format.

mod grype;
mod native;
mod recognise;
mod report;
mod trivy;
mod vuln;

pub use report::{Finding, Report, Severity};
pub use vuln::VULN_TYPE;

#[cfg(test)]
mod tests;
