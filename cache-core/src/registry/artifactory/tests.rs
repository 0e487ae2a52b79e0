//! Artifactory's adapter against a fake of Artifactory. The names begin with the case that they stand for.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard};

use serde_json::{Value, json};

use super::*;
use crate::administer::Wish;
use crate::conformance::server::{Options, Server as Images};
use crate::error::ErrorKind;
use crate::http::testing::{Call, Reply, Server};
use crate::model::{Digest, Pinned, Reference, Repository, Secret, Tag};
use crate::plan::Action;
use crate::registry::credentials::Credential;
use crate::registry::vendor::tests::openapi::decoded;
use crate::registry::vendor::tests::{Desk, impatient, seed_image};
use crate::registry::{Findings, TagsOf};

#[derive(Default)]
struct State {
    properties: BTreeMap<String, BTreeMap<String, Vec<String>>>,
    /// Before it copies, the tag moves.
    moving: Option<Digest>,
    xray: Value,
    calls: Vec<String>,
    bodies: Vec<Value>,
}

struct Rig {
    images: Arc<Images>,
    state: Arc<Mutex<State>>,
    artifactory: ArtifactoryRegistry,
    desk: Desk,
    _interface: Server,
}

impl Rig {
    async fn new() -> Rig {
        let images = Arc::new(Images::start(Options::default()).await.unwrap());
        let state = Arc::new(Mutex::new(State::default()));
        let (seen, stored) = (Arc::clone(&state), Arc::clone(&images));
        let interface = Server::start_replies(move |call| {
            let mut state = seen.lock().unwrap();
            state.calls.push(format!("{} {}", call.method, call.target));
            state.bodies.push(serde_json::from_slice(&call.body).unwrap_or_default());
            answer(&mut state, &stored, call)
        })
        .await;
        let oci = OciOptions {
            credentials: Arc::new(Credential::Bearer(Secret::new("token"))),
            patience: impatient(),
            ..OciOptions::default()
        };
        let options = ArtifactoryOptions { oci, platform: Some(interface.url()), ..ArtifactoryOptions::default() };
        let artifactory = ArtifactoryRegistry::artifactory(images.host(), options).unwrap();
        Rig { images, state, desk: Desk::of(artifactory.clone()), artifactory, _interface: interface }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }

    fn repository(&self, path: &str) -> Repository {
        Repository::parse(&format!("{}/{path}", self.images.host())).unwrap()
    }

    fn tagged(&self, path: &str, tag: &str) -> Reference {
        self.repository(path).tagged(Tag::parse(tag).unwrap())
    }

    fn image(&self, path: &str, tag: Option<&str>, layer: &str) -> Pinned {
        self.repository(path).at(seed_image(&self.images, path, tag, layer))
    }
}

fn refuse(status: u16, message: &str) -> Reply {
    Reply::new(status, json!({"errors": [{"status": status, "message": message}]}).to_string())
}

fn ok(value: &Value) -> Reply {
    Reply::new(200, value.to_string())
}

fn answer(state: &mut State, images: &Images, call: &Call) -> Reply {
    if call.header("authorization") != Some("Bearer token") {
        return refuse(401, "Bad credentials");
    }
    let (path, query) = call.target.split_once('?').unwrap_or((&call.target, ""));
    let path = String::from_utf8(crate::http::decode(path)).unwrap();
    let parts: Vec<&str> = path.trim_start_matches('/').split('/').collect();
    let body: Value = serde_json::from_slice(&call.body).unwrap_or_default();
    // The folder of a tag: `KEY/image/tag`.
    let split = |parts: &[&str]| (parts[..parts.len() - 1].join("/"), parts[parts.len() - 1].to_owned());
    let is_there = |parts: &[&str]| {
        let (repository, tag) = split(parts);
        images.tags(&repository).iter().any(|(known, _)| *known == tag)
    };
    match (&call.method[..], &parts[..]) {
        ("GET", ["artifactory", "api", "repositories"]) => {
            ok(&json!([{"key": "docker-dev", "type": "LOCAL", "packageType": "Docker", "url": "x"}]))
        }
        ("GET", ["artifactory", "api", "repositories", "docker-dev"]) => {
            ok(&json!({"key": "docker-dev", "maxUniqueTags": 5}))
        }
        ("GET", ["artifactory", "api", "storageinfo"]) => ok(&json!({"binariesSummary": {"binariesSize": "1 GB"}})),
        ("POST", ["artifactory", "api", "search", "aql"]) => {
            let text = String::from_utf8_lossy(&call.body).into_owned();
            let find = text.strip_prefix("items.find(").and_then(|rest| rest.split_once(").include")).unwrap().0;
            let find: Value = serde_json::from_str(find).unwrap();
            let (key, path) = (find["repo"].as_str().unwrap(), find["path"]["$match"].as_str().unwrap());
            let repository = format!("{key}/{}", path.strip_suffix("/*").unwrap());
            let named = images.tags(&repository).into_iter().filter(|(_, d)| find["sha256"] == d.hex());
            let item = |tag: &str| json!({"repo": key, "path": path.replace('*', tag), "name": "manifest.json", "sha256": find["sha256"]});
            let mut results: Vec<Value> = named.map(|(tag, _)| item(&tag)).collect();
            results.push(item(&format!("sha256:{}", find["sha256"].as_str().unwrap())));
            // A folder that still has the file of an image that its tag named before.
            results.push(item("stale"));
            ok(&json!({"results": results}))
        }
        ("GET", ["artifactory", "api", "storage", rest @ ..]) if !is_there(rest) => refuse(404, "Unable to find item"),
        ("GET", ["artifactory", "api", "storage", rest @ ..]) => match (query, state.properties.get(&rest.join("/"))) {
            ("properties", Some(properties)) => ok(&json!({"properties": properties})),
            ("properties", None) => refuse(404, "No properties could be found."),
            _ => ok(&json!({"path": rest.join("/")})),
        },
        ("PUT", ["artifactory", "api", "storage", rest @ ..]) => {
            let given = query.strip_prefix("properties=").unwrap().strip_suffix("&recursive=0").unwrap();
            let all = state.properties.entry(rest.join("/")).or_default();
            for pair in given.split(';') {
                let (name, values) = pair.split_once('=').unwrap();
                let text = |text: &str| decoded(&format!("x={text}")).1.replace("\\,", ",").replace("\\=", "=");
                all.insert(text(name), values.split(',').map(text).collect());
            }
            Reply::new(204, "")
        }
        ("POST", ["artifactory", "api", "docker", key, "v2", "promote"]) => {
            let text = |field: &str| body[field].as_str().unwrap().to_owned();
            let (from, to) = (
                format!("{key}/{}", text("dockerRepository")),
                format!("{}/{}", text("targetRepo"), text("targetDockerRepository")),
            );
            if let Some(digest) = state.moving.take() {
                images.tag(&from, &text("tag"), &digest);
            }
            let (bytes, kind) =
                (images.manifest_bytes(&from, &text("tag")), images.manifest_media_type(&from, &text("tag")));
            images.put_manifest(&to, Some(&text("targetTag")), bytes.unwrap(), &kind.unwrap());
            if body["copy"] != true {
                images.untag(&from, &text("tag"));
            }
            Reply::new(200, "Promotion ended successfully")
        }
        ("POST", ["xray", "api", "v2", "summary", "artifact"]) => ok(&state.xray),
        ("DELETE", ["artifactory", rest @ ..]) if is_there(rest) => {
            let (repository, tag) = split(rest);
            images.untag(&repository, &tag);
            Reply::new(204, "")
        }
        _ => refuse(404, "no such address"),
    }
}

#[tokio::test]
async fn the_adapter_passes_the_suite_of_all_adapters() {
    let rig = Rig::new().await;
    let report = crate::conformance::check_registry(&rig.artifactory, &rig.repository("docker-dev/suite")).await;
    assert!(report.is_passed(), "{report}");
}

#[tokio::test]
async fn v04_an_image_is_copied_by_one_tag_and_never_moved() {
    let rig = Rig::new().await;
    let image = rig.image("docker-dev/team/app", Some("7"), "layer");
    let import = Action::Import { from: image.clone(), to: rig.tagged("docker-prod/app", "v1"), follow: None };
    rig.desk.settle(import).await;
    let sent = rig.state().bodies.iter().rfind(|body| body["targetRepo"].is_string()).cloned().unwrap();
    let expected = json!({
        "targetRepo": "docker-prod", "dockerRepository": "team/app", "targetDockerRepository": "app", "tag": "7",
        "targetTag": "v1", "copy": true,
    });
    assert_eq!(sent, expected);
    assert_eq!(rig.images.tags("docker-dev/team/app"), [("7".to_owned(), image.digest.clone())]);
    // What has no tag cannot be copied, and is told before anybody is asked.
    let bare = rig.image("docker-dev/team/app", None, "other");
    let import = Action::Import { from: bare, to: rig.tagged("docker-prod/app", "v2"), follow: None };
    assert_eq!(rig.desk.plan(vec![Wish::Action(import)]).await.unwrap_err().kind(), ErrorKind::Unsupported);
}

#[tokio::test]
async fn i03_a_tag_that_moves_while_it_is_copied_is_found_out() {
    let rig = Rig::new().await;
    let image = rig.image("docker-dev/app", Some("7"), "approved");
    let other = rig.image("docker-dev/app", None, "other");
    rig.state().moving = Some(other.digest);
    let import = Action::Import { from: image, to: rig.tagged("docker-prod/app", "v1"), follow: None };
    let failure = rig.desk.failure(Wish::Action(import)).await;
    assert!(failure.contains("it is not so right after it"), "{failure}");
}

#[tokio::test]
async fn v12_what_a_tag_names_is_asked_of_the_registry_and_not_of_the_folders() {
    let rig = Rig::new().await;
    let image = rig.image("docker-dev/team/app", Some("2"), "layer");
    rig.images.tag("docker-dev/team/app", "1", &image.digest);
    rig.image("docker-dev/team/app", Some("stale"), "newer");
    let tags = rig.artifactory.tags_of(&image).await.unwrap();
    assert_eq!(tags.iter().map(Tag::as_str).collect::<Vec<_>>(), ["1", "2"]);
}

#[tokio::test]
async fn properties_are_set_and_others_stay() {
    let rig = Rig::new().await;
    rig.image("docker-dev/team/app", Some("1"), "layer");
    let image = rig.tagged("docker-dev/team/app", "1");
    assert!(rig.artifactory.properties(&image).await.unwrap().is_empty());
    let set = |pairs: &[(&str, &[&str])]| Action::SetProperties {
        image: image.clone(),
        properties: pairs.iter().map(|(n, v)| ((*n).to_owned(), v.iter().map(|v| (*v).to_owned()).collect())).collect(),
    };
    rig.desk.settle(set(&[("release.state", &["approved"]), ("odd key", &["a,b", "c=d"])])).await;
    rig.desk.settle(set(&[("release.state", &["shipped"])])).await;
    let all = rig.artifactory.properties(&image).await.unwrap();
    assert_eq!(all["release.state"], ["shipped"]);
    assert_eq!(all["odd key"], ["a,b", "c=d"]);
    assert!(rig.artifactory.properties(&rig.tagged("docker-dev/team/app", "9")).await.unwrap_err().is_not_found());
}

#[tokio::test]
async fn a_tag_goes_alone_and_not_the_last() {
    let rig = Rig::new().await;
    let image = rig.image("docker-dev/app", Some("1"), "layer");
    rig.images.tag("docker-dev/app", "2", &image.digest);
    let untag = |tag: &str| Wish::Untag(rig.tagged("docker-dev/app", tag));
    assert!(rig.desk.carry_out(vec![untag("1")]).await.unwrap().receipt.is_complete());
    let failure = rig.desk.failure(untag("2")).await;
    assert!(failure.contains("with its last tag"), "{failure}");
}

#[tokio::test]
async fn what_xray_does_not_know_is_no_clean_image() {
    let rig = Rig::new().await;
    let image = rig.image("docker-dev/app", Some("1"), "layer");
    for unknown in
        [json!({}), json!({"artifacts": []}), json!({"artifacts": [], "errors": [{"error": "Artifact doesn't exist"}]})]
    {
        rig.state().xray = unknown;
        assert!(rig.artifactory.findings(&image).await.unwrap_err().is_not_found());
    }
    rig.state().xray = json!({"artifacts": [{"general": {"sha256": image.digest.hex()}, "issues": []}]});
    let found = rig.artifactory.findings(&image).await.unwrap();
    assert_eq!(found.system, "artifactory");
    assert_eq!(rig.state().bodies.last().unwrap(), &json!({"checksums": [image.digest.hex()]}));
}

#[tokio::test]
async fn repositories_are_read_and_searches_are_of_files_only() {
    let rig = Rig::new().await;
    assert_eq!(rig.artifactory.image_repositories().await.unwrap()[0].key, "docker-dev");
    assert_eq!(rig.artifactory.repository_configuration("docker-dev").await.unwrap()["maxUniqueTags"], 5);
    assert!(rig.artifactory.repository_configuration("other").await.unwrap_err().is_not_found());
    assert!(rig.artifactory.storage().await.is_ok());
    assert_eq!(rig.artifactory.search("builds.find({})").await.unwrap_err().kind(), ErrorKind::Invalid);
}
