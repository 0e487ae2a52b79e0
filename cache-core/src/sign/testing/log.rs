//! A transparency log as Rekor is one, in either version: a tree of two leaves, the first of which somebody else entered.

use std::sync::Mutex;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256, Sha384, Sha512};

use super::Call;
use crate::model::digest::to_hex;
use crate::model::{Digest, Timestamp};
use crate::sign::hashes::Hashes;
use crate::sign::verify::Certificate;
use crate::sign::{Envelope, KeyKind, KeySigner, PublicKey};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Version {
    One,
    Two,
}

/// What the log does otherwise than it should.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::sign) enum Fault {
    /// The entry of an earlier signature.
    OtherEntry,
    /// A checkpoint that another key signed.
    OtherKey,
    /// An entry in a log that nobody knows.
    OtherLog,
    /// A proof for another tree.
    OtherTree,
    /// A promise that the log did not sign.
    BadPromise,
    /// It has the entry already, and says where.
    Known,
    /// It has the entry already, and sends to another server.
    KnownElsewhere,
}

pub(in crate::sign) struct Log {
    version: Version,
    key: KeySigner,
    stranger: KeySigner,
    url: Mutex<String>,
    pub(in crate::sign) fault: Mutex<Option<Fault>>,
    /// The entries that were made.
    pub(in crate::sign) entries: Mutex<Vec<Value>>,
}

type Refused = (u16, String);

fn bad(why: impl ToString) -> Refused {
    (400, why.to_string())
}

impl Log {
    pub(super) fn new(version: Version) -> Self {
        let kind = if version == Version::One { KeyKind::P256 } else { KeyKind::Ed25519 };
        Log {
            version,
            key: KeySigner::generate_kind("log", kind).unwrap(),
            stranger: KeySigner::generate_kind("stranger", kind).unwrap(),
            url: Mutex::default(),
            fault: Mutex::default(),
            entries: Mutex::default(),
        }
    }

    pub(super) fn is_at(&self, url: &str) {
        *self.url.lock().unwrap() = url.to_owned();
    }

    /// The name in checkpoints: the host, without the port.
    fn name(&self) -> String {
        let url = self.url.lock().unwrap();
        url.trim_start_matches("http://").split(':').next().unwrap_or_default().to_owned()
    }

    pub(super) fn version(&self) -> u32 {
        if self.version == Version::One { 1 } else { 2 }
    }

    pub(super) fn in_root(&self) -> Value {
        let details = if self.version == Version::One { "PKIX_ECDSA_P256_SHA_256" } else { "PKIX_ED25519" };
        json!({
            "baseUrl": *self.url.lock().unwrap(), "hashAlgorithm": "SHA2_256",
            "publicKey": {"rawBytes": STANDARD.encode(self.key.public_key().spki()), "keyDetails": details,
                "validFor": {"start": "2020-01-01T00:00:00Z"}},
            "logId": {"keyId": STANDARD.encode(self.id(&self.key))},
        })
    }

    fn id(&self, key: &KeySigner) -> Vec<u8> {
        match key.public_key().ed25519() {
            None => Sha256::digest(key.public_key().spki()).to_vec(),
            Some(raw) => {
                Sha256::new().chain_update(self.name()).chain_update([b'\n', 1]).chain_update(raw).finalize().to_vec()
            }
        }
    }

    pub(super) fn answer(&self, call: &Call) -> (u16, Vec<u8>) {
        let (fault, kept) = (*self.fault.lock().unwrap(), "/api/v1/log/entries/00ff");
        match (call.method.as_str(), call.target.as_str()) {
            ("GET", at) if at == kept && self.version == Version::One => {
                let entry = self.entries.lock().unwrap().last().cloned();
                entry.map_or((404, Vec::new()), |entry| (200, self.logged(&entry)))
            }
            ("POST", at) if at == format!("/api/v{}/log/entries", self.version()) => match self.entry(call) {
                Err((status, why)) => (status, json!({"code": status, "message": why}).to_string().into_bytes()),
                Ok(entry) => {
                    self.entries.lock().unwrap().push(entry.clone());
                    match fault {
                        Some(Fault::Known) => (409, kept.into()),
                        Some(Fault::KnownElsewhere) => (409, format!("http://evil.example.test{kept}").into_bytes()),
                        _ => (201, self.logged(&entry)),
                    }
                }
            },
            _ => (404, Vec::new()),
        }
    }

    /// The entry that a request makes, where everything of it is exactly as it should be.
    fn entry(&self, call: &Call) -> Result<Value, Refused> {
        if call.header("content-type") != Some("application/json") || call.header("authorization").is_some() {
            return Err(bad("headers"));
        }
        let request: Value = serde_json::from_slice(&call.body).map_err(|_| bad("no JSON"))?;
        match self.version {
            Version::Two => hashed_2(&request["hashedRekordRequestV002"]),
            Version::One if request["apiVersion"] != "0.0.1" => Err(bad("version")),
            Version::One if request["kind"] == "dsse" => dsse(&request["spec"]["proposedContent"]),
            Version::One if request["kind"] == "hashedrekord" => hashed_1(&request),
            Version::One => Err(bad("kind")),
        }
    }

    /// The answer with the entry, its proof, and in version 1 the promise.
    fn logged(&self, entry: &Value) -> Vec<u8> {
        let fault = *self.fault.lock().unwrap();
        let is = |wanted: Fault| fault == Some(wanted);
        let first = self.entries.lock().unwrap().first().cloned();
        let entry = if is(Fault::OtherEntry) { first.as_ref().unwrap() } else { entry };
        let body = entry.to_string().into_bytes();
        let leaf = |body: &[u8]| Sha256::new().chain_update([0]).chain_update(body).finalize();
        let (sibling, leaf) = (leaf(b"somebody else's entry"), leaf(&body));
        let root = Sha256::new().chain_update([1]).chain_update(sibling).chain_update(leaf).finalize();
        let root = if is(Fault::OtherTree) { leaf } else { root };
        let key = if is(Fault::OtherKey) { &self.stranger } else { &self.key };
        let id = self.id(if is(Fault::OtherLog) { &self.stranger } else { &self.key });
        let host = self.name();
        let origin = if self.version == Version::One { format!("{host} - 7") } else { host.clone() };
        let note = format!("{origin}\n2\n{}\n", STANDARD.encode(root));
        let signature = [&self.id(key)[..4], &key.sign_bytes(note.as_bytes()).unwrap()].concat();
        let checkpoint = format!("{note}\n\u{2014} {host} {}\n", STANDARD.encode(signature));
        let body = STANDARD.encode(&body);
        if self.version == Version::Two {
            return json!({
                "logIndex": "1", "logId": {"keyId": STANDARD.encode(id)}, "integratedTime": "0",
                "kindVersion": {"kind": entry["kind"], "version": entry["apiVersion"]}, "inclusionPromise": null,
                "inclusionProof": {"logIndex": "1", "treeSize": "2", "rootHash": STANDARD.encode(root),
                    "hashes": [STANDARD.encode(sibling)], "checkpoint": {"envelope": checkpoint}},
                "canonicalizedBody": body,
            })
            .to_string()
            .into_bytes();
        }
        let (time, id) = (Timestamp::now().unix(), to_hex(&id));
        let promised = format!(r#"{{"body":"{body}","integratedTime":{time},"logID":"{id}","logIndex":41}}"#);
        let key = if is(Fault::BadPromise) { &self.stranger } else { &self.key };
        json!({"00ff": {
            "body": body, "integratedTime": time, "logID": id, "logIndex": 41,
            "verification": {
                "inclusionProof": {"checkpoint": checkpoint, "hashes": [to_hex(&sibling)], "logIndex": 1,
                    "rootHash": to_hex(&root), "treeSize": 2},
                "signedEntryTimestamp": STANDARD.encode(key.sign_bytes(promised.as_bytes()).unwrap()),
            },
        }})
        .to_string()
        .into_bytes()
    }
}

fn text(value: &Value) -> Result<Vec<u8>, Refused> {
    let bytes = value.as_str().and_then(|text| STANDARD.decode(text).ok());
    bytes.ok_or_else(|| bad(format!("{value} is not base64")))
}

/// The key in a PEM text of a key or a certificate, in base64.
fn verifier(value: &Value) -> Result<PublicKey, Refused> {
    let no_key = || bad("no key");
    let pem = String::from_utf8(text(value)?).map_err(|_| no_key())?;
    match PublicKey::from_pem("k", &pem) {
        Ok(key) => Ok(key),
        Err(_) => {
            let all = Certificate::parse_pem(&pem).map_err(|_| no_key())?;
            all.first().and_then(|first| first.key().ok()).ok_or_else(no_key)
        }
    }
}

fn dsse(proposed: &Value) -> Result<Value, Refused> {
    let json = proposed["envelope"].as_str().ok_or_else(|| bad("no envelope"))?;
    let envelope = Envelope::parse(json.as_bytes()).map_err(bad)?;
    let key = verifier(&proposed["verifiers"][0])?;
    envelope.verify(&key).map_err(bad)?;
    let hash = |bytes: &[u8]| json!({"algorithm": "sha256", "value": to_hex(&Sha256::digest(bytes))});
    Ok(json!({"apiVersion": "0.0.1", "kind": "dsse", "spec": {
        "envelopeHash": hash(json.as_bytes()), "payloadHash": hash(envelope.payload()),
        "signatures": [{"signature": STANDARD.encode(&envelope.signatures()[0]), "verifier": proposed["verifiers"][0]}],
    }}))
}

fn hashed_1(request: &Value) -> Result<Value, Refused> {
    let (data, signature) = (&request["spec"]["data"]["hash"], &request["spec"]["signature"]);
    verifier(&signature["publicKey"]["content"])?;
    text(&signature["content"])?;
    let known = ["sha256", "sha384", "sha512"].iter().zip([64, 96, 128]);
    let fits = known.into_iter().any(|(name, length)| {
        data["algorithm"] == *name && data["value"].as_str().is_some_and(|value| value.len() == length)
    });
    if fits { Ok(request.clone()) } else { Err(bad("hash")) }
}

fn hashed_2(request: &Value) -> Result<Value, Refused> {
    let (verifier, digest) = (&request["signature"]["verifier"], text(&request["digest"])?);
    let spki = match (verifier.get("publicKey"), verifier.get("x509Certificate")) {
        (Some(key), None) => text(&key["rawBytes"])?,
        (None, Some(certificate)) => {
            let der = text(&certificate["rawBytes"])?;
            Certificate::parse(&der).map_err(bad)?.spki().to_vec()
        }
        _ => return Err(bad("one verifier")),
    };
    let key = PublicKey::from_spki("k", spki).map_err(bad)?;
    let (algorithm, length) = match verifier["keyDetails"].as_str() {
        Some("PKIX_ECDSA_P256_SHA_256" | "PKIX_RSA_PKCS1V15_2048_SHA256") => ("SHA2_256", Sha256::output_size()),
        Some("PKIX_ECDSA_P384_SHA_384") => ("SHA2_384", Sha384::output_size()),
        Some("PKIX_ECDSA_P521_SHA_512" | "PKIX_ED25519_PH") => ("SHA2_512", Sha512::output_size()),
        other => return Err(bad(format!("{other:?}"))),
    };
    if digest.len() != length || key.scheme().details(key.spki()) != verifier["keyDetails"].as_str() {
        return Err(bad("the digest or the key is not what the details say"));
    }
    if algorithm == "SHA2_256" {
        let sha256 = Digest::parse(&format!("sha256:{}", to_hex(&digest))).map_err(bad)?;
        let hashes = Hashes::of(&sha256).ok_or_else(|| bad("no SHA-256"))?;
        key.verify_hashed(&hashes, &text(&request["signature"]["content"])?).map_err(bad)?;
    }
    Ok(json!({"apiVersion": "0.0.2", "kind": "hashedrekord", "spec": {"hashedRekordV002": {
        "data": {"algorithm": algorithm, "digest": request["digest"]},
        "signature": request["signature"],
    }}}))
}
