//! What people asked of other tools or lost with them: the names begin with the row of `gates.md` B2.

use std::sync::atomic::{AtomicUsize, Ordering};

use super::tests::{approve, artifact, copied, now, repository, tag, world};
use super::*;
use crate::approve::{Answer, ApprovalPolicy, by_callback};
use crate::error::ErrorKind;
use crate::gate::SmokeGate;
use crate::model::Outcome;

/// The same image in another repository is another thing to approve.
#[tokio::test]
async fn b2_33_an_approval_for_one_repository_is_worth_nothing_for_another_with_the_same_digest() {
    let world = world();
    let plan = world.ready().await;
    let elsewhere = Request { to: repository("memory:staging/other").tagged(tag("v1")), ..world.request() };
    let Outlook::Ready(other) = world.promoter.plan(&elsewhere).await.unwrap() else { panic!() };
    assert_eq!(copied(&plan), copied(&other));
    let yes = Answer::approve("alice");
    let approval = by_callback(&plan, now(), |_| Ok(yes)).unwrap();
    let error = ApprovalPolicy::default().admit(other, vec![approval], now()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unapproved);
    assert!(error.to_string().contains("another plan"), "{error}");
}

/// Both wait, and each is judged when it was planned and when it is its turn.
#[tokio::test]
async fn b2_34_of_two_plans_that_wait_each_has_a_verdict_of_its_own() {
    let mut world = world();
    let asked = Arc::new(AtomicUsize::new(0));
    let counted = asked.clone();
    let gate = SmokeGate::callback(move |_| {
        counted.fetch_add(1, Ordering::SeqCst);
        Box::pin(async { Ok(true) })
    });
    world.promoter.gates = vec![Arc::new(gate)];
    let first = world.ready().await;
    let prod = Request { to: repository("memory:prod/app").tagged(tag("v1")), ..world.request() };
    let Outlook::Ready(second) = world.promoter.plan(&prod).await.unwrap() else { panic!() };
    assert_eq!(asked.load(Ordering::SeqCst), 2);
    for (plan, times) in [(&first, 3), (&second, 4)] {
        assert!(plan.verdicts.len() == 1 && plan.verdicts[0].outcome == Outcome::Pass);
        assert!(world.promoter.execute(approve(plan)).await.unwrap().is_complete());
        assert_eq!(asked.load(Ordering::SeqCst), times);
    }
}

#[tokio::test]
async fn b2_35_a_plan_lists_every_referrer_and_one_that_is_gone_is_no_success() {
    let world = world();
    let vex = artifact(&world.source, &world.from, "application/vnd.openvex+json", "vex", &world.index);
    let plan = world.ready().await;
    assert_eq!(copied(&plan).len(), world.everything + 1);
    assert!(copied(&plan).contains(&vex.digest));
    // All of the source but the manifest of the VEX document.
    let fewer = MemoryRegistry::new();
    for digest in copied(&plan).into_iter().filter(|digest| *digest != vex.digest) {
        let manifest = world.source.manifest(&world.from.at(digest.clone())).await.unwrap();
        for blob in manifest.blobs() {
            fewer.insert_blob(world.source.blob_bytes(&blob.digest).unwrap());
        }
        fewer.insert_manifest(&world.from, None, manifest.bytes().clone()).unwrap();
    }
    let promoter = Promoter { source: Arc::new(fewer), ..world.promoter.clone() };
    let told = match promoter.execute(approve(&plan)).await {
        Ok(receipt) => {
            assert!(!receipt.is_complete());
            receipt.to_string()
        }
        Err(error) => error.to_string(),
    };
    assert!(told.contains(vex.digest.as_str()), "{told}");
    assert_eq!(world.tag_of("v1").await, None);
}

/// Of two plans for one tag the first to be executed makes the other one void, whatever its approval says.
#[tokio::test]
async fn b2_44_a_plan_that_another_overtook_changes_nothing() {
    let world = world();
    let older = world.ready().await;
    let bytes = world.source.manifest(&world.from.at(world.index.digest.clone())).await.unwrap().bytes().clone();
    let newer = serde_json::from_slice::<serde_json::Value>(&bytes).unwrap();
    let newer = serde_json::to_vec_pretty(&newer).unwrap();
    let newer = world.source.insert_manifest(&world.from, Some(tag("v1")), newer).unwrap();
    let overtaking = world.ready().await;
    assert!(world.promoter.execute(approve(&overtaking)).await.unwrap().is_complete());
    let error = world.promoter.execute(approve(&older)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Conflict);
    assert!(error.to_string().contains(newer.digest.as_str()), "{error}");
    assert_eq!(world.tag_of("v1").await, Some(newer.digest));
}
