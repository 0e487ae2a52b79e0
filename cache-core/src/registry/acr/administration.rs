//! What can be changed at an Azure Container Registry.
//!
//! - `SetLock` of a tag, a manifest or a repository.
//! - `SetPolicy` of the registry: `Retention` (`{"days": 7, "status": "enabled"}`; images that lost their tag after it was switched on),
//!   `SoftDelete` (`{"retentionDays": 7, "status": "enabled"}`), `AdminUser` (`{"enabled": true}`).
//! - `SetAutomation` of the registry: webhooks and tasks that purge (`automation.rs`).
//! - `Import` of an image from another registry, by its digest.
//! - `Build` of an image from an archive (`build.rs`).

use async_trait::async_trait;
use http::Method;
use serde_json::{Value, json};

use super::data::WRITE;
use super::{Acr, AcrRegistry};
use crate::approve::Permit;
use crate::error::{Absent, Error, Result};
use crate::model::{Pinned, Reference};
use crate::plan::{Action, Administer, Policy, Scope};
use crate::registry::vendor::{json as read, unsupported};
use crate::registry::{Administration, Issued, Registry, Standing};

#[async_trait]
impl Administration for AcrRegistry {
    async fn standing(&self, action: &Action) -> Result<Standing> {
        match action {
            Action::SetLock { of, delete, write } => {
                let locks = self.acr_locks(of).await?;
                let now = json!({"delete": !locks.delete, "write": !locks.write});
                Ok(Standing::of(Some(now), Some(&json!({"delete": delete, "write": write}))))
            }
            Action::SetPolicy { policy, scope, to } => {
                self.vendor.expect_own(scope)?;
                let settings = self.vendor.management()?.settings().await?;
                let policies = &settings.policies;
                let now = match policy {
                    Policy::Retention => comparable(*policy, policies.get("retentionPolicy").unwrap_or(&Value::Null)),
                    Policy::SoftDelete => comparable(*policy, policies.get("softDeletePolicy").unwrap_or(&Value::Null)),
                    Policy::AdminUser => Ok(json!({"enabled": settings.admin_user_enabled})),
                    _ => return Err(unsupported("ACR", action)),
                }?;
                let wanted = comparable(*policy, to.as_ref().unwrap_or(&Value::Null))?;
                Ok(Standing::of(Some(now), Some(&wanted)))
            }
            Action::SetAutomation { automation, scope, name, to } => {
                self.vendor.expect_own(scope)?;
                self.vendor.management()?.automation(*automation, name, to.as_ref()).await
            }
            Action::Import { from, to, follow: None } => self.import_standing(from, to).await,
            Action::Build { to, settings, .. } => self.build_standing(to, settings).await,
            other => Err(unsupported("ACR", other)),
        }
    }

    async fn administer(&self, op: Permit<'_, Administer>) -> Result<Option<Issued>> {
        match &op.action {
            Action::SetLock { of, delete, write } => {
                let body = json!({"deleteEnabled": !delete, "writeEnabled": !write});
                let answer = self.data(Method::PATCH, &self.path_of(of)?, &of.repository, WRITE, Some(&body)).await;
                read::<Value>(answer.map_err(|e| e.context("of", of))?).await?;
            }
            Action::SetPolicy { policy, scope, to } => {
                self.vendor.expect_own(scope)?;
                let wanted = comparable(*policy, to.as_ref().unwrap_or(&Value::Null))?;
                let properties = match policy {
                    Policy::Retention => json!({"policies": {"retentionPolicy": wanted}}),
                    Policy::SoftDelete => json!({"policies": {"softDeletePolicy": wanted}}),
                    Policy::AdminUser => json!({"adminUserEnabled": wanted["enabled"]}),
                    _ => return Err(unsupported("ACR", &op.action)),
                };
                self.vendor.management()?.change(&properties).await?;
            }
            Action::Import { from, to, follow: None } => {
                let path = self.oci.path(&to.repository)?;
                self.vendor.management()?.import(from, Some(to), path, op.expected.is_some()).await?;
            }
            Action::SetAutomation { automation, scope, name, to } => {
                self.vendor.expect_own(scope)?;
                self.vendor.management()?.set_automation(*automation, name, to.as_ref()).await?;
            }
            Action::Build { source, to, settings } => self.build(source, to, settings).await?,
            other => return Err(unsupported("ACR", other)),
        }
        Ok(None)
    }
}

impl AcrRegistry {
    async fn import_standing(&self, from: &Pinned, to: &Reference) -> Result<Standing> {
        let now = self.new_tag(to).await?;
        Ok(Standing::of(now, Some(&json!(from.digest))))
    }

    /// What a tag names now that the management is to set.
    pub(super) async fn new_tag(&self, to: &Reference) -> Result<Option<Value>> {
        self.vendor.management()?;
        if to.tag.is_none() || to.digest.is_some() {
            return Err(Error::invalid("what is new is named by a tag, and by no digest").context("to", to));
        }
        let named = self.oci.resolve(to).await.absent_is_none()?;
        Ok(named.map(|found| json!(found.digest)))
    }
}

impl Acr {
    fn expect_own(&self, scope: &Scope) -> Result<()> {
        match scope {
            Scope::Registry(host) if *host == self.0.host => Ok(()),
            _ => Err(Error::invalid("at ACR this is set for the registry")
                .context("scope", scope)
                .context("registry", &self.0.host)),
        }
    }
}

/// A policy with what Azure takes where nothing is said; none at all is one that is switched off.
fn comparable(policy: Policy, value: &Value) -> Result<Value> {
    let (days, default, range) = match policy {
        Policy::AdminUser => {
            let enabled = value.get("enabled").and_then(Value::as_bool);
            return match (enabled, value) {
                (Some(enabled), _) => Ok(json!({"enabled": enabled})),
                (None, Value::Null) => Ok(json!({"enabled": false})),
                _ => Err(Error::invalid("the admin user is {\"enabled\": true} or false")),
            };
        }
        Policy::Retention => ("days", 7, 0..=365),
        Policy::SoftDelete => ("retentionDays", 7, 1..=90),
        other => return Err(Error::unsupported(format!("ACR has no such thing as {other}"))),
    };
    let status = value.get("status").and_then(Value::as_str).unwrap_or("disabled");
    let count = value.get(days).map_or(Some(default), Value::as_u64);
    match (count.filter(|count| range.contains(count)), status) {
        (Some(count), "enabled" | "disabled") => Ok(json!({days: count, "status": status})),
        _ => Err(Error::invalid(format!("{policy} is {{\"{days}\": N, \"status\": \"enabled\"}}"))
            .context("days", format!("{} to {}", range.start(), range.end()))),
    }
}
