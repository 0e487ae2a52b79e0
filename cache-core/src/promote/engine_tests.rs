//! Promotion from one strict registry to another, over HTTP. The names begin with the case that they stand for.

use std::time::Duration;

use serde_json::{Value, json};

use super::tests::copied;
use super::*;
use crate::approve::{Answer, ApprovalPolicy, by_callback};
use crate::conformance::server::{Effect, Fault, Options, Server};
use crate::error::{ErrorKind, Result};
use crate::http::Patience;
use crate::model::manifest::media_type;
use crate::model::{Descriptor, Repository, Tag};
use crate::plan::Plan;
use crate::registry::{OciOptions, OciRegistry};

const DEV: &str = "dev/app";
const PROD: &str = "prod/app";

struct Rig {
    source: Server,
    target: Server,
    promoter: Promoter,
    _ledger: tempfile::TempDir,
}

impl Rig {
    async fn new(source: Options, target: Options) -> Rig {
        let (source, target) = (Server::start(source).await.unwrap(), Server::start(target).await.unwrap());
        let ledger = tempfile::tempdir().unwrap();
        let promoter = Promoter {
            source: client(&source),
            target: client(&target),
            gates: Vec::new(),
            trust: Trust::default(),
            signer: None,
            policy: None,
            materials: MemoryRegistry::new(),
            ledger: Ledger::at(ledger.path()),
            clock: None,
        };
        Rig { source, target, promoter, _ledger: ledger }
    }

    async fn strict() -> Rig {
        Rig::new(Options::default(), Options::default()).await
    }

    fn blob(&self, media_type: &str, text: &str) -> Descriptor {
        self.source.put_blob(DEV, text.to_owned());
        Descriptor::of(media_type, text.as_bytes())
    }

    fn put(&self, tag: Option<&str>, manifest: &Value) -> Descriptor {
        self.put_bytes(tag, manifest["mediaType"].as_str().unwrap(), &manifest.to_string())
    }

    fn put_bytes(&self, tag: Option<&str>, media_type: &str, bytes: &str) -> Descriptor {
        self.source.put_manifest(DEV, tag, bytes.to_owned(), media_type);
        Descriptor::of(media_type, bytes.as_bytes())
    }

    /// An image of one layer of this type, whose content is the name of the type.
    fn image(&self, layer: &str) -> Value {
        json!({
            "schemaVersion": 2, "mediaType": media_type::OCI_MANIFEST,
            "config": self.blob(media_type::OCI_CONFIG, "{}"), "layers": [self.blob(layer, layer)],
        })
    }

    fn about(&self, subject: &Descriptor, content: &str) -> Value {
        let mut artifact = self.image(media_type::OCI_LAYER_GZIP);
        artifact["artifactType"] = json!("application/vnd.test");
        artifact["layers"] = json!([self.blob("application/vnd.test", content)]);
        artifact["subject"] = json!(subject);
        artifact
    }

    /// The list of referrers of a registry without the API.
    fn fallback(&self, subject: &Descriptor, referrers: &[&Descriptor]) {
        let list = json!({"schemaVersion": 2, "mediaType": media_type::OCI_INDEX, "manifests": referrers});
        self.put(Some(Tag::of_digest(&subject.digest, "").as_str()), &list);
    }

    async fn plan(&self) -> Result<Plan> {
        let named = |server: &Server, path: &str| format!("{}/{path}:v1", server.host()).parse().unwrap();
        let request = Request {
            from: named(&self.source, DEV),
            to: named(&self.target, PROD),
            environment: "prod".into(),
            requester: "pipeline".into(),
            reason: None,
            move_tags: false,
            attach: Vec::new(),
        };
        match self.promoter.plan(&request).await? {
            Outlook::Ready(plan) => Ok(plan),
            other => panic!("{other:?}"),
        }
    }

    async fn execute(&self, plan: Plan) -> Receipt {
        let yes = Answer::approve("alice");
        let approval = by_callback(&plan, Timestamp::now(), |_| Ok(yes)).unwrap();
        let approved = ApprovalPolicy::default().admit(plan, vec![approval], Timestamp::now()).unwrap();
        self.promoter.execute(approved).await.unwrap()
    }

    /// Promotes, and looks whether every manifest arrived as it was.
    async fn promote(&self) -> Plan {
        let plan = self.plan().await.unwrap();
        let receipt = self.execute(plan.clone()).await;
        assert!(receipt.is_complete(), "{receipt}");
        for digest in copied(&plan) {
            let at = |server: &Server, path: &str| server.manifest_bytes(path, digest.as_str());
            assert!(at(&self.source, DEV).is_some() && at(&self.source, DEV) == at(&self.target, PROD), "{digest}");
        }
        plan
    }

    fn writes(&self) -> usize {
        self.target.log().iter().filter(|request| request.method != "GET" && request.method != "HEAD").count()
    }
}

fn client(server: &Server) -> Arc<OciRegistry> {
    let ms = Duration::from_millis;
    let patience = Patience { first_pause: ms(2), longest_pause: ms(50), ..Patience::default() };
    Arc::new(OciRegistry::new(server.host(), OciOptions { patience, ..OciOptions::default() }).unwrap())
}

fn child(of: &Descriptor, os: &str, architecture: &str) -> Value {
    let mut child = json!(of);
    child["platform"] = json!({"os": os, "architecture": architecture});
    child
}

#[tokio::test]
async fn m01_an_attestation_among_the_platforms_is_copied_like_any_child() {
    let rig = Rig::strict().await;
    let image = rig.put(None, &rig.image(media_type::OCI_LAYER_GZIP));
    let attestation = rig.put(None, &rig.image("application/vnd.in-toto+json"));
    let children = [child(&image, "linux", "amd64"), child(&attestation, "unknown", "unknown")];
    let index = json!({"schemaVersion": 2, "mediaType": media_type::OCI_INDEX, "manifests": children});
    let index = rig.put(Some("v1"), &index);
    assert_eq!(copied(&rig.promote().await).len(), 3);
    assert_eq!(rig.target.tags(PROD), [("v1".to_owned(), index.digest)]);
}

#[tokio::test]
async fn m05_an_index_goes_with_all_its_platforms_or_not_at_all() {
    let rig = Rig::strict().await;
    let first = rig.put(None, &rig.image(media_type::OCI_LAYER_GZIP));
    let second = rig.put(None, &rig.image("application/vnd.oci.image.layer.v1.tar"));
    let children = [child(&first, "linux", "amd64"), child(&second, "linux", "arm64")];
    let index = json!({"schemaVersion": 2, "mediaType": media_type::OCI_INDEX, "manifests": children});
    rig.put(Some("v1"), &index);
    // The target refuses an index whose parts it does not have.
    rig.promote().await;
    let rig = Rig::strict().await;
    rig.put(None, &rig.image(media_type::OCI_LAYER_GZIP));
    rig.put(Some("v1"), &index);
    let error = rig.plan().await.unwrap_err();
    assert!(error.is_not_found() && error.to_string().contains(second.digest.as_str()), "{error}");
    assert_eq!(rig.writes(), 0);
}

#[tokio::test]
async fn m06_no_byte_of_a_manifest_changes() {
    let rig = Rig::strict().await;
    let layer = rig.blob("application/vnd.docker.image.rootfs.diff.tar", "not compressed");
    let config = rig.blob(media_type::DOCKER_CONFIG, "{}");
    let odd = format!(
        "{{\n\t\"layers\" : [{} ],\n \"config\":{},\"mediaType\":\"{}\",\r\n\"x-own\": 1.0e0,   \"schemaVersion\":2}}\n\n",
        json!(layer),
        json!(config),
        media_type::DOCKER_MANIFEST
    );
    let image = rig.put_bytes(Some("v1"), media_type::DOCKER_MANIFEST, &odd);
    assert_eq!(copied(&rig.promote().await), std::slice::from_ref(&image.digest));
    assert_eq!(rig.target.manifest_media_type(PROD, "v1").as_deref(), Some(media_type::DOCKER_MANIFEST));
}

#[tokio::test]
async fn m07_layers_of_any_type_are_copied_as_they_are() {
    for layer in [
        "application/vnd.oci.image.layer.v1.tar+zstd",
        "application/vnd.docker.image.rootfs.diff.tar.zstd",
        "application/vnd.nobody.knows",
    ] {
        let rig = Rig::strict().await;
        rig.put(Some("v1"), &rig.image(layer));
        rig.promote().await;
        assert!(rig.target.blob_bytes(PROD, &Digest::of(layer.as_bytes())).is_some(), "{layer}");
    }
}

#[tokio::test]
async fn m08_schema_1_is_refused_before_anything_is_sent() {
    let rig = Rig::strict().await;
    let old = json!({"schemaVersion": 1, "name": "dev/app", "tag": "v1", "architecture": "amd64", "fsLayers": [],
        "history": [], "signatures": [{"header": {"alg": "ES256"}, "signature": "x", "protected": "x"}]});
    rig.put_bytes(Some("v1"), "application/vnd.docker.distribution.manifest.v1+prettyjws", &old.to_string());
    let error = rig.plan().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unsupported, "{error}");
    assert!(error.to_string().contains("schema"), "{error}");
    assert_eq!(rig.writes(), 0);
}

#[tokio::test]
async fn m09_a_refused_artifact_is_told_with_its_type_and_the_registry() {
    let artifact = |rig: &Rig| {
        let empty = rig.blob(media_type::OCI_EMPTY, "{}");
        let mut config = json!(empty);
        config["data"] = json!("e30=");
        let artifact = json!({"schemaVersion": 2, "mediaType": media_type::OCI_MANIFEST,
            "artifactType": "application/vnd.test", "config": config, "layers": [empty]});
        rig.put(Some("v1"), &artifact);
    };
    let rig = Rig::strict().await;
    artifact(&rig);
    rig.promote().await;
    let rig = Rig::strict().await;
    artifact(&rig);
    rig.target.faults().push(Fault::new(Effect::status(415)).method("PUT").path("/manifests/").always());
    let receipt = rig.execute(rig.plan().await.unwrap()).await.to_string();
    assert!(receipt.contains(media_type::OCI_MANIFEST) && receipt.contains(rig.target.host()), "{receipt}");
}

#[tokio::test]
async fn s04_referrers_in_a_circle_come_to_an_end() {
    let rig = Rig::new(Options { referrers: false, ..Options::default() }, Options::default()).await;
    let image = rig.put(Some("v1"), &rig.image(media_type::OCI_LAYER_GZIP));
    let signature = rig.put(None, &rig.about(&image, "signature"));
    rig.fallback(&image, &[&signature]);
    rig.fallback(&signature, &[&image, &signature]);
    let plan = rig.promote().await;
    assert_eq!((copied(&plan).len(), plan.left_behind.len()), (2, 0));
}

#[tokio::test]
async fn s06_a_target_that_deletes_nothing_takes_everything() {
    let stubborn = Options {
        referrers: false,
        delete_manifests: false,
        delete_tags: false,
        delete_blobs: false,
        ..Options::default()
    };
    let rig = Rig::new(Options::default(), stubborn).await;
    let image = rig.put(Some("v1"), &rig.image(media_type::OCI_LAYER_GZIP));
    for content in ["sbom", "signature"] {
        rig.put(None, &rig.about(&image, content));
    }
    assert_eq!(copied(&rig.promote().await).len(), 3);
    // The list of the first referrer is replaced by that of both, and stays as a manifest without a name.
    rig.put(None, &rig.about(&image, "late"));
    assert_eq!(copied(&rig.promote().await).len(), 1);
    let there = Repository::parse(&format!("{}/{PROD}", rig.target.host())).unwrap().at(image.digest);
    let listed = rig.promoter.target.as_registry().referrers(&there).await.unwrap();
    assert_eq!((listed.len(), rig.target.count("DELETE", "")), (3, 0));
}

#[tokio::test]
async fn s07_what_is_listed_and_is_not_about_the_image_stays_and_is_told() {
    let rig = Rig::new(Options { referrers: false, ..Options::default() }, Options::default()).await;
    let image = rig.put(Some("v1"), &rig.image(media_type::OCI_LAYER_GZIP));
    let other = rig.put(None, &rig.image("application/vnd.other"));
    let (own, stranger) = (rig.put(None, &rig.about(&image, "own")), rig.put(None, &rig.about(&other, "stranger")));
    rig.fallback(&image, &[&own, &stranger, &other]);
    let plan = rig.promote().await;
    assert_eq!(copied(&plan), [image.digest, own.digest]);
    let told = plan.left_behind.join("\n");
    assert!(told.contains(stranger.digest.as_str()) && told.contains(other.digest.as_str()), "{told}");
}

/// As a registry stores them without the API: listed under the fallback tag, and under the tags of older clients.
#[tokio::test]
async fn b2_39_attachments_of_every_layout_are_in_one_plan() {
    for referrers in [false, true] {
        let rig = Rig::new(Options { referrers, ..Options::default() }, Options::default()).await;
        let image = rig.put(Some("v1"), &rig.image(media_type::OCI_LAYER_GZIP));
        let listed = rig.put(None, &rig.about(&image, "listed"));
        if !referrers {
            rig.fallback(&image, &[&listed]);
        }
        let tagged = [".sig", ".att", ".sbom"].map(|suffix| {
            let tag = Tag::of_digest(&image.digest, suffix);
            rig.put(Some(tag.as_str()), &rig.image(&format!("application/vnd{suffix}"))).digest
        });
        let plan = rig.promote().await;
        assert_eq!(copied(&plan).len(), 5);
        assert!(copied(&plan).contains(&listed.digest) && tagged.iter().all(|digest| copied(&plan).contains(digest)));
        assert_eq!(rig.target.tags(PROD).len(), 4);
    }
}

/// Harbor lists signatures of cosign's older format, which name no subject. Of two the tag names the later one.
#[tokio::test]
async fn s13_a_signature_that_is_listed_and_tagged_comes_along_and_one_without_a_tag_is_told() {
    let rig = Rig::new(Options { referrers: false, ..Options::default() }, Options::default()).await;
    let image = rig.put(Some("v1"), &rig.image(media_type::OCI_LAYER_GZIP));
    let (first, second) = (rig.image("application/vnd.first"), rig.image("application/vnd.second"));
    let sig = Tag::of_digest(&image.digest, ".sig");
    let (first, second) = (rig.put(None, &first), rig.put(Some(sig.as_str()), &second));
    rig.fallback(&image, &[&first, &second]);
    let plan = rig.promote().await;
    assert_eq!(copied(&plan), [image.digest, second.digest.clone()]);
    assert!(plan.left_behind.len() == 1 && plan.left_behind[0].contains(first.digest.as_str()));
    assert!(rig.target.tags(PROD).contains(&(sig.to_string(), second.digest)));
}
