//! The retention policies of registries themselves: read, explained, simulated, and made of our rules as far as they can say
//! the same. Documents in, words and documents out; nothing here asks a server.

pub mod acr;
pub mod ecr;
pub mod harbor;
pub mod openshift;
#[cfg(test)]
mod tests;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::rules::{KeepSemver, MOVING_TAGS, RetentionRules};
use crate::model::{Digest, Timestamp};

/// An image as a registry lists it, for a simulation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ListedImage {
    /// The manifest.
    pub digest: Digest,
    /// Its tags.
    #[serde(default)]
    pub tags: Vec<String>,
    /// When it was pushed.
    #[serde(default)]
    pub pushed: Option<Timestamp>,
    /// When it was pulled last.
    #[serde(default)]
    pub pulled: Option<Timestamp>,
    /// What it lists, where it is an index.
    #[serde(default)]
    pub children: Vec<Digest>,
    /// Whether the registry refuses to delete it, or one of its tags.
    #[serde(default)]
    pub locked: bool,
    /// When it lost its last tag, where the registry tells; ACR counts from there.
    #[serde(default)]
    pub untagged: Option<Timestamp>,
    /// When it was deleted, where the registry keeps what is.
    #[serde(default)]
    pub deleted: Option<Timestamp>,
}

/// An image that the registry would delete.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Doomed {
    /// The image.
    pub digest: Digest,
    /// Its tags.
    pub tags: Vec<String>,
    /// Why, in words.
    pub why: String,
}

/// Our rules in the words of a registry.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Translation {
    /// The document; `None` where nothing of the rules can be said so that it deletes no more than they do.
    pub document: Option<Value>,
    /// What the document does not say. Where this is empty, it deletes exactly what the rules let go.
    pub unsaid: Vec<String>,
}

/// What no registry's policy can say.
fn unsaid_anywhere(rules: &RetentionRules) -> Vec<String> {
    let mut unsaid = Vec::new();
    let mut say = |is: bool, what: &str| unsaid.extend(is.then(|| what.to_owned()));
    say(rules.keep_deployed == Some(true), "keep_deployed: the registry does not know what is deployed");
    say(
        !matches!(rules.keep_semver, None | Some(KeepSemver::None)),
        "keep_semver: patterns of the registry cannot tell versions",
    );
    say(rules.count_created == Some(true), "count_created: the registry does not look at the time of builds");
    say(rules.orphaned_after_days.is_some(), "orphaned_after_days: the registry has no such rule");
    say(rules.max_deletions.is_some(), "max_deletions: the registry has no limit");
    say(rules.keep_replaced_days.is_some(), "keep_replaced_days: the registry knows of no promotions");
    say(
        rules.protect.as_ref().is_some_and(|protect| !protect.digests.is_empty()),
        "protect.digests: the registry goes by tags",
    );
    unsaid
}

/// What keeps more than the document does: with it, deleting by the document would lose images.
fn keeps_more(rules: &RetentionRules) -> bool {
    let protects = rules.protect.as_ref().is_some_and(|protect| !protect.digests.is_empty());
    rules.keep_deployed == Some(true)
        || !matches!(rules.keep_semver, None | Some(KeepSemver::None))
        || rules.count_created == Some(true)
        || rules.keep_replaced_days.is_some()
        || protects
}

/// The patterns of tags that are kept always, as globs; or why one cannot be said.
fn kept_tags(rules: &RetentionRules) -> Result<Vec<String>, String> {
    let moving: Vec<&str> = match &rules.moving_tags {
        Some(patterns) => patterns.texts().collect(),
        None => MOVING_TAGS.to_vec(),
    };
    let protected = rules.protect.iter().filter_map(|protect| protect.tags.as_ref()).flat_map(|tags| tags.texts());
    protected.chain(moving).map(glob).collect()
}

/// A pattern that is a glob with nothing but stars.
fn glob(pattern: &str) -> Result<String, String> {
    if pattern.starts_with('/') && pattern.len() > 1 {
        return Err(format!("{pattern}: the registry has no regular expressions"));
    }
    if pattern.contains('?') {
        return Err(format!("{pattern}: the registry has no pattern for one character"));
    }
    // Tags have no slash, so that two stars are as one.
    Ok(pattern.replace("**", "*"))
}
