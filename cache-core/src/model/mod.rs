//! The nouns of the field: plain data without I/O.

pub mod descriptor;
pub mod digest;
pub mod identity;
pub mod manifest;
pub mod platform;
pub mod purl;
pub mod raw;
pub mod reference;
mod secret;
pub mod time;
pub mod verdict;

pub use descriptor::Descriptor;
pub(crate) use descriptor::null_is_empty;
pub use digest::{Algorithm, Digest};
pub use identity::Identity;
pub use manifest::{ImageIndex, ImageManifest, Manifest, ManifestBody};
pub use platform::Platform;
pub use purl::{Purl, PurlBuilder};
pub use raw::Raw;
pub use reference::{Pinned, Reference, Repository, Tag, Transport};
pub use secret::Secret;
pub use time::Timestamp;
pub use verdict::{LookedAt, Outcome, Reason, Verdict};
