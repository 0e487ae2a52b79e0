//! What a header says of its package.

use super::super::{Found, Source, read};
use super::Damage;
use super::header::{Header, Tag};
use crate::model::digest::to_hex;

/// A longer path cannot be that of a file.
const MAX_PATH: usize = 4096;
const MAX_FOLDERS: usize = 1 << 17;

/// How much a database may still say in all: paths are joined of parts, so a small file could make large ones.
#[derive(Debug)]
pub(super) struct Budget {
    paths: usize,
    bytes: usize,
}

impl Default for Budget {
    fn default() -> Self {
        Budget { paths: read::MAX_PATHS, bytes: 128 << 20 }
    }
}

impl Budget {
    pub(super) fn is_spent(&self) -> bool {
        self.paths == 0 || self.bytes == 0
    }

    fn spend(&mut self, bytes: usize) -> Option<()> {
        self.paths = self.paths.saturating_sub(1);
        self.bytes = self.bytes.saturating_sub(bytes);
        (!self.is_spent()).then_some(())
    }
}

/// The package of a header.
pub(super) fn found(header: &Header<'_>, root: &str, budget: &mut Budget) -> Result<Found, Damage> {
    let name = header.text(Tag::Name);
    if name.is_empty() {
        return Err("a header names no package");
    }
    let epoch = header.numbers(Tag::Epoch).next();
    let mut found = Found {
        kind: "rpm".to_owned(),
        version: version(epoch, &header.text(Tag::Version), &header.text(Tag::Release)),
        name,
        arch: header.text(Tag::Arch),
        source: source(header.text(Tag::SourceRpm)),
        licenses: Some(header.text(Tag::License)).filter(|text| !text.is_empty()).into_iter().collect(),
        needs: names(header, Tag::RequireName),
        provides: names(header, Tag::ProvideName),
        files: files(header, root, budget),
        supplier: header.text(Tag::Vendor),
        description: header.text(Tag::Summary),
        homepage: header.text(Tag::Url),
        ..Found::default()
    };
    found.provides.retain(|other| *other != found.name);
    let module = header.text(Tag::ModularityLabel);
    if !module.is_empty() {
        found.properties.insert("module".to_owned(), module);
    }
    // Of the header and the payload, without the lead and the signatures: no digest of the archive as a file.
    if let Some(md5) = header.bytes::<16>(Tag::SigMd5) {
        found.properties.insert("sigmd5".to_owned(), to_hex(&md5));
    }
    Ok(found)
}

/// `epoch:version-release`; an epoch of zero is kept where it is stated, as rpm shows it.
pub(super) fn version(epoch: Option<u32>, version: &str, release: &str) -> String {
    let epoch = epoch.map(|epoch| format!("{epoch}:")).unwrap_or_default();
    let dash = if release.is_empty() { "" } else { "-" };
    format!("{epoch}{version}{dash}{release}")
}

pub(super) fn source(name: String) -> Option<Source> {
    (!matches!(name.as_str(), "" | "(none)")).then(|| Source { name, version: String::new() })
}

/// The names of a list, each once. What rpm itself can do and conditions in parentheses are no packages.
fn names(header: &Header<'_>, tag: Tag) -> Vec<String> {
    let names = header.strings(tag).filter(|name| !name.starts_with("rpmlib(") && !name.starts_with('('));
    read::distinct(names)
}

/// A file is the number of a folder and a name; the oldest packages have whole paths.
fn files(header: &Header<'_>, root: &str, budget: &mut Budget) -> Vec<String> {
    let folders: Vec<_> = header.strings(Tag::DirNames).take(MAX_FOLDERS).collect();
    let joined = header.strings(Tag::BaseNames).zip(header.numbers(Tag::DirIndexes)).filter_map(|(name, folder)| {
        let folder = folders.get(usize::try_from(folder).ok()?)?.trim_start_matches('/');
        (folder.len() + name.len() < MAX_PATH).then(|| format!("{root}{folder}{name}"))
    });
    let whole = header.strings(Tag::OldFileNames).map(|path| format!("{root}{}", path.trim_start_matches('/')));
    joined.chain(whole).map_while(|path| budget.spend(path.len()).map(|()| path)).collect()
}
