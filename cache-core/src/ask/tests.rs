//! Messages that the services would take, answers that only they could send, and what happens when nobody answers.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::*;
use crate::approve::{Approval, ApprovalKind, ApprovalPolicy, Approver, Decision};
use crate::error::ErrorKind;
use crate::http::testing::Server;
use crate::model::digest::to_hex;
use crate::model::{Digest, Raw, Reason, Repository, Secret, Tag, Timestamp, Verdict};
use crate::plan::{BreakGlass, Deadlines, PLAN_VERSION, Plan, PlanBody, Purpose};
use crate::scan::{Finding, Report, Severity};

mod added;

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

/// A server that keeps what it gets, and answers with this.
async fn service(status: u16, body: &'static str) -> (Server, Arc<Mutex<Vec<Value>>>) {
    let got = Arc::new(Mutex::new(Vec::new()));
    let keeps = Arc::clone(&got);
    let server = Server::start(move |call| {
        assert_eq!((call.method.as_str(), call.header("content-type")), ("POST", Some("application/json")));
        keeps.lock().unwrap().push(serde_json::from_slice(&call.body).unwrap());
        (status, body.to_owned())
    })
    .await;
    (server, got)
}

fn address(server: &Server) -> Secret {
    Secret::new(format!("{}/services/T000/B000/very-secret", server.url()))
}

// Messages.

#[tokio::test]
async fn slack_gets_the_facts_and_two_buttons() {
    let (server, got) = service(200, "ok").await;
    let plan = plan("<!channel> & <https://evil.example|click>");
    SlackChannel::new(address(&server)).unwrap().send(&Message::of_plan(&plan, Urgency::High)).await.unwrap();
    let [sent] = &got.lock().unwrap()[..] else { panic!() };
    let blocks = sent["blocks"].as_array().unwrap();
    assert_eq!(blocks[0]["text"]["text"], "Promotion to prod");
    let fields: Vec<&str> = blocks
        .iter()
        .flat_map(|block| block["fields"].as_array().into_iter().flatten())
        .map(|field| field["text"].as_str().unwrap())
        .collect();
    for fact in ["*Source*\nmemory:dev/app:v1", "*Target*\nmemory:prod/app:v1", "*Gate cve*\nwarn: 3 high"] {
        assert!(fields.contains(&fact), "{fact} is not in {fields:?}");
    }
    assert!(
        fields.contains(&&*format!("*Plan*\n{}", plan.digest()))
            && fields.contains(&&*format!("*Image*\n{}", Digest::of(b"image")))
    );
    assert!(fields.contains(&"*Reason*\n&lt;!channel&gt; &amp; &lt;https://evil.example|click&gt;"), "{fields:?}");
    let buttons = blocks.last().unwrap()["elements"].as_array().unwrap();
    assert!(buttons.iter().all(|button| button["value"] == json!(plan.digest())));
    assert_eq!(
        buttons.iter().map(|b| b["action_id"].as_str().unwrap()).collect::<Vec<_>>(),
        ["cache-approve", "cache-deny"]
    );
    assert!(blocks.iter().all(|block| block["fields"].as_array().is_none_or(|fields| fields.len() <= 10)));
    let field = &blocks[blocks.len() - 2];
    assert_eq!((&field["type"], &field["element"]["type"]), (&json!("input"), &json!("plain_text_input")));
}

#[tokio::test]
async fn teams_gets_a_card_that_says_how_to_answer() {
    let (server, got) = service(202, "").await;
    let plan = plan("[x](https://evil.example)");
    TeamsChannel::new(address(&server), "Cache")
        .unwrap()
        .send(&Message::of_plan(&plan, Urgency::Normal))
        .await
        .unwrap();
    let [sent] = &got.lock().unwrap()[..] else { panic!() };
    let card = &sent["attachments"][0]["content"];
    assert_eq!((&card["type"], &card["version"]), (&json!("AdaptiveCard"), &json!("1.4")));
    let text = card.to_string();
    assert!(text.contains(&format!("@Cache approve {}", &plan.digest().hex()[..8])), "{text}");
    assert!(!text.contains("[x](https"), "{text}");
}

#[tokio::test]
async fn pagerduty_is_alarmed_once_for_a_plan_and_the_alarm_ends() {
    let (server, got) = service(202, r#"{"status":"success"}"#).await;
    let channel = PagerDutyChannel::at(address(&server), Secret::new("R0UTING")).unwrap();
    let message = Message::of_plan(&plan("why"), Urgency::Critical);
    channel.send(&message).await.unwrap();
    channel.settled(&message).await.unwrap();
    let [alarm, end] = &got.lock().unwrap()[..] else { panic!() };
    assert_eq!((&alarm["event_action"], &end["event_action"]), (&json!("trigger"), &json!("resolve")));
    assert_eq!((&alarm["dedup_key"], &alarm["routing_key"]), (&end["dedup_key"], &json!("R0UTING")));
    assert_eq!(alarm["payload"]["severity"], "critical");
    assert!(alarm["dedup_key"].as_str().unwrap().len() <= 255);
}

#[tokio::test]
async fn long_texts_are_cut_where_a_service_would_refuse_them() {
    let (server, got) = service(200, "ok").await;
    let plan = plan(&"x".repeat(100_000));
    SlackChannel::new(address(&server)).unwrap().send(&Message::of_plan(&plan, Urgency::High)).await.unwrap();
    assert!(got.lock().unwrap()[0].to_string().len() < 10_000);
}

#[tokio::test]
async fn no_error_shows_the_secret_address() {
    for (status, kind) in [(404, ErrorKind::Denied), (400, ErrorKind::Invalid)] {
        let (server, _) = service(status, "no_such_hook").await;
        let channel = SlackChannel::new(address(&server)).unwrap();
        let error = channel.send(&Message::of_plan(&plan("why"), Urgency::High)).await.unwrap_err();
        assert_eq!(error.kind(), kind);
        let shown = format!("{error} {error:?} {channel:?}");
        assert!(!shown.contains("very-secret") && shown.contains("no_such_hook"), "{shown}");
    }
    let gone = SlackChannel::new(Secret::new("http://127.0.0.1:1/very-secret")).unwrap();
    let error = gone.send(&Message::of_plan(&plan("why"), Urgency::High)).await.unwrap_err();
    assert!(!format!("{error} {error:?}").contains("very-secret"), "{error:?}");
    for wrong in ["http://hooks.example.com/very-secret", "very-secret", "ftp://x/very-secret"] {
        let error = SlackChannel::new(Secret::new(wrong)).unwrap_err();
        assert!(error.kind() == ErrorKind::Invalid && !format!("{error:?}").contains("very-secret"), "{error:?}");
    }
}

#[test]
fn a_scan_is_told_with_the_worst_first() {
    let finding = |id: &str, severity| Finding {
        id: id.into(),
        severity,
        package: "zlib".into(),
        version: "1".into(),
        ..Finding::default()
    };
    let report = Report {
        scanner: "searcher".into(),
        findings: vec![
            finding("CVE-1", Severity::Low),
            finding("CVE-2", Severity::Critical),
            finding("CVE-3", Severity::High),
        ],
        ..Report::default()
    };
    let image = Repository::parse("memory:app").unwrap().at(Digest::of(b"image"));
    let message = Message::of_report(&image, &report);
    assert_eq!((message.urgency, &message.plan), (Urgency::Critical, &None));
    let ids: Vec<&str> =
        message.facts.iter().map(|(name, _)| name.as_str()).filter(|name| name.starts_with("CVE")).collect();
    assert_eq!(ids, ["CVE-2", "CVE-3", "CVE-1"]);
}

#[test]
fn a_broken_glass_is_loud() {
    let glass = BreakGlass { justification: "customers".into(), expires: at(60) };
    let plan = Raw::canonical(PlanBody { break_glass: Some(glass), ..plan("why").value().clone() }).unwrap();
    assert!(Message::of_plan(&plan, Urgency::Critical).title.starts_with("BREAK-GLASS"));
}

#[test]
fn the_page_of_a_plan_shows_its_digest_and_makes_no_markup() {
    let plan = plan("<script>alert(1)</script>");
    let page = plan.html();
    assert!(page.contains(plan.digest().as_str()) && page.contains("<h1>Promotion to prod</h1>"), "{page}");
    assert!(page.contains("warn: 3 high") && !page.contains("<script"), "{page}");
}

// Answers.

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

// Escalation.

#[derive(Debug, Default)]
struct Recorder {
    fails: bool,
    told: Mutex<Vec<&'static str>>,
}

#[async_trait]
impl Channel for Recorder {
    fn name(&self) -> &str {
        "recorder"
    }

    async fn send(&self, _message: &Message) -> crate::Result<()> {
        self.told.lock().unwrap().push("sent");
        if self.fails { Err(crate::Error::unavailable("down")) } else { Ok(()) }
    }

    async fn settled(&self, _message: &Message) -> crate::Result<()> {
        self.told.lock().unwrap().push("settled");
        Ok(())
    }
}

impl Recorder {
    fn told(&self) -> Vec<&'static str> {
        self.told.lock().unwrap().clone()
    }
}

fn policy(required: usize) -> ApprovalPolicy {
    let approvers =
        ["alice", "bob"].map(|name| Approver { name: name.into(), key: None, identities: Vec::new() }).into();
    ApprovalPolicy { required, approvers, ..ApprovalPolicy::default() }
}

/// Asks, wakes after 300 ms and after 600 ms, and gives up after 20 s: long enough that a busy machine changes nothing.
fn escalation(ask: &Arc<Recorder>, alarm: &Arc<Recorder>) -> Escalation {
    let then = [300, 600].map(|millis| (Duration::from_millis(millis), Arc::clone(alarm) as Arc<dyn Channel>));
    Escalation { ask: vec![Arc::clone(ask) as _], then: then.into(), give_up_after: Duration::from_secs(20) }
}

fn press_now(desk: &AnswerDesk, user: &str, action: &str, plan: &Plan) {
    let (body, now) = (pressed(user, action, plan.digest().as_str()), Timestamp::now());
    let signature = slack_signature(SECRET, now.unix(), &body);
    let headers = [("X-Slack-Request-Timestamp", &*now.unix().to_string()), ("X-Slack-Signature", &*signature)];
    let reply = desk.slack(&headers, body.as_bytes(), now);
    assert_eq!(reply.status, 200, "{}", reply.body);
}

#[tokio::test]
async fn whoever_answers_at_once_wakes_nobody() {
    let (ask, alarm, desk, plan) = (Arc::default(), Arc::default(), desk(), plan("why"));
    let (escalation, policy) = (escalation(&ask, &alarm), policy(1));
    let answer = async {
        tokio::task::yield_now().await;
        press_now(&desk, "U1", "cache-approve", &plan);
    };
    let (answers, ()) = tokio::join!(escalation.answers(&plan, Urgency::High, &policy, &desk), answer);
    assert!(policy.admit(plan.clone(), answers.unwrap(), Timestamp::now()).is_ok());
    assert_eq!((ask.told(), alarm.told()), (vec!["sent"], vec![]));
}

#[tokio::test]
async fn when_nobody_answers_somebody_is_woken_and_the_alarm_is_settled() {
    let (ask, alarm, desk, plan) = (Arc::default(), Arc::<Recorder>::default(), desk(), plan("why"));
    let (escalation, policy) = (escalation(&ask, &alarm), policy(2));
    let answer = async {
        press_now(&desk, "U1", "cache-approve", &plan);
        while alarm.told().len() < 2 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        press_now(&desk, "U2", "cache-approve", &plan);
    };
    let (answers, ()) = tokio::join!(escalation.answers(&plan, Urgency::Critical, &policy, &desk), answer);
    assert_eq!(answers.unwrap().len(), 2, "one of two is not enough");
    assert_eq!(alarm.told(), ["sent", "sent", "settled"]);
}

#[tokio::test]
async fn a_denial_ends_the_waiting_and_the_policy_refuses() {
    let (ask, alarm, desk, plan) = (Arc::default(), Arc::default(), desk(), plan("why"));
    let (escalation, policy) = (escalation(&ask, &alarm), policy(2));
    let answer = async { press_now(&desk, "U2", "cache-deny", &plan) };
    let (answers, ()) = tokio::join!(escalation.answers(&plan, Urgency::High, &policy, &desk), answer);
    let refused = policy.admit(plan.clone(), answers.unwrap(), Timestamp::now()).unwrap_err();
    assert!(refused.to_string().contains("bob denied"), "{refused}");
}

#[tokio::test]
async fn a_channel_that_is_named_twice_is_told_once() {
    let (one, other) = (Arc::<Recorder>::default(), Arc::<Recorder>::default());
    let escalation = Escalation { ask: vec![Arc::clone(&one) as _, Arc::clone(&other) as _], ..escalation(&one, &one) };
    escalation.tell(&Message::of_plan(&plan("why"), Urgency::Critical)).await.unwrap();
    assert_eq!((one.told(), other.told()), (vec!["sent"], vec!["sent"]));
}

#[tokio::test]
async fn silence_is_no_approval() {
    let (ask, alarm, desk, plan) = (Arc::default(), Arc::<Recorder>::default(), desk(), plan("why"));
    let escalation = Escalation { give_up_after: Duration::from_millis(1500), ..escalation(&ask, &alarm) };
    let error = escalation.answers(&plan, Urgency::High, &policy(1), &desk).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unapproved);
    assert_eq!(alarm.told(), ["sent", "sent", "settled"]);
}

#[tokio::test]
async fn an_answer_that_did_not_count_is_told_with_the_reason() {
    let (ask, alarm, desk) = (Arc::default(), Arc::<Recorder>::default(), desk());
    let plan = Raw::canonical(PlanBody { requester: "alice".into(), ..plan("why").value().clone() }).unwrap();
    let escalation = Escalation { give_up_after: Duration::from_millis(500), ..escalation(&ask, &alarm) };
    let (policy, answer) = (policy(1), async { press_now(&desk, "U1", "cache-approve", &plan) });
    let (answers, ()) = tokio::join!(escalation.answers(&plan, Urgency::High, &policy, &desk), answer);
    let told = answers.unwrap_err().to_string();
    assert!(told.contains("lacking: 0 of 1 required") && told.contains("the requester may not approve"), "{told}");
}

#[tokio::test]
async fn channels_that_fail_are_named_and_one_that_works_suffices() {
    let broken = Arc::new(Recorder { fails: true, ..Recorder::default() });
    let (works, desk, plan) = (Arc::<Recorder>::default(), desk(), plan("why"));
    let alone =
        Escalation { ask: vec![Arc::clone(&broken) as _], then: Vec::new(), give_up_after: Duration::from_secs(5) };
    let error = alone.answers(&plan, Urgency::High, &policy(1), &desk).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unavailable);
    let both = Escalation { ask: vec![broken as _, works as _], give_up_after: Duration::from_millis(50), ..alone };
    let error = both.answers(&plan, Urgency::High, &policy(1), &desk).await.unwrap_err();
    assert!(error.kind() == ErrorKind::Unapproved && error.to_string().contains("recorder: down"), "{error}");
}

#[test]
fn the_usual_times_are_those_of_the_urgency() {
    let alarm = Arc::<Recorder>::default() as Arc<dyn Channel>;
    let minutes = |urgency| {
        let usual = Escalation::usual(urgency, Vec::new(), &alarm);
        usual.then.iter().map(|(after, _)| after.as_secs() / 60).collect::<Vec<_>>()
    };
    assert_eq!((minutes(Urgency::Critical), minutes(Urgency::High)), (vec![5, 10], vec![15, 30]));
}
