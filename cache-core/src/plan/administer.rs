//! Changes of what a registry keeps beside images: repositories, policies, scans, locks, accounts.

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::wording::{word, words};
use crate::model::{Digest, Pinned, Reference, Repository};

/// One administrative change, with what is there when it is planned.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Administer {
    /// What is done.
    pub action: Action,
    /// What the action changes, as the registry gives it now; absent where there is nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expected: Option<Value>,
    /// What the registry says will come of it, in words, such as the images that a policy would delete at once.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub effects: Vec<String>,
}

/// The closed list of administrative actions. Documents are in the vendor's own words; `docs/adapters.md` says which registry
/// takes which.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case", rename_all_fields = "camelCase", deny_unknown_fields)]
pub enum Action {
    /// Creates a repository with these settings.
    CreateRepository {
        /// The repository.
        repository: Repository,
        /// Its settings.
        settings: Value,
    },
    /// Puts a policy in the place of what is there, or removes it.
    SetPolicy {
        /// Which policy.
        policy: Policy,
        /// What it is for.
        scope: Scope,
        /// The document; absent to remove the policy.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        to: Option<Value>,
    },
    /// Lets the registry's own scanner look at an image.
    StartScan {
        /// The image.
        image: Pinned,
    },
    /// Lets the registry fetch an image from elsewhere and name it by a tag.
    Import {
        /// The image.
        from: Pinned,
        /// The repository and the tag that it gets.
        to: Reference,
        /// Whether the registry fetches what the source's tag names then, again and again.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        follow: Option<Reference>,
    },
    /// Locks a tag, an image or a repository, or unlocks it.
    SetLock {
        /// What is locked: a tag, a manifest, or the repository where neither stands.
        of: Reference,
        /// Whether it may not be deleted.
        delete: bool,
        /// Whether it may not be changed.
        write: bool,
    },
    /// Sets properties of an image; others stay as they are.
    SetProperties {
        /// The repository and the tag.
        image: Reference,
        /// The values of each property.
        properties: BTreeMap<String, Vec<String>>,
    },
    /// Creates an account for a machine. Its secret is given to whoever executes the plan, once, and to nobody else.
    CreateAccount {
        /// What it is for.
        scope: Scope,
        /// The name that is asked for; the registry may put something before it.
        name: String,
        /// What it may do.
        grants: Value,
        /// After how many days it expires; absent for never.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        days: Option<u32>,
    },
    /// Deletes such an account.
    DeleteAccount {
        /// What it is for.
        scope: Scope,
        /// The full name.
        name: String,
    },
    /// Puts something that the registry does by itself in the place of what is there, or removes it.
    SetAutomation {
        /// What kind of thing.
        automation: Automation,
        /// What it is for.
        scope: Scope,
        /// Its name.
        name: String,
        /// The document; absent to remove it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        to: Option<Value>,
    },
    /// Lets the registry build an image and name it by a tag.
    Build {
        /// What it is built from.
        source: BuildSource,
        /// The repository and the tag that it gets.
        to: Reference,
        /// How it is built.
        settings: Value,
    },
}

/// What registries do by themselves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Automation {
    /// Tells an address what happens.
    Webhook,
    /// Runs something at set times.
    Task,
}

/// An archive (`.tar.gz`) of what an image is built from. The plan is about these bytes; the file is read when it is executed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct BuildSource {
    /// Where it is on the machine that executes the plan.
    pub path: PathBuf,
    /// Its digest.
    pub digest: Digest,
    /// Its size in bytes.
    pub size: u64,
}

/// Policies that registries carry out themselves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Policy {
    /// Which images are deleted in time.
    Retention,
    /// How long deleted images can be had back.
    SoftDelete,
    /// Which tags can never be moved.
    Immutability,
    /// What is scanned, and when.
    Scanning,
    /// Who may do what.
    Access,
    /// How much may be stored.
    Quota,
    /// Whether there is a user with a password who may do everything.
    AdminUser,
}

/// What a policy or an account is for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", rename_all_fields = "camelCase", deny_unknown_fields)]
pub enum Scope {
    /// A whole registry, by its host.
    Registry(String),
    /// A project of a registry, or what else it divides its repositories into.
    Project {
        /// The host of the registry.
        registry: String,
        /// The name of the project.
        name: String,
    },
    /// One repository.
    Repository(Repository),
}

impl Action {
    /// Whether the action sets something going, so that there is no state which it brings about.
    pub fn is_run(&self) -> bool {
        matches!(self, Action::StartScan { .. } | Action::Build { .. })
    }
}

impl Scope {
    /// The host of the registry.
    pub fn registry(&self) -> &str {
        match self {
            Scope::Registry(host) | Scope::Project { registry: host, .. } => host,
            Scope::Repository(repository) => repository.host(),
        }
    }
}

impl fmt::Display for Administer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.action)?;
        match &self.expected {
            Some(now) => write!(f, "; now: {now}")?,
            None if self.action.is_run() => {}
            None => write!(f, "; now: nothing")?,
        }
        self.effects.iter().try_for_each(|effect| write!(f, "; {}", words(effect)))
    }
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Action::CreateRepository { repository, settings } => write!(f, "create repository {repository} {settings}"),
            Action::SetPolicy { policy, scope, to: Some(to) } => write!(f, "set {policy} of {scope} to {to}"),
            Action::SetPolicy { policy, scope, to: None } => write!(f, "REMOVE {policy} of {scope}"),
            Action::StartScan { image } => write!(f, "scan {image}"),
            Action::Import { from, to, follow: None } => write!(f, "import {from} as {to}"),
            Action::Import { from, to, follow: Some(tag) } => write!(f, "import {from} as {to}, FOLLOWING {tag}"),
            Action::SetLock { of, delete, write } => {
                let word = |locked: &bool| if *locked { "locked" } else { "UNLOCKED" };
                write!(f, "lock {of}: deleting {}, writing {}", word(delete), word(write))
            }
            Action::SetProperties { image, properties } => {
                write!(f, "set properties of {image}:")?;
                properties.iter().try_for_each(|(name, values)| {
                    let values: Vec<_> = values.iter().map(|value| word(value)).collect();
                    write!(f, " {}={}", word(name), values.join(","))
                })
            }
            Action::CreateAccount { scope, name, grants, days } => {
                write!(f, "create account {} for {scope}, {grants}, ", word(name))?;
                match days {
                    Some(days) => write!(f, "for {days} days"),
                    None => write!(f, "FOR EVER"),
                }
            }
            Action::DeleteAccount { scope, name } => write!(f, "DELETE account {} of {scope}", word(name)),
            Action::SetAutomation { automation, scope, name, to: Some(to) } => {
                write!(f, "set {automation} {} of {scope} to {to}", word(name))
            }
            Action::SetAutomation { automation, scope, name, to: None } => {
                write!(f, "REMOVE {automation} {} of {scope}", word(name))
            }
            Action::Build { source: BuildSource { path, digest, size }, to, settings } => {
                let path = path.to_string_lossy();
                write!(f, "build {to} from {} ({digest}, {size} bytes), {settings}", word(&path))
            }
        }
    }
}

impl fmt::Display for Automation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Automation::Webhook => "the webhook",
            Automation::Task => "the task",
        })
    }
}

impl fmt::Display for Policy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Policy::Retention => "the retention policy",
            Policy::SoftDelete => "the policy for deleted images",
            Policy::Immutability => "the immutability of tags",
            Policy::Scanning => "the scanning",
            Policy::Access => "the access policy",
            Policy::Quota => "the quota",
            Policy::AdminUser => "the admin user",
        })
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Scope::Registry(host) => write!(f, "registry {host}"),
            Scope::Project { registry, name } => write!(f, "project {registry}/{name}"),
            Scope::Repository(repository) => write!(f, "repository {repository}"),
        }
    }
}
