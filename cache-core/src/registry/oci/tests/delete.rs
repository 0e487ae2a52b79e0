use super::*;
use crate::conformance::server::{Effect, Fault};
use crate::error::ErrorKind;
use crate::plan::{Delete, DeleteTarget};

async fn delete(rig: &Rig, tag: Option<&str>, expected: &Digest) -> Result<()> {
    let target = tag.map_or(DeleteTarget::Manifest, |tag| DeleteTarget::Tag(Tag::parse(tag).unwrap()));
    let op = Delete { repository: rig.app(), target, expected: expected.clone(), tags: Vec::new() };
    rig.client.delete(testing_permit(op)).await
}

fn tags(rig: &Rig) -> Vec<String> {
    rig.server.tags(APP).into_iter().map(|(tag, _)| tag).collect()
}

#[tokio::test]
async fn x01_a_tag_is_deleted_alone_and_a_manifest_with_all_its_tags() {
    let rig = Rig::plain().await;
    let image = rig.seed_image(Some("1"));
    rig.server.tag(APP, "2", image.digest());
    rig.server.tag(APP, "3", image.digest());
    delete(&rig, Some("2"), image.digest()).await.unwrap();
    assert_eq!(tags(&rig), ["1", "3"]);
    delete(&rig, None, image.digest()).await.unwrap();
    assert!(tags(&rig).is_empty() && rig.server.manifests(APP).is_empty());
    assert!(delete(&rig, None, image.digest()).await.unwrap_err().is_not_found());
}

#[tokio::test]
async fn a_tag_that_moved_is_not_deleted() {
    let rig = Rig::plain().await;
    let image = rig.seed_image(Some("1"));
    let error = delete(&rig, Some("1"), &Digest::of(b"other")).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Conflict);
    assert!(delete(&rig, Some("9"), image.digest()).await.unwrap_err().is_not_found());
    assert_eq!((tags(&rig), rig.server.count("DELETE", "")), (vec!["1".to_owned()], 0));
}

#[tokio::test]
async fn x02_a_registry_that_cannot_delete_a_tag_says_what_to_do() {
    let rig = Rig::new(Options { delete_tags: false, delete_manifests: false, ..Options::default() }).await;
    let image = rig.seed_image(Some("1"));
    let error = delete(&rig, Some("1"), image.digest()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unsupported);
    assert!(error.hint_text().unwrap().contains("delete the manifest"));
    assert_eq!(delete(&rig, None, image.digest()).await.unwrap_err().kind(), ErrorKind::Unsupported);
    assert_eq!(tags(&rig), ["1"]);
}

fn moves(to: Option<&Digest>) -> Effect {
    Effect::MoveTag { repository: APP.to_owned(), tag: "1".to_owned(), to: to.cloned() }
}

#[tokio::test]
async fn a_deletion_whose_answer_was_lost_is_done() {
    let rig = Rig::plain().await;
    let image = rig.seed_image(Some("1"));
    for tag in [Some("1"), None] {
        rig.server.faults().push(Fault::new(Effect::DropAnswer).method("DELETE"));
        delete(&rig, tag, image.digest()).await.unwrap();
    }
    assert!(tags(&rig).is_empty() && rig.server.manifests(APP).is_empty());
    assert_eq!(rig.server.count("DELETE", ""), 2);
}

#[tokio::test]
async fn a_tag_that_is_set_anew_after_a_lost_answer_is_not_deleted() {
    let rig = Rig::plain().await;
    let first = rig.seed_image(Some("1"));
    let second = image("{}", None);
    rig.server.put_manifest(APP, None, second.bytes().clone(), second.media_type());
    rig.server.faults().push(Fault::new(moves(Some(second.digest()))).method("DELETE"));
    rig.server.faults().push(Fault::new(Effect::DropAnswer).method("DELETE"));
    let error = delete(&rig, Some("1"), first.digest()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Conflict);
    assert_eq!(rig.server.tags(APP), [("1".to_owned(), second.digest().clone())]);
    assert_eq!(rig.server.count("DELETE", ""), 1);
}

#[tokio::test]
async fn not_found_is_said_of_what_is_gone_and_by_registries_that_cannot_delete() {
    let rig = Rig::plain().await;
    let image = rig.seed_image(Some("1"));
    for tag in [Some("1"), None] {
        rig.server.faults().push(Fault::new(Effect::status(404)).method("DELETE"));
        assert_eq!(delete(&rig, tag, image.digest()).await.unwrap_err().kind(), ErrorKind::Unsupported);
    }
    // Somebody else deletes the tag right after the look.
    rig.server.faults().push(Fault::new(moves(None)).method("GET"));
    delete(&rig, Some("1"), image.digest()).await.unwrap();
    assert_eq!((tags(&rig).len(), rig.server.manifests(APP).len()), (0, 1));
}

#[tokio::test]
async fn a_referrer_whose_deletion_lost_its_answer_leaves_the_fallback_list() {
    let rig = Rig::new(Options { referrers: false, ..Options::default() }).await;
    let subject = rig.seed_image(Some("1"));
    rig.server.put_blob(APP, "a");
    let artifact = image("a", Some(&subject));
    rig.put(&artifact).await.unwrap();
    rig.server.faults().push(Fault::new(Effect::DropAnswer).method("DELETE"));
    delete(&rig, None, artifact.digest()).await.unwrap();
    assert!(rig.client.referrers(&rig.app().at(subject.digest().clone())).await.unwrap().is_empty());
    assert_eq!(rig.server.count("DELETE", ""), 1);
}

#[tokio::test]
async fn a_deleted_referrer_leaves_the_fallback_list() {
    let rig = Rig::new(Options { referrers: false, ..Options::default() }).await;
    let subject = rig.seed_image(Some("1"));
    let mut made = Vec::new();
    for text in ["a", "b"] {
        rig.server.put_blob(APP, text);
        made.push(image(text, Some(&subject)));
        rig.put(made.last().unwrap()).await.unwrap();
    }
    delete(&rig, None, made[0].digest()).await.unwrap();
    let left = rig.client.referrers(&rig.app().at(subject.digest().clone())).await.unwrap();
    assert_eq!(left.iter().map(|d| &d.digest).collect::<Vec<_>>(), [made[1].digest()]);
}
