//! What layers say, kept by their digest.

use std::fs;
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

use crate::model::Digest;
use crate::sbom::catalog::Layer;

/// Raised when what is kept of a layer changes its shape or its meaning.
const VERSION: &str = "2";

/// A folder in which the analysis of layers is kept: a second image on the same base reads only its own layers.
///
/// It is trusted as the program itself is: whoever may write there can hide packages. What cannot be read there is read
/// from the layer again; what cannot be written is not kept.
#[derive(Debug, Clone)]
pub struct LayerCache {
    folder: PathBuf,
}

impl LayerCache {
    /// In this folder, which is made when there is something to keep.
    pub fn at(folder: impl Into<PathBuf>) -> Self {
        LayerCache { folder: folder.into() }
    }

    pub(super) fn get(&self, layer: &Digest, catalogers: &Digest) -> Option<Layer> {
        let bytes = fs::read(self.path(layer, catalogers)).ok()?;
        serde_json::from_slice(&bytes).ok()
    }

    pub(super) fn put(&self, layer: &Digest, catalogers: &Digest, analysis: &Layer) {
        let path = self.path(layer, catalogers);
        if let Err(error) = write(&path, analysis) {
            tracing::warn!(path = %path.display(), %error, "the analysis of a layer is not kept");
        }
    }

    fn path(&self, layer: &Digest, catalogers: &Digest) -> PathBuf {
        let set = catalogers.hex().get(..16).unwrap_or_default();
        self.folder.join(format!("{VERSION}-{}-{set}", env!("CARGO_PKG_VERSION"))).join(format!("{}.json", layer.hex()))
    }
}

/// Wholly or not at all, whoever else writes the same.
fn write(path: &Path, analysis: &Layer) -> std::io::Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(folder)?;
    let mut file = std::io::BufWriter::new(NamedTempFile::new_in(folder)?);
    serde_json::to_writer(&mut file, analysis)?;
    file.into_inner()?.persist(path)?;
    Ok(())
}
