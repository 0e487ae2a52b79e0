//! Software bills of materials: one form for the formats that there are.
//!
//! [`Sbom::parse`] recognises the format. One file reads one format. [`license`] says what a stated licence amounts to.

mod cyclonedx;
pub mod license;
mod recognise;
mod spdx;
mod syft;

use crate::model::Digest;

/// The predicate type of an attested SPDX document; a version may follow after a slash.
pub const SPDX_TYPE: &str = "https://spdx.dev/Document";
/// The predicate type of an attested CycloneDX document; a version may follow after a slash.
pub const CYCLONEDX_TYPE: &str = "https://cyclonedx.org/bom";

/// What an SBOM says, whatever its format.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sbom {
    /// The format and its version, such as `SPDX-2.3`.
    pub format: String,
    /// The digests of images that the document says it describes; empty where it names none.
    pub describes: Vec<Digest>,
    /// The packages.
    pub packages: Vec<Package>,
}

/// One package of an SBOM.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Package {
    /// Its name.
    pub name: String,
    /// Its version, where one is given.
    pub version: Option<String>,
    /// Its purl, where one is given.
    pub purl: Option<String>,
    /// Its licences as the document states them: SPDX expressions or names, all of which apply. Empty where it says
    /// nothing; `NOASSERTION` and `NONE` are nothing.
    pub licenses: Vec<String>,
}

#[cfg(test)]
mod tests;
