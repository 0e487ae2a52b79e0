//! Software bills of materials: one form for the formats that there are.
//!
//! [`Sbom::parse`] recognises the format. One file or folder reads one format. [`license`] says what a stated licence amounts to;
//! [`query`] answers what people ask of an SBOM.
//!
//! ```
//! use cache_core::sbom::{Format, Sbom};
//!
//! let document = br#"{"bomFormat": "CycloneDX", "specVersion": "1.6", "components": [{
//!     "type": "library", "name": "serde", "version": "1.0.0", "purl": "pkg:cargo/serde@1.0.0",
//!     "licenses": [{"expression": "MIT OR Apache-2.0"}]
//! }]}"#;
//! let sbom = Sbom::parse(document)?;
//! assert_eq!(sbom.count().by_type["cargo"], 1);
//! assert_eq!(sbom.with_license("MIT")[0].name, "serde");
//! assert!(sbom.findings.is_empty());
//!
//! let spdx = sbom.write(&Format::parse("spdx-2.3")?)?;
//! assert_eq!(Sbom::parse(&spdx.bytes)?.with_purl("pkg:cargo/serde@1.0.0").len(), 1);
//! # Ok::<(), cache_core::Error>(())
//! ```

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
