//! What the adapters of the vendors share: a registry of the OCI protocol, and an interface beside it.

mod api;
#[cfg(any(feature = "acr", feature = "ecr"))]
mod listed;
#[cfg(test)]
#[cfg(feature = "conformance")]
pub(super) mod tests;
mod token;
mod variables;

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use serde_json::Value;

#[cfg(any(feature = "acr", feature = "artifactory", feature = "openshift"))]
pub(super) use api::accepted;
pub(crate) use api::expect_secure;
pub(super) use api::{Api, json, parse, query, with_json};
#[cfg(any(feature = "acr", feature = "ecr"))]
pub(super) use listed::entries;
pub(crate) use token::bearer;
pub(super) use token::{Token, grant, near_by, of_metadata};
pub(crate) use variables::Variables;
pub(super) use variables::secret_file;

use super::credentials::{Credential, Credentials};
use super::{Abilities, BlobStream, Moved, OciRegistry, Registry, RegistryWriter};
use crate::approve::Permit;
use crate::error::{Error, Result};
use crate::model::{Descriptor, Manifest, Pinned, Reference, Repository, Tag};
use crate::plan::{Action, BlobCopy, Delete, PutManifest, SetTag};

/// A registry that speaks the OCI protocol, and has an interface of its vendor's beside it. Images are read and written by
/// the protocol alone; the interface adds [`Abilities`].
#[derive(Clone)]
pub struct VendorRegistry<V> {
    pub(super) oci: OciRegistry,
    pub(super) vendor: V,
}

/// The side of a registry that is its vendor's.
pub trait Vendor: fmt::Debug + Clone + Send + Sync + Sized + 'static {
    /// What the registry can do beyond the protocol.
    fn abilities(registry: &VendorRegistry<Self>) -> Abilities<'_>;

    /// What to do about an error of a push, where the vendor is known for it.
    fn explain(&self, error: Error) -> Error {
        error
    }
}

impl<V: Vendor> fmt::Debug for VendorRegistry<V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("VendorRegistry").field("oci", &self.oci).field("vendor", &self.vendor).finish()
    }
}

#[async_trait]
impl<V: Vendor> Registry for VendorRegistry<V> {
    async fn resolve(&self, reference: &Reference) -> Result<Descriptor> {
        self.oci.resolve(reference).await
    }

    async fn manifest(&self, image: &Pinned) -> Result<Manifest> {
        self.oci.manifest(image).await
    }

    async fn blob(&self, repository: &Repository, blob: &Descriptor) -> Result<BlobStream> {
        self.oci.blob(repository, blob).await
    }

    async fn tags(&self, repository: &Repository) -> Result<Vec<Tag>> {
        self.oci.tags(repository).await
    }

    async fn referrers(&self, subject: &Pinned) -> Result<Vec<Descriptor>> {
        self.oci.referrers(subject).await
    }

    fn abilities(&self) -> Abilities<'_> {
        V::abilities(self)
    }
}

#[async_trait]
impl<V: Vendor> RegistryWriter for VendorRegistry<V> {
    async fn put_blob(&self, op: Permit<'_, BlobCopy>, from: &dyn Registry) -> Result<Moved> {
        self.oci.put_blob(op, from).await.map_err(|e| self.vendor.explain(e))
    }

    async fn put_manifest(&self, op: Permit<'_, PutManifest>) -> Result<Moved> {
        self.oci.put_manifest(op).await.map_err(|e| self.vendor.explain(e))
    }

    async fn set_tag(&self, op: Permit<'_, SetTag>) -> Result<Moved> {
        self.oci.set_tag(op).await.map_err(|e| self.vendor.explain(e))
    }

    async fn delete(&self, op: Permit<'_, Delete>) -> Result<()> {
        self.oci.remove(op, self.abilities().deletion).await
    }

    fn as_registry(&self) -> &dyn Registry {
        self
    }
}

/// The credentials that were given, where there are any, else others.
#[derive(Debug)]
pub(super) struct OrElse {
    pub(super) given: Arc<dyn Credentials>,
    pub(super) otherwise: Arc<dyn Credentials>,
}

#[async_trait]
impl Credentials for OrElse {
    async fn get(&self, host: &str, path: &str) -> Result<Credential> {
        match self.given.get(host, path).await? {
            Credential::Anonymous => self.otherwise.get(host, path).await,
            given => Ok(given),
        }
    }
}

/// The action is one that this system does not have.
pub(super) fn unsupported(system: &str, action: &Action) -> Error {
    Error::unsupported(format!("{system} has no such thing")).context("action", action)
}

/// A document without what says nothing: `null`, `false`, empty texts, lists and objects. Vendors leave these out or write
/// them as they like.
pub(super) fn pruned(value: &Value) -> Value {
    let says_nothing = |value: &Value| match value {
        Value::Null | Value::Bool(false) => true,
        Value::String(text) => text.is_empty(),
        Value::Array(items) => items.is_empty(),
        Value::Object(fields) => fields.is_empty(),
        _ => false,
    };
    match value {
        Value::Array(items) => Value::Array(items.iter().map(pruned).collect()),
        Value::Object(fields) => {
            let kept = fields.iter().map(|(key, value)| (key.clone(), pruned(value)));
            Value::Object(kept.filter(|(_, value)| !says_nothing(value)).collect())
        }
        other => other.clone(),
    }
}

/// The value without these fields of its top level.
pub(super) fn without(value: &Value, fields: &[&str]) -> Value {
    match value {
        Value::Object(map) => {
            let kept = map.iter().filter(|(key, _)| !fields.contains(&key.as_str()));
            Value::Object(kept.map(|(key, value)| (key.clone(), value.clone())).collect())
        }
        other => other.clone(),
    }
}
