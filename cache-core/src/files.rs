//! Files of the local disk: read within a bound, and written whole.

use std::fs::File;
use std::io::{BufWriter, ErrorKind, Read};
use std::path::Path;

use tempfile::{Builder, NamedTempFile};
use zeroize::Zeroizing;

use crate::error::{Error, Result};

/// How much of a large file is read at once.
const PIECE: usize = 1 << 20;

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
    let mut bytes = room(said).map_err(|e| e.context("path", path.display()))?;
    file.take(limit + 1).read_to_end(&mut bytes).map_err(io)?;
    if bytes.len() as u64 > limit { Err(too_large()) } else { Ok(bytes) }
}

/// Room for so many bytes. That there is none is an error: a vector that finds none when it is made ends the process.
fn room(size: u64) -> Result<Vec<u8>> {
    let mut room = Vec::new();
    let reserved = room.try_reserve_exact(usize::try_from(size).unwrap_or(usize::MAX));
    reserved.map_err(|e| {
        Error::unexpected("there is not enough memory for the file").context("bytes", size).caused_by(e)
    })?;
    Ok(room)
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

/// Reads a file of any size, piece by piece.
///
/// # Errors
/// What the file system says.
pub(crate) fn read_pieces(path: &Path, take: impl FnMut(&[u8])) -> Result<()> {
    File::open(path).and_then(|file| pieces(file, take)).map_err(|e| Error::io(path, e))
}

fn pieces(mut input: impl Read, mut take: impl FnMut(&[u8])) -> std::io::Result<()> {
    let mut piece = vec![0; PIECE];
    loop {
        match input.read(&mut piece) {
            Ok(0) => return Ok(()),
            Ok(read) => take(piece.get(..read).unwrap_or_default()),
            // A signal came; nothing was read.
            Err(e) if e.kind() == ErrorKind::Interrupted => {}
            Err(e) => return Err(e),
        }
    }
}

/// The folder that a file lies in.
pub(crate) fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// Makes a folder, and those above it, where they are missing. The name of each that it makes is brought to the disk: what lies in
/// a folder that is lost is lost with it.
///
/// # Errors
/// What the file system says.
pub(crate) fn make_folder(folder: &Path) -> Result<()> {
    let made = match std::fs::create_dir(folder) {
        Err(e) if e.kind() == ErrorKind::NotFound => {
            make_folder(folder_of(folder))?;
            std::fs::create_dir(folder)
        }
        made => made,
    };
    match made {
        Ok(()) => sync_folder(folder_of(folder)),
        Err(_) if folder.is_dir() => Ok(()),
        Err(e) => Err(Error::io(folder, e)),
    }
}

/// A file beside the one whose place it is to take. The folder is made where there is none; only its owner may read the file.
///
/// # Errors
/// What the file system says.
pub(crate) fn temporary(path: &Path) -> Result<NamedTempFile> {
    temporary_by(&Builder::new(), path)
}

/// The same for a file that is no secret: whoever may look into the folder may read it.
///
/// # Errors
/// What the file system says.
pub(crate) fn temporary_for_all(path: &Path) -> Result<NamedTempFile> {
    let mut builder = Builder::new();
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o644));
    temporary_by(&builder, path)
}

fn temporary_by(builder: &Builder<'_, '_>, path: &Path) -> Result<NamedTempFile> {
    let folder = folder_of(path);
    make_folder(folder)?;
    builder.tempfile_in(folder).map_err(|e| Error::io(path, e))
}

/// What a file is written through.
pub(crate) type Filling = BufWriter<NamedTempFile>;

/// Writes a file in the place of whatever is at `path`, all of it or nothing. Only its owner may read it. A machine that loses
/// its power may lose it: it is for what can be had again.
///
/// # Errors
/// What the file system says.
pub(crate) fn replace(path: &Path, fill: impl FnOnce(&mut Filling) -> std::io::Result<()>) -> Result<()> {
    let file = filled(path, fill)?;
    file.persist(path).map(drop).map_err(|e| Error::io(path, e.error))
}

/// The same, on the disk for good before it returns.
///
/// # Errors
/// What the file system says.
pub(crate) fn keep(path: &Path, fill: impl FnOnce(&mut Filling) -> std::io::Result<()>) -> Result<()> {
    settle(filled(path, fill)?, path)
}

fn filled(path: &Path, fill: impl FnOnce(&mut Filling) -> std::io::Result<()>) -> Result<NamedTempFile> {
    let mut out = BufWriter::new(temporary(path)?);
    fill(&mut out).map_err(|e| Error::io(path, e))?;
    out.into_inner().map_err(|e| Error::io(path, e.into_error()))
}

/// Gives a file that was written its name, on the disk for good.
///
/// # Errors
/// What the file system says.
pub(crate) fn settle(file: NamedTempFile, path: &Path) -> Result<()> {
    let io = |e| Error::io(path, e);
    file.as_file().sync_all().map_err(io)?;
    file.persist(path).map_err(|e| io(e.error))?;
    sync_folder(folder_of(path))
}

/// Brings the names in a folder to the disk, where the system and the file system know of that.
///
/// # Errors
/// What the file system says.
pub(crate) fn sync_folder(folder: &Path) -> Result<()> {
    if !cfg!(unix) {
        return Ok(());
    }
    match File::open(folder).and_then(|folder| folder.sync_all()) {
        Err(e) if !matches!(e.kind(), ErrorKind::InvalidInput | ErrorKind::Unsupported) => Err(Error::io(folder, e)),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;
    use crate::error;

    #[test]
    fn a_file_is_read_up_to_its_limit() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        assert!(read_limited(&path, 4).unwrap_err().is_not_found());
        std::fs::write(&path, "four").unwrap();
        assert_eq!(read_limited(&path, 4).unwrap(), b"four");
        assert_eq!(read_limited(&path, 3).unwrap_err().kind(), error::ErrorKind::Invalid);
    }

    #[cfg(unix)]
    #[test]
    fn what_has_no_end_is_not_read_to_it() {
        assert_eq!(read_limited(Path::new("/dev/zero"), 1000).unwrap_err().kind(), error::ErrorKind::Invalid);
    }

    #[test]
    fn a_file_is_read_whole_in_pieces() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        assert!(read_pieces(&path, |_| ()).unwrap_err().is_not_found());
        for length in [0, 1, PIECE, 2 * PIECE + 7] {
            let bytes: Vec<u8> = (0..length).map(|at| (at % 251) as u8).collect();
            std::fs::write(&path, &bytes).unwrap();
            let mut read = Vec::new();
            read_pieces(&path, |piece| read.extend_from_slice(piece)).unwrap();
            assert_eq!(read, bytes, "{length}");
        }
    }

    /// What it reads, from the end of the list.
    struct Pieces(Vec<std::io::Result<&'static [u8]>>);

    impl Read for Pieces {
        fn read(&mut self, into: &mut [u8]) -> std::io::Result<usize> {
            let piece = self.0.pop().unwrap_or(Ok(&b""[..]))?;
            into[..piece.len()].copy_from_slice(piece);
            Ok(piece.len())
        }
    }

    #[test]
    fn a_signal_is_no_end_of_a_file() {
        let failed = |kind: ErrorKind| -> std::io::Result<&'static [u8]> { Err(kind.into()) };
        let signal = || failed(ErrorKind::Interrupted);
        let mut all = Vec::new();
        let file = Pieces(vec![Ok(&b"two"[..]), signal(), Ok(&b"one "[..]), signal()]);
        pieces(file, |piece| all.extend_from_slice(piece)).unwrap();
        assert_eq!(all, b"one two");
        let broken = Pieces(vec![failed(ErrorKind::BrokenPipe), signal()]);
        assert_eq!(pieces(broken, |_| ()).unwrap_err().kind(), ErrorKind::BrokenPipe);
    }

    #[test]
    fn memory_that_is_not_there_is_an_error() {
        assert!(room(7).unwrap().capacity() >= 7);
        assert_eq!(room(u64::MAX).unwrap_err().kind(), error::ErrorKind::Unexpected);
    }

    #[test]
    fn folders_are_made_as_far_as_they_are_missing() {
        let folder = tempfile::tempdir().unwrap();
        let deep = folder.path().join("a/b/c");
        for _ in 0..2 {
            make_folder(&deep).unwrap();
            assert!(deep.is_dir());
        }
        make_folder(Path::new(".")).unwrap();
        let file = deep.join("file");
        std::fs::write(&file, "").unwrap();
        for wrong in [file.clone(), file.join("below")] {
            assert!(make_folder(&wrong).is_err(), "{wrong:?}");
        }
    }

    #[test]
    fn a_file_is_replaced_whole_or_stays_as_it_was() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("new/file");
        let names = || std::fs::read_dir(folder.path().join("new")).unwrap().count();
        replace(&path, |out| out.write_all(b"one")).unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), b"one");
        keep(&path, |out| out.write_all(b"two")).unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), b"two");
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
            // The user's mask may take away from what all may do, and not from what the owner may.
            let for_all = temporary_for_all(&path).unwrap().as_file().metadata().unwrap().permissions().mode();
            assert_eq!((for_all & 0o600, for_all & 0o133), (0o600, 0));
        }
        let broken = |out: &mut Filling| out.write_all(b"thr").and(Err(std::io::Error::other("no room")));
        assert!(replace(&path, broken).is_err());
        assert!(keep(&path, broken).is_err());
        assert_eq!((std::fs::read(&path).unwrap(), names()), (b"two".to_vec(), 1));
    }
}
