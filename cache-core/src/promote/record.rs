//! The promotion record: a signed statement, attached to the image that was promoted.

use bytes::Bytes;
use serde::Serialize;
use serde_json::json;

use crate::approve::{ApprovalKind, Approved};
use crate::error::Result;
use crate::model::manifest::media_type;
use crate::model::{Descriptor, Digest, Manifest, Pinned, Reference, Timestamp};
use crate::sign::{BUNDLE_V03, Statement};

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
    let approver = |a: &'_ crate::approve::Approval| (a.digest().clone(), a.approver().to_owned(), a.kind(), a.at());
    let approvals: Vec<_> = approved.approvals().iter().map(approver).collect();
    let promotion = Promotion {
        plan: plan.digest(),
        environment: &plan.environment,
        requester: &plan.requester,
        from: &plan.image,
        to: &plan.to,
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

/// The artifact that attaches a bundle to its subject, as cosign writes it: one layer, an empty configuration, a subject.
/// Returns the manifest and its two blobs.
pub(super) fn artifact(
    bundle: Vec<u8>,
    predicate_type: &str,
    subject: &Descriptor,
    at: Timestamp,
) -> Result<(Manifest, [Bytes; 2])> {
    let (config, layer) = (Bytes::from_static(b"{}"), Bytes::from(bundle));
    let document = json!({
        "schemaVersion": 2,
        "mediaType": media_type::OCI_MANIFEST,
        "artifactType": BUNDLE_V03,
        "config": Descriptor::of(media_type::OCI_EMPTY, &config),
        "layers": [Descriptor::of(BUNDLE_V03, &layer)],
        "subject": Descriptor::new(&subject.media_type, subject.digest.clone(), subject.size),
        "annotations": {
            "dev.sigstore.bundle.content": "dsse-envelope",
            "dev.sigstore.bundle.predicateType": predicate_type,
            "org.opencontainers.image.created": at,
        },
    });
    let bytes = crate::model::Raw::canonical(document)?.bytes().clone();
    Ok((Manifest::parse(bytes, None)?, [config, layer]))
}
