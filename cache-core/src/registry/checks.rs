//! What every store of our own checks before it changes something, in one wording.

use crate::error::{Error, Result};
use crate::model::{Descriptor, Digest, Manifest, Reference, Repository, Tag};
use crate::plan::{Delete, SetTag};

/// Whether the tag is already right. Where it is not as the permit expects: `Conflict`.
pub(super) fn tag_is_settled(op: &SetTag, found: Option<&Digest>) -> Result<bool> {
    if found == Some(&op.to) {
        return Ok(true);
    }
    if op.expected.is_met_by(found) {
        return Ok(false);
    }
    Err(moved(&op.repository, &op.tag, found))
}

/// Whether the tag to be deleted still names what the permit expects.
pub(super) fn tag_is_as_expected(op: &Delete, tag: &Tag, found: Option<&Digest>) -> Result<()> {
    match found {
        Some(digest) if *digest == op.expected => Ok(()),
        Some(_) => Err(moved(&op.repository, tag, found).context("expected", &op.expected)),
        None => Err(no_tag(&op.repository, tag)),
    }
}

fn moved(repository: &Repository, tag: &Tag, found: Option<&Digest>) -> Error {
    let now = found.map_or("nothing".to_owned(), Digest::to_string);
    Error::conflict("the tag is not as the plan expects it")
        .context("repository", repository)
        .context("tag", tag)
        .context("names", now)
        .hint("make a new plan")
}

/// Refuses to store a manifest that names content which is not there. Foreign layers may be missing, and so may the subject.
pub(super) fn parts_are_there(
    manifest: &Manifest,
    has_blob: impl Fn(&Descriptor) -> bool,
    has_manifest: impl Fn(&Descriptor) -> bool,
) -> Result<()> {
    let missing_blob = manifest.blobs().into_iter().find(|b| !b.is_foreign() && !has_blob(b));
    let missing = missing_blob.or_else(|| manifest.children().iter().find(|c| !has_manifest(c)));
    match missing {
        None => Ok(()),
        Some(missing) => Err(Error::conflict("the manifest names content that is not in the repository")
            .context("manifest", manifest.digest())
            .context("missing", &missing.digest)),
    }
}

/// A manifest as a referrers list has it: with its artifact type and its annotations.
pub(super) fn referrer(manifest: &Manifest) -> Descriptor {
    Descriptor { annotations: manifest.annotations().clone(), ..manifest.descriptor() }
}

pub(super) fn no_repository(repository: &Repository) -> Error {
    Error::not_found("there is no such repository here").context("repository", repository)
}

pub(super) fn no_tag(repository: &Repository, tag: &Tag) -> Error {
    Error::not_found("there is no such tag").context("repository", repository).context("tag", tag)
}

pub(super) fn no_manifest(repository: &Repository, digest: &Digest) -> Error {
    Error::not_found("there is no such manifest").context("repository", repository).context("digest", digest)
}

pub(super) fn no_blob(repository: &Repository, digest: &Digest) -> Error {
    Error::not_found("there is no such blob").context("repository", repository).context("blob", digest)
}

pub(super) fn no_name(reference: &Reference) -> Error {
    Error::invalid("the reference has neither a tag nor a digest").context("reference", reference)
}
