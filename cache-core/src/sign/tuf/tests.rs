//! A repository of our own in memory, signed with keys of our own.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::*;
use crate::error::ErrorKind;
use crate::sign::KeySigner;

const ROOT_JSON: &str = r#"{"mediaType":"application/vnd.dev.sigstore.trustedroot+json;version=0.1","tlogs":[],"certificateAuthorities":[]}"#;

#[derive(Debug, Default)]
struct Files(BTreeMap<String, Vec<u8>>);

#[async_trait]
impl TufSource for Files {
    async fn fetch(&self, path: &str, _: usize) -> Result<Option<Vec<u8>>> {
        Ok(self.0.get(path).cloned())
    }
}

fn id(key: &KeySigner) -> String {
    key.public_key().fingerprint().hex().to_owned()
}

fn sign(signed: &Value, keys: &[&KeySigner]) -> Vec<u8> {
    let message = canonical::canonical(signed).unwrap();
    let hex = |bytes: Vec<u8>| bytes.iter().map(|b| format!("{b:02x}")).collect::<String>();
    let signatures: Vec<_> =
        keys.iter().map(|key| json!({"keyid": id(key), "sig": hex(key.sign_bytes(&message).unwrap())})).collect();
    serde_json::to_vec(&json!({"signed": signed, "signatures": signatures})).unwrap()
}

fn root(version: u64, keys: &[&KeySigner], threshold: usize) -> Value {
    let listed: BTreeMap<_, _> = keys
        .iter()
        .map(|key| (id(key), json!({"keytype": "ecdsa", "keyval": {"public": key.public_key().to_pem()}})))
        .collect();
    let role = json!({"keyids": keys.iter().map(|key| id(key)).collect::<Vec<_>>(), "threshold": threshold});
    json!({
        "_type": "root", "spec_version": "1.0", "version": version, "expires": "2030-01-01T00:00:00Z",
        "consistent_snapshot": true, "keys": listed,
        "roles": {"root": role, "timestamp": role, "snapshot": role, "targets": role},
    })
}

fn files(keys: &[&KeySigner], change: impl Fn(&str, &mut Value)) -> Files {
    let digest = crate::model::Digest::of(ROOT_JSON.as_bytes());
    let common =
        |kind: &str| json!({"_type": kind, "spec_version": "1.0", "version": 7, "expires": "2030-01-01T00:00:00Z"});
    let with = |kind: &str, field: &str, value: Value| {
        let mut document = common(kind);
        document[field] = value;
        change(kind, &mut document);
        sign(&document, keys)
    };
    let targets = json!({"trusted_root.json": {"length": ROOT_JSON.len(), "hashes": {"sha256": digest.hex()}}});
    let mut files = Files::default();
    let mut put = |path: String, bytes: Vec<u8>| files.0.insert(path, bytes);
    put("timestamp.json".into(), with("timestamp", "meta", json!({"snapshot.json": {"version": 7}})));
    put("7.snapshot.json".into(), with("snapshot", "meta", json!({"targets.json": {"version": 7}})));
    put("7.targets.json".into(), with("targets", "targets", targets));
    put(format!("targets/{}.trusted_root.json", digest.hex()), ROOT_JSON.into());
    files
}

fn now() -> Timestamp {
    Timestamp::parse("2026-01-01").unwrap()
}

#[tokio::test]
async fn a_new_root_is_signed_by_the_old_and_by_itself() {
    let keys: Vec<_> = (0..3).map(|_| KeySigner::generate("k").unwrap()).collect();
    let (a, b, c) = (&keys[0], &keys[1], &keys[2]);
    let first = TufRoot::trusted(&sign(&root(1, &[a], 1), &[a])).unwrap();
    let mut files = files(&[b, c], |_, _| ());
    files.0.insert("2.root.json".into(), sign(&root(2, &[b, c], 2), &[a, b, c]));
    let refreshed = first.clone().refresh(&files, TufVersions::default(), now()).await.unwrap();
    assert_eq!((refreshed.root.version(), refreshed.versions.targets), (2, 7));
    for signers in [&[b, c][..], &[a, b], &[a, b, b], &[a]] {
        let error = first.next(&sign(&root(2, &[b, c], 2), signers)).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Untrusted);
    }
    assert!(first.next(&sign(&root(3, &[a], 1), &[a])).is_err());
    assert!(first.next(&sign(&root(2, &[a], 0), &[a])).is_err());
}

#[tokio::test]
async fn what_is_old_expired_or_changed_is_refused() {
    let key = KeySigner::generate("k").unwrap();
    let first = TufRoot::trusted(&sign(&root(1, &[&key], 1), &[&key])).unwrap();
    let refused = async |files: &Files, seen: TufVersions, now: Timestamp| {
        let error = first.clone().refresh(files, seen, now).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Untrusted, "{error}");
        error.to_string()
    };
    let good = files(&[&key], |_, _| ());
    let (seen, later) = (TufVersions::default(), Timestamp::parse("2031-01-01").unwrap());
    assert!(refused(&good, seen, later).await.contains("expired"));
    assert!(refused(&good, TufVersions { snapshot: 8, ..seen }, now()).await.contains("older"));
    for kind in ["timestamp", "snapshot", "targets"] {
        let expired = |k: &str, document: &mut Value| {
            if k == kind {
                document["expires"] = json!("2020-01-01T00:00:00Z");
            }
        };
        assert!(refused(&files(&[&key], expired), seen, now()).await.contains("expired"));
    }
    let other = |kind: &str, document: &mut Value| {
        if kind == "targets" {
            document["version"] = json!(6);
        }
    };
    assert!(refused(&files(&[&key], other), seen, now()).await.contains("another version"));
    let stranger = KeySigner::generate("s").unwrap();
    assert!(refused(&files(&[&stranger], |_, _| ()), seen, now()).await.contains("0 of 1"));
    let mut changed = files(&[&key], |_, _| ());
    for (path, bytes) in &mut changed.0 {
        if path.starts_with("targets/") {
            bytes.push(b' ');
        }
    }
    assert!(refused(&changed, seen, now()).await.contains("another length"));
}

#[tokio::test]
async fn a_repository_is_fetched_over_http() {
    use crate::sign::testing::Server;
    let key = KeySigner::generate("k").unwrap();
    let first = TufRoot::trusted(&sign(&root(1, &[&key], 1), &[&key])).unwrap();
    let served = |files: Files, missing: u16| {
        Server::start(move |call| match call.target.strip_prefix("/mirror/").and_then(|path| files.0.get(path)) {
            Some(bytes) => (200, String::from_utf8(bytes.clone()).unwrap()),
            None => (missing, String::new()),
        })
    };
    for missing in [404, 403] {
        let server = served(files(&[&key], |_, _| ()), missing).await;
        let source = HttpTufSource::new(&format!("{}/mirror/", server.url())).unwrap();
        let refreshed = first.clone().refresh(&source, TufVersions::default(), now()).await.unwrap();
        assert_eq!(refreshed.json, ROOT_JSON.as_bytes());
    }
    let refused = async |files: Files, missing: u16| {
        let server = served(files, missing).await;
        let source = HttpTufSource::new(&format!("{}/mirror", server.url())).unwrap();
        first.clone().refresh(&source, TufVersions::default(), now()).await.unwrap_err()
    };
    // A server that fails is not one that has no newer root.
    let moved = refused(files(&[&key], |_, _| ()), 302).await;
    assert!(moved.to_string().contains("sends elsewhere") && moved.to_string().contains("TUF"), "{moved}");
    let mut huge = files(&[&key], |_, _| ());
    huge.0.insert("2.root.json".into(), vec![b' '; MAX_METADATA + 1]);
    assert_eq!(refused(huge, 404).await.kind(), ErrorKind::Invalid);
    assert!(HttpTufSource::new("tuf.example.com").is_err());
}
