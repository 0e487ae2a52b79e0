//! A good keyless bundle of a file, changed in each way that once got past some verifier.

use std::path::PathBuf;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use cache_core::Result;
use cache_core::sign::{Bundle, Demands, IdentityRule, Shown, Trust, Trusted, TrustedRoot, Wanted};
use serde_json::{Value, json};

use crate::support;

/// A bundle made by cosign with loopback services, and the root of those.
struct World {
    folder: PathBuf,
    bundle: Value,
    root: Value,
    file: Vec<u8>,
}

type Change = fn(&mut Value);

const SUBJECT: &str = "https://ci.example.test/app/build.yml@refs/heads/main";
const ISSUER: &str = "http://127.0.0.1:8700";

impl World {
    fn new() -> Option<Self> {
        let folder = support::data("signing", "CACHE_SIGNING_DATA")?.join("cases/local/keyless-mock-fulcio");
        let json = |name: &str| serde_json::from_slice(&std::fs::read(folder.join(name)).unwrap()).unwrap();
        let (bundle, root) = (json("bundle.sigstore.json"), json("trusted_root.json"));
        let file = std::fs::read(folder.join("artifact")).unwrap();
        Some(World { bundle, root, file, folder })
    }

    fn verify(&self, bundle: &Value, root: &Value, demands: Demands) -> Result<()> {
        let rule = IdentityRule::exact(SUBJECT, ISSUER);
        let root = Arc::new(TrustedRoot::parse(&serde_json::to_vec(root).unwrap())?);
        let trusted = Trusted::identities("ci", vec![rule], root.clone()).demanding(demands, root);
        let bundle = Bundle::parse(&serde_json::to_vec(bundle).unwrap())?;
        Trust::default().and(trusted).verify_file(&bundle, &self.file).map(|_| ())
    }

    fn changed(&self, change: Change, demands: Demands) -> Result<()> {
        let mut bundle = self.bundle.clone();
        change(&mut bundle);
        self.verify(&bundle, &self.root, demands)
    }

    fn with_root(&self, change: Change, demands: Demands) -> Result<()> {
        let mut root = self.root.clone();
        change(&mut root);
        self.verify(&self.bundle, &root, demands)
    }
}

fn entry(bundle: &mut Value) -> &mut Value {
    &mut bundle["verificationMaterial"]["tlogEntries"][0]
}

fn stamps(bundle: &mut Value) -> &mut Vec<Value> {
    bundle["verificationMaterial"]["timestampVerificationData"]["rfc3161Timestamps"].as_array_mut().unwrap()
}

fn usual() -> Demands {
    Demands::of_keyless()
}

fn no_log() -> Demands {
    Demands { logs: 0, ..usual() }
}

/// Checks that it is refused, and with these words.
fn refused(outcome: Result<()>, words: &str, what: &str) {
    let Err(error) = outcome else { panic!("{what}: accepted") };
    assert!(error.to_string().contains(words), "{what}: {error}");
}

#[test]
fn what_is_demanded_is_there() {
    let Some(world) = World::new() else { return };
    assert!(world.folder.is_dir());
    let good: [(&str, Demands); 4] = [
        ("usual", usual()),
        ("timestamp too", Demands { timestamps: 1, ..usual() }),
        ("only a proof", Demands { shown: Shown::ByProof, ..usual() }),
        ("no log", no_log()),
    ];
    for (what, demands) in good {
        world.changed(|_| (), demands).unwrap_or_else(|error| panic!("{what}: {error}"));
    }
    refused(world.changed(|_| (), Demands { logs: 2, ..usual() }), "not in enough trusted", "two logs");
    refused(world.changed(|_| (), Demands { timestamps: 2, ..usual() }), "without a timestamp", "two authorities");
}

#[test]
fn one_log_or_authority_counts_once() {
    let Some(world) = World::new() else { return };
    let twice: Change = |bundle| {
        let again = entry(bundle).clone();
        bundle["verificationMaterial"]["tlogEntries"].as_array_mut().unwrap().push(again);
    };
    refused(world.changed(twice, usual()), "there twice", "an entry twice");
    let twice: Change = |bundle| {
        let again = stamps(bundle)[0].clone();
        stamps(bundle).push(again);
    };
    world.changed(twice, usual()).unwrap();
    refused(world.changed(twice, Demands { timestamps: 2, ..usual() }), "without a timestamp", "a timestamp twice");
    let many: Change = |bundle| {
        let again = stamps(bundle)[0].clone();
        *stamps(bundle) = vec![again; 33];
    };
    refused(world.changed(many, usual()), "more than 32", "33 timestamps");
}

#[test]
fn what_a_log_says_must_be_right_whether_or_not_it_is_demanded() {
    let Some(world) = World::new() else { return };
    let changes: [(&str, Change, &str); 7] = [
        ("time", |b| entry(b)["integratedTime"] = json!("1"), "promise"),
        ("index", |b| entry(b)["logIndex"] = json!("7"), "promise"),
        ("root", |b| entry(b)["inclusionProof"]["rootHash"] = json!(STANDARD.encode([0; 32])), "another tree"),
        ("size", |b| entry(b)["inclusionProof"]["treeSize"] = json!("9"), "another tree"),
        ("leaf", |b| entry(b)["inclusionProof"]["logIndex"] = json!("1"), "inclusion proof"),
        (
            "checkpoint",
            |b| {
                let checkpoint = &mut entry(b)["inclusionProof"]["checkpoint"]["envelope"];
                *checkpoint = json!(checkpoint.as_str().unwrap().replacen('\n', "x\n", 1));
            },
            "not signed by the log",
        ),
        (
            "body",
            |b| {
                let body = STANDARD.decode(entry(b)["canonicalizedBody"].as_str().unwrap()).unwrap();
                let text = String::from_utf8(body).unwrap().replace("sha256\",\"value\":\"", "sha256\",\"value\":\"00");
                entry(b)["canonicalizedBody"] = json!(STANDARD.encode(text));
            },
            "another content",
        ),
    ];
    for (what, change, words) in changes {
        for demands in [usual(), no_log()] {
            refused(world.changed(change, demands), words, what);
        }
    }
}

#[test]
fn the_version_of_a_bundle_drops_no_demand() {
    let Some(world) = World::new() else { return };
    let downgraded: Change = |bundle| {
        bundle["mediaType"] = json!("application/vnd.dev.sigstore.bundle+json;version=0.1");
        entry(bundle).as_object_mut().unwrap().remove("inclusionProof");
    };
    refused(world.changed(downgraded, usual()), "without an inclusion proof", "0.1 without a proof");
    world.changed(downgraded, Demands { shown: Shown::ByPromise, ..usual() }).unwrap();
    let stripped: Change = |bundle| drop(entry(bundle).as_object_mut().unwrap().remove("inclusionProof"));
    let promise = Demands { shown: Shown::ByPromise, ..usual() };
    refused(world.changed(stripped, promise), "needs an inclusion proof", "0.3 without a proof");
}

#[test]
fn a_time_counts_only_where_it_is_proven() {
    let Some(world) = World::new() else { return };
    // Without the promise the time of the entry is only a claim, and the timestamp proves it.
    let no_promise: Change = |bundle| drop(entry(bundle).as_object_mut().unwrap().remove("inclusionPromise"));
    world.changed(no_promise, usual()).unwrap();
    let untimed: Change = |bundle| {
        entry(bundle).as_object_mut().unwrap().remove("inclusionPromise");
        stamps(bundle).clear();
    };
    refused(world.changed(untimed, usual()), "nothing proves when", "no proven time");
    let nothing: Change = |bundle| {
        bundle["verificationMaterial"]["tlogEntries"] = json!([]);
        stamps(bundle).clear();
    };
    refused(world.changed(nothing, usual()), "without an entry", "nothing");
    refused(world.changed(nothing, no_log()), "nothing proves when", "nothing, and no log wanted");
}

#[test]
fn what_is_unknown_or_broken_beside_good_proof_does_no_harm() {
    let Some(world) = World::new() else { return };
    let broken: Change = |bundle| {
        let mut token = STANDARD.decode(stamps(bundle)[0]["signedTimestamp"].as_str().unwrap()).unwrap();
        *token.last_mut().unwrap() ^= 1;
        stamps(bundle)[0]["signedTimestamp"] = json!(STANDARD.encode(token));
    };
    world.changed(broken, usual()).unwrap();
    refused(world.changed(broken, Demands { timestamps: 1, ..usual() }), "timestamp", "a broken timestamp");
    world.with_root(|root| root["timestampAuthorities"] = json!([]), usual()).unwrap();
    let unknown: Change = |root| root["tlogs"] = json!([]);
    refused(world.with_root(unknown, usual()), "not in enough trusted", "an unknown log");
    world.with_root(unknown, no_log()).unwrap();
}

#[test]
fn authorities_and_logs_hold_only_in_their_periods() {
    let Some(world) = World::new() else { return };
    let old = || json!({"start": "2020-01-01T00:00:00Z", "end": "2021-01-01T00:00:00Z"});
    assert_eq!(old()["end"], "2021-01-01T00:00:00Z");
    let changes: [(&str, Change, &str); 4] = [
        (
            "log",
            |r| {
                r["tlogs"][0]["publicKey"]["validFor"] =
                    json!({"start": "2020-01-01T00:00:00Z", "end": "2021-01-01T00:00:00Z"})
            },
            "key of the log is not valid",
        ),
        (
            "authority",
            |r| {
                r["certificateAuthorities"][0]["validFor"] =
                    json!({"start": "2020-01-01T00:00:00Z", "end": "2021-01-01T00:00:00Z"})
            },
            "authority is not valid",
        ),
        (
            "certificate log",
            |r| {
                r["ctlogs"][0]["publicKey"]["validFor"] =
                    json!({"start": "2020-01-01T00:00:00Z", "end": "2021-01-01T00:00:00Z"})
            },
            "by a trusted certificate log",
        ),
        ("no certificate log", |r| r["ctlogs"] = json!([]), "by a trusted certificate log"),
    ];
    for (what, change, words) in changes {
        refused(world.with_root(change, usual()), words, what);
    }
}

#[test]
fn only_the_named_identity_counts() {
    let Some(world) = World::new() else { return };
    let root = Arc::new(TrustedRoot::parse(&serde_json::to_vec(&world.root).unwrap()).unwrap());
    let bundle = Bundle::parse(&serde_json::to_vec(&world.bundle).unwrap()).unwrap();
    let accepted = |rule: IdentityRule| {
        let trusted = Trusted::identities("ci", vec![rule], root.clone());
        Trust::default().and(trusted).verify_file(&bundle, &world.file)
    };
    let claim =
        |name: &str, value: &str| IdentityRule::exact(SUBJECT, ISSUER).and_claim(name, Wanted::exact(value)).unwrap();
    let verified = accepted(claim("sourceRepositoryRef", "refs/heads/main")).unwrap();
    assert_eq!(verified.accepted(), ["ci"]);
    assert_eq!(verified.by().claim("buildTrigger"), Some("push"));
    assert!(verified.by().to_string().contains(SUBJECT));
    for rule in [
        claim("sourceRepositoryRef", "refs/heads/dev"),
        claim("deploymentEnvironment", "prod"),
        IdentityRule::exact(SUBJECT, "http://127.0.0.1:8701"),
        IdentityRule::exact(&SUBJECT[1..], ISSUER),
        IdentityRule { issuer: None, ..IdentityRule::exact(SUBJECT, ISSUER) },
    ] {
        assert!(accepted(rule).is_err());
    }
    assert!(Trust::default().verify_file(&bundle, &world.file).is_err());
}

#[test]
fn a_keyless_bundle_survives_its_own_json() {
    let Some(world) = World::new() else { return };
    let bundle = Bundle::parse(&serde_json::to_vec(&world.bundle).unwrap()).unwrap();
    let again: Value = serde_json::from_slice(&bundle.to_json().unwrap()).unwrap();
    world.verify(&again, &world.root, Demands { timestamps: 1, ..usual() }).unwrap();
}

#[test]
fn damaged_bytes_are_refused_and_nothing_panics() {
    let Some(world) = World::new() else { return };
    let fields = [
        "/verificationMaterial/certificate/rawBytes",
        "/verificationMaterial/tlogEntries/0/canonicalizedBody",
        "/verificationMaterial/tlogEntries/0/inclusionPromise/signedEntryTimestamp",
        "/verificationMaterial/timestampVerificationData/rfc3161Timestamps/0/signedTimestamp",
        "/messageSignature/signature",
    ];
    let mut tried = 0;
    for field in fields {
        let bytes = STANDARD.decode(world.bundle.pointer(field).unwrap().as_str().unwrap()).unwrap();
        for at in (0..bytes.len()).step_by(7) {
            for (flip, keep) in [(0x01, bytes.len()), (0x80, bytes.len()), (0, at)] {
                let mut damaged = bytes[..keep].to_vec();
                if let Some(byte) = damaged.get_mut(at) {
                    *byte ^= flip;
                }
                let mut bundle = world.bundle.clone();
                *bundle.pointer_mut(field).unwrap() = json!(STANDARD.encode(damaged));
                let outcome = world.verify(&bundle, &world.root, Demands { timestamps: 1, ..usual() });
                // Not every bit of a timestamp is signed; the rest says nothing that is read.
                let unsigned = field.ends_with("signedTimestamp") && keep == bytes.len();
                assert!(outcome.is_err() || unsigned, "{field} at {at}: {flip:#x}, {keep}");
                tried += 1;
            }
        }
    }
    eprintln!("{tried} damaged bundles refused");
}
