//! PagerDuty: an alert that wakes somebody, and its end (PagerDuty's "Events API v2").

use async_trait::async_trait;
use serde_json::{Map, Value, json};

use super::Channel;
use super::message::{Message, Urgency};
use super::post::Post;
use crate::error::Result;
use crate::model::{Digest, Secret};
use crate::visible::short;

/// Where PagerDuty takes events.
const EVENTS: &str = "https://events.pagerduty.com/v2/enqueue";

/// An integration of PagerDuty's.
#[derive(Debug)]
pub struct PagerDutyChannel {
    post: Post,
    key: Secret,
}

impl PagerDutyChannel {
    /// The service with this integration key.
    ///
    /// # Errors
    /// None that happens.
    pub fn new(key: Secret) -> Result<Self> {
        PagerDutyChannel::at(Secret::new(EVENTS), key)
    }

    /// The same at another address, such as that of the region of an account.
    ///
    /// # Errors
    /// `Invalid` where it is no `https` URL.
    pub fn at(url: Secret, key: Secret) -> Result<Self> {
        Ok(PagerDutyChannel { post: Post::to("PagerDuty", url)?, key })
    }

    /// One message makes one alert, however often it is sent, and its end finds it.
    fn event(&self, action: &str, message: &Message) -> Value {
        let about = message.plan.clone().unwrap_or_else(|| Digest::of(message.text().as_bytes()));
        let mut event = json!({
            "routing_key": self.key.reveal(), "event_action": action, "dedup_key": format!("cache-{}", about.hex()),
        });
        if action == "trigger" {
            let severity = match message.urgency {
                Urgency::Critical => "critical",
                Urgency::High => "error",
                Urgency::Normal => "warning",
            };
            let facts = message.facts.iter().map(|(name, value)| (name.clone(), Value::from(value.clone())));
            let lists = message.lists.iter().map(|list| (list.name.clone(), Value::from(list.whole())));
            let details: Map<String, Value> = facts.chain(lists).collect();
            event["payload"] = json!({
                "summary": short(&message.title, 1024), "source": "cache", "severity": severity, "custom_details": details,
            });
        }
        event
    }
}

#[async_trait]
impl Channel for PagerDutyChannel {
    fn name(&self) -> &str {
        "pagerduty"
    }

    async fn send(&self, message: &Message) -> Result<()> {
        self.post.json(&self.event("trigger", message)).await.map(drop)
    }

    async fn settled(&self, message: &Message) -> Result<()> {
        self.post.json(&self.event("resolve", message)).await.map(drop)
    }
}
