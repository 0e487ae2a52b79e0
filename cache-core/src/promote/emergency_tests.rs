//! Rollback, and promotion over the word of a gate.

use std::time::Duration;

use serde_json::json;

use super::*;
use crate::approve::{Answer, ApprovalPolicy, Approved, by_callback};
use crate::error::ErrorKind;
use crate::gate::{CallbackGate, SoakGate};
use crate::model::manifest::media_type;
use crate::model::{Descriptor, Reason, Reference, Repository, Tag, Verdict};
use crate::plan::{BreakGlass, Change, Expected, Plan, Purpose};
use crate::sign::KeySigner;

fn at(minutes: i64) -> Timestamp {
    Timestamp::from_unix(1_800_000_000 + 60 * minutes).unwrap()
}

/// Two images in dev, `v1` and `v2`, and a promoter to prod that signs with a key.
struct World {
    dev: MemoryRegistry,
    promoter: Promoter,
    _ledger: tempfile::TempDir,
}

fn dev(tag: &str) -> Reference {
    Repository::parse("memory:dev/app").unwrap().tagged(Tag::parse(tag).unwrap())
}

fn prod() -> Reference {
    Repository::parse("memory:prod/app").unwrap().tagged(Tag::parse("current").unwrap())
}

fn world() -> World {
    let registry = MemoryRegistry::new();
    for tag in ["v1", "v2", "v3"] {
        let (config, layer) = (registry.insert_blob("{}"), registry.insert_blob(tag));
        let manifest = json!({
            "schemaVersion": 2, "mediaType": media_type::OCI_MANIFEST,
            "config": Descriptor::new(media_type::OCI_CONFIG, config.digest, config.size),
            "layers": [Descriptor::new(media_type::OCI_LAYER_GZIP, layer.digest, layer.size)],
        });
        let reference = dev(tag);
        registry.insert_manifest(&reference.repository, reference.tag, manifest.to_string()).unwrap();
    }
    let ledger = tempfile::tempdir().unwrap();
    let promoter = Promoter {
        source: Arc::new(registry.clone()),
        target: Arc::new(MemoryRegistry::new()),
        gates: Vec::new(),
        trust: Trust::default(),
        signer: Some(Arc::new(KeySigner::generate("release").unwrap())),
        policy: Some(Digest::of(b"policy")),
        materials: MemoryRegistry::new(),
        ledger: Ledger::at(ledger.path()),
        clock: Some(at(0)),
    };
    World { dev: registry, promoter, _ledger: ledger }
}

fn request(tag: &str) -> Request {
    Request {
        from: dev(tag),
        to: prod(),
        environment: "prod".into(),
        requester: "pipeline".into(),
        reason: None,
        move_tags: true,
        attach: Vec::new(),
    }
}

fn back() -> RollbackRequest {
    RollbackRequest {
        tag: prod(),
        environment: "prod".into(),
        requester: "oncall".into(),
        reason: Some("it fails".into()),
    }
}

fn approve(plan: &Plan, when: Timestamp) -> Approved {
    let yes = Answer::approve("alice");
    let approval = by_callback(plan, when, |_| Ok(yes)).unwrap();
    ApprovalPolicy::default().admit(plan.clone(), vec![approval], when).unwrap()
}

fn refusing() -> Arc<dyn PromotionGate> {
    let verdict = || Verdict::new("strict", vec![Reason::fail("found", "something critical was found")], Vec::new());
    Arc::new(CallbackGate::new("strict", move |_| Box::pin(async move { Ok(verdict()) })).unwrap())
}

impl World {
    fn at(&mut self, minutes: i64) {
        self.promoter.clock = Some(at(minutes));
    }

    fn now(&self) -> Timestamp {
        self.promoter.now()
    }

    async fn execute(&self, outlook: Outlook) -> Plan {
        let Outlook::Ready(plan) = outlook else { panic!("{outlook:?}") };
        let receipt = self.promoter.execute(approve(&plan, self.now())).await.unwrap();
        assert!(receipt.is_complete(), "{receipt}");
        plan
    }

    async fn promote(&self, tag: &str) -> Plan {
        self.execute(self.promoter.plan(&request(tag)).await.unwrap()).await
    }

    async fn named(&self) -> Digest {
        self.promoter.target.resolve(&prod()).await.unwrap().digest
    }

    async fn digest(&self, tag: &str) -> Digest {
        self.dev.resolve(&dev(tag)).await.unwrap().digest
    }

    /// The types of what is attached to what prod names now, and the newest record among them.
    async fn records(&self) -> (Vec<String>, PromotionRecord) {
        let target = self.promoter.target.as_registry();
        let evidence = evidence_of(target, &prod(), &self.promoter.recognised(), self.now()).await.unwrap();
        let statements = || evidence.statements.iter().map(|statement| statement.value.value());
        let mut types: Vec<_> = statements().map(|statement| statement.predicate_type.clone()).collect();
        types.sort();
        (types, statements().filter_map(PromotionRecord::read).max_by_key(|record| record.at).unwrap())
    }
}

#[tokio::test]
async fn a_tag_goes_back_to_what_the_record_names() {
    let mut world = world();
    world.promote("v1").await;
    world.at(1);
    world.promote("v2").await;
    assert_eq!(world.records().await.1.replaced, Some(world.digest("v1").await));
    world.at(2);
    let plan = world.execute(world.promoter.plan_rollback(&back()).await.unwrap()).await;
    assert_eq!(world.named().await, world.digest("v1").await);
    assert!(plan.render().contains("PUT BACK in prod: memory:prod/app:current"), "{}", plan.render());
    assert!(matches!(&plan.purpose, Purpose::Rollback { to, .. } if *to == prod()));
    let (types, record) = world.records().await;
    assert_eq!(types, [PROMOTION_TYPE, PROMOTION_TYPE, VSA_TYPE, VSA_TYPE]);
    assert!(record.rollback && record.replaced == Some(world.digest("v2").await), "{record:?}");
}

#[tokio::test]
async fn a_second_rollback_goes_further_back_and_not_forth() {
    let mut world = world();
    for (minute, tag) in ["v1", "v2", "v3"].into_iter().enumerate() {
        world.at(minute as i64);
        world.promote(tag).await;
    }
    for (minute, tag) in [(4, "v2"), (5, "v1")] {
        world.at(minute);
        world.execute(world.promoter.plan_rollback(&back()).await.unwrap()).await;
        assert_eq!(world.named().await, world.digest(tag).await);
    }
    let error = world.promoter.plan_rollback(&back()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound, "nothing was there before v1: {error}");
}

#[tokio::test]
async fn what_came_to_the_image_later_does_not_hide_what_the_tag_named_before() {
    let mut world = world();
    world.promote("v1").await;
    world.at(1);
    world.promote("v2").await;
    world.at(2);
    let image = world.dev.resolve(&dev("v2")).await.unwrap();
    super::tests::artifact(&world.dev, &dev("v2").repository, "application/spdx+json", "{}", &image);
    let plan = world.promote("v2").await;
    assert!(!plan.changes.iter().any(|change| matches!(change, Change::SetTag(_))), "{}", plan.render());
    assert_eq!(world.records().await.1.replaced, None);
    world.execute(world.promoter.plan_rollback(&back()).await.unwrap()).await;
    assert_eq!(world.named().await, world.digest("v1").await);
}

#[tokio::test]
async fn a_record_that_nobody_trusted_signed_leads_nowhere() {
    let mut world = world();
    world.promote("v1").await;
    world.promote("v2").await;
    world.promoter.signer = Some(Arc::new(KeySigner::generate("another").unwrap()));
    let error = world.promoter.plan_rollback(&back()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
    assert_eq!(world.named().await, world.digest("v2").await);
}

#[tokio::test]
async fn the_gates_judge_what_is_put_back() {
    let mut world = world();
    world.promote("v1").await;
    world.promote("v2").await;
    world.promoter.gates = vec![refusing()];
    assert!(matches!(world.promoter.plan_rollback(&back()).await.unwrap(), Outlook::Blocked(_)));
}

#[tokio::test]
async fn a_tag_that_was_moved_meanwhile_stays() {
    let world = world();
    world.promote("v1").await;
    world.promote("v2").await;
    let Outlook::Ready(plan) = world.promoter.plan_rollback(&back()).await.unwrap() else { panic!() };
    world.promote("v3").await;
    let error = world.promoter.execute(approve(&plan, world.now())).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Conflict);
    assert_eq!(world.named().await, world.digest("v3").await);
}

#[tokio::test]
async fn a_digest_cannot_be_put_back() {
    let world = world();
    world.promote("v1").await;
    let tag = prod().repository.at(world.named().await).into();
    let error = world.promoter.plan_rollback(&RollbackRequest { tag, ..back() }).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Invalid);
}

fn glass(minutes: i64) -> BreakGlass {
    BreakGlass { justification: "customers cannot log in".into(), expires: at(minutes) }
}

#[tokio::test]
async fn breaking_the_glass_is_loud_and_leaves_its_own_record() {
    let mut world = world();
    world.promoter.gates = vec![refusing()];
    assert!(matches!(world.promoter.plan(&request("v1")).await.unwrap(), Outlook::Blocked(_)));
    let plan = world.promoter.plan_breaking_glass(&request("v1"), &[], &glass(60)).await.unwrap();
    let plan = world.execute(plan).await;
    assert!(plan.render().contains("BREAK-GLASS: THE GATES ARE OVERRULED"), "{}", plan.render());
    assert!(plan.render().contains("customers cannot log in"));
    assert!(!plan.verdicts[0].allows(), "the verdict stays what it is");
    let (types, record) = world.records().await;
    assert_eq!(types, [BREAK_GLASS_TYPE], "no summary says that all passed");
    assert_eq!(record.break_glass, Some(glass(60)));
}

#[tokio::test]
async fn no_gate_takes_a_broken_glass_for_a_promotion() {
    let mut world = world();
    world.promoter.gates = vec![refusing()];
    let plan = world.promoter.plan_breaking_glass(&request("v1"), &[], &glass(60)).await.unwrap();
    world.execute(plan).await;
    let trust = world.promoter.recognised();
    let evidence = evidence_of(world.promoter.target.as_registry(), &prod(), &trust, at(90_000)).await.unwrap();
    let soak = SoakGate { environment: "prod".into(), at_least: Duration::from_secs(60) };
    let verdict = soak.judge(&evidence).await.unwrap();
    assert!(!verdict.allows(), "{verdict:?}");
}

#[tokio::test]
async fn breaking_the_glass_needs_a_reason_a_future_and_a_refusal() {
    let mut world = world();
    let plan = |world: &World, glass: BreakGlass| {
        let promoter = world.promoter.clone();
        async move { promoter.plan_breaking_glass(&request("v1"), &[], &glass).await.map_err(|e| e.kind()) }
    };
    assert_eq!(plan(&world, glass(60)).await.unwrap_err(), ErrorKind::Invalid, "no gate refuses");
    world.promoter.gates = vec![refusing()];
    let silent = BreakGlass { justification: " ".into(), ..glass(60) };
    assert_eq!(plan(&world, silent).await.unwrap_err(), ErrorKind::Invalid);
    assert_eq!(plan(&world, glass(0)).await.unwrap_err(), ErrorKind::Invalid, "it is over already");
    assert!(matches!(plan(&world, glass(1)).await, Ok(Outlook::Ready(_))));
}

#[tokio::test]
async fn an_emergency_that_is_over_is_not_executed() {
    let mut world = world();
    world.promoter.gates = vec![refusing()];
    let outlook = world.promoter.plan_breaking_glass(&request("v1"), &[], &glass(1)).await.unwrap();
    let Outlook::Ready(plan) = outlook else { panic!() };
    world.at(1);
    let error = world.promoter.execute(approve(&plan, world.now())).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unapproved);
    assert!(world.promoter.target.resolve(&prod()).await.unwrap_err().is_not_found());
}

#[tokio::test]
async fn a_promotion_shows_what_it_takes_the_place_of() {
    let world = world();
    world.promote("v1").await;
    let plan = world.promote("v2").await;
    let Some(Change::SetTag(set)) = plan.changes.last() else { panic!() };
    assert_eq!(set.expected, Expected::At(world.digest("v1").await));
    assert_eq!(world.records().await.1.replaced, Some(world.digest("v1").await));
}
