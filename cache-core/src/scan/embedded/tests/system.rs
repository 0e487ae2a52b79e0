use serde_json::json;

use super::{fixed, record, said, sbom, scan, scan_with};
use crate::sbom::catalog::OWNER;
use crate::sbom::{Kind, Package};
use crate::scan::DatabaseBuilder;
use crate::scan::database::testing::osv;
use crate::scan::database::{Advisory, Names, Range, Says};
use crate::scan::ecosystem::Ecosystem;
use crate::scan::{FixState, Severity};

/// Advisories about packages of an rpm distribution, as Grype's database has them.
fn rpm(release: &str, advisories: &[(&str, &str, &str, &str)]) -> DatabaseBuilder {
    let mut builder = DatabaseBuilder::new();
    for (id, name, fix, module) in advisories {
        let says = if fix.is_empty() { Says::NotFixed } else { Says::FixedIn((*fix).to_owned()) };
        let upper =
            if fix.is_empty() { std::ops::Bound::Unbounded } else { std::ops::Bound::Excluded((*fix).to_owned()) };
        let advisory = Advisory {
            id: (*id).to_owned(),
            ranges: vec![Range { lower: std::ops::Bound::Unbounded, upper, says }],
            names: Names::Both,
            module: (*module).to_owned(),
            ..Advisory::default()
        };
        builder.add(&Ecosystem::release("rpm", "redhat", release), name, &advisory);
    }
    builder
}

fn said_of_rpm(release: &str, advisories: &[(&str, &str, &str, &str)], purl: &str) -> Vec<String> {
    said(&scan_with(rpm(release, advisories), &sbom(&[purl])))
}

#[test]
fn a_source_package_is_looked_up_by_its_name_and_version() {
    let records = [fixed("CVE-1", "Debian:12", "glibc", "2.36-9+deb12u2"), fixed("CVE-2", "Debian:12", "libc6", "9")];
    let purl = "pkg:deb/debian/libc6@2.36-9%2Bdeb12u1?arch=amd64&distro=debian-12&upstream=glibc";
    let report = scan(&records, &[purl]);
    // Debian's advisories are about source packages: a binary of another source's name is not that source.
    assert_eq!(said(&report), ["CVE-1 in libc6"]);
    let found = &report.findings[0];
    assert_eq!(found.source_package.as_deref(), Some("glibc 2.36-9+deb12u1"));
    assert_eq!((found.fixed_in.as_deref(), found.fix_state), (Some("2.36-9+deb12u2"), FixState::Fixed));
    // 36: without a source package the name is the best there is.
    let alone = scan(&records, &["pkg:deb/debian/glibc@2.36-9?distro=debian-12"]);
    assert_eq!((said(&alone), &alone.findings[0].source_package), (vec!["CVE-1 in glibc".to_owned()], &None));
}

#[test]
fn a_source_package_has_its_own_version() {
    let records = [fixed("CVE-1", "Debian:12", "gcc-defaults", "1.210")];
    let report = scan(&records, &["pkg:deb/debian/gcc@4:12.2.0-3?distro=debian-12&upstream=gcc-defaults%401.203"]);
    assert_eq!(said(&report), ["CVE-1 in gcc"]);
}

/// 31
#[test]
fn the_source_package_of_a_trivy_sbom_is_in_its_properties() {
    let mut sbom = sbom(&["pkg:deb/debian/libssl3@3.0.11-1?distro=debian-12.5"]);
    let stated = |name: &str, value: &str| (format!("aquasecurity:trivy:{name}").into(), value.to_owned().into());
    sbom.packages[0].properties =
        vec![stated("SrcName", "openssl"), stated("SrcVersion", "3.0.11"), stated("SrcRelease", "1")];
    let report = scan_with(osv(&[fixed("CVE-1", "Debian:12", "openssl", "3.0.12-1")]), &sbom);
    assert_eq!(said(&report), ["CVE-1 in libssl3"]);
    assert_eq!(report.findings[0].source_package.as_deref(), Some("openssl 3.0.11-1"));
}

#[test]
fn debian_without_a_fix_is_affected_and_says_so() {
    let mut about = record("CVE-1", "Debian:12", "bash", json!([{"introduced": "0"}]));
    about["affected"][0]["ecosystem_specific"] = json!({"urgency": "unimportant"});
    let report = scan(&[about], &["pkg:deb/debian/bash@5.2.15-2?distro=debian-12"]);
    let found = &report.findings[0];
    assert_eq!((found.fix_state, &found.fixed_in, found.severity), (FixState::NotFixed, &None, Severity::Negligible));
}

#[test]
fn a_release_is_not_judged_by_another() {
    let records = [fixed("CVE-1", "Debian:11", "bash", "9"), fixed("CVE-2", "Ubuntu:22.04:LTS", "bash", "9")];
    let report =
        scan(&records, &["pkg:deb/debian/bash@5?distro=debian-12", "pkg:deb/ubuntu/bash@5?distro=ubuntu-22.10"]);
    assert_eq!(said(&report), ["no-data of bash", "no-data of bash"]);
}

/// 37
#[test]
fn the_distribution_comes_from_the_purl_or_else_from_the_system_of_the_sbom() {
    let records = [fixed("CVE-1", "Rocky Linux:9", "bash", "0:9.0-1"), fixed("CVE-2", "Debian:12", "bash", "9")];
    assert_eq!(said(&scan(&records, &["pkg:rpm/rocky/bash@5.1.8-6.el9?distro=rocky-9.1"])), ["CVE-1 in bash"]);
    let mut sbom = sbom(&["pkg:deb/debian/bash@5.2"]);
    let system = Package {
        kind: Kind::OperatingSystem,
        name: "debian".into(),
        version: Some("12.5".into()),
        ..Package::default()
    };
    sbom.packages.push(system);
    assert_eq!(said(&scan_with(osv(&records), &sbom)), ["CVE-2 in bash"]);
}

/// 81
#[test]
fn a_release_that_is_not_stated_is_seen_and_never_the_newest() {
    let report =
        scan(&[fixed("CVE-1", "Alpine:edge", "openssl", "9-r0")], &["pkg:apk/alpine/openssl@3.1.0-r0?distro=alpine"]);
    assert_eq!(said(&report), ["unknown-release of openssl"]);
}

#[test]
fn a_rebuild_is_judged_by_what_it_rebuilds_and_that_is_noted() {
    let report = scan_with(
        rpm("9", &[("CVE-1", "bash", "5.1.8-9.el9", "")]),
        &sbom(&["pkg:rpm/rocky/bash@5.1.8-6.el9?distro=rocky-9.1"]),
    );
    assert_eq!(said(&report), ["CVE-1 in bash", "other-distribution of bash"]);
}

/// 65
#[test]
fn the_epoch_of_the_purl_counts() {
    let purl = |epoch: &str| format!("pkg:rpm/redhat/NetworkManager@1.40.16-15.el8_9?{epoch}distro=rhel-8.9");
    let fix = [("CVE-1", "NetworkManager", "1:1.32.10-4.el8", "")];
    assert_eq!(said_of_rpm("8", &fix, &purl("epoch=1&")), [""; 0]);
    assert_eq!(said_of_rpm("8", &fix, &purl("")), ["CVE-1 in NetworkManager"]);
}

/// 63, 64
#[test]
fn a_source_rpm_is_compared_by_its_own_version_and_without_an_epoch() {
    let purl =
        "pkg:rpm/redhat/perl-Pod-Escapes@1.04-419.el8_4.1?distro=rhel-8.4&upstream=perl-5.26.3-419.el8_4.1.src.rpm";
    assert_eq!(said_of_rpm("8", &[("CVE-1", "perl", "4:5.26.3-419.el8", "")], purl), [""; 0]);
    assert_eq!(said_of_rpm("8", &[("CVE-2", "perl", "4:5.26.3-420.el8", "")], purl), ["CVE-2 in perl-Pod-Escapes"]);
}

/// 67, 68
#[test]
fn a_fix_counts_only_in_its_own_stream_of_a_module() {
    let purl = |label: &str| format!("pkg:rpm/redhat/postgresql@9.6.22-1.module_el8?distro=rhel-8.9{label}");
    let fixes = [
        ("CVE-12", "postgresql", "12.5-1.module+el8", "postgresql:12"),
        ("CVE-96", "postgresql", "9.6.23-1.module+el8", "postgresql:9.6"),
        ("CVE-0", "postgresql", "13.1-1.el8", ""),
    ];
    for label in ["&modularitylabel=postgresql:9.6:8020:abc", "&rpmmod=postgresql:9.6"] {
        assert_eq!(said_of_rpm("8", &fixes, &purl(label)), ["CVE-96 in postgresql"], "{label}");
    }
    // 69: of no known module, nothing can be told.
    let right = ["unknown-module of postgresql: CVE-0 CVE-12 CVE-96"];
    assert_eq!(said_of_rpm("8", &fixes, &purl("")), right);
    // A package of no module is not judged by those of one.
    assert_eq!(
        said_of_rpm("8", &fixes, "pkg:rpm/redhat/postgresql@9.2.0-1.el8?distro=rhel-8.9"),
        ["CVE-0 in postgresql"]
    );
}

/// An advisory that does not name its module but whose fix is of one cannot be told apart.
#[test]
fn a_fix_of_a_module_that_is_not_named_is_unknown() {
    let purl = "pkg:rpm/redhat/nodejs@12.0.0-1.module_el8?distro=rhel-8.9&modularitylabel=nodejs:12";
    let fix = [("CVE-1", "nodejs", "14.1-1.module+el8", "")];
    assert_eq!(said_of_rpm("8", &fix, purl), ["unknown-module of nodejs: CVE-1"]);
    assert_eq!(said_of_rpm("8", &fix, "pkg:rpm/redhat/nodejs@10.0.0-1.el8?distro=rhel-8.9"), [""; 0]);
}

#[test]
fn an_advisory_for_other_architectures_is_about_other_packages() {
    let mut builder = DatabaseBuilder::new();
    let advisory = Advisory {
        id: "CVE-1".into(),
        arches: vec!["aarch64".into()],
        ranges: vec![Range {
            lower: std::ops::Bound::Unbounded,
            upper: std::ops::Bound::Unbounded,
            says: Says::NotFixed,
        }],
        ..Advisory::default()
    };
    builder.add(&Ecosystem::release("rpm", "redhat", "8"), "lib", &advisory);
    let purls = ["x86_64", "aarch64", "noarch"].map(|arch| format!("pkg:rpm/redhat/lib@1-1?arch={arch}&distro=rhel-8"));
    let report = scan_with(builder, &sbom(&purls.each_ref().map(String::as_str)));
    let found: Vec<_> = report.findings.iter().filter_map(|f| f.purl.as_deref()).collect();
    assert_eq!(found, [purls[1].as_str(), purls[2].as_str()]);
}

/// 90
#[test]
fn kernel_headers_are_not_judged_as_the_kernel() {
    let fixes = [("CVE-1", "kernel-headers", "4.5.0-15.2.1", ""), ("CVE-2", "kernel", "4.5.0-15.2.1", "")];
    let purl = "pkg:rpm/redhat/kernel-headers@3.10.0-1127?distro=rhel-8&upstream=kernel-3.10.0-1127.src.rpm";
    assert_eq!(said_of_rpm("8", &fixes, purl), ["kernel-headers of kernel-headers"]);
    let records = [fixed("CVE-3", "Debian:12", "linux", "6.1.90-1")];
    let report =
        scan(&records, &["pkg:deb/debian/linux-headers-6.1.0-18-amd64@6.1.76-1?distro=debian-12&upstream=linux"]);
    assert_eq!(said(&report), ["kernel-headers of linux-headers-6.1.0-18-amd64"]);
}

#[test]
fn records_of_rpm_distributions_name_sources_but_almalinux_names_what_is_installed() {
    let purl = |id: &str, release: &str| {
        format!("pkg:rpm/{id}/own-libs@2.0-2.el9?arch=x86_64&distro={id}-{release}&upstream=own-2.0-2.el9.src.rpm")
    };
    let rocky = [fixed("CVE-1", "Rocky Linux:9", "own", "2.0-3.el9")];
    assert_eq!(said(&scan(&rocky, &[&purl("rocky", "9.3")])), ["CVE-1 in own-libs"]);
    let alma = [fixed("CVE-1", "AlmaLinux:9", "own", "2.0-3.el9")];
    assert_eq!(said(&scan(&alma, &[&purl("almalinux", "9.3")])), [""; 0]);
}

#[test]
fn a_kernel_that_was_signed_elsewhere_is_judged_as_the_kernel() {
    let fixes =
        |name: &str| [fixed("CVE-3", "Debian:12", name, "6.1.90-1"), fixed("CVE-4", "Debian:12", name, "6.1.76-1")];
    let image = "pkg:deb/debian/linux-image-6.1.0-18-amd64@6.1.76-1?arch=amd64&distro=debian-12&upstream=";
    for upstream in ["linux-signed-amd64%406.1.76%2B1", "linux-signed-arm64", "linux-signed"] {
        let report = scan(&fixes("linux"), &[&format!("{image}{upstream}")]);
        assert_eq!(said(&report), ["CVE-3 in linux-image-6.1.0-18-amd64"], "{upstream}");
        assert_eq!(report.findings[0].source_package.as_deref(), Some("linux 6.1.76-1"));
    }
    assert_eq!(said(&scan(&fixes("linux-hwe-6.8"), &[&format!("{image}linux-signed-hwe-6.8")])).len(), 1);
    assert_eq!(said(&scan(&fixes("linux"), &[&format!("{image}linux-signed-hwe-6.8")])), [""; 0]);
}

/// 80
#[test]
fn apk_packages_are_looked_up_by_their_origin() {
    let records = [
        fixed("CVE-1", "Alpine:v3.18", "openssl", "3.1.4-r0"),
        fixed("CVE-2", "Alpine:v3.18", "openssl1.1-compat", "1.1.1w-r1"),
    ];
    let purl = "pkg:apk/alpine/libssl1.1@1.1.1u-r0?distro=alpine-3.18.4&upstream=openssl1.1-compat";
    assert_eq!(said(&scan(&records, &[purl])), ["CVE-2 in libssl1.1"]);
}

/// A fix in version "0" means that no version was ever affected.
#[test]
fn a_fix_in_version_0_says_never_affected() {
    let report =
        scan(&[fixed("CVE-1", "Alpine:v3.18", "zlib", "0")], &["pkg:apk/alpine/zlib@1.2.3-r0?distro=alpine-3.18.4"]);
    assert_eq!(said(&report), [""; 0]);
}

/// 89
#[test]
fn a_record_of_alpine_without_a_fix_is_not_about_every_version() {
    let mut about = record("CVE-1", "Alpine:v3.18", "openssl", json!([{"introduced": "0"}]));
    about["affected"][0]["versions"] = json!(["3.0.1-r0"]);
    let purl = |version: &str| format!("pkg:apk/alpine/openssl@{version}?distro=alpine-3.18.4");
    assert_eq!(said(&scan(std::slice::from_ref(&about), &[&purl("3.5.7-r0")])), [""; 0]);
    assert_eq!(said(&scan(&[about], &[&purl("3.0.1-r0")])), ["CVE-1 in openssl"]);
}

/// 66
#[test]
fn a_rebuild_with_a_raised_epoch_is_compared_without_it() {
    let records = [fixed("CVE-1", "Debian:13", "chromium", "149.0.7827.200-1~deb13u1")];
    let purl = "pkg:deb/raspbian/chromium@1:149.0.7827.114-1~deb13u1%2Brpt1?distro=raspbian-13";
    assert_eq!(said(&scan(&records, &[purl])), ["CVE-1 in chromium"]);
}

/// A source that says of a package only that it is not affected goes before one that says it is.
#[test]
fn a_package_that_is_said_not_to_be_affected_is_not() {
    let mut builder = rpm("9", &[("CVE-1", "bash", "5.1.8-9.el9", ""), ("CVE-2", "bash", "5.1.8-9.el9", "")]);
    let denied = Advisory {
        id: "ALSA-1".into(),
        aliases: vec!["CVE-1".into()],
        ranges: vec![Range {
            lower: std::ops::Bound::Unbounded,
            upper: std::ops::Bound::Unbounded,
            says: Says::NotAffected,
        }],
        names: Names::Both,
        ..Advisory::default()
    };
    builder.add(&Ecosystem::release("rpm", "redhat", "9"), "bash", &denied);
    let report = scan_with(builder, &sbom(&["pkg:rpm/redhat/bash@5.1.8-6.el9?distro=rhel-9.1"]));
    assert_eq!(said(&report), ["CVE-2 in bash"]);
}

/// A distribution's word on its own build goes before what others say of the files in it.
#[test]
fn what_the_distribution_has_fixed_is_settled_for_the_files_that_it_owns() {
    let mut upstream = fixed("GHSA-1", "PyPI", "requests", "2.31");
    upstream["aliases"] = json!(["CVE-1"]);
    let records = [
        upstream,
        fixed("GHSA-2", "PyPI", "requests", "2.32"),
        fixed("CVE-1", "Debian:12", "requests", "2.28.1+dfsg-1"),
    ];
    let mut sbom = sbom(&[
        "pkg:deb/debian/python3-requests@2.28.1%2Bdfsg-1?distro=debian-12&upstream=requests",
        "pkg:pypi/requests@2.28.1",
        "pkg:pypi/requests@2.28.1?file_name=other",
    ]);
    sbom.packages[1].properties = vec![(OWNER.into(), "p0".into())];
    let report = scan_with(osv(&records), &sbom);
    let right =
        ["GHSA-2 in requests", "CVE-1 in requests", "GHSA-2 in requests", "fixed-by-distribution of requests: CVE-1"];
    assert_eq!(said(&report), right);
}

/// A distribution that says nothing of a vulnerability settles nothing, and neither does one that is affected itself.
#[test]
fn what_the_distribution_has_not_fixed_is_not_settled() {
    let records =
        [fixed("CVE-1", "PyPI", "requests", "2.31"), fixed("CVE-1", "Debian:12", "requests", "2.28.1+dfsg-9")];
    let mut sbom = sbom(&[
        "pkg:deb/debian/python3-requests@2.28.1%2Bdfsg-1?distro=debian-12&upstream=requests",
        "pkg:pypi/requests@2.28.1",
    ]);
    sbom.packages[1].properties = vec![(OWNER.into(), "p0".into())];
    assert_eq!(said(&scan_with(osv(&records), &sbom)), ["CVE-1 in python3-requests", "CVE-1 in requests"]);
}

/// An erratum names the vulnerabilities that it is about; of several it is none.
#[test]
fn the_record_of_a_distribution_is_named_by_the_vulnerability_it_comes_from() {
    let mut one = fixed("DEBIAN-CVE-2026-1", "Debian:12", "bash", "9");
    one["upstream"] = json!(["CVE-2026-1"]);
    let mut several = fixed("RLSA-2026:1", "Rocky Linux:9", "bash", "0:9-1");
    several["related"] = json!(["CVE-2026-1", "CVE-2026-2"]);
    let purls = ["pkg:deb/debian/bash@5?distro=debian-12", "pkg:rpm/rocky/bash@5-1?distro=rocky-9.1"];
    let report = scan(&[one, several], &purls);
    assert_eq!(said(&report), ["CVE-2026-1 in bash", "RLSA-2026:1 in bash"]);
    assert_eq!(report.findings[1].aliases, ["CVE-2026-1", "CVE-2026-2"]);
}
