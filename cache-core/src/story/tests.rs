//! Stories of images that went through the real steps, and of hostile ones.

use std::sync::Arc;

use serde_json::{Value, json};

use super::*;
use crate::approve::{Answer, ApprovalPolicy, Approver, Ledger, by_callback, by_signature};
use crate::gate::{SLSA_V1, TEST_RESULT_TYPE};
use crate::model::manifest::media_type;
use crate::model::{Descriptor, Repository};
use crate::promote::{Attachment, Outlook, Promoter, REPORT_MEDIA_TYPE, Request};
use crate::registry::MemoryRegistry;
use crate::sign::{COSIGN_SIGN_TYPE, KeySigner};

const SPDX: &str = "application/spdx+json";
const SAID: &str = "fine <script>alert(1)</script> [x](javascript:y)\n# Promoted";

fn at(minutes: i64) -> Timestamp {
    Timestamp::from_unix(1_800_000_000 + 60 * minutes).unwrap()
}

/// An image in `build`, and a signer whom everybody trusts.
struct World {
    build: MemoryRegistry,
    key: Arc<KeySigner>,
    ledger: tempfile::TempDir,
}

impl World {
    fn new(config: &Value) -> Self {
        let build = MemoryRegistry::new();
        let (config, layer) = (build.insert_blob(config.to_string()), build.insert_blob("layer"));
        let manifest = json!({
            "schemaVersion": 2, "mediaType": media_type::OCI_MANIFEST,
            "config": Descriptor::new(media_type::OCI_CONFIG, config.digest, config.size),
            "layers": [Descriptor::new(media_type::OCI_LAYER_GZIP, layer.digest, layer.size)],
        });
        let built = reference("build");
        build.insert_manifest(&built.repository, built.tag, manifest.to_string()).unwrap();
        World { build, key: Arc::new(KeySigner::generate("release").unwrap()), ledger: tempfile::tempdir().unwrap() }
    }

    /// Promotes from one registry to another at this time, attaching something on the way.
    async fn promote(
        &self,
        (from, source): (&str, &MemoryRegistry),
        (to, target): (&str, &MemoryRegistry),
        when: Timestamp,
        attach: Vec<Attachment>,
    ) {
        let promoter = Promoter {
            source: Arc::new(source.clone()),
            target: Arc::new(target.clone()),
            gates: Vec::new(),
            trust: self.trust(),
            signer: Some(self.key.clone()),
            policy: Some(Digest::of(b"policy")),
            materials: MemoryRegistry::new(),
            ledger: Ledger::at(self.ledger.path()),
            clock: Some(when),
        };
        let request = Request {
            from: reference(from),
            to: reference(to),
            environment: to.to_owned(),
            requester: "pipeline".to_owned(),
            reason: None,
            move_tags: false,
            attach,
        };
        let Outlook::Ready(plan) = promoter.plan(&request).await.unwrap() else { panic!("nothing is planned") };
        let host = by_callback(&plan, when, |_| Ok(Answer::approve("alice").saying(SAID))).unwrap();
        let carol = Answer::approve("carol").saying("looked at it");
        let signed = by_signature(&plan, carol, &*self.key, when).await.unwrap();
        let person = |name: &str, key| Approver { name: name.into(), key, ..Approver::default() };
        let approvers = vec![person("alice", None), person("carol", Some(self.key.public_key().clone()))];
        let policy = ApprovalPolicy { required: 2, approvers, ..ApprovalPolicy::default() };
        let approved = policy.admit(plan, vec![host, signed], when).unwrap();
        let receipt = promoter.execute(approved).await.unwrap();
        assert!(receipt.is_complete(), "{receipt}");
    }

    fn trust(&self) -> Trust {
        Trust::in_keys(vec![self.key.public_key().clone()])
    }
}

fn reference(place: &str) -> Reference {
    let repository = Repository::parse(&format!("memory:{place}/app")).unwrap();
    repository.tagged(crate::model::Tag::parse("v1").unwrap())
}

fn statement(predicate_type: &str, predicate: Value) -> Attachment {
    Attachment::Statement { predicate_type: predicate_type.to_owned(), predicate }
}

fn sbom(created: Timestamp) -> Attachment {
    let document = json!({
        "spdxVersion": "SPDX-2.3", "SPDXID": "SPDXRef-DOCUMENT", "name": "app", "dataLicense": "CC0-1.0",
        "documentNamespace": "https://example.com/app", "creationInfo": {"created": created, "creators": ["Tool: maker"]},
        "packages": [{"SPDXID": "SPDXRef-a", "name": "zlib", "versionInfo": "1.2", "downloadLocation": "NOASSERTION"}],
    });
    Attachment::Document { media_type: SPDX.to_owned(), bytes: document.to_string().into() }
}

fn report(scanned_at: Timestamp, ids: &[&str]) -> Attachment {
    let finding = |id: &&str| json!({"id": id, "severity": "high", "package": "zlib", "version": "1.2"});
    let report = json!({
        "scanner": "searcher", "scannedAt": scanned_at, "findings": ids.iter().map(finding).collect::<Vec<_>>(),
    });
    Attachment::Document { media_type: REPORT_MEDIA_TYPE.to_owned(), bytes: report.to_string().into() }
}

fn provenance() -> Attachment {
    let predicate = json!({
        "buildDefinition": {"buildType": "https://ci.example.com/type", "externalParameters": {"source": "https://git.example.com/app"}},
        "runDetails": {
            "builder": {"id": "https://ci.example.com/builder"},
            "metadata": {"invocationId": "run-7", "finishedOn": at(1)},
        },
    });
    statement(SLSA_V1, predicate)
}

fn facts<'a>(event: &'a Event, name: &str) -> Vec<&'a str> {
    event.facts.iter().filter(|fact| fact.name == name).map(|fact| fact.value.as_str()).collect()
}

#[tokio::test]
async fn the_last_place_tells_everything_that_came_before() {
    let config = json!({"created": at(0), "config": {"Labels": {"org.opencontainers.image.source": "https://git.example.com/app"}}});
    let world = World::new(&config);
    let (dev, prod) = (MemoryRegistry::new(), MemoryRegistry::new());
    let first = vec![
        provenance(),
        sbom(at(2)),
        report(at(3), &["CVE-1", "CVE-2"]),
        statement(COSIGN_SIGN_TYPE, json!({})),
        statement(TEST_RESULT_TYPE, json!({"result": "PASSED", "configuration": [], "passedTests": ["smoke"]})),
    ];
    world.promote(("build", &world.build), ("dev", &dev), at(10), first).await;
    world.promote(("dev", &dev), ("prod", &prod), at(20), vec![report(at(15), &["CVE-2", "CVE-3"])]).await;
    let image = prod.resolve(&reference("prod")).await.unwrap().digest;
    let running = [
        Deployment { digest: image, place: "shop/web".into(), since: Some(at(30)) },
        Deployment { digest: Digest::of(b"another"), place: "shop/other".into(), since: None },
    ];
    let story = Story::of(&prod, &reference("prod"), &world.trust(), &running, at(60)).await.unwrap();
    let told: Vec<_> = story.events.iter().map(|event| (event.kind, event.title.as_str())).collect();
    let by = format!("Signed by {}", crate::sign::Signer::identity(&*world.key));
    assert_eq!(
        told,
        [
            (EventKind::Tested, "Tested: PASSED"),
            (EventKind::Signed, by.as_str()),
            (EventKind::Built, "Made"),
            (EventKind::Built, "Built by https://ci.example.com/builder"),
            (EventKind::Described, "1 packages written down"),
            (EventKind::Scanned, "Scanned: 2 high"),
            (EventKind::Judged, "Policy applied: PASSED"),
            (EventKind::Promoted, "Promoted to dev"),
            (EventKind::Scanned, "Scanned: 2 high"),
            (EventKind::Judged, "Policy applied: PASSED"),
            (EventKind::Promoted, "Promoted to prod"),
            (EventKind::Deployed, "Runs in shop/web"),
        ]
    );
    let claimed: Vec<_> = story.events.iter().filter(|e| e.standing == Standing::Claimed).map(|e| e.kind).collect();
    assert_eq!(
        claimed,
        [EventKind::Built, EventKind::Described, EventKind::Scanned, EventKind::Scanned, EventKind::Deployed],
        "what is signed is verified, and nothing else"
    );
    let [first, second] = &story.events.iter().filter(|e| e.kind == EventKind::Scanned).collect::<Vec<_>>()[..] else {
        panic!("{told:?}")
    };
    assert!(facts(first, "new").is_empty() && facts(first, "gone").is_empty());
    assert_eq!((facts(second, "new"), facts(second, "gone")), (vec!["1: CVE-3"], vec!["1: CVE-1"]));
    let promoted = story.events.iter().find(|e| e.title == "Promoted to prod").unwrap();
    let (alice, carol) = (format!("alice, by callback, {}", at(20)), format!("carol, by key, {}", at(20)));
    assert_eq!(facts(promoted, "approved by"), [alice, carol]);
    assert_eq!(facts(promoted, "said"), [format!("alice: {SAID}")], "nobody but the application says so");
    assert_eq!(facts(promoted, "comment, signed"), ["carol: looked at it"]);
    assert_eq!(facts(promoted, "to"), ["memory:prod/app:v1"]);
    assert!(story.problems.is_empty(), "{:?}", story.problems);
    let text = story.markdown();
    let page = story.html();
    assert_eq!(page.matches("<circle").count(), told.len() - 2, "a point for each event with a date");
    assert!(page.contains(">only claimed<") && page.contains("<dt>approved by</dt>"), "{page}");
    assert!(!page.contains("<script") && !text.contains("<script>"), "{page}");
    assert!(!text.contains("](javascript") && !text.contains("\n# Promoted\n"), "{text}");
    assert!(text.contains("### Promoted to prod\n") && text.contains("**verified**, signed by key release"), "{text}");
}

#[tokio::test]
async fn what_a_stranger_signed_is_named_and_tells_nothing() {
    let world = World::new(&json!({}));
    let dev = MemoryRegistry::new();
    world.promote(("build", &world.build), ("dev", &dev), at(10), vec![provenance()]).await;
    let story = Story::of(&dev, &reference("dev"), &Trust::default(), &[], at(60)).await.unwrap();
    assert!(story.events.iter().all(|event| event.standing == Standing::Claimed), "{:?}", story.events);
    assert!(!story.events.iter().any(|event| event.title.contains("ci.example.com")));
    assert_eq!(story.problems.len(), 3, "provenance, record and summary: {:?}", story.problems);
    assert!(story.markdown().contains("## What could not be used"));
}

#[tokio::test]
async fn text_from_outside_makes_no_markup() {
    let hostile = "<script>alert(1)</script> [x](javascript:y)\n# Promoted to prod\n|";
    let world = World::new(&json!({"config": {"Labels": {"org.opencontainers.image.source": hostile}}}));
    let story = Story::of(&world.build, &reference("build"), &Trust::default(), &[], at(60)).await.unwrap();
    assert_eq!(facts(&story.events[0], "source"), [hostile], "data keeps it");
    let page = story.html();
    assert!(!page.contains("<script") && !page.contains("href="), "{page}");
    let text = story.markdown();
    assert!(!text.contains("<script>") && !text.contains("](javascript") && !text.contains("\n# Promoted"), "{text}");
}

#[tokio::test]
async fn configurations_that_are_none_tell_nothing_and_fail_nothing() {
    for config in
        [json!([]), json!({"created": 7}), json!({"config": null, "history": null}), json!({"created": "soon"})]
    {
        let world = World::new(&config);
        let story = Story::of(&world.build, &reference("build"), &Trust::default(), &[], at(60)).await.unwrap();
        assert!(story.events.iter().all(|event| event.at.is_none()), "{config}");
    }
}

#[tokio::test]
async fn the_story_of_an_image_that_is_not_there_is_an_error() {
    let story = Story::of(&MemoryRegistry::new(), &reference("build"), &Trust::default(), &[], at(60)).await;
    assert!(story.unwrap_err().is_not_found());
}
