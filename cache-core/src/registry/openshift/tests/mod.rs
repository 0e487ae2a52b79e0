//! OpenShift's adapter against a fake of a cluster. The names begin with the case that they stand for.

mod fake;
mod login;

use serde_json::{Value, json};

use self::fake::Fake;
use super::*;
use crate::administer::Wish;
use crate::model::{Digest, Pinned, Reference, Repository, Tag};
use crate::plan::Action;
use crate::registry::vendor::tests::{Desk, impatient, seed_image};
use crate::registry::{Catalog, Registry, Room, TagsOf};

struct Rig {
    fake: Fake,
    openshift: OpenShiftRegistry,
    desk: Desk,
}

impl Rig {
    async fn new() -> Rig {
        let fake = Fake::start().await;
        let options = OpenShiftOptions {
            oci: OciOptions { patience: impatient(), ..OciOptions::default() },
            login: KubeLogin::token(fake.interface.url(), Secret::new("sha256~token")),
        };
        let openshift = OpenShiftRegistry::openshift(fake.images.host(), options).unwrap();
        Rig { desk: Desk::of(openshift.clone()), fake, openshift }
    }

    fn repository(&self, path: &str) -> Repository {
        Repository::parse(&format!("{}/{path}", self.fake.images.host())).unwrap()
    }

    fn tagged(&self, path: &str, tag: &str) -> Reference {
        self.repository(path).tagged(Tag::parse(tag).unwrap())
    }

    fn image(&self, path: &str, tag: Option<&str>, layer: &str) -> Pinned {
        self.repository(path).at(seed_image(&self.fake.images, path, tag, layer))
    }
}

#[tokio::test]
async fn the_adapter_passes_the_suite_of_all_adapters() {
    let rig = Rig::new().await;
    let report = crate::conformance::check_registry(&rig.openshift, &rig.repository("dev/suite")).await;
    assert!(report.is_passed(), "{report}");
}

#[tokio::test]
async fn v11_the_token_is_the_password_whatever_the_user_and_the_missing_role_is_named() {
    let rig = Rig::new().await;
    let image = rig.image("dev/app", Some("1"), "layer");
    // The fake's registry takes the token as the password of any user, and no other.
    assert_eq!(rig.openshift.resolve(&rig.tagged("dev/app", "1")).await.unwrap().digest, image.digest);
    use crate::conformance::server::{Effect, Endpoint, Fault};
    let denied = Fault::new(Effect::status(403)).on(Endpoint::Manifest).method("PUT");
    rig.fake.images.faults().push(denied);
    let set = crate::plan::SetTag {
        repository: rig.repository("dev/app"),
        tag: Tag::parse("2").unwrap(),
        to: image.digest.clone(),
        expected: crate::plan::Expected::Absent,
    };
    let error = crate::registry::RegistryWriter::set_tag(&rig.openshift, crate::approve::testing_permit(set)).await;
    let error = error.unwrap_err();
    assert!(error.hint_text().unwrap().contains("system:image-builder"), "{error:?}");
}

#[tokio::test]
async fn v10_a_registry_that_fails_on_a_push_is_told_with_another_way() {
    let rig = Rig::new().await;
    let image = rig.image("dev/app", Some("1"), "layer");
    use crate::conformance::server::{Effect, Endpoint, Fault};
    rig.fake.images.faults().push(Fault::new(Effect::status(500)).on(Endpoint::Manifest).method("PUT").always());
    let set = crate::plan::SetTag {
        repository: rig.repository("dev/app"),
        tag: Tag::parse("2").unwrap(),
        to: image.digest.clone(),
        expected: crate::plan::Expected::Absent,
    };
    let error = crate::registry::RegistryWriter::set_tag(&rig.openshift, crate::approve::testing_permit(set)).await;
    assert!(error.unwrap_err().hint_text().unwrap().contains("action import"));
    assert!(rig.fake.images.count("PUT", "/manifests/2") <= 5);
}

#[tokio::test]
async fn streams_are_listed_over_their_pages_and_their_history_is_read() {
    let rig = Rig::new().await;
    for n in 0..5 {
        rig.image(&format!("dev/app-{n}"), Some("1"), "layer");
    }
    rig.fake.state().page = 2;
    assert_eq!(Catalog::repositories(&rig.openshift).await.unwrap().len(), 5);
    assert_eq!(rig.openshift.streams(Some("dev")).await.unwrap().len(), 5);
    let stream = rig.openshift.stream(&rig.repository("dev/app-1")).await.unwrap();
    assert!(stream.tag(&Tag::parse("1").unwrap()).unwrap().now().is_some());
    assert!(rig.openshift.stream(&rig.repository("dev/none")).await.unwrap_err().is_not_found());
    assert_eq!(rig.openshift.registry_route().await.unwrap(), "registry.apps.test");
    assert_eq!(rig.openshift.registry_conditions().await.unwrap()["Degraded"], "False");
    assert!(rig.openshift.stream_layers(&rig.repository("dev/app-1")).await.unwrap()["blobs"].is_object());
}

#[tokio::test]
async fn a_stream_is_created_and_a_tag_is_removed() {
    let rig = Rig::new().await;
    let settings = json!({"lookupPolicy": {"local": true}});
    let create = |settings: Value| Action::CreateRepository { repository: rig.repository("dev/new"), settings };
    rig.desk.settle(create(settings)).await;
    let other = rig.desk.plan(vec![Wish::Action(create(json!({"lookupPolicy": {"local": "x"}})))]).await;
    assert_eq!(other.unwrap_err().kind(), ErrorKind::Conflict);
    let image = rig.image("dev/app", Some("1"), "layer");
    rig.fake.images.tag("dev/app", "2", &image.digest);
    assert_eq!(rig.openshift.tags_of(&image).await.unwrap().len(), 2);
    let untag = Wish::Untag(rig.tagged("dev/app", "2"));
    assert!(rig.desk.carry_out(vec![untag]).await.unwrap().receipt.is_complete());
    assert_eq!(rig.fake.images.tags("dev/app").len(), 1);
    assert!(rig.openshift.room(&rig.repository("absent/app")).await.unwrap_err().is_not_found());
}

#[tokio::test]
async fn tagging_across_namespaces_is_a_promotion_by_digest() {
    let rig = Rig::new().await;
    let image = rig.image("dev/app", Some("7"), "layer");
    let to = rig.tagged("prod/app", "v1");
    rig.desk.settle(Action::Import { from: image.clone(), to: to.clone(), follow: None }).await;
    let sent = rig.fake.state().bodies.last_put.clone();
    assert_eq!(sent["tag"]["from"]["name"], json!(format!("app@{}", image.digest)));
    assert_eq!(rig.fake.images.tags("prod/app"), [("v1".to_owned(), image.digest.clone())]);
    // To follow a tag is another thing than to name what it names.
    let follow = Action::Import { from: image, to, follow: Some(rig.tagged("dev/app", "7")) };
    let plan = rig.desk.plan(vec![Wish::Action(follow.clone())]).await.unwrap().unwrap();
    assert!(plan.render().contains("FOLLOWING"), "{}", plan.render());
    rig.desk.settle(follow).await;
    assert_eq!(rig.fake.state().bodies.last_put["tag"]["from"]["kind"], "ImageStreamTag");
}

#[tokio::test]
async fn v07_an_import_with_a_failure_inside_is_none() {
    let rig = Rig::new().await;
    let digest = seed_image(&rig.fake.images, "elsewhere/app", None, "layer");
    let from = Repository::parse("quay.test/elsewhere/app").unwrap();
    let import = |follow: Option<&str>| Action::Import {
        from: from.at(digest.clone()),
        to: rig.tagged("dev/app", "1"),
        follow: follow.map(|tag| from.tagged(Tag::parse(tag).unwrap())),
    };
    rig.fake.state().failing = true;
    let failure = rig.desk.failure(Wish::Action(import(None))).await;
    assert!(failure.contains("the source refuses"), "{failure}");
    rig.fake.state().failing = false;
    rig.desk.settle(import(None)).await;
    let sent = rig.fake.state().bodies.last_import.clone();
    let image = &sent["spec"]["images"][0];
    assert_eq!(image["from"]["name"], json!(format!("quay.test/elsewhere/app@{digest}")));
    assert_eq!(image["importPolicy"], json!({"importMode": "PreserveOriginal", "scheduled": false}));
    // A tag whose last import failed is not settled, whatever it names.
    rig.fake.state().conditions = true;
    assert!(rig.desk.plan(vec![Wish::Action(import(None))]).await.unwrap().is_some());
    let absent = from.at(Digest::of(b"x"));
    let wrong =
        Action::Import { from: absent, to: rig.tagged("dev/app", "1"), follow: Some(rig.tagged("dev/app", "1")) };
    assert_eq!(rig.desk.plan(vec![Wish::Action(wrong)]).await.unwrap_err().kind(), ErrorKind::Invalid);
}

/// A cluster that answers everything in one way, and its registry.
async fn answering(
    host: &str,
    answer: impl Fn(&crate::http::testing::Call) -> crate::http::testing::Reply + Send + Sync + 'static,
) -> (crate::http::testing::Server, OpenShiftRegistry) {
    let server = crate::http::testing::Server::start_replies(answer).await;
    let options = OpenShiftOptions {
        oci: OciOptions { patience: impatient(), ..OciOptions::default() },
        login: KubeLogin::token(server.url(), Secret::new("sha256~token")),
    };
    let openshift = OpenShiftRegistry::openshift(host, options).unwrap();
    (server, openshift)
}

#[tokio::test]
async fn an_answer_that_is_no_stream_is_none_without_tags() {
    for (body, is_stream) in [
        ("{}", false),
        ("{\"message\": \"try later\"}", false),
        ("{\"kind\": \"ImageStream\"}", true),
        ("{\"status\": {\"dockerImageRepository\": \"\"}}", true),
    ] {
        let reply = move |_: &crate::http::testing::Call| crate::http::testing::Reply::new(200, body);
        let (_server, openshift) = answering("registry.test", reply).await;
        let stream = openshift.stream(&Repository::parse("registry.test/dev/app").unwrap()).await;
        assert_eq!(stream.is_ok(), is_stream, "{body}");
    }
}

#[tokio::test]
async fn a_tag_that_is_set_anew_after_a_lost_answer_is_not_deleted() {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use crate::conformance::server::{Options, Server as Images};
    use crate::plan::{Delete, DeleteTarget};
    let images = Arc::new(Images::start(Options::default()).await.unwrap());
    let first = seed_image(&images, "dev/app", Some("1"), "first");
    let second = seed_image(&images, "dev/app", None, "second");
    for anew in [true, false] {
        images.tag("dev/app", "1", &first);
        let (calls, changed) = (Arc::new(AtomicUsize::new(0)), Arc::clone(&images));
        let (count, to) = (Arc::clone(&calls), second.clone());
        let reply = move |_: &crate::http::testing::Call| {
            count.fetch_add(1, Ordering::SeqCst);
            changed.untag("dev/app", "1");
            if anew {
                changed.tag("dev/app", "1", &to);
            }
            crate::http::testing::Reply::new(502, "")
        };
        let (_server, openshift) = answering(images.host(), reply).await;
        let repository = Repository::parse(&format!("{}/dev/app", images.host())).unwrap();
        let target = DeleteTarget::Tag(Tag::parse("1").unwrap());
        let op = Delete { repository, target, expected: first.clone(), tags: Vec::new() };
        let deleted = crate::registry::RegistryWriter::delete(&openshift, crate::approve::testing_permit(op)).await;
        match anew {
            true => assert_eq!(deleted.unwrap_err().kind(), ErrorKind::Conflict),
            false => deleted.unwrap(),
        }
        assert_eq!((images.tags("dev/app").len(), calls.load(Ordering::SeqCst)), (usize::from(anew), 1));
    }
}
