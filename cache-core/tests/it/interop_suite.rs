//! The suite of `conformance::registry` on the registries of other projects. Run by `make interop`.

use cache_core::conformance::check_registry;
use cache_core::conformance::registry::Outcome;
use cache_core::model::Repository;
use cache_core::registry::{OciOptions, OciRegistry};

use crate::peers::Served;

/// Runs the suite on a peer; `lacking` is what that one is known not to do.
async fn check(name: &str, lacking: &[&str]) {
    let Some(served) = Served::start(name) else { return };
    let repository = Repository::parse(&format!("{}/team/app", served.host)).unwrap();
    let registry = OciRegistry::of(&repository, OciOptions::default()).unwrap();
    let report = check_registry(&registry, &repository).await;
    println!("suite: {name}: {report}");
    assert!(report.is_passed(), "{name}: {report}");
    let found = report.checks().iter().filter(|c| c.outcome != Outcome::Passed).map(|c| c.name);
    assert_eq!(found.collect::<Vec<_>>(), lacking, "{name}: {report}");
}

#[tokio::test]
#[ignore = "needs the peers; run by make interop"]
async fn interop_the_suite_passes_on_debians_registry() {
    check("docker-registry", &["sha512_manifest_comes_back", "tag_is_deleted_alone"]).await;
}

#[tokio::test]
#[ignore = "needs the peers; run by make interop"]
async fn interop_the_suite_passes_on_distribution() {
    check("distribution", &["sha512_manifest_comes_back"]).await;
}
