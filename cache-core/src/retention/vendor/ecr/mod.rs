//! Lifecycle policies of Amazon ECR.
//!
//! All rules look at all images at once and are applied by priority, the lowest number first. An image that a rule selects by
//! its tags is safe from rules with a higher number, whether or not the first expires it. An image that an index lists is not
//! expired. (AWS documentation, "Lifecycle policies"; the shape is that of the service's API model.)

mod translate;

use std::cmp::Reverse;
use std::collections::HashSet;

use serde::{Deserialize, Serialize};
use serde_json::Value;
pub use translate::translate;

use super::{Doomed, ListedImage};
use crate::error::{Error, Result};
use crate::model::{Digest, Timestamp};
use crate::retention::Pattern;

const DAY: u64 = 24 * 60 * 60;
/// The longest text of a policy, in characters.
const MAX_TEXT: usize = 30_720;

/// A lifecycle policy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LifecyclePolicy {
    /// The rules, in any order.
    pub rules: Vec<LifecycleRule>,
}

/// A rule of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct LifecycleRule {
    /// The lowest number is applied first.
    pub rule_priority: u32,
    /// What it is for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// What it is about.
    pub selection: Selection,
    /// What it does.
    pub action: Action,
}

/// What a rule is about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Selection {
    /// Whether images with a tag, without one, or all.
    pub tag_status: TagStatus,
    /// Patterns in which `*` stands for any text; each has to match some tag of the image.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tag_pattern_list: Vec<String>,
    /// Beginnings of tags; each has to match some tag of the image.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tag_prefix_list: Vec<String>,
    /// The storage that the images are in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub storage_class: Option<String>,
    /// What is counted.
    pub count_type: CountType,
    /// `days`, where time is counted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub count_unit: Option<String>,
    /// How many.
    pub count_number: u32,
}

/// Which images a rule selects.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TagStatus {
    /// Those with a tag that matches.
    Tagged,
    /// Those without a tag.
    Untagged,
    /// All.
    Any,
}

/// What a rule counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum CountType {
    /// Images, the newest first.
    ImageCountMoreThan,
    /// Days since the push.
    SinceImagePushed,
    /// Days since the last pull.
    SinceImagePulled,
    /// Days since the image went to another storage.
    SinceImageTransitioned,
}

/// What a rule does.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Action {
    /// `expire` or `transition`.
    pub r#type: String,
    /// Where to, for a transition.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target_storage_class: Option<String>,
}

impl LifecyclePolicy {
    /// Reads and checks the text of a policy.
    ///
    /// # Errors
    /// `Invalid` where the service would refuse it.
    pub fn parse(text: &str) -> Result<Self> {
        let invalid = |why: String| Error::invalid(format!("this is no lifecycle policy: {why}"));
        if text.len() > MAX_TEXT {
            return Err(invalid(format!("it is longer than {MAX_TEXT} characters")));
        }
        let mut policy: LifecyclePolicy = serde_json::from_str(text).map_err(|e| invalid(e.to_string()))?;
        if policy.rules.is_empty() {
            return Err(invalid("it has no rules".to_owned()));
        }
        policy.rules.sort_by_key(|rule| rule.rule_priority);
        for pair in policy.rules.windows(2) {
            let at = pair[0].rule_priority;
            if at == pair[1].rule_priority {
                return Err(invalid(format!("two rules have the priority {at}")));
            }
            if pair[0].selection.tag_status == TagStatus::Any {
                return Err(invalid(format!("rule {at} is for any image and must have the highest number")));
            }
        }
        for rule in &policy.rules {
            rule.check().map_err(|why| invalid(format!("rule {}: {why}", rule.rule_priority)))?;
        }
        Ok(policy)
    }

    /// What it does, a sentence a rule.
    pub fn explain(&self) -> Vec<String> {
        self.rules.iter().map(LifecycleRule::explain).collect()
    }

    /// The images of one repository that the service would expire now. Images of unknown age are not expired by age, and count
    /// as the oldest.
    ///
    /// # Errors
    /// `Unsupported` where a rule moves images to another storage, or counts since that.
    pub fn simulate(&self, images: &[ListedImage], now: Timestamp) -> Result<Vec<Doomed>> {
        let children: HashSet<&Digest> = images.iter().flat_map(|image| &image.children).collect();
        let mut claimed: HashSet<&Digest> = HashSet::new();
        let mut doomed = Vec::new();
        for rule in &self.rules {
            if rule.action.r#type != "expire" || rule.selection.count_type == CountType::SinceImageTransitioned {
                return Err(Error::unsupported("rules about storage classes cannot be simulated")
                    .context("rule", rule.rule_priority));
            }
            let selected: Vec<&ListedImage> = images.iter().filter(|image| rule.selection.is_about(image)).collect();
            for image in rule.expired(&selected, now) {
                if !claimed.contains(&image.digest) && !children.contains(&image.digest) {
                    let why = format!("rule {}: {}", rule.rule_priority, rule.explain());
                    doomed.push(Doomed { digest: image.digest.clone(), tags: image.tags.clone(), why });
                }
            }
            claimed.extend(selected.iter().map(|image| &image.digest));
        }
        Ok(doomed)
    }
}

impl LifecycleRule {
    fn check(&self) -> Result<(), String> {
        let Selection { tag_status, tag_pattern_list, tag_prefix_list, count_type, count_unit, count_number, .. } =
            &self.selection;
        let lists = !tag_pattern_list.is_empty() || !tag_prefix_list.is_empty();
        if lists != (*tag_status == TagStatus::Tagged) {
            return Err("patterns or prefixes are for tagged images, which need them".to_owned());
        }
        if !tag_pattern_list.is_empty() && !tag_prefix_list.is_empty() {
            return Err("it has patterns and prefixes".to_owned());
        }
        if let Some(pattern) = tag_pattern_list.iter().find(|pattern| pattern.matches('*').count() > 4) {
            return Err(format!("{pattern:?} has more than four wildcards"));
        }
        let counts_days = *count_type != CountType::ImageCountMoreThan;
        if counts_days != (count_unit.as_deref() == Some("days")) {
            return Err("countUnit is \"days\" where days are counted, and absent elsewhere".to_owned());
        }
        if *count_number == 0 {
            return Err("countNumber is not above zero".to_owned());
        }
        match self.action.r#type.as_str() {
            "expire" => Ok(()),
            "transition" if self.action.target_storage_class.is_some() => Ok(()),
            other => Err(format!("the action {other:?} is not known or not complete")),
        }
    }

    fn explain(&self) -> String {
        let selection = &self.selection;
        let list = |all: &[String], join: &str| all.join(join);
        let what = match selection.tag_status {
            TagStatus::Any => "images".to_owned(),
            TagStatus::Untagged => "images without a tag".to_owned(),
            TagStatus::Tagged if !selection.tag_prefix_list.is_empty() => {
                format!("images with tags that begin with {}", list(&selection.tag_prefix_list, " and with "))
            }
            TagStatus::Tagged => format!("images with tags like {}", list(&selection.tag_pattern_list, " and like ")),
        };
        let number = selection.count_number;
        let when = match selection.count_type {
            CountType::ImageCountMoreThan => format!("all but the {number} newest {what} are"),
            CountType::SinceImagePushed => format!("{what} that were pushed more than {number} days ago are"),
            CountType::SinceImagePulled => format!("{what} that were not pulled for {number} days are"),
            CountType::SinceImageTransitioned => format!("{what} that were moved more than {number} days ago are"),
        };
        match self.action.target_storage_class.as_deref() {
            Some(class) => format!("{when} moved to {class}"),
            None => format!("{when} expired"),
        }
    }

    fn expired<'a>(&self, selected: &[&'a ListedImage], now: Timestamp) -> Vec<&'a ListedImage> {
        let number = self.selection.count_number;
        let older =
            |time: Option<Timestamp>| time.is_some_and(|time| now.since(time).as_secs() > u64::from(number) * DAY);
        match self.selection.count_type {
            CountType::ImageCountMoreThan => {
                let mut newest = selected.to_vec();
                newest.sort_by_key(|image| (Reverse(image.pushed), image.digest.clone()));
                newest.into_iter().skip(number as usize).collect()
            }
            CountType::SinceImagePushed => selected.iter().copied().filter(|image| older(image.pushed)).collect(),
            // What was never pulled is as old as its push.
            CountType::SinceImagePulled => {
                selected.iter().copied().filter(|image| older(image.pulled.max(image.pushed))).collect()
            }
            CountType::SinceImageTransitioned => Vec::new(),
        }
    }
}

impl Selection {
    fn is_about(&self, image: &ListedImage) -> bool {
        let some_tag = |is: &dyn Fn(&str) -> bool| image.tags.iter().any(|tag| is(tag));
        match self.tag_status {
            TagStatus::Any => true,
            TagStatus::Untagged => image.tags.is_empty(),
            TagStatus::Tagged => {
                let by_prefix =
                    self.tag_prefix_list.iter().all(|prefix| some_tag(&|tag| tag.starts_with(prefix.as_str())));
                let by_pattern = self.tag_pattern_list.iter().all(|pattern| some_tag(&|tag| like(pattern, tag)));
                !image.tags.is_empty() && by_prefix && by_pattern
            }
        }
    }
}

/// Whether a tag is like a pattern, in which a star stands for any text and every other character for itself.
fn like(pattern: &str, tag: &str) -> bool {
    // What our own patterns know besides is no part of a tag.
    !pattern.contains(['?', '/']) && Pattern::parse(pattern).is_ok_and(|known| known.matches(tag))
}

/// Reads what `DescribeImages` answers: `{"imageDetails": [...]}`.
///
/// # Errors
/// `Invalid` where it is none, or goes on (`nextToken`).
pub fn listing(document: &Value) -> Result<Vec<ListedImage>> {
    let invalid = |why: &str| Error::invalid(format!("this is no listing of ECR: {why}"));
    if document.get("nextToken").is_some_and(|token| !token.is_null()) {
        return Err(invalid("it goes on, it is only a part"));
    }
    let details = document.get("imageDetails").and_then(Value::as_array).ok_or_else(|| invalid("no imageDetails"))?;
    let time = |image: &Value, key: &str| match image.get(key) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Timestamp::parse(text).map(Some),
        // The API itself counts seconds.
        Some(Value::Number(seconds)) => Timestamp::from_unix(seconds.as_f64().unwrap_or_default() as i64).map(Some),
        Some(_) => Err(invalid("a time is none")),
    };
    let image = |image: &Value| {
        let digest = image.get("imageDigest").and_then(Value::as_str).ok_or_else(|| invalid("no imageDigest"))?;
        let tags = image.get("imageTags").and_then(Value::as_array).into_iter().flatten();
        Ok(ListedImage {
            digest: Digest::parse(digest)?,
            tags: tags.filter_map(Value::as_str).map(str::to_owned).collect(),
            pushed: time(image, "imagePushedAt")?,
            pulled: time(image, "lastRecordedPullTime")?,
            children: Vec::new(),
            locked: false,
            untagged: None,
            deleted: None,
        })
    };
    details.iter().map(image).collect()
}
