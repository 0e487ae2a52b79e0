//! A Harbor: its interface over the images of a real registry. It decodes an address before it looks for the parts, as
//! Harbor does, and holds every request against Harbor's own description.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard};

use serde_json::{Value, json};

use crate::conformance::server::{Options, Server as Images};
use crate::http::testing::{Call, Reply, Server};
use crate::model::Digest;
use crate::registry::vendor::tests::openapi::{Description, decoded};

/// What it keeps beside images, and how it misbehaves.
#[derive(Default)]
pub(super) struct State {
    pub(super) metadata: BTreeMap<&'static str, String>,
    pub(super) retention: Option<Value>,
    pub(super) rules: Vec<Value>,
    pub(super) robots: Vec<Value>,
    pub(super) storage: i64,
    pub(super) used: i64,
    /// The scan of each image: `scan_status`.
    pub(super) scans: BTreeMap<String, &'static str>,
    /// The accessories of each image.
    pub(super) accessories: BTreeMap<String, Vec<Digest>>,
    pub(super) immutable: bool,
    /// Scans are taken, and never begin.
    pub(super) deaf: bool,
    /// Robots get other rights than were asked for.
    pub(super) stingy: bool,
    /// Something before it decodes addresses once more.
    pub(super) decoding_proxy: bool,
    /// What it was asked, and what was wrong with that.
    pub(super) calls: Vec<String>,
    pub(super) faults: Vec<String>,
    numbers: i64,
}

pub(super) struct Fake {
    pub(super) images: Arc<Images>,
    pub(super) interface: Server,
    state: Arc<Mutex<State>>,
}

pub(super) const USER: &str = "robot$p+ci";

impl Fake {
    pub(super) async fn start() -> Fake {
        let images = Arc::new(Images::start(Options::default()).await.unwrap());
        let state = Arc::new(Mutex::new(State { storage: -1, ..State::default() }));
        let description = Description::read("harbor/swagger.yaml");
        let (seen, stored) = (Arc::clone(&state), Arc::clone(&images));
        let interface = Server::start_replies(move |call| {
            let mut state = seen.lock().unwrap();
            state.calls.push(format!("{} {}", call.method, call.target));
            let faults = description.as_ref().map(|d| d.faults(call)).unwrap_or_default();
            if !state.decoding_proxy {
                state.faults.extend(faults);
            }
            answer(&mut state, &stored, call)
        })
        .await;
        Fake { images, interface, state }
    }

    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }

    /// The requests that changed something.
    pub(super) fn changes(&self) -> Vec<String> {
        self.state().calls.iter().filter(|call| !call.starts_with("GET")).cloned().collect()
    }
}

impl Drop for Fake {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            assert_eq!(self.state().faults, [""; 0]);
        }
    }
}

fn refuse(status: u16, code: &str, message: &str) -> Reply {
    Reply::new(status, json!({"errors": [{"code": code, "message": message}]}).to_string())
}

fn ok(value: &Value) -> Reply {
    Reply::new(200, value.to_string())
}

fn page(call: &Call, all: Vec<Value>) -> Reply {
    let query = call.target.split_once('?').map_or("", |(_, query)| query);
    let number = |name: &str, default: usize| {
        let found = query.split('&').map(decoded).find(|(key, _)| key == name);
        found.map_or(default, |(_, value)| value.parse().unwrap())
    };
    let (page, size) = (number("page", 1), number("page_size", 10));
    if size > 100 {
        return refuse(422, "UNPROCESSABLE_ENTITY", "page_size in query should be less than or equal to 100");
    }
    let entries: Vec<&Value> = all.iter().skip((page - 1) * size).take(size).collect();
    ok(&json!(entries)).header("x-total-count", all.len().to_string())
}

fn answer(state: &mut State, images: &Images, call: &Call) -> Reply {
    use base64::Engine as _;
    let login = base64::engine::general_purpose::STANDARD.encode(format!("{USER}:secret$,+ü"));
    if call.header("authorization") != Some(&format!("Basic {login}")) {
        return refuse(401, "UNAUTHORIZED", "unauthorized");
    }
    let (path, query) = call.target.split_once('?').unwrap_or((&call.target, ""));
    let decode = |text: &str| String::from_utf8(crate::http::decode(text)).unwrap();
    let path = if state.decoding_proxy { decode(path) } else { path.to_owned() };
    // Decoded once by the server, then split, then each part decoded: a slash that was encoded once is a part of its own.
    let path = decode(&path);
    let Some(rest) = path.strip_prefix("/api/v2.0/") else { return no_route(&path) };
    let parts: Vec<String> = rest.split('/').map(decode).collect();
    let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
    let body: Value = serde_json::from_slice(&call.body).unwrap_or_default();
    let project = json!({"project_id": 7, "name": "p", "repo_count": 1, "metadata": state.metadata});
    match (&call.method[..], &parts[..]) {
        ("GET", ["projects"]) => page(call, vec![project]),
        ("GET", ["projects", "p"]) => ok(&project),
        ("GET", ["projects", _]) => refuse(404, "NOT_FOUND", "project not found"),
        ("POST", ["projects", "p", "metadatas", ""]) | ("PUT", ["projects", "p", "metadatas", "auto_scan"]) => {
            state.metadata.insert("auto_scan", body["auto_scan"].as_str().unwrap().to_owned());
            Reply::new(200, "")
        }
        ("GET", ["projects", "p", "repositories"]) => {
            let all = images.repositories();
            page(call, all.iter().map(|name| json!({"name": name, "artifact_count": 1})).collect())
        }
        ("GET", ["projects", "7", "immutabletagrules"]) => page(call, state.rules.clone()),
        ("POST", ["projects", "7", "immutabletagrules"]) => {
            let mut rule = body;
            state.numbers += 1;
            rule["id"] = json!(state.numbers);
            rule["params"] = json!({});
            state.rules.push(rule);
            Reply::new(201, "")
        }
        ("DELETE", ["projects", "7", "immutabletagrules", id]) => {
            let id: i64 = id.parse().unwrap();
            state.rules.retain(|rule| rule["id"] != id);
            Reply::new(200, "")
        }
        ("POST", ["retentions"]) if state.retention.is_some() => {
            refuse(400, "BAD_REQUEST", "project already has a policy")
        }
        ("POST", ["retentions"]) | ("PUT", ["retentions", "11"]) => {
            let mut policy = body;
            policy["id"] = json!(11);
            for rule in policy["rules"].as_array_mut().unwrap() {
                state.numbers += 1;
                rule["id"] = json!(state.numbers);
                rule["priority"] = json!(0);
            }
            policy["trigger"]["references"] = json!({"job_id": 3});
            state.retention = Some(policy);
            state.metadata.insert("retention_id", "11".to_owned());
            Reply::new(201, "")
        }
        ("GET", ["retentions", "11"]) => ok(state.retention.as_ref().unwrap()),
        ("DELETE", ["retentions", "11"]) => {
            state.retention = None;
            state.metadata.remove("retention_id");
            Reply::new(200, "")
        }
        ("GET", ["quotas"]) => {
            page(call, vec![json!({"id": 5, "hard": {"storage": state.storage}, "used": {"storage": state.used}})])
        }
        ("PUT", ["quotas", "5"]) => {
            state.storage = body["hard"]["storage"].as_i64().unwrap();
            Reply::new(200, "")
        }
        ("GET", ["robots"]) => page(call, state.robots.clone()),
        ("POST", ["robots"]) => {
            let name = format!("robot$p+{}", body["name"].as_str().unwrap());
            let permissions = if state.stingy { json!([]) } else { body["permissions"].clone() };
            state.robots.push(json!({
                "id": 9, "name": name, "permissions": permissions, "expires_at": -1, "disable": false,
            }));
            let created = json!({"id": 9, "name": name, "secret": "given-once", "expires_at": -1});
            Reply::new(201, created.to_string())
        }
        ("DELETE", ["robots", "9"]) => {
            state.robots.clear();
            Reply::new(200, "")
        }
        (method, ["projects", "p", "repositories", rest @ ..]) => artifacts(state, images, call, method, rest, query),
        _ => no_route(&path),
    }
}

fn no_route(path: &str) -> Reply {
    refuse(404, "NOT_FOUND", &format!("path {path} was not found"))
}

/// Below `/projects/p/repositories/`: the repository is one part, its own slashes encoded a second time.
fn artifacts(state: &mut State, images: &Images, call: &Call, method: &str, parts: &[&str], query: &str) -> Reply {
    let Some((name, parts)) = parts.split_first().filter(|(_, rest)| rest.first() == Some(&"artifacts")) else {
        return no_route(&parts.join("/"));
    };
    let repository = format!("p/{name}");
    let absent = || refuse(404, "NOT_FOUND", &format!("artifact of {repository} not found"));
    match (method, &parts[1..]) {
        ("GET", []) => {
            let all = images.manifests(&repository);
            page(call, all.iter().map(|digest| artifact(state, images, &repository, digest)).collect())
        }
        ("POST", []) => {
            let from = decoded(query).1;
            let (source, digest) = from.split_once('@').unwrap();
            let digest: Digest = digest.parse().unwrap();
            copy(images, source, &digest, &repository);
            for tag in tags(images, source, &digest) {
                images.tag(&repository, &tag, &digest);
            }
            Reply::new(201, "")
        }
        (method, [reference, rest @ ..]) => {
            let found = images.manifests(&repository).into_iter().find(|digest| digest.as_str() == *reference);
            let Some(digest) = found else { return absent() };
            match (method, rest) {
                ("GET", []) => ok(&artifact(state, images, &repository, &digest)),
                ("DELETE", ["tags", _]) if state.immutable => refuse(412, "PRECONDITION", "configured as immutable"),
                ("DELETE", ["tags", tag]) => match images.untag(&repository, tag) {
                    true => Reply::new(200, ""),
                    false => absent(),
                },
                ("POST", ["scan"]) => {
                    if !state.deaf {
                        state.scans.insert(digest.to_string(), "Pending");
                    }
                    Reply::new(202, "")
                }
                ("GET", ["additions", "vulnerabilities"]) => match state.scans.get(digest.as_str()) {
                    Some(&"Success") => ok(&json!({
                        "application/vnd.security.vulnerability.report; version=1.1": {
                            "generated_at": "2026-01-01T00:00:00Z",
                            "artifact": {"repository": repository, "digest": digest},
                            "scanner": {"name": "Trivy", "vendor": "Aqua Security", "version": "v0.50.0"},
                            "severity": "High",
                            "vulnerabilities": [{
                                "id": "CVE-2026-1", "package": "openssl", "version": "3.0.1", "fix_version": "3.0.2",
                                "severity": "High", "description": "", "links": [],
                            }],
                        },
                    })),
                    _ => ok(&json!({})),
                },
                _ => no_route(&call.target),
            }
        }
        _ => no_route(&call.target),
    }
}

fn tags(images: &Images, repository: &str, digest: &Digest) -> Vec<String> {
    images.tags(repository).into_iter().filter(|(_, named)| named == digest).map(|(tag, _)| tag).collect()
}

/// With children and blobs, as Harbor does it.
fn copy(images: &Images, from: &str, digest: &Digest, to: &str) {
    let bytes = images.manifest_bytes(from, digest.as_str()).unwrap();
    let document: Value = serde_json::from_slice(&bytes).unwrap();
    for child in document["manifests"].as_array().into_iter().flatten() {
        copy(images, from, &child["digest"].as_str().unwrap().parse().unwrap(), to);
    }
    for blob in images.blobs(from) {
        images.put_blob(to, images.blob_bytes(from, &blob).unwrap());
    }
    images.put_manifest(to, None, bytes, images.manifest_media_type(from, digest.as_str()).unwrap().as_str());
}

fn artifact(state: &State, images: &Images, repository: &str, digest: &Digest) -> Value {
    let tags: Vec<Value> = tags(images, repository, digest).iter().map(|tag| json!({"name": tag})).collect();
    let overview = state.scans.get(digest.as_str()).map(|status| {
        let kind = "application/vnd.security.vulnerability.report; version=1.1";
        json!({kind: {"report_id": "r1", "scan_status": status, "end_time": "2026-01-01T00:00:00Z"}})
    });
    let accessories = state.accessories.get(digest.as_str()).map(|all| {
        json!(all.iter().map(|digest| json!({"digest": digest, "type": "signature.cosign"})).collect::<Vec<_>>())
    });
    json!({
        "digest": digest, "type": "IMAGE", "size": 1, "tags": (!tags.is_empty()).then_some(tags),
        "accessories": accessories, "scan_overview": overview,
    })
}
