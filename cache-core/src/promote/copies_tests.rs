//! Registries that are far away, where each question is a wait; and what becomes of many copies where one fails.

use serde_json::json;

use super::tests::{approve, artifact, copied, repository, tag, world};
use super::*;
use crate::model::manifest::media_type;
use crate::model::{Descriptor, Repository};
use crate::plan::Change;
use crate::registry::BlobStream;
use crate::registry::testing::{Distance, Far, OtherBlobs};

/// An index of so many platforms, with an SBOM about each and a signature of each SBOM.
fn platforms(source: &MemoryRegistry, at: &Repository, count: usize) -> Vec<Descriptor> {
    let mut children = Vec::new();
    let mut signatures = Vec::new();
    for n in 0..count {
        let config = source.insert_blob(format!("{{\"n\":{n}}}"));
        let layer = source.insert_blob(format!("layer {n}"));
        let manifest = json!({
            "schemaVersion": 2, "mediaType": media_type::OCI_MANIFEST,
            "config": Descriptor::new(media_type::OCI_CONFIG, config.digest, config.size),
            "layers": [Descriptor::new(media_type::OCI_LAYER_GZIP, layer.digest, layer.size)],
        });
        let child = source.insert_manifest(at, None, manifest.to_string()).unwrap();
        let sbom = artifact(source, at, "application/spdx+json", &format!("{{\"sbom\":{n}}}"), &child);
        signatures.push(artifact(source, at, "application/vnd.dev.example.signature", &format!("{n}"), &sbom));
        children.push(child);
    }
    let index = json!({"schemaVersion": 2, "mediaType": media_type::OCI_INDEX, "manifests": children});
    source.insert_manifest(at, Some(tag("many")), index.to_string()).unwrap();
    signatures
}

/// What is to be promoted from one registry far away to another: the request, and the promoter of a world.
fn far_away(platform_count: usize) -> (super::tests::World, Request, Distance) {
    let (mut world, distance) = (world(), Distance::default());
    let from = repository("far.test/dev/app");
    platforms(&world.source, &from, platform_count);
    world.promoter.source = Arc::new(Far(distance.clone(), world.source.clone()));
    world.promoter.target = Arc::new(Far(distance.clone(), MemoryRegistry::new()));
    let to = repository("far.test/staging/app");
    let request = Request { from: from.tagged(tag("many")), to: to.tagged(tag("many")), ..world.request() };
    (world, request, distance)
}

async fn planned(world: &super::tests::World, request: &Request) -> crate::plan::Plan {
    let Outlook::Ready(plan) = world.promoter.plan(request).await.unwrap() else { panic!() };
    plan
}

#[tokio::test]
async fn what_need_not_follow_one_another_is_asked_and_copied_at_once() {
    let (world, request, distance) = far_away(8);
    let (plan, planning) = distance.questions(planned(&world, &request)).await;
    assert_eq!(copied(&plan).len(), 25);
    let (receipt, executing) = distance.questions(world.promoter.execute(approve(&plan))).await;
    let receipt = receipt.unwrap();
    assert!(receipt.is_complete(), "{receipt}");
    println!(
        "25 manifests: {planning} questions follow one another when it is planned, {executing} when it is executed"
    );
    assert!(planning <= 14 && executing <= 30, "{planning} {executing}");
}

#[tokio::test]
async fn more_than_go_together_are_copied_and_a_referrer_never_stands_before_its_subject() {
    let mut world = world();
    let from = repository("near.test/dev/app");
    platforms(&world.source, &from, 50);
    let to = repository("near.test/staging/app");
    let target = MemoryRegistry::new();
    world.promoter.target = Arc::new(target.clone());
    let request = Request { from: from.tagged(tag("many")), to: to.tagged(tag("many")), ..world.request() };
    let plan = planned(&world, &request).await;
    let seen = Arc::new(std::sync::Mutex::new(Vec::new()));
    let keep = Arc::clone(&seen);
    let watch = Watch::new(move |progress: &Progress| keep.lock().unwrap().push(progress.clone()));
    assert!(world.promoter.execute_watched(approve(&plan), watch).await.unwrap().is_complete());
    assert_eq!(copied(&plan).len(), 151);
    let seen = seen.lock().unwrap();
    assert!(seen.windows(2).all(|pair| pair[0].done <= pair[1].done && pair[0].bytes <= pair[1].bytes));
    let last = seen.last().unwrap();
    assert_eq!((last.done, last.bytes), (152, last.total));
}

#[tokio::test]
async fn where_one_copy_fails_no_manifest_is_put_and_the_receipt_says_which_and_what_was_sent() {
    let mut world = world();
    let from = repository("near.test/dev/app");
    let signatures = platforms(&world.source, &from, 3);
    let to = repository("near.test/staging/app").tagged(tag("many"));
    let request = Request { from: from.tagged(tag("many")), to: to.clone(), ..world.request() };
    let plan = planned(&world, &request).await;
    let broken = world.source.manifest(&from.at(signatures[2].digest.clone())).await.unwrap();
    let lost = broken.blobs().last().unwrap().digest.clone();
    let source = OtherBlobs::of(world.promoter.source.clone(), move |blob| {
        (blob.digest == lost).then(|| BlobStream::verifying(blob, futures_util::stream::empty()))
    });
    world.promoter.source = Arc::new(source);
    let receipt = world.promoter.execute(approve(&plan)).await.unwrap();
    assert!(!receipt.is_complete() && !receipt.is_dry_run());
    let outcomes = plan.changes.iter().zip(&receipt.steps);
    for (change, step) in outcomes {
        let is_broken = matches!(change, Change::Copy(copy) if copy.digest == signatures[2].digest);
        assert_eq!(matches!(step.outcome, StepOutcome::Failed { .. }), is_broken, "{receipt}");
        assert!(is_broken || step.outcome == StepOutcome::NotTried, "{receipt}");
    }
    assert!(receipt.steps.iter().any(|step| step.sent > 0), "{receipt}");
    assert!(world.promoter.target.resolve(&to).await.unwrap_err().is_not_found());
    // The same approved plan goes on where the source has it again.
    world.promoter.source = Arc::new(world.source.clone());
    assert!(world.promoter.execute(approve(&plan)).await.unwrap().is_complete());
}
