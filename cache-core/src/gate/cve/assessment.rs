//! A verdict with all that it is made of, as plain data.

use serde::{Deserialize, Serialize};

use crate::document;
use crate::error::{Error, Result};
use crate::model::{Digest, Outcome, Reason, Timestamp, Verdict};
use crate::scan::{Epss, Exception, FixState, Note, Rating, Score, Severity, VexFormat, VexProblem, VexStatus};

/// What reports are written from: the verdict of the gate `cve`, and everything behind it. Its JSON Schema is
/// `docs/schema/assessment-v1.json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Assessment {
    /// The image's name, where it has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub image: Option<String>,
    /// The image's digest, where one is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub digest: Option<Digest>,
    /// When it was judged.
    pub at: Timestamp,
    /// The digest of the policy file, where there was one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub policy: Option<Digest>,
    /// The environment whose rules were applied.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub environment: Option<String>,
    /// The verdict.
    pub verdict: Verdict,
    /// The verdicts of other gates, for those who want all in one report.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub gates: Vec<Verdict>,
    /// The scans that counted.
    pub scans: Vec<Scan>,
    /// How many there are of each severity, worst first.
    pub tallies: Vec<Tally>,
    /// The vulnerabilities, each once, worst first.
    pub vulnerabilities: Vec<Vulnerability>,
    /// What to do about those that stop the image, what helps most first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub remedies: Vec<Remedy>,
    /// What became of the policy's exceptions.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub exceptions: Vec<ExceptionUse>,
    /// What became of the VEX documents.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub vex: Vec<VexUse>,
    /// What was not scanned, and what could not be decided.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<Note>,
    /// The packages, where an SBOM says which there are.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub packages: Option<Packages>,
}

impl Assessment {
    /// Reads an assessment that was written as JSON.
    ///
    /// # Errors
    /// `Invalid` where it is none, or its verdict allows what its own counts do not.
    pub fn from_json(json: &[u8]) -> Result<Assessment> {
        let assessment: Assessment = document::json("an assessment", &document::text(json)?)?;
        assessment.expect_consistent()?;
        Ok(assessment)
    }

    /// Whoever edits the verdict alone has changed nothing.
    fn expect_consistent(&self) -> Result<()> {
        if !self.verdict.allows() {
            return Ok(());
        }
        let wrong = |why: String| {
            Err(Error::invalid(format!("not an assessment: its verdict is {}, and {why}", self.verdict.outcome))
                .hint("it was edited after Cache wrote it: assess the reports again"))
        };
        if let Some(one) = self.vulnerabilities.iter().find(|one| !one.blocks.is_empty()) {
            return wrong(format!("{} in {} stops the image ({})", one.id, one.package, one.blocks.join(", ")));
        }
        let over = |count: usize, max: Option<u32>| max.is_some_and(|max| count > max as usize);
        let is_over = |it: &&Tally| over(it.counting, it.max) || over(it.counting_with_fix, it.max_with_fix);
        match self.tallies.iter().find(is_over) {
            Some(tally) => wrong(format!("more {} ones count than are allowed", tally.severity)),
            None => Ok(()),
        }
    }

    /// Whether the image may go on, as far as all verdicts in here are concerned.
    pub fn allows(&self) -> bool {
        self.outcome().allows()
    }

    /// The worst outcome of all verdicts in here.
    pub fn outcome(&self) -> Outcome {
        self.gates.iter().map(|verdict| verdict.outcome).fold(self.verdict.outcome, Ord::max)
    }

    /// The reasons that stop the image, of all gates, each with its gate.
    pub fn blocking(&self) -> impl Iterator<Item = (&str, &Reason)> {
        let verdicts = std::iter::once(&self.verdict).chain(&self.gates);
        verdicts.flat_map(|verdict| {
            let reasons = verdict.reasons.iter().filter(|reason| !reason.outcome.allows());
            reasons.map(|reason| (verdict.gate.as_str(), reason))
        })
    }
}

/// A scan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Scan {
    /// The digest of the report.
    pub report: Digest,
    /// The scanner's name.
    pub scanner: String,
    /// The scanner's version.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// When it scanned.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scanned_at: Option<Timestamp>,
    /// How old its data was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub data_as_of: Option<Timestamp>,
    /// How many findings it has.
    pub findings: usize,
}

/// How many vulnerabilities there are of one severity.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Tally {
    /// The severity.
    pub severity: Severity,
    /// All of them.
    pub found: usize,
    /// Those of all that have a fix.
    pub found_with_fix: usize,
    /// Those that count.
    pub counting: usize,
    /// Those that count and have a fix.
    pub counting_with_fix: usize,
    /// Those that the policy excepts.
    pub excepted: usize,
    /// Those that VEX statements clear.
    pub cleared: usize,
    /// The most that the policy allows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max: Option<u32>,
    /// The most with a fix that the policy allows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_with_fix: Option<u32>,
}

/// What became of a vulnerability.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Standing {
    /// It counts.
    Counts,
    /// An exception of the policy covers it.
    Excepted,
    /// VEX statements that count say that it is nothing.
    Cleared,
}

/// One vulnerability in one package, whoever reported it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Vulnerability {
    /// Its id: a CVE where one is known.
    pub id: String,
    /// Its other ids.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub aliases: Vec<String>,
    /// How bad it is: the worst of what is reported.
    pub severity: Severity,
    /// Whose word that is: the source of the rating, or the scanner.
    pub severity_by: String,
    /// The CVSS score, of the same source where that has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub score: Option<Score>,
    /// All ratings.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ratings: Vec<Rating>,
    /// The package's name.
    pub package: String,
    /// The installed versions.
    pub versions: Vec<String>,
    /// The package's purls.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub purls: Vec<String>,
    /// The layers in which the package is, by the SBOM.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub layers: Vec<String>,
    /// The versions that have the fix.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub fixed_in: Vec<String>,
    /// What is said of the fix.
    pub fix_state: FixState,
    /// Who says that the version is affected.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sources: Vec<String>,
    /// The scanners that report it.
    pub reported_by: Vec<String>,
    /// Whether it is known to be exploited.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub exploited: bool,
    /// How likely it is to be exploited soon.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub epss: Option<Epss>,
    /// What became of it.
    pub standing: Standing,
    /// Where it does not count: what it would amount to if it did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub would_be: Option<Outcome>,
    /// The codes of the verdict's reasons by which it stops the image.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub blocks: Vec<String>,
    /// The exceptions that mean it, in words; those that do not cover all of it, too.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub exceptions: Vec<String>,
    /// What VEX statements say of it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub vex: Vec<VexSaid>,
}

impl Vulnerability {
    /// Whether a version has the fix.
    pub fn has_fix(&self) -> bool {
        !self.fixed_in.is_empty() || self.fix_state == FixState::Fixed
    }
}

/// What somebody says of a vulnerability.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct VexSaid {
    /// The digest of the document.
    pub document: Digest,
    /// Where in it.
    pub position: String,
    /// What is said.
    pub status: VexStatus,
    /// Why, by a word of the format.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub justification: Option<String>,
    /// Why, in words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub explanation: Option<String>,
    /// Who the document says wrote it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub author: Option<String>,
    /// Who signed it, where a signature verified.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signed_by: Option<String>,
    /// When it was said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<Timestamp>,
    /// Why it does not count: `unverified`, `unjustified`, `broad`, `superseded`, `older`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ignored: Option<String>,
}

/// What became of a VEX document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct VexUse {
    /// Its digest.
    pub document: Digest,
    /// Its format.
    pub format: VexFormat,
    /// What it calls itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// Who it says wrote it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub author: Option<String>,
    /// Who signed it, where a signature verified.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signed_by: Option<String>,
    /// Whether the policy trusts it.
    pub trusted: bool,
    /// How many statements it has.
    pub statements: usize,
    /// How many of them are about something here.
    pub matched: usize,
    /// Those that are not; the first thousand.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unmatched: Vec<VexUnmatched>,
    /// What in it cannot be used; the first thousand.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub problems: Vec<VexProblem>,
}

/// A statement that matched nothing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct VexUnmatched {
    /// Where it stands.
    pub position: String,
    /// The vulnerability.
    pub vulnerability: String,
    /// What differs, where it nearly matches.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub differs: Option<String>,
}

/// What became of an exception.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ExceptionUse {
    /// The exception in words.
    pub exception: String,
    /// The vulnerability or licence that it names.
    pub id: String,
    /// The code of the reason: `excepted`, `exception-unused`, `exception-expired`, …
    pub state: String,
    /// The vulnerabilities that it means.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub means: Vec<String>,
    /// The first instant at which it does not apply any more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires: Option<Timestamp>,
}

impl ExceptionUse {
    pub(super) fn of(exception: &Exception, reason: &Reason, means: Vec<String>) -> Self {
        let (id, expires) = (exception.id.clone(), exception.expires);
        ExceptionUse { exception: exception.to_string(), id, state: reason.code.clone(), means, expires }
    }
}

/// Something that would help.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Remedy {
    /// The package to be brought up to date.
    pub package: String,
    /// The installed versions.
    pub from: Vec<String>,
    /// The version that has all these fixes, or where their order is not known, all versions that have one; empty where there is no fix.
    pub to: Vec<String>,
    /// The vulnerabilities that stop the image and are gone then.
    pub resolves: Vec<String>,
}

/// The packages of an image.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Packages {
    /// How many there are.
    pub total: usize,
    /// How they are spread over the layers, the layer with most of them first; empty where the SBOM does not say.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub layers: Vec<LayerShare>,
}

/// The packages of one layer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct LayerShare {
    /// The layer's digest; the empty text for packages of no known layer.
    pub layer: String,
    /// How many packages are in it.
    pub packages: usize,
    /// How many of them have vulnerabilities that count.
    pub affected: usize,
    /// How many vulnerabilities of its packages count.
    pub vulnerabilities: usize,
}
