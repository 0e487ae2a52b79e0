//! What a rollback would put back, by the records of real promotions.

use std::sync::Arc;

use serde_json::json;

use super::world::{approved, ready};
use crate::approve::Ledger;
use crate::model::manifest::media_type;
use crate::model::{Descriptor, Digest, Repository, Tag};
use crate::promote::{Outlook, Promoter, Request, RollbackRequest};
use crate::registry::MemoryRegistry;
use crate::retention::{Cleaner, Fate, Retention, RetentionRequest, SurveyOptions};
use crate::sign::{KeySigner, Trust};

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

#[tokio::test]
async fn a_rollback_is_possible_after_retention() {
    let registry = MemoryRegistry::new();
    let [first, second, never] = ["first", "second", "never"].map(|name| image(&registry, name));
    let folder = tempfile::tempdir().unwrap();
    let signer = KeySigner::generate("release").unwrap();
    let promoter = Promoter {
        source: Arc::new(registry.clone()),
        target: Arc::new(registry.clone()),
        gates: Vec::new(),
        trust: Trust::in_keys(vec![signer.public_key().clone()]),
        signer: Some(Arc::new(signer)),
        policy: None,
        materials: MemoryRegistry::new(),
        ledger: Ledger::at(folder.path()),
        clock: None,
    };
    promote(&promoter, "first").await;
    promote(&promoter, "second").await;
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
    let proposal = retention.plan(&request).await.unwrap();
    let codes = |digest: &Digest| -> Vec<&str> {
        let decision = proposal.decisions[0].manifests.iter().find(|decision| decision.digest == *digest).unwrap();
        decision.why.iter().map(|why| why.code()).collect()
    };
    assert_eq!((codes(&first), codes(&second), codes(&never)), (vec!["replaced"], vec!["tagged"], vec!["old"]));
    let gone = proposal.decisions[0].manifests.iter().filter(|decision| decision.fate == Fate::Delete).count();
    assert_eq!(gone, 1);
    let plan = ready(proposal);
    assert!(plan.render().contains("1 replaced"), "{}", plan.render());
    let cleaner = Cleaner {
        registry: Arc::new(registry.clone()),
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
