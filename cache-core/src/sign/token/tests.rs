use serde_json::{Value, json};

use super::*;
use crate::error::ErrorKind;
use crate::model::{Identity, Timestamp};
use crate::sign::testing::{Server, token};

fn now() -> Timestamp {
    Timestamp::from_unix(1_000_000).unwrap()
}

fn good() -> Value {
    json!({"iss": "https://id.example.com", "sub": "s", "aud": "sigstore", "exp": 1_000_300,
        "email": "dev@example.com", "email_verified": true})
}

fn read(change: impl FnOnce(&mut Value)) -> Result<IdentityToken> {
    let mut claims = good();
    change(&mut claims);
    IdentityToken::read(token(&claims), SIGSTORE_AUDIENCE, now())
}

#[test]
fn a_token_says_whom_it_is_for() {
    let person = read(|_| ()).unwrap();
    assert_eq!((person.subject(), person.issuer()), ("dev@example.com", "https://id.example.com"));
    let several = read(|c| c["aud"] = json!(["other", "sigstore"])).unwrap();
    assert_eq!(several.subject(), "dev@example.com");
    let no_person = |c: &mut Value| {
        c.as_object_mut().unwrap().remove("email");
    };
    let subject = |change: &dyn Fn(&mut Value)| {
        let token = read(|c| {
            no_person(c);
            change(c);
        });
        match token.unwrap().identity() {
            Ok(Identity::Certificate { subject, .. }) => Ok(subject),
            Ok(other) => panic!("{other}"),
            Err(error) => Err(error.kind()),
        }
    };
    let workflow = "team/app/.github/workflows/release.yml@refs/tags/v1";
    let github = |c: &mut Value| {
        c["iss"] = json!("https://token.actions.githubusercontent.com");
        c["job_workflow_ref"] = json!(workflow);
    };
    assert_eq!(subject(&github).unwrap(), format!("https://github.com/{workflow}"));
    assert_eq!(subject(&|c| c["job_workflow_ref"] = json!(workflow)), Err(ErrorKind::Unsupported));
    let pipeline = "gitlab.example.com/team/app//.gitlab-ci.yml@refs/heads/main";
    assert_eq!(subject(&|c| c["ci_config_ref_uri"] = json!(pipeline)).unwrap(), format!("https://{pipeline}"));
    assert_eq!(subject(&|c| c["sub"] = json!("spiffe://a/b")).unwrap(), "spiffe://a/b");
    assert_eq!(subject(&|_| ()), Err(ErrorKind::Unsupported));
}

#[test]
fn a_token_for_another_service_or_another_time_is_not_sent() {
    let refused = |what: &str, change: fn(&mut Value), words: &str| {
        let error = read(change).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Denied, "{what}");
        assert!(error.to_string().contains(words), "{what}: {error}");
    };
    refused("audience", |c| c["aud"] = json!("https://cloud.example.com"), "another audience");
    refused("audiences", |c| c["aud"] = json!(["a", "b"]), "another audience");
    refused("no audience", |c| c["aud"] = json!([]), "another audience");
    refused("expired", |c| c["exp"] = json!(999_999), "has expired");
    refused("about to expire", |c| c["exp"] = json!(1_000_005), "has expired");
    refused("not yet", |c| c["nbf"] = json!(1_000_100), "not good yet");
    refused("address not verified", |c| c["email_verified"] = json!("false"), "not verified");
    refused(
        "address, and no word of it",
        |c| drop(c.as_object_mut().unwrap().remove("email_verified")),
        "not verified",
    );
    refused(
        "nobody",
        |c| {
            c.as_object_mut().unwrap().remove("email");
            c["sub"] = json!("");
        },
        "nobody",
    );
    read(|c| c["email_verified"] = json!("true")).unwrap();
    read(|c| c["exp"] = json!(1_000_300.5)).unwrap();
}

#[test]
fn what_is_no_token_is_refused_and_nothing_of_it_shown() {
    let good = token(&good());
    let text = good.reveal().to_owned();
    let cut = text.rsplit_once('.').unwrap().0.to_owned();
    for bad in ["", "a.b", "a.b.c", "a..c", &cut, &format!("{text}.x"), &format!("{text}\r\nX: y"), &"a".repeat(70_000)]
    {
        let error = IdentityToken::read(Secret::new(bad), SIGSTORE_AUDIENCE, now()).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Invalid);
        assert!(bad.len() < 4 || !format!("{error:?}").contains(bad), "{error:?}");
    }
    let read = IdentityToken::read(Secret::new(format!("{text}\n")), SIGSTORE_AUDIENCE, now()).unwrap();
    assert!(!format!("{read:?}").contains(&text));
    assert_eq!(read.secret().reveal(), text);
}

#[tokio::test]
async fn tokens_come_from_a_file_a_variable_or_a_callback() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("token");
    let file = FileToken::new(&path);
    assert_eq!(file.token("sigstore").await.unwrap_err().kind(), ErrorKind::NotFound);
    std::fs::write(&path, "one").unwrap();
    assert_eq!(file.token("sigstore").await.unwrap().reveal(), "one");
    std::fs::write(&path, "two").unwrap();
    assert_eq!(file.token("sigstore").await.unwrap().reveal(), "two");
    assert_eq!(EnvironmentToken::new("PATH").token("sigstore").await.unwrap().reveal(), std::env::var("PATH").unwrap());
    let unset = EnvironmentToken::new("CACHE_NO_SUCH_VARIABLE").token("sigstore").await.unwrap_err();
    assert_eq!(unset.kind(), ErrorKind::NotFound);
    let callback = CallbackToken::new(|audience| async move { Ok(Secret::new(format!("for {audience}"))) });
    assert_eq!(callback.token("sigstore").await.unwrap().reveal(), "for sigstore");
    let given = GivenToken::new(Secret::new("given"));
    assert_eq!(given.token("sigstore").await.unwrap().reveal(), "given");
    assert!(!format!("{given:?} {callback:?}").contains("given"));
}

#[tokio::test]
async fn a_job_of_github_actions_asks_for_its_token() {
    let server = Server::start(|call| {
        let good = call.method == "GET"
            && call.target == "/token?api-version=2&audience=sigstore"
            && call.header("authorization") == Some("Bearer request-token");
        if good { (200, r#"{"count":1,"value":"the.identity.token"}"#.into()) } else { (401, "no".into()) }
    })
    .await;
    let source = |token: &str| {
        GitHubActionsToken::at(&format!("{}/token?api-version=2", server.url()), Secret::new(token)).unwrap()
    };
    assert_eq!(source("request-token").token("sigstore").await.unwrap().reveal(), "the.identity.token");
    let error = source("another-token-of-mine").token("sigstore").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unauthenticated);
    assert!(!format!("{error:?} {:?}", source("another-token-of-mine")).contains("another-token"), "{error:?}");
    // A secret does not leave the machine in the clear.
    assert!(GitHubActionsToken::at("http://tokens.example.com/", Secret::new("t")).is_err());
    assert!(GitHubActionsToken::at("nowhere", Secret::new("t")).is_err());
}

#[tokio::test]
async fn a_provider_of_tokens_that_answers_oddly_is_an_error_without_the_token() {
    let answers = [
        (200, "{\"value\":7}".to_owned(), ErrorKind::Unexpected),
        (200, "{\"valu".to_owned(), ErrorKind::Unexpected),
        (200, "x".repeat(200_000), ErrorKind::Invalid),
        (302, String::new(), ErrorKind::Unexpected),
        (400, "your secret-request-token is bad: secret-request-tok".to_owned(), ErrorKind::Unexpected),
    ];
    for (status, body, kind) in answers {
        let server = Server::start(move |_| (status, body.clone())).await;
        let source = GitHubActionsToken::at(&server.url(), Secret::new("secret-request-token")).unwrap();
        let error = source.token("sigstore").await.unwrap_err();
        assert_eq!(error.kind(), kind, "{error}");
        assert!(error.to_string().contains("provider of identity tokens"), "{error}");
        assert!(!format!("{error:?}").contains("secret-request-tok"), "{error:?}");
    }
}
