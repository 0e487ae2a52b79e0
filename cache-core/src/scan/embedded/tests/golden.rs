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

/// Where they differ: in how a fix is written (Cache gives the end of the range, with its epoch; of ammonia, without the sign);
/// releases that the database lacks; a package of Photon that is found by its source; Kubernetes, which is no ecosystem of Cache's.
const EXPLAINED: &[&str] = &[
    "alpine-distroless.json.golden: only Trivy: pkg:apk/alpine/git@2.35.1-r2?arch=x86_64&distro=3.16 CVE-2022-24765 2.35.2-r0",
    "busybox-with-lockfile.json.golden: only Cache: pkg:cargo/ammonia@1.9.0 CVE-2019-15542 2.1.0",
    "busybox-with-lockfile.json.golden: only Cache: pkg:cargo/ammonia@1.9.0 CVE-2021-38193 3.1.0, 2.1.3, < 3.0.0",
    "busybox-with-lockfile.json.golden: only Trivy: pkg:cargo/ammonia@1.9.0 CVE-2019-15542 >= 2.1.0",
    "busybox-with-lockfile.json.golden: only Trivy: pkg:cargo/ammonia@1.9.0 CVE-2021-38193 >= 3.1.0, >= 2.1.3, < 3.0.0",
    "centos-6.json.golden: only Cache: pkg:rpm/centos/openssl@1.0.1e-57.el6?arch=x86_64&distro=centos-6.10 CVE-2019-1559 0:1.0.1e-58.el6_10",
    "centos-6.json.golden: only Trivy: pkg:rpm/centos/openssl@1.0.1e-57.el6?arch=x86_64&distro=centos-6.10 CVE-2019-1559 1.0.1e-58.el6_10",
    "cocoapods.json.golden: only Cache: pkg:cocoapods/_NIODataStructures@2.41.0 CVE-2022-3215 2.42.0",
    "cocoapods.json.golden: only Trivy: pkg:cocoapods/_NIODataStructures@2.41.0 CVE-2022-3215 2.29.1, 2.39.1, 2.42.0",
    "conan.json.golden: only Cache: pkg:conan/pcre@8.43 CVE-2020-14155 8.44",
    "conan.json.golden: only Trivy: pkg:conan/pcre@8.43 CVE-2020-14155 8.45",
    "mariner-1.0.json.golden: only Cache: pkg:rpm/cbl-mariner/vim@8.2.4081-1.cm1?arch=x86_64&distro=cbl-mariner-1.0 CVE-2022-0158 0:8.2.4082-1.cm1",
    "mariner-1.0.json.golden: only Trivy: pkg:rpm/cbl-mariner/vim@8.2.4081-1.cm1?arch=x86_64&distro=cbl-mariner-1.0 CVE-2022-0158 8.2.4082-1.cm1",
    "minikube-kbom.json.golden: only Trivy: pkg:k8s/k8s.io%2Fkubelet@1.27.0 CVE-2023-2431 1.24.14, 1.25.9, 1.26.4, 1.27.1",
    "photon-30.json.golden: only Trivy: pkg:rpm/photon/curl-libs@7.61.1-4.ph3?arch=x86_64&distro=photon-3.0 CVE-2019-5481 7.61.1-5.ph3",
    "swift.json.golden: only Cache: pkg:swift/github.com/apple/swift-nio@2.41.0 CVE-2022-3215 2.42.0",
    "swift.json.golden: only Trivy: pkg:swift/github.com/apple/swift-nio@2.41.0 CVE-2022-3215 2.29.1, 2.39.1, 2.42.0",
    "test-repo.json.golden: only Cache: pkg:cargo/ammonia@1.9.0 CVE-2019-15542 2.1.0",
    "test-repo.json.golden: only Cache: pkg:cargo/ammonia@1.9.0 CVE-2021-38193 3.1.0, 2.1.3, < 3.0.0",
    "test-repo.json.golden: only Trivy: pkg:cargo/ammonia@1.9.0 CVE-2019-15542 >= 2.1.0",
    "test-repo.json.golden: only Trivy: pkg:cargo/ammonia@1.9.0 CVE-2021-38193 >= 3.1.0, >= 2.1.3, < 3.0.0",
];
