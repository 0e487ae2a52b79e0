//! Reading a stream once, for several who look for something in it, with the same small memory however long it is.

use std::io::{Read, Result};
use std::ops::Range;

use crate::sbom::catalog::read::fill;

/// How much is read before it is looked at: what fits in a core's own cache.
const CHUNK: usize = 256 << 10;
/// How many bytes a searcher sees at least behind the beginning of what it looks for, unless the stream ends.
pub(super) const AHEAD: usize = 2 << 10;
/// How many it sees before it, unless the stream begins.
const BEHIND: usize = 1 << 10;

/// A part of the stream, with some of what came before.
#[derive(Debug, Clone)]
pub(super) struct Window<'a> {
    /// The bytes, the last of the window before among them.
    pub(super) bytes: &'a [u8],
    /// Where in the stream the first of them stands.
    pub(super) offset: u64,
    /// Where in `bytes` those begin that no window had yet.
    pub(super) fresh: usize,
    /// Where in `bytes` things may begin that are to be found in this window. Each place of the stream is in this range of
    /// exactly one window.
    pub(super) starts: Range<usize>,
}

impl Window<'_> {
    /// Where `needle` begins, for each time that it does in this window.
    pub(super) fn find<'n>(&self, needle: &'n memchr::memmem::Finder<'_>) -> impl Iterator<Item = usize> + use<'_, 'n> {
        let end = self.starts.end.saturating_add(needle.needle().len() - 1).min(self.bytes.len());
        let from = self.starts.start;
        let within = self.bytes.get(from..end).unwrap_or_default();
        needle.find_iter(within).map(move |at| from + at)
    }
}

/// Shows the whole stream to `see`, window after window.
pub(super) fn windows(content: &mut dyn Read, size: u64, mut see: impl FnMut(Window<'_>)) -> Result<()> {
    let room = usize::try_from(size).unwrap_or(usize::MAX).clamp(4 << 10, CHUNK);
    // One more than the file should have, so that its end is seen with the last of it.
    let mut buffer = vec![0; AHEAD + BEHIND + room + 1];
    let (mut filled, mut offset, mut next) = (0, 0u64, 0);
    loop {
        let fresh = filled;
        filled += fill(content, buffer.get_mut(filled..).unwrap_or_default())?;
        let ended = filled < buffer.len();
        let end = if ended { filled } else { filled.saturating_sub(AHEAD).max(next) };
        let bytes = buffer.get(..filled).unwrap_or_default();
        see(Window { bytes, offset, fresh, starts: next..end });
        if ended {
            return Ok(());
        }
        let drop = end.saturating_sub(BEHIND);
        buffer.copy_within(drop..filled, 0);
        (filled, offset, next) = (filled - drop, offset + drop as u64, end - drop);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Gives as many bytes at a time as a pipe would.
    struct Slow<'a>(&'a [u8], usize);

    impl Read for Slow<'_> {
        fn read(&mut self, into: &mut [u8]) -> Result<usize> {
            let n = self.1.min(into.len());
            self.0.read(&mut into[..n])
        }
    }

    #[test]
    fn every_place_is_a_start_of_one_window_and_has_room_on_both_sides() {
        for length in [0, 1, 5000, CHUNK - 1, CHUNK, CHUNK + AHEAD + BEHIND, CHUNK + AHEAD + BEHIND + 1, 3 * CHUNK + 77]
        {
            for (size, step) in [(length as u64, 1 << 20), (0, 4096), (u64::MAX, 999)] {
                let data: Vec<u8> = (0..length).map(|i| (i * 31 % 251) as u8).collect();
                let (mut next, mut seen) = (0, Vec::new());
                windows(&mut Slow(&data, step), size, |w| {
                    assert_eq!(w.bytes, &data[w.offset as usize..][..w.bytes.len()]);
                    assert_eq!(w.offset as usize + w.starts.start, next, "no start is left out or seen twice");
                    next = w.offset as usize + w.starts.end;
                    assert!(w.starts.end + AHEAD <= w.bytes.len() || w.offset as usize + w.bytes.len() == length);
                    assert!(w.starts.start >= BEHIND || w.offset == 0);
                    seen.extend_from_slice(&w.bytes[w.fresh..]);
                })
                .unwrap();
                assert_eq!((next, seen.len()), (length, length));
            }
        }
    }

    #[test]
    fn what_lies_across_two_windows_is_found_once() {
        let mut data = vec![b'.'; 3 * CHUNK];
        let places: Vec<usize> = (0..60).map(|i| i * 13_001).collect();
        places.iter().for_each(|&at| data[at..at + 6].copy_from_slice(b"needle"));
        let (needle, mut found) = (memchr::memmem::Finder::new("needle"), Vec::new());
        windows(&mut &data[..], 0, |w| found.extend(w.find(&needle).map(|at| w.offset as usize + at))).unwrap();
        assert_eq!(found, places);
    }
}
