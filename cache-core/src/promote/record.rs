//! What is signed and attached to an image when it is promoted: the promotion record, and a summary of the gates for those who
//! know SLSA.

use std::collections::BTreeSet;

use bytes::Bytes;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::approve::{Approval, ApprovalKind, Approved};
use crate::error::{Error, Result};
use crate::execute::{Entry, Event, Journal};
use crate::gate::PROMOTION_TYPE;
use crate::model::{Digest, Outcome, Pinned, Raw, Reference, Timestamp, Verdict};
use crate::plan::{BreakGlass, Change, Expected, Purpose};
use crate::sign::{ResourceDescriptor, Statement};

/// The predicate type of the record of a promotion that overruled a gate. It has the fields of a [`PromotionRecord`], and
/// satisfies no gate.
pub const BREAK_GLASS_TYPE: &str = "https://docs.rs/cache-core/break-glass/v1";
/// The predicate type of a SLSA verification summary. It is attached where a policy document was applied, which the summary is
/// of.
pub const VSA_TYPE: &str = "https://slsa.dev/verification_summary/v1";

/// The predicate of a promotion record: [`PROMOTION_TYPE`] or [`BREAK_GLASS_TYPE`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PromotionRecord {
    /// The plan that was executed.
    pub plan: Digest,
    /// The environment that the image entered.
    pub environment: String,
    /// Who asked for it.
    pub requester: String,
    /// Whence it came.
    pub from: Pinned,
    /// The reference that it got.
    pub to: Reference,
    /// What that reference named before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replaced: Option<Digest>,
    /// Whether the image was there before, and the tag was put back to it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub rollback: bool,
    /// Why it was done although a gate refused the image.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub break_glass: Option<BreakGlass>,
    /// The policy document that the gates applied.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub policy: Option<Digest>,
    /// What the gates said.
    pub verdicts: Vec<GateOutcome>,
    /// When they said so again, right before it was done, and of what; `None` where they could not be asked the same again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub judged: Option<Judged>,
    /// Who approved it.
    pub approvals: Vec<ApprovalRecord>,
    /// The last line of the plan's [journal](Journal) before the record was written, by digest: it holds the journal to all that was
    /// done until then. What comes later, the writing of the record itself and the setting of the tag, only the receipt can name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub journal: Option<Digest>,
    /// When it was done.
    pub at: Timestamp,
}

/// What one gate said.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GateOutcome {
    /// The name of the gate.
    pub gate: String,
    /// Its outcome.
    pub outcome: Outcome,
    /// The digest of the whole verdict, as canonical JSON.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub verdict: Option<Digest>,
}

/// When gates judged, and of what.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Judged {
    /// The instant at which they judged.
    pub at: Timestamp,
    /// Every piece of evidence that they were given, by the digest of its bytes.
    pub evidence: BTreeSet<Digest>,
}

/// One approval.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ApprovalRecord {
    /// The digest of the approval.
    pub approval: Digest,
    /// Who gave it.
    pub approver: String,
    /// How it was given, which says how much it proves.
    pub kind: ApprovalKind,
    /// When it was given.
    pub at: Timestamp,
    /// What the person added. Where the [kind](ApprovalKind::is_signed) is no signature, the application says that it was said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
    /// Until when it counted, where the person said so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires: Option<Timestamp>,
    /// What the application that asked knows the answer by.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reference: Option<String>,
}

impl PromotionRecord {
    pub(super) fn of(approved: &Approved, judged: Option<&Judged>, journal: &Digest, at: Timestamp) -> Result<Self> {
        let plan = approved.plan();
        let (image, to, rollback) = match &plan.purpose {
            Purpose::Promotion { image, to, .. } => (image, to, false),
            Purpose::Rollback { image, to } => (image, to, true),
            Purpose::Attaching { .. }
            | Purpose::Upkeep { .. }
            | Purpose::Retention { .. }
            | Purpose::Restoring { .. } => {
                return Err(Error::invalid("the plan is no promotion").context("plan", plan.digest()));
            }
        };
        let replaced = plan.changes.iter().find_map(|change| match change {
            Change::SetTag(set) if set.repository == to.repository && Some(&set.tag) == to.tag.as_ref() => {
                if let Expected::At(digest) = &set.expected {
                    Some(digest.clone())
                } else {
                    None
                }
            }
            _ => None,
        });
        let outcome = |v: &Verdict| {
            let (gate, verdict) = (v.gate.clone(), Some(digest_of(v)?));
            Ok(GateOutcome { gate, outcome: v.outcome, verdict })
        };
        let approval = |a: &Approval| ApprovalRecord {
            approval: a.digest().clone(),
            approver: a.approver().to_owned(),
            kind: a.kind(),
            at: a.at(),
            comment: a.comment().map(str::to_owned),
            expires: a.expires(),
            reference: a.reference().map(str::to_owned),
        };
        Ok(PromotionRecord {
            plan: plan.digest().clone(),
            environment: plan.environment.clone(),
            requester: plan.requester.clone(),
            from: image.clone(),
            to: to.clone(),
            replaced,
            rollback,
            break_glass: plan.break_glass.clone(),
            policy: plan.policy.clone(),
            verdicts: plan.verdicts.iter().map(outcome).collect::<Result<_>>()?,
            judged: judged.cloned(),
            approvals: approved.approvals().iter().map(approval).collect(),
            journal: Some(journal.clone()),
            at,
        })
    }

    /// Checks that this is the journal of the execution that left the record: it has the line that the record names, which is of
    /// the same plan, and the execution that this line belongs to began on the approvals that the record names. Gives the lines
    /// that the record holds; others may follow.
    ///
    /// # Errors
    /// `Untrusted` where it is another journal, or lines are not there; `Unsupported` where the record names no line.
    pub fn expect_journal<'j>(&self, journal: &'j Journal) -> Result<&'j [Entry]> {
        let untrusted =
            |why: &str| Error::untrusted(why).context("record of", &self.plan).context("plan", journal.plan());
        if *journal.plan() != self.plan {
            return Err(untrusted("the journal is of another plan than the record"));
        }
        let known =
            self.journal.as_ref().ok_or_else(|| Error::unsupported("the record names no line of the journal"))?;
        let held = journal.expect(known)?;
        let began = held.iter().rev().find_map(|entry| match &entry.event {
            Event::Began { approvals } => Some(approvals),
            Event::Step(_) | Event::Ended { .. } => None,
        });
        if began.is_some_and(|approvals| approvals.iter().eq(self.approvals.iter().map(|it| &it.approval))) {
            return Ok(held);
        }
        Err(untrusted("the journal says that the plan was executed on other approvals"))
    }

    /// Reads a record; `None` where the statement is none.
    pub(crate) fn read(statement: &Statement) -> Option<Self> {
        let is_record = matches!(statement.predicate_type.as_str(), PROMOTION_TYPE | BREAK_GLASS_TYPE);
        is_record.then(|| statement.predicate().ok()).flatten()
    }
}

/// The types of what is attached when a plan is executed, in this order. Where a gate was overruled, there is no summary that
/// says that all passed.
pub(super) fn types(policy: Option<&Digest>, break_glass: bool) -> impl Iterator<Item = &'static str> {
    let record = if break_glass { BREAK_GLASS_TYPE } else { PROMOTION_TYPE };
    std::iter::once(record).chain(policy.filter(|_| !break_glass).map(|_| VSA_TYPE))
}

/// The digest by which a record names a verdict.
pub(super) fn digest_of(verdict: &Verdict) -> Result<Digest> {
    Ok(Raw::canonical(verdict)?.digest().clone())
}

/// The statement of this type about `subject` that records the execution of the plan.
pub(super) fn statement(kind: &str, approved: &Approved, record: &PromotionRecord, subject: &Digest) -> Result<Bytes> {
    match kind {
        PROMOTION_TYPE | BREAK_GLASS_TYPE => Statement::write(subject, kind, record),
        VSA_TYPE => Statement::write(subject, VSA_TYPE, &summary(approved, record)),
        _ => Err(Error::invalid("the plan attaches a statement without a predicate").context("type", kind)),
    }
}

/// The plan that a record or a summary is about.
pub(super) fn plan_of(statement: &Statement) -> Result<Option<String>> {
    let predicate = || statement.predicate::<Value>();
    let text = |value: &Value| value.as_str().map(str::to_owned);
    Ok(match statement.predicate_type.as_str() {
        PROMOTION_TYPE | BREAK_GLASS_TYPE => text(&predicate()?["plan"]),
        VSA_TYPE => {
            let predicate = predicate()?;
            let inputs = predicate["inputAttestations"].as_array().into_iter().flatten();
            let plan = inputs.filter(|input| input["uri"] == PLAN).find_map(|input| input["digest"]["sha256"].as_str());
            plan.map(|hex| format!("sha256:{hex}"))
        }
        _ => None,
    })
}

/// Names the plan among the inputs of a summary.
const PLAN: &str = "urn:cache:plan";

/// The summary, by SLSA 1.0's "Verification Summary Attestation". The inputs are the plan, the approvals, and what the gates
/// looked at. No track of SLSA was evaluated, and it says so.
fn summary(approved: &Approved, record: &PromotionRecord) -> Value {
    let input = |uri: &str, digest: &Digest| json!({"uri": uri, "digest": ResourceDescriptor::of(digest).digest});
    let mut inputs = vec![input(PLAN, &record.plan)];
    inputs.extend(record.approvals.iter().map(|approval| input("urn:cache:approval", &approval.approval)));
    let mut seen: Vec<_> = approved.plan().verdicts.iter().flat_map(|verdict| &verdict.looked_at).collect();
    seen.sort();
    seen.dedup();
    inputs.extend(seen.into_iter().map(|evidence| input(&format!("urn:cache:{}", evidence.what), &evidence.digest)));
    json!({
        "verifier": {"id": "https://docs.rs/cache-core"},
        "timeVerified": record.at,
        "resourceUri": record.to,
        "policy": record.policy.as_ref().map(|policy| json!({"digest": ResourceDescriptor::of(policy).digest})),
        "inputAttestations": inputs,
        "verificationResult": "PASSED",
        "verifiedLevels": ["SLSA_BUILD_LEVEL_UNEVALUATED"],
        "slsaVersion": "1.0",
    })
}
