//! Addresses, signatures, and what refusals mean.

use http::{HeaderValue, Method};

use super::fake::{date, open, refused};
use super::*;
use crate::bucket::dialect::{Condition, sign_azblob};
use crate::http::Request;
use crate::http::testing::{Reply, Server};
use crate::model::{Secret, Timestamp};
use crate::registry::Variables;

/// The address at which an object is read, and the one at which it is written.
fn addresses(url: &str, variables: &[(&str, &str)]) -> Result<(String, String)> {
    let bucket = url::open(url, &Variables::given(variables), Network::default())?;
    let url = |request: Result<Request>| request.map(|request| request.url.to_string());
    let written = bucket.dialect.write("spent/1", Condition::Is("7"));
    Ok((url(bucket.dialect.read("spent/1"))?, url(written)?))
}

#[test]
fn addresses_are_read() {
    let twice = |url: &str| (url.to_owned(), url.to_owned());
    for (address, read) in [
        ("s3://b/p/q?region=eu-west-1", "https://s3.eu-west-1.amazonaws.com/b/p/q/spent/1"),
        ("s3://b/?region=cn-north-1", "https://s3.cn-north-1.amazonaws.com.cn/b/spent/1"),
        ("s3://b/p?endpoint=https%3A%2F%2Fminio.test%3A9000/&region=r", "https://minio.test:9000/b/p/spent/1"),
        ("s3://b/p?endpoint=http://127.0.0.1:9000", "http://127.0.0.1:9000/b/p/spent/1"),
        ("az://team1/c", "https://team1.blob.core.windows.net/c/spent/1"),
        ("az://team1/c/p/", "https://team1.blob.core.windows.net/c/p/spent/1"),
        ("az://team1/c?endpoint=http://127.0.0.1:10000/team1/", "http://127.0.0.1:10000/team1/c/spent/1"),
    ] {
        assert_eq!(addresses(address, &[]).unwrap(), twice(read), "{address}");
    }
    let gcs = |service: &str, folder: &str| {
        let read = format!("{service}/b/{folder}spent/1");
        let name = format!("{folder}spent/1").replace('/', "%2F");
        let query = format!("uploadType=media&name={name}&ifGenerationMatch=7");
        (read, format!("{service}/upload/storage/v1/b/b/o?{query}"))
    };
    let (google, emulator) = ("https://storage.googleapis.com", [("STORAGE_EMULATOR_HOST", "localhost:4443")]);
    assert_eq!(addresses("gs://b", &[]).unwrap(), gcs(google, ""));
    assert_eq!(addresses("gs://b/p/q/", &[]).unwrap(), gcs(google, "p/q/"));
    assert_eq!(addresses("gs://b/p", &emulator).unwrap(), gcs("http://localhost:4443", "p/"));
    assert_eq!(addresses("gs://b?endpoint=https://own.test", &emulator).unwrap(), gcs("https://own.test", ""));
    let region = [("AWS_DEFAULT_REGION", "eu-north-1")];
    assert!(addresses("s3://b", &region).unwrap().0.starts_with("https://s3.eu-north-1."));
}

#[test]
fn wrong_addresses_are_refused_without_what_may_be_secret() {
    for wrong in [
        "s3://",
        "s3://b",
        "s3://b//p?region=r",
        "s3://../p?region=r",
        "s3://b/p q?region=r",
        "s3://b?region=",
        "s3://b?region=a&region=b",
        "s3://b?regoin=a",
        "s3://b?region=r&endpoint=minio",
        "s3://user:hunter2@b/p?region=r",
        "gs://",
        "gs://b?region=r",
        "gs://b?endpoint=ftp://x",
        "gs://user:hunter2@b",
        "az://account",
        "az://account/",
        "az://Account/c",
        "az://evil.test/c",
        "az://account/c?sv=2023-11-03&sig=hunter2",
        "folder",
        "://",
    ] {
        let error = addresses(wrong, &[]).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Invalid, "{wrong}");
        assert!(!format!("{error} {error:?}").contains("hunter2"), "{error:?}");
    }
    assert_eq!(addresses("ftp://b/p", &[]).unwrap_err().kind(), ErrorKind::Unsupported);
}

#[test]
fn a_request_to_azure_is_signed_by_its_parts() {
    let url = "https://account.blob.core.windows.net/c?restype=container&comp=list&prefix=a%20b";
    let mut request = Request::new(Method::PUT, url.parse().unwrap());
    request.headers.insert("content-type", HeaderValue::from_static("text/plain"));
    request.headers.insert("x-ms-version", HeaderValue::from_static("2023-11-03"));
    request.body = "four".into();
    let now = Timestamp::parse("2026-11-29T05:00:00Z").unwrap();
    sign_azblob(&mut request, "account", &Secret::new("a2V5"), now).unwrap();
    assert_eq!(request.headers["x-ms-date"], "Sun, 29 Nov 2026 05:00:00 GMT");
    let text = "PUT\n\n\n4\n\ntext/plain\n\n\n\n\n\n\nx-ms-date:Sun, 29 Nov 2026 05:00:00 GMT\nx-ms-version:2023-11-03\n\
        /account/c\ncomp:list\nprefix:a b\nrestype:container";
    let key = aws_lc_rs::hmac::Key::new(aws_lc_rs::hmac::HMAC_SHA256, b"key");
    let mac = base64::Engine::encode(
        &base64::engine::general_purpose::STANDARD,
        aws_lc_rs::hmac::sign(&key, text.as_bytes()),
    );
    assert_eq!(request.headers["authorization"], format!("SharedKey account:{mac}"));
    assert!(!format!("{request:?}").contains(&mac));
    let error = sign_azblob(&mut request, "account", &Secret::new("hunter2!"), now).unwrap_err();
    assert!(error.kind() == ErrorKind::Unauthenticated && !format!("{error:?}").contains("hunter2"), "{error:?}");
}

#[tokio::test]
async fn a_shared_access_signature_goes_along_and_is_not_shown() {
    let server = Server::start_replies(|call| match call.target.split_once('?') {
        Some((_, "sv=2023-11-03&sp=rw&sig=s3cret%2B%3D")) if call.header("authorization").is_none() => {
            refused(404, "BlobNotFound")
        }
        _ => refused(403, "AuthenticationFailed"),
    })
    .await;
    let address = format!("az://account/c?endpoint={}", server.url());
    let approval = Digest::of(b"approval");
    for given in ["?sv=2023-11-03&sp=rw&sig=s3cret%2B%3D", "sv=2023-11-03&sp=rw&sig=s3cret%2B%3D"] {
        let ledger = open(&address, &[("AZURE_STORAGE_SAS_TOKEN", given)], LEASE);
        assert!(!ledger.is_spent(&approval).await.unwrap());
        assert!(!format!("{ledger:?}").contains("s3cret"));
    }
    for wrong in ["sv=2023-11-03&sig=s3cret", "s3cret with spaces"] {
        let ledger = open(&address, &[("AZURE_STORAGE_SAS_TOKEN", wrong)], LEASE);
        let error = ledger.is_spent(&approval).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unauthenticated, "{error}");
        assert!(!format!("{error} {error:?}").contains("s3cret"), "{error:?}");
    }
}

#[tokio::test]
async fn azure_s_directory_gives_a_token_for_storage() {
    let server = Server::start_replies(|call| match &call.target[..] {
        "/tenant/oauth2/v2.0/token" => {
            let body = String::from_utf8_lossy(&call.body).into_owned();
            assert!(body.contains("scope=https%3A%2F%2Fstorage.azure.com%2F.default"), "{body}");
            Reply::new(200, r#"{"access_token": "s3cret", "expires_in": 3599}"#)
        }
        _ if call.header("authorization") == Some("Bearer s3cret") && call.header("x-ms-version").is_some() => {
            refused(404, "BlobNotFound")
        }
        _ => refused(401, "NoAuthenticationInformation"),
    })
    .await;
    let url = server.url();
    let principal = [
        ("AZURE_AUTHORITY_HOST", &url[..]),
        ("AZURE_TENANT_ID", "tenant"),
        ("AZURE_CLIENT_ID", "client"),
        ("AZURE_CLIENT_SECRET", "hunter2"),
    ];
    let ledger = open(&format!("az://account/c?endpoint={url}"), &principal, LEASE);
    assert!(!ledger.is_spent(&Digest::of(b"approval")).await.unwrap());
    assert!(!format!("{ledger:?}").contains("s3cret") && !format!("{ledger:?}").contains("hunter2"));
}

/// What an answer to a reading means, and to a writing.
async fn meant(vendor: Vendor, reply: &Reply) -> (Result<bool>, Result<()>) {
    let world = World::of(vendor).await;
    let (machine, digest) = (world.machine(), Digest::of(b"approval"));
    let say = || *world.store.refuses.lock().unwrap() = Some(reply.clone());
    say();
    let read = machine.is_spent(&digest).await;
    say();
    (read, machine.spend(&digest, &plan()).await)
}

#[tokio::test]
async fn refusals_are_told_by_what_the_store_says() {
    use ErrorKind::{Conflict, Denied, Invalid, Unauthenticated, Unexpected, Unsupported};
    use Vendor::{AzBlob, Gcs, S3};
    for (vendor, status, code, kind) in [
        (S3, 403, "SignatureDoesNotMatch", Unauthenticated),
        (S3, 403, "InvalidAccessKeyId", Unauthenticated),
        (S3, 400, "ExpiredToken", Unauthenticated),
        (S3, 403, "RequestTimeTooSkewed", Unauthenticated),
        (S3, 403, "AccessDenied", Denied),
        (S3, 404, "NoSuchBucket", Invalid),
        (S3, 301, "PermanentRedirect", Invalid),
        (S3, 501, "NotImplemented", Unsupported),
        (S3, 400, "InvalidRequest", Unexpected),
        (Gcs, 401, "AuthenticationRequired", Unauthenticated),
        (Gcs, 403, "AccessDenied", Denied),
        (Gcs, 404, "NoSuchBucket", Invalid),
        (AzBlob, 403, "AuthenticationFailed", Unauthenticated),
        (AzBlob, 401, "InvalidAuthenticationInfo", Unauthenticated),
        (AzBlob, 403, "AuthorizationPermissionMismatch", Denied),
        (AzBlob, 404, "ContainerNotFound", Invalid),
        (AzBlob, 409, "ContainerBeingDeleted", Conflict),
        (AzBlob, 412, "LeaseIdMissing", Conflict),
    ] {
        let (read, written) = meant(vendor, &refused(status, code)).await;
        for error in [read.unwrap_err(), written.unwrap_err()] {
            assert_eq!(error.kind(), kind, "{vendor:?} {error}");
            let told = format!("{error} {error:?}");
            assert!(told.contains(code) && !told.contains(SECRET) && !told.contains("s3cret"), "{told}");
        }
    }
    // Google's answers to who writes are JSON. Of the object that is to be written nothing is missing.
    let missing = r#"{"error": {"code": 404, "message": "The specified bucket does not exist.", "errors": [{"reason": "notFound"}]}}"#;
    let (_, written) = meant(Gcs, &Reply::new(404, missing)).await;
    let error = written.unwrap_err();
    assert!(error.kind() == Invalid && error.to_string().contains("bucket does not exist"), "{error}");
}

#[tokio::test]
async fn what_passes_is_tried_again_and_told_when_it_does_not_pass() {
    for vendor in Vendor::ALL {
        for status in [429, 500, 502, 503] {
            // Once.
            let (read, written) = meant(vendor, &Reply::new(status, "")).await;
            assert!(matches!((read, written), (Ok(false), Ok(()))), "{vendor:?} {status}");
        }
        for (status, kind) in [(429, ErrorKind::RateLimited), (503, ErrorKind::Unavailable)] {
            let server = Server::start_replies(move |_| Reply::new(status, "")).await;
            let address = match vendor {
                Vendor::S3 => format!("s3://b?endpoint={}", server.url()),
                Vendor::Gcs => "gs://b".to_owned(),
                Vendor::AzBlob => format!("az://account/c?endpoint={}", server.url()),
            };
            let variables = [
                ("AWS_ACCESS_KEY_ID", "ID"),
                ("AWS_SECRET_ACCESS_KEY", SECRET),
                ("AZURE_STORAGE_KEY", SECRET),
                ("STORAGE_EMULATOR_HOST", &server.url()[..]),
            ];
            let error = open(&address, &variables, LEASE).lock(&plan()).await.unwrap_err();
            assert_eq!(error.kind(), kind, "{vendor:?} {error}");
        }
    }
}

#[tokio::test]
async fn half_an_answer_is_no_answer() {
    for vendor in Vendor::ALL {
        let dates = |reply: Reply| reply.header("date", date(NOW)).header("last-modified", date(NOW));
        let half = |reply: Reply| Reply { breaks_after: Some(3), ..reply };
        let found = Reply::new(200, "spent by somebody").header("etag", "\"1\"").header("x-goog-generation", "1");
        let (read, _) = meant(vendor, &half(dates(found.clone()))).await;
        assert_eq!(read.unwrap_err().kind(), ErrorKind::Unavailable, "{vendor:?}");
        // The half that says which of both is missing.
        let (read, _) = meant(vendor, &half(refused(404, "NoSuchBucket"))).await;
        assert_eq!(read.unwrap_err().kind(), ErrorKind::Unavailable, "{vendor:?}");
        // No dates, no version.
        let (read, _) = meant(vendor, &found).await;
        assert_eq!(read.unwrap_err().kind(), ErrorKind::Unsupported, "{vendor:?}");
        let (read, _) = meant(vendor, &dates(Reply::new(200, "spent"))).await;
        assert_eq!(read.unwrap_err().kind(), ErrorKind::Unsupported, "{vendor:?}");
    }
}

#[tokio::test]
async fn a_clock_that_is_wrong_is_named_where_a_login_is_refused() {
    let now = jiff::Timestamp::now().as_second();
    for (vendor, code) in [(Vendor::S3, "RequestTimeTooSkewed"), (Vendor::AzBlob, "AuthenticationFailed")] {
        for (seconds, word) in [(-3600, Some("ahead of")), (3600, Some("behind")), (30, None)] {
            let (read, _) = meant(vendor, &refused(403, code).header("date", date(now + seconds))).await;
            let error = read.unwrap_err();
            let hint = error.hint_text().unwrap_or_default();
            assert_eq!(word.is_some(), hint.contains("clock"), "{error:?}");
            assert!(word.is_none_or(|word| hint.contains(word)), "{hint}");
        }
    }
}
