//! Calls to Harbor's interface.

use http::header::{AUTHORIZATION, HeaderName};
use http::{HeaderValue, Method};
use serde::de::DeserializeOwned;

use super::Harbor;
use crate::error::{Error, ErrorKind, Result};
use crate::http::{Answer, Request, encode};
use crate::model::{Repository, Transport};
use crate::registry::oci::authorization;
use crate::registry::vendor::{json, query};

/// Harbor gives no more at once, and refuses to be asked for more.
const PAGE: usize = 100;
const MAX_PAGES: usize = 10_000;

impl Harbor {
    pub(super) fn get(&self, path: &str) -> Result<Request> {
        self.0.api.request(Method::GET, path)
    }

    pub(super) fn request(&self, method: Method, path: &str) -> Result<Request> {
        self.0.api.request(method, path)
    }

    /// Sends a request in our name.
    pub(super) async fn call(&self, mut request: Request, what: &str) -> Result<Answer> {
        let credential = self.0.credentials.get(&self.0.host, "").await?;
        request.headers.extend(authorization(&credential)?.map(|value| (AUTHORIZATION, value)));
        self.0.api.send(&request, what).await.map_err(not_absent)
    }

    pub(super) async fn read<T: DeserializeOwned>(&self, path: &str, what: &str) -> Result<T> {
        json(self.call(self.get(path)?, what).await?).await
    }

    /// All entries of a list, page by page. A page that is not full is the last.
    pub(super) async fn list<T: DeserializeOwned>(
        &self,
        path: &str,
        parameters: &[(&str, &str)],
        what: &str,
    ) -> Result<Vec<T>> {
        let (mut all, size) = (Vec::new(), PAGE.to_string());
        for page in 1..=MAX_PAGES {
            let number = page.to_string();
            let mut parameters = parameters.to_vec();
            parameters.extend([("page", &number[..]), ("page_size", &size[..])]);
            let mut request = self.get(&format!("{path}{}", query(&parameters)))?;
            request.headers.insert(HeaderName::from_static("x-accept-vulnerabilities"), ACCEPTED_REPORTS);
            let answer = self.call(request, what).await?;
            let total: Option<usize> = answer.header("x-total-count").and_then(|count| count.parse().ok());
            let entries: Vec<T> = json(answer).await?;
            let full = entries.len() >= PAGE;
            all.extend(entries);
            match total {
                Some(total) if all.len() >= total => return Ok(all),
                None if !full => return Ok(all),
                Some(total) if !full => {
                    return Err(Error::unavailable("the list changed while it was read")
                        .context("list", path)
                        .context("read", all.len())
                        .context("of", total));
                }
                _ => {}
            }
        }
        Err(Error::unavailable("the list has no end").context("list", path))
    }

    /// The project and the repository below it, ready to stand in an address. A slash in the repository's name is encoded
    /// twice, since Harbor decodes the address before it looks for the parts.
    pub(super) fn place(&self, repository: &Repository) -> Result<(String, String)> {
        let elsewhere = repository.transport() != Transport::Registry || repository.host() != self.0.host;
        if elsewhere {
            return Err(Error::invalid("this repository is kept elsewhere")
                .context("repository", repository)
                .context("registry", &self.0.host));
        }
        let (project, rest) = repository.path().split_once('/').ok_or_else(|| {
            Error::invalid("at Harbor every repository is in a project")
                .context("repository", repository)
                .hint("write host/project/repository")
        })?;
        Ok((project.to_owned(), encode(&encode(rest))))
    }

    /// `/projects/…/repositories/…` of a repository.
    pub(super) fn path(&self, repository: &Repository) -> Result<String> {
        let (project, name) = self.place(repository)?;
        Ok(format!("/projects/{project}/repositories/{name}"))
    }
}

/// The forms of reports that are read, the newest first.
pub(super) const ACCEPTED_REPORTS: HeaderValue = HeaderValue::from_static(
    "application/vnd.security.vulnerability.report; version=1.1, \
     application/vnd.scanner.adapter.vuln.report.harbor+json; version=1.0",
);

/// An address that Harbor does not know says nothing of what is stored: it must not be read as "absent".
fn not_absent(error: Error) -> Error {
    let said = error
        .contexts()
        .iter()
        .any(|(key, value)| *key == "registry says" && value.contains("path ") && value.contains("was not found"));
    if error.kind() != ErrorKind::NotFound || !said {
        return error;
    }
    error
        .of_kind(ErrorKind::Unavailable)
        .hint("something before Harbor may decode addresses, or this Harbor is too old")
}
