//! What may go and what is kept.

use std::fmt;

use serde::de::value::{MapAccessDeserializer, SeqAccessDeserializer};
use serde::de::{Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Serialize};

use super::selectors::Patterns;
use crate::error::{Error, Result};
use crate::model::{Digest, Repository};

/// The tags that move with what is newest, where the rules name no others. They and what they name are kept.
pub const MOVING_TAGS: [&str; 8] = ["latest", "stable", "edge", "nightly", "lts", "main", "master", "trunk"];

/// Rules for the repositories of one environment, as the section `retention_policy` of a policy file has them.
///
/// Some say what may go (`max_age_days`, `untagged_after_days`, `orphaned_after_days`), the others what is kept whatever may
/// go. What no rule lets go is kept.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RetentionRules {
    /// How many of the newest images of a repository that people gave a tag are kept.
    pub keep_last_tags: Option<KeepLast>,
    /// After how many days an image may go.
    pub max_age_days: Option<u32>,
    /// Whether tags that are semantic versions are kept, all or the last of them.
    pub keep_semver: Option<KeepSemver>,
    /// Whether images that are deployed somewhere are kept.
    pub keep_deployed: Option<bool>,
    /// The tags that may go; without a word, any. Tags of other names are kept.
    pub candidates: Option<Patterns>,
    /// What is kept always.
    pub protect: Option<Protect>,
    /// The tags that move with what is newest, instead of [`MOVING_TAGS`].
    pub moving_tags: Option<Patterns>,
    /// After how many days an image without a tag may go.
    pub untagged_after_days: Option<u32>,
    /// After how many days a signature, SBOM or the like may go whose image is gone.
    pub orphaned_after_days: Option<u32>,
    /// How many of the newest images of a repository are kept, with or without a tag.
    pub minimum_remaining: Option<u32>,
    /// For how many days an image is kept from which a promotion took its tag, by the record of that: a rollback would put the tag back.
    /// At least 1, and 30 where nothing is said.
    pub keep_replaced_days: Option<u32>,
    /// How many images one plan may delete. A plan that would delete more is refused.
    pub max_deletions: Option<MaxDeletions>,
    /// Whether a pull makes an image young again.
    pub count_pulls: Option<bool>,
    /// Whether the time of the build counts where no other time is known.
    pub count_created: Option<bool>,
    /// How old an inventory of what is deployed may be.
    pub max_inventory_age_hours: Option<u32>,
    /// Other rules for some repositories. The first that matches is laid over these.
    #[serde(default)]
    pub repositories: Vec<RepositoryRules>,
}

/// Rules for some repositories.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RepositoryRules {
    /// The repositories, by their whole name or the name without the host.
    pub names: Patterns,
    /// What is other than in the environment.
    pub rules: RetentionRules,
}

/// What is kept always.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Protect {
    /// Tags, and what they name.
    pub tags: Option<Patterns>,
    /// Manifests, with all that belongs to them.
    #[serde(default)]
    pub digests: Vec<Digest>,
}

/// How many are kept: of all tags, or of each group of tags.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeepLast(pub Vec<LastOf>);

/// How many of some tags are kept.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LastOf {
    /// The tags; without a word, all that may go.
    pub tags: Option<Patterns>,
    /// How many.
    pub last: u32,
}

/// Which semantic versions are kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KeepSemver {
    /// None for being one.
    None,
    /// All of them.
    All,
    /// The last of them.
    Last(LastVersions),
}

/// The last semantic versions, by precedence.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LastVersions {
    /// How many.
    pub last: u32,
    /// Of which versions so many each.
    #[serde(default)]
    pub per: Per,
    /// Whether pre-releases are counted and kept too.
    #[serde(default)]
    pub prereleases: bool,
    /// Whether a `_` stands for the `+` of build metadata, which tags cannot have.
    #[serde(default)]
    pub underscore_is_plus: bool,
}

/// What versions are counted together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Per {
    /// All of a repository.
    #[default]
    Repository,
    /// Those with the same major version.
    Major,
    /// Those with the same major and minor version.
    Minor,
}

/// How many images one plan may delete.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MaxDeletions {
    /// So many.
    Count(u32),
    /// So many of a hundred, in each repository.
    Percent(u8),
}

impl RetentionRules {
    /// Refuses rules that contradict themselves.
    ///
    /// # Errors
    /// `Invalid`, saying what.
    pub fn check(&self) -> Result<()> {
        let own = self.repositories.iter().map(|own| &own.rules);
        if std::iter::once(self).chain(own).any(|rules| rules.keep_replaced_days == Some(0)) {
            return Err(Error::invalid("keep_replaced_days is at least 1: a promotion can always be taken back"));
        }
        for RepositoryRules { names, rules } in &self.repositories {
            let error =
                |why: &str| Err(Error::invalid(why).context("names", names.texts().collect::<Vec<_>>().join(", ")));
            if !rules.repositories.is_empty() {
                return error("rules for repositories have no rules for repositories in them");
            }
            if rules.max_deletions.is_some() || rules.max_inventory_age_hours.is_some() {
                return error("max_deletions and max_inventory_age_hours are for the environment as a whole");
            }
        }
        Ok(())
    }

    /// The rules for one repository.
    pub fn of(&self, repository: &Repository) -> RetentionRules {
        let mut rules = self.clone();
        rules.repositories.clear();
        let Some(own) = self.repositories.iter().find(|own| own.names.repository(repository)) else { return rules };
        let own = own.rules.clone();
        macro_rules! lay_over {
            ($($field:ident),+) => { $(rules.$field = own.$field.or(rules.$field);)+ };
        }
        lay_over!(keep_last_tags, max_age_days, keep_semver, keep_deployed, candidates, protect, moving_tags);
        lay_over!(untagged_after_days, orphaned_after_days, minimum_remaining, keep_replaced_days);
        lay_over!(count_pulls, count_created);
        rules
    }

    /// Whether what is deployed has to be known.
    pub fn needs_inventory(&self) -> bool {
        let own = self.repositories.iter().map(|own| &own.rules);
        std::iter::once(self).chain(own).any(|rules| rules.keep_deployed == Some(true))
    }

    /// Whether the time of builds has to be read.
    pub fn needs_created(&self) -> bool {
        let own = self.repositories.iter().map(|own| &own.rules);
        std::iter::once(self).chain(own).any(|rules| rules.count_created == Some(true))
    }

    /// Whether they let anything go.
    pub fn lets_go(&self) -> bool {
        self.max_age_days.is_some() || self.untagged_after_days.is_some() || self.orphaned_after_days.is_some()
    }
}

impl<'de> Deserialize<'de> for KeepLast {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct V;
        impl<'de> Visitor<'de> for V {
            type Value = KeepLast;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a number, or a list of {tags, last}")
            }
            fn visit_u64<E: serde::de::Error>(self, last: u64) -> Result<KeepLast, E> {
                let last = u32::try_from(last).map_err(|_| E::custom(format!("{last} is too large")))?;
                Ok(KeepLast(vec![LastOf { tags: None, last }]))
            }
            fn visit_i64<E: serde::de::Error>(self, last: i64) -> Result<KeepLast, E> {
                u64::try_from(last)
                    .map_err(|_| E::custom(format!("{last} is negative")))
                    .and_then(|last| self.visit_u64(last))
            }
            fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<KeepLast, A::Error> {
                let all = Vec::<LastOf>::deserialize(SeqAccessDeserializer::new(list))?;
                if all.is_empty() { Err(A::Error::custom("the list is empty")) } else { Ok(KeepLast(all)) }
            }
        }
        deserializer.deserialize_any(V)
    }
}

impl<'de> Deserialize<'de> for KeepSemver {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct V;
        impl<'de> Visitor<'de> for V {
            type Value = KeepSemver;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("true, false or {last, per, prereleases, underscore_is_plus}")
            }
            fn visit_bool<E>(self, all: bool) -> Result<KeepSemver, E> {
                Ok(if all { KeepSemver::All } else { KeepSemver::None })
            }
            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<KeepSemver, A::Error> {
                LastVersions::deserialize(MapAccessDeserializer::new(map)).map(KeepSemver::Last)
            }
        }
        deserializer.deserialize_any(V)
    }
}

impl<'de> Deserialize<'de> for MaxDeletions {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct V;
        impl Visitor<'_> for V {
            type Value = MaxDeletions;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a number, or a percentage such as \"10%\"")
            }
            fn visit_u64<E: serde::de::Error>(self, count: u64) -> Result<MaxDeletions, E> {
                u32::try_from(count).map(MaxDeletions::Count).map_err(|_| E::custom(format!("{count} is too large")))
            }
            fn visit_i64<E: serde::de::Error>(self, count: i64) -> Result<MaxDeletions, E> {
                u64::try_from(count)
                    .map_err(|_| E::custom(format!("{count} is negative")))
                    .and_then(|count| self.visit_u64(count))
            }
            fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<MaxDeletions, E> {
                let percent = text.strip_suffix('%').and_then(|number| number.parse().ok()).filter(|p| *p <= 100);
                percent.map(MaxDeletions::Percent).ok_or_else(|| E::custom(format!("{text:?} is no percentage")))
            }
        }
        deserializer.deserialize_any(V)
    }
}

impl fmt::Display for MaxDeletions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            MaxDeletions::Count(count) => write!(f, "{count}"),
            MaxDeletions::Percent(percent) => write!(f, "{percent}% of a repository"),
        }
    }
}
