//! From wishes to a plan.

use super::Administrator;
use super::tags::tags_of;
use crate::error::{Absent, Error, Result};
use crate::execute::administration;
use crate::model::{Digest, Pinned, Reference, Tag};
use crate::plan::{
    Action, Administer, Change, Deadlines, Delete, DeleteTarget, Expected, PLAN_VERSION, Plan, PlanBody, Purpose,
    SetTag,
};

/// What somebody wants done.
#[derive(Debug, Clone)]
pub struct Request {
    /// The environment that is changed, such as `prod`.
    pub environment: String,
    /// Who asks. Usually this person may not approve.
    pub requester: String,
    /// Why.
    pub reason: Option<String>,
    /// What it is, in a few words.
    pub what: String,
    /// What is to be done, in this order.
    pub wishes: Vec<Wish>,
}

/// One thing to be done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wish {
    /// An administrative action.
    Action(Action),
    /// A tag names this image.
    Tag {
        /// The image, in the tag's repository.
        image: Pinned,
        /// The tag.
        tag: Tag,
        /// Whether the tag may be moved where it names another image.
        move_tag: bool,
    },
    /// A tag is removed; the image stays.
    Untag(Reference),
    /// An image is deleted.
    Delete {
        /// The image.
        image: Pinned,
        /// Whether its tags go with it. Otherwise an image that has a tag stays.
        with_tags: bool,
    },
}

impl Administrator {
    /// Looks at what is there and drafts the plan; `None` where there is nothing to do. Reads only.
    ///
    /// # Errors
    /// What the registry says; `Unsupported` where it has no such ability; `Conflict` where a tag names another image and may
    /// not be moved, or an image that has tags is to be deleted without them.
    pub async fn plan(&self, request: &Request) -> Result<Option<Plan>> {
        let mut changes = Vec::new();
        for wish in &request.wishes {
            changes.extend(self.changes(wish).await?);
        }
        if changes.is_empty() {
            return Ok(None);
        }
        let plan = PlanBody {
            version: PLAN_VERSION,
            environment: request.environment.clone(),
            requester: request.requester.clone(),
            reason: request.reason.clone(),
            purpose: Purpose::Upkeep { what: request.what.clone() },
            policy: None,
            break_glass: None,
            deadlines: Deadlines::default(),
            verdicts: Vec::new(),
            changes,
            left_behind: Vec::new(),
        };
        plan.plan().map(Some)
    }

    async fn changes(&self, wish: &Wish) -> Result<Vec<Change>> {
        match wish {
            Wish::Action(action) => self.action(action).await,
            Wish::Tag { image, tag, move_tag } => self.tag(image, tag, *move_tag).await,
            Wish::Untag(reference) => self.untag(reference).await,
            Wish::Delete { image, with_tags } => self.delete(image, *with_tags).await,
        }
    }

    async fn action(&self, action: &Action) -> Result<Vec<Change>> {
        let standing = administration(self.registry.as_registry())?.standing(action).await?;
        if standing.settled {
            return Ok(Vec::new());
        }
        let (action, effects) = (action.clone(), standing.effects);
        Ok(vec![Change::Administer(Box::new(Administer { action, expected: standing.now, effects }))])
    }

    async fn tag(&self, image: &Pinned, tag: &Tag, move_tag: bool) -> Result<Vec<Change>> {
        self.registry.as_registry().resolve(&image.clone().into()).await?;
        let repository = image.repository.clone();
        let now = self.named(&repository.tagged(tag.clone())).await?;
        if now.as_ref() == Some(&image.digest) {
            return Ok(Vec::new());
        }
        if let Some(other) = now.as_ref().filter(|_| !move_tag) {
            return Err(Error::conflict("the tag names another image")
                .context("tag", repository.tagged(tag.clone()))
                .context("names", other)
                .hint("allow the tag to be moved, or choose another"));
        }
        let expected = Expected::from(now);
        Ok(vec![Change::SetTag(SetTag { repository, tag: tag.clone(), to: image.digest.clone(), expected })])
    }

    async fn untag(&self, reference: &Reference) -> Result<Vec<Change>> {
        let Some(tag) = reference.tag.clone() else {
            return Err(Error::invalid("only a tag can be removed and leave the image").context("reference", reference));
        };
        let tagged = reference.repository.tagged(tag.clone());
        let Some(expected) = self.named(&tagged).await? else { return Ok(Vec::new()) };
        if reference.digest.as_ref().is_some_and(|wanted| *wanted != expected) {
            return Err(Error::conflict("the tag names another image")
                .context("tag", tagged)
                .context("names", expected));
        }
        let repository = reference.repository.clone();
        Ok(vec![Change::Delete(Delete { repository, target: DeleteTarget::Tag(tag), expected, tags: Vec::new() })])
    }

    async fn delete(&self, image: &Pinned, with_tags: bool) -> Result<Vec<Change>> {
        let there = self.registry.as_registry().resolve(&image.clone().into()).await.absent_is_none()?;
        if there.is_none() {
            return Ok(Vec::new());
        }
        let tags = tags_of(self.registry.as_registry(), image).await?;
        if !tags.is_empty() && !with_tags {
            let tags: Vec<&str> = tags.iter().map(Tag::as_str).collect();
            return Err(Error::conflict("the image has tags, which would be deleted with it")
                .context("image", image)
                .context("tags", tags.join(", "))
                .hint("remove one tag alone, or ask to delete the image with its tags"));
        }
        let (repository, expected) = (image.repository.clone(), image.digest.clone());
        Ok(vec![Change::Delete(Delete { repository, target: DeleteTarget::Manifest, expected, tags })])
    }

    async fn named(&self, reference: &Reference) -> Result<Option<Digest>> {
        Ok(self.registry.as_registry().resolve(reference).await.absent_is_none()?.map(|descriptor| descriptor.digest))
    }
}
