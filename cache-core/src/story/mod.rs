//! The story of an image: what registries know about it, from build to deployment, in the order of time.
//!
//! [`Story::of`] gathers it from one registry: what was signed about an image travels with it, so the last place knows about
//! all that came before. What a trusted signer said is told apart from what is only claimed, and what could not be used is
//! named. A story is data; [`Story::markdown`] and [`Story::html`] are for people.

mod changes;
mod config;
mod events;
mod markdown;
mod page;

use serde::{Deserialize, Serialize};

pub use events::{Event, EventKind, Fact, Standing};

use crate::error::Result;
use crate::gate::Evidence;
use crate::model::{Digest, Pinned, Reference, Timestamp};
use crate::promote::evidence_of;
use crate::registry::Registry;
use crate::sign::Trust;

/// Everything that is known about one image. Its JSON Schema is `docs/schema/story-v1.json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Story {
    /// The reference that was asked for.
    pub reference: Reference,
    /// What it named.
    pub image: Pinned,
    /// The platforms of it, such as `linux/amd64`, with the manifest of each.
    pub platforms: Vec<PlatformImage>,
    /// When the story was gathered.
    pub told_at: Timestamp,
    /// What happened, oldest first; what has no date comes first.
    pub events: Vec<Event>,
    /// What looked like evidence and could not be used, and why.
    pub problems: Vec<Unusable>,
}

/// One platform of an image.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PlatformImage {
    /// The manifest.
    pub digest: Digest,
    /// Which platform it is for, where that is stated.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub platform: Option<String>,
}

/// Something that tells nothing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Unusable {
    /// What it seemed to be, such as `signature`.
    pub what: String,
    /// The digest of it.
    pub digest: Digest,
    /// Why it cannot be used.
    pub why: String,
}

/// Where an image runs, by an inventory of the caller's.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Deployment {
    /// The manifest that runs: the image, or a platform of it.
    pub digest: Digest,
    /// Where, such as `cluster-1/shop/deployment/web`.
    pub place: String,
    /// Since when, where that is known.
    #[serde(default)]
    pub since: Option<Timestamp>,
}

impl Story {
    /// Gathers the story of an image. Reads only. `deployments` that are about other images are not told.
    ///
    /// # Errors
    /// What the registry says: a registry that fails is an error, and never an image of which nothing is known.
    pub async fn of(
        registry: &dyn Registry,
        reference: &Reference,
        trust: &Trust,
        deployments: &[Deployment],
        now: Timestamp,
    ) -> Result<Story> {
        let evidence = evidence_of(registry, reference, trust, now).await?;
        let made = config::made(registry, &evidence).await?;
        Ok(Story::from_evidence(reference.clone(), &evidence, made, deployments))
    }

    /// Pure: the facts in, the story out.
    fn from_evidence(reference: Reference, evidence: &Evidence, made: Vec<Event>, deployments: &[Deployment]) -> Story {
        let mut events = made;
        events.extend(events::of(evidence));
        events.extend(deployments.iter().filter(|d| evidence.is_about(&d.digest)).map(Event::deployed));
        events.sort_by(|a, b| (a.at, a.kind, &a.digest, &a.title).cmp(&(b.at, b.kind, &b.digest, &b.title)));
        changes::note(&mut events, evidence);
        let platform = |(digest, platform): &(Digest, Option<crate::model::Platform>)| PlatformImage {
            digest: digest.clone(),
            platform: platform.as_ref().map(ToString::to_string),
        };
        let unusable = |p: &crate::gate::Problem| Unusable {
            what: p.what.clone(),
            digest: p.digest.clone(),
            why: p.message.clone(),
        };
        Story {
            reference,
            image: evidence.image.clone(),
            platforms: evidence.platforms.iter().map(platform).collect(),
            told_at: evidence.now,
            events,
            problems: evidence.problems.iter().map(unusable).collect(),
        }
    }
}

#[cfg(test)]
mod tests;
