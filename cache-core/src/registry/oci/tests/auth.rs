use super::*;
use crate::conformance::server::{Auth, Bearer, Effect, Endpoint, Fault, Login, TokenMethods, TokenShape};
use crate::error::{Error, ErrorKind};

fn bearer(change: impl FnOnce(&mut Bearer)) -> Options {
    let mut bearer = Bearer::new(Login::new("u", "pw"));
    change(&mut bearer);
    Options { auth: Auth::Bearer(bearer), ..Options::default() }
}

async fn rig(options: Options, credential: Arc<Credential>) -> Rig {
    Rig::with(options, |o| o.credentials = credential).await
}

/// A read and a write.
async fn works(rig: &Rig) -> Result<()> {
    rig.seed_image(Some("1"));
    rig.client.resolve(&rig.tagged("1")).await?;
    rig.store(noise(3000)).await.map(|_| ())
}

fn shows_no_secret(error: &Error) {
    let text = format!("{error:?} {error}");
    assert!(!text.contains("pw") && !text.contains("dTpwd") && !text.contains("Bearer ey"), "{text}");
}

#[tokio::test]
async fn basic_and_bearer_logins_work() {
    let basic = Options { auth: Auth::Basic(Login::new("u", "pw")), ..Options::default() };
    works(&rig(basic, password("u", "pw")).await).await.unwrap();
    works(&rig(bearer(|_| {}), password("u", "pw")).await).await.unwrap();
}

#[tokio::test]
async fn wrong_and_missing_logins_are_unauthenticated_and_show_nothing() {
    let basic = || Options { auth: Auth::Basic(Login::new("u", "right")), ..Options::default() };
    for credential in [password("u", "pw"), Arc::new(Credential::Anonymous)] {
        for options in [basic(), bearer(|b| b.login = Some(Login::new("u", "right")))] {
            let error = works(&rig(options, credential.clone()).await).await.unwrap_err();
            assert!(matches!(error.kind(), ErrorKind::Unauthenticated | ErrorKind::Denied), "{error:?}");
            assert!(error.hint_text().is_some() || error.to_string().contains("token"), "{error:?}");
            shows_no_secret(&error);
        }
    }
}

#[tokio::test]
async fn a19_an_anonymous_reader_still_gets_a_token() {
    let rig = Rig::new(bearer(|b| b.anonymous_pull = true)).await;
    let image = rig.seed_image(Some("1"));
    assert_eq!(rig.client.resolve(&rig.tagged("1")).await.unwrap().digest, *image.digest());
    assert!(rig.store(noise(10)).await.is_err());
}

#[tokio::test]
async fn a20_rejected_credentials_fail_unless_reading_without_is_allowed() {
    for (allowed, kind) in [(false, Some(())), (true, None)] {
        let rig = Rig::with(bearer(|b| b.anonymous_pull = true), |o| {
            o.credentials = password("u", "expired");
            o.anonymous_reads = allowed;
        })
        .await;
        rig.seed_image(Some("1"));
        assert_eq!(rig.client.resolve(&rig.tagged("1")).await.is_err(), kind.is_some());
        assert!(rig.store(noise(10)).await.is_err());
    }
}

#[tokio::test]
async fn a13_identity_tokens_are_exchanged_by_post_and_by_get_where_post_is_unknown() {
    let identity = Arc::new(Credential::IdentityToken(Secret::new("refresh-me")));
    let options = bearer(|b| {
        b.identity_token = Some("refresh-me".into());
        b.methods = TokenMethods::Post;
    });
    works(&rig(options, identity).await).await.unwrap();
    works(&rig(bearer(|b| b.methods = TokenMethods::Post), password("u", "pw")).await).await.unwrap();
    works(&rig(bearer(|b| b.methods = TokenMethods::Get), password("u", "pw")).await).await.unwrap();
}

#[tokio::test]
async fn a12_a_very_long_password_is_no_header() {
    let long = "x".repeat(9000);
    let options =
        Options { authorization_limit: 6 << 10, ..bearer(|b| b.login = Some(Login::new("u", "x".repeat(9000)))) };
    works(&rig(options, password("u", &long)).await).await.unwrap();
}

#[tokio::test]
async fn a22_every_shape_of_token_answer_is_read() {
    for shape in [TokenShape::Both, TokenShape::TokenOnly, TokenShape::AccessToken] {
        works(&rig(bearer(|b| b.shape = shape), password("u", "pw")).await).await.unwrap();
    }
    for body in ["", "{}", "[]", "{\"token\": \"\"}", "{\"token\": 5}", "<html>"] {
        let rig = rig(bearer(|_| {}), password("u", "pw")).await;
        rig.server.faults().push(Fault::new(Effect::answer(200, body)).on(Endpoint::Token));
        shows_no_secret(&works(&rig).await.unwrap_err());
    }
}

#[tokio::test]
async fn a23_other_challenges_beside_ours_are_passed_over() {
    for joined in [false, true] {
        let options = bearer(|b| {
            b.other_challenges = vec!["Negotiate".into(), "NTLM realm=\"a, b\"".into()];
            b.joined_challenges = joined;
        });
        works(&rig(options, password("u", "pw")).await).await.unwrap();
    }
}

#[tokio::test]
async fn a21_a_token_that_runs_out_is_renewed_before_and_during_an_upload() {
    let rig = rig(bearer(|b| b.lifetime = Duration::from_millis(200)), password("u", "pw")).await;
    works(&rig).await.unwrap();
    tokio::time::sleep(Duration::from_millis(250)).await;
    works(&rig).await.unwrap();
    for method in ["PUT", "GET", "POST", "HEAD"] {
        rig.server.faults().push(Fault::new(Effect::ExpireTokens).method(method));
        let bytes = noise(3001 + method.len());
        rig.store(bytes.clone()).await.unwrap();
        assert!(rig.server.blob_bytes(APP, &Digest::of(&bytes)).is_some(), "{method}");
        rig.server.faults().clear();
    }
}

#[tokio::test]
async fn between_the_look_at_a_tag_and_its_change_no_token_is_asked_for() {
    for expires in [false, true] {
        let rig = rig(bearer(|_| {}), password("u", "pw")).await;
        let image = rig.seed_image(None);
        if expires {
            rig.server.faults().push(Fault::new(Effect::ExpireTokens).method("PUT"));
        }
        rig.client.set_tag(rig.set("1", image.digest(), Expected::Absent)).await.unwrap();
        let log = rig.server.log();
        let put = log.iter().position(|r| r.method == "PUT" && r.status == Some(201)).unwrap();
        let before = &log[put - 1];
        assert!(before.method == "GET" && before.path.ends_with("/manifests/1"), "{before:?}");
        assert_eq!(log.iter().filter(|r| r.method == "PUT").count(), 1 + usize::from(expires));
    }
}

#[tokio::test]
async fn one_token_serves_many_requests_at_once() {
    let rig = Arc::new(rig(bearer(|_| {}), password("u", "pw")).await);
    rig.seed_image(Some("1"));
    let tasks: Vec<_> = (0..16)
        .map(|_| {
            let rig = Arc::clone(&rig);
            tokio::spawn(async move { rig.client.resolve(&rig.tagged("1")).await.unwrap() })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    assert_eq!(rig.server.token_requests(), 1);
}

#[tokio::test]
async fn a03_a_mount_asks_for_both_repositories_and_where_one_is_denied_for_ours_alone() {
    for loudly in [false, true] {
        for denied in [vec![], vec!["other/app".to_owned()]] {
            let refused = !denied.is_empty();
            let options = bearer(|b| {
                b.denied = denied;
                b.deny_loudly = loudly;
            });
            let rig = rig(options, password("u", "pw")).await;
            rig.server.put_blob("other/app", noise(1000));
            let source = MemoryRegistry::new();
            let blob = source.insert_blob(noise(1000));
            let moved = rig.copy(&source, rig.repository("other/app"), &blob).await.unwrap();
            assert_eq!(moved, if refused { Moved::Sent(1000) } else { Moved::Mounted }, "{loudly}");
            let both = rig.server.log().iter().any(|r| r.path.matches("scope=").count() == 2);
            assert!(both);
        }
    }
}

#[tokio::test]
async fn a09_a_realm_elsewhere_gets_no_credentials() {
    for realm in
        ["http://169.254.169.254/latest/meta-data", "http://localhost:1/token", "nonsense", "http://u:p@127.0.0.1/"]
    {
        let rig = rig(bearer(|b| b.realm = Some(realm.into())), password("u", "pw")).await;
        let error = works(&rig).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Denied, "{realm}");
        shows_no_secret(&error);
    }
}

#[tokio::test]
async fn a10_two_clients_in_one_process_share_no_token() {
    let rig = rig(bearer(|_| {}), password("u", "pw")).await;
    works(&rig).await.unwrap();
    let stranger =
        OciRegistry::new(rig.server.host(), OciOptions { patience: impatient(), ..OciOptions::default() }).unwrap();
    assert!(stranger.resolve(&rig.tagged("1")).await.is_err());
}

#[tokio::test]
async fn a11_each_repository_has_its_own_token() {
    let rig = rig(bearer(|_| {}), password("u", "pw")).await;
    for n in 0..200 {
        let path = format!("team/app{n}");
        rig.server.create_repository(&path);
        rig.client.tags(&rig.repository(&path)).await.unwrap();
    }
    assert_eq!(rig.server.token_requests(), 200);
}

#[tokio::test]
async fn deleting_asks_for_the_right_to_delete() {
    let rig = rig(bearer(|_| {}), password("u", "pw")).await;
    let image = rig.seed_image(Some("1"));
    let target = crate::plan::DeleteTarget::Manifest;
    let op = crate::plan::Delete { repository: rig.app(), target, expected: image.digest().clone(), tags: Vec::new() };
    rig.client.delete(testing_permit(op)).await.unwrap();
    assert!(rig.server.manifests(APP).is_empty());
}
