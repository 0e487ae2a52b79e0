use super::*;
use crate::conformance::server::{Effect, Endpoint, Fault};
use crate::error::ErrorKind;

fn blob_of(bytes: &Bytes) -> Descriptor {
    Descriptor::of("application/octet-stream", bytes)
}

#[tokio::test]
async fn a_tag_and_a_digest_name_the_same_bytes() {
    let rig = Rig::plain().await;
    let image = rig.seed_image(Some("1"));
    let by_tag = rig.client.resolve(&rig.tagged("1")).await.unwrap();
    assert_eq!((&by_tag.digest, by_tag.size), (image.digest(), image.bytes().len() as u64));
    let read = rig.client.manifest(&rig.app().at(by_tag.digest)).await.unwrap();
    assert_eq!(read.bytes(), image.bytes());
    for absent in ["2", "3"] {
        assert!(rig.client.resolve(&rig.tagged(absent)).await.unwrap_err().is_not_found());
    }
}

#[tokio::test]
async fn d01_headers_with_no_or_a_wrong_digest_change_nothing() {
    let rig = Rig::plain().await;
    let image = rig.seed_image(Some("1"));
    for effect in [
        Effect::OmitDigest,
        Effect::FalsifyDigest(Digest::of(b"other").to_string()),
        Effect::FalsifyDigest(format!("sha512:{}", "0".repeat(128))),
        Effect::FalsifyDigest("nonsense".into()),
    ] {
        rig.server.faults().push(Fault::new(effect));
        assert_eq!(rig.client.resolve(&rig.tagged("1")).await.unwrap().digest, *image.digest());
    }
}

#[tokio::test]
async fn d02_m11_every_manifest_type_is_accepted() {
    let rig = Rig::plain().await;
    rig.seed_image(Some("1"));
    rig.client.resolve(&rig.tagged("1")).await.unwrap();
    let accept = rig.server.log()[0].accept.clone().unwrap();
    for wanted in
        [media_type::OCI_MANIFEST, media_type::OCI_INDEX, media_type::DOCKER_MANIFEST, media_type::DOCKER_LIST]
    {
        assert!(accept.contains(wanted), "{accept}");
    }
}

#[tokio::test]
async fn d04_a_manifest_under_a_wrong_digest_is_untrusted() {
    let rig = Rig::plain().await;
    let claimed = Digest::of(b"other");
    let image = image("layer", None);
    rig.server.put_manifest_as(APP, &claimed, image.bytes().clone(), image.media_type());
    let error = rig.client.manifest(&rig.app().at(claimed)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Untrusted);
}

#[tokio::test]
async fn d05_a_corrupt_or_overlong_blob_is_untrusted_and_a_truncated_one_resumed() {
    let rig = Rig::plain().await;
    let bytes = noise(300_000);
    rig.server.put_blob(APP, bytes.clone());
    for effect in [Effect::CorruptByte { at: 299_999 }, Effect::ExtraByte] {
        rig.server.faults().push(Fault::new(effect).on(Endpoint::Blob));
        assert_eq!(rig.read(&blob_of(&bytes)).await.unwrap_err().kind(), ErrorKind::Untrusted);
    }
    for after in [0, 1, 150_000, 299_999] {
        rig.server.faults().push(Fault::new(Effect::Truncate { after }).on(Endpoint::Blob));
        assert_eq!(rig.read(&blob_of(&bytes)).await.unwrap(), bytes, "{after}");
    }
    let last = rig.server.log().pop().unwrap();
    assert_eq!((last.range.as_deref(), last.sent), (Some("bytes=299999-"), 1));
}

#[tokio::test]
async fn d07_a_blob_without_content_length_is_read() {
    let rig = Rig::plain().await;
    let bytes = noise(70_000);
    rig.server.put_blob(APP, bytes.clone());
    rig.server.faults().push(Fault::new(Effect::OmitLength).on(Endpoint::Blob));
    assert_eq!(rig.read(&blob_of(&bytes)).await.unwrap(), bytes);
}

#[tokio::test]
async fn d08_a_download_from_a_storage_resumes_by_a_fresh_redirect() {
    let storage = Rig::plain().await;
    let rig = Rig::new(Options { redirect_blobs: Some(storage.server.url()), ..Options::default() }).await;
    let bytes = noise(300_000);
    rig.server.put_blob(APP, bytes.clone());
    storage.server.put_blob(APP, bytes.clone());
    storage.server.faults().push(Fault::new(Effect::Truncate { after: 100_000 }).on(Endpoint::Blob));
    assert_eq!(rig.read(&blob_of(&bytes)).await.unwrap(), bytes);
    assert_eq!((rig.server.count("GET", "/blobs/"), storage.server.count("GET", "/blobs/")), (2, 2));
}

#[tokio::test]
async fn u12_a_registry_that_sends_all_again_is_resumed_too() {
    let rig = Rig::plain().await;
    let bytes = noise(300_000);
    rig.server.put_blob(APP, bytes.clone());
    rig.server.faults().push(Fault::new(Effect::Truncate { after: 180_001 }).on(Endpoint::Blob));
    rig.server.faults().push(Fault::new(Effect::IgnoreRange).on(Endpoint::Blob).nth(2));
    assert_eq!(rig.read(&blob_of(&bytes)).await.unwrap(), bytes);
}

#[tokio::test]
async fn t01_refusals_that_pass_are_waited_for_whatever_their_body() {
    let rig = Rig::plain().await;
    let image = rig.seed_image(Some("1"));
    let slow = |body: Option<&str>| Effect::Respond {
        status: 429,
        headers: vec![("Retry-After".to_owned(), "0.0007".to_owned())],
        body: body.map(str::to_owned),
    };
    for effect in [slow(None), slow(Some("")), slow(Some("<html>busy</html>")), Effect::status(503), Effect::Drop] {
        rig.server.faults().push(Fault::new(effect).times(2));
        assert_eq!(rig.client.resolve(&rig.tagged("1")).await.unwrap().digest, *image.digest());
    }
    rig.server.faults().push(Fault::new(Effect::retry_after("3600")));
    let error = rig.client.resolve(&rig.tagged("1")).await.unwrap_err();
    assert_eq!((error.kind(), error.hint_text()), (ErrorKind::RateLimited, Some("it asks to wait for 3600 seconds")));
    rig.server.faults().push(Fault::new(Effect::status(500)).always());
    assert_eq!(rig.client.resolve(&rig.tagged("1")).await.unwrap_err().kind(), ErrorKind::Unavailable);
}

/// As a registry of ten requests a second is met by a client that first waits a second, in a twentieth of the time.
#[tokio::test]
async fn t02_a_pause_holds_for_all_requests_so_that_few_are_refused() {
    use futures_util::{StreamExt, TryStreamExt, stream};
    let options = Options { requests_per_second: Some(200), ..Options::default() };
    let rig = Rig::with(options, |o| o.patience.first_pause = Duration::from_millis(50)).await;
    rig.seed_image(Some("1"));
    let reference = rig.tagged("1");
    let reads: Vec<_> = (0..600).map(|_| rig.client.resolve(&reference)).collect();
    let read: Vec<Descriptor> = stream::iter(reads).buffer_unordered(4).try_collect().await.unwrap();
    let refused = rig.server.log().iter().filter(|request| request.status == Some(429)).count();
    assert!(read.len() == 600 && refused < 300, "{refused} refused");
}

#[tokio::test]
async fn a_manifest_of_hostile_size_is_not_read() {
    let rig = Rig::plain().await;
    rig.server.put_manifest(APP, Some("1"), " ".repeat(5 << 20), media_type::OCI_MANIFEST);
    assert_eq!(rig.client.resolve(&rig.tagged("1")).await.unwrap_err().kind(), ErrorKind::Invalid);
}

#[tokio::test]
async fn redirects_go_neither_in_a_circle_nor_elsewhere_in_scheme() {
    let rig = Rig::plain().await;
    let away = |to: &str| {
        let headers = vec![("Location".to_owned(), to.to_owned())];
        Fault::new(Effect::Respond { status: 307, headers, body: None })
    };
    rig.server.faults().push(away("/v2/team/app/manifests/1").always());
    assert_eq!(rig.client.resolve(&rig.tagged("1")).await.unwrap_err().kind(), ErrorKind::Unavailable);
    rig.server.faults().clear();
    for odd in ["ftp://x/", "http://", "http://u:p@127.0.0.1/"] {
        rig.server.faults().push(away(odd));
        assert_eq!(rig.client.resolve(&rig.tagged("1")).await.unwrap_err().kind(), ErrorKind::Unavailable, "{odd}");
    }
}

#[tokio::test]
async fn a_pause_that_the_server_asks_for_is_no_time_that_its_answer_takes() {
    let rig = Rig::with(Options::default(), |o| {
        o.patience.answer = Duration::from_millis(250);
        o.patience.longest_pause = Duration::from_secs(1);
        o.patience.attempts = 2;
    })
    .await;
    let image = rig.seed_image(Some("1"));
    rig.server.faults().push(Fault::new(Effect::retry_after("0.5")));
    assert_eq!(rig.client.resolve(&rig.tagged("1")).await.unwrap().digest, *image.digest());
    assert_eq!(rig.server.log().len(), 2);
}

#[tokio::test]
async fn a_server_that_falls_silent_is_not_waited_for_for_ever() {
    let rig = Rig::with(Options::default(), |o| {
        o.patience.answer = Duration::from_millis(30);
        o.patience.attempts = 2;
    })
    .await;
    rig.server.faults().push(Fault::new(Effect::Delay(Duration::from_secs(20))).always());
    let begun = std::time::Instant::now();
    assert_eq!(rig.client.resolve(&rig.tagged("1")).await.unwrap_err().kind(), ErrorKind::Unavailable);
    assert!(begun.elapsed() < Duration::from_secs(5));
}

#[tokio::test]
async fn an_unreachable_registry_is_not_an_empty_one() {
    let rig = Rig::plain().await;
    let Rig { server, client } = rig;
    let (host, repository) =
        (server.host().to_owned(), Repository::parse(&format!("{}/{APP}", server.host())).unwrap());
    drop(server);
    let error = client.tags(&repository).await.unwrap_err();
    assert!(error.kind() == ErrorKind::Unavailable && error.to_string().contains(&host), "{error}");
}
