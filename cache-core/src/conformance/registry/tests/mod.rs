mod broken;

use super::*;
use crate::conformance::Server;
use crate::conformance::server::{Auth, Bearer, Login, Options};
use crate::model::Secret;
use crate::registry::credentials::Credential;
use crate::registry::{Layout, MemoryRegistry, OciOptions, OciRegistry};

/// Runs the suite twice: what one run leaves must not disturb the next. Gives the names of what the registry lacks.
async fn lacking(writer: &dyn RegistryWriter, repository: &Repository) -> Vec<&'static str> {
    check_registry(writer, repository).await;
    let report = check_registry(writer, repository).await;
    assert!(report.is_passed(), "{report}");
    assert!(report.checks().len() > 30);
    let lacking = report.checks().iter().filter(|c| c.outcome != Outcome::Passed);
    lacking.map(|c| c.name).collect()
}

#[tokio::test]
async fn the_memory_registry_passes() {
    let repository = Repository::parse("memory:team/app").unwrap();
    assert!(lacking(&MemoryRegistry::new(), &repository).await.is_empty());
}

#[tokio::test]
async fn the_layout_passes() {
    let folder = tempfile::tempdir().unwrap();
    let repository = Repository::parse(&format!("oci:{}", folder.path().join("layout").display())).unwrap();
    assert!(lacking(&Layout::open(&repository).unwrap(), &repository).await.is_empty());
}

/// The HTTP engine on a server of these options.
async fn lacking_over_http(options: Options) -> Vec<&'static str> {
    let server = Server::start(options).await.unwrap();
    let login = Credential::Password { user: "user".into(), password: Secret::new("password") };
    let options = OciOptions { credentials: std::sync::Arc::new(login), ..OciOptions::default() };
    let repository = Repository::parse(&format!("{}/team/app", server.host())).unwrap();
    lacking(&OciRegistry::of(&repository, options).unwrap(), &repository).await
}

#[tokio::test]
async fn the_http_engine_passes() {
    assert!(lacking_over_http(Options::default()).await.is_empty());
}

#[tokio::test]
async fn the_http_engine_passes_with_the_fallback_tag() {
    assert!(lacking_over_http(Options { referrers: false, ..Options::default() }).await.is_empty());
}

#[tokio::test]
async fn the_http_engine_passes_with_tokens() {
    let auth = Auth::Bearer(Bearer::new(Login::new("user", "password")));
    assert!(lacking_over_http(Options { auth, ..Options::default() }).await.is_empty());
}

#[tokio::test]
async fn the_http_engine_says_what_a_server_lacks() {
    let options =
        Options { delete_manifests: false, delete_tags: false, sparse: true, page_size: Some(3), ..Options::default() };
    assert_eq!(
        lacking_over_http(options).await,
        [
            "manifest_of_absent_content_is_refused",
            "tag_is_deleted_alone",
            "manifest_is_deleted_with_its_tags",
            "deleted_referrer_is_no_longer_listed"
        ]
    );
}
