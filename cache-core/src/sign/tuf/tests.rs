//! A repository of our own in memory, signed with keys of our own.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::*;
use crate::error::ErrorKind;
use crate::sign::KeySigner;
use crate::sign::testing::tuf::{self as testing, root, signed};

const ROOT_JSON: &str = r#"{"mediaType":"application/vnd.dev.sigstore.trustedroot+json;version=0.1","tlogs":[],"certificateAuthorities":[]}"#;

#[derive(Debug, Default)]
struct Files(BTreeMap<String, Vec<u8>>);

#[async_trait]
impl TufSource for Files {
    async fn fetch(&self, path: &str, _: usize) -> Result<Option<Vec<u8>>> {
        Ok(self.0.get(path).cloned())
    }
}

fn files(keys: &[&KeySigner], change: impl Fn(&str, &mut Value)) -> Files {
    Files(testing::files(keys, ROOT_JSON, change))
}

fn now() -> Timestamp {
    Timestamp::parse("2026-01-01").unwrap()
}

#[tokio::test]
async fn a_new_root_is_signed_by_the_old_and_by_itself() {
    let keys: Vec<_> = (0..3).map(|_| KeySigner::generate("k").unwrap()).collect();
    let (a, b, c) = (&keys[0], &keys[1], &keys[2]);
    let first = TufRoot::trusted(&signed(&root(1, &[a], 1), &[a])).unwrap();
    let mut files = files(&[b, c], |_, _| ());
    files.0.insert("2.root.json".into(), signed(&root(2, &[b, c], 2), &[a, b, c]));
    let refreshed = first.clone().refresh(&files, TufVersions::default(), now()).await.unwrap();
    assert_eq!((refreshed.root.version(), refreshed.versions.targets), (2, 7));
    for signers in [&[b, c][..], &[a, b], &[a, b, b], &[a]] {
        let error = first.next(&signed(&root(2, &[b, c], 2), signers)).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Untrusted);
    }
    assert!(first.next(&signed(&root(3, &[a], 1), &[a])).is_err());
    assert!(first.next(&signed(&root(2, &[a], 0), &[a])).is_err());
}

#[tokio::test]
async fn what_is_old_expired_or_changed_is_refused() {
    let key = KeySigner::generate("k").unwrap();
    let first = TufRoot::trusted(&signed(&root(1, &[&key], 1), &[&key])).unwrap();
    let refused = async |files: &Files, seen: TufVersions, now: Timestamp| {
        let error = first.clone().refresh(files, seen, now).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Untrusted, "{error}");
        error.to_string()
    };
    let good = files(&[&key], |_, _| ());
    let (seen, later) = (TufVersions::default(), Timestamp::parse("2061-01-01").unwrap());
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
    let first = TufRoot::trusted(&signed(&root(1, &[&key], 1), &[&key])).unwrap();
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
