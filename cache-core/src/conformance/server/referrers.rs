//! The referrers API: `/v2/<name>/referrers/<digest>`.

use http::{Method, StatusCode};
use serde_json::{Value, json};

use super::call::{Call, Handled};
use super::lists::{linked, next};
use super::manifest::OCI_INDEX;
use super::query;
use super::refusal::{Code, Refusal};
use super::reply::{FILTERS, Reply};
use super::store::Stored;
use crate::model::Digest;

pub(super) fn list(call: &Call, name: &str, subject: &Digest) -> Handled {
    if !call.options.referrers {
        return Err(Refusal::new(Code::Unsupported, "no referrers API here").status(StatusCode::NOT_FOUND).into());
    }
    if call.method() != Method::GET && !call.is_head() {
        return Err(call.no_such_method("GET"));
    }
    let wanted = call.query.get("artifactType").filter(|kind| !kind.is_empty());
    let after = call.query.get("last").unwrap_or_default();
    let store = call.store();
    // A subject need not be here, nor anything else: the answer is then an empty list, never 404.
    let referrers: Vec<(&Digest, &Stored)> = store
        .find(name)
        .into_iter()
        .flat_map(|repository| &repository.manifests)
        .filter(|(_, manifest)| manifest.facts.subject.as_ref() == Some(subject))
        .filter(|(_, manifest)| wanted.is_none_or(|kind| manifest.facts.artifact_type.as_deref() == Some(kind)))
        .filter(|(digest, _)| digest.as_str() > after)
        .collect();
    let most = call.options.page_size.unwrap_or(usize::MAX);
    let page = &referrers[..referrers.len().min(most)];
    let link = page.last().filter(|_| page.len() < referrers.len()).map(|(last, _)| {
        let filter = wanted.map(|kind| format!("artifactType={}&", query::encode(kind))).unwrap_or_default();
        next(call, &format!("/v2/{name}/referrers/{subject}?{filter}last={}", query::encode(last.as_str())))
    });
    let manifests: Vec<Value> = page.iter().map(|(digest, manifest)| descriptor(digest, manifest)).collect();
    let index = json!({ "schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": manifests });
    let reply = linked(Reply::ok(OCI_INDEX, index.to_string()), link);
    Ok(if wanted.is_some() { reply.header(FILTERS, "artifactType") } else { reply })
}

fn descriptor(digest: &Digest, manifest: &Stored) -> Value {
    let mut descriptor =
        json!({ "mediaType": manifest.media_type, "digest": digest.as_str(), "size": manifest.bytes.len() });
    if let Some(kind) = &manifest.facts.artifact_type {
        descriptor["artifactType"] = json!(kind);
    }
    if let Some(annotations) = &manifest.facts.annotations {
        descriptor["annotations"] = annotations.clone();
    }
    descriptor
}
