//! The acceptance data for signatures: what other implementations wrote, or stumbled over. What a verifier with keys can
//! decide must be decided as expected; the rest is counted by reason, and what is keyless must be refused.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use cache_core::ErrorKind;
use cache_core::gate::Problem;
use cache_core::model::Secret;
use cache_core::model::{Digest, Reference};
use cache_core::registry::MemoryRegistry;
use cache_core::sign::{Bundle, Envelope, KeySigner, PublicKey, Trust, decrypt_cosign_key};
use serde_json::Value;

use crate::support;
use crate::world::{evidence, repository, signed, tag};

/// How many cases are decided, by kind. A number that falls means that cases fell out unseen.
const DECIDED: [(&str, usize); 4] = [("bundle", 5), ("dsse-key", 4), ("image", 62), ("key-decrypt", 17)];

const KEYLESS: &str = "keyless: certificates are not verified yet (issue 5)";
const LOG: &str = "demands the transparency log, which is not read yet (issue 5)";
const VALIDITY: &str = "demands timestamps and a validity window of the key (issue 5)";
const ROOTS: &str = "trusted roots and signing configurations are not read yet (issue 5)";
const KEYLESS_GATE: &str = "provenance by a keyless builder (issue 5)";
const ANNOTATIONS: &str = "demands signed annotations, which no gate asks for yet";
const POLICY: &str = "policies of another admission controller";
const LEFT_OUT: &str = "names a file that is not in the data";

#[derive(Debug)]
enum Ruling {
    Accepted,
    Refused,
    OutOfScope(&'static str),
}

impl Ruling {
    fn of<T, E>(result: Result<T, E>) -> Self {
        if result.is_ok() { Ruling::Accepted } else { Ruling::Refused }
    }
}

struct Data {
    folder: PathBuf,
    registry: MemoryRegistry,
}

struct Case<'a> {
    data: &'a Data,
    folder: PathBuf,
    document: Value,
}

#[tokio::test]
async fn every_case_that_keys_can_decide_is_decided_as_expected() {
    let Some(folder) = support::data("signing", "CACHE_SIGNING_DATA") else { return };
    let data = Data { registry: registry(&folder.join("images/registry")), folder };
    let mut decided: BTreeMap<String, usize> = BTreeMap::new();
    let mut left: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    let mut wrong = Vec::new();
    for row in json(&data.folder.join("cases.json")).as_array().unwrap() {
        let (id, kind, expect) = (text(row, "id"), text(row, "kind"), text(row, "expect"));
        let folder = data.folder.join("cases").join(id);
        let case = Case { data: &data, document: json(&folder.join("case.json")), folder };
        let ruling = case.rule(kind).await;
        match (&ruling, expect) {
            (Ruling::OutOfScope(reason), _) => {
                left.entry(reason).or_default().push(id.to_owned());
                continue;
            }
            (Ruling::Accepted, "pass") | (Ruling::Refused, "fail") | (_, "optional") => {}
            _ => wrong.push(format!("{id}: expected {expect}, {ruling:?}: {}", text(&case.document, "why"))),
        }
        *decided.entry(kind.to_owned()).or_default() += 1;
    }
    for (kind, count) in &decided {
        eprintln!("signing data: {count} of kind {kind} decided");
    }
    for (reason, ids) in &left {
        eprintln!("signing data: {} not decided, {reason}: {}", ids.len(), ids.join(" "));
    }
    assert!(wrong.is_empty(), "{} wrong\n{}", wrong.len(), wrong.join("\n"));
    assert_eq!(decided, DECIDED.map(|(kind, count)| (kind.to_owned(), count)).into());
}

impl Case<'_> {
    async fn rule(&self, kind: &str) -> Ruling {
        match kind {
            "dsse-key" => self.envelope(),
            "bundle" => self.bundle(),
            "image" => self.image().await,
            "key-decrypt" => self.key_file(),
            "parse" | "tuf-root-chain" => Ruling::OutOfScope(ROOTS),
            "oci-layout" if self.document.get("key").is_none() => Ruling::OutOfScope(KEYLESS),
            "slsa-gate" | "npm-attestations" => Ruling::OutOfScope(KEYLESS_GATE),
            "policy-doc" => Ruling::OutOfScope(POLICY),
            other => panic!("nobody decided about the kind {other}"),
        }
    }

    fn envelope(&self) -> Ruling {
        let verified = |key: &PublicKey| Envelope::parse(&read(&self.path("envelope")))?.verify(key);
        let ruling = Ruling::of(verified(&key(&self.path("key")).unwrap()));
        assert!(verified(&stranger()).is_err());
        ruling
    }

    fn bundle(&self) -> Ruling {
        if text(&self.document, "needs").contains("validity") {
            return Ruling::OutOfScope(VALIDITY);
        }
        let id = text(&self.document, "id");
        let key = self.document.get("key").map(|_| key(&self.path("key"))).transpose();
        let key = match key {
            Ok(key) => key,
            // The wrong key of the conformance suite is no key at all.
            Err(error) if error.kind() == ErrorKind::Invalid => return Ruling::Refused,
            Err(error) => panic!("{id}: {error}"),
        };
        let bundle = Bundle::parse(&read(&self.path("bundle")));
        assert!(self.verified(&bundle, stranger()).is_err(), "{id}: passed with a stranger's key");
        if key.is_none() && !bundle.as_ref().is_ok_and(Bundle::is_by_key) {
            return Ruling::OutOfScope(KEYLESS);
        }
        Ruling::of(self.verified(&bundle, key.unwrap_or_else(stranger)))
    }

    fn verified(&self, bundle: &cache_core::Result<Bundle>, key: PublicKey) -> Result<(), String> {
        let bundle = bundle.as_ref().map_err(ToString::to_string)?;
        let trust = Trust::in_keys(vec![key]);
        let outcome = match self.document.get("artifact") {
            Some(_) if bundle.envelope().is_none() => {
                trust.verify_file(bundle, &read(&self.path("artifact"))).map(|_| ())
            }
            _ => trust.verify_bundle(bundle, &self.artifact_digest()).map(|_| ()),
        };
        outcome.map_err(|error| error.to_string())
    }

    fn artifact_digest(&self) -> Digest {
        if self.document.get("artifact").is_some() {
            return Digest::of(&read(&self.path("artifact")));
        }
        let sha256 = || format!("sha256:{}", text(&self.document, "artifact_sha256"));
        let digest = self.document.get("artifact_digest").and_then(Value::as_str).map_or_else(sha256, str::to_owned);
        Digest::parse(&digest).unwrap()
    }

    async fn image(&self) -> Ruling {
        let policy = &self.document["policy"];
        let id = text(&self.document, "id");
        let (accepted, problems) = self.image_with(stranger()).await;
        assert!(!accepted, "{id}: passed with a stranger's key");
        let Some(_) = policy.get("key") else {
            let told = |p: &Problem| p.kind == ErrorKind::Unsupported && p.message.contains("keyless");
            assert!(problems.iter().any(told), "{id}: nobody is told of the keyless signature: {problems:?}");
            return Ruling::OutOfScope(KEYLESS);
        };
        if policy.get("annotations").is_some() {
            return Ruling::OutOfScope(ANNOTATIONS);
        }
        let (accepted, _) = self.image_with(key(&self.file(text(policy, "key"))).unwrap()).await;
        if text(policy, "tlog") == "required" {
            return Ruling::OutOfScope(LOG);
        }
        if accepted { Ruling::Accepted } else { Ruling::Refused }
    }

    async fn image_with(&self, key: PublicKey) -> (bool, Vec<Problem>) {
        let repository = repository(&format!("memory:{}", text(&self.document, "repo")));
        let named = text(&self.document, "reference");
        let reference: Reference = match Digest::parse(named) {
            Ok(digest) => repository.at(digest).into(),
            Err(_) => repository.tagged(tag(named)),
        };
        let seen = evidence(&self.data.registry, reference, Trust::in_keys(vec![key])).await.unwrap();
        let wanted = text(&self.document["policy"], "type");
        let accepted = match text(&self.document, "operation") {
            "verify" => signed(&seen).await,
            "verify-attestation" => seen.statements.iter().any(|statement| {
                statement.about == seen.image.digest && statement.value.value().predicate_type == wanted
            }),
            other => panic!("nobody decided about the operation {other}"),
        };
        (accepted, seen.problems)
    }

    fn key_file(&self) -> Ruling {
        let path = self.path("key");
        if !path.exists() {
            return Ruling::OutOfScope(LEFT_OUT);
        }
        let pem = String::from_utf8(read(&path)).unwrap();
        let opened = decrypt_cosign_key(&pem, &Secret::new(text(&self.document, "password")));
        if let (Ok(opened), Some(_)) = (&opened, self.document.get("public_key")) {
            let public = key(&self.path("public_key")).unwrap();
            // Signing is for P-256 only; the other keys have been opened, and that is all that is asked.
            match KeySigner::from_pem("k", opened) {
                Ok(signer) => assert_eq!(signer.public_key().fingerprint(), public.fingerprint()),
                Err(error) => assert_eq!(error.kind(), ErrorKind::Unsupported),
            }
        }
        Ruling::of(opened)
    }

    fn path(&self, field: &str) -> PathBuf {
        self.file(text(&self.document, field))
    }

    /// A file is named relative to the case, or with `@` to the whole data.
    fn file(&self, name: &str) -> PathBuf {
        match (name.strip_prefix('@'), name.strip_prefix("../")) {
            (Some(rest), _) => self.data.folder.join(rest),
            // The case's own folder may be missing where it shares all files with another.
            (_, Some(rest)) => self.folder.parent().unwrap().join(rest),
            _ => self.folder.join(name),
        }
    }
}

/// Loads the dump of a registry: `refs.json` beside a folder of blobs.
fn registry(folder: &Path) -> MemoryRegistry {
    let registry = MemoryRegistry::new();
    let bytes = |digest: &str| read(&folder.join("blobs").join(Digest::parse(digest).unwrap().hex()));
    for (name, contents) in json(&folder.join("refs.json")).as_object().unwrap() {
        let repository = repository(&format!("memory:{name}"));
        for blob in contents["blobs"].as_array().unwrap() {
            registry.insert_blob(bytes(blob.as_str().unwrap()));
        }
        for digest in contents["manifests"].as_object().unwrap().keys() {
            registry.insert_manifest(&repository, None, bytes(digest)).unwrap();
        }
        for (name, digest) in contents["tags"].as_object().unwrap() {
            registry.insert_manifest(&repository, Some(tag(name)), bytes(digest.as_str().unwrap())).unwrap();
        }
    }
    registry
}

fn key(path: &Path) -> cache_core::Result<PublicKey> {
    PublicKey::from_pem("key", &String::from_utf8(read(path)).unwrap())
}

/// A key that signed nothing here: whatever passes with it passes for a wrong reason.
fn stranger() -> PublicKey {
    KeySigner::generate("stranger").unwrap().public_key().clone()
}

fn text<'a>(value: &'a Value, field: &str) -> &'a str {
    value.get(field).and_then(Value::as_str).unwrap_or_default()
}

fn json(path: &Path) -> Value {
    serde_json::from_slice(&read(path)).unwrap()
}

fn read(path: &Path) -> Vec<u8> {
    std::fs::read(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}
