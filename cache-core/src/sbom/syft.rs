//! Syft's own JSON (`syft -o json`).

use serde::Deserialize;

use super::{Family, License as Stated, Package, Sbom};
use crate::document::{self, digest_in};
use crate::error::{Error, Result};
use crate::model::null_is_empty;

#[derive(Deserialize)]
struct Document {
    artifacts: Vec<Artifact>,
    source: Source,
    descriptor: Descriptor,
    #[serde(default, deserialize_with = "null_is_empty")]
    schema: Schema,
}

#[derive(Deserialize)]
struct Artifact {
    name: String,
    #[serde(default)]
    version: Option<String>,
    #[serde(default)]
    purl: Option<String>,
    #[serde(default, deserialize_with = "null_is_empty")]
    licenses: Vec<License>,
}

/// Text until schema 10, an object since.
#[derive(Deserialize)]
#[serde(untagged)]
enum License {
    Text(String),
    Object {
        #[serde(default, deserialize_with = "null_is_empty")]
        value: String,
        #[serde(default, rename = "spdxExpression", deserialize_with = "null_is_empty")]
        expression: String,
    },
}

/// `metadata` since schema 9, `target` before; an object for an image, text for a folder.
#[derive(Deserialize)]
struct Source {
    #[serde(default)]
    metadata: Option<serde_json::Value>,
    #[serde(default)]
    target: Option<serde_json::Value>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Image {
    #[serde(default, deserialize_with = "null_is_empty")]
    manifest_digest: String,
    #[serde(default, deserialize_with = "null_is_empty")]
    repo_digests: Vec<String>,
}

#[derive(Deserialize)]
struct Descriptor {
    name: String,
}

#[derive(Default, Deserialize)]
struct Schema {
    #[serde(default, deserialize_with = "null_is_empty")]
    version: String,
}

pub(super) fn parse(text: &str) -> Result<Sbom<'static>> {
    let document: Document = document::json("a Syft document", text)?;
    if !document.descriptor.name.eq_ignore_ascii_case("syft") {
        return Err(Error::invalid(format!("not a Syft document: it is by {:?}", document.descriptor.name)));
    }
    let image: Image = match document.source.metadata.or(document.source.target) {
        Some(value @ serde_json::Value::Object(_)) => serde_json::from_value(value)
            .map_err(|e| Error::invalid(format!("not a Syft document: source: {e}")).caused_by(e))?,
        _ => Image::default(),
    };
    let mut describes: Vec<_> =
        std::iter::once(&image.manifest_digest).chain(&image.repo_digests).filter_map(|d| digest_in(d)).collect();
    describes.sort();
    describes.dedup();
    let packages = document.artifacts.into_iter().map(package).collect();
    Ok(Sbom { describes, packages, ..Sbom::new(Family::Syft, document.schema.version) })
}

fn package(artifact: Artifact) -> Package<'static> {
    let license = |license: License| match license {
        License::Text(text) => text,
        License::Object { value, expression } if expression.is_empty() => value,
        License::Object { expression, .. } => expression,
    };
    Package {
        name: artifact.name.into(),
        version: artifact.version.map(Into::into),
        purl: artifact.purl.filter(|purl| !purl.is_empty()).map(Into::into),
        licenses: (artifact.licenses.into_iter().map(license))
            .filter(|text| !text.trim().is_empty())
            .map(Stated::expression)
            .collect(),
        ..Package::default()
    }
}
