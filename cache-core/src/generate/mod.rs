//! Making SBOMs of images and folders.
//!
//! [`Generator`] is what makes one; [`NativeGenerator`] is Cache's own and needs no other program. [`SyftGenerator`] and
//! [`TrivyGenerator`] ask the programs of those names.

mod cache;
pub(crate) mod export;
mod external;
mod native;
mod progress;
mod stream;
mod subject;

use std::path::Path;

use async_trait::async_trait;
pub use cache::LayerCache;
pub use external::{SyftGenerator, TrivyGenerator};
pub use native::NativeGenerator;
pub use progress::{Progress, Watch};

use crate::error::Result;
use crate::model::Pinned;
use crate::registry::Registry;
use crate::sbom::Sbom;

/// What an SBOM is to be made of.
#[derive(Debug, Clone, Copy)]
pub enum Target<'a> {
    /// An image for one platform. [`of_platform`](crate::registry::inspect::of_platform) picks it out of an index.
    Image {
        /// Where it is.
        registry: &'a dyn Registry,
        /// Which one.
        image: &'a Pinned,
    },
    /// A folder of sources, or the root of a file system.
    Folder(&'a Path),
}

/// Makes SBOMs.
#[async_trait]
pub trait Generator: std::fmt::Debug + Send + Sync {
    /// Its name and version, as they stand in the SBOM.
    fn tool(&self) -> String;

    /// The SBOM of the target, complete or an error.
    ///
    /// # Errors
    /// `NotFound` and `Unavailable` as the registry says; `Untrusted` where bytes do not match their digest; `Invalid` where a
    /// layer is malformed or beyond the limits; `Unsupported` where the target is no image of one platform.
    async fn generate(&self, target: Target<'_>) -> Result<Sbom<'static>>;
}

#[cfg(test)]
mod tests;
