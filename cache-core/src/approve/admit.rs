//! From a plan and its approvals to the power to execute it.

use super::approval::{Approval, ApprovalKind, Decision, Signed};
use super::freeze::Freeze;
use super::names::same_person;
use super::permit::Permit;
use super::policy::{ApprovalPolicy, Approver, listed};
use super::quorum::lacking;
use crate::error::{Error, Result};
use crate::model::Timestamp;
use crate::plan::{AddLayers, Administer, Attach, Change, CopyManifest, Delete, Plan, SetTag};
use crate::sign::{Bundle, Trust, Trusted};

/// A plan that enough people approved. Made by [`ApprovalPolicy::admit`] only, consumed by
/// [`Promoter::execute`](crate::promote::Promoter::execute) or
/// [`Administrator::execute`](crate::administer::Administrator::execute).
#[derive(Debug)]
pub struct Approved {
    plan: Plan,
    approvals: Vec<Approval>,
    ignored: Vec<String>,
    freezes: Vec<Freeze>,
}

impl Approved {
    /// The plan.
    pub fn plan(&self) -> &Plan {
        &self.plan
    }

    /// The approvals that counted.
    pub fn approvals(&self) -> &[Approval] {
        &self.approvals
    }

    /// The approvals that did not count, each with the reason.
    pub fn ignored(&self) -> &[String] {
        &self.ignored
    }

    /// Whether this is a time to begin.
    ///
    /// # Errors
    /// `Unapproved` where the environment is frozen, with the window and its end, or it is too late.
    pub(crate) fn expect_now(&self, now: Timestamp) -> Result<()> {
        let frozen = self.freezes.iter().filter_map(|freeze| freeze.at(now)).max_by_key(|frozen| frozen.until);
        if let Some(frozen) = frozen {
            return Err(Error::unapproved("the environment is frozen")
                .context("environment", &self.plan.environment)
                .context("plan", self.plan.digest())
                .context("window", frozen.window)
                .context("until", frozen.until)
                .context("there", frozen.there)
                .hint("the same approvals count afterwards, as long as they are not too old"));
        }
        if let Some(why) = self.approvals.iter().find_map(|approval| lapsed(approval, now)) {
            return Err(Error::unapproved("an approval on which the plan was admitted has expired")
                .context("plan", self.plan.digest())
                .context("expired", why));
        }
        self.plan.deadlines.expect_in_time(now).map_err(|e| e.context("plan", self.plan.digest()))
    }

    /// Leave to make each change of the plan, in its order.
    pub(crate) fn permits(&self) -> Vec<Permitted<'_>> {
        let permit = |change: &Change| match change.clone() {
            Change::Copy(op) => Permitted::Copy(Permit::new(op)),
            Change::Attach(op) => Permitted::Attach(Permit::new(*op)),
            Change::AddLayers(op) => Permitted::AddLayers(Permit::new(op)),
            Change::SetTag(op) => Permitted::SetTag(Permit::new(op)),
            Change::Delete(op) => Permitted::Delete(Permit::new(op)),
            Change::Administer(op) => Permitted::Administer(Permit::new(*op)),
        };
        self.plan.changes.iter().map(permit).collect()
    }
}

/// Leave to make one change.
#[derive(Debug)]
pub(crate) enum Permitted<'a> {
    Copy(Permit<'a, CopyManifest>),
    Attach(Permit<'a, Attach>),
    AddLayers(Permit<'a, AddLayers>),
    SetTag(Permit<'a, SetTag>),
    Delete(Permit<'a, Delete>),
    Administer(Permit<'a, Administer>),
}

impl ApprovalPolicy {
    /// Admits a plan on the word of the people who approved it.
    ///
    /// Every approval given is looked at. One that does not count is named with the reason, in the error or by
    /// [`Approved::ignored`]; a denial by anyone who may approve stops the plan. A freeze does not: people may approve while the
    /// environment is frozen, and the plan is executed afterwards.
    ///
    /// # Errors
    /// `Unapproved`, with one line per approval that did not count and what groups lack; `Invalid` where the policy cannot be satisfied,
    /// or the changes of the plan are not what it says it is for.
    pub fn admit(&self, plan: Plan, approvals: Vec<Approval>, now: Timestamp) -> Result<Approved> {
        self.check()?;
        plan.expect_consistent()?;
        let mut counted: Vec<Approval> = Vec::new();
        let mut ignored: Vec<String> = Vec::new();
        for approval in approvals {
            match self.person(&plan, &approval, now) {
                Err(why) => {
                    ignored.push(format!("{} approval by {}: {why}", approval.kind().as_str(), approval.approver()))
                }
                Ok(person) if approval.decision() == Decision::Deny => {
                    return Err(refused(&plan, format!("{person} denied the plan"), &ignored));
                }
                Ok(person) => {
                    if counted.iter().any(|other| same_person(other.approver(), &person)) {
                        ignored.push(format!("a second approval by {person}: a person counts once"));
                    } else {
                        counted.push(approval);
                    }
                }
            }
        }
        let people: Vec<&str> = counted.iter().map(Approval::approver).collect();
        let lacking = lacking(&self.groups, &people);
        if counted.len() < self.required || !lacking.is_empty() {
            let mut message = format!("{} of {} required approvals", counted.len(), self.required);
            if !lacking.is_empty() {
                message = format!("{message}; {}", listed(&lacking));
            }
            let error = refused(&plan, message, &ignored);
            let others = |approver: &Approver| !same_person(&approver.name, &plan.requester);
            return Err(match self.unsatisfied_by(others).filter(|_| self.exclude_requester) {
                Some(_) => error.hint("without the requester there are too few approvers: let somebody else ask"),
                None => error,
            });
        }
        Ok(Approved { plan, approvals: counted, ignored, freezes: self.freezes.clone() })
    }

    /// The person behind an approval that counts, or why it does not.
    fn person(&self, plan: &Plan, approval: &Approval, now: Timestamp) -> Result<String, String> {
        if approval.plan() != plan.digest() {
            return Err(format!("it is for another plan, {}", approval.plan().short()));
        }
        if !self.accept.contains(&approval.kind()) {
            return Err(format!("{} approvals do not count here", approval.kind().as_str()));
        }
        let (person, proven) = match approval.kind() {
            ApprovalKind::Key | ApprovalKind::Keyless => {
                let (signer, proven) = self.signer(plan, approval)?;
                // The name in the statement is only a claim.
                if !same_person(&signer.name, approval.approver()) {
                    return Err(format!("it is signed by {}", signer.name));
                }
                (signer.name.clone(), proven)
            }
            ApprovalKind::Terminal | ApprovalKind::Callback | ApprovalKind::Webhook => {
                let listed = |a: &&Approver| same_person(&a.name, approval.approver());
                match self.approvers.iter().find(listed) {
                    // Else the key would prove nothing: any application could say that it was this person. Whoever says no
                    // is heard all the same.
                    Some(approver) if approver.is_proven() && approval.decision() == Decision::Approve => {
                        return Err(format!("the policy knows {} by a signature, and by that alone", approver.name));
                    }
                    Some(approver) => (approver.name.clone(), None),
                    None if self.approvers.is_empty() => (approval.approver().to_owned(), None),
                    None => return Err("not one of the approvers".into()),
                }
            }
        };
        // A denial counts whoever asked and however old it is.
        if approval.decision() == Decision::Deny {
            return Ok(person);
        }
        if self.exclude_requester && same_person(&person, &plan.requester) {
            return Err("the requester may not approve".into());
        }
        if approval.at().unix() > now.unix() + CLOCK_SKEW {
            return Err(format!("it is dated in the future, {}", approval.at()));
        }
        if let Some(proven) = proven.filter(|proven| proven.unix().abs_diff(approval.at().unix()) > PROVEN_WITHIN) {
            let at = approval.at();
            return Err(format!("it is dated {at}, and was signed by {proven}: more than {PROVEN_WITHIN} s apart"));
        }
        if let Some(by) = plan.deadlines.approve_by.filter(|by| approval.at() > *by) {
            return Err(format!("it came too late: given {}, to be given by {by}", approval.at()));
        }
        if now.since(approval.at()) > self.max_age {
            return Err(format!("it expired: given {}, older than {} s", approval.at(), self.max_age.as_secs()));
        }
        lapsed(approval, now).map_or(Ok(person), Err)
    }

    /// The approver whose signature it is, and the instant by which it is proven to have been made.
    fn signer(&self, plan: &Plan, approval: &Approval) -> Result<(&Approver, Option<Timestamp>), String> {
        match &approval.signed {
            Some(Signed::Key(envelope)) => {
                let owns = |approver: &&Approver| approver.key.as_ref().is_some_and(|key| envelope.verify(key).is_ok());
                let owner = self.approvers.iter().find(owns);
                owner.map(|owner| (owner, None)).ok_or_else(|| "the signature is by no key of an approver".to_owned())
            }
            Some(Signed::Keyless(bundle)) => self.certified(plan, bundle),
            None => Err("it is not signed".to_owned()),
        }
    }

    /// The approver whom the certificate names. Where that could be several, nobody knows how many people they are.
    fn certified(&self, plan: &Plan, bundle: &Bundle) -> Result<(&Approver, Option<Timestamp>), String> {
        let root = self.root.as_ref().ok_or("there is no trusted root that keyless approvals are traced back to")?;
        let able: Vec<_> = self.approvers.iter().filter(|approver| !approver.identities.is_empty()).collect();
        let trusted = |approver: &&Approver| {
            let trusted = Trusted::identities(&approver.name, approver.identities.clone(), root.clone());
            trusted.demanding(self.demands.clone(), root.clone())
        };
        if able.is_empty() {
            return Err("no approver is known by an identity".to_owned());
        }
        let trust = Trust::in_all(able.iter().map(trusted).collect());
        let verified = trust.verify_bundle(bundle, plan.digest()).map_err(|error| error.to_string())?;
        let accepted = verified.accepted();
        let mut named = able.into_iter().filter(|approver| accepted.contains(&approver.name));
        match (named.next(), named.next()) {
            (Some(approver), None) => Ok((approver, verified.proven_at())),
            _ => Err(format!("the certificate is that of several approvers: {}", accepted.join(", "))),
        }
    }
}

/// How far the clocks of two machines may differ, in seconds.
const CLOCK_SKEW: i64 = 60;
/// How far the time that a keyless approval states may be from the time that is proven, in seconds. It is stated before the
/// person logs in, and a certificate is valid for as long.
const PROVEN_WITHIN: u64 = 600;

/// Why an approval counts no longer, where it is past the time that its approver set.
fn lapsed(approval: &Approval, now: Timestamp) -> Option<String> {
    let by = approval.expires().filter(|by| now > *by)?;
    Some(format!("{} let it count until {by}, and no longer", approval.approver()))
}

fn refused(plan: &Plan, message: String, ignored: &[String]) -> Error {
    let mut error = Error::unapproved(message).context("plan", plan.digest());
    for line in ignored {
        error = error.context("ignored", line);
    }
    error
}
