//! What `oc adm prune images` would prune.
//!
//! An image that the registry manages is pruned where it is old enough and nothing refers to it: no image stream, by the newest
//! revisions of a tag or by one that is young, and nothing that runs. (Source of `oc`, `pkg/cli/admin/prune/imageprune`.)

use std::collections::HashSet;

use serde_json::Value;

use super::{Doomed, Translation, unsaid_anywhere};
use crate::error::{Error, Result};
use crate::model::{Digest, Timestamp};
use crate::retention::RetentionRules;
use crate::retention::inventory::Deployed;

/// The options of the command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Prune {
    /// How many revisions of each tag are kept.
    pub keep_tag_revisions: usize,
    /// Images, and what refers to them, are kept that are younger, in minutes.
    pub keep_younger_than_minutes: u64,
    /// Whether images are pruned too that were never pushed to the registry.
    pub all: bool,
}

impl Default for Prune {
    /// Those of the command.
    fn default() -> Self {
        Prune { keep_tag_revisions: 3, keep_younger_than_minutes: 60, all: true }
    }
}

fn text<'a>(value: &'a Value, path: &[&str]) -> Option<&'a str> {
    path.iter().try_fold(value, |value, key| value.get(key))?.as_str()
}

impl Prune {
    /// What it does, in words.
    pub fn explain(&self) -> Vec<String> {
        let managed = if self.all { "images" } else { "images that were pushed to the registry" };
        vec![
            format!(
                "{managed} older than {} minutes are pruned that nothing refers to",
                self.keep_younger_than_minutes
            ),
            format!(
                "image streams refer by the {} newest revisions of each tag, and by young ones",
                self.keep_tag_revisions
            ),
            "pods, workloads, jobs and builds refer to what they name; custom resources are not looked at".to_owned(),
        ]
    }

    /// What would be pruned, of the items of `oc get images` and `oc get imagestreams --all-namespaces`, with what is deployed.
    ///
    /// # Errors
    /// `Invalid` where an item is none, or a list is only a part.
    pub fn simulate(
        &self,
        images: &Value,
        streams: &Value,
        deployed: &Deployed,
        now: Timestamp,
    ) -> Result<Vec<Doomed>> {
        let mut referred: HashSet<Digest> = HashSet::new();
        for stream in items(streams)? {
            let young = self.is_young(text(stream, &["metadata", "creationTimestamp"]), now)?;
            let tags = stream.get("status").and_then(|status| status.get("tags")).and_then(Value::as_array);
            for tag in tags.into_iter().flatten() {
                let revisions = tag.get("items").and_then(Value::as_array).into_iter().flatten().enumerate();
                for (revision, item) in revisions {
                    let kept =
                        revision < self.keep_tag_revisions || young || self.is_young(text(item, &["created"]), now)?;
                    if let Some(image) = text(item, &["image"]).filter(|_| kept) {
                        referred.insert(Digest::parse(image)?);
                    }
                }
            }
        }
        let mut doomed = Vec::new();
        let mut held = HashSet::new();
        for image in items(images)? {
            let digest = Digest::parse(text(image, &["metadata", "name"]).unwrap_or_default())?;
            let managed = text(image, &["metadata", "annotations", "openshift.io/image.managed"]) == Some("true");
            let young = self.is_young(text(image, &["metadata", "creationTimestamp"]), now)?;
            let deployed = deployed.at(&digest).is_some();
            if referred.contains(&digest) || deployed || young || !(managed || self.all) {
                let children = image.get("dockerImageManifests").and_then(Value::as_array).into_iter().flatten();
                held.extend(children.filter_map(|child| text(child, &["digest"])).map(str::to_owned));
                continue;
            }
            doomed.push(Doomed { digest, tags: Vec::new(), why: "old enough, and nothing refers to it".to_owned() });
        }
        doomed.retain(|image| !held.contains(image.digest.as_str()));
        Ok(doomed)
    }

    /// What has no time is young: nobody knows.
    fn is_young(&self, time: Option<&str>, now: Timestamp) -> Result<bool> {
        let Some(time) = time else { return Ok(true) };
        let age = now.since(Timestamp::parse(time)?).as_secs();
        Ok(age < self.keep_younger_than_minutes.saturating_mul(60))
    }
}

fn items(list: &Value) -> Result<&Vec<Value>> {
    if text(list, &["metadata", "continue"]).is_some_and(|token| !token.is_empty()) {
        return Err(Error::invalid("the list goes on: it is only a part"));
    }
    list.get("items").and_then(Value::as_array).ok_or_else(|| Error::invalid("this is no list of the API"))
}

/// Our rules as options of the command: it has two numbers, and keeps what runs.
pub fn translate(rules: &RetentionRules) -> Translation {
    let without = RetentionRules { keep_deployed: None, ..rules.clone() };
    let mut unsaid = unsaid_anywhere(&without);
    unsaid.push(
        "keep_last_tags and the tags that may go: the command counts revisions of each tag, not images".to_owned(),
    );
    if rules.keep_deployed == Some(true) {
        unsaid.push("keep_deployed: the command knows what its own cluster runs, and no other".to_owned());
    }
    Translation { document: None, unsaid }
}
