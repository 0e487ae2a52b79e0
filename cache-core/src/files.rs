//! Files of bounded size.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use zeroize::Zeroizing;

use crate::error::{Error, Result};

/// The bytes of a file that has at most `limit` of them. They are counted while they are read: a pipe or a device says that it
/// has none.
///
/// # Errors
/// What the file system says; `Invalid` where there are more.
pub(crate) fn read_limited(path: &Path, limit: u64) -> Result<Vec<u8>> {
    let io = |e| Error::io(path, e);
    let too_large = || Error::invalid(format!("the file is larger than {limit} bytes")).context("path", path.display());
    let file = File::open(path).map_err(io)?;
    let said = file.metadata().map_err(io)?.len();
    if said > limit {
        return Err(too_large());
    }
    // Room for all from the beginning: a secret that moves while it grows is left where it was.
    let mut bytes = Vec::with_capacity(said as usize);
    file.take(limit + 1).read_to_end(&mut bytes).map_err(io)?;
    if bytes.len() as u64 > limit { Err(too_large()) } else { Ok(bytes) }
}

/// What `take` makes of the text of such a file. The text may be a secret, so it is cleared, and is in no error.
///
/// # Errors
/// As [`read_limited`]; `Invalid` where it is not UTF-8.
pub(crate) fn read_text<T>(path: &Path, limit: u64, take: impl FnOnce(&str) -> T) -> Result<T> {
    let bytes = Zeroizing::new(read_limited(path, limit)?);
    let text = std::str::from_utf8(&bytes);
    text.map(take).map_err(|_| Error::invalid("the file is not text").context("path", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::ErrorKind;

    #[test]
    fn a_file_is_read_up_to_its_limit() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        assert!(read_limited(&path, 4).unwrap_err().is_not_found());
        std::fs::write(&path, "four").unwrap();
        assert_eq!(read_limited(&path, 4).unwrap(), b"four");
        assert_eq!(read_limited(&path, 3).unwrap_err().kind(), ErrorKind::Invalid);
    }

    #[cfg(unix)]
    #[test]
    fn what_has_no_end_is_not_read_to_it() {
        assert_eq!(read_limited(Path::new("/dev/zero"), 1000).unwrap_err().kind(), ErrorKind::Invalid);
    }
}
