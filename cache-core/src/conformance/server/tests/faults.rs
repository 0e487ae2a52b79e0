//! Every way of going wrong.

use std::time::{Duration, Instant};

use super::*;
use crate::conformance::server::{Auth, Bearer, Effect, Endpoint, Fault};

/// A server with one blob and the path to it.
async fn with_blob(bytes: impl Into<Bytes>) -> (Rig, String) {
    let rig = Rig::plain().await;
    let digest = rig.server.put_blob(REPOSITORY, bytes);
    (rig, format!("/v2/{REPOSITORY}/blobs/{digest}"))
}

async fn blob_with(effect: Effect) -> Answer {
    let (rig, path) = with_blob("0123456789").await;
    rig.server.faults().push(Fault::new(effect));
    let answer = rig.send("GET", &path, &[("Range", "bytes=2-5")], "").await;
    assert_eq!(rig.server.faults().pending(), 0);
    answer
}

#[tokio::test]
async fn the_nth_request_is_answered_as_told() {
    let (rig, path) = with_blob("x").await;
    rig.server.faults().push(Fault::new(Effect::retry_after("0.0007")).on(Endpoint::Blob).method("GET").nth(2));
    rig.server.faults().push(Fault::new(Effect::answer(503, "<html>")).path("sha256").nth(3).times(2));
    let mut seen = Vec::new();
    for _ in 0..5 {
        seen.push(rig.get(&path).await);
    }
    assert_eq!(seen.iter().map(|a| a.status.as_u16()).collect::<Vec<_>>(), [200, 429, 503, 503, 200]);
    assert_eq!((seen[1].header("retry-after"), seen[1].code().as_str()), ("0.0007", "TOOMANYREQUESTS"));
    assert_eq!(seen[2].body, b"<html>");
}

#[tokio::test]
async fn a_truncated_answer_promises_all_and_gives_exactly_the_part() {
    let bytes = vec![7; 3 << 20];
    let (rig, path) = with_blob(bytes).await;
    for after in [0, 1, 1_500_000, 3 << 20] {
        rig.server.faults().push(Fault::new(Effect::Truncate { after }));
        let answer = rig.get(&path).await;
        assert_eq!(answer.header("content-length"), (3 << 20).to_string());
        assert_eq!(answer.body.len() as u64, after);
        assert_eq!(answer.complete, after == 3 << 20, "{after}");
    }
}

#[tokio::test]
async fn a_dropped_connection_gives_no_answer() {
    let (rig, path) = with_blob("x").await;
    rig.server.faults().push(Fault::new(Effect::Drop));
    assert!(rig.try_send("GET", &path, &[], "").await.is_none());
    assert_eq!(rig.server.log()[0].status, None);
    assert_eq!(rig.get(&path).await.status, 200);
}

#[tokio::test]
async fn an_answer_can_be_lost_after_the_work_was_done() {
    let rig = Rig::plain().await;
    let image = rig.image();
    rig.server.faults().push(Fault::new(Effect::DropAnswer).method("PUT"));
    let path = format!("/v2/{REPOSITORY}/manifests/v1");
    assert!(rig.try_send("PUT", &path, &[("Content-Type", OCI_MANIFEST)], image.to_string()).await.is_none());
    assert_eq!(rig.server.tags(REPOSITORY).len(), 1);
}

#[tokio::test]
async fn an_upload_that_breaks_keeps_what_arrived() {
    let rig = Rig::plain().await;
    let location = rig.start_upload().await;
    rig.server.faults().push(Fault::new(Effect::DropUpload { after: 600_000 }).method("PATCH"));
    let bytes = Bytes::from(vec![1; 1_000_000]);
    assert!(rig.try_send("PATCH", &location, &[("Content-Range", "0-999999")], bytes.clone()).await.is_none());
    assert_eq!(rig.get(&location).await.header("range"), "0-599999");
    let rest = bytes.slice(600_000..);
    assert_eq!(rig.send("PATCH", &location, &[("Content-Range", "600000-999999")], rest).await.status, 202);
    let close = rig.send("PUT", &format!("{location}&digest={}", Digest::of(&bytes)), &[], "").await;
    assert_eq!(close.status, 201);
}

#[tokio::test]
async fn bodies_can_be_corrupted_lengthened_and_unmeasured() {
    let corrupt = blob_with(Effect::CorruptByte { at: 1 }).await;
    assert_eq!((corrupt.body.as_slice(), corrupt.header("content-length")), (&b"2245"[..], "4"));
    let longer = blob_with(Effect::ExtraByte).await;
    assert_eq!((longer.body.as_slice(), longer.header("content-length")), (&b"2345!"[..], "5"));
    let chunked = blob_with(Effect::OmitLength).await;
    assert_eq!((chunked.body.as_slice(), chunked.header("content-length")), (&b"2345"[..], ""));
    let whole = blob_with(Effect::IgnoreRange).await;
    assert_eq!((whole.status.as_u16(), whole.body.as_slice()), (200, &b"0123456789"[..]));
}

#[tokio::test]
async fn the_digest_header_can_be_missing_or_false() {
    assert!(!blob_with(Effect::OmitDigest).await.headers.contains_key("docker-content-digest"));
    let answer = blob_with(Effect::FalsifyDigest("sha256:no".to_owned())).await;
    assert_eq!(answer.header("docker-content-digest"), "sha256:no");
}

#[tokio::test]
async fn what_is_stored_can_differ_from_what_was_sent() {
    let rig = Rig::plain().await;
    rig.server.faults().push(Fault::new(Effect::CorruptStored { at: 0 }).always());
    let digest = Digest::of(b"abc");
    let path = format!("/v2/{REPOSITORY}/blobs/uploads/?digest={digest}");
    assert_eq!(rig.send("POST", &path, &[], "abc").await.status, 201);
    assert_eq!(rig.server.blob_bytes(REPOSITORY, &digest).as_deref(), Some(&b"`bc"[..]));
}

#[tokio::test]
async fn an_answer_can_be_late() {
    let (rig, path) = with_blob("x").await;
    rig.server.faults().push(Fault::new(Effect::Delay(Duration::from_millis(50))));
    let start = Instant::now();
    assert_eq!(rig.get(&path).await.status, 200);
    assert!(start.elapsed() >= Duration::from_millis(50));
}

#[tokio::test]
async fn the_range_of_an_upload_can_be_frozen_or_be_that_of_the_chunk() {
    let rig = Rig::plain().await;
    let location = rig.start_upload().await;
    rig.server.faults().push(Fault::new(Effect::FreezeRange).method("PATCH").times(2));
    rig.server.faults().push(Fault::new(Effect::RangeOfChunk).method("PATCH").nth(3));
    let mut ranges = Vec::new();
    for chunk in ["0-1", "2-3", "4-5"] {
        let answer = rig.send("PATCH", &location, &[("Content-Range", chunk)], "xx").await;
        ranges.push(answer.header("range").to_owned());
    }
    assert_eq!(ranges, ["0-1", "0-1", "4-5"]);
    assert_eq!(rig.get(&location).await.header("range"), "0-5");
}

#[tokio::test]
async fn uploads_can_be_forgotten() {
    let rig = Rig::plain().await;
    let location = rig.start_upload().await;
    rig.server.faults().push(Fault::new(Effect::ForgetUploads).on(Endpoint::Upload));
    assert_eq!(rig.get(&location).await.refusal(), refused(404, "BLOB_UPLOAD_UNKNOWN"));
}

#[tokio::test]
async fn a_mount_can_be_refused_in_two_ways() {
    let rig = Rig::plain().await;
    let digest = rig.server.put_blob("source", "x");
    rig.server.faults().push(Fault::new(Effect::RefuseMount).on(Endpoint::Mount));
    rig.server.faults().push(Fault::new(Effect::status(401)).on(Endpoint::Mount).nth(2));
    let path = format!("/v2/{REPOSITORY}/blobs/uploads/?mount={digest}&from=source");
    let mut seen = Vec::new();
    for _ in 0..3 {
        seen.push(rig.send("POST", &path, &[], "").await.status.as_u16());
    }
    assert_eq!(seen, [202, 401, 201]);
}

#[tokio::test]
async fn a_tag_can_move_between_two_requests() {
    let rig = Rig::plain().await;
    let (one, two) = (index(&[]).to_string(), rig.image().to_string());
    rig.server.put_manifest(REPOSITORY, Some("v1"), one.clone(), OCI_INDEX);
    let to = rig.server.put_manifest(REPOSITORY, None, two.clone(), OCI_MANIFEST);
    let (repository, tag) = (REPOSITORY.to_owned(), "v1".to_owned());
    rig.server.faults().push(Fault::new(Effect::MoveTag { repository, tag, to: Some(to) }).path("/manifests/v1"));
    let path = format!("/v2/{REPOSITORY}/manifests/v1");
    assert_eq!(rig.get(&path).await.body, one.as_bytes());
    assert_eq!(rig.get(&path).await.body, two.as_bytes());
}

#[tokio::test]
async fn tokens_expire_on_demand_and_content_faults_wait_for_admission() {
    let bearer = Bearer { exact_scopes: false, ..Bearer::default() };
    let (rig, path) = with_blob("abc").await;
    rig.server.configure(|options| options.auth = Auth::Bearer(bearer));
    rig.server.faults().push(Fault::new(Effect::CorruptByte { at: 0 }).on(Endpoint::Blob));
    rig.server.faults().push(Fault::new(Effect::ExpireTokens).on(Endpoint::Blob).nth(3));
    assert_eq!(rig.get(&path).await.status, 401);
    let token = rig.get("/token?service=registry").await.json()["token"].as_str().unwrap().to_owned();
    let header = format!("Bearer {token}");
    let credentials = [("Authorization", header.as_str())];
    let get = || rig.send("GET", &path, &credentials, "");
    assert_eq!(get().await.body, b"`bc");
    assert_eq!(get().await.status, 401);
}
