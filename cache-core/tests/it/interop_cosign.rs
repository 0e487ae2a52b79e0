//! Both ways with the real cosign: what it signs is verified here, what is signed here it verifies, and what was changed
//! both refuse. Run by `make interop`.

use std::path::PathBuf;
use std::process::Output;

use bytes::Bytes;
use cache_core::conformance::server::{Options, Server};
use cache_core::model::{Descriptor, Digest, Pinned, Secret, Tag};
use cache_core::promote::PROMOTION_TYPE;
use cache_core::registry::{MemoryRegistry, Registry as _};
use cache_core::sign::{KeySigner, PublicKey, Trust};
use serde_json::{Value, json};

use crate::support;
use crate::world::{damaged, evidence, image, repository, sign, signature, signed, tag, with_artifact};

pub(crate) const PASSWORD: &str = "pw";
/// Signing and verifying with a key alone: no service is asked, and none could be.
const SIGN: [&str; 4] = ["--key=cosign.key", "--use-signing-config=false", "--tlog-upload=false", "--yes"];
const VERIFY: [&str; 2] = ["--key=cosign.pub", "--insecure-ignore-tlog=true"];
pub(crate) const OLD: &str = "--new-bundle-format=false";
pub(crate) const NEW: &str = "--new-bundle-format=true";
const SIGNATURE_ANNOTATION: &str = "dev.cosignproject.cosign/signature";

/// What makes another signature, in base64, of one.
type Change = fn(&str) -> String;
/// What happens to a signature on the way. One change is none, which shows that the other one is what is refused.
const CHANGES: [(&str, Change); 2] = [("same", str::to_owned), ("damaged", damaged)];

/// The real cosign, in a folder of its own with a key pair, and a registry.
pub(crate) struct Cosign {
    binary: PathBuf,
    home: tempfile::TempDir,
    server: Server,
}

impl Cosign {
    /// `None` where cosign is absent, which is said.
    pub(crate) async fn new(referrers: bool) -> Option<Self> {
        let binary = support::root().join("target/peers/bin/cosign");
        if !binary.exists() {
            support::absent("cosign", "run scripts/peers.sh");
            return None;
        }
        let server = Server::start(Options { referrers, ..Options::default() }).await.unwrap();
        let cosign = Cosign { binary: binary.canonicalize().unwrap(), home: tempfile::tempdir().unwrap(), server };
        cosign.succeeds(&["generate-key-pair"]).await;
        Some(cosign)
    }

    pub(crate) async fn run(&self, arguments: &[&str]) -> Output {
        tokio::process::Command::new(&self.binary)
            .args(arguments)
            .current_dir(self.home.path())
            .env_clear()
            .env("HOME", self.home.path())
            .env("COSIGN_PASSWORD", PASSWORD)
            .output()
            .await
            .unwrap()
    }

    pub(crate) async fn succeeds(&self, arguments: &[&str]) {
        let output = self.run(arguments).await;
        assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    }

    async fn signs(&self, command: &str, arguments: &[&str], image: &Digest) {
        let name = self.name("app", image);
        self.succeeds(&[&[command], &SIGN[..], arguments, &[&name]].concat()).await;
    }

    async fn verifies(&self, repository: &str, image: &Digest, arguments: &[&str]) -> bool {
        let name = self.name(repository, image);
        let output = self.run(&[&["verify"], &VERIFY[..], arguments, &[&name]].concat()).await;
        output.status.success()
    }

    pub(crate) fn name(&self, repository: &str, image: &Digest) -> String {
        format!("{}/{repository}@{image}", self.server.host())
    }

    pub(crate) fn file(&self, name: &str) -> String {
        std::fs::read_to_string(self.home.path().join(name)).unwrap()
    }

    pub(crate) fn write(&self, name: &str, text: &str) {
        std::fs::write(self.home.path().join(name), text).unwrap();
    }

    pub(crate) fn trust(&self) -> Trust {
        Trust::in_keys(vec![PublicKey::from_pem("cosign", &self.file("cosign.pub")).unwrap()])
    }

    /// What the server holds, in memory.
    pub(crate) fn pull(&self) -> MemoryRegistry {
        let (memory, to) = (MemoryRegistry::new(), repository("memory:app"));
        for digest in self.server.blobs("app") {
            memory.insert_blob(self.server.blob_bytes("app", &digest).unwrap());
        }
        let manifest = |reference: &str| self.server.manifest_bytes("app", reference).unwrap();
        for digest in self.server.manifests("app") {
            memory.insert_manifest(&to, None, manifest(digest.as_str())).unwrap();
        }
        for (name, _) in self.server.tags("app") {
            memory.insert_manifest(&to, Some(tag(&name)), manifest(&name)).unwrap();
        }
        memory
    }

    /// Puts the image with everything attached to it on the server.
    pub(crate) async fn push(&self, to: &str, from: &MemoryRegistry, image: &Pinned) {
        let mut manifests = vec![(None, image.digest.clone())];
        manifests.extend(from.referrers(image).await.unwrap().into_iter().map(|referrer| (None, referrer.digest)));
        for name in from.tags(&image.repository).await.unwrap() {
            let named = from.resolve(&image.repository.tagged(name.clone())).await.unwrap();
            manifests.push((Some(name), named.digest));
        }
        for (name, digest) in manifests {
            let manifest = from.manifest(&image.repository.at(digest)).await.unwrap();
            for descriptor in manifest.blobs() {
                self.server.put_blob(to, blob(from, image, descriptor).await);
            }
            let name = name.as_ref().map(Tag::as_str);
            self.server.put_manifest(to, name, manifest.bytes().clone(), manifest.media_type());
        }
    }
}

async fn blob(registry: &MemoryRegistry, image: &Pinned, descriptor: &Descriptor) -> Bytes {
    registry.blob(&image.repository, descriptor).await.unwrap().into_bytes(1 << 20).await.unwrap()
}

pub(crate) async fn is_signed(registry: &MemoryRegistry, image: &Pinned, trust: Trust) -> bool {
    signed(&evidence(registry, image.clone().into(), trust).await.unwrap()).await
}

fn stranger() -> Trust {
    Trust::in_keys(vec![KeySigner::generate("stranger").unwrap().public_key().clone()])
}

/// The image with the bundle that signs it and nothing else.
async fn with_bundle(registry: &MemoryRegistry, image: &Pinned, change: Change) -> MemoryRegistry {
    let (manifest, bundle) = signature(registry, image).await;
    let mut bundle: Value = serde_json::from_slice(&bundle).unwrap();
    let value = &mut bundle["dsseEnvelope"]["signatures"][0]["sig"];
    *value = json!(change(value.as_str().unwrap()));
    let manifest: Value = serde_json::from_slice(manifest.bytes()).unwrap();
    with_artifact(registry, image, &manifest, &serde_json::to_vec(&bundle).unwrap(), None).await
}

/// The same for the older format.
async fn with_tag(registry: &MemoryRegistry, image: &Pinned, change: Change) -> MemoryRegistry {
    let name = Tag::of_digest(&image.digest, ".sig");
    let named = registry.resolve(&image.repository.tagged(name.clone())).await.unwrap();
    let manifest = registry.manifest(&image.repository.at(named.digest)).await.unwrap();
    let mut value: Value = serde_json::from_slice(manifest.bytes()).unwrap();
    let annotation = &mut value["layers"][0]["annotations"][SIGNATURE_ANNOTATION];
    *annotation = json!(change(annotation.as_str().unwrap()));
    let [config, payload] = manifest.blobs()[..] else { panic!("one signature was made") };
    let payload = blob(registry, image, payload).await;
    let alone = with_artifact(registry, image, &value, &payload, Some(name)).await;
    alone.insert_blob(blob(registry, image, config).await);
    alone
}

#[tokio::test]
#[ignore = "needs cosign; make interop"]
async fn interop_what_cosign_signs_is_verified_here() {
    for (format, referrers) in [(OLD, true), (NEW, true), (NEW, false)] {
        let Some(cosign) = Cosign::new(referrers).await else { return };
        let (source, image) = image();
        cosign.push("app", &source, &image).await;
        assert!(!is_signed(&cosign.pull(), &image, cosign.trust()).await);
        cosign.signs("sign", &[format], &image.digest).await;
        let registry = cosign.pull();
        assert!(is_signed(&registry, &image, cosign.trust()).await, "{format} {referrers}");
        assert!(!is_signed(&registry, &image, stranger()).await);
        if !referrers {
            continue;
        }
        for (name, change) in CHANGES {
            let changed = match format {
                OLD => with_tag(&registry, &image, change).await,
                _ => with_bundle(&registry, &image, change).await,
            };
            cosign.push(name, &changed, &image).await;
            assert_eq!(cosign.verifies(name, &image.digest, &[format]).await, name == "same", "{format} {name}");
            assert_eq!(is_signed(&changed, &image, cosign.trust()).await, name == "same", "{format} {name}");
        }
    }
}

#[tokio::test]
#[ignore = "needs cosign; make interop"]
async fn interop_what_cosign_attests_is_a_statement_and_no_signature() {
    let kind = "https://example.com/tests/v1";
    for format in [OLD, NEW] {
        let Some(cosign) = Cosign::new(true).await else { return };
        let (source, image) = image();
        cosign.push("app", &source, &image).await;
        cosign.write("predicate.json", r#"{"passed":7}"#);
        let arguments = [format, "--predicate=predicate.json", &format!("--type={kind}")];
        cosign.signs("attest", &arguments, &image.digest).await;
        let seen = evidence(&cosign.pull(), image.clone().into(), cosign.trust()).await.unwrap();
        let [statement] = &seen.statements[..] else { panic!("{format}: {:?}", seen.problems) };
        let statement = statement.value.value();
        assert_eq!(statement.predicate_type, kind);
        assert_eq!(statement.predicate::<Value>().unwrap(), json!({"passed": 7}));
        assert!(!signed(&seen).await, "{format}: an attestation is no signature");
    }
}

#[tokio::test]
#[ignore = "needs cosign; make interop"]
async fn interop_what_is_signed_here_cosign_verifies() {
    let Some(cosign) = Cosign::new(true).await else { return };
    // With cosign's own key, which shows that its encrypted file is read right.
    let signer = KeySigner::from_encrypted_pem("cosign", &cosign.file("cosign.key"), &Secret::new(PASSWORD)).unwrap();
    assert_eq!(signer.public_key().to_pem(), cosign.file("cosign.pub"));
    let (registry, image) = image();
    sign(&registry, &image, signer).await;
    cosign.push("app", &registry, &image).await;
    assert!(cosign.verifies("app", &image.digest, &[]).await);
    let name = cosign.name("app", &image.digest);
    let kind = format!("--type={PROMOTION_TYPE}");
    cosign.succeeds(&[&["verify-attestation"], &VERIFY[..], &[&kind, &name]].concat()).await;

    for (name, change) in CHANGES {
        let changed = with_bundle(&registry, &image, change).await;
        cosign.push(name, &changed, &image).await;
        assert_eq!(cosign.verifies(name, &image.digest, &[]).await, name == "same");
        assert_eq!(is_signed(&changed, &image, cosign.trust()).await, name == "same");
    }

    cosign.write("other.pub", &KeySigner::generate("other").unwrap().public_key().to_pem());
    let other = ["verify", "--key=other.pub", "--insecure-ignore-tlog=true", &name];
    assert!(!cosign.run(&other).await.status.success());
}
