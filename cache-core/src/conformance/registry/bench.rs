//! What the checks work with: a source of content, and changes made under a plan.

use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};

use crate::approve::{Answer, ApprovalPolicy, Approved, Permit, Permitted, by_callback};
use crate::error::{Absent, Error, Result};
use crate::model::manifest::media_type;
use crate::model::{Descriptor, Digest, Manifest, Pinned, Raw, Repository, Tag, Timestamp};
use crate::plan::{
    Change, CopyManifest, Deadlines, Delete, DeleteTarget, Expected, PLAN_VERSION, PlanBody, Purpose, PutManifest,
    Role, SetTag,
};
use crate::registry::{MemoryRegistry, Moved, Registry, RegistryWriter};

/// The type of the suite's layers and artifacts.
pub(super) const KIND: &str = "application/vnd.example.conformance.v1";
/// The largest blob that the suite makes, and reads.
const MAX_BLOB: u64 = 16 << 20;

/// The registry under test and the content to put into it.
#[derive(Debug)]
pub(super) struct Bench<'a> {
    pub(super) registry: &'a dyn RegistryWriter,
    pub(super) repository: &'a Repository,
    source: MemoryRegistry,
    from: Repository,
    run: String,
}

impl<'a> Bench<'a> {
    pub(super) fn new(registry: &'a dyn RegistryWriter, repository: &'a Repository) -> Result<Self> {
        // Content that an earlier run left would be found there.
        let nanos = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |d| d.as_nanos());
        let run = format!("{nanos:x}-{:x}", std::process::id());
        let from = Repository::parse("memory:conformance")?;
        Ok(Bench { registry, repository, source: MemoryRegistry::new(), from, run })
    }

    /// Text that no other run and no other check has.
    pub(super) fn unique(&self, text: &str) -> String {
        format!("{text}-{}", self.run)
    }

    /// A tag that no other run and no other check has.
    pub(super) fn tag(&self, text: &str) -> Result<Tag> {
        Tag::parse(&self.unique(text))
    }

    /// The image of this digest in the repository under test.
    pub(super) fn at(&self, digest: &Digest) -> Pinned {
        self.repository.at(digest.clone())
    }

    /// A blob in the source.
    pub(super) fn blob(&self, media_type: &str, bytes: impl Into<bytes::Bytes>) -> Descriptor {
        let blob = self.source.insert_blob(bytes);
        Descriptor { media_type: media_type.into(), ..blob }
    }

    /// An image as a JSON document, its blobs in the source.
    pub(super) fn image_json(&self, note: &str) -> Value {
        let config = self.unique(&format!("{note} configuration"));
        json!({
            "schemaVersion": 2,
            "mediaType": media_type::OCI_MANIFEST,
            "config": self.blob(media_type::OCI_CONFIG, json!({ "note": config }).to_string()),
            "layers": [self.blob(media_type::OCI_LAYER_GZIP, self.unique(&format!("{note} layer")))],
        })
    }

    /// An image, its blobs in the source.
    pub(super) fn image(&self, note: &str) -> Result<Manifest> {
        Manifest::parse(self.image_json(note).to_string(), None)
    }

    /// An artifact about `subject`, its blobs in the source.
    pub(super) fn artifact(&self, note: &str, subject: &Manifest) -> Result<Manifest> {
        let json = json!({
            "schemaVersion": 2,
            "mediaType": media_type::OCI_MANIFEST,
            "artifactType": KIND,
            "config": self.blob(media_type::OCI_EMPTY, "{}"),
            "layers": [self.blob(KIND, self.unique(note))],
            "subject": subject.descriptor(),
            "annotations": { "note": note },
        });
        Manifest::parse(json.to_string(), None)
    }

    pub(super) async fn put_blob(&self, blob: &Descriptor) -> Result<Moved> {
        self.put_blob_from(blob, &self.source).await
    }

    pub(super) async fn put_blob_from(&self, blob: &Descriptor, from: &dyn Registry) -> Result<Moved> {
        let change = self.copy(blob.digest.clone(), KIND, 0, vec![blob.clone()]);
        let approved = approve(self.repository, change)?;
        let permits: Vec<_> = copies(&approved).flat_map(|copy| copy.blobs()).collect();
        let mut moved = Moved::AlreadyThere;
        for permit in permits {
            moved = self.registry.put_blob(permit, from).await?;
        }
        Ok(moved)
    }

    /// Puts the manifest alone.
    pub(super) async fn put_manifest(&self, manifest: &Manifest) -> Result<Moved> {
        let size = manifest.bytes().len() as u64;
        let approved =
            approve(self.repository, self.copy(manifest.digest().clone(), manifest.media_type(), size, Vec::new()))?;
        let permits: Vec<Permit<'_, PutManifest>> =
            copies(&approved).map(|copy| copy.manifest(manifest.clone())).collect::<Result<_>>()?;
        let mut moved = Moved::AlreadyThere;
        for permit in permits {
            moved = self.registry.put_manifest(permit).await?;
        }
        Ok(moved)
    }

    /// Puts the manifest and its blobs.
    pub(super) async fn put(&self, manifest: &Manifest) -> Result<()> {
        for blob in manifest.blobs() {
            self.put_blob(blob).await?;
        }
        self.put_manifest(manifest).await.map(drop)
    }

    /// Puts a new image under a new tag.
    pub(super) async fn put_tagged(&self, note: &str) -> Result<(Manifest, Tag)> {
        let (image, tag) = (self.image(note)?, self.tag(note)?);
        self.put(&image).await?;
        self.set_tag(&tag, image.digest(), Expected::Absent).await?;
        Ok((image, tag))
    }

    pub(super) async fn set_tag(&self, tag: &Tag, to: &Digest, expected: Expected) -> Result<Moved> {
        let op = SetTag { repository: self.repository.clone(), tag: tag.clone(), to: to.clone(), expected };
        let approved = approve(self.repository, Change::SetTag(op))?;
        let mut moved = Moved::AlreadyThere;
        for permit in approved.permits() {
            if let Permitted::SetTag(permit) = permit {
                moved = self.registry.set_tag(permit).await?;
            }
        }
        Ok(moved)
    }

    pub(super) async fn delete(&self, target: DeleteTarget, expected: &Digest) -> Result<()> {
        let op = Delete { repository: self.repository.clone(), target, expected: expected.clone(), tags: Vec::new() };
        let approved = approve(self.repository, Change::Delete(op))?;
        for permit in approved.permits() {
            if let Permitted::Delete(permit) = permit {
                self.registry.delete(permit).await?;
            }
        }
        Ok(())
    }

    /// What a tag names now.
    pub(super) async fn named(&self, tag: &Tag) -> Result<Option<Digest>> {
        let found = self.registry.resolve(&self.repository.tagged(tag.clone())).await;
        Ok(found.absent_is_none()?.map(|d| d.digest))
    }

    pub(super) async fn read_blob(&self, blob: &Descriptor) -> Result<bytes::Bytes> {
        self.registry.blob(self.repository, blob).await?.into_bytes(MAX_BLOB).await
    }

    pub(super) async fn read_manifest(&self, digest: &Digest) -> Result<Manifest> {
        self.registry.manifest(&self.at(digest)).await
    }

    pub(super) async fn referrers(&self, subject: &Manifest) -> Result<Vec<Descriptor>> {
        self.registry.referrers(&self.at(subject.digest())).await
    }

    fn copy(&self, digest: Digest, media_type: &str, size: u64, blobs: Vec<Descriptor>) -> Change {
        let (from, to, media_type) = (self.from.clone(), self.repository.clone(), media_type.to_owned());
        Change::Copy(CopyManifest { from, to, digest, media_type, size, role: Role::Image, blobs })
    }
}

fn copies(approved: &Approved) -> impl Iterator<Item = Permit<'_, CopyManifest>> {
    approved.permits().into_iter().filter_map(|permit| match permit {
        Permitted::Copy(copy) => Some(copy),
        _ => None,
    })
}

/// A plan of one change, approved by the suite.
fn approve(repository: &Repository, change: Change) -> Result<Approved> {
    let plan = Raw::canonical(PlanBody {
        version: PLAN_VERSION,
        environment: "conformance".into(),
        requester: "conformance".into(),
        reason: None,
        purpose: Purpose::Upkeep { what: format!("conformance of {repository}") },
        policy: None,
        break_glass: None,
        deadlines: Deadlines::default(),
        verdicts: Vec::new(),
        changes: vec![change],
        left_behind: Vec::new(),
    })?;
    let now = Timestamp::now();
    let approver = "the conformance suite".to_owned();
    let approval = by_callback(&plan, now, |_| Ok::<_, Error>(Answer::approve(approver)))?;
    ApprovalPolicy::default().admit(plan, vec![approval], now)
}
