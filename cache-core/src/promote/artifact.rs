//! The manifests that attach something to an image (OCI image specification, "Guidelines for Artifact Usage").

use std::collections::BTreeMap;

use bytes::Bytes;
use serde_json::json;

use crate::error::Result;
use crate::model::manifest::media_type;
use crate::model::{Descriptor, Manifest, Raw, Timestamp};

/// An artifact with one file and an empty configuration, about `subject`. Returns the manifest and its two blobs.
pub(super) fn artifact(
    kind: &str,
    file: Bytes,
    subject: &Descriptor,
    annotations: BTreeMap<&str, String>,
) -> Result<(Manifest, [Bytes; 2])> {
    let config = Bytes::from_static(b"{}");
    let document = json!({
        "schemaVersion": 2,
        "mediaType": media_type::OCI_MANIFEST,
        "artifactType": kind,
        "config": Descriptor::of(media_type::OCI_EMPTY, &config),
        "layers": [Descriptor::of(kind, &file)],
        "subject": Descriptor::new(&subject.media_type, subject.digest.clone(), subject.size),
        "annotations": annotations,
    });
    Ok((Manifest::parse(Raw::canonical(document)?.bytes().clone(), None)?, [config, file]))
}

/// The artifact of a document that is attached as it is: always the same, so that its digest is known beforehand.
pub(super) fn document_artifact(
    media_type: &str,
    document: Bytes,
    subject: &Descriptor,
) -> Result<(Manifest, [Bytes; 2])> {
    artifact(media_type, document, subject, BTreeMap::new())
}

/// What cosign writes beside a bundle, for readers that choose by annotation.
pub(super) fn bundle_annotations(predicate_type: &str, at: Timestamp) -> BTreeMap<&'static str, String> {
    BTreeMap::from([
        ("dev.sigstore.bundle.content", "dsse-envelope".to_owned()),
        ("dev.sigstore.bundle.predicateType", predicate_type.to_owned()),
        ("org.opencontainers.image.created", at.to_string()),
    ])
}
