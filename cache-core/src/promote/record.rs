//! The promotion record: a signed statement, attached to the image that was promoted.

use bytes::Bytes;
use serde::Serialize;

use crate::approve::{ApprovalKind, Approved};
use crate::error::{Error, Result};
use crate::model::{Digest, Pinned, Reference, Timestamp};
use crate::plan::Purpose;
use crate::sign::Statement;

/// The predicate type of a promotion record. Its JSON Schema is `docs/schema/promotion-v1.json`.
pub const PROMOTION_TYPE: &str = "https://docs.rs/cache-core/promotion/v1";

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Promotion<'a> {
    plan: &'a Digest,
    environment: &'a str,
    requester: &'a str,
    from: &'a Pinned,
    to: &'a Reference,
    #[serde(skip_serializing_if = "Option::is_none")]
    policy: Option<&'a Digest>,
    verdicts: Vec<Judged<'a>>,
    approvals: Vec<Approver<'a>>,
    at: Timestamp,
}

#[derive(Serialize)]
struct Judged<'a> {
    gate: &'a str,
    outcome: crate::model::Outcome,
}

#[derive(Serialize)]
struct Approver<'a> {
    approval: &'a Digest,
    approver: &'a str,
    kind: ApprovalKind,
    at: Timestamp,
}

/// The statement about `subject` that records the execution of the plan.
pub(super) fn statement(approved: &Approved, subject: &Digest, at: Timestamp) -> Result<Bytes> {
    let plan = approved.plan();
    let Purpose::Promotion { image, to, .. } = &plan.purpose else {
        return Err(Error::invalid("the plan is no promotion").context("plan", plan.digest()));
    };
    let approver = |a: &'_ crate::approve::Approval| (a.digest().clone(), a.approver().to_owned(), a.kind(), a.at());
    let approvals: Vec<_> = approved.approvals().iter().map(approver).collect();
    let promotion = Promotion {
        plan: plan.digest(),
        environment: &plan.environment,
        requester: &plan.requester,
        from: image,
        to,
        policy: plan.policy.as_ref(),
        verdicts: plan.verdicts.iter().map(|v| Judged { gate: &v.gate, outcome: v.outcome }).collect(),
        approvals: approvals
            .iter()
            .map(|(approval, approver, kind, at)| Approver { approval, approver, kind: *kind, at: *at })
            .collect(),
        at,
    };
    Statement::write(subject, PROMOTION_TYPE, &promotion)
}
