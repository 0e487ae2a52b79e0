//! Documents in memory. `CACHE_FUZZ_READER` says which reader reads them: see `scripts/fuzz.sh`.
#![no_main]

use std::sync::LazyLock;

use cache_core::approve::Approval;
use cache_core::connect::AssessConfig;
use cache_core::model::{Manifest, Purl, Reference, Timestamp};
use cache_core::plan::Plan;
use cache_core::promote::Given;
use cache_core::policy::{ClusterImagePolicy, Policy};
use cache_core::retention::RestoreFile;
use cache_core::retention::inventory::{Deployed, Inventory, of_kubernetes};
use cache_core::retention::vendor::{acr, ecr, harbor, openshift};
use cache_core::sbom::license::{canonical, identifiers};
use cache_core::sbom::{Format, Sbom, query};
use cache_core::report::{ReportFormat, ReportOptions};
use cache_core::scan::version::{Scheme, Vers};
use cache_core::scan::{DatabaseBuilder, Report, Vex};
use cache_core::sign::{Bundle, Envelope, PublicKey, TrustedRoot};
use libfuzzer_sys::fuzz_target;

static READ: LazyLock<fn(&[u8])> = LazyLock::new(|| match std::env::var("CACHE_FUZZ_READER").as_deref() {
    Ok("sbom") => sbom,
    Ok("report") => |bytes| drop(Report::parse(bytes)),
    Ok("osv") => |bytes| drop(DatabaseBuilder::new().add_osv_bytes(bytes)),
    Ok("grype-db") => |bytes| drop(DatabaseBuilder::new().add_grype_bytes(bytes)),
    Ok("trivy-db") => |bytes| drop(DatabaseBuilder::new().add_trivy_bytes(bytes, None)),
    Ok("version") => versions,
    Ok("vers") => range,
    Ok("vex") => |bytes| drop(Vex::parse(bytes)),
    Ok("findings") => findings,
    Ok("license") => |bytes| drop(text(bytes).map(|license| (canonical(license), identifiers(license)))),
    Ok("purl") => purl,
    Ok("reference") => |bytes| drop(text(bytes).map(str::parse::<Reference>)),
    Ok("manifest") => |bytes| drop(Manifest::parse(bytes.to_vec(), None)),
    Ok("bundle") => |bytes| drop(Bundle::parse(bytes)),
    Ok("envelope") => |bytes| drop(Envelope::parse(bytes)),
    Ok("key") => |bytes| drop(text(bytes).map(|pem| PublicKey::from_pem("key", pem))),
    Ok("root") => |bytes| drop(TrustedRoot::parse(bytes)),
    Ok("policy") => |bytes| drop(text(bytes).map(Policy::parse)),
    Ok("inventory") => |bytes| drop(Inventory::parse(bytes)),
    Ok("cluster") => cluster,
    Ok("lifecycle") => lifecycle,
    Ok("plan") => |bytes| drop(Plan::from_canonical(bytes.to_vec()).map(|plan| (plan.render(), plan.digest().clone()))),
    Ok("approval") => |bytes| drop(Approval::from_json(bytes)),
    Ok("restore") => restore,
    Ok("image-policy") => |bytes| drop(text(bytes).map(ClusterImagePolicy::parse)),
    other => panic!("CACHE_FUZZ_READER: {other:?}"),
});

fuzz_target!(|bytes: &[u8]| READ(bytes));

fn text(bytes: &[u8]) -> Option<&str> {
    std::str::from_utf8(bytes).ok()
}

/// What is read can be asked, and written in every format; what is written can be read.
fn sbom(bytes: &[u8]) {
    let Ok(sbom) = Sbom::parse(bytes) else { return };
    (sbom.count(), sbom.license_histogram(), sbom.score(), query::diff(&sbom, &sbom));
    if let Some(package) = sbom.packages.first() {
        sbom.paths(&package.id, 3);
    }
    for format in ["spdx-2.3", "spdx-3.0", "cyclonedx-1.6", "cyclonedx-1.7"] {
        let Ok(format) = Format::parse(format) else { continue };
        let Ok(written) = sbom.write(&format) else { continue };
        let again = Sbom::parse(&written.bytes).expect("what is written can be read");
        assert!(again.packages.len() >= sbom.packages.len(), "no package is lost");
    }
}

/// What is found can be written in every format, and the disclosure report is valid.
fn findings(bytes: &[u8]) {
    let Ok(assessment) = AssessConfig::default().assess(&[Given::Report(bytes.to_vec().into())]) else { return };
    for format in ReportFormat::ALL {
        let written = assessment.write(format, &ReportOptions::default()).expect("it can be written");
        if format == ReportFormat::CycloneDx {
            assert_eq!(cache_core::sbom::validate(&written).expect("it can be read"), []);
        }
    }
}

/// What the API of a cluster lists, and what would be pruned of it.
fn cluster(bytes: &[u8]) {
    let Ok(document) = serde_json::from_slice(bytes) else { return };
    let now = Timestamp::from_unix(1_700_000_000).expect("a time");
    drop(openshift::Prune::default().simulate(&document, &document, &Deployed::default(), now));
    drop(of_kubernetes("cluster", now, &[document]));
}

/// The policies of registries, and what they list.
fn lifecycle(bytes: &[u8]) {
    let now = Timestamp::from_unix(1_700_000_000).expect("a time");
    let document = serde_json::from_slice(bytes).unwrap_or_default();
    let images = ecr::listing(&document).or_else(|_| harbor::listing(&document)).unwrap_or_default();
    let Some(text) = text(bytes) else { return };
    if let Ok(policy) = ecr::LifecyclePolicy::parse(text) {
        drop((policy.explain(), policy.simulate(&images, now)));
    }
    if let Ok(policy) = harbor::RetentionPolicy::parse(text) {
        policy.explain().expect("what was read is known");
        policy.simulate("app", &images, now).expect("what was read is known");
    }
    let images = acr::listing(&document).unwrap_or(images);
    drop(acr::Policies::parse(text).map(|policies| (policies.explain(), policies.simulate(&images, now))));
}

/// Restore files are read from the disk.
fn restore(bytes: &[u8]) {
    let path = std::env::temp_dir().join(format!("cache-fuzz-{}.restore", std::process::id()));
    std::fs::write(&path, bytes).expect("a file");
    drop(RestoreFile::read(&path));
}

/// What is displayed reads back as the same.
fn purl(bytes: &[u8]) {
    let Some(Ok(purl)) = text(bytes).map(Purl::parse) else { return };
    assert_eq!(Purl::parse(&purl.to_string()).expect("a purl"), purl);
}

/// A range and a version on two lines: what is read can be asked.
fn range(bytes: &[u8]) {
    let Some((range, version)) = text(bytes).and_then(|text| text.split_once('\n')) else { return };
    let Ok(range) = Vers::parse(range) else { return };
    assert_eq!(Vers::parse(&range.to_string()).expect("a range"), range);
    let _ = (range.contains(version), range.is_open());
}

/// Two versions on two lines: from the other side the order is the reverse, and a version is as high as itself.
fn versions(bytes: &[u8]) {
    let Some((one, other)) = text(bytes).and_then(|text| text.split_once('\n')) else { return };
    for kind in ["apk", "composer", "deb", "gem", "golang", "maven", "npm", "nuget", "pypi", "rpm"] {
        let Some(scheme) = Scheme::of(kind) else { continue };
        let order = scheme.compare(one, other);
        assert_eq!(order.map(|order| order.reverse()), scheme.compare(other, one), "{kind}");
        assert!(scheme.compare(one, one).is_none_or(|order| order.is_eq()), "{kind}");
    }
}
