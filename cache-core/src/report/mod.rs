//! What was found, written for people and for other tools: one file for each format.
//!
//! All are written from an [`Assessment`], so that all say the same. What comes from outside (names of packages, reasons,
//! VEX) is escaped as the format asks, and control characters are shown and never sent.

mod cyclonedx;
mod gitlab;
mod json;
mod junit;
mod links;
mod markdown;
mod page;
mod sarif;
mod table;
mod words;

use std::fmt;
use std::str::FromStr;

use crate::error::{Error, Result};
use crate::gate::Assessment;

/// The formats.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ReportFormat {
    /// Cache's own JSON; its schema is `docs/schema/assessment-v1.json`.
    Json,
    /// SARIF 2.1.0, as GitHub's code scanning takes it.
    Sarif,
    /// JUnit's XML.
    Junit,
    /// GitLab's report of a container scan.
    Gitlab,
    /// CycloneDX 1.6 with the vulnerabilities: a vulnerability disclosure report.
    CycloneDx,
    /// A table for a terminal.
    Table,
    /// Markdown for the summary of a job.
    Markdown,
    /// A page that stands alone.
    Html,
}

impl ReportFormat {
    /// All of them.
    pub const ALL: [ReportFormat; 8] = [
        ReportFormat::Json,
        ReportFormat::Sarif,
        ReportFormat::Junit,
        ReportFormat::Gitlab,
        ReportFormat::CycloneDx,
        ReportFormat::Table,
        ReportFormat::Markdown,
        ReportFormat::Html,
    ];

    /// The name, such as `sarif`.
    pub fn name(self) -> &'static str {
        match self {
            ReportFormat::Json => "json",
            ReportFormat::Sarif => "sarif",
            ReportFormat::Junit => "junit",
            ReportFormat::Gitlab => "gitlab",
            ReportFormat::CycloneDx => "cyclonedx",
            ReportFormat::Table => "table",
            ReportFormat::Markdown => "markdown",
            ReportFormat::Html => "html",
        }
    }
}

impl fmt::Display for ReportFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// By name.
impl FromStr for ReportFormat {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self> {
        ReportFormat::ALL.into_iter().find(|format| format.name() == name).ok_or_else(|| {
            let names: Vec<&str> = ReportFormat::ALL.into_iter().map(ReportFormat::name).collect();
            Error::invalid(format!("there is no report format {name:?}"))
                .hint(format!("there are {}", names.join(", ")))
        })
    }
}

/// How a report is to look.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReportOptions {
    /// How many columns a terminal has, for the table.
    pub width: usize,
    /// The file of the repository that findings are shown at in SARIF, such as `Dockerfile`; without it, one named as the image.
    pub location: Option<String>,
}

impl Default for ReportOptions {
    /// A hundred columns.
    fn default() -> Self {
        ReportOptions { width: 100, location: None }
    }
}

impl Assessment {
    /// The report in this format. The same assessment and options give the same bytes.
    ///
    /// # Errors
    /// `Unexpected`, which does not happen.
    pub fn write(&self, format: ReportFormat, options: &ReportOptions) -> Result<Vec<u8>> {
        match format {
            ReportFormat::Json => json::write(self),
            ReportFormat::Sarif => sarif::write(self, options),
            ReportFormat::Junit => junit::write(self),
            ReportFormat::Gitlab => gitlab::write(self),
            ReportFormat::CycloneDx => cyclonedx::write(self),
            ReportFormat::Table => Ok(table::write(self, options).into_bytes()),
            ReportFormat::Markdown => Ok(markdown::write(self).into_bytes()),
            ReportFormat::Html => Ok(page::write(self).into_bytes()),
        }
    }
}

/// JSON, indented.
fn pretty(document: &impl serde::Serialize) -> Result<Vec<u8>> {
    let mut bytes = serde_json::to_vec_pretty(document)
        .map_err(|e| Error::unexpected("the report cannot be written").caused_by(e))?;
    bytes.push(b'\n');
    Ok(bytes)
}

#[cfg(test)]
mod tests;
