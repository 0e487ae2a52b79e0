use serde_json::json;

use super::{fixed, said, scan};
use crate::scan::{FixState, Severity};

/// 30, 84: pairs that are joined only over others are one vulnerability.
#[test]
fn aliases_are_followed_however_long_the_way() {
    let mut records = Vec::new();
    for (id, alias) in [("GHSA-0", "A-3"), ("PYSEC-1", "A-2"), ("OSV-2", "A-2"), ("OSV-3", "A-3")] {
        let mut about = fixed(id, "PyPI", "lib", "2.0");
        about["aliases"] = json!([alias]);
        records.push(about);
    }
    records[2]["aliases"] = json!(["A-2", "A-3", "CVE-2026-1"]);
    let report = scan(&records, &["pkg:pypi/lib@1.0"]);
    assert_eq!(said(&report), ["CVE-2026-1 in lib"]);
    assert_eq!(report.findings[0].aliases, ["A-2", "A-3", "GHSA-0", "OSV-2", "OSV-3", "PYSEC-1"]);
}

/// 85: a CVE first, then GitHub's id.
#[test]
fn the_id_is_a_cve_where_there_is_one_and_the_others_are_listed() {
    let mut go = fixed("GO-2026-1", "Go", "example.com/m", "1.2.0");
    go["aliases"] = json!(["CVE-2026-2", "GHSA-1"]);
    let report = scan(&[go, fixed("GHSA-1", "Go", "example.com/m", "1.2.0")], &["pkg:golang/example.com/m@v1.0.0"]);
    assert_eq!(said(&report), ["CVE-2026-2 in m"]);
    assert_eq!(report.findings[0].aliases, ["GHSA-1", "GO-2026-1"]);
    assert_eq!(report.findings[0].sources, ["ghsa", "go"]);
}

#[test]
fn an_advisory_about_several_vulnerabilities_joins_none_of_them() {
    let mut several = fixed("ADV-1", "npm", "lib", "2.0.0");
    several["aliases"] = json!(["CVE-1", "CVE-2"]);
    let records = [several, fixed("CVE-1", "npm", "lib", "2.0.0"), fixed("CVE-2", "npm", "lib", "2.0.0")];
    assert_eq!(said(&scan(&records, &["pkg:npm/lib@1.0.0"])), ["ADV-1 in lib", "CVE-1 in lib", "CVE-2 in lib"]);
}

#[test]
fn severities_are_listed_with_who_says_so_and_github_first() {
    let mut rust = fixed("RUSTSEC-1", "crates.io", "lib", "2.0.0");
    rust["aliases"] = json!(["GHSA-1"]);
    rust["severity"] = json!([
        {"type": "CVSS_V3", "score": "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"},
        {"type": "CVSS_V4", "score": "CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:N/SI:N/SA:N"},
    ]);
    let mut github = fixed("GHSA-1", "crates.io", "lib", "2.0.0");
    github["database_specific"] = json!({"severity": "MODERATE", "cwe_ids": []});
    let report = scan(&[rust, github], &["pkg:cargo/lib@1.0.0"]);
    let found = &report.findings[0];
    assert_eq!(found.severity, Severity::Medium);
    let listed: Vec<_> = found.ratings.iter().map(|r| (r.source.as_str(), r.score.map(|s| s.tenths()))).collect();
    assert_eq!(listed, [("ghsa", None), ("rustsec", Some(93)), ("rustsec", Some(98))]);
}

#[test]
fn a_severity_that_nobody_states_is_unknown() {
    let report = scan(&[fixed("RUSTSEC-1", "crates.io", "lib", "2.0.0")], &["pkg:cargo/lib@1.0.0"]);
    assert_eq!((report.findings[0].severity, report.findings[0].ratings.len()), (Severity::Unknown, 0));
}

/// A source that knows of a fix goes before one that does not; two fixes are both told, the lower first.
#[test]
fn the_richest_fix_counts() {
    let mut open = super::record("PYSEC-1", "PyPI", "lib", json!([{"introduced": "0"}]));
    open["aliases"] = json!(["CVE-1"]);
    let records = [open, fixed("CVE-1", "PyPI", "lib", "1.10")];
    let found = &scan(&records, &["pkg:pypi/lib@1.0"]).findings[0];
    assert_eq!((found.fixed_in.as_deref(), found.fix_state), (Some("1.10"), FixState::Fixed));
    let mut later = fixed("PYSEC-1", "PyPI", "lib", "1.9");
    later["aliases"] = json!(["CVE-1"]);
    let found = &scan(&[records[1].clone(), later], &["pkg:pypi/lib@1.0"]).findings[0];
    assert_eq!(found.fixed_in.as_deref(), Some("1.9, 1.10"));
}

/// One that says "not affected" still knows names.
#[test]
fn what_does_not_match_still_joins() {
    let mut bridge = fixed("GHSA-1", "npm", "lib", "0.5.0");
    bridge["aliases"] = json!(["CVE-1", "OSV-1"]);
    let report = scan(&[bridge, fixed("OSV-1", "npm", "lib", "2.0.0")], &["pkg:npm/lib@1.0.0"]);
    assert_eq!(said(&report), ["CVE-1 in lib"]);
    assert_eq!(report.findings[0].sources, ["osv"]);
}
