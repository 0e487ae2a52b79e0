//! SPDX 2.2 and 2.3 as JSON (SPDX specification, `package-information`, `relationships-between-SPDX-elements`).

use std::collections::HashSet;

use serde::Deserialize;

use super::{Family, License, LicenseStage, Package, Sbom};
use crate::document::{self, digest_in};
use crate::error::{Error, Result};
use crate::model::Digest;
use crate::model::null_is_empty;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Document {
    spdx_version: String,
    #[serde(default, deserialize_with = "null_is_empty")]
    packages: Vec<Described>,
    #[serde(default, deserialize_with = "null_is_empty")]
    document_describes: Vec<String>,
    #[serde(default, deserialize_with = "null_is_empty")]
    relationships: Vec<Relationship>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Described {
    #[serde(default, rename = "SPDXID", deserialize_with = "null_is_empty")]
    id: String,
    name: String,
    #[serde(default)]
    version_info: Option<String>,
    #[serde(default)]
    primary_package_purpose: Option<String>,
    #[serde(default)]
    license_concluded: Option<String>,
    #[serde(default)]
    license_declared: Option<String>,
    #[serde(default, deserialize_with = "null_is_empty")]
    external_refs: Vec<ExternalRef>,
    #[serde(default, deserialize_with = "null_is_empty")]
    checksums: Vec<Checksum>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ExternalRef {
    #[serde(default, deserialize_with = "null_is_empty")]
    reference_type: String,
    #[serde(default, deserialize_with = "null_is_empty")]
    reference_locator: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Checksum {
    #[serde(default, deserialize_with = "null_is_empty")]
    algorithm: String,
    #[serde(default, deserialize_with = "null_is_empty")]
    checksum_value: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Relationship {
    #[serde(default, deserialize_with = "null_is_empty")]
    spdx_element_id: String,
    #[serde(default, deserialize_with = "null_is_empty")]
    relationship_type: String,
    #[serde(default, deserialize_with = "null_is_empty")]
    related_spdx_element: String,
}

const DOCUMENT: &str = "SPDXRef-DOCUMENT";

pub(super) fn parse(text: &str) -> Result<Sbom<'static>> {
    let document: Document = document::json("an SPDX document", text)?;
    // A newer version 2 is read as the newest that is known.
    if !document.spdx_version.starts_with("SPDX-2.") {
        return Err(Error::unsupported(format!("documents of version {:?} are not read", document.spdx_version)));
    }
    let described = document.described();
    let (images, packages): (Vec<_>, Vec<_>) =
        document.packages.iter().partition(|package| described.contains(package.id.as_str()) && package.is_image());
    let mut describes: Vec<Digest> = images.iter().flat_map(|image| image.digests()).collect();
    describes.sort();
    describes.dedup();
    let version = document.spdx_version.trim_start_matches("SPDX-");
    let packages = packages.iter().map(|p| p.package()).collect();
    Ok(Sbom { describes, packages, ..Sbom::new(Family::Spdx, version) })
}

impl Document {
    fn described(&self) -> HashSet<&str> {
        let related = self.relationships.iter().filter_map(|r| match r.relationship_type.as_str() {
            "DESCRIBES" if r.spdx_element_id == DOCUMENT => Some(r.related_spdx_element.as_str()),
            "DESCRIBED_BY" if r.related_spdx_element == DOCUMENT => Some(r.spdx_element_id.as_str()),
            _ => None,
        });
        self.document_describes.iter().map(String::as_str).chain(related).collect()
    }
}

impl Described {
    fn purls(&self) -> impl Iterator<Item = &str> {
        let purls = self.external_refs.iter().filter(|r| r.reference_type == "purl");
        purls.map(|r| r.reference_locator.as_str()).filter(|purl| !purl.is_empty())
    }

    /// Whether it stands for a container image, whose checksum is the digest of a manifest.
    fn is_image(&self) -> bool {
        self.primary_package_purpose.as_deref() == Some("CONTAINER")
            || self.purls().any(|purl| purl.starts_with("pkg:oci/") || purl.starts_with("pkg:docker/"))
            || self.names().any(|name| digest_in(name).is_some())
    }

    fn names(&self) -> impl Iterator<Item = &str> {
        std::iter::once(self.name.as_str()).chain(self.version_info.as_deref())
    }

    fn digests(&self) -> Vec<Digest> {
        let sums = self.checksums.iter().filter_map(|sum| {
            let text = format!("{}:{}", sum.algorithm.to_ascii_lowercase(), sum.checksum_value.to_ascii_lowercase());
            Digest::parse(&text).ok()
        });
        self.names().chain(self.purls()).filter_map(digest_in).chain(sums).collect()
    }

    fn package(&self) -> Package<'static> {
        // What was concluded after a look at the files goes before what the authors declare.
        let stated =
            |license: &Option<String>| license.clone().filter(|l| !matches!(l.trim(), "" | "NOASSERTION" | "NONE"));
        Package {
            name: self.name.clone().into(),
            version: self.version_info.clone().map(Into::into),
            purl: self.purls().next().map(|purl| purl.to_owned().into()),
            licenses: stated(&self.license_concluded)
                .or_else(|| stated(&self.license_declared))
                .map(|text| License { stage: LicenseStage::Declared, ..License::expression(text) })
                .into_iter()
                .collect(),
            ..Package::default()
        }
    }
}
