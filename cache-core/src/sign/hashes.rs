//! The hashes of a file that need not be held: what signatures over it are checked against.

use std::path::Path;

use aws_lc_rs::digest;
use sha2::{Digest as _, Sha384, Sha512};

use super::scheme::Hash;
use crate::error::Result;
use crate::files::read_pieces;
use crate::model::digest::Hasher;
use crate::model::{Algorithm, Digest};

/// The SHA-256 of a message, and what else of its hashes is known.
#[derive(Debug, Clone)]
pub(super) struct Hashes {
    sha256: Digest,
    sha384: Option<[u8; 48]>,
    /// Not only its end: Ed25519ph takes the whole state.
    sha512: Option<Sha512>,
}

impl Hashes {
    /// Where no more is known than the SHA-256; none where the digest is another one.
    pub(super) fn of(sha256: &Digest) -> Option<Self> {
        let is_known = sha256.algorithm() == Algorithm::Sha256;
        is_known.then(|| Hashes { sha256: sha256.clone(), sha384: None, sha512: None })
    }

    /// Of a file, which is read once and in pieces. The others take more time than the SHA-256, so only those that are wanted are
    /// made.
    ///
    /// # Errors
    /// What the file system says.
    pub(super) fn of_file(path: &Path, wanted: &[Hash]) -> Result<Self> {
        let mut sha256 = Hasher::new(Algorithm::Sha256);
        let mut sha384 = wanted.contains(&Hash::Sha384).then(Sha384::new);
        let mut sha512 = wanted.contains(&Hash::Sha512).then(Sha512::new);
        read_pieces(path, |piece| {
            sha256.update(piece);
            if let Some(sha384) = &mut sha384 {
                sha384.update(piece);
            }
            if let Some(sha512) = &mut sha512 {
                sha512.update(piece);
            }
        })?;
        Ok(Hashes { sha256: sha256.finish(), sha384: sha384.map(|sha384| sha384.finalize().into()), sha512 })
    }

    /// The SHA-256.
    pub(super) fn sha256(&self) -> &Digest {
        &self.sha256
    }

    /// One of them, where it is known.
    pub(super) fn get(&self, hash: Hash) -> Option<Vec<u8>> {
        match hash {
            Hash::Sha256 => Some(self.sha256.to_bytes()),
            Hash::Sha384 => self.sha384.map(|sha384| sha384.to_vec()),
            Hash::Sha512 => self.sha512.clone().map(|sha512| sha512.finalize().to_vec()),
        }
    }

    /// The state of the SHA-512, where it is known.
    pub(super) fn sha512(&self) -> Option<&Sha512> {
        self.sha512.as_ref()
    }

    /// Those that are known, each with its algorithm.
    pub(super) fn digests(&self) -> Vec<digest::Digest> {
        let all = [(Hash::Sha256, &digest::SHA256), (Hash::Sha384, &digest::SHA384), (Hash::Sha512, &digest::SHA512)];
        let known = all.into_iter().filter_map(|(hash, algorithm)| Some((self.get(hash)?, algorithm)));
        known.filter_map(|(bytes, algorithm)| digest::Digest::import_less_safe(&bytes, algorithm).ok()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OTHERS: [Hash; 2] = [Hash::Sha384, Hash::Sha512];

    #[test]
    fn a_file_has_the_hashes_of_its_bytes_and_only_those_that_are_wanted_are_known() {
        let file = tempfile::NamedTempFile::new().unwrap();
        for length in [0, 1, (2 << 20) + 7] {
            let bytes: Vec<u8> = (0..length).map(|at| (at % 251) as u8).collect();
            std::fs::write(file.path(), &bytes).unwrap();
            let hashes = Hashes::of_file(file.path(), &OTHERS).unwrap();
            for hash in [Hash::Sha256, Hash::Sha384, Hash::Sha512] {
                assert_eq!(hashes.get(hash), Some(hash.of(&bytes)), "{length}");
            }
            assert_eq!(hashes.digests().len(), 3);
            let hashes = Hashes::of_file(file.path(), &[Hash::Sha256]).unwrap();
            assert_eq!(hashes.get(Hash::Sha256), Some(Hash::Sha256.of(&bytes)));
            assert_eq!((OTHERS.map(|hash| hashes.get(hash)), hashes.digests().len()), ([None, None], 1));
        }
        assert!(Hashes::of_file(&file.path().join("absent"), &OTHERS).is_err());
    }

    #[test]
    fn of_a_digest_no_more_is_known() {
        let hashes = Hashes::of(&Digest::of(b"message")).unwrap();
        assert_eq!((hashes.get(Hash::Sha256), hashes.digests().len()), (Some(Hash::Sha256.of(b"message")), 1));
        assert!(Hashes::of(&Digest::parse(&format!("sha512:{}", "0".repeat(128))).unwrap()).is_none());
    }
}
