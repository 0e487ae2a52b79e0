//! Strict validation, apart from reading: whether a document is as its specification wants it.

use super::bom::Finding;
use super::cyclonedx::{NEWEST, minor, xml as cyclonedx_xml};
use super::grammar::{GRAMMAR, Minor};
use super::value::Value;
use crate::document;
use crate::error::{Error, Result};

mod json;
mod rules;
mod scalar;
mod spdx;
mod xml;

#[cfg(test)]
mod spdx_tests;
#[cfg(test)]
mod tests;

/// What is wrong with a document by the letter of its specification; nothing where it is valid. Reading an SBOM is lenient and
/// asks none of this. CycloneDX 1.3 to 1.7 is checked as JSON and as XML, SPDX 2.2 and 2.3 as JSON. Each finding has a code
/// (`unknown-member`, `missing-member`, `wrong-type`, `wrong-value`, `repeated-id`, `conflict`, `wrong-order`, …) and a
/// position, such as `components[3].hashes[0].alg` or `bom/components/component[3]`. At most 1000 are told.
///
/// # Errors
/// `Invalid` where it is neither JSON nor XML, or lies too deep; `Unsupported` where it is another document or version.
pub fn validate(bytes: &[u8]) -> Result<Vec<Finding>> {
    let text = document::text(bytes)?;
    if text.trim_start().starts_with('<') {
        return cyclonedx_as_xml(&text);
    }
    let value = Value::read(&text)?;
    if value.get("bomFormat").is_some() {
        cyclonedx(&value)
    } else if value.get("spdxVersion").is_some() {
        spdx::check(&value)
    } else {
        Err(Error::unsupported("only CycloneDX and SPDX 2 documents are validated"))
    }
}

fn cyclonedx(document: &Value<'_>) -> Result<Vec<Finding>> {
    let mut report = Report::default();
    let version = known(&mut report, document.get("specVersion").and_then(Value::text).unwrap_or_default())?;
    Ok(json::check(report, GRAMMAR.bom(), document, version).findings)
}

fn cyclonedx_as_xml(text: &str) -> Result<Vec<Finding>> {
    let document = cyclonedx_xml::read_tree(text)?;
    let space = document.space.strip_prefix(cyclonedx_xml::SPACE).filter(|_| document.root.name == "bom");
    let version = space.ok_or_else(|| {
        let (name, space) = (document.root.name, &document.space);
        Error::unsupported(format!("{name:?} of the namespace {space:?} is not validated"))
    })?;
    let mut report = Report { findings: document.findings, ..Report::default() };
    let version = known(&mut report, version)?;
    Ok(xml::check(report, &document.root, version).findings)
}

/// The oldest version of CycloneDX that is validated: 1.3.
const OLDEST: Minor = 3;

/// The version; where there is no such one, that is told, and the newest counts.
fn known(report: &mut Report, version: &str) -> Result<Minor> {
    match minor(version) {
        Some(minor) if minor < OLDEST => Err(Error::unsupported(format!("CycloneDX {version} is not validated"))),
        Some(minor) if minor <= NEWEST => Ok(minor),
        _ => {
            report.tell("wrong-version", format!("there is no version {version:?}; it is checked as 1.{NEWEST}"));
            Ok(NEWEST)
        }
    }
}

/// As many findings as are told of one document.
const MAX_FINDINGS: usize = 1000;

/// Findings, with the place where the validator is.
#[derive(Default)]
struct Report {
    path: String,
    ends: Vec<usize>,
    findings: Vec<Finding>,
}

impl Report {
    /// Goes into a part of the document: `.name`, `[3]`, `/element`.
    fn enter(&mut self, step: &str) {
        self.ends.push(self.path.len());
        self.path.push_str(step);
    }

    fn leave(&mut self) {
        self.path.truncate(self.ends.pop().unwrap_or_default());
    }

    fn position(&self) -> &str {
        self.path.trim_start_matches(['.', '/'])
    }

    fn tell(&mut self, code: &'static str, message: impl Into<String>) {
        if self.findings.len() < MAX_FINDINGS {
            self.findings.push(Finding::new(code, self.position().to_owned(), message));
        }
    }
}
