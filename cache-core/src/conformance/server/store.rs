//! What the registry holds.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use bytes::Bytes;

use super::manifest::Facts;
use super::refusal::{Code, Refusal};
use super::session::Session;
use crate::model::Digest;

/// An upload that several connections may reach for, one at a time.
pub(super) type SharedSession = Arc<tokio::sync::Mutex<Session>>;

/// All repositories, and the uploads that are under way.
#[derive(Default)]
pub(super) struct Store {
    repositories: BTreeMap<String, Repository>,
    uploads: HashMap<String, (String, SharedSession)>,
}

/// One repository. The maps are sorted, so that every list is too.
#[derive(Debug, Default)]
pub(super) struct Repository {
    pub(super) blobs: BTreeMap<Digest, Bytes>,
    pub(super) manifests: BTreeMap<Digest, Stored>,
    pub(super) tags: BTreeMap<String, Digest>,
}

/// A manifest, with the bytes that were pushed.
#[derive(Debug, Clone)]
pub(super) struct Stored {
    pub(super) bytes: Bytes,
    pub(super) media_type: String,
    pub(super) facts: Facts,
}

impl Store {
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.repositories.keys().map(String::as_str)
    }

    pub(super) fn find(&self, name: &str) -> Option<&Repository> {
        self.repositories.get(name)
    }

    pub(super) fn repository(&self, name: &str) -> Result<&Repository, Refusal> {
        self.find(name).ok_or_else(|| unknown(name))
    }

    /// The repository to write to; makes it where pushes may.
    pub(super) fn writable(&mut self, name: &str, create: bool) -> Result<&mut Repository, Refusal> {
        if create { Ok(self.make(name)) } else { self.repositories.get_mut(name).ok_or_else(|| unknown(name)) }
    }

    pub(super) fn make(&mut self, name: &str) -> &mut Repository {
        self.repositories.entry(name.to_owned()).or_default()
    }

    pub(super) fn existing(&mut self, name: &str) -> Result<&mut Repository, Refusal> {
        self.writable(name, false)
    }

    /// The blob, from the named repository or from any.
    pub(super) fn blob(&self, from: Option<&str>, digest: &Digest) -> Option<Bytes> {
        match from {
            Some(name) => self.find(name)?.blobs.get(digest).cloned(),
            None => self.repositories.values().find_map(|repository| repository.blobs.get(digest).cloned()),
        }
    }

    pub(super) fn move_tag(&mut self, name: &str, tag: &str, to: Option<Digest>) {
        let tags = &mut self.make(name).tags;
        match to {
            Some(digest) => drop(tags.insert(tag.to_owned(), digest)),
            None => drop(tags.remove(tag)),
        }
    }

    pub(super) fn begin(&mut self, name: &str, session: Session) {
        let id = session.id().to_owned();
        self.uploads.insert(id, (name.to_owned(), Arc::new(tokio::sync::Mutex::new(session))));
    }

    pub(super) fn upload(&self, name: &str, id: &str) -> Result<SharedSession, Refusal> {
        let here = self.uploads.get(id).filter(|(repository, _)| repository == name);
        here.map(|(_, session)| Arc::clone(session))
            .ok_or_else(|| Refusal::new(Code::BlobUploadUnknown, "no such upload in this repository"))
    }

    pub(super) fn end(&mut self, id: &str) {
        self.uploads.remove(id);
    }

    pub(super) fn forget_uploads(&mut self) {
        self.uploads.clear();
    }
}

impl Repository {
    pub(super) fn resolve(&self, tag: &str) -> Option<&Digest> {
        self.tags.get(tag)
    }
}

fn unknown(name: &str) -> Refusal {
    Refusal::new(Code::NameUnknown, format!("there is no repository {name}"))
}
