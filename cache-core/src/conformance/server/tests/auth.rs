//! Basic and Bearer authorization.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::*;
use crate::conformance::server::{Auth, Bearer, Login, TokenMethods, TokenShape};

const TAGS: &str = "/v2/team/app/tags/list";

fn login() -> Login {
    Login::new("ann", "pass:word")
}

fn basic(password: &str) -> String {
    format!("Basic {}", STANDARD.encode(format!("ann:{password}")))
}

async fn with(change: impl FnOnce(&mut Bearer)) -> Rig {
    let mut bearer = Bearer::new(login());
    change(&mut bearer);
    let rig = Rig::new(Options { auth: Auth::Bearer(bearer), ..Options::default() }).await;
    rig.server.create_repository(REPOSITORY);
    rig.server.create_repository("other");
    rig
}

impl Rig {
    async fn token(&self, scopes: &str, authorization: Option<&str>) -> Answer {
        let path = format!("/token?service=registry&scope={}", crate::conformance::server::query::encode(scopes));
        let headers: Vec<(&str, &str)> = authorization.map(|value| ("Authorization", value)).into_iter().collect();
        self.send("GET", &path, &headers, "").await
    }

    /// The status of a request with the token of an answer.
    async fn with_token(&self, method: &str, path: &str, answer: &Answer) -> u16 {
        let body = answer.json();
        let token = body["token"].as_str().or(body["access_token"].as_str()).unwrap();
        let header = format!("Bearer {token}");
        self.send(method, path, &[("Authorization", &header)], "").await.status.as_u16()
    }
}

#[tokio::test]
async fn basic_lets_in_the_right_password_alone() {
    let rig = Rig::new(Options { auth: Auth::Basic(login()), ..Options::default() }).await;
    let answer = rig.get("/v2/").await;
    assert_eq!(
        (answer.refusal(), answer.header("www-authenticate")),
        (refused(401, "UNAUTHORIZED"), "Basic realm=\"registry\"")
    );
    assert_eq!(rig.send("GET", "/v2/", &[("Authorization", &basic("pass:word"))], "").await.status, 200);
    assert_eq!(rig.send("GET", "/v2/", &[("Authorization", &basic("pass"))], "").await.status, 401);
    assert!(!format!("{:?}", rig.server.state.options().auth).contains("pass:word"));
}

#[tokio::test]
async fn a_token_opens_exactly_what_was_asked() {
    let rig = with(|_| {}).await;
    let challenge = rig.get(TAGS).await;
    let expected =
        format!("Bearer realm=\"{}/token\",service=\"registry\",scope=\"repository:team/app:pull\"", rig.server.url());
    assert_eq!((challenge.refusal(), challenge.header("www-authenticate")), (refused(401, "UNAUTHORIZED"), &*expected));
    let token = rig.token("repository:team/app:pull", Some(&basic("pass:word"))).await;
    assert_eq!(rig.with_token("GET", TAGS, &token).await, 200);
    assert_eq!(rig.with_token("GET", "/v2/", &token).await, 200);
    assert_eq!(rig.with_token("GET", "/v2/other/tags/list", &token).await, 401);
    assert_eq!(rig.with_token("POST", "/v2/team/app/blobs/uploads/", &token).await, 401);
    assert_eq!(rig.with_token("GET", "/v2/_catalog", &token).await, 401);
    assert_eq!(rig.server.token_requests(), 1);
}

#[tokio::test]
async fn a_wide_token_opens_everything() {
    let rig = with(|bearer| bearer.exact_scopes = false).await;
    let token = rig.token("", Some(&basic("pass:word"))).await;
    assert_eq!(rig.with_token("POST", "/v2/team/app/blobs/uploads/", &token).await, 202);
    assert_eq!(rig.with_token("GET", "/v2/_catalog", &token).await, 200);
}

#[tokio::test]
async fn a_mount_needs_its_source_too() {
    let rig = with(|bearer| bearer.denied = vec!["secret".to_owned()]).await;
    let mount = |from: &str| format!("/v2/team/app/blobs/uploads/?mount={}&from={from}", Digest::of(b""));
    let challenge = rig.send("POST", &mount("other"), &[], "").await;
    let scope = "scope=\"repository:team/app:pull,push repository:other:pull\"";
    assert!(challenge.header("www-authenticate").contains(scope));
    let user = basic("pass:word");
    let one = rig.token("repository:team/app:pull,push", Some(&user)).await;
    assert_eq!(rig.with_token("POST", &mount("other"), &one).await, 401);
    let both = rig.token("repository:team/app:pull,push repository:other:pull", Some(&user)).await;
    assert_eq!(rig.with_token("POST", &mount("other"), &both).await, 202);
    let denied = rig.token("repository:team/app:pull,push repository:secret:pull", Some(&user)).await;
    assert_eq!(rig.with_token("POST", &mount("secret"), &denied).await, 401);
}

#[tokio::test]
async fn a_denied_repository_can_fail_the_whole_request() {
    let rig = with(|bearer| (bearer.denied, bearer.deny_loudly) = (vec!["secret".to_owned()], true)).await;
    let answer = rig.token("repository:team/app:pull repository:secret:pull", Some(&basic("pass:word"))).await;
    assert_eq!(answer.refusal(), refused(403, "DENIED"));
}

#[tokio::test]
async fn wrong_credentials_and_services_get_no_token() {
    let rig = with(|_| {}).await;
    assert_eq!(rig.token("", Some(&basic("wrong"))).await.refusal(), refused(401, "UNAUTHORIZED"));
    assert_eq!(rig.token("", None).await.refusal(), refused(401, "UNAUTHORIZED"));
    let user = basic("pass:word");
    assert_eq!(rig.send("GET", "/token?service=x", &[("Authorization", &user)], "").await.status, 400);
    assert_eq!(rig.server.token_requests(), 3);
}

#[tokio::test]
async fn nobody_gets_to_pull_where_that_is_allowed() {
    let rig = with(|bearer| bearer.anonymous_pull = true).await;
    let token = rig.token("repository:team/app:pull,push", None).await;
    assert_eq!(rig.with_token("GET", TAGS, &token).await, 200);
    assert_eq!(rig.with_token("POST", "/v2/team/app/blobs/uploads/", &token).await, 401);
}

#[tokio::test]
async fn tokens_end_by_time_and_by_order() {
    let rig = with(|bearer| bearer.lifetime = Duration::from_millis(60)).await;
    let user = basic("pass:word");
    let token = rig.token("repository:team/app:pull", Some(&user)).await;
    assert_eq!(rig.with_token("GET", TAGS, &token).await, 200);
    tokio::time::sleep(Duration::from_millis(70)).await;
    assert_eq!(rig.with_token("GET", TAGS, &token).await, 401);
    rig.server.configure(|options| options.auth = Auth::Bearer(Bearer::new(login())));
    let token = rig.token("repository:team/app:pull", Some(&user)).await;
    rig.server.expire_tokens();
    assert_eq!(rig.with_token("GET", TAGS, &token).await, 401);
}

#[tokio::test]
async fn an_identity_token_is_exchanged_by_form() {
    let rig =
        with(|bearer| (bearer.identity_token, bearer.methods) = (Some("id".to_owned()), TokenMethods::Post)).await;
    let scope = "scope=repository:team/app:pull&service=registry";
    let post = |form: String| {
        let rig = &rig;
        async move { rig.send("POST", "/token", &[("Content-Type", "application/x-www-form-urlencoded")], form).await }
    };
    let good = post(format!("grant_type=refresh_token&refresh_token=id&{scope}")).await;
    assert_eq!(rig.with_token("GET", TAGS, &good).await, 200);
    assert_eq!(post(format!("grant_type=refresh_token&refresh_token=no&{scope}")).await.status, 401);
    let good = post(format!("grant_type=password&username=ann&password=pass%3Aword&{scope}")).await;
    assert_eq!(rig.with_token("GET", TAGS, &good).await, 200);
    assert_eq!(post(format!("grant_type=other&{scope}")).await.status, 400);
    assert_eq!(rig.token("", Some(&basic("pass:word"))).await.status, 405);
}

#[tokio::test]
async fn the_answer_has_the_fields_that_were_chosen() {
    let rig = with(|bearer| bearer.shape = TokenShape::TokenOnly).await;
    let user = basic("pass:word");
    let fields = |answer: Answer| answer.json().as_object().unwrap().keys().cloned().collect::<Vec<_>>();
    assert_eq!(fields(rig.token("", Some(&user)).await), ["token"]);
    let mut bearer = Bearer::new(login());
    bearer.shape = TokenShape::AccessToken;
    rig.server.configure(|options| options.auth = Auth::Bearer(bearer));
    assert_eq!(fields(rig.token("", Some(&user)).await), ["access_token", "expires_in"]);
}

#[tokio::test]
async fn other_challenges_may_come_first_and_the_realm_may_lie() {
    let rig = with(|bearer| {
        bearer.other_challenges = vec!["Negotiate".to_owned()];
        bearer.realm = Some("http://127.0.0.2/token".to_owned());
    })
    .await;
    let answer = rig.get(TAGS).await;
    let challenges: Vec<_> = answer.headers.get_all("www-authenticate").iter().map(|v| v.to_str().unwrap()).collect();
    assert_eq!((challenges.len(), challenges[0]), (2, "Negotiate"));
    assert!(challenges[1].contains("http://127.0.0.2/token"));
}

#[tokio::test]
async fn a_header_that_is_too_long_is_refused() {
    let rig = with(|_| {}).await;
    let long = format!("Bearer {}", "x".repeat(9000));
    assert_eq!(rig.send("GET", TAGS, &[("Authorization", &long)], "").await.status, 431);
}
