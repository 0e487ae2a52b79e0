//! Many signatures that are none, on one image: a clear answer, soon.

use std::sync::Arc;
use std::time::{Duration, Instant};

use cache_core::gate::{PromotionGate, SignatureGate};
use cache_core::model::{Descriptor, Pinned, Reference, Tag};
use cache_core::registry::{MemoryRegistry, Registry};
use cache_core::sign::{BUNDLE_V03, IdentityRule, KeySigner, Trust, Trusted, TrustedRoot};
use serde_json::{Value, json};

use crate::support;
use crate::world::{evidence, image, repository, tag};

const MANY: usize = 1000;

/// A manifest with one layer of this type for each content.
fn artifact(registry: &MemoryRegistry, image: &Pinned, named: Option<Tag>, layers: Vec<Value>) {
    let config = registry.insert_blob("{}");
    let mut manifest = json!({
        "schemaVersion": 2, "mediaType": "application/vnd.oci.image.manifest.v1+json",
        "config": Descriptor::new("application/vnd.oci.image.config.v1+json", config.digest, config.size),
        "layers": layers,
    });
    if named.is_none() {
        manifest["artifactType"] = json!(BUNDLE_V03);
        manifest["subject"] = json!({
            "mediaType": "application/vnd.oci.image.manifest.v1+json", "digest": image.digest, "size": 1,
        });
    }
    registry.insert_manifest(&image.repository, named, serde_json::to_vec(&manifest).unwrap()).unwrap();
}

/// What the gate says, and how long it took: other work on the machine is not what is measured.
async fn judged(registry: &MemoryRegistry, image: &Pinned, trust: &Trust) -> (String, Duration) {
    let (start, before) = (Instant::now(), busy());
    let seen = evidence(registry, image.clone().into(), trust.clone()).await.unwrap();
    let verdict = SignatureGate::default().judge(&seen).await.unwrap();
    let took = busy().zip(before).map_or(start.elapsed(), |(after, before)| after - before);
    assert!(!verdict.allows());
    assert!(verdict.reasons.len() < 30, "{}", verdict.reasons.len());
    (verdict.reasons.iter().map(|reason| reason.message.as_str()).collect::<Vec<_>>().join("; "), took)
}

/// How long this thread has been at work, where the system tells. All work of these tests is in one thread.
fn busy() -> Option<Duration> {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    text.split_whitespace().next()?.parse().ok().map(Duration::from_nanos)
}

#[tokio::test]
async fn a_thousand_signatures_by_strangers_end_soon() {
    let (registry, image) = image();
    let payload = registry.insert_blob(r#"{"critical":{}}"#);
    let layers = (0..MANY).map(|number| {
        // Each well formed: the sum of the numbers makes no signature.
        let mut signature = vec![0x30, 0x44, 0x02, 0x20];
        signature.extend([0x11; 32]);
        signature.extend([0x02, 0x20]);
        signature.extend([0x22; 30]);
        signature.extend(u16::try_from(number).unwrap().to_be_bytes());
        let signature = base64::Engine::encode(&base64::engine::general_purpose::STANDARD, signature);
        json!({
            "mediaType": "application/vnd.dev.cosign.simplesigning.v1+json", "digest": payload.digest,
            "size": payload.size, "annotations": {"dev.cosignproject.cosign/signature": signature},
        })
    });
    artifact(&registry, &image, Some(Tag::of_digest(&image.digest, ".sig")), layers.collect());
    let trust = Trust::in_keys(vec![KeySigner::generate("release").unwrap().public_key().clone()]);
    let (said, took) = judged(&registry, &image, &trust).await;
    eprintln!("{MANY} signatures by strangers: {took:?}");
    assert!(said.contains("980 more signatures do not count"), "{said}");
    assert!(took < Duration::from_secs(1), "{took:?}");
    // One more, and no more are tried.
    let more = json!({
        "mediaType": "application/vnd.dev.cosign.simplesigning.v1+json", "digest": payload.digest,
        "size": payload.size, "annotations": {},
    });
    artifact(&registry, &image, None, vec![more]);
    let (said, _) = judged(&registry, &image, &trust).await;
    assert!(said.contains("more than 1000 signatures"), "{said}");
}

#[tokio::test]
async fn a_thousand_keyless_signatures_that_are_broken_end_soon() {
    let Some(folder) = support::data("signing", "CACHE_SIGNING_DATA") else { return };
    let read = |path: &str| std::fs::read(folder.join(path)).unwrap();
    let case: Value = serde_json::from_slice(&read("cases/image/keyless-bundle/case.json")).unwrap();
    let refs: Value = serde_json::from_slice(&read("images/registry/refs.json")).unwrap();
    // The one bundle among the blobs that is keyless, with its signature broken.
    let held = &refs[case["repo"].as_str().unwrap()]["blobs"];
    let bundle = held.as_array().unwrap().iter().find_map(|digest| {
        let hex = digest.as_str()?.strip_prefix("sha256:")?;
        let json: Value = serde_json::from_slice(&read(&format!("images/registry/blobs/{hex}"))).ok()?;
        json["verificationMaterial"]["certificate"].is_object().then_some(json)
    });
    let mut bundle = bundle.expect("a keyless bundle");
    let mut proof = bundle["verificationMaterial"]["tlogEntries"][0]["inclusionProof"].clone();
    proof["rootHash"] = json!("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=");
    bundle["verificationMaterial"]["tlogEntries"][0]["inclusionProof"] = proof;
    let text = serde_json::to_string(&bundle).unwrap();
    let (registry, image) = image();
    let layers = (0..MANY).map(|number| {
        let blob = registry.insert_blob(format!("{text}{}", " ".repeat(number)));
        json!({"mediaType": BUNDLE_V03, "digest": blob.digest, "size": blob.size})
    });
    artifact(&registry, &image, None, layers.collect());
    let root = Arc::new(TrustedRoot::parse(&read("images/trusted_root.json")).unwrap());
    let policy = &case["policy"];
    let rule = IdentityRule::exact(policy["identity"].as_str().unwrap(), policy["issuer"].as_str().unwrap());
    let trust = Trust::default().and(Trusted::identities("ci", vec![rule], root));
    let (said, took) = judged(&registry, &image, &trust).await;
    eprintln!("{MANY} broken keyless signatures: {took:?}");
    assert!(said.contains("or 100 broken ones, are attached to the image"), "{said}");
    assert!(said.contains("another tree than the checkpoint"), "{said}");
    assert!(took < Duration::from_secs(1), "{took:?}");
    let named: Reference = repository("memory:app").tagged(tag("v1"));
    assert!(registry.resolve(&named).await.is_ok());
}
