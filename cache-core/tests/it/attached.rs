//! What is attached to an image counts as what it proves, in each form that cosign gives it, and never silently as nothing.

use cache_core::ErrorKind;
use cache_core::gate::Evidence;
use cache_core::model::{Manifest, Pinned, Tag};
use cache_core::registry::MemoryRegistry;
use cache_core::sign::{BUNDLE_V03, KeySigner, Trust};
use serde_json::{Value, json};

use crate::world::{damaged, evidence, image, sign, signature, signed, with_artifact};

/// A signed image, and the bundle that signs it.
struct Signed {
    registry: MemoryRegistry,
    image: Pinned,
    trust: Trust,
    manifest: Value,
    bundle: Value,
}

impl Signed {
    async fn new() -> Self {
        let (registry, image) = image();
        let signer = KeySigner::generate("release").unwrap();
        let trust = Trust::in_keys(vec![signer.public_key().clone()]);
        sign(&registry, &image, signer).await;
        let (manifest, bundle) = signature(&registry, &image).await;
        let manifest: &Manifest = &manifest;
        let read = |bytes: &[u8]| serde_json::from_slice::<Value>(bytes).unwrap();
        Signed { manifest: read(manifest.bytes()), bundle: read(&bundle), registry, image, trust }
    }

    /// The evidence where the bundle's manifest and the bundle were changed.
    async fn after(&self, change: impl FnOnce(&mut Value, &mut Value)) -> Evidence {
        let (mut manifest, mut bundle) = (self.manifest.clone(), self.bundle.clone());
        change(&mut manifest, &mut bundle);
        self.look(&manifest, &bundle, None).await
    }

    async fn look(&self, manifest: &Value, layer: &Value, tag: Option<Tag>) -> Evidence {
        let layer = serde_json::to_vec(layer).unwrap();
        let registry = with_artifact(&self.registry, &self.image, manifest, &layer, tag).await;
        evidence(&registry, self.image.clone().into(), self.trust.clone()).await.unwrap()
    }

    /// The evidence where the bundle's content is kept in the older way: a tag, and no subject.
    async fn tagged(&self, suffix: &str, media_type: &str, layer: &Value) -> Evidence {
        let mut manifest = self.manifest.clone();
        let fields = manifest.as_object_mut().unwrap();
        fields.retain(|name, _| !["subject", "artifactType", "annotations"].contains(&name.as_str()));
        manifest["layers"][0] = json!({"mediaType": media_type});
        self.look(&manifest, layer, Some(Tag::of_digest(&self.image.digest, suffix))).await
    }
}

/// The one problem, and no signature.
async fn refused(evidence: &Evidence) -> (&str, ErrorKind, &str) {
    assert!(!signed(evidence).await);
    let [problem] = &evidence.problems[..] else { panic!("{:?}", evidence.problems) };
    (&problem.what, problem.kind, &problem.message)
}

#[tokio::test]
async fn a_bundle_of_any_known_version_signs_the_image() {
    let signed_image = Signed::new().await;
    assert!(signed(&signed_image.after(|_, _| ()).await).await);
    for version in ["0.1", "0.2", "0.3"] {
        let media_type = format!("application/vnd.dev.sigstore.bundle+json;version={version}");
        let seen = signed_image.after(|manifest, bundle| {
            manifest["artifactType"] = json!("application/vnd.oci.empty.v1+json");
            manifest["layers"][0]["mediaType"] = json!(media_type);
            bundle["mediaType"] = json!(media_type);
        });
        assert!(signed(&seen.await).await, "{version}");
    }
}

#[tokio::test]
async fn what_cannot_be_verified_is_told_and_does_not_pass() {
    let image = Signed::new().await;
    let seen = image.after(|_, bundle| {
        bundle["verificationMaterial"] = json!({"certificate": {"rawBytes": "AA=="}});
    });
    let seen = seen.await;
    let (what, kind, message) = refused(&seen).await;
    assert_eq!((what, kind), ("signature", ErrorKind::Invalid));
    assert!(message.contains("certificate"), "{message}");

    let newer = "application/vnd.dev.sigstore.bundle.v0.4+json";
    let seen = image.after(|manifest, bundle| {
        manifest["layers"][0]["mediaType"] = json!(newer);
        bundle["mediaType"] = json!(newer);
    });
    assert_eq!(refused(&seen.await).await.1, ErrorKind::Unsupported);

    let seen = image.after(|_, bundle| {
        let signature = &mut bundle["dsseEnvelope"]["signatures"][0]["sig"];
        *signature = json!(damaged(signature.as_str().unwrap()));
    });
    assert_eq!(refused(&seen.await).await.1, ErrorKind::Untrusted);

    let seen = image.after(|manifest, _| manifest["layers"][0]["mediaType"] = json!("application/octet-stream"));
    let seen = seen.await;
    assert!(image.manifest["artifactType"] == BUNDLE_V03);
    assert_eq!(refused(&seen).await.0, "signature");
}

#[tokio::test]
async fn an_envelope_under_the_att_tag_counts_as_its_statement() {
    const ENVELOPE: &str = "application/vnd.dsse.envelope.v1+json";
    let image = Signed::new().await;
    let envelope = &image.bundle["dsseEnvelope"];
    assert!(signed(&image.tagged(".att", ENVELOPE, envelope).await).await);

    let mut other = envelope.clone();
    other["payloadType"] = json!("application/json");
    let seen = image.tagged(".att", ENVELOPE, &other).await;
    assert_eq!(refused(&seen).await.1, ErrorKind::Untrusted);

    // A tag that promises a signature and names something else does not go unnoticed.
    for suffix in [".sig", ".att"] {
        let seen = image.tagged(suffix, "application/json", envelope).await;
        assert_eq!(refused(&seen).await, ("signature", ErrorKind::Invalid, seen.problems[0].message.as_str()));
    }
}
