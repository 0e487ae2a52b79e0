//! Telling somebody how far work is.

use std::fmt;
use std::sync::Arc;

/// Somebody who watches work. The work waits for the function, which may be called from several threads, so it should return
/// at once.
pub struct Watch<P>(Arc<dyn Fn(&P) + Send + Sync>);

impl<P> Watch<P> {
    /// A function that watches.
    pub fn new(watch: impl Fn(&P) + Send + Sync + 'static) -> Self {
        Watch(Arc::new(watch))
    }

    /// Calls the function.
    pub(crate) fn tell(&self, progress: &P) {
        (self.0)(progress);
    }
}

impl<P> Clone for Watch<P> {
    fn clone(&self) -> Self {
        Watch(Arc::clone(&self.0))
    }
}

impl<P> fmt::Debug for Watch<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Watch")
    }
}
