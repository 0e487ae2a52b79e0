//! The proof, held by the type system, that a human approved an operation.

use std::fmt;
use std::marker::PhantomData;
use std::ops::Deref;

use bytes::Bytes;

use super::admit::Approved;
use crate::error::{Error, Result};
use crate::model::{Descriptor, Digest, Manifest, ManifestBody, Repository, Tag};
use crate::plan::{AddLayers, Attach, BlobCopy, Content, CopyManifest, Expected, Form, PutManifest, SetTag};
use crate::sign::{COSIGN_SIGN_TYPE, Sign, SignedLayer, SimpleSigning, Statement, tag_suffix};

/// Leave to do exactly `Op`, once.
///
/// The permit *is* the argument: an adapter reads what to do from it (`permit.tag`, `permit.blob`), so there is no way to do
/// something else with it. It is made from an [`Approved`] plan and nothing else, cannot be cloned and does not outlive the
/// plan.
pub struct Permit<'a, Op> {
    op: Op,
    approved: PhantomData<&'a Approved>,
}

impl<Op> Permit<'_, Op> {
    pub(super) fn new(op: Op) -> Self {
        Permit { op, approved: PhantomData }
    }
}

impl<Op> Deref for Permit<'_, Op> {
    type Target = Op;
    fn deref(&self) -> &Op {
        &self.op
    }
}

impl<Op: fmt::Debug> fmt::Debug for Permit<'_, Op> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Permit").field(&self.op).finish()
    }
}

impl<'a> Permit<'a, CopyManifest> {
    /// Leave to copy each blob that the approved operation lists.
    pub(crate) fn blobs(&self) -> Vec<Permit<'a, BlobCopy>> {
        let of = |blob: &Descriptor| BlobCopy { from: self.from.clone(), to: self.to.clone(), blob: blob.clone() };
        self.op.blobs.iter().map(|blob| Permit::new(of(blob))).collect()
    }

    /// Leave to write the manifest, once it was read and is the approved one.
    pub(crate) fn manifest(self, manifest: Manifest) -> Result<Permit<'a, PutManifest>> {
        expect_digest(&self.op.digest, manifest.digest())?;
        Ok(Permit::new(PutManifest { repository: self.op.to, manifest }))
    }
}

impl<'a> Permit<'a, Attach> {
    /// Leave to sign what the approved operation describes: about its subject, of its type, with its predicate and its
    /// annotations.
    pub(crate) fn sign(&self, payload: Bytes) -> Result<Permit<'a, Sign>> {
        let Content::Statement { predicate_type, predicate, annotations, form, signer } = &self.op.content else {
            return Err(Error::unapproved("the plan attaches a document here, not a signed statement"));
        };
        let other = || Error::unapproved("the statement is not the one that the plan describes");
        let subject = &self.op.subject.digest;
        if *form == Form::CosignTag && predicate_type == COSIGN_SIGN_TYPE {
            let signed = SimpleSigning::parse(&payload)?;
            // It has no room for a predicate.
            let says_more = predicate.as_ref().is_some_and(|predicate| predicate.digest != Digest::of(b"{}"));
            if signed.image() != subject || signed.annotations() != *annotations || says_more {
                return Err(other());
            }
            return Ok(Permit::new(Sign { signer: signer.clone(), payload_type: None, payload }));
        }
        let statement = Statement::parse(payload.clone())?;
        let said = statement.annotations_of(subject);
        if statement.predicate_type != *predicate_type || !statement.is_about(subject) || said != *annotations {
            return Err(other());
        }
        if let Some(expected) = predicate {
            expect_digest(&expected.digest, &statement.predicate_digest()?)?;
        }
        let payload_type = Some(crate::sign::IN_TOTO_PAYLOAD.to_owned());
        Ok(Permit::new(Sign { signer: signer.clone(), payload_type, payload }))
    }

    /// Leave to write a manifest that has one more layer than what cosign's tag names now, and to point the tag at it. All
    /// layers that were there are there.
    pub(crate) fn appended(&self, manifest: Manifest, found: Option<&Manifest>) -> Result<Appended<'a>> {
        let Content::Statement { predicate_type, form: Form::CosignTag, .. } = &self.op.content else {
            return Err(Error::unapproved("the plan attaches nothing under cosign's tag here"));
        };
        let added = added(&manifest, found)?;
        if added.len() != 1 {
            return Err(Error::unapproved("the plan attaches one layer here, and no more"));
        }
        let (to, tag) = (&self.op.repository, Tag::of_digest(&self.op.subject.digest, tag_suffix(predicate_type)));
        Appended::new((to, to), tag, manifest, found)
    }

    fn blob(&self, blob: &Descriptor) -> Permit<'a, BlobCopy> {
        let to = &self.op.repository;
        Permit::new(BlobCopy { from: to.clone(), to: to.clone(), blob: blob.clone() })
    }

    /// Leave to write the artifact's blobs and its manifest, once they are made and are about the approved subject.
    pub(crate) fn artifact(self, manifest: Manifest) -> Result<(Vec<Permit<'a, BlobCopy>>, Permit<'a, PutManifest>)> {
        let subject = manifest.subject().map(|s| &s.digest);
        if subject != Some(&self.op.subject.digest) {
            return Err(Error::unapproved("the artifact is not about the image that the plan names"));
        }
        let blobs: Vec<_> = manifest.blobs().into_iter().cloned().collect();
        if let Content::Document { digest, .. } = &self.op.content
            && !blobs.iter().any(|b| b.digest == *digest)
        {
            return Err(Error::unapproved("the artifact does not hold the approved document"));
        }
        let permits = blobs.iter().map(|blob| self.blob(blob)).collect();
        Ok((permits, Permit::new(PutManifest { repository: self.op.repository, manifest })))
    }
}

impl<'a> Permit<'a, AddLayers> {
    /// Leave to write a manifest that has some of the layers beside what cosign's tag names now, and to point the tag at it.
    /// All layers that were there are there.
    pub(crate) fn appended(&self, manifest: Manifest, found: Option<&Manifest>) -> Result<Appended<'a>> {
        if !SignedLayer::is_promised_by_tag(&self.op.tag) {
            return Err(Error::unapproved("the tag lists no signatures").context("tag", &self.op.tag));
        }
        if !added(&manifest, found)?.iter().all(|layer| self.op.layers.contains(layer)) {
            return Err(Error::unapproved("the manifest has a layer that the plan does not name"));
        }
        Appended::new((&self.op.from, &self.op.to), self.op.tag.clone(), manifest, found)
    }
}

/// What it takes to add layers.
pub(crate) struct Appended<'a> {
    pub(crate) config: Permit<'a, BlobCopy>,
    /// Those that are added; the others are there.
    pub(crate) layers: Vec<Permit<'a, BlobCopy>>,
    pub(crate) manifest: Permit<'a, PutManifest>,
    pub(crate) tag: Permit<'a, SetTag>,
}

impl Appended<'_> {
    fn new(
        (from, to): (&Repository, &Repository),
        tag: Tag,
        manifest: Manifest,
        found: Option<&Manifest>,
    ) -> Result<Self> {
        let copy = |from: &Repository, blob: &Descriptor| {
            Permit::new(BlobCopy { from: from.clone(), to: to.clone(), blob: blob.clone() })
        };
        let config = match manifest.value() {
            ManifestBody::Image(image) => copy(to, &image.config),
            ManifestBody::Index(_) => return Err(Error::conflict("cosign's tag names an index")),
        };
        let layers = added(&manifest, found)?.iter().map(|layer| copy(from, layer)).collect();
        let expected = Expected::from(found.map(|found| found.digest().clone()));
        let set = SetTag { repository: to.clone(), tag, to: manifest.digest().clone(), expected };
        let manifest = Permit::new(PutManifest { repository: to.clone(), manifest });
        Ok(Appended { config, layers, manifest, tag: Permit::new(set) })
    }
}

/// The layers that a manifest has after those that were there.
fn added<'m>(manifest: &'m Manifest, found: Option<&Manifest>) -> Result<&'m [Descriptor]> {
    let (before, after) = (found.map(layers).transpose()?.unwrap_or_default(), layers(manifest)?);
    after.strip_prefix(before).ok_or_else(|| {
        Error::unapproved("the manifest has another content than what is there and more layers after it")
    })
}

fn layers(manifest: &Manifest) -> Result<&[Descriptor]> {
    match manifest.value() {
        ManifestBody::Image(image) => Ok(&image.layers),
        ManifestBody::Index(_) => Err(Error::conflict("cosign's tag names an index")),
    }
}

fn expect_digest(approved: &Digest, found: &Digest) -> Result<()> {
    if approved == found {
        return Ok(());
    }
    Err(Error::unapproved("this is not what the plan names").context("approved", approved).context("found", found))
}
