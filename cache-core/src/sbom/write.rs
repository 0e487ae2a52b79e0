//! Writing an SBOM in a format of choice.

use super::bom::{DOCUMENT, Encoding, Family, Finding, Format, Sbom};
use super::package::{Hash, Package};
use super::text::{Rest, Text};
use super::{cyclonedx, spdx2, spdx3, syft};
use crate::error::{Error, Result};
use crate::model::{Digest, Timestamp};

/// An SBOM as a document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Written {
    /// The document.
    pub bytes: Vec<u8>,
    /// What the format cannot say, or what only the format it came in can.
    pub lost: Vec<Finding>,
}

impl Format {
    /// A format by its name: `spdx-2.3`, `spdx-3.0`, `cyclonedx-1.6`, `cyclonedx-1.6-xml`, in any case. It is JSON unless it says
    /// otherwise.
    ///
    /// # Errors
    /// `Invalid` where there is no such format.
    pub fn parse(name: &str) -> Result<Format> {
        let known = [Family::Spdx, Family::CycloneDx, Family::Syft, Family::Trivy, Family::Cache];
        let parts = name.split_once('-').and_then(|(family, version)| {
            let family = known.into_iter().find(|known| known.to_string().eq_ignore_ascii_case(family))?;
            let (version, encoding) = match version.rsplit_once('-') {
                Some((version, word)) if word.eq_ignore_ascii_case("xml") => (version, Encoding::Xml),
                Some((version, word)) if word.eq_ignore_ascii_case("json") => (version, Encoding::Json),
                _ => (version, Encoding::Json),
            };
            Some(Format { family, version: version.to_owned(), encoding })
        });
        parts.ok_or_else(|| {
            Error::invalid(format!("{name:?} is no format"))
                .hint("name it as spdx-2.3, spdx-3.0, cyclonedx-1.6 or cyclonedx-1.7-xml")
        })
    }
}

impl Sbom<'_> {
    /// Writes the document in a format: SPDX 2.2, 2.3 and 3.0 as JSON, CycloneDX 1.4 to 1.7 as JSON or XML, Syft 16.1.13. In
    /// the format it was read in, nothing is lost; a Syft document keeps its own version. `3.0` is the version of SPDX 3 that
    /// the document has, else 3.0.1.
    ///
    /// # Errors
    /// `Unsupported` for other formats.
    pub fn write(&self, format: &Format) -> Result<Written> {
        let version = format.version.as_str();
        let (bytes, lost) = match (format.family, version, format.encoding) {
            (Family::Spdx, "2.2" | "2.3", Encoding::Json) => spdx2::write(self, version)?,
            (Family::Spdx, "3.0" | "3.0.0" | "3.0.1", Encoding::Json) => spdx3::write(self, version)?,
            (Family::CycloneDx, "1.4" | "1.5" | "1.6" | "1.7", encoding) => cyclonedx::write(self, version, encoding)?,
            (Family::Syft, ..) if self.format == *format => syft::write(self)?,
            (Family::Syft, syft::SCHEMA, Encoding::Json) if self.format.family != Family::Syft => syft::write(self)?,
            _ => {
                let error = Error::unsupported(format!("documents are not written as {format}"));
                return Err(error.hint("SPDX 2.3 and 3.0, CycloneDX 1.6 and 1.7 (JSON and XML), Syft 16.1.13 are"));
            }
        };
        Ok(Written { bytes, lost })
    }
}

/// Digest algorithms, as the model, SPDX and CycloneDX write them; empty where a format has no word for one.
pub(super) const ALGORITHMS: &[(&str, &str, &str)] = &[
    ("md2", "MD2", ""),
    ("md4", "MD4", ""),
    ("md5", "MD5", "MD5"),
    ("md6", "MD6", ""),
    ("sha1", "SHA1", "SHA-1"),
    ("sha224", "SHA224", ""),
    ("sha256", "SHA256", "SHA-256"),
    ("sha384", "SHA384", "SHA-384"),
    ("sha512", "SHA512", "SHA-512"),
    ("sha3256", "SHA3-256", "SHA3-256"),
    ("sha3384", "SHA3-384", "SHA3-384"),
    ("sha3512", "SHA3-512", "SHA3-512"),
    ("blake2b256", "BLAKE2b-256", "BLAKE2b-256"),
    ("blake2b384", "BLAKE2b-384", "BLAKE2b-384"),
    ("blake2b512", "BLAKE2b-512", "BLAKE2b-512"),
    ("blake3", "BLAKE3", "BLAKE3"),
    ("adler32", "ADLER32", ""),
    ("streebog256", "", "Streebog-256"),
    ("streebog512", "", "Streebog-512"),
];

/// As many names of members as one message tells.
pub(super) const MAX_NAMES: usize = 50;

/// Carries what the model knows into a format, and notes what cannot be carried.
pub(super) struct Carrier {
    family: Family,
    /// How messages call the format.
    name: &'static str,
    /// Whether the document came in this format: then what the model does not know can be written back.
    pub(super) own: bool,
    pub(super) lost: Vec<Finding>,
}

impl Carrier {
    pub(super) fn of(sbom: &Sbom<'_>, family: Family, name: &'static str) -> Carrier {
        Carrier { family, name, own: sbom.format.family == family, lost: Vec::new() }
    }

    /// What the model does not know of an element, where the format is the same. Names that begin with `@` are notes of a
    /// reader to the writer of its format: they say nothing that is not in the model too.
    pub(super) fn rest<'s>(&mut self, rest: &'s Rest<'_>, of: &str) -> Rest<'s> {
        if self.own {
            return rest.borrowed();
        }
        let mut names: Vec<&str> = Vec::new();
        for (name, json) in rest.iter() {
            let says_nothing = matches!(json, "null" | "\"\"" | "\"NOASSERTION\"" | "[]");
            let is_note = name.rsplit('/').next().is_some_and(|end| end.starts_with('@'));
            if !says_nothing && !is_note && !names.contains(&name) && names.len() < MAX_NAMES {
                names.push(name);
            }
        }
        if !names.is_empty() {
            self.lose(of, format!("{} does not take over {}", self.name, names.join(", ")));
        }
        Rest::default()
    }

    /// The format's word for an algorithm, where it has one.
    pub(super) fn word(&self, hash: &Hash<'_>) -> Option<&'static str> {
        let known = ALGORITHMS.iter().find(|(plain, ..)| hash.algorithm == *plain);
        let word = known.map(|(_, spdx, cyclonedx)| if self.family == Family::Spdx { *spdx } else { *cyclonedx });
        word.filter(|word| !word.is_empty())
    }

    /// The format's word for an algorithm; `what` is its word for a digest.
    pub(super) fn algorithm(&mut self, hash: &Hash<'_>, what: &str, of: &str) -> Option<&'static str> {
        let word = self.word(hash);
        if word.is_none() {
            self.lose(of, format!("{} has no {what} by {}", self.name, hash.algorithm));
        }
        word
    }

    /// The time of creation. SPDX takes the time of the day at the prime meridian, to the second.
    pub(super) fn created<'t>(&mut self, stated: Option<&'t Text<'_>>) -> Option<Text<'t>> {
        match (stated, self.own) {
            (Some(time), true) => Some(time.borrowed()),
            (Some(time), false) => Some(Timestamp::parse(time).map_or(time.borrowed(), |time| time.to_string().into())),
            (None, true) => None,
            (None, false) => {
                let message = format!("{} demands the time of creation, which the document does not state", self.name);
                self.lose("document", message);
                None
            }
        }
    }

    pub(super) fn lose(&mut self, of: &str, message: String) {
        self.lost.push(Finding::new("not-converted", of, message));
    }
}

/// A name for the document, an absolute IRI: its own where that is one, else one made of what it says.
pub(super) fn namespace(sbom: &Sbom<'_>) -> String {
    match sbom.metadata.id.as_deref().map(str::trim) {
        Some(id) if id.contains(':') && !id.contains(char::is_whitespace) => {
            id.trim_end_matches(DOCUMENT).trim_end_matches('#').to_owned()
        }
        _ => {
            let of = |package: &'_ Package<'_>| {
                let more = [&package.version, &package.purl].map(|text| text.as_deref().unwrap_or_default().to_owned());
                format!("{}\n{}\n{}", package.id, package.name, more.join("\n"))
            };
            let metadata = [&sbom.metadata.name, &sbom.metadata.created];
            let document = metadata.into_iter().map(|text| text.as_deref().unwrap_or_default().to_owned());
            let says: Vec<String> = document.chain(sbom.packages.iter().map(of)).collect();
            let digest = Digest::of(says.join("\n").as_bytes());
            format!("urn:cache:sbom-{}", digest.hex().get(..32).unwrap_or_default())
        }
    }
}

/// Every package has a name: where there is none, its purl or id stands for it.
pub(super) fn name<'p>(package: &'p Package<'_>) -> Text<'p> {
    let names = [Some(&package.name), package.purl.as_ref(), Some(&package.id)];
    let name = names.into_iter().flatten().find(|name| !name.trim().is_empty());
    name.map_or("unnamed", |name| name.as_str()).into()
}
