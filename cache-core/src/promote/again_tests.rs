//! What is asked for again: only what is not there is planned, and nothing is attached twice.

use std::collections::HashMap;

use serde_json::{Value, json};

use super::*;
use crate::Result;
use crate::approve::{Answer, ApprovalPolicy, Approved, Permit, by_callback};
use crate::execute::testing::as_if_killed;
use crate::model::manifest::media_type;
use crate::model::{Descriptor, Manifest, Pinned, Reference, Repository, Tag};
use crate::plan::{BlobCopy, Change, Content, Delete, Plan, PutManifest, SetTag};
use crate::registry::{BlobStream, Moved};
use crate::sign::{COSIGN_SIGN_TYPE, KeySigner};

const PROVENANCE: &str = "https://slsa.dev/provenance/v1";

/// An image at a source, a target, and a promoter that signs with a key that it trusts.
struct World {
    source: MemoryRegistry,
    target: MemoryRegistry,
    image: Descriptor,
    promoter: Promoter,
    ledger: tempfile::TempDir,
}

fn place(name: &str) -> Repository {
    Repository::parse(&format!("memory:{name}")).unwrap()
}

fn v1() -> Tag {
    Tag::parse("v1").unwrap()
}

impl World {
    fn new() -> Self {
        let (source, target) = (MemoryRegistry::new(), MemoryRegistry::new());
        let (config, layer) = (source.insert_blob("{\"config\":1}"), source.insert_blob("layer"));
        let manifest = json!({
            "schemaVersion": 2, "mediaType": media_type::OCI_MANIFEST,
            "config": Descriptor::new(media_type::OCI_CONFIG, config.digest, config.size),
            "layers": [Descriptor::new(media_type::OCI_LAYER_GZIP, layer.digest, layer.size)],
        });
        let image = source.insert_manifest(&place("dev"), Some(v1()), manifest.to_string()).unwrap();
        let ledger = tempfile::tempdir().unwrap();
        let signer = KeySigner::generate("build").unwrap();
        let promoter = Promoter {
            source: Arc::new(source.clone()),
            target: Arc::new(target.clone()),
            gates: Vec::new(),
            trust: Trust::in_keys(vec![signer.public_key().clone()]),
            signer: Some(Arc::new(signer)),
            policy: None,
            materials: MemoryRegistry::new(),
            ledger: Ledger::at(ledger.path()),
            clock: None,
        };
        World { source, target, image, promoter, ledger }
    }

    async fn outlook(&self, attach: &[Attachment]) -> Outlook {
        outlook(&self.promoter, attach).await
    }

    /// Plans and executes.
    async fn attach(&self, attach: &[Attachment]) -> Plan {
        let Outlook::Ready(plan) = self.outlook(attach).await else { panic!("nothing is planned for {attach:?}") };
        let receipt = self.promoter.execute(approve(&plan)).await.unwrap();
        assert!(receipt.is_complete(), "{receipt}");
        plan
    }

    async fn referrers(&self) -> usize {
        self.target.referrers(&place("prod").at(self.image.digest.clone())).await.unwrap().len()
    }
}

async fn outlook(promoter: &Promoter, attach: &[Attachment]) -> Outlook {
    promoter.plan(&request("dev", "prod", attach)).await.unwrap()
}

fn request(from: &str, to: &str, attach: &[Attachment]) -> Request {
    Request {
        from: place(from).tagged(v1()),
        to: place(to).tagged(v1()),
        environment: "prod".into(),
        requester: "pipeline".into(),
        reason: None,
        move_tags: false,
        attach: attach.to_vec(),
    }
}

fn approve(plan: &Plan) -> Approved {
    let yes = Answer::approve("alice");
    let approval = by_callback(plan, Timestamp::now(), |_| Ok(yes)).unwrap();
    ApprovalPolicy::default().admit(plan.clone(), vec![approval], Timestamp::now()).unwrap()
}

fn document(media_type: &str, text: &'static str) -> Attachment {
    Attachment::Document { media_type: media_type.into(), bytes: bytes::Bytes::from_static(text.as_bytes()) }
}

fn statement(predicate_type: &str, predicate: Value) -> Attachment {
    Attachment::Statement { predicate_type: predicate_type.into(), predicate }
}

/// How often each kind of change is in the plan; a record is what has no predicate yet.
fn kinds(plan: &Plan) -> HashMap<&'static str, usize> {
    let mut kinds = HashMap::new();
    for change in &plan.changes {
        let kind = match change {
            Change::AddLayers(_) => "layers",
            Change::Copy(_) => "copy",
            Change::SetTag(_) => "tag",
            Change::Delete(_) => "delete",
            Change::Administer(_) => "administer",
            Change::Attach(op) => match &op.content {
                Content::Document { .. } => "document",
                Content::Statement { predicate: Some(_), .. } => "statement",
                Content::Statement { predicate: None, .. } => "record",
            },
        };
        *kinds.entry(kind).or_default() += 1;
    }
    kinds
}

#[tokio::test]
async fn an_attachment_to_an_image_that_is_there_is_planned_alone() {
    let world = World::new();
    world.attach(&[]).await;
    assert!(matches!(world.outlook(&[]).await, Outlook::Nothing));
    let wanted = [document("application/spdx+json", "{}"), statement(COSIGN_SIGN_TYPE, json!({}))];
    let plan = world.attach(&wanted).await;
    assert_eq!(kinds(&plan), HashMap::from([("document", 1), ("statement", 1), ("record", 1)]));
    assert!(matches!(world.outlook(&wanted).await, Outlook::Nothing));
}

#[tokio::test]
async fn what_is_attached_is_not_asked_for_again_and_whatever_differs_is() {
    let world = World::new();
    let there = [
        document("application/spdx+json", "{}"),
        statement(COSIGN_SIGN_TYPE, json!({})),
        statement(PROVENANCE, json!({"b": 1, "a": [1, 2]})),
    ];
    world.attach(&there).await;
    let rows: [(&str, Attachment, Option<&str>); 8] = [
        ("the same document", document("application/spdx+json", "{}"), None),
        ("other bytes", document("application/spdx+json", "{ }"), Some("document")),
        ("another media type", document("application/vnd.cyclonedx+json", "{}"), Some("document")),
        ("the same signature, made anew", statement(COSIGN_SIGN_TYPE, json!({})), None),
        ("a signature that says more", statement(COSIGN_SIGN_TYPE, json!({"by": "qa"})), Some("statement")),
        ("the same predicate in another order", statement(PROVENANCE, json!({"a": [1, 2], "b": 1})), None),
        ("another predicate", statement(PROVENANCE, json!({"a": [2, 1], "b": 1})), Some("statement")),
        ("another type", statement("https://example.com/p", json!({"b": 1, "a": [1, 2]})), Some("statement")),
    ];
    for (name, wanted, planned) in rows {
        match (world.outlook(&[wanted]).await, planned) {
            (Outlook::Nothing, None) => {}
            (Outlook::Ready(plan), Some(kind)) => {
                assert_eq!(kinds(&plan), HashMap::from([(kind, 1), ("record", 1)]), "{name}");
            }
            (other, _) => panic!("{name}: {other:?}"),
        }
    }
}

#[tokio::test]
async fn a_signature_by_somebody_else_does_not_stand_in_for_ours() {
    let world = World::new();
    let signature = [statement(COSIGN_SIGN_TYPE, json!({}))];
    world.attach(&signature).await;
    let other = KeySigner::generate("other").unwrap();
    let mut keys = world.promoter.trust.keys().cloned().collect::<Vec<_>>();
    keys.push(other.public_key().clone());
    let theirs = Promoter { trust: Trust::in_keys(keys), signer: Some(Arc::new(other)), ..world.promoter.clone() };
    assert!(matches!(outlook(&theirs, &signature).await, Outlook::Ready(_)));
    // One's own is recognised whether or not one is trusted, and nobody else's.
    let blind = Promoter { trust: Trust::default(), ..world.promoter.clone() };
    assert!(matches!(outlook(&blind, &signature).await, Outlook::Nothing));
    let theirs = Promoter { trust: Trust::default(), ..theirs };
    assert!(matches!(outlook(&theirs, &signature).await, Outlook::Ready(_)));
}

#[tokio::test]
async fn what_the_source_has_comes_along_and_is_not_made_anew() {
    let world = World::new();
    let wanted = [document("application/spdx+json", "{}"), statement(PROVENANCE, json!({"a": 1}))];
    world.attach(&wanted).await;
    let onward = Promoter {
        source: Arc::new(world.target.clone()),
        target: Arc::new(MemoryRegistry::new()),
        ..world.promoter.clone()
    };
    let more = [wanted.to_vec(), vec![statement(COSIGN_SIGN_TYPE, json!({})); 2]].concat();
    let Outlook::Ready(plan) = onward.plan(&request("prod", "mirror", &more)).await.unwrap() else { panic!() };
    // The image, the two attachments and the first record; the signature once.
    assert_eq!(kinds(&plan), HashMap::from([("copy", 4), ("statement", 1), ("record", 1), ("tag", 1)]));
}

/// Cosign's tag names the same artifact as the list of referrers, whoever attached it, and is set again only where it is not
/// there.
#[tokio::test]
async fn an_sbom_is_found_by_referrer_and_by_the_tag_of_old_clients() {
    let sbom = |text: &'static str| {
        let (media_type, bytes) = ("application/spdx+json".to_owned(), bytes::Bytes::from_static(text.as_bytes()));
        Attachment::Sbom { media_type, bytes }
    };
    const TEXT: &str = r#"{"spdxVersion":"SPDX-2.3","packages":[{"SPDXID":"SPDXRef-a","name":"a"}]}"#;
    const OTHER: &str = r#"{"spdxVersion":"SPDX-2.3","packages":[{"SPDXID":"SPDXRef-b","name":"b"}]}"#;
    let world = World::new();
    let tag = Tag::of_digest(&world.image.digest, ".sbom");
    let plan = world.attach(&[sbom(TEXT)]).await;
    assert_eq!(kinds(&plan), HashMap::from([("copy", 1), ("document", 1), ("record", 1), ("tag", 2)]));
    let named = world.target.resolve(&place("prod").tagged(tag.clone())).await.unwrap();
    let image = place("prod").at(world.image.digest.clone());
    let referrers = world.target.referrers(&image).await.unwrap();
    assert!(referrers.iter().any(|referrer| referrer.digest == named.digest));
    // What an old client does: the first layer of what the tag names.
    let manifest = world.target.manifest(&place("prod").at(named.digest.clone())).await.unwrap();
    let crate::model::ManifestBody::Image(artifact) = manifest.value() else { panic!() };
    let blob = world.target.blob(&place("prod"), &artifact.layers[0]).await.unwrap();
    assert_eq!(blob.into_bytes(1000).await.unwrap(), TEXT);
    // The evidence has it once, and there is nothing left to do.
    let unit = unit::Unit::of(&world.target, &image).await.unwrap();
    let evidence = gather::gather(&world.target, &image, &unit, &world.promoter.trust, Timestamp::now()).await.unwrap();
    assert_eq!((evidence.sboms.len(), evidence.problems.len()), (1, 0));
    assert!(matches!(world.outlook(&[sbom(TEXT)]).await, Outlook::Nothing));
    // Where it is attached and has no tag, only the tag is set.
    let other = World::new();
    other.attach(&[document("application/spdx+json", TEXT)]).await;
    let plan = other.attach(&[sbom(TEXT)]).await;
    assert_eq!(kinds(&plan), HashMap::from([("tag", 1), ("record", 1)]));
    // The tag comes along to the next registry.
    let target = MemoryRegistry::new();
    let onward =
        Promoter { source: Arc::new(world.target.clone()), target: Arc::new(target.clone()), ..world.promoter.clone() };
    let Outlook::Ready(plan) = onward.plan(&request("prod", "mirror", &[sbom(TEXT)])).await.unwrap() else { panic!() };
    assert!(onward.execute(approve(&plan)).await.unwrap().is_complete());
    assert_eq!(target.resolve(&place("mirror").tagged(tag)).await.unwrap().digest, named.digest);
    // Another SBOM does not take the tag unasked, and one request cannot name two.
    let conflict = world.promoter.plan(&request("dev", "prod", &[sbom(OTHER)])).await.unwrap_err();
    assert_eq!(conflict.kind(), crate::ErrorKind::Conflict);
    let moving = Request { move_tags: true, ..request("dev", "prod", &[sbom(OTHER)]) };
    assert!(matches!(world.promoter.plan(&moving).await.unwrap(), Outlook::Ready(_)));
    let several = world.promoter.plan(&request("dev", "prod", &[sbom(OTHER), sbom(TEXT)])).await.unwrap_err();
    assert_eq!(several.kind(), crate::ErrorKind::Invalid);
}

#[tokio::test]
async fn given_evidence_alone_changes_nothing() {
    let world = World::new();
    world.attach(&[]).await;
    let given = [Given::Report(bytes::Bytes::from_static(br#"{"SchemaVersion": 2, "Results": []}"#))];
    assert!(matches!(world.promoter.plan_with(&request("dev", "prod", &[]), &given).await.unwrap(), Outlook::Nothing));
}

#[tokio::test]
async fn a_plan_that_goes_on_signs_nothing_a_second_time() {
    let world = World::new();
    let wanted = [statement(COSIGN_SIGN_TYPE, json!({})), statement(PROVENANCE, json!({"a": 1}))];
    let Outlook::Ready(plan) = world.outlook(&wanted).await else { panic!() };
    let yes = Answer::approve("alice");
    let approval = by_callback(&plan, Timestamp::now(), |_| Ok(yes)).unwrap();
    let admit = || ApprovalPolicy::default().admit(plan.clone(), vec![approval.clone()], Timestamp::now()).unwrap();
    let receipt = world.promoter.execute(admit()).await.unwrap();
    assert!(receipt.is_complete() && world.referrers().await == 3, "{receipt}");
    as_if_killed(world.ledger.path(), &plan, &approval);
    let again = world.promoter.execute(admit()).await.unwrap();
    assert!(again.steps.iter().all(|step| step.outcome == StepOutcome::AlreadySo), "{again}");
    assert_eq!(world.referrers().await, 3);
}

/// A registry that has lost its lists of referrers, as one where a writer died before it had entered anything.
#[derive(Debug, Clone)]
struct Unlisted(MemoryRegistry);

#[async_trait::async_trait]
impl Registry for Unlisted {
    async fn resolve(&self, reference: &Reference) -> Result<Descriptor> {
        self.0.resolve(reference).await
    }
    async fn manifest(&self, image: &Pinned) -> Result<Manifest> {
        self.0.manifest(image).await
    }
    async fn blob(&self, at: &Repository, blob: &Descriptor) -> Result<BlobStream> {
        self.0.blob(at, blob).await
    }
    async fn tags(&self, repository: &Repository) -> Result<Vec<Tag>> {
        self.0.tags(repository).await
    }
    async fn referrers(&self, _: &Pinned) -> Result<Vec<Descriptor>> {
        Ok(Vec::new())
    }
}

#[async_trait::async_trait]
impl RegistryWriter for Unlisted {
    async fn put_blob(&self, op: Permit<'_, BlobCopy>, from: &dyn Registry) -> Result<Moved> {
        self.0.put_blob(op, from).await
    }
    async fn put_manifest(&self, op: Permit<'_, PutManifest>) -> Result<Moved> {
        self.0.put_manifest(op).await
    }
    async fn set_tag(&self, op: Permit<'_, SetTag>) -> Result<Moved> {
        self.0.set_tag(op).await
    }
    async fn delete(&self, op: Permit<'_, Delete>) -> Result<()> {
        self.0.delete(op).await
    }
    fn as_registry(&self) -> &dyn Registry {
        self
    }
}

#[tokio::test]
async fn a_referrer_that_is_stored_and_not_listed_is_planned() {
    let world = World::new();
    let sbom = [document("application/spdx+json", "{}")];
    // The source gets an SBOM of its own.
    let here = Promoter { target: Arc::new(world.source.clone()), ..world.promoter.clone() };
    let Outlook::Ready(plan) = here.plan(&request("dev", "dev", &sbom)).await.unwrap() else { panic!() };
    assert!(here.execute(approve(&plan)).await.unwrap().is_complete());
    world.attach(&[]).await;
    assert!(matches!(world.outlook(&sbom).await, Outlook::Nothing));
    let unlisted = Promoter { target: Arc::new(Unlisted(world.target.clone())), ..world.promoter.clone() };
    let Outlook::Ready(plan) = outlook(&unlisted, &[]).await else { panic!() };
    assert_eq!(kinds(&plan), HashMap::from([("copy", 2), ("record", 1)]));
}
