use std::time::Duration;

use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use super::*;
use crate::error::{Error, ErrorKind};

fn with(predicate: &Value) -> Evidence {
    Evidence { statements: vec![signed("image", TEST_RESULT_TYPE, predicate)], ..single() }
}

fn result(word: &str) -> Value {
    json!({"result": word, "configuration": [{"uri": "smoke"}], "passedTests": ["starts"]})
}

#[test]
fn without_a_signed_result_the_image_fails() {
    assert_eq!(outcome(&judge(&SmokeGate::attested(), &single()), "no-test-result"), Outcome::Fail);
}

#[test]
fn a_signed_result_is_believed() {
    for (word, expected) in [("PASSED", Outcome::Pass), ("WARNED", Outcome::Warn), ("FAILED", Outcome::Fail)] {
        let verdict = judge(&SmokeGate::attested(), &with(&result(word)));
        assert_eq!((verdict.outcome, verdict.looked_at.len()), (expected, 1), "{verdict:?}");
    }
}

#[test]
fn b2_32_a_failure_is_not_outvoted_by_what_passed() {
    let mut evidence = with(&result("PASSED"));
    evidence.statements.push(signed("image", TEST_RESULT_TYPE, &result("FAILED")));
    assert_eq!(judge(&SmokeGate::attested(), &evidence).outcome, Outcome::Fail);
}

#[test]
fn a_result_that_contradicts_itself_or_tested_nothing_fails() {
    let lies = json!({"result": "PASSED", "passedTests": ["a"], "failedTests": ["b"]});
    assert_eq!(outcome(&judge(&SmokeGate::attested(), &with(&lies)), "smoke-test-failed"), Outcome::Fail);
    let empty = json!({"result": "PASSED", "passedTests": []});
    assert_eq!(outcome(&judge(&SmokeGate::attested(), &with(&empty)), "no-tests-ran"), Outcome::Fail);
    for predicate in [json!(null), json!({}), json!({"result": "passed"}), json!({"result": ["PASSED"]})] {
        let verdict = judge(&SmokeGate::attested(), &with(&predicate));
        assert_eq!(outcome(&verdict, "unreadable-test-result"), Outcome::Error, "{predicate}");
    }
}

#[test]
fn a_callback_passes_fails_or_breaks() {
    let yes = SmokeGate::callback(|evidence| Box::pin(async move { Ok(evidence.reports.is_empty()) }));
    assert_eq!(judge(&yes, &single()).outcome, Outcome::Pass);
    let no = SmokeGate::callback(|_| Box::pin(async { Ok(false) }));
    assert_eq!(judge(&no, &single()).outcome, Outcome::Fail);
    let broken = SmokeGate::callback(|_| Box::pin(async { Err(Error::unavailable("no cluster")) }));
    assert_eq!(judge(&broken, &single()).outcome, Outcome::Error);
}

/// A server on this machine that gives these answers, one for each connection, and then hangs up.
async fn server(answers: &'static [&'static str]) -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        for answer in answers {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut request = [0; 1024];
            let _ = stream.read(&mut request).await;
            if answer.is_empty() {
                tokio::time::sleep(Duration::from_secs(5)).await;
            }
            let _ = stream
                .write_all(format!("HTTP/1.1 {answer}\r\nconnection: close\r\ncontent-length: 0\r\n\r\n").as_bytes())
                .await;
        }
    });
    format!("http://{address}/health?token=secret")
}

async fn http(answers: &'static [&'static str]) -> Verdict {
    let mut check = HttpHealth::new(&server(answers).await).unwrap();
    check.pause = Duration::ZERO;
    check.timeout = Duration::from_millis(500);
    check.attempts = u32::try_from(answers.len()).unwrap();
    let verdict = SmokeGate::check(check).judge(&single()).await.unwrap();
    assert!(!verdict.reasons[0].message.contains("secret"), "{verdict:?}");
    verdict
}

#[tokio::test]
async fn http_passes_with_a_2xx_perhaps_after_a_while() {
    assert_eq!(http(&["204 No Content"]).await.outcome, Outcome::Pass);
    assert_eq!(http(&["503 Busy", "200 OK"]).await.outcome, Outcome::Pass);
}

#[tokio::test]
async fn http_fails_with_any_other_status() {
    for answers in [&["500 No"][..], &["302 Elsewhere"], &["404 No", "404 No"]] {
        assert_eq!(http(answers).await.outcome, Outcome::Fail);
    }
}

#[tokio::test]
async fn http_without_an_answer_is_an_error() {
    assert_eq!(http(&[""]).await.outcome, Outcome::Error);
    assert_eq!(http(&["garbage"]).await.outcome, Outcome::Error);
}

#[test]
fn only_http_urls_without_credentials_are_taken() {
    for url in
        ["", "x", "/health", "ftp://h/x", "file:///etc/passwd", "http://", "https://user:pass@h/x", "http://h:x/"]
    {
        let error = SmokeGate::http(url).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Invalid, "{url}");
        assert!(!error.to_string().contains("pass@"));
    }
    assert!(SmokeGate::http("https://app.example.com:8443/health?x=1").is_ok());
}
