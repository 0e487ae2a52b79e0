//! What came of the checks.

use std::fmt;

use super::flaw::{Check, Flaw};

/// What came of every check, in the order in which they ran.
#[derive(Debug, Clone)]
pub struct Report {
    checks: Vec<Checked>,
}

/// One check.
#[derive(Debug, Clone)]
pub struct Checked {
    /// What must hold, such as `unknown_tag_is_not_found`.
    pub name: &'static str,
    /// Whether it does.
    pub outcome: Outcome,
}

/// What came of a check.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// It holds.
    Passed,
    /// The registry cannot do this and need not: what it said.
    Lacking(String),
    /// It does not hold: why.
    Failed(String),
}

impl Report {
    pub(super) fn new() -> Self {
        Report { checks: Vec::new() }
    }

    pub(super) fn add(&mut self, name: &'static str, check: Check) {
        let outcome = match check {
            Ok(()) => Outcome::Passed,
            Err(Flaw::Lacking(why)) => Outcome::Lacking(why),
            Err(Flaw::Broken(why)) => Outcome::Failed(why),
            Err(Flaw::Failed(error)) => Outcome::Failed(format!("{error:?}")),
        };
        self.checks.push(Checked { name, outcome });
    }

    /// Every check.
    pub fn checks(&self) -> &[Checked] {
        &self.checks
    }

    /// Whether no check failed.
    pub fn is_passed(&self) -> bool {
        !self.checks.iter().any(|c| matches!(c.outcome, Outcome::Failed(_)))
    }
}

/// One line a check that did not pass, and the counts.
impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (mut lacking, mut failed) = (0, 0);
        for check in &self.checks {
            match &check.outcome {
                Outcome::Passed => {}
                Outcome::Lacking(why) => {
                    lacking += 1;
                    writeln!(f, "lacking {}: {why}", check.name)?;
                }
                Outcome::Failed(why) => {
                    failed += 1;
                    writeln!(f, "FAILED  {}: {why}", check.name)?;
                }
            }
        }
        write!(f, "{} passed, {failed} failed, {lacking} lacking", self.checks.len() - failed - lacking)
    }
}
