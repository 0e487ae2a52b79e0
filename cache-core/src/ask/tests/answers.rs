//! What counts as an answer, and of whom.

use super::*;
use crate::approve::{Approval, ApprovalKind, Decision};

fn approver(approval: &Approval) -> (&str, Decision, ApprovalKind) {
    (approval.approver(), approval.decision(), approval.kind())
}

#[test]
fn a_pressed_button_is_an_approval_of_that_plan() {
    let (desk, plan) = (desk(), plan("why"));
    let mut answers = desk.expect(&plan);
    let reply = press(&desk, &pressed("U1", "cache-approve", plan.digest().as_str()), 0);
    assert_eq!(reply.status, 200, "{}", reply.body);
    let approval = answers.try_recv().unwrap();
    assert_eq!(approver(&approval), ("alice", Decision::Approve, ApprovalKind::Webhook));
    assert_eq!(approval.plan(), plan.digest());
}

#[test]
fn a_written_answer_is_an_approval_of_that_plan() {
    let (desk, plan) = (desk(), plan("why"));
    let mut answers = desk.expect(&plan);
    let text = format!("<at>Cache</at>&nbsp;deny {}", &plan.digest().hex()[..8]);
    let reply = write(&desk, TOKEN, &written(&text, "1", 0), 0);
    assert_eq!(reply.status, 200, "{}", reply.body);
    assert_eq!(approver(&answers.try_recv().unwrap()), ("alice", Decision::Deny, ApprovalKind::Webhook));
}

#[test]
fn what_the_service_did_not_sign_is_refused() {
    let (desk, plan) = (desk(), plan("why"));
    let mut answers = desk.expect(&plan);
    let body = pressed("U1", "cache-approve", plan.digest().as_str());
    let (now, text) = (at(0).unix(), at(0).unix().to_string());
    let other = slack_signature("another secret", now, &body);
    let good = slack_signature(SECRET, now, &body);
    let cases: [&[(&str, &str)]; 6] = [
        &[],
        &[("X-Slack-Request-Timestamp", &text)],
        &[("X-Slack-Request-Timestamp", &text), ("X-Slack-Signature", &other)],
        &[("X-Slack-Request-Timestamp", &text), ("X-Slack-Signature", "v0=")],
        &[("X-Slack-Request-Timestamp", "1800000001"), ("X-Slack-Signature", &good)],
        &[("X-Slack-Request-Timestamp", "soon"), ("X-Slack-Signature", &good)],
    ];
    for headers in cases {
        assert_eq!(desk.slack(headers, body.as_bytes(), at(0)).status, 403, "{headers:?}");
    }
    let changed = body.replace("approve", "deny");
    let headers = [("X-Slack-Request-Timestamp", &*text), ("X-Slack-Signature", &*good)];
    assert_eq!(desk.slack(&headers, changed.as_bytes(), at(0)).status, 403);
    let message = written(&format!("approve {}", plan.digest().hex()), "1", 0);
    assert_eq!(write(&desk, "b3RoZXI=", &message, 0).status, 403);
    assert_eq!(desk.teams(&[("Authorization", "HMAC ")], message.as_bytes(), at(0)).status, 403);
    assert_eq!(AnswerDesk::new([]).teams(&[], message.as_bytes(), at(0)).status, 403);
    assert!(answers.try_recv().is_err());
}

#[test]
fn replays_are_refused() {
    let (desk, first, second) = (desk(), plan("first"), plan("second"));
    let _answers = (desk.expect(&first), desk.expect(&second));
    let body = pressed("U1", "cache-approve", first.digest().as_str());
    assert_eq!(press(&desk, &body, 0).status, 200);
    assert_eq!(press(&desk, &body, 0).status, 403, "the same request");
    let signature = slack_signature(SECRET, at(0).unix(), &body);
    let signed = |signature| [("X-Slack-Request-Timestamp", "1800000000"), ("X-Slack-Signature", signature)];
    let headers = signed(&*signature);
    assert_eq!(desk.slack(&headers, body.as_bytes(), at(301)).status, 403, "an old recording");
    let other_case = signature.to_uppercase().replace("V0=", "v0=");
    let reply = desk.slack(&signed(&*other_case), body.as_bytes(), at(0));
    assert!(reply.status == 403 && reply.body.contains("sent before"), "{}", reply.body);
    let message = written(&format!("approve {}", second.digest().hex()), "7", 0);
    assert_eq!(write(&desk, TOKEN, &message, 10).status, 200);
    assert_eq!(write(&desk, TOKEN, &message, 20).status, 403, "the same activity");
    assert_eq!(write(&desk, TOKEN, &written("approve", "8", 0), 301).status, 403, "an old activity");
}

#[test]
fn b2_41_strangers_second_answers_and_plans_that_do_not_wait_are_refused() {
    let (desk, plan) = (desk(), plan("why"));
    let answers = desk.expect(&plan);
    let press =
        |user: &str, action: &str, plan: &str, second| press(&desk, &pressed(user, action, plan), second).status;
    let digest = plan.digest().as_str();
    assert_eq!(press("U9", "cache-approve", digest, 0), 403);
    assert_eq!(press("U1", "cache-approve", Digest::of(b"other").as_str(), 1), 404);
    assert_eq!(press("U1", "something-else", digest, 2), 400);
    assert_eq!(press("U1", "cache-approve", "", 3), 404, "an empty value is no plan");
    assert_eq!(press("U1", "cache-approve", digest, 4), 200);
    assert_eq!(press("U1", "cache-deny", digest, 5), 400);
    drop(answers);
    assert_eq!(press("U2", "cache-approve", digest, 6), 404);
}

#[test]
fn what_is_no_answer_is_refused_without_a_panic() {
    let (desk, plan) = (desk(), plan("why"));
    let _answers = desk.expect(&plan);
    for (second, body) in
        ["", "payload", "payload=", "payload=%7B", "payload=%FF", "payload=[]", "x=1&payload=null"].iter().enumerate()
    {
        assert_eq!(press(&desk, body, second as i64).status, 400, "{body}");
    }
    for (second, text) in
        ["", "approve", "approve 12", "perhaps 12345678", "<at>", "<at>Cache</at> approve  "].iter().enumerate()
    {
        assert_eq!(write(&desk, TOKEN, &written(text, &format!("n{second}"), 0), 0).status, 400, "{text}");
    }
    assert_eq!(write(&desk, TOKEN, "[]", 0).status, 400);
    assert_eq!(press(&desk, &"x".repeat(1 << 20), 0).status, 400);
}
