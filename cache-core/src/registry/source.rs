//! The archive that an image is built from.

use std::path::PathBuf;

use crate::error::{Error, Result};
use crate::files::read_limited;
use crate::model::Digest;
use crate::plan::BuildSource;

impl BuildSource {
    /// The largest archive that is sent.
    const MAX: u64 = 1 << 30;

    /// The archive as it is now.
    ///
    /// # Errors
    /// `NotFound`; `Invalid` where it is larger than a gibibyte.
    pub fn of(path: impl Into<PathBuf>) -> Result<Self> {
        let path = path.into();
        let bytes = read_limited(&path, BuildSource::MAX)?;
        Ok(BuildSource { digest: Digest::of(&bytes), size: bytes.len() as u64, path })
    }

    /// The bytes that the plan is about.
    ///
    /// # Errors
    /// `Conflict` where the file has others by now.
    #[cfg_attr(not(feature = "acr"), allow(dead_code))]
    pub(crate) fn bytes(&self) -> Result<Vec<u8>> {
        let bytes = read_limited(&self.path, BuildSource::MAX)?;
        if bytes.len() as u64 == self.size && Digest::of(&bytes) == self.digest {
            return Ok(bytes);
        }
        Err(Error::conflict("the source is not what was planned to be built")
            .context("path", self.path.display())
            .context("planned", &self.digest)
            .hint("make a new plan"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::ErrorKind;

    #[test]
    fn a_source_that_changed_is_not_what_was_planned() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("source.tar.gz");
        assert!(BuildSource::of(&path).unwrap_err().is_not_found());
        std::fs::write(&path, "one").unwrap();
        let source = BuildSource::of(&path).unwrap();
        assert_eq!((source.bytes().unwrap(), source.size), (b"one".to_vec(), 3));
        std::fs::write(&path, "two").unwrap();
        assert_eq!(source.bytes().unwrap_err().kind(), ErrorKind::Conflict);
    }
}
