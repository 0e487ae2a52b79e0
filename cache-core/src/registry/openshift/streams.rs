//! Image streams, their tags and their history; the state of the registry itself.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{OpenShift, OpenShiftRegistry};
use crate::error::{Error, Result};
use crate::http::encode;
use crate::model::{Digest, Repository, Tag};

/// An image stream with all that its tags named.
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize)]
pub struct StreamHistory {
    /// The tags.
    #[serde(default)]
    pub tags: Vec<StreamTag>,
}

/// A tag of a stream.
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize)]
pub struct StreamTag {
    /// The tag.
    #[serde(rename = "tag")]
    pub name: String,
    /// What it named, the present first.
    #[serde(default, deserialize_with = "crate::model::null_is_empty")]
    pub items: Vec<StreamItem>,
    /// What went wrong with imports: the type `ImportSuccess` with the status `False`.
    #[serde(default)]
    pub conditions: Vec<StreamImport>,
}

/// An image that a tag named.
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct StreamItem {
    /// When, RFC 3339.
    #[serde(default)]
    pub created: Option<String>,
    /// Where it is pulled from.
    #[serde(default)]
    pub docker_image_reference: String,
    /// Its digest.
    pub image: Digest,
}

/// How an import went.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
pub struct StreamImport {
    /// `ImportSuccess`.
    #[serde(rename = "type")]
    pub kind: String,
    /// `True` or `False`.
    pub status: String,
    /// Why.
    #[serde(default)]
    pub message: String,
}

impl OpenShiftRegistry {
    /// The image streams of a namespace, or of all where none is said: `namespace/stream`.
    ///
    /// # Errors
    /// What the cluster says.
    pub async fn streams(&self, namespace: Option<&str>) -> Result<Vec<String>> {
        let path = match namespace {
            Some(namespace) => self.vendor.path(namespace, "imagestreams", None),
            None => format!("{}/imagestreams", super::api::IMAGES),
        };
        let items = self.vendor.list(&path, "the image streams are not listed").await?;
        let text = |item: &Value, key: &str| item.pointer(key).and_then(Value::as_str).map(str::to_owned);
        let name =
            |item: &Value| Some(format!("{}/{}", text(item, "/metadata/namespace")?, text(item, "/metadata/name")?));
        Ok(items.iter().filter_map(name).collect())
    }

    /// A stream with all that its tags named.
    ///
    /// # Errors
    /// `NotFound`; what the cluster says.
    pub async fn stream(&self, repository: &Repository) -> Result<StreamHistory> {
        self.vendor.stream(repository).await
    }

    /// The layers and manifests of a stream's images: who shares what, for those who delete.
    ///
    /// # Errors
    /// `NotFound`; what the cluster says.
    pub async fn stream_layers(&self, repository: &Repository) -> Result<Value> {
        let (namespace, stream) = self.vendor.place(repository)?;
        let path = format!("{}/layers", self.vendor.path(namespace, "imagestreams", Some(stream)));
        self.vendor.read(&path, "the layers cannot be read").await.map_err(|e| e.context("repository", repository))
    }

    /// The host by which the registry is reached from outside.
    ///
    /// # Errors
    /// `NotFound` where the registry has no such route; what the cluster says.
    pub async fn registry_route(&self) -> Result<String> {
        let path = "/apis/route.openshift.io/v1/namespaces/openshift-image-registry/routes/default-route";
        let route: Value = self.vendor.read(path, "the registry has no route").await?;
        let host = route.pointer("/spec/host").and_then(Value::as_str);
        host.map(str::to_owned).ok_or_else(|| Error::unavailable("the route of the registry has no host"))
    }

    /// How the registry itself does: the conditions of its operator (`Available`, `Progressing`, `Degraded`), each with its status.
    ///
    /// # Errors
    /// What the cluster says.
    pub async fn registry_conditions(&self) -> Result<BTreeMap<String, String>> {
        let path = format!("/apis/config.openshift.io/v1/clusteroperators/{}", encode("image-registry"));
        let operator: Value = self.vendor.read(&path, "the state of the registry cannot be read").await?;
        let conditions = operator.pointer("/status/conditions").and_then(Value::as_array);
        let conditions = conditions.ok_or_else(|| Error::unavailable("the operator of the registry says nothing"))?;
        let pair = |condition: &Value| {
            let text = |key: &str| condition.get(key).and_then(Value::as_str).map(str::to_owned);
            Some((text("type")?, text("status")?))
        };
        Ok(conditions.iter().filter_map(pair).collect())
    }
}

impl OpenShift {
    pub(super) async fn stream(&self, repository: &Repository) -> Result<StreamHistory> {
        #[derive(Deserialize)]
        struct Stream {
            #[serde(default)]
            kind: Option<String>,
            #[serde(default)]
            status: Option<StreamHistory>,
        }
        let (namespace, stream) = self.place(repository)?;
        let path = self.path(namespace, "imagestreams", Some(stream));
        let read: Result<Stream> = self.read(&path, "the image stream cannot be read").await;
        let read = read.map_err(|e| e.context("repository", repository))?;
        match (read.status, read.kind.as_deref()) {
            (Some(status), _) => Ok(status),
            (None, Some("ImageStream")) => Ok(StreamHistory { tags: Vec::new() }),
            // An answer that is none must not pass for a stream without tags.
            (None, _) => Err(Error::unavailable("the answer is no image stream").context("repository", repository)),
        }
    }
}

impl StreamHistory {
    /// A tag.
    pub fn tag(&self, tag: &Tag) -> Option<&StreamTag> {
        self.tags.iter().find(|known| known.name == tag.as_str())
    }
}

impl StreamTag {
    /// What it names now.
    pub fn now(&self) -> Option<&Digest> {
        self.items.first().map(|item| &item.image)
    }
}
