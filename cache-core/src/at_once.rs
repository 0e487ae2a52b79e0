//! Questions that are on their way at once, as many as allowed.

use futures_util::future::BoxFuture;
use futures_util::{StreamExt, TryStreamExt, stream};

/// The answers, in the order of the questions; or the first error.
pub(crate) async fn at_once<T, E>(questions: Vec<BoxFuture<'_, Result<T, E>>>, most: usize) -> Result<Vec<T>, E> {
    stream::iter(questions).buffered(most.max(1)).try_collect().await
}
