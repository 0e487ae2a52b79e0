//! What can be changed at ECR.
//!
//! - `CreateRepository`: settings are those of `CreateRepository` but for the name: `imageTagMutability`,
//!   `imageTagMutabilityExclusionFilters`, `imageScanningConfiguration`, `encryptionConfiguration`.
//! - `StartScan` of an image (basic scanning).
//! - `SetPolicy` of a repository: `Retention` (a lifecycle policy; the plan says what it would delete at once), `Immutability`
//!   (`{"imageTagMutability": …}`), `Scanning` (`{"scanOnPush": true}`), `Access` (a policy of IAM's language).
//! - `SetPolicy` of the registry: `Scanning` (`{"scanType": "ENHANCED", "rules": […]}`).

use async_trait::async_trait;
use serde_json::{Value, json};

use super::lifecycle::checked;
use super::{Ecr, EcrRegistry, EcrRepository};
use crate::approve::Permit;
use crate::error::{Absent, Error, Result};
use crate::model::{Pinned, Repository};
use crate::plan::{Action, Administer, Policy, Scope};
use crate::registry::vendor::{pruned, unsupported};
use crate::registry::{Administration, Issued, Standing};

/// Of the images that a policy would delete, so many are named.
const NAMED: usize = 20;

#[async_trait]
impl Administration for EcrRegistry {
    async fn standing(&self, action: &Action) -> Result<Standing> {
        let ecr = &self.vendor;
        match action {
            Action::CreateRepository { repository, settings } => ecr.repository_standing(repository, settings).await,
            Action::StartScan { image } => ecr.scan_standing(image).await,
            Action::SetPolicy { policy: Policy::Retention, scope: Scope::Repository(repository), to } => {
                ecr.lifecycle_standing(repository, to.as_ref()).await
            }
            Action::SetPolicy { policy, scope, to } => {
                let now = ecr.policy(*policy, scope, action).await?;
                Ok(Standing::of(now.map(|now| pruned(&now)), to.as_ref().map(pruned).as_ref()))
            }
            other => Err(unsupported("ECR", other)),
        }
    }

    async fn administer(&self, op: Permit<'_, Administer>) -> Result<Option<Issued>> {
        let ecr = &self.vendor;
        let (operation, body) = match &op.action {
            Action::CreateRepository { repository, settings } => {
                let mut body = settings.clone();
                body["repositoryName"] = json!(ecr.name(repository)?);
                ("CreateRepository", body)
            }
            Action::StartScan { image } => {
                let name = ecr.name(&image.repository)?;
                ("StartImageScan", json!({"repositoryName": name, "imageId": {"imageDigest": image.digest}}))
            }
            Action::SetPolicy { policy, scope, to } => ecr.setting(*policy, scope, to.as_ref(), &op.action)?,
            other => return Err(unsupported("ECR", other)),
        };
        let done = ecr.0.api.call::<Value>(operation, body).await;
        done.map(|_| None).map_err(|e| e.context("action", &op.action))
    }
}

impl Ecr {
    async fn repository_standing(&self, repository: &Repository, settings: &Value) -> Result<Standing> {
        if !settings.is_object() || settings.get("repositoryName").is_some() {
            return Err(Error::invalid("the settings of a repository are an object, and its name is none of them"));
        }
        let Some(there) = self.repository(repository).await.absent_is_none()? else { return Ok(Standing::default()) };
        let now = settings_of(&there);
        // What is not asked for may be as it likes.
        let differs = |(key, wanted): (&String, &Value)| pruned(wanted) != pruned(now.get(key).unwrap_or(&Value::Null));
        if settings.as_object().into_iter().flatten().any(differs) {
            return Err(Error::conflict("the repository is there with other settings")
                .context("repository", repository)
                .context("found", &now));
        }
        Ok(Standing { now: Some(now), settled: true, effects: Vec::new() })
    }

    async fn scan_standing(&self, image: &Pinned) -> Result<Standing> {
        self.image(image).await?;
        let scan = self.scan(image).await?;
        let settled =
            scan.as_ref().is_some_and(|(scan, _)| matches!(&scan.status[..], "IN_PROGRESS" | "PENDING" | "ACTIVE"));
        let now = scan.map(|(scan, ended)| json!({"status": scan.status, "ended": ended}));
        Ok(Standing { now, settled, effects: Vec::new() })
    }

    async fn lifecycle_standing(&self, repository: &Repository, to: Option<&Value>) -> Result<Standing> {
        let now = self.lifecycle(repository).await?;
        let mut standing = Standing::of(now, to);
        let Some(to) = to else { return Ok(standing) };
        checked(to)?;
        if standing.settled {
            return Ok(standing);
        }
        let preview = self.preview(repository, to).await?;
        let expiring: Vec<_> = preview.images.iter().filter(|image| image.expires()).collect();
        standing.effects.push(format!("it DELETES {} of the images that are there", expiring.len()));
        standing.effects.extend(expiring.iter().take(NAMED).map(|image| {
            let tags = if image.tags.is_empty() { "no tag".to_owned() } else { image.tags.join(", ") };
            format!("deletes {} ({tags}) by rule {}", image.digest, image.rule)
        }));
        if expiring.len() > NAMED {
            standing.effects.push(format!("and {} more", expiring.len() - NAMED));
        }
        Ok(standing)
    }

    async fn policy(&self, policy: Policy, scope: &Scope, action: &Action) -> Result<Option<Value>> {
        match (policy, scope) {
            (Policy::Immutability, Scope::Repository(repository)) => {
                let now = settings_of(&self.repository(repository).await?);
                let fields = ["imageTagMutability", "imageTagMutabilityExclusionFilters"];
                Ok(Some(fields.iter().filter_map(|key| Some(((*key).to_owned(), now.get(*key)?.clone()))).collect()))
            }
            (Policy::Scanning, Scope::Repository(repository)) => {
                Ok(Some(self.repository(repository).await?.image_scanning_configuration))
            }
            (Policy::Scanning, Scope::Registry(host)) => {
                self.expect_own(host)?;
                let answer: Value = self.0.api.call("GetRegistryScanningConfiguration", json!({})).await?;
                Ok(answer.get("scanningConfiguration").cloned())
            }
            (Policy::Access, Scope::Repository(repository)) => {
                let body = json!({"repositoryName": self.name(repository)?});
                let answer = self.0.api.call::<Value>("GetRepositoryPolicy", body).await;
                if let Err(error) = &answer
                    && error.to_string().contains("RepositoryNotFoundException")
                {
                    return answer.map(Some);
                }
                let Some(answer) = answer.absent_is_none()? else { return Ok(None) };
                let text = answer.get("policyText").and_then(Value::as_str).unwrap_or_default();
                crate::registry::vendor::parse(text.as_bytes()).map(Some)
            }
            _ => Err(unsupported("ECR", action)),
        }
    }

    /// The operation that sets a policy, and what it takes.
    fn setting(
        &self,
        policy: Policy,
        scope: &Scope,
        to: Option<&Value>,
        action: &Action,
    ) -> Result<(&'static str, Value)> {
        let mut body = match scope {
            Scope::Repository(repository) => json!({"repositoryName": self.name(repository)?}),
            _ => json!({}),
        };
        let operation = match (policy, scope, to) {
            (Policy::Retention, Scope::Repository(_), Some(to)) => {
                body["lifecyclePolicyText"] = json!(checked(to)?);
                "PutLifecyclePolicy"
            }
            (Policy::Retention, Scope::Repository(_), None) => "DeleteLifecyclePolicy",
            (Policy::Access, Scope::Repository(_), Some(to)) => {
                body["policyText"] = json!(to.to_string());
                "SetRepositoryPolicy"
            }
            (Policy::Access, Scope::Repository(_), None) => "DeleteRepositoryPolicy",
            (Policy::Scanning, Scope::Repository(_), Some(to)) => {
                body["imageScanningConfiguration"] = to.clone();
                "PutImageScanningConfiguration"
            }
            (Policy::Immutability, Scope::Repository(_), Some(Value::Object(to))) => {
                let Value::Object(fields) = &mut body else { return Err(unsupported("ECR", action)) };
                fields.extend(to.clone());
                "PutImageTagMutability"
            }
            (Policy::Scanning, Scope::Registry(host), Some(to)) => {
                self.expect_own(host)?;
                body = to.clone();
                "PutRegistryScanningConfiguration"
            }
            _ => return Err(unsupported("ECR", action)),
        };
        Ok((operation, body))
    }

    fn expect_own(&self, host: &str) -> Result<()> {
        if host == self.0.host.name() {
            return Ok(());
        }
        Err(Error::invalid("this is another registry").context("registry", host).context("ours", self.0.host.name()))
    }
}

/// The settings of a repository, in the words that create one.
fn settings_of(repository: &EcrRepository) -> Value {
    pruned(&json!({
        "imageTagMutability": repository.image_tag_mutability,
        "imageTagMutabilityExclusionFilters": repository.image_tag_mutability_exclusion_filters,
        "imageScanningConfiguration": repository.image_scanning_configuration,
        "encryptionConfiguration": repository.encryption_configuration,
    }))
}
