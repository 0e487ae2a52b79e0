//! Which tags name an image, at any registry.

use futures_util::{StreamExt, TryStreamExt, stream};

use crate::error::{Absent, Result};
use crate::model::{Pinned, Tag};
use crate::registry::Registry;

/// How many tags are asked at the same time.
const AT_ONCE: usize = 8;

/// The tags that name the image: by one question where the registry answers that, else by looking at every tag.
pub(super) async fn tags_of(registry: &dyn Registry, image: &Pinned) -> Result<Vec<Tag>> {
    if let Some(ability) = registry.abilities().tags_of {
        return ability.tags_of(image).await;
    }
    let Some(tags) = registry.tags(&image.repository).await.absent_is_none()? else { return Ok(Vec::new()) };
    let named = tags.into_iter().map(|tag| async move {
        let found = registry.resolve(&image.repository.tagged(tag.clone())).await.absent_is_none()?;
        Ok::<_, crate::Error>(found.is_some_and(|found| found.digest == image.digest).then_some(tag))
    });
    // Collected, because a stream over the closure is too general for the compiler to see that it can be sent.
    let named: Vec<_> = named.collect();
    let mut named: Vec<Tag> =
        stream::iter(named).buffer_unordered(AT_ONCE).try_filter_map(|tag| async { Ok(tag) }).try_collect().await?;
    named.sort();
    Ok(named)
}
