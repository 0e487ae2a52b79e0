//! Reading zip archives out of memory: the entries that the central directory names, and nothing else.
//!
//! Source: PKWARE's APPNOTE. What lies in an archive and not in its directory is not there for other readers either. Archives may have
//! something before them, such as the script that starts a Spring Boot application.

use std::borrow::Cow;
use std::io::Read;
use std::ops::Range;

/// The most entries that an archive may have; a directory with more is a way to fill memory.
const MAX_ENTRIES: usize = 1 << 20;
/// No path is longer: names are kept for what is found, nested archives' in each other.
const MAX_NAME: u16 = 4096;
/// A part that claims to inflate to more than this many times its size is not inflated.
const MAX_RATIO: u64 = 100;
/// Below this size the ratio does not matter.
const SMALL: u64 = 1 << 20;

/// An archive in memory.
#[derive(Debug)]
pub(crate) struct Zip<'a> {
    bytes: &'a [u8],
    /// How much stands before the archive, by which all its offsets are too low.
    before: u64,
    pub(crate) entries: Vec<Entry>,
}

/// What the central directory says of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(crate) name: String,
    pub(crate) size: u64,
    packed: u64,
    method: u16,
    encrypted: bool,
    header: u64,
}

/// Why something in an archive cannot be read.
pub(crate) type Reason = &'static str;

/// How much may be read for one file of an image, all nested archives together. What is only stored counts too: any number of
/// entries may name the same bytes.
#[derive(Debug)]
pub(crate) struct Budget(pub(crate) u64);

impl<'a> Zip<'a> {
    /// Whether it ends as an archive does, whole or not.
    pub(crate) fn is_one(bytes: &[u8]) -> bool {
        end(bytes).is_some()
    }

    pub(crate) fn open(bytes: &'a [u8]) -> Result<Zip<'a>, Reason> {
        let end = end(bytes).ok_or("it has no central directory")?;
        let count = half(bytes, end + 10).ok_or(CUT)?;
        let (mut size, mut start) = (word(bytes, end + 12).ok_or(CUT)?, word(bytes, end + 16).ok_or(CUT)?);
        let mut directory_end = end as u64;
        if (count == 0xffff || size == 0xffff_ffff || start == 0xffff_ffff)
            && let Some((large, at)) = large_end(bytes, end)
        {
            (size, start) = large;
            directory_end = at;
        }
        // The directory ends where its end record begins, whatever offset it claims.
        let real = directory_end.checked_sub(size).ok_or(CUT)?;
        let before = real.checked_sub(start).ok_or("its central directory is not where it should be")?;
        let directory = bytes.get(range(real, size).ok_or(CUT)?).ok_or(CUT)?;
        let mut entries = Vec::new();
        let mut at = 0;
        while entries.len() < MAX_ENTRIES && directory.get(at..at + 4) == Some(b"PK\x01\x02") {
            let Some((entry, next)) = entry(directory, at) else { return Err(CUT) };
            if half(directory, at + 28).is_some_and(|name| name > MAX_NAME) {
                return Err("a name in it is too long");
            }
            entries.push(entry);
            at = next;
        }
        // What follows here would be missed without a word; a signature of the directory says nothing of files.
        if at != directory.len() && directory.get(at..at + 4) != Some(b"PK\x05\x05") {
            return Err(CUT);
        }
        Ok(Zip { bytes, before, entries })
    }

    /// The content of an entry, at most `limit` bytes.
    pub(crate) fn content(&self, entry: &Entry, limit: u64, budget: &mut Budget) -> Result<Cow<'a, [u8]>, Reason> {
        if entry.encrypted {
            return Err("it is encrypted");
        }
        if entry.size > limit {
            return Err("it is too large");
        }
        let header = usize::try_from(entry.header.checked_add(self.before).ok_or(CUT)?).map_err(|_| CUT)?;
        if self.bytes.get(header..header.checked_add(4).ok_or(CUT)?) != Some(b"PK\x03\x04") {
            return Err("its header is not where the directory says");
        }
        let (name, extra) = (half(self.bytes, header + 26).ok_or(CUT)?, half(self.bytes, header + 28).ok_or(CUT)?);
        let start = header as u64 + 30 + u64::from(name) + u64::from(extra);
        let packed = self.bytes.get(range(start, entry.packed).ok_or(CUT)?).ok_or(CUT)?;
        if entry.size > budget.0 {
            return Err("what the file holds is too much");
        }
        match entry.method {
            0 if entry.packed == entry.size => {
                budget.0 -= entry.size;
                Ok(Cow::Borrowed(packed))
            }
            8 => inflate(packed, entry, budget).map(Cow::Owned),
            _ => Err("it is packed by a method that is not read"),
        }
    }
}

const CUT: Reason = "it is cut off or damaged";

fn inflate(packed: &[u8], entry: &Entry, budget: &mut Budget) -> Result<Vec<u8>, Reason> {
    if entry.size > SMALL && entry.size / MAX_RATIO > entry.packed {
        return Err("it would inflate to more than 100 times its size");
    }
    let mut bytes = Vec::with_capacity(usize::try_from(entry.size.min(16 << 20)).unwrap_or_default());
    let read = flate2::read::DeflateDecoder::new(packed).take(entry.size + 1).read_to_end(&mut bytes);
    budget.0 = budget.0.saturating_sub(bytes.len() as u64);
    match read {
        Ok(length) if length as u64 == entry.size => Ok(bytes),
        _ => Err(CUT),
    }
}

fn range(start: u64, size: u64) -> Option<Range<usize>> {
    Some(usize::try_from(start).ok()?..usize::try_from(start.checked_add(size)?).ok()?)
}

/// Where the record at the end of the archive begins: the last one that only its comment follows.
fn end(bytes: &[u8]) -> Option<usize> {
    let from = bytes.len().saturating_sub(22 + 0xffff);
    let tail = bytes.get(from..)?;
    let places = memchr::memmem::rfind_iter(tail, b"PK\x05\x06").map(|at| from + at);
    let fits = |at: &usize| half(bytes, at + 20).is_some_and(|comment| at + 22 + usize::from(comment) == bytes.len());
    let mut places = places.filter(|at| at + 22 <= bytes.len());
    let last = places.next()?;
    // Something may have been added behind the archive.
    Some(if fits(&last) { last } else { places.find(fits).unwrap_or(last) })
}

/// Size and offset of the directory of an archive with more than 65,535 entries or 4 GiB, and where its end record begins.
fn large_end(bytes: &[u8], end: usize) -> Option<((u64, u64), u64)> {
    let locator = end.checked_sub(20)?;
    (bytes.get(locator..locator + 4)? == b"PK\x06\x07").then_some(())?;
    let claimed = long(bytes, locator + 8)?;
    // Where something stands before the archive, the record is the one right before its locator.
    let at = [claimed, (locator as u64).checked_sub(56)?]
        .into_iter()
        .find(|&at| range(at, 4).and_then(|range| bytes.get(range)) == Some(b"PK\x06\x06"))?;
    let record = usize::try_from(at).ok()?;
    Some(((long(bytes, record.checked_add(40)?)?, long(bytes, record.checked_add(48)?)?), at))
}

/// The entry at `at` of the directory, and where the next one begins.
fn entry(directory: &[u8], at: usize) -> Option<(Entry, usize)> {
    let (name, extra, comment) = (half(directory, at + 28)?, half(directory, at + 30)?, half(directory, at + 32)?);
    let name_end = at + 46 + usize::from(name);
    let extra_end = name_end + usize::from(extra);
    let mut entry = Entry {
        name: String::from_utf8_lossy(directory.get(at + 46..name_end)?).into_owned(),
        encrypted: half(directory, at + 8)? & 1 != 0,
        method: half(directory, at + 10)?,
        packed: word(directory, at + 20)?,
        size: word(directory, at + 24)?,
        header: word(directory, at + 42)?,
    };
    large_sizes(directory.get(name_end..extra_end)?, &mut entry);
    Some((entry, extra_end + usize::from(comment)))
}

/// Numbers that have no room in 32 bits stand in a field of their own, in this order.
fn large_sizes(mut extra: &[u8], entry: &mut Entry) {
    while let (Some(id), Some(length)) = (half(extra, 0), half(extra, 2)) {
        let Some(field) = extra.get(4..4 + usize::from(length)) else { return };
        if id == 1 {
            let mut at = 0;
            for number in [&mut entry.size, &mut entry.packed, &mut entry.header] {
                if *number == 0xffff_ffff {
                    let Some(value) = long(field, at) else { return };
                    *number = value;
                    at += 8;
                }
            }
        }
        extra = extra.get(4 + usize::from(length)..).unwrap_or_default();
    }
}

fn half(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_le_bytes(*bytes.get(at..)?.first_chunk()?))
}

fn word(bytes: &[u8], at: usize) -> Option<u64> {
    Some(u64::from(u32::from_le_bytes(*bytes.get(at..)?.first_chunk()?)))
}

fn long(bytes: &[u8], at: usize) -> Option<u64> {
    Some(u64::from_le_bytes(*bytes.get(at..)?.first_chunk()?))
}

#[cfg(test)]
#[path = "zip_tests.rs"]
pub(crate) mod testing;
