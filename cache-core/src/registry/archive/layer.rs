//! A layer in a `docker save` archive: usually a plain tar file, with some tools a compressed one.

use crate::error::{Error, Result};
use crate::model::digest::Hasher;
use crate::model::{Algorithm, Descriptor, Digest};
use crate::registry::files::{CHUNK, FilePart};

const PLAIN: &str = "application/vnd.docker.image.rootfs.diff.tar";
const GZIP: &str = "application/vnd.docker.image.rootfs.diff.tar.gzip";
const ZSTD: &str = "application/vnd.docker.image.rootfs.diff.tar.zstd";

/// Reads a layer for its digest and its type.
pub(super) fn measure(mut part: FilePart) -> Result<Descriptor> {
    let size = part.len();
    let mut hasher = Hasher::new(Algorithm::Sha256);
    let mut media_type = PLAIN;
    let mut seen = 0;
    loop {
        let piece = part.next(CHUNK)?;
        if piece.is_empty() {
            break;
        }
        if seen == 0 {
            media_type = match &piece[..] {
                [0x1f, 0x8b, ..] => GZIP,
                [0x28, 0xb5, 0x2f, 0xfd, ..] => ZSTD,
                _ => PLAIN,
            };
        }
        seen += piece.len() as u64;
        hasher.update(&piece);
    }
    if seen != size {
        return Err(Error::unexpected("the archive became shorter while it was read"));
    }
    Ok(Descriptor::new(media_type, hasher.finish(), size))
}

/// Checks a layer that is not compressed against the configuration. Of a compressed one that would take reading it
/// decompressed, which the one who unpacks it does.
pub(super) fn check(layer: &Descriptor, diff_id: &Digest) -> Result<()> {
    if layer.media_type != PLAIN || layer.digest == *diff_id {
        return Ok(());
    }
    Err(Error::untrusted("the layer is not the one that the image's configuration names")
        .context("named", diff_id)
        .context("found", &layer.digest))
}
