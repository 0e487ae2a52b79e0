//! Image manifests and indexes, of OCI and of Docker (OCI image specification, `manifest.md` and `image-index.md`).

use std::collections::BTreeMap;

use bytes::Bytes;
use serde::Deserialize;

use super::descriptor::{Descriptor, null_is_empty};
use super::digest::Digest;
use super::raw::Raw;
use crate::error::{Error, Result};

/// Media types of this family.
pub mod media_type {
    /// An OCI image manifest.
    pub const OCI_MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
    /// An OCI image index.
    pub const OCI_INDEX: &str = "application/vnd.oci.image.index.v1+json";
    /// A Docker image manifest, schema 2.
    pub const DOCKER_MANIFEST: &str = "application/vnd.docker.distribution.manifest.v2+json";
    /// A Docker manifest list.
    pub const DOCKER_LIST: &str = "application/vnd.docker.distribution.manifest.list.v2+json";
    /// An OCI image configuration.
    pub const OCI_CONFIG: &str = "application/vnd.oci.image.config.v1+json";
    /// A Docker image configuration.
    pub const DOCKER_CONFIG: &str = "application/vnd.docker.container.image.v1+json";
    /// The empty JSON object that artifacts have as their configuration.
    pub const OCI_EMPTY: &str = "application/vnd.oci.empty.v1+json";
    /// A gzip-compressed layer.
    pub const OCI_LAYER_GZIP: &str = "application/vnd.oci.image.layer.v1.tar+gzip";
    /// Docker's obsolete schema 1, refused with a clear word.
    pub(crate) const DOCKER_SCHEMA1: &str = "application/vnd.docker.distribution.manifest.v1";
}

/// The largest manifest that is read: what the distribution specification asks registries to take.
pub const MAX_MANIFEST: u64 = 4 << 20;
/// The largest image configuration that is read.
pub const MAX_CONFIG: u64 = 8 << 20;
/// How deep indexes may nest, and how long a chain of referrers of referrers may be.
pub const MAX_DEPTH: usize = 16;

/// A manifest with its bytes.
pub type Manifest = Raw<ManifestBody>;

/// What a manifest says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ManifestBody {
    /// One image, or an artifact such as an SBOM or a signature.
    Image(ImageManifest),
    /// A list of manifests, usually one a platform.
    Index(ImageIndex),
}

/// An image or artifact: a configuration and layers.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ImageManifest {
    /// The media type of the manifest itself. Filled in by the reader where the document leaves it out.
    #[serde(default)]
    pub media_type: String,
    /// What kind of artifact this is; absent in images.
    #[serde(default)]
    pub artifact_type: Option<String>,
    /// The configuration.
    pub config: Descriptor,
    /// The layers, lowest first; for an artifact, its files.
    #[serde(default, deserialize_with = "null_is_empty")]
    pub layers: Vec<Descriptor>,
    /// The manifest that this one is about.
    #[serde(default)]
    pub subject: Option<Descriptor>,
    /// Free text by key.
    #[serde(default, deserialize_with = "null_is_empty")]
    pub annotations: BTreeMap<String, String>,
}

/// A list of manifests.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ImageIndex {
    /// The media type of the index itself. Filled in by the reader where the document leaves it out.
    #[serde(default)]
    pub media_type: String,
    /// What kind of artifact this is; absent in images.
    #[serde(default)]
    pub artifact_type: Option<String>,
    /// The manifests.
    #[serde(deserialize_with = "null_is_empty")]
    pub manifests: Vec<Descriptor>,
    /// The manifest that this one is about.
    #[serde(default)]
    pub subject: Option<Descriptor>,
    /// Free text by key.
    #[serde(default, deserialize_with = "null_is_empty")]
    pub annotations: BTreeMap<String, String>,
}

/// The few fields that tell what a document is.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Probe {
    schema_version: Option<u64>,
    media_type: Option<String>,
    #[serde(default, deserialize_with = "present")]
    config: bool,
    #[serde(default, deserialize_with = "present")]
    layers: bool,
    #[serde(default, deserialize_with = "present")]
    manifests: bool,
    #[serde(default, rename = "fsLayers", deserialize_with = "present")]
    fs_layers: bool,
}

/// Whether a field is there, `null` included.
fn present<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<bool, D::Error> {
    serde::de::IgnoredAny::deserialize(deserializer).map(|_| true)
}

impl Manifest {
    /// Parses a manifest. `content_type` is what the registry or descriptor called it, if anything did.
    ///
    /// # Errors
    /// `Invalid` where it is too large, not JSON, neither image nor index, or both; `Untrusted` where the document and
    /// `content_type` contradict each other; `Unsupported` for Docker schema 1.
    pub fn parse(bytes: impl Into<Bytes>, content_type: Option<&str>) -> Result<Manifest> {
        let bytes = bytes.into();
        let digest = Digest::of(&bytes);
        Manifest::parse_as(bytes, digest, content_type)
    }

    /// Parses a manifest that must have the given digest.
    ///
    /// # Errors
    /// As [`Manifest::parse`], and `Untrusted` where the bytes have another digest.
    pub fn parse_expecting(bytes: impl Into<Bytes>, expected: &Digest, content_type: Option<&str>) -> Result<Manifest> {
        let bytes = bytes.into();
        let actual = expected.same_algorithm_of(&bytes);
        if actual != *expected {
            return Err(Error::untrusted("the manifest's bytes do not match its digest")
                .context("expected", expected)
                .context("received", actual));
        }
        Manifest::parse_as(bytes, actual, content_type)
    }

    fn parse_as(bytes: Bytes, digest: Digest, content_type: Option<&str>) -> Result<Manifest> {
        let at = |error: Error| error.context("manifest", &digest);
        if bytes.len() as u64 > MAX_MANIFEST {
            return Err(at(Error::invalid(format!("the manifest is larger than {MAX_MANIFEST} bytes"))));
        }
        let content_type = content_type.map(|t| t.split(';').next().unwrap_or(t).trim()).filter(|t| !t.is_empty());
        let value = body(&bytes, content_type).map_err(at)?;
        Ok(Raw::from_parts(bytes, digest, value))
    }

    /// A descriptor of this manifest, as a referrers list or an index would have it.
    pub fn descriptor(&self) -> Descriptor {
        let mut descriptor = Descriptor::new(self.media_type(), self.digest().clone(), self.bytes().len() as u64);
        descriptor.artifact_type = self.artifact_type().map(str::to_owned);
        descriptor
    }
}

impl ManifestBody {
    /// The media type of the manifest.
    pub fn media_type(&self) -> &str {
        match self {
            ManifestBody::Image(image) => &image.media_type,
            ManifestBody::Index(index) => &index.media_type,
        }
    }

    /// What kind of artifact it is: `artifactType`, else the configuration's media type where that is not an image's.
    pub fn artifact_type(&self) -> Option<&str> {
        match self {
            ManifestBody::Image(image) => image.artifact_type.as_deref().or_else(|| {
                let config = image.config.media_type.as_str();
                let image_config = [media_type::OCI_CONFIG, media_type::DOCKER_CONFIG, media_type::OCI_EMPTY];
                (!image_config.contains(&config)).then_some(config)
            }),
            ManifestBody::Index(index) => index.artifact_type.as_deref(),
        }
    }

    /// The manifest that this one is about.
    pub fn subject(&self) -> Option<&Descriptor> {
        match self {
            ManifestBody::Image(image) => image.subject.as_ref(),
            ManifestBody::Index(index) => index.subject.as_ref(),
        }
    }

    /// The annotations.
    pub fn annotations(&self) -> &BTreeMap<String, String> {
        match self {
            ManifestBody::Image(image) => &image.annotations,
            ManifestBody::Index(index) => &index.annotations,
        }
    }

    /// The manifests that this one lists.
    pub fn children(&self) -> &[Descriptor] {
        match self {
            ManifestBody::Image(_) => &[],
            ManifestBody::Index(index) => &index.manifests,
        }
    }

    /// Configuration and layers, in this order, each digest once.
    pub fn blobs(&self) -> Vec<&Descriptor> {
        let ManifestBody::Image(image) = self else { return Vec::new() };
        let mut seen = std::collections::HashSet::new();
        std::iter::once(&image.config).chain(&image.layers).filter(|d| seen.insert(&d.digest)).collect()
    }
}

fn body(bytes: &[u8], content_type: Option<&str>) -> Result<ManifestBody> {
    let malformed = |e: serde_json::Error| Error::invalid(format!("the manifest does not parse: {e}")).caused_by(e);
    let probe: Probe = serde_json::from_slice(bytes).map_err(malformed)?;
    let named = probe.media_type.as_deref().filter(|t| !t.is_empty());
    let schema1 = [named, content_type].iter().flatten().any(|t| t.starts_with(media_type::DOCKER_SCHEMA1));
    if schema1 || probe.fs_layers || probe.schema_version == Some(1) {
        return Err(Error::unsupported("this is a Docker schema 1 manifest, which registries no longer take")
            .hint("rebuild the image, or pull and push it once with a current client"));
    }
    if probe.schema_version != Some(2) {
        return Err(Error::invalid("the manifest's schemaVersion is not 2"));
    }
    // A document that is both would be an image to one reader and an index to another.
    let is_index = match (probe.manifests, probe.config || probe.layers) {
        (true, false) => true,
        (false, true) => false,
        (true, true) => return Err(Error::untrusted("the manifest claims to be both an image and an index")),
        (false, false) => {
            return Err(Error::invalid("the manifest has neither a configuration nor a list of manifests"));
        }
    };
    let known = |t: &&str| {
        [media_type::OCI_MANIFEST, media_type::OCI_INDEX, media_type::DOCKER_MANIFEST, media_type::DOCKER_LIST]
            .contains(t)
    };
    // Registries may answer application/json; only a type of this family contradicts.
    if let (Some(named), Some(called)) = (named, content_type.filter(known))
        && named != called
    {
        return Err(Error::untrusted(format!("the manifest says it is {named} and was served as {called}")));
    }
    let default = if is_index { media_type::OCI_INDEX } else { media_type::OCI_MANIFEST };
    let kind = named.or(content_type.filter(known)).unwrap_or(default);
    let index_type = matches!(kind, media_type::OCI_INDEX | media_type::DOCKER_LIST);
    if known(&kind) && index_type != is_index {
        return Err(Error::untrusted(format!("the manifest's content does not fit its type {kind}")));
    }
    if is_index {
        let mut index: ImageIndex = serde_json::from_slice(bytes).map_err(malformed)?;
        index.media_type = kind.to_owned();
        return Ok(ManifestBody::Index(index));
    }
    let mut image: ImageManifest = serde_json::from_slice(bytes).map_err(malformed)?;
    image.media_type = kind.to_owned();
    Ok(ManifestBody::Image(image))
}

#[cfg(test)]
#[path = "manifest_tests.rs"]
mod tests;
