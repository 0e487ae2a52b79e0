//! ACR's adapter against a fake of ACR. The names begin with the case that they stand for.

mod automation;
mod fake;

use serde_json::{Value, json};

use self::fake::{Fake, ID};
use super::*;
use crate::administer::Wish;
use crate::error::ErrorKind;
use crate::http::Network;
use crate::model::{Pinned, Reference, Repository, Tag};
use crate::plan::{Action, Policy, Scope};
use crate::registry::vendor::Variables;
use crate::registry::vendor::tests::{Desk, impatient, seed_image};
use crate::registry::{Catalog, Findings, Registry, TagsOf};

struct Rig {
    fake: Fake,
    acr: AcrRegistry,
    desk: Desk,
}

fn azure(fake: &Fake, more: &[(&str, &str)]) -> AzureCredentials {
    let url = fake.registry.url();
    let all = [("AZURE_AUTHORITY_HOST", &url[..]), ("AZURE_TENANT_ID", "tenant"), ("AZURE_CLIENT_ID", "client")];
    AzureCredentials::from(Variables::given(&[&all, more].concat()), Network::default())
}

impl Rig {
    async fn new() -> Rig {
        let fake = Fake::start().await;
        let acr = Rig::registry(&fake, azure(&fake, &[("AZURE_CLIENT_SECRET", "s&cret")]));
        Rig { desk: Desk::of(acr.clone()), fake, acr }
    }

    fn registry(fake: &Fake, azure: AzureCredentials) -> AcrRegistry {
        let options = AcrOptions {
            oci: OciOptions { patience: impatient(), ..OciOptions::default() },
            azure: Some(azure),
            resource_id: Some(ID.to_owned()),
            management: Some(fake.registry.url()),
        };
        AcrRegistry::acr(&Rig::host(fake), options).unwrap()
    }

    fn host(fake: &Fake) -> String {
        fake.registry.url().trim_start_matches("http://").to_owned()
    }

    fn repository(&self, path: &str) -> Repository {
        Repository::parse(&format!("{}/{path}", Rig::host(&self.fake))).unwrap()
    }

    fn image(&self, path: &str, tag: Option<&str>, layer: &str) -> Pinned {
        self.repository(path).at(seed_image(&self.fake.images, path, tag, layer))
    }

    fn tagged(&self, path: &str, tag: &str) -> Reference {
        self.repository(path).tagged(Tag::parse(tag).unwrap())
    }

    fn policy(&self, policy: Policy, to: Option<Value>) -> Action {
        Action::SetPolicy { policy, scope: Scope::Registry(Rig::host(&self.fake)), to }
    }
}

#[tokio::test]
async fn the_adapter_passes_the_suite_of_all_adapters() {
    let rig = Rig::new().await;
    let report = crate::conformance::check_registry(&rig.acr, &rig.repository("team/suite")).await;
    assert!(report.is_passed(), "{report}");
}

#[tokio::test]
async fn a12_a_directory_token_is_exchanged_in_a_body_and_never_stands_in_a_header() {
    let rig = Rig::new().await;
    let image = rig.image("team/app", Some("1"), "layer");
    for _ in 0..3 {
        assert_eq!(rig.acr.resolve(&rig.tagged("team/app", "1")).await.unwrap().digest, image.digest);
    }
    assert_eq!(
        (rig.fake.count("/v2.0/token"), rig.fake.count("/oauth2/exchange"), rig.fake.count("/oauth2/token")),
        (1, 1, 1)
    );
    let scope = rig.fake.state().bodies.iter().find(|body| body.contains("grant_type=refresh_token")).cloned().unwrap();
    assert!(scope.contains("scope=repository%3Ateam%2Fapp%3Apull"), "{scope}");
}

#[tokio::test]
async fn workload_identities_log_in_and_wrong_secrets_are_told() {
    let fake = Fake::start().await;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("token");
    std::fs::write(&file, "assertion\n").unwrap();
    let acr = Rig::registry(&fake, azure(&fake, &[("AZURE_FEDERATED_TOKEN_FILE", file.to_str().unwrap())]));
    assert!(Catalog::repositories(&acr).await.unwrap().is_empty());
    let acr = Rig::registry(&fake, azure(&fake, &[("AZURE_CLIENT_SECRET", "hunter2")]));
    let error = Catalog::repositories(&acr).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unauthenticated);
    assert!(format!("{error:?}").contains("invalid_client") && !format!("{error:?} {acr:?}").contains("hunter2"));
}

#[tokio::test]
async fn a_managed_identity_is_asked_at_its_address() {
    use crate::http::testing::{Reply, Server};
    let server = Server::start_replies(|call| match call.header("x-identity-header") {
        Some("proof") => Reply::new(200, json!({"access_token": call.target, "expires_on": "4000000000"}).to_string()),
        _ => Reply::new(400, ""),
    })
    .await;
    let url = format!("{}/msi", server.url());
    let all = [("IDENTITY_ENDPOINT", &url[..]), ("IDENTITY_HEADER", "proof"), ("AZURE_CLIENT_ID", "c-1")];
    let azure = AzureCredentials::from(Variables::given(&all), Network::default());
    let token = azure.token("https://management.azure.com").await.unwrap();
    let asked = "/msi?api-version=2019-08-01&resource=https%3A%2F%2Fmanagement.azure.com&client_id=c-1";
    assert_eq!(token.reveal(), asked);
}

#[tokio::test]
async fn lists_are_read_over_their_pages() {
    let rig = Rig::new().await;
    for n in 0..5 {
        rig.image("team/app", Some(&format!("v{n}")), &format!("layer {n}"));
        rig.image(&format!("other-{n}"), None, "layer");
    }
    let listed = crate::registry::Listing::manifests(&rig.acr, &rig.repository("team/app")).await.unwrap();
    assert!(listed.len() == 5 && listed.iter().all(|one| one.pushed.is_some() && one.tags.len() == 1 && !one.locked));
    rig.fake.state().calls.clear();
    rig.fake.state().page = 2;
    assert_eq!(Catalog::repositories(&rig.acr).await.unwrap().len(), 6);
    let tags = rig.acr.acr_tags(&rig.repository("team/app")).await.unwrap();
    assert_eq!(tags.iter().map(|tag| tag.name.as_str()).collect::<Vec<_>>(), ["v0", "v1", "v2", "v3", "v4"]);
    assert_eq!(rig.acr.acr_manifests(&rig.repository("team/app")).await.unwrap().len(), 5);
    assert!(rig.fake.count("/acr/v1/team%2Fapp/_tags?n=1000&last=v3") == 1);
}

#[tokio::test]
async fn x01_a_tag_is_removed_alone() {
    let rig = Rig::new().await;
    let image = rig.image("team/app", Some("1"), "layer");
    rig.fake.images.tag("team/app", "2", &image.digest);
    let untag = |tag: &str| Wish::Untag(rig.tagged("team/app", tag));
    assert!(rig.desk.carry_out(vec![untag("1")]).await.unwrap().receipt.is_complete());
    assert_eq!(rig.acr.tags_of(&image).await.unwrap(), [Tag::parse("2").unwrap()]);
    let refused = rig.desk.plan(vec![Wish::Delete { image: image.clone(), with_tags: false }]).await.unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::Conflict);
}

#[tokio::test]
async fn locks_are_set_on_tags_and_manifests_apart() {
    let rig = Rig::new().await;
    let image = rig.image("team/app", Some("1"), "layer");
    rig.fake.images.tag("team/app", "2", &image.digest);
    let tag = rig.tagged("team/app", "1");
    rig.desk.settle(Action::SetLock { of: tag.clone(), delete: true, write: true }).await;
    assert!(!rig.acr.acr_locks(&tag).await.unwrap().delete);
    assert!(rig.acr.acr_locks(&image.clone().into()).await.unwrap().delete);
    let failure = rig.desk.failure(Wish::Untag(tag.clone())).await;
    assert!(failure.contains("the tag is locked"), "{failure}");
    for of in [image.clone().into(), Reference { repository: image.repository.clone(), tag: None, digest: None }] {
        rig.desk.settle(Action::SetLock { of, delete: true, write: false }).await;
    }
    rig.desk.settle(Action::SetLock { of: tag.clone(), delete: false, write: false }).await;
    assert!(rig.desk.carry_out(vec![Wish::Untag(tag)]).await.unwrap().receipt.is_complete());
}

#[tokio::test]
async fn policies_and_the_admin_user_are_set() {
    let rig = Rig::new().await;
    rig.desk.settle(rig.policy(Policy::Retention, Some(json!({"days": 30, "status": "enabled"})))).await;
    rig.desk.settle(rig.policy(Policy::Retention, None)).await;
    rig.desk.settle(rig.policy(Policy::SoftDelete, Some(json!({"retentionDays": 90, "status": "enabled"})))).await;
    for wrong in [json!({"days": 366, "status": "enabled"}), json!({"days": 1, "status": "on"}), json!({"days": "x"})] {
        let action = rig.policy(Policy::Retention, Some(wrong));
        assert_eq!(rig.desk.plan(vec![Wish::Action(action)]).await.unwrap_err().kind(), ErrorKind::Invalid);
    }
    assert!(rig.acr.acr_admin().await.is_err());
    rig.desk.settle(rig.policy(Policy::AdminUser, Some(json!({"enabled": true})))).await;
    let admin = rig.acr.acr_admin().await.unwrap();
    assert_eq!((&admin.name[..], admin.reveal()), ("own", "admin-secret"));
    assert!(rig.acr.acr_settings().await.unwrap().admin_user_enabled);
}

#[tokio::test]
async fn v07_an_import_is_believed_when_the_image_is_there() {
    let rig = Rig::new().await;
    let from = Repository::parse("other.azurecr.io/src/app").unwrap();
    let digest = seed_image(&rig.fake.images, "src/app", None, "layer");
    let import = || Action::Import { from: from.at(digest.clone()), to: rig.tagged("team/app", "1"), follow: None };
    rig.fake.state().idle_import = true;
    let failure = rig.desk.failure(Wish::Action(import())).await;
    assert!(failure.contains("it is not so right after it"), "{failure}");
    (rig.fake.state().idle_import, rig.fake.state().failing_import) = (false, true);
    let failure = rig.desk.failure(Wish::Action(import())).await;
    assert!(failure.contains("the source is gone"), "{failure}");
    rig.fake.state().failing_import = false;
    rig.desk.settle(import()).await;
    let sent = rig.fake.state().bodies.iter().rfind(|body| body.contains("registryUri")).cloned().unwrap();
    let sent: Value = serde_json::from_str(&sent).unwrap();
    assert_eq!(sent["source"], json!({"registryUri": "other.azurecr.io", "sourceImage": format!("src/app@{digest}")}));
    assert_eq!((&sent["mode"], &sent["targetTags"]), (&json!("NoForce"), &json!(["team/app:1"])));
}

#[tokio::test]
async fn a_pause_that_is_no_number_does_not_end_an_import() {
    let rig = Rig::new().await;
    let digest = seed_image(&rig.fake.images, "src/app", None, "layer");
    let from = Repository::parse("other.azurecr.io/src/app").unwrap().at(digest);
    rig.fake.state().pause = "nan";
    rig.desk.settle(Action::Import { from, to: rig.tagged("team/app", "1"), follow: None }).await;
}

#[tokio::test]
async fn no_findings_are_no_proof_of_a_scan() {
    let rig = Rig::new().await;
    let image = rig.image("team/app", Some("1"), "layer");
    assert!(rig.acr.findings(&image).await.unwrap_err().is_not_found());
    rig.fake.state().findings = vec![json!({"id": "/x", "properties": {
        "id": "CVE-2026-1", "status": {"code": "Unhealthy", "severity": "High"},
        "additionalData": {
            "assessedResourceType": "AzureContainerRegistryVulnerability",
            "artifactDetails": {"digest": image.digest, "repositoryName": "team/app"},
            "vulnerabilityDetails": {"cveId": "CVE-2026-1", "severity": "High"},
            "softwareDetails": {"packageName": "openssl", "version": "3.0.1", "language": "", "fixedVersion": "3.0.2"},
        },
    }})];
    let found = rig.acr.findings(&image).await.unwrap();
    let document: Value = serde_json::from_slice(&found.bytes).unwrap();
    assert_eq!((&document["count"], &document["data"][0]["properties"]["id"]), (&json!(1), &json!("CVE-2026-1")));
    let asked = rig.fake.state().bodies.last().unwrap().clone();
    let report = crate::connect::registry_report(&rig.acr, &image).await.unwrap();
    assert_eq!((report.findings.len(), &report.subjects[..]), (1, &[image.digest.clone()][..]));
    assert!(asked.contains(image.digest.as_str()) && asked.contains("artifact.repositoryName == 'team/app'"));
}

#[tokio::test]
async fn without_the_management_its_actions_are_unsupported() {
    let fake = Fake::start().await;
    let acr = AcrRegistry::acr(&Rig::host(&fake), AcrOptions::default()).unwrap();
    assert!(acr.abilities().findings.is_none() && acr.abilities().server_copy.is_none());
    let action = Action::SetPolicy { policy: Policy::AdminUser, scope: Scope::Registry(Rig::host(&fake)), to: None };
    assert_eq!(Desk::of(acr).plan(vec![Wish::Action(action)]).await.unwrap_err().kind(), ErrorKind::Unsupported);
    for bad in
        ["", "/subscriptions/s", "https://evil.test/", "/subscriptions/s/resourceGroups/g/providers/P/registries/a?x"]
    {
        let options =
            AcrOptions { azure: Some(azure(&fake, &[])), resource_id: Some(bad.to_owned()), ..AcrOptions::default() };
        assert_eq!(AcrRegistry::acr("r.test", options).unwrap_err().kind(), ErrorKind::Invalid, "{bad}");
    }
}

#[test]
fn hosts_of_acr_are_recognised_and_no_others() {
    assert!(is_acr("name.azurecr.io") && is_acr("name-1.azurecr.cn") && is_acr("name.azurecr.us"));
    assert!(
        !is_acr("azurecr.io")
            && !is_acr("name.azurecr.io.evil.test")
            && !is_acr("a/b.azurecr.io")
            && !is_acr(".azurecr.io")
    );
}

#[tokio::test]
async fn an_image_of_another_acr_is_fetched_by_the_registry_itself() {
    use crate::approve::testing_permit;
    use crate::plan::{CopyManifest, Role};
    use crate::registry::ServerCopy;
    let rig = Rig::new().await;
    let digest = seed_image(&rig.fake.images, "src/app", None, "layer");
    let copy = |from: &str, role| CopyManifest {
        from: Repository::parse(from).unwrap(),
        to: rig.repository("team/app"),
        digest: digest.clone(),
        media_type: String::new(),
        size: 0,
        role,
        blobs: Vec::new(),
    };
    let own = rig.repository("src/app").to_string();
    for (from, role, can) in [
        ("other.azurecr.io/src/app", Role::Image, true),
        ("other.azurecr.io/src/app", Role::Referrer(digest.clone()), false),
        ("other.test/src/app", Role::Image, false),
        (&own[..], Role::Image, false),
    ] {
        assert_eq!(rig.acr.can_copy(&copy(from, role)).await.unwrap(), can, "{from}");
    }
    rig.acr.server_copy(testing_permit(copy("other.azurecr.io/src/app", Role::Image))).await.unwrap();
    assert_eq!(rig.fake.images.manifests("team/app"), [digest]);
    assert!(rig.fake.images.tags("team/app").is_empty());
}
