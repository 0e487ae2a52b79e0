//! A log's signed head: a "signed note" with the size and the root hash of its tree (C2SP, `tlog-checkpoint`).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest as _, Sha256};

use crate::error::{Error, Result};
use crate::sign::PublicKey;

/// No checkpoint is this long.
const MAX_CHECKPOINT: usize = 64 << 10;
/// The most signatures that are looked at: the log's own and those of its witnesses.
const MAX_SIGNATURES: usize = 64;

/// The head of a log's tree, whose signature verified.
pub(super) struct Head {
    pub(super) size: u64,
    pub(super) root: Vec<u8>,
}

/// Reads a checkpoint and checks that `key` signed it. Others may have signed it too, in any order.
pub(super) fn verify(text: &str, key: &PublicKey, name: Option<&str>) -> Result<Head> {
    let malformed = || Error::invalid("the checkpoint of the log does not parse");
    if text.len() > MAX_CHECKPOINT {
        return Err(malformed());
    }
    // The signed text ends with a line break, and a blank line follows.
    let at = text.find("\n\n").ok_or_else(malformed)?;
    let (body, signatures) = text.split_at_checked(at + 1).ok_or_else(malformed)?;
    let mut lines = body.lines();
    let origin = lines.next().unwrap_or_default();
    let size = lines.next().and_then(|line| line.parse().ok()).ok_or_else(malformed)?;
    let root = lines.next().and_then(|line| STANDARD.decode(line).ok()).ok_or_else(malformed)?;
    if origin.is_empty() || root.len() != 32 {
        return Err(malformed());
    }
    let signed = signatures.lines().skip(1).take(MAX_SIGNATURES).any(|line| is_by(line, body.as_bytes(), key, name));
    if signed { Ok(Head { size, root }) } else { Err(Error::untrusted("the checkpoint is not signed by the log")) }
}

/// Whether this line holds a signature by the key: `— <name> <base64 of four bytes of the key's id and the signature>`.
fn is_by(line: &str, body: &[u8], key: &PublicKey, log: Option<&str>) -> bool {
    let parts = line.strip_prefix("\u{2014} ").and_then(|rest| rest.rsplit_once(' '));
    let Some((name, encoded)) = parts else { return false };
    let Ok(bytes) = STANDARD.decode(encoded) else { return false };
    let Some((id, signature)) = bytes.split_at_checked(4) else { return false };
    let named = log.is_none_or(|log| log == name);
    named && ids(name, key).iter().any(|known| known.get(..4) == Some(id)) && key.verify(body, signature).is_ok()
}

/// The ids that the key may have: of its DER, as Rekor v1 writes it, or for Ed25519 of the name and the bare key.
fn ids(name: &str, key: &PublicKey) -> Vec<[u8; 32]> {
    let mut ids = vec![Sha256::digest(key.spki()).into()];
    if let Some(raw) = key.ed25519() {
        let note = Sha256::new().chain_update(name).chain_update([b'\n', 1]).chain_update(raw);
        ids.push(note.finalize().into());
    }
    ids
}
