//! What can be changed at OpenShift.
//!
//! - `CreateRepository`: an image stream; settings are its `spec`, such as `{"lookupPolicy": {"local": true}}`.
//! - `Import`: a tag of a stream. An image of the same registry, from any namespace, is tagged where it is; one from elsewhere is
//!   fetched with all its platforms. With `follow` the tag goes on to follow the other one.

use async_trait::async_trait;
use http::Method;
use serde_json::{Value, json};

use super::{OpenShift, OpenShiftRegistry};
use crate::approve::Permit;
use crate::error::{Absent, Error, ErrorKind, Result};
use crate::model::{Pinned, Reference, Repository, Tag};
use crate::plan::{Action, Administer};
use crate::registry::vendor::{json as read, pruned, unsupported};
use crate::registry::{Administration, Issued, Standing};

#[async_trait]
impl Administration for OpenShiftRegistry {
    async fn standing(&self, action: &Action) -> Result<Standing> {
        match action {
            Action::CreateRepository { repository, settings } => {
                self.vendor.stream_standing(repository, settings).await
            }
            Action::Import { from, to, follow } => self.vendor.tag_standing(from, to, follow.as_ref()).await,
            other => Err(unsupported("OpenShift", other)),
        }
    }

    async fn administer(&self, op: Permit<'_, Administer>) -> Result<Option<Issued>> {
        let done = match &op.action {
            Action::CreateRepository { repository, settings } => self.vendor.create_stream(repository, settings).await,
            Action::Import { from, to, follow } if from.repository.host() == self.vendor.0.host => {
                self.vendor.tag(from, to, follow.as_ref()).await
            }
            Action::Import { from, to, follow } => self.vendor.import(from, to, follow.as_ref()).await,
            other => Err(unsupported("OpenShift", other)),
        };
        done.map(|()| None)
    }
}

impl OpenShift {
    async fn stream_standing(&self, repository: &Repository, settings: &Value) -> Result<Standing> {
        let (namespace, stream) = self.place(repository)?;
        let path = self.path(namespace, "imagestreams", Some(stream));
        let found: Option<Value> = self.read(&path, "the image stream cannot be read").await.absent_is_none()?;
        let Some(found) = found else { return Ok(Standing::default()) };
        let spec = pruned(found.get("spec").unwrap_or(&Value::Null));
        let differs = |(key, wanted): (&String, &Value)| pruned(wanted) != *spec.get(key).unwrap_or(&Value::Null);
        let wanted = pruned(settings);
        if wanted.as_object().into_iter().flatten().any(differs) {
            return Err(Error::conflict("the image stream is there with other settings")
                .context("repository", repository)
                .context("found", spec));
        }
        Ok(Standing { now: Some(spec), settled: true, effects: Vec::new() })
    }

    async fn create_stream(&self, repository: &Repository, settings: &Value) -> Result<()> {
        let (namespace, stream) = self.place(repository)?;
        let body = json!({
            "apiVersion": "image.openshift.io/v1",
            "kind": "ImageStream",
            "metadata": {"name": stream, "namespace": namespace},
            "spec": settings,
        });
        let path = self.path(namespace, "imagestreams", None);
        let created = self.call(Method::POST, &path, Some(&body), "the image stream is not created").await;
        created.map(drop).map_err(|e| e.context("repository", repository))
    }

    /// What a tag names, and whether it follows another.
    async fn tag_standing(&self, from: &Pinned, to: &Reference, follow: Option<&Reference>) -> Result<Standing> {
        let (Some(tag), None) = (&to.tag, &to.digest) else {
            return Err(Error::invalid("an import is named by a tag, and by no digest").context("to", to));
        };
        self.place(&to.repository)?;
        if let Some(follow) = follow.filter(|follow| follow.tag.is_none() || follow.repository != from.repository) {
            return Err(Error::invalid("what is followed is a tag of the repository that the image is in")
                .context("follow", follow));
        }
        let Some(stream) = self.stream(&to.repository).await.absent_is_none()? else { return Ok(Standing::default()) };
        let Some(found) = stream.tag(tag) else { return Ok(Standing::default()) };
        let follows = self.follows(to).await?;
        let failed = found.conditions.iter().find(|c| c.kind == "ImportSuccess" && c.status == "False");
        let mut now = json!({"names": found.now(), "follows": follows});
        if let Some(failed) = failed {
            now["failed"] = json!(failed.message);
        }
        let settled = found.now() == Some(&from.digest) && failed.is_none() && follows == follow.is_some();
        Ok(Standing { now: Some(now), settled, effects: Vec::new() })
    }

    /// Whether the tag's source is looked at again and again, or is itself a tag that moves.
    async fn follows(&self, to: &Reference) -> Result<bool> {
        let spec = self.specified(&to.repository).await?;
        let mut tags = spec.get("tags").and_then(Value::as_array).into_iter().flatten();
        let is_it = |entry: &&Value| entry.get("name").and_then(Value::as_str) == to.tag.as_ref().map(Tag::as_str);
        Ok(tags.find(is_it).is_some_and(|entry| {
            let kind = entry.pointer("/from/kind").and_then(Value::as_str);
            let scheduled = entry.pointer("/importPolicy/scheduled").and_then(Value::as_bool);
            kind == Some("ImageStreamTag") || scheduled == Some(true)
        }))
    }

    /// What a stream should be like; nothing where there is none.
    async fn specified(&self, repository: &Repository) -> Result<Value> {
        let (namespace, stream) = self.place(repository)?;
        let path = self.path(namespace, "imagestreams", Some(stream));
        let found: Option<Value> = self.read(&path, "the image stream cannot be read").await.absent_is_none()?;
        Ok(found.and_then(|mut found| found.get_mut("spec").map(Value::take)).unwrap_or_default())
    }

    /// Tags an image of this registry, by its digest or as a tag that is followed. No bytes move.
    async fn tag(&self, from: &Pinned, to: &Reference, follow: Option<&Reference>) -> Result<()> {
        let ((namespace, stream), (source, source_stream)) =
            (self.place(&to.repository)?, self.place(&from.repository)?);
        let tag = to.tag.as_ref().map(ToString::to_string).unwrap_or_default();
        let from = match follow.and_then(|follow| follow.tag.as_ref()) {
            Some(tag) => {
                json!({"kind": "ImageStreamTag", "namespace": source, "name": format!("{source_stream}:{tag}")})
            }
            None => json!({
                "kind": "ImageStreamImage", "namespace": source, "name": format!("{source_stream}@{}", from.digest),
            }),
        };
        let name = format!("{stream}:{tag}");
        let lookup = self.specified(&to.repository).await?.get("lookupPolicy").cloned();
        let body = json!({
            "apiVersion": "image.openshift.io/v1",
            "kind": "ImageStreamTag",
            "metadata": {"name": name, "namespace": namespace},
            "tag": {"name": tag, "from": from, "referencePolicy": {"type": "Source"}},
            // These have to be there. The stream's own setting stays as it is; the others are not looked at.
            "lookupPolicy": lookup.unwrap_or(json!({"local": false})),
            "generation": 0,
            "image": {"dockerImageLayers": []},
        });
        // This makes the tag, and the stream where there is none, or changes them.
        let path = self.path(namespace, "imagestreamtags", Some(&name));
        let set = self.call(Method::PUT, &path, Some(&body), "the tag is not set").await;
        set.map(drop).map_err(|e| e.context("tag", to))
    }

    /// Lets the cluster fetch an image with all its platforms. The call succeeds even where the image failed.
    async fn import(&self, from: &Pinned, to: &Reference, follow: Option<&Reference>) -> Result<()> {
        let (namespace, stream) = self.place(&to.repository)?;
        let tag = to.tag.as_ref().map(ToString::to_string).unwrap_or_default();
        let name = follow.map_or_else(|| from.to_string(), ToString::to_string);
        let body = json!({
            "apiVersion": "image.openshift.io/v1",
            "kind": "ImageStreamImport",
            "metadata": {"name": stream, "namespace": namespace},
            "spec": {
                "import": true,
                "images": [{
                    "from": {"kind": "DockerImage", "name": name},
                    "to": {"name": tag},
                    "importPolicy": {"importMode": "PreserveOriginal", "scheduled": follow.is_some()},
                    "referencePolicy": {"type": "Source"},
                }],
            },
            "status": {},
        });
        let path = self.path(namespace, "imagestreamimports", None);
        let answer = self.call(Method::POST, &path, Some(&body), "the image is not imported").await;
        let answer: Value = read(answer.map_err(|e| e.context("tag", to))?).await?;
        let image = answer.pointer("/status/images/0");
        let text = |key: &str| image.and_then(|image| image.pointer(key)).and_then(Value::as_str).unwrap_or_default();
        if image.is_some() && text("/status/status") != "Failure" {
            return Ok(());
        }
        let kind = match text("/status/reason") {
            "NotFound" => ErrorKind::NotFound,
            "Unauthorized" => ErrorKind::Unauthenticated,
            "Forbidden" => ErrorKind::Denied,
            _ => ErrorKind::Unavailable,
        };
        Err(Error::new(kind, "the cluster could not import the image")
            .context("image", from)
            .context("tag", to)
            .context("the cluster says", text("/status/message")))
    }
}
