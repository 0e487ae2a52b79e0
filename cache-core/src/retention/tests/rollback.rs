//! What a rollback would put back, by the records of real promotions.

use std::path::Path;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::world::{approved, ready};
use crate::Result;
use crate::approve::Ledger;
use crate::error::ErrorKind;
use crate::model::manifest::media_type;
use crate::model::{Descriptor, Digest, Repository, Tag};
use crate::promote::{Outlook, Promoter, PromotionRecord, Request, RollbackRequest};
use crate::registry::{MemoryRegistry, Registry};
use crate::retention::{Cleaner, Fate, Proposal, Retention, RetentionRequest, SurveyOptions};
use crate::sign::{KeySigner, Statement, Trust};

fn tag(text: &str) -> Tag {
    Tag::parse(text).unwrap()
}

fn place(name: &str) -> Repository {
    Repository::parse(&format!("memory:{name}")).unwrap()
}

/// An image in both repositories, under its name.
fn image(registry: &MemoryRegistry, name: &str) -> Digest {
    let (config, layer) = (registry.insert_blob(format!("{{\"{name}\":1}}")), registry.insert_blob(name.to_owned()));
    let manifest = json!({
        "schemaVersion": 2, "mediaType": media_type::OCI_MANIFEST,
        "config": Descriptor::new(media_type::OCI_CONFIG, config.digest, config.size),
        "layers": [Descriptor::new(media_type::OCI_LAYER_GZIP, layer.digest, layer.size)],
    });
    registry.insert_manifest(&place("prod"), Some(tag(name)), manifest.to_string()).unwrap();
    registry.insert_manifest(&place("dev"), Some(tag(name)), manifest.to_string()).unwrap().digest
}

async fn promote(promoter: &Promoter, name: &str) {
    let request = Request {
        from: place("dev").tagged(tag(name)),
        to: place("prod").tagged(tag("live")),
        environment: "prod".into(),
        requester: "pipeline".into(),
        reason: None,
        move_tags: true,
        attach: Vec::new(),
    };
    let Outlook::Ready(plan) = promoter.plan(&request).await.unwrap() else { panic!("{name}") };
    let receipt = promoter.execute(approved(plan)).await.unwrap();
    assert!(receipt.is_complete(), "{receipt}");
}

fn promoter(registry: &MemoryRegistry, folder: &Path) -> Promoter {
    let signer = KeySigner::generate("release").unwrap();
    Promoter {
        source: Arc::new(registry.clone()),
        target: Arc::new(registry.clone()),
        gates: Vec::new(),
        trust: Trust::in_keys(vec![signer.public_key().clone()]),
        signer: Some(Arc::new(signer)),
        policy: None,
        materials: MemoryRegistry::new(),
        ledger: Ledger::at(folder),
        clock: None,
    }
}

/// What becomes of production where nothing but the tag `live` is kept.
async fn propose(registry: &MemoryRegistry) -> Result<Proposal> {
    let retention = Retention {
        registry: Arc::new(registry.clone()),
        rules: super::shape::rules("{max_age_days: 0, protect: {tags: live}}"),
        policy: None,
        inventories: Vec::new(),
        mirrors: Vec::new(),
        survey: SurveyOptions::default(),
        clock: None,
    };
    let request = RetentionRequest {
        repositories: vec![place("prod")],
        environment: "prod".into(),
        requester: "pipeline".into(),
        reason: None,
    };
    retention.plan(&request).await
}

fn codes(proposal: &Proposal, digest: &Digest) -> Vec<&'static str> {
    let decision = proposal.decisions[0].manifests.iter().find(|decision| decision.digest == *digest).unwrap();
    decision.why.iter().map(|why| why.code()).collect()
}

#[tokio::test]
async fn a_rollback_is_possible_after_retention() {
    let registry = MemoryRegistry::new();
    let [first, second, never] = ["first", "second", "never"].map(|name| image(&registry, name));
    let folder = tempfile::tempdir().unwrap();
    let promoter = promoter(&registry, folder.path());
    promote(&promoter, "first").await;
    promote(&promoter, "second").await;
    let proposal = propose(&registry).await.unwrap();
    let codes = |digest: &Digest| codes(&proposal, digest);
    assert_eq!((codes(&first), codes(&second), codes(&never)), (vec!["replaced"], vec!["tagged"], vec!["old"]));
    let gone = proposal.decisions[0].manifests.iter().filter(|decision| decision.fate == Fate::Delete).count();
    assert_eq!(gone, 1);
    let plan = ready(proposal);
    assert!(plan.render().contains("images that stay: 1 protected, 1 replaced"), "{}", plan.render());
    let cleaner = Cleaner {
        registry: Arc::new(registry.clone()),
        retention: None,
        ledger: Ledger::at(folder.path().join("cleaner")),
        restore: folder.path().join("restore"),
        concurrency: 2,
        clock: None,
    };
    let cleaned = cleaner.execute(approved(plan)).await.unwrap();
    assert!(cleaned.is_complete(), "{cleaned}");
    let back = RollbackRequest {
        tag: place("prod").tagged(tag("live")),
        environment: "prod".into(),
        requester: "pipeline".into(),
        reason: None,
    };
    let Outlook::Ready(plan) = promoter.plan_rollback(&back).await.unwrap() else { panic!() };
    assert!(promoter.execute(approved(plan)).await.unwrap().is_complete());
}

/// The record of a real promotion, to be written otherwise.
struct Record {
    manifest: Value,
    bundle: Value,
    statement: Value,
}

impl Record {
    /// That of `second`, which took the tag `live` from `first`.
    async fn new() -> Record {
        let registry = MemoryRegistry::new();
        let [_, second] = ["first", "second"].map(|name| image(&registry, name));
        let folder = tempfile::tempdir().unwrap();
        let promoter = promoter(&registry, folder.path());
        promote(&promoter, "first").await;
        promote(&promoter, "second").await;
        let referrers = registry.referrers(&place("prod").at(second)).await.unwrap();
        let [record]: [Descriptor; 1] = referrers.try_into().unwrap();
        let manifest = registry.manifest(&place("prod").at(record.digest)).await.unwrap();
        let bundle = registry.blob_bytes(&manifest.blobs()[1].digest).unwrap();
        let bundle: Value = serde_json::from_slice(&bundle).unwrap();
        let statement = STANDARD.decode(bundle["dsseEnvelope"]["payload"].as_str().unwrap()).unwrap();
        let statement = serde_json::from_slice(&statement).unwrap();
        Record { manifest: serde_json::from_slice(manifest.bytes()).unwrap(), bundle, statement }
    }

    /// The bundle with the statement in it.
    fn document(&self) -> Vec<u8> {
        let mut bundle = self.bundle.clone();
        bundle["dsseEnvelope"]["payload"] = json!(STANDARD.encode(self.statement.to_string()));
        bundle.to_string().into_bytes()
    }

    /// A registry with the images and this record, whose document is `document`. Gives what was replaced, and the record.
    fn registry(&self, document: Vec<u8>) -> (MemoryRegistry, Digest, Digest) {
        let registry = MemoryRegistry::new();
        let blob = registry.insert_blob(document);
        let (first, record) = self.insert(&registry, &blob.digest, blob.size);
        (registry, first, record)
    }

    /// The images and this record, whose document has this digest and says that it is of this size.
    fn insert(&self, registry: &MemoryRegistry, document: &Digest, size: u64) -> (Digest, Digest) {
        let [first, _] = ["first", "second"].map(|name| image(registry, name));
        let mut manifest = self.manifest.clone();
        manifest["layers"][0]["digest"] = json!(document);
        manifest["layers"][0]["size"] = json!(size);
        let record = registry.insert_manifest(&place("prod"), None, manifest.to_string()).unwrap();
        (first, record.digest)
    }
}

/// A record of a later version has more in it. What is needed is read; who relies on a record still wants to know all of it.
#[tokio::test]
async fn a_record_of_a_newer_version_keeps_what_it_replaced() {
    let mut record = Record::new().await;
    let (registry, first, _) = record.registry(record.document());
    assert_eq!(codes(&propose(&registry).await.unwrap(), &first), ["replaced"]);
    record.statement["predicate"]["later"] = json!({"more": 1});
    record.statement["_type"] = json!("https://in-toto.io/Statement/v2");
    record.bundle["mediaType"] = json!("application/vnd.dev.sigstore.bundle.v0.9+json");
    record.bundle["later"] = json!([1]);
    let (registry, first, _) = record.registry(record.document());
    assert_eq!(codes(&propose(&registry).await.unwrap(), &first), ["replaced"]);
    record.statement["_type"] = json!(crate::sign::STATEMENT_V1);
    let statement = Statement::parse(record.statement.to_string()).unwrap();
    assert_eq!(PromotionRecord::read(&statement), None);
    record.statement["predicate"].as_object_mut().unwrap().remove("later");
    let statement = Statement::parse(record.statement.to_string()).unwrap();
    assert!(PromotionRecord::read(&statement).is_some());
}

/// A tag that was put back, and the tag of another repository, say nothing of what a rollback needs here.
#[tokio::test]
async fn a_record_of_something_else_keeps_nothing() {
    for (field, value) in [("rollback", json!(true)), ("to", json!("memory:other:live")), ("replaced", Value::Null)] {
        let mut record = Record::new().await;
        record.statement["predicate"][field] = value;
        let (registry, first, _) = record.registry(record.document());
        assert_eq!(codes(&propose(&registry).await.unwrap(), &first), ["old"], "{field}");
    }
}

/// What is no record although it says so may be one of what a rollback needs: nothing is planned, and it is named.
#[tokio::test]
async fn a_record_that_is_not_understood_is_no_ground_to_delete() {
    let whole = Record::new().await;
    let without = |field: &str| {
        let mut statement = whole.statement.clone();
        statement["predicate"].as_object_mut().unwrap().remove(field);
        Record { statement, manifest: whole.manifest.clone(), bundle: whole.bundle.clone() }.document()
    };
    for document in [b"garbage".to_vec(), b"{}".to_vec(), b"null".to_vec(), without("to"), without("at")] {
        let what = String::from_utf8_lossy(&document).into_owned();
        let (registry, _, record) = whole.registry(document);
        let error = propose(&registry).await.expect_err(&what);
        assert_eq!(error.kind(), ErrorKind::Invalid, "{what}: {error}");
        assert!(error.to_string().contains(record.as_str()), "{error}");
    }
}

#[tokio::test]
async fn a_record_that_is_too_large_or_gone_is_no_ground_to_delete() {
    let whole = Record::new().await;
    let document = whole.document();
    let size = document.len() as u64;
    for (there, size) in [(true, (4 << 20) + 1), (false, size)] {
        let registry = MemoryRegistry::new();
        if there {
            registry.insert_blob(document.clone());
        }
        let (_, record) = whole.insert(&registry, &Digest::of(&document), size);
        let error = propose(&registry).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Invalid, "{error}");
        assert!(error.to_string().contains(record.as_str()), "{error}");
    }
}
