//! What a gate says of an image.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::digest::Digest;

/// The answer of one gate, with what decided it and what was looked at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Verdict {
    /// The name of the gate, such as `cve`.
    pub gate: String,
    /// The worst of the reasons' outcomes.
    pub outcome: Outcome,
    /// Why, most severe first. Never empty: a gate that looked at nothing has not passed.
    pub reasons: Vec<Reason>,
    /// The evidence that was judged, by digest.
    pub looked_at: Vec<LookedAt>,
}

impl Verdict {
    /// A verdict from its reasons; no reason at all is an error of the gate.
    pub fn new(gate: impl Into<String>, mut reasons: Vec<Reason>, looked_at: Vec<LookedAt>) -> Self {
        if reasons.is_empty() {
            reasons.push(Reason::error("no-reason", "the gate gave no reason, so it has not passed"));
        }
        reasons.sort_by_key(|reason| std::cmp::Reverse(reason.outcome));
        Verdict { gate: gate.into(), outcome: reasons[0].outcome, reasons, looked_at }
    }

    /// Whether the image may go on as far as this gate is concerned.
    pub fn allows(&self) -> bool {
        self.outcome.allows()
    }
}

/// The outcomes, mildest first. There is no "skipped": evidence that is absent is a `Fail`, and evidence that could not be
/// looked at is an `Error`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// The rule holds.
    Pass,
    /// The rule does not hold, and the policy excepts this very case. What it would be otherwise is in
    /// [`Reason::would_be`].
    Excepted,
    /// The rule holds with something that a person should see.
    Warn,
    /// The rule does not hold.
    Fail,
    /// The gate could not judge.
    Error,
}

impl Outcome {
    /// Whether the image may go on.
    pub fn allows(self) -> bool {
        self < Outcome::Fail
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Outcome::Pass => "pass",
            Outcome::Excepted => "excepted",
            Outcome::Warn => "warn",
            Outcome::Fail => "fail",
            Outcome::Error => "error",
        })
    }
}

/// One thing that a gate found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Reason {
    /// What this alone amounts to.
    pub outcome: Outcome,
    /// A stable name for programs, such as `no-report`.
    pub code: String,
    /// A sentence for people.
    pub message: String,
    /// For what an exception or a VEX statement covers: what the outcome would be without it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub would_be: Option<Outcome>,
}

macro_rules! reasons {
    ($($make:ident $outcome:ident),+) => {$(
        #[doc = concat!("A reason with the outcome `", stringify!($outcome), "`.")]
        pub fn $make(code: impl Into<String>, message: impl Into<String>) -> Self {
            Reason::of(Outcome::$outcome, code, message)
        }
    )+};
}

impl Reason {
    reasons!(pass Pass, warn Warn, fail Fail, error Error);

    /// A reason with this outcome.
    pub fn of(outcome: Outcome, code: impl Into<String>, message: impl Into<String>) -> Self {
        Reason { outcome, code: code.into(), message: message.into(), would_be: None }
    }

    /// A reason that the policy excepts.
    pub fn excepted(code: impl Into<String>, message: impl Into<String>, would_be: Outcome) -> Self {
        Reason { outcome: Outcome::Excepted, code: code.into(), message: message.into(), would_be: Some(would_be) }
    }
}

/// A piece of evidence that a gate judged.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct LookedAt {
    /// What it is, such as `sbom` or `signature`.
    pub what: String,
    /// The digest of its bytes.
    pub digest: Digest,
    /// The manifest that it is about.
    pub about: Digest,
    /// Where it was found and who signed it, for people: `referrer, signed by key release`.
    pub source: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_worst_reason_decides_and_stands_first() {
        let verdict =
            Verdict::new("g", vec![Reason::pass("a", "a"), Reason::fail("b", "b"), Reason::warn("c", "c")], vec![]);
        assert_eq!((verdict.outcome, verdict.reasons[0].code.as_str()), (Outcome::Fail, "b"));
        assert!(!verdict.allows());
    }

    #[test]
    fn a_gate_without_a_reason_has_not_passed() {
        assert_eq!(Verdict::new("g", vec![], vec![]).outcome, Outcome::Error);
    }

    #[test]
    fn an_excepted_reason_allows_and_remembers() {
        let verdict = Verdict::new("g", vec![Reason::excepted("x", "x", Outcome::Fail)], vec![]);
        assert!(verdict.allows());
        assert_eq!(verdict.reasons[0].would_be, Some(Outcome::Fail));
    }
}
