//! Cosign's tags of an image with many manifests are found with few requests, and found however the list fares.

use std::sync::Arc;

use cache_core::conformance::server::{Effect, Endpoint, Fault, Options, Server};
use cache_core::model::manifest::media_type;
use cache_core::model::{Descriptor, Tag};
use cache_core::plan::Change;
use cache_core::promote::Outlook;
use cache_core::registry::{MemoryRegistry, OciOptions, OciRegistry};
use cache_core::sign::Trust;
use serde_json::json;

use crate::world::{promoter, repository, request, tag};

const APP: &str = "dev/app";

/// An image with so many platforms, of which the last has a `.sig` tag, in a repository with so many other tags.
async fn seeded(options: Options, platforms: usize, tags: usize) -> (Server, Tag) {
    let server = Server::start(options).await.unwrap();
    let blob = |media_type: &str, text: String| {
        server.put_blob(APP, text.clone());
        Descriptor::of(media_type, text.as_bytes())
    };
    let image = |text: String| {
        let image = json!({
            "schemaVersion": 2, "mediaType": media_type::OCI_MANIFEST,
            "config": blob(media_type::OCI_CONFIG, format!("{{\"of\":\"{text}\"}}")),
            "layers": [blob(media_type::OCI_LAYER_GZIP, text)],
        });
        let image = image.to_string();
        server.put_manifest(APP, None, image.clone(), media_type::OCI_MANIFEST);
        Descriptor::of(media_type::OCI_MANIFEST, image.as_bytes())
    };
    let children: Vec<Descriptor> = (0..platforms).map(|n| image(format!("platform {n}"))).collect();
    let signature = image("signature".to_owned());
    let sig = Tag::of_digest(&children.last().unwrap().digest, ".sig");
    server.tag(APP, sig.as_str(), &signature.digest);
    let index = json!({"schemaVersion": 2, "mediaType": media_type::OCI_INDEX, "manifests": children});
    let index = server.put_manifest(APP, Some("v1"), index.to_string(), media_type::OCI_INDEX);
    for n in 0..tags {
        server.tag(APP, &format!("n{n}"), &index);
    }
    server.clear_log();
    (server, sig)
}

/// Plans, and says how often a tag of cosign's was asked for and how often for the list.
async fn plan(server: &Server, sig: &Tag) -> (usize, usize) {
    let from = repository(&format!("{}/{APP}", server.host()));
    let source = Arc::new(OciRegistry::of(&from, OciOptions::default()).unwrap());
    let (promoter, _folder) = promoter(source, Arc::new(MemoryRegistry::new()), Trust::default());
    let request = request(from.tagged(tag("v1")), repository("memory:prod").tagged(tag("v1")));
    let Outlook::Ready(plan) = promoter.plan(&request).await.unwrap() else { panic!("nothing to do") };
    assert!(plan.changes.iter().any(|change| matches!(change, Change::SetTag(set) if set.tag == *sig)), "no signature");
    let asked = server.log().iter().filter(|r| r.path.contains("/manifests/sha256-")).count();
    (asked, server.count("GET", "/tags/list"))
}

#[tokio::test]
async fn t04_the_tags_of_many_manifests_are_listed_once() {
    for platforms in [4, 12, 50] {
        let (server, sig) = seeded(Options::default(), platforms, 0).await;
        let requests = plan(&server, &sig).await;
        println!("{platforms} platforms: {} tags asked for, {} lists", requests.0, requests.1);
        assert_eq!(requests, (1, 1));
    }
}

#[tokio::test]
async fn the_tags_of_few_manifests_are_asked_for() {
    let (server, sig) = seeded(Options::default(), 2, 0).await;
    // Three manifests and the signature, three tags each.
    assert_eq!(plan(&server, &sig).await, (12, 0));
}

#[tokio::test]
async fn a_list_that_is_longer_than_the_questions_is_not_read_to_its_end() {
    let (server, sig) = seeded(Options { page_size: Some(10), ..Options::default() }, 6, 500).await;
    let (asked, pages) = plan(&server, &sig).await;
    assert!(asked == 24 && pages == 7, "{asked} {pages}");
}

#[tokio::test]
async fn where_the_list_is_refused_or_broken_the_tags_are_asked_for() {
    let broken = [
        Effect::status(403),
        Effect::status(404),
        Effect::answer(200, "<html>"),
        Effect::answer(200, json!({"tags": ["not a tag!"]}).to_string()),
    ];
    for effect in broken {
        let (server, sig) = seeded(Options::default(), 6, 0).await;
        server.faults().push(Fault::new(effect.clone()).on(Endpoint::Tags).always());
        assert_eq!(plan(&server, &sig).await, (24, 1), "{effect:?}");
    }
}
