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
