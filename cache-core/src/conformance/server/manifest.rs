//! What a manifest says, and whether it may say so.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value, json};

use super::refusal::{Code, Refusal};
use super::store::Repository;
use crate::model::Digest;

pub(super) const OCI_INDEX: &str = "application/vnd.oci.image.index.v1+json";
pub(super) const OCI_MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
pub(super) const DOCKER_LIST: &str = "application/vnd.docker.distribution.manifest.list.v2+json";
pub(super) const DOCKER_MANIFEST: &str = "application/vnd.docker.distribution.manifest.v2+json";

/// What the registry itself needs to know of a manifest.
#[derive(Debug, Clone, Default)]
pub(super) struct Facts {
    pub(super) subject: Option<Digest>,
    /// As a referrers list shows it.
    pub(super) artifact_type: Option<String>,
    pub(super) annotations: Option<Value>,
    /// The manifests that an index names.
    pub(super) children: Vec<Digest>,
}

impl Facts {
    /// The facts of a document that need not be valid: tests may seed anything.
    pub(super) fn of(document: &Value) -> Self {
        let digest = |descriptor: &Value| descriptor["digest"].as_str().and_then(|text| Digest::parse(text).ok());
        let given = |value: &Value| value.as_str().filter(|text| !text.is_empty()).map(str::to_owned);
        Facts {
            subject: digest(&document["subject"]),
            artifact_type: given(&document["artifactType"]).or_else(|| given(&document["config"]["mediaType"])),
            annotations: document.get("annotations").filter(|annotations| annotations.is_object()).cloned(),
            children: document["manifests"].as_array().into_iter().flatten().filter_map(digest).collect(),
        }
    }
}

/// A pushed manifest that is well formed.
pub(super) struct Document {
    pub(super) media_type: String,
    pub(super) value: Value,
}

impl Document {
    /// Reads a pushed manifest.
    pub(super) fn parse(bytes: &[u8], content_type: Option<&str>) -> Result<Self, Refusal> {
        let invalid = |message: &str| Refusal::new(Code::ManifestInvalid, message);
        let value: Value =
            serde_json::from_slice(bytes).map_err(|error| invalid(&format!("the manifest is no JSON: {error}")))?;
        let Some(document) = value.as_object() else { return Err(invalid("the manifest is no JSON object")) };
        if document.get("schemaVersion").and_then(Value::as_u64) != Some(2) {
            return Err(invalid("schemaVersion is not 2"));
        }
        // Parameters of the header are to be ignored.
        let header = content_type.and_then(|header| header.split(';').next()).map(str::trim);
        let field = match document.get("mediaType") {
            None => None,
            Some(field) => Some(field.as_str().ok_or_else(|| invalid("mediaType is no string"))?),
        };
        let media_type = match (header, field) {
            (Some(header), Some(field)) if header != field => {
                return Err(invalid("Content-Type and mediaType disagree"));
            }
            (Some(media_type), _) | (None, Some(media_type)) => media_type,
            (None, None) => return Err(invalid("neither Content-Type nor mediaType says what this is")),
        };
        check_fields(document, media_type)?;
        Ok(Document { media_type: media_type.to_owned(), value })
    }

    /// Refuses a manifest with one error for each blob or manifest that it names and the repository lacks.
    pub(super) fn check_contents(&self, repository: &Repository) -> Result<(), Refusal> {
        let blobs = descriptors(&self.value, &["config", "layers"])
            .filter(|blob| !is_foreign(blob))
            .filter(|blob| lacks(blob, |digest| repository.blobs.get(digest).map(bytes::Bytes::len)));
        let children = descriptors(&self.value, &["manifests"]).filter(|child| {
            lacks(child, |digest| {
                let manifest = repository.manifests.get(digest).map(|manifest| manifest.bytes.len());
                manifest.or_else(|| repository.blobs.get(digest).filter(|_| !is_manifest(child)).map(bytes::Bytes::len))
            })
        });
        let missing = blobs.chain(children).map(|descriptor| json!({ "digest": descriptor["digest"] }));
        let message = "a descriptor names what is not in this repository, or not of that size";
        Refusal::for_each(Code::ManifestBlobUnknown, message, missing).map_or(Ok(()), Err)
    }
}

fn check_fields(document: &Map<String, Value>, media_type: &str) -> Result<(), Refusal> {
    let invalid = |message: String| Refusal::new(Code::ManifestInvalid, message);
    let (required, list, foreign) = match media_type {
        OCI_MANIFEST | DOCKER_MANIFEST => (Some("config"), "layers", "manifests"),
        OCI_INDEX | DOCKER_LIST => (None, "manifests", "layers"),
        other => return Err(invalid(format!("{other} is no type of manifest that is taken here"))),
    };
    if document.contains_key(foreign) {
        return Err(invalid(format!("{media_type} has no {foreign}")));
    }
    if let Some(field) = required {
        let config = document.get(field).ok_or_else(|| invalid(format!("{field} is missing")))?;
        check_descriptor(field, config)?;
    }
    let entries = document.get(list).and_then(Value::as_array).ok_or_else(|| invalid(format!("{list} is no list")))?;
    entries.iter().try_for_each(|entry| check_descriptor(list, entry))?;
    if let Some(subject) = document.get("subject").filter(|subject| !subject.is_null()) {
        check_descriptor("subject", subject)?;
    }
    let strings = |value: &Value| value.as_object().is_some_and(|map| map.values().all(Value::is_string));
    match document.get("annotations") {
        Some(annotations) if !annotations.is_null() && !strings(annotations) => {
            Err(invalid("annotations is no map of strings".to_owned()))
        }
        _ => Ok(()),
    }
}

fn check_descriptor(field: &str, descriptor: &Value) -> Result<(), Refusal> {
    let invalid = |what: &str| Refusal::new(Code::ManifestInvalid, format!("{field}: {what}"));
    if descriptor["mediaType"].as_str().is_none_or(|kind| !kind.contains('/')) {
        return Err(invalid("a descriptor without mediaType"));
    }
    let size = descriptor["size"].as_u64().ok_or_else(|| invalid("a descriptor without size"))?;
    let digest = descriptor["digest"].as_str().ok_or_else(|| invalid("a descriptor without digest"))?;
    let digest = Digest::parse(digest).map_err(|error| invalid(error.message()))?;
    let Some(data) = descriptor.get("data") else { return Ok(()) };
    let data = data.as_str().and_then(|data| STANDARD.decode(data).ok()).ok_or_else(|| invalid("data is no base64"))?;
    if data.len() as u64 != size || digest.same_algorithm_of(&data) != digest {
        return Err(invalid("data is not what digest and size say"));
    }
    Ok(())
}

/// The descriptors under these fields, each of which is a descriptor or a list of them.
fn descriptors<'a>(document: &'a Value, fields: &'a [&str]) -> impl Iterator<Item = &'a Value> {
    fields.iter().filter_map(|field| document.get(field)).flat_map(|value| match value.as_array() {
        Some(list) => list.as_slice(),
        None => std::slice::from_ref(value),
    })
}

fn lacks(descriptor: &Value, size_of: impl Fn(&Digest) -> Option<usize>) -> bool {
    let digest = descriptor["digest"].as_str().and_then(|text| Digest::parse(text).ok());
    let here = digest.and_then(|digest| size_of(&digest)).map(|size| size as u64);
    here.is_none() || here != descriptor["size"].as_u64()
}

/// Layers that are never pushed: their bytes are elsewhere.
fn is_foreign(descriptor: &Value) -> bool {
    let kind = descriptor["mediaType"].as_str().unwrap_or_default();
    kind.contains(".nondistributable.") || kind.contains(".foreign.")
}

fn is_manifest(descriptor: &Value) -> bool {
    let kind = descriptor["mediaType"].as_str();
    kind.is_some_and(|kind| matches!(kind, OCI_MANIFEST | OCI_INDEX | DOCKER_MANIFEST | DOCKER_LIST))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(document: &Value, content_type: Option<&str>) -> Result<Document, String> {
        Document::parse(document.to_string().as_bytes(), content_type).map_err(|refusal| refusal.body())
    }

    #[test]
    fn types_must_agree_and_be_known() {
        let index = json!({ "schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": [] });
        assert!(parse(&index, Some("application/vnd.oci.image.index.v1+json; charset=utf-8")).is_ok());
        assert!(parse(&index, None).is_ok());
        assert!(parse(&index, Some(OCI_MANIFEST)).is_err());
        assert!(parse(&json!({ "schemaVersion": 2, "manifests": [] }), None).is_err());
        assert!(parse(&json!({ "schemaVersion": 2, "manifests": [] }), Some("text/plain")).is_err());
        assert!(parse(&json!({ "schemaVersion": 1, "manifests": [] }), Some(OCI_INDEX)).is_err());
        assert!(parse(&json!([]), Some(OCI_INDEX)).is_err());
    }

    #[test]
    fn descriptors_must_be_whole_and_their_data_true() {
        let digest = Digest::of(b"{}");
        let good = json!({ "mediaType": "a/b", "digest": digest.as_str(), "size": 2, "data": "e30=" });
        let with = |config: &Value| json!({ "schemaVersion": 2, "config": config, "layers": [] });
        assert!(parse(&with(&good), Some(OCI_MANIFEST)).is_ok());
        for (field, value) in [
            ("mediaType", json!("")),
            ("digest", json!("sha256:1")),
            ("size", json!(-1)),
            ("size", json!(3)),
            ("data", json!("e31=")),
            ("data", json!("?")),
        ] {
            let mut bad = good.clone();
            bad[field] = value;
            assert!(parse(&with(&bad), Some(OCI_MANIFEST)).is_err(), "{field}");
        }
    }

    #[test]
    fn an_image_without_artifact_type_is_known_by_its_config() {
        let image = json!({ "config": { "mediaType": "x/config" }, "artifactType": "" });
        assert_eq!(Facts::of(&image).artifact_type.as_deref(), Some("x/config"));
        assert_eq!(Facts::of(&json!({ "manifests": [] })).artifact_type, None);
    }
}
