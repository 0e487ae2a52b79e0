//! Vulnerability reports: one form for what any scanner found, and how much of it is acceptable.
//!
//! [`Report::parse`] recognises the format. One file reads one format.

mod exception;
mod grype;
pub(crate) mod merge;
mod native;
mod policy;
mod recognise;
mod report;
mod trivy;
mod vuln;

pub use exception::Exception;
pub use policy::{ScanPolicy, Treatment};
pub use report::{Finding, Report, Severity};
pub use vuln::VULN_TYPE;

#[cfg(test)]
mod tests;
