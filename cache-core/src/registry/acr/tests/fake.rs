//! An Azure Container Registry: its interface, its tokens, Azure's directory and management, over the images of a real registry,
//! which it passes requests on to. Requests to the registry are held against its own description.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard};

use serde_json::{Value, json};

use crate::conformance::server::{Options, Server as Images};
use crate::http::testing::{Call, Reply, Server};
use crate::model::Digest;
use crate::registry::vendor::tests::openapi::{Description, decoded};
use crate::registry::vendor::tests::seed_image;

pub(super) const ID: &str = "/subscriptions/s/resourceGroups/g/providers/Microsoft.ContainerRegistry/registries/own";

/// What it keeps beside images, and how it misbehaves.
pub(super) struct State {
    /// What is locked: by tag or digest, `(delete, write)`.
    pub(super) locks: BTreeMap<String, (bool, bool)>,
    pub(super) settings: Value,
    /// Webhooks and tasks, as they were put, by the end of their address.
    pub(super) automations: BTreeMap<String, Value>,
    /// How a build ends.
    pub(super) build_ends: &'static str,
    /// A build that ended well named another image by the tag meanwhile.
    pub(super) stolen_tag: bool,
    pub(super) findings: Vec<Value>,
    /// An import says that all went well, and nothing is there.
    pub(super) idle_import: bool,
    /// An import ends with a failure in a good answer.
    pub(super) failing_import: bool,
    /// How long to wait before asking for the end of an import, as the header says it.
    pub(super) pause: &'static str,
    /// How many entries are in a page.
    pub(super) page: usize,
    pub(super) polls: usize,
    pub(super) calls: Vec<String>,
    pub(super) bodies: Vec<String>,
    pub(super) faults: Vec<String>,
}

pub(super) struct Fake {
    /// The registry with its interface; requests of the protocol are answered by a real one.
    pub(super) registry: Server,
    pub(super) images: Arc<Images>,
    state: Arc<Mutex<State>>,
}

impl Fake {
    pub(super) async fn start() -> Fake {
        let images = Arc::new(Images::start(Options::default()).await.unwrap());
        let state = Arc::new(Mutex::new(State {
            locks: BTreeMap::new(),
            settings: json!({
                "loginServer": "own.azurecr.io", "adminUserEnabled": false,
                "policies": {"retentionPolicy": {"days": 7, "status": "disabled", "lastUpdatedTime": "2026-01-01"}},
            }),
            automations: BTreeMap::new(),
            build_ends: "Succeeded",
            stolen_tag: false,
            findings: Vec::new(),
            idle_import: false,
            failing_import: false,
            pause: "0",
            page: 1000,
            polls: 0,
            calls: Vec::new(),
            bodies: Vec::new(),
            faults: Vec::new(),
        }));
        let description = Description::read("acr/acr-cli-swagger.yaml");
        let (seen, stored) = (Arc::clone(&state), Arc::clone(&images));
        let registry = Server::start_replies(move |call| {
            let mut state = seen.lock().unwrap();
            state.calls.push(format!("{} {}", call.method, call.target));
            state.bodies.push(String::from_utf8_lossy(&call.body).into_owned());
            let described = call.target.starts_with("/acr/") || call.target.starts_with("/oauth2/");
            if let Some(description) = description.as_ref().filter(|_| described) {
                state.faults.extend(description.faults(call));
            }
            answer(&mut state, &stored, call)
        })
        .await;
        Fake { registry, images, state }
    }

    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }

    pub(super) fn count(&self, part: &str) -> usize {
        self.state().calls.iter().filter(|call| call.contains(part)).count()
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

fn form(call: &Call) -> BTreeMap<String, String> {
    String::from_utf8_lossy(&call.body).split('&').map(decoded).collect()
}

fn answer(state: &mut State, images: &Images, call: &Call) -> Reply {
    let (path, query) = call.target.split_once('?').unwrap_or((&call.target, ""));
    let parts: Vec<&str> = path.trim_start_matches('/').split('/').collect();
    let body: Value = serde_json::from_slice(&call.body).unwrap_or_default();
    match (&call.method[..], &parts[..]) {
        ("POST", ["tenant", "oauth2", "v2.0", "token"]) => {
            let form = form(call);
            let proved = form.get("client_secret").is_some_and(|secret| secret == "s&cret")
                || form.get("client_assertion").is_some_and(|assertion| assertion == "assertion");
            if !proved {
                return Reply::new(401, r#"{"error": "invalid_client"}"#);
            }
            // A directory token may be longer than a header.
            ok(&json!({"access_token": format!("directory{}", "x".repeat(7000)), "expires_in": 3600}))
        }
        ("POST", ["oauth2", "exchange"]) => match form(call).get("access_token") {
            Some(token) if token.starts_with("directory") => ok(&json!({"refresh_token": "refresh"})),
            _ => refuse(401, "UNAUTHORIZED", "no"),
        },
        ("POST", ["oauth2", "token"]) => match form(call) {
            form if form.get("refresh_token").is_some_and(|token| token == "refresh") => {
                ok(&json!({"access_token": format!("access:{}", form["scope"])}))
            }
            _ => refuse(401, "UNAUTHORIZED", "no"),
        },
        (_, ["v2", ..]) if call.header("authorization").is_some_and(|text| text.starts_with("Bearer access:")) => {
            Reply::of(images.host())
        }
        (_, ["v2", ..]) => challenge(call, ""),
        (_, ["acr", "v1", ..]) => {
            let allowed = call.header("authorization").and_then(|text| text.strip_prefix("Bearer access:"));
            let Some(scope) = allowed else { return challenge(call, "registry:catalog:*") };
            data(state, images, call, &parts[2..], query, scope, &body)
        }
        ("POST", ["providers", "Microsoft.ResourceGraph", "resources"]) => {
            ok(&json!({"totalRecords": state.findings.len(), "data": state.findings}))
        }
        ("GET", ["operation"]) => {
            state.polls += 1;
            match (state.polls, state.failing_import) {
                (1, _) => Reply::new(202, "").header("location", "/operation?n=2").header("retry-after", state.pause),
                (_, true) => ok(&json!({"status": "Failed", "error": {"message": "the source is gone"}})),
                _ => Reply::new(200, ""),
            }
        }
        // A storage that wants no token and knows the signature in the query.
        (_, ["storage", _]) if call.header("authorization").is_some() => {
            Reply::new(400, "<Error>AuthenticationFailed</Error>")
        }
        ("PUT", ["storage", "source"])
            if query == "sig=s%2Fig" && call.header("x-ms-blob-type") == Some("BlockBlob") =>
        {
            Reply::new(201, "")
        }
        ("GET", ["storage", "log"]) if query == "sig=s%2Fig" => Reply::new(200, "Step 1/2 : FROM scratch\n"),
        _ if !path.starts_with(ID) => refuse(404, "NOT_FOUND", "no such address"),
        _ if !call.header("authorization").is_some_and(|text| text.starts_with("Bearer directory")) => {
            Reply::new(401, r#"{"error": {"code": "AuthenticationFailed", "message": "no"}}"#)
        }
        _ => match build(state, images, call, &path[ID.len()..], &body) {
            Some(reply) => reply,
            None => manage(state, images, call, &path[ID.len()..], &body),
        },
    }
}

fn challenge(call: &Call, scope: &str) -> Reply {
    let host = call.header("host").unwrap();
    let header = format!("Bearer realm=\"http://{host}/oauth2/token\",service=\"{host}\",scope=\"{scope}\"");
    refuse(401, "UNAUTHORIZED", "authentication required").header("www-authenticate", header)
}

fn tags(images: &Images, name: &str, digest: &Digest) -> Vec<String> {
    images.tags(name).into_iter().filter(|(_, named)| named == digest).map(|(tag, _)| tag).collect()
}

fn data(
    state: &mut State,
    images: &Images,
    call: &Call,
    parts: &[&str],
    query: &str,
    scope: &str,
    body: &Value,
) -> Reply {
    let page = |all: Vec<(String, Value)>, field: &str| {
        let last = query.split('&').map(decoded).find(|(key, _)| key == "last").map(|(_, value)| value);
        let after = all.iter().filter(|(name, _)| last.as_ref().is_none_or(|last| name > last));
        let entries: Vec<&Value> = after.clone().take(state.page).map(|(_, value)| value).collect();
        let reply = ok(&json!({field: entries}));
        match after.count() > state.page {
            true => reply.header("link", "</acr/v1/next>; rel=\"next\""),
            false => reply,
        }
    };
    if let ["_catalog"] = parts {
        let all = images.repositories().into_iter().map(|name| (name.clone(), json!(name))).collect();
        return page(all, "repositories");
    }
    let name = String::from_utf8(crate::http::decode(parts[0])).unwrap();
    let needed = match &call.method[..] {
        "GET" => "metadata_read",
        "DELETE" => "delete",
        _ => "metadata_write",
    };
    if !scope.split(' ').any(|scope| scope.starts_with(&format!("repository:{name}:")) && scope.contains(needed)) {
        return challenge(call, &format!("repository:{name}:{needed}"));
    }
    let locks = |key: &str| {
        let (delete, write) = state.locks.get(key).copied().unwrap_or_default();
        json!({"deleteEnabled": !delete, "writeEnabled": !write, "listEnabled": true, "readEnabled": true})
    };
    let manifest = |digest: &Digest| {
        json!({
            "digest": digest, "imageSize": 5, "createdTime": "2026-01-01T00:00:00.1234567Z",
            "tags": tags(images, &name, digest), "changeableAttributes": locks(digest.as_str()),
        })
    };
    let absent = || refuse(404, "MANIFEST_UNKNOWN", "manifest is not found");
    match (&call.method[..], &parts[1..]) {
        ("GET", []) => ok(&json!({"imageName": name, "changeableAttributes": locks(&name)})),
        ("PATCH", rest) => {
            let key = rest.last().map_or(name.clone(), |key| (*key).to_owned());
            let set = |field: &str| !body[field].as_bool().unwrap();
            state.locks.insert(key, (set("deleteEnabled"), set("writeEnabled")));
            ok(&json!({}))
        }
        ("GET", ["_tags"]) => {
            let tag = |(tag, digest): (String, Digest)| (tag.clone(), json!({"name": tag, "digest": digest}));
            page(images.tags(&name).into_iter().map(tag).collect(), "tags")
        }
        ("GET", ["_tags", tag]) => match images.tags(&name).into_iter().find(|(known, _)| known == tag) {
            Some((_, digest)) => {
                ok(&json!({"tag": {"name": tag, "digest": digest, "changeableAttributes": locks(tag)}}))
            }
            None => absent(),
        },
        ("DELETE", ["_tags", tag]) if state.locks.get(*tag).is_some_and(|(delete, _)| *delete) => {
            refuse(405, "UNSUPPORTED", "the tag is locked")
        }
        ("DELETE", ["_tags", tag]) => match images.untag(&name, tag) {
            true => Reply::new(202, ""),
            false => absent(),
        },
        ("GET", ["_manifests"]) => {
            let all = images.manifests(&name).into_iter().map(|d| (d.to_string(), manifest(&d))).collect();
            page(all, "manifests")
        }
        ("GET", ["_manifests", digest]) => {
            match images.manifests(&name).into_iter().find(|known| known.as_str() == *digest) {
                Some(digest) => ok(&json!({"manifest": manifest(&digest)})),
                None => absent(),
            }
        }
        _ => refuse(404, "NOT_FOUND", "no such address"),
    }
}

fn manage(state: &mut State, images: &Images, call: &Call, below: &str, body: &Value) -> Reply {
    match (&call.method[..], below) {
        ("GET", "") => ok(&json!({"location": "westeurope", "properties": state.settings})),
        (method, below) if below.starts_with("/webhooks/") || below.starts_with("/tasks/") => {
            automate(state, method, below, body)
        }
        ("PATCH", "") => {
            for (name, value) in body["properties"].as_object().unwrap() {
                match (state.settings.get_mut(name), value) {
                    (Some(Value::Object(old)), Value::Object(new)) => old.extend(new.clone()),
                    _ => state.settings[name] = value.clone(),
                }
            }
            ok(&json!({}))
        }
        ("POST", "/listCredentials") if state.settings["adminUserEnabled"] == true => {
            ok(&json!({"username": "own", "passwords": [{"name": "password", "value": "admin-secret"}]}))
        }
        ("POST", "/listCredentials") => Reply::new(400, r#"{"error": {"code": "AdminUserDisabled", "message": "no"}}"#),
        ("POST", "/importImage") => {
            let source = body["source"]["sourceImage"].as_str().unwrap();
            let (from, digest) = source.split_once('@').unwrap();
            if !state.idle_import && !state.failing_import {
                let bytes = images.manifest_bytes(from, digest).unwrap();
                let kind = images.manifest_media_type(from, digest).unwrap();
                for target in body["targetTags"].as_array().unwrap() {
                    let (to, tag) = target.as_str().unwrap().split_once(':').unwrap();
                    images.put_manifest(to, Some(tag), bytes.clone(), &kind);
                }
                for to in body["untaggedTargetRepositories"].as_array().unwrap() {
                    images.put_manifest(to.as_str().unwrap(), None, bytes.clone(), &kind);
                }
            }
            state.polls = 0;
            Reply::new(202, "").header("location", "/operation").header("retry-after", state.pause)
        }
        _ => refuse(404, "NOT_FOUND", "no such address"),
    }
}

/// Webhooks and tasks. The address of a webhook is told by a call of its own, as Azure does it.
fn automate(state: &mut State, method: &str, below: &str, body: &Value) -> Reply {
    let absent = || Reply::new(404, r#"{"error": {"code": "ResourceNotFound", "message": "no such thing"}}"#);
    match method {
        "POST" => match below.strip_suffix("/getCallbackConfig").and_then(|place| state.automations.get(place)) {
            Some(found) => {
                let of = |field: &str| found["properties"][field].clone();
                ok(&json!({"serviceUri": of("serviceUri"), "customHeaders": of("customHeaders")}))
            }
            None => absent(),
        },
        "PUT" if body["location"] == "westeurope" => {
            state.automations.insert(below.to_owned(), body.clone());
            Reply::new(201, body.to_string())
        }
        "GET" => match state.automations.get(below).cloned() {
            Some(mut found) => {
                let properties = found["properties"].as_object_mut().unwrap();
                properties.remove("serviceUri");
                properties.remove("customHeaders");
                properties.insert("provisioningState".into(), json!("Succeeded"));
                ok(&found)
            }
            None => absent(),
        },
        "DELETE" => state.automations.remove(below).map_or_else(absent, |_| Reply::new(200, "")),
        _ => Reply::new(400, r#"{"error": {"code": "LocationRequired", "message": "no"}}"#),
    }
}

/// Builds: a place for the source, a run that is queued first, and its log.
fn build(state: &mut State, images: &Images, call: &Call, below: &str, body: &Value) -> Option<Reply> {
    let storage = |what: &str| format!("http://{}/storage/{what}?sig=s%2Fig", call.header("host").unwrap());
    let run = |status: &str, more: Value| {
        let mut properties = json!({"runId": "ca1", "status": status, "outputImages": null});
        properties.as_object_mut().unwrap().extend(more.as_object().cloned().unwrap_or_default());
        ok(&json!({"name": "ca1", "properties": properties}))
    };
    Some(match (&call.method[..], below) {
        ("POST", "/listBuildSourceUploadUrl") => {
            ok(&json!({"uploadUrl": storage("source"), "relativePath": "source/1.tar.gz"}))
        }
        ("POST", "/scheduleRun") if body["sourceLocation"] == "source/1.tar.gz" => {
            state.polls = 0;
            run("Queued", json!({}))
        }
        ("GET", "/runs/ca1") => {
            state.polls += 1;
            let asked = state.bodies.iter().rfind(|body| body.contains("DockerBuildRequest")).unwrap();
            let asked: Value = serde_json::from_str(asked).unwrap();
            let (repository, tag) = asked["imageNames"][0].as_str().unwrap().split_once(':').unwrap();
            match (state.polls, state.build_ends) {
                (1, _) => run("Running", json!({})),
                (_, "Succeeded") => {
                    let built = seed_image(images, repository, Some(tag), "built");
                    if state.stolen_tag {
                        seed_image(images, repository, Some(tag), "another");
                    }
                    let output =
                        json!({"registry": "own.azurecr.io", "repository": repository, "tag": tag, "digest": built});
                    run("Succeeded", json!({"outputImages": [output]}))
                }
                (_, other) => run(other, json!({"runErrorMessage": "step 2 failed"})),
            }
        }
        ("POST", "/runs/ca1/listLogSasUrl") => ok(&json!({"logLink": storage("log")})),
        _ => return None,
    })
}
