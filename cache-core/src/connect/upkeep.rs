//! The upkeep of a registry, as text.

use std::path::PathBuf;

use bytes::Bytes;
use serde::Deserialize;
use serde_json::Value;

use super::ledger::{journal, open_ledger};
use super::network::{NetworkConfig, network};
use super::{ApprovalConfig, AskConfig, RegistryConfig, SharedPlan, session};
use crate::administer::{Administrator, Carried, Request, Wish};
use crate::approve::{Approval, ApprovalPolicy};
use crate::ask::AnswerDesk;
use crate::error::{Error, Result};
use crate::model::{Pinned, Reference, Tag, Timestamp};
use crate::plan::{Action, BuildSource};
use crate::registry::{Question, ask};

/// The configuration of an administrator: one registry, one environment.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct AdministratorConfig {
    /// The registry and its system.
    pub registry: RegistryConfig,
    /// The environment that is changed, such as `prod`.
    pub environment: String,
    /// Which approvals count; without it, the default.
    #[serde(default)]
    pub approval: Option<ApprovalConfig>,
    /// How the registry is reached; without it, as the machine and its environment say.
    #[serde(default)]
    pub network: Option<NetworkConfig>,
    /// Where used approvals are remembered: a folder, or `s3://BUCKET/PREFIX`, `gs://BUCKET/PREFIX` or
    /// `az://ACCOUNT/CONTAINER/PREFIX` where several machines execute plans; without it, the user's own folder. See
    /// [`BucketLedger`](crate::bucket::BucketLedger).
    #[serde(default)]
    pub ledger: Option<String>,
    /// A clock that stands still, for tests.
    #[serde(default)]
    pub clock: Option<Timestamp>,
}

/// A request to an administrator.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct UpkeepConfig {
    /// Who asks. Usually this person may not approve.
    pub requester: String,
    /// Why.
    #[serde(default)]
    pub reason: Option<String>,
    /// What it is, in a few words.
    pub what: String,
    /// What is to be done, in this order.
    pub wishes: Vec<WishConfig>,
}

/// One thing to be done: exactly one of the fields.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase", deny_unknown_fields)]
pub enum WishConfig {
    /// An administrative action, in the words that it has in a plan.
    Action(Action),
    /// The registry builds an image.
    Build {
        /// The archive (`.tar.gz`) with the source, as it is now.
        source: PathBuf,
        /// The repository and the tag that the image gets.
        to: Reference,
        /// How it is built.
        #[serde(default)]
        settings: Value,
    },
    /// A tag names this image.
    Tag {
        /// The image, by digest.
        image: Pinned,
        /// The tag.
        tag: Tag,
        /// Whether the tag may be moved.
        #[serde(default)]
        move_tag: bool,
    },
    /// A tag is removed.
    Untag(Reference),
    /// An image is deleted.
    Delete {
        /// The image, by digest.
        image: Pinned,
        /// Whether its tags go with it.
        #[serde(default)]
        with_tags: bool,
    },
}

impl AdministratorConfig {
    /// Opens the registry.
    ///
    /// # Errors
    /// `Invalid` where the configuration contradicts itself; as [`RegistryConfig::open`].
    pub fn open(self) -> Result<Upkeep> {
        let approval = self.approval.as_ref().map_or_else(|| Ok(ApprovalPolicy::default()), ApprovalConfig::policy)?;
        let network = network(self.network.as_ref())?;
        let administrator = Administrator {
            registry: self.registry.open(network.clone())?,
            ledger: open_ledger(self.ledger.as_deref(), &network)?,
            clock: self.clock,
        };
        Ok(Upkeep { administrator, approval, environment: self.environment })
    }
}

/// An administrator with the approvals that count for it.
#[derive(Debug, Clone)]
pub struct Upkeep {
    administrator: Administrator,
    approval: ApprovalPolicy,
    environment: String,
}

impl Upkeep {
    /// What the registry keeps, as a document. See [`ask`].
    ///
    /// # Errors
    /// As there.
    pub async fn ask(&self, question: &Question) -> Result<Value> {
        ask(self.administrator.registry.as_registry(), question).await
    }

    /// Makes a plan; `None` where there is nothing to do. See [`Administrator::plan`].
    ///
    /// # Errors
    /// As there.
    pub async fn plan(&self, request: UpkeepConfig) -> Result<Option<SharedPlan>> {
        let request = Request {
            environment: self.environment.clone(),
            requester: request.requester,
            reason: request.reason,
            what: request.what,
            wishes: request.wishes.into_iter().map(Wish::try_from).collect::<Result<_>>()?,
        };
        Ok(self.administrator.plan(&request).await?.map(SharedPlan::new))
    }

    /// Asks people for approvals until they suffice. See [`Escalation::answers`](crate::ask::Escalation::answers).
    ///
    /// # Errors
    /// As there, and what is wrong with the configuration.
    pub async fn ask_people(&self, plan: &SharedPlan, desk: &AnswerDesk, config: AskConfig) -> Result<Vec<Approval>> {
        session::ask(plan, desk, config, &self.approval).await
    }

    /// Admits the approvals and executes the plan. See [`Administrator::execute`].
    ///
    /// # Errors
    /// As there; `Unapproved` where the approvals do not suffice; `Invalid` where the plan is for another environment.
    pub async fn execute(&self, plan: &SharedPlan, approvals: Vec<Approval>) -> Result<Carried> {
        let now = self.administrator.clock.unwrap_or_else(Timestamp::now);
        let approved = plan.admit(&self.environment, &self.approval, approvals, now)?;
        plan.once(self.administrator.execute(approved), |carried| carried.receipt.is_complete()).await
    }

    /// The journal of the plan with this digest, as the ledger keeps it. See [`Journal::kept`](crate::execute::Journal::kept).
    ///
    /// # Errors
    /// As there; `Invalid` where it is no digest.
    pub async fn journal(&self, plan: &str) -> Result<Bytes> {
        journal(&self.administrator.ledger, plan).await
    }
}

impl TryFrom<WishConfig> for Wish {
    type Error = Error;

    fn try_from(config: WishConfig) -> Result<Self> {
        Ok(match config {
            WishConfig::Action(action) => Wish::Action(action),
            WishConfig::Build { source, to, settings } => {
                Wish::Action(Action::Build { source: BuildSource::of(source)?, to, settings })
            }
            WishConfig::Tag { image, tag, move_tag } => Wish::Tag { image, tag, move_tag },
            WishConfig::Untag(reference) => Wish::Untag(reference),
            WishConfig::Delete { image, with_tags } => Wish::Delete { image, with_tags },
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn wishes_are_read_and_what_is_not_known_is_refused() {
        let digest = crate::model::Digest::of(b"x");
        let image = json!({"repository": "r.test/p/a", "digest": digest});
        let scope = json!({"project": {"registry": "r.test", "name": "p"}});
        for wish in [
            json!({"action": {"kind": "start-scan", "image": image}}),
            json!({"action": {"kind": "set-policy", "policy": "retention", "scope": scope, "to": {"rules": []}}}),
            json!({"tag": {"image": image, "tag": "v1", "moveTag": true}}),
            json!({"untag": "r.test/p/a:v1"}),
            json!({"delete": {"image": image, "withTags": true}}),
            json!({"build": {"source": "app.tar.gz", "to": "r.test/p/a:v1"}}),
            json!({"action": {"kind": "set-automation", "automation": "webhook", "scope": {"registry": "r.test"}, "name": "hooks"}}),
        ] {
            let request = json!({"requester": "ci", "what": "tidy", "wishes": [wish]});
            serde_json::from_value::<UpkeepConfig>(request).unwrap();
        }
        for wish in [
            json!({"action": {"kind": "start-scan", "image": image, "force": true}}),
            json!({"action": {"kind": "drop-everything"}}),
            json!({"delete": {"image": image, "withtags": true}}),
            json!({"untag": "r.test/p/a:v1", "tag": {}}),
        ] {
            let request = json!({"requester": "ci", "what": "tidy", "wishes": [wish]});
            assert!(serde_json::from_value::<UpkeepConfig>(request).is_err(), "{wish}");
        }
    }
    #[test]
    fn questions_are_read_and_what_is_not_known_is_refused() {
        let digest = crate::model::Digest::of(b"x");
        for question in [
            json!({"kind": "projects"}),
            json!({"kind": "repositories"}),
            json!({"kind": "repositories", "project": "p"}),
            json!({"kind": "tags-of", "image": {"repository": "r.test/p/a", "digest": digest}}),
            json!({"kind": "standing", "action": {"kind": "set-policy", "policy": "quota", "scope": {"registry": "r.test"}}}),
        ] {
            serde_json::from_value::<Question>(question).unwrap();
        }
        for question in
            [json!({"kind": "secrets"}), json!({"kind": "images"}), json!({"kind": "images", "of": "r.test/a"})]
        {
            assert!(serde_json::from_value::<Question>(question.clone()).is_err(), "{question}");
        }
    }

    #[tokio::test]
    async fn what_no_registry_answers_is_unsupported() {
        let config = json!({"registry": {"host": "r.test"}, "environment": "prod", "ledger": "unused"});
        let upkeep = serde_json::from_value::<AdministratorConfig>(config).unwrap().open().unwrap();
        let error = upkeep.ask(&Question::Projects).await.unwrap_err();
        assert_eq!(error.kind(), crate::error::ErrorKind::Unsupported);
    }
}
