//! Questions about what a registry keeps, answered as documents.

use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::Registry;
use crate::error::{Error, Result};
use crate::model::{Pinned, Reference, Repository};
use crate::plan::Action;

/// What can be asked. Which registry answers what, and in which words, is in `docs/adapters.md`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case", rename_all_fields = "camelCase", deny_unknown_fields)]
pub enum Question {
    /// The projects.
    Projects,
    /// The repositories; of one project, where it is named.
    Repositories {
        /// The project, or the namespace.
        #[serde(default)]
        project: Option<String>,
    },
    /// One repository with its settings.
    Repository {
        /// The repository.
        repository: Repository,
    },
    /// Everything that a repository holds.
    Images {
        /// The repository.
        repository: Repository,
    },
    /// One image.
    Image {
        /// The image.
        image: Pinned,
    },
    /// The tags of a repository.
    Tags {
        /// The repository.
        repository: Repository,
    },
    /// The tags that name an image.
    TagsOf {
        /// The image.
        image: Pinned,
    },
    /// What the registry's scanner found.
    Findings {
        /// The image.
        image: Pinned,
    },
    /// How many bytes may still be stored.
    Room {
        /// The repository.
        repository: Repository,
    },
    /// What is locked.
    Locks {
        /// A tag, an image, or a repository where neither stands.
        of: Reference,
    },
    /// The properties of an image.
    Properties {
        /// The repository and the tag.
        image: Reference,
    },
    /// How much a project may store, and stores.
    Quota {
        /// The project.
        project: String,
    },
    /// The accounts for machines.
    Accounts {
        /// The project.
        project: String,
    },
    /// The layers of the images of a repository.
    Layers {
        /// The repository.
        repository: Repository,
    },
    /// The settings of the registry, or its state.
    Settings,
    /// What is stored.
    Storage,
    /// The configuration of a repository, by its key.
    Configuration {
        /// The key.
        key: String,
    },
    /// A search in the vendor's own language.
    Search {
        /// What is searched for.
        query: String,
    },
    /// What a run of a build or a task printed.
    Log {
        /// The run.
        run: String,
    },
    /// How that stands which an action is about: a policy, a lock, a webhook, and whether it is as the action would make it.
    Standing {
        /// The action. Nothing of it is done.
        action: Action,
    },
}

/// Answers questions in its own words.
#[async_trait]
pub trait Records: Send + Sync {
    /// The answer; `None` where it has no words of its own for this.
    async fn answer(&self, question: &Question) -> Result<Option<Value>>;
}

/// Asks a registry: in its own words, where it has such, and otherwise by what all registries can do.
///
/// # Errors
/// `Unsupported` where it cannot answer this; what the registry says.
pub async fn ask(registry: &dyn Registry, question: &Question) -> Result<Value> {
    let abilities = registry.abilities();
    if let Some(records) = abilities.records
        && let Some(answer) = records.answer(question).await?
    {
        return Ok(answer);
    }
    let none = || Error::unsupported("the registry does not answer this").context("question", format!("{question:?}"));
    match question {
        Question::Repositories { project: None } => written(&abilities.catalog.ok_or_else(none)?.repositories().await?),
        Question::Tags { repository } => written(&registry.tags(repository).await?),
        Question::TagsOf { image } => written(&abilities.tags_of.ok_or_else(none)?.tags_of(image).await?),
        Question::Findings { image } => {
            let found = abilities.findings.ok_or_else(none)?.findings(image).await?;
            let document: Value = serde_json::from_slice(&found.bytes)
                .map_err(|e| Error::unavailable("the findings are not the JSON they should be").caused_by(e))?;
            Ok(json!({"system": found.system, "document": document}))
        }
        Question::Room { repository } => Ok(json!({"bytes": abilities.room.ok_or_else(none)?.room(repository).await?})),
        Question::Standing { action } => {
            let standing = abilities.administration.ok_or_else(none)?.standing(action).await?;
            Ok(json!({"now": standing.now, "settled": standing.settled, "effects": standing.effects}))
        }
        _ => Err(none()),
    }
}

/// As a document.
pub(in crate::registry) fn written(value: &impl Serialize) -> Result<Value> {
    serde_json::to_value(value).map_err(|e| Error::unexpected("cannot be written as JSON").caused_by(e))
}
