//! What people ask of an SBOM, one call each.
//!
//! | question | call |
//! |---|---|
//! | how much is in it | [`Sbom::count`](super::Sbom::count) |
//! | which packages have this name, purl, type, licence | [`Sbom::find`](super::Sbom::find) |
//! | which licences are there | [`Sbom::license_histogram`](super::Sbom::license_histogram) |
//! | why is this here | [`Sbom::paths`](super::Sbom::paths) |
//! | what needs this, what does this need | [`Sbom::dependents_of`](super::Sbom::dependents_of), [`Sbom::depends_on`](super::Sbom::depends_on) |
//! | what changed | [`diff`] |
//! | one of several | [`merge`] |
//! | does it have what it must have | [`Sbom::score`](super::Sbom::score) |
//!
//! The answers are plain data that serialise to JSON; each says its shape.

mod count;
mod diff;
mod find;
mod graph;
mod identity;
mod merge;
mod paths;
mod score;
mod ways;
mod within;

pub use count::{Count, LicenseHistogram};
pub use diff::{Diff, LicenseChange, VersionChange, diff};
pub use find::{Listed, Query};
pub use graph::{Depth, Link};
pub use merge::merge;
pub use paths::{Paths, Step};
pub use score::{Element, Lacking, Score, Share};
pub(crate) use within::Within;

#[cfg(test)]
mod tests;
