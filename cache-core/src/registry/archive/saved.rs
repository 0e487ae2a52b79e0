//! `manifest.json`: what `docker save` says about the images of its archive.

use serde::Deserialize;

use super::names::normal;
use super::tar_file::TarFile;
use crate::error::{Error, Result};
use crate::model::descriptor::null_is_empty;
use crate::model::manifest::{MAX_CONFIG, MAX_MANIFEST};
use crate::model::{Digest, Tag};
use crate::registry::files::Files;

/// More than one saves at a time, and more than an image has of layers.
const MAX_LISTED: usize = 1000;

/// One image.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct SavedImage {
    /// The name of its configuration in the archive.
    pub(super) config: String,
    #[serde(default, deserialize_with = "null_is_empty")]
    repo_tags: Vec<String>,
    /// The names of its layers in the archive, lowest first.
    #[serde(default, deserialize_with = "null_is_empty")]
    pub(super) layers: Vec<String>,
}

impl SavedImage {
    /// The images of an archive. `None` where it has no `manifest.json`.
    pub(super) fn list(tar: &TarFile) -> Result<Option<Vec<SavedImage>>> {
        let Some(json) = tar.read("manifest.json", MAX_MANIFEST)? else { return Ok(None) };
        let malformed = |what: String| Error::invalid(format!("manifest.json is malformed: {what}"));
        let mut images: Vec<SavedImage> =
            serde_json::from_slice(&json).map_err(|e| malformed(e.to_string()).caused_by(e))?;
        if images.is_empty() {
            return Err(malformed("it lists no image".into()));
        }
        if images.len() > MAX_LISTED || images.iter().any(|i| i.layers.len() > MAX_LISTED) {
            return Err(malformed(format!("it lists more than {MAX_LISTED} images or layers")));
        }
        for image in &mut images {
            for name in std::iter::once(&mut image.config).chain(&mut image.layers) {
                *name = normal(name)?;
            }
        }
        Ok(Some(images))
    }

    /// The tags of its names; the repositories of the machine that saved it mean nothing here.
    pub(super) fn tags(&self) -> impl Iterator<Item = Tag> {
        self.repo_tags.iter().filter_map(|name| {
            let (_, tag) = name.rsplit_once(':')?;
            Tag::parse(tag).ok()
        })
    }
}

/// The digests that the layers have when they are not compressed, as a configuration lists them.
pub(super) fn diff_ids(config: &[u8]) -> Result<Vec<Digest>> {
    #[derive(Deserialize)]
    struct Config {
        rootfs: Rootfs,
    }
    #[derive(Deserialize)]
    struct Rootfs {
        #[serde(default, deserialize_with = "null_is_empty")]
        diff_ids: Vec<Digest>,
    }
    let config: Config = serde_json::from_slice(config)
        .map_err(|e| Error::invalid(format!("the image's configuration is malformed: {e}")).caused_by(e))?;
    Ok(config.rootfs.diff_ids)
}

/// The configuration of an image, byte for byte.
pub(super) fn read_config(tar: &TarFile, image: &SavedImage) -> Result<bytes::Bytes> {
    tar.read(&image.config, MAX_CONFIG)?.ok_or_else(|| absent(&image.config))
}

/// `manifest.json` names a file that the archive lacks.
pub(super) fn absent(name: &str) -> Error {
    Error::invalid("manifest.json names a file that is not in the archive").context("file", name)
}
