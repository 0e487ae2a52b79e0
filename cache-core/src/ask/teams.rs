//! Microsoft Teams: an adaptive card by a workflow's webhook, and the answer that a person writes to an outgoing webhook
//! (Teams' "Create Outgoing Webhooks" and "Adaptive Cards").

use async_trait::async_trait;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use serde_json::{Value, json};

use super::Channel;
use super::desk::{PREFIX, Said};
use super::message::Message;
use super::post::Post;
use super::signed::hmac_is;
use crate::approve::{Decision, Worded};
use crate::error::{Error, Result};
use crate::model::{Secret, Timestamp};
use crate::visible::short;

/// What all of a message may take, in bytes. Teams says 28 KB, and has refused messages of less (413).
const MAX_MESSAGE: usize = 20_000;

/// A webhook of Teams'.
#[derive(Debug)]
pub struct TeamsChannel {
    post: Post,
    bot: String,
}

impl TeamsChannel {
    /// The webhook at this address, which is a secret; `bot` is the name of the outgoing webhook that takes the answers.
    ///
    /// # Errors
    /// `Invalid` where it is no `https` URL.
    pub fn new(url: Secret, bot: impl Into<String>) -> Result<Self> {
        Ok(TeamsChannel { post: Post::to("Teams", url)?, bot: bot.into() })
    }
}

#[async_trait]
impl Channel for TeamsChannel {
    fn name(&self) -> &str {
        "teams"
    }

    async fn send(&self, message: &Message) -> Result<()> {
        self.post.json(&card(message, &self.bot)).await.map(drop)
    }
}

fn card(message: &Message, bot: &str) -> Value {
    let fact =
        |(name, value): &(String, String)| json!({"title": short(name, 100), "value": plain(&short(value, 1000))});
    let mut body = vec![
        json!({"type": "TextBlock", "size": "Large", "weight": "Bolder", "wrap": true, "text": plain(&short(&message.title, 200))}),
        json!({"type": "FactSet", "facts": message.facts.iter().map(fact).collect::<Vec<_>>()}),
    ];
    for list in &message.lists {
        let line = |line: &str| {
            let text = plain(&format!("• {line}"));
            json!({"type": "TextBlock", "spacing": "Small", "wrap": true, "text": text})
        };
        // Some of the room is for what comes after it.
        let room = MAX_MESSAGE.saturating_sub(json!(body).to_string().len()) / 4 * 3;
        let heading = plain(&list.heading());
        body.push(json!({"type": "TextBlock", "weight": "Bolder", "wrap": true, "text": heading}));
        let lines = list.fitting(room, |text| line(text).to_string().len() + 1);
        body.extend(lines.iter().map(|text| line(text)));
    }
    if let Some(plan) = &message.plan {
        let start = &plan.hex()[..PREFIX];
        let text = format!(
            "Answer with: @{bot} approve {start}, or: @{bot} deny {start}. You may add \"until TIME\", and after a colon a comment."
        );
        body.push(json!({"type": "TextBlock", "wrap": true, "text": plain(&text)}));
    }
    json!({"type": "message", "attachments": [{
        "contentType": "application/vnd.microsoft.card.adaptive",
        "content": {
            "$schema": "http://adaptivecards.io/schemas/adaptive-card.json", "type": "AdaptiveCard", "version": "1.4", "body": body,
        },
    }]})
}

/// Cards take a part of Markdown; with these escaped nothing becomes a link or a list.
fn plain(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        if matches!(c, '\\' | '[' | ']' | '*' | '_') {
            escaped.push('\\');
        }
        escaped.push(c);
    }
    escaped
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Activity {
    #[serde(rename = "type")]
    kind: String,
    id: String,
    timestamp: Timestamp,
    #[serde(default)]
    text: String,
    from: From,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct From {
    id: String,
    aad_object_id: Option<String>,
}

/// Reads what a person wrote to the outgoing webhook.
///
/// # Errors
/// `Denied` where it is not signed with `token`, or is not of now; `Invalid` where it is no answer.
pub(super) fn read<'a>(
    token: &Secret,
    header: impl Fn(&str) -> Option<&'a str>,
    body: &[u8],
    now: Timestamp,
) -> Result<Said> {
    let denied = || Error::denied("the request is not signed by Teams");
    let signature = header("authorization").and_then(|value| value.strip_prefix("HMAC ")).ok_or_else(denied)?;
    let key = STANDARD.decode(token.reveal()).map_err(|_| Error::invalid("the token of Teams is not base64"))?;
    if !hmac_is(&key, body, &STANDARD.decode(signature.trim()).map_err(|_| denied())?) {
        return Err(denied());
    }
    let no_answer = |why: &str| Error::invalid(format!("the request is no answer: {why}"));
    let activity: Activity = serde_json::from_slice(body).map_err(|_| no_answer("it is no activity of Teams'"))?;
    if activity.kind != "message" {
        return Err(no_answer("it is no message"));
    }
    super::signed::of_now(activity.timestamp, now)?;
    let text = without_mentions(&activity.text);
    let worded = text.trim().split_once(char::is_whitespace).and_then(|(word, rest)| {
        let decision = match word {
            "approve" => Decision::Approve,
            "deny" => Decision::Deny,
            _ => return None,
        };
        Some((decision, Worded::read(rest)?))
    });
    let (decision, Worded { plan, expires, comment }) = worded.ok_or_else(|| {
        no_answer(
            "write `approve` or `deny` and the first characters of the plan's digest, then perhaps `until` and a time such as \
             2026-01-31T12:00:00Z, a colon and a comment",
        )
    })?;
    if plan.len() < PREFIX {
        return Err(no_answer("too few characters of the plan's digest"));
    }
    let person = activity.from.aad_object_id.unwrap_or(activity.from.id);
    Ok(Said {
        person: format!("teams:{person}"),
        decision,
        plan: plan.to_owned(),
        expires,
        comment,
        once: activity.id,
        at: activity.timestamp,
    })
}

/// The text without `<at>…</at>`, and with Teams' spaces as spaces.
fn without_mentions(text: &str) -> String {
    let mut rest = text.replace("&nbsp;", " ");
    while let Some(start) = rest.find("<at>") {
        let end = rest[start..].find("</at>").map_or(rest.len(), |end| start + end + "</at>".len());
        rest.replace_range(start..end, " ");
    }
    rest
}
