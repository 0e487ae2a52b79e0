//! Slack: a message with two buttons by an incoming webhook, and the press of a button (Slack's "Block Kit" and "Verifying
//! requests from Slack").

use async_trait::async_trait;
use serde::Deserialize;
use serde_json::{Value, json};

use super::desk::Said;
use super::message::Message;
use super::post::Post;
use super::signed::hmac_is;
use super::{Channel, Listed};
use crate::approve::{Decision, MAX_COMMENT};
use crate::error::{Error, Result};
use crate::model::digest::{from_hex, to_hex};
use crate::model::{Secret, Timestamp};
use crate::visible::short;

/// What a header, a section and a field may hold, in characters, and how many fields a section may have.
const MAX_HEADER: usize = 150;
const MAX_SECTION: usize = 3000;
const MAX_FIELD: usize = 2000;
const MAX_FIELDS: usize = 10;
/// What all blocks together may hold, in characters; lists get what facts leave of it. Slack documents no number, and refuses
/// about 12,000 (`msg_blocks_too_long`). Sections are filled, so of the 50 blocks of a message they need a few.
const MAX_TEXT: usize = 11_000;
/// The identifiers of the buttons, and of the field for a comment.
const APPROVE: &str = "cache-approve";
const DENY: &str = "cache-deny";
const COMMENT: &str = "cache-comment";

/// An incoming webhook of Slack's.
#[derive(Debug)]
pub struct SlackChannel {
    post: Post,
}

impl SlackChannel {
    /// The webhook at this address, which is a secret.
    ///
    /// # Errors
    /// `Invalid` where it is no `https` URL.
    pub fn new(url: Secret) -> Result<Self> {
        Ok(SlackChannel { post: Post::to("Slack", url)? })
    }
}

#[async_trait]
impl Channel for SlackChannel {
    fn name(&self) -> &str {
        "slack"
    }

    async fn send(&self, message: &Message) -> Result<()> {
        self.post.json(&blocks(message)).await.map(drop)
    }
}

fn blocks(message: &Message) -> Value {
    let mut blocks = vec![json!({
        "type": "header", "text": {"type": "plain_text", "text": short(&message.title, MAX_HEADER)},
    })];
    let field =
        |(name, value): &(String, String)| format!("*{}*\n{}", escaped(name), short(&escaped(value), MAX_FIELD - 100));
    let fields: Vec<String> = message.facts.iter().map(field).collect();
    for fields in fields.chunks(MAX_FIELDS) {
        let fields: Vec<Value> = fields.iter().map(|text| json!({"type": "mrkdwn", "text": text})).collect();
        blocks.push(json!({"type": "section", "fields": fields}));
    }
    let mut room = MAX_TEXT.saturating_sub(fields.iter().map(|text| length(text)).sum());
    for list in &message.lists {
        let sections = sections(list, room);
        room = room.saturating_sub(sections.iter().map(|text| length(text)).sum());
        // As it is: no address and no name becomes a link.
        blocks.extend(
            sections
                .iter()
                .map(|text| json!({"type": "section", "text": {"type": "mrkdwn", "text": text, "verbatim": true}})),
        );
    }
    if let Some(plan) = &message.plan {
        let button = |action: &str, text: &str, style: &str| {
            json!({
                "type": "button", "action_id": action, "value": plan, "style": style,
                "text": {"type": "plain_text", "text": text},
            })
        };
        blocks.push(json!({
            "type": "input", "block_id": COMMENT, "optional": true, "label": {"type": "plain_text", "text": "Comment"},
            "element": {"type": "plain_text_input", "action_id": COMMENT, "max_length": MAX_COMMENT},
        }));
        let elements = [button(APPROVE, "Approve", "primary"), button(DENY, "Deny", "danger")];
        blocks.push(json!({"type": "actions", "elements": elements}));
    }
    json!({"text": short(&escaped(&message.text()), 3000), "blocks": blocks})
}

/// A list as the texts of sections. It leaves some of the room to what comes after it.
fn sections(list: &Listed, room: usize) -> Vec<String> {
    let line = |line: &str| format!("• {}", short(&escaped(line), MAX_SECTION / 2));
    let mut sections = Vec::new();
    let mut section = format!("*{}*", escaped(&list.heading()));
    for text in list.fitting(room / 4 * 3, |text| length(&line(text)) + 1) {
        let text = line(&text);
        if length(&section) + 1 + length(&text) > MAX_SECTION {
            sections.push(std::mem::replace(&mut section, text));
        } else {
            section.push('\n');
            section.push_str(&text);
        }
    }
    sections.push(section);
    sections
}

fn length(text: &str) -> usize {
    text.chars().count()
}

/// The three characters that Slack wants escaped. Without them nothing becomes a link or mentions a channel.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

#[derive(Deserialize)]
struct Payload {
    #[serde(rename = "type")]
    kind: String,
    user: User,
    #[serde(default)]
    actions: Vec<Action>,
    /// What the fields of the message hold.
    #[serde(default)]
    state: Value,
}

#[derive(Deserialize)]
struct User {
    id: String,
}

#[derive(Deserialize)]
struct Action {
    action_id: String,
    #[serde(default)]
    value: String,
}

/// Reads the press of a button. `header` gives a header of the request by its name.
///
/// # Errors
/// `Denied` where the signature is not by `secret`, or is not of now; `Invalid` where it is no answer.
pub(super) fn read<'a>(
    secret: &Secret,
    header: impl Fn(&str) -> Option<&'a str>,
    body: &[u8],
    now: Timestamp,
) -> Result<Said> {
    let denied = || Error::denied("the request is not signed by Slack");
    let (at, signature) = header("x-slack-request-timestamp").zip(header("x-slack-signature")).ok_or_else(denied)?;
    let hex = signature.strip_prefix("v0=").ok_or_else(denied)?;
    let signed = [b"v0:", at.as_bytes(), b":", body].concat();
    let tag = from_hex(hex).ok_or_else(denied)?;
    if !hmac_is(secret.reveal().as_bytes(), &signed, &tag) {
        return Err(denied());
    }
    let at = at.parse().ok().and_then(|seconds| Timestamp::from_unix(seconds).ok()).ok_or_else(denied)?;
    super::signed::of_now(at, now)?;
    let no_answer = |why: &str| Error::invalid(format!("the request is no answer: {why}"));
    let form = std::str::from_utf8(body).map_err(|_| no_answer("it is no text"))?;
    let payload = form.split('&').find_map(|pair| pair.strip_prefix("payload="));
    let payload = payload.ok_or_else(|| no_answer("it has no payload"))?;
    let payload = crate::http::decode(&payload.replace('+', " "));
    let payload: Payload = serde_json::from_slice(&payload).map_err(|_| no_answer("the payload is not Slack's"))?;
    if payload.kind != "block_actions" {
        return Err(no_answer("no button was pressed"));
    }
    let mut answers = payload.actions.iter().filter_map(|action| match action.action_id.as_str() {
        APPROVE => Some((Decision::Approve, &action.value)),
        DENY => Some((Decision::Deny, &action.value)),
        _ => None,
    });
    let (decision, plan) = answers.next_back().ok_or_else(|| no_answer("another button was pressed"))?;
    Ok(Said {
        person: format!("slack:{}", payload.user.id),
        decision,
        plan: plan.clone(),
        expires: None,
        comment: payload.state["values"][COMMENT][COMMENT]["value"].as_str().map(str::to_owned),
        // Not as it was written: that may be in either case.
        once: to_hex(&tag),
        at,
    })
}
