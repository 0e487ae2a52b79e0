//! Looking at an image where it is: what people ask crane and skopeo for, each in one call.
//!
//! ```
//! use cache_core::model::{Descriptor, Reference};
//! use cache_core::registry::{MemoryRegistry, inspect};
//!
//! # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
//! // Over the network this would be an `OciRegistry`, on disk a `Layout`.
//! let registry = MemoryRegistry::new();
//! let config = registry.insert_blob(r#"{"os": "linux", "architecture": "amd64", "config": {"Env": ["A=1"]}}"#);
//! let image: Reference = "memory:app:v1".parse()?;
//! let manifest = serde_json::json!({
//!     "schemaVersion": 2,
//!     "mediaType": "application/vnd.oci.image.manifest.v1+json",
//!     "config": Descriptor::new("application/vnd.oci.image.config.v1+json", config.digest, config.size),
//!     "layers": [],
//! });
//! registry.insert_manifest(&image.repository, image.tag.clone(), manifest.to_string())?;
//!
//! let seen = inspect::inspect(&registry, &image, None).await?;
//! assert_eq!((seen.os.as_str(), seen.env), ("linux", Some(vec!["A=1".to_owned()])));
//! assert_eq!(inspect::manifest(&registry, &image, None).await?.digest(), &seen.digest);
//! # Ok::<(), cache_core::Error>(())
//! # }).unwrap();
//! ```

use std::collections::BTreeMap;

use bytes::Bytes;
use serde::{Deserialize, Serialize};

use super::Registry;
pub use super::config::config_of;
use super::config::read;
use super::platform::manifest_of_platform;
pub use super::platform::of_platform;
use crate::error::{Absent, Error, Result};
use crate::model::{
    Descriptor, Digest, ImageManifest, Manifest, ManifestBody, Pinned, Platform, Reference, Tag, Transport,
    null_is_empty,
};

/// What `skopeo inspect` tells of an image, under the same names when it is serialised (`Digest`, `RepoTags`, `Env`, …), so that what
/// reads the one reads the other.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Inspection {
    /// The repository of a registry, without the tag: `host/path`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The digest of what the reference names: of the index, where it is one.
    pub digest: Digest,
    /// Every tag of the repository, sorted. Empty where the place lists none.
    pub repo_tags: Vec<Tag>,
    /// When it says that it was made, as it says it.
    pub created: Option<String>,
    /// The version of docker that made it; mostly empty.
    pub docker_version: String,
    /// Its labels.
    pub labels: Option<BTreeMap<String, String>>,
    /// The processor that it is for, such as `amd64`.
    pub architecture: String,
    /// The operating system that it is for, such as `linux`.
    pub os: String,
    /// The digests of its layers, the lowest first.
    pub layers: Vec<Digest>,
    /// More of each layer.
    pub layers_data: Vec<Layer>,
    /// The environment of its processes: `NAME=value`.
    pub env: Option<Vec<String>>,
}

/// One layer of an [`Inspection`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Layer {
    /// Its media type.
    #[serde(rename = "MIMEType")]
    pub media_type: String,
    /// Its digest.
    pub digest: Digest,
    /// Its size in bytes, compressed.
    pub size: u64,
    /// Its annotations.
    pub annotations: Option<BTreeMap<String, String>>,
}

/// What is looked at of a configuration (OCI image specification, `config.md`). Anything else is passed over.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Config {
    created: Option<String>,
    #[serde(deserialize_with = "null_is_empty")]
    docker_version: String,
    #[serde(deserialize_with = "null_is_empty")]
    architecture: String,
    #[serde(deserialize_with = "null_is_empty")]
    os: String,
    #[serde(deserialize_with = "null_is_empty")]
    config: Run,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
struct Run {
    labels: Option<BTreeMap<String, String>>,
    env: Option<Vec<String>>,
}

/// Looks at an image, as `skopeo inspect` does. An index is looked at for one platform.
///
/// # Errors
/// `NotFound` where there is no such image, or none for the platform; `Invalid` where an index has several platforms and none is
/// asked for, or the configuration is none; `Unsupported` where it is no container image; what the registry says.
pub async fn inspect(registry: &dyn Registry, image: &Reference, platform: Option<&Platform>) -> Result<Inspection> {
    let repository = &image.repository;
    let named = repository.at(registry.resolve(image).await?.digest);
    let (manifest, config) = configured(registry, &named, platform).await?;
    let config: Config = read(&config).map_err(|e| e.context("image", image))?;
    let layers: Vec<Layer> = manifest.layers.iter().map(Layer::of).collect();
    Ok(Inspection {
        name: (repository.transport() == Transport::Registry).then(|| repository.to_string()),
        digest: named.digest,
        // Whoever may read an image may not always list its neighbours; a place without tags has none.
        repo_tags: registry.tags(repository).await.absent_is_none()?.unwrap_or_default(),
        created: config.created,
        docker_version: config.docker_version,
        labels: config.config.labels,
        architecture: config.architecture,
        os: config.os,
        layers: layers.iter().map(|layer| layer.digest.clone()).collect(),
        layers_data: layers,
        env: config.config.env,
    })
}

/// The manifest that a reference names, byte for byte; with a platform, that of its image for it. What `crane manifest` and
/// `skopeo inspect --raw` print.
///
/// # Errors
/// `NotFound` where there is no such image, or none for the platform; what the registry says.
pub async fn manifest(registry: &dyn Registry, image: &Reference, platform: Option<&Platform>) -> Result<Manifest> {
    let named = image.repository.at(registry.resolve(image).await?.digest);
    match platform {
        Some(_) => Ok(manifest_of_platform(registry, &named, platform).await?.0),
        None => registry.manifest(&named).await,
    }
}

/// The configuration of an image, byte for byte. What `crane config` and `skopeo inspect --config --raw` print.
///
/// # Errors
/// As [`inspect`]; without a platform, whatever the configuration is, it is given.
pub async fn config(registry: &dyn Registry, image: &Reference, platform: Option<&Platform>) -> Result<Bytes> {
    let named = image.repository.at(registry.resolve(image).await?.digest);
    Ok(configured(registry, &named, platform).await?.1)
}

async fn configured(
    registry: &dyn Registry,
    image: &Pinned,
    platform: Option<&Platform>,
) -> Result<(ImageManifest, Bytes)> {
    let (manifest, config) = manifest_of_platform(registry, image, platform).await?;
    let image = image.repository.at(manifest.digest().clone());
    let ManifestBody::Image(body) = manifest.value() else {
        return Err(Error::unsupported("an index within an index has no configuration").context("image", image));
    };
    let bytes = match config {
        Some(config) => config,
        None => config_of(registry, &image.repository, body).await.map_err(|e| e.context("image", &image))?,
    };
    Ok((body.clone(), bytes))
}

impl Layer {
    fn of(layer: &Descriptor) -> Layer {
        Layer {
            media_type: layer.media_type.clone(),
            digest: layer.digest.clone(),
            size: layer.size,
            annotations: Some(layer.annotations.clone()).filter(|annotations| !annotations.is_empty()),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::error::ErrorKind;
    use crate::model::Repository;
    use crate::model::manifest::{MAX_CONFIG, media_type};
    use crate::registry::MemoryRegistry;

    const CONFIG: &str = r#"{"created": "2026-01-02T03:04:05Z", "architecture": "amd64", "os": "linux", "docker_version": null,
        "config": {"Labels": {"a": "b"}, "Env": ["PATH=/bin"]}, "rootfs": {"type": "layers", "diff_ids": []}}"#;

    struct World {
        registry: MemoryRegistry,
        repository: Repository,
    }

    impl World {
        fn new() -> Self {
            World { registry: MemoryRegistry::new(), repository: "memory:app".parse().unwrap() }
        }

        fn put(&self, tag: Option<&str>, document: &Value) -> Reference {
            let tag = tag.map(|tag| tag.parse().unwrap());
            let put = self.registry.insert_manifest(&self.repository, tag, document.to_string()).unwrap();
            self.repository.at(put.digest).into()
        }

        fn image(&self, tag: Option<&str>, config: &str) -> Reference {
            let layer = Descriptor::new(media_type::OCI_LAYER_GZIP, Digest::of(b"layer"), 5);
            let annotated = Descriptor { annotations: [("k".to_owned(), "v".to_owned())].into(), ..layer.clone() };
            let config = self.registry.insert_blob(config.to_owned());
            let config = Descriptor { media_type: media_type::OCI_CONFIG.into(), ..config };
            self.put(
                tag,
                &json!({
                    "schemaVersion": 2, "mediaType": media_type::OCI_MANIFEST, "config": config,
                    "layers": [layer, annotated],
                }),
            )
        }

        fn index(&self, children: &[(&str, &str, &Reference)]) -> Reference {
            let child = |(os, arch, image): &(&str, &str, &Reference)| {
                json!({
                    "mediaType": media_type::OCI_MANIFEST, "digest": image.digest, "size": 1,
                    "platform": {"os": os, "architecture": arch},
                })
            };
            let manifests: Vec<Value> = children.iter().map(child).collect();
            let index = json!({"schemaVersion": 2, "mediaType": media_type::OCI_INDEX, "manifests": manifests});
            self.put(Some("index"), &index)
        }
    }

    fn platform(text: &str) -> Platform {
        text.parse().unwrap()
    }

    #[tokio::test]
    async fn an_image_is_told_under_the_names_that_skopeo_gives() {
        let world = World::new();
        let image = world.image(Some("v1"), CONFIG);
        let tagged: Reference = "memory:app:v1".parse().unwrap();
        let seen = serde_json::to_value(inspect(&world.registry, &tagged, None).await.unwrap()).unwrap();
        let layer = Digest::of(b"layer");
        let told = |annotations: Value| json!({"MIMEType": media_type::OCI_LAYER_GZIP, "Digest": layer, "Size": 5, "Annotations": annotations});
        let expected = json!({
            "Digest": image.digest, "RepoTags": ["v1"], "Created": "2026-01-02T03:04:05Z", "DockerVersion": "",
            "Labels": {"a": "b"}, "Architecture": "amd64", "Os": "linux", "Layers": [layer, layer],
            "LayersData": [told(Value::Null), told(json!({"k": "v"}))], "Env": ["PATH=/bin"],
        });
        assert_eq!(seen, expected);
        assert_eq!(config(&world.registry, &tagged, None).await.unwrap(), CONFIG);
        assert_eq!(manifest(&world.registry, &tagged, None).await.unwrap().digest(), image.digest.as_ref().unwrap());
    }

    #[tokio::test]
    async fn the_image_for_a_platform_is_picked_out_of_an_index() {
        let world = World::new();
        let (amd, arm) = (world.image(None, CONFIG), world.image(None, &CONFIG.replace("amd64", "arm64")));
        let one = world.index(&[("linux", "amd64", &amd), ("unknown", "unknown", &arm)]);
        let seen = inspect(&world.registry, &one, None).await.unwrap();
        assert_eq!((seen.architecture.as_str(), Some(&seen.digest)), ("amd64", one.digest.as_ref()));

        let two = world.index(&[("linux", "amd64", &amd), ("linux", "arm64", &arm)]);
        let error = config(&world.registry, &two, None).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Invalid);
        assert!(error.to_string().contains("linux/amd64, linux/arm64"), "{error}");
        let of = |wanted: &str| {
            let wanted = platform(wanted);
            let (registry, two) = (&world.registry, &two);
            async move { manifest(registry, two, Some(&wanted)).await.map(|manifest| Some(manifest.digest().clone())) }
        };
        assert_eq!(of("linux/arm64").await.unwrap(), arm.digest);
        assert!(of("linux/s390x").await.unwrap_err().is_not_found());
        // Without a platform the index itself is meant.
        assert_eq!(manifest(&world.registry, &two, None).await.unwrap().digest(), two.digest.as_ref().unwrap());
    }

    #[tokio::test]
    async fn what_is_no_configuration_of_an_image_is_an_error() {
        let world = World::new();
        for config in ["[]", "", r#"{"config": 7}"#] {
            let image = world.image(None, config);
            let error = inspect(&world.registry, &image, None).await.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Invalid, "{config}");
            assert_eq!(super::config(&world.registry, &image, None).await.unwrap(), config);
        }
        let large = Descriptor::new(media_type::OCI_CONFIG, Digest::of(b"x"), MAX_CONFIG + 1);
        let manifest = json!({
            "schemaVersion": 2, "mediaType": media_type::OCI_MANIFEST, "config": large, "layers": [],
        });
        let image = world.put(None, &manifest);
        assert_eq!(inspect(&world.registry, &image, None).await.unwrap_err().kind(), ErrorKind::Invalid);
        let inner = world.index(&[]);
        let outer = world.index(&[("linux", "amd64", &inner)]);
        assert_eq!(inspect(&world.registry, &outer, None).await.unwrap_err().kind(), ErrorKind::Unsupported);
        assert!(inspect(&world.registry, &"memory:app:gone".parse().unwrap(), None).await.unwrap_err().is_not_found());
    }
}
