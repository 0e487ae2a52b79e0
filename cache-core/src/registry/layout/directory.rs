//! The files of a layout in a folder: reading them, and writing them so that a crash leaves no half of one.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use super::content::{INDEX, MARKER, marker};
use super::index::LayoutIndex;
use crate::error::{Error, Result};
use crate::files::{make_folder, sync_folder};
use crate::registry::files::{FilePart, Files};

const LOCK: &str = "index.json.lock";
/// How long a writer waits for another one, which holds the lock for one change of `index.json`.
const LOCK_WAIT: Duration = Duration::from_secs(60);

/// A folder.
#[derive(Debug, Clone)]
pub(super) struct Directory {
    root: PathBuf,
}

impl Files for Directory {
    /// Links are followed, since some build tools fill layouts with them; what is read is verified by its digest.
    fn open(&self, path: &str) -> Result<Option<FilePart>> {
        let path = self.root.join(path);
        let metadata = match fs::metadata(&path) {
            Ok(metadata) => metadata,
            Err(e) if matches!(e.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => return Ok(None),
            Err(e) => return Err(Error::io(&path, e)),
        };
        // Opening a pipe would wait for a writer.
        if !metadata.is_file() {
            return Err(Error::invalid("this is not a regular file").context("path", path.display()));
        }
        let file = File::open(&path).map_err(|e| Error::io(&path, e))?;
        Ok(Some(FilePart::new(file, metadata.len(), path)))
    }

    fn place(&self) -> &Path {
        &self.root
    }
}

impl Directory {
    pub(super) fn new(root: PathBuf) -> Self {
        Directory { root }
    }

    /// Whether no layout was ever made here: nothing is there, or what a creation leaves that was stopped before its end.
    pub(super) fn is_vacant(&self) -> Result<bool> {
        let entries = match fs::read_dir(&self.root) {
            Ok(entries) => entries,
            Err(e) if e.kind() == ErrorKind::NotFound => return Ok(true),
            Err(e) => return Err(Error::io(&self.root, e)),
        };
        for entry in entries {
            let name = entry.map_err(|e| Error::io(&self.root, e))?.file_name();
            let name = name.to_string_lossy();
            if !matches!(&*name, LOCK | INDEX | "blobs") && !is_temporary(&name) {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Takes the lock under which `index.json` changes, and makes the layout where there is none.
    pub(super) fn lock(&self) -> Result<Lock> {
        let vacant = self.is_vacant()?;
        if !vacant && self.open(MARKER)?.is_none() {
            return Err(Error::invalid("this folder is not an OCI image layout and not empty")
                .context("path", self.root.display())
                .hint("name a folder that does not exist yet"));
        }
        make_folder(&self.root.join("blobs"))?;
        let lock = self.wait_for_lock()?;
        self.sweep();
        // The marker comes last: without it nothing else counts.
        if vacant && self.open(MARKER)?.is_none() {
            if self.open(INDEX)?.is_none() {
                self.write(INDEX, &LayoutIndex::empty().to_json()?)?;
            }
            self.write(MARKER, marker().as_bytes())?;
        }
        Ok(lock)
    }

    /// Removes what processes that were killed left behind: temporary files that nobody holds any more. They are made, and
    /// this is called, under the lock only, so a file that its maker is about to hold is not seen here.
    fn sweep(&self) {
        let Ok(entries) = fs::read_dir(&self.root) else { return };
        for entry in entries.flatten().filter(|entry| is_temporary(&entry.file_name().to_string_lossy())) {
            let held = File::open(entry.path()).map_or(true, |file| file.try_lock().is_err());
            if !held {
                // Left for the next writer where it cannot be removed; it does no harm.
                let _ = fs::remove_file(entry.path());
            }
        }
    }

    fn wait_for_lock(&self) -> Result<Lock> {
        let path = self.root.join(LOCK);
        let file = OpenOptions::new().write(true).create(true).truncate(false).open(&path);
        let file = file.map_err(|e| Error::io(&path, e))?;
        let start = Instant::now();
        let mut pause = Duration::from_millis(1);
        loop {
            match file.try_lock() {
                Ok(()) => return Ok(Lock(file)),
                Err(TryLockError::Error(e)) => return Err(Error::io(&path, e)),
                Err(TryLockError::WouldBlock) if start.elapsed() > LOCK_WAIT => {
                    return Err(Error::unavailable("another process is changing the layout and does not finish")
                        .context("path", path.display()));
                }
                Err(TryLockError::WouldBlock) => {
                    std::thread::sleep(pause);
                    pause = (pause * 2).min(Duration::from_millis(20));
                }
            }
        }
    }

    /// Writes a small file whole, in place of one that is there.
    pub(super) fn write(&self, path: &str, bytes: &[u8]) -> Result<()> {
        let mut temporary = self.temporary()?;
        temporary.append(bytes)?;
        self.put(temporary, path)
    }

    /// A file that becomes visible by [`put`](Self::put), or goes away. To be called under the lock.
    pub(super) fn temporary(&self) -> Result<Temporary> {
        static COUNTER: AtomicU64 = AtomicU64::new(0);
        loop {
            let count = COUNTER.fetch_add(1, Ordering::Relaxed);
            let path = self.root.join(format!(".cache-{}-{count}.tmp", std::process::id()));
            match OpenOptions::new().write(true).create_new(true).open(&path) {
                Ok(file) => {
                    file.lock().map_err(|e| Error::io(&path, e))?;
                    return Ok(Temporary { file, path: Some(path) });
                }
                // Left by a process of the same number that died, perhaps in another container.
                Err(e) if e.kind() == ErrorKind::AlreadyExists => continue,
                Err(e) => return Err(Error::io(&path, e)),
            }
        }
    }

    /// Gives a finished file its name, on the disk for good.
    pub(super) fn put(&self, mut temporary: Temporary, path: &str) -> Result<()> {
        let target = self.root.join(path);
        let folder = target.parent().unwrap_or(&self.root);
        let at = |e| Error::io(&target, e);
        temporary.file.sync_all().map_err(at)?;
        make_folder(folder)?;
        if let Some(from) = &temporary.path {
            fs::rename(from, &target).map_err(at)?;
        }
        temporary.path = None;
        sync_folder(folder)
    }

    /// Removes a file; it may be gone already.
    pub(super) fn remove(&self, path: &str) -> Result<()> {
        let path = self.root.join(path);
        match fs::remove_file(&path) {
            Err(e) if e.kind() != ErrorKind::NotFound => Err(Error::io(&path, e)),
            _ => Ok(()),
        }
    }
}

fn is_temporary(name: &str) -> bool {
    name.starts_with(".cache-") && name.ends_with(".tmp")
}

/// Held while `index.json` changes; the operating system lets go of it when the process ends, however it ends.
#[derive(Debug)]
pub(super) struct Lock(#[expect(dead_code, reason = "closing the file unlocks it")] File);

/// A file that is being written, and held locked meanwhile. Dropped, it is removed.
#[derive(Debug)]
pub(super) struct Temporary {
    file: File,
    path: Option<PathBuf>,
}

impl Temporary {
    pub(super) fn append(&mut self, bytes: &[u8]) -> Result<()> {
        let path = self.path.as_deref().unwrap_or(Path::new(""));
        self.file.write_all(bytes).map_err(|e| Error::io(path, e))
    }
}

impl Drop for Temporary {
    fn drop(&mut self) {
        if let Some(path) = &self.path {
            // Nothing can be done about a failure, and a stray temporary file does no harm.
            let _ = fs::remove_file(path);
        }
    }
}
