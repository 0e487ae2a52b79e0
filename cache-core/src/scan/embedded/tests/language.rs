use serde_json::json;

use super::{fixed, record, said, scan};

#[test]
fn each_ecosystem_has_its_own_order_of_versions() {
    let rows = [
        ("PyPI", "lib", "1.0", "pkg:pypi/lib@1.0rc1", true),
        ("PyPI", "lib", "1.0", "pkg:pypi/lib@1.0.post1", false),
        ("npm", "lib", "1.0.0", "pkg:npm/lib@1.0.0-rc.1", true),
        ("Maven", "g:a", "2.0", "pkg:maven/g/a@2.0.RELEASE", false),
        ("Maven", "g:a", "2.0", "pkg:maven/g/a@2.0-M1", true),
        ("RubyGems", "lib", "1.0", "pkg:gem/lib@1.0.pre", true),
        ("Go", "example.com/m", "1.2.3", "pkg:golang/example.com/m@v1.2.3-0.20240101000000-abcdef123456", true),
        ("Go", "example.com/m", "1.2.3", "pkg:golang/example.com/m@v1.2.3%2Bincompatible", false),
        ("NuGet", "Lib", "1.0.0.1", "pkg:nuget/lib@1.0.0", true),
        ("Packagist", "v/lib", "1.0.0", "pkg:composer/v/lib@1.0.0-RC1", true),
        ("crates.io", "lib", "1.0.0", "pkg:cargo/lib@0.9.9", true),
    ];
    for (ecosystem, name, fix, purl, found) in rows {
        let report = scan(&[fixed("X-1", ecosystem, name, fix)], &[purl]);
        assert_eq!(report.findings.len(), usize::from(found), "{purl} and {fix}: {:?}", said(&report));
        assert!(report.notes.is_empty(), "{purl}: {:?}", said(&report));
    }
}

/// 25, 75, 76
#[test]
fn the_ecosystem_is_part_of_the_name_and_a_local_package_matches_nothing() {
    let records = [fixed("RUSTSEC-1", "crates.io", "telemetry", "1.0.0"), fixed("GHSA-1", "npm", "cookie", "1.0.0")];
    let report = scan(&records, &["pkg:cargo/cookie@0.5.0", "pkg:npm/telemetry@0.1.0"]);
    assert!(report.findings.is_empty(), "{:?}", said(&report));
}

/// 74: nothing is guessed from what a package is called elsewhere.
#[test]
fn cpe_names_match_nothing() {
    let mut sbom = super::sbom(&["pkg:npm/rc@1.2.8"]);
    sbom.packages[0].cpes = vec!["cpe:2.3:a:plan9:rc:1.2.8:*:*:*:*:*:*:*".into()];
    let report = super::scan_with(super::osv(&[fixed("CVE-1", "npm", "plan9", "9.0.0")]), &sbom);
    assert!(report.findings.is_empty());
}

#[test]
fn names_are_found_in_all_spellings() {
    let records = [
        fixed("PYSEC-1", "PyPI", "Zope.Interface", "9.0"),
        fixed("GHSA-1", "npm", "@scope/name", "9.0.0"),
        fixed("GO-1", "Go", "github.com/Masterminds/x", "9.0.0"),
    ];
    let report = scan(
        &records,
        &["pkg:pypi/zope_interface@5.0", "pkg:npm/%40scope/name@1.0.0", "pkg:golang/github.com/masterminds/x@v1.0.0"],
    );
    assert_eq!(report.findings.len(), 3, "{:?}", said(&report));
}

/// 86
#[test]
fn each_version_of_a_package_is_a_package() {
    let purls = ["pkg:npm/cookie@0.4.0", "pkg:npm/cookie@0.4.1", "pkg:npm/cookie@0.5.0"];
    let report = scan(&[fixed("GHSA-1", "npm", "cookie", "0.5.0")], &purls);
    assert_eq!(report.findings.iter().map(|f| f.version.as_str()).collect::<Vec<_>>().len(), 2);
}

/// 87
#[test]
fn the_fix_is_the_end_of_the_range_that_the_version_is_in() {
    let events = json!([
        {"introduced": "14.0.0"}, {"fixed": "15.9.1"}, {"introduced": "16.0.0-beta.0"}, {"fixed": "16.1.5"},
    ]);
    let about = record("GHSA-1", "npm", "next", events);
    assert!(scan(std::slice::from_ref(&about), &["pkg:npm/next@16.2.2"]).findings.is_empty());
    let report = scan(&[about], &["pkg:npm/next@15.0.0"]);
    assert_eq!(report.findings[0].fixed_in.as_deref(), Some("15.9.1"));
}

#[test]
fn versions_that_are_listed_one_by_one_are_affected() {
    let about = json!({"id": "GHSA-1", "affected": [{
        "package": {"ecosystem": "PyPI", "name": "lib"}, "versions": ["1.0", "1.2"],
        "ranges": [{"type": "GIT", "repo": "https://example.com", "events": [{"introduced": "0"}]}],
    }]});
    let report = scan(&[about], &["pkg:pypi/lib@1.0.0", "pkg:pypi/lib@1.1", "pkg:pypi/lib@1.2"]);
    assert_eq!(
        report.findings.iter().filter_map(|f| f.purl.as_deref()).collect::<Vec<_>>(),
        ["pkg:pypi/lib@1.0.0", "pkg:pypi/lib@1.2"]
    );
}

/// What has no order may still be the very version that is listed.
#[test]
fn a_listed_version_needs_no_order() {
    let about = json!({"id": "PYSEC-1", "affected": [{
        "package": {"ecosystem": "PyPI", "name": "lib"}, "versions": ["2013-03-27T16:32:26+0100"],
    }]});
    let report = scan(&[about], &["pkg:pypi/lib@2013-03-27T16:32:26%2B0100"]);
    assert_eq!(said(&report), ["PYSEC-1 in lib"]);
}

/// 88
#[test]
fn no_version_matches_nothing_and_is_seen() {
    let report = scan(&[record("GHSA-1", "npm", "lib", json!([{"introduced": "0"}]))], &["pkg:npm/lib"]);
    assert_eq!(said(&report), ["no-version of lib"]);
}

#[test]
fn a_version_that_cannot_be_read_is_unknown_and_seen() {
    let records = [fixed("GHSA-1", "npm", "lib", "2.0.0"), fixed("GHSA-2", "npm", "lib", "not-a-version")];
    assert_eq!(said(&scan(&records, &["pkg:npm/lib@latest"])), ["unreadable-version of lib: GHSA-1 GHSA-2"]);
    assert_eq!(said(&scan(&records, &["pkg:npm/lib@1.0.0"])), ["GHSA-1 in lib", "unreadable-version of lib: GHSA-2"]);
}

/// 70
#[test]
fn a_commit_after_no_tag_is_not_compared_with_tags() {
    let istio = "pkg:golang/istio.io/istio@v0.0.0-20220308185742-91533d04e894";
    let tagged = [fixed("GHSA-1", "Go", "istio.io/istio", "1.11.7")];
    assert_eq!(said(&scan(&tagged, &[istio])), ["not-comparable-version of istio: GHSA-1"]);
    let untagged = [
        fixed("GHSA-2", "Go", "istio.io/istio", "0.0.0-20230101000000-abcdef123456"),
        fixed("GHSA-3", "Go", "istio.io/istio", "0.0.0-20210101000000-abcdef123456"),
        record("GHSA-4", "Go", "istio.io/istio", json!([{"introduced": "0"}])),
    ];
    assert_eq!(said(&scan(&untagged, &[istio])), ["GHSA-2 in istio", "GHSA-4 in istio"]);
}

/// 71, 72
#[test]
fn a_program_of_no_version_matches_nothing_and_is_seen() {
    let report = scan(
        &[record("GHSA-1", "Go", "code.gitea.io/gitea", json!([{"introduced": "0"}]))],
        &["pkg:golang/code.gitea.io/gitea@(devel)"],
    );
    assert_eq!(said(&report), ["no-version of gitea"]);
}

#[test]
fn the_library_of_go_has_the_versions_of_go() {
    let records = [fixed("GO-1", "Go", "stdlib", "1.21.0-rc.3"), fixed("GO-2", "Go", "stdlib", "1.20.5")];
    for (version, right) in [
        ("go1.21rc2", vec!["GO-1 in stdlib"]),
        ("1.20.4", vec!["GO-1 in stdlib", "GO-2 in stdlib"]),
        ("1.21.0", vec![]),
    ] {
        assert_eq!(said(&scan(&records, &[&format!("pkg:golang/stdlib@{version}")])), right, "{version}");
    }
}

#[test]
fn withdrawn_records_match_nothing() {
    let mut withdrawn = fixed("GHSA-1", "npm", "lib", "2.0.0");
    withdrawn["withdrawn"] = json!("2026-01-01T00:00:00Z");
    assert!(scan(&[withdrawn, fixed("GHSA-2", "npm", "lib", "0.1.0")], &["pkg:npm/lib@1.0.0"]).findings.is_empty());
}
