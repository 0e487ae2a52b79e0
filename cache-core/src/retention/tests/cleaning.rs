//! Deleting over HTTP: what goes, in which order, and every surprise that stops it.

use super::world::{APP, World, approved, approved_by};
use crate::conformance::server::{Effect, Endpoint, Fault, Options};
use crate::error::ErrorKind;
use crate::execute::StepOutcome;
use crate::model::{Digest, Raw, Tag};
use crate::plan::Plan;
use crate::registry::Untagging;
use crate::retention::{Cleaned, Cleaner, RestoreFile};

const RULES: &str = "{max_age_days: 0, protect: {tags: [v1, 'keep-*']}}";

/// B2 62, 63, 71, K03, K04: what goes is gone, what stays is whole, and a registry that minds the order takes it.
#[tokio::test]
async fn b62_b63_b71_k03_k04_what_goes_is_gone_and_what_stays_is_whole() {
    for (referrers, untag) in [
        (true, Untagging::Unknown),
        (false, Untagging::Alone),
        (true, Untagging::AloneButLast),
        (true, Untagging::Never),
        (false, Untagging::Never),
    ] {
        let delete_tags = untag != Untagging::Never;
        let options = Options { referrers, delete_tags, protect_children: true, ..Options::default() };
        let world = World::new(options).await;
        let (kept, old) = (world.unit("v1"), world.unit("old"));
        world.server.tag(APP, "older", &old[0]);
        let plan = world.plan_where(untag, RULES).await;
        let cleaned = world.cleaner().execute(approved(plan)).await.unwrap();
        assert!(cleaned.is_complete(), "{cleaned}");
        assert!(cleaned.receipt.steps.iter().all(|step| step.outcome == StepOutcome::Done), "{cleaned}");
        assert_eq!(cleaned.looked_at, 1);
        let there = world.manifests();
        assert!(kept.iter().all(|digest| there.contains(digest)), "referrers {referrers} {untag:?}");
        assert_eq!(there.len(), kept.len(), "referrers {referrers} {untag:?}: {old:?}");
        assert!(!world.has_tag("old") && !world.has_tag("older") && world.has_tag("v1"));
        assert_eq!(world.referrers(&kept[0]).await, 1);
        // The file has all that is gone, as it was.
        let file = RestoreFile::read(&cleaned.restore).unwrap();
        assert_eq!((file.manifests.len(), file.tags[&world.repository()].len()), (old.len(), 2 + 1 + 3));
    }
}

/// K05, X01: a tag goes alone, and what it named stays with its other tag.
#[tokio::test]
async fn k05_x01_a_tag_goes_alone() {
    let world = World::new(Options::default()).await;
    let unit = world.unit("keep-me");
    world.server.tag(APP, "dev-1", &unit[0]);
    let cleaned = world.cleaner().execute(approved(world.plan(RULES).await)).await.unwrap();
    assert!(cleaned.is_complete(), "{cleaned}");
    assert_eq!(world.manifests().len(), unit.len());
    assert!(world.has_tag("keep-me") && !world.has_tag("dev-1"));
}

/// X02: a registry that cannot delete a tag alone says so at the first one, and nothing is lost.
#[tokio::test]
async fn x02_a_registry_that_cannot_untag_stops_at_the_first_tag() {
    let world = World::new(Options { delete_tags: false, ..Options::default() }).await;
    world.unit("old");
    let before = world.manifests();
    let cleaned = world.cleaner().execute(approved(world.plan("max_age_days: 0").await)).await.unwrap();
    let outcomes: Vec<_> = cleaned.receipt.steps.iter().map(|step| &step.outcome).collect();
    assert!(matches!(outcomes[0], StepOutcome::Failed { code, .. } if code == "UNSUPPORTED"), "{cleaned}");
    assert!(outcomes[1..].iter().all(|outcome| **outcome == StepOutcome::NotTried));
    assert_eq!(world.manifests(), before);
}

/// K19: a tag that the registry does not let go stops it; nothing else is tried.
#[tokio::test]
async fn k19_a_tag_that_turns_out_immutable_stops_it() {
    let world = World::new(Options { immutable_tags: Some(412), ..Options::default() }).await;
    world.unit("old");
    let cleaned = world.cleaner().execute(approved(world.plan("max_age_days: 0").await)).await.unwrap();
    assert!(!cleaned.is_complete());
    assert_eq!(world.deletions(), 1);
}

/// What may happen between a plan and its execution.
type Meanwhile = fn(&World, &[Digest]);

/// I03: the world moved since the plan: nothing is deleted, and what moved is named.
#[tokio::test]
async fn i03_whatever_needs_what_goes_stops_it_before_it_begins() {
    let meanwhile: [(&str, Meanwhile); 8] = [
        ("the tag that stays moved", |world, old| world.server.tag(APP, "v1", &old[0])),
        ("the tag that stays is gone", |world, _| assert!(world.server.untag(APP, "v1"))),
        ("the tag that goes moved", |world, _| drop(world.image(Some("old"), "another"))),
        ("a new tag names it", |world, old| world.server.tag(APP, "new", &old[0])),
        ("a new tag names a child", |world, old| world.server.tag(APP, "new", &old[2])),
        ("a new index lists a child", |world, old| {
            let bytes = world.server.manifest_bytes(APP, old[2].as_str()).unwrap();
            let child = crate::model::Manifest::parse(bytes, None).unwrap().descriptor();
            let inner = world.index(None, &[&child]);
            world.index(Some("new"), &[&inner]);
        }),
        ("somebody signed it", |world, old| {
            drop(world.image(Some(Tag::of_digest(&old[0], ".att").as_str()), "att"));
        }),
        ("a child is gone, and what it was is not saved", |world, old| {
            assert!(world.server.remove_manifest(APP, &old[1]));
        }),
    ];
    for (what, happens) in meanwhile {
        let world = World::new(Options::default()).await;
        world.unit("v1");
        let old = world.unit("old");
        let plan = world.plan(RULES).await;
        happens(&world, &old);
        let error = world.cleaner().execute(approved(plan)).await.expect_err(what);
        assert_eq!(error.kind(), ErrorKind::Conflict, "{what}: {error}");
        assert_eq!(world.deletions(), 0, "{what}");
    }
}

/// A new tag that needs nothing of it is no matter, and a new signature of what stays is none either.
#[tokio::test]
async fn what_needs_nothing_of_it_stops_nothing() {
    let world = World::new(Options::default()).await;
    let kept = world.unit("v1");
    world.unit("old");
    let plan = world.plan(RULES).await;
    world.image(Some("new"), "new");
    world.image(Some(Tag::of_digest(&kept[0], ".sig").as_str()), "signed again");
    let cleaned = world.cleaner().execute(approved(plan)).await.unwrap();
    assert!(cleaned.is_complete(), "{cleaned}");
    assert!(world.has_tag("new"));
}

fn done(cleaned: &Cleaned) -> usize {
    cleaned.receipt.steps.iter().filter(|step| step.outcome == StepOutcome::Done).count()
}

/// Somebody pushes while it runs: it stops before the next manifest, and says so.
#[tokio::test]
async fn what_is_pushed_in_the_middle_stops_it() {
    for tag in ["new".to_owned(), String::new()] {
        let world = World::new(Options::default()).await;
        world.unit("v1");
        let old = world.unit("old");
        let plan = world.plan(RULES).await;
        // After the tags and two manifests went; either as a tag of its own, or as cosign's for the image.
        let tag = if tag.is_empty() { Tag::of_digest(&old[0], ".sbom").to_string() } else { tag };
        let moves = Effect::MoveTag { repository: APP.to_owned(), tag, to: Some(old[0].clone()) };
        world.server.faults().push(Fault::new(moves).method("DELETE").on(Endpoint::Manifest).nth(7));
        let cleaned = world.cleaner().execute(approved(plan)).await.unwrap();
        assert!(!cleaned.is_complete());
        assert_eq!(done(&cleaned), 7, "{cleaned}");
        assert!(matches!(&cleaned.receipt.steps[7].outcome, StepOutcome::Failed { code, .. } if code == "CONFLICT"));
        assert!(world.manifests().contains(&old[0]), "the image that was needed went");
        assert!(cleaned.broken.is_empty());
    }
}

/// X04: a registry whose deletion leaves something behind is found out.
#[tokio::test]
async fn x04_a_tag_that_still_answers_is_told() {
    let world = World::new(Options::default()).await;
    let other = world.image(None, "other");
    world.image(Some("old"), "old");
    let plan = world.plan_where(Untagging::Never, "max_age_days: 0").await;
    let moves = Effect::MoveTag { repository: APP.to_owned(), tag: "old".to_owned(), to: Some(other.digest) };
    world.server.faults().push(Fault::new(moves).method("DELETE"));
    let cleaned = world.cleaner().execute(approved(plan)).await.unwrap();
    let StepOutcome::Failed { message, .. } = &cleaned.receipt.steps[0].outcome else { panic!("{cleaned}") };
    assert!(message.contains("still answers"), "{message}");
}

/// B2 71: what stays is looked at afterwards, down to its children; what is missing is named.
#[tokio::test]
async fn b71_an_image_that_stays_and_is_broken_is_named() {
    let world = World::new(Options::default()).await;
    let kept = world.unit("v1");
    world.image(Some("old"), "old");
    let plan = world.plan(RULES).await;
    world.server.remove_manifest(APP, &kept[2]);
    let cleaned = world.cleaner().execute(approved(plan)).await.unwrap();
    assert!(cleaned.receipt.is_complete() && !cleaned.is_complete());
    assert_eq!((cleaned.receipt.summary(), cleaned.summary()), ("complete", "NOT COMPLETE"));
    assert!(cleaned.broken[0].contains("v1") && cleaned.broken[0].contains(kept[2].as_str()), "{:?}", cleaned.broken);
    // What was missing when the plan was made is no news.
    world.image(Some("old"), "old");
    let cleaned = world.cleaner().execute(approved(world.plan(RULES).await)).await.unwrap();
    assert!(cleaned.is_complete(), "{cleaned}");
}

/// A plan goes on after it failed, with the same approval and the same file; a finished one is not carried out again.
#[tokio::test]
async fn a_plan_goes_on_where_it_failed() {
    let world = World::new(Options::default()).await;
    world.unit("v1");
    let old = world.unit("old");
    let plan = world.plan(RULES).await;
    world.server.faults().push(Fault::new(Effect::status(403)).method("DELETE").nth(6));
    let first = approved(plan.clone());
    let [second, third] = [(); 2].map(|()| approved_again(&first, plan.clone()));
    let cleaned = world.cleaner().execute(first).await.unwrap();
    assert_eq!(done(&cleaned), 5, "{cleaned}");
    let again = world.cleaner().execute(second).await.unwrap();
    assert!(again.is_complete(), "{again}");
    assert_eq!(done(&again), again.receipt.steps.len() - 5);
    assert_eq!(RestoreFile::read(&again.restore).unwrap().manifests.len(), old.len());
    assert_eq!(world.cleaner().execute(third).await.unwrap_err().kind(), ErrorKind::Unapproved);
}

/// Two at once: of one approved plan one runs; of two plans for the same images both end well.
#[tokio::test(flavor = "multi_thread")]
async fn two_at_once_do_no_harm() {
    let world = World::new(Options::default()).await;
    let kept = world.unit("v1");
    (0..6).for_each(|n| drop(world.image(Some(&format!("t{n}")), &format!("image {n}"))));
    let plan = world.plan(RULES).await;
    let (approval, policy) = (approved(plan.clone()), world.cleaner());
    let same = approved_again(&approval, plan);
    let (one, two) = tokio::join!(policy.execute(approval), policy.execute(same));
    let (failed, ended): (Vec<_>, Vec<_>) = [one, two].into_iter().partition(Result::is_err);
    assert_eq!((failed.len(), ended.len()), (1, 1));
    assert_eq!(failed.into_iter().next().unwrap().unwrap_err().kind(), ErrorKind::Unapproved);
    assert_eq!(world.manifests().len(), kept.len());

    (0..6).for_each(|n| drop(world.image(Some(&format!("t{n}")), &format!("image {n}"))));
    let mut requests = [world.request(), world.request()];
    requests[1].reason = Some("another".to_owned());
    let mut plans = Vec::new();
    for request in &requests {
        plans.push(super::world::ready(world.retention(RULES).plan(request).await.unwrap()));
    }
    let cleaner = world.cleaner();
    let (one, two) = tokio::join!(
        cleaner.execute(approved(plans[0].clone())),
        cleaner.execute(approved_by(plans[1].clone(), "bob").unwrap())
    );
    for cleaned in [one, two].into_iter().flatten() {
        assert!(cleaned.broken.is_empty(), "{cleaned}");
    }
    assert!(kept.iter().all(|digest| world.manifests().contains(digest)));
}

/// The same approval once more, as another process would read it.
fn approved_again(first: &crate::approve::Approved, plan: Plan) -> crate::approve::Approved {
    crate::approve::ApprovalPolicy::default()
        .admit(plan, first.approvals().to_vec(), crate::model::Timestamp::now())
        .unwrap()
}

/// A dry run looks at everything and changes nothing, not even a file.
#[tokio::test]
async fn b52_a_rehearsal_changes_nothing() {
    let world = World::new(Options::default()).await;
    world.unit("v1");
    let old = world.unit("old");
    let plan = world.plan(RULES).await;
    let rehearsed = world.cleaner().rehearse(&approved(plan.clone())).await.unwrap();
    assert!(!rehearsed.is_complete() && rehearsed.receipt.steps.len() == plan.changes.len());
    assert!(rehearsed.receipt.is_dry_run() && rehearsed.to_string().ends_with("  dry run: nothing was changed"));
    assert_eq!(rehearsed.summary(), rehearsed.receipt.summary());
    assert_eq!((world.deletions(), world.server.count("PUT", "")), (0, 0));
    assert!(!world.restore_folder().exists());
    world.server.tag(APP, "new", &old[0]);
    let error = world.cleaner().rehearse(&approved(plan)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Conflict);
}

/// A dry run of a plan that was executed says so, and one whose manifests somebody else deleted says that they are gone.
#[tokio::test]
async fn a_rehearsal_says_that_everything_is_gone() {
    let world = World::new(Options::default()).await;
    world.unit("v1");
    world.unit("old");
    let plan = world.plan(RULES).await;
    let cleaned = world.cleaner().execute(approved(plan.clone())).await.unwrap();
    assert!(cleaned.is_complete(), "{cleaned}");
    let rehearsed = world.cleaner().rehearse(&approved(plan.clone())).await.unwrap_err();
    let error = world.cleaner().execute(approved(plan.clone())).await.unwrap_err();
    assert_eq!((rehearsed.kind(), rehearsed.to_string()), (ErrorKind::Unapproved, error.to_string()));
    // A ledger that knows nothing of it: with the restore file the plan could go on, without it not.
    let ledger = crate::approve::Ledger::at(world.folder.path().join("another"));
    let mut cleaner = Cleaner { ledger, ..world.cleaner() };
    assert!(cleaner.rehearse(&approved(plan.clone())).await.unwrap().receipt.is_dry_run());
    cleaner.restore = world.folder.path().join("nothing");
    let rehearsed = cleaner.rehearse(&approved(plan.clone())).await.unwrap_err();
    let error = cleaner.execute(approved(plan)).await.unwrap_err();
    assert_eq!((rehearsed.kind(), rehearsed.to_string()), (ErrorKind::Conflict, error.to_string()));
}

/// Plans that are none of a retention, and ones that were changed by hand, are refused.
#[tokio::test]
async fn other_plans_are_refused() {
    let world = World::new(Options::default()).await;
    world.unit("old");
    let plan = world.plan("max_age_days: 0").await;
    let mut body = plan.value().clone();
    let crate::plan::Purpose::Retention { stays, .. } = &mut body.purpose else { panic!() };
    stays.clear();
    let error = world.cleaner().execute(approved(Raw::canonical(body).unwrap())).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Invalid, "{error}");
    let mut body = plan.value().clone();
    body.purpose = crate::plan::Purpose::Upkeep { what: "x".to_owned() };
    let error = world.cleaner().execute(approved(Raw::canonical(body).unwrap())).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Invalid, "{error}");
    assert_eq!(world.deletions(), 0);
}
