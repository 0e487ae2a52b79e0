//! Signed test results (in-toto attestation framework, predicate `test-result` v0.1).

use serde::Deserialize;

use crate::gate::coverage::{Coverage, unverified};
use crate::gate::{Attached, Evidence};
use crate::model::{Reason, Verdict};
use crate::sign::{Statement, Verified};

/// The predicate type of a test result.
pub const TEST_RESULT_TYPE: &str = "https://in-toto.io/attestation/test-result/v0.1";

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct TestResult {
    result: Outcome,
    #[serde(default)]
    passed_tests: Option<Vec<String>>,
    #[serde(default)]
    warned_tests: Option<Vec<String>>,
    #[serde(default)]
    failed_tests: Option<Vec<String>>,
}

#[derive(Deserialize, Clone, Copy)]
#[serde(rename_all = "UPPERCASE")]
enum Outcome {
    Passed,
    Warned,
    Failed,
}

pub(super) fn judge(gate: &str, evidence: &Evidence) -> Verdict {
    let mut coverage = Coverage::of(evidence);
    let (mut reasons, mut looked_at) = (Vec::new(), Vec::new());
    for statement in evidence.statements.iter().filter(|s| s.value.value().predicate_type == TEST_RESULT_TYPE) {
        looked_at.push(statement.looked_at("test result"));
        let Ok(targets) = coverage.scope(&statement.about, &[], None) else { continue };
        let (counts, reason) = read(statement);
        reasons.push(reason);
        if counts {
            coverage.cover(&targets);
        }
    }
    if !coverage.is_complete() {
        let message = format!("no signed test result says that {} passed", coverage.missing());
        reasons.push(Reason::fail("no-test-result", message));
        reasons.extend(unverified(evidence, false));
    }
    Verdict::new(gate, reasons, looked_at)
}

/// Whether it shows that the test passed, and what to say of it.
fn read(statement: &Attached<Verified<Statement>>) -> (bool, Reason) {
    let name = format!("the test result {}, signed by {},", statement.digest.short(), statement.value.by());
    let result: TestResult = match statement.value.value().predicate() {
        Ok(result) => result,
        Err(error) => {
            return (
                false,
                Reason::error("unreadable-test-result", format!("{name} cannot be read: {}", error.message())),
            );
        }
    };
    let count = |tests: &Option<Vec<String>>| tests.as_ref().map_or(0, Vec::len);
    let failed = count(&result.failed_tests);
    let none_ran = result.passed_tests.is_some() && count(&result.passed_tests) + count(&result.warned_tests) == 0;
    match result.result {
        Outcome::Failed => (false, Reason::fail("smoke-test-failed", format!("{name} says FAILED"))),
        _ if failed > 0 => {
            let message = format!("{name} says that it passed, and lists {failed} failed tests");
            (false, Reason::fail("smoke-test-failed", message))
        }
        _ if none_ran => (false, Reason::fail("no-tests-ran", format!("{name} lists no test that ran"))),
        Outcome::Passed => (true, Reason::pass("smoke-test-passed", format!("{name} says PASSED"))),
        Outcome::Warned => (true, Reason::warn("smoke-test-warned", format!("{name} says WARNED"))),
    }
}
