//! Work that waits for the disk, in a thread where it may: a thread of the runtime that waits holds up whatever else it has to do.

use tokio::task::{JoinError, spawn_blocking};

use crate::error::{Error, Result};

/// Runs work on a thread where it may wait.
pub(crate) async fn blocking<T: Send + 'static>(work: impl FnOnce() -> Result<T> + Send + 'static) -> Result<T> {
    joined(spawn_blocking(work).await)
}

/// What came of work on another thread.
pub(crate) fn joined<T>(result: std::result::Result<Result<T>, JoinError>) -> Result<T> {
    result.unwrap_or_else(|e| Err(Error::unexpected("a worker thread stopped").caused_by(e)))
}
