//! Azurite, Microsoft's own emulator, by each of the three ways to say who one is. It checks all of them, but for the signature of a
//! token.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde_json::json;

use super::*;
use crate::bucket::dialect::sign_azblob;
use crate::bucket::tests::fake::open_over;
use crate::http::testing::{Reply, Server};
use crate::http::{Tls, decode, encode};
use crate::model::{Secret, Timestamp};

/// The account that it has, as Microsoft documents it.
const ACCOUNT: &str = "devstoreaccount1";
const ACCOUNT_KEY: &str = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==";

/// Starts it, where it is installed, and makes the container.
async fn azurite(scheme: &str, more: &[&str], http: Http) -> Option<Peer> {
    let program = installed("azurite", "azurite/node_modules/azurite/dist/src/blob/main.js")?;
    let own =
        ["--blobHost", "127.0.0.1", "--blobPort", "PORT", "--inMemoryPersistence", "--disableTelemetry", "--silent"];
    let peer = Peer::start(Path::new("node"), &[&[program.to_str().unwrap()][..], &own, more].concat());
    let container = format!("{scheme}://{}/{ACCOUNT}/container?restype=container", peer.host);
    let mut create = Request::new(Method::PUT, container.parse().unwrap());
    create.headers.insert("x-ms-version", HeaderValue::from_static("2023-11-03"));
    sign_azblob(&mut create, ACCOUNT, &Secret::new(ACCOUNT_KEY), Timestamp::now()).unwrap();
    assert_eq!(http.send(&create).await.unwrap().status(), 201);
    Some(peer)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs Azurite; make interop"]
async fn interop_a_ledger_is_shared_at_azurite() {
    let Some(peer) = azurite("http", &[], Http::new(Patience::default())).await else { return };
    let address = |host: &str| format!("az://{ACCOUNT}/container/team/ledger?endpoint=http://{host}/{ACCOUNT}");
    holds_at(&peer, address, |_| vec![("AZURE_STORAGE_KEY", ACCOUNT_KEY.to_owned())]).await;
    let here = address(&peer.host);
    refused(&here.replace("container", "other"), &[("AZURE_STORAGE_KEY", ACCOUNT_KEY)], ErrorKind::Invalid).await;
    // Azure itself says "AuthenticationFailed" to a wrong signature, Azurite "AuthorizationFailure".
    refused(&here, &[("AZURE_STORAGE_KEY", SECRET)], ErrorKind::Denied).await;

    let signature = account_signature();
    let shared = open(&here, &[("AZURE_STORAGE_SAS_TOKEN", &signature[..])], LEASE);
    let plan = Digest::of(b"by a shared access signature");
    let lock = shared.lock(&plan).await.unwrap();
    assert!(shared.lock(&plan).await.is_err());
    lock.release().await.unwrap();
    let wrong = signature.replace("sp=rwlc", "sp=rwlcd");
    refused(&here, &[("AZURE_STORAGE_SAS_TOKEN", &wrong[..])], ErrorKind::Denied).await;
}

/// A shared access signature of the account, to read and write blobs (Microsoft, "Create an account SAS").
fn account_signature() -> String {
    let (version, end) = ("2020-12-06", "2099-01-01T00:00:00Z");
    let text = format!("{ACCOUNT}\nrwlc\nb\no\n\n{end}\n\nhttps,http\n{version}\n\n");
    let key = aws_lc_rs::hmac::Key::new(aws_lc_rs::hmac::HMAC_SHA256, &STANDARD.decode(ACCOUNT_KEY).unwrap());
    let signature = encode(&STANDARD.encode(aws_lc_rs::hmac::sign(&key, text.as_bytes())));
    format!("sv={version}&ss=b&srt=o&sp=rwlc&spr=https,http&se={}&sig={signature}", encode(end))
}

/// A directory that gives a token for whatever it is asked for.
async fn directory() -> Server {
    Server::start_replies(|call| {
        let body = String::from_utf8_lossy(&call.body).into_owned();
        let scope = body.split('&').find_map(|field| field.strip_prefix("scope=")).unwrap();
        let scope = String::from_utf8(decode(scope)).unwrap();
        let now = Timestamp::now().unix();
        let claims = json!({
            "iss": "https://sts.windows.net/tenant/",
            "aud": scope.strip_suffix("/.default").unwrap(),
            "iat": now - 10,
            "nbf": now - 10,
            "exp": now + 3600,
        });
        let part = |value: serde_json::Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let token = format!("{}.{}.c2lnbmVk", part(json!({"alg": "RS256", "typ": "JWT"})), part(claims));
        Reply::new(200, json!({"access_token": token, "expires_in": 3600}).to_string())
    })
    .await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs Azurite; make interop"]
async fn interop_a_ledger_is_shared_at_azurite_with_tokens_of_a_directory() {
    let folder = tempfile::tempdir().unwrap();
    let own = rcgen::generate_simple_self_signed(vec!["127.0.0.1".to_owned()]).unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    std::fs::write(path("cert"), own.cert.pem()).unwrap();
    std::fs::write(path("key"), own.signing_key.serialize_pem()).unwrap();
    let network = Network::default().tls(Tls::default().trust_pem(own.cert.pem().as_bytes()).unwrap());
    let more = ["--oauth", "basic", "--cert", &path("cert"), "--key", &path("key")];
    let http = Http::over(network.clone(), None, Patience::default());
    let Some(peer) = azurite("https", &more, http).await else { return };
    let directory = directory().await;
    let url = directory.url();
    let principal = [
        ("AZURE_AUTHORITY_HOST", &url[..]),
        ("AZURE_TENANT_ID", "tenant"),
        ("AZURE_CLIENT_ID", "client"),
        ("AZURE_CLIENT_SECRET", "s3cret"),
    ];
    let address = format!("az://{ACCOUNT}/container/team/ledger?endpoint=https://{}/{ACCOUNT}", peer.host);
    sharing::holds(|| open_over(network.clone(), &address, &principal, LEASE)).await;
}
