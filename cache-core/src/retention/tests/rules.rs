//! The section of the policy file.

use super::shape::rules;
use crate::policy::Policy;
use crate::retention::{KeepSemver, LastVersions, MaxDeletions, Patterns, Per};

#[test]
fn every_key_is_read() {
    let read = rules(
        "{keep_last_tags: [{tags: [a, b], last: 2}, {last: 1}], max_age_days: 1, keep_semver: {last: 3, per: minor},
          keep_deployed: true, candidates: 'dev-*', protect: {tags: x, digests: []}, moving_tags: [latest],
          untagged_after_days: 2, orphaned_after_days: 3, minimum_remaining: 4, max_deletions: '10%', count_pulls: true,
          count_created: true, max_inventory_age_hours: 5, repositories: [{names: '**', rules: {max_age_days: 9}}]}",
    );
    let last = LastVersions { last: 3, per: Per::Minor, prereleases: false, underscore_is_plus: false };
    assert_eq!(read.keep_semver, Some(KeepSemver::Last(last)));
    assert_eq!(read.max_deletions, Some(MaxDeletions::Percent(10)));
    assert_eq!(read.keep_last_tags.unwrap().0[0].tags, Some(Patterns::parse(["a", "b"]).unwrap()));
    assert_eq!(rules("max_deletions: 7").max_deletions, Some(MaxDeletions::Count(7)));
    assert!(rules("{repositories: [{names: a, rules: {keep_deployed: true}}]}").needs_inventory());
}

#[test]
fn what_cannot_be_is_refused() {
    for wrong in [
        "{keep_last: 1}",
        "{keep_last_tags: -1}",
        "{keep_last_tags: []}",
        "{keep_last_tags: [{tags: a}]}",
        "{keep_last_tags: many}",
        "{max_age_days: 1.5}",
        "{keep_semver: 3}",
        "{keep_semver: {per: minor}}",
        "{keep_semver: {last: 1, per: patch}}",
        "{candidates: []}",
        "{candidates: '/(/'}",
        "{protect: {tag: a}}",
        "{protect: {digests: [a]}}",
        "{max_deletions: '101%'}",
        "{max_deletions: some}",
        "{repositories: [{rules: {}}]}",
        "{repositories: [{names: a, rules: {max_deletions: 1}}]}",
        "{repositories: [{names: a, rules: {repositories: [{names: b, rules: {}}]}}]}",
    ] {
        let error = Policy::parse(&format!("retention_policy:\n  dev: {wrong}\n")).unwrap_err();
        assert_eq!(error.kind(), crate::ErrorKind::Invalid, "{wrong}: {error}");
    }
}
