//! Which approvals count.

use std::sync::Arc;
use std::time::Duration;

use super::approval::ApprovalKind;
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
    /// Whether the person who asked for the plan does not count.
    pub exclude_requester: bool,
    /// How old an approval may be.
    pub max_age: Duration,
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
    /// Who the person is to providers of identities: a keyless signature by one of these proves that it is this person. With
    /// neither a key nor one of these, only kinds that prove less can count.
    pub identities: Vec<IdentityRule>,
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
            exclude_requester: true,
            max_age: Duration::from_secs(24 * 60 * 60),
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
        let only_signed = self.accept.iter().all(|kind| matches!(kind, ApprovalKind::Key | ApprovalKind::Keyless));
        let able = self.approvers.iter().filter(|approver| !only_signed || self.can_sign(approver)).count();
        let unsatisfiable = if self.approvers.is_empty() { only_signed } else { able < self.required };
        if unsatisfiable {
            return Err(Error::invalid(format!(
                "{} approval(s) are required and only {able} of the named approvers can give one",
                self.required
            ))
            .hint("name more approvers, with their keys or identities where only signed approvals are accepted"));
        }
        for (i, approver) in self.approvers.iter().enumerate() {
            for other in &self.approvers[..i] {
                approver.expect_another(other)?;
            }
        }
        Ok(())
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

/// Names are compared without regard to case, so that one person does not count as two.
pub(super) fn same_person(a: &str, b: &str) -> bool {
    a.trim().to_lowercase() == b.trim().to_lowercase()
}
