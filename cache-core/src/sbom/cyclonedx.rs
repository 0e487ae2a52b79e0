//! CycloneDX 1.2 to 1.7 as JSON (CycloneDX specification, `bom-1.7.schema.json`).

use serde::Deserialize;

use super::{Family, License as Stated, Package, Sbom};
use crate::document::{self, digest_in};
use crate::error::{Error, Result};
use crate::model::Digest;
use crate::model::null_is_empty;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Bom {
    bom_format: String,
    spec_version: String,
    #[serde(default, deserialize_with = "null_is_empty")]
    metadata: Metadata,
    #[serde(default, deserialize_with = "null_is_empty")]
    components: Vec<Component>,
}

#[derive(Default, Deserialize)]
struct Metadata {
    #[serde(default)]
    component: Option<Component>,
}

#[derive(Deserialize)]
struct Component {
    #[serde(default, rename = "type", deserialize_with = "null_is_empty")]
    kind: String,
    #[serde(default, rename = "bom-ref", deserialize_with = "null_is_empty")]
    bom_ref: String,
    #[serde(default, deserialize_with = "null_is_empty")]
    group: String,
    name: String,
    #[serde(default)]
    version: Option<String>,
    #[serde(default)]
    purl: Option<String>,
    #[serde(default, deserialize_with = "null_is_empty")]
    hashes: Vec<Hash>,
    #[serde(default, deserialize_with = "null_is_empty")]
    licenses: Vec<Choice>,
    #[serde(default, deserialize_with = "null_is_empty")]
    properties: Vec<Property>,
    #[serde(default, deserialize_with = "null_is_empty")]
    components: Vec<Component>,
}

#[derive(Deserialize)]
struct Hash {
    #[serde(default, deserialize_with = "null_is_empty")]
    alg: String,
    #[serde(default, deserialize_with = "null_is_empty")]
    content: String,
}

/// An expression, or one licence by id or by name.
#[derive(Deserialize)]
struct Choice {
    #[serde(default)]
    expression: Option<String>,
    #[serde(default)]
    license: Option<License>,
}

#[derive(Deserialize)]
struct License {
    #[serde(default)]
    id: Option<String>,
    #[serde(default)]
    name: Option<String>,
}

#[derive(Deserialize)]
struct Property {
    #[serde(default, deserialize_with = "null_is_empty")]
    name: String,
    #[serde(default, deserialize_with = "null_is_empty")]
    value: String,
}

pub(super) fn parse(text: &str) -> Result<Sbom<'static>> {
    let bom: Bom = document::json("a CycloneDX document", text)?;
    if bom.bom_format != "CycloneDX" {
        return Err(Error::invalid(format!("not a CycloneDX document: bomFormat is {:?}", bom.bom_format)));
    }
    // A newer version 1 is read as the newest that is known.
    if !bom.spec_version.starts_with("1.") {
        return Err(Error::unsupported(format!("CycloneDX {:?} is not read", bom.spec_version)));
    }
    let root = bom.metadata.component.as_ref();
    let mut packages = Vec::new();
    let mut open: Vec<&Component> = bom.components.iter().rev().collect();
    open.extend(root.into_iter().flat_map(|root| root.components.iter().rev()));
    while let Some(component) = open.pop() {
        open.extend(component.components.iter().rev());
        if component.is_package() {
            packages.push(component.package());
        }
    }
    let mut describes = root.map(Component::digests).unwrap_or_default();
    describes.sort();
    describes.dedup();
    Ok(Sbom { describes, packages, ..Sbom::new(Family::CycloneDx, bom.spec_version) })
}

impl Component {
    /// Files and the operating system as a whole are listed as components too; data and models are no packages either.
    fn is_package(&self) -> bool {
        !matches!(self.kind.as_str(), "file" | "operating-system" | "data" | "cryptographic-asset")
    }

    fn digests(&self) -> Vec<Digest> {
        // The hash of an application is the one of its archive; only an image's is the digest of a manifest.
        let image = self.kind == "container" || self.purl.as_deref().is_some_and(|purl| purl.starts_with("pkg:oci/"));
        let hashes = self.hashes.iter().filter(|_| image).filter_map(|hash| {
            let algorithm = hash.alg.to_ascii_lowercase().replace("sha-", "sha");
            Digest::parse(&format!("{algorithm}:{}", hash.content.to_ascii_lowercase())).ok()
        });
        // Trivy puts the name and digest here, and beside it an image id, which names no manifest.
        let properties = self.properties.iter().filter(|p| p.name.ends_with(":RepoDigest")).map(|p| p.value.as_str());
        let texts = [Some(self.name.as_str()), self.version.as_deref(), self.purl.as_deref(), Some(&self.bom_ref)];
        texts.into_iter().flatten().chain(properties).filter_map(digest_in).chain(hashes).collect()
    }

    fn package(&self) -> Package<'static> {
        let license = |choice: &Choice| {
            let named = choice.license.as_ref().and_then(|license| license.id.clone().or(license.name.clone()));
            choice.expression.clone().or(named).filter(|text| !text.trim().is_empty())
        };
        let name = if self.group.is_empty() { self.name.clone() } else { format!("{}/{}", self.group, self.name) };
        Package {
            name: name.into(),
            version: self.version.clone().map(Into::into),
            purl: self.purl.clone().filter(|purl| !purl.is_empty()).map(Into::into),
            licenses: self.licenses.iter().filter_map(license).map(Stated::expression).collect(),
            ..Package::default()
        }
    }
}
