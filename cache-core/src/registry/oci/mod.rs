//! Registries that speak the OCI distribution protocol (distribution specification 1.1).
//!
//! One [`OciRegistry`] is one host. Whatever a registry claims about content is checked against the content: digests in
//! headers are never believed, and a registry that fails is never one that has nothing.

mod auth;
mod call;
mod challenge;
mod change;
mod delete;
mod fallback;
mod locks;
mod manifests;
mod pages;
mod pull;
mod source;
#[cfg(test)]
#[cfg(feature = "conformance")]
mod tests;
mod token;
mod upload;

#[cfg(feature = "vendor")]
pub(super) use token::authorization;

use std::collections::HashSet;
use std::fmt;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use http::Uri;

use self::auth::Auth;
use super::credentials::{Credential, Credentials};
use super::{Abilities, BlobStream, Catalog, Login, Moved, Registry, RegistryWriter, TagsWithin, answer};
use crate::approve::Permit;
use crate::error::{Error, Result};
use crate::http::{Http, Network, Patience, is_loopback};
use crate::model::{Descriptor, Manifest, Pinned, Reference, Repository, Tag};
use crate::plan::{BlobCopy, Delete, PutManifest, SetTag};

/// How to speak to a registry.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct OciOptions {
    /// Who we are.
    pub credentials: Arc<dyn Credentials>,
    /// Whether to speak without encryption. `None`: only to this machine itself.
    pub plain_http: Option<bool>,
    /// Hosts that may be sent credentials when the registry names them as its token realm. Its own host and domain always may.
    pub trusted_realms: Vec<String>,
    /// Whether to read without credentials where they are rejected; otherwise that is an error.
    pub anonymous_reads: bool,
    /// Whether blobs may be uploaded to another origin that the registry names, without credentials.
    pub foreign_uploads: bool,
    /// How long to wait, and how often to ask again.
    pub patience: Patience,
    /// How connections are made: proxies, and certificates beside the machine's.
    pub network: Network,
}

impl Default for OciOptions {
    fn default() -> Self {
        OciOptions {
            credentials: Arc::new(Credential::Anonymous),
            plain_http: None,
            trusted_realms: Vec::new(),
            anonymous_reads: false,
            foreign_uploads: false,
            patience: Patience::default(),
            network: Network::default(),
        }
    }
}

/// A registry over HTTP. A clone is another handle with the same connections and tokens.
#[derive(Clone)]
pub struct OciRegistry(Arc<Inner>);

struct Inner {
    host: String,
    base: Uri,
    http: Http,
    auth: Auth,
    foreign_uploads: bool,
    /// Pairs of repositories between which a mount was refused.
    unmountable: Mutex<HashSet<(String, String)>>,
    /// Repositories that keep no list of referrers.
    without_referrers: Mutex<HashSet<String>>,
}

impl OciRegistry {
    /// The registry at `host` (`name` or `name:port`). Nothing is sent yet.
    ///
    /// # Errors
    /// `Invalid` where `host` is no host.
    pub fn new(host: &str, options: OciOptions) -> Result<Self> {
        // The Hub's registry answers under another name than its images have.
        let server = if host == "docker.io" { "registry-1.docker.io" } else { host };
        let scheme = if options.plain_http.unwrap_or_else(|| is_loopback(host)) { "http" } else { "https" };
        let base: Uri = format!("{scheme}://{server}/")
            .parse()
            .map_err(|e: http::uri::InvalidUri| Error::invalid("this is no host").context("host", host).caused_by(e))?;
        let OciOptions { credentials, trusted_realms, anonymous_reads, foreign_uploads, patience, network, .. } =
            options;
        let auth = Auth::new(host, base.clone(), credentials, trusted_realms, anonymous_reads);
        let http = Http::over(network, Some(base.clone()), patience);
        let (host, unmountable, without_referrers) = (host.to_owned(), Mutex::default(), Mutex::default());
        Ok(OciRegistry(Arc::new(Inner { host, base, http, auth, foreign_uploads, unmountable, without_referrers })))
    }

    /// The registry that holds a repository.
    ///
    /// # Errors
    /// `Invalid` where the repository is not one of a network registry.
    pub fn of(repository: &Repository, options: OciOptions) -> Result<Self> {
        OciRegistry::new(repository.host(), options).map_err(|e| e.context("repository", repository))
    }

    /// Where it is.
    #[cfg(feature = "vendor")]
    pub(super) fn base(&self) -> &Uri {
        &self.0.base
    }

    /// What the protocol offers, for adapters that add to it.
    pub(super) fn abilities_of_protocol(&self) -> Abilities<'_> {
        Abilities { catalog: Some(self), tags_within: Some(self), login: Some(self), ..Abilities::default() }
    }

    /// The path of a repository, which must be one of ours.
    pub(super) fn path<'a>(&self, repository: &'a Repository) -> Result<&'a str> {
        if repository.transport() == crate::model::Transport::Registry && repository.host() == self.0.host {
            return Ok(repository.path());
        }
        Err(Error::invalid("this repository is kept elsewhere")
            .context("repository", repository)
            .context("registry", &self.0.host))
    }
}

impl fmt::Debug for OciRegistry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OciRegistry").field("base", &self.0.base).finish_non_exhaustive()
    }
}

#[async_trait]
impl Registry for OciRegistry {
    async fn resolve(&self, reference: &Reference) -> Result<Descriptor> {
        Ok(self.named(reference).await?.descriptor())
    }

    async fn manifest(&self, image: &Pinned) -> Result<Manifest> {
        self.named(&image.clone().into()).await
    }

    async fn blob(&self, repository: &Repository, blob: &Descriptor) -> Result<BlobStream> {
        self.download(repository, blob).await
    }

    async fn tags(&self, repository: &Repository) -> Result<Vec<Tag>> {
        self.list_tags(repository).await
    }

    async fn referrers(&self, subject: &Pinned) -> Result<Vec<Descriptor>> {
        self.list_referrers(subject).await
    }

    fn abilities(&self) -> Abilities<'_> {
        self.abilities_of_protocol()
    }
}

#[async_trait]
impl Login for OciRegistry {
    async fn login(&self) -> Result<Credential> {
        self.0.auth.credential().await
    }
}

#[async_trait]
impl Catalog for OciRegistry {
    async fn repositories(&self) -> Result<Vec<Repository>> {
        self.list_repositories().await
    }
}

#[async_trait]
impl TagsWithin for OciRegistry {
    async fn tags_within(&self, repository: &Repository, requests: usize) -> Result<Option<Vec<Tag>>> {
        self.list_tags_within(repository, requests).await
    }
}

#[async_trait]
impl RegistryWriter for OciRegistry {
    async fn put_blob(&self, op: Permit<'_, BlobCopy>, from: &dyn Registry) -> Result<Moved> {
        self.upload(&op, from).await
    }

    async fn put_manifest(&self, op: Permit<'_, PutManifest>) -> Result<Moved> {
        self.store_manifest(&op).await
    }

    async fn set_tag(&self, op: Permit<'_, SetTag>) -> Result<Moved> {
        self.point_tag(&op).await
    }

    async fn delete(&self, op: Permit<'_, Delete>) -> Result<()> {
        self.remove(op, None).await
    }

    fn as_registry(&self) -> &dyn Registry {
        self
    }
}
