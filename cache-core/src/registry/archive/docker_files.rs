//! What `docker save` wrote, seen as the OCI layout that it would be.

use std::collections::HashMap;
use std::path::Path;

use bytes::Bytes;
use serde::Serialize;

use super::layer::{check, measure};
use super::saved::{SavedImage, absent, diff_ids, read_config};
use super::scan::Place;
use super::tar_file::TarFile;
use crate::error::{Error, Result};
use crate::model::manifest::{MAX_MANIFEST, media_type};
use crate::model::{Descriptor, Digest, Manifest, ManifestBody};
use crate::registry::files::{FilePart, Files};
use crate::registry::layout::content::{INDEX, MARKER, MAX_INDEX, blob_path, marker};
use crate::registry::layout::index::LayoutIndex;

/// The files of that layout: some made here, the others where they are in the archive.
#[derive(Debug)]
pub(super) struct DockerFiles {
    tar: TarFile,
    made: HashMap<String, Bytes>,
    found: HashMap<String, Place>,
}

impl Files for DockerFiles {
    fn open(&self, path: &str) -> Result<Option<FilePart>> {
        if let Some(bytes) = self.made.get(path) {
            return Ok(Some(FilePart::of_bytes(bytes.clone(), self.tar.place().join(path))));
        }
        match self.found.get(path) {
            Some(place) => self.tar.part(*place).map(Some),
            None => self.tar.open(path),
        }
    }

    fn place(&self) -> &Path {
        self.tar.place()
    }
}

impl DockerFiles {
    /// Reads every layer once, for its digest. An archive that is a layout too, as Docker writes it since version 25, is
    /// taken at its word, and no layer is read.
    pub(super) fn new(tar: TarFile) -> Result<Self> {
        let is_layout = tar.find(MARKER)?.is_some();
        let images = SavedImage::list(&tar)?;
        let mut files = DockerFiles { tar, made: HashMap::new(), found: HashMap::new() };
        let index = match images {
            Some(images) if is_layout => files.name_listed(&images)?,
            Some(images) => files.add_all(&images)?,
            None => {
                return Err(Error::invalid("this is not what docker save writes: there is no manifest.json")
                    .hint("an OCI layout in a tar file is written oci-archive:FILE"));
            }
        };
        if !is_layout {
            files.made.insert(MARKER.to_owned(), marker().into());
        }
        files.made.insert(INDEX.to_owned(), index.to_json()?.into());
        Ok(files)
    }

    /// The layout's own index, and the tags of `manifest.json` that it lacks.
    fn name_listed(&self, images: &[SavedImage]) -> Result<LayoutIndex> {
        let json = self.tar.read(INDEX, MAX_INDEX)?.ok_or_else(|| Error::invalid("the layout has no index.json"))?;
        let mut index = LayoutIndex::parse(&json)?;
        for image in images {
            for tag in image.tags() {
                if index.find(&tag).is_ok_and(|found| found.is_none())
                    && let Some(manifest) = self.with_config(&index, &image.config)?
                {
                    index.add_name(&tag, &manifest)?;
                }
            }
        }
        Ok(index)
    }

    /// The image in the index that has this configuration.
    fn with_config(&self, index: &LayoutIndex, config: &str) -> Result<Option<Manifest>> {
        for entry in index.descriptors() {
            let Some(bytes) = self.tar.read(&blob_path(&entry.digest), MAX_MANIFEST)? else { continue };
            let manifest = Manifest::parse_expecting(bytes, &entry.digest, Some(&entry.media_type))?;
            if matches!(&*manifest, ManifestBody::Image(image) if blob_path(&image.config.digest) == config) {
                return Ok(Some(manifest));
            }
        }
        Ok(None)
    }

    /// An index of all images, with their tags.
    fn add_all(&mut self, images: &[SavedImage]) -> Result<LayoutIndex> {
        let mut index = LayoutIndex::empty();
        let mut layers = HashMap::new();
        for image in images {
            let manifest = self.add(image, &mut layers)?;
            index.list(&manifest.descriptor())?;
            for tag in image.tags() {
                index.add_name(&tag, &manifest)?;
            }
        }
        Ok(index)
    }

    /// Adds an image: its configuration and layers as they are, and a manifest.
    fn add(&mut self, image: &SavedImage, known: &mut HashMap<Place, Descriptor>) -> Result<Manifest> {
        let config = read_config(&self.tar, image)?;
        let diff_ids = diff_ids(&config)?;
        if diff_ids.len() != image.layers.len() {
            return Err(Error::invalid(
                "manifest.json and the image's configuration disagree about the number of layers",
            )
            .context("configuration", &image.config));
        }
        let mut layers = Vec::new();
        for (name, diff_id) in image.layers.iter().zip(&diff_ids) {
            let place = self.tar.find(name)?.ok_or_else(|| absent(name))?;
            let layer = match known.get(&place) {
                Some(layer) => layer.clone(),
                None => measure(self.tar.part(place)?)?,
            };
            check(&layer, diff_id).map_err(|e| e.context("layer", name))?;
            self.found.insert(blob_path(&layer.digest), place);
            layers.push(layer.clone());
            known.insert(place, layer);
        }
        let manifest = manifest(&Descriptor::of(media_type::DOCKER_CONFIG, &config), &layers)?;
        self.made.insert(blob_path(&Digest::of(&config)), config);
        self.made.insert(blob_path(manifest.digest()), manifest.bytes().clone());
        Ok(manifest)
    }
}

/// The same fields in the same order as skopeo writes them.
fn manifest(config: &Descriptor, layers: &[Descriptor]) -> Result<Manifest> {
    #[derive(Serialize)]
    #[serde(rename_all = "camelCase")]
    struct Written<'a> {
        schema_version: u32,
        media_type: &'a str,
        config: Part<'a>,
        layers: Vec<Part<'a>>,
    }
    #[derive(Serialize)]
    #[serde(rename_all = "camelCase")]
    struct Part<'a> {
        media_type: &'a str,
        size: u64,
        digest: &'a Digest,
    }
    fn part(of: &Descriptor) -> Part<'_> {
        Part { media_type: &of.media_type, size: of.size, digest: &of.digest }
    }
    let layers = layers.iter().map(part).collect();
    let written = Written { schema_version: 2, media_type: media_type::DOCKER_MANIFEST, config: part(config), layers };
    let json = serde_json::to_vec(&written);
    Manifest::parse(json.map_err(|e| Error::unexpected("a manifest cannot be written").caused_by(e))?, None)
}
