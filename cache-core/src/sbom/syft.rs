//! Syft's own JSON (`syft -o json`).

use serde::Deserialize;

use super::{Package, Sbom};
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

pub(super) fn parse(text: &str) -> Result<Sbom> {
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
    let format = format!("Syft-{}", document.schema.version);
    Ok(Sbom { format, describes, packages: document.artifacts.into_iter().map(package).collect() })
}

fn package(artifact: Artifact) -> Package {
    let license = |license: License| match license {
        License::Text(text) => text,
        License::Object { value, expression } if expression.is_empty() => value,
        License::Object { expression, .. } => expression,
    };
    Package {
        name: artifact.name,
        version: artifact.version,
        purl: artifact.purl.filter(|purl| !purl.is_empty()),
        licenses: artifact.licenses.into_iter().map(license).filter(|text| !text.trim().is_empty()).collect(),
    }
}
