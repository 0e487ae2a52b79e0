//! A folder on disk, read as if it were one layer.

use std::fs;
use std::path::Path;

use super::layer::{Layer, Node, NodeKind, Unread};
use super::limits::Limits;
use super::{Cataloger, Place};
use crate::error::{Error, Result};

/// Reads every file below `root` that a cataloger wants. Links are not followed, so nothing outside is read; what may not
/// be read is an error, since a list without it would look complete. `skip` are paths below it that do not count.
pub(super) fn read(root: &Path, catalogers: &[Box<dyn Cataloger>], limits: &Limits, skip: &[String]) -> Result<Layer> {
    let mut layer = Layer::default();
    let mut open = vec![String::new()];
    let mut count = 0;
    while let Some(folder) = open.pop() {
        let here = root.join(&folder);
        let mut names = Vec::new();
        for entry in fs::read_dir(&here).map_err(|e| Error::io(&here, e))? {
            let entry = entry.map_err(|e| Error::io(&here, e))?;
            let kind = entry.file_type().map_err(|e| Error::io(&entry.path(), e))?;
            names.push((entry.file_name().to_string_lossy().into_owned(), kind, entry.path()));
        }
        names.sort_by(|a, b| a.0.cmp(&b.0));
        for (name, kind, at) in names {
            count += 1;
            limits.check_entries(count)?;
            let path = if folder.is_empty() { name } else { format!("{folder}/{name}") };
            limits.check_path(&path)?;
            if skip.contains(&path) {
                continue;
            }
            let (kind, facts) = if kind.is_dir() {
                open.push(path.clone());
                (NodeKind::Directory, Vec::new())
            } else if kind.is_symlink() {
                let target = fs::read_link(&at).map_err(|e| Error::io(&at, e))?;
                (NodeKind::Symlink(target.to_string_lossy().into_owned()), Vec::new())
            } else if kind.is_file() {
                let mut file = fs::File::open(&at).map_err(|e| Error::io(&at, e))?;
                let metadata = file.metadata().map_err(|e| Error::io(&at, e))?;
                limits.check_file(&path, metadata.len())?;
                let executable = is_executable(&metadata);
                let unread = Unread { path: &path, size: metadata.len(), executable, place: Place::Folder };
                (NodeKind::File, unread.facts(&mut file, catalogers)?)
            } else {
                continue;
            };
            layer.nodes.push(Node { path, kind, facts });
        }
    }
    Ok(layer)
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
