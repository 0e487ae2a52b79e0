//! What runs on Kubernetes and OpenShift, read from the documents of their API: what `kubectl get -o json` prints.
//!
//! Pods are looked for in objects of any kind, so that custom resources with a pod template are read as well. Images are
//! named in `containers`, `initContainers`, `ephemeralContainers` and image volumes; in the status of pods, with what really
//! runs; in builds and their configurations; and in image streams, by what each tag names now.

use std::collections::HashSet;

use serde_json::Value;

use super::{DeployedImage, INVENTORY_VERSION, Inventory};
use crate::error::{Error, Result};
use crate::model::{Digest, Reference, Timestamp};

/// Deeper than any object of the API.
const MAX_DEPTH: usize = 64;
const SPECS: [&str; 3] = ["containers", "initContainers", "ephemeralContainers"];
const STATUSES: [&str; 3] = ["containerStatuses", "initContainerStatuses", "ephemeralContainerStatuses"];

/// An inventory of these documents: lists, or single objects. That they are complete is the word of the caller, who asked for
/// pods, workloads, jobs, cron jobs, and on OpenShift for builds and image streams, in all namespaces.
///
/// # Errors
/// `Invalid` where a list goes on elsewhere (`metadata.continue`), an image cannot be read, or a build is from an image stream
/// that is in none of the documents.
pub fn of_kubernetes(source: &str, taken: Timestamp, documents: &[Value]) -> Result<Inventory> {
    let mut reader = Reader { images: Vec::new(), streams: HashSet::new(), wanted: Vec::new() };
    for document in documents {
        reader.document(document, 0).map_err(|e| e.context("inventory", source))?;
    }
    reader.streams_are_there().map_err(|e| e.context("inventory", source))?;
    let mut images = reader.images;
    images.sort();
    images.dedup();
    Ok(Inventory { version: INVENTORY_VERSION, source: source.to_owned(), taken, complete: true, images })
}

struct Reader {
    images: Vec<DeployedImage>,
    /// The image streams that were read, as `namespace/name`.
    streams: HashSet<String>,
    /// The image streams that something is built from, and who wants them.
    wanted: Vec<(String, String)>,
}

/// The text at a path of keys.
fn text<'a>(value: &'a Value, path: &[&str]) -> Option<&'a str> {
    path.iter().try_fold(value, |value, key| value.get(key))?.as_str()
}

fn list<'a>(value: &'a Value, key: &str) -> impl Iterator<Item = &'a Value> {
    value.get(key).and_then(Value::as_array).into_iter().flatten()
}

impl Reader {
    fn document(&mut self, document: &Value, depth: usize) -> Result<()> {
        let kind = text(document, &["kind"]).ok_or_else(|| Error::invalid("a document of the API has no kind"))?;
        if kind == "Status" {
            let why = text(document, &["message"]).unwrap_or("it does not say why");
            return Err(Error::invalid(format!("the API refused: {why}")));
        }
        if !kind.ends_with("List") || document.get("items").is_none() {
            return self.object(document, kind);
        }
        if text(document, &["metadata", "continue"]).is_some_and(|token| !token.is_empty()) {
            return Err(Error::invalid(format!("the {kind} goes on: it is only a part")).hint("ask for all of it"));
        }
        if depth > 1 {
            return Err(Error::invalid("lists within lists of lists"));
        }
        let of = kind.trim_end_matches("List");
        let items = document.get("items").and_then(Value::as_array);
        for item in items.into_iter().flatten() {
            // The API's own lists do not repeat the kind.
            match text(item, &["kind"]) {
                Some(_) => self.document(item, depth + 1)?,
                None if !of.is_empty() => self.object(item, of)?,
                None => return Err(Error::invalid("an item of a list has no kind")),
            }
        }
        Ok(())
    }

    fn object(&mut self, object: &Value, kind: &str) -> Result<()> {
        let namespace = text(object, &["metadata", "namespace"]).unwrap_or_default();
        let name = text(object, &["metadata", "name"]).unwrap_or("?");
        let user = if namespace.is_empty() { format!("{kind}/{name}") } else { format!("{namespace}/{kind}/{name}") };
        let at = |error: Error| error.context("object", &user);
        match kind {
            "ImageStream" => {
                self.streams.insert(format!("{namespace}/{name}"));
                self.stream(object, &user).map_err(at)?;
            }
            "Build" | "BuildConfig" => self.build(object, namespace, &user).map_err(at)?,
            _ => {}
        }
        let triggered = is_triggered(object);
        self.pods(object, &user, triggered, 0).map_err(at)
    }

    /// Pod specifications and their status, anywhere in an object.
    fn pods(&mut self, value: &Value, user: &str, triggered: bool, depth: usize) -> Result<()> {
        if depth > MAX_DEPTH {
            return Err(Error::invalid("the object is nested too deep"));
        }
        match value {
            Value::Object(fields) => {
                for container in SPECS.iter().flat_map(|key| list(value, key)) {
                    match text(container, &["image"]).map(str::trim) {
                        Some(image) if !image.is_empty() => self.named(image, user)?,
                        // It is filled in from an image stream, which is read itself.
                        Some(_) | None if triggered => {}
                        Some(_) => return Err(Error::invalid("a container has an empty image")),
                        None if container.get("name").is_some() => {
                            return Err(Error::invalid("a container has no image"));
                        }
                        None => {}
                    }
                }
                for volume in list(value, "volumes") {
                    if let Some(image) = text(volume, &["image", "reference"]) {
                        self.named(image, user)?;
                    }
                }
                for status in STATUSES.iter().flat_map(|key| list(value, key)) {
                    self.status(status, user)?;
                }
                fields.values().try_for_each(|field| self.pods(field, user, triggered, depth + 1))
            }
            Value::Array(items) => items.iter().try_for_each(|item| self.pods(item, user, triggered, depth + 1)),
            _ => Ok(()),
        }
    }

    fn status(&mut self, status: &Value, user: &str) -> Result<()> {
        // Empty until the image was pulled.
        let Some(id) = text(status, &["imageID"]).filter(|id| !id.is_empty()) else { return Ok(()) };
        let id = id.split_once("://").map_or(id, |(_, rest)| rest);
        if let Ok(digest) = Digest::parse(id) {
            self.images.push(DeployedImage { image: None, digest: Some(digest), used_by: user.to_owned() });
            return Ok(());
        }
        self.named(id, user)
    }

    fn named(&mut self, image: &str, user: &str) -> Result<()> {
        let reference = Reference::parse(image)?;
        self.images.push(DeployedImage { image: Some(reference), digest: None, used_by: user.to_owned() });
        Ok(())
    }

    /// What each tag of an image stream names now.
    fn stream(&mut self, stream: &Value, user: &str) -> Result<()> {
        for tag in stream.get("status").into_iter().flat_map(|status| list(status, "tags")) {
            let Some(now) = list(tag, "items").next() else { continue };
            if let Some(reference) = text(now, &["dockerImageReference"]).filter(|text| !text.is_empty()) {
                self.named(reference, user)?;
            }
            if let Some(digest) = text(now, &["image"]).filter(|text| !text.is_empty()) {
                let digest = Some(Digest::parse(digest)?);
                self.images.push(DeployedImage { image: None, digest, used_by: user.to_owned() });
            }
        }
        for tag in stream.get("spec").into_iter().flat_map(|spec| list(spec, "tags")) {
            if text(tag, &["from", "kind"]) == Some("DockerImage")
                && let Some(name) = text(tag, &["from", "name"])
            {
                self.named(name, user)?;
            }
        }
        Ok(())
    }

    /// What a build is made from, and what it made.
    fn build(&mut self, build: &Value, namespace: &str, user: &str) -> Result<()> {
        let spec = build.get("spec").unwrap_or(&Value::Null);
        let strategy = spec.get("strategy").and_then(Value::as_object);
        let strategies = strategy.into_iter().flat_map(|strategy| strategy.values());
        let froms = strategies.filter_map(|strategy| strategy.get("from"));
        let sources = spec.get("source").into_iter().flat_map(|source| list(source, "images"));
        for from in froms.chain(sources.filter_map(|image| image.get("from"))) {
            self.from(from, namespace, user)?;
        }
        if let Some(output) = text(build, &["status", "outputDockerImageReference"]).filter(|text| !text.is_empty()) {
            self.named(output, user)?;
        }
        if let Some(digest) = text(build, &["status", "output", "to", "imageDigest"]) {
            let digest = Some(Digest::parse(digest)?);
            self.images.push(DeployedImage { image: None, digest, used_by: user.to_owned() });
        }
        Ok(())
    }

    /// An object reference of OpenShift.
    fn from(&mut self, from: &Value, namespace: &str, user: &str) -> Result<()> {
        let (Some(kind), Some(name)) = (text(from, &["kind"]), text(from, &["name"])) else { return Ok(()) };
        let namespace = text(from, &["namespace"]).unwrap_or(namespace);
        match kind {
            "DockerImage" => self.named(name, user),
            "ImageStreamTag" => {
                let stream = name.split(':').next().unwrap_or(name);
                self.wanted.push((format!("{namespace}/{stream}"), user.to_owned()));
                Ok(())
            }
            "ImageStreamImage" => {
                let digest = name.split_once('@').map(|(_, digest)| Digest::parse(digest)).transpose()?;
                self.images.push(DeployedImage { image: None, digest, used_by: user.to_owned() });
                Ok(())
            }
            other => Err(Error::unsupported(format!("an image from a {other} is not understood"))),
        }
    }

    fn streams_are_there(&self) -> Result<()> {
        match self.wanted.iter().find(|(stream, _)| !self.streams.contains(stream)) {
            None => Ok(()),
            Some((stream, user)) => Err(Error::invalid(format!("the image stream {stream} is in none of the lists"))
                .context("object", user)
                .hint("list the image streams of all namespaces as well")),
        }
    }
}

/// Whether OpenShift fills in the images of an object from image streams.
fn is_triggered(object: &Value) -> bool {
    let annotated = object.get("metadata").and_then(|m| m.get("annotations")).is_some_and(|annotations| {
        annotations.get("image.openshift.io/triggers").and_then(Value::as_str).is_some_and(|text| !text.is_empty())
    });
    let spec = object.get("spec").unwrap_or(&Value::Null);
    annotated || list(spec, "triggers").any(|trigger| trigger.get("imageChangeParams").is_some())
}
