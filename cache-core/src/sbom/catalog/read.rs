//! Reading a file whole, within a limit, and where the root of its operating system lies.

use std::borrow::Cow;
use std::collections::HashSet;
use std::io::Read;

use super::tar::of_read;
use super::{Fact, FileInfo};
use crate::error::Result;

/// The most packages that one file may name. All of Debian are about 70,000; a file with more is a way to fill memory.
pub(super) const MAX_PACKAGES: usize = 1 << 17;

/// The most paths that one file may list. An rpm database of a whole desktop holds about 500,000.
pub(super) const MAX_PATHS: usize = 1 << 21;

/// What is said of a file that goes beyond these two.
pub(super) const TOO_MANY: &str = "it names more packages or files than there can be";

/// The most names in one list of what a package needs or offers; a kernel offers some 20,000.
const MAX_NAMES: usize = 1 << 16;
/// A longer name is none.
const MAX_NAME: usize = 4096;

/// Each name once, in the order in which they come.
pub(super) fn distinct<'a>(names: impl Iterator<Item = Cow<'a, str>>) -> Vec<String> {
    let mut seen = HashSet::new();
    let names = names.filter(|name| !name.is_empty() && name.len() <= MAX_NAME && seen.insert(name.clone()));
    names.take(MAX_NAMES).map(Cow::into_owned).collect()
}

/// Reads until the buffer is full or the content ends; how much was read.
pub(super) fn fill(content: &mut (impl Read + ?Sized), buffer: &mut [u8]) -> std::io::Result<usize> {
    let mut filled = 0;
    while let Some(rest) = buffer.get_mut(filled..).filter(|rest| !rest.is_empty()) {
        match content.read(rest) {
            Ok(0) => break,
            Ok(count) => filled += count.min(rest.len()),
            Err(e) if e.kind() == std::io::ErrorKind::Interrupted => {}
            Err(e) => return Err(e),
        }
    }
    Ok(filled)
}

/// The whole content, or the fact that it is larger than `limit`.
pub(super) fn whole(file: &FileInfo<'_>, content: &mut dyn Read, limit: u64) -> Result<Result<Vec<u8>, Fact>> {
    let too_large = || Fact::Unreadable(format!("the file is larger than {limit} bytes"));
    if file.size > limit {
        return Ok(Err(too_large()));
    }
    // The size is somebody's claim: reserve for it, but not blindly.
    let mut bytes = Vec::with_capacity(usize::try_from(file.size.min(16 << 20)).unwrap_or_default());
    content.take(limit + 1).read_to_end(&mut bytes).map_err(of_read)?;
    Ok(if bytes.len() as u64 > limit { Err(too_large()) } else { Ok(bytes) })
}

/// The text of a database; bytes that are not UTF-8 become U+FFFD.
pub(super) fn text(bytes: Vec<u8>) -> String {
    String::from_utf8(bytes).unwrap_or_else(|e| String::from_utf8_lossy(e.as_bytes()).into_owned())
}

/// What stands before the first of `tails` that ends the path: empty for the root of the image, else a folder with its
/// slash, such as that of a second root in a folder of its own.
pub(super) fn root<'a>(path: &'a str, tails: &[&str]) -> Option<&'a str> {
    let mut roots = tails.iter().filter_map(|tail| path.strip_suffix(tail));
    roots.find(|before| before.is_empty() || before.ends_with('/'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sbom::catalog::Place;

    fn info(size: u64) -> FileInfo<'static> {
        FileInfo { path: "a", size, executable: false, head: b"", place: Place::Image }
    }

    #[test]
    fn a_file_up_to_the_limit_is_read_and_a_larger_one_is_a_fact() {
        assert_eq!(whole(&info(4), &mut &b"1234"[..], 4).unwrap(), Ok(b"1234".to_vec()));
        assert!(whole(&info(5), &mut &b"12345"[..], 4).unwrap().is_err());
        assert!(whole(&info(1), &mut &b"12345"[..], 4).unwrap().is_err(), "its size is only a claim");
        assert_eq!(whole(&info(9), &mut &b"12"[..], 1 << 30).unwrap(), Ok(b"12".to_vec()));
    }

    #[test]
    fn a_stream_that_fails_is_an_error() {
        struct Broken;
        impl Read for Broken {
            fn read(&mut self, _: &mut [u8]) -> std::io::Result<usize> {
                Err(std::io::Error::other("gone"))
            }
        }
        assert!(whole(&info(9), &mut Broken, 10).is_err());
    }

    #[test]
    fn names_are_counted_once_and_not_without_end() {
        assert_eq!(distinct(["b", "", "a", "b"].map(Cow::from).into_iter()), ["b", "a"]);
        assert_eq!(distinct((0..100_000).map(|n| Cow::from(n.to_string()))).len(), MAX_NAMES);
        assert_eq!(distinct(std::iter::once(Cow::from("x".repeat(MAX_NAME + 1)))), [""; 0]);
    }

    #[test]
    fn the_root_is_what_stands_before() {
        let tails = &["usr/lib/apk/db/installed", "lib/apk/db/installed"];
        assert_eq!(root("lib/apk/db/installed", tails), Some(""));
        assert_eq!(root("usr/lib/apk/db/installed", tails), Some(""));
        assert_eq!(root("srv/root/lib/apk/db/installed", tails), Some("srv/root/"));
        assert_eq!(root("mylib/apk/db/installed", tails), None);
    }
}
