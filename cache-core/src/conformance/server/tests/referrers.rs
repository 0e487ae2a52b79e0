//! The referrers API.

use super::*;

fn referrer(rig: &Rig, subject: &Digest, kind: &str, note: &str) -> Value {
    let mut image = rig.image();
    image["artifactType"] = json!(kind);
    image["subject"] = descriptor(OCI_MANIFEST, subject, 1);
    image["annotations"] = json!({ "note": note });
    image
}

fn kinds(answer: &Answer) -> Vec<String> {
    let list = answer.json()["manifests"].as_array().unwrap().clone();
    let mut kinds: Vec<String> = list.iter().map(|d| d["artifactType"].as_str().unwrap().to_owned()).collect();
    kinds.sort();
    kinds
}

#[tokio::test]
async fn referrers_are_listed_with_type_and_annotations_also_before_their_subject() {
    let rig = Rig::plain().await;
    let subject = Digest::of(b"not here yet");
    let put = rig.put_manifest("sbom", &referrer(&rig, &subject, "x/sbom", "hi")).await;
    assert_eq!((put.status.as_u16(), put.header("oci-subject")), (201, subject.as_str()));
    let answer = rig.get(&format!("/v2/{REPOSITORY}/referrers/{subject}")).await;
    assert_eq!((answer.status.as_u16(), answer.header("content-type")), (200, OCI_INDEX));
    let list = answer.json();
    assert_eq!(list["manifests"][0]["artifactType"], "x/sbom");
    assert_eq!(list["manifests"][0]["annotations"]["note"], "hi");
    assert_eq!(list["manifests"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn the_filter_is_applied_and_said_to_be() {
    let rig = Rig::plain().await;
    let subject = Digest::of(b"s");
    for kind in ["x/sbom+json", "x/sig"] {
        rig.put_manifest("t", &referrer(&rig, &subject, kind, "")).await;
    }
    let path = format!("/v2/{REPOSITORY}/referrers/{subject}");
    let all = rig.get(&path).await;
    assert_eq!((kinds(&all).len(), all.header("oci-filters-applied")), (2, ""));
    let some = rig.get(&format!("{path}?artifactType=x%2Fsbom%2Bjson")).await;
    assert_eq!((kinds(&some), some.header("oci-filters-applied")), (vec!["x/sbom+json".to_owned()], "artifactType"));
}

#[tokio::test]
async fn pages_are_linked_and_keep_the_filter() {
    let rig = Rig::new(Options { page_size: Some(1), ..Options::default() }).await;
    let subject = Digest::of(b"s");
    for note in ["1", "2", "3"] {
        rig.put_manifest("t", &referrer(&rig, &subject, "x/sig", note)).await;
    }
    rig.put_manifest("t", &referrer(&rig, &subject, "x/other", "")).await;
    let mut next = Some(format!("/v2/{REPOSITORY}/referrers/{subject}?artifactType=x/sig"));
    let mut seen = Vec::new();
    while let Some(path) = next {
        let answer = rig.get(&path).await;
        seen.extend(kinds(&answer));
        next = answer.header("link").strip_prefix('<').and_then(|l| l.split_once('>')).map(|(path, _)| path.to_owned());
    }
    assert_eq!(seen, ["x/sig"; 3]);
}

#[tokio::test]
async fn nothing_is_an_empty_list_and_a_bad_digest_an_error() {
    let rig = Rig::plain().await;
    let answer = rig.get(&format!("/v2/nowhere/referrers/{}", Digest::of(b""))).await;
    assert_eq!((answer.status.as_u16(), answer.json()["manifests"].as_array().unwrap().len()), (200, 0));
    assert_eq!(rig.get("/v2/nowhere/referrers/sha256:x").await.refusal(), refused(400, "DIGEST_INVALID"));
}

#[tokio::test]
async fn without_the_api_there_is_neither_list_nor_subject_header() {
    let rig = Rig::new(Options { referrers: false, ..Options::default() }).await;
    let subject = Digest::of(b"s");
    let put = rig.put_manifest("t", &referrer(&rig, &subject, "x/sig", "")).await;
    assert_eq!((put.status.as_u16(), put.header("oci-subject")), (201, ""));
    assert_eq!(rig.get(&format!("/v2/{REPOSITORY}/referrers/{subject}")).await.status, 404);
}

#[tokio::test]
async fn a_deleted_referrer_is_no_longer_listed() {
    let rig = Rig::plain().await;
    let subject = Digest::of(b"s");
    let image = referrer(&rig, &subject, "x/sig", "");
    rig.put_manifest("t", &image).await;
    rig.send("DELETE", &format!("/v2/{REPOSITORY}/manifests/{}", digest_of(&image)), &[], "").await;
    assert!(kinds(&rig.get(&format!("/v2/{REPOSITORY}/referrers/{subject}")).await).is_empty());
}

#[tokio::test]
async fn some_registries_want_the_subject_first() {
    let rig = Rig::new(Options { subject_first: true, ..Options::default() }).await;
    let image = rig.image();
    let referrer = referrer(&rig, &digest_of(&image), "x/sig", "");
    assert_eq!(rig.put_manifest("t", &referrer).await.refusal(), refused(404, "MANIFEST_UNKNOWN"));
    rig.put_manifest("v1", &image).await;
    assert_eq!(rig.put_manifest("t", &referrer).await.status, 201);
}
