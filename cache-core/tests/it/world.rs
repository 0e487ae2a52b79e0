//! A small world: an image in a registry in memory, promotions of it, and the evidence as a gate sees it.

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use cache_core::approve::{Answer, ApprovalPolicy, Ledger, by_callback};
use cache_core::gate::{Evidence, PromotionGate, SignatureGate};
use cache_core::model::manifest::media_type;
use cache_core::model::{Descriptor, Manifest, Pinned, Reason, Reference, Repository, Tag, Timestamp, Verdict};
use cache_core::plan::Plan;
use cache_core::promote::{AttachRequest, Attachment, Outlook, Promoter, Receipt, Request};
use cache_core::registry::{MemoryRegistry, Registry, RegistryWriter};
use cache_core::sign::{COSIGN_SIGN_TYPE, KeySigner, Signer, Trust};
use cache_core::{Error, Result};
use serde_json::{Value, json};

/// A gate that lets everything pass and keeps what it was shown.
#[derive(Debug, Default)]
struct Witness(Mutex<Option<Evidence>>);

#[async_trait]
impl PromotionGate for Witness {
    fn name(&self) -> &str {
        "witness"
    }

    async fn judge(&self, evidence: &Evidence) -> Result<Verdict> {
        *self.0.lock().unwrap() = Some(evidence.clone());
        Ok(Verdict::new("witness", vec![Reason::pass("seen", "seen")], Vec::new()))
    }
}

pub(crate) fn repository(text: &str) -> Repository {
    Repository::parse(text).unwrap()
}

pub(crate) fn tag(text: &str) -> Tag {
    Tag::parse(text).unwrap()
}

pub(crate) fn promoter(
    source: Arc<dyn Registry>,
    target: Arc<dyn RegistryWriter>,
    trust: Trust,
) -> (Promoter, tempfile::TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let promoter = Promoter {
        source,
        target,
        gates: Vec::new(),
        trust,
        signer: None,
        policy: None,
        materials: MemoryRegistry::new(),
        ledger: Ledger::at(folder.path()),
        clock: None,
    };
    (promoter, folder)
}

pub(crate) fn request(from: Reference, to: Reference) -> Request {
    Request {
        from,
        to,
        environment: "test".to_owned(),
        requester: "pipeline".to_owned(),
        reason: None,
        move_tags: false,
        attach: Vec::new(),
    }
}

/// What a promotion of the image would show to its gates.
pub(crate) async fn evidence(source: &MemoryRegistry, image: Reference, trust: Trust) -> Result<Evidence> {
    let witness = Arc::new(Witness::default());
    let (mut promoter, _folder) = promoter(Arc::new(source.clone()), Arc::new(MemoryRegistry::new()), trust);
    promoter.gates = vec![witness.clone()];
    promoter.plan(&request(image, repository("memory:target").tagged(tag("it")))).await?;
    let seen = witness.0.lock().unwrap().take();
    seen.ok_or_else(|| Error::unexpected("no gate was asked"))
}

/// Whether the signature gate lets the image pass.
pub(crate) async fn signed(evidence: &Evidence) -> bool {
    SignatureGate::default().judge(evidence).await.unwrap().allows()
}

/// An image in a registry of its own, tagged `v1`.
pub(crate) fn image() -> (MemoryRegistry, Pinned) {
    let registry = MemoryRegistry::new();
    let repository = repository("memory:app");
    let config =
        registry.insert_blob(r#"{"architecture":"amd64","os":"linux","rootfs":{"type":"layers","diff_ids":[]}}"#);
    let layer = registry.insert_blob("layer");
    let manifest = json!({
        "schemaVersion": 2, "mediaType": media_type::OCI_MANIFEST,
        "config": Descriptor::new(media_type::OCI_CONFIG, config.digest, config.size),
        "layers": [Descriptor::new(media_type::OCI_LAYER_GZIP, layer.digest, layer.size)],
    });
    let bytes = serde_json::to_vec(&manifest).unwrap();
    let stored = registry.insert_manifest(&repository, Some(tag("v1")), bytes).unwrap();
    (registry, repository.at(stored.digest))
}

/// Promotes the image within its registry, which attaches a signature of it and the record of the promotion.
pub(crate) async fn sign(registry: &MemoryRegistry, image: &Pinned, signer: KeySigner) {
    let (mut promoter, _folder) = promoter(Arc::new(registry.clone()), Arc::new(registry.clone()), Trust::default());
    promoter.signer = Some(Arc::new(signer));
    let signature = Attachment::Statement { predicate_type: COSIGN_SIGN_TYPE.to_owned(), predicate: json!({}) };
    let mut request = request(image.clone().into(), image.repository.tagged(tag("signed")));
    request.attach.push(signature);
    carry_out(&promoter, &request).await;
}

/// Attaches these to the image where it is.
pub(crate) async fn attach(
    registry: &MemoryRegistry,
    image: &Pinned,
    signer: Arc<dyn Signer>,
    attach: Vec<Attachment>,
) {
    let (mut promoter, _folder) = promoter(Arc::new(registry.clone()), Arc::new(registry.clone()), Trust::default());
    promoter.signer = Some(signer);
    let request = AttachRequest {
        image: image.clone().into(),
        environment: "test".to_owned(),
        requester: "pipeline".to_owned(),
        reason: None,
        attach,
    };
    let Outlook::Ready(plan) = promoter.plan_attaching(&request).await.unwrap() else { panic!("nothing to do") };
    approve_and_execute(&promoter, plan).await;
}

/// Plans, approves and executes, all of it. Gives what was done.
pub(crate) async fn carry_out(promoter: &Promoter, request: &Request) -> (Plan, Receipt) {
    let (from, to) = (&request.from, &request.to);
    let Outlook::Ready(plan) = promoter.plan(request).await.unwrap() else { panic!("{from} {to}: nothing to do") };
    approve_and_execute(promoter, plan).await
}

async fn approve_and_execute(promoter: &Promoter, plan: Plan) -> (Plan, Receipt) {
    let now = Timestamp::now();
    let yes = Answer::approve("alice");
    let approval = by_callback(&plan, now, |_| Ok(yes)).unwrap();
    let approved = ApprovalPolicy::default().admit(plan.clone(), vec![approval], now).unwrap();
    let receipt = promoter.execute(approved).await.unwrap();
    assert!(receipt.is_complete(), "{receipt}");
    (plan, receipt)
}

/// The referrers of the image with the bytes of their one layer.
pub(crate) async fn bundles(registry: &MemoryRegistry, image: &Pinned) -> Vec<(Manifest, Vec<u8>)> {
    let mut found = Vec::new();
    for referrer in registry.referrers(image).await.unwrap() {
        let manifest = registry.manifest(&image.repository.at(referrer.digest)).await.unwrap();
        let layer = manifest.blobs().into_iter().last().unwrap().clone();
        let bytes = registry.blob(&image.repository, &layer).await.unwrap().into_bytes(1 << 20).await.unwrap();
        found.push((manifest, bytes.to_vec()));
    }
    found
}

/// The bundle among them that signs the image.
pub(crate) async fn signature(registry: &MemoryRegistry, image: &Pinned) -> (Manifest, Vec<u8>) {
    let all = bundles(registry, image).await;
    let signs =
        |m: &Manifest| m.annotations().get("dev.sigstore.bundle.predicateType").is_some_and(|t| t == COSIGN_SIGN_TYPE);
    all.into_iter().find(|(manifest, _)| signs(manifest)).expect("a signature")
}

/// The image alone in a new registry, with this artifact: a manifest whose only layer becomes `layer`.
pub(crate) async fn with_artifact(
    registry: &MemoryRegistry,
    image: &Pinned,
    artifact: &Value,
    layer: &[u8],
    tag: Option<Tag>,
) -> MemoryRegistry {
    let alone = MemoryRegistry::new();
    let manifest = registry.manifest(image).await.unwrap();
    for blob in manifest.blobs() {
        let bytes = registry.blob(&image.repository, blob).await.unwrap().into_bytes(1 << 20).await.unwrap();
        alone.insert_blob(bytes);
    }
    alone.insert_blob("{}");
    alone.insert_manifest(&image.repository, None, manifest.bytes().clone()).unwrap();
    let stored = alone.insert_blob(layer.to_vec());
    let mut artifact = artifact.clone();
    artifact["layers"][0]["digest"] = json!(stored.digest);
    artifact["layers"][0]["size"] = json!(stored.size);
    alone.insert_manifest(&image.repository, tag, serde_json::to_vec(&artifact).unwrap()).unwrap();
    alone
}

/// The same signature in base64 with one bit of it changed.
pub(crate) fn damaged(signature: &str) -> String {
    let mut bytes = STANDARD.decode(signature).unwrap();
    *bytes.last_mut().unwrap() ^= 1;
    STANDARD.encode(bytes)
}
