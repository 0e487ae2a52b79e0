//! What the image says of itself: its configuration, and the labels by the OCI image specification's annotation keys.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::events::{Event, EventKind, Standing};
use crate::error::Result;
use crate::gate::Evidence;
use crate::model::manifest::MAX_CONFIG;
use crate::model::{ManifestBody, Timestamp, null_is_empty};
use crate::registry::Registry;
use crate::registry::inspect::config_of;

/// The labels that are told, and what they are called here.
const LABELS: [(&str, &str); 4] = [
    ("org.opencontainers.image.source", "source"),
    ("org.opencontainers.image.revision", "revision"),
    ("org.opencontainers.image.version", "version"),
    ("org.opencontainers.image.base.name", "base image"),
];

#[derive(Deserialize)]
struct Config {
    created: Option<String>,
    author: Option<String>,
    #[serde(default, deserialize_with = "null_is_empty")]
    config: Inner,
    #[serde(default, deserialize_with = "null_is_empty")]
    history: Vec<serde::de::IgnoredAny>,
}

#[derive(Default, Deserialize)]
struct Inner {
    #[serde(default, rename = "Labels", deserialize_with = "null_is_empty")]
    labels: BTreeMap<String, String>,
}

/// When each platform of the image says it was made. A configuration that is not one of an image tells nothing.
pub(super) async fn made(registry: &dyn Registry, evidence: &Evidence) -> Result<Vec<Event>> {
    let mut events = Vec::new();
    for (digest, platform) in &evidence.platforms {
        let manifest = registry.manifest(&evidence.image.repository.at(digest.clone())).await?;
        let ManifestBody::Image(image) = manifest.value() else { continue };
        if image.config.size > MAX_CONFIG {
            continue;
        }
        let bytes = config_of(registry, &evidence.image.repository, image).await?;
        let Ok(config) = serde_json::from_slice::<Config>(&bytes) else { continue };
        let title = platform.as_ref().map_or("Made".to_owned(), |platform| format!("Made for {platform}"));
        let mut event = Event {
            at: config.created.as_deref().and_then(|text| Timestamp::parse(text).ok()),
            kind: EventKind::Built,
            title,
            facts: Vec::new(),
            standing: Standing::Claimed,
            digest: image.config.digest.clone(),
            about: digest.clone(),
            found: "configuration".to_owned(),
        };
        if !config.history.is_empty() {
            event = event.fact("steps", config.history.len());
        }
        for (label, name) in LABELS {
            if let Some(value) = config.config.labels.get(label) {
                event = event.fact(name, value);
            }
        }
        if let Some(author) = config.author {
            event = event.fact("author", author);
        }
        events.push(event);
    }
    Ok(events)
}
