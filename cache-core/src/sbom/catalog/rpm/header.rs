//! The header of an rpm package as a database keeps it: an index of tags and a store of their values, all numbers with the
//! higher byte first (rpm, `docs/manual/format_header.md` and `lib/header.cc`).

use super::Damage;
use crate::pages::{array, part, u32_be};

/// What rpm itself allows.
const MAX_TAGS: usize = 0xffff;
const MAX_DATA: usize = 256 << 20;
/// A longer text is none: many tags could share it.
const MAX_TEXT: usize = 64 << 10;
const INDEX_ENTRY: usize = 16;

const INT32: u32 = 4;
const STRING: u32 = 6;
const BINARY: u32 = 7;
const STRINGS: u32 = 8;
const LOCALISED: u32 = 9;

/// A header, its index not yet looked at.
#[derive(Debug, Clone, Copy)]
pub(super) struct Header<'a> {
    index: &'a [u8],
    data: &'a [u8],
}

/// The tags that say something here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tag {
    SigMd5 = 261,
    Name = 1000,
    Version = 1001,
    Release = 1002,
    Epoch = 1003,
    Summary = 1004,
    Vendor = 1011,
    License = 1014,
    Url = 1020,
    Arch = 1022,
    OldFileNames = 1027,
    SourceRpm = 1044,
    ProvideName = 1047,
    RequireName = 1049,
    DirIndexes = 1116,
    BaseNames = 1117,
    DirNames = 1118,
    ModularityLabel = 5096,
}

impl<'a> Header<'a> {
    /// Whether the lengths at its beginning fit.
    pub(super) fn parse(bytes: &'a [u8]) -> Result<Self, Damage> {
        let number = |at| u32_be(bytes, at).and_then(|number| usize::try_from(number).ok());
        let (Some(tags), Some(length)) = (number(0), number(4)) else { return Err("the header is cut off") };
        if tags == 0 || tags > MAX_TAGS || length > MAX_DATA {
            return Err("no header has such a size");
        }
        let index = part(bytes, 8, tags * INDEX_ENTRY);
        let data = part(bytes, 8 + tags * INDEX_ENTRY, length);
        index.zip(data).map(|(index, data)| Header { index, data }).ok_or("the header is cut off")
    }

    /// The type, the count and the values of a tag. What was added at installation comes later and counts more than what the
    /// package brought.
    fn value(&self, tag: Tag) -> Option<(u32, usize, &'a [u8])> {
        let (entries, _) = self.index.as_chunks::<INDEX_ENTRY>();
        let entry = entries.iter().rfind(|entry| u32_be(*entry, 0) == Some(tag as u32))?;
        let (kind, offset) = (u32_be(entry, 4)?, usize::try_from(u32_be(entry, 8)?).ok()?);
        Some((kind, usize::try_from(u32_be(entry, 12)?).ok()?, self.data.get(offset..)?))
    }

    /// A text, the first of several (of a localised one: that of no language). Empty where there is none, and for `(none)`.
    pub(super) fn text(&self, tag: Tag) -> String {
        let text = self.strings(tag).next().filter(|text| text != "(none)" && text.len() <= MAX_TEXT);
        text.unwrap_or_default().into_owned()
    }

    /// The texts of a tag.
    pub(super) fn strings(&self, tag: Tag) -> impl Iterator<Item = std::borrow::Cow<'a, str>> + use<'a> {
        let found = self.value(tag).filter(|(kind, ..)| matches!(*kind, STRING | STRINGS | LOCALISED));
        let (kind, count, mut rest) = found.unwrap_or((STRING, 0, &[]));
        let mut left = if kind == STRING { count.min(1) } else { count };
        std::iter::from_fn(move || {
            left = left.checked_sub(1)?;
            let end = rest.iter().position(|byte| *byte == 0)?;
            let (text, after) = rest.split_at_checked(end)?;
            rest = after.get(1..)?;
            Some(String::from_utf8_lossy(text))
        })
    }

    /// The numbers of a tag.
    pub(super) fn numbers(&self, tag: Tag) -> impl Iterator<Item = u32> + use<'a> {
        let (_, count, data) = self.value(tag).filter(|(kind, ..)| *kind == INT32).unwrap_or((INT32, 0, &[]));
        data.as_chunks::<4>().0.iter().take(count).map(|bytes| u32::from_be_bytes(*bytes))
    }

    /// The bytes of a tag, where there are so many.
    pub(super) fn bytes<const N: usize>(&self, tag: Tag) -> Option<[u8; N]> {
        let (kind, count, data) = self.value(tag)?;
        (kind == BINARY && count == N).then(|| array(data, 0))?
    }
}
