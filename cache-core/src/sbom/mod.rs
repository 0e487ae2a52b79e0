//! Software bills of materials: one form for the formats that there are.
//!
//! [`Sbom::parse`] recognises the format. One file or folder reads one format. [`license`] says what a stated licence amounts to;
//! [`query`] answers what people ask of an SBOM.

mod bom;
pub mod catalog;
mod check;
mod cyclonedx;
mod fit;
mod grammar;
mod json;
pub mod license;
mod package;
pub mod query;
mod recognise;
mod spdx2;
mod spdx3;
mod subject;
mod syft;
mod tag_value;
mod text;
mod trivy;
mod validate;
mod value;
mod write;
mod yaml;

pub use bom::{Encoding, Family, File, Finding, Format, LicenseText, Metadata, Relation, Relationship, Sbom};
pub(crate) use cyclonedx::xml_as_json;
pub use package::{Hash, Kind, License, LicenseForm, LicenseStage, Package};
pub use text::{Rest, Text};
pub use validate::validate;
pub use write::Written;

/// The predicate type of an attested SPDX document; a version may follow after a slash.
pub const SPDX_TYPE: &str = "https://spdx.dev/Document";
/// The predicate type of an attested CycloneDX document; a version may follow after a slash.
pub const CYCLONEDX_TYPE: &str = "https://cyclonedx.org/bom";

#[cfg(test)]
mod tests;

#[cfg(test)]
mod write_tests;
