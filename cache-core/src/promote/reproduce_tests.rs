//! Gates are asked again before anything is changed, and their verdicts are reproduced long after.

use serde_json::json;

use super::*;
use crate::approve::{Answer, ApprovalPolicy, by_callback};
use crate::error::{Error, ErrorKind, Result};
use crate::gate::{CallbackGate, CveGate, SbomGate, SignatureGate};
use crate::model::manifest::media_type;
use crate::model::{Descriptor, Outcome, Raw, Reason, Reference, Repository, Tag, Verdict};
use crate::plan::{BreakGlass, Plan};
use crate::scan::{Exception, ScanPolicy};
use crate::sign::{COSIGN_SIGN_TYPE, KeySigner};

const SBOM: &str =
    r#"{"spdxVersion":"SPDX-2.3","name":"n","packages":[{"name":"a","SPDXID":"SPDXRef-a","versionInfo":"1"}]}"#;
const REPORT: &str = r#"{"SchemaVersion":2,"ArtifactName":"app","Results":[{"Target":"t","Class":"os-pkgs","Type":"debian","Vulnerabilities":[
    {"VulnerabilityID":"CVE-2026-1","PkgName":"a","InstalledVersion":"1","Severity":"CRITICAL"}]}]}"#;

fn at(minutes: i64) -> Timestamp {
    Timestamp::from_unix(1_800_000_000 + 60 * minutes).unwrap()
}

fn place(name: &str) -> Repository {
    Repository::parse(&format!("memory:{name}/app")).unwrap()
}

fn v1(name: &str) -> Reference {
    place(name).tagged(Tag::parse("v1").unwrap())
}

/// An image in dev with an SBOM, a report with a critical finding, and a signature; the policy excepts the finding for an hour.
struct World {
    dev: MemoryRegistry,
    prod: MemoryRegistry,
    image: Descriptor,
    promoter: Promoter,
    _ledger: tempfile::TempDir,
}

fn attach(registry: &MemoryRegistry, at: &str, kind: &str, document: &str, subject: &Descriptor) -> Descriptor {
    let (config, layer) = (registry.insert_blob("{}"), registry.insert_blob(document.to_owned()));
    let manifest = json!({
        "schemaVersion": 2, "mediaType": media_type::OCI_MANIFEST, "artifactType": kind,
        "config": Descriptor::new(media_type::OCI_EMPTY, config.digest, config.size),
        "layers": [Descriptor::new(kind, layer.digest, layer.size)], "subject": subject,
    });
    registry.insert_manifest(&place(at), None, manifest.to_string()).unwrap()
}

fn cve() -> Arc<dyn PromotionGate> {
    let exception = Exception { expires: Some(at(60)), ..Exception::of("CVE-2026-1") };
    Arc::new(CveGate::new(ScanPolicy { exceptions: vec![exception], ..ScanPolicy::default() }))
}

async fn world() -> World {
    let (dev, prod) = (MemoryRegistry::new(), MemoryRegistry::new());
    let (config, layer) = (dev.insert_blob("{}"), dev.insert_blob("layer"));
    let manifest = json!({
        "schemaVersion": 2, "mediaType": media_type::OCI_MANIFEST,
        "config": Descriptor::new(media_type::OCI_CONFIG, config.digest, config.size),
        "layers": [Descriptor::new(media_type::OCI_LAYER_GZIP, layer.digest, layer.size)],
    });
    let image = dev.insert_manifest(&place("dev"), v1("dev").tag, manifest.to_string()).unwrap();
    attach(&dev, "dev", "application/spdx+json", SBOM, &image);
    attach(&dev, "dev", "application/vnd.example.trivy.report+json", REPORT, &image);
    let (signer, ledger) = (KeySigner::generate("release").unwrap(), tempfile::tempdir().unwrap());
    let promoter = Promoter {
        source: Arc::new(dev.clone()),
        target: Arc::new(dev.clone()),
        gates: Vec::new(),
        trust: Trust::in_keys(vec![signer.public_key().clone()]),
        signer: Some(Arc::new(signer)),
        policy: Some(Digest::of(b"policy")),
        materials: MemoryRegistry::new(),
        ledger: Ledger::at(ledger.path()),
        clock: Some(at(0)),
    };
    let sign = AttachRequest {
        image: v1("dev"),
        environment: "dev".into(),
        requester: "ci".into(),
        reason: None,
        attach: vec![Attachment::Statement { predicate_type: COSIGN_SIGN_TYPE.into(), predicate: json!({}) }],
    };
    let Outlook::Ready(plan) = promoter.plan_attaching(&sign).await.unwrap() else { panic!() };
    assert!(execute(&promoter, &plan).await.unwrap().is_complete());
    let gates: Vec<Arc<dyn PromotionGate>> =
        vec![cve(), Arc::new(SignatureGate::default()), Arc::new(SbomGate::default())];
    let promoter = Promoter { target: Arc::new(prod.clone()), gates, ..promoter };
    World { dev, prod, image, promoter, _ledger: ledger }
}

async fn execute(promoter: &Promoter, plan: &Plan) -> Result<Receipt> {
    let (yes, now) = (Answer::approve("alice"), promoter.now());
    let approval = by_callback(plan, now, |_| Ok(yes)).unwrap();
    promoter.execute(ApprovalPolicy::default().admit(plan.clone(), vec![approval], now).unwrap()).await
}

fn request() -> Request {
    Request {
        from: v1("dev"),
        to: v1("prod"),
        environment: "prod".into(),
        requester: "ci".into(),
        reason: None,
        move_tags: false,
        attach: Vec::new(),
    }
}

async fn ready(promoter: &Promoter, given: &[Given]) -> Plan {
    match promoter.plan_with(&request(), given).await.unwrap() {
        Outlook::Ready(plan) => plan,
        other => panic!("{other:?}"),
    }
}

impl World {
    async fn promoted(&self) -> Plan {
        let plan = ready(&self.promoter, &[]).await;
        assert!(execute(&self.promoter, &plan).await.unwrap().is_complete());
        plan
    }

    /// The promoter of somebody who looks at it a year later.
    fn later(&self) -> Promoter {
        Promoter { clock: Some(at(525_600)), source: Arc::new(MemoryRegistry::new()), ..self.promoter.clone() }
    }
}

fn differs(error: &Error) -> &str {
    error.contexts().iter().find(|(key, _)| *key == "differs").map_or("nothing", |(_, what)| what.as_str())
}

fn bytes(verdicts: &[Verdict]) -> bytes::Bytes {
    Raw::canonical(verdicts).unwrap().bytes().clone()
}

/// gates.md B2 29: re-evaluated with the recorded policy digest, it is the same verdict.
#[tokio::test]
async fn b2_29_a_verdict_is_the_same_a_year_later_byte_for_byte() {
    let world = world().await;
    let plan = world.promoted().await;
    assert_eq!(plan.verdicts[0].outcome, Outcome::Warn, "the exception runs out soon");
    let reproduced = world.later().reproduce(&v1("prod"), "prod", &[]).await.unwrap();
    assert_eq!(bytes(&reproduced.verdicts), bytes(&plan.verdicts));
    assert_eq!((&reproduced.record.plan, reproduced.record.judged.as_ref().unwrap().at), (plan.digest(), at(0)));
    assert!(reproduced.by.unwrap().to_string().starts_with("key release "));
    // By digest alone, too; today's clock says something else, as the exception has run out.
    let by_digest = Reference::from(place("prod").at(world.image.digest.clone()));
    world.later().reproduce(&by_digest, "prod", &[]).await.unwrap();
    let source: Arc<dyn Registry> = Arc::new(world.dev.clone());
    let today = Promoter { source, target: Arc::new(MemoryRegistry::new()), ..world.later() };
    assert!(matches!(today.plan(&request()).await.unwrap(), Outlook::Blocked(_)));
}

#[tokio::test]
async fn what_came_later_changes_nothing() {
    let world = world().await;
    let plan = world.promoted().await;
    let worse = REPORT.replace("CVE-2026-1", "CVE-2026-2");
    attach(&world.prod, "prod", "application/vnd.example.trivy.report+json", &worse, &world.image);
    attach(&world.prod, "prod", "application/spdx+json", "no SBOM", &world.image);
    let reproduced = world.later().reproduce(&v1("prod"), "prod", &[]).await.unwrap();
    assert_eq!(bytes(&reproduced.verdicts), bytes(&plan.verdicts));
}

#[tokio::test]
async fn evidence_that_is_gone_is_named() {
    let world = world().await;
    world.promoted().await;
    // The same registry without the report and its list.
    let without = MemoryRegistry::new();
    let image = place("prod").at(world.image.digest.clone());
    for referrer in world.prod.referrers(&image).await.unwrap() {
        let manifest = world.prod.manifest(&place("prod").at(referrer.digest)).await.unwrap();
        for blob in manifest.blobs() {
            without.insert_blob(world.prod.blob_bytes(&blob.digest).unwrap());
        }
        if !manifest.artifact_type().is_some_and(|kind| kind.contains("trivy")) {
            without.insert_manifest(&place("prod"), None, manifest.bytes().clone()).unwrap();
        }
    }
    let manifest = world.prod.manifest(&image).await.unwrap();
    without.insert_manifest(&place("prod"), v1("prod").tag, manifest.bytes().clone()).unwrap();
    let promoter = Promoter { target: Arc::new(without), ..world.later() };
    let error = promoter.reproduce(&v1("prod"), "prod", &[]).await.unwrap_err();
    assert_eq!((error.kind(), differs(&error)), (ErrorKind::NotFound, "evidence"));
    assert!(error.contexts().contains(&("gone", Digest::of(REPORT.as_bytes()).to_string())), "{error}");
}

#[tokio::test]
async fn another_policy_other_gates_and_other_words_are_told_apart() {
    let world = world().await;
    world.promoted().await;
    let reproduce = async |promoter: Promoter| promoter.reproduce(&v1("prod"), "prod", &[]).await.unwrap_err();
    let policy = reproduce(Promoter { policy: Some(Digest::of(b"other")), ..world.later() }).await;
    assert_eq!((policy.kind(), differs(&policy)), (ErrorKind::Conflict, "policy"));
    let gates = reproduce(Promoter { gates: vec![cve()], ..world.later() }).await;
    assert_eq!((gates.kind(), differs(&gates)), (ErrorKind::Conflict, "gates"));
    let mut other = world.later();
    other.gates[0] = Arc::new(CveGate::new(ScanPolicy::default()));
    let verdict = reproduce(other).await;
    assert_eq!((verdict.kind(), differs(&verdict)), (ErrorKind::Untrusted, "verdict"));
    assert!(verdict.contexts().contains(&("gate", "cve: warn then, fail now".to_owned())), "{verdict}");
    let nobody = reproduce(Promoter { trust: Trust::default(), signer: None, ..world.later() }).await;
    assert_eq!(nobody.kind(), ErrorKind::NotFound, "a record by nobody who is trusted");
    let elsewhere = world.later().reproduce(&v1("prod"), "staging", &[]).await.unwrap_err();
    assert_eq!(elsewhere.kind(), ErrorKind::NotFound);
}

#[tokio::test]
async fn what_was_handed_in_has_to_be_handed_in_again() {
    let world = world().await;
    let given = [Given::Vex(bytes::Bytes::from_static(
        br#"{"@context":"https://openvex.dev/ns/v0.2.0","@id":"urn:x","author":"a","timestamp":"2026-01-01T00:00:00Z","version":1,"statements":[]}"#,
    ))];
    let plan = ready(&world.promoter, &given).await;
    assert!(execute(&world.promoter, &plan).await.unwrap().is_complete());
    let without = world.later().reproduce(&v1("prod"), "prod", &[]).await.unwrap_err();
    assert_eq!((without.kind(), differs(&without)), (ErrorKind::NotFound, "evidence"));
    let with = world.later().reproduce(&v1("prod"), "prod", &given).await.unwrap();
    assert_eq!(bytes(&with.verdicts), bytes(&plan.verdicts));
}

#[tokio::test]
async fn a_process_without_what_was_handed_in_executes_nothing_until_it_has_it() {
    let world = world().await;
    let given = [Given::Report(REPORT.replace("CVE-2026-1", "CVE-2026-3").replace("CRITICAL", "LOW").into())];
    let plan = ready(&world.promoter, &given).await;
    let elsewhere = Promoter { materials: MemoryRegistry::new(), ..world.promoter.clone() };
    assert_eq!(execute(&elsewhere, &plan).await.unwrap_err().kind(), ErrorKind::Conflict);
    assert!(world.prod.resolve(&v1("prod")).await.is_err());
    elsewhere.hand_in(&given);
    assert!(execute(&elsewhere, &plan).await.unwrap().is_complete());
}

#[tokio::test]
async fn a_promoter_without_the_gates_of_the_plan_executes_nothing() {
    let world = world().await;
    let plan = ready(&world.promoter, &[]).await;
    let elsewhere = Promoter { gates: Vec::new(), ..world.promoter.clone() };
    assert_eq!(execute(&elsewhere, &plan).await.unwrap_err().kind(), ErrorKind::Conflict);
    assert!(world.prod.resolve(&v1("prod")).await.is_err());
}

#[tokio::test]
async fn a_gate_that_refuses_by_now_stops_the_plan_before_anything_is_written() {
    let world = world().await;
    let plan = ready(&world.promoter, &[]).await;
    let late = Promoter { clock: Some(at(61)), ..world.promoter.clone() };
    let error = execute(&late, &plan).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Conflict);
    assert!(error.to_string().contains("cve fail"), "{error}");
    assert!(world.prod.resolve(&v1("prod")).await.is_err());
    // So does a report that tells of something worse since.
    let worse = REPORT.replace("CVE-2026-1", "CVE-2026-2");
    attach(&world.dev, "dev", "application/vnd.example.trivy.report+json", &worse, &world.image);
    assert_eq!(execute(&world.promoter, &plan).await.unwrap_err().kind(), ErrorKind::Conflict);
}

#[tokio::test]
async fn evidence_that_came_after_the_plan_is_not_the_records() {
    let world = world().await;
    let plan = ready(&world.promoter, &[]).await;
    attach(&world.dev, "dev", "application/spdx+json", &SBOM.replace("\"1\"", "\"2\""), &world.image);
    assert!(execute(&world.promoter, &plan).await.unwrap().is_complete());
    let reproduced = world.later().reproduce(&v1("prod"), "prod", &[]).await.unwrap();
    assert_eq!(bytes(&reproduced.verdicts), bytes(&plan.verdicts));
}

#[tokio::test]
async fn a_gate_that_says_the_same_in_other_words_stops_nothing_and_leaves_nothing_to_reproduce() {
    let mut world = world().await;
    let asked = Arc::new(std::sync::atomic::AtomicUsize::new(0));
    let gate = CallbackGate::new("ours", move |_| {
        let nth = asked.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
        let verdict =
            Verdict::new("ours", vec![Reason::pass("asked", format!("asked {nth} times before"))], Vec::new());
        Box::pin(async move { Ok(verdict) })
    });
    world.promoter.gates.push(Arc::new(gate.unwrap()));
    world.promoted().await;
    let error = world.later().reproduce(&v1("prod"), "prod", &[]).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unsupported, "{error}");
}

#[tokio::test]
async fn a_verdict_that_was_overruled_is_reproduced_as_the_refusal_that_it_was() {
    let mut world = world().await;
    world.promoter.clock = Some(at(61));
    let glass = BreakGlass { justification: "the site is down".into(), expires: at(120) };
    let Outlook::Ready(plan) = world.promoter.plan_breaking_glass(&request(), &[], &glass).await.unwrap() else {
        panic!()
    };
    assert!(execute(&world.promoter, &plan).await.unwrap().is_complete());
    let reproduced = world.later().reproduce(&v1("prod"), "prod", &[]).await.unwrap();
    assert_eq!((reproduced.verdicts[0].outcome, reproduced.record.break_glass), (Outcome::Fail, Some(glass)));
}

#[tokio::test]
async fn the_newest_record_of_the_environment_counts_and_a_rollback_has_one_too() {
    let mut world = world().await;
    let first = world.promoted().await;
    let other = world.dev.insert_blob("other layer");
    let config = world.dev.insert_blob("{}");
    let manifest = json!({
        "schemaVersion": 2, "mediaType": media_type::OCI_MANIFEST,
        "config": Descriptor::new(media_type::OCI_CONFIG, config.digest, config.size),
        "layers": [Descriptor::new(media_type::OCI_LAYER_GZIP, other.digest, other.size)],
    });
    world.dev.insert_manifest(&place("dev"), v1("dev").tag, manifest.to_string()).unwrap();
    let gates = std::mem::take(&mut world.promoter.gates);
    world.promoter.clock = Some(at(1));
    let moving = Request { move_tags: true, ..request() };
    let Outlook::Ready(second) = world.promoter.plan(&moving).await.unwrap() else { panic!() };
    assert!(execute(&world.promoter, &second).await.unwrap().is_complete());
    let none = world.later().reproduce(&v1("prod"), "prod", &[]).await.unwrap_err();
    assert_eq!(none.kind(), ErrorKind::Unsupported, "no gate judged it");
    world.promoter.gates = gates;
    world.promoter.clock = Some(at(2));
    let back = RollbackRequest { tag: v1("prod"), environment: "prod".into(), requester: "ci".into(), reason: None };
    let Outlook::Ready(third) = world.promoter.plan_rollback(&back).await.unwrap() else { panic!() };
    assert!(execute(&world.promoter, &third).await.unwrap().is_complete());
    let reproduced = world.later().reproduce(&v1("prod"), "prod", &[]).await.unwrap();
    assert!(reproduced.record.rollback && reproduced.record.plan != *first.digest());
    assert_eq!(bytes(&reproduced.verdicts), bytes(&third.verdicts));
}

#[tokio::test]
async fn a_promoter_with_other_gates_than_the_plans_does_not_execute_it() {
    let world = world().await;
    let plan = ready(&world.promoter, &[]).await;
    let reversed = Promoter { gates: world.promoter.gates.iter().rev().cloned().collect(), ..world.promoter.clone() };
    let fewer = Promoter { gates: vec![cve()], ..world.promoter.clone() };
    for promoter in [reversed, fewer] {
        let error = execute(&promoter, &plan).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Conflict);
        assert!(error.to_string().contains("other gates"), "{error}");
    }
    assert!(world.prod.resolve(&v1("prod")).await.is_err());
    assert!(execute(&world.promoter, &plan).await.unwrap().is_complete());
}
