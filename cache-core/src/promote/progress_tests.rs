//! What somebody sees who watches an execution, and what is left of one that is stopped.

use std::sync::Mutex;

use serde_json::json;

use super::*;
use crate::approve::{Answer, Approval, ApprovalPolicy, Approved, by_callback};
use crate::execute::testing::as_if_killed;
use crate::model::manifest::media_type;
use crate::model::{Descriptor, Digest, Repository, Tag};
use crate::plan::{Plan, Purpose};
use crate::registry::testing::OtherBlobs;
use crate::registry::{BlobStream, Layout};

const LAYER: usize = 1 << 20;

/// An image with three layers, on its way to a layout.
struct World {
    promoter: Promoter,
    plan: Plan,
    approval: Approval,
    folder: tempfile::TempDir,
}

async fn world() -> World {
    let source = MemoryRegistry::new();
    let repository = |text: &str| Repository::parse(text).unwrap();
    let from = repository("memory:dev");
    let config = source.insert_blob("{\"config\":1}");
    let layers: Vec<Descriptor> = (0..3)
        .map(|n| source.insert_blob(vec![n; LAYER]))
        .map(|layer| Descriptor::new(media_type::OCI_LAYER_GZIP, layer.digest, layer.size))
        .collect();
    let manifest = json!({
        "schemaVersion": 2, "mediaType": media_type::OCI_MANIFEST,
        "config": Descriptor::new(media_type::OCI_CONFIG, config.digest, config.size), "layers": layers,
    });
    let v1 = Tag::parse("v1").unwrap();
    source.insert_manifest(&from, Some(v1.clone()), manifest.to_string()).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let to = repository(&format!("oci:{}", folder.path().join("target").display()));
    let promoter = Promoter {
        source: Arc::new(source),
        target: Arc::new(Layout::open(&to).unwrap()),
        gates: Vec::new(),
        trust: Trust::default(),
        signer: None,
        policy: None,
        materials: MemoryRegistry::new(),
        ledger: Ledger::at(folder.path().join("ledger")),
        clock: None,
    };
    let request = Request {
        from: from.tagged(v1.clone()),
        to: to.tagged(v1),
        environment: "prod".into(),
        requester: "pipeline".into(),
        reason: None,
        move_tags: false,
        attach: Vec::new(),
    };
    let Outlook::Ready(plan) = promoter.plan(&request).await.unwrap() else { panic!() };
    let yes = Answer::approve("alice");
    let approval = by_callback(&plan, Timestamp::now(), |_| Ok(yes)).unwrap();
    World { promoter, plan, approval, folder }
}

impl World {
    fn admit(&self) -> Approved {
        ApprovalPolicy::default().admit(self.plan.clone(), vec![self.approval.clone()], Timestamp::now()).unwrap()
    }
}

fn witness() -> (Arc<Mutex<Vec<Progress>>>, Watch) {
    let seen = Arc::new(Mutex::new(Vec::new()));
    let keep = Arc::clone(&seen);
    (seen, Watch::new(move |progress| keep.lock().unwrap().push(progress.clone())))
}

#[tokio::test]
async fn a_watcher_sees_every_step_and_the_bytes_grow_to_the_end() {
    let world = world().await;
    let (seen, watch) = witness();
    assert!(world.promoter.execute_watched(world.admit(), watch).await.unwrap().is_complete());
    let seen = seen.lock().unwrap();
    let total = 3 * LAYER as u64 + "{\"config\":1}".len() as u64;
    let (first, last) = (seen.first().unwrap(), seen.last().unwrap());
    assert_eq!((first.done, first.steps, first.bytes, first.total), (0, 2, 0, total));
    assert_eq!(*last, Progress { done: 2, steps: 2, what: None, bytes: total, total });
    assert!(seen.windows(2).all(|pair| pair[0].done <= pair[1].done && pair[0].bytes <= pair[1].bytes));
    for change in &world.plan.changes {
        assert!(seen.iter().any(|progress| progress.what.as_deref() == Some(change.to_string().as_str())));
    }
    assert!(seen.len() > 5 && seen.len() < 110, "{}", seen.len());
}

#[tokio::test]
async fn what_is_there_already_counts_as_done() {
    let world = world().await;
    let before = world.admit();
    assert!(world.promoter.execute(before).await.unwrap().is_complete());
    as_if_killed(&world.folder.path().join("ledger"), &world.plan, &world.approval);
    let (seen, watch) = witness();
    assert!(world.promoter.execute_watched(world.admit(), watch).await.unwrap().is_complete());
    let last = seen.lock().unwrap().pop().unwrap();
    assert_eq!((last.done, last.bytes), (2, last.total));
}

#[tokio::test]
async fn an_execution_that_is_dropped_leaves_no_tag_and_the_same_approval_goes_on() {
    let world = world().await;
    let comes = Digest::of(&[0; LAYER]);
    let there = world.folder.path().join("target/blobs/sha256").join(comes.hex());
    // One blob comes and the others do not, so that the execution stays in the middle.
    let source = Arc::new(OtherBlobs::of(Arc::clone(&world.promoter.source), move |blob| {
        (blob.digest != comes).then(|| BlobStream::verifying(blob, futures_util::stream::pending()))
    }));
    let stuck = Promoter { source, ..world.promoter.clone() };
    let is_there = async {
        while !there.exists() {
            tokio::time::sleep(std::time::Duration::from_millis(1)).await;
        }
    };
    let (seen, watch) = witness();
    tokio::select! {
        () = is_there => {}
        ended = stuck.execute_watched(world.admit(), watch) => panic!("{ended:?}"),
    }
    assert!(seen.lock().unwrap().iter().any(|progress| progress.bytes >= LAYER as u64));
    let Purpose::Promotion { image, to, .. } = &world.plan.purpose else { panic!("{:?}", world.plan.purpose) };
    assert!(world.promoter.target.resolve(to).await.unwrap_err().is_not_found());
    let receipt = world.promoter.execute(world.admit()).await.unwrap();
    assert!(receipt.is_complete(), "{receipt}");
    assert!(receipt.steps[0].sent < 3 * LAYER as u64, "all was sent again");
    assert_eq!(world.promoter.target.resolve(to).await.unwrap().digest, image.digest);
}

#[tokio::test]
async fn a_plan_that_only_attaches_needs_its_image() {
    let world = world().await;
    assert!(world.promoter.execute(world.admit()).await.unwrap().is_complete());
    let Purpose::Promotion { from, to, .. } = &world.plan.purpose else { panic!("{:?}", world.plan.purpose) };
    let request = Request {
        from: from.clone(),
        to: to.clone(),
        environment: "prod".into(),
        requester: "pipeline".into(),
        reason: None,
        move_tags: false,
        attach: vec![Attachment::Document { media_type: "text/plain".into(), bytes: "note".into() }],
    };
    let Outlook::Ready(plan) = world.promoter.plan(&request).await.unwrap() else { panic!() };
    let yes = Answer::approve("alice");
    let approval = by_callback(&plan, Timestamp::now(), |_| Ok(yes)).unwrap();
    let admit = || ApprovalPolicy::default().admit(plan.clone(), vec![approval.clone()], Timestamp::now()).unwrap();
    std::fs::rename(world.folder.path().join("target"), world.folder.path().join("away")).unwrap();
    let error = world.promoter.execute(admit()).await.unwrap_err();
    assert_eq!(error.kind(), crate::ErrorKind::Conflict, "{error}");
    std::fs::rename(world.folder.path().join("away"), world.folder.path().join("target")).unwrap();
    assert!(world.promoter.execute(admit()).await.unwrap().is_complete());
}
