//! The retention policy and soft deletion of Azure Container Registry.
//!
//! The retention policy deletes manifests so many days after they lost their last tag, if they lost it while the policy was
//! on; soft deletion keeps what is deleted for so many days. (Azure's documentation and its management API.)

use std::collections::HashSet;

use serde::Deserialize;
use serde_json::{Value, json};

use super::{Doomed, ListedImage, Translation, keeps_more, unsaid_anywhere};
use crate::error::{Error, Result};
use crate::model::{Digest, Timestamp, null_is_empty};
use crate::retention::RetentionRules;

const DAY: u64 = 24 * 60 * 60;

/// The policies of a registry, as its resource has them under `policies`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Policies {
    /// What happens to manifests that lost their tags.
    #[serde(default)]
    pub retention_policy: Option<Retention>,
    /// What happens to what is deleted.
    #[serde(default)]
    pub soft_delete_policy: Option<SoftDelete>,
}

/// What happens to manifests that lost their tags.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Retention {
    /// After how many days they are deleted, 0 to 365.
    #[serde(default = "week")]
    pub days: u32,
    /// Whether it is on.
    pub status: Status,
    /// When it was switched on, off or changed last.
    #[serde(default)]
    pub last_updated_time: Option<Timestamp>,
}

/// What happens to what is deleted.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SoftDelete {
    /// For how many days it can be had back, 1 to 90.
    #[serde(default = "week")]
    pub retention_days: u32,
    /// Whether it is on.
    pub status: Status,
}

/// Whether a policy is on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// On.
    Enabled,
    /// Off.
    Disabled,
}

fn week() -> u32 {
    7
}

impl Policies {
    /// Reads the document: `{"retentionPolicy": …, "softDeletePolicy": …}`.
    ///
    /// # Errors
    /// `Invalid` where the service would refuse it.
    pub fn parse(text: &str) -> Result<Self> {
        let invalid = |why: String| Error::invalid(format!("these are no policies of ACR: {why}"));
        let policies: Policies = serde_json::from_str(text).map_err(|e| invalid(e.to_string()))?;
        let on = |status: Status| status == Status::Enabled;
        if policies.retention_policy.as_ref().is_some_and(|policy| policy.days > 365) {
            return Err(invalid("retentionPolicy.days is at most 365".to_owned()));
        }
        if policies.soft_delete_policy.as_ref().is_some_and(|policy| !(1..=90).contains(&policy.retention_days)) {
            return Err(invalid("softDeletePolicy.retentionDays is 1 to 90".to_owned()));
        }
        let both = policies.retention_policy.as_ref().is_some_and(|policy| on(policy.status))
            && policies.soft_delete_policy.as_ref().is_some_and(|policy| on(policy.status));
        if both {
            return Err(invalid("retention and soft deletion cannot both be on".to_owned()));
        }
        Ok(policies)
    }

    fn retention(&self) -> Option<&Retention> {
        self.retention_policy.as_ref().filter(|policy| policy.status == Status::Enabled)
    }

    fn soft_delete(&self) -> Option<&SoftDelete> {
        self.soft_delete_policy.as_ref().filter(|policy| policy.status == Status::Enabled)
    }

    /// What they do, in words.
    pub fn explain(&self) -> Vec<String> {
        let (retention, soft) = (self.retention(), self.soft_delete());
        let mut text = Vec::new();
        text.extend(retention.map(|policy| {
            let days = policy.days;
            format!(
                "manifests are deleted {days} days after they lost their last tag, if that was while this policy was on"
            )
        }));
        text.extend(soft.map(|policy| format!("what is deleted can be had back for {} days", policy.retention_days)));
        if soft.is_none() {
            text.push("what is deleted is gone at once".to_owned());
        }
        text
    }

    /// What they would delete by now, and what of the deleted cannot be had back any more. A manifest that never had a tag is none that the service looks at.
    pub fn simulate(&self, images: &[ListedImage], now: Timestamp) -> Vec<Doomed> {
        let stay = images.iter().filter(|image| !image.tags.is_empty() && image.deleted.is_none());
        let listed: HashSet<&Digest> = stay.flat_map(|image| &image.children).collect();
        let why = |image: &ListedImage| match (image.deleted, self.retention(), self.soft_delete()) {
            (Some(deleted), _, Some(policy)) => policy.ends(deleted, now),
            (None, Some(policy), _) if image.tags.is_empty() && !image.locked => {
                let why = policy.ends(image.untagged?, now)?;
                // Whether the service spares them nobody says.
                let child = if listed.contains(&image.digest) { "; an index that stays lists it" } else { "" };
                Some(format!("{why}{child}"))
            }
            _ => None,
        };
        let doomed = images.iter().filter_map(|image| Some((image, why(image)?)));
        doomed.map(|(image, why)| Doomed { digest: image.digest.clone(), tags: image.tags.clone(), why }).collect()
    }
}

impl Retention {
    /// Why something goes that lost its last tag then.
    fn ends(&self, lost: Timestamp, now: Timestamp) -> Option<String> {
        let days = now.since(lost).as_secs() / DAY;
        let changed = match self.last_updated_time {
            Some(changed) if changed > lost => ", if the policy was on by then: it was changed since",
            _ => "",
        };
        let limit = self.days;
        (days >= u64::from(limit))
            .then(|| format!("it lost its last tag {days} days ago, and {limit} are the limit{changed}"))
    }
}

impl SoftDelete {
    /// Why something cannot be had back that was deleted then.
    fn ends(&self, deleted: Timestamp, now: Timestamp) -> Option<String> {
        let (days, limit) = (now.since(deleted).as_secs() / DAY, self.retention_days);
        (days >= u64::from(limit)).then(|| format!("it was deleted {days} days ago, and can be had back for {limit}"))
    }
}

/// Reads what the service lists of the manifests of a repository: `{"manifests": [...]}`, or the list alone as `az` prints it.
///
/// Of manifests without a tag it tells when they changed last. That is when they lost it, where it is after the push.
///
/// # Errors
/// `Invalid` where it is none.
pub fn listing(document: &Value) -> Result<Vec<ListedImage>> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Listed {
        digest: Digest,
        #[serde(default)]
        created_time: Option<Timestamp>,
        #[serde(default)]
        last_update_time: Option<Timestamp>,
        #[serde(default, deserialize_with = "null_is_empty")]
        tags: Vec<String>,
        #[serde(default, deserialize_with = "null_is_empty")]
        changeable_attributes: Attributes,
    }
    #[derive(Default, Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Attributes {
        #[serde(default)]
        delete_enabled: Option<bool>,
    }
    let list = document.get("manifests").unwrap_or(document);
    let listed = Vec::<Listed>::deserialize(list)
        .map_err(|e| Error::invalid(format!("this is no listing of ACR: {e}")).caused_by(e))?;
    let image = |listed: Listed| ListedImage {
        untagged: listed.last_update_time.filter(|at| listed.tags.is_empty() && Some(*at) > listed.created_time),
        digest: listed.digest,
        tags: listed.tags,
        pushed: listed.created_time,
        pulled: None,
        children: Vec::new(),
        locked: listed.changeable_attributes.delete_enabled == Some(false),
        deleted: None,
    };
    Ok(listed.into_iter().map(image).collect())
}

/// Our rules as a retention policy.
pub fn translate(rules: &RetentionRules) -> Translation {
    let mut unsaid = unsaid_anywhere(rules);
    let mut say = |is: bool, what: &str| unsaid.extend(is.then(|| what.to_owned()));
    say(rules.max_age_days.is_some(), "max_age_days: the service deletes nothing that has a tag");
    say(rules.minimum_remaining.is_some(), "minimum_remaining: the service has no such rule");
    say(
        rules.untagged_after_days.is_some(),
        "what had no tag before the policy was on: the service leaves that alone, and counts from the loss of the tag",
    );
    let days = rules.untagged_after_days.filter(|days| *days <= 365);
    if rules.untagged_after_days.is_some() && days.is_none() {
        unsaid.push("untagged_after_days above 365".to_owned());
    }
    let safe = !keeps_more(rules) && rules.minimum_remaining.is_none();
    let document = days.filter(|_| safe).map(|days| json!({"retentionPolicy": {"days": days, "status": "enabled"}}));
    Translation { document, unsaid }
}
