use super::*;
use crate::approve::{Answer, ApprovalPolicy, by_callback};
use crate::error::ErrorKind;
use crate::model::manifest::media_type;
use crate::model::{Descriptor, Pinned, Repository, Tag};
use crate::plan::{Action, Plan};
use crate::registry::{MemoryRegistry, Registry};

struct World {
    registry: MemoryRegistry,
    administrator: Administrator,
    app: Repository,
    _folder: tempfile::TempDir,
}

fn world() -> World {
    let (registry, folder) = (MemoryRegistry::new(), tempfile::tempdir().unwrap());
    let ledger = Ledger::at(folder.path());
    let administrator = Administrator { registry: Arc::new(registry.clone()), ledger, clock: None };
    World { registry, administrator, app: Repository::parse("memory:app").unwrap(), _folder: folder }
}

impl World {
    fn image(&self, content: &str, tags: &[&str]) -> Pinned {
        let config = self.registry.insert_blob(content.to_owned());
        let manifest = serde_json::json!({
            "schemaVersion": 2, "mediaType": media_type::OCI_MANIFEST, "layers": [],
            "config": Descriptor::new(media_type::OCI_CONFIG, config.digest, config.size),
        });
        let mut digest = None;
        for name in tags.iter().map(|name| Some(tag(name))).chain([None]) {
            digest = Some(self.registry.insert_manifest(&self.app, name, manifest.to_string()).unwrap().digest);
        }
        self.app.at(digest.unwrap())
    }

    async fn plan(&self, wish: Wish) -> crate::Result<Option<Plan>> {
        let request = Request {
            environment: "prod".into(),
            requester: "pipeline".into(),
            reason: Some("tidy up".into()),
            what: "tags".into(),
            wishes: vec![wish],
        };
        self.administrator.plan(&request).await
    }

    async fn execute(&self, plan: &Plan) -> crate::Result<Carried> {
        let yes = Answer::approve("alice");
        let approval = by_callback(plan, Timestamp::now(), |_| Ok(yes)).unwrap();
        let approved = ApprovalPolicy::default().admit(plan.clone(), vec![approval], Timestamp::now()).unwrap();
        self.administrator.execute(approved).await
    }

    async fn tags(&self) -> Vec<String> {
        self.registry.tags(&self.app).await.unwrap().iter().map(Tag::to_string).collect()
    }
}

fn tag(text: &str) -> Tag {
    Tag::parse(text).unwrap()
}

#[tokio::test]
async fn a_tag_is_set_moved_when_that_is_allowed_and_removed() {
    let world = world();
    let (old, new) = (world.image("old", &["v1"]), world.image("new", &[]));
    let set = |image: &Pinned, name: &str, move_tag| Wish::Tag { image: image.clone(), tag: tag(name), move_tag };
    assert!(world.plan(set(&old, "v1", false)).await.unwrap().is_none());
    assert_eq!(world.plan(set(&new, "v1", false)).await.unwrap_err().kind(), ErrorKind::Conflict);
    for wish in [set(&new, "v2", false), set(&new, "v1", true), Wish::Untag(world.app.tagged(tag("v2")))] {
        let plan = world.plan(wish).await.unwrap().unwrap();
        assert!(world.execute(&plan).await.unwrap().receipt.is_complete());
    }
    assert_eq!(world.tags().await, ["v1"]);
    assert_eq!(world.registry.resolve(&world.app.tagged(tag("v1"))).await.unwrap().digest, new.digest);
}

#[tokio::test]
async fn x01_an_image_goes_with_the_tags_that_the_plan_names_and_no_other() {
    let world = world();
    let image = world.image("a", &["1", "2"]);
    let delete = |with_tags| Wish::Delete { image: image.clone(), with_tags };
    let refused = world.plan(delete(false)).await.unwrap_err();
    assert!(refused.to_string().contains("tags: 1, 2"), "{refused}");
    let plan = world.plan(delete(true)).await.unwrap().unwrap();
    world.image("a", &["3"]);
    let carried = world.execute(&plan).await.unwrap();
    assert!(!carried.receipt.is_complete() && world.tags().await == ["1", "2", "3"]);
    let plan = world.plan(delete(true)).await.unwrap().unwrap();
    assert!(plan.render().contains("with its tags: 1, 2, 3"), "{}", plan.render());
    assert!(world.execute(&plan).await.unwrap().receipt.is_complete());
    assert!(world.tags().await.is_empty());
}

#[tokio::test]
async fn a_registry_without_an_interface_is_not_administered() {
    let world = world();
    let image = world.image("a", &["1"]);
    let error = world.plan(Wish::Action(Action::StartScan { image })).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unsupported);
}

#[tokio::test]
async fn an_approval_of_upkeep_is_used_once() {
    let world = world();
    world.image("a", &["1"]);
    let plan = world.plan(Wish::Untag(world.app.tagged(tag("1")))).await.unwrap().unwrap();
    let yes = Answer::approve("alice");
    let approval = by_callback(&plan, Timestamp::now(), |_| Ok(yes)).unwrap();
    let admit = || ApprovalPolicy::default().admit(plan.clone(), vec![approval.clone()], Timestamp::now()).unwrap();
    assert!(world.administrator.execute(admit()).await.unwrap().receipt.is_complete());
    world.image("a", &["1"]);
    assert_eq!(world.administrator.execute(admit()).await.unwrap_err().kind(), ErrorKind::Unapproved);
    assert_eq!(world.tags().await, ["1"]);
}

#[cfg(feature = "conformance")]
#[tokio::test]
async fn x04_a_tag_that_answers_after_its_manifest_was_deleted_is_told() {
    use crate::conformance::server::{Effect, Fault, Options, Server};
    use crate::registry::{OciOptions, OciRegistry};
    let (server, world) = (Server::start(Options::default()).await.unwrap(), world());
    let put = |tag: Option<&str>, note: &str| {
        let manifest =
            serde_json::json!({"schemaVersion": 2, "mediaType": media_type::OCI_INDEX, "manifests": [], "note": note});
        server.put_manifest("app", tag, manifest.to_string(), media_type::OCI_INDEX)
    };
    let (image, other) = (put(Some("1"), "a"), put(None, "b"));
    let image = Repository::parse(&format!("{}/app", server.host())).unwrap().at(image);
    let registry = Arc::new(OciRegistry::of(&image.repository, OciOptions::default()).unwrap());
    let world = World { administrator: Administrator { registry, ..world.administrator.clone() }, ..world };
    let plan = world.plan(Wish::Delete { image, with_tags: true }).await.unwrap().unwrap();
    let stays = Effect::MoveTag { repository: "app".into(), tag: "1".into(), to: Some(other) };
    server.faults().push(Fault::new(stays).method("DELETE"));
    let receipt = world.execute(&plan).await.unwrap().receipt;
    assert!(!receipt.is_complete() && receipt.to_string().contains("its tag still answers"), "{receipt}");
}
