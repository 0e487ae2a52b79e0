use async_trait::async_trait;
use serde_json::{Value, json};

use super::*;
use crate::approve::ApprovalKind;
use crate::error::ErrorKind;
use crate::gate::{Evidence, PromotionGate};
use crate::model::{Digest, Outcome, Pinned, Timestamp};
use crate::sign::KeySigner;

fn config(value: Value) -> Result<PromoterConfig, serde_json::Error> {
    serde_json::from_value(value)
}

#[test]
fn a_field_that_is_not_known_is_refused() {
    let good = json!({"source": "oci:a", "target": "oci:b", "environment": "staging"});
    assert!(config(good.clone()).is_ok());
    for (place, field) in [("", "polcy"), ("/approval", "requried")] {
        let mut bad = good.clone();
        bad["approval"] = json!({});
        bad.pointer_mut(place).unwrap()[field] = json!("x");
        assert!(config(bad).unwrap_err().to_string().contains(field));
    }
}

#[test]
fn what_has_no_adapter_is_unsupported_and_named() {
    for text in ["registry.example/app", "oci-archive:a.tar", "docker-archive:a.tar", "memory:app"] {
        let repository = Repository::parse(text).unwrap();
        let error = open_source(&repository).map(|_| ()).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unsupported);
        assert!(error.to_string().contains(text), "{error}");
        assert_eq!(open_target(&repository).map(|_| ()).unwrap_err().kind(), ErrorKind::Unsupported);
    }
}

#[test]
fn a_key_is_text_or_a_path_and_is_never_shown() {
    let pem = KeySigner::generate("k").unwrap().to_pem().unwrap();
    let key = KeyConfig { name: "k".into(), pem: Some(pem.to_string()), path: None };
    assert!(key.signer().is_ok());
    assert!(!format!("{key:?}").contains(pem.lines().nth(1).unwrap()));
    let both = KeyConfig { path: Some("k.pem".into()), ..key.clone() };
    let neither = KeyConfig { pem: None, ..key };
    assert_eq!(both.signer().unwrap_err().kind(), ErrorKind::Invalid);
    assert_eq!(neither.public().unwrap_err().kind(), ErrorKind::Invalid);
}

#[test]
fn an_approval_policy_that_nobody_can_satisfy_is_refused() {
    let only_keys = ApprovalConfig { accept: Some(vec![ApprovalKind::Key]), ..ApprovalConfig::default() };
    assert_eq!(only_keys.policy().unwrap_err().kind(), ErrorKind::Invalid);
    assert_eq!(ApprovalConfig::default().policy().unwrap().required, 1);
}

struct Says(Result<Value, &'static str>);

#[async_trait]
impl Judge for Says {
    async fn judge(&self, _: Value) -> Result<Value> {
        self.0.clone().map_err(Error::unexpected)
    }
}

async fn verdict(answer: Result<Value, &'static str>) -> Result<Outcome> {
    let image = Pinned { repository: Repository::parse("oci:a")?, digest: Digest::of(b"") };
    let now = Timestamp::from_unix(0)?;
    let evidence = Evidence {
        image,
        platforms: vec![],
        now,
        sboms: vec![],
        reports: vec![],
        signatures: vec![],
        statements: vec![],
        problems: vec![],
    };
    Ok(ForeignGate::new("custom", Says(answer))?.judge(&evidence).await?.outcome)
}

#[tokio::test]
async fn a_foreign_gate_says_no_more_than_its_reasons() {
    let reason = |outcome: &str| json!({"outcome": outcome, "code": "c", "message": "m"});
    assert_eq!(verdict(Ok(json!({"reasons": [reason("pass")]}))).await.unwrap(), Outcome::Pass);
    let milder = json!({"outcome": "pass", "reasons": [reason("fail")]});
    assert_eq!(verdict(Ok(milder)).await.unwrap(), Outcome::Fail);
    let stricter = json!({"outcome": "fail", "reasons": [reason("pass")]});
    assert_eq!(verdict(Ok(stricter)).await.unwrap(), Outcome::Fail);
    assert_eq!(verdict(Ok(json!({"reasons": []}))).await.unwrap(), Outcome::Error);
}

#[tokio::test]
async fn an_answer_that_is_no_verdict_is_an_error() {
    for answer in [json!(null), json!(true), json!({}), json!({"outcome": "pass"}), json!({"reasons": [{}]})] {
        assert_eq!(verdict(Ok(answer)).await.unwrap_err().kind(), ErrorKind::Invalid);
    }
    assert!(verdict(Err("it threw")).await.is_err());
}
