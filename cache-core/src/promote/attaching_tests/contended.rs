//! Several writers at cosign's tag.

use std::sync::Mutex;

use super::*;
use crate::Result;
use crate::approve::Permit;
use crate::model::Reference;
use crate::plan::{BlobCopy, Delete, PutManifest, SetTag};
use crate::registry::{BlobStream, Moved};

/// A registry into which somebody else writes a signature whenever a tag is set.
#[derive(Debug)]
struct Contended {
    inner: MemoryRegistry,
    /// What is written before, and after, as long as there is something.
    before: Mutex<Vec<Vec<u8>>>,
    after: Mutex<Vec<Vec<u8>>>,
}

impl Contended {
    fn write(&self, op: &SetTag, manifests: &Mutex<Vec<Vec<u8>>>) {
        if let Some(manifest) = manifests.lock().unwrap().pop() {
            self.inner.insert_manifest(&op.repository, Some(op.tag.clone()), manifest).unwrap();
        }
    }
}

#[async_trait::async_trait]
impl Registry for Contended {
    async fn resolve(&self, reference: &Reference) -> Result<Descriptor> {
        self.inner.resolve(reference).await
    }
    async fn manifest(&self, image: &Pinned) -> Result<Manifest> {
        self.inner.manifest(image).await
    }
    async fn blob(&self, at: &Repository, blob: &Descriptor) -> Result<BlobStream> {
        self.inner.blob(at, blob).await
    }
    async fn tags(&self, repository: &Repository) -> Result<Vec<Tag>> {
        self.inner.tags(repository).await
    }
    async fn referrers(&self, subject: &Pinned) -> Result<Vec<Descriptor>> {
        self.inner.referrers(subject).await
    }
}

#[async_trait::async_trait]
impl RegistryWriter for Contended {
    async fn put_blob(&self, op: Permit<'_, BlobCopy>, from: &dyn Registry) -> Result<Moved> {
        self.inner.put_blob(op, from).await
    }
    async fn put_manifest(&self, op: Permit<'_, PutManifest>) -> Result<Moved> {
        self.inner.put_manifest(op).await
    }
    async fn set_tag(&self, op: Permit<'_, SetTag>) -> Result<Moved> {
        let set = SetTag::clone(&op);
        self.write(&set, &self.before);
        let done = self.inner.set_tag(op).await;
        self.write(&set, &self.after);
        done
    }
    async fn delete(&self, op: Permit<'_, Delete>) -> Result<()> {
        self.inner.delete(op).await
    }
    fn as_registry(&self) -> &dyn Registry {
        self
    }
}

/// A manifest with one signature by somebody else.
fn theirs(registry: &MemoryRegistry, number: usize) -> Vec<u8> {
    let (config, layer) = (registry.insert_blob("{}"), registry.insert_blob(format!("signature {number}")));
    json!({
        "schemaVersion": 2, "mediaType": media_type::OCI_MANIFEST,
        "config": Descriptor::new(media_type::OCI_CONFIG, config.digest, config.size),
        "layers": [Descriptor::new(SIMPLE_SIGNING, layer.digest, layer.size)],
    })
    .to_string()
    .into_bytes()
}

#[tokio::test]
async fn of_two_writers_neither_loses_a_signature() {
    for is_before in [true, false] {
        let world = World::new();
        let other = vec![theirs(&world.registry, 1)];
        let (before, after) = if is_before { (other, Vec::new()) } else { (Vec::new(), other) };
        let target = Contended { inner: world.registry.clone(), before: Mutex::new(before), after: Mutex::new(after) };
        let contended = Promoter { target: Arc::new(target), ..world.promoter.clone() };
        let Outlook::Ready(plan) = contended.plan_attaching(&request(&[signature(Form::CosignTag)])).await.unwrap()
        else {
            panic!()
        };
        assert!(contended.execute(approve(&plan)).await.unwrap().is_complete());
        let layers = world.layers(".sig").await;
        assert_eq!(layers.len(), 2, "{is_before}");
        assert_eq!(world.evidence().await.signatures.len(), 1);
    }
}

#[tokio::test]
async fn a_tag_that_never_rests_is_an_error() {
    let world = World::new();
    let others = (0..100).map(|number| theirs(&world.registry, number)).collect();
    let target = Contended { inner: world.registry.clone(), before: Mutex::new(others), after: Mutex::default() };
    let contended = Promoter { target: Arc::new(target), ..world.promoter.clone() };
    let Outlook::Ready(plan) = contended.plan_attaching(&request(&[signature(Form::CosignTag)])).await.unwrap() else {
        panic!()
    };
    let receipt = contended.execute(approve(&plan)).await.unwrap();
    assert!(!receipt.is_complete() && receipt.to_string().contains("all the time"), "{receipt}");
}
