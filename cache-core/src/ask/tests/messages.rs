//! What people are sent.

use std::sync::{Arc, Mutex};

use serde_json::Value;

use super::*;
use crate::error::ErrorKind;
use crate::http::testing::Server;
use crate::plan::BreakGlass;
use crate::scan::{Finding, Report, Severity};

/// A server that keeps what it gets, and answers with this.
pub(super) async fn service(status: u16, body: &'static str) -> (Server, Arc<Mutex<Vec<Value>>>) {
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

pub(super) fn address(server: &Server) -> Secret {
    Secret::new(format!("{}/services/T000/B000/very-secret", server.url()))
}

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
