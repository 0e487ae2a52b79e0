//! What the registry says of repositories, tags and manifests (`/acr/v1`).

use http::Method;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::AcrRegistry;
use crate::error::{Error, Result};
use crate::http::{Answer, Request, encode, resolve};
use crate::model::{Digest, Pinned, Reference, Repository, Tag};
use crate::registry::answer;
use crate::registry::vendor::{entries, json, query, with_json};

/// More entries than this are not given at once.
const PAGE: usize = 1000;
const MAX_PAGES: usize = 10_000;
pub(super) const READ: &str = "metadata_read";
pub(super) const WRITE: &str = "metadata_read,metadata_write";
pub(super) const DELETE: &str = "metadata_read,delete";

/// What may be done to something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct AcrLocks {
    /// Whether it may be deleted.
    #[serde(default = "yes", rename = "deleteEnabled")]
    pub delete: bool,
    /// Whether it may be changed.
    #[serde(default = "yes", rename = "writeEnabled")]
    pub write: bool,
    /// Whether it is listed.
    #[serde(default = "yes", rename = "listEnabled")]
    pub list: bool,
    /// Whether it may be pulled.
    #[serde(default = "yes", rename = "readEnabled")]
    pub read: bool,
}

fn yes() -> bool {
    true
}

/// A tag.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct AcrTag {
    /// The tag.
    pub name: Tag,
    /// What it names.
    pub digest: Digest,
    /// When it was set last, RFC 3339.
    #[serde(default)]
    pub last_update_time: Option<String>,
    /// What may be done to it.
    #[serde(default)]
    pub changeable_attributes: Option<AcrLocks>,
}

/// A manifest.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct AcrManifest {
    /// Its digest.
    pub digest: Digest,
    /// Its size with all that it names, in bytes.
    #[serde(default)]
    pub image_size: u64,
    /// When it was pushed, RFC 3339.
    #[serde(default)]
    pub created_time: Option<String>,
    /// When it or its tags changed last, RFC 3339.
    #[serde(default)]
    pub last_update_time: Option<String>,
    /// Its media type.
    #[serde(default)]
    pub media_type: Option<String>,
    /// Its tags.
    #[serde(default, deserialize_with = "crate::model::null_is_empty")]
    pub tags: Vec<Tag>,
    /// What may be done to it.
    #[serde(default)]
    pub changeable_attributes: Option<AcrLocks>,
}

impl AcrRegistry {
    /// The tags of a repository, with what they name.
    ///
    /// # Errors
    /// `NotFound` where there is no such repository; what the registry says.
    pub async fn acr_tags(&self, repository: &Repository) -> Result<Vec<AcrTag>> {
        let of = |tag: &AcrTag| tag.name.to_string();
        self.pages(repository, "_tags", "tags", of).await.map_err(|e| e.context("repository", repository))
    }

    /// The manifests of a repository, those without a tag included.
    ///
    /// # Errors
    /// `NotFound` where there is no such repository; what the registry says.
    pub async fn acr_manifests(&self, repository: &Repository) -> Result<Vec<AcrManifest>> {
        let of = |manifest: &AcrManifest| manifest.digest.to_string();
        self.pages(repository, "_manifests", "manifests", of).await.map_err(|e| e.context("repository", repository))
    }

    /// One manifest.
    ///
    /// # Errors
    /// `NotFound`; what the registry says.
    pub async fn acr_manifest(&self, image: &Pinned) -> Result<AcrManifest> {
        #[derive(Deserialize)]
        struct Described {
            manifest: AcrManifest,
        }
        let path = format!("{}/_manifests/{}", self.place(&image.repository)?, image.digest);
        let answer = self.data(Method::GET, &path, &image.repository, READ, None).await;
        let described: Described = json(answer.map_err(|e| e.context("image", image))?).await?;
        Ok(described.manifest)
    }

    /// What may be done to a tag, a manifest, or a repository where neither stands.
    ///
    /// # Errors
    /// `NotFound`; what the registry says.
    pub async fn acr_locks(&self, of: &Reference) -> Result<AcrLocks> {
        let answer = self.data(Method::GET, &self.path_of(of)?, &of.repository, READ, None).await;
        let described: Value = json(answer.map_err(|e| e.context("of", of))?).await?;
        let inner = described.get("tag").or_else(|| described.get("manifest")).unwrap_or(&described);
        let locks = inner.get("changeableAttributes").cloned().unwrap_or_default();
        serde_json::from_value(locks)
            .map_err(|e| Error::unavailable("the registry does not say what is locked").context("of", of).caused_by(e))
    }

    /// `/acr/v1/…` of a tag, a manifest or a repository.
    pub(super) fn path_of(&self, of: &Reference) -> Result<String> {
        let place = self.place(&of.repository)?;
        Ok(match (&of.digest, &of.tag) {
            (Some(digest), _) => format!("{place}/_manifests/{digest}"),
            (None, Some(tag)) => format!("{place}/_tags/{tag}"),
            (None, None) => place,
        })
    }

    pub(super) fn place(&self, repository: &Repository) -> Result<String> {
        Ok(format!("/acr/v1/{}", encode(self.oci.path(repository)?)))
    }

    /// A call with the rights that it needs.
    pub(super) async fn data(
        &self,
        method: Method,
        path: &str,
        repository: &Repository,
        rights: &str,
        body: Option<&Value>,
    ) -> Result<Answer> {
        let mut request = Request::new(method, resolve(self.oci.base(), path)?);
        if let Some(body) = body {
            request = with_json(request, body)?;
        }
        let answer = self.oci.beside(request, (self.oci.path(repository)?, rights)).await?;
        if answer.status().is_success() {
            return Ok(answer);
        }
        Err(answer::refusal(answer, "the registry refuses").await)
    }

    async fn pages<T: DeserializeOwned>(
        &self,
        repository: &Repository,
        list: &str,
        field: &str,
        name: impl Fn(&T) -> String,
    ) -> Result<Vec<T>> {
        let path = format!("{}/{list}", self.place(repository)?);
        self.all(&path, (self.oci.path(repository)?, READ), field, name).await
    }

    /// All entries of a list. The registry gives at most a thousand at once, and says `Link` where there are more.
    pub(super) async fn all<T: DeserializeOwned>(
        &self,
        path: &str,
        access: (&str, &str),
        field: &str,
        name: impl Fn(&T) -> String,
    ) -> Result<Vec<T>> {
        let (mut all, size) = (Vec::<T>::new(), PAGE.to_string());
        let mut last: Option<String> = None;
        for _ in 0..MAX_PAGES {
            let mut parameters = vec![("n", &size[..])];
            parameters.extend(last.as_deref().map(|last| ("last", last)));
            let url = resolve(self.oci.base(), &format!("{path}{}", query(&parameters)))?;
            let answer = self.oci.beside(Request::new(Method::GET, url), access).await?;
            if !answer.status().is_success() {
                return Err(answer::refusal(answer, "the registry does not give the list").await);
            }
            let led_on = answer.header("link").is_some();
            let page: Value = json(answer).await?;
            let entries: Vec<T> =
                entries(page, field, &["registry", "imageName"]).map_err(|e| e.context("list", path))?;
            let (full, next) = (entries.len() >= PAGE, entries.last().map(&name));
            all.extend(entries);
            match next {
                Some(next) if (led_on || full) && Some(&next) != last.as_ref() => last = Some(next),
                _ => return Ok(all),
            }
        }
        Err(Error::unavailable("the list has no end").context("list", path))
    }
}
