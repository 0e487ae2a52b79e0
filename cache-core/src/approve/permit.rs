//! The proof, held by the type system, that a human approved an operation.

use std::fmt;
use std::marker::PhantomData;
use std::ops::Deref;

use bytes::Bytes;

use super::admit::Approved;
use crate::error::{Error, Result};
use crate::model::{Digest, Manifest};
use crate::plan::{Attach, BlobCopy, Content, CopyManifest, PutManifest};
use crate::sign::{Sign, Statement};

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
        let of = |blob: &crate::model::Descriptor| BlobCopy {
            from: self.from.clone(),
            to: self.to.clone(),
            blob: blob.clone(),
        };
        self.op.blobs.iter().map(|blob| Permit::new(of(blob))).collect()
    }

    /// Leave to write the manifest, once it was read and is the approved one.
    pub(crate) fn manifest(self, manifest: Manifest) -> Result<Permit<'a, PutManifest>> {
        expect_digest(&self.op.digest, manifest.digest())?;
        Ok(Permit::new(PutManifest { repository: self.op.to, manifest }))
    }
}

impl<'a> Permit<'a, Attach> {
    /// Leave to sign the statement that the approved operation describes: about its subject, of its type, with its predicate.
    pub(crate) fn sign(&self, payload: Bytes) -> Result<Permit<'a, Sign>> {
        let Content::Statement { predicate_type, predicate, signer } = &self.op.content else {
            return Err(Error::unapproved("the plan attaches a document here, not a signed statement"));
        };
        let statement = Statement::parse(payload.clone())?;
        if statement.predicate_type != *predicate_type || !statement.is_about(&self.op.subject.digest) {
            return Err(Error::unapproved("the statement is not the one that the plan describes"));
        }
        if let Some(expected) = predicate {
            expect_digest(&expected.digest, &statement.predicate_digest()?)?;
        }
        Ok(Permit::new(Sign { signer: signer.clone(), payload_type: crate::sign::IN_TOTO_PAYLOAD.to_owned(), payload }))
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
        let to = self.op.repository;
        let from = to.clone();
        let permits = blobs.into_iter().map(|blob| Permit::new(BlobCopy { from: from.clone(), to: to.clone(), blob }));
        Ok((permits.collect(), Permit::new(PutManifest { repository: to.clone(), manifest })))
    }
}

fn expect_digest(approved: &Digest, found: &Digest) -> Result<()> {
    if approved == found {
        return Ok(());
    }
    Err(Error::unapproved("this is not what the plan names").context("approved", approved).context("found", found))
}
