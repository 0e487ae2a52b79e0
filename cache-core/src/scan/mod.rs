//! Vulnerabilities: finding them, one form for what any scanner found, and how much of it is acceptable.
//!
//! A [`Scanner`] finds them: [`EmbeddedScanner`] with a [`Database`] of Cache's own, [`GrypeScanner`] and [`TrivyScanner`] by the
//! programs of those names. [`Report::parse`] reads what a scanner wrote, recognising the format. One file reads one format.

mod acr;
mod comparison;
mod database;
mod distribution;
mod ecosystem;
mod ecr;
mod embedded;
mod exception;
mod external;
mod grype;
mod harbor;
pub(crate) mod merge;
mod native;
mod policy;
mod rating;
mod recognise;
mod report;
mod scanner;
mod trivy;
mod update;
pub mod version;
mod vex;
mod vuln;

pub use comparison::{Difference, DifferenceKind, MergedFinding, MergedReport, ReportSummary, Said, Why};
pub use database::{Database, DatabaseBuilder, DatabaseInfo, DatabaseSource};
pub use embedded::EmbeddedScanner;
pub use exception::Exception;
pub use external::{GrypeScanner, TrivyScanner};
pub use policy::{Limits, ScanPolicy, Treatment};
pub use rating::{Epss, FixState, Rating, Score, Share};
pub use report::{Finding, Note, Report, Severity};
pub use scanner::{ScanTarget, Scanner, ScannerInfo};
pub use update::{DataSource, DatabaseUpdate, UpdateProgress, Updated};
pub(crate) use vex::{CYCLONEDX_JUSTIFICATIONS, Fit, Matcher, Place};
pub use vex::{Vex, VexFormat, VexName, VexProblem, VexProduct, VexStatement, VexStatus};
pub use vuln::VULN_TYPE;

#[cfg(test)]
mod tests;
