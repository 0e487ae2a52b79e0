//! VEX: what a supplier says of whether a vulnerability matters in a product.
//!
//! One model for three formats, one file each: OpenVEX (openvex/spec 0.0 to 0.2), CycloneDX as JSON and XML (`vulnerabilities[].analysis`) and
//! CSAF 2.0 and 2.1 (`product_status`). What of a document cannot be used is a [`VexProblem`], never silence. Whether a statement counts is not
//! decided here: that is a question of who says it and of the policy.

mod csaf;
mod cyclonedx;
mod fit;
mod openvex;
mod product;

use std::fmt;
use std::sync::Arc;

use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};

pub(crate) use cyclonedx::JUSTIFICATIONS as CYCLONEDX_JUSTIFICATIONS;
pub(crate) use fit::{Fit, Matcher, Place};
pub use product::{VexName, VexProduct};

use crate::document::{self, UnsignedStatement};
use crate::error::{Error, Result};
use crate::model::Timestamp;

/// A VEX document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Vex {
    /// The format that it was read from.
    pub format: VexFormat,
    /// What the document calls itself; with the author, it names the document over its versions.
    pub id: Option<String>,
    /// Who says that it wrote it.
    pub author: Option<String>,
    /// Which version of the document it is, where that is a number.
    pub version: Option<u64>,
    /// When it was issued.
    pub issued: Option<Timestamp>,
    /// What it says.
    pub statements: Vec<VexStatement>,
    /// What in it cannot be used, and why.
    pub problems: Vec<VexProblem>,
}

/// The formats of VEX.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum VexFormat {
    /// OpenVEX.
    OpenVex,
    /// CycloneDX with analyses.
    CycloneDx,
    /// CSAF.
    Csaf,
}

impl fmt::Display for VexFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            VexFormat::OpenVex => "OpenVEX",
            VexFormat::CycloneDx => "CycloneDX",
            VexFormat::Csaf => "CSAF",
        })
    }
}

/// What is said of one vulnerability in some products.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VexStatement {
    /// Where in the document it stands: `statements[3]`.
    pub position: String,
    /// The names of the vulnerability, the main one first.
    pub vulnerabilities: Arc<[String]>,
    /// What it is about.
    pub products: Vec<Arc<VexProduct>>,
    /// What is said.
    pub status: VexStatus,
    /// Why it is not affected, by the word of the format: `vulnerable_code_not_present`.
    pub justification: Option<String>,
    /// Why, or what to do, in words.
    pub explanation: Option<String>,
    /// When it was said.
    pub at: Option<Timestamp>,
}

impl VexStatement {
    /// Whether it says why, as all three formats ask of `not_affected`.
    pub fn is_justified(&self) -> bool {
        self.status != VexStatus::NotAffected || self.justification.is_some() || self.explanation.is_some()
    }

    /// The name of the vulnerability.
    pub fn vulnerability(&self) -> &str {
        self.vulnerabilities.first().map_or("", String::as_str)
    }
}

/// The statuses of all formats, the most careful first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum VexStatus {
    /// The product is affected.
    Affected,
    /// It is not known yet.
    UnderInvestigation,
    /// The product has the fix, whatever its version looks like.
    Fixed,
    /// The product is not affected.
    NotAffected,
}

impl VexStatus {
    /// Whether it speaks a vulnerability away.
    pub fn clears(self) -> bool {
        matches!(self, VexStatus::Fixed | VexStatus::NotAffected)
    }
}

impl fmt::Display for VexStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            VexStatus::Affected => "affected",
            VexStatus::UnderInvestigation => "under_investigation",
            VexStatus::Fixed => "fixed",
            VexStatus::NotAffected => "not_affected",
        })
    }
}

/// Something in a document that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct VexProblem {
    /// Where it stands.
    pub position: String,
    /// What it is.
    pub message: String,
}

impl VexProblem {
    fn new(position: impl Into<String>, message: impl Into<String>) -> Self {
        VexProblem { position: position.into(), message: message.into() }
    }

    /// A range of versions that counts for nothing.
    fn range(position: impl Into<String>, range: &str, why: &Error) -> Self {
        VexProblem::new(position, format!("the range of versions {range:?} is not understood: {}", why.message()))
    }
}

/// The keys that tell the formats apart.
#[derive(Deserialize)]
struct Keys {
    #[serde(default, rename = "@context")]
    context: Option<serde_json::Value>,
    #[serde(default, rename = "bomFormat")]
    bom_format: Option<String>,
    #[serde(default)]
    document: Option<IgnoredAny>,
    #[serde(default, rename = "_type")]
    statement: Option<IgnoredAny>,
}

impl Vex {
    /// Reads a document in any of the formats, or an in-toto statement with one as its predicate.
    ///
    /// What the document says of its author is a claim: only a verified signature makes it more.
    ///
    /// # Errors
    /// `Invalid` where it is none of them, or is broken; `Unsupported`, with the field, where its version is not known.
    pub fn parse(bytes: &[u8]) -> Result<Vex> {
        let text = document::text(bytes)?;
        if text.trim_start().starts_with('<') {
            return cyclonedx::parse_xml(&text);
        }
        match document::json::<Keys>("a VEX document", &text)? {
            Keys { statement: Some(_), .. } => {
                let statement: UnsignedStatement<'_> = document::json("an in-toto statement", &text)?;
                Vex::of_predicate(statement.predicate.get())
            }
            _ => Vex::of_predicate(&text),
        }
    }

    /// Reads the predicate of a statement.
    pub(crate) fn of_predicate(text: &str) -> Result<Vex> {
        let keys: Keys = document::json("a VEX document", text)?;
        let context = keys.context.as_ref().map(ToString::to_string).unwrap_or_default();
        match keys {
            _ if context.contains("openvex") => openvex::parse(text),
            Keys { bom_format: Some(_), .. } => cyclonedx::parse(text),
            Keys { document: Some(_), .. } => csaf::parse(text),
            _ => Err(Error::invalid("not a VEX document: it has the keys of no known format")
                .hint("Cache reads OpenVEX, CycloneDX and CSAF")),
        }
    }

    /// Whether statements with this predicate type hold VEX, or may.
    pub(crate) fn is_predicate(predicate_type: &str) -> bool {
        let kinds = ["https://openvex.dev/ns", "https://cyclonedx.org/bom", "https://cyclonedx.org/schema"];
        kinds.iter().any(|kind| predicate_type.starts_with(kind))
    }

    /// Whether `other` is a later version of the same document.
    pub(crate) fn is_superseded_by(&self, other: &Vex) -> bool {
        let same =
            self.format == other.format && self.id.is_some() && (&self.id, &self.author) == (&other.id, &other.author);
        same && match (self.version, other.version) {
            (Some(own), Some(other)) => own < other,
            _ => self.issued.zip(other.issued).is_some_and(|(own, other)| own < other),
        }
    }
}

/// Text that says something.
fn said(text: Option<String>) -> Option<String> {
    text.map(|text| text.trim().to_owned()).filter(|text| !text.is_empty())
}

/// A word of the format, or none: one that is not known is left out, which is told.
fn justification(
    word: Option<String>,
    known: &[&str],
    position: &str,
    problems: &mut Vec<VexProblem>,
) -> Option<String> {
    said(word).filter(|word| {
        let is_known = known.contains(&word.as_str());
        if !is_known {
            problems.push(VexProblem::new(position, format!("the justification {word:?} is not known")));
        }
        is_known
    })
}

/// A time that is none is left out, which is told.
fn time(text: Option<&str>, position: &str, problems: &mut Vec<VexProblem>) -> Option<Timestamp> {
    let text = text?;
    let time = Timestamp::parse(text).ok();
    if time.is_none() {
        problems.push(VexProblem::new(position, format!("{text:?} is no time")));
    }
    time
}

#[cfg(test)]
mod tests;
