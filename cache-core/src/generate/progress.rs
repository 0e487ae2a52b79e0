//! How far it is.

use serde::Serialize;

use crate::model::Digest;

/// What has just happened. As plain data: `{"kind": "layer", "digest": …, "size": …, "known": …}`,
/// `{"kind": "bytes", "digest": …, "read": …}`, `{"kind": "packages", "count": …}`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
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
    Packages {
        /// How many packages there are.
        count: usize,
    },
}

/// Somebody who watches a generator.
pub type Watch = crate::watch::Watch<Progress>;
