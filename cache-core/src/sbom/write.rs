//! Writing an SBOM in a format of choice.

use super::bom::{Family, Finding, Format, Sbom};
use super::{cyclonedx, spdx2};
use crate::error::{Error, Result};

/// An SBOM as a document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Written {
    /// The document.
    pub bytes: Vec<u8>,
    /// What the format cannot say, or what only the format it came in can.
    pub lost: Vec<Finding>,
}

impl Format {
    /// A format by its name: `spdx-2.3`, `cyclonedx-1.6`, in any case.
    ///
    /// # Errors
    /// `Invalid` where there is no such format.
    pub fn parse(name: &str) -> Result<Format> {
        let known = [Family::Spdx, Family::CycloneDx, Family::Syft, Family::Trivy, Family::Cache];
        let parts = name.split_once('-').and_then(|(family, version)| {
            let family = known.into_iter().find(|known| known.to_string().eq_ignore_ascii_case(family))?;
            Some(Format { family, version: version.to_owned() })
        });
        parts.ok_or_else(|| {
            Error::invalid(format!("{name:?} is no format")).hint("name it as spdx-2.3, cyclonedx-1.6 or cyclonedx-1.7")
        })
    }
}

impl Sbom<'_> {
    /// Writes the document in a format: SPDX 2.2 and 2.3, CycloneDX 1.4 to 1.7, as JSON. In the format it was read in,
    /// nothing is lost.
    ///
    /// # Errors
    /// `Unsupported` for other formats.
    pub fn write(&self, format: &Format) -> Result<Written> {
        let version = format.version.as_str();
        let (bytes, lost) = match (format.family, version) {
            (Family::Spdx, "2.2" | "2.3") => spdx2::write(self, version)?,
            (Family::CycloneDx, "1.4" | "1.5" | "1.6" | "1.7") => cyclonedx::write(self, version)?,
            _ => {
                let error = Error::unsupported(format!("documents are not written as {format}"));
                return Err(error.hint("SPDX 2.3, CycloneDX 1.6 and 1.7 are"));
            }
        };
        Ok(Written { bytes, lost })
    }
}
