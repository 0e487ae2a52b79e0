//! The changes of a plan, each made under its permit.

use bytes::Bytes;

use super::append::append;
use super::artifact::{artifact, bundle_annotations, document_artifact};
use super::attached::Attached;
use super::execute::{Execution, There, no_promotion};
use super::record::{self, PromotionRecord};
use crate::approve::{Permit, Permitted};
use crate::error::{Absent, Error, Result};
use crate::execute::{delete, set_tag};
use crate::model::{Descriptor, Manifest, Pinned, Repository, Tag};
use crate::plan::{Attach, BlobCopy, Content, CopyManifest, Form, PutManifest};
use crate::registry::{MemoryRegistry, Moved, Registry, ServerCopy};
use crate::sign::{
    BUNDLE_V03, COSIGN_SIGN_TYPE, ResourceDescriptor, SimpleSigning, Statement, signature_layer, tag_suffix,
};

/// The largest document that is attached.
const MAX_MATERIAL: u64 = 256 << 20;

impl Execution<'_> {
    /// Makes one change; `false` where it was so already.
    pub(super) async fn change(&mut self, permit: Permitted<'_>) -> Result<bool> {
        match permit {
            Permitted::Copy(op) => self.copy(op).await,
            Permitted::Attach(op) if self.is_attached(&op).await? => Ok(false),
            Permitted::Attach(op) => self.attach(op).await,
            Permitted::AddLayers(op) => {
                let permit = |manifest, found: Option<&Manifest>| op.appended(manifest, found);
                append(&*self.promoter.target, (&op.to, &op.tag), &op.layers, &*self.source, permit).await
            }
            Permitted::SetTag(op) => set_tag(&*self.promoter.target, op).await,
            Permitted::Delete(op) => delete(&*self.promoter.target, op).await,
            Permitted::Administer(_) => Err(no_promotion()),
        }
    }

    async fn copy(&mut self, op: Permit<'_, CopyManifest>) -> Result<bool> {
        if let Some(server) = self.promoter.target.as_registry().abilities().server_copy
            && server.can_copy(&op).await?
        {
            return self.copy_there(server, op).await;
        }
        let what = op.digest.clone();
        let copied = self.copies(vec![op]).await.pop().flatten();
        copied.unwrap_or_else(|| Err(Error::unexpected("the copy was not tried").context("manifest", what)))
    }

    /// Lets the registry copy, and looks at what it stored as at any copy.
    async fn copy_there(&self, server: &dyn ServerCopy, op: Permit<'_, CopyManifest>) -> Result<bool> {
        let manifest = self.source.manifest(&op.from.at(op.digest.clone())).await?;
        let there = op.to.at(op.digest.clone());
        let target = self.promoter.target.as_registry();
        // An earlier change may have brought it along, as the children of an index come with it.
        let is_there = target.resolve(&there.clone().into()).await.absent_is_none()?.is_some();
        let blobs = op.blobs.clone();
        if !is_there {
            server.server_copy(op).await?;
        }
        self.read_back(&there, &manifest).await?;
        if let Some(meter) = &self.meter {
            blobs.iter().for_each(|blob| meter.reached(&blob.digest, blob.size));
            meter.finished();
        }
        Ok(!is_there)
    }

    /// Puts a manifest, and looks at what is stored.
    pub(super) async fn put(&self, op: Permit<'_, PutManifest>) -> Result<Moved> {
        let (there, manifest) = (op.repository.at(op.manifest.digest().clone()), op.manifest.clone());
        let moved = self.promoter.target.put_manifest(op).await?;
        self.read_back(&there, &manifest).await?;
        Ok(moved)
    }

    async fn read_back(&self, there: &Pinned, manifest: &Manifest) -> Result<()> {
        if self.promoter.target.manifest(there).await?.bytes() == manifest.bytes() {
            return Ok(());
        }
        Err(Error::untrusted("the registry stored another manifest than it was sent").context("image", there))
    }

    pub(super) async fn move_blob(&self, op: Permit<'_, BlobCopy>) -> Result<Moved> {
        let blob = self.meter.as_ref().map(|meter| (meter, op.blob.clone()));
        let moved = self.promoter.target.put_blob(op, &*self.source).await?;
        if let Some((meter, blob)) = blob {
            meter.reached(&blob.digest, blob.size);
        }
        Ok(moved)
    }

    /// Whether an earlier execution of the plan attached this, before it was stopped. Only statements need the question:
    /// signed anew they would be attached a second time.
    async fn is_attached(&mut self, op: &Attach) -> Result<bool> {
        let Content::Statement { predicate_type, predicate, signer, .. } = &op.content else { return Ok(false) };
        if let There::Unknown = self.there {
            let (target, image) = (self.promoter.target.as_registry(), op.repository.at(op.subject.digest.clone()));
            self.there = There::Known(Attached::to(target, &image, &self.promoter.recognised()).await?);
        }
        Ok(match (&self.there, predicate) {
            (There::Known(attached), Some(_)) => attached.holds(&op.content),
            (There::Known(attached), None) => attached.records(predicate_type, self.approved.plan().digest(), signer),
            _ => false,
        })
    }

    async fn attach(&self, op: Permit<'_, Attach>) -> Result<bool> {
        match op.content.clone() {
            Content::Document { media_type, digest, size } => {
                let document = self.material(&Descriptor::new(&media_type, digest, size)).await?;
                let (manifest, blobs) = document_artifact(&media_type, document, &op.subject)?;
                self.put_artifact(op, manifest, blobs).await
            }
            Content::Statement { predicate_type, predicate, annotations, form, .. } => {
                let at = self.promoter.now();
                let payload = match (form, &predicate) {
                    (Form::CosignTag, _) if predicate_type == COSIGN_SIGN_TYPE => {
                        SimpleSigning::write(&op.repository, &op.subject.digest, &annotations)?
                    }
                    (_, None) => {
                        let record = PromotionRecord::of(self.approved, self.judged.get(), &self.journal, at)?;
                        record::statement(&predicate_type, self.approved, &record, &op.subject.digest)?
                    }
                    (_, Some(predicate)) => {
                        let subject = ResourceDescriptor::of(&op.subject.digest).annotated(&annotations);
                        let predicate = self.material(predicate).await?;
                        let predicate: serde_json::Value = serde_json::from_slice(&predicate)
                            .map_err(|e| Error::invalid("the predicate is not JSON").caused_by(e))?;
                        Statement::write_about(subject, &predicate_type, &predicate)?
                    }
                };
                let signer = self.promoter.signer.as_ref();
                let signer =
                    signer.ok_or_else(|| Error::invalid("the plan signs something, and who signs is not here"))?;
                let bundle = signer.sign(op.sign(payload.clone())?).await?;
                if form == Form::CosignTag {
                    let (layer, bytes) = signature_layer(&bundle, &payload, &predicate_type)?;
                    let tag = Tag::of_digest(&op.subject.digest, tag_suffix(&predicate_type));
                    let made = MemoryRegistry::new();
                    made.insert_blob(bytes);
                    let permit = |manifest, found: Option<&Manifest>| op.appended(manifest, found);
                    return append(&*self.promoter.target, (&op.repository, &tag), &[layer], &made, permit).await;
                }
                let annotations = bundle_annotations(&predicate_type, at);
                let (manifest, blobs) = artifact(BUNDLE_V03, bundle.to_json()?.into(), &op.subject, annotations)?;
                self.put_artifact(op, manifest, blobs).await
            }
        }
    }

    async fn put_artifact(&self, op: Permit<'_, Attach>, manifest: Manifest, blobs: [Bytes; 2]) -> Result<bool> {
        let made = MemoryRegistry::new();
        for blob in blobs {
            made.insert_blob(blob);
        }
        let (blobs, put) = op.artifact(manifest)?;
        for blob in blobs {
            self.promoter.target.put_blob(blob, &made).await?;
        }
        Ok(self.put(put).await? != Moved::AlreadyThere)
    }

    /// The bytes of something that the plan attaches.
    async fn material(&self, content: &Descriptor) -> Result<Bytes> {
        let anywhere = Repository::parse("memory:materials")?;
        self.promoter.materials.blob(&anywhere, content).await?.into_bytes(MAX_MATERIAL).await
    }
}
