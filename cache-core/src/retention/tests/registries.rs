//! Reading registries over HTTP, and planning.

use std::sync::Arc;

use super::shape::deployed;
use super::world::{APP, World, ready};
use crate::conformance::server::{Effect, Endpoint, Fault, Options, Paging};
use crate::error::ErrorKind;
use crate::model::{Digest, Tag, Timestamp};
use crate::registry::MemoryRegistry;
use crate::retention::inventory::{InventorySource, inventory_by};
use crate::retention::{Fate, Kind, Proposed, Retention, SurveyOptions};
use crate::watch::Watch;
use crate::{Error, Result};

fn fate_of(proposal: &crate::retention::Proposal, digest: &Digest) -> Fate {
    proposal.decisions[0].manifests.iter().find(|decision| decision.digest == *digest).unwrap().fate
}

/// Every style of what belongs to an image is found, with the referrers API and without it; and K01, K02 over a registry.
#[tokio::test]
async fn k01_k02_everything_that_belongs_to_an_image_is_found() {
    for referrers in [true, false] {
        let world = World::new(Options { referrers, ..Options::default() }).await;
        let (kept, old) = (world.unit("v1"), world.unit("old"));
        let proposal = world.propose("{max_age_days: 0, protect: {tags: v1}}").await.unwrap();
        assert_eq!(proposal.decisions[0].manifests.len(), kept.len() + old.len(), "referrers {referrers}");
        assert!(kept.iter().all(|digest| fate_of(&proposal, digest) == Fate::Keep), "referrers {referrers}");
        assert!(old.iter().all(|digest| fate_of(&proposal, digest) == Fate::Delete), "referrers {referrers}");
        assert_eq!((proposal.totals.images_kept, proposal.totals.images_deleted), (1, 1));
        let kinds = proposal.decisions[0].manifests.iter().filter(|decision| decision.kind == Kind::Attachment);
        assert_eq!(kinds.count(), 14);
        // What goes frees three layers and three configurations of its own, and four documents; `{}` is shared.
        assert_eq!(proposal.frees.blobs, 3 * 2 + 3 + 2);
    }
}

/// B2 52: planning deletes nothing, and what it holds could not.
#[tokio::test]
async fn b52_planning_deletes_nothing() {
    let world = World::new(Options::default()).await;
    world.unit("old");
    let before = world.manifests();
    let plan = world.plan("max_age_days: 0").await;
    assert_eq!((world.deletions(), world.server.count("PUT", "")), (0, 0));
    assert_eq!(world.manifests(), before);
    // What a person reads has each image with the reason, and what is saved is the same plan.
    let text = plan.render();
    assert!(text.contains("1 of 1 images go") && text.contains("may go after 0"), "{text}");
    assert_eq!(plan.digest(), world.plan("max_age_days: 0").await.digest());
}

/// T04: tags are listed once, each manifest is read once, and the number of requests is told before.
#[tokio::test]
async fn t04_requests_are_few_and_told() {
    let world = World::new(Options::default()).await;
    let all = world.unit("v1");
    let told = Arc::new(std::sync::Mutex::new(Vec::new()));
    let watch = Watch::new({
        let told = Arc::clone(&told);
        move |requests: &crate::retention::Requests| told.lock().unwrap().push(*requests)
    });
    let retention = world.retention("max_age_days: 1");
    let proposal = retention.plan_watched(&world.request(), Some(watch)).await.unwrap();
    assert_eq!(world.server.count("GET", "/tags/list"), 1);
    for digest in &all {
        let path = format!("/manifests/{digest}");
        assert_eq!(world.server.count("GET", &path), 1, "{digest}");
    }
    let told = told.lock().unwrap().clone();
    assert_eq!(told.len(), proposal.requests.sent);
    // One list; five tags, each asked for and read at least.
    assert!(told[1].estimated > 3 * 5, "{:?}", told[1]);
    let few = SurveyOptions { max_requests: Some(5), ..SurveyOptions::default() };
    let before = world.server.log().len();
    let error = Retention { survey: few, ..retention }.plan(&world.request()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unsupported);
    assert_eq!(world.server.log().len(), before + 1);
}

/// S11, T01: what cannot be read completely is an error, never an empty list.
#[tokio::test]
async fn s11_what_cannot_be_read_is_no_ground_to_delete() {
    for (endpoint, effect) in [
        (Endpoint::Tags, Effect::status(403)),
        (Endpoint::Referrers, Effect::status(403)),
        (Endpoint::Manifest, Effect::status(403)),
        (Endpoint::Manifest, Effect::CorruptByte { at: 5 }),
    ] {
        let world = World::new(Options::default()).await;
        world.unit("v1");
        world.server.faults().push(Fault::new(effect.clone()).on(endpoint).always());
        world.propose("max_age_days: 0").await.unwrap_err();
    }
    // The second page fails.
    let options = Options { page_size: Some(2), paging: Paging::Link, ..Options::default() };
    let world = World::new(options).await;
    world.unit("v1");
    world.server.faults().push(Fault::new(Effect::status(403)).on(Endpoint::Tags).nth(2).always());
    world.propose("max_age_days: 0").await.unwrap_err();
    // A manifest that is none may hold others; one of the old kind is known to hold none.
    let world = World::new(Options::default()).await;
    world.image(Some("a"), "a");
    let json = "application/vnd.docker.distribution.manifest.v1+json";
    world.server.put_manifest(APP, Some("old"), r#"{"schemaVersion":1,"fsLayers":[]}"#, json);
    let proposal = world.propose("max_age_days: 0").await.unwrap();
    assert_eq!(proposal.totals.images_deleted, 1);
    assert!(proposal.decisions[0].notes.iter().any(|note| note.contains("the tag old")));
    let cleaned = world.cleaner().execute(super::world::approved(ready(proposal))).await.unwrap();
    assert!(cleaned.is_complete(), "{cleaned}");
    assert!(world.has_tag("old") && !world.has_tag("a"));
    world.server.put_manifest(APP, Some("bad"), "{}", crate::model::manifest::media_type::OCI_MANIFEST);
    world.propose("max_age_days: 0").await.unwrap_err();
}

/// B2 75, X04: a tag whose manifest is gone is told; and a signature whose image has no tag of its own is no left-over.
#[tokio::test]
async fn b75_dangling_tags_and_signatures_of_untagged_images() {
    let world = World::new(Options::default()).await;
    let gone = world.image(Some("ghost"), "ghost");
    world.server.remove_manifest(APP, &gone.digest);
    let image = world.image(None, "by digest");
    let sig = world.image(Some(Tag::of_digest(&image.digest, ".sig").as_str()), "sig");
    let proposal = world.propose("{max_age_days: 30, orphaned_after_days: 0}").await.unwrap();
    assert!(proposal.decisions[0].notes.iter().any(|note| note.contains("ghost")));
    assert_eq!(fate_of(&proposal, &sig.digest), Fate::Keep);
    assert!(matches!(proposal.outcome, Proposed::Nothing));
    world.server.remove_manifest(APP, &image.digest);
    let proposal = world.propose("{max_age_days: 30, orphaned_after_days: 0}").await.unwrap();
    assert_eq!(fate_of(&proposal, &sig.digest), Fate::Delete);
}

fn source(take: fn() -> Result<crate::retention::inventory::Inventory>) -> Arc<dyn InventorySource> {
    Arc::new(inventory_by("cluster a", move || async move { take() }))
}

/// B2 55, K17: without a complete and fresh inventory nothing is planned, whatever else the rules say.
#[tokio::test]
async fn b55_k17_without_an_inventory_nothing_goes() {
    let world = World::new(Options::default()).await;
    let old = world.image(Some("old"), "old");
    let mut retention = world.retention("{max_age_days: 0, keep_deployed: true}");
    let now = super::shape::now();
    retention.clock = Some(now);
    let refused = async |retention: &Retention| retention.plan(&world.request()).await.unwrap_err().kind();
    assert_eq!(refused(&retention).await, ErrorKind::Invalid);
    let good = || Ok(deployed(&["registry.example/other:1"], &[]));
    for bad in [
        (|| Err(Error::unavailable("the cluster is away"))) as fn() -> _,
        || Ok(crate::retention::inventory::Inventory { complete: false, ..deployed(&[], &["a"]) }),
        || Ok(deployed(&[], &[])),
        || {
            Ok(crate::retention::inventory::Inventory {
                taken: Timestamp::parse("2026-06-01").unwrap(),
                ..deployed(&[], &["a"])
            })
        },
    ] {
        retention.inventories = vec![source(good), source(bad)];
        let kind = refused(&retention).await;
        assert!(matches!(kind, ErrorKind::Invalid | ErrorKind::Unavailable), "{kind}");
    }
    assert!(world.server.log().is_empty(), "the registry was asked first");
    retention.inventories = vec![source(good)];
    let proposal = retention.plan(&world.request()).await.unwrap();
    assert_eq!((proposal.totals.images_deleted, proposal.inventories.len()), (1, 1));
    assert!(ready(proposal).render().contains("cluster a"));
    let mut inventory = deployed(&[], &["a"]);
    inventory.images[0].digest = Some(old.digest);
    retention.inventories = vec![Arc::new(inventory)];
    assert!(matches!(retention.plan(&world.request()).await.unwrap().outcome, Proposed::Nothing));
}

/// The limits of a plan: so many images, or so many of a hundred.
#[tokio::test]
async fn too_many_deletions_are_refused() {
    let world = World::new(Options::default()).await;
    (0..10).for_each(|n| drop(world.image(Some(&format!("t{n}")), &format!("image {n}"))));
    let verdict = async |limit: &str| {
        let rules = format!("{{max_age_days: 0, protect: {{tags: [t0, t1, t2, t3, t4]}}, max_deletions: {limit}}}");
        world.propose(&rules).await.unwrap().outcome
    };
    for (limit, refused) in [("4", true), ("5", false), ("'49%'", true), ("'50%'", false)] {
        let is_refused = matches!(verdict(limit).await, Proposed::Refused(why) if why[0].contains("max_deletions"));
        assert_eq!(is_refused, refused, "{limit}");
    }
}

/// A registry that lists everything, as one in memory does: what has no tag is known, and several repositories are read.
#[tokio::test]
async fn a_registry_that_lists_everything_shows_what_has_no_tag() {
    let registry = MemoryRegistry::new();
    let names = ["memory:b", "memory:a"].map(|name| name.parse::<crate::model::Repository>().unwrap());
    let manifest = |n: usize| {
        format!(
            r#"{{"schemaVersion":2,"config":{{"mediaType":"a/b","digest":"{}","size":{n}}},"layers":[]}}"#,
            Digest::of(b"c")
        )
    };
    for (n, name) in names.iter().enumerate() {
        registry.insert_manifest(name, Some(Tag::parse("t").unwrap()), manifest(n)).unwrap();
        registry.insert_manifest(name, None, manifest(n + 10)).unwrap();
    }
    let world = World::new(Options::default()).await;
    let retention = Retention { registry: Arc::new(registry), ..world.retention("untagged_after_days: 0") };
    let mut request = world.request();
    request.repositories = vec![names[0].clone(), names[1].clone(), names[0].clone()];
    let proposal = retention.plan(&request).await.unwrap();
    let read: Vec<_> = proposal.decisions.iter().map(|decision| decision.repository.to_string()).collect();
    assert_eq!(read, ["memory:a", "memory:b"]);
    assert_eq!((proposal.totals.images_deleted, proposal.totals.tags_deleted), (2, 0));
    request.repositories.push("memory:none".parse().unwrap());
    assert!(retention.plan(&request).await.unwrap_err().is_not_found());
}
