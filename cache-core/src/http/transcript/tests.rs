use ::http::Method;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::shown::is_harmless;
use super::*;
use crate::http::testing::{Reply, Server};
use crate::http::{Http, Network, Patience};

const PASSWORD: &str = "hunter2!";
const TOKEN: &str = "eyJhbGciOiJub25lIn0.eyJzdWIiOiJtZSJ9.c2lnbmF0dXJl";
const COOKIE_VALUE: &str = "session-of-somebody";
const SIGNED: &str = "AbC%2Fdef%3D%3D";
const ISSUED: &str = "issued.once";

/// A server that says again, wherever it can, what it was sent, and gives secrets of its own.
async fn parrot() -> Server {
    Server::start_replies(|call| {
        let login = call.header("authorization").unwrap_or("nobody").to_owned();
        let given = login.split(' ').nth(1).unwrap_or_default().to_owned();
        let body = match &call.target[..] {
            "/service/token" => json!({"token": ISSUED, "name": ISSUED, "expires_in": 300}),
            _ => json!({
                "errors": [{"code": "DENIED", "message": format!("{login} may not, with {PASSWORD}")}],
                "name": given, "tags": [format!("v-{PASSWORD}"), "v1"], &given: 1, "digest": ISSUED,
                "nested": {"robot": {"secret": "of-robots", "name": "robot$ci"}}, "size": 5, "ok": true,
                "status": TOKEN, "kind": "x".repeat(64), "type": "application/vnd.oci.image.index.v1+json",
            }),
        };
        Reply::new(403, body.to_string())
            .header("content-type", "application/json")
            .header("set-cookie", format!("sid={COOKIE_VALUE}; Path=/"))
            .header("location", format!("/next?sig={SIGNED}&n=5"))
            .header("link", format!("</v2/_catalog?last=a&token={TOKEN}>; rel=\"next\""))
            .header(
                "www-authenticate",
                format!("Bearer realm=\"https://a.test/t?key={SIGNED}\",service=\"a.test\",x=\"{PASSWORD}\""),
            )
            .header("x-echo", login)
            .header("server", given)
    })
    .await
}

fn request(url: &str, headers: &[(&'static str, &str)], body: &'static [u8]) -> Request {
    let mut request = Request::new(Method::POST, url.parse().unwrap());
    for (name, value) in headers {
        request.headers.insert(*name, value.parse().unwrap());
    }
    request.body = body.into();
    request
}

async fn transcript() -> String {
    let (server, transcript) = (parrot().await, Transcript::new());
    let network = Network::default().transcript(transcript.clone());
    let http = Http::over(network, None, Patience { attempts: 1, ..Patience::default() });
    let url = |path: &str| format!("{}{path}", server.url());
    let basic = format!("Basic {}", STANDARD.encode(format!("me:{PASSWORD}")));
    let form = ("content-type", "application/x-www-form-urlencoded");
    let aws =
        "AWS4-HMAC-SHA256 Credential=AKID/20260101/r/ecr/aws4_request, SignedHeaders=host, Signature=0a1b2c3d4e5f";
    for request in [
        request(
            &url("/service/token"),
            &[("authorization", &basic), form],
            b"grant_type=password&password=hunter2%21&service=a",
        ),
        request(
            &url(&format!("/v2/app/blobs?digest=sha256:00&X-Amz-Signature={SIGNED}")),
            &[("authorization", &basic)],
            b"",
        ),
        request(
            &url("/v2/app"),
            &[("authorization", &format!("Bearer {TOKEN}")), ("cookie", "sid=session-of-somebody")],
            b"",
        ),
        request(&url("/v2/issued.once/x"), &[("authorization", aws), ("x-amz-security-token", "of-a-session")], b""),
        request(
            &url("/api"),
            &[("content-type", "application/json"), ("x-jfrog-art-api-key", "api-key-1")],
            br#"{"name": "hook", "customHeaders": {"X": "hunter2!"}, "password": "hunter2!", "uri": "https://u:p@h/"}"#,
        ),
    ] {
        let answer = http.send(&request).await.unwrap();
        answer.bytes(1 << 20).await.unwrap();
    }
    transcript.to_json_lines()
}

#[tokio::test]
async fn a_transcript_shows_nothing_that_lets_somebody_in_whatever_the_server_repeats() {
    let text = transcript().await;
    let basic = STANDARD.encode(format!("me:{PASSWORD}"));
    let secrets = [
        PASSWORD,
        TOKEN,
        COOKIE_VALUE,
        SIGNED,
        "AbC/def==",
        ISSUED,
        &basic,
        "0a1b2c3d4e5f",
        "of-a-session",
        "of-robots",
        "api-key-1",
        "hunter2",
        "u:p@",
    ];
    for secret in secrets {
        assert!(!text.contains(secret), "{secret} in {text}");
    }
    assert!(!format!("{:?}", Transcript::new()).contains(PASSWORD));
}

#[tokio::test]
async fn a_transcript_shows_what_was_asked_and_answered() {
    let text = transcript().await;
    let lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines.len(), 5);
    let (first, second) = (&lines[0], &lines[1]);
    assert!(first["request"]["url"].as_str().unwrap().ends_with("/service/token"));
    assert_eq!(first["request"]["body"]["service"], "a");
    assert_eq!(first["answer"]["body"]["expires_in"], 300);
    assert!(second["request"]["url"].as_str().unwrap().contains("/v2/app/blobs?digest=sha256:00&X-Amz-Signature=("));
    assert_eq!(second["answer"]["status"], 403);
    assert_eq!(second["answer"]["body"]["errors"][0]["code"], "DENIED");
    assert_eq!(second["answer"]["body"]["tags"][1], "v1");
    assert_eq!(second["answer"]["body"]["type"], "application/vnd.oci.image.index.v1+json");
    assert_eq!(second["answer"]["body"]["nested"]["robot"]["name"], "robot$ci");
    assert!(second["answer"]["headers"]["location"].as_str().unwrap().ends_with("/next?sig=(9 characters)&n=5"));
}

#[test]
fn texts_that_look_like_keys_are_no_names() {
    for text in ["library/app:v1.2", &format!("sha256:{}", "0a".repeat(32)), "2026-01-01T00:00:00Z", "robot$p+ci", ""] {
        assert!(is_harmless(text), "{text}");
    }
    let key = "AbCdEf0123456789AbCdEf0123456789AbCdEf01";
    for text in [key, &format!("name/{key}"), "line\nline", "{json}", &"0A".repeat(32), &"a ".repeat(150)] {
        assert!(!is_harmless(text), "{text}");
    }
}
