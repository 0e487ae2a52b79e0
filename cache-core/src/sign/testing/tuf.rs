//! A TUF repository with a trusted root in it.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::model::Digest;
use crate::sign::KeySigner;
use crate::sign::tuf::canonical;

fn id(key: &KeySigner) -> String {
    key.public_key().fingerprint().hex().to_owned()
}

/// A document signed with these keys.
pub(in crate::sign) fn signed(document: &Value, keys: &[&KeySigner]) -> Vec<u8> {
    let message = canonical(document).unwrap();
    let hex = |bytes: Vec<u8>| bytes.iter().map(|b| format!("{b:02x}")).collect::<String>();
    let signatures: Vec<_> =
        keys.iter().map(|key| json!({"keyid": id(key), "sig": hex(key.sign_bytes(&message).unwrap())})).collect();
    serde_json::to_vec(&json!({"signed": document, "signatures": signatures})).unwrap()
}

/// A root in which so many of these keys sign everything.
pub(in crate::sign) fn root(version: u64, keys: &[&KeySigner], threshold: usize) -> Value {
    let listed: BTreeMap<_, _> = keys
        .iter()
        .map(|key| (id(key), json!({"keytype": "ecdsa", "keyval": {"public": key.public_key().to_pem()}})))
        .collect();
    let role = json!({"keyids": keys.iter().map(|key| id(key)).collect::<Vec<_>>(), "threshold": threshold});
    json!({
        "_type": "root", "spec_version": "1.0", "version": version, "expires": "2060-01-01T00:00:00Z",
        "consistent_snapshot": true, "keys": listed,
        "roles": {"root": role, "timestamp": role, "snapshot": role, "targets": role},
    })
}

/// The files of a repository with this trusted root, by their paths, after `change` was made to each document.
pub(in crate::sign) fn files(
    keys: &[&KeySigner],
    trusted_root: &str,
    change: impl Fn(&str, &mut Value),
) -> BTreeMap<String, Vec<u8>> {
    let digest = Digest::of(trusted_root.as_bytes());
    let common =
        |kind: &str| json!({"_type": kind, "spec_version": "1.0", "version": 7, "expires": "2060-01-01T00:00:00Z"});
    let with = |kind: &str, field: &str, value: Value| {
        let mut document = common(kind);
        document[field] = value;
        change(kind, &mut document);
        signed(&document, keys)
    };
    let targets = json!({"trusted_root.json": {"length": trusted_root.len(), "hashes": {"sha256": digest.hex()}}});
    BTreeMap::from([
        ("timestamp.json".to_owned(), with("timestamp", "meta", json!({"snapshot.json": {"version": 7}}))),
        ("7.snapshot.json".to_owned(), with("snapshot", "meta", json!({"targets.json": {"version": 7}}))),
        ("7.targets.json".to_owned(), with("targets", "targets", targets)),
        (format!("targets/{}.trusted_root.json", digest.hex()), trusted_root.into()),
    ])
}
