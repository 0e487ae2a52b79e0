//! Cache's own generator: each layer is read once, while it is fetched.

use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap};
use std::path::Path;
use std::sync::Arc;

use async_trait::async_trait;
use futures_util::{StreamExt, TryStreamExt, stream};

use super::progress::{Progress, Watch};
use super::stream::BlobReader;
use super::{Generator, LayerCache, Target, subject};
use crate::blocking::blocking;
use crate::error::{Error, Result};
use crate::model::{Descriptor, Digest, Pinned, Timestamp};
use crate::registry::Registry;
use crate::sbom::catalog::{Catalog, Layer, Limits};
use crate::sbom::{Kind, Package, Sbom};

/// How many layers are read at a time.
const AT_ONCE: usize = 2;

/// Makes SBOMs without any other program. Layers stream from the registry, two at a time: they are hashed, unpacked and read
/// in one go, and neither held in memory nor written to disk.
#[derive(Debug, Clone)]
pub struct NativeGenerator {
    catalog: Arc<Catalog>,
    cache: Option<LayerCache>,
    watch: Option<Watch>,
    clock: Option<Timestamp>,
}

impl Default for NativeGenerator {
    fn default() -> Self {
        NativeGenerator::new(Catalog::new(Limits::default()))
    }
}

impl NativeGenerator {
    /// With these catalogers and limits.
    pub fn new(catalog: Catalog) -> Self {
        NativeGenerator { catalog: Arc::new(catalog), cache: None, watch: None, clock: None }
    }

    /// Keeps what it finds in layers.
    pub fn keeping(mut self, cache: LayerCache) -> Self {
        self.cache = Some(cache);
        self
    }

    /// Tells how far it is.
    pub fn watched(mut self, watch: Watch) -> Self {
        self.watch = Some(watch);
        self
    }

    /// Writes this time into its SBOMs: the same image then gives the same document.
    pub fn at(mut self, now: Timestamp) -> Self {
        self.clock = Some(now);
        self
    }

    async fn image(&self, registry: &dyn Registry, image: &Pinned) -> Result<Sbom<'static>> {
        let layers = subject::image_manifest(registry, image).await?.1.layers;
        // A layer may be listed twice; it is read once. The largest comes first, so that none is left to wait for alone.
        let different: BTreeMap<_, Descriptor> =
            layers.iter().map(|layer| ((Reverse(layer.size), layer.digest.clone()), layer.clone())).collect();
        let read: HashMap<Digest, Arc<Layer>> = stream::iter(different.into_values())
            .map(
                |layer| async move { Ok((layer.digest.clone(), Arc::new(self.layer(registry, image, &layer).await?))) },
            )
            .buffer_unordered(AT_ONCE)
            .try_collect()
            .await
            .map_err(|e: Error| e.context("image", image))?;
        let digests: Vec<Digest> = layers.into_iter().map(|layer| layer.digest).collect();
        let analysed: Vec<Arc<Layer>> = digests.iter().filter_map(|digest| read.get(digest).cloned()).collect();
        let mut sbom = blocking(move || Ok(Catalog::assemble(&analysed, &digests))).await?;
        subject::set_image(&mut sbom, image);
        Ok(sbom)
    }

    async fn layer(&self, registry: &dyn Registry, image: &Pinned, layer: &Descriptor) -> Result<Layer> {
        let catalogers = self.catalog.fingerprint();
        let known = match self.cache.clone() {
            Some(cache) => {
                let (layer, catalogers) = (layer.digest.clone(), catalogers.clone());
                blocking(move || Ok(cache.get(&layer, &catalogers))).await?
            }
            None => None,
        };
        if let Some(watch) = &self.watch {
            watch.tell(&Progress::Layer { digest: layer.digest.clone(), size: layer.size, known: known.is_some() });
        }
        if let Some(known) = known {
            return Ok(known);
        }
        let blob = registry.blob(&image.repository, layer).await?;
        let (catalog, cache, digest) = (Arc::clone(&self.catalog), self.cache.clone(), layer.digest.clone());
        let reader = BlobReader::start(blob, self.watch.clone());
        blocking(move || {
            let read = catalog.layer(reader).map_err(|e| e.context("layer", &digest))?;
            if let Some(cache) = cache {
                cache.put(&digest, &catalogers, &read);
            }
            Ok(read)
        })
        .await
    }

    async fn folder(&self, folder: &Path) -> Result<Sbom<'static>> {
        let (catalog, root) = (Arc::clone(&self.catalog), folder.to_owned());
        let mut sbom = blocking(move || Ok(Catalog::assemble(&[Arc::new(catalog.folder(&root)?)], &[]))).await?;
        let name =
            folder.file_name().map_or_else(|| folder.display().to_string(), |n| n.to_string_lossy().into_owned());
        let subject = Package { id: "folder".into(), kind: Kind::Application, name: name.into(), ..Package::default() };
        subject::set_subject(&mut sbom, subject);
        Ok(sbom)
    }
}

#[async_trait]
impl Generator for NativeGenerator {
    fn tool(&self) -> String {
        concat!("cache-", env!("CARGO_PKG_VERSION")).into()
    }

    async fn generate(&self, target: Target<'_>) -> Result<Sbom<'static>> {
        let mut sbom = match target {
            Target::Image { registry, image } => self.image(registry, image).await?,
            Target::Folder(folder) => self.folder(folder).await?,
        };
        sbom.metadata.tools = vec![self.tool().into()];
        sbom.metadata.created = Some(self.clock.unwrap_or_else(Timestamp::now).to_string().into());
        if let Some(watch) = &self.watch {
            watch.tell(&Progress::Packages { count: sbom.packages.len() });
        }
        Ok(sbom)
    }
}
