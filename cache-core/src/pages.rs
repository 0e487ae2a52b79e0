//! Numbers and parts of bytes that somebody else wrote, where nothing may be beyond the end.

/// Two bytes at an offset as a number, the higher byte first.
pub(crate) fn u16_be(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_be_bytes(array(bytes, at)?))
}

pub(crate) fn u32_be(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_be_bytes(array(bytes, at)?))
}

pub(crate) fn u16_le(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_le_bytes(array(bytes, at)?))
}

pub(crate) fn u64_le(bytes: &[u8], at: usize) -> Option<u64> {
    Some(u64::from_le_bytes(array(bytes, at)?))
}

pub(crate) fn u32_le(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_le_bytes(array(bytes, at)?))
}

pub(crate) fn array<const N: usize>(bytes: &[u8], at: usize) -> Option<[u8; N]> {
    part(bytes, at, N)?.try_into().ok()
}

/// `length` bytes from an offset.
pub(crate) fn part(bytes: &[u8], at: usize, length: usize) -> Option<&[u8]> {
    bytes.get(at..at.checked_add(length)?)
}

/// A file cut into pages of one size.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Pages<'a> {
    pub(crate) bytes: &'a [u8],
    pub(crate) size: usize,
}

impl<'a> Pages<'a> {
    /// The page of this number, counted from zero; the last may be shorter.
    pub(crate) fn get(self, number: usize) -> Option<&'a [u8]> {
        let start = number.checked_mul(self.size)?;
        self.bytes.get(start..(start + self.size).min(self.bytes.len())).filter(|page| !page.is_empty())
    }

    pub(crate) fn count(self) -> usize {
        self.bytes.len().div_ceil(self.size.max(1))
    }
}

/// Which pages have been read. No page belongs to two things, so that a chain or a tree that comes back to one has no end.
#[derive(Debug)]
pub(crate) struct Seen(Vec<bool>);

impl Seen {
    pub(crate) fn none(pages: Pages<'_>) -> Self {
        Seen(vec![false; pages.count()])
    }

    /// Marks a page; `None` where it does not exist or was read before.
    pub(crate) fn mark(&mut self, number: usize) -> Option<()> {
        let seen = self.0.get_mut(number)?;
        (!std::mem::replace(seen, true)).then_some(())
    }
}
