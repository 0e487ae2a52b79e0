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

/// The same image somewhere else, with a signature by a key of its own in a list of its own, and how it is promoted from there.
async fn elsewhere(target: Arc<dyn RegistryWriter>) -> (World, Promoter, Request) {
    let world = World::new();
    world.attach(&[signature(Form::CosignTag)]).await;
    // No record: what is counted here are lists of signatures.
    let source: Arc<dyn Registry> = Arc::new(world.registry.clone());
    let onward = Promoter { source, target, signer: None, ..world.promoter.clone() };
    let promotion = Request {
        from: world.image.clone().into(),
        to: place().tagged(v1()),
        environment: "prod".into(),
        requester: "pipeline".into(),
        reason: None,
        move_tags: false,
        attach: Vec::new(),
    };
    (world, onward, promotion)
}

async fn planned(promoter: &Promoter, request: &Request) -> Plan {
    match promoter.plan(request).await.unwrap() {
        Outlook::Ready(plan) => plan,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn of_a_promotion_and_another_writer_neither_loses_a_signature() {
    for is_before in [true, false] {
        // The target has the image, and signed it itself.
        let there = World::new();
        there.attach(&[signature(Form::CosignTag)]).await;
        let other = vec![theirs(&there.registry, 1)];
        let (before, after) = if is_before { (other, Vec::new()) } else { (Vec::new(), other) };
        let inner = there.registry.clone();
        let target = Arc::new(Contended { inner, before: Mutex::new(before), after: Mutex::new(after) });
        let (from, onward, promotion) = elsewhere(target).await;
        let plan = planned(&onward, &promotion).await;
        assert!(plan.render().contains("add 1 to what"), "{}", plan.render());
        assert!(onward.execute(approve(&plan)).await.unwrap().is_complete());
        let (layers, carried) = (there.layers(".sig").await, from.layers(".sig").await);
        // Theirs, which took the place of what was there, and the one that the promotion brings.
        assert_eq!(layers.len(), 2, "{is_before}");
        assert!(layers.contains(&carried[0]), "{is_before}");
        assert!(matches!(onward.plan(&promotion).await.unwrap(), Outlook::Nothing));
    }
}

#[tokio::test]
async fn two_promotions_at_once_bring_the_signatures_of_both() {
    let there = World::new();
    there.attach(&[signature(Form::CosignTag)]).await;
    let target: Arc<dyn RegistryWriter> = Arc::new(there.registry.clone());
    let (one, first, promotion) = elsewhere(Arc::clone(&target)).await;
    let (two, second, _) = elsewhere(target).await;
    let (mine, yours) = (planned(&first, &promotion).await, planned(&second, &promotion).await);
    let (mine, yours) = tokio::join!(first.execute(approve(&mine)), second.execute(approve(&yours)));
    assert!(mine.unwrap().is_complete() && yours.unwrap().is_complete());
    let layers = there.layers(".sig").await;
    assert_eq!(layers.len(), 3);
    for world in [&one, &two] {
        assert!(layers.contains(&world.layers(".sig").await[0]));
        let seen = evidence(&there.registry, &there.image, &world.promoter.recognised()).await;
        assert_eq!(seen.signatures.len(), 1);
    }
}

/// Signatures of the same payload differ only in their annotations.
#[tokio::test]
async fn signatures_with_the_same_payload_are_not_the_same() {
    let there = World::new();
    there.attach(&[signature(Form::CosignTag)]).await;
    let (from, onward, promotion) = elsewhere(Arc::new(there.registry.clone())).await;
    let (before, carried) = (there.layers(".sig").await, from.layers(".sig").await);
    assert_eq!(before[0].digest, carried[0].digest);
    assert!(onward.execute(approve(&planned(&onward, &promotion).await)).await.unwrap().is_complete());
    assert_eq!(there.layers(".sig").await, [before, carried].concat());
}

/// A tag that names no list of signatures, or one that would get too long, is as any other tag.
#[tokio::test]
async fn what_is_no_list_is_a_conflict() {
    let there = World::new();
    let (_, onward, promotion) = elsewhere(Arc::new(there.registry.clone())).await;
    let tag = Tag::of_digest(&there.image.digest, ".sig");
    let index = json!({"schemaVersion": 2, "mediaType": media_type::OCI_INDEX, "manifests": []});
    there.registry.insert_manifest(&place(), Some(tag.clone()), index.to_string()).unwrap();
    assert_eq!(onward.plan(&promotion).await.unwrap_err().kind(), ErrorKind::Conflict);
    let layers = (0..1000).map(|number: u32| Descriptor::of(SIMPLE_SIGNING, &number.to_be_bytes())).collect::<Vec<_>>();
    let full = json!({"schemaVersion": 2, "mediaType": media_type::OCI_MANIFEST,
        "config": Descriptor::of(media_type::OCI_CONFIG, b"{}"), "layers": layers});
    there.registry.insert_manifest(&place(), Some(tag), full.to_string()).unwrap();
    assert_eq!(onward.plan(&promotion).await.unwrap_err().kind(), ErrorKind::Conflict);
}

/// What a permit to add lets through: layers that the plan names, after all that is there.
#[test]
fn a_permit_adds_only_what_was_planned() {
    let of = |text: &str| Descriptor::of(SIMPLE_SIGNING, text.as_bytes());
    let parsed = |layers: &[&str]| {
        let layers: Vec<_> = layers.iter().map(|text| of(text)).collect();
        let config = Descriptor::of(media_type::OCI_CONFIG, b"{}");
        let document =
            json!({"schemaVersion": 2, "mediaType": media_type::OCI_MANIFEST, "config": config, "layers": layers});
        Manifest::parse(document.to_string(), None).unwrap()
    };
    let tag = Tag::of_digest(&Digest::of(b"image"), ".sig");
    let add = |tag| {
        testing_permit(crate::plan::AddLayers { from: place(), to: place(), tag, layers: vec![of("c"), of("d")] })
    };
    let (permit, found) = (add(tag), parsed(&["a", "b"]));
    assert!(add(v1()).appended(parsed(&["a", "b", "c"]), Some(&found)).is_err(), "an image is no list");
    for (granted, count) in [(&["a", "b", "c", "d"][..], 2), (&["a", "b", "d"], 1), (&["a", "b"], 0)] {
        assert_eq!(permit.appended(parsed(granted), Some(&found)).unwrap().layers.len(), count);
    }
    for refused in [&["a", "c", "d"][..], &["c", "d"], &["a", "b", "e"], &["a", "b", "c", "e"], &["c", "a", "b"]] {
        assert!(permit.appended(parsed(refused), Some(&found)).is_err(), "{refused:?}");
    }
    assert!(permit.appended(parsed(&["c"]), None).is_ok() && permit.appended(parsed(&["a"]), None).is_err());
}
