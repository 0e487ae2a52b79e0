//! Calls to Artifactory's interface.

use http::header::{AUTHORIZATION, CONTENT_TYPE};
use http::{HeaderValue, Method};
use serde::de::DeserializeOwned;

use super::Artifactory;
use crate::error::Result;
use crate::http::{Answer, Request};
use crate::registry::oci::authorization;
use crate::registry::vendor::{Api, json};

impl Artifactory {
    pub(super) async fn call(&self, api: &Api, request: Request, what: &str) -> Result<Answer> {
        api.send(&self.in_our_name(request).await?, what).await
    }

    pub(super) async fn in_our_name(&self, mut request: Request) -> Result<Request> {
        let credential = self.0.credentials.get(&self.0.host, "").await?;
        request.headers.extend(authorization(&credential)?.map(|value| (AUTHORIZATION, value)));
        Ok(request)
    }

    pub(super) async fn read<T: DeserializeOwned>(&self, path: &str, what: &str) -> Result<T> {
        json(self.call(&self.0.api, self.0.api.request(Method::GET, path)?, what).await?).await
    }

    /// A search in Artifactory's query language, whose text is plain.
    pub(super) async fn search<T: DeserializeOwned>(&self, query: String) -> Result<T> {
        let mut request = self.0.api.request(Method::POST, "/api/search/aql")?;
        request.headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/plain"));
        request.body = query.into();
        json(self.call(&self.0.api, request, "the search failed").await?).await
    }
}
