//! A folder on disk, read as if it were one layer.

use std::fs;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::Path;

use super::layer::{Kept, Layer, Node, NodeKind, Unread};
use super::limits::Limits;
use super::read::fill;
use super::{Cataloger, Place, name};
use crate::error::{Error, Result};

/// Reads every file below `root` that a cataloger wants. Links are not followed, and devices, pipes and sockets, which may have
/// no end, not read. So nothing outside is read while nobody changes the folder; whoever does may put a link in the place of a
/// folder on the way. What may not be read is an error, since a list without it would look complete. `skip` are paths below it
/// that do not count.
pub(super) fn read(root: &Path, catalogers: &[Box<dyn Cataloger>], limits: &Limits, skip: &[String]) -> Result<Layer> {
    let mut layer = Layer::default();
    let mut kept = Kept::default();
    // The path on the disk beside the one in the list, which is text: names on the disk need not be.
    let mut open = vec![(root.to_owned(), String::new())];
    let (mut count, mut read) = (0, 0);
    while let Some((here, folder)) = open.pop() {
        let mut names = Vec::new();
        for entry in fs::read_dir(&here).map_err(|e| Error::io(&here, e))? {
            count += 1;
            limits.check_entries(count)?;
            let entry = entry.map_err(|e| Error::io(&here, e))?;
            let kind = entry.file_type().map_err(|e| Error::io(&entry.path(), e))?;
            names.push((name::text(entry.file_name().as_encoded_bytes()), kind, entry.path()));
        }
        names.sort_by(|a, b| a.0.cmp(&b.0));
        for (name, kind, at) in names {
            let path = if folder.is_empty() { name } else { format!("{folder}/{name}") };
            limits.check_path(&path)?;
            if skip.contains(&path) {
                continue;
            }
            let (kind, facts) = if kind.is_dir() {
                open.push((at, path.clone()));
                (NodeKind::Directory, Vec::new())
            } else if kind.is_symlink() {
                (NodeKind::Symlink(target(&at, limits)?), Vec::new())
            } else if kind.is_file() {
                let file = open_file(&at).map_err(|e| Error::io(&at, e))?;
                let metadata = file.metadata().map_err(|e| Error::io(&at, e))?;
                if !metadata.is_file() {
                    continue;
                }
                let size = metadata.len();
                limits.check_file(&path, size)?;
                let executable = is_executable(&metadata);
                let more = || has_more(&file, size).map_err(|e| Error::io(&at, e));
                let unread = Unread { path: &path, size, executable, place: Place::Folder, has_more: &more };
                // No more than it had: one that grows, or that a system makes up while it is read, would have no end.
                let mut content = (&file).take(size);
                let facts = unread.facts(&mut content, catalogers)?;
                read += size - content.limit();
                limits.check_read(read)?;
                (NodeKind::File, facts)
            } else {
                continue;
            };
            let link = match &kind {
                NodeKind::Symlink(target) => target.as_str(),
                _ => "",
            };
            limits.check_kept(kept.add(&path, link, &facts)?)?;
            layer.nodes.push(Node { path, kind, facts });
        }
    }
    Ok(layer)
}

/// Opens a file. Should something else stand there by now, no link is followed and no pipe waited for.
#[cfg(unix)]
fn open_file(path: &Path) -> io::Result<fs::File> {
    use std::os::unix::fs::OpenOptionsExt;
    let flags = rustix::fs::OFlags::NOFOLLOW | rustix::fs::OFlags::NONBLOCK;
    fs::OpenOptions::new().read(true).custom_flags(flags.bits() as i32).open(path)
}

#[cfg(not(unix))]
fn open_file(path: &Path) -> io::Result<fs::File> {
    fs::File::open(path)
}

/// Whether there is more in a file than it said.
fn has_more(mut file: &fs::File, size: u64) -> io::Result<bool> {
    if size > 0 {
        file.seek(SeekFrom::Start(size))?;
    }
    Ok(fill(&mut file, &mut [0])? > 0)
}

/// Where a link leads, as it is written.
fn target(link: &Path, limits: &Limits) -> Result<String> {
    let target = fs::read_link(link).map_err(|e| Error::io(link, e))?;
    let target = name::text(target.as_os_str().as_encoded_bytes());
    limits.check_path(&target)?;
    Ok(target)
}

#[cfg(unix)]
fn is_executable(metadata: &fs::Metadata) -> bool {
    use std::os::unix::fs::PermissionsExt;
    metadata.permissions().mode() & 0o111 != 0
}

#[cfg(not(unix))]
fn is_executable(_: &fs::Metadata) -> bool {
    true
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use rustix::fs::{CWD, Mode, mkfifoat};

    use super::*;

    #[test]
    fn no_link_is_followed_and_no_pipe_waited_for() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        fs::write(at("file"), "x").unwrap();
        std::os::unix::fs::symlink(at("file"), at("link")).unwrap();
        mkfifoat(CWD, at("pipe"), Mode::RUSR | Mode::WUSR).unwrap();
        assert!(open_file(&at("file")).unwrap().metadata().unwrap().is_file());
        assert!(open_file(&at("link")).is_err());
        assert!(!open_file(&at("pipe")).unwrap().metadata().unwrap().is_file());
    }
}
