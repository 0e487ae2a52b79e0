use std::time::Duration;

use serde_json::json;

use super::*;

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

fn gate() -> SoakGate {
    SoakGate { environment: "staging".into(), at_least: DAY }
}

fn entered(about: &str, environment: &str, seconds: i64) -> Attached<Verified<Statement>> {
    signed(about, PROMOTION_TYPE, &json!({"environment": environment, "at": at(seconds)}))
}

#[test]
fn an_image_that_was_there_long_enough_passes() {
    let evidence = Evidence { statements: vec![entered("image", "staging", -86_400)], ..single() };
    let verdict = judge(&gate(), &evidence);
    assert_eq!(outcome(&verdict, "soaked"), Outcome::Pass);
    assert_eq!(verdict.looked_at.len(), 1);
}

#[test]
fn one_second_less_is_not_enough() {
    let evidence = Evidence { statements: vec![entered("image", "staging", -86_399)], ..single() };
    assert_eq!(outcome(&judge(&gate(), &evidence), "not-soaked-long-enough"), Outcome::Fail);
}

#[test]
fn the_first_time_counts() {
    let statements = vec![entered("image", "staging", -60), entered("image", "staging", -90_000)];
    assert!(judge(&gate(), &Evidence { statements, ..single() }).allows());
}

#[test]
fn another_environment_another_image_and_no_record_are_nothing() {
    let others = [vec![entered("image", "dev", -90_000)], vec![entered("amd64", "staging", -90_000)], Vec::new()];
    for statements in others {
        let verdict = judge(&gate(), &Evidence { statements, ..index() });
        assert_eq!(outcome(&verdict, "not-soaked"), Outcome::Fail);
    }
}

#[test]
fn a_record_from_the_future_is_no_soak() {
    let evidence = Evidence { statements: vec![entered("image", "staging", 90_000)], ..single() };
    assert_eq!(outcome(&judge(&gate(), &evidence), "not-soaked-long-enough"), Outcome::Fail);
}
