//! Lists that come in pages: tags, repositories, referrers.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::sync::PoisonError;

use http::header::{ACCEPT, CONTENT_TYPE, LINK};
use http::{HeaderValue, Method, StatusCode, Uri};
use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::auth::Access;
use super::{OciRegistry, answer};
use crate::error::{Error, Result};
use crate::http::{Answer, Request, encode, resolve, same_origin, shown};
use crate::model::manifest::media_type;
use crate::model::{Descriptor, Digest, ManifestBody, Pinned, Repository, Tag, null_is_empty};

/// How many entries are asked for at once. A registry gives fewer if it likes.
const PAGE: usize = 1000;
const MAX_PAGES: usize = 10_000;
/// The largest page that is read.
const MAX_PAGE: u64 = 64 << 20;

/// Registries write `null` for none. An answer without the field is no list, whatever its status.
#[derive(Deserialize)]
struct Tags {
    #[serde(deserialize_with = "null_is_empty")]
    tags: Vec<String>,
}

#[derive(Deserialize)]
struct Repositories {
    #[serde(deserialize_with = "null_is_empty")]
    repositories: Vec<String>,
}

impl OciRegistry {
    pub(super) async fn list_tags(&self, repository: &Repository) -> Result<Vec<Tag>> {
        let all = self.list_tags_within(repository, MAX_PAGES).await?;
        all.ok_or_else(|| Error::unavailable("the list of tags has no end").context("repository", repository))
    }

    /// The tags, unless they come in more than so many pages.
    pub(super) async fn list_tags_within(&self, repository: &Repository, pages: usize) -> Result<Option<Vec<Tag>>> {
        let path = self.path(repository)?;
        let list = List { registry: self, path: format!("{path}/tags/list"), access: Access::pull(path), most: pages };
        let names = list.names(|page: Tags| page.tags).await.map_err(|e| e.context("repository", repository))?;
        let Some(names) = names else { return Ok(None) };
        let tag = |name: &String| Tag::parse(name).map_err(|e| e.context("repository", repository));
        names.iter().map(tag).collect::<Result<_>>().map(Some)
    }

    pub(super) async fn list_repositories(&self) -> Result<Vec<Repository>> {
        let list = List { registry: self, path: "_catalog".to_owned(), access: Access::catalog(), most: MAX_PAGES };
        let names = list.names(|page: Repositories| page.repositories).await.map_err(|e| {
            e.context("registry", &self.0.host).hint("most hosted registries refuse to list their repositories")
        })?;
        let names = names.ok_or_else(|| Error::unavailable("the list of repositories has no end"))?;
        names.iter().map(|name| Repository::parse(&format!("{}/{name}", self.0.host))).collect()
    }

    pub(super) async fn list_referrers(&self, subject: &Pinned) -> Result<Vec<Descriptor>> {
        let found = match self.referrers_by_api(subject).await? {
            Some(found) => found,
            None => {
                let list = self.fallback(&subject.repository, &subject.digest).await?;
                list.map_or_else(Vec::new, |(list, _)| list.children().to_vec())
            }
        };
        let by_digest: BTreeMap<Digest, Descriptor> = found.into_iter().map(|d| (d.digest.clone(), d)).collect();
        Ok(by_digest.into_values().collect())
    }

    /// The list that the registry keeps; `None` where it keeps none.
    pub(super) async fn referrers_by_api(&self, subject: &Pinned) -> Result<Option<Vec<Descriptor>>> {
        let path = self.path(&subject.repository)?;
        if self.0.without_referrers.lock().unwrap_or_else(PoisonError::into_inner).contains(path) {
            return Ok(None);
        }
        let mut pages = Pages::from(self.url(&format!("{path}/referrers/{}", subject.digest))?);
        let mut found = Vec::new();
        while let Some(url) = pages.turn()? {
            let mut request = Request::new(Method::GET, url);
            request.headers.insert(ACCEPT, HeaderValue::from_static(media_type::OCI_INDEX));
            let answer = self.call(request, &Access::pull(path)).await?;
            let is_index = answer.header(CONTENT_TYPE).is_some_and(|t| t.starts_with(media_type::OCI_INDEX));
            // Registries without this list say 404, or 400 and 405 for a path that they do not know, or show a web page.
            let none_kept =
                matches!(answer.status().as_u16(), 400 | 404 | 405) || (answer.status() == 200 && !is_index);
            if none_kept && found.is_empty() {
                // A repository or a subject that is not there says nothing of the list.
                if !answer::says_unknown(answer).await {
                    self.note_referrers(path, false);
                }
                return Ok(None);
            }
            if answer.status() != StatusCode::OK {
                let error = answer::refusal(answer, "the registry does not list the referrers").await;
                return Err(error.context("subject", subject));
            }
            pages.follow(&answer)?;
            let page = crate::model::Manifest::parse(answer.bytes(MAX_PAGE).await?, Some(media_type::OCI_INDEX))?;
            if let ManifestBody::Index(index) = page.value() {
                found.extend(index.manifests.iter().cloned());
            }
        }
        Ok(Some(found))
    }

    /// Remembers that a repository has no list of referrers, so that it is asked once and not for each subject; or that it
    /// has one after all. It is remembered by this object and its clones alone: a registry may learn it one day.
    pub(super) fn note_referrers(&self, path: &str, kept: bool) {
        let mut without = self.0.without_referrers.lock().unwrap_or_else(PoisonError::into_inner);
        if kept {
            without.remove(path);
        } else {
            without.insert(path.to_owned());
        }
    }
}

/// A list of names.
struct List<'a> {
    registry: &'a OciRegistry,
    path: String,
    access: Access,
    /// The most pages that are read.
    most: usize,
}

impl List<'_> {
    /// All names; `None` where there are more pages than wanted.
    async fn names<P: DeserializeOwned>(&self, of: impl Fn(P) -> Vec<String>) -> Result<Option<BTreeSet<String>>> {
        let mut pages = Pages::from(self.registry.url(&format!("{}?n={PAGE}", self.path))?);
        let mut names = BTreeSet::new();
        while let Some(url) = pages.turn()? {
            if pages.seen.len() > self.most {
                return Ok(None);
            }
            let request = Request::new(Method::GET, url.clone());
            let answer = self.registry.call(request, &self.access).await?;
            if answer.status() != StatusCode::OK {
                return Err(answer::refusal(answer, "the registry does not give the list").await);
            }
            let led_on = pages.follow(&answer)?;
            let parsed: P = serde_json::from_slice(&answer.bytes(MAX_PAGE).await?).map_err(|e| {
                Error::unavailable("the registry's list is not the JSON it should be")
                    .context("url", shown(&url))
                    .caused_by(e)
            })?;
            let page = of(parsed);
            let last = page.last().filter(|_| !led_on && page.len() == PAGE).cloned();
            names.extend(page);
            // Some registries cut at `n` and say nothing. Asking on is harmless where there is no more.
            if let Some(last) = last {
                pages.next = Some(self.registry.url(&format!("{}?n={PAGE}&last={}", self.path, encode(&last)))?);
            }
        }
        Ok(Some(names))
    }
}

/// The way from page to page.
struct Pages {
    first: Uri,
    next: Option<Uri>,
    seen: HashSet<String>,
}

impl From<Uri> for Pages {
    fn from(first: Uri) -> Self {
        Pages { next: Some(first.clone()), first, seen: HashSet::new() }
    }
}

impl Pages {
    /// The next page; a page that comes again would go on for ever.
    fn turn(&mut self) -> Result<Option<Uri>> {
        let Some(next) = self.next.take() else { return Ok(None) };
        if !self.seen.insert(next.to_string()) || self.seen.len() > MAX_PAGES {
            return Err(Error::unavailable("the registry's pages go round in a circle").context("url", shown(&next)));
        }
        Ok(Some(next))
    }

    /// Follows `Link: <…>; rel="next"` (RFC 8288), if there is one. Only its query counts: registries behind a proxy name
    /// hosts and paths of their own.
    fn follow(&mut self, answer: &Answer) -> Result<bool> {
        let links = answer.headers().get_all(LINK).iter().filter_map(|value| value.to_str().ok());
        let Some(target) = links.flat_map(|text| text.split(',')).find_map(next_of) else { return Ok(false) };
        let linked = resolve(&self.first, target)?;
        let ours = same_origin(&linked, &self.first) && linked.path() == self.first.path();
        self.next = Some(if ours {
            linked
        } else {
            let query = linked.query().unwrap_or_default();
            resolve(&self.first, &format!("{}?{query}", self.first.path()))?
        });
        Ok(true)
    }
}

fn next_of(link: &str) -> Option<&str> {
    let (target, parameters) = link.trim().strip_prefix('<')?.split_once('>')?;
    let relations = parameters.split(';').map(|p| p.trim().to_ascii_lowercase());
    relations.into_iter().any(|p| p == "rel=\"next\"" || p == "rel=next").then_some(target)
}
