//! ECR's adapter against a fake of ECR. The names begin with the case that they stand for.

mod fake;
mod shapes;

use serde_json::{Value, json};

use self::fake::{ACCOUNT, Fake};
use super::*;
use crate::administer::Wish;
use crate::error::ErrorKind;
use crate::model::{Digest, Pinned, Repository, Secret, Tag};
use crate::plan::{Action, Policy, Scope};
use crate::registry::vendor::tests::{Desk, impatient, seed_image, seed_index};
use crate::registry::{Catalog, Findings, Registry};

struct Rig {
    fake: Fake,
    ecr: EcrRegistry,
    desk: Desk,
}

impl Rig {
    async fn new() -> Rig {
        let fake = Fake::start().await;
        let options = EcrOptions {
            oci: OciOptions { patience: impatient(), ..OciOptions::default() },
            credentials: AwsCredentials::keys("AKID", Secret::new("aws-secret"), None),
            endpoint: Some(fake.interface.url()),
            registry: Some((ACCOUNT.to_owned(), "eu-west-1".to_owned())),
            create_on_push: false,
        };
        let ecr = EcrRegistry::ecr(fake.images.host(), options).unwrap();
        Rig { desk: Desk::of(ecr.clone()), fake, ecr }
    }

    async fn with_app() -> Rig {
        let rig = Rig::new().await;
        rig.fake.create("team/app");
        rig
    }

    fn app(&self) -> Repository {
        self.repository("team/app")
    }

    fn repository(&self, path: &str) -> Repository {
        Repository::parse(&format!("{}/{path}", self.fake.images.host())).unwrap()
    }

    fn image(&self, tag: Option<&str>, layer: &str) -> Pinned {
        self.app().at(seed_image(&self.fake.images, "team/app", tag, layer))
    }

    fn policy(&self, policy: Policy, to: Option<Value>) -> Action {
        Action::SetPolicy { policy, scope: Scope::Repository(self.app()), to }
    }

    fn delete(&self, images: &[Pinned]) -> Vec<Wish> {
        images.iter().map(|image| Wish::Delete { image: image.clone(), with_tags: true }).collect()
    }
}

#[tokio::test]
async fn the_adapter_passes_the_suite_of_all_adapters() {
    let rig = Rig::with_app().await;
    let report = crate::conformance::check_registry(&rig.ecr, &rig.app()).await;
    assert!(report.is_passed(), "{report}");
}

#[tokio::test]
async fn the_login_is_asked_once_and_again_before_its_twelve_hours_end() {
    let rig = Rig::with_app().await;
    let image = rig.image(Some("1"), "layer");
    for _ in 0..3 {
        assert_eq!(rig.ecr.resolve(&rig.app().tagged(Tag::parse("1").unwrap())).await.unwrap().digest, image.digest);
    }
    assert_eq!(rig.fake.calls("GetAuthorizationToken").len(), 1);
    // One that has less than half an hour left would end under a long upload.
    let rig = Rig::with_app().await;
    rig.fake.state().lifetime = 20 * 60;
    let image = rig.image(None, "layer");
    for _ in 0..2 {
        rig.ecr.manifest(&image).await.unwrap();
    }
    assert!(rig.fake.calls("GetAuthorizationToken").len() >= 2);
}

#[tokio::test]
async fn the_login_can_be_handed_on() {
    let rig = Rig::new().await;
    let login = rig.ecr.abilities().login.unwrap().login().await.unwrap();
    assert_eq!(login.reveal().unwrap(), Some(("AWS", "password-1")));
    assert!(!format!("{login:?}").contains("password-1"));
}

#[tokio::test]
async fn wrong_keys_are_told_with_what_to_do() {
    let fake = Fake::start().await;
    let options = EcrOptions {
        oci: OciOptions { patience: impatient(), ..OciOptions::default() },
        credentials: AwsCredentials::keys("OTHER", Secret::new("aws-secret"), None),
        endpoint: Some(fake.interface.url()),
        registry: Some((ACCOUNT.to_owned(), "eu-west-1".to_owned())),
        create_on_push: false,
    };
    let error = EcrRegistry::ecr("r.test", options).unwrap().ecr_repositories().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unauthenticated);
    let text = format!("{error:?}");
    assert!(text.contains("clock") && text.contains("UnrecognizedClientException"), "{text}");
    assert!(!text.contains("aws-secret"));
}

#[tokio::test]
async fn t02_throttling_comes_as_400_and_is_waited_for() {
    let rig = Rig::with_app().await;
    rig.fake.state().throttled = 3;
    assert_eq!(rig.ecr.ecr_repositories().await.unwrap().len(), 1);
    rig.fake.state().throttled = 100;
    assert_eq!(rig.ecr.ecr_repositories().await.unwrap_err().kind(), ErrorKind::RateLimited);
}

#[tokio::test]
async fn lists_are_read_over_their_pages() {
    let rig = Rig::with_app().await;
    for name in ["a/b", "z/y"] {
        rig.fake.create(name);
    }
    for n in 0..7 {
        rig.image(None, &format!("layer {n}"));
    }
    rig.fake.state().page = 2;
    let names = [rig.repository("a/b"), rig.app(), rig.repository("z/y")];
    assert_eq!(Catalog::repositories(&rig.ecr).await.unwrap(), names);
    assert_eq!(rig.ecr.ecr_images(&rig.app()).await.unwrap().len(), 7);
    assert_eq!(rig.fake.calls("DescribeImages").len(), 4);
    let listed = crate::registry::Listing::manifests(&rig.ecr, &rig.app()).await.unwrap();
    assert!(listed.len() == 7 && listed.iter().all(|one| one.pushed.is_some() && one.tags.is_empty()));
    let absent = rig.ecr.ecr_images(&rig.repository("no/such")).await.unwrap_err();
    assert!(absent.is_not_found(), "{absent}");
}

#[tokio::test]
async fn x05_x06_many_images_go_a_hundred_at_a_time_and_each_has_its_outcome() {
    let rig = Rig::with_app().await;
    let images: Vec<Pinned> = (0..250).map(|n| rig.image(None, &format!("layer {n}"))).collect();
    let index = seed_index(&rig.fake.images, "team/app", None, &[&images[3].digest]);
    let plan = rig.desk.plan(rig.delete(&images)).await.unwrap().unwrap();
    let receipt = rig.desk.execute(&plan).await.unwrap().receipt;
    let sizes: Vec<usize> =
        rig.fake.calls("BatchDeleteImage").iter().map(|body| body["imageIds"].as_array().unwrap().len()).collect();
    // The one that an index names was tried once more, after the others were gone.
    assert_eq!(sizes, [100, 100, 50, 1]);
    let failed: Vec<String> =
        receipt.to_string().lines().filter(|line| line.contains("FAILED")).map(str::to_owned).collect();
    assert_eq!(failed.len(), 1, "{failed:?}");
    assert!(failed[0].contains(images[3].digest.as_str()) && failed[0].contains("ImageReferencedByManifestList"));
    assert_eq!(rig.fake.images.manifests("team/app").len(), 2);

    // With its index it goes, whatever the order in the plan.
    let both = [images[3].clone(), rig.app().at(index)];
    let carried = rig.desk.carry_out(rig.delete(&both)).await.unwrap();
    assert!(carried.receipt.is_complete(), "{}", carried.receipt);
    assert!(rig.fake.images.manifests("team/app").is_empty());
}

#[tokio::test]
async fn x05_a_tag_goes_alone_and_the_last_one_does_not_take_the_image_along() {
    let rig = Rig::with_app().await;
    let image = rig.image(Some("1"), "layer");
    rig.fake.images.tag("team/app", "2", &image.digest);
    let untag = |tag: &str| Wish::Untag(rig.app().tagged(Tag::parse(tag).unwrap()));
    assert!(rig.desk.carry_out(vec![untag("1")]).await.unwrap().receipt.is_complete());
    let failure = rig.desk.failure(untag("2")).await;
    assert!(failure.contains("ECR deletes an image with its last tag"), "{failure}");
    assert_eq!(rig.fake.images.tags("team/app"), [("2".to_owned(), image.digest)]);
}

#[tokio::test]
async fn v06_a_missing_repository_is_told_before_anything_is_sent_and_can_be_created() {
    use crate::registry::Room;
    let rig = Rig::new().await;
    let error = rig.ecr.room(&rig.app()).await.unwrap_err();
    assert!(error.is_not_found() && error.hint_text().unwrap().contains("create-repository"), "{error:?}");
    let create = |mutability: &str| Action::CreateRepository {
        repository: rig.app(),
        settings: json!({
            "imageTagMutability": mutability,
            "imageScanningConfiguration": {"scanOnPush": true},
            "encryptionConfiguration": {"encryptionType": "KMS", "kmsKey": "key-1"},
        }),
    };
    rig.desk.settle(create("IMMUTABLE")).await;
    assert_eq!(rig.ecr.room(&rig.app()).await.unwrap(), None);
    let repository = rig.ecr.ecr_repository(&rig.app()).await.unwrap();
    assert_eq!(repository.encryption_configuration["kmsKey"], "key-1");
    // There with other settings is no success.
    let other = rig.desk.plan(vec![Wish::Action(create("MUTABLE"))]).await.unwrap_err();
    assert_eq!(other.kind(), ErrorKind::Conflict);
}

#[tokio::test]
async fn a_lifecycle_policy_is_planned_with_what_it_would_delete() {
    let rig = Rig::with_app().await;
    rig.image(Some("kept"), "a");
    let gone = rig.image(None, "b");
    let policy = |days: u32| {
        json!({"rules": [{
            "rulePriority": 1, "action": {"type": "expire"},
            "selection": {"tagStatus": "untagged", "countType": "sinceImagePushed", "countUnit": "days", "countNumber": days},
        }]})
    };
    let action = |days| rig.policy(Policy::Retention, Some(policy(days)));
    let plan = rig.desk.plan(vec![Wish::Action(action(1))]).await.unwrap().unwrap();
    let shown = plan.render();
    assert!(shown.contains("it DELETES 1 of the images") && shown.contains(gone.digest.as_str()), "{shown}");
    assert!(rig.fake.state().lifecycle.is_empty());
    rig.desk.settle(action(1)).await;
    rig.desk.settle(action(30)).await;
    assert_eq!(rig.ecr.lifecycle(&rig.app()).await.unwrap().unwrap(), policy(30));
    rig.desk.settle(rig.policy(Policy::Retention, None)).await;
    assert_eq!(rig.ecr.lifecycle(&rig.app()).await.unwrap(), None);
    assert!(rig.ecr.lifecycle(&rig.repository("no/such")).await.unwrap_err().is_not_found());
    let wrong = rig.policy(Policy::Retention, Some(json!({"rules": []})));
    assert_eq!(rig.desk.plan(vec![Wish::Action(wrong)]).await.unwrap_err().kind(), ErrorKind::Invalid);
}

#[tokio::test]
async fn mutability_scanning_and_access_are_set() {
    let rig = Rig::with_app().await;
    let exclusions = json!({
        "imageTagMutability": "IMMUTABLE_WITH_EXCLUSION",
        "imageTagMutabilityExclusionFilters": [{"filterType": "WILDCARD", "filter": "dev-*"}],
    });
    rig.desk.settle(rig.policy(Policy::Immutability, Some(exclusions))).await;
    for on in [true, false] {
        rig.desk.settle(rig.policy(Policy::Scanning, Some(json!({"scanOnPush": on})))).await;
    }
    let access =
        json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": "*", "Action": "ecr:*"}]});
    rig.desk.settle(rig.policy(Policy::Access, Some(access))).await;
    rig.desk.settle(rig.policy(Policy::Access, None)).await;
    let rules = json!([{
        "scanFrequency": "CONTINUOUS_SCAN", "repositoryFilters": [{"filter": "*", "filterType": "WILDCARD"}],
    }]);
    let scope = Scope::Registry(rig.fake.images.host().to_owned());
    let to = Some(json!({"scanType": "ENHANCED", "rules": rules}));
    rig.desk.settle(Action::SetPolicy { policy: Policy::Scanning, scope, to }).await;
    assert_eq!(rig.fake.state().scanning["scanType"], "ENHANCED");
}

#[tokio::test]
async fn a_scan_is_started_and_its_findings_are_one_document() {
    let rig = Rig::with_app().await;
    let image = rig.image(Some("1"), "layer");
    assert!(rig.ecr.findings(&image).await.unwrap_err().is_not_found());
    rig.desk.settle(Action::StartScan { image: image.clone() }).await;
    assert_eq!(rig.ecr.findings(&image).await.unwrap_err().kind(), ErrorKind::Unavailable);
    let findings: Vec<Value> = (0..5).map(|n| json!({"name": format!("CVE-2026-{n}"), "severity": "HIGH"})).collect();
    rig.fake.state().scans.insert(image.digest.to_string(), ("COMPLETE", findings));
    rig.fake.state().page = 2;
    let found = rig.ecr.findings(&image).await.unwrap();
    let document: Value = serde_json::from_slice(&found.bytes).unwrap();
    assert_eq!(document["imageScanFindings"]["findings"].as_array().unwrap().len(), 5);
    assert!(document.get("nextToken").is_none());
    let report = crate::connect::registry_report(&rig.ecr, &image).await.unwrap();
    assert_eq!((report.findings.len(), &report.subjects[..]), (5, &[image.digest.clone()][..]));
    for status in ["FAILED", "UNSUPPORTED_IMAGE", "SCAN_ELIGIBILITY_EXPIRED"] {
        rig.fake.state().scans.insert(image.digest.to_string(), (status, Vec::new()));
        assert_eq!(rig.ecr.findings(&image).await.unwrap_err().kind(), ErrorKind::Unsupported, "{status}");
    }
    let absent = rig.app().at(Digest::of(b"nothing"));
    assert!(rig.desk.plan(vec![Wish::Action(Action::StartScan { image: absent })]).await.unwrap_err().is_not_found());
}

#[tokio::test]
async fn an_immutable_tag_is_a_conflict_with_the_registrys_words() {
    use crate::conformance::server::{Effect, Endpoint, Fault};
    let rig = Rig::with_app().await;
    let image = rig.image(None, "layer");
    let body = json!({"errors": [{"code": "TAG_INVALID", "message": "the tag is immutable"}]}).to_string();
    let fault = Fault::new(Effect::answer(400, body)).on(Endpoint::Manifest).method("PUT");
    rig.fake.images.faults().push(fault);
    let wish = Wish::Tag { image, tag: Tag::parse("1").unwrap(), move_tag: false };
    let failure = rig.desk.failure(wish).await;
    assert!(failure.contains("TAG_INVALID the tag is immutable"), "{failure}");
}
