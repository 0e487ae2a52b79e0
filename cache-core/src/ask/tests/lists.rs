//! What people are sent of the changes of a plan.

use serde_json::Value;

use super::messages::{address, service};
use super::*;
use crate::plan::{BreakGlass, Change};

fn digest(text: &str) -> Digest {
    Digest::of(text.as_bytes())
}

fn change(json: Value) -> Change {
    serde_json::from_value(json.clone()).unwrap_or_else(|error| panic!("{error}: {json}"))
}

fn tag(name: &str, expected: Value) -> Change {
    let (repository, to) = ("registry.example/app", digest("new"));
    change(json!({"do": "set-tag", "repository": repository, "tag": name, "to": to, "expected": expected}))
}

fn new_tag(name: &str) -> Change {
    tag(name, json!("absent"))
}

fn moved_tag(name: &str) -> Change {
    tag(name, json!({"at": digest("old")}))
}

fn deleted() -> Change {
    let expected = digest("old");
    change(json!({"do": "delete", "repository": "registry.example/app", "target": "manifest", "expected": expected}))
}

/// A statement of this type that somebody signs.
fn signed(predicate_type: &str, annotation: &str) -> Change {
    let subject = json!({"mediaType": "index", "digest": digest("image"), "size": 7});
    let signer = json!({"kind": "key", "fingerprint": digest("key"), "name": "release"});
    let content = json!({
        "kind": "statement", "predicateType": predicate_type, "annotations": {"by": annotation}, "signer": signer,
    });
    change(json!({"do": "attach", "repository": "registry.example/app", "subject": subject, "content": content}))
}

fn upkeep(changes: Vec<Change>, left_behind: &[&str]) -> Plan {
    let left_behind = left_behind.iter().map(|what| (*what).to_owned()).collect();
    let purpose = Purpose::Upkeep { what: "rotate robot".into() };
    Raw::canonical(PlanBody { purpose, changes, left_behind, ..plan("why").value().clone() }).unwrap()
}

/// What Slack, Teams and PagerDuty are sent.
async fn sent(message: &Message) -> [Value; 3] {
    let (slack, got_by_slack) = service(200, "ok").await;
    let (teams, got_by_teams) = service(202, "").await;
    let (pagerduty, got_by_pagerduty) = service(202, "").await;
    SlackChannel::new(address(&slack)).unwrap().send(message).await.unwrap();
    TeamsChannel::new(address(&teams), "Cache").unwrap().send(message).await.unwrap();
    PagerDutyChannel::at(address(&pagerduty), Secret::new("key")).unwrap().send(message).await.unwrap();
    [got_by_slack, got_by_teams, got_by_pagerduty].map(|got| got.lock().unwrap().remove(0))
}

/// The texts of the blocks that Slack is sent.
fn slack_texts(sent: &Value) -> Vec<&str> {
    let blocks = sent["blocks"].as_array().unwrap().iter();
    let fields = blocks.clone().flat_map(|block| block["fields"].as_array().into_iter().flatten());
    fields.chain(blocks.map(|block| &block["text"])).filter_map(|text| text["text"].as_str()).collect()
}

/// The lines of the blocks that Teams is sent, as a person sees them.
fn teams_texts(sent: &Value) -> Vec<String> {
    let body = sent["attachments"][0]["content"]["body"].as_array().unwrap();
    body.iter().filter_map(|block| block["text"].as_str()).map(|text| text.replace('\\', "")).collect()
}

#[tokio::test]
async fn whoever_approves_sees_what_changes() {
    let plan = upkeep(vec![new_tag("prod"), moved_tag("stable"), signed("record", "qa")], &["a foreign layer"]);
    let (new, old, key) = (digest("new"), digest("old"), digest("key"));
    let lines = [
        format!("MOVE tag registry.example/app:stable from {old} -> {new}"),
        format!("new tag registry.example/app:prod -> {new}"),
        format!("signed by key release ({key}), by=qa"),
        "a foreign layer".to_owned(),
    ];
    let message = Message::of_plan(&plan, Urgency::High);
    let [slack, teams, pagerduty] = sent(&message).await;
    let (slack, teams) = (slack_texts(&slack).join("\n"), teams_texts(&teams).join("\n"));
    let details = pagerduty["payload"]["custom_details"].to_string();
    for line in lines {
        assert!(slack.contains(&line.replace('>', "&gt;")), "{line} is not in {slack}");
        assert!(teams.contains(&line), "{line} is not in {teams}");
        assert!(details.contains(&line), "{line} is not in {details}");
        assert!(message.text().contains(&line), "{line} is not in {}", message.text());
        assert!(plan.render().contains(&line), "{line} is not in {}", plan.render());
    }
    assert!(slack.contains("*What will change (3)*\n• MOVE tag") && !slack.contains("not shown here"), "{slack}");
    assert!(teams.contains("What will change (3)\n• MOVE tag") && !teams.contains("not shown here"), "{teams}");
}

#[test]
fn what_goes_away_moves_or_is_signed_stands_first_and_the_rest_is_counted() {
    let mut changes: Vec<Change> = (0..30).map(|at| new_tag(&format!("v{at}"))).collect();
    changes.extend([signed("record", "qa"), moved_tag("stable"), deleted()]);
    let left_behind: Vec<String> = (0..12).map(|at| format!("layer {at}")).collect();
    let left_behind: Vec<&str> = left_behind.iter().map(String::as_str).collect();
    let message = Message::of_plan(&upkeep(changes, &left_behind), Urgency::High);
    let [changed, left_behind] = &message.lists[..] else { panic!("{:?}", message.lists) };
    let starts: Vec<&str> = changed.lines.iter().map(|line| line.split(' ').next().unwrap()).collect();
    assert_eq!(starts[..4], ["MOVE", "DELETE", "attach", "new"]);
    assert_eq!((changed.lines.len(), changed.more), (20, 13));
    assert_eq!((left_behind.lines.len(), left_behind.more), (10, 2));
    let text = message.text();
    for said in [
        "What will change (33)\n",
        "\n13 more are not shown here; the plan's file has them.\n",
        "What is left behind (12)\n",
        "\n2 more are not shown here; the plan's file has them.",
    ] {
        assert!(text.contains(said), "{said} is not in {text}");
    }
}

#[tokio::test]
async fn lists_are_cut_where_a_service_would_refuse_them() {
    for text in ["x", "&", "\\", "é", "漢", "\u{1b}", "\n"] {
        let long = text.repeat(5_000);
        let changes = (0..50).map(|_| signed("record", &long)).chain([moved_tag("stable")]).collect();
        let left_behind = vec![long.as_str(); 50];
        let [slack, teams, pagerduty] = sent(&Message::of_plan(&upkeep(changes, &left_behind), Urgency::High)).await;
        let texts = slack_texts(&slack);
        let lengths: Vec<usize> = texts.iter().map(|text| text.chars().count()).collect();
        assert!(lengths.iter().all(|length| *length <= 3_000), "{text:?}: {lengths:?}");
        assert!(lengths.iter().sum::<usize>() <= 12_000, "{text:?}: {lengths:?}");
        assert!(slack["blocks"].as_array().unwrap().len() <= 50);
        assert!(teams.to_string().len() <= 21_000, "{text:?}: {}", teams.to_string().len());
        assert!(pagerduty.to_string().len() <= 512 << 10, "{text:?}: {}", pagerduty.to_string().len());
        for shown in [texts.join("\n"), teams_texts(&teams).join("\n"), pagerduty.to_string()] {
            assert!(shown.contains("MOVE tag") && shown.contains("What is left behind"), "{shown}");
            assert_eq!(shown.matches("more are not shown here; the plan's file has them.").count(), 2, "{shown}");
            assert!(shown.contains('…'), "{shown}");
        }
    }
}

#[tokio::test]
async fn a_change_makes_no_markup_and_no_line_of_its_own() {
    let changes = vec![signed("<!channel>", "*[x](https://evil.example)*")];
    let plan = upkeep(changes, &["<https://evil.example|click>\n*Gate cve*\npass"]);
    let [slack, teams, _] = sent(&Message::of_plan(&plan, Urgency::High)).await;
    let texts = slack_texts(&slack).join("\n");
    assert!(texts.contains("attach &lt;!channel&gt; to"), "{texts}");
    assert!(texts.contains("• &lt;https://evil.example|click&gt; *Gate cve* pass"), "{texts}");
    assert!(!teams.to_string().contains("[x](https"), "{teams}");
    let sections = slack["blocks"].as_array().unwrap().iter().filter(|block| block["text"]["type"] == "mrkdwn");
    assert!(sections.clone().count() == 2 && sections.clone().all(|section| section["text"]["verbatim"] == true));
}

#[test]
fn until_when_is_told() {
    let deadlines = Deadlines { approve_by: Some(at(60)), execute_by: Some(at(120)) };
    let break_glass = Some(BreakGlass { justification: "customers".into(), expires: at(180) });
    let plan = Raw::canonical(PlanBody { deadlines, break_glass, ..plan("why").value().clone() }).unwrap();
    let message = Message::of_plan(&plan, Urgency::Critical);
    for (name, time) in [("Approve by", at(60)), ("Execute by", at(120)), ("Not executed after", at(180))] {
        assert!(message.facts.contains(&(name.to_owned(), time.to_string())), "{name} is not in {:?}", message.facts);
    }
    assert!(message.lists.is_empty(), "{:?}", message.lists);
}
