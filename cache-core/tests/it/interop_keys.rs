//! Both ways with the real cosign for each kind of key, in both formats. Run by `make interop`.

use std::collections::BTreeMap;
use std::sync::Arc;

use cache_core::model::{Pinned, Secret};
use cache_core::plan::Form;
use cache_core::promote::{Attachment, Attestation};
use cache_core::registry::MemoryRegistry;
use cache_core::sign::{KeyKind, KeySigner, PublicKey, Trust, decrypt_cosign_key};
use serde_json::json;

use crate::interop_cosign::{Cosign, NEW, OLD, PASSWORD, is_signed};
use crate::world::{attach, evidence, image};

const KINDS: [KeyKind; 7] = KeyKind::ALL;
const SIGN: [&str; 4] = ["--key=k.key", "--use-signing-config=false", "--tlog-upload=false", "--yes"];
const TYPE: &str = "https://example.com/tests/v1";

/// cosign, a key of this kind that it has the encrypted file of, and the same key here.
async fn with_key(kind: KeyKind) -> Option<(Cosign, KeySigner)> {
    let cosign = Cosign::new(true).await?;
    let signer = KeySigner::generate_kind("k", kind).unwrap();
    cosign.write("k.key", &signer.to_encrypted_pem(&Secret::new(PASSWORD)).unwrap());
    cosign.write("k.pub", &signer.public_key().to_pem());
    Some((cosign, signer))
}

/// What cosign has to be told so that it verifies what it signs itself: it tries SHA-256 with each key.
fn digest(kind: KeyKind) -> &'static [&'static str] {
    match kind {
        KeyKind::P384 => &["--signature-digest-algorithm=sha384"],
        KeyKind::P521 => &["--signature-digest-algorithm=sha512"],
        _ => &[],
    }
}

async fn verifies(cosign: &Cosign, command: &[&str], kind: KeyKind, format: &str, image: &Pinned) -> bool {
    let name = cosign.name("app", &image.digest);
    let key = ["--key=k.pub", "--insecure-ignore-tlog=true", format];
    cosign.run(&[command, &key[..], digest(kind), &[&name]].concat()).await.status.success()
}

#[tokio::test]
#[ignore = "needs cosign; make interop"]
async fn interop_keys_written_here_are_read_by_cosign_and_the_other_way_round() {
    for kind in KINDS {
        let Some((cosign, signer)) = with_key(kind).await else { return };
        let output = cosign.run(&["public-key", "--key=k.key"]).await;
        assert_eq!(String::from_utf8_lossy(&output.stdout), signer.public_key().to_pem(), "{kind}");
        cosign.write("plain.pem", &signer.to_pem().unwrap());
        cosign.succeeds(&["import-key-pair", "--key=plain.pem", "--output-key-prefix=imported"]).await;
        let imported = cosign.file("imported.key");
        let read = KeySigner::from_encrypted_pem("k", &imported, &Secret::new(PASSWORD)).unwrap();
        assert_eq!(read.public_key(), signer.public_key(), "{kind}");
        assert!(decrypt_cosign_key(&imported, &Secret::new("another")).is_err());
        assert_eq!(PublicKey::from_pem("k", &cosign.file("imported.pub")).unwrap(), *signer.public_key(), "{kind}");
    }
}

#[tokio::test]
#[ignore = "needs cosign; make interop"]
async fn interop_what_cosign_signs_with_each_kind_of_key_is_verified_here() {
    for kind in KINDS {
        for format in [OLD, NEW] {
            let Some((cosign, signer)) = with_key(kind).await else { return };
            let (source, image) = image();
            cosign.push("app", &source, &image).await;
            let name = cosign.name("app", &image.digest);
            cosign.succeeds(&[&["sign"], &SIGN[..], &[format, &name]].concat()).await;
            cosign.write("predicate.json", "{\"passed\":7}");
            let attest = ["--predicate=predicate.json", &format!("--type={TYPE}"), format, &name];
            cosign.succeeds(&[&["attest"], &SIGN[..], &attest].concat()).await;
            let (registry, trust) = (cosign.pull(), Trust::in_keys(vec![signer.public_key().clone()]));
            assert!(is_signed(&registry, &image, trust.clone()).await, "{kind} {format}");
            let seen = evidence(&registry, image.clone().into(), trust).await.unwrap();
            assert_eq!(seen.statements.len(), 1, "{kind} {format}: {:?}", seen.problems);
        }
    }
}

#[tokio::test]
#[ignore = "needs cosign; make interop"]
async fn interop_what_is_signed_here_with_each_kind_of_key_cosign_verifies() {
    for kind in KINDS {
        for (form, format) in [(Form::CosignTag, OLD), (Form::Bundle, NEW)] {
            let Some((cosign, signer)) = with_key(kind).await else { return };
            let (registry, image) = image();
            cosign.push("app", &registry, &image).await;
            assert!(!verifies(&cosign, &["verify"], kind, format, &image).await);
            signed_and_attested(&registry, &image, signer, form).await;
            cosign.push("app", &registry, &image).await;
            assert!(verifies(&cosign, &["verify"], kind, format, &image).await, "{kind} {format}");
            assert!(verifies(&cosign, &["verify", "-a", "env=prod"], kind, format, &image).await, "{kind} {format}");
            assert!(!verifies(&cosign, &["verify", "-a", "env=dev"], kind, format, &image).await, "{kind} {format}");
            let of_type = |name: &str| format!("--type={name}");
            let attested = ["verify-attestation", &of_type(TYPE)];
            assert!(verifies(&cosign, &attested, kind, format, &image).await, "{kind} {format}");
            let provenance = ["verify-attestation", &of_type("slsaprovenance1")];
            assert!(verifies(&cosign, &provenance, kind, format, &image).await, "{kind} {format}");
            let absent = ["verify-attestation", &of_type("vuln")];
            assert!(!verifies(&cosign, &absent, kind, format, &image).await, "{kind} {format}");
        }
    }
}

/// Signs the image for `env=prod`, and attests two things.
async fn signed_and_attested(registry: &MemoryRegistry, image: &Pinned, signer: KeySigner, form: Form) {
    let annotations = BTreeMap::from([("env".to_owned(), "prod".to_owned())]);
    let provenance = json!({"buildDefinition": {"buildType": "https://example.com/build", "externalParameters": {}},
        "runDetails": {"builder": {"id": "https://example.com/builder"}}});
    let attestation = |kind: &str, predicate: &serde_json::Value| {
        Attachment::Attestation(Attestation::new(kind, predicate.to_string().as_bytes()).unwrap().in_form(form))
    };
    let wanted = vec![
        Attachment::Signature { annotations, form },
        attestation(TYPE, &json!({"passed": 7})),
        attestation("slsaprovenance1", &provenance),
    ];
    attach(registry, image, Arc::new(signer), wanted).await;
}

/// cosign adds its signature to ours, and we add ours to cosign's: nothing is lost.
#[tokio::test]
#[ignore = "needs cosign; make interop"]
async fn interop_both_add_to_one_tag() {
    let Some((cosign, signer)) = with_key(KeyKind::P256).await else { return };
    let (source, image) = image();
    cosign.push("app", &source, &image).await;
    let name = cosign.name("app", &image.digest);
    let theirs = ["sign", "--key=cosign.key", "--use-signing-config=false", "--tlog-upload=false", "--yes", OLD, &name];
    cosign.succeeds(&theirs).await;
    let registry = cosign.pull();
    let signature = Attachment::Signature { annotations: BTreeMap::new(), form: Form::CosignTag };
    let (ours, trust) = (signer.public_key().clone(), cosign.trust());
    attach(&registry, &image, Arc::new(signer), vec![signature]).await;
    cosign.push("app", &registry, &image).await;
    assert!(verifies(&cosign, &["verify"], KeyKind::P256, OLD, &image).await);
    cosign.write("k.pub", &cosign.file("cosign.pub"));
    assert!(verifies(&cosign, &["verify"], KeyKind::P256, OLD, &image).await);
    cosign.succeeds(&theirs).await;
    let registry = cosign.pull();
    assert!(is_signed(&registry, &image, Trust::in_keys(vec![ours])).await);
    assert!(is_signed(&registry, &image, trust).await);
}
