//! An ECR: its interface over the images of a real registry. Every request must be signed and as AWS describes it, and so must
//! every answer of the fake.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard};

use base64::Engine as _;
use serde_json::{Value, json};

use super::shapes::Shapes;
use crate::conformance::server::{Auth, Login, Options, Server as Images};
use crate::http::testing::{Call, Reply, Server};
use crate::model::{Digest, Timestamp};

pub(super) const ACCOUNT: &str = "123456789012";

/// What it keeps beside images, and how it misbehaves.
#[derive(Default)]
pub(super) struct State {
    pub(super) repositories: BTreeMap<String, Value>,
    pub(super) lifecycle: BTreeMap<String, String>,
    pub(super) previews: BTreeMap<String, String>,
    pub(super) access: BTreeMap<String, String>,
    pub(super) scanning: Value,
    /// The state of each image's scan, and its findings.
    pub(super) scans: BTreeMap<String, (&'static str, Vec<Value>)>,
    /// How long the login is good for, in seconds.
    pub(super) lifetime: i64,
    /// So many requests are throttled first.
    pub(super) throttled: usize,
    /// No more entries than this in a page.
    pub(super) page: usize,
    /// The operations that were called, with their bodies.
    pub(super) calls: Vec<(String, Value)>,
    pub(super) faults: Vec<String>,
}

pub(super) struct Fake {
    pub(super) images: Arc<Images>,
    pub(super) interface: Server,
    state: Arc<Mutex<State>>,
}

impl Fake {
    pub(super) async fn start() -> Fake {
        let login = Login::new("AWS", "password-1");
        let images = Images::start(Options { auth: Auth::Basic(login), ..Options::default() }).await.unwrap();
        let images = Arc::new(images);
        let scanning = json!({"scanType": "BASIC", "rules": []});
        let state = State { lifetime: 12 * 3600, page: 1000, scanning, ..State::default() };
        let state = Arc::new(Mutex::new(state));
        let shapes = Shapes::read();
        let (seen, stored) = (Arc::clone(&state), Arc::clone(&images));
        let interface = Server::start_replies(move |call| {
            let mut state = seen.lock().unwrap();
            serve(&mut state, &stored, call, shapes.as_ref())
        })
        .await;
        Fake { images, interface, state }
    }

    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }

    pub(super) fn calls(&self, operation: &str) -> Vec<Value> {
        self.state().calls.iter().filter(|(name, _)| name == operation).map(|(_, body)| body.clone()).collect()
    }

    pub(super) fn create(&self, name: &str) {
        self.images.create_repository(name);
        let repository = json!({
            "repositoryName": name, "registryId": ACCOUNT, "imageTagMutability": "MUTABLE", "createdAt": 1.7e9,
            "imageScanningConfiguration": {"scanOnPush": false}, "encryptionConfiguration": {"encryptionType": "AES256"},
        });
        self.state().repositories.insert(name.to_owned(), repository);
    }
}

impl Drop for Fake {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            assert_eq!(self.state().faults, [""; 0]);
        }
    }
}

fn serve(state: &mut State, images: &Images, call: &Call, shapes: Option<&Shapes>) -> Reply {
    let target = call.header("x-amz-target").unwrap_or_default();
    let operation = target.strip_prefix("AmazonEC2ContainerRegistry_V20150921.").unwrap_or_default().to_owned();
    let body: Value = serde_json::from_slice(&call.body).unwrap();
    let signed = call.header("authorization").unwrap_or_default();
    let scope = "AWS4-HMAC-SHA256 Credential=AKID/";
    if !signed.starts_with(scope)
        || !signed.contains("/eu-west-1/ecr/aws4_request, SignedHeaders=content-type;host;x-amz-date;x-amz-target, ")
    {
        return refuse("UnrecognizedClientException", "The security token included in the request is invalid.");
    }
    if state.throttled > 0 {
        state.throttled -= 1;
        return refuse("ThrottlingException", "Rate exceeded");
    }
    state.calls.push((operation.clone(), body.clone()));
    if let Some(shapes) = shapes {
        let faults = shapes.faults(&operation, &body);
        if !faults.is_empty() {
            state.faults.extend(faults);
            return refuse("InvalidParameterException", "not as described");
        }
    }
    match answer(state, images, &operation, &body) {
        Ok(answer) => {
            state.faults.extend(shapes.map(|shapes| shapes.faults_of_answer(&operation, &answer)).unwrap_or_default());
            Reply::new(200, answer.to_string())
        }
        Err(name) => refuse(name, "no"),
    }
}

fn refuse(name: &str, message: &str) -> Reply {
    let status = if name == "ServerException" { 500 } else { 400 };
    Reply::new(status, json!({"__type": format!("com.amazonaws.ecr#{name}"), "message": message}).to_string())
}

fn answer(state: &mut State, images: &Images, operation: &str, body: &Value) -> Result<Value, &'static str> {
    let name = body["repositoryName"].as_str().unwrap_or_default().to_owned();
    if operation == "GetAuthorizationToken" {
        let token = base64::engine::general_purpose::STANDARD.encode("AWS:password-1");
        let expires = Timestamp::now().unix() + state.lifetime;
        return Ok(json!({"authorizationData": [{"authorizationToken": token, "expiresAt": expires}]}));
    }
    match operation {
        "DescribeRepositories" => {
            let all: Vec<Value> = match body["repositoryNames"].as_array() {
                Some(names) => names
                    .iter()
                    .map(|name| {
                        state.repositories.get(name.as_str().unwrap()).cloned().ok_or("RepositoryNotFoundException")
                    })
                    .collect::<Result<_, _>>()?,
                None => state.repositories.values().cloned().collect(),
            };
            return Ok(page(state, body, "repositories", all));
        }
        "CreateRepository" => {
            if state.repositories.contains_key(&name) {
                return Err("RepositoryAlreadyExistsException");
            }
            let mut repository = body.clone();
            if repository.get("imageTagMutability").is_none() {
                repository["imageTagMutability"] = json!("MUTABLE");
            }
            images.create_repository(&name);
            state.repositories.insert(name, repository.clone());
            return Ok(json!({"repository": repository}));
        }
        "GetRegistryScanningConfiguration" => return Ok(json!({"scanningConfiguration": state.scanning})),
        "PutRegistryScanningConfiguration" => {
            state.scanning = body.clone();
            return Ok(json!({"registryScanningConfiguration": body}));
        }
        _ => {}
    }
    let Some(repository) = state.repositories.get_mut(&name) else { return Err("RepositoryNotFoundException") };
    match operation {
        "PutImageTagMutability" => {
            repository["imageTagMutability"] = body["imageTagMutability"].clone();
            if let Some(filters) = body.get("imageTagMutabilityExclusionFilters") {
                repository["imageTagMutabilityExclusionFilters"] = filters.clone();
            }
            Ok(json!({}))
        }
        "PutImageScanningConfiguration" => {
            repository["imageScanningConfiguration"] = body["imageScanningConfiguration"].clone();
            Ok(json!({}))
        }
        "GetLifecyclePolicy" => {
            let text = state.lifecycle.get(&name).ok_or("LifecyclePolicyNotFoundException")?;
            Ok(json!({"lifecyclePolicyText": text}))
        }
        "PutLifecyclePolicy" => {
            state.lifecycle.insert(name, body["lifecyclePolicyText"].as_str().unwrap().to_owned());
            Ok(json!({}))
        }
        "DeleteLifecyclePolicy" => {
            state.lifecycle.remove(&name);
            Ok(json!({}))
        }
        "StartLifecyclePolicyPreview" => {
            state.previews.insert(name, body["lifecyclePolicyText"].as_str().unwrap().to_owned());
            Ok(json!({"status": "IN_PROGRESS"}))
        }
        // Every untagged image would go.
        "GetLifecyclePolicyPreview" => {
            state.previews.get(&name).ok_or("LifecyclePolicyPreviewNotFoundException")?;
            let untagged = images.manifests(&name).into_iter().filter(|digest| tags(images, &name, digest).is_empty());
            let results = untagged
                .map(|digest| json!({"imageDigest": digest, "action": {"type": "EXPIRE"}, "appliedRulePriority": 1}));
            let mut page = page(state, body, "previewResults", results.collect());
            page["status"] = json!("COMPLETE");
            Ok(page)
        }
        "GetRepositoryPolicy" => {
            Ok(json!({"policyText": state.access.get(&name).ok_or("RepositoryPolicyNotFoundException")?}))
        }
        "SetRepositoryPolicy" => {
            state.access.insert(name, body["policyText"].as_str().unwrap().to_owned());
            Ok(json!({}))
        }
        "DeleteRepositoryPolicy" => {
            state.access.remove(&name).ok_or("RepositoryPolicyNotFoundException")?;
            Ok(json!({}))
        }
        "DescribeImages" => {
            let described = |digest: &Digest| {
                let tags = tags(images, &name, digest);
                let mut image = json!({"imageDigest": digest, "imageSizeInBytes": 7, "imagePushedAt": 1.7e9});
                if !tags.is_empty() {
                    image["imageTags"] = json!(tags);
                }
                image
            };
            let manifests = images.manifests(&name);
            let all: Vec<Value> = match body["imageIds"].as_array() {
                Some(ids) => ids
                    .iter()
                    .map(|id| {
                        manifests
                            .iter()
                            .find(|d| id["imageDigest"] == d.as_str())
                            .map(described)
                            .ok_or("ImageNotFoundException")
                    })
                    .collect::<Result<_, _>>()?,
                None => manifests.iter().map(described).collect(),
            };
            Ok(page(state, body, "imageDetails", all))
        }
        "BatchDeleteImage" => Ok(delete(images, &name, body)),
        "StartImageScan" => {
            let digest = body["imageId"]["imageDigest"].as_str().unwrap().to_owned();
            state.scans.insert(digest, ("IN_PROGRESS", Vec::new()));
            Ok(json!({"imageScanStatus": {"status": "IN_PROGRESS"}}))
        }
        "DescribeImageScanFindings" => {
            let digest = body["imageId"]["imageDigest"].as_str().unwrap();
            let (status, findings) = state.scans.get(digest).cloned().ok_or("ScanNotFoundException")?;
            let mut answer = page(state, body, "findings", findings);
            let findings = answer.as_object_mut().unwrap().remove("findings").unwrap();
            answer["imageId"] = body["imageId"].clone();
            answer["imageScanStatus"] = json!({"status": status});
            if status == "COMPLETE" {
                answer["imageScanFindings"] = json!({"findings": findings, "imageScanCompletedAt": 1.7e9});
            }
            Ok(answer)
        }
        _ => Err("UnknownOperationException"),
    }
}

fn page(state: &State, body: &Value, field: &str, all: Vec<Value>) -> Value {
    let start = body["nextToken"].as_str().map_or(0, |token| token.parse::<usize>().unwrap());
    let size = usize::try_from(body["maxResults"].as_u64().unwrap_or(100)).unwrap().min(state.page);
    let mut page = json!({field: all.iter().skip(start).take(size).collect::<Vec<_>>()});
    if start + size < all.len() {
        page["nextToken"] = json!((start + size).to_string());
    }
    page
}

fn tags(images: &Images, name: &str, digest: &Digest) -> Vec<String> {
    images.tags(name).into_iter().filter(|(_, named)| named == digest).map(|(tag, _)| tag).collect()
}

/// What an index names stays; with its last tag an image goes.
fn delete(images: &Images, name: &str, body: &Value) -> Value {
    let (mut deleted, mut failures) = (Vec::new(), Vec::new());
    for id in body["imageIds"].as_array().unwrap() {
        let mut fail = |code: &str| failures.push(json!({"imageId": id, "failureCode": code, "failureReason": "no"}));
        let by_tag = id["imageTag"].as_str();
        let found = match by_tag {
            Some(tag) => images.tags(name).into_iter().find(|(known, _)| known == tag).map(|(_, digest)| digest),
            None => images.manifests(name).into_iter().find(|digest| id["imageDigest"] == digest.as_str()),
        };
        let Some(digest) = found else {
            fail("ImageNotFound");
            continue;
        };
        let named = images.manifests(name).into_iter().any(|other| {
            let bytes = images.manifest_bytes(name, other.as_str()).unwrap();
            other != digest && String::from_utf8_lossy(&bytes).contains(digest.as_str())
        });
        let last = by_tag.is_none() || tags(images, name, &digest).len() == 1;
        if last && named {
            fail("ImageReferencedByManifestList");
            continue;
        }
        match by_tag {
            Some(tag) if !last => drop(images.untag(name, tag)),
            _ => {
                for tag in tags(images, name, &digest) {
                    images.untag(name, &tag);
                }
                images.remove_manifest(name, &digest);
            }
        }
        deleted.push(id.clone());
    }
    json!({"imageIds": deleted, "failures": failures})
}
