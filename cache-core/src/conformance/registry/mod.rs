//! The contract of [`Registry`](crate::registry::Registry) and [`RegistryWriter`], as checks that any adapter can be put
//! through.
//!
//! ```
//! # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
//! use cache_core::conformance::check_registry;
//! use cache_core::model::Repository;
//! use cache_core::registry::MemoryRegistry;
//!
//! let repository = Repository::parse("memory:team/app")?;
//! let report = check_registry(&MemoryRegistry::new(), &repository).await;
//! assert!(report.is_passed(), "{report}");
//! # Ok::<(), cache_core::Error>(())
//! # }).unwrap();
//! ```

mod absent;
mod bench;
mod blobs;
mod delete;
mod flaw;
mod liar;
mod listing;
mod manifests;
mod referrers;
mod report;
mod tags;
#[cfg(test)]
mod tests;

use self::bench::Bench;
pub use self::report::{Checked, Outcome, Report};
use crate::model::Repository;
use crate::registry::RegistryWriter;

/// Runs every check against a repository and says what came of each.
///
/// The suite writes, moves and deletes tags, manifests and blobs of its own making, new ones in each run, and leaves most of
/// them behind: give it a repository that is there for this. What is in it already is not touched.
///
/// The changes go the way of all changes: each is a plan, approved in the name of the suite, and the adapter gets a permit of
/// the approved plan. The permits are for the suite's own content in this repository and nothing else.
pub async fn check_registry(writer: &dyn RegistryWriter, repository: &Repository) -> Report {
    let mut report = Report::new();
    let bench = match Bench::new(writer, repository) {
        Ok(bench) => bench,
        Err(error) => {
            report.add("the_suite_can_be_set_up", Err(error.into()));
            return report;
        }
    };
    macro_rules! run {
        ($($group:ident: $($check:ident),+;)+) => {
            $($(report.add(stringify!($check), $group::$check(&bench).await);)+)+
        };
    }
    run! {
        blobs:
            blob_comes_back_byte_for_byte, large_blob_comes_back_byte_for_byte, empty_blob_comes_back,
            sha512_blob_comes_back, false_blob_is_not_stored, blob_of_another_digest_is_not_stored;
        manifests:
            manifest_comes_back_byte_for_byte, manifest_may_be_written_twice, docker_image_keeps_its_types,
            nested_indexes_come_back, sha512_manifest_comes_back, manifest_of_absent_content_is_refused;
        absent:
            unknown_tag_is_not_found, unknown_manifest_is_not_found, unknown_blob_is_not_found,
            unknown_repository_is_not_found, absent_subject_has_no_referrers;
        tags:
            tags_are_listed_once_and_sorted, tag_is_set_where_none_was, tag_is_not_set_over_another,
            tag_is_moved_from_what_was_expected, tag_of_an_absent_manifest_is_not_set;
        listing:
            what_has_no_tag_is_listed_too;
        referrers:
            referrers_are_listed_once_and_sorted, referrers_have_type_and_annotations, index_may_be_a_referrer,
            referrer_may_come_before_its_subject, referrers_are_of_their_subject_only, writers_at_once_lose_no_referrer;
        delete:
            tag_is_deleted_alone, moved_tag_is_not_deleted, manifest_is_deleted_with_its_tags,
            absent_manifest_is_not_deleted, deleted_referrer_is_no_longer_listed;
    }
    report
}
