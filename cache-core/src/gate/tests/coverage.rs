use super::*;
use crate::gate::coverage::{Coverage, listed};

#[test]
fn what_is_about_the_index_covers_every_platform_and_what_is_about_one_covers_one() {
    let evidence = index();
    let coverage = Coverage::of(&evidence);
    assert_eq!(coverage.scope(&digest("image"), &[], None).unwrap(), [0, 1]);
    assert_eq!(coverage.scope(&digest("image"), &[digest("image")], None).unwrap(), [0, 1]);
    assert_eq!(coverage.scope(&digest("arm64"), &[], None).unwrap(), [1]);
    assert_eq!(coverage.scope(&digest("image"), &[digest("amd64"), digest("image")], None).unwrap(), [0]);
    assert_eq!(coverage.scope(&digest("arm64"), &[digest("image")], None).unwrap(), [1]);
}

#[test]
fn a_scanner_that_was_given_an_index_looked_at_one_platform() {
    let evidence = index();
    let coverage = Coverage::of(&evidence);
    assert_eq!(coverage.scope(&digest("image"), &[digest("image")], Some(&platform("arm64"))).unwrap(), [1]);
    assert!(coverage.scope(&digest("image"), &[], Some(&platform("s390x"))).is_err());
    let evidence = single();
    assert_eq!(Coverage::of(&evidence).scope(&digest("image"), &[], Some(&platform("arm64"))).unwrap(), [0]);
}

#[test]
fn another_image_is_another_image() {
    let evidence = index();
    let coverage = Coverage::of(&evidence);
    assert!(coverage.scope(&digest("other"), &[], None).is_err());
    assert!(coverage.scope(&digest("image"), &[digest("other")], None).unwrap_err().contains("names another"));
    assert!(coverage.scope(&digest("amd64"), &[digest("arm64")], None).unwrap_err().contains("attached to"));
}

#[test]
fn what_is_missing_is_named() {
    let evidence = index();
    let mut coverage = Coverage::of(&evidence);
    assert_eq!(coverage.missing(), "the image");
    coverage.cover(&[0]);
    assert_eq!(coverage.missing(), format!("linux/arm64 ({})", digest("arm64").short()));
    assert!(!coverage.is_complete());
    coverage.cover(&[1]);
    assert!(coverage.is_complete());
}

#[test]
fn an_image_without_platforms_is_not_covered_by_nothing() {
    let evidence = Evidence { platforms: Vec::new(), ..single() };
    assert!(!Coverage::of(&evidence).is_complete());
}

#[test]
fn long_lists_are_cut_and_counted() {
    let many: Vec<String> = (0..25).map(|i| i.to_string()).collect();
    assert!(listed(&many).ends_with("; and 5 more"));
    assert_eq!(listed(&many[..2]), "0; 1");
}
