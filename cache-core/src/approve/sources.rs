//! Where approvals come from.

use std::io::{BufRead, Write};

use super::approval::{Approval, ApprovalKind, Decision, Signed};
use super::permit::Permit;
use super::words::Worded;
use crate::error::{Error, Result};
use crate::model::{Identity, Timestamp};
use crate::plan::Plan;
use crate::sign::{IN_TOTO_PAYLOAD, Sign, Signer};

/// What a person answered when shown a plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// Yes or no.
    pub decision: Decision,
    /// Who the person is.
    pub approver: String,
    /// What the person added, of at most [`MAX_COMMENT`](super::MAX_COMMENT) characters.
    pub comment: Option<String>,
    /// Until when the person's approval counts, where that is earlier than the policy says; a denial counts for ever.
    pub expires: Option<Timestamp>,
    /// What the application knows this answer by, such as the address of a review. Each approval is another one, also where an
    /// application tells of the same answer again; with a reference it is the same, of this person to this plan, and used once.
    pub reference: Option<String>,
}

impl Answer {
    /// This answer of this person.
    pub fn new(decision: Decision, approver: impl Into<String>) -> Self {
        Answer { decision, approver: approver.into(), comment: None, expires: None, reference: None }
    }

    /// Yes.
    pub fn approve(approver: impl Into<String>) -> Self {
        Answer::new(Decision::Approve, approver)
    }

    /// No.
    pub fn deny(approver: impl Into<String>) -> Self {
        Answer::new(Decision::Deny, approver)
    }

    /// The same, where the person added this.
    #[must_use]
    pub fn saying(self, comment: impl Into<String>) -> Self {
        Answer { comment: Some(comment.into()), ..self }
    }

    /// The same, where it counts until then and no longer.
    #[must_use]
    pub fn until(self, expires: Timestamp) -> Self {
        Answer { expires: Some(expires), ..self }
    }

    /// The same, which the application knows by this.
    #[must_use]
    pub fn known_by(self, reference: impl Into<String>) -> Self {
        Answer { reference: Some(reference.into()), ..self }
    }
}

/// Shows the plan on `output` and asks on `input` for the first eight characters of its digest, so that nobody approves by
/// habit. `until` and a time may follow, after which the approval counts no longer, then a colon and a comment. Anything else
/// is a denial; so is the end of the input.
///
/// `approver` is the name of the person at the terminal, normally the operating system's user.
///
/// # Errors
/// `Unexpected` where the terminal cannot be read or written.
pub fn ask_on_terminal(
    plan: &Plan,
    approver: &str,
    now: Timestamp,
    input: &mut dyn BufRead,
    output: &mut dyn Write,
) -> Result<Approval> {
    let failed = |e: std::io::Error| Error::unexpected("the terminal failed").caused_by(e);
    let wanted = &plan.digest().hex()[..8];
    writeln!(output, "{}", plan.render()).map_err(failed)?;
    let more = "if you like with \"until TIME\" and with a colon and a comment after it";
    write!(output, "Approve as {approver}? Type {wanted} to approve, {more}, anything else to deny: ")
        .map_err(failed)?;
    output.flush().map_err(failed)?;
    let mut line = String::new();
    input.read_line(&mut line).map_err(failed)?;
    let answer = match Worded::read(&line).filter(|worded| worded.plan == wanted) {
        Some(Worded { expires, comment, .. }) => Answer { expires, comment, ..Answer::approve(approver) },
        None => Answer::deny(approver),
    };
    unsigned(plan, ApprovalKind::Terminal, answer, now)
}

/// Hands the plan to the host application, which asks a person its own way. The approval says that it is host-asserted.
///
/// # Errors
/// Whatever `ask` returns; `Invalid` where the answer names nobody.
pub fn by_callback(plan: &Plan, now: Timestamp, ask: impl FnOnce(&Plan) -> Result<Answer>) -> Result<Approval> {
    let answer = ask(plan)?;
    unsigned(plan, ApprovalKind::Callback, answer, now)
}

/// What a chat brought, whose request was verified.
///
/// # Errors
/// `Invalid` where the answer names nobody.
pub(crate) fn by_webhook(plan: &Plan, answer: Answer, now: Timestamp) -> Result<Approval> {
    unsigned(plan, ApprovalKind::Webhook, answer, now)
}

fn unsigned(plan: &Plan, kind: ApprovalKind, answer: Answer, now: Timestamp) -> Result<Approval> {
    Ok(Approval { body: Approval::body(plan.digest(), kind, answer, now)?, signed: None })
}

/// Signs the answer as the person: with a key, or keyless. It needs the plan and the signer and nothing else, so it can be done
/// on another machine, with the plan's file.
///
/// # Errors
/// What the signer says; `Invalid` where the answer names nobody.
pub async fn by_signature(plan: &Plan, answer: Answer, signer: &dyn Signer, now: Timestamp) -> Result<Approval> {
    let identity = signer.identity();
    let kind = match identity {
        Identity::Certificate { .. } => ApprovalKind::Keyless,
        Identity::Key { .. } => ApprovalKind::Key,
    };
    let body = Approval::body(plan.digest(), kind, answer, now)?;
    // The one permit that no plan gives: a person's leave to sign that very answer.
    let op = Sign { signer: identity, payload_type: Some(IN_TOTO_PAYLOAD.to_owned()), payload: body.bytes().clone() };
    let bundle = signer.sign(Permit::new(op)).await?;
    let envelope = bundle.envelope().cloned();
    let envelope = envelope.ok_or_else(|| Error::unsupported("the signer does not make DSSE envelopes"))?;
    let signed = match kind {
        ApprovalKind::Keyless => Signed::Keyless(bundle),
        _ => Signed::Key(envelope),
    };
    Ok(Approval { body, signed: Some(signed) })
}
