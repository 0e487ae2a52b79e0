use super::*;
use crate::conformance::server::{Effect, Endpoint, Fault, Location, Mount};
use crate::error::ErrorKind;

const SIZE: usize = 5 << 20;

async fn stored(rig: &Rig, bytes: &Bytes) {
    let moved = rig.store(bytes.clone()).await.unwrap();
    assert_eq!(moved, Moved::Sent(bytes.len() as u64));
    assert_eq!(rig.server.blob_bytes(APP, &Digest::of(bytes)).as_ref(), Some(bytes));
}

#[tokio::test]
async fn a_blob_is_sent_once_in_one_request() {
    let rig = Rig::plain().await;
    for bytes in [noise(SIZE), Bytes::new(), noise(1)] {
        stored(&rig, &bytes).await;
        assert_eq!(rig.store(bytes).await.unwrap(), Moved::AlreadyThere);
    }
    let counts = ["POST", "PATCH", "PUT"].map(|method| rig.server.count(method, "/blobs/"));
    assert_eq!(counts, [3, 0, 3]);
}

#[tokio::test]
async fn u12_an_interrupted_upload_goes_on_where_it_was() {
    let rig = Rig::plain().await;
    let bytes = noise(SIZE);
    rig.server.faults().push(Fault::new(Effect::DropUpload { after: 3 << 20 }).on(Endpoint::Upload).method("PUT"));
    rig.server.faults().push(Fault::new(Effect::DropUpload { after: 1 << 20 }).on(Endpoint::Upload).method("PATCH"));
    stored(&rig, &bytes).await;
    let sent: u64 = rig.server.log().iter().map(|r| r.received).sum();
    assert!(sent <= SIZE as u64 + (2 << 20), "{sent}");
}

#[tokio::test]
async fn an_upload_whose_answer_was_lost_is_found_there() {
    let rig = Rig::plain().await;
    rig.server.faults().push(Fault::new(Effect::DropAnswer).on(Endpoint::Upload).method("PUT"));
    stored(&rig, &noise(SIZE)).await;
    assert_eq!(rig.server.count("PUT", ""), 1);
}

#[tokio::test]
async fn u08_an_upload_that_the_registry_forgot_begins_again() {
    let rig = Rig::plain().await;
    rig.server.faults().push(Fault::new(Effect::ForgetUploads).on(Endpoint::Upload));
    stored(&rig, &noise(SIZE)).await;
    assert_eq!(rig.server.count("POST", ""), 2);
}

#[tokio::test]
async fn u03_a_chunk_that_is_too_large_is_halved() {
    for status in [413, 416] {
        let rig = Rig::new(Options { chunk_max: Some(1 << 20), ..Options::default() }).await;
        if status == 416 {
            rig.server.faults().push(Fault::new(Effect::status(416)).on(Endpoint::Upload).method("PUT"));
        }
        stored(&rig, &noise(SIZE)).await;
        assert!(rig.server.count("PATCH", "") >= 5);
    }
}

#[tokio::test]
async fn a_blob_that_no_chunk_size_fits_is_refused_in_the_end() {
    let rig = Rig::new(Options { blob_limit: 1 << 20, ..Options::default() }).await;
    let error = rig.store(noise(SIZE)).await.unwrap_err();
    assert!(error.to_string().contains("413"), "{error}");
    assert!(rig.server.blobs(APP).is_empty());
}

#[tokio::test]
async fn u04_the_least_chunk_is_honoured() {
    let rig = Rig::new(Options { chunk_min: Some(1 << 20), chunk_max: Some(3 << 19), ..Options::default() }).await;
    stored(&rig, &noise(SIZE)).await;
    let chunks: Vec<u64> =
        rig.server.log().iter().filter(|r| r.method == "PATCH" && r.status == Some(202)).map(|r| r.received).collect();
    assert!(chunks.iter().rev().skip(1).all(|chunk| *chunk >= 1 << 20), "{chunks:?}");
}

#[tokio::test]
async fn u01_u02_ranges_that_stand_still_or_count_one_chunk_do_not_confuse() {
    for effect in [Effect::FreezeRange, Effect::RangeOfChunk] {
        let rig = Rig::new(Options { chunk_max: Some(1 << 20), ..Options::default() }).await;
        rig.server.faults().push(Fault::new(effect).on(Endpoint::Upload).always());
        stored(&rig, &noise(SIZE)).await;
    }
}

#[tokio::test]
async fn u06_u07_locations_of_every_kind_are_followed() {
    for location in [Location::Relative, Location::Absolute] {
        let rig = Rig::new(Options { location, upload_state: true, ..Options::default() }).await;
        stored(&rig, &noise(1000)).await;
    }
    let rig = Rig::new(Options { location: Location::Origin("https://127.0.0.1".into()), ..Options::default() }).await;
    stored(&rig, &noise(1000)).await;
}

#[tokio::test]
async fn a08_an_upload_to_another_host_is_refused_and_by_option_carries_no_credentials() {
    let other = Rig::plain().await;
    let origin = Location::Origin(other.server.url());
    let rig = Rig::new(Options { location: origin.clone(), ..Options::default() }).await;
    let error = rig.store(noise(1000)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Denied);
    assert!(other.server.log().is_empty());
    let login = crate::conformance::server::Login::new("u", "pw");
    let options =
        Options { location: origin, auth: crate::conformance::server::Auth::Basic(login), ..Options::default() };
    let rig = Rig::with(options, |o| {
        o.credentials = password("u", "pw");
        o.foreign_uploads = true;
        o.patience.attempts = 1;
    })
    .await;
    let _ = rig.store(noise(1000)).await;
    let log = other.server.log();
    assert!(!log.is_empty() && log.iter().all(|r| r.authorization.is_none()));
}

#[tokio::test]
async fn a_wrong_source_is_never_stored_whole() {
    let source = Rig::plain().await;
    let bytes = noise(SIZE);
    let blob = Descriptor::of("application/octet-stream", &bytes);
    source.server.put_blob(APP, bytes.clone());
    for effect in [Effect::CorruptByte { at: SIZE - 1 }, Effect::ExtraByte] {
        source.server.faults().push(Fault::new(effect).on(Endpoint::Blob));
        let rig = Rig::plain().await;
        let error = rig.copy(&source.client, source.app(), &blob).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Untrusted);
        assert!(rig.server.blobs(APP).is_empty());
        let taken: u64 = rig.server.log().iter().map(|r| r.received).sum();
        assert!(taken < SIZE as u64, "{taken}");
    }
}

#[tokio::test]
async fn mounts_move_no_bytes() {
    let rig = Rig::plain().await;
    let bytes = noise(1000);
    rig.server.put_blob("other/app", bytes.clone());
    let blob = Descriptor::of("application/octet-stream", &bytes);
    let moved = rig.copy(&rig.client, rig.repository("other/app"), &blob).await.unwrap();
    assert_eq!((moved, rig.server.count("PUT", "")), (Moved::Mounted, 0));
}

#[tokio::test]
async fn a01_u11_a_mount_that_fails_is_an_upload_and_not_tried_again() {
    // Refused with an upload that is open already.
    let rig = Rig::new(Options { mount: Mount::Off, ..Options::default() }).await;
    let blobs: Vec<Descriptor> = [1000, 2000]
        .map(|n| {
            rig.server.put_blob("other/app", noise(n));
            Descriptor::of("application/octet-stream", &noise(n))
        })
        .into();
    assert_eq!(rig.copy(&rig.client, rig.repository("other/app"), &blobs[0]).await.unwrap(), Moved::Sent(1000));
    assert_eq!(rig.server.count("POST", ""), 1);
    // Refused altogether.
    let rig = Rig::plain().await;
    rig.server.faults().push(Fault::new(Effect::status(403)).on(Endpoint::Mount).always());
    for blob in &blobs {
        rig.server.put_blob("other/app", noise(usize::try_from(blob.size).unwrap()));
        let moved = rig.copy(&rig.client, rig.repository("other/app"), blob).await.unwrap();
        assert_eq!(moved, Moved::Sent(blob.size));
    }
    assert_eq!(rig.server.count("POST", "mount="), 1);
}

#[tokio::test]
async fn u09_one_blob_at_once_is_sent_once() {
    let rig = Arc::new(Rig::plain().await);
    let bytes = noise(SIZE);
    let tasks: Vec<_> = (0..4)
        .map(|_| {
            let (rig, bytes) = (Arc::clone(&rig), bytes.clone());
            tokio::spawn(async move { rig.store(bytes).await.unwrap() })
        })
        .collect();
    let mut sent = 0;
    for task in tasks {
        sent += usize::from(matches!(task.await.unwrap(), Moved::Sent(_)));
    }
    assert_eq!((sent, rig.server.count("PUT", "")), (1, 1));
}

#[tokio::test]
async fn manifests_keep_every_byte() {
    let rig = Rig::plain().await;
    rig.server.put_blob(APP, "{}");
    rig.server.put_blob(APP, "layer");
    let odd = image("layer", None)
        .bytes()
        .iter()
        .flat_map(|b| if *b == b',' { vec![b',', b'\n', b'\t'] } else { vec![*b] })
        .collect::<Bytes>();
    let manifest = Manifest::parse(odd, None).unwrap();
    assert_eq!(rig.put(&manifest).await.unwrap(), Moved::Sent(manifest.bytes().len() as u64));
    assert_eq!(rig.put(&manifest).await.unwrap(), Moved::AlreadyThere);
    assert_eq!(rig.server.manifest_bytes(APP, manifest.digest().as_str()).as_ref(), Some(manifest.bytes()));
}

#[tokio::test]
async fn a_manifest_whose_parts_are_missing_is_refused_by_its_name() {
    let rig = Rig::plain().await;
    let error = rig.put(&image("layer", None)).await.unwrap_err();
    assert!(error.to_string().contains("MANIFEST_BLOB_UNKNOWN"), "{error}");
}

#[tokio::test]
async fn a_tag_is_set_where_it_is_as_expected_and_nowhere_else() {
    let rig = Rig::plain().await;
    let first = rig.seed_image(None);
    let second = image("{}", None);
    rig.server.put_manifest(APP, None, second.bytes().clone(), second.media_type());
    let at = |m: &Manifest| Expected::At(m.digest().clone());
    assert_eq!(rig.client.set_tag(rig.set("1", first.digest(), Expected::Absent)).await.unwrap(), Moved::Sent(0));
    assert_eq!(rig.client.set_tag(rig.set("1", first.digest(), Expected::Absent)).await.unwrap(), Moved::AlreadyThere);
    let error = rig.client.set_tag(rig.set("1", second.digest(), Expected::Absent)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Conflict);
    let error = rig.client.set_tag(rig.set("1", second.digest(), at(&second))).await;
    assert!(error.is_err() || rig.server.tags(APP)[0].1 == *first.digest());
    rig.client.set_tag(rig.set("1", second.digest(), at(&first))).await.unwrap();
    assert_eq!(rig.server.tags(APP), [("1".to_owned(), second.digest().clone())]);
    assert!(rig.client.set_tag(rig.set("2", &Digest::of(b"none"), Expected::Absent)).await.unwrap_err().is_not_found());
}

/// Two images and a third, which are there; the tag `1` names the first.
async fn three() -> (Rig, [Manifest; 3]) {
    let rig = Rig::plain().await;
    let first = rig.seed_image(Some("1"));
    let others = ["{}", "third"].map(|layer| {
        rig.server.put_blob(APP, layer);
        let other = image(layer, None);
        rig.server.put_manifest(APP, None, other.bytes().clone(), other.media_type());
        other
    });
    let [second, third] = others;
    (rig, [first, second, third])
}

#[tokio::test]
async fn a_tag_that_another_sets_between_two_tries_is_not_overwritten() {
    let (rig, [first, second, third]) = three().await;
    let busy = Effect::Respond { status: 503, headers: vec![("Retry-After".into(), "0.04".into())], body: None };
    rig.server.faults().push(Fault::new(busy).method("PUT"));
    let permit = rig.set("1", second.digest(), Expected::At(first.digest().clone()));
    let other = async {
        while rig.server.count("PUT", "") == 0 {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        rig.server.tag(APP, "1", third.digest());
    };
    let (set, ()) = tokio::join!(rig.client.set_tag(permit), other);
    assert_eq!(set.unwrap_err().kind(), ErrorKind::Conflict);
    assert_eq!(rig.server.tags(APP), [("1".to_owned(), third.digest().clone())]);
    assert_eq!(rig.server.count("PUT", ""), 1);
}

#[tokio::test]
async fn a_tag_that_another_sets_after_a_lost_answer_is_not_overwritten() {
    let (rig, [first, second, third]) = three().await;
    let moved = Effect::MoveTag { repository: APP.to_owned(), tag: "1".to_owned(), to: Some(third.digest().clone()) };
    rig.server.faults().push(Fault::new(moved).method("PUT"));
    rig.server.faults().push(Fault::new(Effect::DropAnswer).method("PUT"));
    let set = rig.client.set_tag(rig.set("1", second.digest(), Expected::At(first.digest().clone()))).await;
    assert_eq!(set.unwrap_err().kind(), ErrorKind::Conflict);
    assert_eq!(rig.server.tags(APP), [("1".to_owned(), third.digest().clone())]);
    assert_eq!(rig.server.count("PUT", ""), 1);
}

#[tokio::test]
async fn a_tag_whose_answer_was_lost_is_found_set_and_one_that_was_refused_is_set_again() {
    for (effect, puts) in [(Effect::DropAnswer, 1), (Effect::status(502), 2), (Effect::retry_after("0.001"), 2)] {
        let (rig, [first, second, _]) = three().await;
        rig.server.faults().push(Fault::new(effect).method("PUT"));
        let set = rig.client.set_tag(rig.set("1", second.digest(), Expected::At(first.digest().clone()))).await;
        assert_eq!(set.unwrap(), Moved::Sent(0));
        assert_eq!(rig.server.tags(APP), [("1".to_owned(), second.digest().clone())]);
        assert_eq!(rig.server.count("PUT", ""), puts);
    }
}

#[tokio::test]
async fn a_tag_is_tried_as_often_as_anything_and_looked_at_before_each_try_and_after_the_last() {
    let (rig, [first, second, _]) = three().await;
    rig.server.faults().push(Fault::new(Effect::status(503)).method("PUT").always());
    let set = rig.client.set_tag(rig.set("1", second.digest(), Expected::At(first.digest().clone()))).await;
    let error = set.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unavailable);
    assert!(error.to_string().contains("503"), "{error}");
    assert_eq!([rig.server.count("PUT", ""), rig.server.count("GET", "/manifests/1")], [5, 6]);
    rig.server.faults().clear();
    rig.server.faults().push(Fault::new(Effect::retry_after("3600")).method("PUT"));
    let set = rig.client.set_tag(rig.set("1", second.digest(), Expected::At(first.digest().clone()))).await;
    assert_eq!(set.unwrap_err().kind(), ErrorKind::RateLimited);
}

#[tokio::test]
async fn d06_a_registry_that_stores_other_bytes_is_found_out_by_reading_back() {
    let rig = Rig::plain().await;
    rig.server.put_blob(APP, "{}");
    rig.server.put_blob(APP, "layer");
    rig.server.faults().push(Fault::new(Effect::CorruptStored { at: 3 }).method("PUT"));
    let manifest = image("layer", None);
    let _ = rig.put(&manifest).await;
    let read = rig.client.manifest(&rig.app().at(manifest.digest().clone())).await;
    assert_eq!(read.unwrap_err().kind(), ErrorKind::Untrusted);
}
