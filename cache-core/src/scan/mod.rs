//! Vulnerabilities: finding them, one form for what any scanner found, and how much of it is acceptable.
//!
//! A [`Scanner`] finds them: [`EmbeddedScanner`] with a [`Database`] of Cache's own, [`GrypeScanner`] and [`TrivyScanner`] by the
//! programs of those names. [`Report::parse`] reads what a scanner wrote, recognising the format. One file reads one format.
//!
//! ```
//! use cache_core::sbom::Sbom;
//! use cache_core::scan::{Database, DatabaseBuilder, EmbeddedScanner, ScanTarget, Scanner};
//!
//! # tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap().block_on(async {
//! // Advisories in OSV's form: its archives, or a folder of JSON.
//! let folder = tempfile::tempdir().unwrap();
//! let record = r#"{"id": "GHSA-1", "modified": "2026-01-01T00:00:00Z", "affected": [{
//!     "package": {"ecosystem": "npm", "name": "lodash"},
//!     "ranges": [{"type": "SEMVER", "events": [{"introduced": "0"}, {"fixed": "4.17.21"}]}]
//! }]}"#;
//! std::fs::write(folder.path().join("GHSA-1.json"), record).unwrap();
//! let mut builder = DatabaseBuilder::new();
//! builder.add_osv(folder.path())?;
//! let path = folder.path().join("cache.db");
//! builder.write(&path)?;
//!
//! let sbom = Sbom::parse(br#"{"bomFormat": "CycloneDX", "specVersion": "1.6", "components": [{
//!     "type": "library", "name": "lodash", "version": "4.17.15", "purl": "pkg:npm/lodash@4.17.15"
//! }]}"#)?;
//! let scanner = EmbeddedScanner::new(Database::open(&path)?.into());
//! let report = scanner.scan(ScanTarget::Sbom(&sbom)).await?;
//! assert_eq!(report.findings[0].id, "GHSA-1");
//! # Ok::<(), cache_core::Error>(())
//! # }).unwrap();
//! ```

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
