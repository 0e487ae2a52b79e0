//! What a gate says of an image.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::digest::Digest;

/// The answer of one gate, with what decided it and what was looked at. As data, one whose outcome is milder than its reasons is
/// refused.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", try_from = "Stated")]
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

/// A verdict as somebody states it.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Stated {
    gate: String,
    outcome: Outcome,
    reasons: Vec<Reason>,
    looked_at: Vec<LookedAt>,
}

impl TryFrom<Stated> for Verdict {
    type Error = String;

    /// A gate may be stricter than its reasons, never milder: whoever edits the outcome alone has changed nothing.
    fn try_from(stated: Stated) -> Result<Self, String> {
        let Stated { gate, outcome, reasons, looked_at } = stated;
        let Some(worst) = reasons.iter().max_by_key(|reason| reason.outcome) else {
            return Err("a verdict needs at least one reason".to_owned());
        };
        if outcome < worst.outcome {
            return Err(format!(
                "the outcome of a verdict is at least that of its worst reason, which is `{}`, not `{outcome}`",
                worst.outcome
            ));
        }
        Ok(Verdict { gate, outcome, reasons, looked_at })
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
    use serde_json::json;

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
    fn a_verdict_that_is_milder_than_its_reasons_is_none_where_it_is_read() {
        let read = |outcome: &str, reasons: &[&str]| {
            let reason = |outcome: &&str| json!({"outcome": outcome, "code": "c", "message": "m"});
            let reasons: Vec<_> = reasons.iter().map(reason).collect();
            let stated = json!({"gate": "g", "outcome": outcome, "reasons": reasons, "lookedAt": []});
            serde_json::from_value::<Verdict>(stated).map_err(|error| error.to_string())
        };
        for (outcome, reasons) in [("pass", &["fail"][..]), ("warn", &["pass", "error"]), ("pass", &["excepted"])] {
            let told = read(outcome, reasons).unwrap_err();
            assert!(told.contains("at least that of its worst reason"), "{told}");
        }
        assert!(read("pass", &[]).is_err() && read("error", &[]).is_err());
        // A gate may be stricter than its reasons.
        for (outcome, reasons) in [("pass", &["pass"][..]), ("fail", &["pass"]), ("warn", &["pass", "warn"])] {
            assert!(read(outcome, reasons).is_ok(), "{outcome} {reasons:?}");
        }
        let verdict = Verdict::new("g", vec![Reason::fail("b", "b"), Reason::pass("a", "a")], vec![]);
        let written = serde_json::to_string(&verdict).unwrap();
        assert_eq!(serde_json::from_str::<Verdict>(&written).unwrap(), verdict);
        let surprise = written.replacen('{', "{\"surprise\":1,", 1);
        assert!(serde_json::from_str::<Verdict>(&surprise).is_err());
    }

    #[test]
    fn an_excepted_reason_allows_and_remembers() {
        let verdict = Verdict::new("g", vec![Reason::excepted("x", "x", Outcome::Fail)], vec![]);
        assert!(verdict.allows());
        assert_eq!(verdict.reasons[0].would_be, Some(Outcome::Fail));
    }
}
