//! Reading a layout, whether it is a folder or a tar file.

use std::collections::HashSet;

use serde::Deserialize;

use super::index::{LayoutIndex, name_of};
use crate::error::{Error, Result};
use crate::model::manifest::{MAX_DEPTH, MAX_MANIFEST, media_type};
use crate::model::{Descriptor, Digest, Manifest, Reference, Repository, Tag};
use crate::registry::checks;
use crate::registry::files::{FilePart, Files};

/// The largest `index.json` that is read: some sixty thousand entries.
pub(in crate::registry) const MAX_INDEX: u64 = 16 << 20;
/// How many manifests are looked at to find referrers.
const MAX_MANIFESTS: usize = 50_000;

pub(crate) const MARKER: &str = "oci-layout";
pub(crate) const INDEX: &str = "index.json";
const VERSION: &str = "1.0.0";

/// The one repository that a layout is. These functions block.
#[derive(Debug)]
pub(crate) struct Content<F> {
    files: F,
    repository: Repository,
}

impl<F: Files> Content<F> {
    pub(crate) fn new(files: F, repository: Repository) -> Self {
        Content { files, repository }
    }

    pub(super) fn files(&self) -> &F {
        &self.files
    }

    pub(crate) fn repository(&self) -> &Repository {
        &self.repository
    }

    /// `NotFound` where another repository is asked for.
    pub(crate) fn expect(&self, asked: &Repository) -> Result<()> {
        if *asked == self.repository {
            return Ok(());
        }
        Err(checks::no_repository(asked).context("this is", &self.repository))
    }

    /// `index.json`, of a layout whose marker says that it is one.
    pub(crate) fn index(&self) -> Result<LayoutIndex> {
        let place = |error: Error| error.context("layout", self.files.place().display());
        let marker = self.files.read(MARKER, MAX_MANIFEST)?;
        let marker = marker.ok_or_else(|| {
            place(Error::invalid("this is not an OCI image layout: there is no oci-layout file"))
                .hint("give the folder or archive that holds oci-layout and index.json")
        })?;
        check_marker(&marker).map_err(place)?;
        let index = self.files.read(INDEX, MAX_INDEX).map_err(place)?;
        let index = index.ok_or_else(|| place(Error::invalid("the layout has no index.json")))?;
        LayoutIndex::parse(&index).map_err(place)
    }

    pub(crate) fn resolve(&self, reference: &Reference) -> Result<Descriptor> {
        let index = self.index()?;
        let digest = match (&reference.digest, &reference.tag) {
            (Some(digest), _) => digest.clone(),
            (None, Some(tag)) => {
                let found = index.find(tag)?.ok_or_else(|| self.no_tag(&index, tag))?;
                return self.listed(found).map(|manifest| manifest.descriptor());
            }
            (None, None) => self.only_image(&index, reference)?,
        };
        Ok(self.manifest(&index, &digest)?.descriptor())
    }

    /// A manifest by its digest. It is there when its bytes are.
    pub(crate) fn manifest(&self, index: &LayoutIndex, digest: &Digest) -> Result<Manifest> {
        let found = self.find_manifest(digest, index.media_type(digest))?;
        found.ok_or_else(|| checks::no_manifest(&self.repository, digest))
    }

    fn find_manifest(&self, digest: &Digest, media_type: Option<&str>) -> Result<Option<Manifest>> {
        let bytes = self.files.read(&blob_path(digest), MAX_MANIFEST)?;
        let place = |error: Error| error.context("layout", self.files.place().display());
        bytes.map(|bytes| Manifest::parse_expecting(bytes, digest, media_type)).transpose().map_err(place)
    }

    /// A manifest that a list says is there.
    fn listed(&self, entry: &Descriptor) -> Result<Manifest> {
        let place =
            |error: Error| error.context("layout", self.files.place().display()).context("manifest", &entry.digest);
        let found = self.find_manifest(&entry.digest, Some(&entry.media_type))?;
        let found = found.ok_or_else(|| place(Error::invalid("the layout lists a manifest that it does not hold")))?;
        if found.bytes().len() as u64 != entry.size {
            return Err(place(Error::untrusted("the layout lists a manifest with another size than it has")));
        }
        Ok(found)
    }

    pub(crate) fn tags(&self) -> Result<Vec<Tag>> {
        Ok(self.index()?.tags())
    }

    pub(in crate::registry) fn open_blob(&self, digest: &Digest) -> Result<FilePart> {
        self.files.open(&blob_path(digest))?.ok_or_else(|| checks::no_blob(&self.repository, digest))
    }

    /// Whether the blob is there with the size that its descriptor gives.
    pub(super) fn has_blob(&self, blob: &Descriptor) -> Result<bool> {
        Ok(self.files.open(&blob_path(&blob.digest))?.is_some_and(|part| part.len() == blob.size))
    }

    /// Every manifest about the subject that can be reached from `index.json`: listed there, in an index, or in the list of
    /// a fallback tag, which is an index too.
    pub(crate) fn referrers(&self, subject: &Digest) -> Result<Vec<Descriptor>> {
        let index = self.index()?;
        let fallback = Tag::of_digest(subject, "");
        let mut found = Vec::new();
        self.walk(&index, Some(&fallback), &mut |manifest| {
            if manifest.subject().is_some_and(|s| s.digest == *subject) {
                found.push(checks::referrer(manifest));
            }
        })?;
        found.sort_by(|a, b| a.digest.cmp(&b.digest));
        Ok(found)
    }

    /// Whether the manifest can be reached from `index.json`.
    pub(super) fn reaches(&self, index: &LayoutIndex, digest: &Digest) -> Result<bool> {
        let mut found = false;
        self.walk(index, None, &mut |manifest| found |= manifest.digest() == digest)?;
        Ok(found)
    }

    /// Shows each manifest that can be reached, once. What the list under the tag `complete` names must be there; an index
    /// may list platforms that were left out of the layout.
    fn walk(&self, index: &LayoutIndex, complete: Option<&Tag>, visit: &mut dyn FnMut(&Manifest)) -> Result<()> {
        let mut seen = HashSet::new();
        let mut level: Vec<(Descriptor, bool)> = index.descriptors().map(|d| (d.clone(), true)).collect();
        for _ in 0..=MAX_DEPTH {
            let mut next = Vec::new();
            for (entry, must_exist) in level {
                if !may_be_manifest(&entry) || !seen.insert(entry.digest.clone()) {
                    continue;
                }
                if seen.len() > MAX_MANIFESTS {
                    return Err(self.too_much(format!("the layout has more than {MAX_MANIFESTS} manifests")));
                }
                let manifest = match must_exist {
                    true => Some(self.listed(&entry)?),
                    false => self.find_manifest(&entry.digest, Some(&entry.media_type))?,
                };
                let Some(manifest) = manifest else { continue };
                visit(&manifest);
                let must_exist = complete.is_some_and(|tag| name_of(&entry) == Some(tag.as_str()));
                next.extend(manifest.children().iter().map(|child| (child.clone(), must_exist)));
            }
            if next.is_empty() {
                return Ok(());
            }
            level = next;
        }
        Err(self.too_much(format!("indexes are nested more than {MAX_DEPTH} deep")))
    }

    fn too_much(&self, what: String) -> Error {
        Error::invalid(what).context("layout", self.files.place().display())
    }

    /// Without a tag: the one image of the layout, where there is one. Artifacts about it do not count.
    fn only_image(&self, index: &LayoutIndex, reference: &Reference) -> Result<Digest> {
        let mut images = Vec::new();
        for entry in index.descriptors().filter(|d| may_be_manifest(d) && !is_about_a_digest(d)) {
            let manifest = self.listed(entry)?;
            if manifest.subject().is_none() && !images.contains(&entry.digest) {
                images.push(entry.digest.clone());
            }
        }
        match images.as_slice() {
            [image] => Ok(image.clone()),
            _ => Err(checks::no_name(reference).hint(format!("the layout has {}", said_names(index)))),
        }
    }

    fn no_tag(&self, index: &LayoutIndex, tag: &Tag) -> Error {
        checks::no_tag(&self.repository, tag).hint(format!("the layout has {}", said_names(index)))
    }
}

/// What the marker says.
pub(crate) fn marker() -> String {
    format!("{{\"imageLayoutVersion\":\"{VERSION}\"}}")
}

/// Where a blob lies in a layout.
pub(crate) fn blob_path(digest: &Digest) -> String {
    format!("blobs/{}/{}", digest.algorithm().name(), digest.hex())
}

fn check_marker(bytes: &[u8]) -> Result<()> {
    #[derive(Deserialize)]
    struct Marker {
        #[serde(rename = "imageLayoutVersion")]
        version: String,
    }
    let marker: Marker = serde_json::from_slice(bytes)
        .map_err(|e| Error::invalid(format!("the oci-layout file is malformed: {e}")).caused_by(e))?;
    if marker.version == VERSION {
        return Ok(());
    }
    Err(Error::unsupported(format!("the layout has version {:?}; Cache reads {VERSION}", marker.version)))
}

/// A layout may list anything; what is plainly no manifest is not parsed as one.
fn may_be_manifest(entry: &Descriptor) -> bool {
    let known = [media_type::OCI_MANIFEST, media_type::OCI_INDEX, media_type::DOCKER_MANIFEST, media_type::DOCKER_LIST];
    known.contains(&entry.media_type.as_str())
}

/// Whether the entry's name is made of a digest: a fallback tag, or one of cosign's.
fn is_about_a_digest(entry: &Descriptor) -> bool {
    name_of(entry).is_some_and(|name| name.starts_with("sha256-") || name.starts_with("sha512-"))
}

fn said_names(index: &LayoutIndex) -> String {
    let names: Vec<&str> = index.names().take(10).collect();
    if names.is_empty() { "no names".into() } else { format!("the names {}", names.join(", ")) }
}
