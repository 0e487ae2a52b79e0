//! A cluster: image streams over the images of a real registry. Requests for images are held against the cluster's own description.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard};

use serde_json::{Value, json};

use crate::conformance::server::{Auth, Login, Options, Server as Images};
use crate::http::testing::{Call, Reply, Server};
use crate::model::Digest;
use crate::registry::vendor::tests::openapi::{Description, decoded};

#[derive(Default)]
pub(super) struct Bodies {
    pub(super) last_put: Value,
    pub(super) last_import: Value,
}

/// What it keeps beside images, and how it misbehaves.
#[derive(Default)]
pub(super) struct State {
    /// The `spec` of each stream.
    specs: BTreeMap<String, Value>,
    pub(super) page: usize,
    /// An import succeeds, with a failure inside.
    pub(super) failing: bool,
    /// Each tag says that its last import failed.
    pub(super) conditions: bool,
    pub(super) bodies: Bodies,
    pub(super) faults: Vec<String>,
}

pub(super) struct Fake {
    pub(super) images: Arc<Images>,
    pub(super) interface: Server,
    state: Arc<Mutex<State>>,
}

impl Fake {
    pub(super) async fn start() -> Fake {
        let login = Auth::Basic(Login::new("cache", "sha256~token"));
        let images = Arc::new(Images::start(Options { auth: login, ..Options::default() }).await.unwrap());
        let state = Arc::new(Mutex::new(State { page: 500, ..State::default() }));
        let description = Description::read("openshift/image.openshift.io-subset.json");
        let (seen, stored) = (Arc::clone(&state), Arc::clone(&images));
        let interface = Server::start_replies(move |call| {
            let mut state = seen.lock().unwrap();
            if let Some(description) = description.as_ref().filter(|_| call.target.starts_with("/apis/image")) {
                // The description is older than `importMode`.
                let faults = description.faults(call).into_iter().filter(|fault| !fault.contains("importMode"));
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
}

impl Drop for Fake {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            assert_eq!(self.state().faults, [""; 0]);
        }
    }
}

fn refuse(status: u16, reason: &str) -> Reply {
    let body = json!({"kind": "Status", "status": "Failure", "reason": reason, "message": "no", "code": status});
    Reply::new(status, body.to_string())
}

fn ok(value: &Value) -> Reply {
    Reply::new(200, value.to_string())
}

fn answer(state: &mut State, images: &Images, call: &Call) -> Reply {
    if call.header("authorization") != Some("Bearer sha256~token") {
        return refuse(401, "Unauthorized");
    }
    let (path, query) = call.target.split_once('?').unwrap_or((&call.target, ""));
    let parts: Vec<String> =
        path.trim_start_matches('/').split('/').map(|part| decoded(&format!("x={part}")).1).collect();
    let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
    let body: Value = serde_json::from_slice(&call.body).unwrap_or_default();
    match (&call.method[..], &parts[..]) {
        ("GET", ["apis", "route.openshift.io", ..]) => ok(&json!({"spec": {"host": "registry.apps.test"}})),
        ("GET", ["apis", "config.openshift.io", ..]) => {
            ok(&json!({"status": {"conditions": [{"type": "Degraded", "status": "False"}]}}))
        }
        ("GET", ["apis", "project.openshift.io", "v1", "projects", "absent"]) => refuse(404, "NotFound"),
        ("GET", ["apis", "project.openshift.io", ..]) => ok(&json!({})),
        ("GET", ["apis", "image.openshift.io", "v1", "imagestreams"]) => list(state, images, query, ""),
        (method, ["apis", "image.openshift.io", "v1", "namespaces", namespace, kind, rest @ ..]) => {
            namespaced(state, images, method, namespace, kind, rest, query, &body)
        }
        _ => refuse(404, "NotFound"),
    }
}

fn list(state: &State, images: &Images, query: &str, prefix: &str) -> Reply {
    let next = query.split('&').map(decoded).find(|(key, _)| key == "continue").map(|(_, value)| value);
    let start: usize = next.map_or(0, |text| text.parse().unwrap());
    let all: Vec<String> = images.repositories().into_iter().filter(|name| name.starts_with(prefix)).collect();
    let item = |name: &String| {
        let (namespace, stream) = name.split_once('/').unwrap();
        json!({"metadata": {"name": stream, "namespace": namespace}})
    };
    let items: Vec<Value> = all.iter().skip(start).take(state.page).map(item).collect();
    let next = if start + state.page < all.len() { (start + state.page).to_string() } else { String::new() };
    ok(&json!({"items": items, "metadata": {"continue": next}}))
}

#[allow(clippy::too_many_arguments)]
fn namespaced(
    state: &mut State,
    images: &Images,
    method: &str,
    namespace: &str,
    kind: &str,
    rest: &[&str],
    query: &str,
    body: &Value,
) -> Reply {
    match (method, kind, rest) {
        ("GET", "imagestreams", []) => list(state, images, query, &format!("{namespace}/")),
        ("GET", "imagestreams", [stream, "layers"])
            if images.repositories().contains(&format!("{namespace}/{stream}")) =>
        {
            ok(&json!({"blobs": {}, "images": {}}))
        }
        ("GET", "imagestreams", [stream]) => {
            let name = format!("{namespace}/{stream}");
            if !images.repositories().contains(&name) {
                return refuse(404, "NotFound");
            }
            let conditions = match state.conditions {
                true => json!([{"type": "ImportSuccess", "status": "False", "message": "the source refuses"}]),
                false => json!([]),
            };
            let tag = |(tag, digest): (String, Digest)| json!({"tag": tag, "items": [{"image": digest, "dockerImageReference": "r"}], "conditions": conditions});
            let tags: Vec<Value> = images.tags(&name).into_iter().map(tag).collect();
            let spec = state.specs.get(&name).cloned().unwrap_or(json!({}));
            ok(&json!({"metadata": {"name": stream}, "spec": spec, "status": {"tags": tags}}))
        }
        ("POST", "imagestreams", []) => {
            let name = format!("{namespace}/{}", body["metadata"]["name"].as_str().unwrap());
            images.create_repository(&name);
            state.specs.insert(name, body["spec"].clone());
            Reply::new(201, "{}")
        }
        ("PUT", "imagestreamtags", [full]) => {
            let (stream, tag) = full.split_once(':').unwrap();
            state.bodies.last_put = body.clone();
            let from = &body["tag"]["from"];
            let source = from["namespace"].as_str().unwrap();
            let (source, reference) = match from["name"].as_str().unwrap() {
                name if name.contains('@') => name.split_once('@').map(|(s, d)| (format!("{source}/{s}"), d)).unwrap(),
                name => name.split_once(':').map(|(s, t)| (format!("{source}/{s}"), t)).unwrap(),
            };
            set(state, images, &source, reference, &format!("{namespace}/{stream}"), tag, from.clone(), false);
            ok(&json!({}))
        }
        ("DELETE", "imagestreamtags", [full]) => {
            let (stream, tag) = full.split_once(':').unwrap();
            match images.untag(&format!("{namespace}/{stream}"), tag) {
                true => ok(&json!({})),
                false => refuse(404, "NotFound"),
            }
        }
        ("POST", "imagestreamimports", []) => {
            state.bodies.last_import = body.clone();
            if state.failing {
                let status = json!({"status": "Failure", "reason": "Unauthorized", "message": "the source refuses"});
                return Reply::new(201, json!({"status": {"images": [{"status": status}]}}).to_string());
            }
            let image = &body["spec"]["images"][0];
            let name = image["from"]["name"].as_str().unwrap().split_once('/').unwrap().1;
            let (source, digest) = name.split_once('@').unwrap();
            let stream = format!("{namespace}/{}", body["metadata"]["name"].as_str().unwrap());
            let scheduled = image["importPolicy"]["scheduled"] == true;
            let tag = image["to"]["name"].as_str().unwrap();
            set(state, images, source, digest, &stream, tag, image["from"].clone(), scheduled);
            let status = json!({"status": "Success"});
            Reply::new(201, json!({"status": {"images": [{"status": status, "tag": tag}]}}).to_string())
        }
        _ => refuse(404, "NotFound"),
    }
}

#[allow(clippy::too_many_arguments)]
fn set(
    state: &mut State,
    images: &Images,
    source: &str,
    reference: &str,
    to: &str,
    tag: &str,
    from: Value,
    scheduled: bool,
) {
    let bytes = images.manifest_bytes(source, reference).unwrap();
    let kind = images.manifest_media_type(source, reference).unwrap();
    images.put_manifest(to, Some(tag), bytes, &kind);
    let spec = state.specs.entry(to.to_owned()).or_insert_with(|| json!({}));
    let entry = json!({"name": tag, "from": from, "importPolicy": {"scheduled": scheduled}});
    let tags = spec["tags"].as_array().cloned().unwrap_or_default();
    let mut tags: Vec<Value> = tags.into_iter().filter(|known| known["name"] != tag).collect();
    tags.push(entry);
    spec["tags"] = json!(tags);
}
