//! Reading and deleting blobs.

use super::*;
use crate::model::Algorithm;

#[tokio::test]
async fn a_blob_is_given_whole_in_part_and_as_headers() {
    let rig = Rig::plain().await;
    let digest = rig.server.put_blob(REPOSITORY, "0123456789");
    let path = format!("/v2/{REPOSITORY}/blobs/{digest}");
    let whole = rig.get(&path).await;
    assert_eq!((whole.status.as_u16(), whole.body.as_slice()), (200, &b"0123456789"[..]));
    assert_eq!(whole.header("docker-content-digest"), digest.as_str());
    let head = rig.send("HEAD", &path, &[], "").await;
    assert_eq!((head.status.as_u16(), head.header("content-length"), head.body.len()), (200, "10", 0));
    let part = rig.send("GET", &path, &[("Range", "bytes=7-")], "").await;
    assert_eq!((part.status.as_u16(), part.body.as_slice()), (206, &b"789"[..]));
    assert_eq!(part.header("content-range"), "bytes 7-9/10");
    let beyond = rig.send("GET", &path, &[("Range", "bytes=10-")], "").await;
    assert_eq!((beyond.status.as_u16(), beyond.header("content-range")), (416, "bytes */10"));
}

#[tokio::test]
async fn a_large_blob_arrives_as_it_was_stored() {
    let rig = Rig::plain().await;
    let bytes: Vec<u8> = (0..5_000_000u32).map(|n| (n % 251) as u8).collect();
    let digest = rig.server.put_blob(REPOSITORY, bytes.clone());
    let answer = rig.get(&format!("/v2/{REPOSITORY}/blobs/{digest}")).await;
    assert!(answer.complete && answer.body == bytes);
    assert_eq!(rig.server.log()[0].sent, 5_000_000);
}

#[tokio::test]
async fn blobs_belong_to_their_repository() {
    let rig = Rig::plain().await;
    let digest = rig.server.put_blob(REPOSITORY, "x");
    rig.server.create_repository("other");
    assert_eq!(rig.get(&format!("/v2/other/blobs/{digest}")).await.refusal(), refused(404, "BLOB_UNKNOWN"));
    assert_eq!(rig.get(&format!("/v2/none/blobs/{digest}")).await.refusal(), refused(404, "NAME_UNKNOWN"));
    assert_eq!(rig.get("/v2/other/blobs/sha256:12").await.refusal(), refused(400, "DIGEST_INVALID"));
}

#[tokio::test]
async fn sha512_is_as_good_as_sha256() {
    let rig = Rig::plain().await;
    let any = Digest::parse(&format!("{}:{}", Algorithm::Sha512.name(), "0".repeat(128))).unwrap();
    let digest = any.same_algorithm_of(b"hello");
    let answer = rig.send("POST", &format!("/v2/{REPOSITORY}/blobs/uploads/?digest={digest}"), &[], "hello").await;
    assert_eq!(answer.status, 201);
    assert_eq!(rig.get(answer.header("location")).await.body, b"hello");
    let location = rig.start_upload().await;
    let answer = rig.send("PATCH", &location, &[("Content-Range", "0-4")], "hello").await;
    let answer = rig.send("PUT", &format!("{}&digest={digest}", answer.header("location")), &[], "").await;
    assert_eq!((answer.status.as_u16(), answer.header("docker-content-digest")), (201, digest.as_str()));
}

#[tokio::test]
async fn deleting_blobs_can_be_switched_off() {
    let rig = Rig::new(Options { delete_blobs: false, ..Options::default() }).await;
    let digest = rig.server.put_blob(REPOSITORY, "x");
    let path = format!("/v2/{REPOSITORY}/blobs/{digest}");
    assert_eq!(rig.send("DELETE", &path, &[], "").await.refusal(), refused(405, "UNSUPPORTED"));
    rig.server.configure(|options| options.delete_blobs = true);
    assert_eq!(rig.send("DELETE", &path, &[], "").await.status, 202);
    assert_eq!(rig.send("DELETE", &path, &[], "").await.refusal(), refused(404, "BLOB_UNKNOWN"));
}

#[tokio::test]
async fn downloads_can_be_sent_to_another_origin() {
    let store = Rig::plain().await;
    let digest = store.server.put_blob(REPOSITORY, "x");
    let rig = Rig::new(Options { redirect_blobs: Some(store.server.url()), ..Options::default() }).await;
    let answer = rig.get(&format!("/v2/{REPOSITORY}/blobs/{digest}")).await;
    assert_eq!(answer.status, 307);
    assert_eq!(rig.get(answer.header("location")).await.body, b"x");
    assert_eq!(store.server.count("GET", "/blobs/"), 1);
}
