//! Changing a layout: every change of `index.json` is made under the lock, on what is there at that moment.

use super::content::{Content, INDEX, blob_path};
use super::directory::{Directory, Temporary};
use super::index::LayoutIndex;
use crate::error::{Error, Result};
use crate::model::manifest::media_type;
use crate::model::{Descriptor, Manifest, Tag};
use crate::plan::{Delete, DeleteTarget, SetTag};
use crate::registry::{Moved, checks};

/// These functions block.
impl Content<Directory> {
    /// A file for a blob that is about to arrive; makes the layout where there is none.
    pub(super) fn begin_blob(&self) -> Result<Temporary> {
        let _lock = self.files().lock()?;
        self.files().temporary()
    }

    /// Gives a blob that arrived, and was verified, its name.
    pub(super) fn finish_blob(&self, arrived: Temporary, blob: &Descriptor) -> Result<()> {
        self.files().put(arrived, &blob_path(&blob.digest))
    }

    pub(super) fn put_manifest(&self, manifest: &Manifest) -> Result<Moved> {
        self.change(|index| {
            let descriptor = manifest.descriptor();
            let there = self.has_blob(&descriptor)?;
            if there && self.reaches(index, manifest.digest())? {
                return Ok(Moved::AlreadyThere);
            }
            self.check_parts(manifest)?;
            if !there {
                self.files().write(&blob_path(manifest.digest()), manifest.bytes())?;
            }
            // An index speaks for its children.
            for child in manifest.children() {
                index.unlist(&child.digest);
            }
            index.list(&descriptor)?;
            if let Some(subject) = manifest.subject() {
                self.relist(index, subject, |list| {
                    list.retain(|d| d.digest != descriptor.digest);
                    list.push(checks::referrer(manifest));
                })?;
            }
            Ok(Moved::Sent(descriptor.size))
        })
    }

    pub(super) fn set_tag(&self, op: &SetTag) -> Result<Moved> {
        self.change(|index| {
            let found = index.find(&op.tag)?.map(|d| &d.digest);
            if checks::tag_is_settled(op, found)? {
                return Ok(Moved::AlreadyThere);
            }
            let manifest = self.manifest(index, &op.to)?;
            index.name(&op.tag, &manifest)?;
            Ok(Moved::Sent(0))
        })
    }

    pub(super) fn delete(&self, op: &Delete) -> Result<()> {
        match &op.target {
            DeleteTarget::Tag(tag) => self.change(|index| {
                checks::tag_is_as_expected(op, tag, index.find(tag)?.map(|d| &d.digest))?;
                index.unname(tag);
                Ok(())
            }),
            DeleteTarget::Manifest => self.change(|index| {
                let manifest = self.manifest(index, &op.expected)?;
                index.forget(&op.expected);
                if let Some(subject) = manifest.subject() {
                    self.relist(index, subject, |list| list.retain(|d| d.digest != op.expected))?;
                }
                self.store(index)?;
                // Last, so that nothing lists what is gone.
                self.files().remove(&blob_path(&op.expected))
            }),
        }
    }

    /// Lets `edit` change `index.json`, and writes it where it did.
    fn change<T>(&self, edit: impl FnOnce(&mut LayoutIndex) -> Result<T>) -> Result<T> {
        let _lock = self.files().lock()?;
        let mut index = self.index()?;
        let before = index.to_json()?;
        let done = edit(&mut index)?;
        if index.to_json()? != before {
            self.store(&index)?;
        }
        Ok(done)
    }

    fn store(&self, index: &LayoutIndex) -> Result<()> {
        self.files().write(INDEX, &index.to_json()?)
    }

    fn check_parts(&self, manifest: &Manifest) -> Result<()> {
        let there = |d: &Descriptor| self.has_blob(d).unwrap_or(false);
        checks::parts_are_there(manifest, there, there)
    }

    /// Keeps the list under the fallback tag too, where regctl looks for referrers.
    fn relist(
        &self,
        index: &mut LayoutIndex,
        subject: &Descriptor,
        edit: impl FnOnce(&mut Vec<Descriptor>),
    ) -> Result<()> {
        let tag = Tag::of_digest(&subject.digest, "");
        let old = match index.find(&tag)?.map(|d| d.digest.clone()) {
            Some(digest) => Some(self.manifest(index, &digest)?),
            None => None,
        };
        let mut list = old.as_ref().map_or(Vec::new(), |old| old.children().to_vec());
        edit(&mut list);
        if let Some(old) = &old {
            index.unname(&tag);
            index.unlist(old.digest());
        }
        if list.is_empty() {
            return Ok(());
        }
        let list = referrers_list(&list)?;
        self.files().write(&blob_path(list.digest()), list.bytes())?;
        index.name(&tag, &list)
    }
}

/// The index that stands under a fallback tag.
fn referrers_list(referrers: &[Descriptor]) -> Result<Manifest> {
    let list = serde_json::json!({ "schemaVersion": 2, "mediaType": media_type::OCI_INDEX, "manifests": referrers });
    Manifest::parse(list.to_string(), None)
        .map_err(|e| Error::unexpected("the list of referrers cannot be written").caused_by(e))
}
