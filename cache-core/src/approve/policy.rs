//! Which approvals count.

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use serde::Deserialize;

use super::approval::ApprovalKind;
use super::freeze::Freeze;
use super::names::{normal, same_person};
use super::quorum::{Lacking, lacking};
use crate::error::{Error, Result};
use crate::sign::{Demands, IdentityRule, PublicKey, TrustedRoot};

/// What an environment asks of the approvals of a plan.
#[derive(Debug, Clone)]
pub struct ApprovalPolicy {
    /// The kinds that count.
    pub accept: Vec<ApprovalKind>,
    /// How many distinct people must approve.
    pub required: usize,
    /// The people who may. Empty means anybody, which only terminal and callback approvals can be.
    pub approvers: Vec<Approver>,
    /// The groups that must be among them, by name. A person counts once, and for one group.
    pub groups: BTreeMap<String, Group>,
    /// Whether the person who asked for the plan does not count.
    pub exclude_requester: bool,
    /// How old an approval may be.
    pub max_age: Duration,
    /// When nothing is executed, whoever approved it.
    pub freezes: Vec<Freeze>,
    /// What keyless approvals are traced back to. Without it none counts.
    pub root: Option<Arc<TrustedRoot>>,
    /// What has to come with keyless approvals.
    pub demands: Demands,
}

/// A person who may approve.
#[derive(Debug, Clone, Default)]
pub struct Approver {
    /// The name, as in the records.
    pub name: String,
    /// The key whose signature proves that it is this person.
    pub key: Option<PublicKey>,
    /// Who the person is to providers of identities: a keyless signature by one of these proves that it is this person.
    ///
    /// With a key or one of these, only signatures count as approvals of this person; with neither, only the kinds that prove less.
    pub identities: Vec<IdentityRule>,
}

/// Some of the approvers, of whom some must approve.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Group {
    /// How many of them must approve.
    pub required: usize,
    /// Their names.
    pub of: Vec<String>,
}

impl Default for ApprovalPolicy {
    /// One person who is not the requester, by any kind, within a day.
    fn default() -> Self {
        ApprovalPolicy {
            accept: vec![
                ApprovalKind::Terminal,
                ApprovalKind::Callback,
                ApprovalKind::Webhook,
                ApprovalKind::Key,
                ApprovalKind::Keyless,
            ],
            required: 1,
            approvers: Vec::new(),
            groups: BTreeMap::new(),
            exclude_requester: true,
            max_age: Duration::from_secs(24 * 60 * 60),
            freezes: Vec::new(),
            root: None,
            demands: Demands::of_keyless(),
        }
    }
}

impl ApprovalPolicy {
    /// The same, where keyless approvals are traced back to this root.
    ///
    /// # Errors
    /// `Invalid` where somebody may approve keyless and there is no root.
    pub fn traced_to(self, root: Option<Arc<TrustedRoot>>) -> Result<Self> {
        let keyless = self.approvers.iter().find(|approver| !approver.identities.is_empty());
        if let (Some(approver), None, true) = (keyless, &root, self.accept.contains(&ApprovalKind::Keyless)) {
            return Err(Error::invalid("keyless approvals need a trusted root").context("approver", &approver.name));
        }
        Ok(ApprovalPolicy { root, ..self })
    }

    /// Refuses a policy that no set of approvals can satisfy, or that asks for none.
    ///
    /// # Errors
    /// `Invalid`, saying what is missing.
    pub fn check(&self) -> Result<()> {
        if self.required == 0 {
            return Err(Error::invalid("an approval policy must require at least one person"));
        }
        if self.accept.is_empty() {
            return Err(Error::invalid("an approval policy must accept at least one kind of approval"));
        }
        self.check_groups()?;
        if let Some(why) = self.unsatisfied_by(|_| true) {
            return Err(Error::invalid(why).hint(
                "name more approvers, with their keys or identities where only signed approvals are accepted; whoever has one \
                 of these approves by that alone, so its kind has to be accepted",
            ));
        }
        for (i, approver) in self.approvers.iter().enumerate() {
            if normal(&approver.name).is_empty() {
                return Err(Error::invalid("an approver has no name that anybody could see"));
            }
            for other in &self.approvers[..i] {
                approver.expect_another(other)?;
            }
        }
        Ok(())
    }

    /// A group is of known people, and the number of people in all is no less than what the groups need.
    fn check_groups(&self) -> Result<()> {
        let known: HashSet<String> = self.approvers.iter().map(|approver| normal(&approver.name)).collect();
        for (name, group) in &self.groups {
            let wrong = |why: String| Error::invalid(format!("the group {name:?} {why}"));
            if group.required == 0 {
                return Err(wrong("needs nobody".to_owned()));
            }
            let mut own = HashSet::new();
            for name in &group.of {
                if !known.contains(&normal(name)) {
                    return Err(wrong(format!("names {name:?}, who is none of the approvers")));
                }
                if !own.insert(normal(name)) {
                    return Err(wrong(format!("names {name:?} twice")));
                }
            }
        }
        let needed = ApprovalPolicy::needed_by(&self.groups);
        if needed > self.required {
            return Err(Error::invalid(format!(
                "the groups need {needed} people, and only {} are required: a person counts once, for one group",
                self.required
            )));
        }
        Ok(())
    }

    /// How many people these groups need.
    pub(crate) fn needed_by(groups: &BTreeMap<String, Group>) -> usize {
        groups.values().fold(0, |sum, group| sum.saturating_add(group.required))
    }

    /// Why approvals of all of these approvers together would not suffice; `None` where they would.
    pub(super) fn unsatisfied_by(&self, counts: impl Fn(&Approver) -> bool) -> Option<String> {
        let only_signed = self.accept.iter().all(|kind| kind.is_signed());
        if self.approvers.is_empty() && !only_signed {
            return None;
        }
        let able = self.approvers.iter().filter(|approver| match approver.is_proven() {
            true => self.can_sign(approver),
            false => !only_signed,
        });
        let able: Vec<&str> = able.filter(|approver| counts(approver)).map(|approver| approver.name.as_str()).collect();
        if able.len() < self.required {
            return Some(format!(
                "{} approval(s) are required and only {} of the named approvers can give one",
                self.required,
                able.len()
            ));
        }
        let lacking = lacking(&self.groups, &able);
        (!lacking.is_empty()).then(|| {
            format!("not all groups can be satisfied, as a person counts once, for one group: {}", listed(&lacking))
        })
    }

    /// Whether signatures of a kind that counts can be by this person.
    fn can_sign(&self, approver: &Approver) -> bool {
        self.accept.iter().any(|kind| match kind {
            ApprovalKind::Key => approver.key.is_some(),
            ApprovalKind::Keyless => !approver.identities.is_empty(),
            ApprovalKind::Terminal | ApprovalKind::Callback | ApprovalKind::Webhook => false,
        })
    }
}

impl Approver {
    /// Whether a signature can prove that it is this person.
    pub(super) fn is_proven(&self) -> bool {
        self.key.is_some() || !self.identities.is_empty()
    }

    /// Two approvers are two people: by name, by key and by identity.
    fn expect_another(&self, other: &Approver) -> Result<()> {
        if same_person(&other.name, &self.name) {
            return Err(Error::invalid(format!("the approver {:?} is named twice", self.name)));
        }
        let fingerprint = |approver: &Approver| approver.key.as_ref().map(PublicKey::fingerprint);
        if self.key.is_some() && fingerprint(self) == fingerprint(other) {
            return Err(Error::invalid(format!("the key of {:?} is another approver's too", self.name)));
        }
        let shared = |rule: &IdentityRule| other.identities.iter().any(|known| known.to_string() == rule.to_string());
        match self.identities.iter().find(|rule| shared(rule)) {
            Some(rule) => Err(Error::invalid(format!("the identity {rule} is of two approvers"))
                .context("approver", &self.name)
                .context("approver", &other.name)),
            None => Ok(()),
        }
    }
}

/// What groups lack, in words.
pub(super) fn listed(lacking: &[Lacking<'_>]) -> String {
    let words = lacking.iter().map(|it| format!("{} lacks {} of {}", it.group, it.people, it.required));
    words.collect::<Vec<_>>().join(", ")
}
