//! What people add to their answers.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

use super::*;
use crate::error::ErrorKind;
use crate::execute::execute;
use crate::execute::testing::{Counting, at, plan_of};
use crate::plan::Plan;
use crate::sign::KeySigner;

fn asked(plan: &Plan, answer: Answer) -> crate::Result<Approval> {
    by_callback(plan, at(0), |_| Ok(answer))
}

/// What comes of a line that is typed at the terminal.
fn typed(plan: &Plan, line: &str) -> crate::Result<Approval> {
    let mut shown = Vec::new();
    let approval = ask_on_terminal(plan, "alice", at(0), &mut line.as_bytes(), &mut shown);
    assert!(String::from_utf8(shown).unwrap().contains(&plan.digest().hex()[..8]));
    approval
}

#[tokio::test]
async fn a_comment_is_kept_without_the_space_around_it_and_is_of_bounded_length() {
    let (plan, key) = (plan_of(1), KeySigner::generate("alice").unwrap());
    let most = "é".repeat(MAX_COMMENT);
    for (given, kept) in [(" fine \n", Some("fine")), (" \n", None), (most.as_str(), Some(most.as_str()))] {
        let answer = Answer::approve("alice").saying(given);
        assert_eq!(asked(&plan, answer.clone()).unwrap().comment(), kept);
        let signed = by_signature(&plan, answer, &key, at(0)).await.unwrap();
        assert_eq!(Approval::from_json(&signed.to_json().unwrap()).unwrap().comment(), kept);
    }
    let long = Answer::approve("alice").saying(format!("{most}x"));
    assert_eq!(asked(&plan, long.clone()).unwrap_err().kind(), ErrorKind::Invalid);
    assert_eq!(by_signature(&plan, long, &key, at(0)).await.unwrap_err().kind(), ErrorKind::Invalid);
}

#[tokio::test]
async fn the_signature_covers_the_comment() {
    let (plan, key) = (plan_of(1), KeySigner::generate("alice").unwrap());
    let signed = by_signature(&plan, Answer::approve("alice").saying("after the fix"), &key, at(0)).await.unwrap();
    let envelope: Value = serde_json::from_slice(&signed.to_json().unwrap()).unwrap();
    let said = String::from_utf8(STANDARD.decode(envelope["payload"].as_str().unwrap()).unwrap()).unwrap();
    let other = |text: String| {
        let mut forged = envelope.clone();
        forged["payload"] = STANDARD.encode(text).into();
        Approval::from_json(forged.to_string().as_bytes())
    };
    let approvers = vec![Approver { name: "alice".into(), key: Some(key.public_key().clone()), ..Approver::default() }];
    let policy = ApprovalPolicy { approvers, ..ApprovalPolicy::default() };
    assert!(policy.admit(plan.clone(), vec![signed], at(0)).is_ok());
    let forged = other(said.replace("after the fix", "without the fix")).unwrap();
    let refused = policy.admit(plan, vec![forged], at(0)).unwrap_err();
    assert!(refused.to_string().contains("no key of an approver"), "{refused}");
    // One that others made need not have kept to the length.
    let long = other(said.replace("after the fix", &"x".repeat(MAX_COMMENT + 1))).unwrap_err();
    assert_eq!(long.kind(), ErrorKind::Invalid);
}

#[test]
fn at_the_terminal_a_comment_comes_after_a_colon() {
    let plan = plan_of(1);
    let start = &plan.digest().hex()[..8];
    let said = |line: &str| {
        let approval = typed(&plan, line).unwrap();
        (approval.decision(), approval.comment().map(str::to_owned))
    };
    assert_eq!(said(&format!("{start}\n")), (Decision::Approve, None));
    assert_eq!(said(&format!("{start}: looked at it\n")), (Decision::Approve, Some("looked at it".to_owned())));
    let until = typed(&plan, &format!("{start} until {}: fine\n", at(60))).unwrap();
    assert_eq!((until.decision(), until.expires(), until.comment()), (Decision::Approve, Some(at(60)), Some("fine")));
    for line in [
        "",
        "\n",
        "y\n",
        "yes: fine\n",
        &format!("{start} no, wait\n"),
        &format!("no {start}\n"),
        &format!("{start} until noon\n"),
    ] {
        assert_eq!(said(line), (Decision::Deny, None), "{line:?}");
    }
    let long = format!("{start}: {}\n", "x".repeat(MAX_COMMENT + 1));
    assert_eq!(typed(&plan, &long).unwrap_err().kind(), ErrorKind::Invalid);
}

#[tokio::test]
async fn an_approver_may_let_an_approval_count_for_less_and_never_for_longer() {
    let (plan, key) = (plan_of(1), KeySigner::generate("alice").unwrap());
    let day = 24 * 60 * 60;
    let approvers = vec![Approver { name: "alice".into(), key: Some(key.public_key().clone()), ..Approver::default() }];
    let (by_key, anybody) = (ApprovalPolicy { approvers, ..ApprovalPolicy::default() }, ApprovalPolicy::default());
    let until = |seconds| Answer::approve("alice").until(at(seconds));
    let signed = async |seconds| by_signature(&plan, until(seconds), &key, at(0)).await.unwrap().to_json().unwrap();
    let admit = |approval: Approval, seconds| {
        let policy = if approval.kind() == ApprovalKind::Key { &by_key } else { &anybody };
        policy.admit(plan.clone(), vec![approval], at(seconds))
    };
    for approval in [asked(&plan, until(60)).unwrap(), Approval::from_json(&signed(60).await).unwrap()] {
        assert_eq!(approval.expires(), Some(at(60)));
        assert!(admit(approval.clone(), 60).is_ok());
        let refused = admit(approval, 61).unwrap_err();
        let why = refused.contexts().iter().find(|(key, _)| *key == "ignored").unwrap().1.clone();
        assert!(why.ends_with(&format!("alice let it count until {}, and no longer", at(60))), "{why}");
    }
    let long = asked(&plan, until(10 * day)).unwrap();
    assert!(admit(long.clone(), day).is_ok());
    assert!(admit(long, day + 1).unwrap_err().to_string().contains("it expired"));
    for wrong in [until(0), until(-1), Answer { expires: Some(at(60)), ..Answer::deny("alice") }] {
        assert_eq!(asked(&plan, wrong).unwrap_err().kind(), ErrorKind::Invalid);
    }
}

#[tokio::test]
async fn a_plan_that_was_admitted_in_time_does_not_begin_on_an_approval_that_has_expired() {
    let folder = tempfile::tempdir().unwrap();
    let (plan, ledger) = (plan_of(1), Ledger::at(folder.path()));
    let run = async |seconds| {
        let approval = asked(&plan, Answer::approve("alice").until(at(60))).unwrap();
        let approved = ApprovalPolicy::default().admit(plan.clone(), vec![approval], at(0)).unwrap();
        let mut counting = Counting::default();
        (execute(&mut counting, &approved, &ledger, || at(seconds)).await, counting.made)
    };
    let (late, made) = run(61).await;
    let late = late.unwrap_err();
    assert_eq!((late.kind(), made), (ErrorKind::Unapproved, 0));
    assert!(late.to_string().contains("alice let it count until"), "{late}");
    assert!(run(60).await.0.unwrap().is_complete());
}

#[tokio::test]
async fn an_answer_that_is_told_again_is_another_approval_unless_the_application_knows_it_by_something() {
    let folder = tempfile::tempdir().unwrap();
    let (plan, ledger) = (plan_of(1), Ledger::at(folder.path()));
    let run = async |answer: Answer, fails_at| {
        let approval = asked(&plan, answer).unwrap();
        let approved = ApprovalPolicy::default().admit(plan.clone(), vec![approval], at(0)).unwrap();
        let mut counting = Counting { fails_at, ..Counting::default() };
        execute(&mut counting, &approved, &ledger, || at(0)).await
    };
    let said = || Answer::approve("Alice").known_by("https://ci.example.test/runs/7");
    assert_ne!(asked(&plan, said()).unwrap().digest(), asked(&plan, said()).unwrap().digest());
    // What failed goes on, told by another process.
    assert!(!run(said(), Some(1)).await.unwrap().is_complete());
    assert!(run(said(), None).await.unwrap().is_complete());
    // Done is done, whatever else is told of it.
    let again = Answer { approver: " alice".into(), ..said() }.saying("fine").until(at(60));
    for again in [said(), again] {
        let error = run(again, None).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unapproved);
        assert!(error.message().contains("used once"), "{error}");
    }
    // Other people, and other answers, are others; but the plan is done.
    let known = asked(&plan, said()).unwrap().used_as();
    for other in [Answer { approver: "bob".into(), ..said() }, said().known_by("runs/8"), Answer::approve("alice")] {
        assert_ne!(asked(&plan, other.clone()).unwrap().used_as(), known);
        let error = run(other, None).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unapproved);
        assert!(error.message().contains("executed once"), "{error}");
    }
    let long = said().known_by("x".repeat(MAX_COMMENT + 1));
    assert_eq!(asked(&plan, long).unwrap_err().kind(), ErrorKind::Invalid);
}
