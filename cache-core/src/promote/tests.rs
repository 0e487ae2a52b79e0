use std::time::Duration;

use serde_json::json;

use super::*;
use crate::approve::{
    Answer, ApprovalKind, ApprovalPolicy, Approved, Approver, Decision, LedgerFolder, by_callback, by_signature,
};
use crate::error::ErrorKind;
use crate::execute::Journal;
use crate::gate::SignatureGate;
use crate::model::manifest::media_type;
use crate::model::{Descriptor, Pinned, Raw, Repository, Tag};
use crate::plan::{Change, Expected, Plan};
use crate::registry::{Layout, MemoryRegistry};
use crate::sign::KeySigner;

mod journal;
mod made_up;

const NOW: i64 = 1_800_000_000;

pub(super) fn now() -> Timestamp {
    Timestamp::from_unix(NOW).unwrap()
}

pub(super) fn repository(text: &str) -> Repository {
    Repository::parse(text).unwrap()
}

/// What the plan copies.
pub(super) fn copied(plan: &Plan) -> Vec<Digest> {
    let copies = plan.changes.iter().filter_map(|c| if let Change::Copy(copy) = c { Some(copy) } else { None });
    copies.map(|copy| copy.digest.clone()).collect()
}

/// Puts an artifact into the registry: one layer, a subject.
pub(super) fn artifact(
    registry: &MemoryRegistry,
    at: &Repository,
    kind: &str,
    layer: &str,
    subject: &Descriptor,
) -> Descriptor {
    let config = registry.insert_blob("{}");
    let layer = registry.insert_blob(layer.to_owned());
    let manifest = json!({
        "schemaVersion": 2, "mediaType": media_type::OCI_MANIFEST, "artifactType": kind,
        "config": Descriptor::new(media_type::OCI_EMPTY, config.digest, config.size),
        "layers": [Descriptor::new(kind, layer.digest, layer.size)],
        "subject": subject,
    });
    registry.insert_manifest(at, None, serde_json::to_vec_pretty(&manifest).unwrap()).unwrap()
}

fn image(registry: &MemoryRegistry, at: &Repository, content: &str) -> Descriptor {
    let config = registry.insert_blob(format!("{{\"config\":\"{content}\"}}"));
    let layer = registry.insert_blob(content.to_owned());
    let layer = Descriptor::new(media_type::OCI_LAYER_GZIP, layer.digest, layer.size);
    let manifest = json!({
        "schemaVersion": 2, "mediaType": media_type::OCI_MANIFEST,
        "config": Descriptor::new(media_type::OCI_CONFIG, config.digest, config.size),
        "layers": [layer, layer],
    });
    registry.insert_manifest(at, None, serde_json::to_vec_pretty(&manifest).unwrap()).unwrap()
}

/// The image of the peers' comparison: an index with two platforms and an attestation child, an SBOM of the index, a bundle
/// about a child, a signature of the SBOM, and a cosign `.sig` tag.
pub(super) struct World {
    pub(super) source: MemoryRegistry,
    target: MemoryRegistry,
    pub(super) from: Repository,
    to: Repository,
    pub(super) index: Descriptor,
    pub(super) everything: usize,
    folder: tempfile::TempDir,
    pub(super) promoter: Promoter,
}

pub(super) fn world() -> World {
    let (source, target) = (MemoryRegistry::new(), MemoryRegistry::new());
    let (from, to) = (repository("memory:dev/app"), repository("memory:staging/app"));
    let (amd, arm) = (image(&source, &from, "amd64"), image(&source, &from, "arm64"));
    let attestation = image(&source, &from, "in-toto");
    let child = |d: &Descriptor, os: &str, arch: &str| json!({"mediaType": d.media_type, "digest": d.digest, "size": d.size, "platform": {"os": os, "architecture": arch}});
    let index = json!({
        "schemaVersion": 2, "mediaType": media_type::OCI_INDEX,
        "manifests": [child(&amd, "linux", "amd64"), child(&arm, "linux", "arm64"), child(&attestation, "unknown", "unknown")],
    });
    let index = source.insert_manifest(&from, Some(tag("v1")), serde_json::to_vec(&index).unwrap()).unwrap();
    let sbom = artifact(&source, &from, "application/spdx+json", "{}", &index);
    artifact(&source, &from, "application/vnd.dev.example.bundle", "bundle", &amd);
    artifact(&source, &from, "application/vnd.dev.example.signature", "sig of sbom", &sbom);
    let old = image(&source, &from, "cosign signature");
    let bytes = source_manifest(&source, &from, &old);
    source.insert_manifest(&from, Some(Tag::of_digest(&index.digest, ".sig")), bytes).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let promoter = Promoter {
        source: Arc::new(source.clone()),
        target: Arc::new(target.clone()),
        gates: Vec::new(),
        trust: Trust::default(),
        signer: None,
        policy: None,
        materials: MemoryRegistry::new(),
        ledger: Ledger::at(folder.path()),
        clock: Some(now()),
    };
    World { source, target, from, to, index, everything: 8, folder, promoter }
}

fn source_manifest(registry: &MemoryRegistry, at: &Repository, of: &Descriptor) -> bytes::Bytes {
    let pinned = at.at(of.digest.clone());
    let read = registry.manifest(&pinned);
    futures_util::FutureExt::now_or_never(read).unwrap().unwrap().bytes().clone()
}

pub(super) fn tag(text: &str) -> Tag {
    Tag::parse(text).unwrap()
}

impl World {
    pub(super) fn request(&self) -> Request {
        Request {
            from: self.from.tagged(tag("v1")),
            to: self.to.tagged(tag("v1")),
            environment: "staging".into(),
            requester: "pipeline".into(),
            reason: None,
            move_tags: false,
            attach: Vec::new(),
        }
    }

    pub(super) async fn ready(&self) -> Plan {
        match self.promoter.plan(&self.request()).await.unwrap() {
            Outlook::Ready(plan) => plan,
            other => panic!("{other:?}"),
        }
    }

    pub(super) async fn tag_of(&self, text: &str) -> Option<Digest> {
        self.target.resolve(&self.to.tagged(tag(text))).await.ok().map(|d| d.digest)
    }
}

pub(super) fn approve(plan: &Plan) -> Approved {
    let yes = Answer::approve("alice");
    let approval = by_callback(plan, now(), |_| Ok(yes)).unwrap();
    ApprovalPolicy::default().admit(plan.clone(), vec![approval], now()).unwrap()
}

#[tokio::test]
async fn s01_everything_that_belongs_to_the_image_arrives_and_the_tag_is_last() {
    let world = world();
    let plan = world.ready().await;
    assert_eq!(plan.changes.iter().filter(|c| matches!(c, Change::Copy(_))).count(), world.everything);
    assert!(matches!(plan.changes.last(), Some(Change::SetTag(set)) if set.tag == tag("v1")));
    let receipt = world.promoter.execute(approve(&plan)).await.unwrap();
    assert!(receipt.is_complete(), "{receipt}");
    for change in &plan.changes {
        let Change::Copy(copy) = change else { continue };
        let of = |repository: &Repository| Pinned { repository: repository.clone(), digest: copy.digest.clone() };
        let there = world.target.manifest(&of(&world.to)).await.unwrap();
        assert_eq!(there.bytes(), world.source.manifest(&of(&world.from)).await.unwrap().bytes());
    }
    assert_eq!(world.tag_of("v1").await, Some(world.index.digest.clone()));
    assert!(world.tag_of(Tag::of_digest(&world.index.digest, ".sig").as_str()).await.is_some());
}

#[tokio::test]
async fn m10_a_layer_listed_twice_moves_once() {
    let world = world();
    let plan = world.ready().await;
    let mut seen = std::collections::HashSet::new();
    let blobs = plan.changes.iter().filter_map(|c| if let Change::Copy(copy) = c { Some(&copy.blobs) } else { None });
    assert!(blobs.flatten().all(|blob| seen.insert(blob.digest.clone())));
}

#[tokio::test]
async fn the_same_world_gives_the_same_plan_byte_for_byte() {
    let world = world();
    let first = world.ready().await;
    let mut later = world.promoter.clone();
    later.clock = Some(Timestamp::from_unix(NOW + 5000).unwrap());
    let Outlook::Ready(second) = later.plan(&world.request()).await.unwrap() else { panic!() };
    assert_eq!(first.bytes(), second.bytes());
    assert_eq!(Raw::from_canonical(first.bytes().clone()).map(|p: Plan| p.digest().clone()).unwrap(), *first.digest());
}

#[tokio::test]
async fn an_image_that_is_there_already_asks_nobody() {
    let world = world();
    world.promoter.execute(approve(&world.ready().await)).await.unwrap();
    assert!(matches!(world.promoter.plan(&world.request()).await.unwrap(), Outlook::Nothing));
}

#[tokio::test]
async fn a_tag_that_names_another_image_is_a_conflict_unless_the_request_says_so() {
    let world = world();
    let other = image(&world.target, &world.to, "other");
    let bytes = source_manifest(&world.target, &world.to, &other);
    world.target.insert_manifest(&world.to, Some(tag("v1")), bytes).unwrap();
    assert_eq!(world.promoter.plan(&world.request()).await.unwrap_err().kind(), ErrorKind::Conflict);
    let request = Request { move_tags: true, ..world.request() };
    let Outlook::Ready(plan) = world.promoter.plan(&request).await.unwrap() else { panic!() };
    let Some(Change::SetTag(set)) = plan.changes.last() else { panic!() };
    assert_eq!(set.expected, Expected::At(other.digest));
    assert!(plan.render().contains("MOVE tag"));
    assert!(world.promoter.execute(approve(&plan)).await.unwrap().is_complete());
    assert_eq!(world.tag_of("v1").await, Some(world.index.digest.clone()));
}

#[tokio::test]
async fn i03_a_world_that_moved_is_a_conflict_and_nothing_is_written() {
    let world = world();
    let plan = world.ready().await;
    let other = image(&world.target, &world.to, "other");
    let bytes = source_manifest(&world.target, &world.to, &other);
    world.target.insert_manifest(&world.to, Some(tag("v1")), bytes).unwrap();
    let error = world.promoter.execute(approve(&plan)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Conflict);
    assert!(error.to_string().contains(other.digest.as_str()), "{error}");
    let missing = world.target.manifest(&world.to.at(world.index.digest.clone())).await;
    assert_eq!(missing.unwrap_err().kind(), ErrorKind::NotFound);
}

#[tokio::test]
async fn b2_43_an_approval_is_used_once_and_an_execution_that_changed_nothing_gives_it_back() {
    let world = world();
    let plan = world.ready().await;
    let yes = Answer::approve("alice");
    let approval = by_callback(&plan, now(), |_| Ok(yes)).unwrap();
    let admit = || ApprovalPolicy::default().admit(plan.clone(), vec![approval.clone()], now()).unwrap();
    let mut unreachable = world.promoter.clone();
    unreachable.source = Arc::new(MemoryRegistry::new());
    assert!(unreachable.execute(admit()).await.is_err());
    assert!(world.promoter.execute(admit()).await.unwrap().is_complete());
    let error = world.promoter.execute(admit()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unapproved);
}

#[tokio::test]
async fn what_fails_in_the_middle_is_in_the_receipt_and_the_same_plan_goes_on() {
    let world = world();
    let plan = world.ready().await;
    // A source that has the manifests and none of the blobs.
    let hollow = MemoryRegistry::new();
    for change in &plan.changes {
        let Change::Copy(copy) = change else { continue };
        let manifest = world.source.manifest(&world.from.at(copy.digest.clone())).await.unwrap();
        hollow.insert_manifest(&world.from, None, manifest.bytes().clone()).unwrap();
    }
    let yes = Answer::approve("alice");
    let approval = by_callback(&plan, now(), |_| Ok(yes)).unwrap();
    let admit = || ApprovalPolicy::default().admit(plan.clone(), vec![approval.clone()], now()).unwrap();
    let mut broken = world.promoter.clone();
    broken.source = Arc::new(hollow);
    let receipt = broken.execute(admit()).await.unwrap();
    assert!(!receipt.is_complete());
    assert!(matches!(receipt.steps[0].outcome, StepOutcome::Failed { .. }));
    assert!(receipt.steps[1..].iter().all(|step| step.outcome == StepOutcome::NotTried));
    assert_eq!(world.tag_of("v1").await, None);
    assert!(world.promoter.execute(admit()).await.unwrap().is_complete());
}

#[tokio::test]
async fn an_unsigned_image_is_blocked_and_a_signed_one_passes_with_its_record_attached() {
    let mut world = world();
    let signer = Arc::new(KeySigner::generate("release").unwrap());
    world.promoter.gates = vec![Arc::new(SignatureGate::default())];
    world.promoter.trust = Trust::in_keys(vec![signer.public_key().clone()]);
    world.promoter.signer = Some(signer.clone());
    let Outlook::Blocked(verdicts) = world.promoter.plan(&world.request()).await.unwrap() else { panic!() };
    assert!(verdicts[0].reasons.iter().any(|reason| reason.code == "no-signature"));

    let payload =
        crate::sign::Statement::write(&world.index.digest, crate::sign::COSIGN_SIGN_TYPE, &json!({})).unwrap();
    let bundle = signed(&signer, payload).await;
    artifact(&world.source, &world.from, crate::sign::BUNDLE_V03, &bundle, &world.index);
    let plan = world.ready().await;
    assert_eq!(plan.verdicts[0].looked_at.len(), 1);
    let receipt = world.promoter.execute(approve(&plan)).await.unwrap();
    assert!(receipt.is_complete(), "{receipt}");
    let referrers = world.target.referrers(&world.to.at(world.index.digest.clone())).await.unwrap();
    let record = referrers.iter().find(|r| r.annotations.values().any(|v| v == PROMOTION_TYPE)).unwrap();
    let manifest = world.target.manifest(&world.to.at(record.digest.clone())).await.unwrap();
    let layer = manifest.blobs()[1].clone();
    let bytes = world.target.blob(&world.to, &layer).await.unwrap().into_bytes(1 << 20).await.unwrap();
    let record = crate::sign::Bundle::parse(&bytes).unwrap();
    let statement = world.promoter.trust.verify_bundle(&record, &world.index.digest).unwrap();
    assert!(statement.value().predicate_json().contains(plan.digest().as_str()));
}

/// Signs outside a promotion the only way there is: as the answer of a person, here with a plan of its own.
async fn signed(signer: &KeySigner, payload: bytes::Bytes) -> String {
    let permit = crate::approve::testing_permit(crate::sign::Sign {
        signer: crate::sign::Signer::identity(signer),
        payload_type: Some(crate::sign::IN_TOTO_PAYLOAD.into()),
        payload,
    });
    String::from_utf8(signer.sign(permit).await.unwrap().to_json().unwrap()).unwrap()
}

#[tokio::test]
async fn what_a_request_attaches_is_planned_by_digest_and_arrives_signed() {
    let mut world = world();
    let signer = Arc::new(KeySigner::generate("build").unwrap());
    world.promoter.trust = Trust::in_keys(vec![signer.public_key().clone()]);
    world.promoter.signer = Some(signer);
    let sbom = bytes::Bytes::from_static(b"{\"spdxVersion\":\"SPDX-2.3\"}");
    let request = Request {
        attach: vec![
            Attachment::Document { media_type: "application/spdx+json".into(), bytes: sbom.clone() },
            Attachment::Statement { predicate_type: crate::sign::COSIGN_SIGN_TYPE.into(), predicate: json!({}) },
        ],
        ..world.request()
    };
    let Outlook::Ready(plan) = world.promoter.plan(&request).await.unwrap() else { panic!() };
    assert!(std::str::from_utf8(plan.bytes()).unwrap().contains(Digest::of(&sbom).as_str()));
    let elsewhere = Promoter { materials: MemoryRegistry::new(), ..world.promoter.clone() };
    let receipt = elsewhere.execute(approve(&plan)).await.unwrap();
    assert!(receipt.to_string().contains("no such blob"), "{receipt}");
    assert!(world.promoter.execute(approve(&plan)).await.unwrap().is_complete());

    let from_target = Promoter {
        source: Arc::new(world.target.clone()),
        target: Arc::new(MemoryRegistry::new()),
        gates: vec![Arc::new(SignatureGate::default())],
        ..world.promoter.clone()
    };
    let onward = Request {
        from: world.to.tagged(tag("v1")),
        to: repository("memory:prod").tagged(tag("v1")),
        ..world.request()
    };
    assert!(matches!(from_target.plan(&onward).await.unwrap(), Outlook::Ready(_)));
}

#[tokio::test]
async fn a_layout_on_disk_takes_the_whole_unit() {
    let world = world();
    let folder = tempfile::tempdir().unwrap();
    let here = repository(&format!("oci:{}", folder.path().join("staging").display()));
    let promoter = Promoter { target: Arc::new(Layout::open(&here).unwrap()), ..world.promoter.clone() };
    let request = Request { to: here.tagged(tag("v1")), ..world.request() };
    let Outlook::Ready(plan) = promoter.plan(&request).await.unwrap() else { panic!() };
    assert!(promoter.execute(approve(&plan)).await.unwrap().is_complete());
    assert!(matches!(promoter.plan(&request).await.unwrap(), Outlook::Nothing));
    let again = Layout::open(&here).unwrap();
    assert_eq!(again.resolve(&here.tagged(tag("v1"))).await.unwrap().digest, world.index.digest);
    assert_eq!(again.referrers(&here.at(world.index.digest.clone())).await.unwrap().len(), 1);
}

#[tokio::test]
async fn approvals_count_by_kind_person_age_and_signature() {
    let world = world();
    let plan = world.ready().await;
    let key = KeySigner::generate("bob").unwrap();
    let policy = ApprovalPolicy {
        accept: vec![ApprovalKind::Key],
        approvers: vec![Approver { name: "bob".into(), key: Some(key.public_key().clone()), ..Approver::default() }],
        max_age: Duration::from_secs(60),
        ..ApprovalPolicy::default()
    };
    let answer = |name: &str, decision| Answer::new(decision, name);
    let good = by_signature(&plan, answer("bob", Decision::Approve), &key, now()).await.unwrap();
    let carried = crate::approve::Approval::from_json(&good.to_json().unwrap()).unwrap();
    let refused = |approvals: Vec<_>, at: i64| {
        let at = Timestamp::from_unix(NOW + at).unwrap();
        let error = policy.admit(plan.clone(), approvals, at).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unapproved);
        error.to_string()
    };
    assert!(policy.admit(plan.clone(), vec![carried.clone()], now()).is_ok());
    assert!(refused(vec![carried.clone()], 61).contains("expired"));
    assert!(refused(vec![carried.clone()], -61).contains("future"));
    assert!(refused(vec![], 0).contains("0 of 1"));
    let host = by_callback(&plan, now(), |_| Ok(answer("bob", Decision::Approve))).unwrap();
    assert!(refused(vec![host.clone()], 0).contains("callback approvals do not count"));
    assert_eq!(host.to_json().unwrap_err().kind(), ErrorKind::Unsupported);
    let deny = by_signature(&plan, answer("bob", Decision::Deny), &key, now()).await.unwrap();
    assert!(refused(vec![carried, deny], 0).contains("denied"));
    let thief = KeySigner::generate("thief").unwrap();
    let forged = by_signature(&plan, answer("bob", Decision::Approve), &thief, now()).await.unwrap();
    assert!(refused(vec![forged], 0).contains("no key of an approver"));
    let posing = by_signature(&plan, answer("carol", Decision::Approve), &key, now()).await.unwrap();
    assert!(refused(vec![posing], 0).contains("signed by bob"));
}

#[tokio::test]
async fn the_requester_does_not_count_and_one_person_counts_once() {
    let world = world();
    let plan = world.ready().await;
    let by = |name: &str| {
        let answer = Answer::approve(name);
        by_callback(&plan, now(), |_| Ok(answer)).unwrap()
    };
    let two = ApprovalPolicy { required: 2, ..ApprovalPolicy::default() };
    let admit = |approvals| two.admit(plan.clone(), approvals, now());
    assert!(admit(vec![by("alice"), by("Alice ")]).unwrap_err().to_string().contains("counts once"));
    assert!(admit(vec![by("alice"), by("PIPELINE")]).unwrap_err().to_string().contains("requester"));
    assert!(admit(vec![by("alice"), by("bob")]).is_ok());
}

#[tokio::test]
async fn b2_40_an_approval_of_one_plan_is_worth_nothing_for_another() {
    let world = world();
    let plan = world.ready().await;
    let request = Request { environment: "prod".into(), ..world.request() };
    let Outlook::Ready(other) = world.promoter.plan(&request).await.unwrap() else { panic!() };
    let answer = Answer::approve("alice");
    let approval = by_callback(&plan, now(), |_| Ok(answer)).unwrap();
    let error = ApprovalPolicy::default().admit(other, vec![approval], now()).unwrap_err();
    assert!(error.to_string().contains("another plan"));
}

#[tokio::test]
async fn the_ledger_keeps_digests_and_what_was_done() {
    let world = world();
    let plan = world.ready().await;
    let approved = approve(&plan);
    let approval = world.folder.path().join(approved.approvals()[0].digest().hex());
    let receipt = world.promoter.execute(approved).await.unwrap();
    assert_eq!(std::fs::read_dir(world.folder.path()).unwrap().count(), 2);
    assert_eq!(std::fs::read_to_string(approval).unwrap(), format!("spent {}\n", plan.digest()));
    let journal = std::fs::read(LedgerFolder::at(world.folder.path()).journal(plan.digest())).unwrap();
    let journal = Journal::read(plan.digest(), &journal).unwrap();
    assert_eq!((journal.entries().len(), Some(journal.head())), (plan.changes.len() + 2, receipt.journal.as_ref()));
}
