//! The retention policy and soft deletion of Azure Container Registry.
//!
//! The retention policy deletes manifests so many days after they lost their last tag, if they lost it while the policy was
//! on; soft deletion keeps what is deleted for so many days. (Azure's documentation and its management API.)

use serde::Deserialize;
use serde_json::json;

use super::{Translation, keeps_more, unsaid_anywhere};
use crate::error::{Error, Result};
use crate::retention::RetentionRules;

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

    /// What they do, in words.
    pub fn explain(&self) -> Vec<String> {
        let retention = self.retention_policy.as_ref().filter(|policy| policy.status == Status::Enabled);
        let soft = self.soft_delete_policy.as_ref().filter(|policy| policy.status == Status::Enabled);
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
