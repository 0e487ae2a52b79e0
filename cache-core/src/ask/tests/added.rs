//! What people add to their answers in a chat.

use serde_json::Value;

use super::*;
use crate::approve::Approval;

/// The press of a button, with what stands in the field for a comment; Slack has `null` where it is empty.
fn pressed_saying(comment: Value, plan: &str) -> String {
    let payload = json!({
        "type": "block_actions", "user": {"id": "U1"}, "actions": [{"action_id": "cache-approve", "value": plan}],
        "state": {"values": {"cache-comment": {"cache-comment": {"type": "plain_text_input", "value": comment}}}},
    });
    format!("payload={}", crate::http::encode(&payload.to_string()))
}

#[test]
fn what_a_person_adds_in_a_chat_is_the_comment() {
    let plan = plan("why");
    let (digest, start) = (plan.digest().as_str(), &plan.digest().hex()[..8]);
    let comment = |reply: Reply, answers: &mut tokio::sync::mpsc::UnboundedReceiver<Approval>| {
        assert_eq!(reply.status, 200, "{}", reply.body);
        answers.try_recv().unwrap().comment().map(str::to_owned)
    };
    for (given, kept) in [(json!("looked at it: <b>fine</b>"), Some("looked at it: <b>fine</b>")), (json!(null), None)]
    {
        let desk = desk();
        let mut answers = desk.expect(&plan);
        let reply = press(&desk, &pressed_saying(given, digest), 0);
        assert_eq!(comment(reply, &mut answers).as_deref(), kept);
    }
    for (added, kept) in [("", None), (": CHG-12, fine", Some("CHG-12, fine"))] {
        let desk = desk();
        let mut answers = desk.expect(&plan);
        let reply = write(&desk, TOKEN, &written(&format!("approve {start}{added}"), "1", 0), 0);
        assert_eq!(comment(reply, &mut answers).as_deref(), kept);
    }
    let desk_of_teams = desk();
    let mut answers = desk_of_teams.expect(&plan);
    let text = format!("approve {start} until {}: fine", at(60));
    assert_eq!(write(&desk_of_teams, TOKEN, &written(&text, "1", 0), 0).status, 200);
    let approval = answers.try_recv().unwrap();
    assert_eq!((approval.expires(), approval.comment()), (Some(at(60)), Some("fine")));
    // What is too long, could be a change of mind, or is a denial for a while, is no answer; the person may answer again.
    let desk = desk();
    let mut answers = desk.expect(&plan);
    let long = pressed_saying(json!("x".repeat(1_001)), digest);
    assert_eq!(press(&desk, &long, 0).status, 400);
    assert_eq!(write(&desk, TOKEN, &written(&format!("approve {start} no, wait"), "2", 0), 0).status, 400);
    assert_eq!(write(&desk, TOKEN, &written(&format!("deny {start} until {}", at(60)), "3", 0), 0).status, 400);
    assert!(answers.try_recv().is_err());
    assert_eq!(comment(press(&desk, &pressed("U1", "cache-approve", digest), 1), &mut answers), None);
}
