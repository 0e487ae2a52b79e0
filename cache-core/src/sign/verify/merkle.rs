//! Proofs that a leaf is in a Merkle tree (RFC 6962, 2.1.1).

use sha2::{Digest as _, Sha256};

use crate::error::{Error, Result};

type Hash = [u8; 32];

pub(super) fn leaf(body: &[u8]) -> Hash {
    Sha256::new().chain_update([0]).chain_update(body).finalize().into()
}

fn node(left: &Hash, right: &Hash) -> Hash {
    Sha256::new().chain_update([1]).chain_update(left).chain_update(right).finalize().into()
}

/// Checks that `leaf` is at `index` in the tree of `size` leaves with this root.
pub(super) fn verify(index: u64, size: u64, leaf: &Hash, hashes: &[Vec<u8>], root: &[u8]) -> Result<()> {
    let wrong = || Error::untrusted("the inclusion proof in the log's tree is wrong");
    if index >= size {
        return Err(wrong());
    }
    // At each level: the number of this node, and that of the last node there.
    let (mut number, mut last, mut hash) = (index, size - 1, *leaf);
    for sibling in hashes {
        let sibling = Hash::try_from(&sibling[..]).map_err(|_| wrong())?;
        if last == 0 {
            return Err(wrong());
        }
        if number & 1 == 1 || number == last {
            hash = node(&sibling, &hash);
            // The last node of a level may have no sibling there: it moves up alone.
            while number & 1 == 0 && number != 0 {
                (number, last) = (number >> 1, last >> 1);
            }
        } else {
            hash = node(&hash, &sibling);
        }
        (number, last) = (number >> 1, last >> 1);
    }
    if last == 0 && hash[..] == *root { Ok(()) } else { Err(wrong()) }
}

#[cfg(test)]
mod tests {
    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;
    use serde::Deserialize;

    use super::*;

    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Vector {
        leaf_idx: u64,
        tree_size: u64,
        root: Option<String>,
        leaf_hash: Option<String>,
        proof: Option<Vec<String>>,
        want_err: bool,
    }

    fn files(folder: &std::path::Path) -> Vec<std::path::PathBuf> {
        let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
        entries.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect()
    }

    #[test]
    fn proofs_are_judged_as_other_implementations_judge_them() {
        let Some(folder) = crate::document::shared_data("signing/vectors/merkle/inclusion") else { return };
        let decode = |text: &String| STANDARD.decode(text).unwrap();
        let (mut good, mut bad) = (0, 0);
        for path in files(&folder) {
            let vector: Vector = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
            let leaf = vector.leaf_hash.as_ref().map(decode).unwrap_or_default();
            let root = vector.root.as_ref().map(decode).unwrap_or_default();
            let hashes: Vec<_> = vector.proof.iter().flatten().map(decode).collect();
            let judged = Hash::try_from(&leaf[..])
                .is_ok_and(|leaf| verify(vector.leaf_idx, vector.tree_size, &leaf, &hashes, &root).is_ok());
            assert_eq!(judged, !vector.want_err, "{}", path.display());
            *(if judged { &mut good } else { &mut bad }) += 1;
        }
        eprintln!("inclusion proofs: {good} good, {bad} refused");
        assert!(good > 0 && bad > 50);
    }
}
