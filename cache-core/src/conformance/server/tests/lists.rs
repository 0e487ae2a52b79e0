//! The lists of tags and repositories.

use super::*;
use crate::conformance::server::{Location, Paging};

async fn tags(rig: &Rig, query: &str) -> (Vec<String>, String) {
    let answer = rig.get(&format!("/v2/{REPOSITORY}/tags/list{query}")).await;
    let tags = serde_json::from_value(answer.json()["tags"].clone()).unwrap();
    (tags, answer.header("link").to_owned())
}

async fn with_tags(options: Options) -> Rig {
    let rig = Rig::new(options).await;
    for tag in ["c", "B", "a", "1"] {
        rig.server.put_manifest(REPOSITORY, Some(tag), index(&[]).to_string(), OCI_INDEX);
    }
    rig
}

#[tokio::test]
async fn tags_are_sorted_and_cut_by_n_and_last() {
    let rig = with_tags(Options::default()).await;
    assert_eq!(tags(&rig, "").await, (["1", "B", "a", "c"].map(str::to_owned).to_vec(), String::new()));
    let link = format!("</v2/{REPOSITORY}/tags/list?n=2&last=B>; rel=\"next\"");
    assert_eq!(tags(&rig, "?n=2").await, (["1", "B"].map(str::to_owned).to_vec(), link));
    assert_eq!(tags(&rig, "?n=2&last=B").await, (["a", "c"].map(str::to_owned).to_vec(), String::new()));
    assert_eq!(tags(&rig, "?n=0").await, (Vec::new(), String::new()));
    assert_eq!(rig.get(&format!("/v2/{REPOSITORY}/tags/list?n=-1")).await.status, 400);
    assert_eq!(rig.get("/v2/none/tags/list").await.refusal(), refused(404, "NAME_UNKNOWN"));
}

#[tokio::test]
async fn pages_may_be_smaller_than_asked_unlinked_or_not_made() {
    let rig = with_tags(Options { page_size: Some(1), location: Location::Absolute, ..Options::default() }).await;
    let (page, link) = tags(&rig, "?n=3").await;
    assert_eq!(page, ["1"]);
    assert!(link.starts_with(&format!("<{}/v2/", rig.server.url())));
    rig.server.configure(|options| options.paging = Paging::NoLink);
    assert_eq!(tags(&rig, "?n=3").await, (vec!["1".to_owned()], String::new()));
    rig.server.configure(|options| options.paging = Paging::Ignored);
    assert_eq!(tags(&rig, "?n=1").await.0.len(), 4);
}

#[tokio::test]
async fn repositories_are_listed_where_that_is_allowed() {
    let rig = with_tags(Options::default()).await;
    rig.server.create_repository("a");
    let answer = rig.get("/v2/_catalog?n=1").await;
    assert_eq!(answer.json()["repositories"], json!(["a"]));
    assert_eq!(answer.header("link"), "</v2/_catalog?n=1&last=a>; rel=\"next\"");
    assert_eq!(rig.get("/v2/_catalog?n=1&last=a").await.json()["repositories"], json!([REPOSITORY]));
    rig.server.configure(|options| options.catalog = false);
    assert_eq!(rig.get("/v2/_catalog").await.status, 404);
}
