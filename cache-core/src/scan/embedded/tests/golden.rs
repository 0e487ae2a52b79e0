//! Trivy's golden reports, with the database of the tests that they come from: what Trivy found in a package, is found.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::*;
use crate::scan::database::testing::scan;

/// Binary packages of the reports, which do not name the sources that they were built from.
const SOURCES: &[(&str, &str)] = &[
    ("e2fslibs", "e2fsprogs"),
    ("libcom-err2", "e2fsprogs"),
    ("libcomerr2", "e2fsprogs"),
    ("libcrypto1.1", "openssl"),
    ("libext2fs2", "e2fsprogs"),
    ("libidn2-0", "libidn2"),
    ("libss2", "e2fsprogs"),
    ("libssl1.1", "openssl"),
    ("musl-utils", "musl"),
];

/// Reports that leave something out of what Trivy finds: by severity, by fix, by name, or by VEX.
const FILTERED: &[&str] = &["high-critical", "ignore", "medium", "skip", "vex"];

/// What a report says: for each package its vulnerabilities with their fixes.
fn said_in(report: &Value) -> BTreeMap<String, BTreeSet<(String, String)>> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let results = report["Results"].as_array().into_iter().flatten();
    let mut packages: BTreeMap<String, BTreeSet<(String, String)>> = BTreeMap::new();
    for found in results.flat_map(|result| result["Vulnerabilities"].as_array().into_iter().flatten()) {
        let source = SOURCES.iter().find(|(binary, _)| found["PkgName"] == **binary);
        let upstream = source.map(|(_, source)| format!("&upstream={source}")).unwrap_or_default();
        let purl = format!("{}{upstream}", text(&found["PkgIdentifier"]["PURL"]));
        packages.entry(purl).or_default().insert((text(&found["VulnerabilityID"]), text(&found["FixedVersion"])));
    }
    packages
}

#[test]
fn what_trivy_found_is_found() {
    let golden = crate::document::shared_data("sbom/trivy/golden");
    let Some((golden, database)) = golden.zip(crate::document::shared_data("sbom/own/trivy-db/trivy.db")) else {
        return;
    };
    let (mut found, mut differences) = (0, Vec::new());
    for entry in std::fs::read_dir(golden).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let Ok(report) = serde_json::from_slice::<Value>(&std::fs::read(&path).unwrap()) else { continue };
        let theirs = said_in(&report);
        let mut builder = DatabaseBuilder::new();
        builder.add_trivy(&database).unwrap();
        let purls: Vec<&str> = theirs.keys().map(String::as_str).collect();
        let own = scan(builder, &purls);
        for (purl, theirs) in &theirs {
            let mine: BTreeSet<(String, String)> = own
                .findings
                .iter()
                .filter(|finding| finding.purl.as_deref() == Some(purl))
                .map(|finding| (finding.id.clone(), finding.fixed_in.clone().unwrap_or_default()))
                .collect();
            found += theirs.intersection(&mine).count();
            for (id, fix) in theirs.difference(&mine) {
                differences.push(format!("{name}: only Trivy: {purl} {id} {fix}"));
            }
            for (id, fix) in mine.difference(theirs).filter(|_| !FILTERED.iter().any(|word| name.contains(word))) {
                differences.push(format!("{name}: only Cache: {purl} {id} {fix}"));
            }
        }
    }
    differences.sort();
    assert!(found > 100 && differences == EXPLAINED, "{found} alike, and {differences:#?}");
}

/// Where they differ, and who is right.
const EXPLAINED: &[&str] = &[];
