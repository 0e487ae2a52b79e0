//! What was deployed after a plan was made stays, with all that keeps it.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use super::shape;
use super::world::{APP, World, approved, ready};
use crate::Error;
use crate::conformance::server::Options;
use crate::error::ErrorKind;
use crate::model::{Digest, Manifest, Outcome, Timestamp};
use crate::plan::Plan;
use crate::retention::inventory::{DeployedImage, Inventory, InventorySource, Mirror, inventory_by};
use crate::retention::{Cleaner, Proposed, Retention};

const RULES: &str = "{max_age_days: 0, keep_deployed: true, protect: {tags: [v1, 'keep-*']}}";

/// A cluster, where something else runs as well.
#[derive(Clone)]
struct Cluster {
    inventory: Arc<Mutex<Inventory>>,
    asked: Arc<AtomicUsize>,
}

impl Cluster {
    fn new() -> Cluster {
        let mut inventory = shape::deployed(&["registry.example/other:1"], &[]);
        inventory.taken = Timestamp::now();
        Cluster { inventory: Arc::new(Mutex::new(inventory)), asked: Arc::default() }
    }

    fn change(&self, change: impl FnOnce(&mut Inventory)) {
        change(&mut self.inventory.lock().unwrap());
    }

    fn run(&self, image: DeployedImage) {
        self.change(|inventory| inventory.images.push(image));
    }

    fn asked(&self) -> usize {
        self.asked.load(Ordering::Relaxed)
    }

    fn source(&self) -> Arc<dyn InventorySource> {
        let Cluster { inventory, asked } = self.clone();
        Arc::new(inventory_by("cluster a", move || {
            asked.fetch_add(1, Ordering::Relaxed);
            let inventory = inventory.lock().unwrap().clone();
            async move { Ok(inventory) }
        }))
    }
}

fn by_digest(digest: &Digest) -> DeployedImage {
    DeployedImage { image: None, digest: Some(digest.clone()), used_by: "shop/Pod/web".to_owned() }
}

fn by_tag(world: &World, tag: &str) -> DeployedImage {
    let image = format!("{}:{tag}", world.repository()).parse().unwrap();
    DeployedImage { image: Some(image), digest: None, used_by: "shop/Pod/web".to_owned() }
}

fn retention(world: &World, rules: &str, cluster: &Cluster) -> Retention {
    Retention { inventories: vec![cluster.source()], ..world.retention(rules) }
}

async fn plan(world: &World, retention: &Retention) -> Plan {
    ready(retention.plan(&world.request()).await.unwrap())
}

fn cleaner(world: &World, retention: &Retention) -> Cleaner {
    Cleaner { retention: Some(retention.clone()), ..world.cleaner() }
}

/// What a dry run says, and the execution: the same, and nothing is changed.
async fn refused(world: &World, cleaner: &Cleaner, plan: &Plan) -> Error {
    let approved = approved(plan.clone());
    let rehearsed = cleaner.rehearse(&approved).await.unwrap_err();
    let error = cleaner.execute(approved).await.unwrap_err();
    assert_eq!((rehearsed.kind(), rehearsed.to_string()), (error.kind(), error.to_string()));
    assert_eq!(world.deletions(), 0, "{error}");
    assert!(!world.restore_folder().exists(), "{error}");
    error
}

/// What of an image somebody runs.
type Runs = fn(&World, &[Digest]) -> DeployedImage;

#[tokio::test]
async fn what_was_deployed_since_the_plan_is_not_deleted() {
    let runs: [(&str, Runs); 5] = [
        ("the index", |_, old| by_digest(&old[0])),
        ("a platform", |_, old| by_digest(&old[1])),
        ("the configuration of a platform", |world, old| {
            let bytes = world.server.manifest_bytes(APP, old[2].as_str()).unwrap();
            by_digest(&Manifest::parse(bytes, None).unwrap().blobs()[0].digest)
        }),
        ("what is about it", |_, old| by_digest(&old[4])),
        ("its tag", |world, _| by_tag(world, "old")),
    ];
    for (what, runs) in runs {
        let (world, cluster) = (World::new(Options::default()).await, Cluster::new());
        world.unit("v1");
        let old = world.unit("old");
        let retention = retention(&world, RULES, &cluster);
        let plan = plan(&world, &retention).await;
        cluster.run(runs(&world, &old));
        let error = refused(&world, &cleaner(&world, &retention), &plan).await;
        assert_eq!(error.kind(), ErrorKind::Conflict, "{what}: {error}");
        let told = error.to_string();
        assert!(told.contains("shop/Pod/web (cluster a)") && told.contains(APP), "{what}: {told}");
        assert!(error.hint_text().unwrap().contains("make a new plan"), "{what}");
        // As a new plan says.
        let again = retention.plan(&world.request()).await.unwrap();
        assert!(matches!(again.outcome, Proposed::Nothing), "{what}: {:?}", again.outcome);
    }
}

/// An index goes whose platform stays with another index: who runs the platform may have asked for either.
#[tokio::test]
async fn what_goes_is_not_deleted_where_a_part_of_it_that_stays_is_deployed() {
    let (world, cluster) = (World::new(Options::default()).await, Cluster::new());
    let [shared, own] = ["shared", "own"].map(|name| world.image(None, name));
    world.index(Some("v1"), &[&shared]);
    let old = world.index(Some("old"), &[&shared, &own]);
    let retention = retention(&world, RULES, &cluster);
    let plan = plan(&world, &retention).await;
    cluster.run(by_digest(&shared.digest));
    let error = refused(&world, &cleaner(&world, &retention), &plan).await;
    assert_eq!(error.kind(), ErrorKind::Conflict, "{error}");
    assert!(error.to_string().contains(shared.digest.as_str()), "{error}");
    assert!(world.manifests().contains(&old.digest));
}

/// A tag that goes alone stays with an image that is deployed by now.
#[tokio::test]
async fn a_tag_of_what_is_deployed_stays() {
    let (world, cluster) = (World::new(Options::default()).await, Cluster::new());
    let unit = world.unit("keep-me");
    world.server.tag(APP, "dev-1", &unit[0]);
    let retention = retention(&world, RULES, &cluster);
    let plan = plan(&world, &retention).await;
    cluster.run(by_digest(&unit[1]));
    let error = refused(&world, &cleaner(&world, &retention), &plan).await;
    assert_eq!(error.kind(), ErrorKind::Conflict, "{error}");
    assert!(world.has_tag("dev-1"));
}

/// What else is deployed is no matter, nor what stays; a plan whose rules keep nothing for that asks nobody.
#[tokio::test]
async fn what_is_deployed_and_stays_stops_nothing() {
    let (world, cluster) = (World::new(Options::default()).await, Cluster::new());
    // A source may have a comma in its name.
    cluster.change(|inventory| inventory.source = "cluster a, 1 images, of two".to_owned());
    let kept = world.unit("v1");
    world.unit("old");
    let retention = retention(&world, RULES, &cluster);
    let plan = plan(&world, &retention).await;
    cluster.run(by_digest(&kept[1]));
    cluster.run(by_tag(&world, "v1"));
    cluster.run(by_tag(&world, "never"));
    let cleaned = cleaner(&world, &retention).execute(approved(plan)).await.unwrap();
    assert!(cleaned.is_complete(), "{cleaned}");
    assert_eq!((world.manifests().len(), cluster.asked()), (kept.len(), 2));
}

#[tokio::test]
async fn where_nothing_is_kept_for_being_deployed_nobody_is_asked() {
    let (world, cluster) = (World::new(Options::default()).await, Cluster::new());
    let old = world.unit("old");
    let retention = retention(&world, "max_age_days: 0", &cluster);
    let plan = plan(&world, &retention).await;
    cluster.run(by_digest(&old[0]));
    let cleaned = cleaner(&world, &retention).execute(approved(plan)).await.unwrap();
    assert!(cleaned.is_complete(), "{cleaned}");
    assert_eq!(cluster.asked(), 0);
    // The rules of the environment keep what is deployed, and those of this repository do not.
    let old = world.unit("old");
    let rules = "{max_age_days: 0, keep_deployed: true, repositories: [{names: '**', rules: {keep_deployed: false}}]}";
    let retention = self::retention(&world, rules, &cluster);
    let plan = self::plan(&world, &retention).await;
    cluster.run(by_digest(&old[0]));
    let cleaned = cleaner(&world, &retention).execute(approved(plan)).await.unwrap();
    assert!(cleaned.is_complete(), "{cleaned}");
}

/// What is deployed has to be known when something goes, as well as when it is planned.
#[tokio::test]
async fn b55_without_a_fresh_inventory_nothing_goes() {
    type Alteration = (&'static str, fn(&mut Inventory));
    let changes: [Alteration; 3] = [
        ("older", |inventory| inventory.taken = Timestamp::parse("2020-01-01").unwrap()),
        ("not complete", |inventory| inventory.complete = false),
        ("no images", |inventory| inventory.images.clear()),
    ];
    for (what, change) in changes {
        let (world, cluster) = (World::new(Options::default()).await, Cluster::new());
        world.unit("old");
        let retention = retention(&world, RULES, &cluster);
        let plan = plan(&world, &retention).await;
        cluster.change(change);
        let error = refused(&world, &cleaner(&world, &retention), &plan).await;
        assert_eq!(error.kind(), ErrorKind::Invalid, "{what}: {error}");
        assert!(error.to_string().contains(what), "{what}: {error}");
    }
}

/// All who were asked for the plan are asked again: a cleaner that was given fewer, none or other rules deletes nothing.
#[tokio::test]
async fn whoever_was_asked_for_the_plan_is_asked_again() {
    let (world, cluster, other) = (World::new(Options::default()).await, Cluster::new(), Cluster::new());
    world.unit("old");
    other.change(|inventory| inventory.source = "cluster b".to_owned());
    let mut retention = retention(&world, RULES, &cluster);
    retention.inventories.push(other.source());
    let plan = plan(&world, &retention).await;
    let fewer = Retention { inventories: vec![cluster.source()], ..retention.clone() };
    let none = Retention { inventories: Vec::new(), ..retention.clone() };
    let rules = Retention { rules: shape::rules("max_age_days: 0"), ..retention.clone() };
    let policy = Retention { policy: Some(Digest::of(b"another policy")), ..retention.clone() };
    let away = inventory_by("cluster b", || async { Err(Error::unavailable("the cluster is away")) });
    let away = Retention { inventories: vec![cluster.source(), Arc::new(away)], ..retention.clone() };
    for (what, given, kind) in [
        ("cluster b", Some(fewer), ErrorKind::Conflict),
        ("nothing tells", Some(none), ErrorKind::Invalid),
        ("nothing tells", None, ErrorKind::Invalid),
        ("cluster a", Some(rules), ErrorKind::Conflict),
        ("another policy", Some(policy), ErrorKind::Conflict),
        ("away", Some(away), ErrorKind::Unavailable),
    ] {
        let cleaner = Cleaner { retention: given, ..world.cleaner() };
        let error = refused(&world, &cleaner, &plan).await;
        assert_eq!(error.kind(), kind, "{what}: {error}");
        assert!(error.to_string().contains(what), "{what}: {error}");
    }
    let cleaned = cleaner(&world, &retention).execute(approved(plan)).await.unwrap();
    assert!(cleaned.is_complete(), "{cleaned}");
}

/// The images of a cluster that calls the repositories by other names would be deleted: who approves reads that it keeps none.
#[tokio::test]
async fn an_inventory_that_has_nothing_of_these_repositories_is_warned_of() {
    let (world, cluster) = (World::new(Options::default()).await, Cluster::new());
    let kept = world.unit("v1");
    world.unit("old");
    cluster.run(DeployedImage { image: Some("mirror.example/hub:old".parse().unwrap()), ..by_tag(&world, "old") });
    let mut retention = retention(&world, RULES, &cluster);
    let told = |plan: &Plan| {
        let verdict = &plan.verdicts[0];
        (verdict.outcome, verdict.reasons.iter().find(|it| it.message.contains("cluster a")).unwrap().message.clone())
    };
    let (outcome, message) = told(&plan(&world, &retention).await);
    assert_eq!(outcome, Outcome::Warn, "{message}");
    assert!(message.contains("0 of 2 images are of these repositories") && message.contains("mirrors"), "{message}");
    assert!(plan(&world, &retention).await.render().contains(&format!("warn: {message}")));
    // By its digest, also that of a platform, or by its name an image is of them.
    for image in [by_digest(&kept[0]), by_digest(&kept[1]), by_tag(&world, "v1"), by_tag(&world, "never")] {
        cluster.change(|inventory| inventory.images.push(image));
        let (outcome, message) = told(&plan(&world, &retention).await);
        assert_eq!(outcome, Outcome::Pass, "{message}");
        assert!(message.contains("1 of 3 images are of these repositories"), "{message}");
        cluster.change(|inventory| inventory.images.truncate(2));
    }
    retention.mirrors = vec![Mirror { mirror: "mirror.example/hub".to_owned(), of: world.repository().to_string() }];
    assert!(matches!(retention.plan(&world.request()).await.unwrap().outcome, Proposed::Nothing));
}

/// An inventory had something of the repositories when the plan was made, and has nothing by now: nobody was warned of that.
#[tokio::test]
async fn an_inventory_that_has_nothing_of_these_repositories_any_more_stops_it() {
    let (world, cluster) = (World::new(Options::default()).await, Cluster::new());
    world.unit("v1");
    world.unit("old");
    cluster.run(by_tag(&world, "v1"));
    let retention = retention(&world, RULES, &cluster);
    let plan = plan(&world, &retention).await;
    cluster.change(|inventory| inventory.images.truncate(1));
    let error = refused(&world, &cleaner(&world, &retention), &plan).await;
    assert_eq!(error.kind(), ErrorKind::Conflict, "{error}");
    assert!(error.to_string().contains("cluster a") && error.hint_text().unwrap().contains("mirrors"), "{error}");
    // What else is in this registry may be of another repository that was looked at.
    cluster.run(DeployedImage {
        image: Some(format!("{}/team/b:1", world.server.host()).parse().unwrap()),
        ..by_tag(&world, "v1")
    });
    let cleaned = cleaner(&world, &retention).execute(approved(plan)).await.unwrap();
    assert!(cleaned.is_complete(), "{cleaned}");
}
