//! Retention policies of Harbor's projects.
//!
//! A rule says what is retained, all rules together, each for the repositories and tags that it selects. Of a repository that
//! some rule is for, everything that no rule retains is deleted; other repositories are left alone. A rule decides by tags and
//! deletes whole artifacts with all of their tags. (Harbor's source, `src/pkg/retention`; the shape is that of its API.)

mod translate;

use std::cmp::Reverse;
use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;
pub use translate::translate;

use super::{Doomed, ListedImage};
use crate::error::{Error, Result};
use crate::model::{Digest, Timestamp};
use crate::retention::Pattern;

const DAY: u64 = 24 * 60 * 60;
/// How many rules a policy may have.
const MAX_RULES: usize = 15;

/// A policy of a project.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct RetentionPolicy {
    /// `or`: what one rule retains is retained.
    pub algorithm: String,
    /// The rules.
    #[serde(default)]
    pub rules: Vec<RetentionRule>,
}

/// A rule of it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct RetentionRule {
    /// Whether it is switched off.
    #[serde(default)]
    pub disabled: bool,
    /// `retain`.
    pub action: String,
    /// What it retains, such as `latestPushedK`.
    pub template: String,
    /// The number of the template, under its name.
    #[serde(default)]
    pub params: BTreeMap<String, Value>,
    /// The tags that it is for.
    #[serde(default)]
    pub tag_selectors: Vec<Selector>,
    /// The repositories that it is for, under `repository`.
    #[serde(default)]
    pub scope_selectors: BTreeMap<String, Vec<Selector>>,
}

/// A selector of names.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Selector {
    /// `doublestar`.
    pub kind: String,
    /// `matches` or `excludes`, for repositories `repoMatches` or `repoExcludes`.
    pub decoration: String,
    /// A glob; `{a,b}` is either.
    pub pattern: String,
    /// For tags: `{"untagged": true}` where artifacts without a tag are meant too.
    #[serde(default)]
    pub extras: String,
}

/// What a template retains.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Template {
    Always,
    LatestPushed(u64),
    LatestPulled(u64),
    LatestActive(u64),
    PushedWithin(u64),
    PulledWithin(u64),
}

impl RetentionPolicy {
    /// Reads and checks a policy.
    ///
    /// # Errors
    /// `Invalid` where it is none; `Unsupported` where it has what is not known.
    pub fn parse(text: &str) -> Result<Self> {
        let invalid = |why: String| Error::invalid(format!("this is no retention policy: {why}"));
        let policy: RetentionPolicy = serde_json::from_str(text).map_err(|e| invalid(e.to_string()))?;
        if policy.algorithm != "or" {
            return Err(Error::unsupported(format!("the algorithm {:?} is not known", policy.algorithm)));
        }
        if policy.rules.len() > MAX_RULES {
            return Err(invalid(format!("it has more than {MAX_RULES} rules")));
        }
        for rule in &policy.rules {
            rule.template()?;
            for selector in rule.tag_selectors.iter().chain(rule.scope_selectors.values().flatten()) {
                selector.pattern()?;
                selector.takes_untagged()?;
            }
        }
        Ok(policy)
    }

    /// What it does, a sentence a rule.
    ///
    /// # Errors
    /// `Unsupported`, which reading would have told.
    pub fn explain(&self) -> Result<Vec<String>> {
        let mut text = self.rules.iter().map(RetentionRule::explain).collect::<Result<Vec<_>>>()?;
        text.push("everything else in these repositories is deleted, with all of its tags".to_owned());
        Ok(text)
    }

    /// The artifacts of one repository (its name below the project) that the server would delete now. What it locks it keeps.
    ///
    /// # Errors
    /// As [`explain`](Self::explain).
    pub fn simulate(&self, repository: &str, images: &[ListedImage], now: Timestamp) -> Result<Vec<Doomed>> {
        let mut concerned = false;
        let mut retained = vec![false; images.len()];
        for rule in self.rules.iter().filter(|rule| !rule.disabled) {
            if !rule.is_for(repository)? {
                continue;
            }
            concerned = true;
            let mut selected = Vec::new();
            for (at, image) in images.iter().enumerate() {
                if rule.selects(image)? {
                    selected.push((at, image));
                }
            }
            rule.retained(selected, now)?.into_iter().for_each(|at| retained[at] = true);
        }
        // What an index lists, the server keeps with it.
        for (at, image) in images.iter().enumerate() {
            if retained[at] || image.locked {
                let listed = |child: &&ListedImage| image.children.contains(&child.digest);
                images.iter().enumerate().filter(|(_, i)| listed(i)).for_each(|(child, _)| retained[child] = true);
            }
        }
        let goes = |(at, image): &(usize, &ListedImage)| concerned && !retained[*at] && !image.locked;
        let why = || "no rule retains it".to_owned();
        let doomed = images.iter().enumerate().filter(goes);
        Ok(doomed.map(|(_, i)| Doomed { digest: i.digest.clone(), tags: i.tags.clone(), why: why() }).collect())
    }
}

impl RetentionRule {
    fn template(&self) -> Result<Template> {
        let number = || {
            let value = self.params.get(&self.template);
            let number = value.and_then(|v| v.as_u64().or_else(|| v.as_str()?.parse().ok()));
            number.ok_or_else(|| {
                // The server takes a default of its own and deletes by that.
                Error::invalid(format!("the template {} has no number", self.template))
            })
        };
        if self.action != "retain" {
            return Err(Error::unsupported(format!("the action {:?} is not known", self.action)));
        }
        Ok(match self.template.as_str() {
            "always" => Template::Always,
            "latestPushedK" => Template::LatestPushed(number()?),
            "latestPulledN" => Template::LatestPulled(number()?),
            "latestActiveK" => Template::LatestActive(number()?),
            "nDaysSinceLastPush" | "lastXDays" => Template::PushedWithin(number()?),
            "nDaysSinceLastPull" => Template::PulledWithin(number()?),
            other => return Err(Error::unsupported(format!("the template {other:?} is not known"))),
        })
    }

    fn explain(&self) -> Result<String> {
        let what = match self.template()? {
            Template::Always => "all artifacts".to_owned(),
            Template::LatestPushed(n) => format!("the {n} artifacts pushed last"),
            Template::LatestPulled(n) => format!("the {n} artifacts pulled last"),
            Template::LatestActive(n) => format!("the {n} artifacts pushed or pulled last"),
            Template::PushedWithin(n) => format!("artifacts pushed within {n} days"),
            Template::PulledWithin(n) => format!("artifacts pulled within {n} days"),
        };
        let names = |selectors: &[Selector], what: &str| {
            let say = |s: &Selector| {
                let is = if s.decoration.ends_with("xcludes") { "unlike" } else { "like" };
                format!("{is} {}", s.pattern)
            };
            let all: Vec<_> = selectors.iter().map(say).collect();
            if all.is_empty() { String::new() } else { format!(" {what} {}", all.join(" and ")) }
        };
        let repositories = self.scope_selectors.get("repository").map(Vec::as_slice).unwrap_or_default();
        let untagged = self.tag_selectors.iter().map(Selector::takes_untagged).collect::<Result<Vec<_>>>()?;
        let untagged = if untagged.contains(&true) { " or without a tag" } else { "" };
        let tags = names(&self.tag_selectors, "with tags");
        let off = if self.disabled { " (switched off)" } else { "" };
        Ok(format!("retains {what}{tags}{untagged}{}{off}", names(repositories, "in repositories")))
    }

    fn is_for(&self, repository: &str) -> Result<bool> {
        let mut is = true;
        for selector in self.scope_selectors.get("repository").into_iter().flatten() {
            is &= selector.pattern()?.matches(repository) != (selector.decoration == "repoExcludes");
        }
        Ok(is)
    }

    fn selects(&self, image: &ListedImage) -> Result<bool> {
        for selector in &self.tag_selectors {
            let (pattern, excludes) = (selector.pattern()?, selector.decoration == "excludes");
            let is = match &image.tags[..] {
                [] => selector.takes_untagged()?,
                tags => tags.iter().any(|tag| pattern.matches(tag) != excludes),
            };
            if !is {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn retained(&self, mut selected: Vec<(usize, &ListedImage)>, now: Timestamp) -> Result<Vec<usize>> {
        let within = |time: Option<Timestamp>, days: u64| {
            time.is_some_and(|time| now.since(time).as_secs() < days.saturating_mul(DAY))
        };
        let mut newest = |count: u64, time: fn(&ListedImage) -> Option<Timestamp>| {
            selected.sort_by_key(|(_, image)| (Reverse(time(image)), image.digest.clone()));
            let count = usize::try_from(count).unwrap_or(usize::MAX);
            selected.iter().take(count).map(|(at, _)| *at).collect::<Vec<_>>()
        };
        Ok(match self.template()? {
            Template::LatestPushed(count) => newest(count, |image| image.pushed),
            Template::LatestPulled(count) => newest(count, |image| image.pulled),
            Template::LatestActive(count) => newest(count, |image| image.pushed.max(image.pulled)),
            Template::Always => selected.into_iter().map(|(at, _)| at).collect(),
            Template::PushedWithin(days) => {
                selected.into_iter().filter(|(_, image)| within(image.pushed, days)).map(|(at, _)| at).collect()
            }
            Template::PulledWithin(days) => {
                selected.into_iter().filter(|(_, image)| within(image.pulled, days)).map(|(at, _)| at).collect()
            }
        })
    }
}

impl Selector {
    fn pattern(&self) -> Result<Pattern> {
        if self.kind != "doublestar" {
            return Err(Error::unsupported(format!("selectors of the kind {:?} are not known", self.kind)));
        }
        let known = ["matches", "excludes", "repoMatches", "repoExcludes"];
        if !known.contains(&self.decoration.as_str()) {
            return Err(Error::unsupported(format!("the decoration {:?} is not known", self.decoration)));
        }
        let mut expression = String::new();
        let mut depth = 0_u32;
        let mut rest = self.pattern.chars().peekable();
        while let Some(c) = rest.next() {
            match c {
                '*' if rest.next_if_eq(&'*').is_some() => expression.push_str(".*"),
                '*' => expression.push_str("[^/]*"),
                '?' => expression.push_str("[^/]"),
                '{' => {
                    depth += 1;
                    expression.push_str("(?:");
                }
                '}' if depth > 0 => {
                    depth -= 1;
                    expression.push(')');
                }
                ',' if depth > 0 => expression.push('|'),
                '[' | ']' | '\\' => {
                    let pattern = &self.pattern;
                    return Err(Error::unsupported(format!("classes of characters are not known: {pattern:?}")));
                }
                c => expression.push_str(&regex::escape(c.encode_utf8(&mut [0; 4]))),
            }
        }
        if depth > 0 {
            return Err(Error::invalid(format!("a brace of {:?} is open", self.pattern)));
        }
        Pattern::parse(&format!("/{expression}/"))
    }

    fn takes_untagged(&self) -> Result<bool> {
        #[derive(Deserialize)]
        struct Extras {
            #[serde(default)]
            untagged: bool,
        }
        if self.extras.is_empty() {
            return Ok(false);
        }
        let extras: Extras = serde_json::from_str(&self.extras)
            .map_err(|e| Error::invalid("the extras of a selector are no JSON").caused_by(e))?;
        Ok(extras.untagged)
    }
}

/// Reads a list of artifacts of one repository, as the API answers.
///
/// # Errors
/// `Invalid` where it is none.
pub fn listing(document: &Value) -> Result<Vec<ListedImage>> {
    let invalid = |why: &str| Error::invalid(format!("this is no list of Harbor's artifacts: {why}"));
    let artifacts = document.as_array().ok_or_else(|| invalid("not a list"))?;
    // The server writes the first year for "never".
    let time = |value: &Value, key: &str| match value.get(key).and_then(Value::as_str) {
        None | Some("") => Ok(None),
        Some(text) => Timestamp::parse(text).map(|time| (time.unix() > 0).then_some(time)),
    };
    let artifact = |artifact: &Value| {
        let digest = artifact.get("digest").and_then(Value::as_str).ok_or_else(|| invalid("no digest"))?;
        let list = |key: &str| artifact.get(key).and_then(Value::as_array).into_iter().flatten();
        let locked = |tag: &Value| tag.get("immutable").and_then(Value::as_bool) == Some(true);
        // A push of a tag counts as one of the artifact.
        let pushes = list("tags").map(|tag| time(tag, "push_time")).collect::<Result<Vec<_>>>()?;
        let pulls = list("tags").map(|tag| time(tag, "pull_time")).collect::<Result<Vec<_>>>()?;
        Ok(ListedImage {
            digest: Digest::parse(digest)?,
            tags: list("tags").filter_map(|tag| tag.get("name")?.as_str()).map(str::to_owned).collect(),
            pushed: pushes.into_iter().flatten().max().max(time(artifact, "push_time")?),
            pulled: pulls.into_iter().flatten().max().max(time(artifact, "pull_time")?),
            children: list("references")
                .filter_map(|child| child.get("child_digest")?.as_str())
                .map(Digest::parse)
                .collect::<Result<_>>()?,
            locked: list("tags").any(locked),
            untagged: None,
            deleted: None,
        })
    };
    artifacts.iter().map(artifact).collect()
}
