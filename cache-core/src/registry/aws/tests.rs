//! Where keys of AWS are found.

use std::sync::{Arc, Mutex};

use crate::error::{ErrorKind, Result};
use crate::http::testing::{Reply, Server};
use crate::model::{Secret, Timestamp};
use crate::registry::aws::AwsCredentials;
use crate::registry::aws::keys::Keys;
use crate::registry::vendor::Variables;

/// Keys from these variables; nothing of the real machine is asked.
async fn keys(variables: &[(&str, &str)], profile: Option<&str>) -> Result<Keys> {
    credentials(variables, profile).get("eu-west-1", now()).await
}

fn credentials(variables: &[(&str, &str)], profile: Option<&str>) -> AwsCredentials {
    let all = [&[("AWS_EC2_METADATA_DISABLED", "true")], variables].concat();
    AwsCredentials::from(Variables::given(&all), profile.map(str::to_owned), Default::default())
}

fn now() -> Timestamp {
    Timestamp::parse("2026-01-01T00:00:00Z").unwrap()
}

const CORP: &str = "ee0bfd2552fbd840c02cc48b6e823320543c450f.json";
const OLD: &str = "d90c53777fce8f8b631aa6d9efa5563420da5ed7.json";

const ANSWER: &str = "<AssumeRoleResponse><AssumeRoleResult><Credentials><AccessKeyId>ROLE</AccessKeyId>\
    <SecretAccessKey>role-secret</SecretAccessKey><SessionToken>role-session</SessionToken>\
    <Expiration>2026-01-01T01:00:00Z</Expiration></Credentials></AssumeRoleResult></AssumeRoleResponse>";

/// A token service, and what it was asked: the body, and who signed.
async fn sts() -> (Server, Arc<Mutex<Vec<String>>>) {
    let asked = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&asked);
    let server = Server::start_replies(move |call| {
        let by = call.header("authorization").and_then(|text| text.split(['=', '/']).nth(1)).unwrap_or("nobody");
        seen.lock().unwrap().push(format!("{by}: {}", String::from_utf8_lossy(&call.body)));
        Reply::new(200, ANSWER)
    })
    .await;
    (server, asked)
}

#[tokio::test]
async fn variables_come_first_and_half_a_key_is_an_error() {
    let pair = [("AWS_ACCESS_KEY_ID", "A"), ("AWS_SECRET_ACCESS_KEY", "s"), ("AWS_SESSION_TOKEN", "t")];
    let found = keys(&pair, None).await.unwrap();
    assert_eq!((&found.id[..], found.session), ("A", Some(Secret::new("t"))));
    assert_eq!(keys(&pair[..1], None).await.unwrap_err().kind(), ErrorKind::Invalid);
    assert_eq!(keys(&[], None).await.unwrap_err().kind(), ErrorKind::Unauthenticated);
}

#[tokio::test]
async fn profiles_are_followed_to_their_keys_and_their_roles_are_assumed() {
    let folder = tempfile::tempdir().unwrap();
    let (config, shared) = (folder.path().join("config"), folder.path().join("credentials"));
    std::fs::write(&shared, "[default]\naws_access_key_id = D\naws_secret_access_key = ds\n").unwrap();
    std::fs::write(
        &config,
        "[profile prod]\nrole_arn = arn:role/prod\nsource_profile = mid\nexternal_id = x/1\n\
         [profile mid]\nrole_arn = arn:role/mid\nsource_profile = default\n\
         [profile round]\nrole_arn = r\nsource_profile = round\n\
         [profile sso]\nsso_session = corp\n[profile half]\naws_access_key_id = H\n",
    )
    .unwrap();
    let (server, asked) = sts().await;
    let url = server.url();
    let files = [
        ("AWS_CONFIG_FILE", config.to_str().unwrap()),
        ("AWS_SHARED_CREDENTIALS_FILE", shared.to_str().unwrap()),
        ("AWS_ENDPOINT_URL_STS", &url[..]),
    ];
    assert_eq!(keys(&files, None).await.unwrap().id, "D");
    assert_eq!(keys(&files, Some("prod")).await.unwrap().id, "ROLE");
    let asked = asked.lock().unwrap().clone();
    assert_eq!(asked.len(), 2);
    assert!(asked[0].starts_with("D: Action=AssumeRole&RoleArn=arn%3Arole%2Fmid&"), "{}", asked[0]);
    assert!(asked[1].starts_with("ROLE: Action=AssumeRole&RoleArn=arn%3Arole%2Fprod&"), "{}", asked[1]);
    assert!(asked[1].contains("&ExternalId=x%2F1&"));
    for (profile, kind) in [
        ("round", ErrorKind::Invalid),
        ("half", ErrorKind::Invalid),
        ("sso", ErrorKind::Invalid),
        ("absent", ErrorKind::NotFound),
    ] {
        assert_eq!(keys(&files, Some(profile)).await.unwrap_err().kind(), kind, "{profile}");
    }
}

#[tokio::test]
async fn a_web_identity_gets_keys_and_new_ones_before_they_end() {
    let folder = tempfile::tempdir().unwrap();
    let token = folder.path().join("token");
    std::fs::write(&token, "identity-token\n").unwrap();
    let (server, asked) = sts().await;
    let url = server.url();
    let credentials = credentials(
        &[
            ("AWS_WEB_IDENTITY_TOKEN_FILE", token.to_str().unwrap()),
            ("AWS_ROLE_ARN", "arn:role/ci"),
            ("AWS_ENDPOINT_URL_STS", &url),
        ],
        None,
    );
    for _ in 0..2 {
        assert_eq!(credentials.get("eu-west-1", now()).await.unwrap().id, "ROLE");
    }
    assert_eq!(asked.lock().unwrap().len(), 1);
    credentials.get("eu-west-1", Timestamp::parse("2026-01-01T00:57:00Z").unwrap()).await.unwrap();
    let asked = asked.lock().unwrap().clone();
    assert_eq!(asked.len(), 2);
    assert!(asked[0].starts_with("nobody: Action=AssumeRoleWithWebIdentity&"), "{}", asked[0]);
    assert!(asked[0].contains("&WebIdentityToken=identity-token&"));
    // The token goes nowhere in the clear.
    let elsewhere = [
        ("AWS_WEB_IDENTITY_TOKEN_FILE", token.to_str().unwrap()),
        ("AWS_ROLE_ARN", "arn:role/ci"),
        ("AWS_ENDPOINT_URL_STS", "http://sts.evil.test/"),
    ];
    assert_eq!(keys(&elsewhere, None).await.unwrap_err().kind(), ErrorKind::Untrusted);
}

#[tokio::test]
async fn containers_and_machines_give_the_keys_of_their_role() {
    let keys_of = r#"{"Code": "Success", "AccessKeyId": "M", "SecretAccessKey": "s", "Token": "t", "Expiration": "2026-01-01T06:00:00Z"}"#;
    let server = Server::start_replies(move |call| match (&call.method[..], &call.target[..]) {
        ("PUT", "/latest/api/token") => Reply::new(200, "session"),
        ("GET", path) if path.starts_with("/latest") && call.header("x-aws-ec2-metadata-token") != Some("session") => {
            Reply::new(401, "")
        }
        ("GET", "/latest/meta-data/iam/security-credentials/") => Reply::new(200, "my-role\n"),
        ("GET", "/latest/meta-data/iam/security-credentials/my-role") => Reply::new(200, keys_of),
        ("GET", "/keys") if call.header("authorization") == Some("container-token") => Reply::new(200, keys_of),
        _ => Reply::new(404, ""),
    })
    .await;
    let url = server.url();
    let machine = [("AWS_EC2_METADATA_DISABLED", "false"), ("AWS_EC2_METADATA_SERVICE_ENDPOINT", &url[..])];
    let found = keys(&machine, None).await.unwrap();
    assert_eq!(
        (&found.id[..], found.expires.map(|end| end.to_string())),
        ("M", Some("2026-01-01T06:00:00Z".to_owned()))
    );
    let address = format!("{url}/keys");
    let container = [
        ("AWS_CONTAINER_CREDENTIALS_FULL_URI", &address[..]),
        ("AWS_CONTAINER_AUTHORIZATION_TOKEN", "container-token"),
    ];
    assert_eq!(keys(&container, None).await.unwrap().id, "M");
    // Whoever sets the variable does not get the token sent anywhere.
    let elsewhere = [("AWS_CONTAINER_CREDENTIALS_FULL_URI", "http://evil.test/keys"), container[1]];
    assert_eq!(keys(&elsewhere, None).await.unwrap_err().kind(), ErrorKind::Invalid);
}

#[tokio::test]
async fn a_login_by_single_sign_on_gives_the_keys_of_a_role() {
    let folder = tempfile::tempdir().unwrap();
    let (config, cache) = (folder.path().join("config"), folder.path().join(".aws/sso/cache"));
    std::fs::create_dir_all(&cache).unwrap();
    std::fs::write(
        &config,
        "[sso-session corp]\nsso_start_url = https://corp.test/start\nsso_region = eu-west-1\n\
         [profile new]\nsso_session = corp\nsso_account_id = 123\nsso_role_name = Read Only\n\
         [profile old]\nsso_start_url = https://old.test\nsso_region = eu-west-1\nsso_account_id = 1\nsso_role_name = r\n\
         [profile half]\nsso_session = corp\n\
         [profile over]\nrole_arn = arn:role/over\nsource_profile = new\n",
    )
    .unwrap();
    let (service, _) = sts().await;
    let portal = Server::start_replies(|call| match (&call.target[..], call.header("x-amz-sso_bearer_token")) {
        ("/federation/credentials?role_name=Read%20Only&account_id=123", Some("login-token")) => Reply::new(
            200,
            r#"{"roleCredentials": {"accessKeyId": "S", "secretAccessKey": "s", "sessionToken": "t", "expiration": 1767247200000}}"#,
        ),
        _ => Reply::new(401, r#"{"message": "Session token not found or invalid", "__type": "x#UnauthorizedException"}"#),
    })
    .await;
    let (url, sts) = (portal.url(), service.url());
    let home = folder.path().to_str().unwrap();
    let files = [
        ("HOME", home),
        ("AWS_CONFIG_FILE", config.to_str().unwrap()),
        ("AWS_ENDPOINT_URL_SSO", &url[..]),
        ("AWS_ENDPOINT_URL_STS", &sts[..]),
    ];
    let refused = async |profile: &str| {
        let error = keys(&files, Some(profile)).await.unwrap_err();
        assert!(!format!("{error:?}").contains("login-token"), "{error:?}");
        (error.kind(), error.hint_text().is_some_and(|hint| hint.contains("aws sso login")))
    };
    assert_eq!(refused("new").await, (ErrorKind::Unauthenticated, true));
    assert_eq!(refused("half").await, (ErrorKind::Invalid, false));
    // The names of the files are what the AWS tools make of "corp" and of the address.
    let write = |name: &str, token: &str, end: &str| {
        let text = format!(r#"{{"accessToken": "{token}", "expiresAt": "{end}", "region": "eu-west-1"}}"#);
        std::fs::write(cache.join(name), text).unwrap();
    };
    write(CORP, "login-token", "2026-01-01T02:00:00Z");
    write(OLD, "other-token", "2026-01-01T02:00:00Z");
    let found = keys(&files, Some("new")).await.unwrap();
    let end = found.expires.map(|end| end.to_string());
    assert_eq!((&found.id[..], end.as_deref()), ("S", Some("2026-01-01T06:00:00Z")));
    assert_eq!(keys(&files, Some("over")).await.unwrap().id, "ROLE");
    assert_eq!(refused("old").await, (ErrorKind::Unauthenticated, true));
    write(CORP, "login-token", "2025-12-31T23:59:59Z");
    assert_eq!(refused("new").await, (ErrorKind::Unauthenticated, true));
    write(CORP, "login-token", "soon");
    assert_eq!(refused("new").await, (ErrorKind::Invalid, true));
}

#[cfg(unix)]
#[tokio::test]
async fn a_profile_may_ask_a_program() {
    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join("config");
    let answer = r#"{"Version": 1, "AccessKeyId": "P", "SecretAccessKey": "s"}"#;
    std::fs::write(folder.path().join("answer"), answer).unwrap();
    let text = format!("[profile asks]\ncredential_process = cat \"{}/answer\"\n", folder.path().display());
    std::fs::write(&config, text).unwrap();
    let files = [("AWS_CONFIG_FILE", config.to_str().unwrap())];
    assert_eq!(keys(&files, Some("asks")).await.unwrap().id, "P");
}
