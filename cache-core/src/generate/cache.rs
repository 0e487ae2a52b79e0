//! What layers say, kept by their digest.

use std::io::Write;
use std::path::{Path, PathBuf};

use serde::Serialize;

use crate::error::Result;
use crate::files::{read_limited, replace};
use crate::model::Digest;
use crate::sbom::catalog::Layer;

/// Raised when what is kept of a layer changes its shape or its meaning.
const VERSION: &str = "3";
/// The largest file that is read or written: what may be kept of a layer, with room for how it is written.
const MAX_FILE: u64 = 4 << 30;

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
        let bytes = read_limited(&self.path(layer, catalogers), MAX_FILE).ok()?;
        serde_json::from_slice(&bytes).ok()
    }

    pub(super) fn put(&self, layer: &Digest, catalogers: &Digest, analysis: &Layer) {
        let path = self.path(layer, catalogers);
        if let Err(error) = write(&path, analysis, MAX_FILE) {
            tracing::warn!(path = %path.display(), %error, "the analysis of a layer is not kept");
        }
    }

    fn path(&self, layer: &Digest, catalogers: &Digest) -> PathBuf {
        let set = catalogers.hex().get(..16).unwrap_or_default();
        self.folder.join(format!("{VERSION}-{}-{set}", env!("CARGO_PKG_VERSION"))).join(format!("{}.json", layer.hex()))
    }
}

/// What has more bytes is not written: nobody would read it.
fn write(path: &Path, analysis: &impl Serialize, limit: u64) -> Result<()> {
    replace(path, |out| serde_json::to_writer(Limited { out, left: limit }, analysis).map_err(std::io::Error::from))
}

/// Takes so many bytes.
struct Limited<W> {
    out: W,
    left: u64,
}

impl<W: Write> Write for Limited<W> {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        let left = self.left.checked_sub(bytes.len() as u64);
        self.left = left.ok_or_else(|| std::io::Error::other("it is larger than what is read"))?;
        self.out.write_all(bytes)?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.out.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_would_not_be_read_is_not_written() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("layer.json");
        let error = write(&path, &["12345"], 8).unwrap_err();
        assert!(error.to_string().contains("larger"), "{error}");
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
        write(&path, &["12345"], 9).unwrap();
        assert_eq!(read_limited(&path, 9).unwrap(), br#"["12345"]"#);
    }
}
