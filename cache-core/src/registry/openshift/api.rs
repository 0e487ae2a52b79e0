//! Calls to the cluster's interface.

use http::Method;
use http::header::AUTHORIZATION;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::OpenShift;
use crate::error::{Error, Result};
use crate::http::{Answer, Request, encode};
use crate::model::{Repository, Transport};
use crate::registry::vendor::{bearer, json, query, with_json};

pub(super) const IMAGES: &str = "/apis/image.openshift.io/v1";
const PAGE: &str = "500";
const MAX_PAGES: usize = 10_000;

impl OpenShift {
    pub(super) async fn call(&self, method: Method, path: &str, body: Option<&Value>, what: &str) -> Result<Answer> {
        self.0.api.send(&self.request(method, path, body)?, what).await
    }

    /// A request in our name.
    pub(super) fn request(&self, method: Method, path: &str, body: Option<&Value>) -> Result<Request> {
        let mut request = self.0.api.request(method, path)?;
        if let Some(body) = body {
            request = with_json(request, body)?;
        }
        if let Some(token) = &self.0.token {
            request.headers.insert(AUTHORIZATION, bearer(token)?);
        }
        Ok(request)
    }

    pub(super) async fn read<T: DeserializeOwned>(&self, path: &str, what: &str) -> Result<T> {
        json(self.call(Method::GET, path, None, what).await?).await
    }

    /// All items of a list: `limit` and `continue`, as Kubernetes does it.
    pub(super) async fn list(&self, path: &str, what: &str) -> Result<Vec<Value>> {
        let (mut all, mut next) = (Vec::new(), String::new());
        for _ in 0..MAX_PAGES {
            let mut parameters = vec![("limit", PAGE)];
            if !next.is_empty() {
                parameters.push(("continue", &next));
            }
            let mut page: Value = self.read(&format!("{path}{}", query(&parameters)), what).await?;
            match page.get_mut("items").map(Value::take) {
                Some(Value::Array(items)) => all.extend(items),
                _ => return Err(Error::unavailable("the cluster's list has no items").context("list", path)),
            }
            match page.pointer("/metadata/continue").and_then(Value::as_str).filter(|text| !text.is_empty()) {
                Some(more) if more != next => next = more.to_owned(),
                Some(_) => break,
                None => return Ok(all),
            }
        }
        Err(Error::unavailable("the list has no end").context("list", path))
    }

    /// The namespace and the stream of a repository, which must be one of ours.
    pub(super) fn place<'a>(&self, repository: &'a Repository) -> Result<(&'a str, &'a str)> {
        let here = repository.transport() == Transport::Registry && repository.host() == self.0.host;
        if !here {
            return Err(Error::invalid("this repository is kept elsewhere")
                .context("repository", repository)
                .context("registry", &self.0.host));
        }
        match repository.path().split_once('/') {
            Some((namespace, stream)) if !stream.contains('/') => Ok((namespace, stream)),
            _ => Err(Error::invalid("at OpenShift a repository is a namespace and an image stream")
                .context("repository", repository)
                .hint("write host/namespace/stream")),
        }
    }

    /// `/apis/image.openshift.io/v1/namespaces/NAMESPACE/KIND[/NAME]`.
    pub(super) fn path(&self, namespace: &str, kind: &str, name: Option<&str>) -> String {
        let name = name.map(|name| format!("/{}", encode(name))).unwrap_or_default();
        format!("{IMAGES}/namespaces/{}/{kind}{name}", encode(namespace))
    }
}
