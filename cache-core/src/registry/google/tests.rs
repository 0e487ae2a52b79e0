//! Where tokens of Google come from. That the key of a service account signs as it should is tested where it is used.

use std::path::Path;
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};

use super::*;
use crate::error::ErrorKind;
use crate::http::testing::{Reply, Server};

const FEDERATION: &str = "//iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/p/providers/ci";

/// Google's directory, a CI system and the metadata of a machine; and what the directory was asked.
async fn google() -> (Server, Arc<Mutex<Vec<String>>>) {
    let asked = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&asked);
    let server = Server::start_replies(move |call| {
        let body = String::from_utf8_lossy(&call.body).into_owned();
        let token = |token: &str| Reply::new(200, json!({"access_token": token, "expires_in": 3599}).to_string());
        match (&call.target[..], call.header("authorization")) {
            ("/token", None) => {
                seen.lock().unwrap().push(body.clone());
                if body.contains("hunter2") || body.contains("wrong") {
                    return Reply::new(400, json!({"error": "invalid_grant"}).to_string());
                }
                token("of-the-directory")
            }
            ("/impersonate", Some("Bearer of-the-directory")) => {
                seen.lock().unwrap().push(body);
                let end = "2099-01-01T00:00:00Z";
                Reply::new(200, json!({"accessToken": "of-the-account", "expireTime": end}).to_string())
            }
            ("/ci?audience=x", Some("Bearer runner")) => Reply::new(200, json!({"value": "of-the-ci"}).to_string()),
            (target, _) if target.starts_with("/computeMetadata/v1/instance/service-accounts/default/token") => {
                match call.header("metadata-flavor") {
                    Some("Google") => token("of-the-machine"),
                    _ => Reply::new(403, ""),
                }
            }
            _ => Reply::new(404, ""),
        }
    })
    .await;
    (server, asked)
}

async fn token(variables: &[(&str, &str)]) -> Result<String> {
    let credentials = GoogleCredentials::from(Variables::given(variables), Network::default());
    assert_eq!(format!("{credentials:?}"), "GoogleCredentials { .. }");
    credentials.token().await.map(|token| token.reveal().to_owned())
}

async fn token_by(file: &Value) -> Result<String> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("credentials.json");
    std::fs::write(&path, file.to_string()).unwrap();
    token(&[("GOOGLE_APPLICATION_CREDENTIALS", path.to_str().unwrap())]).await
}

fn federated(server: &Server, source: Value) -> Value {
    json!({
        "type": "external_account",
        "audience": FEDERATION,
        "subject_token_type": "urn:ietf:params:oauth:token-type:jwt",
        "token_url": format!("{}/token", server.url()),
        "credential_source": source,
    })
}

#[tokio::test]
async fn a_federated_identity_is_exchanged_and_may_act_as_an_account() {
    let (server, asked) = google().await;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("token");
    std::fs::write(&path, "of-the-cluster\n").unwrap();
    let mut file = federated(&server, json!({"file": path}));
    assert_eq!(token_by(&file).await.unwrap(), "of-the-directory");
    let format = json!({"type": "json", "subject_token_field_name": "value"});
    let headers = json!({"Authorization": "Bearer runner"});
    file["credential_source"] =
        json!({"url": format!("{}/ci?audience=x", server.url()), "headers": headers, "format": format});
    file["service_account_impersonation_url"] = json!(format!("{}/impersonate", server.url()));
    assert_eq!(token_by(&file).await.unwrap(), "of-the-account");
    let asked = asked.lock().unwrap().clone();
    assert!(asked[0].contains("&subject_token=of-the-cluster") && asked[0].contains("devstorage.read_write"));
    assert!(asked[1].contains("&subject_token=of-the-ci") && asked[1].contains("auth%2Fcloud-platform"));
    assert_eq!(asked[2], r#"{"scope":["https://www.googleapis.com/auth/devstorage.read_write"]}"#);
}

#[tokio::test]
async fn a_login_of_gcloud_is_found_and_renewed() {
    let (server, asked) = google().await;
    let folder = tempfile::tempdir().unwrap();
    let login = json!({
        "type": "authorized_user",
        "client_id": "gcloud",
        "client_secret": "c&s",
        "refresh_token": "r",
        "token_uri": format!("{}/token", server.url()),
    });
    let place = folder.path().join(".config/gcloud");
    std::fs::create_dir_all(&place).unwrap();
    std::fs::write(place.join("application_default_credentials.json"), login.to_string()).unwrap();
    let home = folder.path().to_str().unwrap();
    assert_eq!(token(&[("HOME", home)]).await.unwrap(), "of-the-directory");
    let form = "grant_type=refresh_token&client_id=gcloud&client_secret=c%26s&refresh_token=r";
    assert_eq!(asked.lock().unwrap()[0], form);
}

#[tokio::test]
async fn a_machine_has_an_account_or_there_is_none() {
    let (server, _) = google().await;
    let url = server.url();
    let host = url.strip_prefix("http://").unwrap();
    assert_eq!(token(&[("GCE_METADATA_HOST", host)]).await.unwrap(), "of-the-machine");
    let error = token(&[("GCE_METADATA_HOST", "127.0.0.1:1")]).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unauthenticated);
    assert!(error.hint_text().unwrap().contains("GOOGLE_APPLICATION_CREDENTIALS"));
}

#[tokio::test]
async fn what_is_wrong_with_credentials_is_said_without_them() {
    let (server, _) = google().await;
    let key = |key: &str| json!({"type": "service_account", "client_email": "e", "private_key": key});
    let login = json!({"type": "authorized_user", "client_id": "hunter2", "client_secret": "hunter2",
        "refresh_token": "hunter2", "token_uri": format!("{}/token", server.url())});
    let mut in_the_clear = federated(&server, json!({"file": "/dev/null"}));
    in_the_clear["token_url"] = json!("http://sts.evil.test/");
    let near = json!({"url": format!("{}/ci", server.url()), "headers": {"Authorization": "hunter2"}});
    let far = json!({"url": "http://ci.evil.test/", "headers": {"Authorization": "hunter2"}});
    for (file, kind) in [
        (json!({"type": "service_account", "client_email": "e"}), ErrorKind::Invalid),
        (
            json!({"type": "authorized_user", "client_id": "i", "client_secret": 5, "refresh_token": "hunter2"}),
            ErrorKind::Invalid,
        ),
        (json!("hunter2"), ErrorKind::Invalid),
        (key("hunter2"), ErrorKind::Invalid),
        (key("-----BEGIN PRIVATE KEY-----\naHVudGVyMg==\n-----END PRIVATE KEY-----\n"), ErrorKind::Invalid),
        (json!({"type": "gdch_service_account", "key": "hunter2"}), ErrorKind::Unsupported),
        (login, ErrorKind::Unauthenticated),
        (in_the_clear, ErrorKind::Untrusted),
        (federated(&server, near), ErrorKind::NotFound),
        (federated(&server, far), ErrorKind::Untrusted),
        (federated(&server, json!({"executable": {"command": "hunter2"}})), ErrorKind::Unsupported),
        (
            federated(&server, json!({"environment_id": "aws1", "url": format!("{}/ci", server.url())})),
            ErrorKind::NotFound,
        ),
    ] {
        let error = token_by(&file).await.unwrap_err();
        assert_eq!(error.kind(), kind, "{error:?}");
        let told = format!("{error} {error:?}");
        assert!(told.contains("credentials.json") && !told.contains("hunter2") && !told.contains("aHVud"), "{told}");
    }
    let gone = token(&[("GOOGLE_APPLICATION_CREDENTIALS", "/no/such/file")]).await.unwrap_err();
    assert!(gone.kind() == ErrorKind::NotFound && Path::new("/no/such/file").is_absolute());
}
