//! Evidence as a gate sees it.

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use cache_core::approve::Ledger;
use cache_core::gate::{Evidence, PromotionGate, SignatureGate};
use cache_core::model::{Reason, Reference, Repository, Tag, Verdict};
use cache_core::promote::{Promoter, Request};
use cache_core::registry::MemoryRegistry;
use cache_core::sign::Trust;
use cache_core::{Error, Result};

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
    source: &MemoryRegistry,
    target: &MemoryRegistry,
    trust: Trust,
) -> (Promoter, tempfile::TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let promoter = Promoter {
        source: Arc::new(source.clone()),
        target: Arc::new(target.clone()),
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
    let (mut promoter, _folder) = promoter(source, &MemoryRegistry::new(), trust);
    promoter.gates = vec![witness.clone()];
    promoter.plan(&request(image, repository("memory:target").tagged(tag("it")))).await?;
    let seen = witness.0.lock().unwrap().take();
    seen.ok_or_else(|| Error::unexpected("no gate was asked"))
}

/// Whether the signature gate lets the image pass.
pub(crate) async fn signed(evidence: &Evidence) -> bool {
    SignatureGate.judge(evidence).await.unwrap().allows()
}
