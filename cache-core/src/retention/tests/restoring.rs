//! Putting back what was deleted.

use std::path::Path;

use super::world::{APP, World, approved};
use crate::conformance::server::Options;
use crate::error::ErrorKind;
use crate::model::Digest;
use crate::plan::{Change, Plan};
use crate::registry::Registry;
use crate::retention::{RestoreFile, RestoreRequest};

fn request(only: &[Digest]) -> RestoreRequest {
    let (environment, requester) = ("test".to_owned(), "pipeline".to_owned());
    RestoreRequest { only: only.to_vec(), environment, requester, reason: None }
}

/// An image with all that belongs to it, deleted, and the file that has it.
async fn deleted(referrers: bool) -> (World, Vec<Digest>, std::path::PathBuf) {
    let world = World::new(Options { referrers, ..Options::default() }).await;
    let old = world.unit("old");
    let cleaned = world.cleaner().execute(approved(world.plan("max_age_days: 0").await)).await.unwrap();
    assert!(cleaned.is_complete(), "{cleaned}");
    assert!(world.manifests().is_empty());
    (world, old, cleaned.restore)
}

async fn plan(world: &World, file: &Path, only: &[Digest]) -> Plan {
    world.cleaner().plan_restore(file, &request(only)).await.unwrap().unwrap()
}

#[tokio::test]
async fn what_was_deleted_comes_back_with_all_that_belongs_to_it() {
    for referrers in [true, false] {
        let (world, old, file) = deleted(referrers).await;
        let plan = plan(&world, &file, &[]).await;
        assert_eq!(plan.left_behind, [""; 0]);
        let receipt = world.cleaner().restore(approved(plan), &file).await.unwrap();
        assert!(receipt.is_complete(), "{receipt}");
        let there = world.manifests();
        // The lists of fallback tags are made anew.
        assert!(old[..8].iter().all(|digest| there.contains(digest)), "referrers {referrers}");
        assert!(world.has_tag("old"));
        for (subject, count) in [(0, 1), (1, 1), (4, 1)] {
            assert_eq!(world.referrers(&old[subject]).await, count, "referrers {referrers} {subject}");
        }
        let proposal = world.propose("{max_age_days: 0, protect: {tags: old}}").await.unwrap();
        assert_eq!(proposal.totals.manifests_deleted, 0);
        // There is nothing more to do.
        assert!(world.cleaner().plan_restore(&file, &request(&[])).await.unwrap().is_none());
    }
}

#[tokio::test]
async fn one_image_comes_back_with_its_own() {
    let world = World::new(Options::default()).await;
    let (one, other) = (world.unit("one"), world.unit("other"));
    let cleaned = world.cleaner().execute(approved(world.plan("max_age_days: 0").await)).await.unwrap();
    let plan = plan(&world, &cleaned.restore, &one[..1]).await;
    world.cleaner().restore(approved(plan), &cleaned.restore).await.unwrap();
    assert!(world.has_tag("one") && !world.has_tag("other"));
    let there = world.manifests();
    assert!(one[..8].iter().all(|digest| there.contains(digest)));
    assert!(other.iter().all(|digest| !there.contains(digest)));
    let error = world.cleaner().plan_restore(&cleaned.restore, &request(&[Digest::of(b"x")])).await.unwrap_err();
    assert!(error.is_not_found());
}

/// What cannot come back is named, and what needs it stays away as well.
#[tokio::test]
async fn what_has_lost_its_blobs_is_named() {
    let (world, old, file) = deleted(true).await;
    let blobs = world.server.blobs(APP);
    let file_read = RestoreFile::read(&file).unwrap();
    let arm64 = file_read.manifests.iter().find(|m| m.manifest.digest() == &old[2]).unwrap();
    let layer = arm64.manifest.blobs()[1].digest.clone();
    assert!(blobs.contains(&layer));
    world.server.remove_blob(APP, &layer);
    let plan = plan(&world, &file, &[]).await;
    let gone = |digest: &Digest| plan.left_behind.iter().any(|left| left.contains(digest.as_str()));
    assert!(gone(&old[2]) && gone(&old[0]), "{:?}", plan.left_behind);
    let copies = plan.changes.iter().filter(|change| matches!(change, Change::Copy(_)));
    assert_eq!(copies.count(), 6);
    let receipt = world.cleaner().restore(approved(plan), &file).await.unwrap();
    assert!(receipt.is_complete(), "{receipt}");
    assert!(!world.has_tag("old"));
}

/// A tag that was given to another image meanwhile stays with that.
#[tokio::test]
async fn a_tag_that_names_something_else_stays() {
    let (world, _, file) = deleted(true).await;
    let new = world.image(Some("old"), "new");
    let plan = plan(&world, &file, &[]).await;
    assert!(plan.left_behind.iter().any(|left| left.contains(new.digest.as_str())), "{:?}", plan.left_behind);
    world.cleaner().restore(approved(plan), &file).await.unwrap();
    let named = world.registry().resolve(&world.repository().tagged("old".parse().unwrap())).await.unwrap();
    assert_eq!(named.digest, new.digest);
}

#[tokio::test]
async fn only_the_whole_file_that_the_plan_names_is_taken() {
    let (world, _, file) = deleted(true).await;
    let plan = plan(&world, &file, &[]).await;
    let text = std::fs::read_to_string(&file).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    let other = world.folder.path().join("other");
    for (wrong, kind) in [
        (String::new(), ErrorKind::Invalid),
        (lines[..lines.len() - 1].join("\n"), ErrorKind::Invalid),
        (format!("{text}{}\n", lines[1]), ErrorKind::Invalid),
        ([&lines[..1], &lines[2..]].concat().join("\n"), ErrorKind::Invalid),
        (text.replace("\"restore\":1", "\"restore\":2"), ErrorKind::Unsupported),
        (text.replacen("\"bytes\":\"", "\"bytes\":\"AAAA", 1), ErrorKind::Untrusted),
        (text.replacen("\"bytes\":\"", "\"bytes\":\"%", 1), ErrorKind::Invalid),
        ("{}".to_owned(), ErrorKind::Invalid),
    ] {
        std::fs::write(&other, wrong).unwrap();
        assert_eq!(RestoreFile::read(&other).unwrap_err().kind(), kind);
    }
    std::fs::write(&other, text.replacen("\n", " \n", 1)).unwrap();
    let error = world.cleaner().restore(approved(plan), &other).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Conflict, "{error}");
}
