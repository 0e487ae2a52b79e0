//! What the tests of catalogers share: reading a file as a layer would, files out of layers, and hostile bytes.

use std::io::Read;
use std::time::{Duration, Instant};

use super::{Cataloger, Fact, FileInfo, Found, Place};

/// The file as a cataloger is told of it.
pub(super) fn info<'a>(path: &'a str, bytes: &'a [u8]) -> FileInfo<'a> {
    let head = bytes.get(..512).unwrap_or(bytes);
    FileInfo { path, size: bytes.len() as u64, executable: false, head, place: Place::Image }
}

/// The facts of one file, which the cataloger has to want.
pub(super) fn read(cataloger: &dyn Cataloger, path: &str, bytes: &[u8]) -> Vec<Fact> {
    let file = info(path, bytes);
    assert!(cataloger.wants(&file), "{} does not want {path}", cataloger.name());
    let facts = cataloger.read(&file, &mut &bytes[..]).unwrap();
    // Not of the largest, for the time it takes.
    if bytes.len() < 1 << 20 {
        let folder = FileInfo { place: Place::Folder, ..file };
        assert_eq!(cataloger.read(&folder, &mut &bytes[..]).unwrap(), facts, "a folder says the same");
    }
    facts
}

/// Whether the cataloger wants a file.
pub(super) fn wants(cataloger: &dyn Cataloger, path: &str) -> bool {
    cataloger.wants(&FileInfo { path, size: 1, executable: false, head: b"", place: Place::Image })
}

/// The packages among facts.
pub(super) fn found(facts: &[Fact]) -> Vec<&Found> {
    let packages = facts.iter().filter_map(|fact| match fact {
        Fact::Package(found) => Some(&**found),
        _ => None,
    });
    packages.collect()
}

/// `name version arch` of the packages among facts.
pub(super) fn lines(facts: &[Fact]) -> Vec<String> {
    found(facts).into_iter().map(|p| format!("{} {} {}", p.name, p.version, p.arch)).collect()
}

/// `namespace/name@version` of each package, with the place in the file before it where it lies in an archive, and what
/// could not be read.
pub(super) fn placed(facts: &[Fact]) -> Vec<String> {
    let line = |fact: &Fact| match fact {
        Fact::Package(found) => {
            let inside = if found.inside.is_empty() { String::new() } else { format!("{} > ", found.inside) };
            let namespace = if found.namespace.is_empty() { String::new() } else { format!("{}/", found.namespace) };
            format!("{inside}{namespace}{}@{}", found.name, found.version)
        }
        Fact::Unreadable(reason) => format!("unreadable: {reason}"),
        other => format!("{other:?}"),
    };
    facts.iter().map(line).collect()
}

/// The only package.
pub(super) fn only(facts: &[Fact]) -> &Found {
    match found(facts)[..] {
        [found] => found,
        ref other => panic!("{} packages", other.len()),
    }
}

/// Whether the facts are one that the file could not be understood.
pub(super) fn unreadable(facts: &[Fact]) -> bool {
    matches!(facts, [Fact::Unreadable(_)])
}

/// A file below `sbom/` of the shared data.
pub(super) fn shared(path: &str) -> Option<Vec<u8>> {
    Some(std::fs::read(crate::document::shared_data(&format!("sbom/{path}"))?).unwrap())
}

/// The layers of an archived image of the shared data, the lowest first.
pub(super) fn layers(image: &str) -> Option<Vec<Vec<u8>>> {
    let image = shared(&format!("own/layers/{image}"))?;
    let manifest: serde_json::Value = serde_json::from_slice(&entry(&image, "manifest.json")?).unwrap();
    let names = manifest[0]["Layers"].as_array().unwrap().iter().map(|name| name.as_str().unwrap());
    Some(names.map(|name| entry(&image, name).unwrap()).collect())
}

/// A file of one of them.
pub(super) fn in_layer(image: &str, layer: usize, path: &str) -> Option<Vec<u8>> {
    let layers = layers(image)?;
    Some(entry(&layers[layer], path).unwrap_or_else(|| panic!("{path} is not in the layer")))
}

fn entry(archive: &[u8], path: &str) -> Option<Vec<u8>> {
    let mut archive = tar::Archive::new(archive);
    let mut entry = archive.entries().unwrap().map(Result::unwrap).find(|e| e.path_bytes() == path.as_bytes())?;
    let mut bytes = Vec::new();
    entry.read_to_end(&mut bytes).unwrap();
    Some(bytes)
}

/// Reads the file cut off at every fiftieth and with bits flipped, bytes and numbers replaced, parts doubled and left out;
/// nothing may panic or take long. `CACHE_FUZZ_SECONDS` makes it go on.
pub(super) fn hostile(cataloger: &dyn Cataloger, path: &str, bytes: &[u8]) {
    let longest = std::cell::Cell::new(Duration::ZERO);
    let facts = std::cell::Cell::new(0);
    let judge = |bytes: &[u8]| {
        let start = Instant::now();
        // Some are wanted for how they begin, which the damage may hide.
        facts.set(facts.get() + cataloger.read(&info(path, bytes), &mut &bytes[..]).unwrap().len());
        longest.set(longest.get().max(start.elapsed()));
    };
    let rounds = damaged(cataloger.name(), bytes, judge);
    eprintln!("{}: {rounds} damaged files, {} facts, at most {:?}", cataloger.name(), facts.get(), longest.get());
}

/// The file cut off at every fiftieth and with damage of many kinds, one after the other; how many of the latter.
pub(in crate::sbom) fn damaged(name: &str, bytes: &[u8], mut judge: impl FnMut(&[u8])) -> usize {
    let mut judge = |bytes: &[u8]| {
        let start = Instant::now();
        judge(bytes);
        assert!(start.elapsed() < Duration::from_secs(5), "{name} took {:?}", start.elapsed());
    };
    for part in 0..50 {
        judge(&bytes[..bytes.len() * part / 50]);
    }
    let seconds = std::env::var("CACHE_FUZZ_SECONDS").ok().and_then(|text| text.parse().ok()).unwrap_or(0);
    let end = Instant::now() + Duration::from_secs(seconds);
    let mut random = Random(0x9e37_79b9_7f4a_7c15);
    let mut rounds = 0;
    while rounds < 100 || Instant::now() < end {
        judge(&random.damage(bytes));
        rounds += 1;
    }
    rounds
}

/// A generator that always gives the same numbers (SplitMix64).
#[derive(Debug)]
pub(super) struct Random(pub(super) u64);

impl Random {
    pub(super) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number below `end`.
    pub(super) fn below(&mut self, end: usize) -> usize {
        (self.next() % end.max(1) as u64) as usize
    }

    fn damage(&mut self, bytes: &[u8]) -> Vec<u8> {
        let mut bytes = bytes.to_vec();
        for _ in 0..=self.below(8) {
            if bytes.is_empty() {
                break;
            }
            // Half of the damage is done near the beginning, where the headers of most formats are.
            let reach = if self.below(2) == 0 { bytes.len() } else { bytes.len().min(512) };
            let at = self.below(reach);
            let end = (at + 1 + self.below(64)).min(bytes.len());
            match self.below(6) {
                0 | 1 => bytes[at] ^= 1 << self.below(8),
                2 => bytes[at] = self.next() as u8,
                3 => {
                    let number = [0u32, 1, 0x7fff_ffff, 0xffff_ffff, 0x8000_0000, bytes.len() as u32][self.below(6)];
                    let word = if self.below(2) == 0 { number.to_be_bytes() } else { number.to_le_bytes() };
                    bytes.iter_mut().skip(at).zip(word).for_each(|(byte, new)| *byte = new);
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
