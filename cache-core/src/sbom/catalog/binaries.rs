//! The catalogers of executables and archives.

use super::Cataloger;
use super::binary::Executables;

/// One of each.
#[allow(dead_code)] // until layers are read
pub(super) fn binaries() -> Vec<Box<dyn Cataloger>> {
    vec![Box::new(Executables)]
}

/// What the tests of these catalogers share.
#[cfg(test)]
pub(super) mod testing {
    use std::cell::Cell;
    use std::time::{Duration, Instant};

    use super::super::{Cataloger, Fact, FileInfo, Found, Place};

    /// The file as a cataloger is told of it.
    pub(in super::super) fn info<'a>(path: &'a str, bytes: &'a [u8]) -> FileInfo<'a> {
        let head = bytes.get(..512).unwrap_or(bytes);
        FileInfo { path, size: bytes.len() as u64, executable: true, head, place: Place::Image }
    }

    /// The facts of a file that the cataloger has to want.
    pub(in super::super) fn read(cataloger: &dyn Cataloger, path: &str, bytes: &[u8]) -> Vec<Fact> {
        assert!(cataloger.wants(&info(path, bytes)), "{} does not want {path}", cataloger.name());
        cataloger.read(&info(path, bytes), &mut &bytes[..]).unwrap()
    }

    /// The packages among facts.
    pub(in super::super) fn found(facts: &[Fact]) -> Vec<&Found> {
        let packages = facts.iter().filter_map(|fact| match fact {
            Fact::Package(found) => Some(&**found),
            _ => None,
        });
        packages.collect()
    }

    /// `namespace/name@version` of each package, with what it lies in before it where it lies in something, and what could
    /// not be read.
    pub(in super::super) fn lines(facts: &[Fact]) -> Vec<String> {
        let line = |fact: &Fact| match fact {
            Fact::Package(found) => {
                let inside = if found.inside.is_empty() { String::new() } else { format!("{} > ", found.inside) };
                let namespace =
                    if found.namespace.is_empty() { String::new() } else { format!("{}/", found.namespace) };
                format!("{inside}{namespace}{}@{}", found.name, found.version)
            }
            Fact::Unreadable(reason) => format!("unreadable: {reason}"),
            other => format!("{other:?}"),
        };
        facts.iter().map(line).collect()
    }

    /// Reads the file cut off at every fiftieth, then with random damage (for `CACHE_FUZZ_SECONDS`, at least 300 times);
    /// nothing may panic or take long.
    pub(in super::super) fn hostile(cataloger: &dyn Cataloger, path: &str, bytes: &[u8]) {
        let (longest, facts, rounds) = (Cell::new(Duration::ZERO), Cell::new(0), Cell::new(0));
        let judge = |bytes: &[u8]| {
            let start = Instant::now();
            facts.set(facts.get() + cataloger.read(&info(path, bytes), &mut &bytes[..]).unwrap().len());
            rounds.set(rounds.get() + 1);
            longest.set(longest.get().max(start.elapsed()));
            assert!(start.elapsed() < Duration::from_secs(5), "{path} took {:?}", start.elapsed());
        };
        (0..50).for_each(|part| judge(&bytes[..bytes.len() * part / 50]));
        let seconds = std::env::var("CACHE_FUZZ_SECONDS").ok().and_then(|text| text.parse().ok()).unwrap_or(0);
        let end = Instant::now() + Duration::from_secs(seconds);
        let mut random = Random(0x9e37_79b9_7f4a_7c15);
        while rounds.get() < 350 || Instant::now() < end {
            judge(&random.damage(bytes));
        }
        eprintln!("{path}: {} damaged files, {} facts, at most {:?}", rounds.get(), facts.get(), longest.get());
    }

    /// A generator that always gives the same numbers (SplitMix64).
    struct Random(u64);

    impl Random {
        fn below(&mut self, end: usize) -> usize {
            self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
            let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            ((z ^ (z >> 31)) % end.max(1) as u64) as usize
        }

        /// Bits flipped, bytes and numbers replaced, parts left out and doubled.
        fn damage(&mut self, bytes: &[u8]) -> Vec<u8> {
            let mut bytes = bytes.to_vec();
            for _ in 0..=self.below(6) {
                if bytes.is_empty() {
                    break;
                }
                let at = self.below(bytes.len());
                let end = (at + 1 + self.below(64)).min(bytes.len());
                match self.below(6) {
                    0 | 1 => bytes[at] ^= 1 << self.below(8),
                    2 => bytes[at] = self.below(256) as u8,
                    3 => {
                        let number =
                            [0u32, 1, 0x7fff_ffff, 0xffff_ffff, 0x8000_0000, bytes.len() as u32][self.below(6)];
                        bytes.iter_mut().skip(at).zip(number.to_le_bytes()).for_each(|(byte, new)| *byte = new);
                    }
                    4 => drop(bytes.drain(at..end)),
                    _ => {
                        let copy = bytes[at..end].to_vec();
                        let to = self.below(bytes.len());
                        bytes.splice(to..to, copy);
                    }
                }
            }
            bytes
        }
    }
}
