//! Plans are made where the signer is known by name alone, and executed where it is.

use serde_json::{Value, json};

use super::*;
use crate::approve::Approval;
use crate::error::ErrorKind;
use crate::model::Identity;
use crate::sign::testing::{Cloud, ISSUER, Version};
use crate::sign::{KeySigner, PublicKey};

fn open(value: Value) -> Result<OpenSigner> {
    read::<SignerConfig>("signer", value)?.open(Backing::default())
}

fn keys() -> NewKey {
    generate_key(None, None).unwrap()
}

fn fingerprint(public: &str) -> String {
    PublicKey::from_pem("k", public).unwrap().fingerprint().to_string()
}

#[tokio::test]
async fn a_key_is_named_by_its_public_half_and_the_private_one_is_not_looked_for() {
    let made = keys();
    let folder = tempfile::tempdir().unwrap();
    let place = folder.path().join("k.pub");
    std::fs::write(&place, &made.public).unwrap();
    let wanted = KeySigner::from_pem("k", &made.private).unwrap().public_key().identity();
    let not_there = "env://CACHE_NO_SUCH_VARIABLE";
    for stated in [
        json!({"name": "k", "path": not_there, "publicKey": made.public}),
        json!({"name": "k", "path": not_there, "passwordEnv": "CACHE_NO_SUCH_VARIABLE", "publicKey": place}),
        json!({"name": "k", "program": "/no/such/program", "publicKey": place}),
        json!({"name": "k", "publicKey": made.public}),
        json!({"name": "k", "fingerprint": fingerprint(&made.public)}),
    ] {
        let signer = open(stated.clone()).unwrap();
        assert_eq!(signer.planner().await.unwrap().identity(), wanted, "{stated}");
        let there = signer.signer().await;
        assert!(there.is_err() || stated.get("path").or(stated.get("program")).is_none(), "{stated}");
    }
    // Without it, what is not there is said at once, as ever.
    assert_eq!(open(json!({"name": "k", "path": not_there})).unwrap_err().kind(), ErrorKind::NotFound);
    let whole = open(json!({"name": "k", "pem": *made.private, "publicKey": made.public})).unwrap();
    assert_eq!(whole.signer().await.unwrap().identity(), wanted);
    let other = open(json!({"name": "k", "pem": *made.private, "publicKey": keys().public})).unwrap();
    assert!(other.planner().await.is_ok());
    let error = other.signer().await.unwrap_err();
    assert!(error.kind() == ErrorKind::Invalid && error.message().contains("another key"), "{error}");
}

#[tokio::test]
async fn a_keyless_signer_is_named_where_no_tokens_are() {
    let cloud = Cloud::new(&[Version::One]).await;
    let services =
        json!({"signingConfig": cloud.config_json(true).to_string(), "trustedRoot": cloud.root().to_string()});
    let who = json!({"subject": "https://ci.example.test/build.yml", "issuer": ISSUER});
    let mut stated = who.clone();
    stated["keyless"] = json!("github-actions");
    stated["services"] = services.clone();
    for stated in [stated, who] {
        let identity = open(stated.clone()).unwrap().planner().await.unwrap().identity();
        assert!(
            matches!(&identity, Identity::Certificate { issuer, .. } if issuer.as_deref() == Some(ISSUER)),
            "{stated}"
        );
    }
    // Who is not named can only be asked.
    let unnamed = json!({"keyless": "github-actions", "services": services});
    assert_eq!(open(unnamed.clone()).unwrap_err().kind(), ErrorKind::NotFound);
    let mut key = unnamed;
    key["publicKey"] = json!(keys().public);
    assert_eq!(open(key).unwrap_err().kind(), ErrorKind::Invalid);
}

#[test]
fn what_names_nobody_or_two_is_refused() {
    let made = keys();
    let print = fingerprint(&made.public);
    for stated in [
        json!({}),
        json!({"name": "k"}),
        json!({"publicKey": made.public}),
        json!({"fingerprint": print}),
        json!({"name": "k", "publicKey": made.public, "fingerprint": print}),
        json!({"name": "k", "fingerprint": print, "subject": "a@example.com", "issuer": ISSUER}),
        json!({"subject": "a@example.com"}),
        json!({"name": "k", "publicKey": *made.private}),
        json!({"name": "k", "publicKey": 7}),
        json!({"name": "k", "pasword": "x", "publicKey": made.public}),
    ] {
        let error = open(stated.clone()).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Invalid, "{stated}: {error}");
        assert!(!format!("{error:?}").contains(made.private.lines().nth(1).unwrap()));
    }
}

/// A layout with an image `v1`, and the configuration of a promoter that attaches to it.
fn config(folder: &std::path::Path, signer: &Value) -> Value {
    let mut config = super::keyless_tests::world(folder);
    config["signer"] = signer.clone();
    config
}

#[tokio::test]
async fn a_plan_is_made_with_the_public_key_and_executed_with_the_private_one() {
    let (made, folder) = (keys(), tempfile::tempdir().unwrap());
    let session = |signer: Value| {
        let config: PromoterConfig = read("configuration", config(folder.path(), &signer)).unwrap();
        config.open(Vec::new()).unwrap()
    };
    let image = format!("oci:{}:v1", folder.path().join("app").display());
    let request = || {
        let stated = json!({"image": image, "requester": "ci", "attach": [{"kind": "signature"}]});
        read("request", stated).unwrap()
    };
    let plans = session(json!({"name": "k", "publicKey": made.public}));
    let unread = session(json!({"name": "k", "path": "no.key", "password": "x", "publicKey": made.public}));
    let executes = session(json!({"name": "k", "pem": *made.private}));
    let planned = plans.plan_attaching(request()).await.unwrap().plan.unwrap();
    let same = executes.plan_attaching(request()).await.unwrap().plan.unwrap();
    assert_eq!(planned.plan().bytes(), same.plan().bytes(), "byte for byte");
    let approve = |plan: &SharedPlan| -> Vec<Approval> {
        let answer = read("answer", json!({"decision": "approve", "approver": "alice"})).unwrap();
        vec![plan.approve_by_callback(answer, None).unwrap()]
    };
    let error = plans.execute(&planned, approve(&planned), None).await.unwrap_err();
    assert!(error.kind() == ErrorKind::Invalid && error.to_string().contains("who signs is not here"), "{error}");
    assert!(executes.execute(&same, approve(&same), None).await.unwrap().is_complete());
    // What was signed is recognised by the public key.
    assert_eq!(plans.plan_attaching(request()).await.unwrap().state, "nothing");
    assert_eq!(unread.plan_attaching(request()).await.unwrap().state, "nothing");
}
