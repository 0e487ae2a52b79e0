//! What is attached to an image already, so that nothing is attached a second time.
//!
//! A statement that is signed anew has other bytes and another digest each time, so digests alone cannot tell. The rule:
//! - a document is there where an artifact about the image has a layer of its media type and digest;
//! - a statement is there where one about the image verifies, with the same predicate type, the same predicate (compared as
//!   canonical JSON), the same annotations, the same signer and in the same form. What does not verify is not there: nobody
//!   can keep an attestation away by putting a forgery in its place. A signer's own statements verify here whether or not it
//!   is trusted: this is about what it has done, not about what that is worth;
//! - cosign's older signature (`.sig`) is another form than the bundle that is asked for, and does not stand in for it;
//! - a promotion record or its summary is there where one verifies that is about the same plan.
//!
//! No more signatures are tried for an image than where evidence is gathered; what comes after them is not there.

use std::collections::{BTreeMap, HashMap};

use super::cosign_tags::CosignTags;
use super::found::belonging;
use super::gather::{MAX_ATTESTATION, MAX_SIGNATURES, Tried};
use super::record;
use crate::error::Result;
use crate::gate::Style;
use crate::model::{Descriptor, Digest, Identity, ManifestBody, Pinned};
use crate::plan::{Content, Form};
use crate::registry::Registry;
use crate::sign::{COSIGN_SIGN_TYPE, Proof, SignedLayer, Trust};

/// What is attached to one image at one place.
#[derive(Debug, Default)]
pub(super) struct Attached {
    /// Documents by media type and digest, and the artifact that holds each.
    documents: HashMap<(String, Digest), Digest>,
    statements: Vec<Known>,
}

/// A statement that verified.
#[derive(Debug, PartialEq, Eq)]
struct Known {
    predicate_type: String,
    predicate: Digest,
    annotations: BTreeMap<String, String>,
    form: Form,
    /// The plan that a promotion record or its summary is about.
    plan: Option<String>,
    by: Identity,
}

impl Attached {
    /// Reads what is attached to the image itself. What cannot be read or verified is not there; a registry that fails while
    /// it is asked is an error.
    pub(super) async fn to(registry: &dyn Registry, image: &Pinned, trust: &Trust) -> Result<Self> {
        let mut attached = Attached::default();
        let tags = CosignTags::of(registry, &image.repository);
        let mut tried = Tried::default();
        for (digest, style, _) in belonging(registry, image, &tags).await? {
            let read = attached.read(registry, image, &digest, style, trust, &mut tried).await;
            read.or_else(|error| if error.is_outage() { Err(error) } else { Ok(()) })?;
        }
        Ok(attached)
    }

    async fn read(
        &mut self,
        registry: &dyn Registry,
        image: &Pinned,
        artifact: &Digest,
        style: Style,
        trust: &Trust,
        tried: &mut Tried,
    ) -> Result<()> {
        let manifest = registry.manifest(&image.repository.at(artifact.clone())).await?;
        let listed_by_mistake =
            style == Style::Referrer && manifest.subject().is_none_or(|subject| subject.digest != image.digest);
        let holder = artifact;
        let ManifestBody::Image(artifact) = manifest.value() else { return Ok(()) };
        if listed_by_mistake || artifact.layers.len() > MAX_SIGNATURES {
            return Ok(());
        }
        for layer in &artifact.layers {
            let document = (layer.media_type.clone(), layer.digest.clone());
            self.documents.entry(document).or_insert_with(|| holder.clone());
        }
        for layer in &artifact.layers {
            let Some(held) = SignedLayer::of(layer) else { continue };
            tried.one_more()?;
            match statement(registry, image, layer, held, trust).await {
                Ok(known) => self.statements.push(known),
                Err(error) if error.is_outage() => return Err(error),
                Err(error) => tried.failed(&error),
            }
        }
        Ok(())
    }

    /// Whether this is attached.
    pub(super) fn holds(&self, content: &Content) -> bool {
        match content {
            Content::Document { .. } => self.document(content).is_some(),
            Content::Statement { predicate_type, predicate, annotations, form, signer } => {
                self.statements.iter().any(|known| {
                    known.predicate_type == *predicate_type
                        && predicate.as_ref().is_some_and(|predicate| predicate.digest == known.predicate)
                        && known.annotations == *annotations
                        && known.form == *form
                        && known.by.is_same_signer(signer)
                })
            }
        }
    }

    /// The artifact that holds a document.
    pub(super) fn document(&self, content: &Content) -> Option<&Digest> {
        let Content::Document { media_type, digest, .. } = content else { return None };
        self.documents.get(&(media_type.clone(), digest.clone()))
    }

    /// Whether the record of this type about the plan is attached.
    pub(super) fn records(&self, kind: &str, plan: &Digest, signer: &Identity) -> bool {
        let is_record = |known: &&Known| known.predicate_type == kind && known.plan.as_deref() == Some(plan.as_str());
        self.statements.iter().filter(is_record).any(|known| known.by.is_same_signer(signer))
    }
}

impl Known {
    fn of(proof: Proof, form: Form, image: &Digest) -> Result<Self> {
        match proof {
            Proof::Statement(statement) => {
                let value = statement.value();
                Ok(Known {
                    predicate_type: value.predicate_type.clone(),
                    predicate: value.predicate_digest()?,
                    annotations: value.annotations_of(image),
                    form,
                    plan: record::plan_of(value)?,
                    by: statement.by().clone(),
                })
            }
            Proof::Signature(signature) => Ok(Known {
                predicate_type: COSIGN_SIGN_TYPE.to_owned(),
                predicate: Digest::of(b"{}"),
                annotations: signature.value().annotations.clone(),
                form,
                plan: None,
                by: signature.by().clone(),
            }),
        }
    }
}

/// The statement or signature that a layer holds, verified.
async fn statement(
    registry: &dyn Registry,
    image: &Pinned,
    layer: &Descriptor,
    held: SignedLayer,
    trust: &Trust,
) -> Result<Known> {
    let form = if held == SignedLayer::Bundle { Form::Bundle } else { Form::CosignTag };
    let bytes = registry.blob(&image.repository, layer).await?.into_bytes(MAX_ATTESTATION).await?;
    let proof = held.verify_form(layer, &bytes, &image.digest, trust)?;
    Known::of(proof, form, &image.digest)
}
