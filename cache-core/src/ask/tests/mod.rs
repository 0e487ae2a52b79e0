//! Messages that the services would take, answers that only they could send, and what happens when nobody answers.

use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;

use super::*;
use crate::model::digest::to_hex;
use crate::model::{Digest, Raw, Reason, Repository, Secret, Tag, Timestamp, Verdict};
use crate::plan::{Deadlines, PLAN_VERSION, Plan, PlanBody, Purpose};

mod added;
mod answers;
mod escalations;
mod lists;
mod messages;

const SECRET: &str = "8f742231b10e8888abcd99yyyzzz85a5";
/// "token", as Teams gives it.
const TOKEN: &str = "dG9rZW4=";

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_unix(1_800_000_000 + seconds).unwrap()
}

fn plan(reason: &str) -> Plan {
    let repository = |text: &str| Repository::parse(text).unwrap();
    let v1 = Tag::parse("v1").unwrap();
    Raw::canonical(PlanBody {
        version: PLAN_VERSION,
        environment: "prod".into(),
        requester: "pipeline".into(),
        reason: Some(reason.into()),
        purpose: Purpose::Promotion {
            from: repository("memory:dev/app").tagged(v1.clone()),
            image: repository("memory:dev/app").at(Digest::of(b"image")),
            to: repository("memory:prod/app").tagged(v1),
        },
        policy: None,
        break_glass: None,
        deadlines: Deadlines::default(),
        verdicts: vec![Verdict::new("cve", vec![Reason::warn("few", "3 high")], Vec::new())],
        changes: Vec::new(),
        left_behind: Vec::new(),
    })
    .unwrap()
}

fn desk() -> AnswerDesk {
    let people = [("slack:U1", "alice"), ("slack:U2", "bob"), ("teams:aad-1", "alice")];
    AnswerDesk::new(people.map(|(id, name)| (id.to_owned(), name.to_owned())))
        .signed_by_slack(Secret::new(SECRET))
        .signed_by_teams(Secret::new(TOKEN))
}

fn pressed(user: &str, action: &str, plan: &str) -> String {
    let payload =
        json!({"type": "block_actions", "user": {"id": user}, "actions": [{"action_id": action, "value": plan}]});
    format!("payload={}", crate::http::encode(&payload.to_string()))
}

fn slack_signature(secret: &str, at: i64, body: &str) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes());
    format!("v0={}", to_hex(hmac::sign(&key, format!("v0:{at}:{body}").as_bytes()).as_ref()))
}

/// Presses a button, as Slack would tell it at this second.
fn press(desk: &AnswerDesk, body: &str, seconds: i64) -> Reply {
    let at_second = at(seconds).unix();
    let signature = slack_signature(SECRET, at_second, body);
    let headers = [("X-Slack-Request-Timestamp", &*at_second.to_string()), ("X-Slack-Signature", &*signature)];
    desk.slack(&headers, body.as_bytes(), at(seconds))
}

fn written(text: &str, id: &str, seconds: i64) -> String {
    json!({
        "type": "message", "id": id, "timestamp": at(seconds), "text": text, "from": {"id": "29:x", "aadObjectId": "aad-1"},
    })
    .to_string()
}

fn write(desk: &AnswerDesk, token: &str, body: &str, seconds: i64) -> Reply {
    let key = hmac::Key::new(hmac::HMAC_SHA256, &STANDARD.decode(token).unwrap());
    let signature = format!("HMAC {}", STANDARD.encode(hmac::sign(&key, body.as_bytes())));
    desk.teams(&[("Authorization", &*signature)], body.as_bytes(), at(seconds))
}
