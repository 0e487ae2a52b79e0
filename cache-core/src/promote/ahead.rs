//! Fetching what is small before it is its turn, so that one layer is not waited for after the other.

use std::collections::{HashMap, HashSet};
use std::sync::{Mutex, PoisonError};

use bytes::Bytes;
use futures_util::FutureExt;
use futures_util::future::{BoxFuture, join_all};

use super::documents::is_document;
use super::gather::SMALL;
use super::unit::Node;
use crate::error::Result;
use crate::model::{Descriptor, Digest, ManifestBody, Pinned};
use crate::registry::Registry;
use crate::sign::SignedLayer;

/// An artifact of so many layers has few.
const FEW_LAYERS: usize = 4;

/// The bytes of an artifact's layers: those of the small ones of an artifact that has few are there already.
pub(super) struct Ahead<'a> {
    source: &'a dyn Registry,
    image: &'a Pinned,
    /// What came of each layer that was tried.
    fetched: Mutex<HashMap<(Digest, u64), Result<Bytes>>>,
}

impl<'a> Ahead<'a> {
    /// So many layers in all are fetched before it is their turn.
    pub(super) const MOST: usize = 512;

    /// The layers that somebody will read, each once, as long as there is room for so many.
    pub(super) fn choose<'n>(node: &'n Node, with_documents: bool, room: &mut usize) -> Vec<&'n Descriptor> {
        let layers = match node.manifest.value() {
            ManifestBody::Image(artifact) if artifact.layers.len() <= FEW_LAYERS => artifact.layers.as_slice(),
            _ => &[],
        };
        let is_read =
            |layer: &&Descriptor| SignedLayer::of(layer).is_some() || (with_documents && is_document(node, layer));
        let mut known = HashSet::new();
        let small = layers.iter().filter(|layer| layer.size <= SMALL).filter(is_read);
        let chosen: Vec<_> = small.filter(|layer| known.insert((&layer.digest, layer.size))).take(*room).collect();
        *room -= chosen.len();
        chosen
    }

    pub(super) async fn fetch(source: &'a dyn Registry, image: &'a Pinned, layers: Vec<&Descriptor>) -> Self {
        let mut fetching: Vec<BoxFuture<'_, _>> = Vec::with_capacity(layers.len());
        for layer in layers {
            fetching.push(async move { (key(layer), blob(source, image, layer, SMALL).await) }.boxed());
        }
        let fetched = Mutex::new(join_all(fetching).await.into_iter().collect());
        Ahead { source, image, fetched }
    }

    /// What was fetched of a layer, or why it could not be; where it was not tried, or given before, it is asked for.
    pub(super) async fn bytes(&self, layer: &Descriptor, limit: u64) -> Result<Bytes> {
        let fetched = self.fetched.lock().unwrap_or_else(PoisonError::into_inner).remove(&key(layer));
        match fetched {
            Some(bytes) => bytes,
            None => blob(self.source, self.image, layer, limit).await,
        }
    }
}

fn key(layer: &Descriptor) -> (Digest, u64) {
    (layer.digest.clone(), layer.size)
}

async fn blob(source: &dyn Registry, image: &Pinned, layer: &Descriptor, limit: u64) -> Result<Bytes> {
    source.blob(&image.repository, layer).await?.into_bytes(limit).await
}
