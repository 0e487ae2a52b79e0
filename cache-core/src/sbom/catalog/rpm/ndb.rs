//! NDB, the form that openSUSE uses: pages of slots that say where the headers are (rpm, `lib/backend/ndb/rpmpkg.cc`). All
//! numbers have the lower byte first.

use super::{Damage, Sink};
use crate::pages::{part, u32_le};

const PAGE: usize = 4096;
const SLOT: usize = 16;
/// Headers lie at multiples of this.
const BLOCK: usize = 16;
/// rpm itself has no more.
const MAX_SLOT_PAGES: usize = 2048;
/// Before a header, and after it.
const BLOB_HEAD: usize = 16;
const BLOB_TAIL: usize = 12;

pub(super) fn read(bytes: &[u8], sink: Sink<'_>) -> Result<(), Damage> {
    let number = |at| u32_le(bytes, at).and_then(|number| usize::try_from(number).ok());
    if bytes.get(..4) != Some(b"RpmP") || number(4) != Some(0) {
        return Err("it is no database of this form");
    }
    let pages = number(12).filter(|pages| (1..=MAX_SLOT_PAGES).contains(pages)).ok_or("it has no pages of slots")?;
    let slots = bytes.get(..pages * PAGE).unwrap_or(bytes);
    let whole = slots.len() == pages * PAGE;
    // The first two slots are the header.
    for slot in slots.chunks_exact(SLOT).skip(2) {
        let field = |at| u32_le(slot, at).and_then(|number| usize::try_from(number).ok()).unwrap_or_default();
        let (package, offset, blocks) = (field(4), field(8), field(12));
        let header = match slot.get(..4) {
            Some(b"Slot") if package == 0 => continue,
            Some(b"Slot") => blob(bytes, package, offset, blocks).ok_or("a slot points at no header"),
            _ => Err("a slot is damaged"),
        };
        if !sink(header) {
            return Ok(());
        }
    }
    if whole { Ok(()) } else { Err("it is cut off") }
}

/// The header that a slot points at.
fn blob(bytes: &[u8], package: usize, offset: usize, blocks: usize) -> Option<&[u8]> {
    let blob = part(bytes, offset.checked_mul(BLOCK)?, blocks.checked_mul(BLOCK)?)?;
    let field = |at| u32_le(blob, at).and_then(|number| usize::try_from(number).ok());
    let length = field(12)?;
    let fits = length.checked_add(BLOB_HEAD + BLOB_TAIL)? <= blob.len();
    let known = blob.get(..4) == Some(b"BlbS") && field(4) == Some(package);
    (fits && known).then(|| part(blob, BLOB_HEAD, length))?
}
