//! The checksums of a file.

use std::path::Path;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::error::Result;
use crate::files::read_pieces;
use crate::model::Digest;
use crate::model::digest::{Algorithm, Hasher};

/// Both in one reading.
#[derive(Debug)]
pub(super) struct Sums {
    pub(super) digest: Digest,
    pub(super) crc32c: u32,
}

impl Sums {
    pub(super) fn of(path: &Path) -> Result<Sums> {
        let (mut hasher, mut crc) = (Hasher::new(Algorithm::Sha256), u32::MAX);
        read_pieces(path, |piece| {
            hasher.update(piece);
            crc = crc32c(crc, piece);
        })?;
        Ok(Sums { digest: hasher.finish(), crc32c: !crc })
    }
}

/// The CRC-32C that Google's storage states of what it sends: `crc32c=n03x6A==` (cloud.google.com/storage/docs/xml-api,
/// `x-goog-hash`).
pub(super) fn stated(header: &str) -> Option<u32> {
    let text = header.split(',').find_map(|part| part.trim().strip_prefix("crc32c="))?;
    Some(u32::from_be_bytes(STANDARD.decode(text).ok()?.try_into().ok()?))
}

/// Castagnoli's polynomial, the lowest bit first.
const POLYNOMIAL: u32 = 0x82f6_3b78;
const TABLE: [u32; 256] = {
    let mut table = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        let (mut crc, mut bit) = (byte as u32, 0);
        while bit < 8 {
            crc = if crc & 1 == 1 { crc >> 1 ^ POLYNOMIAL } else { crc >> 1 };
            bit += 1;
        }
        table[byte] = crc;
        byte += 1;
    }
    table
};

fn crc32c(crc: u32, bytes: &[u8]) -> u32 {
    bytes.iter().fold(crc, |crc, byte| crc >> 8 ^ TABLE[usize::from(crc.to_le_bytes()[0] ^ byte)])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_checksum_is_the_published_one() {
        // RFC 3720, B.4, and the sum of "123456789".
        assert_eq!(!crc32c(u32::MAX, &[0; 32]), 0x8a91_36aa);
        assert_eq!(!crc32c(u32::MAX, b"123456789"), 0xe306_9283);
        assert_eq!(stated("crc32c=4waSgw==,md5=xyz"), Some(0xe306_9283));
        assert_eq!((stated("md5=xyz"), stated("crc32c=zz"), stated("crc32c=")), (None, None, None));
    }
}
