//! The engine against the strict in-process registry and its faults. The names begin with the case that they stand for.

mod auth;
mod delete;
mod lists;
mod network;
mod pull;
mod push;
mod referrers;

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use serde_json::{Value, json};

use super::{OciOptions, OciRegistry};
use crate::approve::{Permit, testing_permit};
use crate::conformance::server::{Options, Server};
use crate::error::Result;
use crate::http::Patience;
use crate::model::manifest::media_type;
use crate::model::{Descriptor, Digest, Manifest, Reference, Repository, Secret, Tag};
use crate::plan::{BlobCopy, Expected, PutManifest, SetTag};
use crate::registry::credentials::Credential;
use crate::registry::{MemoryRegistry, Moved, Registry, RegistryWriter};

const APP: &str = "team/app";

/// A server, and our client of it, which is as patient as a test can be.
struct Rig {
    server: Server,
    client: OciRegistry,
}

impl Rig {
    async fn new(options: Options) -> Rig {
        Rig::with(options, |_| {}).await
    }

    async fn plain() -> Rig {
        Rig::new(Options::default()).await
    }

    async fn with(options: Options, change: impl FnOnce(&mut OciOptions)) -> Rig {
        let server = Server::start(options).await.unwrap();
        let mut options = OciOptions { patience: impatient(), ..OciOptions::default() };
        change(&mut options);
        let client = OciRegistry::new(server.host(), options).unwrap();
        Rig { server, client }
    }

    fn repository(&self, path: &str) -> Repository {
        Repository::parse(&format!("{}/{path}", self.server.host())).unwrap()
    }

    fn app(&self) -> Repository {
        self.repository(APP)
    }

    fn tagged(&self, tag: &str) -> Reference {
        self.app().tagged(Tag::parse(tag).unwrap())
    }

    /// An image that is in the registry, blobs included.
    fn seed_image(&self, tag: Option<&str>) -> Manifest {
        let manifest = image("layer", None);
        self.server.put_blob(APP, "{}");
        self.server.put_blob(APP, "layer");
        self.server.put_manifest(APP, tag, manifest.bytes().clone(), manifest.media_type());
        manifest
    }

    async fn read(&self, blob: &Descriptor) -> Result<Bytes> {
        self.client.blob(&self.app(), blob).await?.into_bytes(1 << 30).await
    }

    /// Stores a blob that is at hand in memory.
    async fn store(&self, bytes: impl Into<Bytes>) -> Result<Moved> {
        let source = MemoryRegistry::new();
        let blob = source.insert_blob(bytes);
        self.copy(&source, Repository::parse("memory:x").unwrap(), &blob).await
    }

    async fn copy(&self, source: &dyn Registry, from: Repository, blob: &Descriptor) -> Result<Moved> {
        self.client.put_blob(testing_permit(BlobCopy { from, to: self.app(), blob: blob.clone() }), source).await
    }

    async fn put(&self, manifest: &Manifest) -> Result<Moved> {
        let op = PutManifest { repository: self.app(), manifest: manifest.clone() };
        self.client.put_manifest(testing_permit(op)).await
    }

    fn set(&self, tag: &str, to: &Digest, expected: Expected) -> Permit<'static, SetTag> {
        let tag = Tag::parse(tag).unwrap();
        testing_permit(SetTag { repository: self.app(), tag, to: to.clone(), expected })
    }
}

fn impatient() -> Patience {
    let ms = Duration::from_millis;
    Patience { first_pause: ms(2), longest_pause: ms(50), answer: ms(5000), idle: ms(500), ..Patience::default() }
}

fn password(user: &str, password: &str) -> Arc<Credential> {
    Arc::new(Credential::Password { user: user.to_owned(), password: Secret::new(password) })
}

/// An image of one layer, or an artifact about `subject`. Its config is `{}`.
fn image(layer: &str, subject: Option<&Manifest>) -> Manifest {
    let mut document = json!({
        "schemaVersion": 2,
        "mediaType": media_type::OCI_MANIFEST,
        "config": Descriptor::of(media_type::OCI_CONFIG, b"{}"),
        "layers": [Descriptor::of(media_type::OCI_LAYER_GZIP, layer.as_bytes())],
    });
    if let Some(subject) = subject {
        document["artifactType"] = json!("application/vnd.test");
        document["subject"] = serde_json::to_value(subject.descriptor()).unwrap();
        document["annotations"] = json!({"layer": layer});
    }
    parsed(&document)
}

fn parsed(document: &Value) -> Manifest {
    Manifest::parse(document.to_string(), None).unwrap()
}

/// Bytes that differ everywhere.
fn noise(length: usize) -> Bytes {
    let mut state = 0x9e37_79b9_u32;
    let next = |_| {
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        state.to_le_bytes()[0]
    };
    (0..length).map(next).collect()
}
