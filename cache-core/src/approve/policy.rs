//! Which approvals count.

use std::time::Duration;

use super::approval::ApprovalKind;
use crate::error::{Error, Result};
use crate::sign::PublicKey;

/// What an environment asks of the approvals of a plan.
#[derive(Debug, Clone)]
pub struct ApprovalPolicy {
    /// The kinds that count.
    pub accept: Vec<ApprovalKind>,
    /// How many distinct people must approve.
    pub required: usize,
    /// The people who may. Empty means anybody, which only terminal and callback approvals can be.
    pub approvers: Vec<Approver>,
    /// Whether the person who asked for the plan does not count.
    pub exclude_requester: bool,
    /// How old an approval may be.
    pub max_age: Duration,
}

/// A person who may approve.
#[derive(Debug, Clone)]
pub struct Approver {
    /// The name, as in the records.
    pub name: String,
    /// The key whose signature proves that it is this person. Without one, only kinds that prove less can count.
    pub key: Option<PublicKey>,
}

impl Default for ApprovalPolicy {
    /// One person who is not the requester, by any kind, within a day.
    fn default() -> Self {
        ApprovalPolicy {
            accept: vec![ApprovalKind::Terminal, ApprovalKind::Callback, ApprovalKind::Webhook, ApprovalKind::Key],
            required: 1,
            approvers: Vec::new(),
            exclude_requester: true,
            max_age: Duration::from_secs(24 * 60 * 60),
        }
    }
}

impl ApprovalPolicy {
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
        let only_key = self.accept == [ApprovalKind::Key];
        let able = self.approvers.iter().filter(|a| !only_key || a.key.is_some()).count();
        let unsatisfiable = if self.approvers.is_empty() { only_key } else { able < self.required };
        if unsatisfiable {
            return Err(Error::invalid(format!(
                "{} approval(s) are required and only {able} of the named approvers can give one",
                self.required
            ))
            .hint("name more approvers, with their keys where only signed approvals are accepted"));
        }
        for (i, approver) in self.approvers.iter().enumerate() {
            if self.approvers[..i].iter().any(|other| same_person(&other.name, &approver.name)) {
                return Err(Error::invalid(format!("the approver {:?} is named twice", approver.name)));
            }
            let shared = |other: &Approver| match (&other.key, &approver.key) {
                (Some(a), Some(b)) => a.fingerprint() == b.fingerprint(),
                _ => false,
            };
            if self.approvers[..i].iter().any(shared) {
                return Err(Error::invalid(format!("the key of {:?} is another approver's too", approver.name)));
            }
        }
        Ok(())
    }
}

/// Names are compared without regard to case, so that one person does not count as two.
pub(super) fn same_person(a: &str, b: &str) -> bool {
    a.trim().to_lowercase() == b.trim().to_lowercase()
}
