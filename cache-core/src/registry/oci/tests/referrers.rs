use super::*;
use crate::conformance::server::{Effect, Endpoint, Fault};
use crate::error::ErrorKind;

async fn seeded(options: Options) -> (Rig, Manifest) {
    let rig = Rig::new(options).await;
    let subject = rig.seed_image(Some("1"));
    (rig, subject)
}

fn without_api() -> Options {
    Options { referrers: false, ..Options::default() }
}

/// Pushes an artifact about `subject`, blobs first.
async fn attach(rig: &Rig, subject: &Manifest, text: &str) -> Manifest {
    rig.server.put_blob(APP, text.to_owned());
    let artifact = image(text, Some(subject));
    rig.put(&artifact).await.unwrap();
    artifact
}

async fn referrers(rig: &Rig, subject: &Manifest) -> Result<Vec<Descriptor>> {
    rig.client.referrers(&rig.app().at(subject.digest().clone())).await
}

#[tokio::test]
async fn s12_both_ways_of_listing_give_the_same_list() {
    for options in [Options::default(), without_api()] {
        let api = options.referrers;
        let (rig, subject) = seeded(options).await;
        assert!(referrers(&rig, &subject).await.unwrap().is_empty());
        let mut made = Vec::new();
        for text in ["a", "b", "c"] {
            made.push(attach(&rig, &subject, text).await);
        }
        made.sort_by_key(|m| m.digest().clone());
        let found = referrers(&rig, &subject).await.unwrap();
        let expected: Vec<Descriptor> = made.iter().map(crate::registry::checks::referrer).collect();
        assert_eq!(found, expected);
        let fallback = rig.server.tags(APP).iter().filter(|(tag, _)| tag.starts_with("sha256-")).count();
        assert_eq!(fallback, usize::from(!api));
        // Again: nothing new, and no entry twice.
        for artifact in &made {
            assert_eq!(rig.put(artifact).await.unwrap(), Moved::AlreadyThere);
        }
        assert_eq!(referrers(&rig, &subject).await.unwrap().len(), 3);
    }
}

#[tokio::test]
async fn referrers_come_in_pages() {
    let (rig, subject) = seeded(Options { page_size: Some(2), ..Options::default() }).await;
    for text in ["a", "b", "c", "d", "e"] {
        attach(&rig, &subject, text).await;
    }
    assert_eq!(referrers(&rig, &subject).await.unwrap().len(), 5);
}

#[tokio::test]
async fn s02_writers_at_once_lose_no_entry() {
    for etags in [false, true] {
        let (rig, subject) = seeded(Options { etags, ..without_api() }).await;
        let (rig, subject) = (Arc::new(rig), Arc::new(subject));
        let writers = (0..8).map(|writer| {
            let (rig, subject) = (Arc::clone(&rig), Arc::clone(&subject));
            tokio::spawn(async move {
                for round in 0..20 {
                    attach(&rig, &subject, &format!("{writer}-{round}")).await;
                }
            })
        });
        for writer in writers.collect::<Vec<_>>() {
            writer.await.unwrap();
        }
        assert_eq!(referrers(&rig, &subject).await.unwrap().len(), 160, "etags: {etags}");
    }
}

#[tokio::test]
async fn s02_another_client_that_comes_between_is_merged() {
    let (rig, subject) = seeded(Options { etags: true, sparse: true, ..without_api() }).await;
    let first = attach(&rig, &subject, "first").await;
    let tag = Tag::of_digest(subject.digest(), "").to_string();
    // Between our reading and our writing the list becomes another client's, whose entry must survive.
    let theirs = parsed(&json!({
        "schemaVersion": 2, "mediaType": media_type::OCI_INDEX, "x-unknown": true,
        "manifests": [crate::registry::checks::referrer(&first), Descriptor::of(media_type::OCI_MANIFEST, b"theirs")],
    }));
    let digest = rig.server.put_manifest(APP, None, theirs.bytes().clone(), theirs.media_type());
    let moved = Effect::MoveTag { repository: APP.to_owned(), tag: tag.clone(), to: Some(digest) };
    rig.server.faults().push(Fault::new(moved).method("GET").path(format!("/manifests/{tag}")));
    attach(&rig, &subject, "second").await;
    let found = referrers(&rig, &subject).await.unwrap();
    assert_eq!(found.len(), 3);
    let list = rig.server.manifest_bytes(APP, &tag).unwrap();
    assert!(String::from_utf8_lossy(&list).contains("x-unknown"));
}

#[tokio::test]
async fn s05_a_registry_that_answers_with_the_subject_lists_nothing() {
    let (rig, subject) = seeded(without_api()).await;
    rig.server.tag(APP, Tag::of_digest(subject.digest(), "").as_str(), subject.digest());
    assert!(referrers(&rig, &subject).await.unwrap().is_empty());
    let index = parsed(&json!({
        "schemaVersion": 2, "mediaType": media_type::OCI_INDEX, "manifests": [subject.descriptor()]
    }));
    rig.server.put_manifest(
        APP,
        Some(Tag::of_digest(index.digest(), "").as_str()),
        index.bytes().clone(),
        index.media_type(),
    );
    assert!(referrers(&rig, &index).await.unwrap().is_empty());
}

#[tokio::test]
async fn s11_a_throttled_or_failing_list_is_never_empty() {
    let (rig, subject) = seeded(Options::default()).await;
    attach(&rig, &subject, "a").await;
    rig.server.faults().push(Fault::new(Effect::status(429)).on(Endpoint::Referrers));
    assert_eq!(referrers(&rig, &subject).await.unwrap().len(), 1);
    for (status, kind) in [(429, ErrorKind::RateLimited), (500, ErrorKind::Unavailable), (403, ErrorKind::Denied)] {
        rig.server.faults().push(Fault::new(Effect::status(status)).on(Endpoint::Referrers).times(5));
        assert_eq!(referrers(&rig, &subject).await.unwrap_err().kind(), kind);
        rig.server.faults().clear();
    }
}

#[tokio::test]
async fn s09_a_refused_referrer_is_named() {
    let (rig, subject) = seeded(Options::default()).await;
    rig.server.put_blob(APP, "a");
    let artifact = image("a", Some(&subject));
    rig.server.faults().push(Fault::new(Effect::status(405)).method("PUT"));
    let error = rig.put(&artifact).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unsupported);
    assert!(error.to_string().contains(artifact.digest().as_str()), "{error}");
}

#[tokio::test]
async fn s08_a_registry_that_wants_the_subject_first_refuses_without_loss() {
    let (rig, subject) = seeded(Options { subject_first: true, ..Options::default() }).await;
    attach(&rig, &subject, "a").await;
    rig.server.put_blob(APP, "b");
    let orphan = image("b", Some(&image("not there", None)));
    assert!(rig.put(&orphan).await.is_err());
    assert_eq!(referrers(&rig, &subject).await.unwrap().len(), 1);
}

/// What a registry says of a subject whose referrers it does not know.
fn lists(index: &Value) -> Effect {
    let headers = vec![("Content-Type".to_owned(), media_type::OCI_INDEX.to_owned())];
    Effect::Respond { status: 200, headers, body: Some(index.to_string()) }
}

#[tokio::test]
async fn a_referrer_that_is_there_and_not_listed_is_sent_again() {
    let (rig, subject) = seeded(Options::default()).await;
    let artifact = attach(&rig, &subject, "a").await;
    let none = json!({"schemaVersion": 2, "mediaType": media_type::OCI_INDEX, "manifests": []});
    rig.server.clear_log();
    assert_eq!(rig.put(&artifact).await.unwrap(), Moved::AlreadyThere);
    assert_eq!((rig.server.count("PUT", ""), rig.server.log().len()), (0, 2));
    // As one that learned to list after the push, and one where the list comes a moment later.
    for looks in [1, 2] {
        rig.server.clear_log();
        rig.server.faults().push(Fault::new(lists(&none)).on(Endpoint::Referrers).times(looks));
        assert_eq!(rig.put(&artifact).await.unwrap(), Moved::Sent(artifact.bytes().len() as u64));
        assert_eq!((rig.server.count("PUT", ""), rig.server.count("GET", "/referrers/")), (1, looks + 1));
    }
    rig.server.faults().push(Fault::new(lists(&none)).on(Endpoint::Referrers).always());
    let error = rig.put(&artifact).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unexpected);
    assert!(error.to_string().contains(artifact.digest().as_str()) && error.hint_text().is_some(), "{error:?}");
}

#[tokio::test]
async fn an_index_without_its_list_is_no_list_of_referrers() {
    let (rig, subject) = seeded(Options::default()).await;
    for odd in [json!({"message": "try later"}), json!({"schemaVersion": 2, "mediaType": media_type::OCI_INDEX})] {
        rig.server.faults().push(Fault::new(lists(&odd)).on(Endpoint::Referrers));
        assert!(referrers(&rig, &subject).await.is_err(), "{odd}");
    }
}

#[tokio::test]
async fn a_writer_whose_answer_was_lost_loses_no_entry_of_the_list() {
    let (rig, subject) = seeded(without_api()).await;
    attach(&rig, &subject, "first").await;
    let tag = Tag::of_digest(subject.digest(), "").to_string();
    for effect in [Effect::DropAnswer, Effect::status(503)] {
        let path = format!("/manifests/{tag}");
        rig.server.faults().push(Fault::new(effect).method("PUT").path(path.clone()));
        rig.server.clear_log();
        attach(&rig, &subject, &format!("{}", rig.server.manifests(APP).len())).await;
        let log = rig.server.log();
        let lists: Vec<&str> = log.iter().filter(|r| r.path.ends_with(&path)).map(|r| &r.method[..]).collect();
        // No try follows another without a look.
        assert!(lists.windows(2).all(|pair| pair != ["PUT", "PUT"]), "{lists:?}");
    }
    assert_eq!(referrers(&rig, &subject).await.unwrap().len(), 3);
}

#[tokio::test]
async fn a_registry_without_the_list_is_asked_once_per_repository() {
    let (rig, subject) = seeded(without_api()).await;
    let asked = || rig.server.count("GET", "/referrers/");
    let mut made = Vec::new();
    for text in ["a", "b", "c"] {
        made.push(attach(&rig, &subject, text).await);
    }
    for artifact in &made {
        assert!(referrers(&rig, artifact).await.unwrap().is_empty());
    }
    assert_eq!(referrers(&rig, &subject).await.unwrap().len(), 3);
    assert_eq!(asked(), 1);
    let elsewhere = rig.repository("team/other").at(subject.digest().clone());
    assert!(rig.client.clone().referrers(&elsewhere).await.unwrap().is_empty());
    assert_eq!(asked(), 2);
    // Another object knows nothing of it.
    let options = OciOptions { patience: impatient(), ..OciOptions::default() };
    let other = OciRegistry::new(rig.server.host(), options).unwrap();
    other.referrers(&rig.app().at(subject.digest().clone())).await.unwrap();
    assert_eq!(asked(), 3);
}

#[tokio::test]
async fn a_repository_that_is_not_there_says_nothing_of_the_list() {
    let (rig, subject) = seeded(Options::default()).await;
    attach(&rig, &subject, "a").await;
    for code in ["NAME_UNKNOWN", "MANIFEST_UNKNOWN"] {
        let body = json!({"errors": [{"code": code, "message": "not here"}]});
        rig.server.faults().push(Fault::new(Effect::answer(404, body.to_string())).on(Endpoint::Referrers));
        assert!(referrers(&rig, &subject).await.unwrap().is_empty());
        assert_eq!(referrers(&rig, &subject).await.unwrap().len(), 1, "{code}");
    }
}

#[tokio::test]
async fn a_registry_that_learns_to_list_is_believed_when_it_says_so() {
    let (rig, subject) = seeded(without_api()).await;
    assert!(referrers(&rig, &subject).await.unwrap().is_empty());
    rig.server.configure(|options| options.referrers = true);
    attach(&rig, &subject, "a").await;
    assert_eq!(referrers(&rig, &subject).await.unwrap().len(), 1);
    assert!(rig.server.tags(APP).iter().all(|(tag, _)| !tag.starts_with("sha256-")));
}
