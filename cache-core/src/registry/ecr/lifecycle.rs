//! Lifecycle policies: which images ECR deletes by itself, checked before they are sent, and tried out by ECR.

use std::collections::BTreeSet;
use std::time::Duration;

use serde::Deserialize;
use serde_json::{Value, json};

use super::{Ecr, EcrRegistry};
use crate::error::{Absent, Error, ErrorKind, Result};
use crate::model::{Digest, Repository};
use crate::registry::vendor::entries;

/// The waiter that AWS describes: twenty times, five seconds apart.
const TRIES: u32 = 20;
const PAUSE: Duration = Duration::from_secs(5);
/// ECR gives no more of a preview at once.
const PAGE: usize = 100;

/// What a policy would do if it were set.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct LifecyclePreview {
    /// The images that it would touch.
    pub images: Vec<PreviewedImage>,
}

/// An image that a policy would touch.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PreviewedImage {
    /// The image.
    #[serde(rename = "imageDigest")]
    pub digest: Digest,
    /// Its tags.
    #[serde(default, rename = "imageTags")]
    pub tags: Vec<String>,
    /// The rule that would.
    #[serde(default, rename = "appliedRulePriority")]
    pub rule: u32,
    /// `EXPIRE` or `TRANSITION`.
    #[serde(default, rename = "action")]
    action: Option<PreviewedAction>,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
struct PreviewedAction {
    #[serde(default, rename = "type")]
    kind: String,
}

impl PreviewedImage {
    /// Whether the image would be deleted, and not only moved to other storage.
    pub fn expires(&self) -> bool {
        self.action.as_ref().is_none_or(|action| action.kind == "EXPIRE")
    }
}

impl EcrRegistry {
    /// The lifecycle policy of a repository; `None` where there is none.
    ///
    /// # Errors
    /// `NotFound` where there is no such repository; what ECR says.
    pub async fn lifecycle(&self, repository: &Repository) -> Result<Option<Value>> {
        self.vendor.lifecycle(repository).await
    }

    /// Lets ECR say what a policy would do. Nothing is deleted by that, and the policy is not set.
    ///
    /// # Errors
    /// `Invalid` where it is no such policy; `Unavailable` where ECR takes more than 100 seconds; what ECR says.
    pub async fn preview_lifecycle(&self, repository: &Repository, policy: &Value) -> Result<LifecyclePreview> {
        self.vendor.preview(repository, policy).await
    }
}

impl Ecr {
    pub(super) async fn lifecycle(&self, repository: &Repository) -> Result<Option<Value>> {
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Answer {
            lifecycle_policy_text: String,
        }
        let body = json!({"repositoryName": self.name(repository)?});
        let answer = self.0.api.call::<Answer>("GetLifecyclePolicy", body).await;
        // A missing repository is "not found" as well.
        if let Err(error) = &answer
            && error.to_string().contains("RepositoryNotFoundException")
        {
            return answer.map(|_| None).map_err(|e| e.context("repository", repository));
        }
        let Some(answer) = answer.absent_is_none().map_err(|e| e.context("repository", repository))? else {
            return Ok(None);
        };
        crate::registry::vendor::parse(answer.lifecycle_policy_text.as_bytes()).map(Some)
    }

    pub(super) async fn preview(&self, repository: &Repository, policy: &Value) -> Result<LifecyclePreview> {
        #[derive(Deserialize)]
        struct Answer {
            #[serde(default)]
            status: String,
        }
        let (name, text) = (self.name(repository)?, checked(policy)?);
        let start = json!({"repositoryName": name, "lifecyclePolicyText": text});
        let started = self.0.api.call::<Value>("StartLifecyclePolicyPreview", start).await;
        started.map_err(|e| e.context("repository", repository))?;
        for tried in 0..TRIES {
            if tried > 0 {
                tokio::time::sleep(PAUSE).await;
            }
            let body = json!({"repositoryName": name, "maxResults": 1});
            let answer: Answer = self.0.api.call("GetLifecyclePolicyPreview", body).await?;
            match &answer.status[..] {
                "COMPLETE" => return self.previewed(name).await,
                "IN_PROGRESS" => {}
                status => {
                    return Err(Error::new(ErrorKind::Unavailable, "the preview of the policy failed")
                        .context("repository", repository)
                        .context("status", status));
                }
            }
        }
        Err(Error::unavailable("the preview of the policy takes too long").context("repository", repository))
    }

    async fn previewed(&self, name: &str) -> Result<LifecyclePreview> {
        let mut images = Vec::new();
        let body = json!({"repositoryName": name});
        let pages = self.0.api.pages("GetLifecyclePolicyPreview", body, PAGE, |page| {
            let beside = ["registryId", "repositoryName", "lifecyclePolicyText", "status", "summary", "nextToken"];
            images.extend(entries::<PreviewedImage>(page, "previewResults", &beside)?);
            Ok(())
        });
        pages.await?;
        Ok(LifecyclePreview { images })
    }
}

/// The text of a policy that ECR would take, as far as its documentation says.
///
/// # Errors
/// `Invalid`, which names the rule and what is wrong with it.
pub(super) fn checked(policy: &Value) -> Result<String> {
    let rules = policy.get("rules").and_then(Value::as_array).filter(|rules| !rules.is_empty());
    let rules = rules.ok_or_else(|| Error::invalid("a lifecycle policy is an object with \"rules\""))?;
    let mut priorities = BTreeSet::new();
    let mut any = None;
    for rule in rules {
        let priority = rule.get("rulePriority").and_then(Value::as_u64).filter(|priority| *priority > 0);
        let wrong = |what: &str| {
            let name = rule.get("rulePriority").map_or("without rulePriority".to_owned(), Value::to_string);
            Err(Error::invalid(format!("a rule of the lifecycle policy {what}")).context("rule", name))
        };
        let Some(priority) = priority else { return wrong("has no rulePriority, a number from 1") };
        if !priorities.insert(priority) {
            return wrong("has the rulePriority of another");
        }
        let selection = rule.get("selection").cloned().unwrap_or_default();
        let text = |key: &str| selection.get(key).and_then(Value::as_str).unwrap_or_default();
        let lists = ["tagPatternList", "tagPrefixList"];
        let given =
            lists.iter().filter(|key| selection.get(**key).and_then(Value::as_array).is_some_and(|l| !l.is_empty()));
        match (text("tagStatus"), given.count()) {
            ("tagged", 1) | ("untagged" | "any", 0) => {}
            ("tagged", _) => return wrong("for tagged images has either tagPatternList or tagPrefixList"),
            ("untagged" | "any", _) => return wrong("has tags to select by, and is not for tagged images"),
            _ => return wrong("has no tagStatus of tagged, untagged and any"),
        }
        if text("tagStatus") == "any" && any.replace(priority).is_some() {
            return wrong("is the second for any image");
        }
        let count = selection.get("countNumber").and_then(Value::as_u64).is_some_and(|count| count > 0);
        match (text("countType"), text("countUnit")) {
            _ if !count => return wrong("has no countNumber from 1"),
            ("imageCountMoreThan", "") => {}
            ("sinceImagePushed" | "sinceImagePulled" | "sinceImageTransitioned", "days") => {}
            ("imageCountMoreThan", _) => return wrong("counts images, and has a countUnit"),
            ("sinceImagePushed" | "sinceImagePulled" | "sinceImageTransitioned", _) => {
                return wrong("counts time, and its countUnit is not days");
            }
            _ => return wrong("has a countType that is not known"),
        }
        if !matches!(rule.pointer("/action/type").and_then(Value::as_str), Some("expire" | "transition")) {
            return wrong("has no action of the type expire or transition");
        }
    }
    if any.is_some_and(|any| priorities.last() != Some(&any)) {
        return Err(Error::invalid("the rule for any image must have the highest rulePriority")
            .context("rule", any.unwrap_or(0)));
    }
    let mut text = policy.to_string();
    // ECR wants at least a hundred characters; spaces are none that count.
    while text.len() < 100 {
        text.push(' ');
    }
    if text.len() > 30_720 {
        return Err(Error::invalid("the lifecycle policy is longer than the 30720 characters that ECR takes"));
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(priority: u32, selection: &Value) -> Value {
        json!({"rulePriority": priority, "selection": selection, "action": {"type": "expire"}})
    }

    #[test]
    fn a_policy_is_checked_before_it_is_sent() {
        let untagged =
            json!({"tagStatus": "untagged", "countType": "sinceImagePushed", "countUnit": "days", "countNumber": 1});
        let any = json!({"tagStatus": "any", "countType": "imageCountMoreThan", "countNumber": 9});
        let tagged =
            json!({"tagStatus": "tagged", "tagPrefixList": ["v"], "countType": "imageCountMoreThan", "countNumber": 9});
        let text = checked(&json!({"rules": [rule(1, &untagged), rule(2, &tagged), rule(3, &any)]})).unwrap();
        assert!(text.len() >= 100);
        assert!(checked(&json!({"rules": [rule(1, &any)]})).unwrap().len() >= 100);
        let with = |change: fn(&mut Value)| {
            let mut selection = tagged.clone();
            change(&mut selection);
            json!({"rules": [rule(1, &selection)]})
        };
        for (bad, why) in [
            (json!({}), "\"rules\""),
            (json!({"rules": []}), "\"rules\""),
            (json!({"rules": [rule(0, &any)]}), "number from 1"),
            (json!({"rules": [rule(1, &any), rule(1, &tagged)]}), "of another"),
            (json!({"rules": [rule(1, &any), rule(2, &tagged)]}), "highest"),
            (json!({"rules": [rule(1, &any), rule(2, &any)]}), "second"),
            (with(|s| s["tagStatus"] = json!("untagged")), "not for tagged"),
            (with(|s| s["tagPrefixList"] = json!([])), "either"),
            (with(|s| s["tagPatternList"] = json!(["*"])), "either"),
            (with(|s| s["tagStatus"] = json!("all")), "tagStatus"),
            (with(|s| s["countNumber"] = json!(0)), "countNumber"),
            (with(|s| s["countUnit"] = json!("days")), "countUnit"),
            (with(|s| s["countType"] = json!("sinceImagePushed")), "countUnit"),
            (with(|s| s["countType"] = json!("x")), "countType"),
        ] {
            let error = checked(&bad).unwrap_err();
            assert!(error.to_string().contains(why), "{bad}: {error}");
        }
    }
}
