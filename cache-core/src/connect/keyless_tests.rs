//! Signers and approvals from configuration, against services of our own.

use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::{Value, json};

use super::*;
use crate::approve::{Approval, ApprovalPolicy};
use crate::error::ErrorKind;
use crate::model::{Identity, Timestamp};
use crate::sign::testing::{Cloud, ISSUER, TufRepository, Version, token_for};
use crate::sign::{CallbackToken, TokenSource};

const SUBJECT: &str = "https://ci.example.test/build.yml";

fn signer(value: Value) -> Result<SignerConfig> {
    read("signer", value)
}

async fn opened(value: Value, backing: Backing) -> Result<Identity> {
    Ok(signer(value)?.open(backing)?.signer().await?.identity())
}

/// An image in a layout, and the configuration of a promoter that attaches to it.
pub(super) fn world(folder: &std::path::Path) -> Value {
    use crate::model::{Descriptor, Tag, manifest::media_type};
    let place = format!("oci:{}", folder.join("app").display());
    let repository = Repository::parse(&place).unwrap();
    let blobs = folder.join("app/blobs/sha256");
    std::fs::create_dir_all(&blobs).unwrap();
    let put = |bytes: &[u8]| std::fs::write(blobs.join(crate::model::Digest::of(bytes).hex()), bytes).unwrap();
    let manifest = json!({"schemaVersion": 2, "mediaType": media_type::OCI_MANIFEST,
        "config": Descriptor::of(media_type::OCI_CONFIG, b"{}"), "layers": []});
    let manifest = manifest.to_string();
    put(b"{}");
    put(manifest.as_bytes());
    let mut listed = Descriptor::of(media_type::OCI_MANIFEST, manifest.as_bytes());
    listed.annotations.insert("org.opencontainers.image.ref.name".to_owned(), Tag::parse("v1").unwrap().to_string());
    let index = json!({"schemaVersion": 2, "mediaType": media_type::OCI_INDEX, "manifests": [listed]});
    std::fs::write(folder.join("app/index.json"), index.to_string()).unwrap();
    std::fs::write(folder.join("app/oci-layout"), r#"{"imageLayoutVersion":"1.0.0"}"#).unwrap();
    assert!(open_source(&repository).is_ok());
    json!({"source": place, "target": place, "environment": "staging", "ledger": folder.join("ledger")})
}

async fn sign(config: Value, tokens: Option<Arc<dyn TokenSource>>) -> Result<crate::promote::Receipt> {
    let image = format!("{}:v1", config["target"].as_str().unwrap());
    let session = read::<PromoterConfig>("configuration", config)?.open_with(Vec::new(), tokens)?;
    let request = json!({"image": image, "requester": "ci", "attach": [{"kind": "signature"}]});
    let plan = session.plan_attaching(read("request", request)?).await?.plan.unwrap();
    let answer = read("answer", json!({"decision": "approve", "approver": "alice"}))?;
    let approval = plan.approve_by_callback(answer, None)?;
    session.execute(&plan, vec![approval], None).await
}

async fn verified(config: &Value, more: Value) -> Result<Value> {
    let image = format!("{}:v1", config["target"].as_str().unwrap());
    let mut request = json!({"image": image});
    request.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    read::<VerifyConfig>("request", request)?.verify().await
}

#[tokio::test]
async fn a_keyless_signer_is_configuration_and_so_is_whom_to_believe() {
    let cloud = Cloud::new(&[Version::One, Version::Two]).await;
    let (root, stated) = (cloud.root().to_string(), cloud.config_json(true));
    let address = |list: &str, at: usize| stated[list][at]["url"].clone();
    let addresses = json!({
        "fulcio": address("caUrls", 0), "tsa": [address("tsaUrls", 0)],
        "rekor": [{"url": address("rekorTlogUrls", 0), "version": 1}, {"url": address("rekorTlogUrls", 1), "version": 2}],
    });
    let both = json!({"mediaType": "application/vnd.dev.sigstore.clienttrustconfig.v0.1+json",
        "trustedRoot": cloud.root(), "signingConfig": stated});
    for services in [
        json!({"signingConfig": stated.to_string()}),
        json!({"trustConfig": both.to_string()}),
        json!({"signingConfig": stated.to_string(), "trustedRoot": root}),
        addresses,
    ] {
        let folder = tempfile::tempdir().unwrap();
        let mut config = world(folder.path());
        let token = folder.path().join("token");
        std::fs::write(&token, token_for(SUBJECT).reveal()).unwrap();
        config["trustedRoot"] = json!(root);
        config["signer"] = json!({"keyless": {"file": token}, "services": services});
        let receipt = sign(config.clone(), None).await.unwrap();
        assert!(receipt.is_complete(), "{receipt}");
        let identities = |subject: &str, issuer: &str| {
            json!({"trustedRoot": root, "trustedSigners": [{"name": "ci", "demands": {"logs": 2, "timestamps": 1},
                "identities": [{"subject": subject, "issuer": issuer}]}]})
        };
        let seen = verified(&config, identities(SUBJECT, ISSUER)).await.unwrap();
        assert_eq!(seen["signatures"][0]["by"]["subject"], SUBJECT, "{seen}");
        for (subject, issuer) in [(SUBJECT, "https://id.other.test"), ("https://evil.example.test/", ISSUER)] {
            assert_eq!(verified(&config, identities(subject, issuer)).await.unwrap_err().kind(), ErrorKind::Untrusted);
        }
    }
}

#[tokio::test]
async fn tokens_come_from_a_file_a_variable_a_text_or_the_application() {
    let cloud = Cloud::new(&[Version::One]).await;
    let services =
        json!({"signingConfig": cloud.config_json(true).to_string(), "trustedRoot": cloud.root().to_string()});
    let of = |keyless: Value| json!({"keyless": keyless, "services": services});
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("token");
    std::fs::write(&path, token_for(SUBJECT).reveal()).unwrap();
    for keyless in [json!({"file": path}), json!({"token": token_for(SUBJECT).reveal()})] {
        let identity = opened(of(keyless), Backing::default()).await.unwrap();
        assert!(identity.to_string().starts_with(SUBJECT), "{identity}");
    }
    let asked = Arc::new(AtomicUsize::new(0));
    let count = asked.clone();
    let callback = CallbackToken::new(move |audience| {
        count.fetch_add(1, Ordering::SeqCst);
        async move {
            assert_eq!(audience, "sigstore");
            Ok(token_for(SUBJECT))
        }
    });
    let tokens = Backing { tokens: Some(Arc::new(callback)), ..Backing::default() };
    assert!(opened(of(json!("callback")), tokens.clone()).await.is_ok());
    assert_eq!(asked.load(Ordering::SeqCst), 1);
    // Who is named needs no token to be planned with.
    let mut named = of(json!("callback"));
    (named["subject"], named["issuer"]) = (json!(SUBJECT), json!(ISSUER));
    assert!(opened(named.clone(), tokens.clone()).await.is_ok());
    assert_eq!(asked.load(Ordering::SeqCst), 1);
    // A variable that is there and is no token.
    assert_eq!(opened(of(json!({"env": "PATH"})), Backing::default()).await.unwrap_err().kind(), ErrorKind::Invalid);
    let refused = async |value: Value, backing: Backing| opened(value, backing).await.unwrap_err();
    assert!(refused(of(json!("callback")), Backing::default()).await.to_string().contains("no function"));
    assert!(refused(of(json!({"file": path})), tokens).await.to_string().contains("asked by nobody"));
    let none = refused(of(json!({"env": "CACHE_NO_SUCH_VARIABLE"})), Backing::default()).await;
    assert_eq!(none.kind(), ErrorKind::NotFound);
    named.as_object_mut().unwrap().remove("issuer");
    assert!(refused(named, Backing::default()).await.to_string().contains("or neither"));
}

#[tokio::test]
async fn what_is_wrong_with_a_signer_is_said_when_it_is_opened_and_shows_no_token() {
    let cloud = Cloud::new(&[Version::One]).await;
    let signing = cloud.config_json(true).to_string();
    let root = cloud.root().to_string();
    let token = json!({"token": "s3cret"});
    for (value, words) in [
        (json!({"keyless": token}), "needs \"services\""),
        (json!({"keyless": token, "services": {}}), "services are one of"),
        (
            json!({"keyless": token, "services": {"signingConfig": signing, "fulcio": "https://a.test"}}),
            "services are one of",
        ),
        (json!({"keyless": token, "services": {"signingConfig": signing}}), "there is none"),
        (
            json!({"keyless": token, "services": {"signingConfig": "{}", "trustedRoot": root}}),
            "not a signing configuration",
        ),
        (
            json!({"keyless": token, "services": {"signingConfig": "/no/such/file", "trustedRoot": root}}),
            "/no/such/file",
        ),
        (json!({"keyless": token, "services": {"sigstore": "s3cret"}}), "sigstore"),
        (json!({"keyless": "s3cret", "services": {"signingConfig": signing, "trustedRoot": root}}), "come from"),
        (
            json!({"keyless": {"tokn": "s3cret"}, "services": {"signingConfig": signing, "trustedRoot": root}}),
            "keyless.tokn: unknown field",
        ),
        (json!({"keyless": ["s3cret"], "services": {"signingConfig": signing, "trustedRoot": root}}), "come from"),
        (
            json!({"keyless": token, "name": "s3cret", "services": {"signingConfig": signing, "trustedRoot": root}}),
            "name",
        ),
    ] {
        let error = signer(value).and_then(|signer| signer.open(Backing::default())).unwrap_err();
        let shown = format!("{error} {error:?}");
        assert!(shown.contains(words) && !shown.contains("s3cret"), "{words}: {shown}");
    }
    let config =
        signer(json!({"keyless": token, "services": {"signingConfig": signing, "trustedRoot": root}})).unwrap();
    assert!(!format!("{config:?} {:?}", config.clone().open(Backing::default()).unwrap()).contains("s3cret"));
    // Nobody is asked before it is needed; then it is no token.
    let error = config.open(Backing::default()).unwrap().signer().await.unwrap_err();
    assert!(error.kind() == ErrorKind::Invalid && !format!("{error:?}").contains("s3cret"), "{error:?}");
}

#[tokio::test]
async fn a_key_with_services_is_in_the_logs_with_a_proven_time() {
    let cloud = Cloud::new(&[Version::One, Version::Two]).await;
    let (root, signing) = (cloud.root().to_string(), cloud.config_json(true).to_string());
    for kind in ["p256", "ed25519"] {
        let folder = tempfile::tempdir().unwrap();
        let mut config = world(folder.path());
        let made = generate_key(Some(kind), None).unwrap();
        config["trustedRoot"] = json!(root);
        config["signer"] =
            json!({"name": "k", "pem": *made.private, "prehashed": true, "services": {"signingConfig": signing}});
        assert!(sign(config.clone(), None).await.unwrap().is_complete());
        let trusted = |logs: usize| {
            json!({"trustedRoot": root,
                "trustedKeys": [{"name": "k", "pem": made.public, "demands": {"logs": logs, "timestamps": 1}}]})
        };
        assert!(verified(&config, trusted(2)).await.is_ok(), "{kind}");
        assert!(verified(&config, trusted(3)).await.is_err(), "{kind}");
    }
}

#[tokio::test]
async fn an_approval_is_given_keyless_and_admitted_by_configuration() {
    let cloud = Cloud::new(&[Version::Two]).await;
    let (root, signing) = (cloud.root().to_string(), cloud.config_json(true).to_string());
    let folder = tempfile::tempdir().unwrap();
    let mut config = world(folder.path());
    config["signer"] = json!({"name": "k", "pem": *generate_key(None, None).unwrap().private});
    config["trustedRoot"] = json!(root);
    config["approval"] = json!({"accept": ["keyless"], "approvers": [
        {"name": "alice", "identities": [{"subject": SUBJECT, "issuer": ISSUER}]}]});
    let session = read::<PromoterConfig>("configuration", config.clone()).unwrap().open(Vec::new()).unwrap();
    let image = format!("{}:v1", config["target"].as_str().unwrap());
    let request = json!({"image": image, "requester": "ci", "attach": [{"kind": "signature"}]});
    let plan = session.plan_attaching(read("request", request).unwrap()).await.unwrap().plan.unwrap();
    // On another machine there is the plan's file, and nothing else.
    let elsewhere = SharedPlan::from_json(plan.plan().bytes()).unwrap();
    let approver = json!({"keyless": "callback", "services": {"signingConfig": signing, "trustedRoot": root}});
    let tokens = |subject: &'static str| -> Option<Arc<dyn TokenSource>> {
        Some(Arc::new(CallbackToken::new(move |_| async move { Ok(token_for(subject)) })))
    };
    let approve = async |subject| {
        let answer = read("answer", json!({"decision": "approve", "approver": "alice"})).unwrap();
        let signed = elsewhere.approve_by_signature(answer, signer(approver.clone()).unwrap(), tokens(subject), None);
        Approval::from_json(&signed.await.unwrap().to_json().unwrap()).unwrap()
    };
    let stranger = approve("https://evil.example.test/").await;
    assert_eq!(session.execute(&plan, vec![stranger], None).await.unwrap_err().kind(), ErrorKind::Unapproved);
    assert!(session.execute(&plan, vec![approve(SUBJECT).await], None).await.unwrap().is_complete());
    // Without a root nobody could be believed.
    config.as_object_mut().unwrap().remove("trustedRoot");
    let error = read::<PromoterConfig>("configuration", config).unwrap().open(Vec::new()).unwrap_err();
    assert!(error.to_string().contains("need a trusted root"), "{error}");
}

#[test]
fn a_policy_file_names_keyless_approvers() {
    let text = format!(
        "approval_policy:\n  prod:\n    kinds: [keyless]\n    demands: {{logs: 2}}\n    approvers:\n    - name: alice\n      \
         identities: [{{subject: '{SUBJECT}', issuer: '{ISSUER}'}}]\n"
    );
    let policy: ApprovalPolicy = crate::policy::Policy::parse(&text).unwrap().approval("prod");
    assert_eq!((policy.approvers[0].identities.len(), policy.demands.logs), (1, 2));
    for wrong in [text.replace("issuer", "isuer"), text.replace(", issuer: 'https://id.example.test'", "")] {
        assert!(crate::policy::Policy::parse(&wrong).is_err(), "{wrong}");
    }
}

#[tokio::test]
async fn the_trusted_root_comes_by_tuf_and_nothing_older_later() {
    let cloud = Cloud::new(&[Version::One]).await;
    let trusted = cloud.root().to_string();
    let repository = TufRepository::with(trusted.clone()).await;
    let folder = tempfile::tempdir().unwrap();
    let kept = folder.path().join("tuf");
    let config = |root: &str| -> TufConfig {
        read("request", json!({"url": repository.url(), "root": root, "folder": kept})).unwrap()
    };
    let fetched = config(repository.root()).refresh().await.unwrap();
    assert_eq!(fetched, trusted);
    assert_eq!(std::fs::read_to_string(kept.join("trusted_root.json")).unwrap(), fetched);
    // Again, from what is kept.
    assert_eq!(config(repository.root()).refresh().await.unwrap(), fetched);
    std::fs::write(kept.join("versions.json"), r#"{"timestamp":8,"snapshot":7,"targets":7}"#).unwrap();
    assert_eq!(config(repository.root()).refresh().await.unwrap_err().kind(), ErrorKind::Untrusted);
    let stranger = TufRepository::with(trusted).await;
    let other = TufConfig { folder: None, ..config(stranger.root()) };
    assert_eq!(other.refresh().await.unwrap_err().kind(), ErrorKind::Untrusted);
    let late =
        TufConfig { clock: Some(Timestamp::parse("2090-01-01").unwrap()), folder: None, ..config(repository.root()) };
    assert!(late.refresh().await.unwrap_err().to_string().contains("expired"));
}
