//! How far it is.

use std::fmt;
use std::sync::Arc;

use crate::model::Digest;

/// What has just happened.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Progress {
    /// A layer is about to be read.
    Layer {
        /// Its digest.
        digest: Digest,
        /// Its size in bytes, packed.
        size: u64,
        /// Whether what it says was kept from an earlier run, so that it is not read.
        known: bool,
    },
    /// More of a layer was read.
    Bytes {
        /// Its digest.
        digest: Digest,
        /// How many bytes were read since the last time.
        read: u64,
    },
    /// All layers are read.
    Packages(usize),
}

/// Is told how far it is. It is called from several threads and should be quick.
#[derive(Clone)]
pub struct Watch(Arc<dyn Fn(Progress) + Send + Sync>);

impl Watch {
    /// Calls `f` for each step.
    pub fn new(f: impl Fn(Progress) + Send + Sync + 'static) -> Self {
        Watch(Arc::new(f))
    }

    pub(super) fn tell(&self, progress: Progress) {
        (self.0)(progress);
    }
}

impl fmt::Debug for Watch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Watch")
    }
}
