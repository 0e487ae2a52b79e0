//! Tags and deletions: expected as planned, changed, and read back.

use crate::approve::Permit;
use crate::error::{Absent, Error, Result};
use crate::model::{Digest, Reference, Tag};
use crate::plan::{Delete, DeleteTarget, Expected, SetTag};
use crate::registry::{Deletion, Moved, Registry, RegistryWriter};

/// Looks whether the tag can be set, or is set already.
///
/// # Errors
/// `Conflict` where it is neither as expected nor as wanted.
pub(crate) async fn expect_tag(registry: &dyn Registry, set: &SetTag) -> Result<()> {
    let reference = set.repository.tagged(set.tag.clone());
    let found = found(registry, &reference).await?;
    if found.as_ref() == Some(&set.to) || set.expected.is_met_by(found.as_ref()) {
        return Ok(());
    }
    let expected = match &set.expected {
        Expected::Absent => None,
        Expected::At(digest) => Some(digest),
    };
    Err(differs("tag", &reference, expected, found.as_ref()))
}

/// Points a tag at a manifest and reads it back; `false` where it was so already. The registry looks right before whether the tag is
/// as expected.
pub(crate) async fn set_tag(registry: &dyn RegistryWriter, op: Permit<'_, SetTag>) -> Result<bool> {
    let (reference, wanted) = (op.repository.tagged(op.tag.clone()), op.to.clone());
    if registry.set_tag(op).await? == Moved::AlreadyThere {
        return Ok(false);
    }
    let found = registry.resolve(&reference).await?.digest;
    if found != wanted {
        return Err(Error::conflict("the tag names something else right after it was set")
            .context("tag", reference)
            .context("found", found));
    }
    Ok(true)
}

/// Whether this still has to be deleted.
///
/// # Errors
/// `Conflict` where the tag names something else than expected.
pub(crate) async fn expect_delete(registry: &dyn Registry, delete: &Delete) -> Result<bool> {
    let reference = deleted(delete);
    match found(registry, &reference).await? {
        None => Ok(false),
        Some(found) if found == delete.expected => {
            expect_no_other_tag(registry, delete).await?;
            Ok(true)
        }
        Some(found) => Err(differs("tag", &reference, Some(&delete.expected), Some(&found))),
    }
}

/// Deletes a tag or a manifest, and looks whether it is gone; `false` where it was so already.
pub(crate) async fn delete(registry: &dyn RegistryWriter, op: Permit<'_, Delete>) -> Result<bool> {
    if !expect_delete(registry.as_registry(), &op).await? {
        return Ok(false);
    }
    let planned = Delete::clone(&op);
    registry.delete(op).await?;
    gone(registry.as_registry(), &planned).await.map(|()| true)
}

/// Deletes several things by the registry's own interface, which takes many at once; what became of each, in their order.
pub(crate) async fn delete_all(
    registry: &dyn RegistryWriter,
    own: &dyn Deletion,
    ops: Vec<Permit<'_, Delete>>,
) -> Vec<Result<bool>> {
    let mut outcomes: Vec<Option<Result<bool>>> = Vec::with_capacity(ops.len());
    let (mut batch, mut planned) = (Vec::new(), Vec::new());
    for op in ops {
        match expect_delete(registry.as_registry(), &op).await {
            Ok(true) => {
                planned.push(Delete::clone(&op));
                batch.push(op);
                outcomes.push(None);
            }
            settled => outcomes.push(Some(settled)),
        }
    }
    let mut removed = own.remove_all(batch).await.into_iter().zip(planned);
    let mut all = Vec::with_capacity(outcomes.len());
    for outcome in outcomes {
        all.push(match outcome {
            Some(settled) => settled,
            None => match removed.next() {
                Some((Ok(()), planned)) => gone(registry.as_registry(), &planned).await.map(|()| true),
                Some((Err(error), _)) => Err(error),
                None => Err(Error::unexpected("the registry did not say what became of this")),
            },
        });
    }
    all
}

/// Some registries keep what they say they deleted, or the tags of a manifest that they did delete.
async fn gone(registry: &dyn Registry, op: &Delete) -> Result<()> {
    let reference = deleted(op);
    if let Some(found) = found(registry, &reference).await? {
        return Err(Error::conflict("it is still there right after it was deleted")
            .context("deleted", reference)
            .context("found", found));
    }
    for tag in &op.tags {
        let reference = op.repository.tagged(tag.clone());
        if found(registry, &reference).await?.is_some() {
            return Err(
                Error::conflict("the manifest was deleted, and its tag still answers").context("tag", reference)
            );
        }
    }
    Ok(())
}

/// A manifest goes with the tags of the plan and no other, where the registry can say so at the cost of one question.
async fn expect_no_other_tag(registry: &dyn Registry, delete: &Delete) -> Result<()> {
    let (DeleteTarget::Manifest, Some(tags_of)) = (&delete.target, registry.abilities().tags_of) else { return Ok(()) };
    only_planned_tags(delete, tags_of.tags_of(&delete.repository.at(delete.expected.clone())).await?)
}

/// Whether these, which name the manifest that is to be deleted, are tags of the plan.
pub(crate) fn only_planned_tags(delete: &Delete, tags: Vec<Tag>) -> Result<()> {
    match tags.into_iter().find(|tag| !delete.tags.contains(tag)) {
        None => Ok(()),
        Some(tag) => Err(moved()
            .context("manifest", &delete.expected)
            .context("tag", delete.repository.tagged(tag))
            .hint("a tag that the plan does not name would be deleted with the manifest")),
    }
}

fn deleted(op: &Delete) -> Reference {
    match &op.target {
        DeleteTarget::Tag(tag) => op.repository.tagged(tag.clone()),
        DeleteTarget::Manifest => op.repository.at(op.expected.clone()).into(),
    }
}

async fn found(registry: &dyn Registry, reference: &Reference) -> Result<Option<Digest>> {
    Ok(registry.resolve(reference).await.absent_is_none()?.map(|descriptor| descriptor.digest))
}

fn differs(what: &'static str, reference: &Reference, expected: Option<&Digest>, found: Option<&Digest>) -> Error {
    let text = |digest: Option<&Digest>| digest.map_or("nothing".to_owned(), Digest::to_string);
    moved().context(what, reference).context("expected", text(expected)).context("found", text(found))
}

/// The world is not as the plan says.
pub(crate) fn moved() -> Error {
    Error::conflict("the world moved since the plan was made").hint("make a new plan and have that approved")
}
