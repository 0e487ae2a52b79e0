//! Pushing, reading and deleting manifests.

use super::*;
use crate::model::Algorithm;

fn path(reference: &str) -> String {
    format!("/v2/{REPOSITORY}/manifests/{reference}")
}

#[tokio::test]
async fn a_manifest_keeps_its_bytes_and_its_type() {
    let rig = Rig::plain().await;
    let text = format!("  {}\n", rig.image());
    let put = rig.send("PUT", &path("v1"), &[("Content-Type", OCI_MANIFEST)], text.clone()).await;
    let digest = Digest::of(text.as_bytes());
    assert_eq!((put.status.as_u16(), put.header("docker-content-digest")), (201, digest.as_str()));
    for reference in ["v1", digest.as_str()] {
        let get = rig.get(&path(reference)).await;
        assert_eq!((get.body.as_slice(), get.header("content-type")), (text.as_bytes(), OCI_MANIFEST));
        assert_eq!(rig.server.manifest_bytes(REPOSITORY, reference).as_deref(), Some(text.as_bytes()));
    }
    assert_eq!(rig.server.tags(REPOSITORY), [("v1".to_owned(), digest)]);
    assert_eq!(rig.server.manifest_media_type(REPOSITORY, "v1").as_deref(), Some(OCI_MANIFEST));
}

#[tokio::test]
async fn a_push_by_digest_must_match_and_may_set_tags() {
    let rig = Rig::plain().await;
    let image = rig.image();
    let wrong = rig.put_manifest(Digest::of(b"").as_str(), &image).await;
    assert_eq!(wrong.refusal(), refused(400, "DIGEST_INVALID"));
    let any = Digest::parse(&format!("{}:{}", Algorithm::Sha512.name(), "0".repeat(128))).unwrap();
    let digest = any.same_algorithm_of(image.to_string().as_bytes());
    let put = rig.put_manifest(&format!("{digest}?tag=a&tag=b"), &image).await;
    let tags: Vec<_> = put.headers.get_all("oci-tag").iter().map(|tag| tag.to_str().unwrap()).collect();
    assert_eq!((put.status.as_u16(), tags), (201, vec!["a", "b"]));
    assert_eq!(rig.get(&path("b")).await.header("docker-content-digest"), digest.as_str());
}

#[tokio::test]
async fn malformed_manifests_are_refused() {
    let rig = Rig::plain().await;
    let put = |kind: &'static str, body: String| {
        let rig = &rig;
        async move { rig.send("PUT", &path("v1"), &[("Content-Type", kind)], body).await.refusal() }
    };
    assert_eq!(put(OCI_MANIFEST, "{".to_owned()).await, refused(400, "MANIFEST_INVALID"));
    assert_eq!(put(OCI_INDEX, rig.image().to_string()).await, refused(400, "MANIFEST_INVALID"));
    assert_eq!(put("text/plain", "{\"schemaVersion\":2}".to_owned()).await, refused(400, "MANIFEST_INVALID"));
    let large = "x".repeat(5 << 20);
    assert_eq!(put(OCI_MANIFEST, large).await, refused(413, "SIZE_INVALID"));
    assert!(rig.server.manifests(REPOSITORY).is_empty());
}

#[tokio::test]
async fn every_missing_part_is_named_unless_sparse_is_allowed() {
    let rig = Rig::plain().await;
    let mut image = rig.image();
    let missing = [Digest::of(b"a"), Digest::of(b"b")];
    image["layers"] = json!([descriptor(LAYER, &missing[0], 1), descriptor(LAYER, &missing[1], 1)]);
    let answer = rig.put_manifest("v1", &image).await;
    assert_eq!(answer.refusal(), refused(400, "MANIFEST_BLOB_UNKNOWN"));
    assert_eq!(answer.json()["errors"][1]["detail"]["digest"], missing[1].as_str());
    let child = index(&[descriptor(OCI_MANIFEST, &missing[0], 1)]);
    assert_eq!(rig.put_manifest("v1", &child).await.refusal(), refused(400, "MANIFEST_BLOB_UNKNOWN"));
    rig.server.configure(|options| options.sparse = true);
    assert_eq!(rig.put_manifest("v1", &image).await.status, 201);
    assert_eq!(rig.put_manifest("v2", &child).await.status, 201);
}

#[tokio::test]
async fn a_descriptor_must_have_the_size_of_what_it_names() {
    let rig = Rig::plain().await;
    let mut image = rig.image();
    image["layers"][0]["size"] = json!(6);
    assert_eq!(rig.put_manifest("v1", &image).await.refusal(), refused(400, "MANIFEST_BLOB_UNKNOWN"));
}

#[tokio::test]
async fn layers_that_are_never_pushed_are_not_missed() {
    let rig = Rig::plain().await;
    let mut image = rig.image();
    let foreign = "application/vnd.oci.image.layer.nondistributable.v1.tar+gzip";
    image["layers"] = json!([descriptor(foreign, &Digest::of(b"elsewhere"), 9)]);
    assert_eq!(rig.put_manifest("v1", &image).await.status, 201);
}

#[tokio::test]
async fn accept_must_name_the_type_where_that_is_enforced() {
    let rig = Rig::plain().await;
    rig.put_manifest("v1", &rig.image()).await;
    let get = |accept: &'static str| {
        let rig = &rig;
        async move { rig.send("GET", &path("v1"), &[("Accept", accept)], "").await.status.as_u16() }
    };
    assert_eq!(get(OCI_INDEX).await, 404);
    assert_eq!(get(OCI_MANIFEST).await, 200);
    assert_eq!(rig.send("HEAD", &path("v1"), &[], "").await.status, 404);
    rig.server.configure(|options| options.enforce_accept = false);
    assert_eq!(rig.send("HEAD", &path("v1"), &[], "").await.status, 200);
}

#[tokio::test]
async fn deleting_a_tag_leaves_the_manifest_and_deleting_the_manifest_takes_its_tags() {
    let rig = Rig::plain().await;
    let image = rig.image();
    for tag in ["a", "b", "c"] {
        rig.put_manifest(tag, &image).await;
    }
    assert_eq!(rig.send("DELETE", &path("a"), &[], "").await.status, 202);
    assert_eq!(rig.send("DELETE", &path("a"), &[], "").await.refusal(), refused(404, "MANIFEST_UNKNOWN"));
    assert_eq!(rig.get(&path("b")).await.status, 200);
    assert_eq!(rig.send("DELETE", &path(digest_of(&image).as_str()), &[], "").await.status, 202);
    assert_eq!(rig.get(&path("b")).await.refusal(), refused(404, "MANIFEST_UNKNOWN"));
    assert!(rig.server.tags(REPOSITORY).is_empty());
}

#[tokio::test]
async fn deletion_can_be_switched_off_and_children_protected() {
    let rig = Rig::new(Options { delete_tags: false, protect_children: true, ..Options::default() }).await;
    let image = rig.image();
    let digest = digest_of(&image);
    rig.put_manifest("v1", &image).await;
    let size = image.to_string().len();
    rig.put_manifest("all", &index(&[descriptor(OCI_MANIFEST, &digest, size)])).await;
    assert_eq!(rig.send("DELETE", &path("v1"), &[], "").await.refusal(), refused(405, "UNSUPPORTED"));
    assert_eq!(rig.send("DELETE", &path(digest.as_str()), &[], "").await.refusal(), refused(409, "DENIED"));
    rig.server.configure(|options| options.delete_manifests = false);
    assert_eq!(rig.send("DELETE", &path(digest.as_str()), &[], "").await.refusal(), refused(405, "UNSUPPORTED"));
}

#[tokio::test]
async fn an_immutable_tag_takes_the_same_digest_and_no_other() {
    let rig = Rig::new(Options { immutable_tags: Some(412), ..Options::default() }).await;
    let image = rig.image();
    assert_eq!(rig.put_manifest("v1", &image).await.status, 201);
    assert_eq!(rig.put_manifest("v1", &image).await.status, 201);
    assert_eq!(rig.put_manifest("v1", &index(&[])).await.refusal(), refused(412, "DENIED"));
    assert_eq!(rig.send("DELETE", &path("v1"), &[], "").await.refusal(), refused(412, "DENIED"));
    assert_eq!(rig.server.tags(REPOSITORY), [("v1".to_owned(), digest_of(&image))]);
    assert_eq!(rig.server.manifests(REPOSITORY).len(), 1);
}

#[tokio::test]
async fn conditions_keep_two_writers_apart() {
    let rig = Rig::new(Options { etags: true, ..Options::default() }).await;
    let (one, two) = (index(&[]), rig.image());
    let put = |document: &Value, condition: &str, value: &str| {
        let (kind, body) = (document["mediaType"].as_str().unwrap().to_owned(), document.to_string());
        let (condition, value, rig) = (condition.to_owned(), value.to_owned(), &rig);
        async move {
            rig.send("PUT", &path("t"), &[("Content-Type", &kind), (&condition, &value)], body).await.status.as_u16()
        }
    };
    assert_eq!(put(&one, "If-None-Match", "*").await, 201);
    assert_eq!(put(&two, "If-None-Match", "*").await, 412);
    let etag = rig.get(&path("t")).await.header("etag").to_owned();
    assert_eq!(put(&two, "If-Match", &etag).await, 201);
    assert_eq!(put(&one, "If-Match", &etag).await, 412);
}
