//! Harbor's adapter against a fake of Harbor. The names begin with the case that they stand for.

mod fake;

use std::sync::Arc;

use serde_json::json;

use self::fake::{Fake, USER};
use super::*;
use crate::administer::Wish;
use crate::error::ErrorKind;
use crate::model::{Digest, Pinned, Repository, Secret, Tag};
use crate::plan::{Action, Policy, Scope};
use crate::registry::credentials::Credential;
use crate::registry::vendor::tests::{Desk, impatient, seed_image};
use crate::registry::{Catalog, Findings, TagsOf};

struct Rig {
    fake: Fake,
    harbor: HarborRegistry,
    desk: Desk,
}

impl Rig {
    async fn new() -> Rig {
        let fake = Fake::start().await;
        let password = Secret::new("secret$,+ü");
        let oci = OciOptions {
            credentials: Arc::new(Credential::Password { user: USER.to_owned(), password }),
            patience: impatient(),
            ..OciOptions::default()
        };
        let options = HarborOptions { oci, api: Some(format!("{}/api/v2.0", fake.interface.url())) };
        let harbor = HarborRegistry::harbor(fake.images.host(), options).unwrap();
        Rig { desk: Desk::of(harbor.clone()), fake, harbor }
    }

    fn repository(&self, path: &str) -> Repository {
        Repository::parse(&format!("{}/{path}", self.fake.images.host())).unwrap()
    }

    fn image(&self, path: &str, tag: &str) -> Pinned {
        self.repository(path).at(seed_image(&self.fake.images, path, Some(tag), "layer"))
    }

    fn project(&self) -> Scope {
        Scope::Project { registry: self.fake.images.host().to_owned(), name: "p".to_owned() }
    }

    fn policy(&self, policy: Policy, to: Option<serde_json::Value>) -> Action {
        Action::SetPolicy { policy, scope: self.project(), to }
    }

    fn tags(&self, path: &str) -> Vec<String> {
        self.fake.images.tags(path).into_iter().map(|(tag, _)| tag).collect()
    }
}

#[tokio::test]
async fn the_adapter_passes_the_suite_of_all_adapters() {
    let rig = Rig::new().await;
    let report = crate::conformance::check_registry(&rig.harbor, &rig.repository("p/suite")).await;
    assert!(report.is_passed(), "{report}");
}

#[tokio::test]
async fn v01_a_slash_in_a_repository_is_encoded_twice() {
    let rig = Rig::new().await;
    let image = rig.image("p/a/b", "1");
    let artifacts = rig.harbor.artifacts(&image.repository).await.unwrap();
    assert_eq!(artifacts.iter().map(|a| &a.digest).collect::<Vec<_>>(), [&image.digest]);
    assert!(rig.fake.state().calls[0].contains("/repositories/a%252Fb/artifacts?"));
}

#[tokio::test]
async fn v01_an_unknown_address_is_never_an_absent_artifact() {
    let rig = Rig::new().await;
    let image = rig.image("p/a/b", "1");
    let absent = image.repository.at(Digest::of(b"nothing"));
    assert!(rig.harbor.artifact(&absent).await.unwrap_err().is_not_found());
    rig.fake.state().decoding_proxy = true;
    let error = rig.harbor.artifact(&image).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unavailable, "{error:?}");
    assert!(error.hint_text().unwrap().contains("decode"));
}

#[tokio::test]
async fn v02_names_and_secrets_of_robots_are_sent_as_they_are() {
    // The fake refuses any other login than `robot$p+ci` with its odd secret.
    let rig = Rig::new().await;
    assert_eq!(rig.harbor.projects().await.unwrap()[0].name, "p");
}

#[tokio::test]
async fn l05_the_catalogue_is_made_of_projects() {
    let rig = Rig::new().await;
    for name in ["p/b", "p/a/x"] {
        rig.image(name, "1");
    }
    let listed = Catalog::repositories(&rig.harbor).await.unwrap();
    assert_eq!(listed, [rig.repository("p/a/x"), rig.repository("p/b")]);
    assert_eq!(rig.fake.images.count("GET", "_catalog"), 0);
}

#[tokio::test]
async fn lists_are_read_to_their_end_a_hundred_at_a_time() {
    let rig = Rig::new().await;
    for n in 0..250 {
        seed_image(&rig.fake.images, "p/many", None, &format!("layer {n}"));
    }
    assert_eq!(rig.harbor.artifacts(&rig.repository("p/many")).await.unwrap().len(), 250);
    assert_eq!(rig.fake.state().calls.len(), 3);
}

#[tokio::test]
async fn x01_a_tag_goes_alone_and_an_image_only_with_the_tags_of_the_plan() {
    let rig = Rig::new().await;
    let image = rig.image("p/app", "1");
    rig.fake.images.tag("p/app", "2", &image.digest);
    let untag = Wish::Untag(image.repository.tagged(Tag::parse("2").unwrap()));
    assert!(rig.desk.carry_out(vec![untag]).await.unwrap().receipt.is_complete());
    assert_eq!((rig.tags("p/app"), rig.fake.images.manifests("p/app").len()), (vec!["1".to_owned()], 1));

    let delete = |with_tags| vec![Wish::Delete { image: image.clone(), with_tags }];
    let refused = rig.desk.plan(delete(false)).await.unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::Conflict);
    let plan = rig.desk.plan(delete(true)).await.unwrap().unwrap();
    assert!(plan.render().contains("with its tags: 1"), "{}", plan.render());
    // A tag that came since would be deleted unseen.
    rig.fake.images.tag("p/app", "late", &image.digest);
    assert_eq!(rig.desk.execute(&plan).await.unwrap_err().kind(), ErrorKind::Conflict);
    rig.fake.images.untag("p/app", "late");
    assert!(rig.desk.execute(&plan).await.unwrap().receipt.is_complete());
    assert!(rig.fake.images.manifests("p/app").is_empty());
    assert!(rig.desk.plan(delete(true)).await.unwrap().is_none());
}

#[tokio::test]
async fn k19_an_immutable_tag_stays_and_the_receipt_says_why() {
    let rig = Rig::new().await;
    let image = rig.image("p/app", "1");
    rig.fake.state().immutable = true;
    let failure = rig.desk.failure(Wish::Untag(image.repository.tagged(Tag::parse("1").unwrap()))).await;
    assert!(failure.contains("PRECONDITION configured as immutable"), "{failure}");
    assert_eq!(rig.tags("p/app"), ["1"]);
}

#[tokio::test]
async fn a_scan_is_planned_started_and_read() {
    let rig = Rig::new().await;
    let image = rig.image("p/app", "1");
    assert!(rig.harbor.findings(&image).await.unwrap_err().is_not_found());
    rig.desk.settle(Action::StartScan { image: image.clone() }).await;
    assert_eq!(rig.harbor.findings(&image).await.unwrap_err().kind(), ErrorKind::Unavailable);
    rig.fake.state().scans.insert(image.digest.to_string(), "Error");
    assert_eq!(rig.harbor.findings(&image).await.unwrap_err().kind(), ErrorKind::Unsupported);
    rig.fake.state().scans.insert(image.digest.to_string(), "Success");
    let found = rig.harbor.findings(&image).await.unwrap();
    assert_eq!(found.system, "harbor");
    assert!(String::from_utf8_lossy(&found.bytes).contains("vulnerabilities"));
    let report = crate::connect::registry_report(&rig.harbor, &image).await.unwrap();
    assert_eq!((&report.findings[0].id[..], &report.subjects[..]), ("CVE-2026-1", &[image.digest.clone()][..]));
}

#[tokio::test]
async fn a_scan_that_does_not_begin_is_no_success() {
    let rig = Rig::new().await;
    let image = rig.image("p/app", "1");
    rig.fake.state().deaf = true;
    let failure = rig.desk.failure(Wish::Action(Action::StartScan { image })).await;
    assert!(failure.contains("it is not so right after it"), "{failure}");
}

#[tokio::test]
async fn a_retention_policy_is_set_changed_and_removed() {
    let rig = Rig::new().await;
    let policy = |keep: u32| {
        json!({"rules": [{
            "action": "retain", "template": "latestPushedK", "params": {"latestPushedK": keep},
            "tag_selectors": [{"kind": "doublestar", "decoration": "matches", "pattern": "**"}],
            "scope_selectors": {"repository": [{"kind": "doublestar", "decoration": "repoMatches", "pattern": "**"}]},
        }]})
    };
    for keep in [10, 5] {
        rig.desk.settle(rig.policy(Policy::Retention, Some(policy(keep)))).await;
    }
    assert_eq!(rig.fake.state().retention.as_ref().unwrap()["scope"], json!({"level": "project", "ref": 7}));
    // The plan shows what is there and would be lost.
    let plan = rig.desk.plan(vec![Wish::Action(rig.policy(Policy::Retention, None))]).await.unwrap().unwrap();
    assert!(plan.render().contains("REMOVE the retention policy") && plan.render().contains("\"latestPushedK\":5"));
    rig.desk.settle(rig.policy(Policy::Retention, None)).await;
    assert!(rig.fake.state().retention.is_none());
    let wrong = rig.policy(Policy::Retention, Some(json!([])));
    assert_eq!(rig.desk.plan(vec![Wish::Action(wrong)]).await.unwrap_err().kind(), ErrorKind::Invalid);
}

#[tokio::test]
async fn a_policy_that_changed_since_the_plan_is_not_overwritten() {
    let rig = Rig::new().await;
    let action = rig.policy(Policy::Quota, Some(json!({"storage": 1000})));
    let plan = rig.desk.plan(vec![Wish::Action(action)]).await.unwrap().unwrap();
    rig.fake.state().storage = 77;
    let error = rig.desk.execute(&plan).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Conflict);
    assert!(error.to_string().contains("77"), "{error}");
    assert!(rig.fake.changes().is_empty());
}

#[tokio::test]
async fn immutability_scanning_and_quota_are_set() {
    let rig = Rig::new().await;
    let rule = |pattern: &str| {
        json!({
            "disabled": false, "action": "immutable", "template": "immutable_template",
            "tag_selectors": [{"kind": "doublestar", "decoration": "matches", "pattern": pattern}],
            "scope_selectors": {"repository": [{"kind": "doublestar", "decoration": "repoMatches", "pattern": "**"}]},
        })
    };
    rig.desk.settle(rig.policy(Policy::Immutability, Some(json!([rule("v*"), rule("r*")])))).await;
    rig.desk.settle(rig.policy(Policy::Immutability, Some(json!([rule("r*"), rule("x*")])))).await;
    let patterns: Vec<_> = rig.fake.state().rules.iter().map(|r| r["tag_selectors"][0]["pattern"].clone()).collect();
    assert_eq!(patterns, ["r*", "x*"]);
    rig.desk.settle(rig.policy(Policy::Immutability, None)).await;
    for wanted in [true, false] {
        rig.desk.settle(rig.policy(Policy::Scanning, Some(json!({"auto_scan": wanted})))).await;
    }
    rig.desk.settle(rig.policy(Policy::Quota, Some(json!({"storage": 5_000_000_000_u64})))).await;
    let quota = rig.harbor.quota("p").await.unwrap().unwrap();
    assert_eq!((quota.limit, quota.used), (Some(5_000_000_000), 0));
}

#[tokio::test]
async fn a_robots_secret_is_given_once_and_shown_nowhere() {
    let rig = Rig::new().await;
    let (scope, name) = (rig.project(), "ci".to_owned());
    let grants = json!([{"resource": "repository", "action": "pull"}, {"resource": "tag", "action": "create"}]);
    let carried = rig.desk.settle(Action::CreateAccount { scope, name, grants, days: Some(30) }).await;
    assert_eq!((&carried.issued[0].name[..], carried.issued[0].reveal()), ("robot$p+ci", "given-once"));
    assert!(!format!("{carried:?}").contains("given-once"));
    let other = Action::CreateAccount { scope: rig.project(), name: "ci".into(), grants: json!([]), days: None };
    assert_eq!(rig.desk.plan(vec![Wish::Action(other)]).await.unwrap_err().kind(), ErrorKind::Conflict);
    rig.desk.settle(Action::DeleteAccount { scope: rig.project(), name: "robot$p+ci".into() }).await;
}

#[tokio::test]
async fn a_robots_secret_is_given_even_where_the_robot_is_not_as_planned() {
    let rig = Rig::new().await;
    rig.fake.state().stingy = true;
    let grants = json!([{"resource": "repository", "action": "pull"}]);
    let account = Action::CreateAccount { scope: rig.project(), name: "ci".to_owned(), grants, days: None };
    let carried = rig.desk.carry_out(vec![Wish::Action(account)]).await.unwrap();
    assert!(!carried.receipt.is_complete());
    assert_eq!(carried.issued[0].reveal(), "given-once");
}

#[tokio::test]
async fn tags_of_an_image_cost_one_request() {
    let rig = Rig::new().await;
    let image = rig.image("p/app", "2");
    rig.fake.images.tag("p/app", "1", &image.digest);
    let tags = rig.harbor.tags_of(&image).await.unwrap();
    assert_eq!(tags.iter().map(Tag::as_str).collect::<Vec<_>>(), ["1", "2"]);
    assert_eq!(rig.fake.state().calls.len(), 1);
}

#[tokio::test]
async fn what_harbor_has_not_is_unsupported_and_other_hosts_are_invalid() {
    let rig = Rig::new().await;
    let plan = |action| rig.desk.plan(vec![Wish::Action(action)]);
    assert_eq!(plan(rig.policy(Policy::AdminUser, None)).await.unwrap_err().kind(), ErrorKind::Unsupported);
    let scope = Scope::Project { registry: "elsewhere.test".into(), name: "p".into() };
    let action = Action::SetPolicy { policy: Policy::Quota, scope, to: None };
    assert_eq!(plan(action).await.unwrap_err().kind(), ErrorKind::Invalid);
    let image = Repository::parse("elsewhere.test/p/a").unwrap().at(Digest::of(b"x"));
    assert_eq!(rig.harbor.artifact(&image).await.unwrap_err().kind(), ErrorKind::Invalid);
}

mod copy {
    use super::*;
    use crate::approve::{Ledger, testing_permit};
    use crate::plan::{CopyManifest, Role};
    use crate::promote::{Outlook, Promoter, Request};
    use crate::registry::vendor::tests::{approved, seed_index};
    use crate::registry::{MemoryRegistry, ServerCopy};
    use crate::sign::Trust;

    fn promoter(rig: &Rig, folder: &std::path::Path) -> Promoter {
        Promoter {
            source: Arc::new(rig.harbor.clone()),
            target: Arc::new(rig.harbor.clone()),
            gates: Vec::new(),
            trust: Trust::default(),
            signer: None,
            policy: None,
            materials: MemoryRegistry::new(),
            ledger: Ledger::at(folder),
            clock: None,
        }
    }

    fn request(rig: &Rig, to: &str) -> Request {
        Request {
            from: rig.repository("p/dev").tagged(Tag::parse("dev-7").unwrap()),
            to: rig.repository(to).tagged(Tag::parse("v1").unwrap()),
            environment: "prod".into(),
            requester: "pipeline".into(),
            reason: None,
            move_tags: false,
            attach: Vec::new(),
        }
    }

    #[tokio::test]
    async fn v03_a_promotion_beyond_the_quota_does_not_begin() {
        let rig = Rig::new().await;
        seed_image(&rig.fake.images, "p/dev", Some("dev-7"), "layer");
        let folder = tempfile::tempdir().unwrap();
        let promoter = promoter(&rig, folder.path());
        let Outlook::Ready(plan) = promoter.plan(&request(&rig, "p/prod")).await.unwrap() else { panic!() };
        (rig.fake.state().storage, rig.fake.state().used) = (1000, 900);
        let error = promoter.execute(approved(&plan)).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Conflict);
        assert!(error.to_string().contains("bytes left: 100"), "{error}");
        assert!(!rig.fake.images.repositories().contains(&"p/prod".to_owned()));
        rig.fake.state().used = 0;
        assert!(promoter.execute(approved(&plan)).await.unwrap().is_complete());
    }

    #[tokio::test]
    async fn v06_a_missing_project_is_told_when_it_is_planned() {
        let rig = Rig::new().await;
        seed_image(&rig.fake.images, "p/dev", Some("dev-7"), "layer");
        let folder = tempfile::tempdir().unwrap();
        let error = promoter(&rig, folder.path()).plan(&request(&rig, "absent/app")).await.unwrap_err();
        assert!(error.is_not_found() && error.to_string().contains("absent"), "{error}");
    }

    /// Harbor copies the children of an index itself; what has a tag goes the usual way, which mounts.
    #[tokio::test]
    async fn harbor_copies_itself_what_has_neither_tags_nor_accessories() {
        let rig = Rig::new().await;
        let child = seed_image(&rig.fake.images, "p/dev", None, "layer");
        let index = seed_index(&rig.fake.images, "p/dev", Some("dev-7"), &[&child]);
        let folder = tempfile::tempdir().unwrap();
        let (promoter, request) = (promoter(&rig, folder.path()), request(&rig, "p/prod"));
        let Outlook::Ready(plan) = promoter.plan(&request).await.unwrap() else { panic!() };
        let receipt = promoter.execute(approved(&plan)).await.unwrap();
        assert!(receipt.is_complete(), "{receipt}");
        assert_eq!(rig.fake.changes().len(), 1, "{:?}", rig.fake.changes());
        assert!(rig.fake.changes()[0].contains(&crate::http::encode(&format!("p/dev@{child}"))));
        // Only the tag of the plan, and no byte of a blob was sent.
        assert_eq!(rig.fake.images.tags("p/prod"), [("v1".to_owned(), index)]);
        assert_eq!(receipt.steps.iter().map(|step| step.sent).sum::<u64>(), 0);
    }

    #[tokio::test]
    async fn harbors_copy_would_bring_tags_and_accessories_that_no_plan_names() {
        let rig = Rig::new().await;
        let (tagged, signed, bare) = (
            seed_image(&rig.fake.images, "p/dev", Some("t"), "a"),
            seed_image(&rig.fake.images, "p/dev", None, "b"),
            seed_image(&rig.fake.images, "p/dev", None, "c"),
        );
        rig.fake.state().accessories.insert(signed.to_string(), vec![Digest::of(b"signature")]);
        let copy = |digest: &Digest, role| CopyManifest {
            from: rig.repository("p/dev"),
            to: rig.repository("p/prod"),
            digest: digest.clone(),
            media_type: String::new(),
            size: 0,
            role,
            blobs: Vec::new(),
        };
        for (digest, role, can) in [
            (&tagged, Role::Image, false),
            (&signed, Role::Child, false),
            (&bare, Role::Child, true),
            (&bare, Role::Referrer(tagged.clone()), false),
        ] {
            assert_eq!(rig.harbor.can_copy(&copy(digest, role)).await.unwrap(), can);
        }
        rig.harbor.server_copy(testing_permit(copy(&bare, Role::Child))).await.unwrap();
        assert_eq!(rig.fake.images.manifests("p/prod"), [bare]);
    }
}
