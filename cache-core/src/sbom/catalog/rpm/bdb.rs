//! BerkeleyDB, the oldest form: a hash table whose values lie on chains of pages (Berkeley DB, `src/dbinc/db_page.h`). Numbers
//! have the order of bytes of the machine that wrote them.

use super::{Damage, Sink};
use crate::pages::{Pages, Seen, array, part};

const MAGIC: u32 = 0x0006_1561;
const HASH_META: u8 = 8;
const HASH_UNSORTED: u8 = 2;
const OVERFLOW: u8 = 7;
const HASH: u8 = 13;
const PAGE_HEADER: usize = 26;
/// Kinds of entries: a value on the page, and one on a chain of pages.
const KEY_DATA: u8 = 1;
const OFF_PAGE: u8 = 3;

#[derive(Debug, Clone, Copy)]
struct Database<'a> {
    pages: Pages<'a>,
    big_endian: bool,
}

pub(super) fn read(bytes: &[u8], sink: Sink<'_>) -> Result<(), Damage> {
    let magic = array(bytes, 12).unwrap_or_default();
    let big_endian = match (u32::from_le_bytes(magic), u32::from_be_bytes(magic)) {
        (MAGIC, _) => false,
        (_, MAGIC) => true,
        _ => return Err("it is no database of this form"),
    };
    let mut database = Database { pages: Pages { bytes, size: 0 }, big_endian };
    let size = database.u32(bytes, 20).unwrap_or_default();
    if !(512..=65536).contains(&size) || !size.is_power_of_two() || bytes.get(25) != Some(&HASH_META) {
        return Err("it is no hash table, or its pages have no size");
    }
    if bytes.get(24) != Some(&0) {
        return Err("it is encrypted");
    }
    database.pages.size = size;
    let last = database.u32(bytes, 32).unwrap_or_default();
    let mut seen = Seen::none(database.pages);
    let mut value = Vec::new();
    for number in 1..database.pages.count() {
        let Some(page) = database.pages.get(number) else { break };
        if !matches!(page.get(25), Some(&(HASH | HASH_UNSORTED))) {
            continue;
        }
        // Entries are pairs of a key and a value.
        let entries = database.u16(page, 20).unwrap_or_default().min(page.len() / 2);
        for index in (1..entries).step_by(2) {
            let header = match database.entry(page, index) {
                Some(Entry::Here(value)) => Ok(value),
                Some(Entry::Elsewhere(first, length)) => database
                    .chain(first, length, &mut seen, &mut value)
                    .map(|()| &*value)
                    .ok_or("a chain of pages is broken"),
                Some(Entry::NoHeader) => continue,
                None => Err("an entry lies outside of its page"),
            };
            if !sink(header) {
                return Ok(());
            }
        }
    }
    if last < database.pages.count() { Ok(()) } else { Err("it is cut off") }
}

enum Entry<'a> {
    Here(&'a [u8]),
    /// The first page and the length.
    Elsewhere(usize, usize),
    /// The counter that the database keeps under the key zero.
    NoHeader,
}

impl<'a> Database<'a> {
    fn u16(self, bytes: &[u8], at: usize) -> Option<usize> {
        let bytes = array(bytes, at)?;
        Some(usize::from(if self.big_endian { u16::from_be_bytes(bytes) } else { u16::from_le_bytes(bytes) }))
    }

    fn u32(self, bytes: &[u8], at: usize) -> Option<usize> {
        let bytes = array(bytes, at)?;
        usize::try_from(if self.big_endian { u32::from_be_bytes(bytes) } else { u32::from_le_bytes(bytes) }).ok()
    }

    /// Entries are laid down from the end of the page, so that one reaches to the one before it.
    fn entry(self, page: &'a [u8], index: usize) -> Option<Entry<'a>> {
        let offset = |index: usize| self.u16(page, PAGE_HEADER + 2 * index);
        let start = offset(index)?;
        match *page.get(start)? {
            OFF_PAGE => Some(Entry::Elsewhere(self.u32(page, start + 4)?, self.u32(page, start + 8)?)),
            KEY_DATA => {
                let value = page.get(start + 1..offset(index - 1)?)?;
                Some(if value.len() <= 4 { Entry::NoHeader } else { Entry::Here(value) })
            }
            _ => Some(Entry::NoHeader),
        }
    }

    /// The value on a chain of pages, of which none may belong to another.
    fn chain(self, first: usize, length: usize, seen: &mut Seen, value: &mut Vec<u8>) -> Option<()> {
        value.clear();
        let mut number = first;
        while value.len() < length {
            seen.mark(number)?;
            let page = self.pages.get(number).filter(|page| page.get(25) == Some(&OVERFLOW))?;
            value.extend_from_slice(part(page, PAGE_HEADER, self.u16(page, 22)?)?);
            number = self.u32(page, 16)?;
        }
        (value.len() == length).then_some(())
    }
}
