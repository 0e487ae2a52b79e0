//! Software bills of materials.

use crate::model::Digest;

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
    /// Its licence as the document states it: an SPDX expression, a name, or nothing.
    pub license: Option<String>,
}
