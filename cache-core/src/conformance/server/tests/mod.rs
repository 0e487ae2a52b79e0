//! What the registry does over the wire, seen by a plain HTTP client.

mod auth;
mod blobs;
mod faults;
mod lists;
mod manifests;
mod referrers;
mod uploads;

use bytes::Bytes;
use http::{HeaderMap, Request, StatusCode};
use http_body_util::{BodyExt as _, Full};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use serde_json::{Value, json};

use super::manifest::{OCI_INDEX, OCI_MANIFEST};
use super::{Options, Server};
use crate::model::Digest;

const REPOSITORY: &str = "team/app";
const CONFIG: &str = "application/vnd.oci.image.config.v1+json";
const LAYER: &str = "application/vnd.oci.image.layer.v1.tar+gzip";

/// A server, and a client that follows nothing and retries nothing.
struct Rig {
    server: Server,
    client: Client<HttpConnector, Full<Bytes>>,
}

/// An answer with as much of its body as arrived.
struct Answer {
    status: StatusCode,
    headers: HeaderMap,
    body: Vec<u8>,
    complete: bool,
}

impl Rig {
    async fn new(options: Options) -> Rig {
        let server = Server::start(options).await.unwrap();
        let client = Client::builder(TokioExecutor::new()).retry_canceled_requests(false).build_http();
        Rig { server, client }
    }

    async fn plain() -> Rig {
        Rig::new(Options::default()).await
    }

    /// The answer, or `None` when the connection ended without one.
    async fn try_send(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: impl Into<Bytes>,
    ) -> Option<Answer> {
        let uri = if path.starts_with("http") { path.to_owned() } else { format!("{}{path}", self.server.url()) };
        let mut request = Request::builder().method(method).uri(uri);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.body(Full::new(body.into())).unwrap();
        let (head, mut incoming) = self.client.request(request).await.ok()?.into_parts();
        let (mut body, mut complete) = (Vec::new(), true);
        while let Some(frame) = incoming.frame().await {
            match frame {
                Ok(frame) => body.extend_from_slice(&frame.into_data().unwrap()),
                Err(_) => complete = false,
            }
        }
        Some(Answer { status: head.status, headers: head.headers, body, complete })
    }

    async fn send(&self, method: &str, path: &str, headers: &[(&str, &str)], body: impl Into<Bytes>) -> Answer {
        self.try_send(method, path, headers, body).await.expect("an answer")
    }

    async fn get(&self, path: &str) -> Answer {
        self.send("GET", path, &[("Accept", "*/*")], "").await
    }

    async fn put_manifest(&self, reference: &str, document: &Value) -> Answer {
        let path = format!("/v2/{REPOSITORY}/manifests/{reference}");
        self.send("PUT", &path, &[("Content-Type", document["mediaType"].as_str().unwrap())], document.to_string())
            .await
    }

    /// An image whose config and layer are in the repository.
    fn image(&self) -> Value {
        let config = self.server.put_blob(REPOSITORY, "{}");
        let layer = self.server.put_blob(REPOSITORY, "layer");
        json!({
            "schemaVersion": 2,
            "mediaType": OCI_MANIFEST,
            "config": descriptor(CONFIG, &config, 2),
            "layers": [descriptor(LAYER, &layer, 5)],
        })
    }

    /// Starts an upload and returns its location.
    async fn start_upload(&self) -> String {
        let answer = self.send("POST", &format!("/v2/{REPOSITORY}/blobs/uploads/"), &[], "").await;
        assert_eq!(answer.status, 202);
        answer.header("location").to_owned()
    }
}

impl Answer {
    fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }

    /// The code of the first error.
    fn code(&self) -> String {
        self.json()["errors"][0]["code"].as_str().unwrap_or_default().to_owned()
    }

    /// The status and the code of a refusal.
    fn refusal(&self) -> (u16, String) {
        (self.status.as_u16(), self.code())
    }
}

fn descriptor(media_type: &str, digest: &Digest, size: usize) -> Value {
    json!({ "mediaType": media_type, "digest": digest.as_str(), "size": size })
}

fn index(manifests: &[Value]) -> Value {
    json!({ "schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": manifests })
}

fn digest_of(document: &Value) -> Digest {
    Digest::of(document.to_string().as_bytes())
}

fn refused(status: u16, code: &str) -> (u16, String) {
    (status, code.to_owned())
}

#[tokio::test]
async fn ping_answers_and_anything_else_is_unknown() {
    let rig = Rig::plain().await;
    assert_eq!(rig.get("/v2/").await.status, 200);
    assert_eq!(rig.get("/v1/").await.refusal(), refused(404, "UNSUPPORTED"));
    assert_eq!(rig.get("/v2/Team/app/tags/list").await.refusal(), refused(400, "NAME_INVALID"));
    let answer = rig.send("POST", "/v2/", &[], "").await;
    assert_eq!((answer.status.as_u16(), answer.header("allow")), (405, "GET, HEAD"));
}

#[tokio::test]
async fn dropping_the_server_ends_it() {
    let rig = Rig::plain().await;
    assert_eq!(rig.get("/v2/").await.status, 200);
    let Rig { server, client } = rig;
    let uri = format!("{}/v2/", server.url());
    drop(server);
    tokio::task::yield_now().await;
    let request = || Request::get(&uri).body(Full::default()).unwrap();
    let _ = client.request(request()).await;
    assert!(client.request(request()).await.is_err());
}

#[tokio::test]
async fn the_log_shows_requests_without_their_secrets() {
    let rig = Rig::plain().await;
    let digest = rig.server.put_blob(REPOSITORY, "hello");
    let path = format!("/v2/{REPOSITORY}/blobs/{digest}?x=1");
    rig.send("GET", &path, &[("Authorization", "Basic c2VjcmV0"), ("Range", "bytes=1-3")], "").await;
    let log = rig.server.log();
    assert_eq!(log.len(), 1);
    assert_eq!((log[0].method.as_str(), &log[0].path, log[0].status, log[0].sent), ("GET", &path, Some(206), 3));
    assert_eq!((log[0].authorization.as_deref(), log[0].range.as_deref()), (Some("Basic"), Some("bytes=1-3")));
    assert!(!format!("{log:?}").contains("c2VjcmV0"));
    assert_eq!(rig.server.count("GET", "/blobs/"), 1);
    rig.server.clear_log();
    assert!(rig.server.log().is_empty());
}
