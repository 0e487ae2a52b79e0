//! CycloneDX 1.0 to 1.7, as JSON and as XML (CycloneDX specification, `bom-1.7.schema.json` and `bom-1.7.xsd`).

mod document;
mod edges;
mod read;
mod write;
pub(super) mod xml;

use super::bom::{Encoding, Family, Finding, Sbom};
use super::fit;
use super::grammar::{GRAMMAR, Minor};
use crate::error::{Error, Result};

pub(super) use read::parse;
pub(super) use xml::{MORE, position};

/// The newest version that there is: 1.7.
pub(super) const NEWEST: Minor = 7;

/// The JSON that says what XML does, and what could not be read.
pub(crate) fn xml_as_json(text: &str) -> Result<(String, Vec<Finding>)> {
    xml::to_json(text)
}

/// Reads XML.
pub(super) fn parse_xml(text: &str) -> Result<Sbom<'static>> {
    let (json, findings) = xml::to_json(text)?;
    let mut sbom = parse(&json)?.into_owned();
    sbom.format.encoding = Encoding::Xml;
    sbom.findings.extend(findings);
    Ok(sbom)
}

/// The document in this version of the format, and what it cannot say.
pub(super) fn write(sbom: &Sbom<'_>, version: &str, encoding: Encoding) -> Result<(Vec<u8>, Vec<Finding>)> {
    let (mut json, mut lost) = write::write(sbom, version)?;
    let target = minor(version).unwrap_or(NEWEST);
    if target < NEWEST && (sbom.format.family, sbom.format.version.as_str()) != (Family::CycloneDx, version) {
        let (fitting, more) = fit::to_version(&json, GRAMMAR.bom(), "CycloneDX 1", target)?;
        json = fitting;
        lost.extend(more);
    }
    let was_xml = sbom.format.family == Family::CycloneDx && sbom.format.encoding == Encoding::Xml;
    let text = str::from_utf8(&json).map_err(|e| Error::unexpected("the document is no text").caused_by(e))?;
    let (bytes, more) = match encoding {
        Encoding::Xml => xml::from_json(text, target, was_xml)?,
        Encoding::Json if was_xml => xml::without_more(text)?,
        Encoding::Json => (json, Vec::new()),
    };
    lost.extend(more);
    Ok((bytes, lost))
}

/// Of 1.6 it is 6.
pub(super) fn minor(version: &str) -> Option<Minor> {
    version.strip_prefix("1.")?.parse().ok()
}

#[cfg(test)]
mod tests;
