//! What retention reads of the record of a promotion.
//!
//! A later version may write more into it, in the record as in what it is signed in; here only a few fields count, and none is
//! trusted. Who relies on a record reads it whole, and strictly: [`PromotionRecord`](crate::promote::PromotionRecord).

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::error::{Error, Result};
use crate::model::{Descriptor, Digest, Manifest, ManifestBody, Reference, Repository, Timestamp};
use crate::promote::{BREAK_GLASS_TYPE, PROMOTION_TYPE};
use crate::sign::Envelope;

/// The largest record that is read.
pub(super) const MAX_RECORD: u64 = 4 << 20;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Bundle {
    dsse_envelope: Box<RawValue>,
}

#[derive(Deserialize)]
struct Statement {
    predicate: Record,
}

#[derive(Deserialize)]
struct Record {
    to: Reference,
    #[serde(default)]
    replaced: Option<Digest>,
    #[serde(default)]
    rollback: bool,
    at: Timestamp,
}

/// Whether a manifest says that it is the record of a promotion.
pub(super) fn is_record(manifest: &Manifest) -> bool {
    let kind = manifest.annotations().get("dev.sigstore.bundle.predicateType");
    kind.is_some_and(|kind| [PROMOTION_TYPE, BREAK_GLASS_TYPE].contains(&kind.as_str()))
}

/// Where the record itself is.
///
/// # Errors
/// `Invalid` where it is nowhere, or too large.
pub(super) fn document(manifest: &Manifest) -> Result<&Descriptor> {
    let layer = match manifest.value() {
        ManifestBody::Image(image) => image.layers.first(),
        ManifestBody::Index(_) => None,
    };
    let layer = layer.ok_or_else(|| Error::invalid("it has no document"))?;
    if layer.size > MAX_RECORD {
        let size = layer.size;
        return Err(Error::invalid(format!("it has {size} bytes; at most {MAX_RECORD} are read")));
    }
    Ok(layer)
}

/// What a tag of this repository named before the promotion, and when that was; `None` where it named nothing, the tag is
/// another repository's, or it was put back.
///
/// # Errors
/// `Invalid` where that is not to be seen.
pub(super) fn replaced(bundle: &[u8], repository: &Repository) -> Result<Option<(Digest, Timestamp)>> {
    let invalid = |error: serde_json::Error| Error::invalid(error.to_string()).caused_by(error);
    let bundle: Bundle = serde_json::from_slice(bundle).map_err(invalid)?;
    let envelope = Envelope::parse(bundle.dsse_envelope.get().as_bytes())?;
    let Statement { predicate } = serde_json::from_slice(envelope.payload()).map_err(invalid)?;
    let counts = !predicate.rollback && predicate.to.repository == *repository;
    Ok(predicate.replaced.filter(|_| counts).map(|before| (before, predicate.at)))
}

/// The error where a record cannot be read: it would keep an image, and nobody knows which.
pub(super) fn unread(error: Error, repository: &Repository, manifest: &Manifest) -> Error {
    Error::new(error.kind(), format!("the record of a promotion cannot be read: {}", error.message()))
        .context("record", repository.at(manifest.digest().clone()))
        .hint("make the plan with the version that wrote it; what is no record has to be deleted first")
        .caused_by(error)
}
