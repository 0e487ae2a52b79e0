//! Uploads: mount, monolithic and in chunks.

use super::*;
use crate::conformance::server::{Location, Mount};

fn hello() -> Digest {
    Digest::of(b"hello world")
}

#[tokio::test]
async fn a_blob_is_pushed_in_one_request_or_in_two() {
    let rig = Rig::plain().await;
    let digest = Digest::of(b"one");
    let one = rig.send("POST", &format!("/v2/{REPOSITORY}/blobs/uploads/?digest={digest}"), &[], "one").await;
    assert_eq!((one.status.as_u16(), one.header("location")), (201, &*format!("/v2/{REPOSITORY}/blobs/{digest}")));
    let location = rig.start_upload().await;
    let two = rig.send("PUT", &format!("{location}&digest={}", Digest::of(b"two")), &[], "two").await;
    assert_eq!(two.status, 201);
    assert_eq!(rig.server.blob_bytes(REPOSITORY, &digest).as_deref(), Some(&b"one"[..]));
    assert_eq!(rig.server.blobs(REPOSITORY).len(), 2);
}

#[tokio::test]
async fn bytes_that_do_not_match_the_digest_are_refused_and_not_kept() {
    let rig = Rig::plain().await;
    let path = format!("/v2/{REPOSITORY}/blobs/uploads/?digest={}", hello());
    assert_eq!(rig.send("POST", &path, &[], "other").await.refusal(), refused(400, "DIGEST_INVALID"));
    let location = rig.start_upload().await;
    let put = rig.send("PUT", &format!("{location}&digest={}", hello()), &[], "other").await;
    assert_eq!(put.refusal(), refused(400, "DIGEST_INVALID"));
    let put = rig.send("PUT", &location, &[], "hello world").await;
    assert_eq!(put.refusal(), refused(404, "BLOB_UPLOAD_UNKNOWN"));
    assert!(rig.server.blobs(REPOSITORY).is_empty());
}

#[tokio::test]
async fn chunks_must_come_in_order_and_the_status_says_where_to_go_on() {
    let rig = Rig::plain().await;
    let location = rig.start_upload().await;
    let first = rig.send("PATCH", &location, &[("Content-Range", "0-4")], "hello").await;
    assert_eq!((first.status.as_u16(), first.header("range")), (202, "0-4"));
    for range in ["0-4", "6-10", "4-8"] {
        assert_eq!(rig.send("PATCH", &location, &[("Content-Range", range)], "world").await.status, 416, "{range}");
    }
    assert_eq!(rig.send("PATCH", &location, &[("Content-Range", "bytes 5-9")], "world").await.status, 400);
    assert_eq!(
        rig.send("PATCH", &location, &[("Content-Range", "5-9")], "worlds").await.refusal(),
        refused(400, "SIZE_INVALID")
    );
    let status = rig.get(&location).await;
    assert_eq!((status.status.as_u16(), status.header("range")), (204, "0-4"));
    let close = format!("{}&digest={}", status.header("location"), hello());
    assert_eq!(rig.send("PUT", &close, &[("Content-Range", "6-11")], " world").await.status, 416);
    assert_eq!(rig.send("PUT", &close, &[("Content-Range", "5-10")], " world").await.status, 201);
    assert_eq!(rig.get(&location).await.refusal(), refused(404, "BLOB_UPLOAD_UNKNOWN"));
}

#[tokio::test]
async fn only_the_last_chunk_may_be_below_the_minimum() {
    let rig = Rig::new(Options { chunk_min: Some(5), chunk_max: Some(8), ..Options::default() }).await;
    let start = rig.send("POST", &format!("/v2/{REPOSITORY}/blobs/uploads/"), &[], "").await;
    assert_eq!(start.header("oci-chunk-min-length"), "5");
    let location = start.header("location");
    assert_eq!(rig.send("PATCH", location, &[("Content-Range", "0-8")], "too large").await.status, 413);
    assert_eq!(rig.send("PATCH", location, &[("Content-Range", "0-3")], "hell").await.status, 202);
    let answer = rig.send("PATCH", location, &[("Content-Range", "4-8")], "o wor").await;
    assert_eq!(answer.refusal(), refused(400, "SIZE_INVALID"));
}

#[tokio::test]
async fn the_query_of_the_location_must_come_back_unchanged() {
    let rig = Rig::plain().await;
    let location = rig.start_upload().await;
    let bare = location.split('?').next().unwrap();
    assert_eq!(rig.get(bare).await.refusal(), refused(400, "BLOB_UPLOAD_INVALID"));
    let plus = location.replace("%2B", "+");
    assert_eq!(rig.get(&plus).await.refusal(), refused(400, "BLOB_UPLOAD_INVALID"));
    assert_eq!(rig.get(&location).await.status, 204);
    rig.server.configure(|options| options.upload_state = false);
    assert!(!rig.start_upload().await.contains('?'));
}

#[tokio::test]
async fn locations_are_relative_absolute_or_elsewhere() {
    let rig = Rig::plain().await;
    assert!(rig.start_upload().await.starts_with("/v2/"));
    rig.server.configure(|options| options.location = Location::Absolute);
    assert!(rig.start_upload().await.starts_with(&format!("{}/v2/", rig.server.url())));
    rig.server.configure(|options| options.location = Location::Origin("http://127.0.0.2:1".to_owned()));
    assert!(rig.start_upload().await.starts_with("http://127.0.0.2:1/v2/"));
}

#[tokio::test]
async fn a_cancelled_upload_is_gone() {
    let rig = Rig::plain().await;
    let location = rig.start_upload().await;
    assert_eq!(rig.send("DELETE", &location, &[], "").await.status, 204);
    assert_eq!(rig.send("DELETE", &location, &[], "").await.refusal(), refused(404, "BLOB_UPLOAD_UNKNOWN"));
}

#[tokio::test]
async fn an_upload_belongs_to_its_repository() {
    let rig = Rig::plain().await;
    let location = rig.start_upload().await.replace(REPOSITORY, "other");
    assert_eq!(rig.get(&location).await.refusal(), refused(404, "BLOB_UPLOAD_UNKNOWN"));
}

#[tokio::test]
async fn a_mount_copies_what_is_there_and_otherwise_starts_an_upload() {
    let rig = Rig::plain().await;
    let digest = rig.server.put_blob("source", "x");
    let other = Digest::of(b"y");
    let mount = |digest: &Digest, from: &str| format!("/v2/{REPOSITORY}/blobs/uploads/?mount={digest}{from}");
    assert_eq!(rig.send("POST", &mount(&digest, "&from=source"), &[], "").await.status, 201);
    assert_eq!(rig.server.blob_bytes(REPOSITORY, &digest).as_deref(), Some(&b"x"[..]));
    assert_eq!(rig.send("POST", &mount(&other, "&from=source"), &[], "").await.status, 202);
    assert_eq!(rig.send("POST", &mount(&digest, "&from=unknown"), &[], "").await.status, 202);
    assert_eq!(rig.send("POST", &mount(&digest, "&from=NO"), &[], "").await.status, 400);
    assert_eq!(rig.send("POST", &mount(&digest, ""), &[], "").await.status, 201);
    rig.server.configure(|options| options.mount = Mount::Named);
    assert_eq!(rig.send("POST", &mount(&digest, ""), &[], "").await.status, 202);
    rig.server.configure(|options| options.mount = Mount::Off);
    assert_eq!(rig.send("POST", &mount(&digest, "&from=source"), &[], "").await.status, 202);
}

#[tokio::test]
async fn a_repository_may_have_to_exist_first() {
    let rig = Rig::new(Options { create_repositories: false, ..Options::default() }).await;
    let path = format!("/v2/{REPOSITORY}/blobs/uploads/");
    assert_eq!(rig.send("POST", &path, &[], "").await.refusal(), refused(404, "NAME_UNKNOWN"));
    rig.server.create_repository(REPOSITORY);
    assert_eq!(rig.send("POST", &path, &[], "").await.status, 202);
}
