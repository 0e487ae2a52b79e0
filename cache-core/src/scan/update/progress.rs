//! How far an update is.

use serde::Serialize;

/// What has just happened. As plain data: `{"kind": "download", "what": …, "already": …, "size": …}`,
/// `{"kind": "bytes", "what": …, "read": …}`, `{"kind": "unchanged", "what": …}`, `{"kind": "build"}`,
/// `{"kind": "built", "advisories": …, "packages": …}`. `what` is an address without its query, or the name of an image.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
#[non_exhaustive]
pub enum UpdateProgress {
    /// Something is about to be fetched.
    Download {
        /// What.
        what: String,
        /// How many bytes were fetched before: an earlier download goes on.
        already: u64,
        /// How many bytes it has in all, where the server says.
        #[serde(skip_serializing_if = "Option::is_none")]
        size: Option<u64>,
    },
    /// More of it has come.
    Bytes {
        /// What.
        what: String,
        /// How many bytes since the last time.
        read: u64,
    },
    /// It is as it was the last time.
    Unchanged {
        /// What.
        what: String,
    },
    /// The index is being made.
    Build,
    /// The index is made, and in its place.
    Built {
        /// How many advisories it has.
        advisories: u64,
        /// About how many packages.
        packages: u64,
    },
}
