//! What stays where something goes.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::model::{Digest, Repository, Tag};

/// What stays of one repository that something is deleted from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Stays {
    /// The repository.
    pub repository: Repository,
    /// The tags that people gave, with what they name.
    pub tags: BTreeMap<Tag, Digest>,
    /// Tags such as cosign's, which belong to images that stay. What they name may change.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub attached: BTreeSet<Tag>,
    /// The images that have no tag.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub untagged: BTreeSet<Digest>,
    /// What indexes that stay list and was not there before.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub missing: BTreeSet<Digest>,
}
